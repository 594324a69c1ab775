/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base: what every layer needs and nothing of the domain. Errors, byte slices and buffers,
 * secrets, text, numbers, times, and the strict protobuf wire reader.
 *
 * Conventions of all contracts:
 *  - A fallible function returns 0 (or a documented non-negative answer) or a negative swt_code;
 *    then *err says why and no ret_ argument was touched.
 *  - ret_x arguments are outputs. Strings are NUL-terminated UTF-8 unless they are slices.
 *  - _new/_free pair for heap objects (free takes NULL), _init/_done for embedded ones; a
 *    zeroed struct is always a valid argument of its _done.
 */
#ifndef SWT_BASE_H
#define SWT_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWT_CHECKED __attribute__((warn_unused_result))
#define SWT_PRINTF(format_, first_) __attribute__((format(printf, format_, first_)))
#define SWT_CLEANUP(function_) __attribute__((cleanup(function_)))
#define SWT_COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))
/* Ownership that moves: yields the pointer and leaves NULL behind. */
#define SWT_TAKE(pointer_)                                                                         \
    __extension__({                                                                                \
        __typeof__(pointer_) taken_ = (pointer_);                                                  \
        (pointer_) = NULL;                                                                         \
        taken_;                                                                                    \
    })
/* The same for a struct that owns what it holds: yields it and leaves an empty one behind. */
#define SWT_MOVE(object_)                                                                          \
    __extension__({                                                                                \
        __typeof__(object_) moved_ = (object_);                                                    \
        (object_) = (__typeof__(object_)){0};                                                      \
        moved_;                                                                                    \
    })

/* ---- errors ------------------------------------------------------------------------------ */

/*
 * The one table of errors: symbol, code (stable, printed in JSON), exit status, meaning (for the
 * man page). tests/cli/errors.sh walks it: each row has a case that provokes it.
 */
