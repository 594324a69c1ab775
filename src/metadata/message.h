/* SPDX-License-Identifier: Apache-2.0 */
/* Between bytes and the messages of tuf.proto, and what all of those messages share. */
#ifndef SWT_METADATA_MESSAGE_H
#define SWT_METADATA_MESSAGE_H

#include "arena.h"

#include "swt/metadata.h"

#include "tuf.pb-c.h"

/* Signed metadata: strict reading within SWT_MAX_METADATA, then unpacking. What ret_message points
 * to belongs to the arena. SWT_E_METADATA. */
int swt_message_read(const ProtobufCMessageDescriptor *type, struct swt_slice bytes, uint64_t base,
                     struct swt_arena *arena, ProtobufCMessage **ret_message, size_t *ret_unknown,
                     struct swt_error *err) SWT_CHECKED;
/* Of bytes that passed the strict reading, alone or within another message. */
int swt_message_unpack(const ProtobufCMessageDescriptor *type, struct swt_slice bytes,
                       uint64_t base, struct swt_arena *arena, ProtobufCMessage **ret_message,
                       struct swt_error *err) SWT_CHECKED;
/* The strict reading alone. */
int swt_message_scan(const ProtobufCMessageDescriptor *type, struct swt_slice bytes, uint64_t base,
                     size_t *ret_unknown, struct swt_error *err) SWT_CHECKED;
/* Appends the message as proto3 writes it; drops the presence of its zero fields. */
int swt_message_write(ProtobufCMessage *message, struct swt_arena *arena, struct swt_buf *ret_bytes,
                      struct swt_error *err) SWT_CHECKED;

struct swt_slice swt_message_slice(ProtobufCBinaryData data);
/* For messages that are only written: protobuf-c has no type for bytes that it may not change. */
ProtobufCBinaryData swt_message_binary(struct swt_slice slice);

/* What both metadata messages hold; zero for an absent message. */
struct swt_common swt_common_of(const Tuf__CommonMetadata *message);
/* For writing: this tool's spec_version, and role. */
void swt_common_init(Tuf__CommonMetadata *common, const char *role);
/* Sets version and expiry, keeps the rest. expires_message is initialised, or the one that common
 * has: its unknown fields are kept. */
void swt_common_set(Tuf__CommonMetadata *common, Tuf__Timestamp *expires_message, uint32_t version,
                    bool has_expires, int64_t expires);
/* The role is the expected one and the expiry a valid Timestamp; message without context. */
int swt_common_check(const struct swt_common *common, const char *role, enum swt_code code,
                     struct swt_error *err) SWT_CHECKED;

#endif
