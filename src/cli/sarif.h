/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of check as SARIF 2.1.0 (OASIS), which code-scanning pages read. */
#ifndef SWT_CLI_SARIF_H
#define SWT_CLI_SARIF_H

#include <jansson.h>

/* From swt_check's document. NULL: out of memory. */
json_t *swt_sarif(const json_t *document);

#endif
