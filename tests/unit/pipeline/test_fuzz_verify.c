/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fuzz target of verify can fail: of its corpus, what is named accepted-* is accepted, in both
 * containers, and nothing else is; and the oracle by itself refuses what differs in one byte from
 * what it accepts.
 */
#include "../../fuzz/fuzz_verify.c"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char ACCEPTED[] = "accepted-";

static void folder_of(char ret_folder[2048]) {
    const char *source = getenv("SWT_SOURCE");
    (void)snprintf(ret_folder, 2048, "%s/testdata/corpus/verify", source == NULL ? "." : source);
}

static void read_input(const char *name, struct swt_buf *ret_input) {
    char folder[2048], path[4096];
    struct swt_error err;
    folder_of(folder);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (swt_read_file(path, 65536, ret_input, &err) < 0)
        fail_msg("%s: %s", path, err.message);
}

/* The bundle that a recipe makes, and what the program accepts of it. */
static void cook_input(const char *name, struct swt_buf *ret_bundle, struct swt_buf *ret_content) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf input = {0};
    struct world *world = the_world();
    read_input(name, &input);
    struct recipe recipe = read_recipe(swt_buf_slice(&input));
    cook(world, &recipe, ret_bundle);
    assert_true(accepts(world, swt_buf_slice(ret_bundle), recipe.options, ret_content));
    world->device.allow_unknown = (recipe.options & ALLOW_UNKNOWN) != 0;
}

static const char *ask(const struct swt_buf *bundle, const struct swt_buf *content) {
    static struct oracle oracle;
    return oracle_judge(&oracle, (struct span){bundle->data, bundle->len}, &the_world()->device,
                        (struct span){content->data, content->len});
}

static void test_accepted_ones_are(void **state) {
    (void)state;
    char folder[2048];
    struct dirent **entries;
    unsigned tar = 0, update_bundle = 0, refused = 0;
    folder_of(folder);
    int count = scandir(folder, &entries, NULL, alphasort);
    assert_true(count > 2);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        SWT_CLEANUP(swt_buf_done) struct swt_buf input = {0};
        unsigned long before = the_world()->accepted;
        if (name[0] != '.') {
            bool expected = strncmp(name, ACCEPTED, strlen(ACCEPTED)) == 0;
            read_input(name, &input);
            assert_int_equal(LLVMFuzzerTestOneInput(input.data, input.len), 0);
            if ((the_world()->accepted > before) != expected)
                fail_msg("%s was %saccepted", name, expected ? "not " : "");
            *(!expected                              ? &refused
              : (input.data[0] & UPDATE_BUNDLE) != 0 ? &update_bundle
                                                     : &tar) += 1;
        }
        free(entries[i]);
    }
    free(entries);
    assert_true(tar >= 3 && update_bundle >= 3 && refused >= 3);
}

/* With the signatures that are needed and none besides. */
static void refuses_each_byte(const char *name) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf content = {0};
    cook_input(name, &bundle, &content);
    assert_null(ask(&bundle, &content));
    for (size_t i = 0; i < bundle.len; i++) {
        bundle.data[i] ^= 1;
        if (ask(&bundle, &content) == NULL)
            fail_msg("%s: the oracle accepts another byte %zu", name, i);
        bundle.data[i] ^= 1;
    }
    for (content.len--; content.len > 0; content.len /= 2)
        assert_non_null(ask(&bundle, &content));
}

static void test_the_oracle_refuses_each_byte(void **state) {
    (void)state;
    refuses_each_byte("accepted-tar");
    refuses_each_byte("accepted-pb");
}

/* The oracle told of another device. */
static void test_the_oracle_asks_the_device(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf content = {0};
    struct oracle_device *device = &the_world()->device;
    const struct oracle_device usual = *device;
    cook_input("accepted-left-out-tar", &bundle, &content);
    assert_null(ask(&bundle, &content));
    device->floor = 6;
    assert_string_equal(ask(&bundle, &content), "targets: a rollback");
    *device = usual;
    device->now = INT64_C(4070908800);
    assert_string_equal(ask(&bundle, &content), "targets: expired");
    *device = usual;
    device->held.bytes.len--;
    assert_string_equal(ask(&bundle, &content), "a payload is missing");
    *device = usual;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted_ones_are),
        cmocka_unit_test(test_the_oracle_refuses_each_byte),
        cmocka_unit_test(test_the_oracle_asks_the_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
