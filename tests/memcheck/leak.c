/* SPDX-License-Identifier: Apache-2.0 */
/* What a check of memory must find: block, file, read or nothing, by the first word. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *volatile last;

int main(int argc, char **argv) {
    const char *fault = argc > 1 ? argv[1] : "";
    if (strcmp(fault, "block") == 0) {
        last = malloc(100);
        last = NULL;
    }
    if (strcmp(fault, "file") == 0 && open("/dev/null", O_RDONLY) < 0)
        return 1;
    if (strcmp(fault, "read") == 0) {
        char *text = malloc(4);
        last = text;
        if (text == NULL || ((volatile char *)text)[4] == 'x')
            (void)puts("x");
        free(text);
    }
    return 0;
}
