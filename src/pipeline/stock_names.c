/* SPDX-License-Identifier: Apache-2.0 */
#include "stock_names.h"

#include "stock_fields.h"

#include "swt/metadata.h"

#include <stdlib.h>

void swt_stock_names_done(struct swt_stock_names *names) {
    free(names->items);
    *names = (struct swt_stock_names){0};
}

static int compare_names(const void *a, const void *b) {
    return swt_slice_compare(((const struct swt_stock_name *)a)->name,
                             ((const struct swt_stock_name *)b)->name);
}

static void sort(struct swt_stock_names *names) {
    if (names->count == 0)
        return;
    qsort(names->items, names->count, sizeof *names->items, compare_names);
    size_t kept = 1;
    for (size_t i = 1; i < names->count; i++)
        if (!swt_slice_equal(names->items[i].name, names->items[kept - 1].name))
            names->items[kept++] = names->items[i];
    names->count = kept;
}

int swt_stock_names_collect(struct swt_stock_value targets, struct swt_stock_names *ret_names,
                            bool *ret_all, struct swt_error *err) {
    SWT_CLEANUP(swt_stock_names_done) struct swt_stock_names names = {0};
    struct swt_stock_each each = swt_stock_each_of(targets, SWT_STOCK_TARGET_FILES);
    struct swt_stock_value file;
    bool all = true;
    names.items = calloc(SWT_MAX_TARGETS, sizeof *names.items);
    if (names.items == NULL)
        return swt_fail_memory(err);
    while (all && swt_stock_each_next(&each, &file)) {
        struct swt_stock_value name = swt_stock_bytes(file, SWT_STOCK_FILE_NAME);
        if (name.status != SWT_STOCK_OK)
            break; /* the device goes no further */
        all = names.count < SWT_MAX_TARGETS;
        if (all)
            names.items[names.count++] = (struct swt_stock_name){
                .name = name.bytes, .installed = swt_stock_value_none(SWT_STOCK_NOT_FOUND)};
    }
    sort(&names);
    *ret_names = SWT_MOVE(names);
    *ret_all = all;
    return 0;
}

struct swt_stock_name *swt_stock_names_find(const struct swt_stock_names *names,
                                            struct swt_slice name) {
    const struct swt_stock_name key = {.name = name};
    if (names->count == 0)
        return NULL;
    return bsearch(&key, names->items, names->count, sizeof *names->items, compare_names);
}

void swt_stock_names_look_up(struct swt_stock_names *names, struct swt_stock_value targets) {
    struct swt_stock_each each = swt_stock_each_of(targets, SWT_STOCK_TARGET_FILES);
    struct swt_stock_value file;
    while (swt_stock_each_next(&each, &file)) {
        /* A target without a name is passed over here, unlike in a bundle. */
        struct swt_stock_value name = swt_stock_bytes(file, SWT_STOCK_FILE_NAME);
        struct swt_stock_name *known =
            name.status == SWT_STOCK_OK ? swt_stock_names_find(names, name.bytes) : NULL;
        if (known != NULL && known->installed.status != SWT_STOCK_OK)
            known->installed = file;
    }
}
