/* SPDX-License-Identifier: Apache-2.0 */
/* The schema table and swupdate-manifest(5) tell the same keys, types and example. */
#include "manifest.h"

#include <stdio.h>

#include "../../../src/manifest/internal.h"

static char *read_text(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is not there", path);
    char *text = calloc(1, 64 * 1024);
    assert_non_null(text);
    size_t len = fread(text, 1, 64 * 1024 - 1, file);
    assert_true(len > 0 && len < 64 * 1024 - 1);
    (void)fclose(file);
    return text;
}

static const char *type_text(enum swt_field_kind kind) {
    switch (kind) {
    case SWT_FIELD_SCHEMA:
    case SWT_FIELD_NUMBER:
        return "number";
    case SWT_FIELD_TEXT:
        return "text";
    case SWT_FIELD_PATH:
        return "path";
    case SWT_FIELD_SHA256:
        return "64 hex digits";
    case SWT_FIELD_CHOICE:
        return "";
    case SWT_FIELD_TIME:
        return "time";
    case SWT_FIELD_SIZE:
        return "size";
    case SWT_FIELD_BOOL:
        return "bool";
    case SWT_FIELD_TEXT_LIST:
        return "list of texts";
    case SWT_FIELD_PATH_LIST:
    case SWT_FIELD_INCLUDE:
        return "list of paths";
    case SWT_FIELD_MAP:
    case SWT_FIELD_FREE_MAP:
    case SWT_FIELD_VARIABLES:
        return "map";
    case SWT_FIELD_MAP_LIST:
        return "list of maps";
    }
    return "?";
}

static bool is_either(const struct swt_field_map *map, const char *key) {
    for (size_t i = 0; i < SWT_COUNT(map->either_of); i++)
        if (map->either_of[i] != NULL && strcmp(map->either_of[i], key) == 0)
            return true;
    return false;
}

static size_t check_map(const struct swt_field_map *map, const char *page) {
    size_t count = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct swt_field *field = &map->fields[i];
        const struct swt_place place = {.map = map, .field = field};
        char where[SWT_PLACE_TEXT];
        char item[256];
        (void)snprintf(item, sizeof item, "\n.It Cm %s Pq %s", swt_place_text(&place, where),
                       type_text(field->kind));
        const char *line = strstr(page, item);
        if (line == NULL)
            fail_msg("the man page lacks %s", item + 1);
        char rest[256] = "";
        (void)sscanf(line + strlen(item), "%255[^\n]", rest);
        assert_int_equal(strstr(rest, "; required") != NULL, field->required);
        bool either = is_either(map, field->key);
        assert_int_equal(strstr(rest, "; this or Cm ") != NULL, either);
        assert_int_equal(strstr(rest, "; default: ") != NULL, !field->required && !either);
        for (const char *const *choice = field->choices; choice != NULL && *choice != NULL;
             choice++)
            assert_non_null(strstr(rest, *choice));
        assert_true(field->help[0] >= 'a' && field->help[0] <= 'z');
        assert_true(field->help[strlen(field->help) - 1] != '.');
        count += 1 + (field->map == NULL ? 0 : check_map(field->map, page));
    }
    return count;
}

static void man_page_lists_the_table(void **state) {
    (void)state;
    char *page = read_text("man/swupdate-manifest.5");
    size_t count = 0;
    for (const char *item = page; (item = strstr(item, "\n.It Cm ")) != NULL; item++)
        count++;
    assert_int_equal(check_map(&swt_manifest_fields, page), count);
    free(page);
}

static void man_page_shows_the_example(void **state) {
    (void)state;
    char *page = read_text("man/swupdate-manifest.5");
    static const char *const examples[] = {"testdata/manifests/good/product.yaml",
                                           "testdata/manifests/good/common.yaml"};
    for (size_t i = 0; i < SWT_COUNT(examples); i++) {
        char *example = read_text(examples[i]);
        assert_null(strchr(example, '\\')); /* roff would want it escaped */
        assert_non_null(strstr(page, example));
        free(example);
    }
    free(page);
}

static void suggestions_are_the_nearest(void **state) {
    (void)state;
    static const struct {
        const char *key;
        const char *hint;
    } rows[] = {
        {"produkt", "did you mean 'product'?"},
        {"mata", "did you mean 'meta'?"},
        {"signin", "did you mean 'signing'?"},
        {"target", "did you mean 'targets'?"},
        {"x", ""},
        {"a_key_that_is_longer_than_every_key_of_the_table", ""},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s: 1\n", rows[i].key);
        struct swt_error err = {0};
        parse_bad(text, strlen(text), NULL, &err);
        assert_int_equal(err.code, SWT_E_MANIFEST_KEY);
        assert_string_equal(err.hint, rows[i].hint);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(man_page_lists_the_table),
        cmocka_unit_test(man_page_shows_the_example),
        cmocka_unit_test(suggestions_are_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
