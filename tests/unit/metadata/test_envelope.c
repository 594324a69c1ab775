/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/support.h"

static void test_round_trip(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    const struct swt_signature signatures[] = {
        {swt_slice_text("id-1"), swt_slice_text("value-1")},
        {swt_slice_text(""), swt_slice_text("")},
        {swt_slice_text("id-2"), swt_slice_text("")},
    };
    assert_int_equal(swt_envelope_encode(swt_slice_text("metadata"), signatures,
                                         SWT_COUNT(signatures), &bytes, &err),
                     0);
    assert_true(swt_envelope_canonical(swt_buf_slice(&bytes)));
    struct swt_envelope envelope = {0};
    assert_int_equal(swt_envelope_decode(swt_buf_slice(&bytes), 500, false, &envelope, &err), 0);
    assert_true(swt_slice_equal(envelope.metadata, swt_slice_text("metadata")));
    assert_int_equal(envelope.metadata_offset, 502);
    assert_ptr_equal(envelope.metadata.data, bytes.data + 2);
    assert_int_equal(envelope.signature_count, SWT_COUNT(signatures));
    for (size_t i = 0; i < SWT_COUNT(signatures); i++) {
        assert_true(swt_slice_equal(envelope.signatures[i].key_id, signatures[i].key_id));
        assert_true(swt_slice_equal(envelope.signatures[i].value, signatures[i].value));
    }
    swt_envelope_done(&envelope);
    swt_envelope_done(&envelope);
    swt_buf_done(&bytes);
}

static void test_empty(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_envelope envelope = {0};
    assert_int_equal(swt_envelope_encode(swt_slice_of(NULL, 0), NULL, 0, &bytes, &err), 0);
    assert_int_equal(bytes.len, 0);
    assert_true(swt_envelope_canonical(swt_buf_slice(&bytes)));
    assert_int_equal(swt_envelope_decode(swt_buf_slice(&bytes), 0, false, &envelope, &err), 0);
    assert_int_equal(envelope.metadata.len, 0);
    assert_int_equal(envelope.signature_count, 0);
    swt_envelope_done(&envelope);
    swt_buf_done(&bytes);
}

static void test_canonical(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        bool canonical;
    } rows[] = {
        {"0a0161", true},
        {"0a016112060a0162120163", true},
        {"0a01611200", true},
        {"0a016112060a01621201631200", true},
        {"12000a0161", false},             /* signatures first */
        {"0a016112061201630a0162", false}, /* value before key id */
        {"0a00", false},                   /* empty metadata written */
        {"12020a00", false},               /* empty key id written */
        {"12021200", false},               /* empty value written */
        {"0a01611a0162", true},            /* an unknown field at the end */
        {"0a0161120812015a1a0162200a", true},
        {"1a01620a0161", false}, /* an unknown field first */
        {"0a016112051a01620a00", false},
        {"0a01", false}, /* malformed */
        {"8a000161", false},
        {"0801", false}, /* wrong wire type */
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        struct swt_buf bytes = {0};
        buf_hex(&bytes, rows[i].hex);
        if (swt_envelope_canonical(swt_buf_slice(&bytes)) != rows[i].canonical)
            fail_msg("%s: expected %s", rows[i].hex,
                     rows[i].canonical ? "canonical" : "not canonical");
        swt_buf_done(&bytes);
    }
}

static void test_unknown_fields(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_envelope envelope = {0};
    buf_hex(&bytes, "0a0161"
                    "12061a016212015a"
                    "200a");
    assert_true(swt_envelope_decode(swt_buf_slice(&bytes), 0, false, &envelope, &err) < 0);
    assert_error(&err, SWT_E_UNKNOWN_FIELD, "unknown field 3");
    assert_null(envelope.signatures);
    assert_int_equal(swt_envelope_decode(swt_buf_slice(&bytes), 0, true, &envelope, &err), 0);
    assert_int_equal(envelope.unknown_fields, 2);
    assert_int_equal(envelope.signature_count, 1);
    assert_true(swt_slice_equal(envelope.signatures[0].value, swt_slice_text("Z")));
    swt_envelope_done(&envelope);
    swt_buf_done(&bytes);
}

