/* SPDX-License-Identifier: Apache-2.0 */
/* How long a signer may take. */
#include "internal.h"

#include <stdlib.h>

unsigned swt_signer_seconds(unsigned limit) {
    const char *text = getenv("SWUPDATE_TOOL_SIGNER_TIMEOUT");
    uint64_t seconds;
    return text != NULL && swt_parse_uint(text, limit, &seconds) && seconds > 0 ? (unsigned)seconds
                                                                                : limit;
}
