#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What holds for every command: help, version, errors as text and JSON, exit statuses, a standard output
# that cannot be written to, and the prompt on a terminal.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- help and version ------------------------------------------------------------------------------

t_begin "--version goes to stdout"
t_run --version
t_exit 0
grep -qE '^swupdate-tool [0-9]+\.[0-9]+\.[0-9]+$' "$T_OUT" || t_fail "printed $(cat "$T_OUT")"
t_err_empty

t_begin "--help lists the commands, in at most 80 columns"
for word in --help -h help; do
    t_run "$word"
    t_exit 0
    t_err_empty
    t_out_contains "  keygen "
    t_out_contains "  root create "
done
t_equal "$(awk 'length > 80' "$T_OUT")" ""

t_begin "help COMMAND is COMMAND --help"
t_run help root create
t_exit 0
cp "$T_OUT" help
t_run root create --help
t_file_equal "$T_OUT" help
t_equal "$(awk 'length > 80' "$T_OUT")" ""

t_begin "a group has help, and is no command"
t_run root --help
t_exit 0
t_out_contains "root rotate"
t_out_lacks "keygen"
for group in root key; do
    t_run "$group"
    t_exit 2
    t_out_empty
    t_err_contains "'$group' is not a command by itself: expected one of $group "
    t_err_contains "hint: swupdate-tool $group --help"
done

t_begin "help GROUP is GROUP --help"
for group in root key; do
    for words in "$group" "$group --help"; do
        # shellcheck disable=SC2086 # one word or two
        t_run help $words
        t_exit 0
        cp "$T_OUT" help
        t_run "$group" --help
        t_file_equal "$T_OUT" help
    done
done
t_run help nothing
t_exit 2
t_err_contains "unknown command 'nothing'"

t_begin "no command, an unknown one, an option before it"
t_run
t_exit 2
t_err_contains "swupdate-tool: expected a command"
t_run bulid
t_exit 2
t_err_is "swupdate-tool: unknown command 'bulid' (did you mean build?)
hint: swupdate-tool --help"
t_run root crate
t_exit 2
t_err_contains "(did you mean root create?)"
t_run --json dump x
t_exit 2

# ---- errors ----------------------------------------------------------------------------------------

t_begin "an argument that is empty is named, as an option is"
while read -r name arguments; do
    read -ra words <<<"$arguments"
    t_run "${words[@]//EMPTY/}"
    t_exit 2
    t_err_is "swupdate-tool: ${arguments%% -*}: $name: the name is empty
hint: swupdate-tool ${arguments%% -*} --help"
done <<'END'
BUNDLE verify -- EMPTY
FILE dump -- EMPTY
FILE check -- x EMPTY
A diff -- EMPTY EMPTY
B diff -- x EMPTY
MANIFEST build -o x EMPTY
OLD root rotate -o x EMPTY
NAME extract -C x --no-verify x y EMPTY
FILE sign --key x EMPTY
DIR init -- EMPTY
END

t_begin "an error is one line, with a hint"
t_run keygen --tpye ed25519
t_exit 2
t_out_empty
t_err_is "swupdate-tool: keygen: unknown option --tpye (did you mean --type?)
hint: swupdate-tool keygen --help"

t_begin "an error is JSON with --json, wherever that stands"
t_run dump --json no-such-file
t_exit 5
t_out_empty
t_json_err error.code not-found
t_json_err error.exit 5
t_json_err error.file no-such-file
t_run dump --nonsense --json
t_exit 2
t_json_err error.code usage
t_json_err error.hint "swupdate-tool dump --help"
t_run --json
t_exit 2
t_json_err error.code usage

t_begin "text of the command line is escaped"
t_run dump $'no\e[31m\xff\nfile'
t_exit 5
t_err_contains 'no\x1b[31m\xff\nfile'
t_equal "$(wc -l <"$T_ERR")" 1
t_run dump $'no\e[31m\xff' --json
t_json_err error.file 'no\x1b[31m\xff'

# ---- standard output -------------------------------------------------------------------------------

t_begin "a result that cannot be written is exit 5"
for arguments in --help --version "keygen --help" "keygen -o key --json"; do
    # shellcheck disable=SC2086 # several words
    "$T_TOOL" $arguments >/dev/full 2>err
    t_equal $? 5 "$arguments"
    t_file_contains err "standard output: cannot write: No space left on device"
    rm -f key key.pub
done

t_begin "a reader that went away is exit 5, not a signal"
{
    "$T_TOOL" --help 2>err
    echo $? >status
} | true
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s status ] && break
    sleep 0.1
done
case $(cat status) in
0) ;; # the reader was slower than the program
5) t_file_contains err "Broken pipe" ;;
*) t_fail "exit $(cat status)" ;;
esac

t_begin "closed descriptors are no file of the program's"
"$T_TOOL" keygen -o key <&- >&- 2>&-
t_equal $? 0 "the report goes to /dev/null"
t_files "key key.pub"
grep -q "PRIVATE KEY" key || t_fail "key holds no key"

# ---- keys ------------------------------------------------------------------------------------------

