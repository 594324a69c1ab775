/* SPDX-License-Identifier: Apache-2.0 */
/* The completion for zsh: a function that is autoloaded. */
#include "describe.h"

#include <string.h>

/* Text within single quotes, where zsh's own marks have a backslash. */
static void put_quoted(struct swt_output *out, const char *text, const char *marks) {
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            swt_output_printf(out, "'\\''");
        else if (strchr(marks, *text) != NULL)
            swt_output_printf(out, "\\%c", *text);
        else
            swt_output_printf(out, "%c", *text);
    }
}

static void put_choice(struct swt_output *out, const char *word, size_t len, const char *help) {
    swt_output_printf(out, "            '%.*s:", (int)len, word);
    put_quoted(out, help, ":");
    swt_output_printf(out, "'\n");
}

static void put_first_word(struct swt_output *out, const char *word, size_t len,
                           const struct swt_command *command) {
    put_choice(out, word, len, command == NULL ? "several commands" : command->summary);
}

static void put_group(struct swt_output *out, const char *word, size_t len,
                      const struct swt_command *command) {
    if (command != NULL)
        return;
    swt_output_printf(out,
                      "    %.*s)\n"
                      "        if (( CURRENT == 3 )); then\n"
                      "            commands=(\n",
                      (int)len, word);
    for (const struct swt_command *member = swt_commands; member->name != NULL; member++)
        if (strncmp(member->name, word, len) == 0 && member->name[len] == ' ')
            put_choice(out, member->name + len + 1, strlen(member->name + len + 1),
                       member->summary);
    swt_output_printf(out, "            )\n"
                           "            _describe -t commands command commands\n"
                           "            return\n"
                           "        fi\n"
                           "        name=\"$words[2] $words[3]\"\n"
                           "        shift words\n"
                           "        (( CURRENT-- ))\n"
                           "        ;;\n");
}

static int put_word(void *context, const char *word, size_t len) {
    swt_output_printf(context, "%.*s ", (int)len, word);
    return 0;
}

static void put_value(struct swt_output *out, const struct swt_option *option) {
    swt_output_printf(out, ":");
    put_quoted(out, option->argument, ":");
    swt_output_printf(out, ":");
    switch (option->complete) {
    case SWT_COMPLETE_NONE:
        break;
    case SWT_COMPLETE_FILE:
        swt_output_printf(out, "_files");
        break;
    case SWT_COMPLETE_DIRECTORY:
        swt_output_printf(out, "_files -/");
        break;
    case SWT_COMPLETE_VARIABLE:
        swt_output_printf(out, "_parameters -g \"*export*\"");
        break;
    case SWT_COMPLETE_WORDS:
        swt_output_printf(out, "(");
        (void)swt_option_each_word(option, put_word, out);
        swt_output_printf(out, ")");
        break;
    }
}

/* '(-o --output)'{-o+,--output=}'[help]:BUNDLE:_files'; a repeatable one starts with a star. */
static void put_option(struct swt_output *out, const struct swt_option *option) {
    const char *plus = option->argument == NULL ? "" : "+";
    const char *equals = option->argument == NULL ? "" : "=";
    swt_output_printf(out, "            ");
    if (option->repeatable)
        swt_output_printf(out, "'*'");
    else if (option->short_name != '\0')
        swt_output_printf(out, "'(-%c --%s)'", option->short_name, option->name);
    if (option->short_name != '\0')
        swt_output_printf(out, "{-%c%s,--%s%s}", option->short_name, plus, option->name, equals);
    else
        swt_output_printf(out, "--%s%s", option->name, equals);
    swt_output_printf(out, "'[");
    put_quoted(out, option->help, "[]:");
    swt_output_printf(out, "]");
    if (option->argument != NULL)
        put_value(out, option);
    swt_output_printf(out, "'\n");
}

static void put_command(struct swt_output *out, const struct swt_command *command) {
    swt_output_printf(out, "    '%s')\n        specs=(\n", command->name);
    for (const struct swt_option *const *row = command->options; *row != NULL; row++)
        put_option(out, *row);
    if (command->max_arguments > 0)
        swt_output_printf(out, "            '*:argument:_files'\n");
    swt_output_printf(out, "        )\n        ;;\n");
}

void describe_zsh(struct swt_output *out) {
    swt_output_printf(out, "#compdef swupdate-tool\n"
                           "# zsh completion of swupdate-tool; made from its option table\n"
                           "\n"
                           "_swupdate_tool() {\n"
                           "    local name=$words[2]\n"
                           "    local -a commands specs\n"
                           "    if [[ $name == help ]] && (( CURRENT > 2 )); then\n"
                           "        shift words\n"
                           "        (( CURRENT-- ))\n"
                           "        name=$words[2]\n"
                           "    fi\n"
                           "    if (( CURRENT == 2 )); then\n"
                           "        commands=(\n");
    describe_first_words(put_first_word, out);
    put_choice(out, "help", strlen("help"), "tell about a command");
    swt_output_printf(out, "        )\n"
                           "        _describe -t commands command commands\n"
                           "        return\n"
                           "    fi\n"
                           "    case $name in\n");
    describe_first_words(put_group, out);
    swt_output_printf(out, "    esac\n    case $name in\n");
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        put_command(out, command);
    swt_output_printf(out, "    esac\n"
                           "    shift words\n"
                           "    (( CURRENT-- ))\n"
                           "    _arguments -s -S : $specs\n"
                           "}\n"
                           "\n"
                           "_swupdate_tool \"$@\"\n");
}
