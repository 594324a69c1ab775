/* SPDX-License-Identifier: Apache-2.0 */
/* Key files that hash their passphrase too often, in each form that says how often. */
#include "help.h"

#define MOST 2000000U

#define SALT "04080000000000000000"
#define CIPHERTEXT "041000000000000000000000000000000000"
#define PBKDF2 "06092a864886f70d01050c"
#define SCRYPT "06092b06010401da47040b"
#define PBES1 "06092a864886f70d010503"
#define PBES2 "06092a864886f70d01050d"
#define AES_CBC "301d060960864801650304012a" CIPHERTEXT
#define SHA256 "300d06096086480165030402010500"
#define DATA "06092a864886f70d010701"
#define ENCRYPTED_DATA "06092a864886f70d010706"
#define SHROUDED_BAG "060b2a864886f70d010c0a0102"
#define SAFE_CONTENTS_BAG "060b2a864886f70d010c0a0106"

enum { SEQUENCE = 0x30, OCTETS = 0x04, FIRST = 0xa0 };

/* ---- DER --------------------------------------------------------------------------------- */

static void append_hex(struct swt_buf *der, const char *hex) {
    uint8_t bytes[256];
    struct swt_error err;
    size_t len = strlen(hex) / 2;
    assert_true(len <= sizeof bytes && swt_hex_decode(hex, bytes, len));
    assert_done(swt_buf_append(der, bytes, len, &err), &err);
}

/* Puts what is there into a tag, behind head. */
static void wrap(struct swt_buf *der, unsigned tag, const char *head) {
    struct swt_buf whole = {0};
    struct swt_error err;
    char start[16];
    (void)snprintf(start, sizeof start, "%02x82%04x", tag, (unsigned)(strlen(head) / 2 + der->len));
    append_hex(&whole, start);
    append_hex(&whole, head);
    assert_done(swt_buf_append_slice(&whole, swt_buf_slice(der), &err), &err);
    swt_buf_done(der);
    *der = whole;
}

/* Below 2^31, in as few bytes as it takes. */
static void append_number(struct swt_buf *der, unsigned number) {
    char hex[16];
    int bytes = 1;
    while (bytes < 4 && number >> (8 * bytes - 1) != 0)
        bytes++;
    (void)snprintf(hex, sizeof hex, "02%02x%0*x", (unsigned)bytes, 2 * bytes, number);
    append_hex(der, hex);
}

/* ---- parts of key files ------------------------------------------------------------------ */

/* der: the parameters of a key derivation. */
static void put_pbes2(struct swt_buf *der, const char *function) {
    wrap(der, SEQUENCE, function);
    append_hex(der, AES_CBC);
    wrap(der, SEQUENCE, "");
    wrap(der, SEQUENCE, PBES2);
}

static void put_pbkdf2(struct swt_buf *der, unsigned count) {
    append_number(der, count);
    wrap(der, SEQUENCE, SALT);
    put_pbes2(der, PBKDF2);
}

static void put_scrypt(struct swt_buf *der, unsigned cost, unsigned parallel) {
    append_number(der, cost);
    append_number(der, 8);
    append_number(der, parallel);
    wrap(der, SEQUENCE, SALT);
    put_pbes2(der, SCRYPT);
}

static void put_pbes1(struct swt_buf *der, unsigned count) {
    append_number(der, count);
    wrap(der, SEQUENCE, SALT);
    wrap(der, SEQUENCE, PBES1);
}

/* der: an algorithm. */
static void put_encrypted_key(struct swt_buf *der) {
    append_hex(der, CIPHERTEXT);
    wrap(der, SEQUENCE, "");
}

/* der: what stands in a part without encryption. */
static void put_data(struct swt_buf *der) {
    wrap(der, OCTETS, "");
    wrap(der, FIRST, "");
    wrap(der, SEQUENCE, DATA);
}

/* der: the parts. */
static void put_pkcs12(struct swt_buf *der) {
    wrap(der, SEQUENCE, "");
    put_data(der);
    wrap(der, SEQUENCE, "020103");
}

/* der: bags. */
static void put_bags(struct swt_buf *der) {
    wrap(der, SEQUENCE, "");
    put_data(der);
    put_pkcs12(der);
}

static void put_shrouded_bag(struct swt_buf *der, unsigned count) {
    put_pbkdf2(der, count);
    put_encrypted_key(der);
    wrap(der, FIRST, "");
    wrap(der, SEQUENCE, SHROUDED_BAG);
}

/* der: bags, which go into one, and that into another. */
static void nest_bags(struct swt_buf *der, size_t levels) {
    for (size_t i = 0; i < levels; i++) {
        wrap(der, SEQUENCE, "");
        wrap(der, FIRST, "");
        wrap(der, SEQUENCE, SAFE_CONTENTS_BAG);
    }
}

