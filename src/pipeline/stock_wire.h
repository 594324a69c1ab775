/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf as a stock Pigweed device reads it: lazily, field by field, from bytes that nothing was
 * checked of before. The first occurrence of a field wins. Where the framing breaks, a message
 * ends, and what was read before counts; a repeated field has one element more there, of which
 * nothing can be read. Knows neither the strict reader (swt/base.h) nor its rules.
 */
#ifndef SWT_PIPELINE_STOCK_WIRE_H
#define SWT_PIPELINE_STOCK_WIRE_H

#include "swt/base.h"

/* Pigweed's pw::Status, as far as the device answers with it. */
enum swt_stock_status {
    SWT_STOCK_OK,
    SWT_STOCK_NOT_FOUND,
    SWT_STOCK_DATA_LOSS,
    SWT_STOCK_OUT_OF_RANGE,
    SWT_STOCK_FAILED_PRECONDITION,
    SWT_STOCK_RESOURCE_EXHAUSTED,
    SWT_STOCK_INTERNAL,
    SWT_STOCK_UNAUTHENTICATED
};
const char *swt_stock_status_name(enum swt_stock_status status); /* "NOT_FOUND" */

/* ---- one field --------------------------------------------------------------------------- */

enum swt_stock_type {
    SWT_STOCK_VARINT = 0,
    SWT_STOCK_FIXED64 = 1,
    SWT_STOCK_DELIMITED = 2,
    SWT_STOCK_FIXED32 = 5
};

struct swt_stock_field {
    uint32_t number;
    enum swt_stock_type type;
    uint64_t varint; /* its value, when it is one */
    uint64_t value;  /* where the value starts, from the field's first byte */
    uint64_t end;    /* where the next field starts, from there too */
};

/* So many bytes of a field decide on it: its key, and a length or a varint. */
#define SWT_STOCK_WINDOW 20
/* The field at the start of a message of which left bytes remain; window holds the first of them,
 * SWT_STOCK_WINDOW or all. False where the device's reading ends. */
bool swt_stock_field_read(struct swt_slice window, uint64_t left,
                          struct swt_stock_field *ret_field);

/* ---- messages in memory ------------------------------------------------------------------ */

/* A message or its bytes, or why there are none: then no field of it is found. */
struct swt_stock_value {
    enum swt_stock_status status;
    struct swt_slice bytes;
};
struct swt_stock_value swt_stock_value_of(struct swt_slice bytes);
struct swt_stock_value swt_stock_value_none(enum swt_stock_status status);

struct swt_stock_number {
    enum swt_stock_status status;
    uint64_t value;
};

struct swt_stock_value swt_stock_bytes(struct swt_stock_value message, uint32_t number);
struct swt_stock_number swt_stock_uint32(struct swt_stock_value message, uint32_t number);
struct swt_stock_number swt_stock_uint64(struct swt_stock_value message, uint32_t number);

/* The occurrences of a repeated field, in order. */
struct swt_stock_each {
    struct swt_slice rest;
    uint32_t number;
};
struct swt_stock_each swt_stock_each_of(struct swt_stock_value message, uint32_t number);
/* False at the end. A field of another wire type is an element of status NOT_FOUND, broken framing
 * one of status DATA_LOSS. */
bool swt_stock_each_next(struct swt_stock_each *each, struct swt_stock_value *ret_value);

/* The value of the first entry with that key; an entry before it that has no key ends the search
 * with its status. */
struct swt_stock_value swt_stock_map_get(struct swt_stock_value message, uint32_t number,
                                         struct swt_slice key);

/* Reads up to size bytes; the rest of ret_data becomes zero. An empty value is OUT_OF_RANGE. */
enum swt_stock_status swt_stock_read(struct swt_stock_value value, uint8_t *ret_data, size_t size);

#endif
