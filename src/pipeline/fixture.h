/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixtures: bundles for the test of a device's verifier, each with what a sound one answers. A
 * fixture is a row of a table, and where a row is not enough, a function that alters the plan of a
 * good bundle. What a row says is the contract's word (swupdate-trust(7)), never what a run of
 * this program's own verifier came to.
 */
#ifndef SWT_PIPELINE_FIXTURE_H
#define SWT_PIPELINE_FIXTURE_H

#include "build_job.h"
#include "forge.h"

#include "swt/pipeline.h"

/* ---- who and what ------------------------------------------------------------------------ */

/* The keys. The first of each role may be given; the others are always fresh P-256 keys. */
enum swt_fixture_key {
    SWT_CAST_ROOT,
    SWT_CAST_ROOT_2,   /* beside it in the anchor */
    SWT_CAST_ROOT_NEW, /* after a rotation */
    SWT_CAST_TARGETS,
    SWT_CAST_TARGETS_2,
    SWT_CAST_TARGETS_NEW,
    SWT_CAST_STRANGER, /* in no root that a device should take */
    SWT_FIXTURE_KEYS
};

struct swt_fixture_payload {
    struct swt_slice name;
    struct swt_slice content;
};

/* Of the good names that fixtures make up; no product's, which they would meet, starts so. */
#define SWT_FIXTURE_PREFIX "fixture-"

/* What all fixtures are made of. */
struct swt_fixture_world {
    struct swt_signer *signers[SWT_FIXTURE_KEYS];
    struct swt_secret pems[SWT_FIXTURE_KEYS]; /* of fresh keys */
    struct swt_build_job product; /* its manifest and the list of its payloads, no more */
    /* The payloads, the generated user_manifest first. */
    struct swt_buf *contents;
    size_t content_count;
    uint8_t (*digests)[SWT_DIGEST_SIZE];
    struct swt_fixture_payload *payloads;
    size_t payload_count;
    uint32_t version;      /* of the product's targets metadata; below the highest there is */
    size_t victim;         /* the payload that faults hit: of two bytes at least */
    size_t other;          /* another payload, of other content */
    bool stock_would_take; /* names, sizes and keys are within a stock device's limits */
    /* The user_manifest of a bundle that is built with the rotated root. */
    struct swt_buf rooted;
    struct swt_fixture_signatures *signatures; /* those made so far */
};

/* ---- the plan of a bundle ---------------------------------------------------------------- */

enum swt_fixture_signing {
    SWT_SIGN_TRULY,
    SWT_SIGN_AGAIN,    /* not the signature that other uses of the key share */
    SWT_SIGN_MIRRORED, /* (r, n-s); P-256 only */
    SWT_SIGN_FLIPPED,  /* one bit is another */
    SWT_SIGN_SHORT,    /* the first byte is missing */
    SWT_SIGN_LONG,     /* a byte too many */
    SWT_SIGN_OTHER     /* of other bytes */
};
struct swt_fixture_signature {
    enum swt_fixture_key key;
    enum swt_fixture_signing signing;
    struct swt_slice id; /* empty: the key's own */
};

#define SWT_FIXTURE_MAX_SIGNATURES 3
enum swt_fixture_content { SWT_CONTENT_OWN, SWT_CONTENT_ROOT, SWT_CONTENT_TARGETS };
/* An envelope in the making. */
struct swt_fixture_seal {
    enum swt_fixture_content content; /* whose metadata is in it */
    struct swt_fixture_signature signatures[SWT_FIXTURE_MAX_SIGNATURES];
    size_t signature_count;
    /* In place of swt_envelope_encode; NULL: that. */
    int (*encode)(struct swt_slice metadata, const struct swt_signature *signatures,
                  size_t signature_count, struct swt_buf *ret_bytes, struct swt_error *err);
};

