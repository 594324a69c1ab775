/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <string.h>

/* Replaces ${NAME} in values: once, so that what a variable holds is never read as a variable. */

struct expansion {
    struct swt_reading *reading;
    struct swt_buf buf; /* of one value */
    bool told;          /* it failed because of a fault that was told before */
};

static void expansion_done(struct expansion *expansion) {
    swt_buf_done(&expansion->buf);
}

/* A value of 1 MiB that is asked for 200,000 times is 200 GiB: what is made has the limit of what
 * is read. */
static int append(struct expansion *expansion, const char *text, size_t len,
                  struct swt_error *err) {
    size_t *made = &expansion->reading->expanded;
    if (*made > SWT_MANIFEST_MAX_BYTES || len > SWT_MANIFEST_MAX_BYTES - *made) {
        expansion->told = *made > SWT_MANIFEST_MAX_BYTES;
        *made = SWT_MANIFEST_MAX_BYTES + 1;
        return swt_fail(err, SWT_E_VARIABLE,
                        "the values with variables hold more than 1 MiB once these are replaced");
    }
    *made += len;
    return swt_buf_append(&expansion->buf, text, len, err);
}

/* The end of what stands behind ":-" or ":?": up to the "}"; a "$" in it must be "$$". */
static int append_word(struct expansion *expansion, const char *word, size_t len,
                       struct swt_error *err) {
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '$' && (i + 1 == len || word[i + 1] != '$')) {
            (void)swt_fail(err, SWT_E_VARIABLE, "a default or message holds no variable");
            return swt_error_hint(err, "write $$ for a dollar");
        }
        if (word[i] == '$')
            i++;
        int rc = append(expansion, word + i, 1, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int fail_malformed(struct swt_error *err) {
    (void)swt_fail(err, SWT_E_VARIABLE,
                   "expected ${NAME}, ${NAME:-default}, ${NAME:?message} or $$ after a '$'");
    return swt_error_hint(err, "write $$ for a dollar");
}

/* what: how the variable lacks a value, where word does not say it. */
static int fail_undefined(struct expansion *expansion, const char *name, const char *what,
                          const char *word, size_t word_len, struct swt_error *err) {
    for (const struct swt_variables *some = expansion->reading->variables; some != NULL;
         some = some->outer)
        expansion->told |= some->unread;
    char shown[SWT_SHORT_TEXT];
    (void)swt_short_text(name, shown);
    if (word_len == 0) {
        (void)swt_fail(err, SWT_E_VARIABLE, "variable %s is %s", shown, what);
    } else {
        swt_buf_clear(&expansion->buf);
        int rc = append_word(expansion, word, word_len, err);
        if (rc < 0)
            return rc;
        (void)swt_fail(err, SWT_E_VARIABLE, "variable %s: %s", shown,
                       swt_buf_text(&expansion->buf));
    }
    return swt_error_hint(err, "-D %s=VALUE", shown);
}

/* text starts behind "${"; *ret_used is what was taken of it, the "}" too. */
static int expand_one(struct expansion *expansion, const char *text, size_t *ret_used,
                      struct swt_error *err) {
    size_t name_len = swt_variable_name_len(text);
    const char *end = strchr(text, '}');
    if (name_len == 0 || end == NULL)
        return fail_malformed(err);
    const char *behind = text + name_len; /* "}", ":-default}" or ":?message}" */
    char form = '\0';
    if (behind[0] == ':' && (behind[1] == '-' || behind[1] == '?'))
        form = behind[1];
    else if (behind != end)
        return fail_malformed(err);
    const char *word = form == '\0' ? end : behind + 2;
    size_t word_len = (size_t)(end - word);

    char *name = swt_arena_text(expansion->reading->arena, text, name_len, err);
    if (name == NULL)
        return -(int)err->code;
    const struct swt_variable *variable = swt_variables_find(expansion->reading->variables, name);
    const char *value = variable == NULL ? NULL : variable->value;
    int rc;
    if (variable != NULL && value == NULL) {
        expansion->told = true;
        rc = swt_fail(err, SWT_E_VARIABLE, "variable %s has no value", name);
    } else if (value != NULL && (form == '\0' || value[0] != '\0'))
        rc = append(expansion, value, strlen(value), err);
    else if (form == '-')
        rc = append_word(expansion, word, word_len, err);
    else
        rc = fail_undefined(expansion, name, value == NULL ? "not defined" : "empty", word,
                            word_len, err);
    if (rc < 0)
        return rc;
    *ret_used = (size_t)(end + 1 - text);
    return 0;
}

static int expand_text(struct expansion *expansion, const char *text, struct swt_error *err) {
    while (*text != '\0') {
        size_t plain = strcspn(text, "$");
        int rc = append(expansion, text, plain, err);
        if (rc < 0)
            return rc;
        text += plain;
        if (*text == '\0')
            break;
        size_t used = 0;
        if (text[1] == '$')
            rc = append(expansion, "$", 1, err);
        else if (text[1] == '{')
            rc = expand_one(expansion, text + 2, &used, err);
        else
            rc = fail_malformed(err);
        if (rc < 0)
            return rc;
        text += 2 + used;
    }
    return 0;
}

static int expand_value(struct expansion *expansion, struct swt_node *node, struct swt_error *err) {
    if (strchr(node->text, '$') == NULL)
        return 0;
    swt_buf_clear(&expansion->buf);
    expansion->told = false;
    int rc = expand_text(expansion, node->text, err);
    if (rc < 0 && expansion->told) {
        node->faulty = true;
        return 0;
    }
    if (rc < 0) {
        (void)swt_manifest_error_at(err, node);
        return swt_reading_fault(expansion->reading, node, err);
    }
    node->text =
        swt_arena_text(expansion->reading->arena, expansion->buf.data, expansion->buf.len, err);
    return node->text == NULL ? -(int)err->code : 0;
}

static int expand_node(struct expansion *expansion, struct swt_node *node, struct swt_error *err) {
    if (node->kind == SWT_NODE_TEXT)
        return expand_value(expansion, node, err);
    /* No deeper than SWT_MANIFEST_MAX_DEPTH. */
    for (struct swt_node *child = node->first; child != NULL; child = child->next) {
        int rc = expand_node(expansion, child, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int swt_tree_expand(struct swt_reading *reading, struct swt_node *node, struct swt_error *err) {
    if (reading->variables == NULL)
        return 0;
    SWT_CLEANUP(expansion_done) struct expansion expansion = {.reading = reading};
    return expand_node(&expansion, node, err);
}
