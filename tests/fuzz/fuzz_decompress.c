/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as compressed data: the first says by what (its value modulo 3) and, by what is left,
 * how long the original is said to be (2 to that power). Seeds: testdata/corpus/decompress, of an
 * original of 2 to the 6th bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "swt/targets.h"

static void expect(bool holds) {
    if (!holds)
        abort();
}

struct run {
    struct swt_slice bytes;
    uint64_t seen;
    uint64_t length;
};

/* In pieces, so that walking through the data goes over their edges. */
static int give(void *context, void *ret_data, size_t size, size_t *ret_len,
                struct swt_error *err) {
    struct run *run = context;
    size_t len = run->bytes.len < 7 ? run->bytes.len : 7;
    (void)err;
    expect(len <= size);
    if (len > 0)
        memcpy(ret_data, run->bytes.data, len);
    run->bytes = swt_slice_of(run->bytes.data + len, run->bytes.len - len);
    *ret_len = len;
    return 0;
}

static int take(void *context, const void *data, size_t len, struct swt_error *err) {
    struct run *run = context;
    (void)data;
    (void)err;
    run->seen += len;
    expect(run->seen <= run->length);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const enum swt_compression ALL[] = {SWT_COMPRESSION_GZIP, SWT_COMPRESSION_XZ,
                                               SWT_COMPRESSION_ZSTD};
    if (size == 0)
        return 0;
    struct run run = {.bytes = swt_slice_of(data + 1, size - 1),
                      .length = UINT64_C(1) << (data[0] / 3 % 24)};
    struct swt_decompression what = {.compression = ALL[data[0] % 3],
                                     .length = run.length,
                                     .source = give,
                                     .source_context = &run,
                                     .sink = take,
                                     .sink_context = &run};
    struct swt_error err = {0};
    /* The hash is that of 64 times "a", which the seeds make. */
    expect(swt_hex_decode("ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
                          what.sha256, sizeof what.sha256));
    int rc = swt_decompress(&what, &err);
    expect(rc == 0 ? run.seen == 64 && run.length == 64 : rc == -(int)SWT_E_COMPRESSION);
    expect(rc == 0 || (err.code == SWT_E_COMPRESSION && err.message[0] != '\0'));
    return 0;
}
