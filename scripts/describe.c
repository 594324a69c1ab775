/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what the option table says, for the manual pages and the shells:
 *
 *   describe page FILE           the mdoc page FILE, its marks replaced (CONTRIBUTING.md)
 *   describe bash|zsh|fish       a completion
 *   describe manifest-schema     the JSON Schema of product manifests
 *   describe names               the commands, a line each
 *   describe rows COMMAND        the options, a line each: name, letter, argument, by tabs; - for
 * none
 *
 * A mark is a line .\" @WHAT@ of a page: SYNOPSIS COMMAND, OPTIONS COMMAND, COMMANDS, ERRORS,
 * FIXTURES.
 */
#include "describe.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "swt/manifest.h"

#define MDOC_WIDTH 78
#define MARK ".\\\" @"

static const struct swt_command *find_command(const char *name) {
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

void describe_first_words(void (*visit)(struct swt_output *out, const char *word, size_t len,
                                        const struct swt_command *command),
                          struct swt_output *out) {
    const char *before = "";
    size_t before_len = 0;
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++) {
        size_t len = strcspn(command->name, " ");
        /* Commands of a group stand together in the table. */
        if (len != before_len || memcmp(command->name, before, len) != 0)
            visit(out, command->name, len, command->name[len] == '\0' ? command : NULL);
        before = command->name;
        before_len = len;
    }
}

/* ---- mdoc -------------------------------------------------------------------------------- */

void describe_prose(struct swt_output *out, const char *prose) {
    struct swt_buf text = {0};
    struct swt_error err = {0};
    bool in_option = false;
    int bad = 0;
    for (const char *c = prose; *c != '\0'; c++) {
        bool word_start = c == prose || c[-1] == ' ' || c[-1] == '(';
        if (word_start)
            in_option = *c == '-' || *c == '=';
        if (word_start && (*c == '.' || *c == '\''))
            bad |= swt_buf_append(&text, "\\&", 2, &err);
        if (*c == '\\')
            bad |= swt_buf_append(&text, "\\e", 2, &err);
        else if (*c == '-' && in_option)
            bad |= swt_buf_append(&text, "\\-", 2, &err);
        else
            bad |= swt_buf_append(&text, c, 1, &err);
    }
    if (bad != 0)
        abort();
    swt_text_wrap(out, swt_buf_slice(&text), 0, 0, MDOC_WIDTH);
    swt_buf_done(&text);
}

/* A phrase of the table as a sentence: with a capital and a dot. */
static void put_sentence(struct swt_output *out, const char *phrase) {
    struct swt_error err;
    char *sentence = swt_format(&err, "%c%s.", toupper((unsigned char)phrase[0]), phrase + 1);
    if (sentence == NULL)
        abort();
    describe_prose(out, sentence);
    free(sentence);
}

static void put_flag(struct swt_output *out, const struct swt_option *option, bool letter) {
    if (letter)
        swt_output_printf(out, "Fl %c", option->short_name);
    else
        swt_output_printf(out, "Fl Fl %s", option->name);
    if (option->argument != NULL)
        swt_output_printf(out, " Ar %s", option->argument);
}

static void put_options(struct swt_output *out, const struct swt_command *command) {
    swt_output_printf(out, ".Bl -tag -width Ds\n");
    for (const struct swt_option *const *row = command->options; *row != NULL; row++) {
        swt_output_printf(out, ".It ");
        if ((*row)->short_name != '\0') {
            put_flag(out, *row, true);
            swt_output_printf(out, " , ");
        }
        put_flag(out, *row, false);
        swt_output_printf(out, "\n");
        put_sentence(out, (*row)->help);
    }
    swt_output_printf(out, ".El\n");
}

/* "FILE [NAME...]": .Ar FILE, .Op Ar NAME ... */
static void put_arguments(struct swt_output *out, const char *arguments) {
    for (const char *word = arguments; *word != '\0';) {
        size_t len = strcspn(word, " ");
        size_t name = strcspn(word, " .]");
        bool optional = *word == '[';
        swt_output_printf(out, optional ? ".Op Ar %.*s" : ".Ar %.*s",
                          (int)(name - (optional ? 1 : 0)), word + (optional ? 1 : 0));
        swt_output_printf(out, word[name] == '.' ? " ...\n" : "\n");
        word += len;
        word += strspn(word, " ");
    }
}

/* mdoc starts a line with each .Nm of a synopsis. */
static void put_form(void *context, const struct swt_command *command,
                     const struct swt_form *form) {
    struct swt_output *out = context;
    swt_output_printf(out, ".Nm swupdate-tool\n.Cm %s\n", command->name);
    for (const struct swt_option *const *row = form->options; *row != NULL; row++) {
        bool required = swt_option_in(form->required, *row);
        swt_output_printf(out, required ? "." : ".Op ");
        put_flag(out, *row, (*row)->short_name != '\0');
        swt_output_printf(out, (*row)->repeatable ? " ...\n" : "\n");
    }
    put_arguments(out, form->arguments);
}

