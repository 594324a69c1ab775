/* SPDX-License-Identifier: Apache-2.0 */
/* check: what is wrong with files that are kept or shipped. A further kind of file is a function
 * like those of check.h, chosen in check_file. */
#include "clock.h"
#include "policy.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the walk ---------------------------------------------------------------------------- */

struct walk {
    struct swt_check check;
    struct swt_policy_world policy;
    struct swt_checked_file *files;
    size_t file_count;
};

static void walk_done(struct walk *walk) {
    for (size_t i = 0; walk->files != NULL && i < walk->file_count; i++)
        swt_root_source_done(&walk->files[i].root);
    free(walk->files);
    swt_policy_world_done(&walk->policy);
}

/* What is read once can be no bundle and no root: whatever it is, it is only known to be no log. */
static int refuse_stream(const struct swt_reader *reader, struct swt_error *err) {
    swt_fail(err, SWT_E_FILE_KIND, "expected an audit log, the one kind that a stream can be");
    swt_error_file(err, swt_reader_name(reader));
    return swt_error_hint(err, "give the name of a file that holds the manifest, bundle or root "
                               "metadata");
}

/* What a file turned out to be. */
struct nature {
    bool known; /* kind says what it is */
    enum swt_kind kind;
    bool text;
};

/* err says that the file is no audit log; what it is instead helps more. */
static int refuse(const struct swt_reader *reader, const struct nature *nature,
                  struct swt_error *err) {
    struct swt_error fault = *err;
    if (!swt_reader_seekable(reader))
        return refuse_stream(reader, err);
    swt_fail(err, SWT_E_FILE_KIND,
             "expected a product manifest, a bundle, root metadata or an audit log, found %s",
             nature->known                  ? swt_kind_name(nature->kind)
             : swt_reader_size(reader) == 0 ? "an empty file"
                                            : "none of them");
    swt_error_file(err, swt_reader_name(reader));
    if (nature->known && nature->kind == SWT_KIND_AUDIT_LOG)
        *err = fault;
    return -(int)err->code;
}

/* What is text and no JSON of ours is meant to be a manifest. */
static int check_text(const struct swt_check *check, struct swt_checked_file *file,
                      struct swt_error *err) {
    if (strcmp(file->path, "-") != 0)
        return swt_check_manifest(check, file, err);
    swt_fail(err, SWT_E_FILE_KIND, "expected a bundle, root metadata or an audit log, found text");
    swt_error_hint(err, "give the name of a manifest: its paths are relative to it");
    return swt_error_file(err, "standard input");
}

/* An audit log is known by any of its lines: it may be damaged, or too large to be detected. */
static int check_other(const struct swt_check *check, struct swt_checked_file *file,
                       struct swt_reader *reader, const struct nature *nature,
                       struct swt_error *err) {
    int rc = swt_check_audit_log(file, reader, err);
    if (rc >= 0 || err->code != SWT_E_FILE_KIND)
        return rc;
    return nature->text && !nature->known ? check_text(check, file, err)
                                          : refuse(reader, nature, err);
}

/* A stream stays unknown: it can be no bundle, as that is opened again by its name. */
static int detect(struct swt_reader *reader, struct nature *nature, struct swt_error *err) {
    if (!swt_reader_seekable(reader))
        return 0;
    int rc = swt_kind_is_text(reader, &nature->text, err);
    nature->text &= swt_reader_size(reader) > 0;
    if (rc < 0)
        return rc;
    if (nature->text) {
        rc = swt_kind_detect_json(reader, &nature->kind, err);
        nature->known = rc > 0;
    } else {
        rc = swt_kind_detect(reader, &nature->kind, err);
        nature->known = rc == 0;
        if (rc < 0 && err->code == SWT_E_FILE_KIND)
            rc = 0;
    }
    return rc < 0 ? rc : swt_reader_seek(reader, 0, err);
}

static int check_file(const struct swt_check *check, struct swt_checked_file *file,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    struct nature nature = {.kind = SWT_KIND_AUDIT_LOG};
    int rc = swt_reader_open(file->path, &reader, err);
    if (rc == 0)
        rc = swt_json_set(file->json, "file", swt_json_path(swt_reader_name(reader)), err);
    if (rc == 0)
        rc = detect(reader, &nature, err);
    if (rc < 0)
        return rc;
    if (nature.known && nature.kind == SWT_KIND_ROOT)
        return swt_check_root_file(check, file, reader, err);
    if (nature.known && swt_kind_is_bundle(nature.kind))
        return swt_check_bundle(check, file, err);
    return check_other(check, file, reader, &nature, err);
}

static int begin_files(struct walk *walk, const char *const *paths, json_t *list,
                       struct swt_error *err) {
    walk->files = calloc(walk->file_count + 1, sizeof *walk->files);
    if (walk->files == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (size_t i = 0; i < walk->file_count && rc == 0; i++) {
        struct swt_checked_file *file = &walk->files[i];
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

static int end_files(const struct walk *walk, json_t *document, bool *ret_sound,
                     struct swt_error *err) {
    bool sound = true;
    int rc = 0;
    for (size_t i = 0; i < walk->file_count && rc == 0; i++) {
        const struct swt_checked_file *file = &walk->files[i];
        rc = swt_json_set(file->json, "sound", json_boolean(file->sound), err);
        if (rc == 0)
            rc = swt_json_set(file->json, "findings_omitted",
                              json_integer((json_int_t)file->omitted), err);
        sound &= file->sound;
    }
    *ret_sound = sound;
    return rc < 0 ? rc : swt_json_set(document, "ok", json_boolean(sound), err);
}

static int read_options(struct walk *walk, const struct swt_check_options *options,
                        struct swt_error *err) {
    struct swt_check *check = &walk->check;
    *check = (struct swt_check){.options = options,
                                .by_itself = {.self = true, .progress = options->progress},
                                .by_nothing = {.progress = options->progress},
                                .now = (int64_t)time(NULL)};
    const char *within = options->expires_within;
    if (within != NULL && (!swt_parse_span(within, &check->within) || check->within == 0)) {
        bool is_long = swt_span_written(within) && strspn(within, "0") + 1 < strlen(within);
        swt_fail(err, SWT_E_USAGE, "--expires-within '%s' is %s", within,
                 is_long ? "too long: nothing expires after the year 9999"
                         : "no span of at least an hour");
        return swt_error_hint(err, "write it as in 12h, 30d, 6w or 1y");
    }
    if (options->policy == NULL)
        return 0;
    check->policy = &walk->policy;
    return swt_policy_world_load(options->policy, &walk->policy, err);
}

int swt_check(const struct swt_check_options *options, bool *ret_sound, json_t **ret_document,
              struct swt_error *err) {
    size_t file_count = options->file_count;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    SWT_CLEANUP(walk_done) struct walk walk = {.file_count = file_count};
    json_t *list = swt_json_array(document, "files", err);
    bool sound = true;
    int rc = list == NULL ? -SWT_E_MEMORY : read_options(&walk, options, err);
    if (rc == 0)
        rc = begin_files(&walk, options->files, list, err);
    for (size_t i = 0; i < file_count && rc == 0; i++)
        rc = check_file(&walk.check, &walk.files[i], err);
    if (rc == 0)
        rc = swt_check_rotations(walk.files, file_count, err);
    if (rc == 0)
        rc = end_files(&walk, document, &sound, err);
    if (rc < 0)
        return rc;
    *ret_sound = sound;
    *ret_document = SWT_TAKE(document);
    return 0;
}
