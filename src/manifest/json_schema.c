/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <jansson.h>
#include <string.h>

/*
 * The JSON Schema of product manifests, for editors. What the parser accepts must pass it, however
 * the editor reads YAML: a text may be a number or a bool in its eyes, a number may be a text, and
 * ${NAME} may stand for any value. What one file of several lacks is not told, because another may
 * have it: keys are required of a file that gives a schema and includes nothing.
 */

#define ONE_LINE                                                                                   \
    "[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]"
#define NO_SCHEME "(?![A-Za-z][A-Za-z0-9+.\\-]*:)"
/* A variable may make a value of any type. */
#define WITH_VARIABLE "\\$\\{"

/* Every function here takes over the values that it is given, and passes a lack of memory, NULL,
 * through: jansson's "o" refuses NULL. */

static json_t *describe_map(const struct swt_field_map *map);

static json_t *text_of(const char *pattern) {
    return json_pack("{s:[s,s,s], s:s}", "type", "string", "number", "boolean", "pattern", pattern);
}

/* A string of pattern, or one with a variable in it. */
static json_t *string_of(const char *pattern) {
    return json_pack("{s:s, s:[{s:s}, {s:s}]}", "type", "string", "anyOf", "pattern", pattern,
                     "pattern", WITH_VARIABLE);
}

static json_t *number_of(const struct swt_field *field, const char *pattern) {
    json_t *number = json_pack("{s:s, s:I}", "type", "integer", "minimum", (json_int_t)field->min);
    if (number != NULL && field->max <= INT64_MAX &&
        json_object_set_new(number, "maximum", json_integer((json_int_t)field->max)) < 0) {
        json_decref(number);
        return NULL;
    }
    return json_pack("{s:[o, o]}", "anyOf", number, string_of(pattern));
}

/* Hex digits that happen to read as a number are one to an editor. */
static json_t *sha256(void) {
    return json_pack("{s:[{s:s}, o]}", "anyOf", "type", "number", string_of("^[0-9A-Fa-f]{64}$"));
}

static json_t *boolean(void) {
    return json_pack("{s:[{s:s}, o]}", "anyOf", "type", "boolean", string_of("^(true|false)$"));
}

static json_t *choice(const struct swt_field *field) {
    json_t *choices = json_array();
    for (size_t i = 0; field->choices[i] != NULL; i++)
        if (json_array_append_new(choices, json_string(field->choices[i])) < 0) {
            json_decref(choices);
            return NULL;
        }
    return json_pack("{s:[{s:o}, {s:s, s:s}]}", "anyOf", "enum", choices, "type", "string",
                     "pattern", WITH_VARIABLE);
}

