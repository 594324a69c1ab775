/* SPDX-License-Identifier: Apache-2.0 */
#include "invocation.h"
#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* Values of one row (option NULL: the arguments) stand together: values[first .. first+count). */
struct swt_group {
    const struct swt_option *option;
    size_t first;
    size_t count;
};

static struct swt_group *find_group(const struct swt_invocation *invocation,
                                    const struct swt_option *option) {
    for (size_t i = 0; i < invocation->group_count; i++)
        if (invocation->groups[i].option == option)
            return &invocation->groups[i];
    return NULL;
}

/* The option's group, which begins where there is none yet. */
static struct swt_group *group_of(struct swt_invocation *invocation,
                                  const struct swt_option *option) {
    struct swt_group *group = find_group(invocation, option);
    if (group != NULL)
        return group;
    group = &invocation->groups[invocation->group_count++];
    group->option = option;
    return group;
}

/* Items first, with the group's counts; then each group gets its place; then the values. */
static int gather(const struct swt_word *words, size_t count, struct swt_invocation *invocation,
                  struct swt_error *err) {
    size_t room = count + 1;
    invocation->items = calloc(room, sizeof *invocation->items);
    invocation->values = calloc(room, sizeof *invocation->values);
    invocation->sources = calloc(room, sizeof *invocation->sources);
    invocation->groups = calloc(room, sizeof *invocation->groups);
    if (invocation->items == NULL || invocation->values == NULL || invocation->sources == NULL ||
        invocation->groups == NULL)
        return swt_fail_memory(err);

    for (size_t i = 0; i < count; i++)
        group_of(invocation, words[i].option)->count++;
    size_t first = 0;
    for (size_t i = 0; i < invocation->group_count; i++) {
        invocation->groups[i].first = first;
        first += invocation->groups[i].count;
        invocation->groups[i].count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct swt_group *group = group_of(invocation, words[i].option);
        size_t place = group->first + group->count++;
        invocation->values[place] = words[i].value;
        invocation->items[i] = (struct swt_item){.option = words[i].option, .value = place};
    }
    invocation->item_count = count;

    const struct swt_group *arguments = find_group(invocation, NULL);
    if (arguments != NULL) {
        invocation->arguments = invocation->values + arguments->first;
        invocation->argument_count = arguments->count;
    }
    return 0;
}

static bool is_key(const struct swt_invocation *invocation, const struct swt_item *item) {
    return item->option == NULL ? invocation->command->arguments_are_keys : item->option->is_key;
}

/* The key as it may be shown: a PIN that somebody put into its URI is not repeated. One that a file
 * names is not known here. */
static int refuse_second(const struct swt_invocation *invocation, const struct swt_option *option,
                         const struct swt_key_source *key, const char *what,
                         struct swt_error *err) {
    if (key->uri == NULL)
        return swt_usage(invocation->command, err, "--%s: the key has %s already", option->name,
                         what);
    return swt_usage(invocation->command, err, "--%s: the key '%.*s' has %s already", option->name,
                     (int)swt_key_uri_shown(key->uri), key->uri, what);
}

static int bind_part(const struct swt_invocation *invocation, const struct swt_item *item,
                     struct swt_key_source *key, struct swt_error *err) {
    const struct swt_option *option = item->option;
    const char *value = invocation->values[item->value];
    if (option->key_part == SWT_KEY_PART_PUBLIC_KEY) {
        if (key->public_key != NULL)
            return refuse_second(invocation, option, key, "a public key given", err);
        key->public_key = value;
        return 0;
    }
    if (key->passphrase_file != NULL || key->passphrase_env != NULL)
        return refuse_second(invocation, option, key, "a passphrase or PIN given", err);
    if (option->key_part == SWT_KEY_PART_PASSPHRASE_FILE)
        key->passphrase_file = value;
    else
        key->passphrase_env = value;
    return 0;
}

/* A key-bound option belongs to the last key URI before it; to the only one, wherever it stands,
 * also when a file names that one. */
