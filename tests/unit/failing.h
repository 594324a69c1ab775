/* SPDX-License-Identifier: Apache-2.0 */
/* One allocation of the process at hand fails: what tests/faults/memory.c does to a program, linked
 * into a test. Not beside a sanitizer, which has an allocator of its own: none fails there. */
#ifndef SWT_TEST_FAILING_H
#define SWT_TEST_FAILING_H

#include <stdbool.h>

#if defined(__has_feature)
#define FAILING_FEATURE(feature_) __has_feature(feature_)
#else
#define FAILING_FEATURE(feature_) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || FAILING_FEATURE(address_sanitizer)
#define CAN_FAIL false
static inline void fail_allocation(long number, bool of_libcrypto) {
    (void)number;
    (void)of_libcrypto;
}
static inline bool allocation_failed(void) {
    return false;
}
#else
#define CAN_FAIL true
#include "../faults/memory.c"

/* From here on; the first is 1, with 0 none fails. of_libcrypto: those alone, else all others. */
static inline void fail_allocation(long number, bool of_libcrypto) {
    at = number;
    library = of_libcrypto;
    atomic_store(&count, 0);
    armed = number > 0;
}

/* Whether there were so many; from here on none fails. */
static inline bool allocation_failed(void) {
    armed = 0;
    return at > 0 && atomic_load(&count) >= at;
}
#endif

#endif
