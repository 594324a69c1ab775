/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests of several files: what wins, what is refused, and where a fault stands. */
#include "manifest.h"

#include <stdio.h>
#include <time.h>

#include "io/scratch.h"

#define TARGET "targets: [{file: a}]\n"

static struct swt_manifest *load(const char *path) {
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    if (swt_manifest_load(path, NULL, &manifest, &err) < 0)
        fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.message);
    return manifest;
}

/* place is FILE:LINE:COLUMN. */
static void assert_refused(const char *path, enum swt_code code, const char *place,
                           const char *message) {
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    char found[2048];
    clock_t begin = clock();
    int rc = swt_manifest_load(path, NULL, &manifest, &err);
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5);
    if (rc >= 0)
        fail_msg("%s was accepted", path);
    (void)snprintf(found, sizeof found, "%s:%u:%u", err.file, err.line, err.column);
    if (err.code != code || strcmp(found, place) != 0 || strstr(err.message, message) == NULL)
        fail_msg("expected %s %s %s, found %s %s %s", swt_code_name(code), place, message,
                 swt_code_name(err.code), found, err.message);
    assert_null(manifest);
}

static void make_folder(const char *path) {
    assert_int_equal(mkdir(path, 0700), 0);
}

/* ---- what wins --------------------------------------------------------------------------- */

static void maps_are_merged_and_targets_joined(void **state) {
    (void)state;
    make_folder("boards");
    put_file("boards/common.yaml", "product: {name: common, vendor: Acme, compatible: [x]}\n"
                                   "release: {channel: beta, notes: notes.md}\n"
                                   "targets: [{file: boot.bin}]\n"
                                   "signing: {root: root, keys: [k1, k2]}\n"
                                   "bundle: {user_manifest: false}\n"
                                   "meta: {a: 1, deep: {x: 1, y: {z: 1}}, list: [1, 2]}\n");
    put_file("boards/b.yaml", "schema: 1\n"
                              "product: {name: board, compatible: [y, z]}\n"
                              "targets: [{file: dtb}]\n"
                              "sbom: {file: sbom.json}\n");
    put_file("product.yaml", "schema: 1\n"
                             "include: [boards/common.yaml, boards/b.yaml]\n"
                             "product: {vendor: ~}\n"
                             "release: {version: 1, metadata_version: 2, channel: stable}\n"
                             "targets: [{file: app.bin}]\n"
                             "signing: {keys: [mine]}\n"
                             "meta: {b: 2, deep: {y: {w: 2}, x: ~}, list: [3]}\n");
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *m = load("product.yaml");
    assert_string_equal(m->name.text, "board");
    assert_string_equal(m->name.node->file, "boards/b.yaml");
    assert_string_equal(m->vendor.text, "Acme"); /* a null takes nothing away */
    assert_int_equal(m->compatible.count, 2);
    assert_string_equal(m->compatible.items[0].text, "y");
    assert_string_equal(m->channel.text, "stable");
    assert_string_equal(m->notes_file, "boards/notes.md");
    assert_string_equal(m->sbom_file, "boards/sbom.json");
    assert_string_equal(m->root_file, "boards/root");
    assert_int_equal(m->key_paths.count, 1);
    assert_string_equal(m->key_files[0], "mine");
    assert_false(m->user_manifest);
    assert_int_equal(m->target_count, 3);
    assert_string_equal(m->targets[0].path, "boards/boot.bin");
    assert_string_equal(m->targets[1].path, "boards/dtb");
    assert_string_equal(m->targets[2].path, "app.bin");
    assert_int_equal(m->source_count, 3);
    assert_string_equal(m->sources[0], "product.yaml");
    assert_string_equal(m->sources[1], "boards/common.yaml");
    assert_string_equal(m->sources[2], "boards/b.yaml");

    const struct swt_node *a = m->meta->first;
    assert_string_equal(a->key->text, "a");
    const struct swt_node *deep = a->next;
    assert_string_equal(deep->key->text, "deep");
    assert_string_equal(deep->first->text, "1");
    assert_string_equal(deep->first->next->first->key->text, "z");
    assert_string_equal(deep->first->next->first->next->key->text, "w");
    const struct swt_node *list = deep->next;
    assert_string_equal(list->first->text, "3");
    assert_null(list->first->next);
    assert_string_equal(list->next->key->text, "b");
    assert_null(list->next->next);
}

