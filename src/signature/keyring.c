/* SPDX-License-Identifier: Apache-2.0 */
/* What the keys of one run share. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct swt_pin_variable {
    const char *name; /* borrowed */
    struct swt_secret value;
};

void swt_keyring_done(struct swt_keyring *keyring) {
    for (size_t i = 0; i < keyring->variable_count; i++)
        swt_secret_done(&keyring->variables[i].value);
    free(keyring->variables);
    swt_tokens_free(keyring->tokens);
    *keyring = (struct swt_keyring){0};
}

const struct swt_secret *swt_keyring_variable(const struct swt_keyring *keyring, const char *name) {
    for (size_t i = 0; i < keyring->variable_count; i++)
        if (strcmp(keyring->variables[i].name, name) == 0)
            return &keyring->variables[i].value;
    return NULL;
}

int swt_keyring_take_variable(struct swt_keyring *keyring, const char *name,
                              struct swt_error *err) {
    char *value = getenv(name);
    if (value == NULL)
        return 0; /* or taken before */
    struct swt_pin_variable *variables =
        reallocarray(keyring->variables, keyring->variable_count + 1, sizeof *variables);
    if (variables == NULL)
        return swt_fail_memory(err);
    keyring->variables = variables;
    struct swt_pin_variable variable = {.name = name};
    size_t len = strlen(value);
    swt_process_hide();
    int result = swt_secret_set(&variable.value, value, len, err);
    if (result < 0)
        return result;
    variables[keyring->variable_count++] = variable;
    /* Out of /proc/PID/environ and core dumps as well, which unsetenv alone does not do. */
    swt_wipe(value, len);
    (void)unsetenv(name);
    return 0;
}
