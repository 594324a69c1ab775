/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#11 URIs (RFC 7512). p11-kit parses them, but tolerates what would make a URI mean more than
 * it says: it drops blanks, takes the last of two values, and ignores attributes that it does not
 * know or that stand on the wrong side of the '?'. Each of these is refused before.
 */
#include "p11.h"

#include <stdlib.h>
#include <string.h>

#define SCHEME_SIZE 7 /* "pkcs11:" */

enum side { PATH = 1, QUERY = 2 };
static const struct {
    const char *name;
    enum side side;
    bool secret; /* its value is not shown */
} attributes[] = {
    {"token", PATH, false},
    {"manufacturer", PATH, false},
    {"serial", PATH, false},
    {"model", PATH, false},
    {"object", PATH, false},
    {"type", PATH, false},
    {"id", PATH, false},
    {"library-manufacturer", PATH, false},
    {"library-description", PATH, false},
    {"library-version", PATH, false},
    {"slot-manufacturer", PATH, false},
    {"slot-description", PATH, false},
    {"slot-id", PATH, false},
    {"module-name", QUERY, false},
    {"module-path", QUERY, false},
    {"pin-source", QUERY, true},
    {"pin-value", QUERY, true},
};

/* ---- taking it apart --------------------------------------------------------------------- */

/* One attribute: its name, where it stands, its length in all. */
struct part {
    const char *name;
    size_t name_len;
    size_t len;
    enum side side;
};

/* The attribute at text, of the side that text is on; the separator is not part of it. */
static struct part part_at(const char *text, enum side side) {
    struct part part = {.name = text, .side = side};
    part.len = strcspn(text, side == PATH ? ";?" : "&");
    part.name_len = strcspn(text, "=");
    if (part.name_len > part.len)
        part.name_len = part.len;
    return part;
}

/* The row of the part's name, SWT_COUNT(attributes) when there is none. */
static size_t row_of(const struct part *part) {
    size_t i = 0;
    while (i < SWT_COUNT(attributes) &&
           (strlen(attributes[i].name) != part->name_len ||
            memcmp(attributes[i].name, part->name, part->name_len) != 0))
        i++;
    return i;
}

/* With a wrong separator in front of it, a PIN attribute is part of the value before it. */
static bool hides_pin(const struct part *part) {
    static const char *const names[] = {"pin-value=", "pin-source="};
    for (size_t i = 0; i < SWT_COUNT(names); i++)
        for (size_t at = part->name_len + 1; at + strlen(names[i]) <= part->len; at++)
            if (swt_ascii_equal(part->name + at, names[i], strlen(names[i])))
                return true;
    return false;
}

/* An attribute that is known, has a value and stands on its side. */
static bool is_sound(const struct part *part, size_t row) {
    return row < SWT_COUNT(attributes) && part->side == attributes[row].side &&
           part->name_len < part->len && !hides_pin(part);
}

size_t swt_p11_uri_shown(const char *text) {
    size_t shown = SCHEME_SIZE;
    for (size_t position = SCHEME_SIZE;;) {
        struct part part = part_at(text + position, PATH);
        if (!is_sound(&part, row_of(&part)))
            return shown;
        shown = position + part.len;
        if (text[shown] != ';')
            return shown;
        position = shown + 1;
    }
}

/* 1, or 0 when text has an attribute that is not sound, and anything in it may be a secret. */
static int put_public(const char *text, struct swt_buf *out, struct swt_error *err) {
    enum side side = PATH;
    char separator = '\0';
    for (const char *at = text + SCHEME_SIZE; *at != '\0';) {
        struct part part = part_at(at, side);
        size_t row = row_of(&part);
        bool empty_path = part.len == 0 && *at == '?' && at == text + SCHEME_SIZE;
        if (!empty_path && !is_sound(&part, row))
            return 0;
        if (!empty_path && !attributes[row].secret) {
            int result = separator == '\0' ? 0 : swt_buf_append(out, &separator, 1, err);
            if (result >= 0)
                result = swt_buf_append(out, part.name, part.len, err);
            if (result < 0)
                return result;
            separator = side == PATH ? ';' : '&';
        }
        at += part.len;
        if (*at == '?') {
            side = QUERY;
            separator = '?';
        }
        at += *at != '\0';
    }
    return 1;
}

int swt_p11_uri_public(const char *text, struct swt_buf *ret_text, struct swt_error *err) {
    struct swt_buf attributes_shown SWT_CLEANUP(swt_buf_done) = {0};
    int result = put_public(text, &attributes_shown, err);
    if (result < 0 || swt_buf_append(ret_text, text, SCHEME_SIZE, err) < 0)
        return -(int)err->code;
    return result == 0 ? 0 : swt_buf_append_slice(ret_text, swt_buf_slice(&attributes_shown), err);
}

static int refuse_pin_value(struct swt_error *err) {
    swt_fail(err, SWT_E_KEY_URI,
             "a PIN in the URI (pin-value) is refused: others see it in the list of processes");
    return swt_error_hint(err, "give it with --pin-file FILE or --pin-env NAME");
}

