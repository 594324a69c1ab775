/* SPDX-License-Identifier: Apache-2.0 */
/* What must be refused: code, line and column of each. */
#include "manifest.h"

#include <stdio.h>

struct bad_row {
    const char *text;
    size_t len; /* 0: strlen(text) */
    enum swt_code code;
    unsigned line;
    unsigned column;
    const char *message; /* part of it, or NULL */
    const char *hint;    /* part of it, or NULL */
};

#define BYTES(text_) text_, sizeof(text_) - 1
#define SYNTAX SWT_E_MANIFEST_SYNTAX
#define KEY SWT_E_MANIFEST_KEY
#define VALUE SWT_E_MANIFEST_VALUE

static void check_rows(const struct bad_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct bad_row *row = &rows[i];
        struct swt_error err = {0};
        parse_bad(row->text, row->len > 0 ? row->len : strlen(row->text), NULL, &err);
        assert_error(&err, row->code, row->line, row->column, row->text);
        assert_string_equal(err.file, "dir/product.yaml");
        if (row->message != NULL && strstr(err.message, row->message) == NULL)
            fail_msg("expected '%s' in '%s'", row->message, err.message);
        if (row->hint != NULL && strstr(err.hint, row->hint) == NULL)
            fail_msg("expected '%s' in '%s'", row->hint, err.hint);
    }
}

static void bytes(void **state) {
    (void)state;
    static const struct bad_row rows[] = {
        {BYTES("\xef\xbb\xbf" WHOLE), SYNTAX, 1, 1, "byte order mark", "UTF-8"},
        {BYTES("\xff\xfes\0c\0h\0"), SYNTAX, 1, 1, "UTF-16", "UTF-8"},
        {BYTES("\xfe\xff\0s\0c"), SYNTAX, 1, 1, "UTF-16", "UTF-8"},
        {BYTES("\xff\xfe\0\0s\0\0\0"), SYNTAX, 1, 1, "UTF-16", NULL},
        {BYTES("s\0c\0h\0e\0m\0a\0"), SYNTAX, 1, 2, "U+0000", NULL},
        {BYTES("\0"), SYNTAX, 1, 1, "U+0000", NULL},
        {BYTES(WHOLE "meta: {a: b\0c}\n"), SYNTAX, 5, 12, "U+0000", NULL},
        {"schema: 1\n# \x1b[2J\n", 0, SYNTAX, 2, 3, "U+001B", NULL},
        {"schema: 1 \x7f\n", 0, SYNTAX, 1, 11, "U+007F", NULL},
        {"a: \xc2\x85 b\n", 0, SYNTAX, 1, 4, "U+0085", NULL},
        {"a: \xe2\x80\xa8 b\n", 0, SYNTAX, 1, 4, "U+2028", NULL},
        {"a: \xc2\x9b\n", 0, SYNTAX, 1, 4, "U+009B", NULL},
        {"a: \xe2\x80\xae\n", 0, SYNTAX, 1, 4, "U+202E", NULL},
        {"a: \xef\xbb\xbf\n", 0, SYNTAX, 1, 4, "U+FEFF", NULL},
        {"a: \xef\xbf\xbf\n", 0, SYNTAX, 1, 4, "U+FFFF", NULL},
        {"a: b\rc: d\n", 0, SYNTAX, 1, 5, "carriage return", "LF"},
        {"a: b\r", 0, SYNTAX, 1, 5, "carriage return", NULL},
        {"\xc3\xa4: \xc3\n", 0, SYNTAX, 1, 4, "0xc3 is not UTF-8", NULL},
        {"a: \xc0\xaf\n", 0, SYNTAX, 1, 4, "not UTF-8", NULL},
        {"a: \xed\xa0\x80\n", 0, SYNTAX, 1, 4, "not UTF-8", NULL},
        {"a: \xf4\x90\x80\x80\n", 0, SYNTAX, 1, 4, "not UTF-8", NULL},
        {"a: \x80\n", 0, SYNTAX, 1, 4, "not UTF-8", NULL},
        {"a: \xe2\x82", 0, SYNTAX, 1, 4, "not UTF-8", NULL},
    };
    check_rows(rows, SWT_COUNT(rows));
}

