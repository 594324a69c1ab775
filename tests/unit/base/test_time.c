/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

#include <stdio.h>
#include <time.h>

static void test_parse_time(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01", 86399},
        {"2000-02-29T12:34:56Z", 951827696},
        {"2027-11-23T00:00:00Z", 1826928000},
        {"2038-01-19T03:14:08Z", INT64_C(2147483648)},
        {"9999-12-31", INT64_C(253402300799)},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799)},
    };
    for (size_t i = 0; i < SWT_COUNT(good); i++) {
        int64_t time = -1;
        assert_true(swt_parse_time(good[i].text, &time));
        assert_true(time == good[i].time);
    }
    static const char *const bad[] = {
        "",
        "2027",
        "2027-11",
        "2027-11-2",
        "2027-11-23 ",
        " 2027-11-23",
        "2027-11-23T",
        "2027-11-23T00:00Z",
        "2027-11-23T00:00:00",
        "2027-11-23t00:00:00z",
        "2027-11-23 00:00:00Z",
        "2027-11-23T00:00:00.5Z",
        "2027-11-23T00:00:00+00:00",
        "2027-11-23T00:00:00ZZ",
        "2027-11-23T24:00:00Z",
        "2027-11-23T23:60:00Z",
        "2027-11-23T23:59:60Z",
        "2027-13-01",
        "2027-00-01",
        "2027-01-00",
        "2027-04-31",
        "2027-02-29",
        "2100-02-29",
        "1969-12-31",
        "0000-01-01",
        "10000-01-01",
        "-2027-11-23",
        "2027-1a-01",
    };
    for (size_t i = 0; i < SWT_COUNT(bad); i++) {
        int64_t time = -1;
        assert_false(swt_parse_time(bad[i], &time));
        assert_true(time == -1);
    }
}

static void test_parse_span(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
        {"90d", 90 * 86400}, {"12h", 43200}, {"2w", 14 * 86400}, {"1y", 365 * 86400}, {"0d", 0},
    };
    for (size_t i = 0; i < SWT_COUNT(good); i++) {
        int64_t seconds = -1;
        assert_true(swt_parse_span(good[i].text, &seconds));
        assert_true(seconds == good[i].seconds);
    }
    static const char *const bad[] = {
        "",
        "d",
        "90",
        "90 d",
        "90D",
        "-1d",
        "+1d",
        "1.5y",
        "01d",
        "1m",
        "90dd",
        " 1d",
        "99999y",
        "99999999999999999999d",
        "9223372036854775807w",
    };
    for (size_t i = 0; i < SWT_COUNT(bad); i++) {
        int64_t seconds = -1;
        assert_false(swt_parse_span(bad[i], &seconds));
        assert_true(seconds == -1);
    }
}

static void test_time_text(void **state) {
    (void)state;
    static const struct {
        int64_t time;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {951827696, "2000-02-29T12:34:56Z"},
        {INT64_C(253402300799), "9999-12-31T23:59:59Z"},
        {INT64_C(253402300800), "@253402300800"},
        {INT64_C(-62167219200), "0000-01-01T00:00:00Z"},
        {INT64_C(-62167219201), "@-62167219201"},
        {INT64_MAX, "@9223372036854775807"},
        {INT64_MIN, "@-9223372036854775808"},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        char text[SWT_TIME_TEXT];
        assert_string_equal(swt_time_text(rows[i].time, text), rows[i].text);
    }
}

/* Against the C library's calendar, a prime number of seconds apart, over all years. */
static void test_time_agrees_with_the_system(void **state) {
    (void)state;
    for (int64_t time = INT64_C(-62167219200); time <= INT64_C(253402300799); time += 7654321) {
        time_t system_time = (time_t)time;
        struct tm parts;
        assert_non_null(gmtime_r(&system_time, &parts));
        char expected[SWT_TIME_TEXT];
        char text[SWT_TIME_TEXT];
        (void)snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                       (int)(parts.tm_year + 1900), parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                       parts.tm_min, parts.tm_sec);
        assert_string_equal(swt_time_text(time, text), expected);
        int64_t back;
        assert_true(time >= 0 ? swt_parse_time(text, &back) && back == time
                              : !swt_parse_time(text, &back));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_time),
        cmocka_unit_test(test_parse_span),
        cmocka_unit_test(test_time_text),
        cmocka_unit_test(test_time_agrees_with_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
