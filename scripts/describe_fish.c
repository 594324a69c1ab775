/* SPDX-License-Identifier: Apache-2.0 */
/* The completion for fish. */
#include "describe.h"

#include <string.h>

static const char head[] =
    "# fish completion of swupdate-tool; made from its option table\n"
    "\n"
    "# Whether the words so far start with these.\n"
    "function __swupdate_tool_using\n"
    "    set -l words (commandline -opc)\n"
    "    test (count $words) -gt (count $argv); or return 1\n"
    "    test (count $argv) -eq 0; and return 0\n"
    "    set -l last (math (count $argv) + 1)\n"
    "    test \"$words[2..$last]\" = \"$argv\"\n"
    "end\n"
    "\n"
    "# Whether the words so far are these and no more.\n"
    "function __swupdate_tool_after\n"
    "    test (count (commandline -opc)) -eq (math (count $argv) + 1); or return 1\n"
    "    __swupdate_tool_using $argv\n"
    "end\n"
    "\n"
    "complete -c swupdate-tool -f\n"
    "complete -c swupdate-tool -n __swupdate_tool_after -l version -d 'print the version'\n"
    "complete -c swupdate-tool -n __swupdate_tool_after -s h -l help -d 'print help'\n"
    "complete -c swupdate-tool -n __swupdate_tool_after -a help -d 'tell about a command'\n";

static void put_text(struct swt_output *out, const char *text) {
    swt_output_printf(out, " -d '");
    for (; *text != '\0'; text++)
        swt_output_printf(out, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
    swt_output_printf(out, "'\n");
}

static void put_first_word(struct swt_output *out, const char *word, size_t len,
                           const struct swt_command *command) {
    for (int help = 0; help < 2; help++) {
        swt_output_printf(out, "complete -c swupdate-tool -n '__swupdate_tool_after%s' -a %.*s",
                          help == 0 ? "" : " help", (int)len, word);
        put_text(out, command == NULL ? "several commands" : command->summary);
    }
    for (const struct swt_command *member = swt_commands; member->name != NULL; member++) {
        if (command != NULL || strncmp(member->name, word, len) != 0 || member->name[len] != ' ')
            continue;
        swt_output_printf(out, "complete -c swupdate-tool -n '__swupdate_tool_after %.*s' -a %s",
                          (int)len, word, member->name + len + 1);
        put_text(out, member->summary);
    }
}

static int put_word(void *context, const char *word, size_t len) {
    swt_output_printf(context, "%.*s ", (int)len, word);
    return 0;
}

static void put_value(struct swt_output *out, const struct swt_option *option) {
    switch (option->complete) {
    case SWT_COMPLETE_NONE:
        swt_output_printf(out, " -x");
        break;
    case SWT_COMPLETE_FILE:
        swt_output_printf(out, " -r -F");
        break;
    case SWT_COMPLETE_DIRECTORY:
        swt_output_printf(out, " -x -a '(__fish_complete_directories)'");
        break;
    case SWT_COMPLETE_VARIABLE:
        swt_output_printf(out, " -x -a '(set -nx)'");
        break;
    case SWT_COMPLETE_WORDS:
        swt_output_printf(out, " -x -a '");
        (void)swt_option_each_word(option, put_word, out);
        swt_output_printf(out, "'");
        break;
    }
}

static void put_command(struct swt_output *out, const struct swt_command *command) {
    swt_output_printf(out, "\n");
    for (const struct swt_option *const *row = command->options; *row != NULL; row++) {
        swt_output_printf(out, "complete -c swupdate-tool -n '__swupdate_tool_using %s'",
                          command->name);
        if ((*row)->short_name != '\0')
            swt_output_printf(out, " -s %c", (*row)->short_name);
        swt_output_printf(out, " -l %s", (*row)->name);
        if ((*row)->argument != NULL)
            put_value(out, *row);
        put_text(out, (*row)->help);
    }
    if (command->max_arguments > 0)
        swt_output_printf(out, "complete -c swupdate-tool -n '__swupdate_tool_using %s' -F\n",
                          command->name);
}

void describe_fish(struct swt_output *out) {
    swt_output_printf(out, "%s", head);
    describe_first_words(put_first_word, out);
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        put_command(out, command);
}
