/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

void swt_progress_begin(const struct swt_progress *progress, const char *stage, uint64_t total) {
    if (progress != NULL)
        progress->begin(progress->context, stage, total);
}

void swt_progress_advance(const struct swt_progress *progress, uint64_t bytes) {
    if (progress != NULL)
        progress->advance(progress->context, bytes);
}

void swt_progress_skip(const struct swt_progress *progress, uint64_t bytes) {
    if (progress != NULL && progress->skip != NULL)
        progress->skip(progress->context, bytes);
}
