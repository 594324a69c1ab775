# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A small test library for the program as a whole. A script sources it and then, for each case:
#
#   t_begin "a missing file is exit 5"     starts a case, in an empty folder of its own
#   t_run dump nothing.swb                 runs the program
#   t_exit 5                               checks; the first failed check names the case's fault
#   t_err_contains "nothing.swb"
#
# The case ends with the next t_begin or the script. Variables: SWT_TOOL, the program; SWT_SOURCE, the
# source folder; SWT_BUILD, the build folder (for what the Makefile built for tests).

set -u

T_SOURCE=${SWT_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
T_BUILD=${SWT_BUILD:-$T_SOURCE/build}
T_TOOL=${SWT_TOOL:-$T_BUILD/swupdate-tool}
T_DATA=$T_SOURCE/testdata
export T_SOURCE T_BUILD T_TOOL T_DATA

# A test says itself what it wants of these.
export LC_ALL=C TZ=UTC
unset CI NO_COLOR SOURCE_DATE_EPOCH SWUPDATE_TOOL_AUDIT_LOG
umask 022

T_TMP=$(mktemp -d "${TMPDIR:-/tmp}/swupdate-test.XXXXXX") || exit 99
T_CASE=''
T_REASONS=()
T_SKIPPED=''
T_COUNT=0
T_FAILED=0
T_STATUS=0
T_SECONDS=${T_SECONDS:-60}
T_OUT=$T_TMP/out
T_ERR=$T_TMP/err
: >"$T_OUT"
: >"$T_ERR"
trap t_finish_ EXIT

# ---- cases ---------------------------------------------------------------------------------------

t_begin() {
    t_end
    T_CASE=$1
    T_REASONS=()
    T_SKIPPED=''
    T_COUNT=$((T_COUNT + 1))
    mkdir "$T_TMP/$T_COUNT" || exit 99
    cd "$T_TMP/$T_COUNT" || exit 99
}

t_end() {
    [ -n "$T_CASE" ] || return 0
    if [ -n "$T_SKIPPED" ]; then
        printf 'ok - %s # SKIP %s\n' "$T_CASE" "$T_SKIPPED"
    elif [ "${#T_REASONS[@]}" -eq 0 ]; then
        printf 'ok - %s\n' "$T_CASE"
    else
        T_FAILED=$((T_FAILED + 1))
        printf 'not ok - %s\n' "$T_CASE"
        printf '# %s\n' "${T_REASONS[@]}"
    fi
    T_CASE=''
    cd "$T_TMP" || exit 99
}

# A script that dies on its way must not look as if it had come to its end.
t_finish_() {
    local status=$?
    if [ "$status" -ne 0 ] && [ -n "$T_CASE" ]; then
        T_REASONS+=("the script ended here with status $status")
    fi
    t_end
    t_judge_json_
    cd / && chmod -R u+rwX "$T_TMP" 2>/dev/null
    rm -rf "$T_TMP"
    if [ "$T_FAILED" -gt 0 ] && [ "$status" -eq 0 ]; then
        exit 1
    fi
    exit "$status"
}

t_fail() {
    T_REASONS+=("$*")
    return 1
}

# For what this machine cannot do; the reason is printed at the end of all.
t_skip() {
    T_SKIPPED=$1
}

# ---- running -------------------------------------------------------------------------------------

# Any command: output in $T_OUT, errors in $T_ERR, exit status in $T_STATUS.
t_do() {
    local limit=(timeout -k 5 "$T_SECONDS")
    # What a script defines itself is nothing that timeout could start.
    [ "$(type -t "$1")" != function ] || limit=()
    T_RAN="$*"
    ${limit[@]+"${limit[@]}"} "$@" </dev/null >"$T_OUT" 2>"$T_ERR"
    T_STATUS=$?
}

t_run() {
    t_do "$T_TOOL" "$@"
    t_keep_json_ "$@"
}

# t_run_from FILE ARGS...: the same with FILE as standard input.
t_run_from() {
    local input=$1
    shift
    T_RAN="$T_TOOL $* <$input"
    timeout -k 5 "$T_SECONDS" "$T_TOOL" "$@" <"$input" >"$T_OUT" 2>"$T_ERR"
    T_STATUS=$?
    t_keep_json_ "$@"
}

# Like t_run, for the steps that prepare a case: anything but exit 0 is a failure.
t_must() {
    t_run "$@"
    t_exit 0
}

# ---- JSON ----------------------------------------------------------------------------------------

# Every run with --json is kept and, when the script ends, held against the schemas: a case of its own.
t_keep_json_() {
    case " $* " in
    *" --help "* | *" -h "*) return 0 ;;
    *" --json "*) ;;
    *) return 0 ;;
    esac
    # By the time, which a subshell counts on, too.
    local kept=$T_TMP/json/${EPOCHREALTIME//[!0-9]/}
    mkdir -p "$kept"
    printf '%s\0' "$@" >"$kept/command"
    cp "$T_OUT" "$kept/out"
    cp "$T_ERR" "$kept/err"
}

