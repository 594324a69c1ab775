/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a set of fixtures, in memory, with what fixtures.json says of them. */
#ifndef SWT_PIPELINE_FIXTURE_SET_H
#define SWT_PIPELINE_FIXTURE_SET_H

#include "fixture.h"

#include <jansson.h>

#define SWT_FIXTURES_SCHEMA "swupdate-tool/fixtures/1"

struct swt_fixture_file {
    char *name;
    struct swt_buf bytes;
};
/* A bundle, and the row that it was made by. */
struct swt_fixture_bundle {
    struct swt_fixture_file file;
    const struct swt_fixture *fixture;
    enum swt_format format;
};
struct swt_fixture_set {
    struct swt_buf anchors[SWT_ANCHORS];
    struct swt_buf devices[SWT_DEVICES]; /* empty for SWT_DEVICE_NONE */
    struct swt_fixture_bundle *bundles;
    size_t bundle_count;
};
/* set is zeroed. */
int swt_fixture_set_make(const struct swt_fixture_world *world, struct swt_fixture_set *set,
                         struct swt_error *err) SWT_CHECKED;
void swt_fixture_set_done(struct swt_fixture_set *set);
/* "accept" or "reject"; what a stock device answers, or NULL where it agrees or is not asked. */
const char *swt_fixture_expected(const struct swt_fixture_bundle *bundle);
const char *swt_fixture_stock(const struct swt_fixture_world *world,
                              const struct swt_fixture_bundle *bundle);

/* The document of fixtures.json (swupdate-tool-fixtures(1)). */
int swt_fixture_set_document(const struct swt_fixture_world *world,
                             const struct swt_fixture_set *set, json_t **ret_document,
                             struct swt_error *err) SWT_CHECKED;
/* Appends fixtures.h. */
int swt_fixture_set_header(const struct swt_fixture_world *world, const struct swt_fixture_set *set,
                           struct swt_buf *ret_text, struct swt_error *err) SWT_CHECKED;

#endif
