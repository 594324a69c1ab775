/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option table and what the parser makes of a command line. A row of the table is all that the
 * program knows of an option: the parser, --help, the man page's OPTIONS and the completions of
 * three shells are derived from it (scripts/describe.c), and tests/cli/options.sh compares them.
 */
#ifndef SWT_CLI_OPTIONS_H
#define SWT_CLI_OPTIONS_H

#include "swt/base.h"
#include "swt/pipeline.h"

enum swt_complete {
    SWT_COMPLETE_NONE, /* free text */
    SWT_COMPLETE_FILE, /* also key URIs: most are paths */
    SWT_COMPLETE_DIRECTORY,
    SWT_COMPLETE_VARIABLE, /* the name of an environment variable */
    SWT_COMPLETE_WORDS     /* one of the words of the row's argument, "tar|pigweed"; checked */
};

/* What a key-bound option says of the key URI before it. */
enum swt_key_part {
    SWT_KEY_PART_NONE,
    SWT_KEY_PART_PASSPHRASE_FILE,
    SWT_KEY_PART_PASSPHRASE_ENV,
    SWT_KEY_PART_PUBLIC_KEY
};

struct swt_option {
    const char *name;     /* without the dashes */
    char short_name;      /* 0: none */
    const char *argument; /* what the value is called; NULL: a flag */
    const char *help;     /* a phrase, lower case, no trailing dot */
    enum swt_complete complete;
    bool repeatable;
    bool is_key; /* the value is a key URI, which key-bound options may follow */
    enum swt_key_part key_part;
};

struct swt_invocation;

/* One of several ways to call a command, each with a synopsis of its own. */
struct swt_form {
    const struct swt_option *chosen_by; /* this option, when it is given; NULL: when none is */
    const char *does;                   /* for errors: "writes a request and uses no key" */
    const char *arguments;              /* these as in struct swt_command */
    size_t min_arguments;
    size_t max_arguments;
    const struct swt_option *const *options; /* those that go with it */
    const struct swt_option *const *required;
};

struct swt_command {
    const char *name;    /* "root create" */
    const char *summary; /* a phrase, lower case, no trailing dot */
    /* The first is the one with chosen_by NULL; one without options ends it. NULL: there is one
     * way, told by the members below, which else tell of all together. */
    const struct swt_form *forms;
    const char *arguments; /* as the synopsis shows them: "FILE [NAME...]"; "" for none */
    size_t min_arguments;
    size_t max_arguments;                    /* SIZE_MAX: any number */
    const char *default_argument;            /* stands for none; may be NULL */
    bool arguments_are_keys;                 /* key URIs, which key-bound options may follow */
    bool files_name_keys;                    /* a file may name the key that such options are for */
    const char *description;                 /* paragraphs, parted by an empty line */
    const struct swt_option *const *options; /* NULL ends it */
    const struct swt_option *const *required; /* of them; NULL ends it; may be NULL */
    const struct swt_option *unless;          /* given, it lifts what is required; or NULL */
    /* 0 or 1 (the answer is no) as the exit status, or a negative swt_code with err set. */
    int (*run)(const struct swt_invocation *invocation, struct swt_error *err);
};

/* One word of the command line, in its order. */
struct swt_item {
    const struct swt_option *option; /* NULL: an argument */
    size_t value;                    /* its place in the invocation's values; none for a flag */
};

struct swt_output;

/* A command line, read. All strings are those of argv. */
struct swt_invocation {
    const struct swt_command *command;
    struct swt_item *items;
    size_t item_count;
    const char **values;             /* arguments and values of options, those of a row together */
    struct swt_key_source *sources;  /* for each value that is a key URI: all that was said of it */
    struct swt_key_source elsewhere; /* what goes with a key that a file names; without its URI */
    struct swt_group *groups;        /* which values are whose */
    size_t group_count;
    const char *const *arguments; /* the words that are no option */
    size_t argument_count;
    bool json, quiet, verbose;
    struct swt_output *out;              /* where the result goes; set by main */
    struct swt_keyring *keyring;         /* what the keys share; set by main */
    const struct swt_progress *progress; /* for jobs; NULL: nobody looks; set by main */
};

/* Calls visit for each way to call the command. */
void swt_command_each_form(const struct swt_command *command,
                           void (*visit)(void *context, const struct swt_command *command,
                                         const struct swt_form *form),
                           void *context);
/* Whether the list, which NULL ends and which may be NULL, holds the option. */
bool swt_option_in(const struct swt_option *const *list, const struct swt_option *option);

/*
 * Reads the words after the command's name. All faults of the command line are SWT_E_USAGE: an
 * option that is unknown (the nearest is named), lacks its value, has one too many or is given
 * twice; a word that is none of the row's; too few or too many arguments; a required option that is
 * missing; options of two forms; a key-bound option without a key, or twice for one. With --help
 * among the words what is missing is no fault. out and keyring stay empty.
 */
int swt_options_parse(const struct swt_command *command, int argc, char **argv,
                      struct swt_invocation *ret_invocation, struct swt_error *err) SWT_CHECKED;
/* What the options that go with keys say to keyring: the variables that hold PINs leave the
 * environment, and the audit log is that of the option, else of the environment. Strings stay those
 * of the invocation. */
int swt_invocation_keyring(const struct swt_invocation *invocation, struct swt_keyring *keyring,
                           struct swt_error *err) SWT_CHECKED;
void swt_invocation_done(struct swt_invocation *invocation);

/* Whether the option was given. */
bool swt_option_given(const struct swt_invocation *invocation, const struct swt_option *option);
/* The value, or NULL when it was not given. */
const char *swt_option_value(const struct swt_invocation *invocation,
                             const struct swt_option *option);
/* The values of a repeatable option, in their order; borrowed. Not given: NULL and 0. */
struct swt_option_values {
    const char *const *items;
    size_t count;
};
struct swt_option_values swt_option_values(const struct swt_invocation *invocation,
                                           const struct swt_option *option);
/* A whole number from min to max, or SWT_E_USAGE. Not given: *ret_value is absent, returns 0. */
int swt_option_number(const struct swt_invocation *invocation, const struct swt_option *option,
                      uint64_t min, uint64_t max, uint64_t absent, uint64_t *ret_value,
                      struct swt_error *err) SWT_CHECKED;
/* The keys that came from that row (NULL: from the arguments), in their order, each with its
 * passphrase source and public key; borrowed. None: NULL and 0. */
struct swt_key_sources swt_option_keys(const struct swt_invocation *invocation,
                                       const struct swt_option *option);

/* A usage error of this command; its hint is "swupdate-tool COMMAND --help". */
int swt_usage(const struct swt_command *command, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4);

/* Calls visit with each word of a SWT_COMPLETE_WORDS row until it returns non-zero, which is then
 * returned; 0 at the end. */
int swt_option_each_word(const struct swt_option *option,
                         int (*visit)(void *context, const char *word, size_t len), void *context);

#endif
