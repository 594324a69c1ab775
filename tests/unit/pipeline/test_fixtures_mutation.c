/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each bad fixture is refused by its step, by no earlier one, and by nothing else: a judge that
 * overlooks the failures of that one step accepts it. So a fixture that passes through a device's
 * verifier tells which check is missing there. Where a failure leaves nothing to go on with, or
 * where two steps have to refuse it, LIMITS says why.
 */
#include "../../../src/pipeline/fixture_set.h"
#include "../../../src/pipeline/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- what cannot be shown this way ------------------------------------------------------- */

/* Of every fixture that one of these refuses: what comes after it would read what is not there. */
static const char *const NOTHING_LEFT[] = {"container", "envelope"};

#define NOT_A_PAYLOAD "where a tar member is no payload's, the way to the end is not known"
static const struct limit {
    const char *name;
    enum swt_fixture_containers containers;
    const char *then; /* the step that refuses it besides; NULL: nothing is left to go on with */
    const char *reason;
} LIMITS[] = {
    {"root-unsigned", SWT_IN_BOTH, "root-new-quorum", "neither quorum has signed"},
    {"root-is-targets", SWT_IN_BOTH, NULL, "it cannot be decoded as a root"},
    {"root-version-overflow", SWT_IN_BOTH, NULL, "it cannot be decoded"},
    {"root-threshold-zero", SWT_IN_BOTH, "root-new-quorum", "no quorum is ever 0"},
    {"targets-threshold-zero", SWT_IN_BOTH, "targets-quorum", "no quorum is ever 0"},
    {"targets-threshold-above-keys", SWT_IN_BOTH, "targets-quorum", "two keys are not there"},
    {"role-lists-a-key-twice", SWT_IN_BOTH, "targets-quorum", "two keys are not there"},
    {"one-key-two-schemes", SWT_IN_BOTH, NULL, "no signature can be verified with such a key"},
    {"point-compressed", SWT_IN_BOTH, NULL, "no signature can be verified with such a key"},
    {"point-hybrid", SWT_IN_BOTH, NULL, "no signature can be verified with such a key"},
    {"point-with-a-byte-more", SWT_IN_BOTH, NULL, "no signature can be verified with such a key"},
    {"key-of-another-type", SWT_IN_BOTH, NULL, "no signature can be verified with such a key"},
    {"targets-version-overflow", SWT_IN_BOTH, NULL, "it cannot be decoded"},
    {"targets-version-twice", SWT_IN_BOTH, NULL, "it cannot be decoded"},
    {"varint-not-minimal", SWT_IN_BOTH, NULL, "it cannot be decoded"},
    {"wire-type-wrong", SWT_IN_BOTH, NULL, "it cannot be decoded"},
    {"group", SWT_IN_BOTH, NULL, "it cannot be decoded"},
    {"length-past-the-end", SWT_IN_BOTH, NULL, "it cannot be decoded"},
    {"name-with-a-nul", SWT_IN_TAR, NULL, "it cannot be decoded"},
    {"name-not-utf-8", SWT_IN_TAR, NULL, "it cannot be decoded"},
    {"name-of-101-bytes", SWT_IN_TAR, "payloads", "no member of that name fits into tar"},
    {"target-listed-twice", SWT_IN_TAR, "payloads", "no second member may have that name"},
    {"hash-missing", SWT_IN_BOTH, NULL, "there is no hash to compare with"},
    {"hash-of-31-bytes", SWT_IN_BOTH, NULL, "there is no hash to compare with"},
    {"payload-cut", SWT_IN_TAR, "end", "the end is missing too"},
    {"payload-cut-that-the-device-has", SWT_IN_TAR, "end", "the end is missing too"},
    {"tar-without-an-end", SWT_IN_TAR, "end", "the end is missing too"},
    {"targets-metadata-twice", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"unknown-member", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-padding", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-order-of-metadata", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-mode", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-time", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-owner", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-symbolic-link", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-hard-link", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-device", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-folder", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-pipe", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-sparse", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-type-unknown", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-size-negative", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-pax-path", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-gnu-format", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-path-with-a-dot", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
    {"tar-pax-header", SWT_IN_TAR, "end", NOT_A_PAYLOAD},
};

static bool in(enum swt_fixture_containers containers, enum swt_format format) {
    return containers == SWT_IN_BOTH || (containers == SWT_IN_TAR) == (format == SWT_FORMAT_TAR);
}

static const struct limit *find_limit(const struct swt_fixture *fixture, enum swt_format format) {
    for (size_t i = 0; i < SWT_COUNT(LIMITS); i++)
        if (strcmp(LIMITS[i].name, fixture->name) == 0 && in(LIMITS[i].containers, format))
            return &LIMITS[i];
    return NULL;
}

static bool leaves_nothing(const char *step) {
    for (size_t i = 0; i < SWT_COUNT(NOTHING_LEFT); i++)
        if (strcmp(step, NOTHING_LEFT[i]) == 0)
            return true;
    return false;
}

/* ---- the files --------------------------------------------------------------------------- */

static char folder[] = "/tmp/swupdate-mutation.XXXXXX";

static int make_files(void **state) {
    (void)state;
    struct swt_keyring keyring = {0};
    struct swt_fixtures_options options = {.directory = folder, .keyring = &keyring};
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    struct swt_error err;
    assert_non_null(mkdtemp(folder));
    int rc = swt_fixtures(&options, &notices, &document, &err);
    if (rc < 0)
        print_error("%s: %s\n", err.file, err.message);
    else
        json_decref(document);
    return rc;
}

static int remove_files(void **state) {
    (void)state;
    char command[sizeof folder + 16];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

#define PATH_SIZE 256
static char *path_of(const char *file, char ret_path[PATH_SIZE]) {
    (void)snprintf(ret_path, PATH_SIZE, "%s/%s", folder, file);
    return ret_path;
}

/* ---- a judge that overlooks one step ----------------------------------------------------- */

static int pass_by(void *context, const struct swt_payload_info *payload, struct swt_error *err) {
    (void)context;
    (void)payload;
    (void)err;
    return 0;
}

/* Where the judgement of the payloads stopped is not where they end: past all that the container
 * itself says is there, and then its end. */
static bool ends_well(const struct swt_judge *judge) {
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *again = NULL;
    struct swt_error err;
    return swt_reader_seek(judge->reader, 0, &err) == 0 &&
           swt_bundle_open(judge->reader, swt_bundle_format(judge->bundle), false, &again, &err) ==
               0 &&
           swt_bundle_list(again, pass_by, NULL, &err) == 0;
}

/* The step that refuses it; NULL: it is accepted. */
static const char *judge_without(const struct swt_fixture *fixture, enum swt_format format,
                                 const char *overlooked) {
    char name[PATH_SIZE / 2], file[PATH_SIZE], anchor[PATH_SIZE], device[PATH_SIZE];
    char time[SWT_TIME_TEXT];
    (void)snprintf(name, sizeof name, "%s.%s", fixture->name,
                   format == SWT_FORMAT_TAR ? "swb" : "pb");
    const char *manifest = swt_fixture_devices[fixture->device].file;
    struct swt_verify_options options = {
        .root = path_of(swt_fixture_anchors[fixture->anchor].file, anchor),
        .device_manifest = manifest == NULL ? NULL : path_of(manifest, device),
        .time = swt_time_text(SWT_FIXTURE_TIME, time)};
    SWT_CLEANUP(swt_judge_done) struct swt_judge judge = {.authenticate = true};
    bool passed_by = false;
    struct swt_error err = {0};
    if (swt_judge_open(&judge, path_of(name, file), &options, &err) < 0)
        fail_msg("%s: %s", name, err.message);
    judge.steps = json_array();
    for (const struct swt_step_row *row = swt_judge_steps; row->slug != NULL; row++) {
        if (passed_by && strcmp(row->slug, "end") == 0)
            return ends_well(&judge) ? NULL : row->slug;
        if (swt_judge_run_step(&judge, row, &err) < 0)
            fail_msg("%s: step %s without %s: %s", name, row->slug,
                     overlooked == NULL ? "none" : overlooked, err.message);
        if (judge.failed_step == NULL)
            continue;
        if (overlooked == NULL || strcmp(row->slug, overlooked) != 0)
            return row->slug;
        judge.failed_step = NULL;
        passed_by |= strcmp(row->slug, "payloads") == 0;
    }
    return NULL;
}

/* ---- the tests --------------------------------------------------------------------------- */

static unsigned faults;

/* All that fail are told. */
static void each_fixture(void (*test)(const struct swt_fixture *fixture, enum swt_format format)) {
    faults = 0;
    for (const struct swt_fixture_table *table = swt_fixture_tables; table->title != NULL; table++)
        for (const struct swt_fixture *fixture = table->rows; fixture->name != NULL; fixture++) {
            if (in(fixture->containers, SWT_FORMAT_TAR))
                test(fixture, SWT_FORMAT_TAR);
            if (in(fixture->containers, SWT_FORMAT_PIGWEED))
                test(fixture, SWT_FORMAT_PIGWEED);
        }
    assert_int_equal(faults, 0);
}

static void expect(const struct swt_fixture *fixture, enum swt_format format,
                   const char *overlooked, const char *step) {
    const char *found = judge_without(fixture, format, overlooked);
    if (found == step || (found != NULL && step != NULL && strcmp(found, step) == 0))
        return;
    faults++;
    print_error("%s (%s) without %s: refused by %s, expected %s\n", fixture->name,
                swt_format_name(format), overlooked == NULL ? "nothing" : overlooked,
                found == NULL ? "nothing" : found, step == NULL ? "nothing" : step);
}

static void expect_declared(const struct swt_fixture *fixture, enum swt_format format) {
    expect(fixture, format, NULL, swt_fixture_step(fixture, format));
}

static void test_refused_by_its_step(void **state) {
    (void)state;
    each_fixture(expect_declared);
}

/* The steps behind the one that refuses it are not reached. */
static void expect_no_other(const struct swt_fixture *fixture, enum swt_format format) {
    const char *step = swt_fixture_step(fixture, format);
    for (const struct swt_step_row *row = swt_judge_steps; row->slug != NULL; row++) {
        if (step != NULL && strcmp(row->slug, step) == 0)
            break;
        expect(fixture, format, row->slug, step);
    }
}

static void test_refused_whatever_else_is_overlooked(void **state) {
    (void)state;
    each_fixture(expect_no_other);
}

static void expect_accepted(const struct swt_fixture *fixture, enum swt_format format) {
    const char *step = swt_fixture_step(fixture, format);
    if (step == NULL || leaves_nothing(step))
        return;
    const struct limit *limit = find_limit(fixture, format);
    if (limit == NULL || limit->then != NULL)
        expect(fixture, format, step, limit == NULL ? NULL : limit->then);
}

static void test_accepted_when_its_step_is_overlooked(void **state) {
    (void)state;
    each_fixture(expect_accepted);
}

static bool used[SWT_COUNT(LIMITS)];

static void note_limit(const struct swt_fixture *fixture, enum swt_format format) {
    const struct limit *limit = find_limit(fixture, format);
    if (limit == NULL)
        return;
    assert_non_null(swt_fixture_step(fixture, format));
    assert_false(leaves_nothing(swt_fixture_step(fixture, format)));
    used[limit - LIMITS] = true;
}

static void test_every_limit_is_a_fixture_s(void **state) {
    (void)state;
    each_fixture(note_limit);
    for (size_t i = 0; i < SWT_COUNT(LIMITS); i++)
        if (!used[i])
            fail_msg("no fixture needs the limit of %s (%s)", LIMITS[i].name, LIMITS[i].reason);
}

/* anchor-given is the command line's, and floor cannot fail. */
static void test_every_step_has_a_fixture(void **state) {
    (void)state;
    for (const struct swt_step_row *row = swt_judge_steps; row->slug != NULL; row++) {
        bool found = strcmp(row->slug, "anchor-given") == 0 || strcmp(row->slug, "floor") == 0;
        for (const struct swt_fixture_table *table = swt_fixture_tables; table->title != NULL;
             table++)
            for (const struct swt_fixture *fixture = table->rows; fixture->name != NULL; fixture++)
                found |= fixture->step != NULL && strcmp(fixture->step, row->slug) == 0;
        if (!found)
            fail_msg("no fixture is refused by %s", row->slug);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_by_its_step),
        cmocka_unit_test(test_refused_whatever_else_is_overlooked),
        cmocka_unit_test(test_accepted_when_its_step_is_overlooked),
        cmocka_unit_test(test_every_limit_is_a_fixture_s),
        cmocka_unit_test(test_every_step_has_a_fixture),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
