#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make install and make uninstall: what goes where, that it works from there, that nothing is built again
# and nothing is left behind.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What a make above says is not for these.
unset MAKEFLAGS MFLAGS MAKELEVEL

in_make() { # TARGET [VARIABLE=VALUE...]
    t_do make -C "$T_SOURCE" -s "$1" B="$T_BUILD" SANITIZE="${SWT_SANITIZE:-}" "${@:2}"
}

# All files below a folder, with their modes.
tree() { # FOLDER
    (cd "$1" && find . ! -type d -printf '%m %P\n' | LC_ALL=C sort -k 2)
}

# What there is in the source folder, by where it is to go: "MODE PATH".
expected() { # PREFIX, without its first slash
    local page example mode
    echo "755 $1/bin/swupdate-tool"
    for page in "$T_SOURCE"/man/*.[1-9]; do
        echo "644 $1/share/man/man${page##*.}/${page##*/}"
    done
    echo "644 $1/share/bash-completion/completions/swupdate-tool"
    echo "644 $1/share/zsh/site-functions/_swupdate-tool"
    echo "644 $1/share/fish/vendor_completions.d/swupdate-tool.fish"
    printf "644 $1/share/doc/swupdate-tool/%s\n" README.md LICENSE
    (cd "$T_SOURCE/schemas" && printf "644 $1/share/swupdate-tool/schemas/%s\n" *.json)
    for example in "$T_BUILD"/schemas/*.json; do
        [ ! -e "$example" ] || echo "644 $1/share/swupdate-tool/schemas/${example##*/}"
    done
    (cd "$T_SOURCE" && find examples -type f) | while read -r example; do
        mode=644
        [ ! -x "$T_SOURCE/$example" ] || mode=755
        echo "$mode $1/share/doc/swupdate-tool/$example"
    done
}

installed_as_expected() { # FOLDER PREFIX
    tree "$1" >found
    expected "$2" | LC_ALL=C sort -k 2 >wanted
    diff wanted found >difference || t_fail "not what was to be installed: $(t_excerpt_ difference)"
}

t_begin "install puts each file in its place, whatever the umask, into a folder with blanks"
mkdir 'a root' beside
(
    umask 077
    in_make install DESTDIR="$PWD/a root" prefix=/usr
    exit "$T_STATUS"
) || t_fail "install failed: $(t_excerpt_ "$T_ERR")"
installed_as_expected 'a root' usr
t_equal "$(find 'a root' -type d ! -perm 755 ! -path 'a root')" '' "folders that others cannot enter"
t_equal "$(find . -mindepth 1 -maxdepth 1 -type d | LC_ALL=C sort | tr '\n' ' ')" './a root ./beside ' \
    "folders beside"

t_begin "what is installed is what was built, and runs"
in_make install DESTDIR="$PWD/root" prefix=/usr
t_exit 0
t_file_equal root/usr/share/man/man1/swupdate-tool.1 "$T_BUILD/man/swupdate-tool.1"
t_file_equal root/usr/share/swupdate-tool/schemas/verify.schema.json "$T_SOURCE/schemas/verify.schema.json"
t_do root/usr/bin/swupdate-tool --version
t_exit 0
t_out_is "swupdate-tool $(awk '$1 == "VERSION" { print $3 }' "$T_SOURCE/Makefile")"
t_do root/usr/bin/swupdate-tool keygen -o key.pem
t_exit 0
t_file_exists key.pem.pub

t_begin "PREFIX is prefix, and /usr/local when nobody says"
in_make install DESTDIR="$PWD/one" PREFIX=/opt/tool
t_exit 0
installed_as_expected one opt/tool
in_make install DESTDIR="$PWD/two"
t_exit 0
installed_as_expected two usr/local

t_begin "without DESTDIR, a folder of one's own will do"
in_make install prefix="$PWD/home dir/.local"
t_exit 0
t_do "home dir/.local/bin/swupdate-tool" --version
t_exit 0
in_make uninstall prefix="$PWD/home dir/.local"
t_exit 0
t_equal "$(tree 'home dir')" '' "files that are left"

t_begin "each folder can be said by itself"
in_make install DESTDIR="$PWD/root" bindir=/b mandir=/m datadir=/d docdir=/doc bashcompletiondir=/c/bash \
    zshcompletiondir=/c/zsh fishcompletiondir=/c/fish
t_exit 0
for file in b/swupdate-tool m/man7/swupdate-trust.7 d/swupdate-tool/schemas/build.schema.json \
    doc/examples/signers/openssl-signer c/bash/swupdate-tool c/zsh/_swupdate-tool c/fish/swupdate-tool.fish; do
    t_file_exists "root/$file"
done
t_equal "$(find root -mindepth 1 -maxdepth 1 -printf '%P\n' | LC_ALL=C sort | tr '\n' ' ')" "b c d doc m " "folders"

t_begin "a prefix that is not absolute is refused"
in_make install DESTDIR="$PWD/root" prefix=usr
t_exit 2
t_err_contains "bindir is 'usr/bin': expected an absolute path, as of prefix=/usr"
in_make uninstall DESTDIR="$PWD/root" prefix=usr
t_exit 2
t_files ""

t_begin "a build that is there stays as it is"
# Other tests may write beside it.
built() {
    find "$T_BUILD/swupdate-tool" "$T_BUILD/describe" "$T_BUILD/man" "$T_BUILD/completions" "$T_BUILD/obj" \
        "$T_BUILD/lib" -printf '%p %T@ %U %i\n' | LC_ALL=C sort
}
built >before
in_make install DESTDIR="$PWD/root" prefix=/usr
in_make uninstall DESTDIR="$PWD/root" prefix=/usr
built >after
t_file_equal before after

t_begin "uninstall removes what install wrote, and nothing else"
in_make install DESTDIR="$PWD/root" prefix=/usr
echo kept >root/usr/bin/other
mkdir -p root/usr/share/doc/other
echo kept >root/usr/share/doc/swupdate-tool/own-notes
in_make uninstall DESTDIR="$PWD/root" prefix=/usr
t_exit 0
t_equal "$(tree root)" $'644 usr/bin/other\n644 usr/share/doc/swupdate-tool/own-notes' "files that are left"
t_file_exists root/usr/share/doc/other
t_file_absent root/usr/share/swupdate-tool
rm root/usr/share/doc/swupdate-tool/own-notes
in_make uninstall DESTDIR="$PWD/root" prefix=/usr
t_exit 0
t_file_absent root/usr/share/doc/swupdate-tool

t_begin "an older file is replaced, not written into"
in_make install DESTDIR="$PWD/root" prefix=/usr
echo older >root/usr/share/man/man1/swupdate-tool.1
ln root/usr/share/man/man1/swupdate-tool.1 older
in_make install DESTDIR="$PWD/root" prefix=/usr
t_exit 0
installed_as_expected root usr
t_file_equal root/usr/share/man/man1/swupdate-tool.1 "$T_BUILD/man/swupdate-tool.1"
t_equal "$(cat older)" older
