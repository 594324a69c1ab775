/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a bundle (swupdate-trust(7)): the steps, the state that they share, and how a step says
 * what it found. Each step is one function in a table (judge.c); the order of the table is the
 * order of the contract.
 */
#ifndef SWT_PIPELINE_JUDGE_H
#define SWT_PIPELINE_JUDGE_H

#include "device_directory.h"
#include "device_state.h"
#include "source.h"
#include "stock.h"

#include "swt/pipeline.h"

enum swt_verdict { SWT_PASS, SWT_FAIL, SWT_WARN, SWT_STEP_SKIPPED };

/* One line of the report. expected and found are filled by the step. */
struct swt_step {
    enum swt_verdict verdict;
    struct swt_buf expected;
    struct swt_buf found;
    struct swt_buf note; /* notes and warnings, joined by "; " */
};

/* Where the bytes of accepted payloads go while they are judged (extract); NULL: nowhere. */
struct swt_payload_sink {
    int (*begin)(void *context, const struct swt_target *target, struct swt_error *err);
    int (*write)(void *context, const void *data, size_t len, struct swt_error *err);
    void *context;
};

/* What one pass over a bundle's payloads found, for a bundle that is judged by many states. */
struct swt_payload_finding {
    bool *left_out;           /* by the target's place */
    size_t target_count;      /* of the targets that were come to: all, or up to a fault */
    bool any_left_out;        /* of them */
    struct swt_step payloads; /* SWT_FAIL: the fault after these */
    struct swt_step end;
    struct swt_buf user_manifest;
    bool has_user_manifest;
};

/* The device that is judged for, where there is more of it than its state: its directory. */
struct swt_judge;
struct swt_judge_device {
    /* The bundle rotates the root: root and floor are to be persisted, before its targets are
     * judged. NULL: nothing is written. */
    int (*rotate)(void *context, const struct swt_judge *judge, struct swt_error *err);
    /* Whether the device still has a payload that is left out, as its manifest records it. */
    int (*holds)(void *context, const struct swt_target *target, bool *ret_holds,
                 struct swt_error *err);
    void *context;
};

struct swt_judge {
    const struct swt_verify_options *options;
    const char *file;
    bool authenticate; /* false: signatures and what rests on them are not judged */
    bool root_only;    /* root metadata in place of a bundle */
    const struct swt_payload_sink *sink;
    const struct swt_judge_device *device; /* NULL: there is no directory, or only a state */
    int64_t now;
    bool borrows; /* the file is another judge's (swt_judge_open_again) */
    /* What a pass over the payloads found before, or where this one writes it; else NULL. */
    const struct swt_payload_finding *finding;
    struct swt_payload_finding *records;
    json_t *known; /* borrowed, from swt_judge_known; or NULL */
    /* Steps that are taken for passed when they fail: what if a signature were there? Never one
     * whose findings a later step rests on. */
    const char *const *assumed;
    size_t assumed_count;

    /* The file under judgement. */
    enum swt_kind kind;
    struct swt_reader *reader;
    struct swt_bundle *bundle;
    struct swt_buf root_file; /* root_only */
    int head_status;          /* of reading the head: 0, or the negative code in head_error */
    struct swt_error head_error;
    bool has_root;
    struct swt_slice root_bytes;
    uint64_t root_offset;
    struct swt_envelope root_envelope;
    struct swt_envelope targets_envelope;

    /* What the device remembers. */
    const struct swt_device_state *state; /* one that the job has, or own_state */
    struct swt_device_state own_state;    /* from the options; with self, its root is a copy of the
                                           * bundle's own */
    struct swt_device_directory own_directory; /* with options->device; only read */
    struct swt_judge_device own_device;

    /* What the steps establish. */
    struct swt_root *new_root;       /* steps 6 to 9 */
    const struct swt_root *trusted;  /* from step 9 on */
    struct swt_quorum anchor_quorum; /* the anchor's over itself, until the next takes it */
    struct swt_quorum root_quorum;   /* the anchor's quorum over the new root */
    bool rotated;                    /* step 10: the new root is another than the anchor */
    bool floor_cleared;              /* step 10 */
    struct swt_targets *targets;     /* from step 12 on */
    struct swt_buf user_manifest;
    bool has_user_manifest; /* its bytes are at hand and hash as they should: what a device records,
                             * wherever it stands among the targets */

    /* --profile pigweed: what a stock device answers, beside the verdict. */
    bool asks_stock;
    bool stock_refused; /* the step at which it refuses has come */
    struct swt_stock_answer stock;

    json_t *steps;
    const char *failed_step; /* NULL while nothing failed */
    bool failed_warning;     /* it is a warning, which rejects with strict */
    bool ended;              /* no further step is judged */
    json_t *against;         /* for the document: what step against found, or NULL */
    unsigned warnings;
};

/*
 * Opens what is needed, in the order that the exit codes promise: anchor or device, then the file.
 * Where the job has set state (and device), they are the anchor, and none is read; where it has set
 * reader as well, that is the file. Errors here are errors, not verdicts.
 */
int swt_judge_open(struct swt_judge *judge, const char *file,
                   const struct swt_verify_options *options, struct swt_error *err) SWT_CHECKED;
/* The payloads of a file that a judge has open, read once. What comes before them in the
 * file may be broken: then nothing is found, and no judgement gets as far as that. */
int swt_judge_find_payloads(struct swt_judge *judge, struct swt_payload_finding *ret_finding,
                            struct swt_error *err) SWT_CHECKED;
void swt_payload_finding_done(struct swt_payload_finding *finding);
/* The file that first has open, judged by state and by its finding; all three outlive judge. */
void swt_judge_open_again(struct swt_judge *judge, const struct swt_judge *first,
                          const struct swt_device_state *state,
                          const struct swt_payload_finding *finding);
