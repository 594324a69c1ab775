/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's verdicts on many bundles, without a start of the program for each. Standard input
 * holds cases: a line of the anchor's path or "-" (--self), the device manifest's or "-", the time
 * and the bundle's size, tabs between them; then the bundle. Each is answered by a line: "accept",
 * the step that failed or "error", and the number of warnings (of an error: its code).
 */
#include "swt/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whatever breaks the framing or the machine ends it: the caller sees an answer missing. */
static void require(bool condition, const char *what) {
    if (condition)
        return;
    (void)fprintf(stderr, "verdicts: %s\n", what);
    exit(1);
}

/* The next size bytes of standard input, as all of the file. */
static void fill(int fd, size_t size) {
    char *data = malloc(size + 1);
    require(data != NULL, "no memory");
    require(fread(data, 1, size, stdin) == size, "a bundle that is cut");
    require(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size, "cannot write");
    free(data);
}

static const char *given(const char *word) {
    return strcmp(word, "-") == 0 ? NULL : word;
}

static void answer(const char *file, const struct swt_verify_options *options) {
    bool accepted;
    json_t *document;
    struct swt_error err = {0};
    if (swt_verify(file, options, &accepted, &document, &err) < 0) {
        (void)printf("error %s\n", swt_code_name(err.code));
        return;
    }
    json_int_t warnings = json_integer_value(json_object_get(document, "warnings"));
    const char *step = json_string_value(json_object_get(document, "failed_step"));
    require(accepted == (step == NULL), "a verdict that its step contradicts");
    (void)printf("%s %" JSON_INTEGER_FORMAT "\n", accepted ? "accept" : step, warnings);
    json_decref(document);
}

/* What stands before the next tab, or the end of the line. */
static char *next_word(char **rest) {
    char *word = strsep(rest, "\t\n");
    require(word != NULL, "a line that is no case");
    return word;
}

int main(void) {
    char *line = NULL, file[64];
    size_t room = 0;
    int fd = memfd_create("bundle", MFD_CLOEXEC);
    require(fd >= 0, "no memory file");
    (void)snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
    while (getline(&line, &room, stdin) > 0) {
        char *rest = line;
        const char *anchor = given(next_word(&rest));
        const char *manifest = given(next_word(&rest));
        const char *time = next_word(&rest);
        fill(fd, strtoull(next_word(&rest), NULL, 10));
        struct swt_verify_options options = {
            .root = anchor, .self = anchor == NULL, .device_manifest = manifest, .time = time};
        answer(file, &options);
        require(fflush(stdout) == 0, "cannot answer");
    }
    free(line);
    (void)close(fd);
    return 0;
}
