/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <string.h>
#include <yaml.h>

/*
 * libyaml's events → the tree, and nothing that formats.md, "The product manifest (YAML)" leaves
 * out. Each rule is checked when its event arrives, before the rest of the file is read.
 */

struct frame {
    struct swt_node *node; /* a list or a map */
    struct swt_node *tail; /* its last child */
    struct swt_node *key;  /* a map's key that waits for its value */
};

struct builder {
    struct swt_slice bytes;
    const char *file;
    struct swt_reading *reading;
    struct frame frames[SWT_MANIFEST_MAX_DEPTH];
    size_t depth;
    struct swt_node *root;
    size_t index; /* a character of bytes, and where it stands there */
    size_t offset;
};

static int fail_at(const struct builder *builder, yaml_mark_t mark, struct swt_error *err) {
    return swt_error_position(err, builder->file, (unsigned)mark.line + 1,
                              (unsigned)mark.column + 1);
}

/* Byte offset of a mark. libyaml counts characters; marks move on nearly always, so that walking
 * from the last one is linear in sum. */
static size_t offset_of(struct builder *builder, yaml_mark_t mark) {
    struct swt_slice bytes = builder->bytes;
    while (builder->index < mark.index && builder->offset < bytes.len) {
        builder->offset++;
        while (builder->offset < bytes.len && (bytes.data[builder->offset] & 0xc0) == 0x80)
            builder->offset++;
        builder->index++;
    }
    while (builder->index > mark.index && builder->offset > 0) {
        builder->offset--;
        while (builder->offset > 0 && (bytes.data[builder->offset] & 0xc0) == 0x80)
            builder->offset--;
        builder->index--;
    }
    return builder->offset;
}

static struct swt_node *node_new(struct builder *builder, enum swt_node_kind kind, yaml_mark_t mark,
                                 struct swt_error *err) {
    if (++builder->reading->nodes > SWT_MANIFEST_MAX_NODES) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX,
                       "more than %zu keys and values, included files among them",
                       SWT_MANIFEST_MAX_NODES);
        (void)fail_at(builder, mark, err);
        return NULL;
    }
    struct swt_node *node = swt_arena_alloc(builder->reading->arena, 1, sizeof *node, err);
    if (node == NULL)
        return NULL;
    node->kind = kind;
    node->file = builder->file;
    node->line = (unsigned)mark.line + 1;
    node->column = (unsigned)mark.column + 1;
    return node;
}

static struct frame *top_of(struct builder *builder) {
    return builder->depth == 0 ? NULL : &builder->frames[builder->depth - 1];
}

static bool expects_key(struct builder *builder) {
    const struct frame *top = top_of(builder);
    return top != NULL && top->node->kind == SWT_NODE_MAP && top->key == NULL;
}

/* Puts a finished or just opened value where the file has it. */
static void attach(struct builder *builder, struct swt_node *node) {
    struct frame *top = top_of(builder);
    if (top == NULL) {
        builder->root = node;
        return;
    }
    node->key = SWT_TAKE(top->key);
    if (top->tail == NULL)
        top->node->first = node;
    else
        top->tail->next = node;
    top->tail = node;
}

/* ---- what the strict subset leaves out --------------------------------------------------- */

static int check_properties(const struct builder *builder, const yaml_event_t *event,
                            const yaml_char_t *anchor, const yaml_char_t *tag,
                            struct swt_error *err) {
    if (anchor != NULL) {
        char shown[SWT_SHORT_TEXT];
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "the file must have no anchors (&%s)",
                       swt_short_text((const char *)anchor, shown));
        return fail_at(builder, event->start_mark, err);
    }
    if (tag != NULL) {
        char shown[SWT_SHORT_TEXT];
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "the file must have no tags (%s)",
                       swt_short_text((const char *)tag, shown));
        (void)swt_error_hint(err, "leave the tag out: a value has the type of its key");
        return fail_at(builder, event->start_mark, err);
    }
    return 0;
}

/* libyaml drops the tag "!" from its event; in the file it is still there. */
static int check_lone_tag(struct builder *builder, const yaml_event_t *event,
                          struct swt_error *err) {
    size_t offset = offset_of(builder, event->start_mark);
    if (offset >= builder->bytes.len || builder->bytes.data[offset] != '!')
        return 0;
    if (event->end_mark.index == event->start_mark.index) /* nothing, before somebody's tag */
        return 0;
    return check_properties(builder, event, NULL, (const yaml_char_t *)"!", err);
}

