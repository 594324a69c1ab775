/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest: the product manifest (swupdate-manifest(5)), the release policy (swupdate-policy(5))
 * and the fleet file (swupdate-tool-fleet(1)). YAML of a strict subset → a tree with positions →
 * the file's struct, by one schema table (src/manifest/schema.c) that each key is a row of. Every
 * fault is told with file:line:column.
 */
#ifndef SWT_MANIFEST_H
#define SWT_MANIFEST_H

#include "swt/base.h"

#define SWT_MANIFEST_MAX_BYTES ((size_t)1024 * 1024)
#define SWT_MANIFEST_MAX_DEPTH 16
/* Keys and values of a file and of what it includes. */
#define SWT_MANIFEST_MAX_NODES ((size_t)256 * 1024)
/* What includes add up to: files and bytes with the manifest, and how deep below it. */
#define SWT_MANIFEST_MAX_FILES 64
#define SWT_MANIFEST_MAX_TOTAL ((size_t)4 * 1024 * 1024)
#define SWT_MANIFEST_MAX_INCLUDES 16

/* ---- the tree ---------------------------------------------------------------------------- */

enum swt_node_kind { SWT_NODE_NULL, SWT_NODE_TEXT, SWT_NODE_LIST, SWT_NODE_MAP };
struct swt_node {
    enum swt_node_kind kind; /* NULL: a plain null, ~ or nothing */
    bool faulty;             /* a fault in it was told: it is not given */
    const char *file;        /* the file it stands in, as given on the command line or included */
    unsigned line;           /* from 1 */
    unsigned column;         /* from 1, in characters */
    char *text;              /* TEXT: UTF-8 without NUL, variables replaced */
    struct swt_node *key;    /* in a map: the key node of this value, else NULL */
    struct swt_node *first;  /* LIST and MAP: children in file order */
    struct swt_node *next;
};

/* ---- the product manifest ---------------------------------------------------------------- */

/* A text value with its place; text is NULL when it was not given. */
struct swt_text {
    const char *text;
    const struct swt_node *node;
};
struct swt_text_list {
    struct swt_text *items;
    size_t count;
};
/* A number with its place. */
struct swt_number {
    bool given;
    uint64_t value;
    const struct swt_node *node;
};

struct swt_manifest_target {
    const struct swt_node *node;
    /* Default: the base name of file. With files, which has no default here, a template of the
     * names: "{name}" is the base name of a file, "{stem}" the same without its last extension. */
    struct swt_text name;
    struct swt_text file;  /* as the user wrote it, variables replaced: for messages */
    struct swt_text files; /* a pattern (glob), in place of file: exactly one of them is given */
    char *path; /* of file or files, relative to the folder of the manifest that says so */
    struct swt_text type;
    struct swt_text slot;
    struct swt_text version;
    struct swt_text compression; /* "none", "gzip", "xz", "zstd" or NULL */
    struct swt_text_list compatible;
    struct swt_number max_size;  /* bytes of the file, not of what compression makes of it */
    struct swt_text sha256;      /* of the file: 64 hex digits, checked; never with files */
    const struct swt_node *meta; /* a map, or NULL */
};

struct swt_manifest {
    struct swt_text name, vendor; /* product */
    struct swt_text_list compatible;
    struct swt_text version;            /* release */
    struct swt_number metadata_version; /* 1 to 2^32-1 */
    struct swt_text expires;            /* a T of cli.md without spans, checked */
    int64_t expires_time;
    struct swt_text channel, vcs;
    struct swt_text notes; /* release.notes: a file, the target release_notes */
    char *notes_file;
    struct swt_text min_version; /* requires */
    struct swt_text sbom;        /* a file, a target of its base name */
    struct swt_text sbom_format; /* "cyclonedx", "spdx" or NULL: what the file is */
    char *sbom_file;
    struct swt_manifest_target *targets;
    size_t target_count;
    struct swt_text format;  /* bundle: "tar" or "pigweed" */
    struct swt_text profile; /* "generic" or "pigweed" */
    struct swt_number max_size;
    bool user_manifest;        /* default true */
    struct swt_text root_path; /* signing: as written; root_file is relative to the manifest */
    char *root_file;
    struct swt_text_list key_paths;
    char **key_files;
    const struct swt_node *meta; /* a map, or NULL */
    /* What was read: the manifest first, what it includes, the files of -D NAME=@FILE; as paths
     * from where the program runs. */
    const char *const *sources;
    size_t source_count;
    void *owned; /* the trees and strings behind the above */
};

/* -D as given: "NAME=VALUE", "NAME=@FILE" (the file's first line) or "NAME" (from the environment).
 */
struct swt_manifest_options {
    const char *const *defines;
    size_t define_count;
    /* NULL: the first fault is the end. Else faults are kept here, in the order of the files, and
     * the manifest is what is left of it: what is faulty is not given (its text is NULL), required
     * or not; a target whose path or name is at fault is left out. A manifest that is no YAML is
     * an error all the same. */
    struct swt_faults *faults;
};
/*
 * Reads and checks path ("-" is not a manifest) and what it includes. options may be NULL.
 * SWT_E_MANIFEST_SYNTAX, SWT_E_MANIFEST_KEY, SWT_E_MANIFEST_VALUE, SWT_E_VARIABLE,
 * SWT_E_TARGET_NAME, SWT_E_INCLUDE with position; where an include cannot be read, its code with
 * the position of the include; SWT_E_USAGE for a define that is not of those forms;
 * SWT_E_NOT_FOUND. Looks at no target file.
 */
