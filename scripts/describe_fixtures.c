/* SPDX-License-Identifier: Apache-2.0 */
#include "describe.h"

#include "../src/pipeline/fixture.h"

/* "step", or the one of each container; then what a stock device answers where it differs. */
static void put_row(struct swt_output *out, const struct swt_fixture *fixture) {
    swt_output_printf(out, ".It Li %s Pq", fixture->name);
    if (fixture->pigweed_step != NULL)
        swt_output_printf(out, " tar: %s, UpdateBundle: %s", fixture->step, fixture->pigweed_step);
    else
        swt_output_printf(out, " %s", fixture->step == NULL ? "accepted" : fixture->step);
    if (fixture->containers != SWT_IN_BOTH)
        swt_output_printf(out, "; %s only",
                          fixture->containers == SWT_IN_TAR ? "tar" : "UpdateBundle");
    if (fixture->stock != SWT_STOCK_AGREES)
        swt_output_printf(out, "; a stock device %s it",
                          fixture->stock == SWT_STOCK_ACCEPTS ? "accepts" : "refuses");
    swt_output_printf(out, "\n");
    describe_prose(out, fixture->why);
}

static void put_states(struct swt_output *out, const char *title,
                       const struct swt_fixture_state *states, size_t count) {
    swt_output_printf(out, ".Ss %s\n.Bl -tag -width Ds\n", title);
    for (size_t i = 0; i < count; i++) {
        if (states[i].file == NULL)
            continue;
        swt_output_printf(out, ".It Pa %s\n", states[i].file);
        describe_prose(out, states[i].what);
    }
    swt_output_printf(out, ".El\n");
}

void describe_fixtures(struct swt_output *out) {
    for (const struct swt_fixture_table *table = swt_fixture_tables; table->title != NULL;
         table++) {
        swt_output_printf(out, ".Ss %s\n.Bl -tag -width Ds\n", table->title);
        for (const struct swt_fixture *row = table->rows; row->name != NULL; row++)
            put_row(out, row);
        swt_output_printf(out, ".El\n");
    }
    put_states(out, "Anchors", swt_fixture_anchors, SWT_ANCHORS);
    put_states(out, "Device manifests", swt_fixture_devices, SWT_DEVICES);
}
