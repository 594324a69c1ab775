/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <string.h>

static bool is_letter(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* RFC 3986, 3.1 */
bool swt_path_has_scheme(const char *text) {
    if (!is_letter(text[0]))
        return false;
    size_t len = 1;
    while (is_letter(text[len]) || (text[len] >= '0' && text[len] <= '9') || text[len] == '+' ||
           text[len] == '-' || text[len] == '.')
        len++;
    return text[len] == ':';
}

char *swt_path_resolve(const char *manifest_path, const char *path, struct swt_arena *arena,
                       struct swt_error *err) {
    const char *slash = strrchr(manifest_path, '/');
    size_t folder_len = path[0] == '/' || slash == NULL ? 0 : (size_t)(slash + 1 - manifest_path);
    size_t path_len = strlen(path);
    const char *head = folder_len > 0 ? manifest_path : path;
    /* A folder called "exec:x" must not turn the path of a key into a signer, nor a file "-" into
     * standard input. */
    size_t dot_len = swt_path_has_scheme(head) || head[0] == '-' ? 2 : 0;

    char *resolved = swt_arena_alloc(arena, dot_len + folder_len + path_len + 1, 1, err);
    if (resolved == NULL)
        return NULL;
    memcpy(resolved, "./", dot_len);
    memcpy(resolved + dot_len, manifest_path, folder_len);
    memcpy(resolved + dot_len + folder_len, path, path_len + 1);
    return resolved;
}
