/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder share. The way of the data:
 *
 *   swt_scan_bytes        bytes that libyaml may see at all       scan.c
 *   swt_tree_read         libyaml events → tree with positions    yaml.c, tree.c
 *   swt_whole_read        the same of what a manifest includes    whole.c, merge.c
 *   swt_variables_*       ${NAME} in values                       variables.c, expand.c
 *   swt_schema_apply      tree → struct, by the table             table.c, schema.c, value.c
 *   swt_targets_complete  names and paths of targets              target.c
 *   swt_manifest_parse    all of it                               load.c
 *   swt_fleet_file_parse  the same of one file, no variables      fleet_file.c
 */
#ifndef SWT_MANIFEST_INTERNAL_H
#define SWT_MANIFEST_INTERNAL_H

#include "swt/manifest.h"

/* ---- memory (arena.c) -------------------------------------------------------------------- */

/* All of a manifest lives and dies together. */
struct swt_arena;
int swt_arena_new(struct swt_arena **ret_arena, struct swt_error *err) SWT_CHECKED;
void swt_arena_free(struct swt_arena *arena);
void swt_arena_cleanup(struct swt_arena **arena);
/* count zeroed items of size bytes; NULL: err is set. A count of 0 yields a valid pointer. */
void *swt_arena_alloc(struct swt_arena *arena, size_t count, size_t size, struct swt_error *err);
/* A copy of len bytes, with a NUL after it. */
char *swt_arena_text(struct swt_arena *arena, const void *text, size_t len, struct swt_error *err);

/* ---- text for messages (tree.c) ---------------------------------------------------------- */

#define SWT_SHORT_TEXT 72
/* The start of text, cut at a character: a message stays a line, whatever the file holds. */
const char *swt_short_text(const char *text, char ret_text[SWT_SHORT_TEXT]);

/* ---- one reading (load.c) ---------------------------------------------------------------- */

struct swt_variables;
/* What the stages of one reading share. */
struct swt_reading {
    struct swt_arena *arena;
    struct swt_faults *faults;             /* NULL: the first fault is the end */
    const struct swt_variables *variables; /* NULL: values are taken as they are */
    size_t expanded;                       /* bytes that replacing variables has made */
    size_t nodes;                          /* keys and values so far */
    bool keys_unread; /* for a fault that was told: that a key is missing tells nothing */
};
/* Where faults are collected, keeps err, and node (or NULL) is not given: 0. Else -err->code. */
int swt_reading_fault(struct swt_reading *reading, struct swt_node *node,
                      struct swt_error *err) SWT_CHECKED;
/* Whether node holds a value: neither null nor faulty. NULL does not. */
static inline bool swt_node_has_value(const struct swt_node *node) {
    return node != NULL && node->kind != SWT_NODE_NULL && !node->faulty;
}

/* ---- bytes (scan.c) ---------------------------------------------------------------------- */

/*
 * Refuses what no strict reader should see, before libyaml does: more than max bytes (whole MiB),
 * other encodings, control and bidirectional formatting characters, line breaks that editors do not
 * show, directives, and runs of white space that libyaml takes quadratic time for.
 */
int swt_scan_bytes(struct swt_slice bytes, size_t max, const char *file,
                   struct swt_error *err) SWT_CHECKED;
/* What stands after the document, from byte offset on (at line and column): white space and
 * comments, or an error. */
int swt_scan_rest(struct swt_slice bytes, size_t offset, const char *file, unsigned line,
                  unsigned column, struct swt_error *err) SWT_CHECKED;

/* ---- the tree (yaml.c, tree.c) ----------------------------------------------------------- */

/* bytes passed swt_scan_bytes. The root is a map. */
int swt_tree_read(struct swt_slice bytes, const char *file, struct swt_reading *reading,
                  struct swt_node **ret_root, struct swt_error *err) SWT_CHECKED;
/* No two keys of map are the same text: SWT_E_MANIFEST_KEY at the second, which is taken out where
 * faults are collected. In n log n. */
int swt_tree_check_keys(struct swt_reading *reading, struct swt_node *map,
                        struct swt_error *err) SWT_CHECKED;
/* The value of key, or NULL. */
struct swt_node *swt_tree_find(const struct swt_node *map, const char *key);
size_t swt_tree_count(const struct swt_node *node);          /* children */
const char *swt_tree_kind_text(const struct swt_node *node); /* "a list", for messages */
/* Sets *ret_char to the first control or bidirectional formatting character of text; false when
 * there is none. With lines, line feeds and tabs are not counted. */
bool swt_text_has_control(const char *text, size_t len, bool lines, uint32_t *ret_char);

/* ---- variables (variables.c, expand.c) --------------------------------------------------- */

struct swt_variable {
    const char *name;
    const char *value; /* NULL: it has one, but for a fault that was told */
    const char *file;  /* FILE of -D NAME=@FILE, else NULL */
};
/* Sorted by name. What outer has goes before what these have. */
struct swt_variables {
    struct swt_variable *items;
    size_t count;
    bool unread; /* there may be more, but for a fault that was told */
    const struct swt_variables *outer;
};
/* The defines of the command line. */
int swt_variables_define(struct swt_reading *reading, const struct swt_manifest_options *options,
                         struct swt_variables *ret_variables, struct swt_error *err) SWT_CHECKED;
/* vars, a map node or NULL, behind outer. */
int swt_variables_collect(struct swt_reading *reading, struct swt_node *vars,
                          const struct swt_variables *outer, struct swt_variables *ret_variables,
                          struct swt_error *err) SWT_CHECKED;
/* NULL when it is not defined. */
const struct swt_variable *swt_variables_find(const struct swt_variables *variables,
                                              const char *name);
