/* SPDX-License-Identifier: Apache-2.0 */
/* check: what is wrong with files that are kept or shipped. A further kind of file is a function
 * like those of check.h, chosen in check_file. */
#include "check.h"

#include "swt/pipeline.h"

#include <stdlib.h>
#include <time.h>

/* ---- the walk ---------------------------------------------------------------------------- */

struct check {
    struct swt_checked_file *files;
    size_t file_count;
    int64_t now;
};

static void check_done(struct check *check) {
    for (size_t i = 0; check->files != NULL && i < check->file_count; i++)
        swt_root_source_done(&check->files[i].root);
    free(check->files);
}

/* What is read once can be no bundle and no root: whatever it is, it is only known to be no log. */
static int refuse_stream(const struct swt_reader *reader, struct swt_error *err) {
    swt_fail(err, SWT_E_FILE_KIND, "expected an audit log, the one kind that a stream can be");
    swt_error_file(err, swt_reader_name(reader));
    return swt_error_hint(err, "give the name of a file that holds the bundle or root metadata");
}

/* err says that the file is no audit log; what it is instead helps more. */
static int refuse(const struct swt_reader *reader, bool known, enum swt_kind kind,
                  struct swt_error *err) {
    struct swt_error fault = *err;
    if (!swt_reader_seekable(reader))
        return refuse_stream(reader, err);
    swt_fail(err, SWT_E_FILE_KIND, "expected a bundle, root metadata or an audit log, found %s",
             known                          ? swt_kind_name(kind)
             : swt_reader_size(reader) == 0 ? "an empty file"
                                            : "none of them");
    swt_error_file(err, swt_reader_name(reader));
    if (known && kind == SWT_KIND_AUDIT_LOG)
        *err = fault;
    return -(int)err->code;
}

static int check_other(struct swt_checked_file *file, struct swt_reader *reader, bool known,
                       enum swt_kind kind, struct swt_error *err) {
    int rc = swt_check_audit_log(file, reader, err);
    return rc < 0 && err->code == SWT_E_FILE_KIND ? refuse(reader, known, kind, err) : rc;
}

/* Not known is what must be an audit log or none of these: a stream, which can be no bundle, as
 * that is opened again by its name; and a log that is too large to be detected. */
static int detect(struct swt_reader *reader, enum swt_kind *ret_kind, bool *ret_known,
                  struct swt_error *err) {
    if (!swt_reader_seekable(reader))
        return 0;
    int rc = swt_kind_detect(reader, ret_kind, err);
    *ret_known = rc == 0;
    if (rc == 0 || err->code != SWT_E_FILE_KIND)
        return rc;
    return swt_reader_seek(reader, 0, err);
}

static int check_file(struct check *check, struct swt_checked_file *file, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    enum swt_kind kind = SWT_KIND_AUDIT_LOG;
    bool known = false;
    int rc = swt_reader_open(file->path, &reader, err);
    if (rc == 0)
        rc = swt_json_set(file->json, "file", swt_json_path(swt_reader_name(reader)), err);
    if (rc == 0)
        rc = detect(reader, &kind, &known, err);
    if (rc < 0)
        return rc;
    if (known && kind == SWT_KIND_ROOT)
        return swt_check_root_file(file, reader, check->now, err);
    if (known && swt_kind_is_bundle(kind))
        return swt_check_bundle(file, check->now, err);
    return check_other(file, reader, known, kind, err);
}

static int begin_files(struct check *check, const char *const *paths, json_t *list,
                       struct swt_error *err) {
    check->files = calloc(check->file_count + 1, sizeof *check->files);
    if (check->files == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (size_t i = 0; i < check->file_count && rc == 0; i++) {
        struct swt_checked_file *file = &check->files[i];
        file->path = paths[i];
        file->sound = true;
        file->json = json_object();
        rc = swt_json_add(list, file->json, err);
        if (rc == 0)
            file->findings = swt_json_array(file->json, "findings", err);
        if (rc == 0 && file->findings == NULL)
            rc = -SWT_E_MEMORY;
    }
    return rc;
}

static int end_files(const struct check *check, json_t *document, bool *ret_sound,
                     struct swt_error *err) {
    bool sound = true;
    int rc = 0;
    for (size_t i = 0; i < check->file_count && rc == 0; i++) {
        const struct swt_checked_file *file = &check->files[i];
        rc = swt_json_set(file->json, "sound", json_boolean(file->sound), err);
        if (rc == 0)
            rc = swt_json_set(file->json, "findings_omitted",
                              json_integer((json_int_t)file->omitted), err);
        sound &= file->sound;
    }
    *ret_sound = sound;
    return rc < 0 ? rc : swt_json_set(document, "ok", json_boolean(sound), err);
}

int swt_check(const struct swt_check_options *options, bool *ret_sound, json_t **ret_document,
              struct swt_error *err) {
    size_t file_count = options->file_count;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    SWT_CLEANUP(check_done)
    struct check check = {.file_count = file_count, .now = (int64_t)time(NULL)};
    json_t *list = swt_json_array(document, "files", err);
    bool sound = true;
    int rc = list == NULL ? -SWT_E_MEMORY : begin_files(&check, options->files, list, err);
    for (size_t i = 0; i < file_count && rc == 0; i++)
        rc = check_file(&check, &check.files[i], err);
    if (rc == 0)
        rc = swt_check_rotations(check.files, file_count, err);
    if (rc == 0)
        rc = end_files(&check, document, &sound, err);
    if (rc < 0)
        return rc;
    *ret_sound = sound;
    *ret_document = SWT_TAKE(document);
    return 0;
}
