/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any words as a command line: a byte that names the command, then words that a NUL ends. What is
 * read holds the words that were given; what is refused is a usage error with a hint.
 */
#include "../../src/cli/command.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

static size_t count_commands(void) {
    size_t count = 0;
    while (swt_commands[count].name != NULL)
        count++;
    return count;
}

/* argv[0], the program, is not among what a command is given. */
static int split(char *text, size_t size, char *ret_words[MAX_WORDS]) {
    int count = 0;
    for (size_t at = 0; at < size && count < MAX_WORDS; at += strlen(text + at) + 1)
        ret_words[count++] = text + at;
    return count;
}

static bool is_in(const char *value, const char *text, size_t size) {
    return value >= text && value <= text + size;
}

static void see_form(void *context, const struct swt_command *command,
                     const struct swt_form *form) {
    size_t *count = context;
    require(form->min_arguments <= form->max_arguments && command->name != NULL);
    ++*count;
}

/* Each value is read as a number, a key or a text by the commands that have its row. */
static void check_values(const struct swt_invocation *invocation, const struct swt_option *option) {
    struct swt_error err;
    uint64_t number = 7;
    const char *value = swt_option_value(invocation, option);
    struct swt_key_sources keys = swt_option_keys(invocation, option);
    require(swt_option_given(invocation, option) && value != NULL);
    require(keys.count == swt_option_values(invocation, option).count);
    for (size_t i = 0; option->is_key && i < keys.count; i++)
        require(keys.items[i].uri != NULL || swt_option_given(invocation, &swt_opt_help));
    if (swt_option_number(invocation, option, 2, 100, 7, &number, &err) == 0)
        require(number >= 2 && number <= 100);
    else
        require(err.code == SWT_E_USAGE && number == 7);
}

static void check_invocation(const struct swt_invocation *invocation, const char *text,
                             size_t size) {
    const struct swt_command *command = invocation->command;
    struct swt_keyring keyring = {0};
    struct swt_error err;
    size_t forms = 0;
    swt_command_each_form(command, see_form, &forms);
    require(forms >= 1);
    uint64_t number = 0;
    if (!swt_option_given(invocation, &swt_opt_root_version) &&
        (swt_option_number(invocation, &swt_opt_root_version, 1, 9, 7, &number, &err) < 0 ||
         number != 7 || swt_option_keys(invocation, &swt_opt_root_version).count != 0))
        abort();
    if (swt_invocation_keyring(invocation, &keyring, &err) < 0)
        require(err.code == SWT_E_USAGE || swt_code_exit(err.code) == 4);
    swt_keyring_done(&keyring);
    require(swt_option_given(invocation, &swt_opt_help) ||
            (invocation->argument_count >= command->min_arguments &&
             invocation->argument_count <= command->max_arguments));
    for (size_t i = 0; i < invocation->argument_count; i++)
        require(is_in(invocation->arguments[i], text, size) ||
                invocation->arguments[i] == command->default_argument);
    for (size_t i = 0; i < invocation->item_count; i++) {
        const struct swt_option *option = invocation->items[i].option;
        struct swt_option_values values = swt_option_values(invocation, option);
        require(option == NULL || swt_option_in(command->options, option));
        if (option != NULL && option->argument != NULL)
            check_values(invocation, option);
        require(values.count == 1 || option == NULL || option->repeatable ||
                option->argument == NULL);
        if (option != NULL && option->argument != NULL)
            require(is_in(invocation->values[invocation->items[i].value], text, size));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_invocation invocation = {0};
    struct swt_error err;
    char *words[MAX_WORDS + 1] = {NULL};
    if (size == 0)
        return 0;
    char *copy = malloc(size);
    require(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = '\0';
    int count = split(copy, size - 1, words);
    const struct swt_command *command = &swt_commands[data[0] % count_commands()];
    if (swt_options_parse(command, count, words, &invocation, &err) == 0) {
        check_invocation(&invocation, copy, size);
        swt_invocation_done(&invocation);
    } else {
        require(err.code == SWT_E_USAGE && err.message[0] != '\0' && err.hint[0] != '\0');
    }
    free(copy);
    return 0;
}
