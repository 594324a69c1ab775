/* SPDX-License-Identifier: Apache-2.0 */
/* Tar bundles that are nearly right: each must be refused, with a sentence that says why. */
#include "bundle_help.h"

#include <inttypes.h>

/* ---- archives, field by field ------------------------------------------------------------ */

/* Makes the checksum fit again, as an archiver would have written it. */
static void seal(uint8_t *header) {
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < SWT_TAR_BLOCK; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

static void add_header(struct swt_buf *buf, const char *path, uint64_t size) {
    uint8_t header[SWT_TAR_BLOCK];
    struct swt_error err;
    must(swt_tar_header(path, size, header, &err), &err);
    put(buf, header, sizeof header);
}

static void add_zeros(struct swt_buf *buf, size_t len) {
    static const uint8_t zeros[10240];
    assert_true(len <= sizeof zeros);
    put(buf, zeros, len);
}

static void add_data(struct swt_buf *buf, const char *data) {
    put(buf, data, strlen(data));
    add_zeros(buf, (SWT_TAR_BLOCK - strlen(data) % SWT_TAR_BLOCK) % SWT_TAR_BLOCK);
}

static void add_member(struct swt_buf *buf, const char *path, const char *data) {
    add_header(buf, path, strlen(data));
    add_data(buf, data);
}

static void add_end(struct swt_buf *buf) {
    add_zeros(buf, (size_t)2 * SWT_TAR_BLOCK);
}

static const struct content usual = {
    .root = "ROOT",
    .root_len = 4,
    .targets = "TARGETS",
    .targets_len = 7,
    .items = {{"app", "application", 11}, {"empty", "", 0}, {"folder/z", "zzz", 3}},
    .count = 3,
};
/* Offsets of the usual bundle's headers. */
enum { AT_ROOT = 0, AT_TARGETS = 1024, AT_APP = 2048, AT_EMPTY = 3072, AT_Z = 3584, AT_END = 4608 };

static void add_head(struct swt_buf *buf) {
    add_member(buf, "root_metadata", "ROOT");
    add_member(buf, "targets_metadata", "TARGETS");
}

static void make_usual(struct swt_buf *buf) {
    add_head(buf);
    add_member(buf, "targets/app", "application");
    add_member(buf, "targets/empty", "");
    add_member(buf, "targets/folder/z", "zzz");
    assert_int_equal(buf->len, AT_END);
    add_end(buf);
}

/* Refused in every way of reading it, with the same sentence and offset. */
static void refuse(const struct swt_buf *buf, uint64_t offset, const char *part) {
    static const enum manner manners[] = {READ_ALL, READ_NOTHING, READ_ONE_BYTE};
    for (size_t i = 0; i < SWT_COUNT(manners); i++)
        for (int through = THROUGH_MEMORY; through <= THROUGH_PIPE; through++) {
            SWT_CLEANUP(found_done) struct found found = {0};
            struct swt_error err;
            int r = judge_found(swt_buf_slice(buf), SWT_FORMAT_TAR, (enum through)through, true,
                                manners[i], &usual, &found, &err);
            assert_refused(r, &err, part);
            assert_true(err.has_offset);
            if (err.offset != offset)
                fail_msg("offset %" PRIu64 ", expected %" PRIu64 ": %s", err.offset, offset,
                         err.message);
            assert_true(err.file[0] != 0);
        }
}

static void test_usual_is_accepted(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0}, written = {0};
    struct swt_error err;
    make_usual(&buf);
    must(judge(swt_buf_slice(&buf), SWT_FORMAT_TAR, THROUGH_MEMORY, &usual, &err), &err);
    must(judge(swt_buf_slice(&buf), SWT_FORMAT_TAR, THROUGH_PIPE, &usual, &err), &err);
    write_bundle(&usual, SWT_FORMAT_TAR, &written);
    assert_true(swt_slice_equal(swt_buf_slice(&buf), swt_buf_slice(&written)));
}

/* ---- one field of one header ------------------------------------------------------------- */

struct patch {
    const char *what;
    size_t offset; /* in the header */
    const char *bytes;
    size_t len;
    const char *message;
};

