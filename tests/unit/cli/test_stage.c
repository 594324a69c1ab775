/* SPDX-License-Identifier: Apache-2.0 */
/* How far a stage is, as a line and as JSON: rate, time left, and what fits a width. */
#include "../../../src/cli/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

/* A stage of that rate in bytes a second, measured once. */
static struct swt_stage stage_at(uint64_t bytes, uint64_t total, double rate) {
    struct swt_stage stage = swt_stage_of("verify", total, 0);
    stage.bytes = bytes;
    stage.rate = rate;
    return stage;
}

static size_t columns_of(const char *text) {
    size_t columns = 0;
    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

static void test_rate_follows_what_is_measured(void **state) {
    (void)state;
    struct swt_stage stage = swt_stage_of("verify", GIB, 5000);
    stage.bytes = MIB;
    swt_stage_measure(&stage, 5000); /* no time has passed */
    assert_true(stage.rate == 0);
    swt_stage_measure(&stage, 5100);
    assert_int_equal((uint64_t)stage.rate, 10 * MIB);
    /* A moment of silence makes it slower, not nothing. */
    swt_stage_measure(&stage, 5200);
    assert_true(stage.rate > 9 * MIB && stage.rate < 10 * MIB);
    /* From then on it is 1 MiB a second: after a while nothing else is left of it. */
    for (int64_t now = 5300; now < 25300; now += 100) {
        stage.bytes += MIB / 10;
        swt_stage_measure(&stage, now);
    }
    assert_true(stage.rate > 0.99 * MIB && stage.rate < 1.01 * MIB);
}

static void expect_left(struct swt_stage stage, const char *text) {
    char line[SWT_STAGE_LINE];
    swt_stage_line(&stage, 200, false, line);
    const char *found = strstr(line, "/s  ");
    assert_string_equal(found == NULL ? "" : found + 4, text);
}

static void test_time_left(void **state) {
    (void)state;
    expect_left(stage_at(0, 1000, 1000), "1 s left");
    expect_left(stage_at(999, 1000, 1000000), "1 s left");
    expect_left(stage_at(0, 12000, 1000), "12 s left");
    expect_left(stage_at(0, 59400, 1000), "59 s left");
    expect_left(stage_at(0, 60000, 1000), "1 min left");
    expect_left(stage_at(0, 61000, 1000), "2 min left");
    expect_left(stage_at(0, 3600000, 1000), "60 min left");
    expect_left(stage_at(0, 3601000, 1000), "2 h left");
    expect_left(stage_at(0, 359999000, 1000), "100 h left");
    /* Nobody can tell, or nothing is left. */
    expect_left(stage_at(0, 360000000, 1000), "");
    expect_left(stage_at(0, UINT64_MAX, 1), "");
    expect_left(stage_at(0, 1000, 0), "");
    expect_left(stage_at(1000, 1000, 1000), "");
    expect_left(stage_at(2000, 1000, 1000), "");
    expect_left(stage_at(0, 0, 0), "");
}

static void expect_line(struct swt_stage stage, size_t width, bool utf8, const char *text) {
    char line[SWT_STAGE_LINE];
    swt_stage_line(&stage, width, utf8, line);
    assert_string_equal(line, text);
}

static void test_line_of_a_width(void **state) {
    (void)state;
    struct swt_stage stage = stage_at(MIB * 1229, 2 * GIB, 410.5 * MIB);
    expect_line(stage, 90, false,
                "verify     1.2 GiB of 2.0 GiB   60%  [##############----------]   410.5 MiB/s"
                "  2 s left");
    expect_line(stage, 77, true,
                "verify     1.2 GiB of 2.0 GiB   60%  [██████░░░░░]   410.5 MiB/s  2 s left");
    expect_line(stage, 60, true, "verify  1.2 GiB of 2.0 GiB  60%  410.5 MiB/s  2 s left");
    expect_line(stage, 37, true, "verify  60%  410.5 MiB/s  2 s left");
    expect_line(stage, 30, true, "verify  60%  2 s left");
    expect_line(stage, 20, true, "verify  60%");
    expect_line(stage, 3, true, "60%");
    expect_line(stage, 2, true, "");
    expect_line(stage, 0, true, "");
    stage.bytes = 2 * GIB - 1;
    expect_line(stage, 20, true, "verify  99%");
    stage.bytes = 2 * GIB;
    expect_line(stage, 20, true, "verify  100%");
    expect_line(stage_at(0, 0, 0), 20, true, "verify  100%");
}

static void test_line_fits_every_width(void **state) {
    (void)state;
    static const uint64_t TOTALS[] = {0, 1, 1023, 1024, MIB - 1, GIB * 1000, UINT64_MAX};
    char line[SWT_STAGE_LINE];
    for (size_t i = 0; i < SWT_COUNT(TOTALS); i++)
        for (size_t width = 0; width < 250; width++)
            for (unsigned part = 0; part <= 4; part++) {
                struct swt_stage stage = stage_at(TOTALS[i] / 4 * part, TOTALS[i], 1e3 * part);
                stage.name = "compress";
                swt_stage_line(&stage, width, part % 2 == 0, line);
                assert_true(columns_of(line) <= width);
            }
}

static void test_json(void **state) {
    (void)state;
    char line[SWT_STAGE_LINE];
    struct swt_stage stage = stage_at(0, UINT64_MAX, 0);
    swt_stage_json(&stage, line);
    assert_string_equal(line, "{\"progress\":{\"stage\":\"verify\",\"bytes\":0,\"total\":"
                              "18446744073709551615,\"rate\":0,\"seconds_left\":null}}\n");
    stage = stage_at(500, 3000, 1000.4);
    swt_stage_json(&stage, line);
    assert_string_equal(line, "{\"progress\":{\"stage\":\"verify\",\"bytes\":500,\"total\":3000,"
                              "\"rate\":1000,\"seconds_left\":2}}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_follows_what_is_measured),
        cmocka_unit_test(test_time_left),
        cmocka_unit_test(test_line_of_a_width),
        cmocka_unit_test(test_line_fits_every_width),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
