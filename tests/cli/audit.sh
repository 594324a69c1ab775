#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The audit log: what each command leaves in it, and that nothing is signed without it.
# shellcheck disable=SC2016 # the $PPID of a command that runs elsewhere is not this shell's
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

AUDIT=$T_SOURCE/tests/cli/audit.py
CALLS=$T_BUILD/faults/calls.so
SIGNER=$T_BUILD/faults/signer.so

# The events of a log whose chain is sound, by no code of ours.
events_are() { # LOG TEXT
    t_equal "$(python3 "$AUDIT" events "$1" 2>&1)" "$2" "events of $1"
}

# A bundle b.swb of product widget, and a log of one signature.
sample_log() {
    sample_manifest
    quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log log
}

# The last run signed nothing: b.swb is as it was, and the log has so many lines.
nothing_signed() { # LINES
    t_file_equal b.swb before.swb
    t_equal "$(wc -l <log)" "$1" "lines of the log"
    [ "$1" -eq 0 ] || python3 "$AUDIT" events log >/dev/null 2>&1 || t_fail "the log is damaged"
}

# With a system call that fails or does something at its Nth time; the run is that of t_run.
with_calls() { # NAME=VALUE... -- WORD...
    local plan=()
    while [ "$1" != -- ]; do
        plan+=("SWT_FAULT_$1")
        shift
    done
    t_do env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$CALLS" "${plan[@]}" "$T_TOOL" "${@:2}"
}

at_use() { # COMMAND WORD...: COMMAND runs when the key is used
    t_do env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$SIGNER" SWT_SIGNER_RUN="$1" \
        "$T_TOOL" "${@:2}"
}

# ---- what is written -------------------------------------------------------------------------------

t_begin "every command that signs writes two lines for each key"
sample_manifest
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --targets-key "$KEYS/ed25519-1.pub" --sign-with "$KEYS/root1.pem" --audit-log log
events_are log $'begin - root 1\nend signed root 1'
quiet root rotate root -o root2 --sign-with "$KEYS/root1.pem" --audit-log log
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem" --audit-log log
quiet sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
quiet sign root --key "$KEYS/root1.pem" --replace -o signed --audit-log log
quiet sign b.swb --role root --key "$KEYS/root1.pem" --replace --audit-log log
events_are log "begin - root 1
end signed root 1
begin - root 2
end signed root 2
begin - targets 42
end signed targets 42
begin - targets 42
end signed targets 42
begin - root 1
end signed root 1
begin - root 1
end signed root 1"
t_mode log 644
t_must check log
t_out_contains "sound: log: 12 lines, 6 signatures, 0 failed, 0 unfinished"

t_begin "a line says who signed what with which key"
sample_manifest
targets1_id=$(key_id "$KEYS/targets1.pub")
SOURCE_DATE_EPOCH=1 "$T_TOOL" build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log log \
    >out 2>&1 || t_fail "$(cat out)"
targets_envelope b.swb >envelope
wire get 1 <envelope >metadata
wire get 2:0/2 <envelope >signature
head -n 1 log >first
tail -n 1 log >second
for line in first second; do
    t_json_in $line metadata_sha256 "$(sha256sum metadata | cut -d ' ' -f 1)"
    t_json_in $line key_id "$targets1_id"
    t_json_in $line key "$KEYS/targets1.pem"
    t_json_in $line product widget
    t_json_in $line uid "$(id -u)"
    t_json_in $line user "$(id -un)"
    t_json_in $line host "$(uname -n)"
    # The clock's own time, whatever a build takes for it.
    t_equal "$(t_json_value $line time | cut -c 1-2)" 20
done
t_json_in second signature_sha256 "$(sha256sum signature | cut -d ' ' -f 1)"
# A bundle tells its product when it is signed later.
quiet sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
tail -n 1 log >last
t_json_in last product widget

