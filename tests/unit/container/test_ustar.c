/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a tar member, compared with what libarchive's ustar writer makes. */
#include "bundle_help.h"

#include <archive.h>
#include <archive_entry.h>

static bool libarchive_header(const char *path, uint64_t size, uint8_t ret_block[SWT_TAR_BLOCK]) {
    static uint8_t bytes[8 * SWT_TAR_BLOCK];
    size_t used = 0;
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    memset(bytes, 0xee, sizeof bytes);
    assert_int_equal(archive_write_add_filter_none(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_set_format_ustar(archive), ARCHIVE_OK);
    archive_write_set_bytes_per_block(archive, SWT_TAR_BLOCK);
    assert_int_equal(archive_write_open_memory(archive, bytes, sizeof bytes, &used), ARCHIVE_OK);
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_uname(entry, "");
    archive_entry_set_gname(entry, "");
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_size(entry, (int64_t)size);
    bool done = archive_write_header(archive, entry) == ARCHIVE_OK;
    memcpy(ret_block, bytes, SWT_TAR_BLOCK);
    archive_entry_free(entry);
    archive_write_free(archive);
    return done;
}

static void assert_same(const char *path, uint64_t size) {
    uint8_t ours[SWT_TAR_BLOCK], theirs[SWT_TAR_BLOCK];
    struct swt_error err;
    must(swt_tar_header(path, size, ours, &err), &err);
    assert_true(libarchive_header(path, size, theirs));
    assert_memory_equal(ours, theirs, SWT_TAR_BLOCK);
}

static const uint64_t sizes[] = {0,
                                 1,
                                 7,
                                 8,
                                 511,
                                 512,
                                 513,
                                 4095,
                                 104857600,
                                 UINT64_C(0x7fffffff),
                                 UINT64_C(0x80000000),
                                 UINT64_C(0xffffffff),
                                 UINT64_C(0x100000000),
                                 UINT64_C(0x1fffffffe),
                                 SWT_TAR_MAX_PAYLOAD};

static void test_like_libarchive(void **state) {
    (void)state;
    static const char *const paths[] = {
        "root_metadata",
        "targets_metadata",
        "targets/a",
        "targets/app.bin",
        "targets/a/b/c",
        "targets/user_manifest",
        "targets/with space",
        "targets/\xc3\xa9\xe2\x82\xac",
        "targets/\xf0\x9f\x94\x91",
        "targets/not \xff utf-8",
        "targets/targets/x",
        "targets/..",
    };
    for (size_t i = 0; i < SWT_COUNT(paths); i++)
        for (size_t j = 0; j < SWT_COUNT(sizes); j++)
            assert_same(paths[i], sizes[j]);
}

/* Every length around the place where a prefix begins, and slashes at every place in the name. */
static void test_long_paths(void **state) {
    (void)state;
    for (size_t len = 9; len <= 108; len++) {
        char path[128];
        memset(path, 'n', sizeof path);
        memcpy(path, "targets/", 8);
        path[len] = 0;
        assert_same(path, len);
        for (size_t slash = 9; slash + 1 < len; slash++) {
            path[slash] = '/';
            assert_same(path, 3);
            path[slash] = 'n';
        }
    }
    struct swt_error err;
    uint8_t block[SWT_TAR_BLOCK];
    char path[] =
        "targets/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
        "nnnnnnnnnnnnnnnnnnnnnnnnnnn";
    path[101] = 0;
    must(swt_tar_header(path, 0, block, &err), &err);
    assert_string_equal((char *)block + 345, "targets");
    assert_int_equal(strlen((char *)block), 93);
}

/* Multi-byte characters across the border: the header counts bytes. */
static void test_long_utf8_paths(void **state) {
    (void)state;
    for (size_t count = 28; count <= 33; count++) {
        char path[128] = "targets/";
        for (size_t i = 0; i < count; i++)
            memcpy(path + 8 + 3 * i, "\xe2\x82\xac", 4);
        assert_same(path, 99);
        memcpy(path + 8 + 3 * count, "z", 2);
        assert_same(path, 99);
    }
}

static void test_every_power(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 33; bit++) {
        assert_same("targets/app", UINT64_C(1) << bit);
        assert_same("targets/app", (UINT64_C(1) << bit) - 1);
    }
}

