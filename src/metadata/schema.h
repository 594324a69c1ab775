/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the generated descriptors cannot say about a field: which bytes are text, how often a
 * repeated field may occur, which enum is closed, which field has presence in the proto3 original.
 * Numbers, types, labels and nesting come from the descriptors alone.
 */
#ifndef SWT_METADATA_SCHEMA_H
#define SWT_METADATA_SCHEMA_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

struct swt_schema_rule {
    const ProtobufCMessageDescriptor *message;
    const char *field;
    unsigned cap;     /* of a repeated field; 0: none */
    bool text;        /* UTF-8 without NUL */
    bool closed;      /* an enum whose unknown numbers are refused */
    bool is_explicit; /* proto3 `optional`: written even when it is empty */
};

/* The field's rule; one of no demands when the table has none. */
const struct swt_schema_rule *swt_schema_rule_of(const ProtobufCMessageDescriptor *message,
                                                 const ProtobufCFieldDescriptor *field);
/* Makes message, at every depth, one that is packed to the bytes that proto3 writes: scalars that
 * are zero or empty lose their presence. */
void swt_schema_drop_defaults(ProtobufCMessage *message);

#endif
