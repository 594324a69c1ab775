/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any lines as -D options, up to an empty one, and what follows it as the file that NAME=@ names. A
 * manifest that says ${A} in its product's name has the value of A, or is refused.
 */
#include "swt/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_DEFINES 8

static const char MANIFEST[] = "schema: 1\n"
                               "product: {name: 'a${A}'}\n"
                               "release: {version: '1', metadata_version: 1}\n"
                               "targets: [{name: b, file: b}]\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

/* The lines before an empty one, each a text of its own; *ret_rest is what follows. */
static size_t split(char *text, char *ret_lines[MAX_DEFINES], const char **ret_rest) {
    size_t count = 0;
    while (count < MAX_DEFINES && text[0] != '\0' && text[0] != '\n') {
        size_t len = strcspn(text, "\n");
        ret_lines[count++] = text;
        text += len;
        if (text[0] == '\n')
            *text++ = '\0';
    }
    *ret_rest = text + strspn(text, "\n");
    return count;
}

/* The same with the name of the file, where there is to be one; any other file is left alone. */
static char *complete(const char *define, int fd) {
    const char *at = strstr(define, "=@");
    char *text = NULL;
    if (at == NULL)
        return strdup(define);
    int len = asprintf(&text, "%.*s=@/proc/self/fd/%d", (int)(at - define), define, fd);
    return len < 0 ? NULL : text;
}

static void check(const struct swt_manifest *manifest, char *const *defines, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strncmp(defines[i], "A=", 2) != 0 || defines[i][2] == '@')
            continue;
        require(manifest->name.text[0] == 'a');
        require(strcmp(manifest->name.text + 1, defines[i] + 2) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_manifest *manifest = NULL;
    char *lines[MAX_DEFINES];
    char *defines[MAX_DEFINES] = {NULL};
    const char *rest = "";
    struct swt_error err;
    char *text = strndup(size == 0 ? "" : (const char *)data, size);
    int fd = memfd_create("value", MFD_CLOEXEC);
    require(text != NULL && fd >= 0);
    size_t used = strlen(text);
    size_t count = split(text, lines, &rest);
    size_t left = used - (size_t)(rest - text);
    require(write(fd, rest, left) == (ssize_t)left);
    for (size_t i = 0; i < count; i++)
        require((defines[i] = complete(lines[i], fd)) != NULL);
    const struct swt_manifest_options options = {.defines = (const char *const *)defines,
                                                 .define_count = count};
    if (swt_manifest_parse(swt_slice_text(MANIFEST), "product.yaml", &options, &manifest, &err) ==
        0)
        check(manifest, defines, count);
    else
        require(err.code == SWT_E_USAGE || err.code == SWT_E_VARIABLE ||
                swt_code_exit(err.code) == 3);
    swt_manifest_free(manifest);
    for (size_t i = 0; i < count; i++)
        free(defines[i]);
    close(fd);
    free(text);
    return 0;
}