static void assert_unfit(const char *path, uint64_t size) {
    uint8_t block[SWT_TAR_BLOCK] = {0x55};
    struct swt_error err;
    assert_int_equal(swt_tar_header(path, size, block, &err), -SWT_E_CONTAINER);
    assert_int_equal(block[0], 0x55);
}

static void test_unfit(void **state) {
    (void)state;
    char path[4096];
    assert_unfit("", 0);
    assert_unfit("targets/", 0);
    assert_unfit("targets/a/", 0);
    assert_unfit("targets/a", SWT_TAR_MAX_PAYLOAD + 1);
    assert_unfit("targets/a", UINT64_MAX);
    memset(path, 'n', sizeof path);
    memcpy(path, "targets/", 8);
    path[sizeof path - 1] = 0;
    assert_unfit(path, 0);
    path[109] = 0;
    assert_unfit(path, 0);
    path[108] = 0;
    path[0] = 'T';
    assert_unfit(path, 0);
}

static void test_magic(void **state) {
    (void)state;
    uint8_t block[SWT_TAR_BLOCK];
    struct swt_error err;
    must(swt_tar_header("targets/a", 0, block, &err), &err);
    assert_true(swt_tar_magic(swt_slice_of(block, SWT_TAR_MAGIC_END)));
    assert_true(swt_tar_magic(swt_slice_of(block, sizeof block)));
    assert_false(swt_tar_magic(swt_slice_of(block, 261)));
    assert_false(swt_tar_magic(swt_slice_of(NULL, 0)));
    /* The tags 1 to 5 of bytes: a message, in which "ustar" is part of a name. */
    const uint8_t first = block[0];
    for (unsigned byte = 0; byte < 256; byte++) {
        block[0] = (uint8_t)byte;
        bool is_message =
            byte == 0x0a || byte == 0x12 || byte == 0x1a || byte == 0x22 || byte == 0x2a;
        assert_int_equal(swt_tar_magic(swt_slice_of(block, sizeof block)), !is_message);
    }
    block[0] = first;
    block[257] = 'U';
    assert_false(swt_tar_magic(swt_slice_of(block, sizeof block)));
}

static void test_formats(void **state) {
    (void)state;
    enum swt_format format;
    assert_true(swt_format_parse("tar", &format) && format == SWT_FORMAT_TAR);
    assert_true(swt_format_parse("pigweed", &format) && format == SWT_FORMAT_PIGWEED);
    assert_false(swt_format_parse("Tar", &format));
    assert_false(swt_format_parse("", &format));
    assert_string_equal(swt_format_name(SWT_FORMAT_TAR), "tar");
    assert_string_equal(swt_format_name(SWT_FORMAT_PIGWEED), "pigweed");
    assert_true(swt_format_of_path("a.swb", &format) && format == SWT_FORMAT_TAR);
    assert_true(swt_format_of_path("a/b.tar", &format) && format == SWT_FORMAT_TAR);
    assert_true(swt_format_of_path("x.y.pb", &format) && format == SWT_FORMAT_PIGWEED);
    assert_false(swt_format_of_path("a.tar.gz", &format));
    assert_false(swt_format_of_path("pb", &format));
    assert_false(swt_format_of_path(".pb", &format));
    assert_false(swt_format_of_path("out/.pb", &format));
    assert_false(swt_format_of_path("", &format));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_libarchive), cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_long_utf8_paths), cmocka_unit_test(test_every_power),
        cmocka_unit_test(test_unfit),           cmocka_unit_test(test_magic),
        cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