# The system's python is the one whose packages are there.
t_schemas() {
    local python=/usr/bin/python3
    [ -x "$python" ] || python=python3
    PYTHONDONTWRITEBYTECODE=1 "$python" "$T_SOURCE/tests/cli/schemas.py" "$@"
}

t_judge_json_() {
    [ -d "$T_TMP/json" ] || return 0
    t_begin "what was printed as JSON is of the installed schemas"
    t_schemas runs "$T_TMP/json" >faults 2>&1 || t_fail "$(cat faults)"
    t_end
}

# ---- checks --------------------------------------------------------------------------------------

t_excerpt_() {
    head -c 1500 "$1" | tr '\n' '|' | LC_ALL=C tr -c '[:print:]' '?'
}

t_exit() {
    [ "$T_STATUS" -eq "$1" ] && return 0
    t_fail "exit $T_STATUS, expected $1: $T_RAN (stderr: $(t_excerpt_ "$T_ERR"))"
}

t_contains_() {
    grep -qF -e "$2" "$1" && return 0
    t_fail "$3 lacks '$2': $(t_excerpt_ "$1")"
}

t_lacks_() {
    grep -qF -e "$2" "$1" || return 0
    t_fail "$3 has '$2': $(t_excerpt_ "$1")"
}

t_is_() {
    [ "$(cat "$1")" = "$2" ] && return 0
    t_fail "$3 is '$(t_excerpt_ "$1")', expected '$2'"
}

t_out_contains() { t_contains_ "$T_OUT" "$1" stdout; }
t_err_contains() { t_contains_ "$T_ERR" "$1" stderr; }
t_out_lacks() { t_lacks_ "$T_OUT" "$1" stdout; }
t_err_lacks() { t_lacks_ "$T_ERR" "$1" stderr; }
t_out_is() { t_is_ "$T_OUT" "$1" stdout; }
t_err_is() { t_is_ "$T_ERR" "$1" stderr; }
t_out_empty() { t_is_ "$T_OUT" '' stdout; }
t_err_empty() { t_is_ "$T_ERR" '' stderr; }

t_equal() {
    [ "$1" = "$2" ] || t_fail "found '$1', expected '$2'${3:+ ($3)}"
}

t_file_equal() {
    cmp -s "$1" "$2" || t_fail "$1 and $2 differ"
}

t_file_differs() {
    ! cmp -s "$1" "$2" || t_fail "$1 and $2 are equal"
}

t_file_exists() {
    [ -e "$1" ] || t_fail "$1 does not exist"
}

t_file_absent() {
    if [ -e "$1" ] || [ -L "$1" ]; then
        t_fail "$1 exists"
    fi
}

t_file_contains() {
    t_contains_ "$1" "$2" "$1"
}

# t_mode FILE 600
t_mode() {
    t_equal "$(stat -c %a "$1")" "$2" "mode of $1"
}

# t_files "a b": the folder of the case holds these names, hidden ones too, and no others.
t_files() {
    t_equal "$(find . -mindepth 1 | sed 's|^\./||' | sort | tr '\n' ' ' | sed 's/ $//')" "$1" \
        "files of the case"
}

# t_json PATH VALUE: a value of the JSON on stdout; PATH is a.0.b, VALUE as print shows it.
t_json() { t_json_in "$T_OUT" "$1" "$2"; }
# The same of the last line on stderr.
t_json_err() {
    tail -n 1 "$T_ERR" >"$T_TMP/err.json"
    t_json_in "$T_TMP/err.json" "$1" "$2"
}
t_json_in() {
    local found
    found=$(t_json_value "$1" "$2") || {
        t_fail "no JSON value at '$2': $(t_excerpt_ "$1")"
        return 1
    }
    t_equal "$found" "$3" "JSON value at '$2'"
}

# Prints the value: texts as they are, others as JSON. Fails when there is none.
t_json_value() {
    python3 - "$1" "$2" <<'PYTHON'
import json, sys
try:
    value = json.load(open(sys.argv[1], encoding="utf-8"))
    for step in filter(None, sys.argv[2].split(".")):
        value = value[int(step)] if isinstance(value, list) else value[step]
except (ValueError, KeyError, IndexError, TypeError, OSError) as fault:
    sys.exit(repr(fault))
print(value if isinstance(value, str) else json.dumps(value, sort_keys=True))
PYTHON
}
