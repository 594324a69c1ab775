/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reading: one row, one way in which parsers of protobuf differ. */
#include "metadata/support.h"

#include <stdlib.h>

#define BASE 1000

enum kind { ROOT, TARGETS, ENVELOPE, MANIFEST };

static int decode(enum kind kind, struct swt_slice bytes, struct swt_error *err) {
    struct swt_root *root = NULL;
    struct swt_targets *targets = NULL;
    struct swt_envelope envelope = {0};
    struct swt_device_manifest *manifest = NULL;
    int r = 0;
    switch (kind) {
    case ROOT:
        r = swt_root_decode(bytes, BASE, &root, err);
        swt_root_free(root);
        break;
    case TARGETS:
        r = swt_targets_decode(bytes, BASE, &targets, err);
        swt_targets_free(targets);
        break;
    case ENVELOPE:
        r = swt_envelope_decode(bytes, BASE, false, &envelope, err);
        swt_envelope_done(&envelope);
        break;
    case MANIFEST:
        r = swt_device_manifest_decode(bytes, &manifest, err);
        swt_device_manifest_free(manifest);
        break;
    }
    return r;
}

static const struct {
    const char *what;
    enum kind kind;
    const char *hex;
    uint64_t offset; /* from the start of the message */
    const char *part;
} refused[] = {
    {"version twice", TARGETS, "0a0410011002", 4, "CommonMetadata.version: the field occurs twice"},
    {"common metadata twice", TARGETS, "0a0210010a021001", 4, "common_metadata: the field occurs"},
    {"role twice", ROOT, "0a06220161220162", 5, "CommonMetadata.role: the field occurs twice"},
    {"expires twice", TARGETS, "0a081a0208011a020801", 6, "expires: the field occurs twice"},
    {"seconds twice", TARGETS, "0a061a0408010802", 6, "Timestamp.seconds: the field occurs"},
    {"consistent_snapshot twice", ROOT, "10011001", 2, "consistent_snapshot: the field occurs"},
    {"key id twice", ROOT, "1a060a01610a0162", 5, "KeyMapping.key_id: the field occurs twice"},
    {"key twice", ROOT, "1a0412001200", 4, "KeyMapping.key: the field occurs twice"},
    {"keyval twice", ROOT, "1a0812061a01611a0162", 7, "Key.keyval: the field occurs twice"},
    {"threshold twice", ROOT, "220410011001", 4, "threshold: the field occurs twice"},
    {"root role twice", ROOT, "22002200", 2, "root_signature_requirement: the field occurs"},
    {"file name twice", TARGETS, "12060a01610a0162", 5, "file_name: the field occurs twice"},
    {"length twice", TARGETS, "120410011002", 4, "TargetFile.length: the field occurs twice"},
    {"hash function twice", TARGETS, "12061a0408010801", 6, "Hash.function: the field occurs"},

    {"version as bytes", TARGETS, "0a03120161", 2, "expected wire type 0, found 2"},
    {"version as fixed32", TARGETS, "0a051501000000", 2, "expected wire type 0, found 5"},
    {"length as fixed64", TARGETS, "1209110100000000000000", 2, "expected wire type 0, found 1"},
    {"common metadata as varint", ROOT, "0801", 0, "expected wire type 2, found 0"},
    {"key as varint", ROOT, "1a021001", 2, "expected wire type 2, found 0"},
    {"signatures as varint", ENVELOPE, "1001", 0, "expected wire type 2, found 0"},

    {"version of 33 bits", TARGETS, "0a06108580808010", 2, "value 4294967301 is out of the range"},
    {"threshold of 64 bits", ROOT, "220b10ffffffffffffffffff01", 2, "out of the range"},
    {"bool of 2", ROOT, "1002", 0, "value 2 is out of the range"},
    {"nanos of 2^31", TARGETS, "0a081a06108080808008", 4, "out of the range"},
    {"nanos -1 in 32 bits", TARGETS, "0a081a0610ffffffff0f", 4, "out of the range"},
    {"nanos below -2^31", TARGETS, "0a0d1a0b10fffffffff7ffffffff01", 4, "out of the range"},
    {"hash function of 2^32+1", TARGETS, "12081a06088180808010", 4, "out of the range"},
    {"key type 4", ROOT, "1a0412020804", 4, "Key.key_type: expected a known number, found 4"},
    {"key type 300", ROOT, "1a05120308ac02", 4, "expected a known number, found 300"},
    {"key type -1", ROOT, "1a0d120b08ffffffffffffffffff01", 4, "expected a known number"},
    {"scheme 4", ROOT, "1a0412021004", 4, "Key.scheme: expected a known number, found 4"},

    {"role not UTF-8", ROOT, "0a032201ff", 4, "CommonMetadata.role: the text is not valid UTF-8"},
    {"role with a NUL", ROOT, "0a072205726f6f7400", 8, "the text holds a NUL byte"},
    {"spec_version surrogate", ROOT, "0a050a03eda080", 4, "not valid UTF-8"},
    {"file name overlong", TARGETS, "12040a02c0af", 4, "TargetFile.file_name: the text is not"},
    {"file name with a NUL", TARGETS, "12050a03610062", 5, "the text holds a NUL byte"},

    {"field number 0", TARGETS, "0001", 0, "field number"},
    {"field number of 2^29", TARGETS, "808080801000", 0, "field number"},
    {"tag of 35 bits", TARGETS, "88808080800100", 0, ""},
    {"group", TARGETS, "fb01fc01", 0, "group"},
    {"end of a group", ROOT, "1c", 0, "group"},
    {"wire type 6", ROOT, "0e", 0, "wire type"},
    {"wire type 7", ROOT, "0f", 0, "wire type"},
    {"tag padded", TARGETS, "8a00021001", 0, "minimal"},
    {"length padded", TARGETS, "0a82001001", 1, "minimal"},
    {"version padded", TARGETS, "0a03108100", 3, "minimal"},
    {"unknown varint padded", TARGETS, "f8078000", 2, "minimal"},
    {"varint of 65 bits", TARGETS, "0a0b10ffffffffffffffffff02", 3, "64 bits"},
    {"length past the end", TARGETS, "0a0310", 1, "past the end"},
    {"length of 2^64-1", TARGETS, "0affffffffffffffffff01", 1, "past the end"},
    {"inner length past its message", TARGETS, "12030a0961", 3, "past the end"},
    {"cut in a tag", TARGETS, "80", 0, "cut off"},
    {"cut in a varint", ROOT, "1080", 1, "cut off"},
    {"cut in a fixed64", TARGETS, "f90701020304", 2, "past the end"},

    {"unknown field in an envelope", ENVELOPE, "1a00", 0, "unknown field 3"},
    {"unknown field in a signature", ENVELOPE, "12021a00", 2, "unknown field 3"},
    {"metadata twice", ENVELOPE, "0a01610a0161", 3, "serialized_metadata: the field occurs twice"},
    {"key id of a signature twice", ENVELOPE, "12060a01610a0161", 5, "key_id: the field occurs"},
    {"signature value twice", ENVELOPE, "1206120161120161", 5, "Signature.sig: the field occurs"},
};

