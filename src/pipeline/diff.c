/* SPDX-License-Identifier: Apache-2.0 */
/* diff: what differs between two bundles, or two files of root metadata, as they say themselves.
 * Nothing is authenticated. */
#include "diff.h"

#include <string.h>

static void diff_done(struct swt_diff *diff) {
    swt_diff_side_done(&diff->a);
    swt_diff_side_done(&diff->b);
    json_decref(diff->document);
}

/* ---- what is compared -------------------------------------------------------------------- */

static int check_kinds(const struct swt_diff *diff, struct swt_error *err) {
    const struct swt_diff_side *a = &diff->a;
    const struct swt_diff_side *b = &diff->b;
    if ((a->kind == SWT_KIND_ROOT) == (b->kind == SWT_KIND_ROOT))
        return 0;
    swt_fail(err, SWT_E_FILE_KIND, "expected %s to compare with %s, found %s",
             a->kind == SWT_KIND_ROOT ? "root metadata" : "a bundle", swt_reader_name(a->reader),
             swt_kind_name(b->kind));
    swt_error_file(err, swt_reader_name(b->reader));
    return swt_error_hint(err, "give two bundles, or two files of root metadata");
}

static int open_sides(struct swt_diff *diff, struct swt_error *err) {
    const struct swt_diff_options *options = diff->options;
    if (strcmp(options->a, "-") == 0 && strcmp(options->b, "-") == 0) {
        swt_fail(err, SWT_E_USAGE, "standard input can't be both files");
        return swt_error_hint(err, "give the name of one of them");
    }
    int rc = swt_diff_side_open(&diff->a, "a", options->a, options->allow_unknown, err);
    if (rc == 0)
        rc = swt_diff_side_open(&diff->b, "b", options->b, options->allow_unknown, err);
    return rc < 0 ? rc : check_kinds(diff, err);
}

static int read_payloads(struct swt_diff *diff, struct swt_error *err) {
    int rc = swt_diff_side_read(&diff->a, diff->options->progress, err);
    return rc < 0 ? rc : swt_diff_side_read(&diff->b, diff->options->progress, err);
}

/* ---- the document ------------------------------------------------------------------------ */

static int put_side(struct swt_diff *diff, const struct swt_diff_side *side, const char *path,
                    struct swt_error *err) {
    json_t *json = swt_json_object(diff->document, side->name, err);
    if (json == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_json_set(json, "file", swt_json_path(path), err);
    if (rc == 0 && side->kind != SWT_KIND_ROOT)
        rc =
            swt_json_set(json, "container",
                         json_string(swt_format_name(swt_bundle_format(side->bundle.bundle))), err);
    return rc < 0 ? rc
                  : swt_json_set(json, "size", swt_json_length(swt_reader_size(side->reader)), err);
}

static int make_head(struct swt_diff *diff, struct swt_error *err) {
    const char *kind = diff->a.kind == SWT_KIND_ROOT ? "root" : "bundle";
    diff->document = json_pack("{s:s, s:b}", "kind", kind, "authenticated", 0);
    if (diff->document == NULL)
        return swt_fail_memory(err);
    int rc = put_side(diff, &diff->a, diff->options->a, err);
    if (rc == 0)
        rc = put_side(diff, &diff->b, diff->options->b, err);
    /* Their places, which what follows fills. */
    if (rc == 0)
        rc = swt_json_set(diff->document, "same", json_false(), err);
    if (rc == 0)
        rc = swt_json_set(diff->document, "differences", json_integer(0), err);
    if (rc < 0)
        return rc;
    diff->notes = swt_json_array(diff->document, "notes", err);
    return diff->notes == NULL ? -SWT_E_MEMORY : 0;
}

/* Fields that only --allow-unknown lets pass, and that nobody knows how to compare. */
static int note_unknown(struct swt_diff *diff, const struct swt_diff_side *side, const char *name,
                        struct swt_error *err) {
    size_t unknown = side->root_envelope == NULL ? 0 : side->root_envelope->unknown_fields;
    if (side->kind != SWT_KIND_ROOT)
        unknown += swt_bundle_unknown_fields(side->bundle.bundle) +
                   side->bundle.targets_envelope.unknown_fields;
    if (unknown == 0)
        return 0;
    return swt_diff_note(diff, err,
                         "%s has %zu unknown field%s that no signature covers: not compared", name,
                         unknown, unknown == 1 ? "" : "s");
}

static int make_notes(struct swt_diff *diff, struct swt_error *err) {
    int rc = 0;
    if (diff->a.kind != diff->b.kind)
        rc = swt_diff_note(diff, err,
                           "A is %s, B %s: the container changes nothing of what is signed",
                           swt_kind_name(diff->a.kind), swt_kind_name(diff->b.kind));
    if (rc == 0)
        rc = note_unknown(diff, &diff->a, "A", err);
    return rc < 0 ? rc : note_unknown(diff, &diff->b, "B", err);
}

static int compare(struct swt_diff *diff, struct swt_error *err) {
    int rc = make_notes(diff, err);
    if (rc == 0 && diff->a.kind != SWT_KIND_ROOT)
        rc = read_payloads(diff, err);
    if (rc == 0 && diff->a.kind != SWT_KIND_ROOT)
        rc = swt_diff_bundles(diff, err);
    if (rc == 0)
        rc = swt_diff_roots(diff, err);
    if (rc == 0)
        rc = swt_diff_signatures(diff, err);
    if (rc == 0)
        rc = swt_json_set(diff->document, "same", json_boolean(diff->differences == 0), err);
    return rc < 0
               ? rc
               : swt_json_set(diff->document, "differences", json_integer(diff->differences), err);
}

int swt_diff(const struct swt_diff_options *options, bool *ret_same, json_t **ret_document,
             struct swt_error *err) {
    SWT_CLEANUP(diff_done) struct swt_diff diff = {.options = options};
    int rc = open_sides(&diff, err);
    if (rc == 0)
        rc = make_head(&diff, err);
    if (rc == 0)
        rc = compare(&diff, err);
    if (rc < 0)
        return rc;
    *ret_same = diff.differences == 0;
    *ret_document = SWT_TAKE(diff.document);
    return 0;
}