static void put_commands(struct swt_output *out) {
    swt_output_printf(out, ".Bl -tag -width \"root create\"\n");
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++) {
        swt_output_printf(out, ".It Cm %s\n", command->name);
        put_sentence(out, command->summary);
    }
    swt_output_printf(out, ".El\n");
}

static void put_errors(struct swt_output *out) {
    swt_output_printf(out, ".Bl -column \"manifest-syntax\" \"exit\" \"meaning\"\n"
                           ".It Em code Ta Em exit Ta Em meaning\n");
    for (int code = SWT_OK + 1; code < SWT_CODE_COUNT; code++)
        swt_output_printf(out, ".It Li %s Ta %d Ta %s\n", swt_code_name((enum swt_code)code),
                          swt_code_exit((enum swt_code)code),
                          swt_code_meaning((enum swt_code)code));
    swt_output_printf(out, ".El\n");
}

/* mark is "OPTIONS build". False when there is no such thing. */
static bool put_mark(struct swt_output *out, const char *mark) {
    if (strcmp(mark, "COMMANDS") == 0) {
        put_commands(out);
        return true;
    }
    if (strcmp(mark, "ERRORS") == 0) {
        put_errors(out);
        return true;
    }
    if (strcmp(mark, "FIXTURES") == 0) {
        describe_fixtures(out);
        return true;
    }
    const char *name = strchr(mark, ' ');
    const struct swt_command *command = name == NULL ? NULL : find_command(name + 1);
    if (command != NULL && strncmp(mark, "SYNOPSIS ", strlen("SYNOPSIS ")) == 0)
        swt_command_each_form(command, put_form, out);
    else if (command != NULL && strncmp(mark, "OPTIONS ", strlen("OPTIONS ")) == 0)
        put_options(out, command);
    else
        return false;
    return true;
}

static int put_page(struct swt_output *out, const char *path) {
    FILE *page = fopen(path, "r");
    if (page == NULL) {
        (void)fprintf(stderr, "describe: %s: %s\n", path, strerror(errno));
        return 1;
    }
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int status = 0;
    for (unsigned number = 1; status == 0 && (len = getline(&line, &size, page)) > 0; number++) {
        if (strncmp(line, MARK, strlen(MARK)) != 0) {
            swt_output_bytes(out, swt_slice_of(line, (size_t)len));
            continue;
        }
        char *mark = line + strlen(MARK);
        mark[strcspn(mark, "@\n")] = '\0';
        if (!put_mark(out, mark)) {
            (void)fprintf(stderr, "describe: %s:%u: unknown mark '%s'\n", path, number, mark);
            status = 1;
        }
    }
    free(line);
    (void)fclose(page);
    return status;
}

/* ---- for editors ------------------------------------------------------------------------- */

static void put_manifest_schema(struct swt_output *out) {
    struct swt_buf schema = {0};
    struct swt_error err = {0};
    if (swt_manifest_json_schema(&schema, &err) < 0)
        abort();
    swt_output_bytes(out, swt_buf_slice(&schema));
    swt_buf_done(&schema);
}

/* ---- for tests --------------------------------------------------------------------------- */

static void put_names(struct swt_output *out) {
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++)
        swt_output_printf(out, "%s\n", command->name);
}

static void put_rows(struct swt_output *out, const struct swt_command *command) {
    for (const struct swt_option *const *row = command->options; *row != NULL; row++)
        swt_output_printf(out, "%s\t%c\t%s\t%s\n", (*row)->name,
                          (*row)->short_name == '\0' ? '-' : (*row)->short_name,
                          (*row)->argument == NULL ? "-" : (*row)->argument,
                          (*row)->repeatable ? "many" : "once");
}

/* --------------------------------------------------------------------------------------------------
 */

static int describe(struct swt_output *out, const char *what, const char *argument) {
    if (strcmp(what, "page") == 0 && argument != NULL)
        return put_page(out, argument);
    if (strcmp(what, "rows") == 0 && argument != NULL && find_command(argument) != NULL)
        put_rows(out, find_command(argument));
    else if (strcmp(what, "names") == 0)
        put_names(out);
    else if (strcmp(what, "manifest-schema") == 0)
        put_manifest_schema(out);
    else if (strcmp(what, "bash") == 0)
        describe_bash(out);
    else if (strcmp(what, "zsh") == 0)
        describe_zsh(out);
    else if (strcmp(what, "fish") == 0)
        describe_fish(out);
    else {
        (void)fprintf(stderr, "usage: describe page FILE | bash | zsh | fish | "
                              "manifest-schema | names | rows COMMAND\n");
        return 2;
    }
    return 0;
}

int main(int argc, char **argv) {
    struct swt_output out;
    swt_output_init(&out, STDOUT_FILENO);
    int status = describe(&out, argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : NULL);
    struct swt_error err = {0};
    if (swt_output_flush(&out, &err) < 0) {
        (void)fprintf(stderr, "describe: %s\n", err.message);
        status = 1;
    }
    swt_output_done(&out);
    return status;
}
