/* SPDX-License-Identifier: Apache-2.0 */
/* What a device remembers from one update to the next (swupdate-device(7)), in memory: what a
 * bundle is judged by. Where it comes from is options' (verify), a directory's (device_directory.h)
 * or a fleet file's business. */
#ifndef SWT_PIPELINE_DEVICE_STATE_H
#define SWT_PIPELINE_DEVICE_STATE_H

#include "source.h"

#include <jansson.h>

struct swt_device_state {
    struct swt_root_source root; /* the trust anchor */
    bool knows_floor;            /* false: nothing is known of it, and rollback is not judged */
    bool has_floor;              /* false: never set or cleared, any targets version is accepted */
    uint32_t floor;
    struct swt_device_source installed; /* its manifest is NULL when nothing was installed */
};
void swt_device_state_done(struct swt_device_state *state);
/* The same state, in memory of its own. */
int swt_device_state_copy(const struct swt_device_state *state, struct swt_device_state *ret_copy,
                          struct swt_error *err) SWT_CHECKED;
/* The floor as a number, or JSON's null where there is none. */
json_t *swt_device_floor_json(const struct swt_device_state *state);

#endif