#define SWT_FIXTURE_SCRATCH ((size_t)128 * 1024)
struct swt_fixture_plan {
    const struct swt_fixture_world *world;
    struct swt_forge_root root; /* at first: version 2, one key a role */
    struct swt_fixture_seal root_seal;
    bool has_root;
    struct swt_forge_targets targets; /* at first: the product's */
    struct swt_fixture_seal targets_seal;
    struct swt_fixture_payload *payloads; /* those in the bundle */
    size_t payload_count;
    uint8_t *scratch; /* SWT_FIXTURE_SCRATCH bytes for what the functions make up */
    size_t scratch_len;
    bool starved; /* there was no memory for the hash of other content */
};

/* ---- for the functions of the rows (fixture_plan.c) -------------------------------------- */

/* Zeros, or a copy with room zeros behind it, which the plan owns and the caller may alter. */
uint8_t *swt_plan_room(struct swt_fixture_plan *plan, size_t len);
uint8_t *swt_plan_copy(struct swt_fixture_plan *plan, struct swt_slice bytes, size_t room);
const struct swt_key *swt_plan_key(const struct swt_fixture_plan *plan, enum swt_fixture_key key);
struct swt_slice swt_plan_key_id(const struct swt_fixture_plan *plan, enum swt_fixture_key key);
/* One more key in the root, and in a role; returns its place in the root's keys. */
struct swt_forge_key *swt_plan_add_key(struct swt_fixture_plan *plan, struct swt_forge_role *role,
                                       enum swt_fixture_key key);
/* The keys and roles of the root: these two alone. */
void swt_plan_set_keys(struct swt_fixture_plan *plan, enum swt_fixture_key root,
                       enum swt_fixture_key targets);
/* The envelope is signed by that key alone; by that one too. */
struct swt_fixture_signature *swt_plan_sign(struct swt_fixture_seal *seal,
                                            enum swt_fixture_key key);
struct swt_fixture_signature *swt_plan_sign_too(struct swt_fixture_seal *seal,
                                                enum swt_fixture_key key);
/* What is listed and what is in the bundle of the payload that faults hit. */
struct swt_forge_target *swt_plan_listed(struct swt_fixture_plan *plan);
struct swt_fixture_payload *swt_plan_payload(struct swt_fixture_plan *plan);
/* Renames it in both places; gives it other content in both. */
void swt_plan_rename(struct swt_fixture_plan *plan, struct swt_slice name);
void swt_plan_replace(struct swt_fixture_plan *plan, struct swt_slice content);
/* The bundle was built with the rotated root: its user_manifest says so. */
void swt_plan_record_root(struct swt_fixture_plan *plan);
void swt_plan_leave_out(struct swt_fixture_plan *plan, size_t index);

/* The members of a bundle; there is room for two more. */
struct swt_forge_member *swt_plan_member(struct swt_forge_bundle *bundle, enum swt_forge_kind kind,
                                         size_t index);
void swt_plan_insert(struct swt_forge_bundle *bundle, size_t at, struct swt_forge_member member);

/* ---- the tables -------------------------------------------------------------------------- */

enum swt_fixture_anchor {
    SWT_ANCHOR,
    SWT_ANCHOR_2,
    SWT_ANCHOR_THRESHOLD_2,
    SWT_ANCHOR_EXPIRED,
    SWT_ANCHOR_VERSION_0,
    SWT_ANCHOR_SHARED_KEY,
    SWT_ANCHOR_THRESHOLD_0,
    SWT_ANCHORS
};
enum swt_fixture_device {
    SWT_DEVICE_NONE,
    SWT_DEVICE,
    SWT_DEVICE_NEWER,
    SWT_DEVICE_VERSION_0,
    SWT_DEVICES
};
/* A file that bundles are judged with. */
struct swt_fixture_state {
    const char *file;
    const char *what;
    void (*plan)(struct swt_fixture_plan *plan); /* NULL: as the plan starts */
};
extern const struct swt_fixture_state swt_fixture_anchors[SWT_ANCHORS];
extern const struct swt_fixture_state swt_fixture_devices[SWT_DEVICES];

