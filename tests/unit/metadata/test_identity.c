/* SPDX-License-Identifier: Apache-2.0 */
/* The encoders write the very bytes of Pigweed's tool (testdata/identity), and read them back. */
#include "metadata/support.h"

#include <stdlib.h>

#define CASE_COUNT 12
#define KEYS_MAX 4
#define TARGETS_MAX 32

struct identity_case {
    char id[64];
    uint32_t root_version;
    uint32_t targets_version;
    struct swt_buf root_values[KEYS_MAX];
    struct swt_buf targets_values[KEYS_MAX];
    size_t root_count;
    size_t targets_count;
    struct swt_buf signature_ids[KEYS_MAX];
    struct swt_buf signature_values[KEYS_MAX];
    size_t signature_count;
    struct swt_target_spec targets[TARGETS_MAX];
    char *names[TARGETS_MAX];
    size_t target_count;
    bool has_user_manifest;
    struct swt_buf user_manifest;
};

static struct identity_case cases[CASE_COUNT];

static void parse_target(struct identity_case *item, const char *text) {
    size_t index = item->target_count++;
    char *rest;
    item->targets[index].length = strtoull(text, &rest, 10);
    assert_int_equal(*rest, ' ');
    char sha256[2 * SWT_DIGEST_SIZE + 1];
    assert_true(strlen(++rest) > sizeof sha256);
    (void)snprintf(sha256, sizeof sha256, "%s", rest);
    assert_true(swt_hex_decode(sha256, item->targets[index].sha256, SWT_DIGEST_SIZE));
    item->names[index] = strdup(rest + sizeof sha256);
    assert_non_null(item->names[index]);
    item->targets[index].name = swt_slice_text(item->names[index]);
}

static void parse_signature(struct identity_case *item, const char *text) {
    char id[65];
    char value[129];
    assert_int_equal(sscanf(text, "%64s %128s", id, value), 2);
    buf_hex(&item->signature_ids[item->signature_count], id);
    buf_hex(&item->signature_values[item->signature_count++], value);
}

static void parse_fact(struct identity_case *item, const char *fact, const char *value) {
    if (strcmp(fact, "root_version") == 0)
        item->root_version = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(fact, "targets_version") == 0)
        item->targets_version = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(fact, "root_key") == 0)
        buf_hex(&item->root_values[item->root_count++], value);
    else if (strcmp(fact, "targets_key") == 0)
        buf_hex(&item->targets_values[item->targets_count++], value);
    else if (strcmp(fact, "target") == 0)
        parse_target(item, value);
    else if (strcmp(fact, "root_signature") == 0)
        parse_signature(item, value);
    else if (strcmp(fact, "user_manifest") == 0) {
        item->has_user_manifest = true;
        buf_hex(&item->user_manifest, value);
    } else
        fail_msg("unknown fact %s", fact);
}

static int load_cases(void **state) {
    (void)state;
    FILE *file = fopen("testdata/identity/cases.txt", "r");
    if (file == NULL)
        return -1;
    char line[1024];
    size_t count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *value = strchr(line, ' ');
        if (line[0] == '#' || value == NULL)
            continue;
        *value++ = '\0';
        if (strcmp(line, "case") != 0)
            parse_fact(&cases[count - 1], line, value);
        else if (count < CASE_COUNT)
            (void)snprintf(cases[count++].id, sizeof cases[0].id, "%s", value);
    }
    (void)fclose(file);
    return count == CASE_COUNT ? 0 : -1;
}

static int free_cases(void **state) {
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        for (size_t j = 0; j < KEYS_MAX; j++) {
            swt_buf_done(&cases[i].root_values[j]);
            swt_buf_done(&cases[i].targets_values[j]);
            swt_buf_done(&cases[i].signature_ids[j]);
            swt_buf_done(&cases[i].signature_values[j]);
        }
        for (size_t j = 0; j < cases[i].target_count; j++)
            free(cases[i].names[j]);
        swt_buf_done(&cases[i].user_manifest);
    }
    return 0;
}

static void load(const struct identity_case *item, const char *what, struct swt_buf *buf) {
    char path[256];
    (void)snprintf(path, sizeof path, "testdata/identity/%.63s.%s", item->id, what);
    buf_file(buf, path);
}

static void assert_bytes(const struct identity_case *item, const char *what,
                         const struct swt_buf *made) {
    struct swt_buf expected = {0};
    load(item, what, &expected);
    if (!swt_slice_equal(swt_buf_slice(made), swt_buf_slice(&expected)))
        fail_msg("%s.%s differs", item->id, what);
    swt_buf_done(&expected);
}

