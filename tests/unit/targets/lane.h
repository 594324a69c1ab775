/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads measured and copied by the caller's thread, with a tee of their own. */
#ifndef LANE_H
#define LANE_H

#include "swt/targets.h"

static inline int measure(struct swt_payload *payload, struct swt_error *err) {
    SWT_CLEANUP(swt_tee_cleanup) struct swt_tee *tee = NULL;
    assert_int_equal(swt_tee_new(&tee, err), 0);
    struct swt_lane lane = {.tee = tee};
    return swt_payload_measure(payload, &lane, err);
}

static inline int copy(struct swt_payload *payload, swt_bytes_sink *sink, void *context,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_tee_cleanup) struct swt_tee *tee = NULL;
    assert_int_equal(swt_tee_new(&tee, err), 0);
    struct swt_lane lane = {.tee = tee};
    return swt_payload_copy(payload, &lane, sink, context, err);
}

#endif
