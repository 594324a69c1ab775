/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment tells the module to do. See mock.h. */
#include "mock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RIGHT "right PIN\n"
#define WRONG "wrong PIN\n"

/* The word after name, "" for a word that is just name; NULL when no word begins so. *ret_len is
 * its length. */
static const char *find_word(const char *name, size_t *ret_len) {
    const char *words = getenv("SWT_MODULE");
    size_t name_len = strlen(name);
    while (words != NULL && *words != '\0') {
        size_t len = strcspn(words, " ");
        if (len >= name_len && memcmp(words, name, name_len) == 0 &&
            (len == name_len || words[name_len] == '=')) {
            bool has_value = len > name_len;
            *ret_len = has_value ? len - name_len - 1 : 0;
            return words + name_len + (has_value ? 1 : 0);
        }
        words += len + (words[len] == ' ');
    }
    return NULL;
}

bool mock_is(const char *word) {
    size_t len;
    return find_word(word, &len) != NULL && len == 0;
}

bool mock_has(const char *name, const char *value) {
    size_t len;
    const char *found = find_word(name, &len);
    return found != NULL && len == strlen(value) && memcmp(found, value, len) == 0;
}

void mock_log(const char *line) {
    const char *path = getenv("SWT_MODULE_LOG");
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)!write(fd, line, strlen(line));
        (void)close(fd);
    }
}

void mock_pin_entered(bool right) {
    mock_log(right ? RIGHT : WRONG);
}

unsigned mock_wrong_pins(void) {
    const char *path = getenv("SWT_MODULE_LOG");
    FILE *log = path == NULL ? NULL : fopen(path, "re");
    if (log == NULL)
        return 0;
    char line[128];
    unsigned count = 0;
    while (fgets(line, sizeof line, log) != NULL) {
        if (strcmp(line, WRONG) == 0)
            count++;
        else if (strcmp(line, RIGHT) == 0)
            count = 0;
    }
    (void)fclose(log);
    return count;
}

/* ---- actions ----------------------------------------------------------------------------- */

static void hang(void) {
    char line[64];
    (void)snprintf(line, sizeof line, "hangs %ld\n", (long)getpid());
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    mock_log(line);
    for (;;)
        (void)pause();
}

static void print(void) {
    static const char noise[] = "the module says: {\"noise\": true}\n";
    (void)!write(STDOUT_FILENO, noise, sizeof noise - 1);
    (void)!write(STDERR_FILENO, noise, sizeof noise - 1);
    (void)printf("%s", noise);
    (void)fflush(stdout);
}

static void close_all(void) {
    for (int fd = 0; fd < 256; fd++)
        (void)close(fd);
}

static const struct {
    const char *name;
    CK_RV rv;
} returns[] = {
    {"nothing", CKR_OK},
    {"general", CKR_GENERAL_ERROR},
    {"removed", CKR_DEVICE_REMOVED},
    {"absent", CKR_TOKEN_NOT_PRESENT},
    {"device-error", CKR_DEVICE_ERROR},
    {"memory", CKR_DEVICE_MEMORY},
    {"expired", CKR_PIN_EXPIRED},
    {"mechanism", CKR_MECHANISM_INVALID},
    {"not-permitted", CKR_KEY_FUNCTION_NOT_PERMITTED},
    {"vendor", CKR_VENDOR_DEFINED | 0x1234},
};

bool mock_call_ends(const char *call, CK_RV *ret_rv) {
    char line[64];
    (void)snprintf(line, sizeof line, "%s\n", call);
    mock_log(line);
    if (mock_has(call, "hang"))
        hang();
    if (mock_has(call, "crash"))
        (void)raise(SIGSEGV);
    if (mock_has(call, "abort"))
        abort();
    if (mock_has(call, "exit"))
        exit(0);
    if (mock_has(call, "print"))
        print();
    if (mock_has(call, "close"))
        close_all();
    for (size_t i = 0; i < sizeof returns / sizeof returns[0]; i++) {
        if (mock_has(call, returns[i].name)) {
            *ret_rv = returns[i].rv;
            return true;
        }
    }
    return false;
}