#define SWT_ERRORS(X)                                                                              \
    X(USAGE, "usage", 2, "the command line is wrong")                                              \
    X(MANIFEST_SYNTAX, "manifest-syntax", 3, "the file is not YAML of the strict subset")          \
    X(MANIFEST_KEY, "manifest-key", 3, "a YAML key is unknown, given twice or missing")            \
    X(MANIFEST_VALUE, "manifest-value", 3, "a YAML value is not of its field's type or range")     \
    X(VARIABLE, "variable", 3, "a ${...} variable is undefined or malformed")                      \
    X(TARGET_NAME, "target-name", 3, "a target name breaks the rules or occurs twice")             \
    X(TARGET_TOO_LARGE, "target-too-large", 3, "a payload or bundle exceeds its size limit")       \
    X(TARGET_HASH, "target-hash", 3, "a payload does not have the pinned SHA-256")                 \
    X(GLOB, "glob", 3, "a pattern of the manifest matches no file")                                \
    X(SBOM, "sbom", 3, "an SBOM cannot be read, or contradicts the payloads")                      \
    X(INCLUDE, "include", 3, "a manifest includes itself, or too many others")                     \
    X(COMPRESSION, "compression", 3, "a payload cannot be compressed, or be decompressed again")   \
    X(POLICY, "policy", 3, "a rule of a release policy cannot be applied")                         \
    X(PROFILE, "profile", 3, "a limit of the chosen device profile is exceeded")                   \
    X(FILE_KIND, "file-kind", 3, "the file is of another kind than the command takes")             \
    X(CONTAINER, "container", 3, "the bundle's container is malformed or not canonical")           \
    X(METADATA, "metadata", 3, "signed metadata or its envelope cannot be read strictly")          \
    X(UNKNOWN_FIELD, "unknown-field", 3, "a field that no signature covers is unknown")            \
    X(ROOT_RULES, "root-rules", 3, "root metadata breaks a rule")                                  \
    X(TARGETS_RULES, "targets-rules", 3, "targets metadata breaks a rule")                         \
    X(ROOT_CONFLICT, "root-conflict", 3, "the root disagrees with the one the bundle records")     \
    X(PAYLOAD, "payload", 3, "a payload does not match the targets metadata")                      \
    X(DEVICE_MANIFEST, "device-manifest", 3, "the device manifest is empty or broken")             \
    X(DEVICE_STATE, "device-state", 3, "a device directory is incomplete or broken")               \
    X(DEVICE_MISMATCH, "device-mismatch", 3,                                                       \
      "the bundle is not for the device that the manifest describes")                              \
    X(ANCHOR_REFUSED, "anchor-refused", 1, "no device may be provisioned with the root metadata")  \
    X(PUBLIC_KEY, "public-key", 3, "a public key is unreadable, unsupported or invalid")           \
    X(SIGNING_REQUEST, "signing-request", 3,                                                       \
      "a signing request is malformed or contradicts itself")                                      \
    X(SIGNING_RESPONSE, "signing-response", 3,                                                     \
      "a signature that was brought does not fit the file")                                        \
    X(AUDIT_LOG, "audit-log", 3, "the file is no audit log, or its end is damaged")                \
    X(EXPIRY, "expiry", 3, "an expiry is missing or already past")                                 \
    X(KEY, "key", 4, "a private key cannot be read or used")                                       \
    X(KEY_SCHEME, "key-scheme", 4, "no signer serves the URI's scheme")                            \
    X(KEY_NOT_LISTED, "key-not-listed", 4, "the role does not list the key")                       \
    X(PASSPHRASE, "passphrase", 4, "a passphrase is needed, unreadable or wrong")                  \
    X(KEY_URI, "key-uri", 4, "a PKCS#11 URI is malformed, or holds a PIN or a command")            \
    X(MODULE_NOT_FOUND, "module-not-found", 4, "a PKCS#11 module cannot be found or loaded")       \
    X(MODULE_FAILED, "module-failed", 4, "a PKCS#11 module crashed or returned nonsense")          \
    X(NO_TOKEN, "no-token", 4, "no token is present")                                              \
    X(TOKEN_NOT_FOUND, "token-not-found", 4, "no token that is present fits the URI")              \
    X(TOKEN_AMBIGUOUS, "token-ambiguous", 4, "several tokens fit the URI")                         \
    X(TOKEN_FAILED, "token-failed", 4, "a token refused or failed")                                \
    X(PIN_NEEDED, "pin-needed", 4, "a PIN is needed and cannot be had")                            \
    X(PIN_WRONG, "pin-wrong", 4, "the token refused the PIN")                                      \
    X(PIN_LOCKED, "pin-locked", 4, "the token's PIN is locked")                                    \
    X(PIN_FINAL_TRY, "pin-final-try", 4, "one more wrong PIN would lock the token")                \
    X(KEY_NOT_FOUND, "key-not-found", 4, "the token holds no key that fits the URI")               \
    X(KEY_AMBIGUOUS, "key-ambiguous", 4, "several keys fit the URI")                               \
    X(KEY_USAGE, "key-usage", 4, "the key may not sign")                                           \
    X(MECHANISM, "mechanism", 4, "the token lacks the mechanism that the key needs")               \
    X(SIGN, "sign", 4, "a signer failed")                                                          \
    X(SIGNER_TIMEOUT, "signer-timeout", 4, "a signer or token did not answer in time")             \
    X(BAD_SIGNATURE, "bad-signature", 4, "a signer's signature does not verify")                   \
    X(DECLINED, "declined", 4, "the person who was asked did not want to sign")                    \
    X(NOT_FOUND, "not-found", 5, "a file does not exist")                                          \
    X(EXISTS, "exists", 5, "an output exists and may not be replaced")                             \
    X(FILE_CHANGED, "file-changed", 5, "a source changed while it was read")                       \
    X(NO_SPACE, "no-space", 5, "the file system is full")                                          \
    X(PIPE, "pipe", 5, "the reader of an output went away")                                        \
    X(MEMORY, "memory", 5, "out of memory")                                                        \
    X(IO, "io", 5, "the system failed to read or write")                                           \
    X(INTERRUPTED, "interrupted", 130, "stopped by SIGINT")                                        \
    X(TERMINATED, "terminated", 143, "stopped by SIGTERM, SIGHUP or SIGQUIT")

enum swt_code {
    SWT_OK = 0,
#define SWT_ERROR_SYMBOL(symbol_, code_, exit_, meaning_) SWT_E_##symbol_,
    SWT_ERRORS(SWT_ERROR_SYMBOL)
#undef SWT_ERROR_SYMBOL
        SWT_CODE_COUNT
};

/* An error as a value: never allocates, so that it can report a lack of memory. */
struct swt_error {
    enum swt_code code;
    char message[2048]; /* one line, lower case, no trailing dot; may hold raw text of a file */
    char hint[512];     /* what mends it, or empty */
    char file[1024];    /* the file it is about, or empty */
    unsigned line;      /* from 1, or 0: no text position */
    unsigned column;    /* from 1 */
    bool has_offset;
    uint64_t offset; /* in bytes from the start of file */
};

/* Sets code and message, clears position and hint; returns -code. err may not be NULL. */
int swt_fail(struct swt_error *err, enum swt_code code, const char *format, ...) SWT_PRINTF(3, 4);
/* The same for a failed system call: appends ": strerror(errnum)" and maps ENOENT, EEXIST,
 * ENOSPC/EDQUOT, EPIPE and ENOMEM to their codes, the rest to SWT_E_IO. */
