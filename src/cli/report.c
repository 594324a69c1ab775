/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "terminal.h"

#include <string.h>

struct swt_style swt_style_of(const struct swt_output *out) {
    if (!swt_terminal_colour(out->fd))
        return (struct swt_style){"", "", "", "", "", ""};
    /* To be read on a dark ground and on a light one: yellow is not, nor is what is bright. */
    return (struct swt_style){"\033[32m", "\033[31m", "\033[35m", "\033[2m", "\033[1m", "\033[0m"};
}

void swt_report_member(struct swt_output *out, const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    if (json_is_string(value))
        swt_output_escaped_text(out, json_string_value(value));
    else if (json_is_integer(value))
        swt_output_printf(out, "%lld", (long long)json_integer_value(value));
}

void swt_report_optional(struct swt_output *out, const char *prefix, const json_t *object,
                         const char *name, const char *suffix) {
    if (json_object_get(object, name) == NULL)
        return;
    swt_output_printf(out, "%s", prefix);
    swt_report_member(out, object, name);
    swt_output_printf(out, "%s", suffix);
}

void swt_report_shell_word(struct swt_output *out, const char *text) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf word = {0};
    if (out->failure.code == SWT_OK && swt_shell_word(&word, text, &out->failure) == 0)
        swt_output_escaped(out, swt_buf_slice(&word));
}

void swt_report_key(struct swt_output *out, const json_t *key) {
    swt_output_whole(out);
    swt_output_printf(out, "key:    ");
    swt_report_shell_word(out, json_string_value(json_object_get(key, "uri")));
    swt_report_optional(out, "\ntype:   ", key, "type", "\n");
    swt_report_optional(out, "key id: ", key, "key_id", "\n");
    const json_t *pem = json_object_get(key, "pem");
    if (pem != NULL)
        swt_output_printf(out, "%s", json_string_value(pem));
}

void swt_report_size(struct swt_output *out, const json_t *object, const char *name) {
    char text[SWT_SIZE_TEXT];
    const json_t *size = json_object_get(object, name);
    if (json_is_string(size)) /* more than a file can have */
        swt_output_printf(out, "%s B", json_string_value(size));
    else
        swt_output_printf(out, "%s", swt_size_text((uint64_t)json_integer_value(size), text));
}

void swt_report_list(struct swt_output *out, const json_t *list,
                     void (*print)(struct swt_output *out, const json_t *item)) {
    struct swt_long_list_place place = {.list = list};
    json_t *item;
    while (out->failure.code == SWT_OK && swt_long_list_next(&place, &item)) {
        if (item == NULL)
            (void)swt_fail_memory(&out->failure);
        else
            print(out, item);
        json_decref(item);
    }
}

/* ---- quorums ----------------------------------------------------------------------------- */

#define SHORT_ID 12

void swt_report_short_id(struct swt_output *out, const json_t *id) {
    const char *text = json_string_value(id);
    if (text == NULL)
        return;
    swt_output_printf(out, "%.*s%s", SHORT_ID, text,
                      strlen(text) <= SHORT_ID ? ""
                      : swt_terminal_utf8()    ? "…"
                                               : "...");
}

static void print_ids(struct swt_output *out, const char *prefix, const json_t *ids) {
    size_t i;
    const json_t *id;
    json_array_foreach(ids, i, id) {
        swt_output_printf(out, "%s", i == 0 ? prefix : ", ");
        swt_report_short_id(out, id);
    }
}

static bool contains(const json_t *ids, const json_t *id) {
    size_t i;
    const json_t *other;
    json_array_foreach(ids, i, other) if (json_equal(other, id)) return true;
    return false;
}

static void print_missing(struct swt_output *out, const json_t *quorum) {
    const json_t *signed_ids = json_object_get(quorum, "signed");
    long long missing = json_integer_value(json_object_get(quorum, "missing"));
    bool first = true;
    size_t i;
    const json_t *id;
    swt_output_printf(out, "; %lld more needed, of ", missing);
    json_array_foreach(json_object_get(quorum, "keys"), i, id) {
        if (contains(signed_ids, id))
            continue;
        swt_output_printf(out, "%s", first ? "" : ", ");
        swt_report_short_id(out, id);
        first = false;
    }
}