static void make_root(const struct identity_case *item, struct swt_buf *bytes) {
    struct swt_error err;
    struct swt_key root_keys[KEYS_MAX];
    struct swt_key targets_keys[KEYS_MAX];
    for (size_t i = 0; i < item->root_count; i++)
        root_keys[i] =
            (struct swt_key){SWT_KEY_P256, SWT_KEY_P256, swt_buf_slice(&item->root_values[i])};
    for (size_t i = 0; i < item->targets_count; i++)
        targets_keys[i] =
            (struct swt_key){SWT_KEY_P256, SWT_KEY_P256, swt_buf_slice(&item->targets_values[i])};
    const struct swt_root_spec spec = {.version = item->root_version,
                                       .root_keys = root_keys,
                                       .root_key_count = item->root_count,
                                       .root_threshold = 1,
                                       .targets_keys = targets_keys,
                                       .targets_key_count = item->targets_count,
                                       .targets_threshold = 1};
    assert_int_equal(swt_root_encode(&spec, bytes, &err), 0);
}

static void make_targets(const struct identity_case *item, struct swt_buf *bytes) {
    struct swt_error err;
    const struct swt_targets_spec spec = {.version = item->targets_version,
                                          .targets = item->targets,
                                          .target_count = item->target_count};
    assert_int_equal(swt_targets_encode(&spec, bytes, &err), 0);
}

static void test_root_metadata(void **state) {
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        struct swt_buf bytes = {0};
        make_root(&cases[i], &bytes);
        assert_bytes(&cases[i], "root_metadata.bin", &bytes);
        swt_buf_done(&bytes);
    }
}

static void test_signed_root(void **state) {
    (void)state;
    struct swt_error err;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        const struct identity_case *item = &cases[i];
        struct swt_buf metadata = {0};
        struct swt_buf envelope = {0};
        make_root(item, &metadata);
        assert_int_equal(swt_envelope_encode(swt_buf_slice(&metadata), NULL, 0, &envelope, &err),
                         0);
        assert_bytes(item, "signed_root.unsigned.pb", &envelope);
        struct swt_signature signatures[KEYS_MAX];
        for (size_t j = 0; j < item->signature_count; j++)
            signatures[j] = (struct swt_signature){swt_buf_slice(&item->signature_ids[j]),
                                                   swt_buf_slice(&item->signature_values[j])};
        swt_buf_clear(&envelope);
        assert_int_equal(swt_envelope_encode(swt_buf_slice(&metadata), signatures,
                                             item->signature_count, &envelope, &err),
                         0);
        if (item->signature_count > 0)
            assert_bytes(item, "signed_root.signed.pb", &envelope);
        swt_buf_done(&metadata);
        swt_buf_done(&envelope);
    }
}

static void test_targets_metadata(void **state) {
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        struct swt_buf bytes = {0};
        make_targets(&cases[i], &bytes);
        assert_bytes(&cases[i], "targets_metadata.bin", &bytes);
        swt_buf_done(&bytes);
    }
}

static void test_manifest(void **state) {
    (void)state;
    struct swt_error err;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        struct swt_buf targets = {0};
        struct swt_buf bytes = {0};
        make_targets(&cases[i], &targets);
        struct swt_slice user_manifest = swt_buf_slice(&cases[i].user_manifest);
        assert_int_equal(swt_device_manifest_encode(
                             swt_buf_slice(&targets),
                             cases[i].has_user_manifest ? &user_manifest : NULL, &bytes, &err),
                         0);
        assert_bytes(&cases[i], "manifest.pb", &bytes);
        swt_buf_done(&targets);
        swt_buf_done(&bytes);
    }
}

static void test_reads_its_own_kind(void **state) {
    (void)state;
    struct swt_error err;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        const struct identity_case *item = &cases[i];
        struct swt_buf bytes = {0};
        struct swt_root *root = NULL;
        load(item, "root_metadata.bin", &bytes);
        assert_int_equal(swt_root_decode(swt_buf_slice(&bytes), 0, &root, &err), 0);
        assert_int_equal(swt_root_check(root, &err), 0);
        assert_int_equal(root->common.version, item->root_version);
        assert_int_equal(root->key_count, item->root_count + item->targets_count);
        assert_int_equal(root->unknown_fields, 0);
        swt_root_free(root);

        swt_buf_clear(&bytes);
        struct swt_device_manifest *manifest = NULL;
        load(item, "manifest.pb", &bytes);
        assert_int_equal(swt_device_manifest_decode(swt_buf_slice(&bytes), &manifest, &err), 0);
        assert_int_equal(manifest->targets->common.version, item->targets_version);
        assert_int_equal(manifest->targets->target_count, item->target_count);
        assert_int_equal(manifest->has_user_manifest, item->has_user_manifest);
        for (size_t j = 0; j < item->target_count; j++) {
            const struct swt_target *target = &manifest->targets->targets[j];
            assert_true(swt_slice_equal(target->name, item->targets[j].name));
            assert_int_equal(target->length, item->targets[j].length);
            assert_memory_equal(target->sha256, item->targets[j].sha256, SWT_DIGEST_SIZE);
        }
        swt_device_manifest_free(manifest);
        swt_buf_done(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root_metadata),      cmocka_unit_test(test_signed_root),
        cmocka_unit_test(test_targets_metadata),   cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_reads_its_own_kind),
    };
    return cmocka_run_group_tests(tests, load_cases, free_cases);
}
