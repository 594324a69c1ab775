/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 modules: those configured on the system for p11-kit, and one that a URI names by path. */
#include "p11.h"

#include <p11-kit/p11-kit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void swt_p11_note(const struct swt_p11_module *module, const char *function) {
    char text[256];
    (void)snprintf(text, sizeof text, "%s of %s", function, module->name);
    swt_worker_note(module->port, text);
}

static void note_trouble(struct swt_p11 *p11, const char *name, const char *reason) {
    (void)snprintf(p11->trouble, sizeof p11->trouble, "%s: %s", name, reason);
}

static void module_free(struct swt_p11_module *module) {
    free(module->name);
    free(module->path);
    free(module);
}

/* One that is loaded under that path, or under another path of the same file: a module that is
 * configured and named by path has one login, not two. */
static struct swt_p11_module *find_path(const struct swt_p11 *p11, const char *path) {
    for (size_t i = 0; path != NULL && i < p11->module_count; i++) {
        const char *other = p11->modules[i]->path;
        if (other != NULL && (strcmp(other, path) == 0 || swt_same_file(other, path)))
            return p11->modules[i];
    }
    return NULL;
}

/* Takes name and path over, whatever comes. */
static int add_module(struct swt_p11 *p11, CK_FUNCTION_LIST *functions, char *name, char *path,
                      bool configured, struct swt_error *err) {
    struct swt_p11_module *module = calloc(1, sizeof *module);
    struct swt_p11_module **modules =
        reallocarray(p11->modules, p11->module_count + 1, sizeof(struct swt_p11_module *));
    if (modules != NULL)
        p11->modules = modules;
    if (module == NULL || modules == NULL || name == NULL) {
        free(module);
        free(name);
        free(path);
        return swt_fail_memory(err);
    }
    *module = (struct swt_p11_module){.functions = functions,
                                      .port = p11->port,
                                      .name = name,
                                      .path = path,
                                      .configured = configured};
    modules[p11->module_count++] = module;
    return 0;
}

/* ---- configured on the system ------------------------------------------------------------ */

/* Whether name says the module: as p11-kit knows it, or as its file is called ("module-name" of RFC
 * 7512, 2.3: without lib and .so). */
static bool is_named(const struct swt_p11_module *module, const char *name) {
    if (strlen(module->name) == strlen(name) && swt_ascii_equal(module->name, name, strlen(name)))
        return true;
    if (module->path == NULL)
        return false;
    const char *slash = strrchr(module->path, '/');
    const char *base = slash == NULL ? module->path : slash + 1;
    if (strncmp(base, "lib", 3) == 0)
        base += 3;
    const char *suffix = strstr(base, ".so");
    size_t len = suffix == NULL ? strlen(base) : (size_t)(suffix - base);
    return strlen(name) == len && swt_ascii_equal(base, name, len);
}

/* "log-calls" (pkcs11.conf(5)) of a module, or with NULL of all. */
static bool log_is_asked(CK_FUNCTION_LIST *functions) {
    char *value = p11_kit_config_option(functions, "log-calls");
    bool asked = value != NULL && strcmp(value, "yes") == 0;
    free(value);
    return asked;
}

/* In p11-kit 0.24 what is said for all comes before what is said of a module, and holds for those
 * that are loaded by path as well, once the configured ones are: so one yes is enough. */
bool swt_p11_module_logged(const struct swt_p11_module *module) {
    return log_is_asked(NULL) || log_is_asked(module->functions);
}

static int add_configured(struct swt_p11 *p11, CK_FUNCTION_LIST *functions, struct swt_error *err) {
    char text[96];
    /* Certificates that the system trusts: no token, and it holds no key. */
    if ((p11_kit_module_get_flags(functions) & P11_KIT_MODULE_TRUSTED) != 0)
        return 0;
    char *name = p11_kit_module_get_name(functions);
    char *path = p11_kit_module_get_filename(functions);
    struct swt_p11_module *known = find_path(p11, path);
    if (known != NULL) {
        known->configured = true;
        free(known->name);
        known->name = name;
        free(path);
        return name == NULL ? swt_fail_memory(err) : 0;
    }
    struct swt_p11_module starting = {.port = p11->port, .name = name == NULL ? path : name};
    swt_p11_note(&starting, "C_Initialize");
    CK_RV rv = p11_kit_module_initialize(functions);
    if (rv == CKR_OK)
        return add_module(p11, functions, name, path, true, err);
    /* One vendor's broken module must not keep the tokens of others away. */
    note_trouble(p11, starting.name, swt_p11_rv_text(rv, text));
    free(name);
    free(path);
    return 0;
}

static int load_configured(struct swt_p11 *p11, struct swt_error *err) {
    if (p11->loaded)
        return 0;
    p11_kit_be_quiet();
    swt_worker_note(p11->port, "loading the PKCS#11 modules");
    CK_FUNCTION_LIST **modules = p11_kit_modules_load(NULL, 0);
    if (modules == NULL) {
        const char *reason = p11_kit_message();
        return swt_fail(err, SWT_E_MODULE_NOT_FOUND,
                        "the PKCS#11 modules configured on this system cannot be loaded: %s",
                        reason == NULL ? "no reason is given" : reason);
    }
    int result = 0;
    for (CK_FUNCTION_LIST **module = modules; *module != NULL && result >= 0; module++)
        result = add_configured(p11, *module, err);
    free(modules); /* the list; the modules stay */
    p11->loaded = result >= 0;
    return result;
}

