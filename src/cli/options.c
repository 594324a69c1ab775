/* SPDX-License-Identifier: Apache-2.0 */
#include "invocation.h"
#include "rows.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    const struct swt_command *command;
    int argc;
    char **argv;
    int next;
    struct swt_word *words; /* room for any, a short flag is a byte of argv, and one more */
    size_t count;
};

int swt_usage(const struct swt_command *command, struct swt_error *err, const char *format, ...) {
    char message[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    (void)swt_fail(err, SWT_E_USAGE, "%s", message);
    return swt_error_hint(err, "swupdate-tool %s --help", command->name);
}

int swt_option_each_word(const struct swt_option *option,
                         int (*visit)(void *context, const char *word, size_t len), void *context) {
    if (option->complete != SWT_COMPLETE_WORDS)
        return 0;
    const char *word = option->argument;
    for (;;) {
        size_t len = strcspn(word, "|");
        int r = visit(context, word, len);
        if (r != 0)
            return r;
        if (word[len] == '\0')
            return 0;
        word += len + 1;
    }
}

/* ---- the scan: argv to words ------------------------------------------------------------- */

static const struct swt_option *find_long(const struct swt_command *command, const char *name,
                                          size_t len) {
    for (const struct swt_option *const *row = command->options; *row != NULL; row++)
        if (strlen((*row)->name) == len && memcmp((*row)->name, name, len) == 0)
            return *row;
    return NULL;
}

static const struct swt_option *find_short(const struct swt_command *command, char name) {
    for (const struct swt_option *const *row = command->options; *row != NULL; row++)
        if ((*row)->short_name == name && name != '\0')
            return *row;
    return NULL;
}

static int fail_unknown(const struct swt_command *command, const char *name, size_t len,
                        struct swt_error *err) {
    char *copy = strndup(name, len);
    if (copy == NULL)
        return swt_fail_memory(err);
    struct swt_nearest nearest = swt_nearest_to(copy);
    for (const struct swt_option *const *row = command->options; *row != NULL; row++)
        swt_nearest_offer(&nearest, (*row)->name, strlen((*row)->name));
    int r;
    if (nearest.best == NULL)
        r = swt_usage(command, err, "unknown option --%s", copy);
    else
        r = swt_usage(command, err, "unknown option --%s (did you mean --%s?)", copy, nearest.best);
    free(copy);
    return r;
}

struct word_search {
    const char *value;
    struct swt_nearest nearest;
};

static int compare_word(void *context, const char *word, size_t len) {
    struct word_search *search = context;
    if (strlen(search->value) == len && memcmp(search->value, word, len) == 0)
        return 1;
    swt_nearest_offer(&search->nearest, word, len);
    return 0;
}

static int check_word(const struct swt_command *command, const struct swt_option *option,
                      const char *value, struct swt_error *err) {
    /* An unset variable of a script, most of the time. */
    if (value[0] == '\0' &&
        (option->complete == SWT_COMPLETE_FILE || option->complete == SWT_COMPLETE_DIRECTORY))
        return swt_usage(command, err, "--%s: the name is empty", option->name);
    if (option->complete != SWT_COMPLETE_WORDS)
        return 0;
    struct word_search search = {.value = value, .nearest = swt_nearest_to(value)};
    if (swt_option_each_word(option, compare_word, &search) != 0)
        return 0;
    if (search.nearest.best == NULL)
        return swt_usage(command, err, "--%s: expected one of %s, found '%s'", option->name,
                         option->argument, value);
    return swt_usage(command, err, "--%s: expected one of %s, found '%s' (did you mean %.*s?)",
                     option->name, option->argument, value, (int)search.nearest.best_len,
                     search.nearest.best);
}

static int take(struct scan *scan, const struct swt_option *option, const char *value,
                struct swt_error *err) {
    if (option != NULL && value != NULL) {
        for (size_t i = 0; !option->repeatable && i < scan->count; i++)
            if (scan->words[i].option == option)
                return swt_usage(scan->command, err, "--%s is given twice ('%.*s' and '%.*s')",
                                 option->name, (int)swt_key_uri_shown(scan->words[i].value),
                                 scan->words[i].value, (int)swt_key_uri_shown(value), value);
        int r = check_word(scan->command, option, value, err);
        if (r < 0)
            return r;
    }
    scan->words[scan->count++] = (struct swt_word){.option = option, .value = value};
    return 0;
}

static int next_value(struct scan *scan, const struct swt_option *option, const char **ret_value,
                      struct swt_error *err) {
    if (scan->next == scan->argc)
        return swt_usage(scan->command, err, "--%s lacks its value %s", option->name,
                         option->argument);
    *ret_value = scan->argv[scan->next++];
    return 0;
}

static int scan_long(struct scan *scan, const char *name, struct swt_error *err) {
    size_t len = strcspn(name, "=");
    const struct swt_option *option = find_long(scan->command, name, len);
    if (option == NULL)
        return fail_unknown(scan->command, name, len, err);
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    if (option->argument == NULL && value != NULL)
        return swt_usage(scan->command, err, "--%s takes no value, found '%s'", option->name,
                         value);
    if (option->argument != NULL && value == NULL) {
        int r = next_value(scan, option, &value, err);
        if (r < 0)
            return r;
    }
    return take(scan, option, value, err);
}

/* -q, -qv, -oFILE, -o FILE, -qo FILE */
static int scan_short(struct scan *scan, const char *letters, struct swt_error *err) {
    for (const char *letter = letters; *letter != '\0'; letter++) {
        const struct swt_option *option = find_short(scan->command, *letter);
        if (option == NULL) {
            /* A byte of a longer character is not printed alone. */
            if ((unsigned char)*letter >= 0x80)
                return swt_usage(scan->command, err, "unknown option in -%s", letters);
            return swt_usage(scan->command, err, "unknown option -%c", *letter);
        }
        const char *value = NULL;
        if (option->argument != NULL && letter[1] != '\0')
            value = letter + 1;
        else if (option->argument != NULL) {
            int r = next_value(scan, option, &value, err);
            if (r < 0)
                return r;
        }
        int r = take(scan, option, value, err);
        if (r < 0 || value != NULL)
            return r;
    }
    return 0;
}

static bool has_argument(const struct scan *scan) {
    for (size_t i = 0; i < scan->count; i++)
        if (scan->words[i].option == NULL)
            return true;
    return false;
}

static int scan_words(struct scan *scan, struct swt_error *err) {
    bool ended = false;
    while (scan->next < scan->argc) {
        const char *word = scan->argv[scan->next++];
        int r;
        if (ended || word[0] != '-' || word[1] == '\0')
            r = take(scan, NULL, word, err);
        else if (strcmp(word, "--") == 0) {
            ended = true;
            r = 0;
        } else if (word[1] == '-')
            r = scan_long(scan, word + 2, err);
        else
            r = scan_short(scan, word + 1, err);
        if (r < 0)
            return r;
    }
    if (scan->command->default_argument != NULL && !has_argument(scan))
        scan->words[scan->count++] = (struct swt_word){.value = scan->command->default_argument};
    return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

int swt_options_parse(const struct swt_command *command, int argc, char **argv,
                      struct swt_invocation *ret_invocation, struct swt_error *err) {
    size_t room = 1;
    for (int i = 0; i < argc; i++)
        room += strlen(argv[i]) + 1;
    struct scan scan = {.command = command, .argc = argc, .argv = argv};
    scan.words = calloc(room, sizeof *scan.words);
    if (scan.words == NULL)
        return swt_fail_memory(err);
    int r = scan_words(&scan, err);
    if (r == 0)
        r = swt_invocation_make(command, scan.words, scan.count, ret_invocation, err);
    free(scan.words);
    return r;
}