static bool is_plain_null(const yaml_event_t *event) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < SWT_COUNT(nulls); i++)
        if (strcmp((const char *)event->data.scalar.value, nulls[i]) == 0)
            return true;
    return false;
}

static int check_key(const struct builder *builder, const yaml_event_t *event,
                     struct swt_error *err) {
    const char *text = (const char *)event->data.scalar.value;
    uint32_t character;
    if (is_plain_null(event) || text[0] == '\0') {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "expected a key, found nothing");
    } else if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(text, "<<") == 0) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "the file must have no merge keys (<<)");
    } else if (swt_text_has_control(text, event->data.scalar.length, false, &character)) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "a key holds the control character U+%04X",
                       (unsigned)character);
    } else {
        return 0;
    }
    return fail_at(builder, event->start_mark, err);
}

/* ---- events ------------------------------------------------------------------------------ */

static int on_scalar(struct builder *builder, const yaml_event_t *event, struct swt_error *err) {
    int rc =
        check_properties(builder, event, event->data.scalar.anchor, event->data.scalar.tag, err);
    if (rc == 0)
        rc = check_lone_tag(builder, event, err);
    if (rc < 0)
        return rc;
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    /* What escapes make: "\0" would end the text early for some readers and not for others. */
    uint32_t character;
    if (swt_text_has_control(text, len, true, &character)) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "an escape makes the control character U+%04X",
                       (unsigned)character);
        return fail_at(builder, event->start_mark, err);
    }
    bool is_key = expects_key(builder);
    if (is_key) {
        rc = check_key(builder, event, err);
        if (rc < 0)
            return rc;
    }
    enum swt_node_kind kind = is_plain_null(event) ? SWT_NODE_NULL : SWT_NODE_TEXT;
    struct swt_node *node = node_new(builder, kind, event->start_mark, err);
    if (node == NULL)
        return -(int)err->code;
    if (kind == SWT_NODE_TEXT) {
        node->text = swt_arena_text(builder->reading->arena, text, len, err);
        if (node->text == NULL)
            return -(int)err->code;
    }
    if (is_key)
        top_of(builder)->key = node;
    else
        attach(builder, node);
    return 0;
}

static int on_open(struct builder *builder, const yaml_event_t *event, enum swt_node_kind kind,
                   struct swt_error *err) {
    bool map = kind == SWT_NODE_MAP;
    int rc = check_properties(
        builder, event, map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
        map ? event->data.mapping_start.tag : event->data.sequence_start.tag, err);
    if (rc == 0)
        rc = check_lone_tag(builder, event, err);
    if (rc < 0)
        return rc;
    if (expects_key(builder)) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "expected a key, found %s",
                       map ? "a map" : "a list");
        return fail_at(builder, event->start_mark, err);
    }
    if (builder->depth == SWT_MANIFEST_MAX_DEPTH) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "lists and maps are more than %d levels deep",
                       SWT_MANIFEST_MAX_DEPTH);
        return fail_at(builder, event->start_mark, err);
    }
    struct swt_node *node = node_new(builder, kind, event->start_mark, err);
    if (node == NULL)
        return -(int)err->code;
    attach(builder, node);
    builder->frames[builder->depth++] = (struct frame){.node = node};
    return 0;
}

static int on_close(struct builder *builder, struct swt_error *err) {
    const struct frame *top = top_of(builder);
    if (top == NULL) /* libyaml closes what it opened, and no more */
        return 0;
    builder->depth--;
    struct swt_node *node = top->node;
    return node->kind == SWT_NODE_MAP ? swt_tree_check_keys(builder->reading, node, err) : 0;
}

static int on_alias(const struct builder *builder, const yaml_event_t *event,
                    struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "the file must have no aliases (*%s)",
                   swt_short_text((const char *)event->data.alias.anchor, shown));
    (void)swt_error_hint(err, "quote a text that starts with '*'");
    return fail_at(builder, event->start_mark, err);
}

