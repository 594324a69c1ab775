/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stock Pigweed device (UpdateBundleAccessor, default configuration) decides about a bundle:
 * a reading of its own, as lenient as that one is, beside the judge and never in its place. It
 * knows no tar: a tar bundle stands for the UpdateBundle with the same content.
 */
#ifndef SWT_PIPELINE_STOCK_H
#define SWT_PIPELINE_STOCK_H

#include "source.h"

/* What the device holds; bytes as they are stored there. */
struct swt_stock_device {
    bool self; /* self-verification: the bundle's own root, if any, is trusted; root is not used */
    struct swt_slice root; /* SignedRootMetadata */
    bool has_manifest;
    struct swt_slice manifest; /* Manifest */
    /* The bundle was judged and accepted: its payloads need not be hashed once more. */
    bool payloads_match;
};

#define SWT_STOCK_REASON 256
struct swt_stock_answer {
    bool known; /* false: it cannot be asked (a stream, a broken tar), or there is more to look at
                   than is looked at; reason says why */
    bool accepted;
    bool root_persisted;
    const char *step;   /* where it refuses: the judge's name of that step; NULL when accepted */
    const char *status; /* what the device returns: "OK", "UNAUTHENTICATED" */
    char reason[SWT_STOCK_REASON]; /* why it refuses, a phrase; empty when accepted */
    bool second_time; /* refused, but the same bundle sent again is accepted (a root that grows) */
    bool last_update; /* accepted, and every update after it is refused (targets version 0) */
};

/* Reads the whole bundle and leaves it at its start; a stream is not touched. Whatever the bytes
 * are, the answer is no error; errors are the system's. Of progress (may be NULL) it is the stage
 * "simulate". */
int swt_stock_judge(struct swt_reader *reader, enum swt_kind kind,
                    const struct swt_stock_device *device, const struct swt_progress *progress,
                    struct swt_stock_answer *ret_answer, struct swt_error *err) SWT_CHECKED;

/*
 * A root that grows: a device that holds old_len bytes of signed root metadata persists new_root
 * (SignedRootMetadata), reads it back up to the old length and, as its signed part ends behind
 * that, refuses the update. The same bundle sent again finds the new root whole. Signatures behind
 * the signed part may be cut: nothing needs them any more.
 */
bool swt_stock_root_grows(size_t old_len, struct swt_slice new_root);

/*
 * Why a device cannot do with a root (SignedRootMetadata), whatever else is right; ret_reason is
 * empty when it can. Signatures that are missing are no reason, they may come later; one that stops
 * its counting is. has_version: the root has one that is not 0, which the device must find.
 */
int swt_stock_check_root(struct swt_slice root, bool has_version, char ret_reason[SWT_STOCK_REASON],
                         struct swt_error *err) SWT_CHECKED;

#endif
