/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a fleet file. Seeds: testdata/corpus/fleet_file. */
#include <stdlib.h>
#include <string.h>

#include "swt/manifest.h"

static void expect(bool holds) {
    if (!holds)
        abort();
}

/* What a fleet file that was accepted promises to its callers. */
static void check_entry(const struct swt_fleet_entry *entry) {
    expect(entry->name.text[0] != '\0' && entry->node->line > 0);
    expect(entry->count.value >= 1 && entry->count.value <= UINT32_MAX);
    expect((entry->root.text == NULL) != (entry->device.text == NULL));
    expect(entry->floor.text == NULL || entry->root.text != NULL);
    expect(!entry->has_floor || entry->floor.text != NULL);
    expect(strncmp(entry->path, "dir/", 4) == 0 || entry->path[0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_fleet_file *fleet = NULL;
    struct swt_error err = {0};
    int rc = swt_fleet_file_parse(swt_slice_of(data, size), "dir/fleet.yaml", &fleet, &err);
    if (rc == 0) {
        expect(fleet->state_count >= 1 && fleet->state_count <= SWT_FLEET_MAX_STATES);
        for (size_t i = 0; i < fleet->state_count; i++)
            check_entry(&fleet->states[i]);
    } else {
        expect(rc == -(int)err.code && fleet == NULL && err.message[0] != '\0');
        expect(swt_code_exit(err.code) != 3 || (err.line > 0 && err.column > 0));
    }
    swt_fleet_file_free(fleet);
    return 0;
}
