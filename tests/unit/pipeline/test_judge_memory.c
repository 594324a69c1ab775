/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each allocation fails in turn while a bundle is judged: what comes of it is an error, or the
 * report that there is with memory, never another one. And no judgement keeps a block.
 */
#include "scene.h"

#include "../../../src/pipeline/document.h"
#include "../../../src/pipeline/json_text.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- an allocator that can fail ---------------------------------------------------------- */

static atomic_long left = -1; /* allocations until one fails; negative: none does */
static atomic_long blocks;    /* that are in use */

/* libcrypto's own fail in test_memory.c. */
static _Thread_local unsigned for_library;
static CRYPTO_malloc_fn own_take;
static CRYPTO_realloc_fn own_retake;
static CRYPTO_free_fn own_give;

static void *take(size_t size, const char *file, int line) {
    for_library++;
    void *data = own_take(size, file, line);
    for_library--;
    return data;
}

static void *retake(void *data, size_t size, const char *file, int line) {
    for_library++;
    data = own_retake(data, size, file, line);
    for_library--;
    return data;
}

/* A sanitizer's allocator is its own, which none of these can stand before: there, nothing fails,
 * and what is left of the test is that the report of a bundle is always the same. */
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *block);

static bool fails(void) {
    if (atomic_load(&left) < 0 || for_library > 0 || atomic_fetch_sub(&left, 1) != 0)
        return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *block) {
    if (block != NULL)
        atomic_fetch_add(&blocks, 1);
    return block;
}

void *malloc(size_t size) {
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size) {
    if (old == NULL)
        return malloc(size);
    if (size > 0)
        return fails() ? NULL : __libc_realloc(old, size);
    free(old);
    return NULL;
}

void free(void *block) {
    if (block != NULL)
        atomic_fetch_sub(&blocks, 1);
    __libc_free(block);
}
#endif

/* ---- one judgement ----------------------------------------------------------------------- */

/* What is judged, by what, and the report that there is with memory. */
struct question {
    struct swt_slice bytes;
    const struct swt_device_state *state;  /* NULL: --self */
    const struct swt_judge_device *device; /* or NULL */
    struct swt_verify_options options;
    bool extracts;
    bool again; /* by what was found before, as one of many states */
    struct swt_buf report, content;
};

/* What the device remembers. */
static int remember(const struct swt_judge *judge, struct swt_buf *content, struct swt_error *err) {
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state after = {0};
    int rc = judge->failed_step == NULL ? swt_judge_state_installed(judge, &after, err)
                                        : swt_judge_state_rotated(judge, &after, err);
    if (rc == 0)
        rc = swt_buf_append_slice(content, swt_buf_slice(&after.root.bytes), err);
    if (rc == 0)
        rc = swt_buf_append_slice(content, swt_buf_slice(&after.installed.bytes), err);
    return rc;
}

static int answer(const struct question *question, struct swt_judge *judge, struct swt_buf *content,
                  struct swt_buf *ret_report, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    int rc = swt_judge_run(judge, err);
    if (rc == 0)
        rc = swt_judge_document(judge, &document, err);
    if (rc == 0)
        rc = swt_json_write(document, JSON_SORT_KEYS, ret_report, err);
    if (rc == 0 && question->state != NULL)
        rc = remember(judge, content, err);
    return rc;
}

static int open_first(const struct question *question, struct swt_judge *judge,
                      struct swt_error *err) {
    static const struct swt_device_state NOTHING;
    bool self = judge->state == NULL;
    if (self)
        judge->state = &NOTHING;
    int rc = swt_reader_open_memory(question->bytes, "memory", &judge->reader, err);
    if (rc == 0)
        rc = swt_judge_open(judge, "memory", &question->options, err);
    if (self)
        judge->state = &judge->own_state;
    return rc;
}

/* The report as text; the content of what is accepted, and what is remembered of it. */
static int ask(const struct question *question, struct swt_buf *content, struct swt_buf *ret_report,
               struct swt_error *err) {
    const struct swt_payload_sink sink = {sink_begin, sink_write, content};
    SWT_CLEANUP(swt_payload_finding_done) struct swt_payload_finding finding = {0};
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge judge = {.authenticate = true,
                              .state = question->state,
                              .device = question->device,
                              .sink = question->extracts ? &sink : NULL};
    SWT_CLEANUP(swt_judge_done) struct swt_judge again = {0};
    int rc = open_first(question, &judge, err);
    if (rc == 0 && question->again)
        rc = swt_judge_find_payloads(&judge, &finding, err);
    if (rc < 0)
        return rc;
    if (question->again)
        swt_judge_open_again(&again, &judge, question->state, &finding);
    return answer(question, question->again ? &again : &judge, content, ret_report, err);
}

