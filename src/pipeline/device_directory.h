/* SPDX-License-Identifier: Apache-2.0 */
/* A device directory (swupdate-device(7), "Device directory"): the state of a device on storage,
 * with the payloads that it holds. */
#ifndef SWT_PIPELINE_DEVICE_DIRECTORY_H
#define SWT_PIPELINE_DEVICE_DIRECTORY_H

#include "device_state.h"

#include "swt/io.h"

struct swt_device_directory {
    struct swt_states *states;
    struct swt_staging *next; /* the next state's files, once there are any */
};

/*
 * Opens the directory, for a change or to be read, and reads its state. SWT_E_NOT_FOUND when there
 * is none; SWT_E_DEVICE_STATE for what is missing or broken in it, SWT_E_DEVICE_MANIFEST for its
 * manifest; SWT_E_UNKNOWN_FIELD unless allow_unknown.
 */
int swt_device_directory_open(const char *path, bool change, bool allow_unknown,
                              struct swt_device_directory *ret_directory,
                              struct swt_device_state *ret_state,
                              struct swt_error *err) SWT_CHECKED;
/* One that does not exist yet, without a state. */
int swt_device_directory_create(const char *path, struct swt_device_directory *ret_directory,
                                struct swt_error *err) SWT_CHECKED;
void swt_device_directory_done(struct swt_device_directory *directory);

/* Opens the file of a target; *ret_file is NULL when there is none, or something else than a file
 * is in its place. */
int swt_device_directory_target(const struct swt_device_directory *directory, struct swt_slice name,
                                struct swt_reader **ret_file, struct swt_error *err) SWT_CHECKED;
/* The same where its length and SHA-256 are those of target, else NULL. */
int swt_device_directory_held(const struct swt_device_directory *directory,
                              const struct swt_target *target, struct swt_reader **ret_file,
                              struct swt_error *err) SWT_CHECKED;

/* For the next state: a new target, whose bytes follow, or one that stays. */
int swt_device_directory_add(struct swt_device_directory *directory, struct swt_slice name,
                             struct swt_error *err) SWT_CHECKED;
int swt_device_directory_write(struct swt_device_directory *directory, const void *data, size_t len,
                               struct swt_error *err) SWT_CHECKED;
int swt_device_directory_keep(struct swt_device_directory *directory, struct swt_slice name,
                              struct swt_reader *file, struct swt_error *err) SWT_CHECKED;
/* What was added, with root, floor and manifest of state, becomes the directory's state. */
int swt_device_directory_commit(struct swt_device_directory *directory,
                                const struct swt_device_state *state,
                                struct swt_error *err) SWT_CHECKED;

#endif