static int on_document_end(struct builder *builder, const yaml_event_t *event,
                           struct swt_error *err) {
    yaml_mark_t mark = event->end_mark;
    return swt_scan_rest(builder->bytes, offset_of(builder, mark), builder->file,
                         (unsigned)mark.line + 1, (unsigned)mark.column + 1, err);
}

static int on_event(struct builder *builder, const yaml_event_t *event, bool *ret_done,
                    struct swt_error *err) {
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(builder, event, err);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(builder, event, SWT_NODE_LIST, err);
    case YAML_MAPPING_START_EVENT:
        return on_open(builder, event, SWT_NODE_MAP, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(builder, err);
    case YAML_ALIAS_EVENT:
        return on_alias(builder, event, err);
    case YAML_DOCUMENT_END_EVENT:
        /* libyaml is not asked again: directives of a second document would cost it seconds. */
        *ret_done = true;
        return on_document_end(builder, event, err);
    case YAML_STREAM_END_EVENT:
        *ret_done = true;
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
        break;
    }
    return 0;
}

/* ---- libyaml's own errors ---------------------------------------------------------------- */

/* The line of bytes that offset stands in. */
static struct swt_slice line_around(struct swt_slice bytes, size_t offset) {
    size_t start = offset;
    while (start > 0 && bytes.data[start - 1] != '\n')
        start--;
    size_t end = offset;
    while (end < bytes.len && bytes.data[end] != '\n')
        end++;
    return swt_slice_of(bytes.data + start, end - start);
}

static void hint_at(struct builder *builder, yaml_mark_t mark, struct swt_error *err) {
    struct swt_slice bytes = builder->bytes;
    size_t offset = offset_of(builder, mark);
    if (offset < bytes.len && bytes.data[offset] == '\t') {
        (void)swt_error_hint(err, "indent with spaces");
        return;
    }
    if (offset < bytes.len && (bytes.data[offset] == '@' || bytes.data[offset] == '`')) {
        (void)swt_error_hint(err, "quote a text that starts with '%c'", bytes.data[offset]);
        return;
    }
    struct swt_slice line = line_around(bytes, offset);
    if (memmem(line.data, line.len, "${", 2) != NULL)
        (void)swt_error_hint(err, "inside of { } and [ ], quote a text that holds ${...}");
}

static int fail_yaml(struct builder *builder, const yaml_parser_t *parser, struct swt_error *err) {
    if (parser->error == YAML_MEMORY_ERROR)
        return swt_fail_memory(err);
    const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
    yaml_mark_t mark = parser->problem_mark;
    if (parser->context != NULL && parser->context_mark.line != mark.line)
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "%s from line %zu: %s", parser->context,
                       parser->context_mark.line + 1, problem);
    else if (parser->context != NULL)
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "%s: %s", parser->context, problem);
    else
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "%s", problem);
    hint_at(builder, mark, err);
    return fail_at(builder, mark, err);
}

static int check_root(const struct builder *builder, struct swt_error *err) {
    const struct swt_node *root = builder->root;
    if (root == NULL || root->kind == SWT_NODE_NULL) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "the file is empty");
        return swt_error_position(err, builder->file, 1, 1);
    }
    if (root->kind != SWT_NODE_MAP) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "expected a map of keys to values, found %s",
                       swt_tree_kind_text(root));
        return swt_manifest_error_at(err, root);
    }
    return 0;
}

int swt_tree_read(struct swt_slice bytes, const char *file, struct swt_reading *reading,
                  struct swt_node **ret_root, struct swt_error *err) {
    SWT_CLEANUP(yaml_parser_delete) yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        memset(&parser, 0, sizeof parser);
        return swt_fail_memory(err);
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    /* libyaml asserts that there is a pointer, also for no bytes. */
    yaml_parser_set_input_string(&parser, bytes.len > 0 ? bytes.data : (const uint8_t *)"",
                                 bytes.len);

    struct builder builder = {.bytes = bytes, .file = file, .reading = reading};
    bool done = false;
    while (!done) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0)
            return fail_yaml(&builder, &parser, err);
        int rc = on_event(&builder, &event, &done, err);
        yaml_event_delete(&event);
        if (rc < 0)
            return rc;
    }
    int rc = check_root(&builder, err);
    if (rc < 0)
        return rc;
    *ret_root = builder.root;
    return 0;
}
