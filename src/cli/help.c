/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include "command.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_COLUMN 16
#define OPTION_COLUMN 28

bool swt_command_in_group(const struct swt_command *command, const char *group) {
    size_t len = strlen(group);
    return strncmp(command->name, group, len) == 0 && command->name[len] == ' ';
}

/* "left      text, wrapped", the text in its column, or below when left reaches into it. */
static void put_row(struct swt_output *out, const char *left, size_t column, const char *text,
                    size_t width) {
    swt_output_printf(out, "%s", left);
    size_t now = strlen(left);
    if (now + 2 > column) {
        swt_output_printf(out, "\n");
        now = 0;
    }
    swt_text_wrap(out, swt_slice_text(text), now, column, width);
}

static void put_paragraphs(struct swt_output *out, const char *text, size_t width) {
    while (text != NULL) {
        const char *end = strstr(text, "\n\n");
        size_t len = end == NULL ? strlen(text) : (size_t)(end - text);
        swt_output_printf(out, "\n");
        swt_text_wrap(out, swt_slice_of(text, len), 0, 0, width);
        text = end == NULL ? NULL : end + 2;
    }
}

void swt_help_overview(struct swt_output *out, const char *group, size_t width) {
    swt_output_printf(out, "usage: swupdate-tool %s%s[OPTION...] [ARGUMENT...]\n",
                      group == NULL ? "" : group, group == NULL ? "COMMAND " : " COMMAND ");
    if (group == NULL)
        put_paragraphs(out,
                       "Builds software-update bundles for pw_software_update from a product "
                       "manifest, and signs, verifies and inspects them.",
                       width);
    swt_output_printf(out, "\nCommands:\n");
    for (const struct swt_command *command = swt_commands; command->name != NULL; command++) {
        if (group != NULL && !swt_command_in_group(command, group))
            continue;
        char left[64];
        (void)snprintf(left, sizeof left, "  %s", command->name);
        put_row(out, left, COMMAND_COLUMN, command->summary, width);
    }
    put_paragraphs(out,
                   "`swupdate-tool COMMAND --help` tells about a command, swupdate-tool(1) about "
                   "key URIs, times, exit statuses and error codes. `swupdate-tool --version` "
                   "prints the version.",
                   width);
}

struct usage {
    struct swt_output *out;
    size_t width;
    bool more; /* not the first form */
};

/* "usage: swupdate-tool sign --export REQUEST [OPTION...] FILE" */
static void put_usage(void *context, const struct swt_command *command,
                      const struct swt_form *form) {
    struct usage *usage = context;
    char text[512];
    size_t used = (size_t)snprintf(text, sizeof text, "swupdate-tool %s", command->name);
    for (const struct swt_option *const *row = form->options; *row != NULL; row++) {
        if (!swt_option_in(form->required, *row))
            continue;
        const char *more = (*row)->repeatable ? "..." : "";
        if ((*row)->short_name != '\0')
            used += (size_t)snprintf(text + used, sizeof text - used, " -%c %s%s",
                                     (*row)->short_name, (*row)->argument, more);
        else
            used += (size_t)snprintf(text + used, sizeof text - used, " --%s %s%s", (*row)->name,
                                     (*row)->argument, more);
    }
    (void)snprintf(text + used, sizeof text - used, " [OPTION...] %s", form->arguments);
    swt_output_printf(usage->out, "%s", usage->more ? "       " : "usage: ");
    swt_text_wrap(usage->out, swt_slice_text(text), strlen("usage: "), strlen("usage: "),
                  usage->width);
    usage->more = true;
}

void swt_help_command(struct swt_output *out, const struct swt_command *command, size_t width) {
    struct usage usage = {.out = out, .width = width};
    swt_command_each_form(command, put_usage, &usage);
    put_paragraphs(out, command->description, width);
    swt_output_printf(out, "\nOptions:\n");
    for (const struct swt_option *const *row = command->options; *row != NULL; row++) {
        char left[128];
        char letter[8] = "    ";
        if ((*row)->short_name != '\0')
            (void)snprintf(letter, sizeof letter, "-%c, ", (*row)->short_name);
        (void)snprintf(left, sizeof left, "  %s--%s%s%s", letter, (*row)->name,
                       (*row)->argument == NULL ? "" : " ",
                       (*row)->argument == NULL ? "" : (*row)->argument);
        put_row(out, left, OPTION_COLUMN, (*row)->help, width);
    }
}