static void yaml(void **state) {
    (void)state;
    static const struct bad_row rows[] = {
        {"# only a comment\n", 0, SYNTAX, 1, 1, "empty", NULL},
        {"\n\n  \n", 0, SYNTAX, 1, 1, "empty", NULL},
        {"---\n", 0, SYNTAX, 1, 1, "empty", NULL},
        {"--- ~\n", 0, SYNTAX, 1, 1, "empty", NULL},
        {"hello\n", 0, SYNTAX, 1, 1, "expected a map", NULL},
        {"- a\n", 0, SYNTAX, 1, 1, "found a list", NULL},
        {WHOLE "---\n" WHOLE, 0, SYNTAX, 5, 1, "one document", NULL},
        {WHOLE "...\n---\n", 0, SYNTAX, 6, 1, "one document", NULL},
        {WHOLE "...\n# \xc3\xa4\n  x\n", 0, SYNTAX, 7, 3, "one document", NULL},
        {WHOLE "%TAG !a! b\n", 0, SYNTAX, 5, 1, NULL, NULL},
        {"# \xc3\xa4\n%YAML 1.2\n--- {}\n", 0, SYNTAX, 2, 1, "directives", NULL},
        {"%TAG ! x\n---\n", 0, SYNTAX, 1, 1, "directives", NULL},
        {"&a\nschema: 1\n", 0, SYNTAX, 1, 1, "anchors (&a)", NULL},
        {"schema: &a 1\n", 0, SYNTAX, 1, 9, "anchors (&a)", NULL},
        {"&a schema: 1\n", 0, SYNTAX, 1, 1, "anchors", NULL},
        {"schema: [&a 1]\n", 0, SYNTAX, 1, 10, "anchors", NULL},
        {"schema: &a [1]\n", 0, SYNTAX, 1, 9, "anchors", NULL},
        {"schema: &a\n", 0, SYNTAX, 1, 9, "anchors", NULL},
        {"schema: *a\n", 0, SYNTAX, 1, 9, "aliases (*a)", "quote"},
        {"*a : 1\n", 0, SYNTAX, 1, 1, "aliases", NULL},
        {"schema: [*a]\n", 0, SYNTAX, 1, 10, "aliases", NULL},
        {"<<: {a: b}\n", 0, SYNTAX, 1, 1, "merge keys", NULL},
        {"meta: {<<: *a}\n", 0, SYNTAX, 1, 8, "merge keys", NULL},
        {"schema: !!int 1\n", 0, SYNTAX, 1, 9, "tags", "leave the tag out"},
        {"schema: !x 1\n", 0, SYNTAX, 1, 9, "tags (!x)", NULL},
        {"schema: ! 1\n", 0, SYNTAX, 1, 9, "tags (!)", NULL},
        {"schema: ! '1'\n", 0, SYNTAX, 1, 9, "tags (!)", NULL},
        {"schema: !\n", 0, SYNTAX, 1, 9, "tags", NULL},
        {"schema: ! [1]\n", 0, SYNTAX, 1, 9, "tags", NULL},
        {"schema: ! {a: 1}\n", 0, SYNTAX, 1, 9, "tags", NULL},
        {"schema: !<tag:yaml.org,2002:str> 1\n", 0, SYNTAX, 1, 9, "tags", NULL},
        {"schema: !!binary aGk=\n", 0, SYNTAX, 1, 9, "tags", NULL},
        {"!!str schema: 1\n", 0, SYNTAX, 1, 1, "tags", NULL},
        {"! schema: 1\n", 0, SYNTAX, 1, 1, "tags", NULL},
        {"--- !!map\nschema: 1\n", 0, SYNTAX, 1, 5, "tags", NULL},
        {"schema: !x!y 1\n", 0, SYNTAX, 1, 9, NULL, NULL},
        {"? [a]\n: b\n", 0, SYNTAX, 1, 3, "expected a key, found a list", NULL},
        {"? {a: b}\n: b\n", 0, SYNTAX, 1, 3, "expected a key, found a map", NULL},
        {"{[a]: b}\n", 0, SYNTAX, 1, 2, "expected a key", NULL},
        {"~: b\n", 0, SYNTAX, 1, 1, "expected a key, found nothing", NULL},
        {"?\n: b\n", 0, SYNTAX, 1, 2, "expected a key, found nothing", NULL},
        {"'': b\n", 0, SYNTAX, 1, 1, "expected a key, found nothing", NULL},
        {"\"a\\nb\": c\n", 0, SYNTAX, 1, 1, "U+000A", NULL},
        {"\"a\\0\": c\n", 0, SYNTAX, 1, 1, "U+0000", NULL},
        {"a: \"x\\0y\"\n", 0, SYNTAX, 1, 4, "U+0000", NULL},
        {"a: \"\\x00\"\n", 0, SYNTAX, 1, 4, "U+0000", NULL},
        {"a: \"\\u0000\"\n", 0, SYNTAX, 1, 4, "U+0000", NULL},
        {"a: \"\\e[2J\"\n", 0, SYNTAX, 1, 4, "U+001B", NULL},
        {"a: \"\\N\"\n", 0, SYNTAX, 1, 4, "U+0085", NULL},
        {"a: \"\\u202e\"\n", 0, SYNTAX, 1, 4, "U+202E", NULL},
        {"a: \"\\r\"\n", 0, SYNTAX, 1, 4, "U+000D", NULL},
        {"a: \"\\ud800\"\n", 0, SYNTAX, 1, 7, NULL, NULL},
        {"a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n", 0, SYNTAX, 1, 19, "16 levels", NULL},
        {"a: {b: {b: {b: {b: {b: {b: {b: {b: {b: {b: {b: {b: {b: {b: {b: {", 0, SYNTAX, 1, 64,
         "16 levels", NULL},
        {"- - - - - - - - - - - - - - - - - x\n", 0, SYNTAX, 1, 33, "16 levels", NULL},
        {"a: b: c\n", 0, SYNTAX, 1, 5, NULL, NULL},
        {"a: b\n\tc: d\n", 0, SYNTAX, 2, 1, NULL, "indent with spaces"},
        {"a: [b\n", 0, SYNTAX, 2, 1, "while parsing a flow sequence from line 1", NULL},
        {"a: \"b\n", 0, SYNTAX, 2, 1, NULL, NULL},
        {"a: @b\n", 0, SYNTAX, 1, 4, NULL, "quote"},
        {"a: {file: ${OUT}/a}\n", 0, SYNTAX, 1, 12, NULL, "quote a text that holds ${...}"},
        {"a: b\n c: d\n", 0, SYNTAX, 2, 3, NULL, NULL},
        {"  a: b\n c: d\n", 0, SYNTAX, 2, 2, NULL, NULL},
        {"a: 'b' 'c'\n", 0, SYNTAX, 1, 8, NULL, NULL},
    };
    check_rows(rows, SWT_COUNT(rows));
}