static void test_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(refused); i++) {
        struct swt_buf bytes = {0};
        struct swt_error err;
        buf_hex(&bytes, refused[i].hex);
        if (decode(refused[i].kind, swt_buf_slice(&bytes), &err) == 0)
            fail_msg("accepted: %s", refused[i].what);
        bool unknown = strncmp(refused[i].part, "unknown field", 13) == 0;
        assert_error(&err, unknown ? SWT_E_UNKNOWN_FIELD : SWT_E_METADATA, refused[i].part);
        if (!err.has_offset || err.offset != BASE + refused[i].offset)
            fail_msg("%s: offset %llu, expected %llu", refused[i].what,
                     (unsigned long long)err.offset,
                     (unsigned long long)(BASE + refused[i].offset));
        swt_buf_done(&bytes);
    }
}

static const struct {
    const char *what;
    enum kind kind;
    const char *hex;
} accepted[] = {
    {"nothing", ROOT, ""},
    {"nothing", TARGETS, ""},
    {"nothing", ENVELOPE, ""},
    {"zeros written explicitly", TARGETS, "0a04100022001200120410001a00"},
    {"consistent_snapshot false", ROOT, "1000"},
    {"key type and scheme not given", ROOT, "1a06120408001000"},
    {"fields in descending order", TARGETS, "12050a016110010a021001"},
    {"unknown fields of all wire types", TARGETS, "a00601a1060102030405060708a20600a50601020304"},
    {"highest field number", TARGETS, "f8ffffff0f01"},
    {"unknown hash function", TARGETS, "12041a020802"},
    {"negative hash function", TARGETS, "120d1a0b08ffffffffffffffffff01"},
    {"negative seconds and nanos", TARGETS, "0a181a1608ffffffffffffffffff0110ffffffffffffffffff01"},
    {"signatures before metadata", ENVELOPE, "12060a01611201620a0161"},
    {"empty signature", ENVELOPE, "1200"},
};

