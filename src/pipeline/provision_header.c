/* SPDX-License-Identifier: Apache-2.0 */
/* The trust anchor, and the manifest of the factory image, as a C header. */
#include "c_array.h"
#include "provision.h"

#include "swt/io.h"

static int put_role(struct swt_buf *text, const char *name, const struct swt_root *root,
                    const struct swt_role *role, struct swt_error *err) {
    int rc = swt_buf_printf(text, err, " *\n * %s: %u of %zu key%s\n", name, role->threshold,
                            role->key_id_count, role->key_id_count == 1 ? "" : "s");
    for (size_t i = 0; i < role->key_id_count && rc == 0; i++) {
        char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        char type[16];
        /* The rules were checked: each id is of a key, and of that size. */
        const struct swt_root_key *key = swt_root_find_key(root, role->key_ids[i]);
        swt_hex_encode(key->id.data, SWT_KEY_ID_SIZE, id);
        rc = swt_buf_printf(text, err, " *   %s %s\n", id, swt_key_type_text(&key->key, type));
    }
    return rc;
}

static int put_comment(struct swt_buf *text, const struct swt_device_state *state,
                       struct swt_error *err) {
    const struct swt_root *root = state->root.root;
    uint8_t digest[SWT_DIGEST_SIZE];
    char hex[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    char expires[SWT_TIME_TEXT] = "never";
    int rc = swt_sha256_of(root->bytes, digest, err);
    if (rc < 0)
        return rc;
    swt_hex_encode(digest, sizeof digest, hex);
    if (root->common.has_expires)
        swt_time_text(root->common.expires, expires);
    rc = swt_buf_printf(text, err,
                        "/*\n"
                        " * The trust anchor of a device (signed root metadata), made by\n"
                        " * swupdate-tool provision.\n"
                        " *\n"
                        " * version: %u\n"
                        " * sha256:  %s (of the serialized root metadata)\n"
                        " * expires: %s\n",
                        root->common.version, hex, expires);
    if (rc == 0)
        rc = put_role(text, SWT_ROLE_ROOT, root, &root->root, err);
    if (rc == 0)
        rc = put_role(text, SWT_ROLE_TARGETS, root, &root->targets, err);
    if (rc == 0 && state->has_floor)
        rc = swt_buf_printf(text, err,
                            " *\n * The device manifest is that of the factory image, targets "
                            "version %u.\n",
                            state->floor);
    return rc < 0 ? rc : swt_buf_printf(text, err, " */\n");
}

static int put_root(struct swt_buf *text, const struct swt_device_state *state, const char *name,
                    struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf version = {0};
    int rc = swt_c_array_write(text, name, swt_buf_slice(&state->root.bytes), err);
    if (rc == 0)
        rc = swt_buf_printf(&version, err, "%s_root_version", name);
    return rc < 0 ? rc
                  : swt_c_number_write(text, swt_buf_text(&version),
                                       state->root.root->common.version, err);
}

static int put_manifest(struct swt_buf *text, const struct swt_device_state *state,
                        const char *name, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf manifest = {0};
    if (state->installed.manifest == NULL)
        return 0;
    int rc = swt_buf_printf(&manifest, err, "%s_device_manifest", name);
    return rc < 0 ? rc
                  : swt_c_array_write(text, swt_buf_text(&manifest),
                                      swt_buf_slice(&state->installed.bytes), err);
}

int swt_provision_header(const struct swt_device_state *state, const char *name,
                         struct swt_buf *ret_text, struct swt_error *err) {
    int rc = put_comment(ret_text, state, err);
    if (rc == 0)
        rc = swt_c_header_begin(ret_text, name, err);
    if (rc == 0)
        rc = put_root(ret_text, state, name, err);
    if (rc == 0)
        rc = put_manifest(ret_text, state, name, err);
    return rc < 0 ? rc : swt_c_header_end(ret_text, err);
}
