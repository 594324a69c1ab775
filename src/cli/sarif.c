/* SPDX-License-Identifier: Apache-2.0 */
#include "sarif.h"

#include "swt/base.h"
#include "swt/pipeline.h"

#include <string.h>

/* SARIF 2.1.0, appendix: where its JSON schema is published. */
#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* jansson's functions take NULL for a value that could not be made, and fail: so does the whole. */

/* ---- where --------------------------------------------------------------------------------- */

/* RFC 3986: what may stand in a path as it is. A colon could end a scheme. */
static bool is_plain(char byte) {
    static const char MARKS[] = "-._~!$&'()*+,;=@/";
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr(MARKS, byte) != NULL);
}

/* A relative reference, or of an absolute path a file URI. */
static json_t *uri_of(const char *path) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf uri = {0};
    struct swt_error ignored;
    bool absolute = path[0] == '/';
    /* "//x" would be a host. */
    while (absolute && path[1] == '/')
        path++;
    int rc = swt_buf_printf(&uri, &ignored, "%s", absolute ? "file://" : "");
    for (const char *at = path; *at != '\0' && rc == 0; at++)
        rc = is_plain(*at) ? swt_buf_append(&uri, at, 1, &ignored)
                           : swt_buf_printf(&uri, &ignored, "%%%02X", (unsigned)(uint8_t)*at);
    return rc < 0 ? NULL : json_string(swt_buf_text(&uri));
}

/* Where there is a line; a whole file has no region. */
static json_t *place_of(const json_t *file, const json_t *finding) {
    const json_t *other = json_object_get(finding, "file");
    const json_t *line = json_object_get(finding, "line");
    const json_t *column = json_object_get(finding, "column");
    json_t *place =
        json_pack("{s:{s:o}}", "artifactLocation", "uri",
                  uri_of(json_string_value(other != NULL ? other : json_object_get(file, "file"))));
    if (place == NULL || line == NULL)
        return place;
    json_t *region = json_pack("{s:I}", "startLine", json_integer_value(line));
    bool failed = json_object_set_new(place, "region", region) < 0;
    if (!failed && column != NULL)
        failed = json_object_set_new(region, "startColumn",
                                     json_integer(json_integer_value(column))) < 0;
    if (!failed)
        return place;
    json_decref(place);
    return NULL;
}

/* ---- what ---------------------------------------------------------------------------------- */

static json_t *message_of(const json_t *finding) {
    const char *message = json_string_value(json_object_get(finding, "message"));
    const char *hint = json_string_value(json_object_get(finding, "hint"));
    return hint == NULL ? json_string(message) : json_sprintf("%s\nhint: %s", message, hint);
}

static json_t *result_of(const json_t *file, const json_t *finding, size_t rule) {
    return json_pack("{s:O, s:I, s:O, s:{s:o}, s:[{s:o}]}", "ruleId",
                     json_object_get(finding, "code"), "ruleIndex", (json_int_t)rule, "level",
                     json_object_get(finding, "level"), "message", "text", message_of(finding),
                     "locations", "physicalLocation", place_of(file, finding));
}

/* The place of the code among the rules, which get it when it is the first of its kind; -1: out of
 * memory. */
static long long rule_of(json_t *rules, const char *code) {
    size_t i;
    const json_t *rule;
    json_array_foreach(rules, i, rule) {
        if (strcmp(json_string_value(json_object_get(rule, "id")), code) == 0)
            return (long long)i;
    }
    json_t *added = json_pack("{s:s, s:{s:o}}", "id", code, "shortDescription", "text",
                              swt_check_code_meaning(code));
    return json_array_append_new(rules, added) < 0 ? -1 : (long long)i;
}

/* Those that the document only counts. */
static json_int_t omitted_of(const json_t *document) {
    json_int_t omitted = 0;
    size_t i;
    const json_t *file;
    json_array_foreach(json_object_get(document, "files"), i, file) {
        omitted += json_integer_value(json_object_get(file, "findings_omitted"));
    }
    return omitted;
}

static int add_results(const json_t *file, json_t *rules, json_t *results) {
    size_t i;
    const json_t *finding;
    json_array_foreach(json_object_get(file, "findings"), i, finding) {
        long long rule = rule_of(rules, json_string_value(json_object_get(finding, "code")));
        if (rule < 0 || json_array_append_new(results, result_of(file, finding, (size_t)rule)) < 0)
            return -1;
    }
    return 0;
}

json_t *swt_sarif(const json_t *document) {
    json_t *rules = json_array();
    json_t *results = json_array();
    int failed = rules == NULL || results == NULL;
    size_t i;
    const json_t *file;
    json_array_foreach(json_object_get(document, "files"), i, file) {
        failed = failed || add_results(file, rules, results) < 0;
    }
    if (failed) {
        json_decref(rules);
        json_decref(results);
        return NULL;
    }
    return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o, s:{s:I}}]}", "$schema",
                     SARIF_SCHEMA, "version", "2.1.0", "runs", "tool", "driver", "name",
                     "swupdate-tool", "version", SWT_VERSION, "rules", rules, "columnKind",
                     "unicodeCodePoints", "results", results, "properties", "findings_omitted",
                     omitted_of(document));
}
