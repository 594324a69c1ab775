/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 128 /* each level holds a descriptor */

static void remove_below(int parent, const char *name, unsigned depth) {
    /* An empty one goes without a look into it, which takes memory. */
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
        return;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        swt_fd_cleanup(&fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        /* POSIX answers EPERM where Linux says EISDIR. */
        if (unlinkat(fd, entry->d_name, 0) < 0 && (errno == EISDIR || errno == EPERM) && depth > 0)
            remove_below(fd, entry->d_name, depth - 1);
    }
    (void)closedir(folder);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

void swt_remove_folder(int parent, const char *name) {
    remove_below(parent, name, DEPTH_MAX);
}
