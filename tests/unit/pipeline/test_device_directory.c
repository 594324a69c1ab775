/* SPDX-License-Identifier: Apache-2.0 */
/* A device directory is read as it was written, and a floor in no other form than its own. */
#include "../../../src/pipeline/device_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/scratch.h"

static struct swt_buf root_bytes;

static int read_root(void **state) {
    (void)state;
    struct swt_error err;
    return swt_read_file("testdata/identity/one_target.signed_root.signed.pb", 1 << 20, &root_bytes,
                         &err);
}

static int drop_root(void **state) {
    (void)state;
    swt_buf_done(&root_bytes);
    return 0;
}

static struct swt_device_state state_with_floor(bool has_floor, uint32_t floor) {
    struct swt_error err;
    struct swt_buf copy = {0};
    struct swt_device_state state = {.knows_floor = true, .has_floor = has_floor, .floor = floor};
    assert_int_equal(swt_buf_append_slice(&copy, swt_buf_slice(&root_bytes), &err), 0);
    assert_int_equal(swt_root_source_decode(&copy, "root", false, &state.root, &err), 0);
    return state;
}

static void make_device(bool has_floor, uint32_t floor) {
    struct swt_error err;
    struct swt_device_directory directory = {0};
    struct swt_device_state state = state_with_floor(has_floor, floor);
    assert_int_equal(swt_device_directory_create("dev", &directory, &err), 0);
    assert_int_equal(swt_device_directory_add(&directory, swt_slice_text("app"), &err), 0);
    assert_int_equal(swt_device_directory_write(&directory, "payload", 7, &err), 0);
    assert_int_equal(swt_device_directory_commit(&directory, &state, &err), 0);
    swt_device_directory_done(&directory);
    swt_device_state_done(&state);
}

/* What opening gives, or the negative code. */
static int open_device(struct swt_device_state *ret_state) {
    struct swt_error err;
    struct swt_device_directory directory = {0};
    int rc = swt_device_directory_open("dev", false, false, &directory, ret_state, &err);
    if (rc < 0)
        assert_string_equal(err.file, "dev/current/floor");
    swt_device_directory_done(&directory);
    return rc;
}

static void check_floor(bool has_floor, uint32_t floor) {
    struct swt_device_state state = {0};
    assert_int_equal(open_device(&state), 0);
    assert_true(state.knows_floor);
    assert_int_equal(state.has_floor, has_floor);
    assert_int_equal(state.floor, floor);
    assert_null(state.installed.manifest);
    swt_device_state_done(&state);
}

static void test_what_is_written_is_read(void **state) {
    (void)state;
    make_device(true, UINT32_MAX);
    check_file("dev/current/floor", "4294967295\n");
    check_file("dev/current/targets/app", "payload");
    check_floor(true, UINT32_MAX);
}

static void test_no_floor(void **state) {
    (void)state;
    make_device(false, 0);
    check_file("dev/current/floor", "none\n");
    check_floor(false, 0);
}

static void test_the_floor_is_strict(void **state) {
    (void)state;
    static const char *const BAD[] = {
        "\n",
        " 0",
        "0 ",
        "00",
        "+1",
        "-1",
        "1.0",
        "1e3",
        "0x1",
        "1\r\n",
        "1\n\n",
        "\n1",
        "none ",
        "None",
        "NONE",
        "non",
        "nonee",
        "none\n\n",
        "4294967296",
        "18446744073709551617",
        "99999999999999999999999999999999999999999999",
    };
    struct swt_device_state none = {0};
    make_device(true, 1);
    for (size_t i = 0; i < SWT_COUNT(BAD); i++) {
        put_file("dev/current/floor", BAD[i]);
        assert_int_equal(open_device(&none), -SWT_E_DEVICE_STATE);
    }
    put_file("dev/current/floor", "");
    assert_int_equal(open_device(&none), -SWT_E_DEVICE_STATE);
    assert_int_equal(truncate("dev/current/floor", 1), 0); /* a NUL */
    assert_int_equal(open_device(&none), -SWT_E_DEVICE_STATE);
    assert_int_equal(unlink("dev/current/floor"), 0);
    assert_int_equal(open_device(&none), -SWT_E_DEVICE_STATE);
    put_file("dev/current/floor", "7");
    check_floor(true, 7);
    put_file("dev/current/floor", "none");
    check_floor(false, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_what_is_written_is_read),
        SCRATCH_TEST(test_no_floor),
        SCRATCH_TEST(test_the_floor_is_strict),
    };
    return cmocka_run_group_tests(tests, read_root, drop_root);
}
