/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWT_METADATA_ROOT_H
#define SWT_METADATA_ROOT_H

#include "message.h"

/* Holds an id of the right length; of a longer one the start. */
#define SWT_ID_TEXT (SWT_HEX_SIZE(SWT_KEY_ID_SIZE) + 4)
/* The id in hex, for messages; "none" for an empty one. */
const char *swt_root_id_text(struct swt_slice id, char ret_text[SWT_ID_TEXT]);

/* Position of id in the role, or the role's count. */
size_t swt_role_find(const struct swt_role *role, struct swt_slice id);

#endif
