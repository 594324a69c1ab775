/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of formats.md, "Target names", and of verification.md, steps 12 and 13. */
#include "targets.h"

#include <string.h>

/* A name for a message: at most the length that a valid one has. */
static int shown_len(struct swt_slice name) {
    return (int)(name.len < SWT_MAX_NAME ? name.len : SWT_MAX_NAME);
}

static const char *shown(struct swt_slice name) {
    return name.len > 0 ? (const char *)name.data : "";
}

static int fail_name(struct swt_slice name, const char *reason, struct swt_error *err) {
    return swt_fail(err, SWT_E_TARGET_NAME, "target name '%.*s': %s", shown_len(name), shown(name),
                    reason);
}

static int check_characters(struct swt_slice name, struct swt_error *err) {
    if (!swt_utf8_valid(name))
        return fail_name(name, "it is not valid UTF-8", err);
    for (size_t i = 0; i < name.len;) {
        uint32_t character;
        i += swt_utf8_next(swt_slice_of(name.data + i, name.len - i), &character);
        /* What a terminal obeys, or what shows another name than the one that is signed. */
        if (swt_char_is_control(character))
            return fail_name(name, "it holds a control or bidirectional formatting character", err);
        if (character == '\\')
            return fail_name(name, "it holds a backslash", err);
    }
    return 0;
}

/* Nothing that leaves the folder it is extracted to, and one spelling for one path. */
static int check_components(struct swt_slice name, struct swt_error *err) {
    size_t start = 0;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.data[i] != '/')
            continue;
        struct swt_slice component = swt_slice_of(name.data + start, i - start);
        if (component.len == 0)
            return fail_name(name, "it has an empty component, or a leading or trailing '/'", err);
        if (swt_slice_equal(component, swt_slice_text(".")) ||
            swt_slice_equal(component, swt_slice_text("..")))
            return fail_name(name, "it has a component '.' or '..'", err);
        start = i + 1;
    }
    return 0;
}

int swt_target_name_check(struct swt_slice name, struct swt_error *err) {
    if (name.len == 0)
        return fail_name(name, "it is empty", err);
    if (name.len > SWT_MAX_NAME)
        return swt_fail(err, SWT_E_TARGET_NAME,
                        "target name '%.*s...': %zu bytes, expected at most %d", shown_len(name),
                        shown(name), name.len, SWT_MAX_NAME);
    int r = check_characters(name, err);
    return r < 0 ? r : check_components(name, err);
}

int swt_targets_check_role(const struct swt_targets *targets, struct swt_error *err) {
    return swt_common_check(&targets->common, SWT_ROLE_TARGETS, SWT_E_TARGETS_RULES, err);
}

static int check_hashes(const struct swt_target *target, struct swt_error *err) {
    /* Of two hashes, one reader would take the first and another the last. */
    if (target->sha256_count != 1)
        return swt_fail(err, SWT_E_TARGETS_RULES,
                        "target '%.*s': expected exactly one SHA-256, found %u",
                        shown_len(target->name), shown(target->name), target->sha256_count);
    if (target->sha256 == NULL)
        return swt_fail(err, SWT_E_TARGETS_RULES, "target '%.*s': expected a SHA-256 of %d bytes",
                        shown_len(target->name), shown(target->name), SWT_DIGEST_SIZE);
    return 0;
}

/* Each proper prefix that ends before a '/' is looked up: in bytewise order `a-b` stands between
 * `a` and `a/b`, so that neighbours alone tell nothing. */
static int check_folders(const struct swt_targets *targets, struct swt_slice name,
                         struct swt_error *err) {
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] != '/')
            continue;
        struct swt_slice folder = swt_slice_of(name.data, i);
        if (swt_targets_find(targets, folder) != NULL)
            return swt_fail(err, SWT_E_TARGET_NAME,
                            "target name '%.*s': it is a folder of the target '%.*s'",
                            (int)folder.len, shown(folder), shown_len(name), shown(name));
    }
    return 0;
}

/* The sum is what readers count with; one that wraps round would be a small one. */
static int check_total(const struct swt_targets *targets, struct swt_error *err) {
    uint64_t total = 0;
    for (size_t i = 0; i < targets->target_count; i++)
        if (__builtin_add_overflow(total, targets->targets[i].length, &total))
            return swt_fail(err, SWT_E_TARGETS_RULES, "the lengths add up to more than 2^64 bytes");
    return 0;
}

int swt_targets_check_entries(const struct swt_targets *targets, struct swt_error *err) {
    const struct swt_targets_memory *memory = targets->message;
    for (size_t i = 0; i < targets->target_count; i++) {
        int r = swt_target_name_check(targets->targets[i].name, err);
        if (r < 0)
            return r;
        r = check_hashes(&targets->targets[i], err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < targets->target_count; i++) {
        struct swt_slice name = memory->by_name[i]->name;
        if (i > 0 && swt_slice_equal(memory->by_name[i - 1]->name, name))
            return fail_name(name, "it occurs twice", err);
        int r = check_folders(targets, name, err);
        if (r < 0)
            return r;
    }
    return check_total(targets, err);
}