/* A name that is shown back holds nothing but letters and dashes, so that no PIN that was written
 * in its place is. */
static int refuse_name(const struct part *part, struct swt_error *err) {
    bool plain = part->name_len > 0 && part->name_len <= 32;
    for (size_t i = 0; i < part->name_len; i++)
        plain = plain && ((part->name[i] >= 'a' && part->name[i] <= 'z') ||
                          (part->name[i] >= 'A' && part->name[i] <= 'Z') || part->name[i] == '-');
    plain = plain && part->name_len < part->len;
    if (part->len == 0)
        return swt_fail(err, SWT_E_KEY_URI, "an empty attribute");
    if (!plain)
        return swt_fail(err, SWT_E_KEY_URI, "an attribute that is not NAME=VALUE");
    return swt_fail(err, SWT_E_KEY_URI, "the attribute '%.*s' is not known", (int)part->name_len,
                    part->name);
}

static int check_part(const struct part *part, uint32_t *seen, struct swt_error *err) {
    size_t row = row_of(part);
    if (row == SWT_COUNT(attributes))
        return refuse_name(part, err);
    const char *name = attributes[row].name;
    if (strcmp(name, "pin-value") == 0)
        return refuse_pin_value(err);
    if (part->name_len == part->len)
        return swt_fail(err, SWT_E_KEY_URI, "the attribute '%s' has no value", name);
    if (hides_pin(part))
        return swt_fail(err, SWT_E_KEY_URI,
                        "a PIN attribute inside of the value of '%s': '?' comes before the first "
                        "of them, '&' between them",
                        name);
    if (part->side != attributes[row].side)
        return swt_fail(err, SWT_E_KEY_URI, "the attribute '%s' belongs %s the '?'", name,
                        attributes[row].side == PATH ? "before" : "after");
    if ((*seen & 1U << row) != 0)
        return swt_fail(err, SWT_E_KEY_URI, "the attribute '%s' is given twice", name);
    *seen |= 1U << row;
    return 0;
}

static int check_text(const char *text, struct swt_error *err) {
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == ' ') {
            swt_fail(err, SWT_E_KEY_URI, "a blank in a PKCS#11 URI");
            return swt_error_hint(err, "it is written %%20");
        }
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return swt_fail(err, SWT_E_KEY_URI, "a control character in a PKCS#11 URI");
    }
    return 0;
}

/* *seen is 0 at first; the rows of the attributes that text has, a bit each. */
static int check_form(const char *text, uint32_t *seen, struct swt_error *err) {
    enum side side = PATH;
    const char *at = text + SCHEME_SIZE;
    int result = check_text(text, err);

    if (result < 0 || *at == '\0')
        return result;
    if (*at == '?') { /* "pkcs11:?module-path=..." names any token of the module */
        side = QUERY;
        at++;
    }
    for (;;) {
        struct part part = part_at(at, side);
        result = check_part(&part, seen, err);
        at += part.len;
        if (result < 0 || *at == '\0')
            return result;
        side = *at == '?' ? QUERY : side;
        at++;
    }
}

/* ---- what it says ------------------------------------------------------------------------ */

static int check_class(struct swt_p11_uri *uri, struct swt_error *err) {
    const CK_ATTRIBUTE *class = p11_kit_uri_get_attribute(uri->kit, CKA_CLASS);
    if (class == NULL)
        return 0;
    uri->has_class = true;
    memcpy(&uri->class, class->pValue, sizeof uri->class);
    if (uri->class != CKO_PRIVATE_KEY && uri->class != CKO_PUBLIC_KEY &&
        uri->class != CKO_CERTIFICATE)
        return swt_fail(err, SWT_E_KEY_URI, "its type is none of private, public and cert");
    return 0;
}

/* pin-source: a file, never a command. Its text stays out of the error. */
static int check_pin_source(struct swt_p11_uri *uri, struct swt_error *err) {
    struct swt_key_uri source;
    const char *text = p11_kit_uri_get_pin_source(uri->kit);
    if (text == NULL)
        return 0;
    bool is_path = swt_key_uri_parse(text, &source, err) >= 0 && source.path != NULL;
    if (text[0] == '|' || (is_path && source.path[0] == '|')) {
        swt_fail(err, SWT_E_KEY_URI, "a pin-source that would run a command is refused");
        return swt_error_hint(err,
                              "give the PIN with --pin-file, as in --pin-file fd:3 3< <(COMMAND)");
    }
    if (!is_path) {
        swt_fail(err, SWT_E_KEY_URI, "its pin-source is neither a path nor file:PATH");
        return swt_error_hint(err, "give the PIN with --pin-file FILE or --pin-env NAME");
    }
    uri->pin_source = source.path;
    return 0;
}

static bool was_seen(uint32_t seen, const char *name) {
    const struct part part = {.name = name, .name_len = strlen(name)};
    return (seen & 1U << row_of(&part)) != 0;
}

