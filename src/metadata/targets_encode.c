/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

/* One target with the messages that it consists of. */
struct target_message {
    Tuf__TargetFile file;
    Tuf__Hash hash;
    Tuf__Hash *hashes[1];
};

static void fill_target(const struct swt_target_spec *spec, struct target_message *message) {
    tuf__target_file__init(&message->file);
    tuf__hash__init(&message->hash);
    message->hash.has_function = true;
    message->hash.function = TUF__HASH_FUNCTION__SHA256;
    message->hash.has_hash = true;
    message->hash.hash = swt_message_binary(swt_slice_of(spec->sha256, sizeof spec->sha256));
    message->hashes[0] = &message->hash;
    message->file.has_file_name = true;
    message->file.file_name = swt_message_binary(spec->name);
    message->file.has_length = true;
    message->file.length = spec->length;
    message->file.n_hashes = SWT_COUNT(message->hashes);
    message->file.hashes = message->hashes;
}

int swt_targets_encode(const struct swt_targets_spec *spec, struct swt_buf *ret_bytes,
                       struct swt_error *err) {
    if (spec->target_count > SWT_MAX_TARGETS)
        return swt_fail(err, SWT_E_TARGETS_RULES, "%zu targets, expected at most %d",
                        spec->target_count, SWT_MAX_TARGETS);
    SWT_CLEANUP(swt_arena_done) struct swt_arena arena = {0};
    struct target_message *messages = swt_arena_array(&arena, spec->target_count, sizeof *messages);
    Tuf__TargetFile **files =
        swt_arena_array(&arena, spec->target_count, sizeof(Tuf__TargetFile *));
    if (messages == NULL || files == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < spec->target_count; i++) {
        fill_target(&spec->targets[i], &messages[i]);
        files[i] = &messages[i].file;
    }

    Tuf__CommonMetadata common;
    Tuf__Timestamp expires;
    swt_common_init(&common, SWT_ROLE_TARGETS);
    tuf__timestamp__init(&expires);
    swt_common_set(&common, &expires, spec->version, spec->has_expires, spec->expires);

    Tuf__TargetsMetadata message;
    tuf__targets_metadata__init(&message);
    message.common_metadata = &common;
    message.n_target_files = spec->target_count;
    message.target_files = files;
    return swt_message_write(&message.base, &arena, ret_bytes, err);
}
