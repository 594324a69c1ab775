/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include "swt/io.h"

#include <stdlib.h>
#include <string.h>

/* A first line longer than this is no value that somebody meant. */
#define MAX_FIRST_LINE ((size_t)64 * 1024)

static bool is_name_start(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
}

size_t swt_variable_name_len(const char *text) {
    if (!is_name_start(text[0]))
        return 0;
    size_t len = 1;
    while (is_name_start(text[len]) || (text[len] >= '0' && text[len] <= '9'))
        len++;
    return len;
}

static int compare_variables(const void *left, const void *right) {
    const struct swt_variable *a = left;
    const struct swt_variable *b = right;
    return strcmp(a->name, b->name);
}

const struct swt_variable *swt_variables_find(const struct swt_variables *variables,
                                              const char *name) {
    if (variables == NULL)
        return NULL;
    const struct swt_variable *found = swt_variables_find(variables->outer, name);
    if (found != NULL || variables->count == 0)
        return found;
    struct swt_variable wanted = {.name = name};
    return bsearch(&wanted, variables->items, variables->count, sizeof *variables->items,
                   compare_variables);
}

static void sort(struct swt_variables *variables) {
    if (variables->count > 1)
        qsort(variables->items, variables->count, sizeof *variables->items, compare_variables);
}

/* ---- -D ---------------------------------------------------------------------------------- */

/* A value ends up in fields of one line, and in messages. */
static int check_value(const char *name, const char *value, size_t len, struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    uint32_t character;
    if (!swt_utf8_valid(swt_slice_of(value, len)))
        return swt_fail(err, SWT_E_VARIABLE, "-D %s: the value is not UTF-8",
                        swt_short_text(name, shown));
    if (swt_text_has_control(value, len, false, &character))
        return swt_fail(err, SWT_E_VARIABLE, "-D %s: the value holds the control character U+%04X",
                        swt_short_text(name, shown), (unsigned)character);
    return 0;
}

static int read_first_line(const char *name, const char *path, struct swt_arena *arena,
                           const char **ret_value, struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    (void)swt_short_text(name, shown);
    if (path[0] == '\0' || strcmp(path, "-") == 0)
        return swt_fail(err, SWT_E_USAGE, "-D %s=@: expected the name of a file, found '%s'", shown,
                        path);
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    int rc = swt_reader_open(path, &reader, err);
    if (rc < 0)
        return swt_error_context(err, "-D %s", shown);
    char *bytes = swt_arena_alloc(arena, MAX_FIRST_LINE + 1, 1, err);
    if (bytes == NULL)
        return -(int)err->code;
    size_t len;
    rc = swt_reader_read(reader, bytes, MAX_FIRST_LINE + 1, &len, err);
    if (rc < 0)
        return swt_error_context(err, "-D %s", shown);
    const char *end = memchr(bytes, '\n', len);
    if (end != NULL) {
        len = (size_t)(end - bytes);
        if (len > 0 && bytes[len - 1] == '\r')
            len--;
    } else if (len > MAX_FIRST_LINE) {
        (void)swt_fail(err, SWT_E_VARIABLE, "-D %s: the first line is longer than 64 KiB", shown);
        return swt_error_file(err, path);
    }
    rc = check_value(name, bytes, len, err);
    if (rc < 0)
        return swt_error_file(err, path);
    *ret_value = swt_arena_text(arena, bytes, len, err);
    return *ret_value == NULL ? -(int)err->code : 0;
}

/* Eager: who asks for a variable that is not there learns it, even when vars has a default. */
static int read_environment(const char *name, struct swt_arena *arena, const char **ret_value,
                            struct swt_error *err) {
    const char *value = getenv(name);
    if (value == NULL) {
        char shown[SWT_SHORT_TEXT];
        (void)swt_short_text(name, shown);
        (void)swt_fail(err, SWT_E_VARIABLE, "-D %s: the environment has no variable of that name",
                       shown);
        return swt_error_hint(err, "export %s, or give -D %s=VALUE", shown, shown);
    }
    int rc = check_value(name, value, strlen(value), err);
    if (rc < 0)
        return rc;
    *ret_value = swt_arena_text(arena, value, strlen(value), err);
    return *ret_value == NULL ? -(int)err->code : 0;
}

static int read_value(const char *value, struct swt_arena *arena, struct swt_variable *variable,
                      struct swt_error *err) {
    if (value == NULL)
        return read_environment(variable->name, arena, &variable->value, err);
    if (value[0] == '@') {
        variable->file = value + 1;
        return read_first_line(variable->name, value + 1, arena, &variable->value, err);
    }
    int rc = check_value(variable->name, value, strlen(value), err);
    if (rc == 0)
        variable->value = value;
    return rc;
}

