/* SPDX-License-Identifier: Apache-2.0 */
/* fixtures.h: the set as arrays, and a table of them to loop over. */
#include "c_array.h"
#include "fixture_set.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 80
#define UNUSED "SWUPDATE_TOOL_UNUSED static const "

/* "fixture_good_rotation_pb" for "good-rotation.pb". */
static const char *array_name(const char *file, char ret_name[NAME_SIZE]) {
    (void)snprintf(ret_name, NAME_SIZE, "fixture_%s", file);
    for (char *at = ret_name; *at != '\0'; at++)
        if (*at == '-' || *at == '.')
            *at = '_';
    return ret_name;
}

#define A_LINE 32
/* A line of zeros, which most lines of a tar bundle are. */
#define ZEROS "FIXTURE_Z"

static int put_line(struct swt_buf *text, struct swt_slice bytes, struct swt_error *err) {
    char line[A_LINE * sizeof "255," + 1];
    size_t len = 0;
    bool zero = true;
    for (size_t i = 0; i < bytes.len; i++) {
        len += (size_t)snprintf(line + len, sizeof line - len, "%u,", bytes.data[i]);
        zero &= bytes.data[i] == 0;
    }
    if (zero && bytes.len == A_LINE)
        return swt_buf_printf(text, err, ZEROS ",\n");
    line[len++] = '\n';
    return swt_buf_append(text, line, len, err);
}

/*
 * There are hundreds of bundles: in decimal, without spaces, and without the zeros at the end,
 * which an array of that size has anyway. A quarter of what swt_c_array_write needs.
 */
static int put_array(struct swt_buf *text, const char *file, struct swt_slice bytes,
                     struct swt_error *err) {
    char name[NAME_SIZE];
    size_t shown = bytes.len;
    while (shown > 1 && bytes.data[shown - 1] == 0)
        shown--;
    int rc = swt_buf_printf(text, err, UNUSED "uint8_t %s[%zu] = {\n", array_name(file, name),
                            bytes.len);
    for (size_t at = 0; at < shown && rc == 0; at += A_LINE) {
        size_t len = shown - at < A_LINE ? shown - at : A_LINE;
        rc = put_line(text, swt_slice_of(bytes.data + at, len), err);
    }
    return rc < 0 ? rc : swt_buf_printf(text, err, "};\n");
}

typedef int put_function(const struct swt_fixture_world *world,
                         const struct swt_fixture_bundle *bundle, struct swt_buf *text,
                         struct swt_error *err);

/* What put writes of each bundle, by container, of which a device may read one only. */
static int put_bundles(const struct swt_fixture_world *world, const struct swt_fixture_set *set,
                       put_function *put, struct swt_buf *text, struct swt_error *err) {
    static const struct {
        enum swt_format format;
        const char *guard;
    } PARTS[] = {{SWT_FORMAT_TAR, "FIXTURES_NO_TAR"}, {SWT_FORMAT_PIGWEED, "FIXTURES_NO_PIGWEED"}};
    int rc = 0;
    for (size_t part = 0; part < SWT_COUNT(PARTS) && rc == 0; part++) {
        rc = swt_buf_printf(text, err, "#ifndef %s\n", PARTS[part].guard);
        for (size_t i = 0; i < set->bundle_count && rc == 0; i++)
            if (set->bundles[i].format == PARTS[part].format)
                rc = put(world, &set->bundles[i], text, err);
        if (rc == 0)
            rc = swt_buf_printf(text, err, "#endif\n");
    }
    return rc;
}

static int put_bundle_array(const struct swt_fixture_world *world,
                            const struct swt_fixture_bundle *bundle, struct swt_buf *text,
                            struct swt_error *err) {
    (void)world;
    return put_array(text, bundle->file.name, swt_buf_slice(&bundle->file.bytes), err);
}

static int put_arrays(const struct swt_fixture_set *set, struct swt_buf *text,
                      struct swt_error *err) {
    int rc = swt_buf_printf(text, err, "#define " ZEROS " ");
    for (size_t i = 0; i < A_LINE && rc == 0; i++)
        rc = swt_buf_printf(text, err, i == 0 ? "0" : ",0");
    if (rc == 0)
        rc = swt_buf_printf(text, err, "\n");
    for (size_t i = 0; i < SWT_ANCHORS && rc == 0; i++)
        rc = put_array(text, swt_fixture_anchors[i].file, swt_buf_slice(&set->anchors[i]), err);
    for (size_t i = 0; i < SWT_DEVICES && rc == 0; i++)
        if (i != SWT_DEVICE_NONE)
            rc = put_array(text, swt_fixture_devices[i].file, swt_buf_slice(&set->devices[i]), err);
    if (rc == 0)
        rc = put_bundles(NULL, set, put_bundle_array, text, err);
    return rc < 0 ? rc : swt_buf_printf(text, err, "#undef " ZEROS "\n");
}

