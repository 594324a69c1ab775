/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "swt/io.h"
#include "swt/signature.h"

int swt_output_spares(const char *output, const char *path, const char *what,
                      struct swt_error *err) {
    if (output == NULL || path == NULL ||
        !(swt_same_file(output, path) || swt_streams_into(output, path)))
        return 0;
    return swt_fail(err, SWT_E_USAGE, "the output %s would replace %s, %s", output, what, path);
}

int swt_output_in_place(const char *output, const char *file, struct swt_error *err) {
    if (output == NULL || !swt_streams_into(output, file))
        return 0;
    return swt_fail(err, SWT_E_USAGE,
                    "the output %s is %s itself, which cannot be read and written at once: give -o "
                    "its name",
                    output, file);
}

int swt_output_spares_folder(const char *output, const char *folder, const char *what,
                             struct swt_error *err) {
    if (output == NULL || folder == NULL || !swt_is_inside(output, folder))
        return 0;
    return swt_fail(err, SWT_E_USAGE, "the output %s would lie inside %s, %s", output, what,
                    folder);
}

int swt_log_spares(const char *log, const char *path, const char *what, struct swt_error *err) {
    if (log == NULL || path == NULL || !swt_same_place(log, path))
        return 0;
    return swt_fail(err, SWT_E_USAGE, "the audit log would be %s, %s", what, path);
}

static int output_spares(const void *output, const char *path, const char *what,
                         struct swt_error *err) {
    return swt_output_spares(output, path, what, err);
}

static int log_spares(const void *log, const char *path, const char *what, struct swt_error *err) {
    return swt_log_spares(log, path, what, err);
}

static int each_key_file(const struct swt_key_sources *keys, swt_key_file_visit *visit,
                         const char *file, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < keys->count && rc == 0; i++)
        rc = swt_key_source_files(&keys->items[i], visit, file, err);
    return rc;
}

int swt_output_spares_keys(const char *output, const struct swt_key_sources *keys,
                           struct swt_error *err) {
    return each_key_file(keys, output_spares, output, err);
}

int swt_log_spares_keys(const char *log, const struct swt_key_sources *keys,
                        struct swt_error *err) {
    return each_key_file(keys, log_spares, log, err);
}
