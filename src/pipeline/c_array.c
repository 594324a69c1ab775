/* SPDX-License-Identifier: Apache-2.0 */
#include "c_array.h"

#include <stdio.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define DIGITS "0123456789"

/* Of C up to C23 and of C++ up to C++20, but for those that start with an underscore. */
static const char *const KEYWORDS[] = {
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char8_t",
    "char16_t",
    "char32_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
};

/* No keywords, but macros of the headers that are included here or of compilers, and the one
 * function that cannot be an array. */
static const char *const TAKEN[] = {"NULL", "errno", "linux", "main", "offsetof", "unix"};

/* Of types and limits in stdint.h; after "_" a name that is made of this one would hold "__". */
static const char *const TAKEN_ENDS[] = {"_", "_MAX", "_MIN", "_WIDTH", "_t"};

static bool is_one_of(const char *name, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, words[i]) == 0)
            return true;
    return false;
}

static bool ends_taken(const char *name, size_t len) {
    for (size_t i = 0; i < SWT_COUNT(TAKEN_ENDS); i++) {
        size_t end = strlen(TAKEN_ENDS[i]);
        if (len > end && strcmp(name + len - end, TAKEN_ENDS[i]) == 0)
            return true;
    }
    return false;
}

bool swt_c_name_valid(const char *name) {
    size_t len = strlen(name);
    if (len == 0 || strchr(LETTERS, name[0]) == NULL || name[strspn(name, LETTERS DIGITS)] != '\0')
        return false;
    return name[0] != '_' && strstr(name, "__") == NULL && !ends_taken(name, len) &&
           !is_one_of(name, KEYWORDS, SWT_COUNT(KEYWORDS)) &&
           !is_one_of(name, TAKEN, SWT_COUNT(TAKEN));
}

/* A constant that nothing uses is no fault of who includes the header. */
int swt_c_header_begin(struct swt_buf *text, const char *name, struct swt_error *err) {
    return swt_buf_printf(text, err,
                          "#ifndef SWUPDATE_TOOL_%s_H\n"
                          "#define SWUPDATE_TOOL_%s_H\n\n"
                          "#include <stddef.h>\n"
                          "#include <stdint.h>\n\n"
                          "#ifndef SWUPDATE_TOOL_UNUSED\n"
                          "#ifdef __GNUC__\n"
                          "#define SWUPDATE_TOOL_UNUSED __attribute__((unused))\n"
                          "#else\n"
                          "#define SWUPDATE_TOOL_UNUSED\n"
                          "#endif\n"
                          "#endif\n",
                          name, name);
}

int swt_c_header_end(struct swt_buf *text, struct swt_error *err) {
    return swt_buf_printf(text, err, "\n#endif\n");
}

static int write_bytes(struct swt_buf *text, struct swt_slice bytes, struct swt_error *err) {
    enum { A_LINE = 12, BYTE_TEXT = 6 };
    int rc = 0;
    for (size_t at = 0; at < bytes.len && rc == 0; at += A_LINE) {
        char line[4 + A_LINE * BYTE_TEXT + 1] = "   ";
        size_t end = bytes.len - at < A_LINE ? bytes.len : at + A_LINE;
        size_t len = 3;
        for (size_t i = at; i < end; i++)
            len += (size_t)snprintf(line + len, sizeof line - len, " 0x%02x,", bytes.data[i]);
        line[len++] = '\n';
        rc = swt_buf_append(text, line, len, err);
    }
    return rc;
}

int swt_c_array_write(struct swt_buf *text, const char *name, struct swt_slice bytes,
                      struct swt_error *err) {
    static const uint8_t ZERO[] = {0};
    struct swt_slice shown = bytes.len > 0 ? bytes : swt_slice_of(ZERO, sizeof ZERO);
    int rc =
        swt_buf_printf(text, err, "\nSWUPDATE_TOOL_UNUSED static const uint8_t %s[] = {\n", name);
    if (rc == 0)
        rc = write_bytes(text, shown, err);
    return rc < 0 ? rc
                  : swt_buf_printf(text, err,
                                   "};\nSWUPDATE_TOOL_UNUSED static const size_t %s_size = %zu;\n",
                                   name, bytes.len);
}

int swt_c_number_write(struct swt_buf *text, const char *name, uint32_t number,
                       struct swt_error *err) {
    return swt_buf_printf(text, err, "\nSWUPDATE_TOOL_UNUSED static const uint32_t %s = %uu;\n",
                          name, number);
}