/* ---- judging ----------------------------------------------------------------------------- */

/* Empties der. */
static void expect(struct swt_buf *der, bool refused) {
    struct swt_key_file file = {.data = der->data, .len = der->len};
    struct swt_error err = {0};
    int rc = swt_key_file_check_work(&file, SWT_E_KEY, &err);
    if (refused)
        assert_error(rc, &err, SWT_E_KEY, "hashed more than 2000000 times");
    else
        assert_done(rc, &err);
    swt_buf_done(der);
}

static void encrypted_keys(void **state) {
    (void)state;
    struct swt_buf der = {0};
    for (unsigned over = 0; over <= 1; over++) {
        put_pbkdf2(&der, MOST + over);
        put_encrypted_key(&der);
        expect(&der, over == 1);
        put_pbes1(&der, MOST + over);
        put_encrypted_key(&der);
        expect(&der, over == 1);
        put_scrypt(&der, MOST / 8 + over, 1);
        put_encrypted_key(&der);
        expect(&der, over == 1);
    }
    put_scrypt(&der, 1024, 1U << 30);
    put_encrypted_key(&der);
    expect(&der, true);
    append_hex(&der, "0201ff"); /* a negative number */
    wrap(&der, SEQUENCE, SALT);
    put_pbes2(&der, PBKDF2);
    put_encrypted_key(&der);
    expect(&der, true);
}

/* All that is derived from one passphrase counts, in one file. */
static void several_keys(void **state) {
    (void)state;
    struct swt_buf der = {0};
    struct swt_buf other = {0};
    struct swt_error err;
    put_pbkdf2(&der, MOST / 2);
    put_encrypted_key(&der);
    put_pbkdf2(&other, MOST / 2 + 1);
    put_encrypted_key(&other);
    assert_done(swt_buf_append_slice(&der, swt_buf_slice(&other), &err), &err);
    swt_buf_done(&other);
    expect(&der, true);
}

static void algorithms_without_parameters(void **state) {
    (void)state;
    struct swt_buf der = {0};
    append_hex(&der, "0500");
    wrap(&der, SEQUENCE, PBES2);
    put_encrypted_key(&der);
    expect(&der, false);
    append_hex(&der, "0500");
    put_pbes2(&der, PBKDF2);
    put_encrypted_key(&der);
    expect(&der, false);
}

static void parts_of_pkcs12(void **state) {
    (void)state;
    struct swt_buf der = {0};
    for (unsigned over = 0; over <= 1; over++) {
        put_shrouded_bag(&der, MOST + over);
        put_bags(&der);
        expect(&der, over == 1);
        put_shrouded_bag(&der, MOST + over);
        nest_bags(&der, 3);
        put_bags(&der);
        expect(&der, over == 1);
        put_pbkdf2(&der, MOST + over);
        append_hex(&der, "8010"
                         "00000000000000000000000000000000");
        wrap(&der, SEQUENCE, DATA);
        wrap(&der, SEQUENCE, "020100");
        wrap(&der, FIRST, "");
        wrap(&der, SEQUENCE, ENCRYPTED_DATA);
        put_pkcs12(&der);
        expect(&der, over == 1);
    }
}

static void bags_without_end(void **state) {
    (void)state;
    struct swt_buf der = {0};
    for (size_t levels = 14; levels <= 17; levels++) {
        put_shrouded_bag(&der, 1);
        nest_bags(&der, levels);
        put_bags(&der);
        expect(&der, levels > 15);
    }
}

/* The code that says whether a passphrase is right is derived from it, too. */
static void the_code_of_pkcs12(void **state) {
    (void)state;
    for (unsigned over = 0; over <= 1; over++) {
        struct swt_buf der = {0};
        struct swt_buf code = {0};
        struct swt_error err;
        append_hex(&code, "0420"
                          "0000000000000000000000000000000000000000000000000000000000000000");
        wrap(&code, SEQUENCE, SHA256);
        append_hex(&code, SALT);
        append_number(&code, MOST + over);
        wrap(&code, SEQUENCE, "");
        wrap(&der, SEQUENCE, "");
        put_data(&der);
        assert_done(swt_buf_append_slice(&der, swt_buf_slice(&code), &err), &err);
        wrap(&der, SEQUENCE, "020103");
        swt_buf_done(&code);
        expect(&der, over == 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encrypted_keys),
        cmocka_unit_test(several_keys),
        cmocka_unit_test(algorithms_without_parameters),
        cmocka_unit_test(parts_of_pkcs12),
        cmocka_unit_test(bags_without_end),
        cmocka_unit_test(the_code_of_pkcs12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