enum swt_fixture_stock { SWT_STOCK_AGREES, SWT_STOCK_ACCEPTS, SWT_STOCK_REFUSES };
enum swt_fixture_containers { SWT_IN_BOTH, SWT_IN_TAR, SWT_IN_PIGWEED };
struct swt_fixture {
    const char *name;
    const char *why;
    const char *step;         /* that refuses it; NULL: it is accepted */
    const char *pigweed_step; /* the same of the UpdateBundle, where it is another */
    enum swt_fixture_stock stock;
    const char *evidence; /* NULL: none */
    enum swt_fixture_containers containers;
    enum swt_fixture_anchor anchor;
    enum swt_fixture_device device;
    bool root;                                   /* the bundle holds the plan's root */
    void (*plan)(struct swt_fixture_plan *plan); /* NULL: as the plan starts */
    /* What is done to the members of the bundle. */
    void (*arrange)(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle);
};
/* By what the fault is in. A row without a name ends each table, and one without a title the list.
 */
extern const struct swt_fixture swt_fixtures_good[], swt_fixtures_signatures[],
    swt_fixtures_roots[], swt_fixtures_targets[], swt_fixtures_payloads[], swt_fixtures_envelopes[],
    swt_fixtures_containers[];
struct swt_fixture_table {
    const char *title;
    const struct swt_fixture *rows;
};
extern const struct swt_fixture_table swt_fixture_tables[];
/* Where the fixture is refused in that container; NULL: it is accepted. */
const char *swt_fixture_step(const struct swt_fixture *fixture, enum swt_format format);

/* When fixtures are judged, when some of them expired, and when others will. */
#define SWT_FIXTURE_TIME INT64_C(1893456000)    /* 2030-01-01T00:00:00Z */
#define SWT_FIXTURE_EXPIRED INT64_C(978307200)  /* 2001-01-01T00:00:00Z */
#define SWT_FIXTURE_EXPIRES INT64_C(4070908800) /* 2099-01-01T00:00:00Z */

/* ---- making them ------------------------------------------------------------------------- */

/* Keys, manifest, payloads. world is zeroed. */
int swt_fixture_world_open(struct swt_fixture_world *world,
                           const struct swt_fixtures_options *options, struct swt_notices *notices,
                           struct swt_error *err) SWT_CHECKED;
void swt_fixture_world_done(struct swt_fixture_world *world);
/* "keys/test-root.pem": where the private key goes when it is fresh. */
const char *swt_fixture_key_file(enum swt_fixture_key key);

/* Appends the file's bytes. */
int swt_fixture_make_anchor(const struct swt_fixture_world *world, enum swt_fixture_anchor anchor,
                            struct swt_buf *ret_bytes, struct swt_error *err) SWT_CHECKED;
int swt_fixture_make_device(const struct swt_fixture_world *world, enum swt_fixture_device device,
                            struct swt_buf *ret_bytes, struct swt_error *err) SWT_CHECKED;
int swt_fixture_make(const struct swt_fixture_world *world, const struct swt_fixture *fixture,
                     enum swt_format format, struct swt_buf *ret_bytes,
                     struct swt_error *err) SWT_CHECKED;

/* A signature by one of the keys (fixture_sign.c). What was signed once is not signed again, so
 * that a token is asked for a few signatures and not for hundreds. Appends it. */
int swt_fixture_sign(const struct swt_fixture_world *world, const char *role,
                     const struct swt_fixture_signature *signature, struct swt_slice message,
                     struct swt_buf *ret_value, struct swt_error *err) SWT_CHECKED;
int swt_fixture_signatures_new(struct swt_fixture_signatures **ret_signatures,
                               struct swt_error *err) SWT_CHECKED;
void swt_fixture_signatures_free(struct swt_fixture_signatures *signatures);

#endif
