/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

static void print_init(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    const char *directory = json_string_value(json_object_get(document, "directory"));
    size_t i;
    const json_t *file;
    swt_output_escaped_text(out, directory);
    swt_output_printf(out, ": a project of %zu files\n",
                      json_array_size(json_object_get(document, "files")));
    json_array_foreach(json_object_get(document, "files"), i, file) {
        const char *path = json_string_value(json_object_get(file, "path"));
        swt_output_printf(out, "  %-25s ", path);
        swt_report_member(out, file, "what");
        swt_output_printf(out, "\n");
    }
    swt_output_printf(out, "next: cd ");
    swt_report_shell_word(out, directory);
    swt_output_printf(out, " && swupdate-tool build product.yaml -o ");
    swt_report_member(out, document, "product");
    swt_output_printf(out, ".swb\n");
}

int swt_cmd_init(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_init_options options = {.directory = invocation->arguments[0],
                                       .keyring = invocation->keyring};
    json_t *document;
    int rc = swt_init(&options, &document, err);
    if (rc < 0)
        return rc;
    swt_report_result(invocation, document, NULL, print_init);
    return 0;
}