static const struct patch patches[] = {
    {"mode", 100, "000755 ", 8, "mode is 0755, expected 0644"},
    {"setuid", 100, "004644 ", 8, "mode is 04644, expected 0644"},
    {"gnu spelling", 100, "0000644", 8, "mode is written in another way than '000644 '"},
    {"uid", 108, "001750 ", 8, "uid is 1000, expected 0"},
    {"gid", 116, "000144 ", 8, "gid is 100, expected 0"},
    {"mtime", 136, "15035210203 ", 12, "mtime is 1752502403, expected 0"},
    {"uname", 265, "root", 5, "owner name is 'root', expected ''"},
    {"gname", 297, "wheel", 6, "group name is 'wheel', expected ''"},
    {"hidden uname", 266, "x", 1, "owner name has bytes after its end"},
    {"devmajor", 329, "000001 ", 8, "devmajor is 1, expected 0"},
    {"devminor", 337, "000002 ", 8, "devminor is 2, expected 0"},
    {"old dev", 329, "\0\0\0\0\0\0\0", 8, "devmajor is not an octal number"},
    {"version", 263, "01", 2, "version is '01', expected '00'"},
    {"link name", 157, "/etc/passwd", 11, "link name is '/etc/passwd', expected ''"},
    {"hard link", 156, "1", 1, "is a hard link, expected a regular file"},
    {"symbolic link", 156, "2", 1, "is a symbolic link, expected a regular file"},
    {"character device", 156, "3", 1, "is a character device"},
    {"block device", 156, "4", 1, "is a block device"},
    {"directory", 156, "5", 1, "is a directory"},
    {"fifo", 156, "6", 1, "is a fifo"},
    {"contiguous", 156, "7", 1, "is a contiguous file"},
    {"pax", 156, "x", 1, "is a pax header"},
    {"global pax", 156, "g", 1, "is a global pax header"},
    {"gnu long name", 156, "L", 1, "is a GNU long name"},
    {"gnu long link", 156, "K", 1, "is a GNU long link name"},
    {"sparse", 156, "S", 1, "is a GNU sparse file"},
    {"old regular", 156, "\0", 1, "typeflag is 0x00, expected '0'"},
    {"unknown type", 156, "Z", 1, "typeflag is 0x5a, expected '0'"},
    {"gnu magic", 257, "ustar  ", 8, "has a GNU tar header"},
    {"no magic", 257, "\0\0\0\0\0\0\0", 8, "no ustar header"},
    {"negative size", 124, "-0000000013 ", 12, "size is negative"},
    {"base 256", 124, "\x80\0\0\0\0\0\0\0\0\0\0\x0b", 12, "size is in base 256"},
    {"negative base 256", 124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x0b", 12,
     "size is in base 256"},
    {"size with NUL", 124, "00000000013\0", 12, "size is written in another way"},
    {"size with space", 124, " 0000000013 ", 12, "size is written in another way"},
    {"size of 12 digits", 124, "000000000013", 12, "size is written in another way"},
    {"size not octal", 124, "00000000019 ", 12, "size is not an octal number"},
    {"size empty", 124, "            ", 12, "size is not an octal number"},
    {"mtime base 256", 136, "\x80\0\0\0\0\0\0\0\0\0\0\0", 12, "mtime is in base 256"},
    {"star's area", 508, "tar", 4, "area after the prefix is not zero"},
    {"prefix", 345, "other", 6, "name and prefix are not how a bundle writes a path"},
    {"hidden prefix", 346, "x", 1, "prefix holds a NUL and more after it"},
    {"NUL in the name", 20, "x", 1, "name holds a NUL and more after it"},
};

/* The same patch in the head, in a payload, and where the end is expected. */
static void test_fields(void **state) {
    (void)state;
    static const size_t places[] = {AT_ROOT, AT_TARGETS, AT_APP, AT_Z};
    for (size_t i = 0; i < SWT_COUNT(patches); i++)
        for (size_t j = 0; j < SWT_COUNT(places); j++) {
            SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
            make_usual(&buf);
            memcpy(buf.data + places[j] + patches[i].offset, patches[i].bytes, patches[i].len);
            seal(buf.data + places[j]);
            refuse(&buf, places[j], patches[i].message);
        }
}

static void test_checksum(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    make_usual(&buf);
    buf.data[AT_APP + 8] ^= 1;
    refuse(&buf, AT_APP, "the header's checksum is");
    buf.data[AT_APP + 8] ^= 1;
    memcpy(buf.data + AT_APP + 148, "?", 1);
    refuse(&buf, AT_APP, "checksum is not an octal number");
    seal(buf.data + AT_APP);
    /* The right sum, with another end: two spellings of one header. */
    buf.data[AT_APP + 154] = ' ';
    refuse(&buf, AT_APP, "checksum is written in another way");
}

/* ---- other paths ------------------------------------------------------------------------- */

