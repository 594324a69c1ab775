/* SPDX-License-Identifier: Apache-2.0 */
/* provision in two parts: what goes into a device (provision.c), and its form as a C header. */
#ifndef SWT_PIPELINE_PROVISION_H
#define SWT_PIPELINE_PROVISION_H

#include "device_state.h"

/* Appends the header. The same state and name give the same text. */
int swt_provision_header(const struct swt_device_state *state, const char *name,
                         struct swt_buf *ret_text, struct swt_error *err) SWT_CHECKED;

#endif