int swt_fail_errno(struct swt_error *err, int errnum, const char *format, ...) SWT_PRINTF(3, 4);
int swt_fail_memory(struct swt_error *err);
/* The following add to an error that is set; each returns -err->code, so that it can be returned.
 */
int swt_error_context(struct swt_error *err, const char *format, ...) SWT_PRINTF(2, 3);
int swt_error_hint(struct swt_error *err, const char *format, ...) SWT_PRINTF(2, 3);
/* The hint "BEFORE NAME AFTER", where name can be pasted into a shell (swt_shell_word); one that
 * does not fit into a hint is FILE. */
int swt_error_hint_name(struct swt_error *err, const char *before, const char *name,
                        const char *after);
int swt_error_file(struct swt_error *err, const char *file); /* kept when one is set already */
int swt_error_position(struct swt_error *err, const char *file, unsigned line, unsigned column);
int swt_error_offset(struct swt_error *err, uint64_t offset);
/* Replaces the code, keeps the rest: the same fault is input to one caller, a key to another. */
int swt_error_recode(struct swt_error *err, enum swt_code code);
#if defined(__clang_analyzer__) && !defined(SWT_ERROR_DEFINITIONS)
/* The analyzer does not see across files that these always return a negative code. */
#define swt_fail(...) (swt_fail(__VA_ARGS__), -1)
#define swt_fail_errno(...) (swt_fail_errno(__VA_ARGS__), -1)
#define swt_fail_memory(...) (swt_fail_memory(__VA_ARGS__), -1)
#define swt_error_context(...) (swt_error_context(__VA_ARGS__), -1)
#define swt_error_hint(...) (swt_error_hint(__VA_ARGS__), -1)
#define swt_error_hint_name(...) (swt_error_hint_name(__VA_ARGS__), -1)
#define swt_error_file(...) (swt_error_file(__VA_ARGS__), -1)
#define swt_error_position(...) (swt_error_position(__VA_ARGS__), -1)
#define swt_error_offset(...) (swt_error_offset(__VA_ARGS__), -1)
#define swt_error_recode(...) (swt_error_recode(__VA_ARGS__), -1)
#endif
const char *swt_code_name(enum swt_code code);
const char *swt_code_meaning(enum swt_code code);
int swt_code_exit(enum swt_code code);

/*
 * Faults that are collected, where the first alone would else be the end. A stage that can go on
 * after a fault says `rc = swt_faults_keep(faults, err)` and returns only when that is negative.
 */
#define SWT_FAULTS_MAX 100
struct swt_faults {
    struct swt_error *items; /* in the order in which they were found */
    size_t count;            /* SWT_FAULTS_MAX at most */
    uint64_t omitted;
};
void swt_faults_done(struct swt_faults *faults);
/* Keeps err and returns 0, when faults is not NULL and err is a fault of what was given: its exit
 * status is 3 or 4, or a file is missing or unreadable (SWT_E_NOT_FOUND, SWT_E_IO). Else
 * -err->code. */
int swt_faults_keep(struct swt_faults *faults, struct swt_error *err) SWT_CHECKED;

/*
 * How far a long job has come; handed down by cli. NULL where nobody looks. A stage that moves
 * many bytes begins with a name of one word and how many bytes it will move, tells each chunk, and
 * takes back what it turns out not to move. It ends where the next one begins. The names, which
 * last, are listed in swupdate-tool(1): "hash", "compress", "write", "verify", "read", "compare",
 * "simulate".
 */
struct swt_progress {
    void (*begin)(void *context, const char *stage, uint64_t total);
    void (*advance)(void *context, uint64_t bytes);
    void (*skip)(void *context, uint64_t bytes); /* or NULL */
    void *context;
};
/* These take NULL. */
void swt_progress_begin(const struct swt_progress *progress, const char *stage, uint64_t total);
void swt_progress_advance(const struct swt_progress *progress, uint64_t bytes);
void swt_progress_skip(const struct swt_progress *progress, uint64_t bytes);

/* Notices: what a stage has to tell besides its result. Printed by cli only. */
enum swt_notice_level { SWT_NOTE, SWT_WARNING };
struct swt_notice {
    enum swt_notice_level level;
    char *text;
};
struct swt_notices {
    struct swt_notice *items;
    size_t count;
};
void swt_notices_done(struct swt_notices *notices);
int swt_notices_add(struct swt_notices *notices, struct swt_error *err, enum swt_notice_level level,
                    const char *format, ...) SWT_PRINTF(4, 5) SWT_CHECKED;

