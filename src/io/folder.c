/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static void stream_cleanup(DIR **stream) {
    if (*stream != NULL)
        (void)closedir(*stream);
}

int swt_folder_check_free(const char *dir, struct swt_error *err) {
    SWT_CLEANUP(stream_cleanup) DIR *stream = opendir(dir);
    if (stream == NULL) {
        if (errno == ENOENT)
            return 0;
        (void)swt_fail_errno(err, errno, "cannot open the folder");
        return swt_error_file(err, dir);
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL && errno == 0)
            return 0;
        if (entry == NULL)
            (void)swt_fail_errno(err, errno, "cannot read the folder");
        else if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        else
            (void)swt_fail(err, SWT_E_EXISTS, "the folder is not empty");
        return swt_error_file(err, dir);
    }
}
