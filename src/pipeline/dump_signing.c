/* SPDX-License-Identifier: Apache-2.0 */
#include "dump.h"
#include "kind.h"
#include "signing_request.h"
#include "signing_response.h"

int swt_dump_request(struct dump *dump, struct swt_reader *reader, struct swt_error *err) {
    SWT_CLEANUP(swt_signing_request_cleanup) struct swt_signing_request *request = NULL;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_reader_read_all(reader, SWT_MAX_SIGNING_JSON, &bytes, err);
    if (rc == 0)
        rc =
            swt_signing_request_read(swt_buf_slice(&bytes), swt_reader_name(reader), &request, err);
    if (rc == 0)
        rc = swt_dump_warn_of_fault(dump, swt_signing_request_check(request, err),
                                    "the request contradicts itself", err);
    return rc < 0 ? rc : swt_signing_request_describe(request, dump->document, err);
}

int swt_dump_response(struct dump *dump, struct swt_reader *reader, struct swt_error *err) {
    SWT_CLEANUP(swt_signing_response_done) struct swt_signing_response response = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_reader_read_all(reader, SWT_MAX_SIGNING_JSON, &bytes, err);
    if (rc == 0)
        rc = swt_signing_response_read(swt_buf_slice(&bytes), swt_reader_name(reader), &response,
                                       err);
    return rc < 0 ? rc : swt_signing_response_describe(&response, dump->document, err);
}