/* When memory runs out, p11-kit loses an attribute and says nothing: the URI would fit other keys.
 */
static bool is_whole(const struct swt_p11_uri *uri, uint32_t seen) {
    return (uri->label != NULL) == was_seen(seen, "object") &&
           (uri->id != NULL) == was_seen(seen, "id") &&
           (p11_kit_uri_get_attribute(uri->kit, CKA_CLASS) != NULL) == was_seen(seen, "type") &&
           (uri->module_path != NULL) == was_seen(seen, "module-path") &&
           (uri->module_name != NULL) == was_seen(seen, "module-name") &&
           (p11_kit_uri_get_pin_source(uri->kit) != NULL) == was_seen(seen, "pin-source");
}

static int parse(const char *text, uint32_t seen, struct swt_p11_uri *uri, struct swt_error *err) {
    uri->kit = p11_kit_uri_new();
    if (uri->kit == NULL)
        return swt_fail_memory(err);
    int fault = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri->kit);
    if (fault == P11_KIT_URI_UNEXPECTED)
        return swt_fail_memory(err);
    if (fault == P11_KIT_URI_BAD_ENCODING)
        return swt_fail(err, SWT_E_KEY_URI, "a '%%' that two hexadecimal digits do not follow");
    if (fault == P11_KIT_URI_BAD_VERSION)
        return swt_fail(err, SWT_E_KEY_URI, "its library-version is no version");
    if (fault != P11_KIT_URI_OK)
        return swt_fail(err, SWT_E_KEY_URI, "it is no PKCS#11 URI as RFC 7512 has it");
    if (p11_kit_uri_any_unrecognized(uri->kit))
        return swt_fail(err, SWT_E_KEY_URI,
                        "a value is longer than its field, or its type is not known");
    uri->label = p11_kit_uri_get_attribute(uri->kit, CKA_LABEL);
    uri->id = p11_kit_uri_get_attribute(uri->kit, CKA_ID);
    uri->module_path = p11_kit_uri_get_module_path(uri->kit);
    uri->module_name = p11_kit_uri_get_module_name(uri->kit);
    if (!is_whole(uri, seen))
        return swt_fail_memory(err);
    int result = check_class(uri, err);
    return result < 0 ? result : check_pin_source(uri, err);
}

int swt_p11_uri_parse(const char *text, struct swt_p11_uri *ret_uri, struct swt_error *err) {
    struct swt_p11_uri uri SWT_CLEANUP(swt_p11_uri_done) = {0};
    uint32_t seen = 0;
    int result = check_form(text, &seen, err);
    if (result >= 0)
        result = parse(text, seen, &uri, err);
    if (result < 0)
        return result;
    *ret_uri = SWT_MOVE(uri);
    return 0;
}

void swt_p11_uri_done(struct swt_p11_uri *uri) {
    p11_kit_uri_free(uri->kit); /* takes NULL */
    *uri = (struct swt_p11_uri){0};
}

/* ---- writing one ------------------------------------------------------------------------- */

static bool set_attribute(P11KitUri *kit, CK_ATTRIBUTE_TYPE type, struct swt_slice value) {
    CK_ATTRIBUTE attribute = {
        .type = type, .pValue = (void *)(uintptr_t)value.data, .ulValueLen = value.len};
    return value.len == 0 || p11_kit_uri_set_attribute(kit, &attribute) == P11_KIT_URI_OK;
}

char *swt_p11_uri_format(const CK_TOKEN_INFO *token, struct swt_slice label, struct swt_slice id,
                         const struct swt_p11_uri *asked, const char *module_name,
                         struct swt_error *err) {
    struct swt_p11_uri uri SWT_CLEANUP(swt_p11_uri_done) = {.kit = p11_kit_uri_new()};
    char *text = NULL;
    if (uri.kit == NULL || !set_attribute(uri.kit, CKA_LABEL, label) ||
        !set_attribute(uri.kit, CKA_ID, id)) {
        swt_fail_memory(err);
        return NULL;
    }
    CK_TOKEN_INFO *named = p11_kit_uri_get_token_info(uri.kit);
    memcpy(named->label, token->label, sizeof named->label);
    memcpy(named->manufacturerID, token->manufacturerID, sizeof named->manufacturerID);
    memcpy(named->model, token->model, sizeof named->model);
    memcpy(named->serialNumber, token->serialNumber, sizeof named->serialNumber);
    if (asked->module_path != NULL)
        p11_kit_uri_set_module_path(uri.kit, asked->module_path);
    else if (module_name != NULL || asked->module_name != NULL)
        p11_kit_uri_set_module_name(uri.kit,
                                    module_name != NULL ? module_name : asked->module_name);
    if (p11_kit_uri_format(uri.kit, P11_KIT_URI_FOR_ANY, &text) != P11_KIT_URI_OK) {
        swt_fail_memory(err);
        return NULL;
    }
    return text;
}
