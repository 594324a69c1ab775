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

int swt_output_spares_keys(const char *output, const struct swt_key_sources *keys,
                           struct swt_error *err) {
    static const char SCHEME[] = "file:";
    int rc = 0;
    for (size_t i = 0; i < keys->count && rc == 0; i++) {
        const char *path = keys->items[i].uri;
        if (strncmp(path, SCHEME, strlen(SCHEME)) == 0)
            path += strlen(SCHEME);
        rc = swt_output_spares(output, path, "a key", err);
        if (rc == 0)
            rc =
                swt_output_spares(output, keys->items[i].passphrase_file, "a passphrase file", err);
    }
    return rc;
}
