/* SPDX-License-Identifier: Apache-2.0 */
/* The warnings of the fleet's document (fleet_warnings.c). */
#ifndef SWT_PIPELINE_FLEET_DOCUMENT_H
#define SWT_PIPELINE_FLEET_DOCUMENT_H

#include "fleet.h"

/* Adds to warnings what the judge warned of on the way to the bundle, and where a stock Pigweed
 * device would refuse what is accepted. */
int swt_fleet_warn(const struct swt_fleet *fleet, const struct swt_fleet_cell *cell, size_t bundle,
                   json_t *warnings, struct swt_error *err) SWT_CHECKED;
/* Puts into the document, which has its states, the warnings of all cells: one for all states that
 * it is true of. */
int swt_fleet_collect_warnings(const struct swt_fleet *fleet, json_t *document,
                               struct swt_error *err) SWT_CHECKED;

#endif
