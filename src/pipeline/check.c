/* SPDX-License-Identifier: Apache-2.0 */
/* check: what is wrong with a file that is kept. A further kind of file is a function like
 * check_audit_log. */
#include "document.h"
#include "kind.h"

#include "swt/pipeline.h"

/* So many are told; a log that is damaged all over has no end of them. */
#define MAX_FINDINGS 100

struct findings {
    json_t *list; /* borrowed */
    uint64_t omitted;
};

static int add_finding(void *context, const struct swt_audit_finding *finding,
                       struct swt_error *err) {
    struct findings *findings = context;
    if (json_array_size(findings->list) == MAX_FINDINGS) {
        findings->omitted++;
        return 0;
    }
    return swt_json_add(findings->list,
                        json_pack("{s:s, s:s, s:I, s:s}", "level",
                                  finding->warning ? "warning" : "error", "code", finding->code,
                                  "line", (json_int_t)finding->line, "message", finding->message),
                        err);
}

static int set_counts(json_t *file, const struct swt_audit_summary *summary, uint64_t omitted,
                      struct swt_error *err) {
    json_t *counts = json_pack(
        "{s:b, s:I, s:I, s:I, s:I, s:s, s:I}", "sound", summary->faults == 0, "lines",
        (json_int_t)summary->lines, "signatures", (json_int_t)summary->signatures, "failed",
        (json_int_t)summary->failed, "unfinished", (json_int_t)summary->unfinished, "head",
        summary->head, "findings_omitted", (json_int_t)omitted);
    int rc = counts == NULL || json_object_update(file, counts) < 0 ? swt_fail_memory(err) : 0;
    json_decref(counts);
    return rc;
}

static int check_audit_log(struct swt_reader *reader, json_t *file, struct swt_error *err) {
    struct findings findings = {.list = swt_json_array(file, "findings", err)};
    struct swt_audit_summary summary;
    if (findings.list == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_audit_check(reader, add_finding, &findings, &summary, err);
    if (rc == 0)
        rc = swt_json_set(file, "kind", json_string("audit-log"), err);
    return rc < 0 ? rc : set_counts(file, &summary, findings.omitted, err);
}

/* err says that the file is no audit log; what it is instead helps more. */
static int refuse(struct swt_reader *reader, struct swt_error *err) {
    struct swt_error ignored;
    enum swt_kind kind;
    if (swt_reader_seekable(reader) && swt_reader_seek(reader, 0, &ignored) == 0 &&
        swt_kind_detect(reader, &kind, &ignored) == 0 && kind != SWT_KIND_AUDIT_LOG) {
        swt_fail(err, SWT_E_FILE_KIND, "expected an audit log, found %s", swt_kind_name(kind));
        swt_error_file(err, swt_reader_name(reader));
    }
    return -(int)err->code;
}

static int check_file(const char *path, json_t *files, bool *sound, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    int rc = swt_reader_open(path, &reader, err);
    if (rc < 0)
        return rc;
    json_t *file = json_object();
    rc = swt_json_add(files, file, err);
    if (rc == 0)
        rc = swt_json_set(file, "file", swt_json_path(swt_reader_name(reader)), err);
    if (rc == 0)
        rc = check_audit_log(reader, file, err);
    if (rc < 0)
        return err->code == SWT_E_FILE_KIND ? refuse(reader, err) : rc;
    *sound &= json_is_true(json_object_get(file, "sound"));
    return 0;
}

int swt_check(const char *const *files, size_t file_count, bool *ret_sound, json_t **ret_document,
              struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    json_t *list = swt_json_array(document, "files", err);
    bool sound = true;
    int rc = list == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < file_count && rc == 0; i++)
        rc = check_file(files[i], list, &sound, err);
    if (rc == 0)
        rc = swt_json_set(document, "ok", json_boolean(sound), err);
    if (rc < 0)
        return rc;
    *ret_sound = sound;
    *ret_document = SWT_TAKE(document);
    return 0;
}