/* ---- slices, buffers, secrets ------------------------------------------------------------ */

/* Borrowed bytes; never freed through the slice. */
struct swt_slice {
    const uint8_t *data;
    size_t len;
};
struct swt_slice swt_slice_of(const void *data, size_t len);
struct swt_slice swt_slice_text(const char *text); /* without the NUL */
bool swt_slice_equal(struct swt_slice a, struct swt_slice b);
int swt_slice_compare(struct swt_slice a, struct swt_slice b); /* bytewise; shorter first */

/* Owned bytes that grow. data always has a NUL after len, so text in it is a C string. */
struct swt_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
};
void swt_buf_done(struct swt_buf *buf);
struct swt_slice swt_buf_slice(const struct swt_buf *buf);
const char *swt_buf_text(const struct swt_buf *buf); /* "" while nothing was appended */
int swt_buf_append(struct swt_buf *buf, const void *data, size_t len,
                   struct swt_error *err) SWT_CHECKED;
int swt_buf_append_slice(struct swt_buf *buf, struct swt_slice slice,
                         struct swt_error *err) SWT_CHECKED;
int swt_buf_printf(struct swt_buf *buf, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
void swt_buf_clear(struct swt_buf *buf); /* len 0, memory kept */

/* Before the first byte of a secret is read: the process dumps no core from there to its end, and
 * nobody but the superuser attaches to it or reads its /proc files. Calling it again does nothing.
 * swt_secret_set does it, too. */
void swt_process_hide(void);
/* PIN, passphrase, private key: wiped when dropped, locked against core dumps where the system
 * allows; there is no function that prints one. data has a NUL after len. */
struct swt_secret {
    char *data;
    size_t len;
};
int swt_secret_set(struct swt_secret *secret, const void *data, size_t len,
                   struct swt_error *err) SWT_CHECKED;
void swt_secret_done(struct swt_secret *secret);
void swt_wipe(void *data, size_t len); /* cannot be optimised away */
/* What the functions that were called, and have returned, left on the stack: a library's copies of
 * a key. Of the last 64 KiB. */
void swt_wipe_stack(void);

/*
 * libcrypto's memory: each block is wiped when it is freed, since the library itself wipes only
 * what it knows to be a key. Once, before the library's first allocation; without it, all else here
 * works and swt_library_starved stays false.
 */
void swt_library_memory_setup(void);
/* Whether one of libcrypto's allocations ever failed. It came to the end of its call all the same,
 * and must not be called again; what it refused since then says nothing: it tells a lack of memory
 * as a key that is no good, or as a signature that does not verify. */
bool swt_library_starved(void);

/* ---- text, numbers, times ---------------------------------------------------------------- */

char *swt_strdup(const char *text, struct swt_error *err) SWT_CHECKED; /* NULL: err is set */
char *swt_format(struct swt_error *err, const char *format, ...)
    SWT_PRINTF(2, 3) SWT_CHECKED; /* NULL: err is set */

/* Whether the first len bytes of both are the same but for the case of ASCII letters: no locale
 * decides which word is which. A text that ends before is not the same. */
bool swt_ascii_equal(const char *a, const char *b, size_t len);

#define SWT_HEX_SIZE(bytes_) ((bytes_)*2 + 1)
void swt_hex_encode(const uint8_t *data, size_t len, char *ret_text); /* lower case, NUL */
/* Exactly len bytes from exactly 2*len digits of either case; false when text is not that. */
bool swt_hex_decode(const char *text, uint8_t *ret_data, size_t len);

/* RFC 4648 with padding, no line breaks; appends to ret_text. */
int swt_base64_encode(struct swt_slice bytes, struct swt_buf *ret_text,
                      struct swt_error *err) SWT_CHECKED;
/* Appends the bytes to ret_bytes: 1. Of the texts that other readers take for the same bytes only
 * the one that swt_base64_encode writes is read; all else is 0. */
int swt_base64_decode(struct swt_slice text, struct swt_buf *ret_bytes,
                      struct swt_error *err) SWT_CHECKED;

bool swt_utf8_valid(struct swt_slice text); /* shortest form, no surrogates, up to U+10FFFF */
/* Decodes one character of valid UTF-8; returns its length in bytes. */
size_t swt_utf8_next(struct swt_slice text, uint32_t *ret_char);
/* C0, DEL, C1, or a bidirectional formatting character (U+061C, 200E-200F, 202A-202E, 2066-2069) */
bool swt_char_is_control(uint32_t character);
/* A character without its case: Unicode's simple case folding (14.0). Others stay as they are. */
uint32_t swt_char_fold(uint32_t character);
/* Appends text for people: control, bidi and invisible characters (zero-width ones and the like) as
 * \n, \t, \xNN or \u{NNNN}, bytes that are not UTF-8 as \xNN, a backslash as itself. */
int swt_text_escape(struct swt_buf *buf, struct swt_slice text, struct swt_error *err) SWT_CHECKED;

/* Appends the text of json, whole or with an error; flags are jansson's. json may be NULL: there
 * was no memory for it. */
struct json_t;
int swt_json_write(const struct json_t *json, size_t flags, struct swt_buf *ret_text,
                   struct swt_error *err) SWT_CHECKED;

/* Appends text as one word of a command that is pasted into a shell: in quotes where it needs them,
 * for a name may hold ';', and as ./-NAME where it would be an option. "-" stays. */
int swt_shell_word(struct swt_buf *buf, const char *text, struct swt_error *err) SWT_CHECKED;

/* Decimal digits only, no sign, no leading zero but "0" itself; false when not that or > max. */
bool swt_parse_uint(const char *text, uint64_t max, uint64_t *ret_value);
/* "512", "512 B", "8KiB", "8 MiB", "2GiB": whole numbers, factors of 1024. */
bool swt_parse_size(const char *text, uint64_t *ret_bytes);
#define SWT_SIZE_TEXT 48
/* "512 B", "8.2 MiB", "64 KiB" (one decimal, none when it is exact); returns ret_text. */
const char *swt_size_text(uint64_t bytes, char ret_text[SWT_SIZE_TEXT]);
/* "527,360 bytes", "1 byte" */
const char *swt_bytes_text(uint64_t bytes, char ret_text[SWT_SIZE_TEXT]);

/* Times are seconds since 1970-01-01T00:00:00Z. RFC 3339 with Z only (fractions refused), or a
 * date, which means its last second. Years 1970 to 9999. No locale, no TZ. */
bool swt_parse_time(const char *text, int64_t *ret_time);
/* "90d", "12h", "2w", "1y" (365 d): a span in seconds. */
bool swt_parse_span(const char *text, int64_t *ret_seconds);
#define SWT_TIME_TEXT 40
/* "2027-11-23T00:00:00Z"; a time outside of the years 0 to 9999 is "@SECONDS". */
const char *swt_time_text(int64_t time, char ret_text[SWT_TIME_TEXT]);

/* ---- protobuf wire format, read strictly ------------------------------------------------- */

enum swt_wire_type { SWT_WIRE_VARINT = 0, SWT_WIRE_64 = 1, SWT_WIRE_BYTES = 2, SWT_WIRE_32 = 5 };

struct swt_wire_field {
    uint32_t number;
    enum swt_wire_type type;
    uint64_t value;         /* VARINT, 64, 32 */
    struct swt_slice bytes; /* BYTES: points into the reader's slice */
    uint64_t offset;        /* of the tag, in the file */
    uint64_t bytes_offset;  /* of bytes.data, in the file */
};

/* Walks one message in memory. base is the offset of bytes in the file, for errors. */
struct swt_wire {
    struct swt_slice bytes;
    size_t position;
    uint64_t base;
};
struct swt_wire swt_wire_of(struct swt_slice bytes, uint64_t base);
/*
 * The next field: 1, or 0 at the end, or SWT_E_METADATA with the offset: field number 0 or above
 * 2^29-1, a group, wire types 6 and 7, a varint that is not minimal or over 64 bits, a tag over
 * 32 bits, a length past the end.
 */
int swt_wire_next(struct swt_wire *wire, struct swt_wire_field *ret_field,
                  struct swt_error *err) SWT_CHECKED;
/*
 * One varint at the start of bytes, minimal and at most 64 bits: its length (1 to 10), 0 when
 * bytes end before it does, -1 when it is malformed. For readers that stream.
 */
int swt_varint_read(struct swt_slice bytes, uint64_t *ret_value);

#define SWT_VARINT_MAX 10
size_t swt_varint_write(uint64_t value, uint8_t ret_bytes[SWT_VARINT_MAX]); /* returns the length */
size_t swt_varint_size(uint64_t value);
/* Appends tag and value; a BYTES field with its length. Zero and empty values are written too:
 * leaving them out is the caller's decision. */
int swt_wire_put_varint(struct swt_buf *buf, uint32_t number, uint64_t value,
                        struct swt_error *err) SWT_CHECKED;
int swt_wire_put_bytes(struct swt_buf *buf, uint32_t number, struct swt_slice bytes,
                       struct swt_error *err) SWT_CHECKED;

#endif
