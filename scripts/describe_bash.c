/* SPDX-License-Identifier: Apache-2.0 */
/* The completion for bash. It needs no bash-completion package. */
#include "describe.h"

#include <string.h>

static const char head[] =
    "# bash completion of swupdate-tool; made from its option table\n"
    "\n"
    "_swupdate_tool_reply()\n"
    "{\n"
    "    mapfile -t COMPREPLY < <(compgen \"${@:2}\" -- \"$1\")\n"
    "}\n"
    "\n"
    "_swupdate_tool_files()\n"
    "{\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    _swupdate_tool_reply \"$1\" \"$2\"\n"
    "}\n"
    "\n"
    "_swupdate_tool()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command=${COMP_WORDS[1]-} options='' takes=''\n"
    "    COMPREPLY=()\n"
    "    # --name=VALUE comes as three words.\n"
    "    if [[ $cur == '=' ]]; then\n"
    "        cur=''\n"
    "    elif [[ $prev == '=' && $COMP_CWORD -ge 2 ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n";

static void put_first_word(struct swt_output *out, const char *word, size_t len,
                           const struct swt_command *command) {
    (void)command;
    swt_output_printf(out, "%.*s ", (int)len, word);
}

static void put_group(struct swt_output *out, const char *word, size_t len,
                      const struct swt_command *command) {
    if (command != NULL)
        return;
    swt_output_printf(out,
                      "    %.*s)\n"
                      "        if [[ $COMP_CWORD -eq 2 ]]; then\n"
                      "            _swupdate_tool_reply \"$cur\" -W '",
                      (int)len, word);
    for (const struct swt_command *member = swt_commands; member->name != NULL; member++)
        if (strncmp(member->name, word, len) == 0 && member->name[len] == ' ')
            swt_output_printf(out, "%s ", member->name + len + 1);
    swt_output_printf(out, "--help'\n"
                           "            return\n"
                           "        fi\n"
                           "        command+=\" ${COMP_WORDS[2]}\"\n"
                           "        ;;\n");
}

static int put_word(void *context, const char *word, size_t len) {
    swt_output_printf(context, "%.*s ", (int)len, word);
    return 0;
}

static void put_value(struct swt_output *out, const struct swt_option *option) {
    swt_output_printf(out, "        --%s", option->name);
    if (option->short_name != '\0')
        swt_output_printf(out, " | -%c", option->short_name);
    swt_output_printf(out, ") ");
    switch (option->complete) {
    case SWT_COMPLETE_NONE:
        break;
    case SWT_COMPLETE_FILE:
        swt_output_printf(out, "_swupdate_tool_files \"$cur\" -f; ");
        break;
    case SWT_COMPLETE_DIRECTORY:
        swt_output_printf(out, "_swupdate_tool_files \"$cur\" -d; ");
        break;
    case SWT_COMPLETE_VARIABLE:
        swt_output_printf(out, "_swupdate_tool_reply \"$cur\" -e; ");
        break;
    case SWT_COMPLETE_WORDS:
        swt_output_printf(out, "_swupdate_tool_reply \"$cur\" -W '");
        (void)swt_option_each_word(option, put_word, out);
        swt_output_printf(out, "'; ");
        break;
    }
    swt_output_printf(out, "return ;;\n");
}

static void put_command(struct swt_output *out, const struct swt_command *command) {
    swt_output_printf(out, "    '%s')\n        case $prev in\n", command->name);
    for (const struct swt_option *const *row = command->options; *row != NULL; row++)
        if ((*row)->argument != NULL)
            put_value(out, *row);
    swt_output_printf(out, "        esac\n        options='");
    for (const struct swt_option *const *row = command->options; *row != NULL; row++) {
        swt_output_printf(out, "%s--%s", row == command->options ? "" : " ", (*row)->name);
        if ((*row)->short_name != '\0')
            swt_output_printf(out, " -%c", (*row)->short_name);
    }
    swt_output_printf(out, "'\n        takes=%s\n        ;;\n",
                      command->max_arguments > 0 ? "files" : "");
}

void describe_bash(struct swt_output *out) {
    swt_output_printf(out, "%s", head);
    swt_output_printf(out, "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
                           "        _swupdate_tool_reply \"$cur\" -W '");
    describe_first_words(put_first_word, out);
    swt_output_printf(out, "help --help --version'\n"
                           "        return\n"
                           "    fi\n"
                           "    if [[ $command == help ]]; then\n"
                           "        if [[ $COMP_CWORD -eq 2 ]]; then\n"
                           "            _swupdate_tool_reply \"$cur\" -W '");
    describe_first_words(put_first_word, out);
    swt_output_printf(out, "'\n"
                           "            return\n"
                           "        fi\n"
                           "        COMP_WORDS=(\"${COMP_WORDS[@]:1}\")\n"
                           "        COMP_CWORD=$((COMP_CWORD - 1))\n"
                           "        [[ $COMP_CWORD -eq 2 ]] && _swupdate_tool\n"
                           "        return\n"
                           "    fi\n"
                           "    case $command in\n");
    describe_first_words(put_group, out);
    swt_output_printf(out, "    esac\n    case $command in\n");
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        put_command(out, command);
    swt_output_printf(out, "    esac\n"
                           "    if [[ $cur == -* ]]; then\n"
                           "        _swupdate_tool_reply \"$cur\" -W \"$options\"\n"
                           "    elif [[ $takes == files ]]; then\n"
                           "        _swupdate_tool_files \"$cur\" -f\n"
                           "    fi\n"
                           "}\n"
                           "\n"
                           "complete -F _swupdate_tool swupdate-tool\n");
}