int swt_manifest_load(const char *path, const struct swt_manifest_options *options,
                      struct swt_manifest **ret_manifest, struct swt_error *err) SWT_CHECKED;
/* The same from bytes in memory (fuzzing, tests); path names them and gives the folder. */
int swt_manifest_parse(struct swt_slice bytes, const char *path,
                       const struct swt_manifest_options *options,
                       struct swt_manifest **ret_manifest, struct swt_error *err) SWT_CHECKED;
/* The JSON Schema of product manifests, from the table of their keys; appended. */
int swt_manifest_json_schema(struct swt_buf *ret_json, struct swt_error *err) SWT_CHECKED;
void swt_manifest_free(struct swt_manifest *manifest);
void swt_manifest_cleanup(struct swt_manifest **manifest);

/* ---- the fleet file ---------------------------------------------------------------------- */

#define SWT_FLEET_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define SWT_FLEET_MAX_STATES 10000

struct swt_fleet_entry {
    const struct swt_node *node;
    struct swt_text name;    /* default: root or device, as it is written */
    struct swt_number count; /* 1 to 2^32-1; 1 where it is not given */
    struct swt_text root;    /* exactly one of root and device */
    struct swt_text device;
    char *path;            /* of it, relative to the folder of the fleet file */
    struct swt_text floor; /* as it is written; with root only */
    bool has_floor;        /* false: "none", or not given */
    uint32_t floor_version;
};
struct swt_fleet_file {
    struct swt_fleet_entry *states; /* 1 to SWT_FLEET_MAX_STATES */
    size_t state_count;
    void *owned;
};
/* Reads and checks path ("-" is no fleet file), or bytes of that name: as swt_manifest_load and
 * swt_manifest_parse, with their codes. Variables are not replaced. Opens no other file. */
int swt_fleet_file_load(const char *path, struct swt_fleet_file **ret_file,
                        struct swt_error *err) SWT_CHECKED;
int swt_fleet_file_parse(struct swt_slice bytes, const char *path, struct swt_fleet_file **ret_file,
                         struct swt_error *err) SWT_CHECKED;
void swt_fleet_file_free(struct swt_fleet_file *file);
void swt_fleet_file_cleanup(struct swt_fleet_file **file);

/* ---- the release policy ------------------------------------------------------------------- */

#define SWT_POLICY_MAX_RULES 256
#define SWT_POLICY_MIN_KEY_ID 8 /* hex digits */

enum swt_policy_kind {
    SWT_POLICY_FORBIDDEN_KEYS,
    SWT_POLICY_MIN_THRESHOLD,
    SWT_POLICY_EXPIRY,
    SWT_POLICY_SBOM_REQUIRED,
    SWT_POLICY_MAX_SIZE,
    SWT_POLICY_VERSION_ABOVE,
    SWT_POLICY_ALLOWED_NAMES,
    SWT_POLICY_KIND_COUNT
};
/* "forbidden-keys", … */
const char *swt_policy_kind_name(enum swt_policy_kind kind);

/* What a rule's kind has no use for is not given. */
struct swt_policy_rule {
    const struct swt_node *node;
    enum swt_policy_kind kind;
    struct swt_text rule; /* kind, as it is written */
    struct swt_text level;
    bool warning; /* of level: else a violation is an error */
    struct swt_text reason;
    struct swt_text_list keys; /* forbidden-keys: one at least */
    char **key_files;          /* of each key, or NULL: it is the start of a key id, in hex */
    struct swt_number root;    /* min-threshold: one of the two at least */
    struct swt_number targets;
    struct swt_text role; /* expiry: "root", "targets" or NULL for both */
    struct swt_text min, max;
    int64_t min_span, max_span; /* in seconds, where min and max are given */
    struct swt_text target;     /* max-size: a pattern, or NULL: the whole bundle */
    struct swt_number size;
    struct swt_text bundle; /* version-above */
    char *bundle_file;
    struct swt_text_list names; /* allowed-names: patterns, one at least */
};
struct swt_policy {
    struct swt_policy_rule *rules; /* 1 to SWT_POLICY_MAX_RULES */
    size_t rule_count;
    void *owned;
};
/* Reads and checks path ("-" is no policy), or bytes of that name: as swt_fleet_file_load does, and
 * SWT_E_POLICY with position for a rule that lacks what its kind needs, has what it has no use for,
 * or contradicts itself. Opens no other file. */
int swt_policy_load(const char *path, struct swt_policy **ret_policy,
                    struct swt_error *err) SWT_CHECKED;
int swt_policy_parse(struct swt_slice bytes, const char *path, struct swt_policy **ret_policy,
                     struct swt_error *err) SWT_CHECKED;
void swt_policy_free(struct swt_policy *policy);

/* Sets err's position to where node stands; returns -err->code. */
int swt_manifest_error_at(struct swt_error *err, const struct swt_node *node);

#endif
