/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main: finds the command, reads its options, runs it, and turns what comes back into an exit
 * status.
 */
#include "command.h"
#include "error_report.h"
#include "help.h"
#include "progress.h"
#include "terminal.h"
#include "text.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
    struct swt_output out;
    const struct swt_command *command; /* NULL until it was found */
    bool json;
};

/* An error before the options are read is told as --json asks too, if it stands there. */
static bool asks_for_json(int argc, char **argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static const struct swt_command *find_command(const char *name) {
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static bool is_group(const char *word) {
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        if (swt_command_in_group(command, word))
            return true;
    return false;
}

static int fail_unknown(const char *name, struct swt_error *err) {
    struct swt_nearest nearest = swt_nearest_to(name);
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        swt_nearest_offer(&nearest, command->name, strlen(command->name));
    int shown = (int)swt_key_uri_shown(name);
    if (nearest.best == NULL)
        (void)swt_fail(err, SWT_E_USAGE, "unknown command '%.*s'", shown, name);
    else
        (void)swt_fail(err, SWT_E_USAGE, "unknown command '%.*s' (did you mean %s?)", shown, name,
                       nearest.best);
    return swt_error_hint(err, "swupdate-tool --help");
}

static int fail_group(const char *group, struct swt_error *err) {
    char names[256] = "";
    size_t used = 0;
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        if (swt_command_in_group(command, group) && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used == 0 ? "" : ", ", command->name);
    (void)swt_fail(err, SWT_E_USAGE, "'%s' is not a command by itself: expected one of %s", group,
                   names);
    return swt_error_hint(err, "swupdate-tool %s --help", group);
}

/*
 * The command at the start of the words, one or two of them: how many words its name has, 0 when a
 * group's help was asked for and *ret_group is set, or SWT_E_USAGE.
 */
static int read_command(int argc, char **argv, const struct swt_command **ret_command,
                        const char **ret_group, struct swt_error *err) {
    const char *first = argv[0];
    const struct swt_command *command = find_command(first);
    if (command != NULL) {
        *ret_command = command;
        return 1;
    }
    if (!is_group(first))
        return fail_unknown(first, err);
    if (argc == 1 || (argv[1][0] == '-' && !is_help(argv[1])))
        return fail_group(first, err);
    if (is_help(argv[1])) {
        *ret_group = first;
        return 0;
    }
    char *name = swt_format(err, "%s %.*s", first, (int)swt_key_uri_shown(argv[1]), argv[1]);
    if (name == NULL)
        return -(int)err->code;
    command = find_command(name);
    int r = command == NULL ? fail_unknown(name, err) : 2;
    free(name);
    if (r > 0)
        *ret_command = command;
    return r;
}

static int run_command(struct run *run, int argc, char **argv, struct swt_error *err) {
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    int r = swt_options_parse(run->command, argc, argv, &invocation, err);
    if (r < 0)
        return r;
    if (swt_option_given(&invocation, &swt_opt_help)) {
        swt_help_command(&run->out, run->command, swt_terminal_width(STDOUT_FILENO));
        return 0;
    }
    SWT_CLEANUP(swt_progress_display_done) struct swt_progress_display display;
    struct swt_progress *progress = swt_progress_display_init(&display, &invocation);
    SWT_CLEANUP(swt_keyring_done)
    struct swt_keyring keyring = {.prompt = swt_terminal_prompt(progress)};
    r = swt_invocation_keyring(&invocation, &keyring, err);
    if (r >= 0)
        r = swt_keyring_prepare(&keyring, invocation.sources, invocation.item_count, err);
    if (r < 0)
        return r;
    invocation.out = &run->out;
    invocation.keyring = &keyring;
    invocation.progress = run->out.progress = progress;
    r = run->command->run(&invocation, err);
    run->out.progress = NULL;
    return r;
}

/* swupdate-tool help [COMMAND] */
static int run_help(struct run *run, int argc, char **argv, struct swt_error *err) {
    size_t width = swt_terminal_width(STDOUT_FILENO);
    if (argc == 0 || is_help(argv[0])) {
        swt_help_overview(&run->out, NULL, width);
        return 0;
    }
    if (argc == 1 && is_group(argv[0])) {
        swt_help_overview(&run->out, argv[0], width);
        return 0;
    }
    const struct swt_command *command = NULL;
    const char *group = NULL;
    int words = read_command(argc, argv, &command, &group, err);
    if (words < 0)
        return words;
    if (words == 0)
        swt_help_overview(&run->out, group, width);
    else
        swt_help_command(&run->out, command, width);
    return 0;
}

static int dispatch(struct run *run, int argc, char **argv, struct swt_error *err) {
    if (argc == 0) {
        (void)swt_fail(err, SWT_E_USAGE, "expected a command");
        return swt_error_hint(err, "swupdate-tool --help");
    }
    if (strcmp(argv[0], "--version") == 0) {
        swt_output_printf(&run->out, "swupdate-tool " SWT_VERSION "\n");
        return 0;
    }
    if (is_help(argv[0]))
        return run_help(run, 0, NULL, err);
    if (strcmp(argv[0], "help") == 0)
        return run_help(run, argc - 1, argv + 1, err);
    if (argv[0][0] == '-') {
        (void)swt_fail(err, SWT_E_USAGE, "expected a command before the option '%s'", argv[0]);
        return swt_error_hint(err, "swupdate-tool --help");
    }
    const char *group = NULL;
    int words = read_command(argc, argv, &run->command, &group, err);
    if (words < 0)
        return words;
    if (words == 0) {
        swt_help_overview(&run->out, group, swt_terminal_width(STDOUT_FILENO));
        return 0;
    }
    return run_command(run, argc - words, argv + words, err);
}

int main(int argc, char **argv) {
    (void)setlocale(LC_CTYPE, "");
    swt_io_setup();
    /* argv may be empty: execve allows it. */
    int words = argc > 0 ? argc - 1 : 0;
    struct run run = {.json = asks_for_json(words, argv + 1)};
    swt_output_init(&run.out, STDOUT_FILENO);
    struct swt_error err = {0};
    int status = dispatch(&run, words, argv + 1, &err);
    /* What was to be seen comes first: the error is the last word. */
    struct swt_error output_error = {0};
    bool arrived = swt_output_flush(&run.out, &output_error) == 0;
    if (status < 0) {
        swt_report_error(run.command, run.json, &err);
        status = swt_code_exit(err.code);
    }
    if (!arrived) {
        swt_report_error(run.command, run.json, &output_error);
        status = swt_code_exit(output_error.code);
    }
    swt_output_done(&run.out);
    return status;
}
