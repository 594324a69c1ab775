/* SPDX-License-Identifier: Apache-2.0 */
/* What the report of a scene says. */
#ifndef SWT_TESTS_REPORT_H
#define SWT_TESTS_REPORT_H

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static inline const char *word(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* "verdict | expected | found | note" of a step, or "" when it was not come to. */
static inline void says(const struct scene *scene, const char *slug, const char *expected) {
    char said[4096] = "";
    const json_t *steps = json_object_get(scene->document, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (strcmp(word(step, "step"), slug) == 0)
            (void)snprintf(said, sizeof said, "%s | %s | %s | %s", word(step, "verdict"),
                           word(step, "expected"), word(step, "found"), word(step, "note"));
    }
    assert_string_equal(said, expected);
}

static inline void warns(const struct scene *scene, json_int_t count) {
    assert_int_equal(json_integer_value(json_object_get(scene->document, "warnings")), count);
}

static inline void ends(const struct scene *scene, const char *failed_step) {
    assert_string_equal(word(scene->document, "failed_step"), failed_step);
    assert_string_equal(word(scene->document, "verdict"), *failed_step ? "reject" : "accept");
}

/* All but the steps. */
static inline void answers(const struct scene *scene, const char *expected) {
    json_t *rest = json_copy(scene->document);
    assert_int_equal(json_object_del(rest, "steps"), 0);
    char *text = json_dumps(rest, JSON_SORT_KEYS | JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(rest);
}

/* Another root, of this version, signed by these. */
static inline void rotate(struct scene *scene, uint32_t version, unsigned signers) {
    set_scene(scene);
    scene->has_root = true;
    scene->root.version = version;
    scene->root.root_keys = BIT(ROOT2) | BIT(ROOT3);
    scene->root_signers = signers;
    judge_scene(scene);
}

#endif
