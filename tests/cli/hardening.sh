#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How the program is built: what an attacker who finds a fault in it would have to get past. Left out under
# a sanitizer, which is built otherwise.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Each of these prints what is wrong with a program, and nothing where it is as it should be.

relocatable() {
    readelf -hW "$1" | grep -q 'Type: *DYN ' || echo "has a fixed address"
    readelf -dW "$1" | grep -q '(FLAGS_1) .*\bPIE\b' || echo "is no PIE"
    readelf -lW "$1" | grep -q '^ *INTERP ' || echo "has no interpreter"
    ! readelf -dW "$1" | grep -q TEXTREL || echo "has relocations in its code"
}

read_only() {
    readelf -lW "$1" | grep -q '^ *GNU_RELRO ' || echo "has no RELRO"
    readelf -dW "$1" | grep -q '(FLAGS_1) .*\bNOW\b' || echo "binds lazily"
}

# A segment is either writable or code, the stack is no code, and the one with the headers and the data
# is none either.
apart() {
    readelf -lW "$1" | awk '
        $1 == "GNU_STACK" { stack = 1; if ($0 ~ /E +0x[0-9a-f]+$/) print "has a stack of code" }
        $1 == "LOAD" && /W/ && /E +0x[0-9a-f]+$/ { print "has code that can be written" }
        $1 == "LOAD" && !loads++ && / E +0x[0-9a-f]+$/ { print "has data among its code" }
        END { if (!stack) print "says nothing of its stack" }'
}

checked() {
    local imports
    imports=$(readelf --dyn-syms -W "$1")
    grep -q ' UND __stack_chk_fail' <<<"$imports" || echo "has no stack protector"
    grep -q ' UND __memcpy_chk' <<<"$imports" || echo "has no checked memcpy"
    grep -q ' UND __v\?snprintf_chk' <<<"$imports" || echo "has no checked snprintf"
}

own_libraries_only() {
    ! readelf -dW "$1" | grep -E '\((RPATH|RUNPATH)\)' || echo "looks for libraries in folders of its own"
}

# sound CHECK: of the program.
sound() {
    t_equal "$("$1" "$T_TOOL" 2>&1)" "" "$1"
}

t_begin "the program's address is another in each run"
sound relocatable

t_begin "what is relocated is read-only before main"
sound read_only

t_begin "nothing is both writable and code, nor data and code"
sound apart

t_begin "stacks and buffers are checked"
sound checked

t_begin "libraries come from where the system has them"
sound own_libraries_only

# The mark of the whole program needs the C library's start files to have it, too: here it is each object
# of ours. Other processors have nothing of the kind.
case $(uname -m) in
x86_64) MARK='IBT, SHSTK' ;;
aarch64) MARK='BTI, PAC' ;;
*) MARK='' ;;
esac
t_begin "each jump and call by pointer is held to places that one may lead to"
for library in "$T_BUILD"/lib/lib*.a; do
    objects=$(ar t "$library" | wc -l)
    [ "$objects" -gt 0 ] || t_fail "$library is empty"
    [ -z "$MARK" ] || t_equal "$(readelf -n "$library" | grep -c "feature: $MARK")" "$objects" "$library"
done

t_begin "these checks find what is missing"
echo 'int main(void) { return 0; }' >weak.c
cc -no-pie -Wl,-z,norelro,-z,lazy,-z,execstack,-z,noseparate-code,-rpath,/tmp -o weak weak.c ||
    t_fail "cc failed"
for each in relocatable read_only apart checked own_libraries_only; do
    [ -n "$("$each" weak 2>&1)" ] || t_fail "$each finds nothing"
done
t_equal "$(apart weak)" $'has data among its code\nhas a stack of code'
