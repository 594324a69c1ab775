/* SPDX-License-Identifier: Apache-2.0 */
/* Advice as a line of text: what to do, for how many devices. */
#include "fleet_advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text == NULL ? "" : text;
}

static long long number_of(const json_t *object, const char *member) {
    return (long long)json_integer_value(json_object_get(object, member));
}

int swt_fleet_devices_text(uint64_t count, struct swt_buf *ret_text, struct swt_error *err) {
    /* "527,360 bytes": its number is what is wanted. */
    char bytes[SWT_SIZE_TEXT];
    (void)swt_bytes_text(count, bytes);
    bytes[strcspn(bytes, " ")] = '\0';
    return swt_buf_printf(ret_text, err, "%s device%s", bytes, count == 1 ? "" : "s");
}

/* "key A...", "keys A… and B…", "2 of the keys A…, B… and C…" */
static int keys_text(const json_t *act, const char *what, struct swt_buf *ret_text,
                     struct swt_error *err) {
    enum { SHOWN = 12 };
    const json_t *keys = json_object_get(act, "keys");
    size_t count = json_array_size(keys);
    bool all = number_of(act, "needed") == (long long)count;
    int rc =
        all ? swt_buf_printf(ret_text, err, "%skey%s ", what, count == 1 ? "" : "s")
            : swt_buf_printf(ret_text, err, "%lld of the %skeys ", number_of(act, "needed"), what);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = swt_buf_printf(ret_text, err, "%s%.*s...",
                            i == 0           ? ""
                            : i + 1 == count ? (all ? " and " : " or ")
                                             : ", ",
                            SHOWN, json_string_value(json_array_get(keys, i)));
    return rc;
}

static int step_text(const json_t *act, struct swt_buf *ret_text, struct swt_error *err) {
    int rc = swt_buf_printf(ret_text, err, "%s: expected %s", text_of(act, "step"),
                            text_of(act, "expected"));
    if (rc == 0 && text_of(act, "found")[0] != '\0')
        rc = swt_buf_printf(ret_text, err, ", found %s", text_of(act, "found"));
    if (rc == 0 && text_of(act, "note")[0] != '\0')
        rc = swt_buf_printf(ret_text, err, " (%s)", text_of(act, "note"));
    return rc;
}

/* Whether one of the acts builds the bundle again: what is changed in the file before is lost. */
static bool is_built_again(const json_t *acts) {
    static const char *const BUILDS[] = {"rebuild", "raise-version", "renew-targets"};
    size_t i;
    const json_t *act;
    json_array_foreach(acts, i, act) {
        for (size_t j = 0; j < SWT_COUNT(BUILDS); j++)
            if (strcmp(text_of(act, "act"), BUILDS[j]) == 0)
                return true;
    }
    return false;
}

static int use_root_text(const char *bundle, const json_t *acts, const json_t *act,
                         struct swt_buf *ret_text, struct swt_error *err) {
    /* Nor does convert take a bundle whose payloads are damaged. */
    if (is_built_again(acts))
        return swt_buf_printf(ret_text, err, "build it again with --root %s (root %lld)",
                              text_of(act, "file"), number_of(act, "root_version"));
    int rc = swt_buf_printf(ret_text, err, "put root %lld in (swupdate-tool convert ",
                            number_of(act, "root_version"));
    if (rc == 0)
        rc = swt_shell_word(ret_text, bundle, err);
    if (rc == 0)
        rc = swt_buf_printf(ret_text, err, " --root ");
    if (rc == 0)
        rc = swt_shell_word(ret_text, text_of(act, "file"), err);
    return rc < 0 ? rc : swt_buf_printf(ret_text, err, " -o OUT)");
}

static int stones_text(const json_t *act, struct swt_buf *ret_text, struct swt_error *err) {
    const json_t *roots = json_object_get(act, "roots");
    bool one = json_array_size(roots) == 1;
    int rc = swt_buf_printf(ret_text, err, one ? "a bundle that carries " : "bundles that carry ");
    size_t i;
    const json_t *root;
    json_array_foreach(roots, i, root) {
        const char *holder = text_of(root, "holder");
        if (rc == 0)
            rc = swt_buf_printf(ret_text, err, "%sroot version %lld (%s %s)",
                                i == 0 ? "" : ", then ", number_of(root, "root_version"),
                                holder[0] == '\0' ? "in" : "held by",
                                holder[0] == '\0' ? text_of(root, "file") : holder);
    }
    if (rc < 0)
        return rc;
    return swt_buf_printf(ret_text, err,
                          one ? " would be a stepping stone" : " would be stepping stones");
}