t_begin "no key is used, nothing is logged"
sample_manifest
sample_root root
quiet build product.yaml -o dry.swb --key "$KEYS/targets1.pem" --audit-log log --dry-run
quiet build product.yaml -o b.swb --root root --audit-log log
quiet keygen -o key --audit-log log
t_run sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
t_exit 4
t_file_absent log
quiet sign b.swb --key "$KEYS/targets1.pem"
quiet sign b.swb --key "$KEYS/targets1.pem" --audit-log log
t_file_absent log

t_begin "the log of the environment: the option wins, empty is none"
sample_manifest
SWUPDATE_TOOL_AUDIT_LOG=variable quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem"
events_are variable $'begin - targets 42\nend signed targets 42'
SWUPDATE_TOOL_AUDIT_LOG=variable quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem" \
    --audit-log option
t_equal "$(wc -l <variable) $(wc -l <option)" "2 2"
SWUPDATE_TOOL_AUDIT_LOG='' quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem"
t_run build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log ''
t_exit 2

t_begin "a log of the environment that is none: named, and no matter of commands that sign nothing"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
export SWUPDATE_TOOL_AUDIT_LOG=-
for command in 'build product.yaml -o out' 'sign b.swb --key k' 'keygen -o out' \
    'root create -o out --root-key a --targets-key b' 'fixtures -o out' 'key check k' 'init out'; do
    read -ra words <<<"$command"
    t_run "${words[@]}"
    t_exit 2
    t_err_contains "SWUPDATE_TOOL_AUDIT_LOG: an audit log is a file"
done
t_run build product.yaml -o out --audit-log -
t_exit 2
t_err_contains "--audit-log: an audit log is a file"
t_must build product.yaml -o out --audit-log option
for command in 'dump b.swb' 'verify b.swb --root root' 'check b.swb' \
    'diff b.swb b.swb' 'extract b.swb -C new --no-verify' 'convert b.swb -o new.swb'; do
    read -ra words <<<"$command"
    t_must "${words[@]}"
done
t_run key list
t_err_lacks "audit log"
unset SWUPDATE_TOOL_AUDIT_LOG

t_begin "a signature that does not verify is logged as failed"
sample_log
cp b.swb before.swb
t_do env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$SIGNER" "$T_TOOL" sign b.swb \
    --key "$KEYS/ed25519-1.pem" --audit-log log
t_exit 4
events_are log $'begin - targets 42\nend signed targets 42\nbegin - targets 42\nend failed targets 42'
tail -n 1 log >last
t_json_in last error.code bad-signature
nothing_signed 4
t_must check log
t_out_contains "4 lines, 1 signature, 1 failed, 0 unfinished"

t_begin "no secret gets into the log"
sample_manifest
SECRET=$KEY_PASSPHRASE quiet build product.yaml -o b.swb --key "$KEYS/root1-encrypted.pem" \
    --pin-env SECRET --audit-log log
quiet sign b.swb --key "$KEYS/ed25519-1-encrypted.pem" --passphrase-file "$T_TMP/passphrase" \
    --audit-log log
t_equal "$(grep -c signed log)" 2
grep -F "$KEY_PASSPHRASE" log && t_fail "the passphrase is in the log"

t_begin "the log may be a link, and grows where it may only grow"
sample_manifest
mkdir logs
ln -s logs/log link
quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log link
[ -L link ] || t_fail "the link was replaced"
events_are logs/log $'begin - targets 42\nend signed targets 42'
if chattr +a logs/log 2>/dev/null; then
    quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log link
    chattr -a logs/log
    t_equal "$(wc -l <logs/log)" 4
fi

# ---- the order of things ---------------------------------------------------------------------------

t_begin "the first line is in the log when the key is used, the second before the output appears"
sample_manifest
at_use 'cp log at-use; ls >names' build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log log
t_exit 0
events_are at-use 'begin - targets 42'
grep -qx b.swb names && t_fail "the output is there before the signature"
with_calls CALL=link AT=1 RUN='cp log at-output; ls >names' -- \
    build product.yaml -o new.swb --key "$KEYS/targets1.pem" --audit-log log
