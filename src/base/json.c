/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <jansson.h>

/* Remembers what went wrong: jansson passes over an error while it writes a key, and goes on with a
 * piece missing, as its own json_dumps does. */
struct sink {
    struct swt_buf *text;
    struct swt_error *err;
    int rc;
};

static int append_piece(const char *data, size_t len, void *context) {
    struct sink *sink = context;
    if (sink->rc == 0)
        sink->rc = swt_buf_append(sink->text, data, len, sink->err);
    return sink->rc < 0 ? -1 : 0;
}

int swt_json_write(const json_t *json, size_t flags, struct swt_buf *ret_text,
                   struct swt_error *err) {
    struct sink sink = {.text = ret_text, .err = err};
    if ((json == NULL || json_dump_callback(json, append_piece, &sink, flags) < 0) && sink.rc == 0)
        return swt_fail_memory(err);
    return sink.rc;
}