static int act_text(const char *bundle, const json_t *acts, const json_t *act,
                    struct swt_buf *ret_text, struct swt_error *err) {
    const char *name = text_of(act, "act");
    char root[48];
    (void)snprintf(root, sizeof root, " of root %lld", number_of(act, "root_version"));
    if (strcmp(name, "sign-root") == 0) {
        int rc = swt_buf_printf(ret_text, err, "sign the new root also with ");
        return rc < 0 ? rc : keys_text(act, "", ret_text, err);
    }
    if (strcmp(name, "sign-new-root") == 0) {
        int rc = swt_buf_printf(ret_text, err, "sign the new root also with its own ");
        return rc < 0 ? rc : keys_text(act, "", ret_text, err);
    }
    if (strcmp(name, "sign-targets") == 0) {
        int rc = swt_buf_printf(ret_text, err, "sign the targets also with ");
        if (rc == 0)
            rc = keys_text(act, "targets ", ret_text, err);
        return rc < 0 ? rc : swt_buf_printf(ret_text, err, "%s", root);
    }
    if (strcmp(name, "use-root") == 0)
        return use_root_text(bundle, acts, act, ret_text, err);
    if (strcmp(name, "raise-version") == 0)
        return swt_buf_printf(ret_text, err, "raise release.metadata_version above %lld",
                              number_of(act, "above"));
    if (strcmp(name, "renew-root") == 0)
        return swt_buf_printf(ret_text, err,
                              "renew root %lld, which expired %s, with a later expiry, and put "
                              "the new one in",
                              number_of(act, "root_version"), text_of(act, "expires"));
    if (strcmp(name, "renew-targets") == 0)
        return swt_buf_printf(ret_text, err,
                              "build it again with a later release.expires: it expired %s",
                              text_of(act, "expires"));
    if (strcmp(name, "send-whole") == 0)
        return swt_buf_printf(ret_text, err,
                              "send it with all payloads: it was personalized for other devices");
    if (strcmp(name, "stepping-stone") == 0)
        return stones_text(act, ret_text, err);
    if (strcmp(name, "rebuild") == 0) {
        bool is_told = strcmp(text_of(json_array_get(acts, 0), "act"), "use-root") == 0;
        int rc = swt_buf_printf(ret_text, err, is_told ? "mend " : "build it again: ");
        return rc < 0 ? rc : step_text(act, ret_text, err);
    }
    return step_text(act, ret_text, err);
}

/* "1,200 devices on root 2", "on roots 2, 3 and 4" */
static int whom_text(const json_t *item, struct swt_buf *ret_text, struct swt_error *err) {
    const json_t *versions = json_object_get(item, "root_versions");
    size_t count = json_array_size(versions);
    int rc = swt_fleet_devices_text((uint64_t)number_of(item, "count"), ret_text, err);
    if (rc == 0)
        rc = swt_buf_printf(ret_text, err, " on root%s", count == 1 ? "" : "s");
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = swt_buf_printf(ret_text, err, "%s%lld",
                            i == 0           ? " "
                            : i + 1 == count ? " and "
                                             : ", ",
                            (long long)json_integer_value(json_array_get(versions, i)));
    return rc;
}

int swt_fleet_advice_text(const struct swt_fleet *fleet, const json_t *item,
                          struct swt_buf *ret_text, struct swt_error *err) {
    const json_t *index = json_object_get(item, "bundle");
    const char *bundle =
        index == NULL ? NULL : fleet->bundles[(size_t)json_integer_value(index)].file;
    const json_t *acts = json_object_get(item, "acts");
    int rc = bundle == NULL ? 0 : swt_buf_printf(ret_text, err, "%s: ", bundle);
    size_t i;
    const json_t *act;
    json_array_foreach(acts, i, act) {
        if (rc == 0 && i > 0)
            rc = swt_buf_printf(ret_text, err, "; then ");
        if (rc == 0)
            rc = act_text(bundle, acts, act, ret_text, err);
    }
    if (rc == 0)
        rc = swt_buf_printf(ret_text, err, ": ");
    if (rc == 0)
        rc = whom_text(item, ret_text, err);
    if (rc < 0)
        return rc;
    return swt_buf_printf(ret_text, err,
                          json_is_true(json_object_get(item, "serves")) ? " would follow"
                                                                        : " refuse it");
}
