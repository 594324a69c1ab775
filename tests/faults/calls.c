/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded, it makes one system call of a program fail, or does something at that moment:
 *
 *   SWT_FAULT_CALL=CLASS   open, read, write, sync, rename, link (symbolic ones too, and reading
 *                          them), unlink, lock, close, stat, mkdir, chmod, seek, process (pipe,
 *                          socket pair and fork), thread; reads and writes at an offset are reads
 *                          and writes
 *   SWT_FAULT_AT=N         the Nth call of that class, from 1; 0: none
 *   SWT_FAULT_FROM=1       the Nth and all that follow
 *   SWT_FAULT_PATH=NAME    counts opens and reads of files of that base name only
 *   SWT_FAULT_ERRNO=E      fails with this error; or
 *   SWT_FAULT_SIGNAL=S     sends the program this signal first, and the call goes on; or
 *   SWT_FAULT_RUN=COMMAND  runs this first, and the call goes on; or
 *   SWT_FAULT_SHORT=1      reads or writes one byte, and is interrupted every second time
 *   SWT_FAULT_NAMED=1      besides: the file system has no O_TMPFILE
 *   SWT_FAULT_COUNT=FD     writes to descriptor FD at the end, for each class, its name and how
 * many calls there were
 *
 * Calls of the processes that the program forks count with its own, until they run another program.
 * Calls go to the kernel directly, so that it works beneath a sanitizer's own interception too.
 * Those of the C library itself (stdio) are not seen; the program has none that matter.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Set in the constructor: what happens before main is not the program's. */
static struct {
    const char *call; /* NULL: not yet, or nothing to do */
    const char *path;
    const char *command;
    long at, from, error, signal, brief, named, count_fd;
} plan;

enum { CLASSES = 15 };
static const char *const classes[CLASSES] = {"open",  "read",   "write", "sync",    "rename",
                                             "link",  "unlink", "lock",  "close",   "stat",
                                             "mkdir", "chmod",  "seek",  "process", "thread"};
/* Of each class; shared with what is forked. */
static atomic_long *counts;
static pid_t first;

static long number(const char *name) {
    const char *text = getenv(name);
    return text == NULL ? 0 : atol(text);
}

__attribute__((constructor)) static void begin(void) {
    if (strncmp(program_invocation_short_name, "valgrind", 8) == 0)
        return; /* which is to preload it in the program */
    counts = mmap(NULL, CLASSES * sizeof *counts, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED)
        abort();
    first = getpid();
    plan.path = getenv("SWT_FAULT_PATH");
    plan.command = getenv("SWT_FAULT_RUN");
    plan.at = number("SWT_FAULT_AT");
    plan.from = number("SWT_FAULT_FROM");
    plan.error = number("SWT_FAULT_ERRNO");
    plan.signal = number("SWT_FAULT_SIGNAL");
    plan.brief = number("SWT_FAULT_SHORT");
    plan.named = number("SWT_FAULT_NAMED");
    plan.count_fd = number("SWT_FAULT_COUNT");
    plan.call = getenv("SWT_FAULT_CALL");
    (void)unsetenv("LD_PRELOAD"); /* what the program starts has no faults */
}

__attribute__((destructor)) static void end(void) {
    for (size_t i = 0; plan.count_fd > 0 && getpid() == first && i < CLASSES; i++) {
        char text[48];
        int len = snprintf(text, sizeof text, "%s %ld\n", classes[i], atomic_load(&counts[i]));
        if (len > 0)
            (void)syscall(SYS_write, (int)plan.count_fd, text, (size_t)len);
    }
}

static atomic_long *count_of(const char *call) {
    for (size_t i = 0; i < CLASSES; i++)
        if (strcmp(classes[i], call) == 0)
            return &counts[i];
    abort();
}

static bool is_the_one(const char *call) {
    if (plan.call == NULL)
        return false;
    long number_of_it = atomic_fetch_add(count_of(call), 1) + 1;
    return strcmp(plan.call, call) == 0 && plan.at > 0 &&
           (number_of_it == plan.at || (plan.from != 0 && number_of_it > plan.at));
}

