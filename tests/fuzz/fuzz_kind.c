/* SPDX-License-Identifier: Apache-2.0 */
/* Which file is what: every file has one kind or is refused, and is left at its start. */
#include "../../src/pipeline/kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    struct swt_error err;
    enum swt_kind kind;
    if (swt_reader_open_memory(swt_slice_of(data, size), "input", &reader, &err) < 0)
        return 0;
    if (swt_kind_of_root_file(reader, &kind, &err) < 0 || swt_reader_offset(reader) != 0)
        __builtin_trap();
    if (swt_kind_name(kind) == NULL)
        __builtin_trap();
    bool known = swt_kind_detect(reader, &kind, &err) == 0;
    if (known && (swt_reader_offset(reader) != 0 || swt_kind_name(kind) == NULL))
        __builtin_trap();
    bool is_text;
    if (swt_kind_is_text(reader, &is_text, &err) < 0 || swt_reader_offset(reader) != 0)
        __builtin_trap();
    enum swt_kind bundle;
    bool expected = swt_kind_expect_bundle(reader, &bundle, &err) == 0;
    if (expected != (known && swt_kind_is_bundle(kind)) || (expected && bundle != kind))
        __builtin_trap();
    return 0;
}
