/* SPDX-License-Identifier: Apache-2.0 */
#include "libarchive.h"
#include "compression.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* The name of its binary interface, of which archive.h is the other half. */
#define LIBRARY "libarchive.so.13"

/* Whether it is this machine that failed, and the library may well be there. The loader tells why
 * in its text only. */
static bool is_system_fault(const char *said) {
    static const int FAULTS[] = {EIO, EMFILE, ENFILE, EINTR, EAGAIN};
    for (size_t i = 0; i < SWT_COUNT(FAULTS); i++)
        if (strstr(said, strerror(FAULTS[i])) != NULL)
            return true;
    return false;
}

/* Of memory that cannot be mapped glibc's loader names no error. */
static bool is_out_of_memory(const char *said) {
    return said == NULL || strstr(said, strerror(ENOMEM)) != NULL ||
           strstr(said, "failed to map segment") != NULL ||
           strstr(said, "cannot map zero-fill pages") != NULL;
}

static int fail_load(struct swt_error *err) {
    const char *said = dlerror();
    if (is_out_of_memory(said))
        return swt_fail_memory(err);
    if (is_system_fault(said))
        return swt_fail(err, SWT_E_IO, "cannot load libarchive, which compresses: %s", said);
    (void)swt_fail(err, SWT_E_COMPRESSION, "cannot load libarchive, which compresses: %s", said);
    return swt_error_hint(err, "install libarchive 3 (Debian: apt-get install libarchive13)");
}

static int find(void *library, const char *name, void *ret_call, struct swt_error *err) {
    void *symbol = dlsym(library, name);
    if (symbol == NULL)
        return fail_load(err);
    /* ISO C has no cast from an object to a function; POSIX has their pointers alike. */
    memcpy(ret_call, &symbol, sizeof symbol);
    return 0;
}

static int find_all(void *library, struct swt_archive_calls *ret_calls, struct swt_error *err) {
    struct swt_archive_calls calls;
    int rc = 0;
#define FIND(name_)                                                                                \
    if (rc == 0)                                                                                   \
        rc = find(library, #name_, &calls.name_, err);
    SWT_ARCHIVE_CALLS(FIND)
#undef FIND
    if (rc == 0)
        *ret_calls = calls;
    return rc;
}

int swt_archive_load(struct swt_archive_calls *ret_calls, struct swt_error *err) {
    /* It is not unloaded: the next payload would pay for it again. */
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL)
        return fail_load(err);
    int rc = find_all(library, ret_calls, err);
    (void)dlclose(library);
    return rc;
}

int swt_archive_filter(enum swt_compression compression) {
    static const int FILTERS[] = {[SWT_COMPRESSION_GZIP] = ARCHIVE_FILTER_GZIP,
                                  [SWT_COMPRESSION_XZ] = ARCHIVE_FILTER_XZ,
                                  [SWT_COMPRESSION_ZSTD] = ARCHIVE_FILTER_ZSTD};
    return FILTERS[compression];
}

int swt_archive_fail(const struct swt_archive_calls *calls, struct archive *archive,
                     enum swt_code code, const char *what, struct swt_error *err) {
    const char *said = calls->archive_error_string(archive);
    /* Some of its faults come without a word. */
    if (said == NULL)
        return swt_fail(err, code, "%s", what);
    /* zstd's own lack of memory comes as a text only. */
    if (calls->archive_errno(archive) == ENOMEM || strstr(said, "not enough memory") != NULL)
        return swt_fail_memory(err);
    return swt_fail(err, code, "%s: libarchive says: %s", what, said);
}

int swt_archive_check_filter(const struct swt_archive_calls *calls, struct archive *archive,
                             int result, enum swt_compression compression, struct swt_error *err) {
    if (result == ARCHIVE_OK)
        return 0;
    if (result == ARCHIVE_FATAL)
        return swt_archive_fail(calls, archive, SWT_E_IO, "cannot set up the compression", err);
    return swt_fail(err, SWT_E_COMPRESSION, "the libarchive of this machine was built without %s",
                    swt_compression_name(compression));
}
