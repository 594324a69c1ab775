/* SPDX-License-Identifier: Apache-2.0 */
/* Fleet files: what is read, and where each fault is told. */
#include "manifest.h"

#include <stdio.h>

static struct swt_fleet_file *read_good(const char *text) {
    struct swt_fleet_file *fleet = NULL;
    struct swt_error err = {0};
    if (swt_fleet_file_parse(swt_slice_text(text), "dir/fleet.yaml", &fleet, &err) != 0)
        fail_msg("%u:%u: %s", err.line, err.column, err.message);
    return fleet;
}

static void defaults_and_values(void **state) {
    (void)state;
    struct swt_fleet_file *fleet =
        read_good("states:\n"
                  "  - {name: shipped 2024, count: 1200, root: roots/1, floor: 41}\n"
                  "  - {root: /abs/root, floor: none}\n"
                  "  - {root: r, floor: 0}\n"
                  "  - {root: r, floor: 4294967295, count: 4294967295}\n"
                  "  - {device: unit-1, floor: }\n");
    assert_int_equal(fleet->state_count, 5);
    const struct swt_fleet_entry *entry = fleet->states;
    assert_string_equal(entry[0].name.text, "shipped 2024");
    assert_int_equal(entry[0].count.value, 1200);
    assert_string_equal(entry[0].path, "dir/roots/1");
    assert_true(entry[0].has_floor);
    assert_int_equal(entry[0].floor_version, 41);
    assert_int_equal(entry[0].node->line, 2);
    assert_string_equal(entry[1].name.text, "/abs/root");
    assert_string_equal(entry[1].path, "/abs/root");
    assert_int_equal(entry[1].count.value, 1);
    assert_false(entry[1].has_floor);
    assert_true(entry[2].has_floor);
    assert_int_equal(entry[2].floor_version, 0);
    assert_int_equal(entry[3].floor_version, UINT32_MAX);
    assert_int_equal(entry[3].count.value, UINT32_MAX);
    assert_null(entry[4].root.text);
    assert_string_equal(entry[4].path, "dir/unit-1");
    assert_string_equal(entry[4].name.text, "unit-1");
    swt_fleet_file_free(fleet);
}

static const struct {
    const char *text;
    enum swt_code code;
    unsigned line, column;
    const char *says;
} BAD[] = {
    {"", SWT_E_MANIFEST_SYNTAX, 1, 1, ""},
    {"state: [{root: a}]\n", SWT_E_MANIFEST_KEY, 1, 1, "unknown key 'state'"},
    {"{}\n", SWT_E_MANIFEST_KEY, 1, 1, "missing key 'states'"},
    {"states:\n", SWT_E_MANIFEST_KEY, 1, 1, "no value for the required key"},
    {"states: {root: a}\n", SWT_E_MANIFEST_VALUE, 1, 9, "expected a list of maps"},
    {"states: []\n", SWT_E_MANIFEST_VALUE, 1, 9, "at least one item"},
    {"states: [a]\n", SWT_E_MANIFEST_VALUE, 1, 10, "expected a map"},
    {"states: [{name: a}]\n", SWT_E_MANIFEST_KEY, 1, 10, "'root' or 'device'"},
    {"states: [{root: a, device: b}]\n", SWT_E_MANIFEST_KEY, 1, 20, "found both"},
    {"states: [{device: a, floor: 3}]\n", SWT_E_MANIFEST_KEY, 1, 22, "goes with 'root'"},
    {"states: [{device: a, floor: none}]\n", SWT_E_MANIFEST_KEY, 1, 22, "goes with 'root'"},
    {"states: [{root: a, floor: 4294967296}]\n", SWT_E_MANIFEST_VALUE, 1, 27, "found '4294967296'"},
    {"states: [{root: a, floor: -1}]\n", SWT_E_MANIFEST_VALUE, 1, 27, "found '-1'"},
    {"states: [{root: a, floor: None}]\n", SWT_E_MANIFEST_VALUE, 1, 27, "found 'None'"},
    {"states: [{root: a, floor: [1]}]\n", SWT_E_MANIFEST_VALUE, 1, 27, "found a list"},
    {"states: [{root: a, count: 0}]\n", SWT_E_MANIFEST_VALUE, 1, 27, "found '0'"},
    {"states: [{root: a, count: 1e3}]\n", SWT_E_MANIFEST_VALUE, 1, 27, "found '1e3'"},
    {"states: [{root: a, root: b}]\n", SWT_E_MANIFEST_KEY, 1, 20, "given twice"},
    {"states: [{root: 'pkcs11:token=a'}]\n", SWT_E_MANIFEST_VALUE, 1, 17, "found a URI"},
    {"states: [{root: a, flor: 1}]\n", SWT_E_MANIFEST_KEY, 1, 20, "unknown key 'flor'"},
    {"states: [{root: a, name: \"a\\nb\"}]\n", SWT_E_MANIFEST_VALUE, 1, 26, "control character"},
    {"states: [&a {root: a}]\n", SWT_E_MANIFEST_SYNTAX, 1, 10, ""},
};

static void faults_have_a_place(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(BAD); i++) {
        struct swt_fleet_file *fleet = NULL;
        struct swt_error err = {0};
        int rc = swt_fleet_file_parse(swt_slice_text(BAD[i].text), "dir/fleet.yaml", &fleet, &err);
        if (rc == 0)
            fail_msg("accepted: %s", BAD[i].text);
        assert_null(fleet);
        assert_error(&err, BAD[i].code, BAD[i].line, BAD[i].column, BAD[i].text);
        if (strstr(err.message, BAD[i].says) == NULL)
            fail_msg("%s lacks '%s'", err.message, BAD[i].says);
    }
}

static void there_is_a_cap(void **state) {
    (void)state;
    for (size_t count = SWT_FLEET_MAX_STATES; count <= SWT_FLEET_MAX_STATES + 1; count++) {
        struct swt_buf text = {0};
        struct swt_error err = {0};
        struct swt_fleet_file *fleet = NULL;
        assert_int_equal(swt_buf_printf(&text, &err, "states:\n"), 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(swt_buf_printf(&text, &err, "- {root: root-%zu}\n", i), 0);
        int rc = swt_fleet_file_parse(swt_buf_slice(&text), "fleet.yaml", &fleet, &err);
        assert_int_equal(rc, count > SWT_FLEET_MAX_STATES ? -SWT_E_MANIFEST_VALUE : 0);
        swt_fleet_file_free(fleet);
        swt_buf_done(&text);
    }
}

static void files_are_read(void **state) {
    (void)state;
    struct swt_fleet_file *fleet = NULL;
    struct swt_error err = {0};
    assert_int_equal(swt_fleet_file_load("/nonexistent", &fleet, &err), -SWT_E_NOT_FOUND);
    assert_int_equal(swt_fleet_file_load("-", &fleet, &err), -SWT_E_USAGE);
    assert_int_equal(swt_fleet_file_load("testdata/corpus/fleet_file/fleet.yaml", &fleet, &err), 0);
    assert_int_equal(fleet->state_count, 3);
    assert_string_equal(fleet->states[2].path, "testdata/corpus/fleet_file/lab/unit-1");
    swt_fleet_file_free(fleet);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_and_values),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(there_is_a_cap),
        cmocka_unit_test(files_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
