/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include "swt/io.h"

#include <inttypes.h>
#include <string.h>

/* Single values: a TEXT node becomes what its field says, and is never guessed at. */

static int fail_value(const struct swt_place *place, const struct swt_node *node,
                      const char *expected, struct swt_error *err) {
    char where[SWT_PLACE_TEXT];
    char shown[SWT_SHORT_TEXT];
    if (node->kind == SWT_NODE_TEXT)
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected %s, found '%s'",
                       swt_place_text(place, where), expected, swt_short_text(node->text, shown));
    else
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected %s, found %s",
                       swt_place_text(place, where), expected, swt_tree_kind_text(node));
    return swt_manifest_error_at(err, node);
}

static int check_path(const struct swt_place *place, const struct swt_node *node,
                      struct swt_error *err) {
    const char *text = node->text;
    if (!swt_path_has_scheme(text))
        return 0;
    /* A manifest runs no code and reaches no token. The rest of a URI may hold a PIN. */
    char where[SWT_PLACE_TEXT];
    char shown[SWT_SHORT_TEXT];
    char scheme[SWT_SHORT_TEXT] = "";
    size_t len = strcspn(text, ":") + 1;
    if (len < sizeof scheme)
        memcpy(scheme, text, len);
    (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected a path, found a URI ('%s'): %s",
                   swt_place_text(place, where), swt_short_text(scheme, shown),
                   place->field->no_uri);
    (void)swt_error_hint(err, "write ./a:b for a file whose name looks like a URI");
    return swt_manifest_error_at(err, node);
}

int swt_value_text(const struct swt_place *place, const struct swt_node *node, bool path,
                   struct swt_text *ret_text, struct swt_error *err) {
    const char *expected = path ? "a path" : "a text";
    if (node->kind != SWT_NODE_TEXT)
        return fail_value(place, node, expected, err);
    char where[SWT_PLACE_TEXT];
    uint32_t character;
    if (node->text[0] == '\0') {
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected %s, found an empty one",
                       swt_place_text(place, where), expected);
        (void)swt_error_hint(err, "leave the key out when there is no value");
        return swt_manifest_error_at(err, node);
    }
    if (swt_text_has_control(node->text, strlen(node->text), false, &character)) {
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                       "%s: expected one line of text, found the control character U+%04X in it",
                       swt_place_text(place, where), (unsigned)character);
        return swt_manifest_error_at(err, node);
    }
    if (path) {
        int rc = check_path(place, node, err);
        if (rc < 0)
            return rc;
    }
    *ret_text = (struct swt_text){.text = node->text, .node = node};
    return 0;
}

static int apply_schema(const struct swt_place *place, const struct swt_node *node,
                        struct swt_error *err) {
    uint64_t value;
    if (!swt_parse_uint(node->text, UINT64_MAX, &value))
        return fail_value(place, node, "the number 1", err);
    if (value >= place->field->min && value <= place->field->max)
        return 0;
    (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                   "schema: expected 1, found %" PRIu64 ": another version of the format", value);
    return swt_manifest_error_at(err, node);
}

static int apply_number(const struct swt_place *place, const struct swt_node *node,
                        struct swt_number *ret_number, struct swt_error *err) {
    const struct swt_field *field = place->field;
    uint64_t value;
    if (!swt_parse_uint(node->text, field->max, &value) || value < field->min) {
        char expected[96];
        struct swt_buf buf = {0};
        int rc = swt_buf_printf(&buf, err, "a decimal number from %" PRIu64 " to %" PRIu64,
                                field->min, field->max);
        if (rc == 0)
            (void)swt_short_text(swt_buf_text(&buf), expected);
        swt_buf_done(&buf);
        return rc < 0 ? rc : fail_value(place, node, expected, err);
    }
    *ret_number = (struct swt_number){.given = true, .value = value, .node = node};
    return 0;
}

