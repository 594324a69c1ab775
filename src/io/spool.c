/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct swt_spool {
    char *folder;
    int fd;
    uint64_t size; /* fd stands there */
};

/* ---- making it --------------------------------------------------------------------------- */

/* Where the file system has no O_TMPFILE: a name for no longer than it takes to remove it. */
static int open_named(int folder, int *ret_fd, struct swt_error *err) {
    for (int i = 0; i < SWT_TEMP_TRIES; i++) {
        SWT_CLEANUP(swt_text_cleanup) char *name = swt_temp_name("swupdate-tool", err);
        if (name == NULL)
            return -(int)err->code;
        *ret_fd = openat(folder, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
        if (*ret_fd >= 0 && unlinkat(folder, name, 0) == 0)
            return 0;
        if (errno != EEXIST && errno != EINTR)
            return swt_fail_errno(err, errno, "cannot make a temporary file in it");
        int r = swt_interrupted(err);
        if (r < 0)
            return r;
    }
    return swt_fail(err, SWT_E_IO, "cannot find a free temporary name");
}

static int fail_folder(const struct swt_spool *spool, struct swt_error *err) {
    if (err->code == SWT_E_INTERRUPTED || err->code == SWT_E_TERMINATED)
        return -(int)err->code;
    if (err->code != SWT_E_MEMORY)
        (void)swt_error_hint(err, "the variable TMPDIR names the folder for temporary files");
    return swt_error_file(err, spool->folder);
}

static int open_in(struct swt_spool *spool, const char *path, struct swt_error *err) {
    SWT_CLEANUP(swt_fd_cleanup) int folder = -1;
    free(SWT_TAKE(spool->folder));
    spool->folder = swt_strdup(path, err);
    if (spool->folder == NULL)
        return -(int)err->code;
    int r = swt_fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, &folder, err);
    if (r < 0)
        return fail_folder(spool, err);
    /* O_EXCL: it can never be given a name. Whatever keeps it from being made, the named file then
     * tells a real cause. */
    spool->fd = openat(folder, ".", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd < 0)
        r = open_named(folder, &spool->fd, err);
    return r < 0 ? fail_folder(spool, err) : 0;
}

int swt_spool_new(struct swt_spool **ret_spool, struct swt_error *err) {
    SWT_CLEANUP(swt_spool_cleanup) struct swt_spool *spool = calloc(1, sizeof *spool);
    if (spool == NULL)
        return swt_fail_memory(err);
    spool->fd = -1;
    const char *chosen = getenv("TMPDIR");
    bool is_chosen = chosen != NULL && chosen[0] != '\0';
    /* /tmp is memory on many machines, and what comes here is large. */
    int r = open_in(spool, is_chosen ? chosen : "/var/tmp", err);
    if (r < 0 && !is_chosen && swt_code_exit(err->code) == 5 && err->code != SWT_E_MEMORY)
        r = open_in(spool, "/tmp", err);
    if (r < 0)
        return r;
    *ret_spool = SWT_TAKE(spool);
    return 0;
}

void swt_spool_free(struct swt_spool *spool) {
    if (spool == NULL)
        return;
    swt_fd_cleanup(&spool->fd);
    free(spool->folder);
    free(spool);
}

void swt_spool_cleanup(struct swt_spool **spool) {
    swt_spool_free(*spool);
}

/* ---- its bytes --------------------------------------------------------------------------- */

uint64_t swt_spool_size(const struct swt_spool *spool) {
    return spool->size;
}

int swt_spool_write(struct swt_spool *spool, const void *data, size_t len, struct swt_error *err) {
    int r = swt_fd_write(spool->fd, data, len, &spool->size, err);
    return r < 0 ? fail_folder(spool, err) : 0;
}

int swt_spool_read(const struct swt_spool *spool, uint64_t offset, void *ret_data, size_t size,
                   size_t *ret_len, struct swt_error *err) {
    int r = offset <= spool->size
                ? swt_fd_read_at(spool->fd, (off_t)offset, ret_data, size, ret_len, err)
                : swt_fail_errno(err, EINVAL, "cannot seek in a temporary file");
    return r < 0 ? fail_folder(spool, err) : 0;
}