/* "step", or NULL as C writes it. */
static int put_text(struct swt_buf *text, const char *value, struct swt_error *err) {
    return value == NULL ? swt_buf_printf(text, err, ", NULL")
                         : swt_buf_printf(text, err, ", \"%s\"", value);
}

static int put_pointer(struct swt_buf *text, const char *file, struct swt_error *err) {
    char name[NAME_SIZE];
    if (file == NULL)
        return swt_buf_printf(text, err, ", NULL, 0");
    array_name(file, name);
    return swt_buf_printf(text, err, ", %s, sizeof %s", name, name);
}

static int put_row(const struct swt_fixture_world *world, const struct swt_fixture_bundle *bundle,
                   struct swt_buf *text, struct swt_error *err) {
    const struct swt_fixture *fixture = bundle->fixture;
    int rc = swt_buf_printf(text, err, "    {\"%s\"", bundle->file.name);
    if (rc == 0)
        rc = put_text(text, swt_format_name(bundle->format), err);
    if (rc == 0)
        rc = put_pointer(text, bundle->file.name, err);
    if (rc == 0)
        rc = put_pointer(text, swt_fixture_anchors[fixture->anchor].file, err);
    if (rc == 0)
        rc = put_pointer(text, swt_fixture_devices[fixture->device].file, err);
    if (rc == 0)
        rc = swt_buf_printf(text, err, ", %d", fixture->step == NULL ? 1 : 0);
    if (rc == 0)
        rc = put_text(text, swt_fixture_step(fixture, bundle->format), err);
    if (rc == 0)
        rc = put_text(text, swt_fixture_stock(world, bundle), err);
    return rc < 0 ? rc : swt_buf_printf(text, err, "},\n");
}

static const char TYPE[] =
    "\n"
    "struct fixture {\n"
    "    const char *name;               /* of the file */\n"
    "    const char *container;          /* \"tar\" or \"pigweed\" */\n"
    "    const uint8_t *bundle;          /* what is judged ... */\n"
    "    size_t bundle_size;\n"
    "    const uint8_t *anchor;          /* ... by a device that holds this root, ... */\n"
    "    size_t anchor_size;\n"
    "    const uint8_t *device_manifest; /* ... has installed this; NULL: nothing, ... */\n"
    "    size_t device_manifest_size;    /* ... and takes FIXTURE_TIME for the time */\n"
    "    int accept;                     /* 1: a sound device accepts it; 0: it refuses it */\n"
    "    const char *step;               /* that refuses it (swupdate-trust(7)), or NULL */\n"
    "    const char *stock;              /* what a stock Pigweed device answers where this\n"
    "                                     * differs: \"accept\" or \"reject\"; else NULL */\n"
    "};\n";

int swt_fixture_set_header(const struct swt_fixture_world *world, const struct swt_fixture_set *set,
                           struct swt_buf *ret_text, struct swt_error *err) {
    int rc = swt_buf_printf(ret_text, err,
                            "/* Bundles for the test of a device's verifier: swupdate-tool-fixtures"
                            "(1). What they are\n * signed with are test keys: no device outside "
                            "of a test may trust them. */\n");
    if (rc == 0)
        rc = swt_c_header_begin(ret_text, "FIXTURES", err);
    if (rc == 0)
        rc = swt_buf_printf(ret_text, err,
                            "\n#define FIXTURE_COUNT (sizeof fixtures / sizeof fixtures[0])\n"
                            "#define FIXTURE_TIME %" PRId64 "LL /* seconds since 1970 */\n%s\n",
                            SWT_FIXTURE_TIME, TYPE);
    if (rc == 0)
        rc = put_arrays(set, ret_text, err);
    if (rc == 0)
        rc = swt_buf_printf(ret_text, err, "\n" UNUSED "struct fixture fixtures[] = {\n");
    if (rc == 0)
        rc = put_bundles(world, set, put_row, ret_text, err);
    if (rc == 0)
        rc = swt_buf_printf(ret_text, err, "};\n");
    return rc < 0 ? rc : swt_c_header_end(ret_text, err);
}