static int apply_size(const struct swt_place *place, const struct swt_node *node,
                      struct swt_number *ret_number, struct swt_error *err) {
    uint64_t value;
    if (!swt_parse_size(node->text, &value) || value < place->field->min ||
        value > place->field->max)
        return fail_value(place, node, "a size of at least 1, in bytes, KiB, MiB or GiB", err);
    *ret_number = (struct swt_number){.given = true, .value = value, .node = node};
    return 0;
}

static int apply_time(const struct swt_place *place, const struct swt_node *node,
                      struct swt_text *ret_text, int64_t *ret_time, struct swt_error *err) {
    int64_t time;
    if (!swt_parse_time(node->text, &time))
        return fail_value(place, node, "a time in UTC (2027-11-23T00:00:00Z) or a date", err);
    *ret_time = time;
    *ret_text = (struct swt_text){.text = node->text, .node = node};
    return 0;
}

static int apply_bool(const struct swt_place *place, const struct swt_node *node, bool *ret_value,
                      struct swt_error *err) {
    if (strcmp(node->text, "true") == 0)
        *ret_value = true;
    else if (strcmp(node->text, "false") == 0)
        *ret_value = false;
    else
        return fail_value(place, node, "true or false", err);
    return 0;
}

static int apply_sha256(const struct swt_place *place, const struct swt_node *node,
                        struct swt_text *ret_text, struct swt_error *err) {
    uint8_t digest[SWT_SHA256_SIZE];
    if (!swt_hex_decode(node->text, digest, sizeof digest))
        return fail_value(place, node, "64 hex digits", err);
    *ret_text = (struct swt_text){.text = node->text, .node = node};
    return 0;
}

static int apply_choice(const struct swt_place *place, const struct swt_node *node,
                        struct swt_text *ret_text, struct swt_error *err) {
    const char *const *choices = place->field->choices;
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], node->text) == 0) {
            *ret_text = (struct swt_text){.text = node->text, .node = node};
            return 0;
        }
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf expected = {0};
    for (size_t i = 0; choices[i] != NULL; i++) {
        int rc = swt_buf_printf(&expected, err, "%s%s", i == 0 ? "" : " or ", choices[i]);
        if (rc < 0)
            return rc;
    }
    return fail_value(place, node, swt_buf_text(&expected), err);
}

int swt_value_apply(const struct swt_place *place, const struct swt_node *node, void *target,
                    struct swt_error *err) {
    const struct swt_field *field = place->field;
    char *base = target;
    void *at = base + field->offset;
    if (field->kind == SWT_FIELD_TEXT || field->kind == SWT_FIELD_PATH)
        return swt_value_text(place, node, field->kind == SWT_FIELD_PATH, at, err);
    if (node->kind != SWT_NODE_TEXT)
        return fail_value(place, node, "a single value", err);
    switch (field->kind) {
    case SWT_FIELD_SCHEMA:
        return apply_schema(place, node, err);
    case SWT_FIELD_NUMBER:
        return apply_number(place, node, at, err);
    case SWT_FIELD_SIZE:
        return apply_size(place, node, at, err);
    case SWT_FIELD_TIME:
        return apply_time(place, node, at, (int64_t *)(void *)(base + field->offset2), err);
    case SWT_FIELD_BOOL:
        return apply_bool(place, node, at, err);
    case SWT_FIELD_SHA256:
        return apply_sha256(place, node, at, err);
    case SWT_FIELD_CHOICE:
        return apply_choice(place, node, at, err);
    case SWT_FIELD_TEXT:
    case SWT_FIELD_PATH:
    case SWT_FIELD_TEXT_LIST:
    case SWT_FIELD_PATH_LIST:
    case SWT_FIELD_MAP:
    case SWT_FIELD_MAP_LIST:
    case SWT_FIELD_FREE_MAP:
    case SWT_FIELD_VARIABLES:
    case SWT_FIELD_INCLUDE:
        break;
    }
    return 0;
}
