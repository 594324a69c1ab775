/* SPDX-License-Identifier: Apache-2.0 */
/* init: fresh keys → root metadata → a project that builds, all at once. */
#include "document.h"
#include "init_files.h"
#include "output.h"

#include "swt/io.h"
#include "swt/pipeline.h"

#include <stdlib.h>
#include <string.h>

#define IMAGE "images/app.bin"
#define IMAGE_SIZE ((size_t)4096)
#define DEFAULT_PRODUCT "widget"

struct project {
    const struct swt_init_options *options;
    char product[64];
    struct swt_staging *staging;
    json_t *files; /* of the document, borrowed */
};

static void free_text(char **text) {
    free(*text);
}

/* ---- files ------------------------------------------------------------------------------- */

static int tell(const struct project *project, const char *path, const char *what,
                struct swt_error *err) {
    return swt_json_add(project->files, json_pack("{s:s, s:s}", "path", path, "what", what), err);
}

static int put(const struct project *project, const char *path, const char *what,
               struct swt_slice bytes, struct swt_error *err) {
    int rc = swt_staging_begin(project->staging, path, err);
    if (rc == 0)
        rc = swt_staging_write(project->staging, bytes.data, bytes.len, err);
    return rc < 0 ? rc : tell(project, path, what, err);
}

/* text with the product's name in it. */
static int fill(const struct project *project, const char *text, struct swt_buf *ret_text,
                struct swt_error *err) {
    static const char MARK[] = "@PRODUCT@";
    for (const char *mark; (mark = strstr(text, MARK)) != NULL; text = mark + strlen(MARK)) {
        int rc = swt_buf_append(ret_text, text, (size_t)(mark - text), err);
        if (rc == 0)
            rc = swt_buf_printf(ret_text, err, "%s", project->product);
        if (rc < 0)
            return rc;
    }
    return swt_buf_printf(ret_text, err, "%s", text);
}

static int put_texts(const struct project *project, struct swt_error *err) {
    int rc = 0;
    for (const struct swt_init_file *file = swt_init_files; file->path != NULL && rc == 0; file++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
        rc = fill(project, file->text, &text, err);
        if (rc == 0)
            rc = put(project, file->path, file->what, swt_buf_slice(&text), err);
    }
    return rc;
}

/* Readable, so that what a bundle holds can be seen in it. */
static int put_image(const struct project *project, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf image = {0};
    int rc = 0;
    while (rc == 0 && image.len < IMAGE_SIZE)
        rc = swt_buf_printf(&image, err, "a sample image of %s\n", project->product);
    if (rc < 0)
        return rc;
    return put(project, IMAGE, "a sample image", swt_slice_of(image.data, IMAGE_SIZE), err);
}

/* ---- keys and root ----------------------------------------------------------------------- */