t_exit 0
t_equal "$(wc -l <at-output)" 4
grep -qx new.swb names && t_fail "the output is there before its link"

t_begin "each line is on storage before what follows it"
sample_manifest
printf '#!/bin/sh\n' >used
chmod +x used
if ! strace -o trace -f -e trace=execve true 2>/dev/null; then
    t_skip "strace cannot trace here"
else
    t_do strace -qq -o trace -f -s 12 -E ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
        -E LD_PRELOAD="$SIGNER" -E SWT_SIGNER_RUN=./used \
        -e trace=execve,write,fdatasync,fsync,linkat,rename,renameat,renameat2 \
        "$T_TOOL" build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log log
    t_exit 0
    # Calls in their order: the log's lines, its folder, the use, the log again, the output's place.
    sed -nE 's/^[0-9]+ +//
        s/^write\([0-9]+, "\{\\"(event|begin)\\".*/\1-line/p
        s/^(fdatasync|fsync)\(.*/\1/p
        s/^execve\("\.\/used".*/used/p
        s/^(linkat|rename[a-z0-9]*)\(.*/placed/p' trace | tr '\n' ' ' >calls
    case $(cat calls) in
    "event-line fdatasync fsync used begin-line fdatasync "*placed*) ;;
    *) t_fail "found: $(cat calls)" ;;
    esac
fi

t_begin "a run that is stopped while the key is in use still tells the outcome"
sample_log
cp b.swb before.swb
at_use 'kill -TERM $PPID' sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
t_exit 143
events_are log $'begin - targets 42\nend signed targets 42\nbegin - targets 42\nend signed targets 42'
nothing_signed 4

# The outcome is told also when another process has the log at that moment.
cp before.swb b.swb
at_use '(exec 9>>log; flock 9; touch locked; exec sleep 1) >/dev/null 2>&1 &
    until [ -e locked ]; do sleep 0.05; done
    kill -TERM $PPID' sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
t_exit 143
nothing_signed 6

t_begin "a run that is killed while the key is in use leaves its first line"
sample_log
cp b.swb before.swb
{ at_use 'kill -KILL $PPID' sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log; } 2>/dev/null
t_exit 137
nothing_signed 3
t_must check log
t_out_contains "log:3: warning: "
t_out_contains "1 unfinished"
quiet sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
t_must check log --json
t_json files.0.signatures 2
t_json files.0.unfinished 1
t_json files.0.findings.0.code unfinished
t_json files.0.findings.0.level warning

# ---- no log, no signature --------------------------------------------------------------------------

t_begin "a log that cannot be opened"
sample_log
cp b.swb before.swb
mkdir folder
mkfifo fifo
for place in folder fifo /dev/full /dev/null; do
    try sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log "$place"
    error_is sign 3 audit-log
    nothing_signed 2
done
try sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log none/log
error_is sign 5 not-found
with_calls CALL=open PATH=log AT=1 ERRNO=13 -- sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
t_exit 5
t_err_contains "log: the audit log: cannot open: Permission denied"
nothing_signed 2
try build product.yaml -o new.swb --key "$KEYS/ed25519-1.pem" --audit-log folder
error_is build 3 audit-log
t_file_absent new.swb
try root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --sign-with "$KEYS/root1.pem" --audit-log folder
error_is "root create" 3 audit-log
t_file_absent root

t_begin "a file that is no log, or whose end is damaged, is told before a passphrase is asked for"
sample_log
cp b.swb before.swb
echo 'some text' >text
echo '{"schema":"swupdate-tool/audit/1"}' >json
head -c -1 log >torn
head -c -40 log >short
head -c 70000 /dev/zero | tr '\0' x >long
echo >>long
for file in text json torn short long "$KEYS/root1.pub"; do
    cp "$file" copy
    try sign b.swb --key "$KEYS/ed25519-1-encrypted.pem" --audit-log copy
    error_is sign 3 audit-log
    t_file_equal copy "$file"
    nothing_signed 2
done

t_begin "a full disk: the first line, or the second"
sample_log
cp b.swb before.swb
cp log before.log
# The writes before it are of the bundle's copy, which is sealed last.
for ((first = 1; first < 40; first++)); do
    with_calls CALL=write AT=$first ERRNO=28 -- sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
    t_exit 5
    t_file_equal log before.log
    nothing_signed 2
    ! grep -q 'log: the audit log: cannot append a line: No space left on device' "$T_ERR" || break
    t_err_contains "b.swb: cannot write: No space left on device"
done
t_err_contains "the audit log: cannot append"
with_calls CALL=write AT=$((first + 1)) ERRNO=28 -- sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
t_exit 5
t_err_contains "dropped"
nothing_signed 3
with_calls CALL=sync AT=2 ERRNO=5 -- sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
t_exit 5
nothing_signed 4
t_must check log
t_out_contains "2 unfinished"

t_begin "another process has the log"
sample_log
cp b.swb before.swb
hold_log() { # SECONDS: a process that has the log to itself; its id is $!
    rm -f locked
    (exec 9>>log && flock 9 && touch locked && exec sleep "$1") &
    until [ -e locked ]; do sleep 0.05; done
}
hold_log 1
t_run sign b.swb --key "$KEYS/ed25519-1.pem" -o copy.swb --audit-log log
t_exit 0
t_equal "$(wc -l <log)" 4
wait
hold_log 20
t_do timeout --preserve-status -s INT 0.5 "$T_TOOL" sign b.swb --key "$KEYS/ed25519-1.pem" --audit-log log
t_exit 130
kill $!
wait 2>/dev/null
nothing_signed 4

t_begin "the log is none of the other files"
sample_log
sample_root root
cp b.swb before.swb
sed 's/$/ /' "$KEYS/targets1.pem" >key
ln log same
ln -s . here
is_usage() {
    try "$@"
    error_is "${COMMAND:-$1}" 2 usage
    t_err_contains "audit log"
}
is_usage sign b.swb --key "$KEYS/targets1.pem" --audit-log b.swb
is_usage sign b.swb --key "$KEYS/targets1.pem" --audit-log new -o new
is_usage sign b.swb --key "$KEYS/targets1.pem" --audit-log here/new -o ./new
is_usage sign b.swb --key "$KEYS/targets1.pem" --audit-log same -o log
is_usage sign b.swb --key "$KEYS/targets1.pem" --audit-log root --root root
is_usage sign b.swb --key key --audit-log key
is_usage sign b.swb --key file:key --audit-log key
is_usage sign b.swb --key "$KEYS/root1-encrypted.pem" --passphrase-file key --audit-log key
is_usage build product.yaml -o b.swb --audit-log b.swb
is_usage build product.yaml -o b.swb --audit-log product.yaml
is_usage build product.yaml -o b.swb --audit-log app.bin
is_usage build product.yaml -o b.swb --root root --audit-log root
COMMAND='root create'
is_usage root create -o r --root-key key --targets-key "$KEYS/targets1.pub" --audit-log key
is_usage root create -o r --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" --audit-log r
COMMAND='root rotate'
is_usage root rotate root -o r --audit-log root
COMMAND=''
is_usage sign b.swb --key "$KEYS/targets1.pem" --audit-log -
nothing_signed 2
t_file_absent r
t_file_absent new

# ---- many at once ----------------------------------------------------------------------------------

t_begin "fifty processes sign at once: one chain"
sample_root root
for i in $(seq 50); do
    "$T_TOOL" sign root --key "$KEYS/root1.pem" --replace -o "signed$i" --audit-log log \
        >"out$i" 2>&1 || echo "$i" >>failed &
done
wait
[ ! -e failed ] || t_fail "failed: $(tr '\n' ' ' <failed): $(cat "out$(head -n 1 failed)")"
python3 "$AUDIT" events log >told || t_fail "the chain is broken"
t_equal "$(grep -c '^end signed' told) $(wc -l <told)" "50 100"
t_must check log
t_out_contains "100 lines, 50 signatures, 0 failed, 0 unfinished"
