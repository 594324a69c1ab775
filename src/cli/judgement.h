/* SPDX-License-Identifier: Apache-2.0 */
/* What verify and extract read from their options alike. */
#ifndef SWT_CLI_JUDGEMENT_H
#define SWT_CLI_JUDGEMENT_H

#include "command.h"

static inline struct swt_verify_options
swt_judgement_options(const struct swt_invocation *invocation) {
    return (struct swt_verify_options){
        .root = swt_option_value(invocation, &swt_opt_anchor),
        .device = swt_option_value(invocation, &swt_opt_device),
        .self = swt_option_given(invocation, &swt_opt_self),
        .device_manifest = swt_option_value(invocation, &swt_opt_device_manifest),
        .time = swt_option_value(invocation, &swt_opt_time),
        .strict = swt_option_given(invocation, &swt_opt_strict),
        .allow_unknown = swt_option_given(invocation, &swt_opt_allow_unknown),
        .progress = invocation->progress,
    };
}

#endif
