/* SPDX-License-Identifier: Apache-2.0 */
#include "signing_json.h"
#include "document.h"
#include "json_text.h"

#include <stdlib.h>
#include <string.h>

/* 10,000 targets have half as many values; nothing nests deeper than the signatures of a list, but
 * for what is not known. */
static const struct swt_json_limits LIMITS = {(size_t)256 * 1024, 16};

#define VERSION "1"
/* A raw signature by an RSA key of 8192 bits. */
#define SIGNATURE_MAX 1024
#define PATH_SIZE 96

void swt_signing_file_done(struct swt_signing_file *file) {
    json_decref(file->json);
    json_decref(file->unknown);
    *file = (struct swt_signing_file){0};
}

int swt_signing_file_fail(const struct swt_signing_file *file, struct swt_error *err,
                          const char *format, ...) {
    char message[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    (void)swt_fail(err, file->fault, "%s", message);
    return swt_error_file(err, file->name);
}

static int check_schema(const struct swt_signing_file *file, const char *schema,
                        struct swt_error *err) {
    json_t *value = NULL;
    int rc = swt_signing_file_member(file, file->json, "", "schema", JSON_STRING, &value, err);
    if (rc < 0)
        return rc;
    const char *found = json_string_value(value);
    size_t len = strlen(schema);
    if (strncmp(found, schema, len) == 0 && strcmp(found + len, VERSION) == 0)
        return 0;
    return swt_signing_file_fail(file, err, "schema: expected '%s" VERSION "', found '%s'", schema,
                                 found);
}

int swt_signing_file_read(struct swt_slice bytes, const char *name, const char *schema,
                          enum swt_code fault, struct swt_signing_file *ret_file,
                          struct swt_error *err) {
    SWT_CLEANUP(swt_signing_file_done)
    struct swt_signing_file file = {.name = name, .fault = fault, .unknown = json_array()};
    if (file.unknown == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_parse(bytes, name, &LIMITS, fault, &file.json, err);
    if (rc == 0 && !json_is_object(file.json))
        rc = swt_signing_file_fail(&file, err, "expected a JSON object");
    if (rc == 0)
        rc = check_schema(&file, schema, err);
    if (rc == 0)
        *ret_file = SWT_MOVE(file);
    return rc;
}

int swt_signing_file_write(const json_t *json, struct swt_buf *ret_bytes, struct swt_error *err) {
    /* ASCII: whoever looks at it with a pager sees no control character of a name. */
    int rc = swt_json_write(json, JSON_INDENT(2) | JSON_ENSURE_ASCII, ret_bytes, err);
    return rc < 0 ? rc : swt_buf_append(ret_bytes, "\n", 1, err);
}

/* ---- members ----------------------------------------------------------------------------- */

static const char *type_name(json_type type) {
    switch (type) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

int swt_signing_file_note_unknown(struct swt_signing_file *file, const json_t *object,
                                  const char *path, const char *const *known,
                                  struct swt_error *err) {
    const char *name;
    json_t *value = NULL;
    /* The iterator does not write; jansson's macro has no const form. */
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] != NULL)
            continue;
        json_t *entry = json_pack("{s:s+, s:O}", "member", path, name, "value", value);
        int rc = swt_json_add(file->unknown, entry, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int swt_signing_file_member(const struct swt_signing_file *file, const json_t *object,
                            const char *path, const char *name, json_type type, json_t **ret_value,
                            struct swt_error *err) {
    json_t *value = json_object_get(object, name);
    if (value == NULL)
        return swt_signing_file_fail(file, err, "%s%s is missing", path, name);
    if (json_typeof(value) != type)
        return swt_signing_file_fail(file, err, "%s%s: expected %s, found %s", path, name,
                                     type_name(type), type_name(json_typeof(value)));
    *ret_value = value;
    return 0;
}

int swt_signing_file_base64(const struct swt_signing_file *file, const json_t *object,
                            const char *path, const char *name, size_t cap,
                            struct swt_buf *ret_bytes, struct swt_error *err) {
    json_t *value = NULL;
    size_t before = ret_bytes->len;
    int rc = swt_signing_file_member(file, object, path, name, JSON_STRING, &value, err);
    if (rc < 0)
        return rc;
    struct swt_slice text = swt_slice_of(json_string_value(value), json_string_length(value));
    rc = swt_base64_decode(text, ret_bytes, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return swt_signing_file_fail(file, err, "%s%s: not canonical base64", path, name);
    if (ret_bytes->len == before || ret_bytes->len - before > cap)
        return swt_signing_file_fail(file, err, "%s%s: %zu bytes, expected 1 to %zu", path, name,
                                     ret_bytes->len - before, cap);
    return 0;
}

int swt_signing_file_hash(const struct swt_signing_file *file, const json_t *value,
                          const char *path, uint8_t ret_hash[SWT_DIGEST_SIZE],
                          struct swt_error *err) {
    const char *text = json_string_value(value);
    uint8_t hash[SWT_DIGEST_SIZE];
    char again[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    bool good = text != NULL && swt_hex_decode(text, hash, sizeof hash);
    if (good) {
        swt_hex_encode(hash, sizeof hash, again);
        good = strcmp(text, again) == 0;
    }
    if (!good)
        return swt_signing_file_fail(file, err, "%s: expected 64 digits from 0 to f", path);
    memcpy(ret_hash, hash, sizeof hash);
    return 0;
}

int swt_signing_file_role(const struct swt_signing_file *file, const char **ret_role,
                          struct swt_error *err) {
    json_t *value = NULL;
    int rc = swt_signing_file_member(file, file->json, "", "role", JSON_STRING, &value, err);
    if (rc < 0)
        return rc;
    const char *text = json_string_value(value);
    if (strcmp(text, SWT_ROLE_ROOT) == 0)
        *ret_role = SWT_ROLE_ROOT;
    else if (strcmp(text, SWT_ROLE_TARGETS) == 0)
        *ret_role = SWT_ROLE_TARGETS;
    else
        return swt_signing_file_fail(file, err, "role: expected 'root' or 'targets', found '%s'",
                                     text);
    return 0;
}

/* ---- signatures -------------------------------------------------------------------------- */

void swt_brought_signatures_done(struct swt_brought_signatures *signatures) {
    for (size_t i = 0; i < signatures->count; i++)
        swt_buf_done(&signatures->items[i].value);
    free(signatures->items);
    *signatures = (struct swt_brought_signatures){0};
}

static int read_scheme(const struct swt_signing_file *file, const json_t *object, const char *path,
                       uint32_t *ret_key_type, struct swt_error *err) {
    json_t *value = NULL;
    int rc = swt_signing_file_member(file, object, path, "scheme", JSON_STRING, &value, err);
    if (rc < 0)
        return rc;
    const char *text = json_string_value(value);
    for (uint32_t type = SWT_KEY_RSA; type <= SWT_KEY_P256; type++) {
        if (strcmp(text, swt_key_scheme_text(type)) == 0) {
            *ret_key_type = type;
            return 0;
        }
    }
    return swt_signing_file_fail(file, err, "%sscheme: expected one of %s, %s, %s, found '%s'",
                                 path, swt_key_scheme_text(SWT_KEY_P256),
                                 swt_key_scheme_text(SWT_KEY_ED25519),
                                 swt_key_scheme_text(SWT_KEY_RSA), text);
}

static int read_signature(struct swt_signing_file *file, const json_t *object, const char *path,
                          struct swt_brought_signature *signature, struct swt_error *err) {
    static const char *const KNOWN[] = {"key_id", "scheme", "signature", NULL};
    char id_path[PATH_SIZE + sizeof "key_id"];
    json_t *id = NULL;
    if (!json_is_object(object))
        return swt_signing_file_fail(file, err, "%.*s: expected an object", (int)strlen(path) - 1,
                                     path);
    (void)snprintf(id_path, sizeof id_path, "%skey_id", path);
    int rc = swt_signing_file_note_unknown(file, object, path, KNOWN, err);
    if (rc == 0)
        rc = swt_signing_file_member(file, object, path, "key_id", JSON_STRING, &id, err);
    if (rc == 0)
        rc = swt_signing_file_hash(file, id, id_path, signature->key_id, err);
    if (rc == 0)
        rc = read_scheme(file, object, path, &signature->key_type, err);
    return rc < 0 ? rc
                  : swt_signing_file_base64(file, object, path, "signature", SIGNATURE_MAX,
                                            &signature->value, err);
}

/* One key is one signer, however often it is listed. */
static int refuse_twice(const struct swt_signing_file *file,
                        const struct swt_brought_signatures *signatures, struct swt_error *err) {
    const struct swt_brought_signature *last = &signatures->items[signatures->count - 1];
    for (const struct swt_brought_signature *other = signatures->items; other < last; other++) {
        if (memcmp(other->key_id, last->key_id, sizeof last->key_id) != 0)
            continue;
        char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        swt_hex_encode(last->key_id, sizeof last->key_id, id);
        return swt_signing_file_fail(file, err, "signatures[%zu]: the key %s signs twice",
                                     signatures->count - 1, id);
    }
    return 0;
}

int swt_brought_signatures_read(struct swt_signing_file *file,
                                struct swt_brought_signatures *ret_signatures,
                                struct swt_error *err) {
    SWT_CLEANUP(swt_brought_signatures_done) struct swt_brought_signatures signatures = {0};
    json_t *array = NULL;
    int rc = swt_signing_file_member(file, file->json, "", "signatures", JSON_ARRAY, &array, err);
    if (rc < 0)
        return rc;
    size_t count = json_array_size(array);
    if (count > SWT_MAX_SIGNATURES)
        return swt_signing_file_fail(file, err, "signatures: %zu, at most %d are read", count,
                                     SWT_MAX_SIGNATURES);
    signatures.items = calloc(count + 1, sizeof *signatures.items);
    if (signatures.items == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < count && rc == 0; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof path, "signatures[%zu].", i);
        signatures.count++;
        rc = read_signature(file, json_array_get(array, i), path, &signatures.items[i], err);
        if (rc == 0)
            rc = refuse_twice(file, &signatures, err);
    }
    if (rc == 0)
        *ret_signatures = SWT_MOVE(signatures);
    return rc;
}

int swt_brought_signatures_envelope(const struct swt_brought_signatures *signatures,
                                    struct swt_slice metadata, struct swt_envelope *ret_envelope,
                                    struct swt_error *err) {
    struct swt_envelope envelope = {.metadata = metadata, .signature_count = signatures->count};
    envelope.signatures = calloc(signatures->count + 1, sizeof *envelope.signatures);
    if (envelope.signatures == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < signatures->count; i++) {
        const struct swt_brought_signature *brought = &signatures->items[i];
        envelope.signatures[i] = (struct swt_signature){
            swt_slice_of(brought->key_id, sizeof brought->key_id), swt_buf_slice(&brought->value)};
    }
    *ret_envelope = envelope;
    return 0;
}

int swt_json_add_signature(json_t *array, const struct swt_signature *signature, uint32_t key_type,
                           struct swt_error *err) {
    json_t *object = json_object();
    int rc = swt_json_add(array, object, err);
    if (rc == 0)
        rc = swt_json_set(object, "key_id", swt_json_hex(signature->key_id), err);
    if (rc == 0)
        rc = swt_json_set(object, "scheme", json_string(swt_key_scheme_text(key_type)), err);
    if (rc == 0)
        rc = swt_json_set(object, "signature", swt_json_base64(signature->value), err);
    return rc;
}
