/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded, it writes what a core would hold of a process: all memory that can be written, without
 * the pages that are zero. SWT_DUMP=FOLDER: FOLDER/placed-PID when a file was put into its place,
 * FOLDER/end-PID at the end of the program, FOLDER/child-PID at that of a process that it forked.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static char folder[512];
static char maps[256 * 1024];
static pid_t program;

static size_t read_maps(void) {
    size_t len = 0;
    ssize_t count = 0;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        abort();
    while (len < sizeof maps - 1 && (count = read(fd, maps + len, sizeof maps - 1 - len)) > 0)
        len += (size_t)count;
    (void)close(fd);
    maps[len] = '\0';
    return len;
}

static void write_pages(int fd, const char *begin, const char *end) {
    static const char zeros[PAGE];
    for (const char *page = begin; page < end; page += PAGE)
        if (memcmp(page, zeros, PAGE) != 0 && write(fd, page, PAGE) != PAGE)
            abort();
}

static void dump(const char *moment) {
    char path[sizeof folder + 64];
    if (folder[0] == '\0')
        return;
    (void)snprintf(path, sizeof path, "%s/%s-%d", folder, moment, (int)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || read_maps() == 0)
        abort();
    for (char *line = maps; *line != '\0'; line = strchr(line, '\n') + 1) {
        char *begin = NULL;
        char *end = NULL;
        char rights[8] = "";
        if (sscanf(line, "%p-%p %4s", (void **)&begin, (void **)&end, rights) == 3 &&
            strncmp(rights, "rw", 2) == 0)
            write_pages(fd, begin, end);
    }
    (void)close(fd);
}

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("SWT_DUMP");
    program = getpid();
    if (where != NULL && strlen(where) < sizeof folder)
        (void)strcpy(folder, where);
    (void)unsetenv("LD_PRELOAD"); /* what the program starts is not looked into */
}

__attribute__((destructor)) static void end(void) {
    dump(getpid() == program ? "end" : "child");
}

void _exit(int status) {
    if (getpid() != program)
        dump("child");
    for (;;)
        (void)syscall(SYS_exit_group, status);
}

static void *next_of(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    int (*next)(int, const char *, int, const char *, int);
    void *symbol = next_of("linkat");
    memcpy(&next, &symbol, sizeof next);
    int result = next(from_folder, from, to_folder, to, flags);
    if (result == 0)
        dump("placed");
    return result;
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    int (*next)(int, const char *, int, const char *);
    void *symbol = next_of("renameat");
    memcpy(&next, &symbol, sizeof next);
    int result = next(from_folder, from, to_folder, to);
    if (result == 0)
        dump("placed");
    return result;
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    int (*next)(int, const char *, int, const char *, unsigned);
    void *symbol = next_of("renameat2");
    memcpy(&next, &symbol, sizeof next);
    int result = next(from_folder, from, to_folder, to, flags);
    if (result == 0)
        dump("placed");
    return result;
}
