/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for --json: a document member by member, the items of its long lists one at a time. */
#include "output.h"

#include "swt/pipeline.h"

#define INDENT ((size_t)2)

/* Where a value that is within others is written. */
struct place {
    struct swt_output *out;
    size_t depth;
};

static void write_indent(struct swt_output *out, size_t depth) {
    swt_output_printf(out, "\n%*s", (int)(depth * INDENT), "");
}

/* Line breaks are those between the pieces of a value: within a text they are escaped. */
static int write_piece(const char *data, size_t len, void *context) {
    const struct place *place = context;
    if (len == 1 && data[0] == '\n')
        write_indent(place->out, place->depth);
    else
        swt_output_bytes(place->out, swt_slice_of(data, len));
    return place->out->failure.code == SWT_OK ? 0 : -1;
}

static void write_value(struct swt_output *out, size_t depth, const json_t *value) {
    /* ASCII: JSON leaves C1 and bidirectional characters as they are, a terminal does not. */
    const size_t style = JSON_INDENT(INDENT) | JSON_ENCODE_ANY | JSON_ENSURE_ASCII;
    struct place place = {out, depth};
    if (out->failure.code == SWT_OK &&
        (value == NULL || json_dump_callback(value, write_piece, &place, style) != 0) &&
        out->failure.code == SWT_OK)
        (void)swt_fail_memory(&out->failure);
}

static void write_list(struct swt_output *out, const json_t *list) {
    struct swt_long_list_place place = {.list = list};
    json_t *item;
    const char *before = "";
    swt_output_printf(out, "[");
    while (swt_long_list_next(&place, &item)) {
        swt_output_printf(out, "%s", before);
        before = ",";
        write_indent(out, 2);
        write_value(out, 2, item);
        json_decref(item);
    }
    if (before[0] != '\0')
        write_indent(out, 1);
    swt_output_printf(out, "]");
}

static void write_document(struct swt_output *out, json_t *document) {
    const char *name;
    json_t *value;
    const char *before = "{";
    json_object_foreach(document, name, value) {
        swt_output_printf(out, "%s", before);
        write_indent(out, 1);
        swt_output_printf(out, "\"%s\": ", name);
        if (swt_long_list_is(value))
            write_list(out, value);
        else
            write_value(out, 1, value);
        before = ",";
    }
    swt_output_printf(out, "\n}");
}

void swt_output_json(struct swt_output *out, json_t *value) {
    out->width = 0;
    if (json_object_size(value) > 0)
        write_document(out, value);
    else
        write_value(out, 0, value);
    swt_output_printf(out, "\n");
    json_decref(value);
}