static void a_file_is_taken_once(void **state) {
    (void)state;
    put_file("base.yaml", "release: {channel: base, vcs: base}\ntargets: [{file: base}]\n");
    put_file("left.yaml",
             "include: [base.yaml]\nrelease: {channel: left}\ntargets: [{file: left}]\n");
    put_file("right.yaml", "include: [./base.yaml]\ntargets: [{file: right}]\n");
    put_file("p.yaml", "include: [left.yaml, right.yaml, left.yaml]\n" WHOLE);
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *m = load("p.yaml");
    assert_string_equal(m->channel.text, "left");
    assert_string_equal(m->vcs.text, "base");
    static const char *const names[] = {"base", "left", "right", "a"};
    assert_int_equal(m->target_count, SWT_COUNT(names));
    for (size_t i = 0; i < SWT_COUNT(names); i++)
        assert_string_equal(m->targets[i].name.text, names[i]);
    assert_int_equal(m->source_count, 4);
}

static void variables(void **state) {
    (void)state;
    make_folder("boards");
    put_file("boards/b.yaml", "vars: {OUT: board, BOARD: wrong, REV: b}\n"
                              "include: ['rev-${REV}-${BOARD}.yaml']\n"
                              "targets: [{file: '${OUT}/b-${MINE}'}]\n");
    put_file("boards/rev-b-x.yaml", "vars: {MINE: inner}\n");
    put_file("p.yaml", "vars: {OUT: main, BOARD: x, MINE: ~}\n"
                       "include: ['boards/${DIR:-}b.yaml']\n" HEAD
                       "targets: [{file: '${OUT}/a-$$-${REV}'}]\n");
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *m = load("p.yaml");
    assert_string_equal(m->targets[0].path, "boards/main/b-inner");
    assert_string_equal(m->targets[1].path, "main/a-$-b");

    static const char *const defines[] = {"BOARD=y", "OUT=o", "REV=@rev", "UNUSED=@rev"};
    put_file("rev", "c\n");
    put_file("boards/rev-c-y.yaml", "vars: {MINE: other}\n");
    const struct swt_manifest_options options = {.defines = defines,
                                                 .define_count = SWT_COUNT(defines)};
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *other = NULL;
    struct swt_error err = {0};
    assert_int_equal(swt_manifest_load("p.yaml", &options, &other, &err), 0);
    assert_string_equal(other->targets[0].path, "boards/o/b-other");
    assert_int_equal(other->source_count, 5);
    assert_string_equal(other->sources[3], "rev");

    /* What another include says has no part in which file it is. */
    put_file("q.yaml", "include: [boards/b.yaml, '${REV}.yaml']\nvars: {BOARD: x}\n" WHOLE);
    assert_refused("q.yaml", SWT_E_VARIABLE, "q.yaml:1:26", "REV is not defined");
}

static void bytes_in_memory_include_files(void **state) {
    (void)state;
    make_folder("dir");
    put_file("dir/rest.yaml", HEAD);
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m = parse_good("include: [rest.yaml]\n" TARGET, NULL);
    assert_string_equal(m->name.text, "widget");
}

/* ---- where a fault stands ---------------------------------------------------------------- */

static void faults_have_a_place(void **state) {
    (void)state;
    make_folder("inc");
    put_file("p.yaml", WHOLE "include: [inc/i.yaml]\n");
    put_file("inc/i.yaml", "a: [\n");
    assert_refused("p.yaml", SWT_E_MANIFEST_SYNTAX, "inc/i.yaml:2:1", "flow node");
    put_file("inc/i.yaml", "");
    assert_refused("p.yaml", SWT_E_MANIFEST_SYNTAX, "inc/i.yaml:1:1", "empty");
    put_file("inc/i.yaml", "schema: 2\nnew: x\n");
    assert_refused("p.yaml", SWT_E_MANIFEST_VALUE, "inc/i.yaml:1:9", "expected 1, found 2");
    put_file("inc/i.yaml", "new: x\n");
    assert_refused("p.yaml", SWT_E_MANIFEST_KEY, "inc/i.yaml:1:1", "unknown key 'new'");
    put_file("inc/i.yaml", "vars: {1: x}\n");
    assert_refused("p.yaml", SWT_E_VARIABLE, "inc/i.yaml:1:8", "not a variable name");
    put_file("inc/i.yaml", "# x\nbundle: {format: '${X}'}\n");
    assert_refused("p.yaml", SWT_E_VARIABLE, "inc/i.yaml:2:18", "X is not defined");
    put_file("inc/i.yaml", "targets:\n- name: x\n");
    assert_refused("p.yaml", SWT_E_MANIFEST_KEY, "inc/i.yaml:2:3", "missing key 'file'");
    put_file("inc/i.yaml", "targets: [{file: b/a}]\n");
    assert_refused("p.yaml", SWT_E_TARGET_NAME, "p.yaml:4:18",
                   "'a' is given twice; the first is at inc/i.yaml:1:18");
    put_file("inc/i.yaml", "include: [none.yaml]\n");
    assert_refused("p.yaml", SWT_E_NOT_FOUND, "inc/i.yaml:1:11", "inc/none.yaml");
    put_file("inc/i.yaml", "product: {name: x}\n");
    put_file("q.yaml", "schema: 1\ninclude: [inc/i.yaml]\nproduct: {vendor: x}\n" TARGET);
    assert_refused("q.yaml", SWT_E_MANIFEST_KEY, "q.yaml:1:1", "missing key 'release'");
}