static bool right(const struct question *question) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf content = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf report = {0};
    struct swt_error err = {0};
    if (ask(question, &content, &report, &err) < 0)
        return err.code == SWT_E_MEMORY;
    return swt_slice_equal(swt_buf_slice(&report), swt_buf_slice(&question->report)) &&
           swt_slice_equal(swt_buf_slice(&content), swt_buf_slice(&question->content));
}

enum { WRONG = 1, NOT_REACHED };

/* In a process of its own: a crash is told, too. */
static int in_child(const struct question *question, long number) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        atomic_store(&left, number);
        bool good = right(question);
        _exit(!good ? WRONG : atomic_load(&left) < 0 ? 0 : NOT_REACHED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("allocation %ld: signal %d", number, WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* Once the libraries have what they keep for good. */
static void nothing_is_kept(const struct question *question) {
    assert_true(right(question));
    assert_true(right(question));
    long before = atomic_load(&blocks);
    assert_true(right(question));
    assert_int_equal(atomic_load(&blocks), before);
}

/* The first, the second ... until none is left to fail. step is where the judgement ends. */
static void at_each_allocation(struct question *question, const char *step) {
    struct swt_error err = {0};
    if (ask(question, &question->content, &question->report, &err) < 0)
        fail_msg("%s", err.message);
    json_t *document = json_loads(swt_buf_text(&question->report), 0, NULL);
    const char *failed_step = json_string_value(json_object_get(document, "failed_step"));
    assert_string_equal(failed_step == NULL ? "accepted" : failed_step, step);
    json_decref(document);
    nothing_is_kept(question);
    long number = 0;
    for (int end = 0; end != NOT_REACHED; number++) {
        end = in_child(question, number);
        if (end == WRONG)
            fail_msg("allocation %ld", number);
        assert_true(number < 100000);
    }
    print_message("# %s: %ld allocations\n", step, number - 1);
    swt_buf_done(&question->report);
    swt_buf_done(&question->content);
}

/* ---- the bundles ------------------------------------------------------------------------- */

/* Signed by strangers as well, each of whom the report names. */
static const struct sample_plan ROTATES = {
    .name = "rotates the root",
    .size = 10240,
    .root = ROTATION,
    .anchor_keys = BIT(TARGETS1) | BIT(TARGETS2),
    .rotated_keys = BIT(TARGETS2) | BIT(TARGETS3),
    .root_signers = BIT(ROOT1) | BIT(ROOT3) | BIT(ED25519),
    .targets_signers = BIT(TARGETS2) | BIT(TARGETS3) | BIT(ROOT1) | BIT(ED25519),
    .floor = TARGETS_VERSION + 2,
};

static void judge_as_it_is(enum swt_format format, bool extracts, bool again) {
    struct sample sample;
    sample_make(&sample, &ROTATES, format, keys);
    struct question question = {.bytes = swt_buf_slice(&sample.bytes),
                                .state = &sample.state,
                                .options = SAMPLE_OPTIONS,
                                .extracts = extracts,
                                .again = again};
    at_each_allocation(&question, "accepted");
    sample_done(&sample);
}

static void what_is_accepted(void **state) {
    (void)state;
    judge_as_it_is(SWT_FORMAT_TAR, false, false);
    judge_as_it_is(SWT_FORMAT_TAR, true, false);
    judge_as_it_is(SWT_FORMAT_TAR, false, true);
    judge_as_it_is(SWT_FORMAT_PIGWEED, false, false);
}

static void what_is_accepted_of_itself(void **state) {
    (void)state;
    struct sample sample;
    sample_make(&sample, &ROTATES, SWT_FORMAT_TAR, keys);
    struct question question = {.bytes = swt_buf_slice(&sample.bytes), .options = SAMPLE_OPTIONS};
    question.options.self = true;
    at_each_allocation(&question, "accepted");
    sample_done(&sample);
}

/* One byte is another. */
static void judge_spoiled(const char *where, bool again, const char *step) {
    struct sample sample;
    sample_make(&sample, &ROTATES, SWT_FORMAT_TAR, keys);
    uint8_t *found = memmem(sample.bytes.data, sample.bytes.len, where, strlen(where));
    assert_non_null(found);
    *found ^= 1;
    struct question question = {.bytes = swt_buf_slice(&sample.bytes),
                                .state = &sample.state,
                                .options = SAMPLE_OPTIONS,
                                .again = again};
    at_each_allocation(&question, step);
    sample_done(&sample);
}

static void what_is_refused(void **state) {
    (void)state;
    judge_spoiled(STAGE, false, "payloads");
    judge_spoiled(STAGE, true, "payloads");
    judge_spoiled("targets_metadata", false, "container");
}

/* Refused for who signed it, and as expired. */
static void judge_signed_by(unsigned root_signers, unsigned targets_signers, const char *time,
                            const char *step) {
    struct sample sample;
    struct sample_plan plan = ROTATES;
    sample_make(&sample, &ROTATES, SWT_FORMAT_TAR, keys);
    plan.root_signers = root_signers;
    plan.targets_signers = targets_signers;
    sample.plan = &plan;
    swt_buf_clear(&sample.root_envelope);
    seal(keys, &sample.root, root_signers, &sample.root_envelope);
    make_members(&sample);
    struct question question = {
        .bytes = swt_buf_slice(&sample.bytes), .state = &sample.state, .options = {.time = time}};
    at_each_allocation(&question, step);
    sample_done(&sample);
}

static void what_too_few_signed(void **state) {
    (void)state;
    const unsigned root = ROTATES.root_signers, targets = ROTATES.targets_signers;
    judge_signed_by(BIT(ROOT3), targets, SAMPLE_TIME, "root-old-quorum");
    judge_signed_by(BIT(ROOT1), targets, SAMPLE_TIME, "root-new-quorum");
    judge_signed_by(root, BIT(TARGETS2) | BIT(TARGETS1), SAMPLE_TIME, "targets-quorum");
    judge_signed_by(root, 0, SAMPLE_TIME, "targets-quorum");
}

static void refuse_scene(const struct scene *scene, const char *step) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state device = {0};
    put_scene(scene, &bundle);
    put_state(scene, &device);
    struct question question = {
        .bytes = swt_buf_slice(&bundle), .state = &device, .options = scene->options};
    at_each_allocation(&question, step);
}

/* What was expected is told of what is refused: by the steps that the other tests come past. */
static void what_other_steps_refuse(void **state) {
    (void)state;
    static const char *const TWO[] = {"app", "boot"};
    struct scene scene;
    set_scene(&scene);
    scene.unknown_unsigned = 1;
    refuse_scene(&scene, "envelope");
    set_scene(&scene);
    scene.has_root = true;
    scene.anchor.version = 3;
    refuse_scene(&scene, "root-version");
    set_scene(&scene);
    scene.has_root = true;
    scene.root.expires = NOW - 1;
    scene.root.version = 2;
    refuse_scene(&scene, "root-expiry");
    set_scene(&scene);
    scene.version = 6;
    refuse_scene(&scene, "targets-version");
    set_scene(&scene);
    scene.expires = NOW - 1;
    refuse_scene(&scene, "targets-expiry");
    set_scene(&scene);
    scene.names = TWO;
    scene.target_count = 2;
    scene.left_out = 2;
    refuse_scene(&scene, "payloads");
}

/* A device that looks for what it has, for which it needs memory. */
static int look(void *context, const struct swt_target *target, bool *ret_holds,
                struct swt_error *err) {
    (void)context;
    (void)target;
    void *place = malloc(1);
    *ret_holds = place != NULL;
    free(place);
    return *ret_holds ? 0 : swt_fail_memory(err);
}

/* The device's own copy of user_manifest stands in for what is left out. */
static void what_the_device_has(void **state) {
    (void)state;
    static const char *const OURS[] = {"user_manifest", "boot"};
    static const struct swt_judge_device DEVICE = {.holds = look};
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state device = {0};
    struct scene scene;
    set_scene(&scene);
    scene.names = OURS;
    scene.target_count = 2;
    scene.left_out = 1;
    scene.installed_version = 7;
    scene.user_manifest = CONTENTS[0];
    put_scene(&scene, &bundle);
    put_state(&scene, &device);
    struct question question = {.bytes = swt_buf_slice(&bundle),
                                .state = &device,
                                .options = scene.options,
                                .device = &DEVICE};
    at_each_allocation(&question, "accepted");
}

/* With all that is told without being refused: signatures that do not count, unknown fields, a
 * payload that the device has, an odd target. */
static void what_warns(void **state) {
    (void)state;
    static const char *const TWINS[] = {"app", "App", "data"};
    static const uint8_t VALUE[TEST_SIGNATURE_SIZE] = {1};
    const struct swt_slice id = swt_slice_of(keys[TARGETS1].id, SWT_KEY_ID_SIZE);
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state device = {0};
    struct scene scene;
    set_scene(&scene);
    scene.options.allow_unknown = true;
    scene.has_root = true;
    scene.root.version = 3;
    scene.anchor_signers = 0;
    scene.root_signers |= BIT(TARGETS1) | BIT(ED25519);
    scene.unknown_signed = scene.unknown_unsigned = 1;
    scene.extra[0] = (struct swt_signature){id, swt_slice_of(VALUE, sizeof VALUE)};
    scene.extra[1] = (struct swt_signature){id, swt_slice_of(VALUE, 5)};
    scene.extra_count = 2;
    scene.target_count = 3;
    scene.names = TWINS;
    scene.other_spec = true;
    scene.other_hashes = 1;
    scene.installed_version = 7;
    scene.left_out = 1;
    put_scene(&scene, &bundle);
    put_state(&scene, &device);
    struct question question = {
        .bytes = swt_buf_slice(&bundle), .state = &device, .options = scene.options};
    at_each_allocation(&question, "accepted");
}

/* ---- against the sources ----------------------------------------------------------------- */

static char folder[] = "/tmp/swupdate-judge.XXXXXX";
static const char *const FILES[] = {"m.yaml", "app", "root", "next", "bundle"};

static void write_slice(const char *path, struct swt_slice bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *path, const char *text) {
    write_slice(path, swt_slice_text(text));
}

static int enter_sources(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int leave_sources(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(FILES); i++)
        (void)unlink(FILES[i]);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

#define MANIFEST                                                                                   \
    "schema: 1\n"                                                                                  \
    "product: {name: w, vendor: v}\n"                                                              \
    "release: {version: 1.0.0, metadata_version: 7}\n"                                             \
    "targets: [{file: app, meta: {board: b}}]\n"

static void write_root(const char *path, uint32_t version) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf root = {0};
    struct scene scene;
    set_scene(&scene);
    scene.root_only = true;
    scene.root.version = version;
    put_scene(&scene, &root);
    write_slice(path, swt_buf_slice(&root));
}

/* A bundle that nobody signed, made from the sources and root (or NULL). */
static void make_bundle(const char *root, struct swt_buf *ret_bundle) {
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    struct swt_keyring keyring = {0};
    const struct swt_build_options build = {
        .manifest = "m.yaml", .output = "bundle", .root = root, .keyring = &keyring};
    json_t *document = NULL;
    struct swt_error err;
    made(swt_build(&build, &notices, &document, &err), &err);
    json_decref(document);
    swt_buf_clear(ret_bundle);
    made(swt_read_file("bundle", 1 << 20, ret_bundle, &err), &err);
}

static void judge_against_sources(struct swt_slice bundle) {
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state device = {0};
    struct scene scene;
    set_scene(&scene);
    put_state(&scene, &device);
    struct question question = {.bytes = bundle, .state = &device, .options = scene.options};
    question.options.against = "m.yaml";
    at_each_allocation(&question, "targets-quorum");
}

/* The root is that of nobody, one where the manifest names none, the manifest's, another one; and
 * then files differ. */
static void what_the_sources_make(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    write_root("root", 1);
    write_root("next", 2);
    write_text("app", "the application");
    write_text("m.yaml", MANIFEST);
    make_bundle(NULL, &bundle);
    judge_against_sources(swt_buf_slice(&bundle));
    make_bundle("root", &bundle);
    judge_against_sources(swt_buf_slice(&bundle));
    write_text("m.yaml", MANIFEST "signing: {root: root}\n");
    judge_against_sources(swt_buf_slice(&bundle));
    make_bundle("next", &bundle);
    judge_against_sources(swt_buf_slice(&bundle));
    write_text("app", "the application, changed");
    judge_against_sources(swt_buf_slice(&bundle));
}

int main(void) {
    swt_library_memory_setup();
    CRYPTO_get_mem_functions(&own_take, &own_retake, &own_give);
    if (CRYPTO_set_mem_functions(take, retake, own_give) != 1)
        return 1;
    for (size_t i = 0; i < KEYS; i++)
        test_key_load(&keys[i], KEY_NAMES[i]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_accepted),
        cmocka_unit_test(what_is_accepted_of_itself),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(what_other_steps_refuse),
        cmocka_unit_test(what_the_device_has),
        cmocka_unit_test(what_warns),
        cmocka_unit_test(what_too_few_signed),
        cmocka_unit_test_setup_teardown(what_the_sources_make, enter_sources, leave_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
