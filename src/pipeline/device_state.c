/* SPDX-License-Identifier: Apache-2.0 */
/* The states that a device goes through: before a bundle, after its root, after its targets. */
#include "device_state.h"
#include "judge.h"

void swt_device_state_done(struct swt_device_state *state) {
    swt_device_source_done(&state->installed);
    swt_root_source_done(&state->root);
    *state = (struct swt_device_state){0};
}

static int copy_root(struct swt_slice bytes, struct swt_root_source *ret_root,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf copy = {0};
    int rc = swt_buf_append_slice(&copy, bytes, err);
    /* What was read once with unknown fields stays readable. */
    return rc < 0 ? rc : swt_root_source_decode(&copy, "the root", true, ret_root, err);
}

static int copy_installed(struct swt_slice bytes, struct swt_device_source *ret_installed,
                          struct swt_error *err) {
    SWT_CLEANUP(swt_device_source_done) struct swt_device_source source = {0};
    int rc = swt_buf_append_slice(&source.bytes, bytes, err);
    if (rc == 0)
        rc = swt_device_manifest_decode(swt_buf_slice(&source.bytes), &source.manifest, err);
    if (rc == 0)
        *ret_installed = SWT_MOVE(source);
    return rc;
}

int swt_device_state_copy(const struct swt_device_state *state, struct swt_device_state *ret_copy,
                          struct swt_error *err) {
    SWT_CLEANUP(swt_device_state_done)
    struct swt_device_state copy = {
        .knows_floor = state->knows_floor, .has_floor = state->has_floor, .floor = state->floor};
    int rc = copy_root(swt_buf_slice(&state->root.bytes), &copy.root, err);
    if (rc == 0 && state->installed.manifest != NULL)
        rc = copy_installed(swt_buf_slice(&state->installed.bytes), &copy.installed, err);
    if (rc == 0)
        *ret_copy = SWT_MOVE(copy);
    return rc;
}

json_t *swt_device_floor_json(const struct swt_device_state *state) {
    return state->has_floor ? json_integer((json_int_t)state->floor) : json_null();
}

/* In the one encoding, whatever order the bundle had its fields in, and without what no signature
 * covers. */
static int encode_new_root(const struct swt_judge *judge, struct swt_root_source *ret_root,
                           struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    const struct swt_envelope *envelope = &judge->root_envelope;
    int rc = swt_envelope_encode(envelope->metadata, envelope->signatures,
                                 envelope->signature_count, &bytes, err);
    return rc < 0 ? rc : swt_root_source_decode(&bytes, judge->file, false, ret_root, err);
}

int swt_judge_state_rotated(const struct swt_judge *judge, struct swt_device_state *ret_state,
                            struct swt_error *err) {
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state state = {0};
    int rc = swt_device_state_copy(judge->state, &state, err);
    if (rc == 0 && judge->rotated) {
        swt_root_source_done(&state.root);
        rc = encode_new_root(judge, &state.root, err);
    }
    if (rc < 0)
        return rc;
    if (judge->floor_cleared) {
        state.has_floor = false;
        state.floor = 0;
    }
    *ret_state = SWT_MOVE(state);
    return 0;
}

int swt_judge_state_installed(const struct swt_judge *judge, struct swt_device_state *ret_state,
                              struct swt_error *err) {
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state state = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf manifest = {0};
    struct swt_slice user_manifest = swt_buf_slice(&judge->user_manifest);
    int rc = swt_judge_state_rotated(judge, &state, err);
    if (rc == 0)
        rc = swt_device_manifest_encode(judge->targets->bytes,
                                        judge->has_user_manifest ? &user_manifest : NULL, &manifest,
                                        err);
    if (rc == 0) {
        swt_device_source_done(&state.installed);
        rc = copy_installed(swt_buf_slice(&manifest), &state.installed, err);
    }
    if (rc < 0)
        return rc;
    state.knows_floor = true;
    state.has_floor = true;
    state.floor = judge->targets->common.version;
    *ret_state = SWT_MOVE(state);
    return 0;
}