static int read_define(struct swt_reading *reading, const char *define,
                       struct swt_variable *ret_variable, struct swt_error *err) {
    size_t name_len = swt_variable_name_len(define);
    if (name_len == 0 || (define[name_len] != '\0' && define[name_len] != '=')) {
        char shown[SWT_SHORT_TEXT];
        (void)swt_fail(err, SWT_E_USAGE, "-D: expected NAME=VALUE, NAME=@FILE or NAME, found '%s'",
                       swt_short_text(define, shown));
        return swt_error_hint(err, "a NAME has letters, digits and '_', and starts with no digit");
    }
    struct swt_variable variable = {.name = swt_arena_text(reading->arena, define, name_len, err)};
    if (variable.name == NULL)
        return -(int)err->code;
    const char *value = define[name_len] == '\0' ? NULL : define + name_len + 1;
    int rc = read_value(value, reading->arena, &variable, err);
    if (rc < 0)
        rc = swt_reading_fault(reading, NULL, err);
    if (rc < 0)
        return rc;
    *ret_variable = variable;
    return 0;
}

int swt_variables_define(struct swt_reading *reading, const struct swt_manifest_options *options,
                         struct swt_variables *ret_variables, struct swt_error *err) {
    size_t count = options == NULL ? 0 : options->define_count;
    struct swt_variables variables = {
        .items = swt_arena_alloc(reading->arena, count, sizeof(struct swt_variable), err)};
    if (variables.items == NULL)
        return -(int)err->code;
    for (; variables.count < count; variables.count++) {
        const char *define = options->defines[variables.count];
        int rc = read_define(reading, define, &variables.items[variables.count], err);
        if (rc < 0)
            return rc;
    }
    sort(&variables);
    for (size_t i = 1; i < variables.count; i++)
        if (strcmp(variables.items[i - 1].name, variables.items[i].name) == 0)
            return swt_fail(err, SWT_E_USAGE, "-D %s is given twice", variables.items[i].name);
    *ret_variables = variables;
    return 0;
}

/* ---- vars -------------------------------------------------------------------------------- */

static int check_var(const struct swt_node *node, struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    (void)swt_short_text(node->key->text, shown);
    uint32_t character;
    if (swt_variable_name_len(node->key->text) != strlen(node->key->text)) {
        (void)swt_fail(err, SWT_E_VARIABLE, "vars: '%s' is not a variable name", shown);
        (void)swt_error_hint(err, "a name has letters, digits and '_', and starts with no digit");
        return swt_manifest_error_at(err, node->key);
    }
    if (node->kind != SWT_NODE_TEXT && node->kind != SWT_NODE_NULL) {
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "vars.%s: expected a text, found %s", shown,
                       swt_tree_kind_text(node));
        return swt_manifest_error_at(err, node);
    }
    if (node->kind == SWT_NODE_TEXT &&
        swt_text_has_control(node->text, strlen(node->text), false, &character)) {
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                       "vars.%s: expected one line, found the control character U+%04X", shown,
                       (unsigned)character);
        return swt_manifest_error_at(err, node);
    }
    return 0;
}

int swt_variables_collect(struct swt_reading *reading, struct swt_node *vars,
                          const struct swt_variables *outer, struct swt_variables *ret_variables,
                          struct swt_error *err) {
    struct swt_variables variables = {.outer = outer};
    if (swt_node_has_value(vars) && vars->kind != SWT_NODE_MAP) {
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "vars: expected a map, found %s",
                       swt_tree_kind_text(vars));
        (void)swt_manifest_error_at(err, vars);
        int rc = swt_reading_fault(reading, vars, err);
        if (rc < 0)
            return rc;
    }
    variables.unread = vars != NULL && vars->faulty;
    struct swt_node *first = swt_node_has_value(vars) ? vars->first : NULL;
    size_t room = first == NULL ? 0 : swt_tree_count(vars);
    variables.items = swt_arena_alloc(reading->arena, room, sizeof *variables.items, err);
    if (variables.items == NULL)
        return -(int)err->code;
    for (struct swt_node *node = first; node != NULL; node = node->next) {
        /* A manifest's vars are seen twice: by themselves, and with those of what it includes. */
        int rc = node->faulty ? 0 : check_var(node, err);
        if (rc < 0)
            rc = swt_reading_fault(reading, node, err);
        if (rc < 0)
            return rc;
        if (node->kind != SWT_NODE_NULL)
            variables.items[variables.count++] = (struct swt_variable){
                .name = node->key->text, .value = node->faulty ? NULL : node->text};
    }
    sort(&variables);
    *ret_variables = variables;
    return 0;
}
