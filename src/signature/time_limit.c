/* SPDX-License-Identifier: Apache-2.0 */
/* How long a signer may take. */
#include "internal.h"

#include <stdlib.h>

#define LONGEST 60

unsigned swt_signer_seconds(unsigned limit) {
    const char *text = getenv("SWUPDATE_TOOL_SIGNER_TIMEOUT");
    uint64_t seconds;
    if (text == NULL || !swt_parse_uint(text, LONGEST, &seconds) || seconds == 0 || seconds > limit)
        return limit;
    return (unsigned)seconds;
}