void swt_report_quorums(struct swt_output *out, const json_t *quorums) {
    struct swt_style style = swt_style_of(out);
    size_t i;
    const json_t *quorum;
    json_array_foreach(quorums, i, quorum) {
        const json_t *signed_ids = json_object_get(quorum, "signed");
        bool met = json_is_true(json_object_get(quorum, "met"));
        swt_output_printf(out, "%s quorum: %s%zu of %lld signed%s",
                          json_string_value(json_object_get(quorum, "of")),
                          met ? style.good : style.warning, json_array_size(signed_ids),
                          (long long)json_integer_value(json_object_get(quorum, "threshold")),
                          style.reset);
        print_ids(out, ": ", signed_ids);
        if (!met)
            print_missing(out, quorum);
        swt_output_printf(out, "\n");
    }
}

/* ---- warnings of a document -------------------------------------------------------------- */

void swt_report_warnings(struct swt_output *out, const json_t *warnings) {
    struct swt_style style = swt_style_of(out);
    size_t i;
    const json_t *warning;
    json_array_foreach(warnings, i, warning) {
        swt_output_printf(out, "%s%swarning:%s ", i == 0 ? "\n" : "", style.warning, style.reset);
        swt_output_hang(out);
        swt_output_escaped_text(out, json_string_value(warning));
        swt_output_printf(out, "\n");
    }
}

/* ---- steps ------------------------------------------------------------------------------- */

static const char *verdict_style(const struct swt_style *style, const char *verdict) {
    if (strcmp(verdict, "pass") == 0)
        return style->good;
    if (strcmp(verdict, "fail") == 0)
        return style->bad;
    return strcmp(verdict, "warn") == 0 ? style->warning : style->faint;
}

static void print_detail(struct swt_output *out, const char *label, const json_t *step,
                         const char *name) {
    if (json_object_get(step, name) == NULL)
        return;
    swt_output_printf(out, "         %-9s ", label);
    swt_output_hang(out);
    swt_report_member(out, step, name);
    swt_output_printf(out, "\n");
}

static void print_step(struct swt_output *out, const struct swt_style *style, const json_t *step,
                       bool verbose) {
    const char *verdict = json_string_value(json_object_get(step, "verdict"));
    bool failed = strcmp(verdict, "fail") == 0;
    bool skipped = strcmp(verdict, "skipped") == 0;
    swt_output_printf(out, "%s%-7s%s  %-*s", verdict_style(style, verdict), verdict, style->reset,
                      failed ? 0 : 16, json_string_value(json_object_get(step, "step")));
    const char *told = skipped ? "note" : "found";
    if (!failed && json_object_get(step, told) != NULL) {
        swt_output_printf(out, "  ");
        swt_output_hang(out);
        swt_report_member(out, step, told);
    }
    swt_output_printf(out, "\n");
    if (failed || verbose)
        print_detail(out, "expected:", step, "expected");
    if (failed)
        print_detail(out, "found:", step, "found");
    if (!skipped)
        print_detail(out, strcmp(verdict, "warn") == 0 ? "warning:" : "note:", step, "note");
}

void swt_report_steps(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    struct swt_style style = swt_style_of(out);
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(document, "steps"), i, step) {
        print_step(out, &style, step, invocation->verbose);
    }
    const char *verdict = json_string_value(json_object_get(document, "verdict"));
    bool accepted = strcmp(verdict, "accept") == 0;
    swt_output_printf(out, "%s%s%s: ", accepted ? style.good : style.bad, verdict, style.reset);
    /* Of a command that writes another file, the bundle has a member of its own. */
    swt_report_member(out, document,
                      json_object_get(document, "bundle") != NULL ? "bundle" : "file");
    swt_report_optional(out, " fails at ", document, "failed_step", "");
    if (accepted && !json_is_true(json_object_get(document, "authenticated")))
        swt_output_printf(out, " (the signer was not authenticated)");
    swt_output_printf(out, "\n");
}

/* ---- the end of a command ---------------------------------------------------------------- */

void swt_report_result(const struct swt_invocation *invocation, json_t *document,
                       const struct swt_notices *notices,
                       void (*text)(const struct swt_invocation *invocation,
                                    const json_t *document)) {
    if (notices != NULL)
        swt_report_notices(invocation, notices);
    if (!invocation->json) {
        const char *verdict = json_string_value(json_object_get(document, "verdict"));
        bool rejected = (verdict != NULL && strcmp(verdict, "reject") == 0) ||
                        json_is_false(json_object_get(document, "ok"));
        if (!invocation->quiet || rejected)
            text(invocation, document);
        json_decref(document);
        return;
    }
    if (notices != NULL &&
        json_object_set_new(document, "notices", swt_notices_json(notices)) < 0) {
        json_decref(document);
        document = NULL; /* printed as lack of memory */
    }
    swt_output_json(invocation->out, document);
}
