/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "swt/io.h"

#include <string.h>

int swt_output_spares(const char *output, const char *path, const char *what,
                      struct swt_error *err) {
    if (output == NULL || path == NULL || !swt_same_file(output, path))
        return 0;
    return swt_fail(err, SWT_E_USAGE, "the output %s would replace %s, %s", output, what, path);
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

/* Calls check for each file that a key comes from. */
static int each_key_file(const char *file, const struct swt_key_sources *keys,
                         int (*check)(const char *file, const char *path, const char *what,
                                      struct swt_error *err),
                         struct swt_error *err) {
    static const char SCHEME[] = "file:";
    int rc = 0;
    for (size_t i = 0; i < keys->count && rc == 0; i++) {
        const char *path = keys->items[i].uri;
        if (strncmp(path, SCHEME, strlen(SCHEME)) == 0)
            path += strlen(SCHEME);
        rc = check(file, path, "a key", err);
        if (rc == 0)
            rc = check(file, keys->items[i].passphrase_file, "a passphrase file", err);
    }
    return rc;
}

int swt_output_spares_keys(const char *output, const struct swt_key_sources *keys,
                           struct swt_error *err) {
    return each_key_file(output, keys, swt_output_spares, err);
}

int swt_log_spares_keys(const char *log, const struct swt_key_sources *keys,
                        struct swt_error *err) {
    return each_key_file(log, keys, swt_log_spares, err);
}