t_begin "keygen makes a pair, 0600 whatever the umask, and never replaces one unasked"
(umask 000 && "$T_TOOL" keygen -o key >out) || t_fail "keygen failed"
t_mode key 600
t_mode key.pub 666
t_file_contains out "type:        ecdsa-p256"
cp key before
t_run keygen -o key
t_exit 5
t_err_contains "hint: name another file, or give --force"
t_file_equal key before
rm key
t_run keygen -o key --json
t_exit 5
t_json_err error.code exists
t_file_absent key
t_run keygen -o key --force --type ed25519 --json
t_exit 0
t_json type ed25519
t_json encrypted false
t_json private key

t_begin "key show tells the same key id for both files, as keygen did"
t_must keygen -o key --json
id=$(t_json_value "$T_OUT" key_id)
t_must key show key key.pub --json
t_json keys.0.key_id "$id"
t_json keys.1.key_id "$id"
t_json keys.1.uri key.pub
t_equal "$(t_json_value "$T_OUT" keys.0.pem)" "$(cat key.pub)"
t_must key show key.pub
t_out_contains "key id: $id"
t_out_contains "BEGIN PUBLIC KEY"

t_begin "a passphrase encrypts the key; without a terminal none is asked for"
echo secret >passphrase
t_must keygen -o key --passphrase-file passphrase --json
t_json encrypted true
t_file_contains key "BEGIN ENCRYPTED PRIVATE KEY"
t_run key show key
t_exit 4
t_err_contains "hint: give"
t_run key show key --passphrase-file passphrase
t_exit 0
SWT_PASSPHRASE=secret t_run key show --pin-env SWT_PASSPHRASE key
t_exit 0
SWT_PASSPHRASE=wrong t_run key show --json key --pin-env SWT_PASSPHRASE
t_exit 4
t_json_err error.code passphrase
: >empty
t_run keygen -o other --passphrase-file empty
t_exit 4
t_file_absent other

t_begin "keygen makes keys in files and on tokens only"
t_run keygen -o "exec:./signer" --json
t_exit 4
t_json_err error.code key-scheme
t_run keygen -o -
t_exit 2
t_run keygen -o file:
t_exit 2
t_err_contains "the name of the key file is empty"
t_must keygen -o file:a:b
t_must keygen -o ./c:d
t_files "a:b a:b.pub c:d c:d.pub"

# ---- the terminal ----------------------------------------------------------------------------------

# terminal TEXT ARGUMENTS...: runs the program on a terminal of its own, types TEXT at the prompt (or
# sends SIGINT when TEXT is ^C), and prints: the exit status, whether echo is on afterwards, and what the
# terminal showed.
terminal() {
    python3 - "$T_TOOL" "$@" <<'PYTHON'
import os, pty, select, signal, sys, termios, time
tool, text, *arguments = sys.argv[1:]
keeper, terminal = pty.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    os.close(keeper)
    import fcntl
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for fd in 0, 1, 2:
        os.dup2(terminal, fd)
    os.execv(tool, [tool, *arguments])
shown = b""
sent = False
end = time.monotonic() + 20
status = None
while time.monotonic() < end:
    if select.select([keeper], [], [], 0.05)[0]:
        shown += os.read(keeper, 4096)
    if not sent and b"passphrase for" in shown and shown.rstrip(b" ").endswith(b":"):
        sent = True
        if text == "^C":
            os.write(keeper, b"\x03")
        elif text == "TERM":
            os.kill(pid, signal.SIGTERM)
        else:
            os.write(keeper, text.encode() + b"\n")
    done, found = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(found)
        break
else:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
while select.select([keeper], [], [], 0.1)[0]:
    shown += os.read(keeper, 4096)
echo = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
print(f"status={status} echo={echo}")
print(shown.decode("utf-8", "replace"))
PYTHON
}

t_begin "a passphrase is asked for on a terminal, without echo"
echo s3cret >passphrase
t_must keygen -o key --passphrase-file passphrase
t_do terminal s3cret key show key
t_out_contains "status=0 echo=True"
t_out_contains "passphrase for key: "
t_out_contains "BEGIN PUBLIC KEY"
t_out_lacks "s3cret"

t_begin "a wrong or an empty passphrase is exit 4"
echo s3cret >passphrase
t_must keygen -o key --passphrase-file passphrase
t_do terminal nonsense key show key
t_out_contains "status=4 echo=True"
t_do terminal "" key show key
t_out_contains "status=4 echo=True"

t_begin "a signal at the prompt ends it, and echo is back"
echo s3cret >passphrase
t_must keygen -o key --passphrase-file passphrase
t_do terminal "^C" key show key
t_out_contains "status=130 echo=True"
t_do terminal "TERM" key show key
t_out_contains "status=143 echo=True"
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "passphrase for key: " "^\\" -- "$T_TOOL" key show key
t_out_contains "status=143 echo=True"
t_out_contains "swupdate-tool: key show: terminated"

t_begin "Ctrl-Z at the prompt: the shell has its echo, and what goes on later asks again"
echo s3cret >passphrase
t_must keygen -o key --passphrase-file passphrase
# A shell with jobs: fg is its own.
cat >shell.sh <<'SCRIPT'
set -m
"$T_TOOL" key show key
echo "stopped=$? echo=$(stty -a | grep -ow -e '-\?echo')"
fg
SCRIPT
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "passphrase for key: " "^Z" \
    "passphrase for key: " "s3cret" -- bash shell.sh
t_out_contains "stopped=148 echo=echo"
t_out_contains "status=0 echo=True"
t_out_contains "BEGIN PUBLIC KEY"
t_out_lacks "s3cret"
