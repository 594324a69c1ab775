/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that came in a file, read within limits. */
#ifndef SWT_PIPELINE_JSON_TEXT_H
#define SWT_PIPELINE_JSON_TEXT_H

#include "swt/base.h"

#include <jansson.h>

struct swt_json_limits {
    size_t values; /* each costs about a hundred bytes of memory */
    size_t depth;
};
/* Whether JSON keeps them, by its text alone. */
bool swt_json_within(struct swt_slice json, const struct swt_json_limits *limits);
/*
 * Refuses with the code fault, and with line and column of name: what is no JSON, an object that
 * names a member twice, a NUL in a text, and what exceeds limits, before anything is parsed.
 */
int swt_json_parse(struct swt_slice bytes, const char *name, const struct swt_json_limits *limits,
                   enum swt_code fault, json_t **ret_json, struct swt_error *err) SWT_CHECKED;
/* From what swt_json_write made; NULL: no memory. */
json_t *swt_json_again(const char *text, size_t len);

#endif
