/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calendar is computed here rather than with timegm and strftime: those read TZ or the locale,
 * and the same inputs must give the same bytes on any machine.
 */
#include "swt/base.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY INT64_C(86400)
#define TIME_YEAR_0 (-INT64_C(62167219200))  /* 0000-01-01T00:00:00Z */
#define TIME_YEAR_9999 INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct date {
    int64_t year;
    unsigned month, day; /* from 1 */
};

/* Days from 1970-01-01 in the proleptic Gregorian calendar. Years start in March, so that the
 * leap day is the last of its year; 400 years (an era) are 146,097 days. */
static int64_t days_of(struct date date) {
    int64_t year = date.month > 2 ? date.year : date.year - 1;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct date date_of(int64_t days) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct date date = {
        .year = year_of_era + era * 400,
        .month = (unsigned)(month < 10 ? month + 3 : month - 9),
        .day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1),
    };
    date.year += date.month <= 2;
    return date;
}

static unsigned days_in_month(int64_t year, unsigned month) {
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Compares text with a pattern in which 0 stands for a digit; collects the digits' groups. */
static bool match_digits(const char *text, const char *pattern, unsigned *ret_groups) {
    size_t group = 0;
    unsigned value = 0;
    for (size_t i = 0;; i++) {
        if (pattern[i] == '0') {
            if (text[i] < '0' || text[i] > '9')
                return false;
            value = value * 10 + (unsigned)(text[i] - '0');
            continue;
        }
        if (text[i] != pattern[i])
            return false;
        if (i > 0 && pattern[i - 1] == '0') {
            ret_groups[group++] = value;
            value = 0;
        }
        if (pattern[i] == '\0')
            return true;
    }
}

bool swt_parse_time(const char *text, int64_t *ret_time) {
    unsigned groups[6] = {0, 0, 0, 23, 59, 59};
    if (!match_digits(text, "0000-00-00", groups)) {
        /* A failed match may have written groups; the full form writes all six. */
        if (!match_digits(text, "0000-00-00T00:00:00Z", groups))
            return false;
    }
    struct date date = {.year = groups[0], .month = groups[1], .day = groups[2]};
    if (date.year < 1970 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_in_month(date.year, date.month))
        return false;
    /* A leap second has no place in seconds since the epoch. */
    if (groups[3] > 23 || groups[4] > 59 || groups[5] > 59)
        return false;
    *ret_time =
        days_of(date) * DAY + INT64_C(3600) * groups[3] + INT64_C(60) * groups[4] + groups[5];
    return true;
}

bool swt_parse_span(const char *text, int64_t *ret_seconds) {
    static const struct {
        char name;
        int64_t seconds;
    } units[] = {{'h', 3600}, {'d', DAY}, {'w', 7 * DAY}, {'y', 365 * DAY}};
    char digits[16];
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len >= sizeof digits || text[len] == '\0' || text[len + 1] != '\0')
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    for (size_t i = 0; i < SWT_COUNT(units); i++) {
        if (text[len] != units[i].name)
            continue;
        /* So small that a span and a time can be added without a check for overflow. */
        uint64_t count;
        if (!swt_parse_uint(digits, (uint64_t)(TIME_YEAR_9999 / units[i].seconds), &count))
            return false;
        *ret_seconds = (int64_t)count * units[i].seconds;
        return true;
    }
    return false;
}

const char *swt_time_text(int64_t time, char ret_text[SWT_TIME_TEXT]) {
    if (time < TIME_YEAR_0 || time > TIME_YEAR_9999) {
        (void)snprintf(ret_text, SWT_TIME_TEXT, "@%" PRId64, time);
        return ret_text;
    }
    int64_t days = time / DAY - (time % DAY < 0);
    unsigned second = (unsigned)(time - days * DAY);
    struct date date = date_of(days);
    (void)snprintf(ret_text, SWT_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)date.year,
                   date.month, date.day, second / 3600, second / 60 % 60, second % 60);
    return ret_text;
}