static void keys(void **state) {
    (void)state;
    static const struct bad_row rows[] = {
        {"a: 1\nb: 2\nb: 3\na: 4\n", 0, KEY, 3, 1, "'b' is given twice; the first is at 2:1", NULL},
        {"meta: {x: 1, \"x\": 2}\n", 0, KEY, 1, 14, "'x' is given twice", NULL},
        {"meta: {x: ~, x: 2}\n", 0, KEY, 1, 14, "'x' is given twice", NULL},
        {WHOLE "metta: {}\n", 0, KEY, 5, 1, "expected one of schema, product",
         "did you mean 'meta'"},
        {WHOLE "Bundle: {}\n", 0, KEY, 5, 1, "'Bundle'", "did you mean 'bundle'"},
        {WHOLE "zzzzzzzzzz: {}\n", 0, KEY, 5, 1, "'zzzzzzzzzz'", NULL},
        {WHOLE "require: {min_version: 1}\n", 0, KEY, 5, 1, "'require'", "'requires'"},
        {WHOLE "requires: {max_version: 1}\n", 0, KEY, 5, 12, "in requires", "'min_version'"},
        {WHOLE "sbom: {path: a}\n", 0, KEY, 5, 8, "'path' in sbom; expected one of file, format",
         NULL},
        {WHOLE "sbom: {format: spdx}\n", 0, KEY, 5, 7, "missing key 'file' in sbom", NULL},
        {WHOLE "includes: [a]\n", 0, KEY, 5, 1, "'includes'", "did you mean 'include'"},
        {HEAD "targets: [{file: a, files: b}]\n", 0, KEY, 4, 21,
         "targets: expected 'file' or 'files', found both", "leave one of them out"},
        {HEAD "targets: [{files: b, file: a}]\n", 0, KEY, 4, 12, "found both", NULL},
        {HEAD "targets:\n- files: b\n  sha256: x\n", 0, KEY, 6, 3,
         "'sha256' goes with 'file': a pin is of one file", NULL},
        {HEAD "targets: [{name: x, files: }]\n", 0, KEY, 4, 21, "required key 'files' in", NULL},
        {HEAD "targets: [{file: ~, files: ~}]\n", 0, KEY, 4, 12, "required key 'file' in", NULL},
        {HEAD "targets: [{sha256: x}]\n", 0, VALUE, 4, 20, "64 hex digits", NULL},
        {WHOLE "signing: {key: a}\n", 0, KEY, 5, 11, "'key' in signing", "did you mean 'keys'"},
        {"{}\n", 0, KEY, 1, 1, "missing key 'schema'", NULL},
        {"product: {name: a}\n", 0, KEY, 1, 1, "missing key 'schema'", "schema: "},
        {"\n# x\n  schema: 1\n", 0, KEY, 3, 3, "missing key 'product'", NULL},
        {"schema:\n", 0, KEY, 1, 1, "no value for the required key 'schema'", NULL},
        {"schema: 1\nproduct: {vendor: a}\n", 0, KEY, 2, 10, "missing key 'name' in product", NULL},
        {"schema: 1\nproduct: {name: ~}\n", 0, KEY, 2, 11, "'name' in product", NULL},
        {"schema: 1\nproduct: {name: a}\n", 0, KEY, 1, 1, "missing key 'release'", NULL},
        {"schema: 1\nrelease: {version: 1}\n", 0, KEY, 2, 10, "'metadata_version'", NULL},
        {"schema: 1\nrelease: {metadata_version: 1}\n", 0, KEY, 2, 10, "'version'", NULL},
        {HEAD, 0, KEY, 1, 1, "missing key 'targets'", NULL},
        {HEAD "targets:\n", 0, KEY, 4, 1, "'targets'", NULL},
        {HEAD "targets: [{name: a}]\n", 0, KEY, 4, 11, "missing key 'file' or 'files' in targets",
         "file: the payload"},
        {HEAD "targets:\n- file: a\n- name: b\n", 0, KEY, 6, 3, "missing key 'file' or", NULL},
    };
    check_rows(rows, SWT_COUNT(rows));
}