static void cycles(void **state) {
    (void)state;
    put_file("self.yaml", WHOLE "include: [x.yaml, self.yaml]\n");
    put_file("x.yaml", "vars: {}\n");
    assert_refused("self.yaml", SWT_E_INCLUDE, "self.yaml:5:19",
                   "the include closes a circle: self.yaml -> self.yaml");
    put_file("a.yaml", WHOLE "include: [b.yaml]\n");
    put_file("b.yaml", "include: [c.yaml]\n");
    put_file("c.yaml", "include: [./b.yaml]\n");
    assert_refused("a.yaml", SWT_E_INCLUDE, "c.yaml:1:11", ": b.yaml -> c.yaml -> ./b.yaml");
    assert_int_equal(symlink("a.yaml", "link.yaml"), 0);
    put_file("c.yaml", "include: [link.yaml]\n");
    assert_refused("a.yaml", SWT_E_INCLUDE, "c.yaml:1:11",
                   ": a.yaml -> b.yaml -> c.yaml -> link.yaml");
    assert_int_equal(symlink("loop.yaml", "loop.yaml"), 0);
    put_file("c.yaml", "include: [loop.yaml]\n");
    assert_refused("a.yaml", SWT_E_IO, "c.yaml:1:11", "loop.yaml");
}

/* ---- limits ------------------------------------------------------------------------------ */

static void put_level(unsigned level, const char *text) {
    char path[32];
    (void)snprintf(path, sizeof path, "%u.yaml", level);
    put_file(path, text);
}

static void depth(void **state) {
    (void)state;
    char text[512];
    for (unsigned i = 0; i < 64; i++) {
        (void)snprintf(text, sizeof text, "include: [%u.yaml]\n%s", i + 1, i == 0 ? WHOLE : "");
        put_level(i, text);
    }
    put_level(64, "vars: {}\n");
    assert_refused("0.yaml", SWT_E_INCLUDE, "16.yaml:1:11", "more than 16 levels deep");
    put_level(16, "vars: {}\n");
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *m = load("0.yaml");
    assert_int_equal(m->source_count, 17);
}

static void width(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf list = {0};
    struct swt_error err = {0};
    assert_int_equal(swt_buf_printf(&list, &err, WHOLE "include:\n"), 0);
    for (unsigned i = 1; i < 64; i++) {
        put_level(i, i == 63 ? "include: [64.yaml]\n" : "vars: {}\n");
        assert_int_equal(swt_buf_printf(&list, &err, "- %u.yaml\n", i), 0);
    }
    put_level(64, "vars: {}\n");
    put_file("p.yaml", swt_buf_text(&list));
    assert_refused("p.yaml", SWT_E_INCLUDE, "63.yaml:1:11", "more than 64 files");
    put_level(63, "vars: {}\n");
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *m = load("p.yaml");
    assert_int_equal(m->source_count, 64);

    for (unsigned i = 64; i < 100000; i++)
        assert_int_equal(swt_buf_printf(&list, &err, "- x\n"), 0);
    put_file("p.yaml", swt_buf_text(&list));
    assert_refused("p.yaml", SWT_E_INCLUDE, "p.yaml:6:1", "at most 64 files, found 99999");
}

static void put_large(const char *path, const char *text, size_t size) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    for (size_t len = strlen(text); len < size; len++)
        (void)fputc('#', file);
    assert_int_equal(fclose(file), 0);
}

static void size(void **state) {
    (void)state;
    const size_t max = SWT_MANIFEST_MAX_BYTES;
    const char *text = WHOLE "include: [1, 2, 3, 4]\n";
    put_large("1", "vars: {}\n", max);
    put_large("2", "vars: {}\n", max);
    put_large("3", "vars: {}\n", max);
    put_large("4", "vars: {}\n", max - strlen(text));
    put_file("p.yaml", text);
    swt_manifest_free(load("p.yaml"));
    put_large("4", "vars: {}\n", max - strlen(text) + 1);
    assert_refused("p.yaml", SWT_E_INCLUDE, "p.yaml:5:20", "more than 4 MiB");
    put_large("1", "vars: {}\n", max + 1);
    assert_refused("p.yaml", SWT_E_INCLUDE, "p.yaml:5:11", "1 holds more than 1 MiB");
}

