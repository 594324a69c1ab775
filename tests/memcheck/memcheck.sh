#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Under valgrind a few commands leave nothing behind (memcheck.py); where the program is built with a
# sanitizer, that finds what leaks.
if [ -z "${SWT_SANITIZE:-}" ]; then
    exec python3 "$(dirname "${BASH_SOURCE[0]}")/memcheck.py"
fi
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"
t_begin "a block that leaks is found"
t_do "$T_BUILD/memcheck/leak" nothing
t_exit 0
case $SWT_SANITIZE in
*address*)
    t_do "$T_BUILD/memcheck/leak" block
    [ "$T_STATUS" -ne 0 ] || t_fail "nothing is found"
    t_err_contains 'detected memory leaks'
    ;;
esac