static void test_accepted(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(accepted); i++) {
        struct swt_buf bytes = {0};
        struct swt_error err;
        buf_hex(&bytes, accepted[i].hex);
        if (decode(accepted[i].kind, swt_buf_slice(&bytes), &err) < 0)
            fail_msg("%s: %s", accepted[i].what, err.message);
        swt_buf_done(&bytes);
    }
}

/* An absent number and a zero read alike. */
static void test_presence_does_not_matter(void **state) {
    (void)state;
    struct swt_error err;
    for (unsigned written = 0; written < 2; written++) {
        struct swt_buf bytes = {0};
        struct swt_targets *targets = NULL;
        buf_hex(&bytes, written ? "0a021000120610000a026162" : "0a0012040a026162");
        assert_int_equal(swt_targets_decode(swt_buf_slice(&bytes), 0, &targets, &err), 0);
        assert_int_equal(targets->common.version, 0);
        assert_int_equal(targets->target_count, 1);
        assert_int_equal(targets->targets[0].length, 0);
        assert_int_equal(targets->targets[0].name.len, 2);
        swt_targets_free(targets);
        swt_buf_done(&bytes);
    }
}

static void test_unknown_fields_are_counted_at_every_depth(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_root *root = NULL;
    struct swt_targets *targets = NULL;
    /* RootMetadata, CommonMetadata, Timestamp, KeyMapping, Key, SignatureRequirement */
    buf_hex(&bytes, "f80701"
                    "0a08f807011a03f80701"
                    "1a08f807011203f80701"
                    "2203f80701");
    assert_int_equal(swt_root_decode(swt_buf_slice(&bytes), 0, &root, &err), 0);
    assert_int_equal(root->unknown_fields, 6);
    swt_root_free(root);
    swt_buf_clear(&bytes);
    /* TargetsMetadata, TargetFile, Hash */
    buf_hex(&bytes, "f80701"
                    "1208f807011a03f80701");
    assert_int_equal(swt_targets_decode(swt_buf_slice(&bytes), 0, &targets, &err), 0);
    assert_int_equal(targets->unknown_fields, 3);
    swt_targets_free(targets);
    swt_buf_done(&bytes);
}

static void test_unknown_fields_are_told_with_their_messages(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_buf fields = {0};
    struct swt_targets *targets = NULL;
    /* TargetsMetadata, TargetFile, Hash: a number, bytes, 64 bits */
    static const char EXPECTED[] = "TargetsMetadata\0\xf8\x07\x01"
                                   "TargetFile\0\xfa\x07\x01x"
                                   "Hash\0\xf9\x07"
                                   "12345678";
    buf_hex(&bytes, "f80701"
                    "1212fa070178"
                    "1a0cf9073132333435363738"
                    "0801");
    assert_int_equal(swt_targets_decode(swt_buf_slice(&bytes), 0, &targets, &err), 0);
    assert_int_equal(swt_targets_unknown(targets, &fields, &err), 0);
    assert_int_equal(fields.len, sizeof EXPECTED - 1);
    assert_memory_equal(fields.data, EXPECTED, fields.len);
    swt_targets_free(targets);
    swt_buf_done(&fields);
    swt_buf_done(&bytes);
}