#define RELEASE(value_)                                                                            \
    "schema: 1\nproduct: {name: a}\nrelease:\n  version: 1\n  metadata_version: " value_           \
    "\ntargets: [{file: a}]\n"
#define EXPIRES(value_) "schema: 1\nrelease:\n  expires: " value_ "\n"
#define TARGET(text_) HEAD "targets:\n  - file: a\n    " text_ "\n"
#define FILES(name_) HEAD "targets:\n  - files: a\n    name: " name_ "\n"

static void values(void **state) {
    (void)state;
    static const struct bad_row rows[] = {
        {"schema: 2\nnew_key: 1\n", 0, VALUE, 1, 9, "expected 1, found 2", NULL},
        {"new_key: 1\nschema: 2\n", 0, VALUE, 2, 9, "expected 1, found 2", NULL},
        {"schema: one\n", 0, VALUE, 1, 9, "found 'one'", NULL},
        {"schema: [1]\n", 0, VALUE, 1, 9, "found a list", NULL},
        {"schema: 1\nproduct: widget\n", 0, VALUE, 2, 10, "expected a map", NULL},
        {"schema: 1\nproduct: [widget]\n", 0, VALUE, 2, 10, "found a list", NULL},
        {"schema: 1\nproduct: {name: [a]}\n", 0, VALUE, 2, 17, "product.name: expected a text",
         NULL},
        {"schema: 1\nproduct: {name: {a: b}}\n", 0, VALUE, 2, 17, "found a map", NULL},
        {"schema: 1\nproduct: {name: ''}\n", 0, VALUE, 2, 17, "empty", "leave the key out"},
        {"schema: 1\nproduct: {name: \"a\\nb\"}\n", 0, VALUE, 2, 17, "U+000A", NULL},
        {"schema: 1\nproduct:\n  name: |\n    a\n", 0, VALUE, 3, 9, "one line", NULL},
        {"schema: 1\nproduct: {name: \"a\\tb\"}\n", 0, VALUE, 2, 17, "U+0009", NULL},
        {"schema: 1\nproduct: {compatible: a}\n", 0, VALUE, 2, 23, "list of texts", NULL},
        {"schema: 1\nproduct: {compatible: [a, [b]]}\n", 0, VALUE, 2, 27, "found a list", NULL},
        {"schema: 1\nproduct: {compatible: [a, ~]}\n", 0, VALUE, 2, 27, "found nothing", NULL},
        {"schema: 1\nproduct: {compatible: [a, '']}\n", 0, VALUE, 2, 27, "empty", NULL},
        {RELEASE("0"), 0, VALUE, 5, 21, "from 1 to 4294967295, found '0'", NULL},
        {RELEASE("4294967296"), 0, VALUE, 5, 21, "from 1 to 4294967295", NULL},
        {RELEASE("18446744073709551617"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("-1"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("+1"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("010"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("0x10"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("1_000"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("1e3"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("1.0"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("''"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("' 1'"), 0, VALUE, 5, 21, NULL, NULL},
        {RELEASE("{}"), 0, VALUE, 5, 21, "found a map", NULL},
        {EXPIRES("tomorrow"), 0, VALUE, 3, 12, "release.expires", NULL},
        {EXPIRES("90d"), 0, VALUE, 3, 12, NULL, NULL},
        {EXPIRES("2027-02-29"), 0, VALUE, 3, 12, NULL, NULL},
        {EXPIRES("2027-11-23T00:00:00+01:00"), 0, VALUE, 3, 12, NULL, NULL},
        {EXPIRES("2027-11-23T00:00:00.5Z"), 0, VALUE, 3, 12, NULL, NULL},
        {TARGET("max_size: 512KB"), 0, VALUE, 6, 15, "targets.max_size", NULL},
        {TARGET("max_size: 0"), 0, VALUE, 6, 15, NULL, NULL},
        {TARGET("max_size: -1"), 0, VALUE, 6, 15, NULL, NULL},
        {TARGET("max_size: 17179869184GiB"), 0, VALUE, 6, 15, NULL, NULL},
        {TARGET("max_size: []"), 0, VALUE, 6, 15, "found a list", NULL},
        {TARGET("sha256: abcd"), 0, VALUE, 6, 13, "64 hex digits", NULL},
        {TARGET("sha256: g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), 0,
         VALUE, 6, 13, NULL, NULL},
        {TARGET("sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85500"), 0,
         VALUE, 6, 13, NULL, NULL},
        {TARGET("compression: lzma"), 0, VALUE, 6, 18, "none or gzip or xz or zstd", NULL},
        {TARGET("compression: GZIP"), 0, VALUE, 6, 18, NULL, NULL},
        {TARGET("compatible: a"), 0, VALUE, 6, 17, "targets.compatible: expected a list", NULL},
        {FILES("x"), 0, VALUE, 6, 11, "found 'x' for every file", "{stem}"},
        {FILES("'{Name}'"), 0, VALUE, 6, 11, "found another brace", NULL},
        {FILES("'{name'"), 0, VALUE, 6, 11, "found another brace", NULL},
        {FILES("'{name}}'"), 0, VALUE, 6, 11, "found another brace", NULL},
        {FILES("'{{name}'"), 0, VALUE, 6, 11, "found another brace", NULL},
        {FILES("'{stem}{}'"), 0, VALUE, 6, 11, "found another brace", NULL},
        {HEAD "targets: [{files: out/}]\n", 0, VALUE, 4, 19, "folder 'out/'", NULL},
        {HEAD "targets: [{files: 'exec:a'}]\n", 0, VALUE, 4, 19, "targets are files", "./a:b"},
        {WHOLE "sbom: {file: a, format: json}\n", 0, VALUE, 5, 25, "cyclonedx or spdx", NULL},
        {WHOLE "sbom: {file: a/}\n", 0, VALUE, 5, 14, "sbom.file: expected a file", NULL},
        {WHOLE "sbom: a\n", 0, VALUE, 5, 7, "sbom: expected a map", NULL},
        {WHOLE "requires: [a]\n", 0, VALUE, 5, 11, "requires: expected a map", NULL},
        {WHOLE "requires: {min_version: []}\n", 0, VALUE, 5, 25, "requires.min_version", NULL},
        {WHOLE "include: a\n", 0, VALUE, 5, 10, "include: expected a list of paths", NULL},
        {WHOLE "include: ['']\n", 0, VALUE, 5, 11, "include: expected a path", NULL},
        {WHOLE "include: [{a: b}]\n", 0, VALUE, 5, 11, "found a map", NULL},
        {WHOLE "include: [~]\n", 0, VALUE, 5, 11, "found nothing", NULL},
        {WHOLE "include: ['exec:a']\n", 0, VALUE, 5, 11, "an include is a file", NULL},
        {WHOLE "include: ['${V}']\n", 0, SWT_E_VARIABLE, 5, 11, "V is not defined", NULL},
        {"schema: 1\nrelease: {notes: 'http://a'}\n", 0, VALUE, 2, 18, "release notes are a file",
         NULL},
        {TARGET("name: [x]"), 0, VALUE, 6, 11, "targets.name", NULL},
        {TARGET("meta: x"), 0, VALUE, 6, 11, "targets.meta: expected a map", NULL},
        {TARGET("meta: [x]"), 0, VALUE, 6, 11, "found a list", NULL},
        {HEAD "targets: []\n", 0, VALUE, 4, 10, "at least one", NULL},
        {HEAD "targets: {file: a}\n", 0, VALUE, 4, 10, "expected a list of maps", NULL},
        {HEAD "targets: [a.bin]\n", 0, VALUE, 4, 11, "expected a map", NULL},
        {HEAD "targets: [~]\n", 0, VALUE, 4, 11, "found nothing", NULL},
        {HEAD "targets: [{file: out/}]\n", 0, VALUE, 4, 18, "folder", NULL},
        {HEAD "targets: [{file: 'http://a/b'}]\n", 0, VALUE, 4, 18, "a target is a file", "./a:b"},
        {WHOLE "bundle: {format: zip}\n", 0, VALUE, 5, 18, "expected tar or pigweed", NULL},
        {WHOLE "bundle: {format: TAR}\n", 0, VALUE, 5, 18, NULL, NULL},
        {WHOLE "bundle: {profile: x}\n", 0, VALUE, 5, 19, "expected generic or pigweed", NULL},
        {WHOLE "bundle: {user_manifest: yes}\n", 0, VALUE, 5, 25, "true or false", NULL},
        {WHOLE "bundle: {user_manifest: True}\n", 0, VALUE, 5, 25, "true or false", NULL},
        {WHOLE "bundle: {user_manifest: 1}\n", 0, VALUE, 5, 25, NULL, NULL},
        {WHOLE "bundle: {user_manifest: {}}\n", 0, VALUE, 5, 25, "found a map", NULL},
        {WHOLE "bundle: {max_size: many}\n", 0, VALUE, 5, 20, "bundle.max_size", NULL},
        {WHOLE "bundle: tar\n", 0, VALUE, 5, 9, "expected a map", NULL},
        {WHOLE "signing: {keys: a.pem}\n", 0, VALUE, 5, 17, "list of paths", NULL},
        {WHOLE "signing: {root: [a]}\n", 0, VALUE, 5, 17, "expected a path", NULL},
        {WHOLE "meta: x\n", 0, VALUE, 5, 7, "expected a map", NULL},
        {HEAD "targets:\n- file: a/x\n- {file: c, name: d}\n- {file: b, name: x}\n- file: x\n", 0,
         SWT_E_TARGET_NAME, 7, 19, "'x' is given twice; the first is at 5:9", NULL},
        {HEAD "targets:\n- file: a/x\n- file: b/x\n", 0, SWT_E_TARGET_NAME, 6, 9, "5:9",
         "base name"},
    };
    check_rows(rows, SWT_COUNT(rows));
}

/* A manifest runs no code and reaches no token; a PIN in it is not repeated in the message. */
static void signers(void **state) {
    (void)state;
    static const char *const uris[] = {
        "exec:./sign",       "pkcs11:token=t?pin-value=1234",
        "handle:0x81000000", "file:keys/a.pem",
        "EXEC:/bin/sh",      "engine:x:1234",
        "a.b+c-d:1234",      "C:/keys/a.pem",
    };
    for (size_t i = 0; i < SWT_COUNT(uris); i++) {
        char text[512];
        struct swt_error err = {0};
        (void)snprintf(text, sizeof text, WHOLE "signing: {keys: ['a.pem', '%s']}\n", uris[i]);
        parse_bad(text, strlen(text), NULL, &err);
        assert_error(&err, VALUE, 5, 27, text);
        assert_non_null(strstr(err.message, "a manifest names no signer: give --key"));
        assert_non_null(strstr(err.hint, "./a:b"));
        assert_null(strstr(err.message, "1234"));
        (void)snprintf(text, sizeof text, WHOLE "signing: {root: '%s'}\n", uris[i]);
        parse_bad(text, strlen(text), NULL, &err);
        assert_error(&err, VALUE, 5, 17, text);
        assert_null(strstr(err.message, "1234"));
    }
}

static void folder(void **state) {
    (void)state;
    FILE *index = fopen("testdata/manifests/bad/INDEX", "r");
    assert_non_null(index);
    char line[256];
    size_t seen = 0;
    while (fgets(line, sizeof line, index) != NULL) {
        char name[64], code[32], path[128];
        unsigned row, column;
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%63s %31s %u %u", name, code, &row, &column), 4);
        (void)snprintf(path, sizeof path, "testdata/manifests/bad/%s", name);
        struct swt_manifest *manifest = NULL;
        struct swt_error err = {0};
        assert_true(swt_manifest_load(path, NULL, &manifest, &err) < 0);
        if (strcmp(swt_code_name(err.code), code) != 0 || err.line != row || err.column != column)
            fail_msg("%s: found %s at %u:%u: %s", path, swt_code_name(err.code), err.line,
                     err.column, err.message);
        assert_string_equal(err.file, path);
        seen++;
    }
    (void)fclose(index);
    assert_true(seen >= 15);
}

/* What a message repeats of a file is short, and whole characters. */
static void long_texts_are_cut(void **state) {
    (void)state;
    static char text[8192];
    struct swt_error err = {0};
    size_t len = strlen(strcpy(text, WHOLE "a"));
    for (size_t i = 0; i < 1000; i++)
        len += strlen(strcpy(text + len, "\xe2\x82\xac"));
    (void)strcpy(text + len, ": 1\n");
    parse_bad(text, strlen(text), NULL, &err);
    assert_error(&err, KEY, 5, 1, text);
    assert_true(strlen(err.message) < 200);
    assert_true(swt_utf8_valid(swt_slice_text(err.message)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),
        cmocka_unit_test(yaml),
        cmocka_unit_test(keys),
        cmocka_unit_test(values),
        cmocka_unit_test(signers),
        cmocka_unit_test(folder),
        cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
