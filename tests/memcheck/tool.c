/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for the program and runs it under valgrind: SWT_MEMCHECK_TOOL is the program,
 * SWT_MEMCHECK_LOGS the folder for a log of each process, SWT_MEMCHECK_RULES the suppressions. What
 * LD_PRELOAD names is preloaded in the program alone; this one is linked statically, so that it is
 * not preloaded here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS 12

static const char *text_of(const char *name) {
    const char *text = getenv(name);
    if (text == NULL) {
        (void)fprintf(stderr, "%s is not set\n", name);
        exit(99);
    }
    return text;
}

static char *joined(const char *first, const char *second, const char *third) {
    char *text = NULL;
    if (asprintf(&text, "%s%s%s", first, second, third) < 0)
        exit(99);
    return text;
}

int main(int argc, char **argv) {
    const char *preload = getenv("LD_PRELOAD");
    char **words = calloc((size_t)argc + OPTIONS, sizeof *words);
    size_t count = 0;
    if (words == NULL)
        return 99;
    words[count++] = (char *)"valgrind";
    words[count++] = (char *)"--leak-check=full";
    words[count++] = (char *)"--show-leak-kinds=all";
    words[count++] = (char *)"--track-fds=yes";
    words[count++] = joined("--log-file=", text_of("SWT_MEMCHECK_LOGS"), "/%p.log");
    words[count++] = joined("--suppressions=", text_of("SWT_MEMCHECK_RULES"), "");
    if (preload != NULL) {
        /* Not into what the program starts. */
        words[count++] = (char *)"--trace-children=yes";
        words[count++] = (char *)"--trace-children-skip=/bin/*,/usr/bin/*";
        words[count++] = (char *)"/usr/bin/env";
        words[count++] = joined("LD_PRELOAD=", preload, "");
        (void)unsetenv("LD_PRELOAD");
    }
    words[count++] = (char *)text_of("SWT_MEMCHECK_TOOL");
    memcpy(words + count, argv + 1, (size_t)argc * sizeof *words); /* with the NULL */
    (void)execv("/usr/bin/valgrind", words);
    perror("valgrind");
    return 99;
}