static int check_configured(const struct swt_p11 *p11, const struct swt_p11_uri *uri,
                            struct swt_error *err) {
    struct swt_buf names SWT_CLEANUP(swt_buf_done) = {0};
    size_t count = 0;
    for (size_t i = 0; i < p11->module_count; i++) {
        if (swt_p11_module_fits(p11->modules[i], uri))
            return 0;
        if (!p11->modules[i]->configured)
            continue;
        int result =
            swt_buf_printf(&names, err, "%s%s", count++ > 0 ? ", " : "", p11->modules[i]->name);
        if (result < 0)
            return result;
    }
    if (count > 0) {
        swt_fail(err, SWT_E_MODULE_NOT_FOUND,
                 "no PKCS#11 module of the name '%s' is configured; there are: %s",
                 uri->module_name, swt_buf_text(&names));
        return swt_error_hint(err, "name one of these, or a file: module-path=/PATH");
    }
    if (p11->trouble[0] != '\0')
        swt_fail(err, SWT_E_MODULE_NOT_FOUND, "no PKCS#11 module can be used: %s", p11->trouble);
    else
        swt_fail(err, SWT_E_MODULE_NOT_FOUND, "no PKCS#11 module is configured on this system");
    return swt_error_hint(err, "install the token's module with its p11-kit configuration, or name "
                               "its file: pkcs11:...?module-path=FILE");
}

/* ---- named by a URI ---------------------------------------------------------------------- */

/* The loader says the path twice, and p11-kit once more. */
static const char *loader_reason(const char *path) {
    const char *message = p11_kit_message();
    if (message == NULL)
        return "no reason is given";
    for (const char *at = message; (at = strstr(at, path)) != NULL;) {
        at += strlen(path);
        if (at[0] == ':' && at[1] == ' ')
            message = at + 2;
    }
    return message;
}

static int load_path(struct swt_p11 *p11, const char *path, struct swt_error *err) {
    char text[96];
    if (path[0] != '/') {
        swt_fail(err, SWT_E_MODULE_NOT_FOUND, "module-path '%s' is not absolute", path);
        return swt_error_hint(err, "write it from the root: module-path=/PATH");
    }
    if (find_path(p11, path) != NULL)
        return 0;
    p11_kit_be_quiet();
    struct swt_p11_module starting = {.port = p11->port, .name = (char *)(uintptr_t)path};
    swt_p11_note(&starting, "loading");
    CK_FUNCTION_LIST *functions = p11_kit_module_load(path, 0);
    if (functions == NULL) {
        swt_fail(err, SWT_E_MODULE_NOT_FOUND, "the PKCS#11 module '%s' cannot be loaded: %s", path,
                 loader_reason(path));
        return swt_error_hint(err,
                              "name the module's file, or leave out module-path for those that "
                              "are configured for p11-kit");
    }
    swt_p11_note(&starting, "C_Initialize");
    CK_RV rv = p11_kit_module_initialize(functions);
    if (rv != CKR_OK) {
        swt_fail(err, SWT_E_MODULE_NOT_FOUND,
                 "the PKCS#11 module '%s' does not start: C_Initialize: %s", path,
                 swt_p11_rv_text(rv, text));
        return swt_error_hint(err, "its own configuration, or the service that it talks to, may be "
                                   "missing");
    }
    char *copy = strdup(path); /* without it, it would be no module that the URI means */
    return copy == NULL ? swt_fail_memory(err)
                        : add_module(p11, functions, strdup(path), copy, false, err);
}

bool swt_p11_module_fits(const struct swt_p11_module *module, const struct swt_p11_uri *uri) {
    if (uri->module_path != NULL)
        return module->path != NULL && (strcmp(module->path, uri->module_path) == 0 ||
                                        swt_same_file(module->path, uri->module_path));
    return module->configured && (uri->module_name == NULL || is_named(module, uri->module_name));
}

int swt_p11_load(struct swt_p11 *p11, const struct swt_p11_uri *uri, struct swt_error *err) {
    if (uri->module_path != NULL && uri->module_name != NULL)
        return swt_fail(err, SWT_E_KEY_URI, "module-path and module-name together");
    if (uri->module_path != NULL)
        return load_path(p11, uri->module_path, err);
    int result = load_configured(p11, err);
    return result < 0 ? result : check_configured(p11, uri, err);
}

void swt_p11_unload(struct swt_p11 *p11) {
    for (size_t i = 0; i < p11->module_count; i++) {
        swt_p11_note(p11->modules[i], "C_Finalize");
        (void)p11_kit_module_finalize(p11->modules[i]->functions);
        module_free(p11->modules[i]);
    }
    free(p11->modules);
    p11->modules = NULL;
    p11->module_count = 0;
}