static int put_key(const struct project *project, const char *path, const char *what,
                   struct swt_signer **ret_signer, struct swt_error *err) {
    SWT_CLEANUP(swt_secret_done) struct swt_secret private_pem = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf public_pem = {0};
    SWT_CLEANUP(swt_signer_cleanup) struct swt_signer *signer = NULL;
    SWT_CLEANUP(free_text) char *public_path = swt_format(err, "%s.pub", path);
    if (public_path == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_signer_generate(SWT_KIND_P256, path, project->options->keyring, &private_pem,
                                 &signer, err);
    if (rc == 0)
        rc = swt_public_key_pem(swt_signer_key(signer), &public_pem, err);
    if (rc == 0)
        rc = swt_staging_begin_secret(project->staging, path, err);
    if (rc == 0)
        rc = swt_staging_write(project->staging, private_pem.data, private_pem.len, err);
    if (rc == 0)
        rc = tell(project, path, what, err);
    if (rc == 0)
        rc = put(project, public_path, "its public part", swt_buf_slice(&public_pem), err);
    if (rc == 0)
        *ret_signer = SWT_TAKE(signer);
    return rc;
}

/* No expiry: a root for development that ends would stop a team on a day that nobody chose. */
static int put_root(const struct project *project, struct swt_signer *root_key,
                    const struct swt_signer *targets_key, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf value = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf envelope = {0};
    struct swt_root_spec spec = {.version = 1,
                                 .root_keys = swt_signer_key(root_key),
                                 .root_key_count = 1,
                                 .root_threshold = 1,
                                 .targets_keys = swt_signer_key(targets_key),
                                 .targets_key_count = 1,
                                 .targets_threshold = 1};
    struct swt_signing_subject subject = {
        .role = "root", .product = project->product, .version = spec.version};
    int rc = swt_root_encode(&spec, &metadata, err);
    if (rc == 0)
        rc = swt_signer_sign(root_key, &subject, swt_buf_slice(&metadata), &value, err);
    struct swt_signature signature = {swt_slice_of(swt_signer_key_id(root_key), SWT_KEY_ID_SIZE),
                                      swt_buf_slice(&value)};
    if (rc == 0)
        rc = swt_envelope_encode(swt_buf_slice(&metadata), &signature, 1, &envelope, err);
    return rc < 0 ? rc
                  : put(project, SWT_INIT_ROOT, "root metadata: which keys may sign",
                        swt_buf_slice(&envelope), err);
}

static int put_trust(const struct project *project, struct swt_error *err) {
    SWT_CLEANUP(swt_signer_cleanup) struct swt_signer *root_key = NULL;
    SWT_CLEANUP(swt_signer_cleanup) struct swt_signer *targets_key = NULL;
    int rc =
        put_key(project, SWT_INIT_ROOT_KEY, "the root key, for development only", &root_key, err);
    if (rc == 0)
        rc = put_key(project, SWT_INIT_TARGETS_KEY,
                     "the key that signs bundles, for development "
                     "only",
                     &targets_key, err);
    return rc < 0 ? rc : put_root(project, root_key, targets_key, err);
}

/* ---- the whole --------------------------------------------------------------------------- */

static bool is_plain(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

/* The folder's name, where it is one that needs no quotes in a shell; the product's name ends up in
 * commands. */
static void name_product(struct project *project) {
    const char *path = project->options->directory;
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && is_plain(path[start - 1]))
        start--;
    bool whole = start == 0 || path[start - 1] == '/';
    size_t len = end - start;
    if (!whole || len == 0 || len >= sizeof project->product || path[start] == '-') {
        memcpy(project->product, DEFAULT_PRODUCT, sizeof DEFAULT_PRODUCT);
        return;
    }
    memcpy(project->product, path + start, len);
    project->product[len] = '\0';
}

static int check_directory(const char *directory, struct swt_error *err) {
    if (strcmp(directory, "-") != 0)
        return 0;
    (void)swt_fail(err, SWT_E_USAGE, "a folder cannot go to standard output");
    return swt_error_hint(err, "write ./- for a folder of the name '-'");
}

/* A new folder appears whole, whatever comes before; in one that is there, each file does. */
static int open_staging(const char *directory, struct swt_staging **ret_staging,
                        struct swt_error *err) {
    return swt_is_folder(directory) ? swt_staging_open(directory, false, ret_staging, err)
                                    : swt_staging_create(directory, ret_staging, err);
}

int swt_init(const struct swt_init_options *options, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    SWT_CLEANUP(swt_staging_cleanup) struct swt_staging *staging = NULL;
    struct project project = {.options = options};
    int rc = check_directory(options->directory, err);
    if (rc == 0)
        rc = open_staging(options->directory, &staging, err);
    if (rc == 0)
        rc = swt_json_set(document, "directory", swt_json_path(options->directory), err);
    if (rc < 0)
        return rc;
    name_product(&project);
    project.staging = staging;
    project.files = swt_json_array(document, "files", err);
    rc = project.files == NULL ? -SWT_E_MEMORY : 0;
    if (rc == 0)
        rc = swt_json_set(document, "product", json_string(project.product), err);
    if (rc == 0)
        rc = put_texts(&project, err);
    if (rc == 0)
        rc = put_image(&project, err);
    if (rc == 0)
        rc = put_trust(&project, err);
    if (rc == 0)
        rc = swt_staging_commit(staging, err);
    if (rc < 0 && err->code == SWT_E_EXISTS)
        return swt_error_hint(err, "name a folder that has no such file");
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
