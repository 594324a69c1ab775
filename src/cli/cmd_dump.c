/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

#include <string.h>

/* ---- the lines above the table ----------------------------------------------------------- */

static const char *kind_text(const char *kind) {
    static const struct {
        const char *kind, *text;
    } KINDS[] = {{"root", "root metadata"},
                 {"device-manifest", "device manifest"},
                 {"device", "device directory"},
                 {"signing-request", "signing request"},
                 {"signing-response", "signing response"}};
    for (size_t i = 0; i < SWT_COUNT(KINDS); i++)
        if (strcmp(kind, KINDS[i].kind) == 0)
            return KINDS[i].text;
    return kind;
}

static void print_title(struct swt_output *out, const json_t *document) {
    const char *kind = json_string_value(json_object_get(document, "kind"));
    swt_report_member(out, document, "file");
    swt_output_printf(out, ": ");
    if (json_object_get(document, "container") != NULL) {
        swt_report_member(out, document, "container");
        swt_output_printf(out, " bundle");
    } else {
        swt_output_printf(out, "%s", kind_text(kind));
    }
    if (json_object_get(document, "size") != NULL) {
        swt_output_printf(out, ", ");
        swt_report_size(out, document, "size");
    }
    swt_output_printf(out, " (nothing was verified)\n");
}

static void print_product(struct swt_output *out, const json_t *document) {
    const json_t *user_manifest = json_object_get(document, "user_manifest");
    const json_t *product = json_object_get(user_manifest, "product");
    const json_t *release = json_object_get(user_manifest, "release");
    if (json_object_get(product, "name") != NULL) {
        swt_report_label(out, "product");
        swt_report_member(out, product, "name");
        swt_report_optional(out, " (", product, "vendor", ")");
        swt_output_printf(out, "\n");
    }
    if (json_object_get(release, "version") != NULL) {
        swt_report_label(out, "release");
        swt_report_member(out, release, "version");
        swt_report_optional(out, ", channel ", release, "channel", "");
        swt_report_optional(out, ", vcs ", release, "vcs", "");
        swt_output_printf(out, "\n");
    }
}

/* ---- targets ----------------------------------------------------------------------------- */

static void print_metadata(struct swt_output *out, const json_t *metadata) {
    swt_report_label(out, "targets");
    swt_output_printf(out, "version ");
    swt_report_member(out, metadata, "version");
    swt_report_expiry(out, metadata);
    const json_t *signatures = json_object_get(metadata, "signatures");
    if (json_object_get(metadata, "quorum") != NULL || signatures == NULL)
        return;
    size_t i;
    const json_t *id;
    json_array_foreach(signatures, i, id) {
        swt_output_printf(out, "          signature of ");
        swt_output_escaped_text(out, json_string_value(id));
        swt_output_printf(out, ", not counted: no sound root is at hand\n");
    }
}

/* Of a device directory, which has one or says that it has none. */
static void print_floor(struct swt_output *out, const json_t *document) {
    const json_t *floor = json_object_get(document, "floor");
    if (floor == NULL)
        return;
    swt_report_label(out, "floor");
    if (json_is_null(floor))
        swt_output_printf(out, "none: any targets version\n");
    else
        swt_report_optional(out, "", document, "floor", "\n");
}

/* ---- the whole --------------------------------------------------------------------------- */

static int print_metadata_file(const struct swt_invocation *invocation, const json_t *document,
                               struct swt_error *err) {
    struct swt_output *out = invocation->out;
    const json_t *metadata = json_object_get(document, "targets_metadata");
    const json_t *root = json_object_get(document, "root");
    print_product(out, document);
    if (strcmp(json_string_value(json_object_get(document, "kind")), "root") == 0)
        swt_report_root(out, document, json_object_get(document, "quorum"), NULL);
    else if (root != NULL)
        swt_report_root(out, root, json_object_get(root, "quorum"),
                        json_object_get(metadata, "quorum"));
    print_floor(out, document);
    if (metadata != NULL)
        print_metadata(out, metadata);
    return swt_report_targets(out, json_object_get(document, "targets"), invocation->verbose, err);
}

static int print_dump(const struct swt_invocation *invocation, const json_t *document,
                      struct swt_error *err) {
    struct swt_output *out = invocation->out;
    const char *kind = json_string_value(json_object_get(document, "kind"));
    int rc = 0;
    print_title(out, document);
    if (strcmp(kind, "signing-request") == 0)
        rc = swt_report_request(out, document, err);
    else if (strcmp(kind, "signing-response") == 0)
        rc = swt_report_response(out, document, err);
    else
        rc = print_metadata_file(invocation, document, err);
    swt_report_warnings(out, json_object_get(document, "warnings"));
    return rc;
}

int swt_cmd_dump(const struct swt_invocation *invocation, struct swt_error *err) {
    json_t *document;
    int rc = swt_dump(invocation->arguments[0], &document, err);
    if (rc < 0)
        return rc;
    if (invocation->json) {
        swt_output_json(invocation->out, document);
        return 0;
    }
    rc = print_dump(invocation, document, err);
    json_decref(document);
    return rc;
}