/* What a judgement found that rests on the anchor and the file alone, and takes long: for others of
 * the same two. */
int swt_judge_known(const struct swt_judge *judge, json_t **ret_known,
                    struct swt_error *err) SWT_CHECKED;
/*
 * The state that an accepted bundle leaves behind, and the one that step 10 leaves, whatever comes
 * after it: the new root, and the floor that it cleared or left. Root metadata is encoded anew,
 * from what was verified.
 */
int swt_judge_state_installed(const struct swt_judge *judge, struct swt_device_state *ret_state,
                              struct swt_error *err) SWT_CHECKED;
int swt_judge_state_rotated(const struct swt_judge *judge, struct swt_device_state *ret_state,
                            struct swt_error *err) SWT_CHECKED;
/* Runs the steps until one fails, or with options->against another one than targets-quorum. 0
 * whatever the verdict: failed_step tells. */
int swt_judge_run(struct swt_judge *judge, struct swt_error *err) SWT_CHECKED;
/* The document of swt_verify. */
int swt_judge_document(const struct swt_judge *judge, json_t **ret_document,
                       struct swt_error *err) SWT_CHECKED;
void swt_judge_done(struct swt_judge *judge);

/* What mends SWT_E_UNKNOWN_FIELD where the option exists. */
#define SWT_ALLOW_UNKNOWN_HINT "--allow-unknown makes an unknown field a warning"

/* ---- for the steps: what was expected, what was found; each returns 0 or lack of memory ---- */

int swt_step_expect(struct swt_step *step, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
int swt_step_pass(struct swt_step *step, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
int swt_step_fail(struct swt_step *step, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
int swt_step_skip(struct swt_step *step, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
int swt_step_note(struct swt_step *step, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
/* A note that makes a pass a warning, and with --strict a failure. */
int swt_step_warn(struct swt_step *step, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
/* A fault of the file (exit status 3 elsewhere) fails the step and returns 0; any other error is
 * returned: a full disk is no verdict. */
int swt_step_fault(struct swt_step *step, struct swt_error *err) SWT_CHECKED;
void swt_step_done(struct swt_step *step);
/* What was found earlier, said again. */
int swt_step_repeat(struct swt_step *step, const struct swt_step *found,
                    struct swt_error *err) SWT_CHECKED;

/* ---- the steps, by their place in verification.md ---------------------------------------- */

typedef int swt_step_function(struct swt_judge *judge, struct swt_step *step,
                              struct swt_error *err);

/* One row of the table of steps, which a row without a slug ends. */
struct swt_step_row {
    const char *slug;
    const char *expected; /* unless the step says otherwise */
    swt_step_function *function;
    bool needs_anchor; /* left out where signatures are not judged */
    bool root_only;    /* judged for root metadata alone, too */
};
extern const struct swt_step_row swt_judge_steps[];
/* Runs one step and puts what it says into judge->steps; a failure is in judge->failed_step. For
 * swt_judge_run, and for the test that looks at what each step alone keeps out. */
int swt_judge_run_step(struct swt_judge *judge, const struct swt_step_row *row,
                       struct swt_error *err) SWT_CHECKED;

/* judge_root.c: steps 1 to 10 */
swt_step_function swt_judge_anchor_given, swt_judge_container, swt_judge_envelope, swt_judge_anchor,
    swt_judge_root_old_quorum, swt_judge_root_content, swt_judge_root_new_quorum,
    swt_judge_root_version, swt_judge_root_expiry, swt_judge_floor;
/* judge_targets.c: steps 11 to 17 */
swt_step_function swt_judge_targets_quorum, swt_judge_targets_content, swt_judge_targets_expiry,
    swt_judge_targets_entries, swt_judge_targets_version, swt_judge_payloads,
    swt_judge_root_stripped, swt_judge_end;
/* judge_against.c: after them, where options->against is given */
swt_step_function swt_judge_against;

/* judge_stock.c: --profile. The device is asked before the head is read: the reader is at its
 * start, before and after. The note of a step adds to what the step found. */
int swt_judge_check_profile(const struct swt_judge *judge, struct swt_error *err) SWT_CHECKED;
int swt_judge_ask_stock(struct swt_judge *judge, struct swt_error *err) SWT_CHECKED;
int swt_judge_note_stock(struct swt_judge *judge, const char *slug, struct swt_step *step,
                         struct swt_error *err) SWT_CHECKED;
int swt_judge_stock_document(const struct swt_judge *judge, json_t *document,
                             struct swt_error *err) SWT_CHECKED;

/* Tells each signature that did not count; shared by the quorum steps. Signatures of keys that the
 * anchor or the new root lists are no warnings. */
int swt_judge_tell_signatures(const struct swt_judge *judge, struct swt_step *step,
                              const struct swt_envelope *envelope, const struct swt_quorum *quorum,
                              struct swt_error *err) SWT_CHECKED;
/* "1 of 2 (4f392777c973…)"; a quorum that is not met fails the step. */
int swt_judge_tell_quorum(struct swt_step *step, const struct swt_quorum *quorum,
                          struct swt_error *err) SWT_CHECKED;
/* Expired or not at the judge's time, which is fixed once. */
int swt_judge_expiry(const struct swt_judge *judge, struct swt_step *step,
                     const struct swt_common *common, struct swt_error *err) SWT_CHECKED;
/* The first 12 digits of a key id and "…"; shorter ids whole; "(empty)". */
#define SWT_SHORT_ID 32
const char *swt_short_id(struct swt_slice id, char ret_text[SWT_SHORT_ID]);

#endif
