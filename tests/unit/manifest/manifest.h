/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the tests of this folder. */
#ifndef TEST_MANIFEST_H
#define TEST_MANIFEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "swt/manifest.h"

/* The least that a manifest needs, but for its targets. */
#define HEAD                                                                                       \
    "schema: 1\n"                                                                                  \
    "product: {name: widget}\n"                                                                    \
    "release: {version: 1.0, metadata_version: 3}\n"
#define WHOLE HEAD "targets: [{file: a}]\n"

static inline int parse(const char *text, size_t len, const struct swt_manifest_options *options,
                        struct swt_manifest **ret_manifest, struct swt_error *err) {
    return swt_manifest_parse(swt_slice_of(text, len), "dir/product.yaml", options, ret_manifest,
                              err);
}

static inline struct swt_manifest *parse_good(const char *text,
                                              const struct swt_manifest_options *options) {
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    int rc = parse(text, strlen(text), options, &manifest, &err);
    if (rc != 0)
        fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.message);
    return manifest;
}

static inline void parse_bad(const char *text, size_t len,
                             const struct swt_manifest_options *options,
                             struct swt_error *ret_err) {
    struct swt_manifest *untouched = (struct swt_manifest *)(uintptr_t)1;
    struct swt_manifest *manifest = untouched;
    int rc = parse(text, len, options, &manifest, ret_err);
    if (rc >= 0)
        fail_msg("accepted: %.200s", text);
    assert_int_equal(rc, -(int)ret_err->code);
    assert_ptr_equal(manifest, untouched);
}

static inline void assert_error(const struct swt_error *err, enum swt_code code, unsigned line,
                                unsigned column, const char *text) {
    if (err->code != code || err->line != line || err->column != column)
        fail_msg("%.200s\nexpected %s at %u:%u, found %s at %u:%u: %s", text, swt_code_name(code),
                 line, column, swt_code_name(err->code), err->line, err->column, err->message);
    assert_null(strchr(err->message, '\n'));
    assert_true(err->message[0] != '\0');
    assert_true(err->message[strlen(err->message) - 1] != '.');
}

#endif
