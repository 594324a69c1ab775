/* SPDX-License-Identifier: Apache-2.0 */
/* Told nothing odd, the forge writes what the program itself writes: so that what is odd in a
 * fixture is what somebody wanted there. */
#include "../../../src/pipeline/forge.h"
#include "swt/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct swt_signer *signers[3];

static int make_keys(void **state) {
    (void)state;
    struct swt_keyring keyring = {0};
    struct swt_error err;
    for (size_t i = 0; i < SWT_COUNT(signers); i++) {
        SWT_CLEANUP(swt_secret_done) struct swt_secret pem = {0};
        if (swt_signer_generate(i == 2 ? SWT_KIND_ED25519 : SWT_KIND_P256, "key.pem", &keyring,
                                &pem, &signers[i], &err) < 0)
            return -1;
    }
    return 0;
}

static int free_keys(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(signers); i++)
        swt_signer_free(signers[i]);
    return 0;
}

static void assert_same(const struct swt_buf *a, const struct swt_buf *b) {
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, a->len);
}

/* ---- metadata ---------------------------------------------------------------------------- */

static struct swt_slice id_of(size_t key) {
    return swt_slice_of(swt_signer_key_id(signers[key]), SWT_KEY_ID_SIZE);
}

static void check_root(uint32_t version, bool has_expires) {
    const struct swt_key targets_keys[] = {*swt_signer_key(signers[1]),
                                           *swt_signer_key(signers[2])};
    struct swt_root_spec spec = {.version = version,
                                 .has_expires = has_expires,
                                 .expires = 2000000000,
                                 .root_keys = swt_signer_key(signers[0]),
                                 .root_key_count = 1,
                                 .root_threshold = 1,
                                 .targets_keys = targets_keys,
                                 .targets_key_count = 2,
                                 .targets_threshold = 2};
    struct swt_forge_root root = {
        .common = {.version = version,
                   .has_expires = has_expires,
                   .expires = 2000000000,
                   .role = SWT_ROLE_ROOT},
        .key_count = 3,
        .root = {.ids = {id_of(0)}, .id_count = 1, .threshold = 1},
        .targets = {.ids = {id_of(1), id_of(2)}, .id_count = 2, .threshold = 2}};
    for (size_t i = 0; i < 3; i++)
        root.keys[i] = (struct swt_forge_key){*swt_signer_key(signers[i]), id_of(i)};
    SWT_CLEANUP(swt_buf_done) struct swt_buf want = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    struct swt_error err;
    assert_int_equal(swt_root_encode(&spec, &want, &err), 0);
    assert_int_equal(swt_forge_root(&root, &found, &err), 0);
    assert_same(&want, &found);
}

static void test_roots(void **state) {
    (void)state;
    check_root(1, false);
    check_root(300, true);
}

static void check_targets(uint32_t version, bool has_expires) {
    struct swt_target_spec specs[] = {{.name = swt_slice_text("app"), .length = 3},
                                      {.name = swt_slice_text("a/b"), .length = 0},
                                      {.name = swt_slice_text("large"), .length = 1 << 20}};
    struct swt_forge_target items[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        memset(specs[i].sha256, (int)i + 1, SWT_DIGEST_SIZE);
        items[i] =
            (struct swt_forge_target){.name = specs[i].name,
                                      .length = specs[i].length,
                                      .hashes = {swt_slice_of(specs[i].sha256, SWT_DIGEST_SIZE)},
                                      .hash_count = 1};
    }
    struct swt_targets_spec spec = {version, has_expires, 2000000000, specs, 3};
    struct swt_forge_targets targets = {.common = {.version = version,
                                                   .has_expires = has_expires,
                                                   .expires = 2000000000,
                                                   .role = SWT_ROLE_TARGETS},
                                        .items = items,
                                        .count = 3};
    SWT_CLEANUP(swt_buf_done) struct swt_buf want = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    struct swt_error err;
    assert_int_equal(swt_targets_encode(&spec, &want, &err), 0);
    assert_int_equal(swt_forge_targets(&targets, &found, &err), 0);
    assert_same(&want, &found);
}

static void test_targets(void **state) {
    (void)state;
    check_targets(0, false);
    check_targets(42, true);
}

/* ---- containers -------------------------------------------------------------------------- */

static const char LONG_NAME[] =
    "folder/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
    "nnnnnnnnnnnnnnnnnnnnnnnnn";

static void write_bundle(const char *path, enum swt_format format,
                         const struct swt_forge_member *members, size_t count) {
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
    struct swt_bundle_plan plan = {format, true, members[0].content, members[1].content};
    struct swt_error err;
    assert_int_equal(swt_writer_open(path, NULL, &writer, &err), 0);
    assert_int_equal(swt_bundle_writer_new(writer, &plan, &out, &err), 0);
    for (size_t i = 2; i < count; i++) {
        struct swt_slice content = members[i].content;
        assert_int_equal(swt_bundle_writer_begin(out, members[i].name, content.len, &err), 0);
        assert_int_equal(swt_bundle_writer_write(out, content.data, content.len, &err), 0);
    }
    assert_int_equal(swt_bundle_writer_finish(out, &err), 0);
    assert_int_equal(swt_writer_commit(writer, &err), 0);
}

static void check_container(enum swt_format format) {
    static const uint8_t BLOCK[SWT_TAR_BLOCK] = {1, 2, 3};
    struct swt_forge_member members[] = {
        {.kind = SWT_FORGE_ROOT, .content = swt_slice_text("root")},
        {.kind = SWT_FORGE_TARGETS, .content = swt_slice_text("targets")},
        {.kind = SWT_FORGE_PAYLOAD,
         .name = swt_slice_text("app"),
         .content = swt_slice_of(BLOCK, sizeof BLOCK)},
        {.kind = SWT_FORGE_PAYLOAD,
         .name = swt_slice_text(LONG_NAME),
         .content = swt_slice_text("content")},
        {.kind = SWT_FORGE_PAYLOAD, .name = swt_slice_text("empty"), .content = swt_slice_text("")},
    };
    struct swt_forge_bundle bundle = {
        .format = format, .members = members, .count = SWT_COUNT(members), .end_blocks = 2};
    char path[] = "/tmp/swt-forge-XXXXXX";
    SWT_CLEANUP(swt_buf_done) struct swt_buf want = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    struct swt_error err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    write_bundle(path, format, members, SWT_COUNT(members));
    assert_int_equal(swt_read_file(path, 1 << 20, &want, &err), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(swt_forge_bundle(&bundle, &found, &err), 0);
    assert_same(&want, &found);
}

static void test_containers(void **state) {
    (void)state;
    assert_true(sizeof LONG_NAME - 1 > 92 && sizeof LONG_NAME - 1 <= SWT_MAX_NAME);
    check_container(SWT_FORMAT_TAR);
    check_container(SWT_FORMAT_PIGWEED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_containers),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
