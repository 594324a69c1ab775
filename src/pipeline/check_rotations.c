/* SPDX-License-Identifier: Apache-2.0 */
/* Rotations between the roots of several files: what devices that hold the older one make of the
 * newer one. */
#include "check.h"
#include "stock.h"

#include "swt/signature.h"

#include <inttypes.h>

static bool all_p256(const struct swt_root *root) {
    for (size_t i = 0; i < root->key_count; i++)
        if (root->keys[i].key.type != SWT_KEY_P256)
            return false;
    return true;
}

static uint32_t version_of(const struct swt_checked_file *file) {
    return file->root.root->common.version;
}

/* A root of the next version below that of file among the files; NULL: there is none. */
static const struct swt_checked_file *find_before(const struct swt_checked_file *files,
                                                  size_t file_count,
                                                  const struct swt_checked_file *file) {
    const struct swt_checked_file *found = NULL;
    for (size_t i = 0; i < file_count && file->root.root != NULL; i++)
        if (files[i].root.root != NULL && version_of(&files[i]) < version_of(file) &&
            (found == NULL || version_of(&files[i]) > version_of(found)))
            found = &files[i];
    return found;
}

/* The same root in an earlier file was compared already. */
static bool is_repeated(const struct swt_checked_file *files, size_t place) {
    for (size_t i = 0; i < place; i++)
        if (files[i].root.root != NULL && swt_slice_equal(swt_buf_slice(&files[i].root.bytes),
                                                          swt_buf_slice(&files[place].root.bytes)))
            return true;
    return false;
}

static int check_growth(struct swt_checked_file *file, const struct swt_checked_file *older,
                        struct swt_error *err) {
    const struct swt_root *old_root = older->root.root;
    const struct swt_root *new_root = file->root.root;
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    char text[512];
    if (new_root == NULL || !all_p256(old_root) || !all_p256(new_root) ||
        !swt_stock_root_grows(older->root.bytes.len, swt_buf_slice(&file->root.bytes)))
        return 0;
    int rc = swt_quorum_count(old_root, &old_root->root, &file->root.envelope, &quorum, err);
    if (rc < 0 || !quorum.met)
        return rc;
    (void)snprintf(text, sizeof text,
                   "root version %" PRIu32 " (%zu bytes) is longer than version %" PRIu32
                   " (%zu bytes): stock Pigweed devices that hold that one refuse the first bundle "
                   "with this one, and accept it when it is sent again",
                   new_root->common.version, file->root.bytes.len, old_root->common.version,
                   older->root.bytes.len);
    struct swt_finding finding = {
        .level = SWT_LEVEL_WARNING,
        .code = "root-grows",
        .message = text,
        .hint =
            "keep a new root no longer than the one before it: root rotate keeps the targets keys "
            "that retire, root create --version N with the keys that stay does not (the old "
            "root's quorum signs it, too); or provision devices with room, as a spare key "
            "gives"};
    return swt_check_add(file, &finding, err);
}

int swt_check_rotations(struct swt_checked_file *files, size_t file_count, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < file_count && rc == 0; i++) {
        const struct swt_checked_file *before = find_before(files, file_count, &files[i]);
        for (size_t j = 0; j < file_count && rc == 0 && before != NULL; j++)
            if (files[j].root.root != NULL && version_of(&files[j]) == version_of(before) &&
                !is_repeated(files, j))
                rc = check_growth(&files[i], &files[j], err);
    }
    return rc;
}