/* Whether the call fails; errno is set then. */
static bool fails(const char *call) {
    if (!is_the_one(call))
        return false;
    if (plan.signal != 0) {
        (void)syscall(SYS_kill, first, (int)plan.signal);
        return false;
    }
    if (plan.command != NULL) {
        plan.call = NULL;
        if (system(plan.command) != 0)
            abort();
        return false;
    }
    if (plan.brief != 0)
        return false;
    errno = (int)plan.error;
    return true;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static bool is_other_path(const char *path) {
    const char *slash = strrchr(path, '/');
    return plan.path != NULL && strcmp(slash == NULL ? path : slash + 1, plan.path) != 0;
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    if (plan.named != 0 && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (!is_other_path(path) && fails("open"))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

static mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(folder, path, flags, mode);
}

/* What _FORTIFY_SOURCE calls when the flags are not known at compile time. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags) {
    return open_at(AT_FDCWD, path, flags, 0);
}

int __openat_2(int folder, const char *path, int flags);
int __openat_2(int folder, const char *path, int flags) {
    return open_at(folder, path, flags, 0);
}

int close(int fd) {
    bool failing = fails("close");
    int error = errno;
    int result = (int)syscall(SYS_close, fd);
    if (!failing)
        return result;
    errno = error;
    return -1;
}

/* ---- reading and writing ------------------------------------------------------------------------
 */

static bool is_other_file(int fd) {
    char link[32];
    char path[4096];
    if (plan.path == NULL)
        return false;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    path[len < 0 ? 0 : len] = '\0';
    return is_other_path(path);
}

/* Whether so much of it is one byte, or (-1) every second time nothing and EINTR. */
static int brief(const char *name, int fd) {
    if (plan.brief == 0 || plan.call == NULL || strcmp(plan.call, name) != 0 || fd < 1)
        return 0;
    if (atomic_load(count_of(name)) % 2 != 0)
        return 1;
    errno = EINTR;
    return -1;
}

static bool read_fails(int fd) {
    return !is_other_file(fd) && fails("read");
}

ssize_t read(int fd, void *data, size_t size) {
    int less = read_fails(fd) ? -1 : brief("read", fd);
    return less < 0 ? -1 : (ssize_t)syscall(SYS_read, fd, data, less > 0 && size > 1 ? 1 : size);
}

ssize_t pread(int fd, void *data, size_t size, off_t offset) {
    int less = read_fails(fd) ? -1 : brief("read", fd);
    size = less > 0 && size > 1 ? 1 : size;
    return less < 0 ? -1 : (ssize_t)syscall(SYS_pread64, fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size) {
    int less = fails("write") ? -1 : brief("write", fd);
    return less < 0 ? -1 : (ssize_t)syscall(SYS_write, fd, data, less > 0 && size > 1 ? 1 : size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    int less = fails("write") ? -1 : brief("write", fd);
    size = less > 0 && size > 1 ? 1 : size;
    return less < 0 ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, data, size, offset);
}

off_t lseek(int fd, off_t offset, int whence) {
    return fails("seek") ? -1 : (off_t)syscall(SYS_lseek, fd, offset, whence);
}

int fsync(int fd) {
    return fails("sync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    return fails("sync") ? -1 : (int)syscall(SYS_fdatasync, fd);
}

/* ---- names --------------------------------------------------------------------------------------
 */

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return fails("rename") ? -1 : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0U);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    return fails("rename") ? -1
                           : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    return fails("link") ? -1 : (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
}

int symlinkat(const char *target, int folder, const char *path) {
    return fails("link") ? -1 : (int)syscall(SYS_symlinkat, target, folder, path);
}

ssize_t readlinkat(int folder, const char *path, char *target, size_t size) {
    return fails("link") ? -1 : (ssize_t)syscall(SYS_readlinkat, folder, path, target, size);
}

int unlinkat(int folder, const char *path, int flags) {
    return fails("unlink") ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}

int flock(int fd, int operation) {
    return fails("lock") ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int mkdir(const char *path, mode_t mode) {
    return fails("mkdir") ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    return fails("mkdir") ? -1 : (int)syscall(SYS_mkdirat, folder, path, mode);
}

int fchmod(int fd, mode_t mode) {
    return fails("chmod") ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int stat(const char *path, struct stat *status) {
    return fails("stat") ? -1 : (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, 0);
}

int lstat(const char *path, struct stat *status) {
    return fails("stat")
               ? -1
               : (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

int fstat(int fd, struct stat *status) {
    return fails("stat") ? -1 : (int)syscall(SYS_newfstatat, fd, "", status, AT_EMPTY_PATH);
}

int fstatat(int folder, const char *path, struct stat *status, int flags) {
    return fails("stat") ? -1 : (int)syscall(SYS_newfstatat, folder, path, status, flags);
}

/* ---- processes and threads
 * ----------------------------------------------------------------------------------
 */

int pipe2(int fds[2], int flags) {
    return fails("process") ? -1 : (int)syscall(SYS_pipe2, fds, flags);
}

int socketpair(int domain, int type, int protocol, int fds[2]) {
    return fails("process") ? -1 : (int)syscall(SYS_socketpair, domain, type, protocol, fds);
}

pid_t fork(void) {
    pid_t (*next)(void);
    void *symbol = dlsym(RTLD_NEXT, "fork");
    memcpy(&next, &symbol, sizeof next);
    return fails("process") ? -1 : next();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                   void *context) {
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    void *symbol = dlsym(RTLD_NEXT, "pthread_create");
    memcpy(&next, &symbol, sizeof next);
    return fails("thread") ? errno : next(thread, attributes, function, context);
}