static void refuse_path(const char *path, const char *message) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    make_usual(&buf);
    memset(buf.data + AT_APP, 0, 100);
    memcpy(buf.data + AT_APP, path, strlen(path));
    seal(buf.data + AT_APP);
    refuse(&buf, AT_APP, message);
}

static void test_paths(void **state) {
    (void)state;
    refuse_path("./targets/app", "member './targets/app' stands where 'targets/app'");
    refuse_path("/targets/app", "stands where 'targets/app' or the end is expected");
    refuse_path("../app", "stands where");
    refuse_path("app", "stands where");
    refuse_path("Targets/app", "stands where");
    refuse_path("targetsXapp", "stands where");
    refuse_path("root_metadata", "member 'root_metadata' stands where");
    refuse_path("targets_metadata", "member 'targets_metadata' stands where");
    refuse_path("targets/", "the name ends in '/'");
    refuse_path("targets/app/", "the name ends in '/'");
    refuse_path("", "a member has no name");
    /* Canonical headers of payloads: absent for who asks, and never passed over. */
    refuse_path("targets//app", "member 'targets//app' is not expected here");
    refuse_path("targets/./app", "is not expected here");
    refuse_path("targets/../app", "is not expected here");
    refuse_path("targets/other", "member 'targets/other' is not expected here");
    refuse_path("targets/app\n", "is not expected here");
}

/* A pax header that renames or resizes the member after it. */
static void test_pax_override(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    add_head(&buf);
    add_member(&buf, "targets/PaxHeaders/app", "18 path=targets/x\n");
    buf.data[AT_APP + 156] = 'x';
    seal(buf.data + AT_APP);
    add_member(&buf, "targets/app", "application");
    add_end(&buf);
    refuse(&buf, AT_APP, "member 'targets/PaxHeaders/app' is a pax header");
}

/* ---- order and number of members --------------------------------------------------------- */

static void test_members(void **state) {
    (void)state;
    {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        add_head(&buf);
        add_member(&buf, "targets/app", "application");
        add_member(&buf, "targets/app", "application");
        add_end(&buf);
        refuse(&buf, AT_EMPTY, "member 'targets/app' is not expected here");
    }
    {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        add_head(&buf);
        add_member(&buf, "targets/empty", "");
        add_member(&buf, "targets/app", "application");
        add_end(&buf);
        refuse(&buf, AT_APP + 512, "member 'targets/app' is not expected here");
    }
    {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        make_usual(&buf);
        buf.len = AT_END;
        add_member(&buf, "targets/extra", "more");
        add_end(&buf);
        refuse(&buf, AT_END, "member 'targets/extra' is not expected here");
    }
    {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        add_member(&buf, "root_metadata", "ROOT");
        add_member(&buf, "root_metadata", "ROOT");
        add_end(&buf);
        refuse(&buf, 1024, "member 'root_metadata' stands where 'targets_metadata' is expected");
    }
    {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        add_member(&buf, "targets_metadata", "TARGETS");
        add_member(&buf, "root_metadata", "ROOT");
        add_end(&buf);
        refuse(&buf, 1024, "member 'root_metadata' stands where 'targets/app' or the end");
    }
    {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        add_member(&buf, "timestamp_metadata", "ROOT");
        add_end(&buf);
        refuse(&buf, 0,
               "member 'timestamp_metadata' stands where 'targets_metadata' or 'root_metadata'");
    }
    {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        add_member(&buf, "root_metadata", "ROOT");
        add_end(&buf);
        refuse(&buf, 1024, "the bundle ends without a targets_metadata");
    }
    {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        add_end(&buf);
        refuse(&buf, 0, "the bundle ends without a targets_metadata");
    }
}

static void test_sizes(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    add_head(&buf);
    add_member(&buf, "targets/app", "application!");
    add_end(&buf);
    refuse(&buf, AT_APP, "size is 12 bytes, but the targets metadata says 11 bytes");

    SWT_CLEANUP(swt_buf_done) struct swt_buf large = {0};
    add_header(&large, "root_metadata", SWT_MAX_ENVELOPE + 1);
    add_data(&large, "ROOT");
    struct swt_error err;
    assert_refused(judge(swt_buf_slice(&large), SWT_FORMAT_TAR, THROUGH_PIPE, &usual, &err), &err,
                   "root_metadata is declared with 8,388,609 bytes, more than the 8388608");
    assert_refused(judge(swt_buf_slice(&large), SWT_FORMAT_TAR, THROUGH_MEMORY, &usual, &err), &err,
                   "but the file ends after 512 bytes of it");
}

/* ---- the ends ---------------------------------------------------------------------------- */