static void no_files(void **state) {
    (void)state;
    make_folder("folder");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(symlink("/dev/zero", "zero"), 0);
    put_file("p.yaml", WHOLE "include: [folder]\n");
    assert_refused("p.yaml", SWT_E_IO, "p.yaml:5:11", "is a directory");
    put_file("p.yaml", WHOLE "include: [fifo]\n");
    assert_refused("p.yaml", SWT_E_FILE_KIND, "p.yaml:5:11", "device or FIFO");
    put_file("p.yaml", WHOLE "include: [zero]\n");
    assert_refused("p.yaml", SWT_E_FILE_KIND, "p.yaml:5:11", "device or FIFO");
    put_file("p.yaml", WHOLE "include: ['-']\n");
    assert_refused("p.yaml", SWT_E_NOT_FOUND, "p.yaml:5:11", "./-");
}

/* Many keys in many files: each merge must not look at each pair. */
static void many_keys(void **state) {
    (void)state;
    for (unsigned f = 0; f < 3; f++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
        struct swt_error err = {0};
        assert_int_equal(swt_buf_printf(&text, &err, "meta:\n"), 0);
        for (unsigned i = 0; i < 40000; i++)
            assert_int_equal(swt_buf_printf(&text, &err, " k%06x: \n", i * 2654435761U >> 8), 0);
        put_level(f, swt_buf_text(&text));
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf list = {0};
    struct swt_error err = {0};
    assert_int_equal(swt_buf_printf(&list, &err, WHOLE "include:\n"), 0);
    for (unsigned i = 0; i < 60; i++) {
        if (i > 2)
            put_level(i, "meta: {x: 1}\n");
        assert_int_equal(swt_buf_printf(&list, &err, "- %u.yaml\n", i), 0);
    }
    put_file("p.yaml", swt_buf_text(&list));
    clock_t begin = clock();
    swt_manifest_free(load("p.yaml"));
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5);
}

/* ---- all faults at once ------------------------------------------------------------------ */

static void assert_faults(const char *path, const char *expected) {
    struct swt_faults faults = {0};
    const struct swt_manifest_options options = {.faults = &faults};
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    assert_int_equal(swt_manifest_load(path, &options, &manifest, &err), 0);
    for (size_t i = 0; i < faults.count; i++)
        assert_int_equal(swt_buf_printf(&found, &err, "%s:%u:%u %s\n", faults.items[i].file,
                                        faults.items[i].line, faults.items[i].column,
                                        swt_code_name(faults.items[i].code)),
                         0);
    assert_string_equal(swt_buf_text(&found), expected);
    swt_faults_done(&faults);
    swt_manifest_free(manifest);
}

static void all_at_once(void **state) {
    (void)state;
    put_file("p.yaml", "schema: 1\n"
                       "include: [b.yaml, none.yaml, p.yaml, [], broken.yaml, '${X}', b.yaml]\n"
                       "product: {vendor: '${UNKNOWN}', nme: x}\n"
                       "targets: [{file: x}, {name: y}]\n");
    put_file("b.yaml", "new: 1\nvars: [x]\ntargets: [{file: a/x}]\nbundle: {format: zip}\n");
    put_file("broken.yaml", "vars: {A: b, A: c}\n]\n");
    assert_faults("p.yaml", "p.yaml:2:19 not-found\n"
                            "p.yaml:2:30 include\n"
                            "p.yaml:2:38 manifest-value\n"
                            "p.yaml:2:55 variable\n"
                            "p.yaml:3:33 manifest-key\n"
                            "p.yaml:4:18 target-name\n"
                            "p.yaml:4:22 manifest-key\n"
                            "b.yaml:1:1 manifest-key\n"
                            "b.yaml:2:7 manifest-value\n"
                            "b.yaml:4:18 manifest-value\n"
                            "broken.yaml:1:14 manifest-key\n"
                            "broken.yaml:2:1 manifest-syntax\n");
    put_file("p.yaml", WHOLE "include: [b.yaml]\n");
    put_file("b.yaml", "schema: 2\nnew: 1\n");
    assert_faults("p.yaml", "b.yaml:1:9 manifest-value\n");
    put_file("b.yaml", "product: {name: '${A}'}\ntargets: []\n");
    assert_faults("p.yaml", "");
    put_file("p.yaml", WHOLE "include: b.yaml\nmeta: {a: '${X}'}\n");
    assert_faults("p.yaml", "p.yaml:5:10 manifest-value\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(maps_are_merged_and_targets_joined),
        SCRATCH_TEST(a_file_is_taken_once),
        SCRATCH_TEST(variables),
        SCRATCH_TEST(bytes_in_memory_include_files),
        SCRATCH_TEST(faults_have_a_place),
        SCRATCH_TEST(cycles),
        SCRATCH_TEST(depth),
        SCRATCH_TEST(width),
        SCRATCH_TEST(size),
        SCRATCH_TEST(no_files),
        SCRATCH_TEST(many_keys),
        SCRATCH_TEST(all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