static void test_unknown_cap(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_targets *targets = NULL;
    for (int i = 0; i < SWT_MAX_UNKNOWN / 2; i++) {
        put_uint(&bytes, 77, 1);
        struct swt_buf file = {0};
        put_uint(&file, 77, 1);
        put_child(&bytes, 2, &file);
    }
    assert_int_equal(swt_targets_decode(swt_buf_slice(&bytes), 0, &targets, &err), 0);
    assert_int_equal(targets->unknown_fields, SWT_MAX_UNKNOWN);
    swt_targets_free(targets);
    targets = NULL;
    put_uint(&bytes, 78, 1);
    assert_true(swt_targets_decode(swt_buf_slice(&bytes), 0, &targets, &err) < 0);
    assert_error(&err, SWT_E_METADATA, "more than 1024 unknown fields");
    assert_null(targets);
    swt_buf_done(&bytes);
}

/* count entries of field pass, one more does not. */
static void assert_cap(enum kind kind, uint32_t outer, uint32_t number, size_t count,
                       const char *part) {
    struct swt_error err;
    struct swt_buf message = {0};
    struct swt_slice entry = swt_slice_of(NULL, 0);
    for (size_t i = 0; i < count + 1; i++) {
        put_slice(&message, number, entry);
        struct swt_buf whole = {0};
        if (i + 1 < count)
            continue;
        if (outer > 0)
            put_slice(&whole, outer, swt_buf_slice(&message));
        int r = decode(kind, swt_buf_slice(outer > 0 ? &whole : &message), &err);
        assert_int_equal(r == 0, i + 1 == count);
        swt_buf_done(&whole);
    }
    assert_error(&err, SWT_E_METADATA, part);
    swt_buf_done(&message);
}

static void test_caps(void **state) {
    (void)state;
    assert_cap(ROOT, 0, 3, SWT_MAX_KEYS, "RootMetadata.keys: more than 64 entries");
    assert_cap(ROOT, 4, 1, SWT_MAX_KEYS, "key_ids: more than 64 entries");
    assert_cap(ROOT, 5, 1, SWT_MAX_KEYS, "key_ids: more than 64 entries");
    assert_cap(TARGETS, 0, 2, SWT_MAX_TARGETS, "target_files: more than 10000 entries");
    assert_cap(TARGETS, 2, 3, SWT_MAX_HASHES, "TargetFile.hashes: more than 4 entries");
    assert_cap(ENVELOPE, 0, 2, SWT_MAX_SIGNATURES, "signatures: more than 1024 entries");
}

/* One unknown field fills the metadata up to the cap. */
static void test_size_cap(void **state) {
    (void)state;
    struct swt_error err;
    size_t len = SWT_MAX_METADATA - 6;
    uint8_t *zeros = calloc(1, SWT_MAX_METADATA + 1);
    assert_non_null(zeros);
    for (size_t more = 0; more < 2; more++) {
        struct swt_buf bytes = {0};
        put_slice(&bytes, 77, swt_slice_of(zeros, len + more));
        assert_int_equal(bytes.len, SWT_MAX_METADATA + more);
        assert_int_equal(decode(ROOT, swt_buf_slice(&bytes), &err) == 0, more == 0);
        assert_int_equal(decode(TARGETS, swt_buf_slice(&bytes), &err) == 0, more == 0);
        swt_buf_done(&bytes);
        put_slice(&bytes, 1, swt_slice_of(zeros, SWT_MAX_METADATA + more));
        struct swt_envelope envelope = {0};
        int r = swt_envelope_decode(swt_buf_slice(&bytes), 0, false, &envelope, &err);
        assert_int_equal(r == 0, more == 0);
        swt_envelope_done(&envelope);
        swt_buf_done(&bytes);
    }
    assert_error(&err, SWT_E_METADATA, "expected at most 4194304");
    free(zeros);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_presence_does_not_matter),
        cmocka_unit_test(test_unknown_fields_are_counted_at_every_depth),
        cmocka_unit_test(test_unknown_fields_are_told_with_their_messages),
        cmocka_unit_test(test_unknown_cap),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_size_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
