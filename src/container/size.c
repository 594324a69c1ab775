/* SPDX-License-Identifier: Apache-2.0 */
/* How large members and bundles get. The writer plans with the same function, so that the size
 * told before is the size written. */
#include "backend.h"

#include <string.h>

static int check_name(struct swt_slice name, struct swt_error *err) {
    if (name.len == 0)
        return swt_fail(err, SWT_E_CONTAINER, "a payload has no name");
    /* A path in a tar header would end at it. */
    if (memchr(name.data, 0, name.len))
        return swt_fail(err, SWT_E_CONTAINER, "the payload name '%.*s' holds a NUL",
                        swt_shown_len(name), (const char *)name.data);
    return 0;
}

static int fail_too_large(const struct swt_container *container, const struct swt_member *member,
                          uint64_t limit, struct swt_error *err) {
    char length[SWT_SIZE_TEXT], most[SWT_SIZE_TEXT];
    return swt_fail(err, SWT_E_TARGET_TOO_LARGE,
                    "payload '%.*s' of %s does not fit: a %s bundle %s at most %s (%s)",
                    swt_shown_len(member->name), (const char *)member->name.data,
                    swt_bytes_text(member->length, length), container->name,
                    limit == container->max_bundle ? "has" : "takes payloads of",
                    swt_bytes_text(limit, most), container->limit_reason);
}

static int check_member(const struct swt_container *container, const struct swt_member *member,
                        struct swt_error *err) {
    char text[SWT_SIZE_TEXT];
    if (member->kind != SWT_MEMBER_PAYLOAD)
        return member->length <= SWT_MAX_ENVELOPE
                   ? 0
                   : swt_fail(err, SWT_E_CONTAINER, "an envelope of %s is over the limit of %zu",
                              swt_bytes_text(member->length, text), SWT_MAX_ENVELOPE);
    int r = check_name(member->name, err);
    if (r < 0)
        return r;
    return member->length <= container->max_payload
               ? 0
               : fail_too_large(container, member, container->max_payload, err);
}

int swt_member_check_left_out(const struct swt_container *container,
                              const struct swt_member *member, struct swt_error *err) {
    return member->length <= container->max_left_out
               ? 0
               : fail_too_large(container, member, container->max_left_out, err);
}

int swt_member_plan(const struct swt_container *container, const struct swt_member *member,
                    struct swt_buf *ret_head, uint64_t *total, struct swt_error *err) {
    uint64_t size = *total;
    size_t before = ret_head->len;
    int r = check_member(container, member, err);
    if (r == 0)
        r = container->member_head(member, ret_head, err);
    if (r < 0)
        return r;
    if (__builtin_add_overflow(size, ret_head->len - before, &size) ||
        __builtin_add_overflow(size, member->length, &size) ||
        __builtin_add_overflow(size, container->member_tail(member->length), &size) ||
        size > container->max_bundle - container->end_size)
        return fail_too_large(container, member, container->max_bundle, err);
    *total = size;
    return 0;
}

int swt_bundle_size(const struct swt_bundle_plan *plan, const struct swt_payload_plan *payloads,
                    size_t payload_count, uint64_t *ret_size, struct swt_error *err) {
    const struct swt_container *container = swt_container_of(plan->format);
    SWT_CLEANUP(swt_buf_done) struct swt_buf head = {0};
    uint64_t total = 0;
    int r = 0;

    if (payload_count > SWT_MAX_PAYLOADS)
        return swt_fail(err, SWT_E_CONTAINER, "there are %zu payloads, more than %d", payload_count,
                        SWT_MAX_PAYLOADS);
    if (plan->has_root) {
        const struct swt_member root = {.kind = SWT_MEMBER_ROOT, .length = plan->root.len};
        r = swt_member_plan(container, &root, &head, &total, err);
        if (r < 0)
            return r;
    }
    const struct swt_member targets = {.kind = SWT_MEMBER_TARGETS, .length = plan->targets.len};
    r = swt_member_plan(container, &targets, &head, &total, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < payload_count; i++) {
        const struct swt_member payload = {SWT_MEMBER_PAYLOAD, payloads[i].name,
                                           payloads[i].length};
        swt_buf_clear(&head);
        r = swt_member_plan(container, &payload, &head, &total, err);
        if (r < 0)
            return r;
    }
    *ret_size = total + container->end_size;
    return 0;
}
