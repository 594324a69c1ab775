#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The pages that are read as lessons: typed.py types each command in them and compares what it prints
# with what the page shows.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export PYTHONDONTWRITEBYTECODE=1
TYPED=$T_SOURCE/tests/cli/typed.py

mkdir "$T_TMP/bin"
ln -s "$T_TOOL" "$T_TMP/bin/swupdate-tool"
export PATH=$T_TMP/bin:$PATH

cd "$T_TMP" || exit 99
for page in tutorial workflow testing; do
    python3 "$TYPED" "$T_SOURCE/man/swupdate-$page.7" || T_FAILED=1
done

# ---- typed.py itself: it must see what differs -----------------------------------------------------

# Makes a page of one block of the lines on standard input.
block() {
    printf '.Sh LESSON\n.Bd -literal\n' >page
    cat >>page
    printf '.Ed\n' >>page
}

passes() {
    t_do python3 "$TYPED" page
    t_exit 0
    t_out_contains 'ok - page: LESSON'
    t_out_lacks 'not ok'
}

fails() { # TEXT
    t_do python3 "$TYPED" page
    t_exit 1
    t_out_contains 'not ok - page: '
    t_out_contains "$1"
}

t_begin "a page that is true passes"
block <<'EOF_PAGE'
$ mkdir folder
$ cd folder
$ cat >words <<END
one
  two \e three
END
$ cat words
one
  two \e three
$ for word in a b; do
      echo \(aq$word\(aq
  done |
  tr b c
$word
$word
$ seq 100
1
\&...
99
100
$ echo some long line
some ... line
$ echo seen; false
seen
(exit status 1)
$ pwd | sed s,.*/,,
folder
EOF_PAGE
passes

t_begin "output that differs is seen: another, too little, too much"
printf '$ echo one\ntwo\n' | block
fails "prints 'one"
printf '$ echo one; echo two\none\n' | block
fails "prints 'one"
printf '$ true\none\n' | block
fails "the page shows 'one'"
printf '$ echo one\n' | block
fails "prints 'one"
printf '$ echo axb\na.b\n' | block
fails "prints 'axb"

t_begin "an exit status that differs is seen"
printf '$ false\n' | block
fails "exits with 1, the page says 0"
printf '$ (exit 3)\n(exit status 1)\n' | block
fails "exits with 3, the page says 1"
printf '$ true\n(exit status 1)\n' | block
fails "exits with 0, the page says 1"

t_begin "a hash may be another, but is the same everywhere, in commands too"
printf '$ echo %s\n%s\n$ echo id %s\nid %s...\n$ echo %s\n%s\n' aaaabbbbcccc 111122223333 \
    aaaabbbbccccdddd 111122223333 111122223333 111122223333 | block
passes
printf '$ echo %s; echo %s\n%s\n%s\n' aaaabbbbcccc aaaabbbbcccd 111122223333 111122223333 | block
fails "111122223333 stands for aaaabbbbcccc and aaaabbbbcccd"
printf '$ echo %s; echo %s\n%s\n%s\n' aaaabbbbcccc aaaabbbbcccc 111122223333 111122223334 | block
fails "aaaabbbbcccc is shown as 111122223333 and 111122223334"
printf '$ echo %s; echo %s\n%s\n%s\n' aaaabbbbcccc11 aaaabbbbcccc11 11112222333355 11112222333366 | block
fails "aaaabbbbcccc11 is shown as 11112222333355 and 11112222333366"
printf '$ echo %s; echo %s\n%s\n%s\n$ echo %s\n%s\n' aaaabbbbcccc aaaabbbbccccdd 111122223333 \
    11112222333355 11112222333355 11112222333355 | block
passes
printf '$ echo %s\n%s\n' aaaabbbbccccdd 111122223333 | block
fails "prints 'aaaabbbbccccdd"
printf '$ echo 2026-01-02T03:04:05Z\n2027-11-12T13:14:15Z\n' | block
passes

t_begin "nothing in a page is passed over"
printf 'swupdate-tool --version\n' | block
fails "a block that starts with no command"
printf '$ cat <<END\none\n' | block
fails "the block ends within a command"
printf '.Dl $ true\n' >page
fails "a command in .Dl is not typed"
printf '.Sh LESSON\nNothing.\n' >page
fails "no command was found"
printf "\$ echo 'one'\none\n" | block
fails "write \\(aq"
printf '$ echo .one\n.one\n' | block
fails 'write \& before'
{
    printf '.\\" typed: no, it is C\n.Bd -literal\nint one;\n.Ed\n'
    printf '.Sh LESSON\n.Bd -literal\n$ true\n.Ed\n'
} >page
passes

t_begin "a command that ends the shell is a failure"
printf '$ exit 0\n$ true\n' | block
fails "the shell ended"

t_begin "--fill shows the page as it is in truth"
printf '$ echo one; echo .two; false\nthree\n$ echo "four\(aq"\nfour\n' | block
t_do python3 "$TYPED" --fill page
cp "$T_OUT" page
passes
t_file_contains page '\&.two'