/* Length of the variable name at the start of text; 0 when there is none. */
size_t swt_variable_name_len(const char *text);
/* Replaces in node and all below it, by the variables of reading. A value that cannot be made is
 * faulty. */
int swt_tree_expand(struct swt_reading *reading, struct swt_node *node,
                    struct swt_error *err) SWT_CHECKED;

/* ---- the schema (table.c, schema.c, value.c) --------------------------------------------- */

enum swt_field_kind {
    SWT_FIELD_SCHEMA,    /* the number of the schema: checked with each file that gives it */
    SWT_FIELD_TEXT,      /* struct swt_text */
    SWT_FIELD_PATH,      /* struct swt_text: a plain path */
    SWT_FIELD_SHA256,    /* struct swt_text */
    SWT_FIELD_CHOICE,    /* struct swt_text: one of choices */
    SWT_FIELD_TIME,      /* struct swt_text; int64_t at offset2 */
    SWT_FIELD_NUMBER,    /* struct swt_number, from min to max */
    SWT_FIELD_SIZE,      /* struct swt_number, in bytes */
    SWT_FIELD_BOOL,      /* bool */
    SWT_FIELD_TEXT_LIST, /* struct swt_text_list */
    SWT_FIELD_PATH_LIST, /* struct swt_text_list of plain paths */
    SWT_FIELD_MAP,       /* map, into the same struct */
    SWT_FIELD_MAP_LIST,  /* map for each item: pointer at offset, size_t count at offset2 */
    SWT_FIELD_FREE_MAP,  /* const struct swt_node *: any keys, any values */
    SWT_FIELD_VARIABLES, /* checked when the variables are collected */
    SWT_FIELD_INCLUDE,   /* read with the file that says it */
};

struct swt_field {
    const char *key;
    enum swt_field_kind kind;
    bool required;
    size_t offset; /* in the struct that the map fills */
    size_t offset2;
    uint64_t min;               /* of a number or a size; of the items of a MAP_LIST */
    uint64_t max;               /* the same; 0: any number of items */
    const char *const *choices; /* NULL-terminated */
    const struct swt_field_map *map;
    const char *no_uri;    /* PATH: why SCHEME:... is refused, and what to do instead */
    const char *goes_with; /* a key of either_of, and why it is refused with the other */
    const char *why;
    const char *help; /* one line, lower case, no trailing dot */
};
struct swt_field_map {
    const char *name; /* how messages call it: "release"; "" for the root */
    const struct swt_field *fields;
    size_t count;
    const char *either_of[2]; /* of these two keys exactly one is given */
    size_t size;              /* of the struct of one item of a MAP_LIST, else 0 */
    size_t node_offset;       /* where an item keeps its const struct swt_node *; MAP_LIST only */
};
/* The whole product manifest. */
extern const struct swt_field_map swt_manifest_fields;

/* What a fault in a value is called: "release.version". */
struct swt_place {
    const struct swt_field_map *map;
    const struct swt_field *field;
};
#define SWT_PLACE_TEXT 96
const char *swt_place_text(const struct swt_place *place, char ret_text[SWT_PLACE_TEXT]);

const struct swt_field *swt_schema_find(const struct swt_field_map *map, const char *key);
/* Fills target from the map node root; what is not given is left as it is. */
int swt_schema_apply(struct swt_reading *reading, const struct swt_field_map *map,
                     struct swt_node *root, void *target, struct swt_error *err) SWT_CHECKED;
/* One field of a kind that is a single TEXT node. */
int swt_value_apply(const struct swt_place *place, const struct swt_node *node, void *target,
                    struct swt_error *err) SWT_CHECKED;
/* One item of a list of texts or paths. */
int swt_value_text(const struct swt_place *place, const struct swt_node *node, bool path,
                   struct swt_text *ret_text, struct swt_error *err) SWT_CHECKED;

/* ---- what a manifest includes (whole.c, merge.c) ----------------------------------------- */

struct swt_whole {
    struct swt_node *root; /* all files as one */
    const char **files;    /* that were read, the manifest first */
    size_t file_count;
    bool keys_unread; /* for a fault that was told, a file or more is not in it */
    bool variables_unread;
};
/* bytes are those of the file path, which lives as long as the arena. */
int swt_whole_read(struct swt_reading *reading, struct swt_slice bytes, const char *path,
                   const struct swt_variables *defines, struct swt_whole *ret_whole,
                   struct swt_error *err) SWT_CHECKED;
/* The maps of two files as one: over wins, lists of maps are joined, maps are merged key by key,
 * and a null takes nothing away. Both are used up. In n log n. */
int swt_tree_merge(const struct swt_field_map *map, struct swt_node *base, struct swt_node *over,
                   struct swt_node **ret_merged, struct swt_error *err) SWT_CHECKED;

/* ---- targets (target.c) ------------------------------------------------------------------ */

/* Names, templates of names, and paths. No two names are one. */
int swt_targets_complete(struct swt_reading *reading, struct swt_manifest *manifest,
                         struct swt_error *err) SWT_CHECKED;
/* path ends with the name of a file: else SWT_E_MANIFEST_VALUE. place is how messages call it. */
int swt_path_check_file(const struct swt_text *path, const char *place,
                        struct swt_error *err) SWT_CHECKED;

/* ---- paths (path.c) ---------------------------------------------------------------------- */

/* Whether text starts as SCHEME: does, so that a key URI could be meant. */
bool swt_path_has_scheme(const char *text);
/* path as seen from where the program runs: relative to the folder of manifest_path unless it is
 * absolute. Never "-" and never of the form SCHEME:..., whatever the folder is called. */
char *swt_path_resolve(const char *manifest_path, const char *path, struct swt_arena *arena,
                       struct swt_error *err);

#endif
