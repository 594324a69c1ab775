/* SPDX-License-Identifier: Apache-2.0 */
/* Who looks is told of each stage and chunk; nobody has to look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

struct seen {
    const char *stage;
    uint64_t total;
    uint64_t bytes;
    unsigned begun;
};

static void begin(void *context, const char *stage, uint64_t total) {
    struct seen *seen = context;
    *seen = (struct seen){.stage = stage, .total = total, .begun = seen->begun + 1};
}

static void advance(void *context, uint64_t bytes) {
    struct seen *seen = context;
    seen->bytes += bytes;
}

static void each_stage_and_chunk(void **state) {
    (void)state;
    struct seen seen = {0};
    const struct swt_progress progress = {.begin = begin, .advance = advance, .context = &seen};
    swt_progress_begin(&progress, "hash", UINT64_C(5) << 30);
    assert_string_equal(seen.stage, "hash");
    assert_int_equal(seen.total, UINT64_C(5) << 30);
    swt_progress_advance(&progress, UINT64_C(4) << 30);
    swt_progress_advance(&progress, 0);
    swt_progress_advance(&progress, UINT64_C(1) << 30);
    assert_int_equal(seen.bytes, seen.total);
    swt_progress_begin(&progress, "write", 0);
    assert_string_equal(seen.stage, "write");
    assert_int_equal(seen.begun, 2);
    assert_int_equal(seen.bytes, 0);
}

static void nobody_looks(void **state) {
    (void)state;
    swt_progress_begin(NULL, "hash", 1);
    swt_progress_advance(NULL, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stage_and_chunk),
        cmocka_unit_test(nobody_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