static json_t *list_of(json_t *items, size_t max) {
    json_t *list = json_pack("{s:s, s:o}", "type", "array", "items", items);
    if (list != NULL && max > 0 &&
        json_object_set_new(list, "maxItems", json_integer((json_int_t)max)) < 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *variables(void) {
    return json_pack("{s:s, s:{s:s}, s:{s:[s,s,s,s], s:s}}", "type", "object", "propertyNames",
                     "pattern", "^[A-Za-z_][A-Za-z0-9_]*$", "additionalProperties", "type",
                     "string", "number", "boolean", "null", "pattern", "^" ONE_LINE "*$");
}

static json_t *value_of(const struct swt_field *field) {
    switch (field->kind) {
    case SWT_FIELD_TEXT:
        return text_of("^" ONE_LINE "+$");
    case SWT_FIELD_PATH:
        return text_of("^" NO_SCHEME ONE_LINE "+$");
    case SWT_FIELD_SHA256:
        return sha256();
    case SWT_FIELD_CHOICE:
        return choice(field);
    case SWT_FIELD_TIME:
        return string_of("^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$");
    case SWT_FIELD_SCHEMA:
    case SWT_FIELD_NUMBER:
        return number_of(field, "^(0|[1-9][0-9]*)$");
    case SWT_FIELD_SIZE:
        return number_of(field, "^[0-9]+ ?(B|KiB|MiB|GiB)?$");
    case SWT_FIELD_BOOL:
        return boolean();
    case SWT_FIELD_TEXT_LIST:
        return list_of(text_of("^" ONE_LINE "+$"), 0);
    case SWT_FIELD_PATH_LIST:
    case SWT_FIELD_INCLUDE:
        return list_of(text_of("^" NO_SCHEME ONE_LINE "+$"), field->max);
    case SWT_FIELD_MAP:
        return describe_map(field->map);
    case SWT_FIELD_MAP_LIST:
        return list_of(describe_map(field->map), field->max);
    case SWT_FIELD_FREE_MAP:
        return json_pack("{s:s}", "type", "object");
    case SWT_FIELD_VARIABLES:
        return variables();
    }
    return NULL;
}

/* A null is not given. */
static json_t *property(const struct swt_field *field) {
    return json_pack("{s:s, s:[{s:s}, o]}", "description", field->help, "anyOf", "type", "null",
                     value_of(field));
}

/* ---- which keys go together -------------------------------------------------------------- */

static json_t *given(void) {
    return json_pack("{s:{s:s}}", "not", "type", "null");
}

/* One key of a pair without the other, and without what goes with the other. */
static json_t *only(const struct swt_field_map *map, const char *key, const char *other) {
    json_t *properties = json_pack("{s:o, s:{s:s}}", key, given(), other, "type", "null");
    for (size_t i = 0; properties != NULL && i < map->count; i++) {
        const struct swt_field *field = &map->fields[i];
        if (field->goes_with == NULL || strcmp(field->goes_with, other) != 0)
            continue;
        if (json_object_set_new(properties, field->key, json_pack("{s:s}", "type", "null")) < 0) {
            json_decref(properties);
            return NULL;
        }
    }
    return json_pack("{s:[s], s:o}", "required", key, "properties", properties);
}

static json_t *describe_map(const struct swt_field_map *map) {
    json_t *properties = json_object();
    for (size_t i = 0; properties != NULL && i < map->count; i++)
        if (json_object_set_new(properties, map->fields[i].key, property(&map->fields[i])) < 0) {
            json_decref(properties);
            return NULL;
        }
    json_t *object = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                               "additionalProperties", 0);
    if (object == NULL || map->either_of[0] == NULL)
        return object;
    json_t *either = json_pack("[o, o]", only(map, map->either_of[0], map->either_of[1]),
                               only(map, map->either_of[1], map->either_of[0]));
    if (json_object_set_new(object, "oneOf", either) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* ---- what a whole manifest needs --------------------------------------------------------- */

static json_t *needs_of(const struct swt_field_map *map);

static json_t *need_of(const struct swt_field *field) {
    json_t *need = field->kind == SWT_FIELD_MAP ? needs_of(field->map) : json_object();
    int failed = need == NULL;
    if (!failed && field->required)
        failed = json_object_set_new(need, "not", json_pack("{s:s}", "type", "null"));
    if (!failed && field->kind == SWT_FIELD_MAP_LIST)
        failed = json_object_set_new(need, "minItems", json_integer((json_int_t)field->min));
    if (!failed)
        return need;
    json_decref(need);
    return NULL;
}

/* The keys that map requires, and those that the maps in it do, as far as they are given. */
static json_t *needs_of(const struct swt_field_map *map) {
    json_t *needs = json_object();
    json_t *properties = json_object();
    json_t *required = json_array();
    int failed = 0;
    for (size_t i = 0; failed == 0 && i < map->count; i++) {
        json_t *need = need_of(&map->fields[i]);
        if (need != NULL && json_object_size(need) == 0)
            json_decref(need);
        else
            failed = json_object_set_new(properties, map->fields[i].key, need);
        if (failed == 0 && map->fields[i].required)
            failed = json_array_append_new(required, json_string(map->fields[i].key));
    }
    if (failed == 0 && json_array_size(required) > 0)
        failed = json_object_set(needs, "required", required);
    if (failed == 0 && json_object_size(properties) > 0)
        failed = json_object_set(needs, "properties", properties);
    json_decref(properties);
    json_decref(required);
    if (failed == 0)
        return needs;
    json_decref(needs);
    return NULL;
}

static json_t *whole(void) {
    const struct swt_field_map *map = &swt_manifest_fields;
    json_t *schema = describe_map(map);
    json_t *included =
        json_pack("{s:[s], s:{s:o}}", "required", "include", "properties", "include", given());
    json_t *alone = json_pack("{s:[s], s:o}", "required", "schema", "not", included);
    json_t *head = json_pack("{s:s, s:s, s:s, s:o, s:o}", "$schema",
                             "https://json-schema.org/draft/2020-12/schema", "title",
                             "Product manifest of swupdate-tool", "description",
                             "What goes into a software update bundle, and what is said about it: "
                             "swupdate-manifest(5)",
                             "if", alone, "then", needs_of(map));
    if (head == NULL || schema == NULL || json_object_update(head, schema) < 0) {
        json_decref(head);
        head = NULL;
    }
    json_decref(schema);
    return head;
}

int swt_manifest_json_schema(struct swt_buf *ret_json, struct swt_error *err) {
    json_t *schema = whole();
    int rc = swt_json_write(schema, JSON_INDENT(2), ret_json, err);
    json_decref(schema);
    return rc < 0 ? rc : swt_buf_append(ret_json, "\n", 1, err);
}