/* What Pigweed reads in any order, and what a tar bundle must not hold. */
static void test_signatures_first(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_envelope envelope = {0};
    buf_hex(&bytes, "12061201630a01620a0161");
    assert_int_equal(swt_envelope_decode(swt_buf_slice(&bytes), 0, false, &envelope, &err), 0);
    assert_true(swt_slice_equal(envelope.metadata, swt_slice_text("a")));
    assert_int_equal(envelope.metadata_offset, 10);
    assert_true(swt_slice_equal(envelope.signatures[0].key_id, swt_slice_text("b")));
    assert_true(swt_slice_equal(envelope.signatures[0].value, swt_slice_text("c")));
    swt_envelope_done(&envelope);
    swt_buf_done(&bytes);
}

static void test_too_many_signatures(void **state) {
    (void)state;
    static struct swt_signature signatures[SWT_MAX_SIGNATURES + 1];
    struct swt_error err;
    struct swt_buf bytes = {0};
    assert_int_equal(
        swt_envelope_encode(swt_slice_text("m"), signatures, SWT_MAX_SIGNATURES, &bytes, &err), 0);
    swt_buf_clear(&bytes);
    assert_true(swt_envelope_encode(swt_slice_text("m"), signatures, SWT_MAX_SIGNATURES + 1, &bytes,
                                    &err) < 0);
    assert_error(&err, SWT_E_METADATA, "1025 signatures");
    assert_int_equal(bytes.len, 0);
    swt_buf_done(&bytes);
}

/* An envelope of size bytes: its metadata, and one signature that is as long as it takes. */
static void make_large(size_t size, struct swt_buf *bytes, struct swt_signature *signature) {
    static uint8_t value[SWT_MAX_SIGNED];
    /* Two tags with lengths of 4 bytes, and 3 bytes of metadata. */
    *signature = (struct swt_signature){.value = swt_slice_of(value, size - 3 - 5 - 5)};
    struct swt_buf entry = {0};
    put_slice(bytes, 1, swt_slice_text("m"));
    put_slice(&entry, 2, signature->value);
    put_child(bytes, 2, &entry);
    assert_int_equal(bytes->len, size);
}

static void test_too_large(void **state) {
    (void)state;
    for (size_t size = SWT_MAX_SIGNED; size <= SWT_MAX_SIGNED + 1; size++) {
        struct swt_error err;
        struct swt_buf bytes = {0};
        struct swt_buf again = {0};
        struct swt_envelope envelope = {0};
        struct swt_signature signature;
        make_large(size, &bytes, &signature);
        int decoded = swt_envelope_decode(swt_buf_slice(&bytes), 7, false, &envelope, &err);
        if (size > SWT_MAX_SIGNED) {
            assert_true(decoded < 0);
            assert_error(&err, SWT_E_METADATA,
                         "the envelope has 8388609 bytes, expected at most 8388608");
            assert_int_equal(err.offset, 7);
            assert_true(swt_envelope_encode(swt_slice_text("m"), &signature, 1, &again, &err) < 0);
            assert_error(&err, SWT_E_METADATA, "the envelope has 8388609 bytes");
            assert_int_equal(again.len, 0);
        } else {
            assert_int_equal(decoded, 0);
            assert_int_equal(swt_envelope_encode(swt_slice_text("m"), &signature, 1, &again, &err),
                             0);
            assert_true(swt_slice_equal(swt_buf_slice(&again), swt_buf_slice(&bytes)));
        }
        swt_envelope_done(&envelope);
        swt_buf_done(&again);
        swt_buf_done(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_empty),
        cmocka_unit_test(test_canonical),        cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_signatures_first), cmocka_unit_test(test_too_many_signatures),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