static void test_ends(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    make_usual(&buf);
    size_t whole = buf.len;

    buf.len = AT_END;
    refuse(&buf, AT_END, "the file ends without the two zero blocks");
    add_zeros(&buf, SWT_TAR_BLOCK);
    refuse(&buf, AT_END, "a lone zero block ends the file");
    add_member(&buf, "targets/more", "");
    refuse(&buf, AT_END, "a lone zero block is followed by data");
    buf.len = whole;
    memset(buf.data + AT_END, 0, whole - AT_END);
    add_zeros(&buf, 1);
    refuse(&buf, whole, "there is data (0x00) after the two zero blocks");
    /* What tar(1) does: records of 10,240 bytes. */
    add_zeros(&buf, 10240 - whole - 1);
    refuse(&buf, whole, "there is data (0x00) after the two zero blocks");
    buf.len = whole;
    put(&buf, "PK", 2);
    refuse(&buf, whole, "there is data (0x50) after the two zero blocks");
}

static void test_other_files(void **state) {
    (void)state;
    static const struct {
        const char *data;
        size_t len;
        const char *message;
    } files[] = {
        {"", 0, "the file is empty"},
        {"\x1f\x8b\x08\0\0\0\0\0\0\x03", 10, "the file is gzip data, expected a tar bundle"},
        {"\xfd\x37zXZ\0", 6, "the file is xz data"},
        {"\x28\xb5\x2f\xfd", 4, "the file is zstd data"},
        {"PK\x03\x04", 4, "the file is a zip archive"},
        {"-----BEGIN PUBLIC KEY-----", 26, "the file is a PEM file"},
        {"hello", 5, "the file ends after 5 bytes, within the first header"},
    };
    for (size_t i = 0; i < SWT_COUNT(files); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        put(&buf, files[i].data, files[i].len);
        refuse(&buf, 0, files[i].message);
        if (files[i].len > 0 && i < 6) {
            add_zeros(&buf, 10240);
            refuse(&buf, 0, files[i].message);
        }
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    for (size_t i = 0; i < 100; i++)
        put(&text, "no tar at all\n", 14);
    refuse(&text, 0, "there is no ustar header");
}

/* The payloads can be judged before the end is; both can be asked again. */
static void test_end_of_payloads(void **state) {
    (void)state;
    for (int extra = 0; extra <= 1; extra++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
        SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
        enum swt_payload_state found;
        struct swt_error err;
        add_head(&buf);
        add_member(&buf, "targets/app", "application");
        if (extra)
            add_member(&buf, "targets/extra", "");
        add_end(&buf);
        add_zeros(&buf, 1);
        open_reader(swt_buf_slice(&buf), THROUGH_PIPE, &reader);
        must(swt_bundle_open(reader, SWT_FORMAT_TAR, false, &bundle, &err), &err);
        must(swt_bundle_next(bundle, swt_slice_text("app"), 11, &found, &err), &err);
        if (extra) {
            assert_refused(swt_bundle_end_payloads(bundle, &err), &err,
                           "member 'targets/extra' is not expected here");
            continue;
        }
        must(swt_bundle_end_payloads(bundle, &err), &err);
        must(swt_bundle_end_payloads(bundle, &err), &err);
        assert_refused(swt_bundle_finish(bundle, &err), &err, "there is data (0x00) after");
    }
}

/* Going on after an error never comes to a good end. */
static void test_no_way_around_an_error(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    enum swt_payload_state found;
    struct swt_error err;
    uint8_t byte;
    size_t len;

    make_usual(&buf);
    buf.data[AT_APP + 1023] = 1; /* padding */
    open_reader(swt_buf_slice(&buf), THROUGH_MEMORY, &reader);
    must(swt_bundle_open(reader, SWT_FORMAT_TAR, false, &bundle, &err), &err);
    must(swt_bundle_next(bundle, swt_slice_text("app"), 11, &found, &err), &err);
    assert_refused(swt_bundle_next(bundle, swt_slice_text("empty"), 0, &found, &err), &err,
                   "the padding after member 'targets/app' is not zero");
    assert_refused(swt_bundle_next(bundle, swt_slice_text("empty"), 0, &found, &err), &err,
                   "could not be read before");
    assert_refused(swt_bundle_read(bundle, &byte, 1, &len, &err), &err, "could not be read before");
    assert_refused(swt_bundle_finish(bundle, &err), &err, "could not be read before");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_is_accepted),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_pax_override),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_no_way_around_an_error),
        cmocka_unit_test(test_end_of_payloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