static int bind_keys(struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_key_source *last = NULL;
    size_t keys = 0;
    for (size_t i = 0; i < invocation->item_count; i++) {
        const struct swt_item *item = &invocation->items[i];
        if (!is_key(invocation, item))
            continue;
        last = &invocation->sources[item->value];
        last->uri = invocation->values[item->value];
        keys++;
    }
    if (keys > 1)
        last = NULL;
    if (keys == 0 && invocation->command->files_name_keys)
        last = &invocation->elsewhere;
    for (size_t i = 0; i < invocation->item_count; i++) {
        const struct swt_item *item = &invocation->items[i];
        if (is_key(invocation, item)) {
            last = &invocation->sources[item->value];
        } else if (item->option != NULL && item->option->key_part != SWT_KEY_PART_NONE) {
            if (keys == 0 && last == NULL)
                return swt_usage(invocation->command, err, "--%s is given, but no key",
                                 item->option->name);
            if (last == NULL)
                return swt_usage(invocation->command, err,
                                 "--%s stands before the first of %zu keys: it belongs to the key "
                                 "before it",
                                 item->option->name, keys);
            int r = bind_part(invocation, item, last, err);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* ---- the forms of a command -------------------------------------------------------------- */

bool swt_option_in(const struct swt_option *const *list, const struct swt_option *option) {
    for (const struct swt_option *const *row = list; row != NULL && *row != NULL; row++)
        if (*row == option)
            return true;
    return false;
}

/* A command of one way, as a form. */
static struct swt_form only_form(const struct swt_command *command) {
    return (struct swt_form){.arguments = command->arguments,
                             .min_arguments = command->min_arguments,
                             .max_arguments = command->max_arguments,
                             .options = command->options,
                             .required = command->required};
}

void swt_command_each_form(const struct swt_command *command,
                           void (*visit)(void *context, const struct swt_command *command,
                                         const struct swt_form *form),
                           void *context) {
    if (command->forms == NULL) {
        struct swt_form only = only_form(command);
        visit(context, command, &only);
        return;
    }
    for (const struct swt_form *form = command->forms; form->options != NULL; form++)
        visit(context, command, form);
}

/* The form that the options choose, unless they choose two or do not go with it. */
static int choose_form(const struct swt_invocation *invocation, struct swt_form *ret_form,
                       struct swt_error *err) {
    const struct swt_command *command = invocation->command;
    if (command->forms == NULL) {
        *ret_form = only_form(command);
        return 0;
    }
    const struct swt_form *form = command->forms;
    for (const struct swt_form *other = form + 1; other->options != NULL; other++)
        if (form->chosen_by == NULL && swt_option_given(invocation, other->chosen_by))
            form = other;
    for (size_t i = 0; i < invocation->item_count; i++) {
        const struct swt_option *option = invocation->items[i].option;
        if (option == NULL || swt_option_in(form->options, option))
            continue;
        if (form->chosen_by == NULL)
            return swt_usage(command, err, "--%s does not go without %s", option->name, form->does);
        return swt_usage(command, err, "--%s does not go with --%s, which %s", option->name,
                         form->chosen_by->name, form->does);
    }
    *ret_form = *form;
    return 0;
}

/* "A B", "FILE [NAME...]": the word that stands for the argument of that index, the last for all
 * that follow. */
static struct swt_slice argument_name(const char *names, size_t index) {
    const char *name = names;
    for (const char *next = strchr(name, ' '); index > 0 && next != NULL; index--) {
        name = next + 1;
        next = strchr(name, ' ');
    }
    name += strspn(name, "[");
    return swt_slice_of(name, strcspn(name, " .]"));
}

/* An unset variable of a script, most of the time. An empty key URI is told as that. */
static int check_empty(const struct swt_invocation *invocation, const struct swt_form *form,
                       struct swt_error *err) {
    bool are_keys = invocation->command->arguments_are_keys;
    for (size_t i = 0; i < invocation->argument_count && !are_keys; i++) {
        if (invocation->arguments[i][0] != '\0')
            continue;
        struct swt_slice name = argument_name(form->arguments, i);
        return swt_usage(invocation->command, err, "%.*s: the name is empty", (int)name.len,
                         (const char *)name.data);
    }
    return 0;
}

static int check_arguments(const struct swt_invocation *invocation, const struct swt_form *form,
                           struct swt_error *err) {
    const struct swt_command *command = invocation->command;
    if (invocation->argument_count < form->min_arguments)
        return swt_usage(command, err, "an argument is missing: expected %s", form->arguments);
    if (invocation->argument_count <= form->max_arguments)
        return check_empty(invocation, form, err);
    const char *argument = invocation->arguments[form->max_arguments];
    int shown = (int)swt_key_uri_shown(argument);
    if (form->chosen_by == NULL)
        return swt_usage(command, err, "unexpected argument '%.*s'", shown, argument);
    return swt_usage(command, err, "unexpected argument '%.*s': --%s %s", shown, argument,
                     form->chosen_by->name, form->does);
}

static int check_complete(const struct swt_invocation *invocation, struct swt_error *err) {
    const struct swt_command *command = invocation->command;
    struct swt_form form = {0};
    int r = choose_form(invocation, &form, err);
    if (r == 0)
        r = check_arguments(invocation, &form, err);
    if (r < 0)
        return r;
    if (form.required == NULL ||
        (command->unless != NULL && swt_option_given(invocation, command->unless)))
        return 0;
    for (const struct swt_option *const *row = form.required; *row != NULL; row++)
        if (!swt_option_given(invocation, *row))
            return swt_usage(command, err, "--%s %s is missing", (*row)->name, (*row)->argument);
    return 0;
}

int swt_invocation_make(const struct swt_command *command, const struct swt_word *words,
                        size_t count, struct swt_invocation *ret_invocation,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {.command = command};
    int r = gather(words, count, &invocation, err);
    if (r == 0 && !swt_option_given(&invocation, &swt_opt_help)) {
        r = check_complete(&invocation, err);
        if (r == 0)
            r = bind_keys(&invocation, err);
    }
    if (r < 0)
        return r;
    invocation.json = swt_option_given(&invocation, &swt_opt_json);
    invocation.quiet = swt_option_given(&invocation, &swt_opt_quiet);
    invocation.verbose = swt_option_given(&invocation, &swt_opt_verbose);
    *ret_invocation = SWT_MOVE(invocation);
    return 0;
}

/* What the environment says is for commands that sign. */
static int find_audit_log(const struct swt_invocation *invocation, const char **ret_log,
                          struct swt_error *err) {
    static const char VARIABLE[] = "SWUPDATE_TOOL_AUDIT_LOG";
    const char *log = swt_option_value(invocation, &swt_opt_audit_log);
    bool given = log != NULL;
    if (!given && swt_option_in(invocation->command->options, &swt_opt_audit_log))
        log = getenv(VARIABLE);
    if (log != NULL && strcmp(log, "-") == 0)
        return swt_usage(invocation->command, err,
                         "%s: an audit log is a file (one of the name - is written ./-)",
                         given ? "--audit-log" : VARIABLE);
    *ret_log = log == NULL || log[0] == '\0' ? NULL : log;
    return 0;
}

int swt_invocation_keyring(const struct swt_invocation *invocation, struct swt_keyring *keyring,
                           struct swt_error *err) {
    keyring->allow_final_try = swt_option_given(invocation, &swt_opt_allow_final_try);
    int r = find_audit_log(invocation, &keyring->audit_log, err);
    if (r < 0)
        return r;
    struct swt_option_values variables = swt_option_values(invocation, &swt_opt_pin_env);
    for (size_t i = 0; i < variables.count; i++) {
        r = swt_keyring_take_variable(keyring, variables.items[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

void swt_invocation_done(struct swt_invocation *invocation) {
    free(invocation->items);
    free(invocation->values);
    free(invocation->sources);
    free(invocation->groups);
    *invocation = (struct swt_invocation){0};
}

/* ---- what commands ask ------------------------------------------------------------------- */

bool swt_option_given(const struct swt_invocation *invocation, const struct swt_option *option) {
    return find_group(invocation, option) != NULL;
}

struct swt_option_values swt_option_values(const struct swt_invocation *invocation,
                                           const struct swt_option *option) {
    const struct swt_group *group = find_group(invocation, option);
    if (group == NULL)
        return (struct swt_option_values){0};
    return (struct swt_option_values){invocation->values + group->first, group->count};
}

const char *swt_option_value(const struct swt_invocation *invocation,
                             const struct swt_option *option) {
    struct swt_option_values values = swt_option_values(invocation, option);
    return values.count == 0 ? NULL : values.items[0];
}

struct swt_key_sources swt_option_keys(const struct swt_invocation *invocation,
                                       const struct swt_option *option) {
    const struct swt_group *group = find_group(invocation, option);
    if (group == NULL)
        return (struct swt_key_sources){0};
    return (struct swt_key_sources){invocation->sources + group->first, group->count};
}

int swt_option_number(const struct swt_invocation *invocation, const struct swt_option *option,
                      uint64_t min, uint64_t max, uint64_t absent, uint64_t *ret_value,
                      struct swt_error *err) {
    const char *text = swt_option_value(invocation, option);
    if (text == NULL) {
        *ret_value = absent;
        return 0;
    }
    uint64_t value;
    if (!swt_parse_uint(text, max, &value) || value < min)
        return swt_usage(invocation->command, err,
                         "--%s: expected a whole number from %ju to %ju, found '%s'", option->name,
                         (uintmax_t)min, (uintmax_t)max, text);
    *ret_value = value;
    return 0;
}
