#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make dist: the source archive is the same wherever it is made, holds what is tracked, and can make itself
# again; what debian/ says agrees with it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES B SANITIZE CI
VERSION=$(awk '$1 == "VERSION" { print $3 }' "$T_SOURCE/Makefile")
NAME=swupdate-tool-$VERSION

dist() { # SOURCE FOLDER
    t_do "$1/scripts/dist" "$VERSION" "$2"
    t_exit 0
}

members() { # ARCHIVE: names, without the folder that all are in
    tar -tzf "$1" | sed "s|^$NAME/||"
}

# What the archive is to hold.
sources() {
    cd "$T_SOURCE" || exit
    if [ -e .git ]; then
        git ls-files | while read -r file; do [ ! -e "$file" ] || echo "$file"; done
    else
        find . -path ./build -prune -o -name __pycache__ -prune -o -type f -printf '%P\n'
    fi
}

t_begin "two archives are the same bytes, whatever the time zone, locale, umask and place"
(
    unset LC_ALL
    export TZ=Pacific/Auckland LANG=de_DE.UTF-8
    umask 077
    "$T_SOURCE/scripts/dist" "$VERSION" one
) >out 2>&1 || t_fail "$(t_excerpt_ out)"
t_equal "$(cat out)" "$PWD/one/$NAME.tar.gz" "what it says"
dist "$T_SOURCE" two
t_file_equal "one/$NAME.tar.gz" "two/$NAME.tar.gz"
t_equal "$(find one two -type f | wc -l)" 2 "files"

t_begin "it holds what is tracked, each once, in one folder, of nobody's"
dist "$T_SOURCE" .
members "$NAME.tar.gz" >found
sources | LC_ALL=C sort >wanted
[ -s wanted ] || t_fail "nothing is tracked"
LC_ALL=C sort found | diff wanted - >difference || t_fail "$(t_excerpt_ difference)"
LC_ALL=C sort -c found || t_fail "the names are not sorted"
t_equal "$(tar -tvzf "$NAME.tar.gz" --numeric-owner | awk '{ print $1, $2 }' | LC_ALL=C sort -u | tr '\n' ' ')" \
    "-rw-r--r-- 0/0 -rwxr-xr-x 0/0 " "modes and owners"

t_begin "its time is SOURCE_DATE_EPOCH where that is set"
SOURCE_DATE_EPOCH=86400 dist "$T_SOURCE" .
t_equal "$(tar -tvzf "$NAME.tar.gz" | awk '{ print $4, $5 }' | sort -u)" "1970-01-02 00:00"

t_begin "unpacked, it knows how it is built, and archives itself as it was"
dist "$T_SOURCE" first
tar -xzf "first/$NAME.tar.gz"
t_do make -C "$NAME" -n all
t_exit 0
t_out_contains build/obj/cli/main.o
t_out_contains build/man/swupdate-tool.1
# As a build and a test run leave it.
mkdir -p "$NAME/build/obj" "$NAME/tests/cli/__pycache__"
echo object >"$NAME/build/obj/main.o"
echo cache >"$NAME/tests/cli/__pycache__/wire.pyc"
dist "$NAME" second
t_file_equal "first/$NAME.tar.gz" "second/$NAME.tar.gz"

t_begin "an archive unpacked inside of another project's checkout is no part of that"
git init -q . || t_fail "git init failed"
dist "$T_SOURCE" first
tar -xzf "first/$NAME.tar.gz"
dist "$NAME" second
t_file_equal "first/$NAME.tar.gz" "second/$NAME.tar.gz"

t_begin "what cannot be written is told, and leaves no archive"
t_do "$T_SOURCE/scripts/dist" "$VERSION" /dev/null/folder
[ "$T_STATUS" -ne 0 ] || t_fail "exit 0"
mkdir "$NAME.tar.gz"
t_do "$T_SOURCE/scripts/dist" "$VERSION" .
[ "$T_STATUS" -ne 0 ] || t_fail "exit 0"
t_files "$NAME.tar.gz"

t_begin "the package has the version, the libraries and the licence of the program"
t_equal "$(sed -n '1s/^swupdate-tool (\(.*\)) .*/\1/p' "$T_SOURCE/debian/changelog")" "$VERSION"
# What the Makefile asks pkg-config for, by the names of Debian's packages.
sed -n 's/^PACKAGES  *:= //p' "$T_SOURCE/Makefile" | tr ' ' '\n' >libraries
[ "$(wc -l <libraries)" -ge 5 ] || t_fail "too few libraries: $(cat libraries)"
while read -r library; do
    package=$(sed -n "s/^p:${library}[^ ]* //p" "$T_SOURCE/scripts/bootstrap")
    [ -n "$package" ] || t_fail "scripts/bootstrap does not know $library"
    t_file_contains "$T_SOURCE/debian/control" " $package"
done <libraries
t_file_contains "$T_SOURCE/debian/copyright" "License: Apache-2.0"
