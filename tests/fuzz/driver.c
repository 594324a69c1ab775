/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target on each file of its corpus once, without libFuzzer: what fuzzing has found
 * stays found. Inputs stand in testdata/corpus/FUZZ_NAME; the empty input and a few small ones are
 * always among them.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly that size: a read past its end is one that a sanitizer sees. */
static void run(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (file == NULL || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        if (file != NULL)
            (void)fclose(file);
        return 0;
    }
    size_t size = (size_t)status.st_size;
    uint8_t *data = malloc(size == 0 ? 1 : size);
    if (data == NULL || fread(data, 1, size, file) != size)
        abort();
    (void)fclose(file);
    /* Told before: a crash names its input. */
    printf("# %s\n", path);
    (void)fflush(stdout);
    run(data, size);
    free(data);
    return 1;
}

static int run_folder(const char *path) {
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    int ran = 0;
    for (int i = 0; i < count; i++) {
        char file[4096];
        int len = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (len > 0 && (size_t)len < sizeof file)
            ran += run_file(file);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return ran;
}

int main(void) {
    static const uint8_t small[] = {0, 0xff, '\n', '{'};
    run(small, 0);
    for (size_t i = 0; i < sizeof small; i++)
        run(&small[i], 1);
    const char *source = getenv("SWT_SOURCE");
    char folder[2048];
    (void)snprintf(folder, sizeof folder, "%s/testdata/corpus/" FUZZ_NAME,
                   source == NULL ? "." : source);
    int ran = run_folder(folder);
    /* A corpus that is not found must not pass as one that holds no crash. */
    printf("%sok - %s: %d inputs of the corpus\n", ran > 0 ? "" : "not ", FUZZ_NAME, ran);
    return ran > 0 ? 0 : 1;
}
