#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The parser, --help, the manual pages and the completions of three shells know the same options: those of
# the option table, as `describe rows` prints it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DESCRIBE=$T_BUILD/describe
COMPLETIONS=$T_BUILD/completions

# Each prints "--name" and "-x" words, sorted, a line each.

of_table() { # COMMAND
    "$DESCRIBE" rows "$1" | awk -F '\t' '{ print "--" $1; if ($2 != "-") print "-" $2 }' | sort
}

# The letters stand in front of their names: "  -o, --output BUNDLE".
of_help() { # FILE
    awk '/^Options:/ { on = 1; next }
        on && /^  -., --/ { sub(",", "", $1); print $1; print $2 }
        on && /^      --/ { print $1 }' "$1" | sort
}

of_page() { # FILE
    awk '/^\.It .*Fl/ { for (i = 1; i < NF; i++)
            if ($i == "Fl" && $(i + 1) == "Fl") print "--" $(i + 2)
            else if ($i == "Fl" && $(i - 1) != "Fl") print "-" $(i + 1) }' "$1" | sort
}

of_bash() { # WORD...: the command's
    bash -c '
        . "$1"
        shift
        COMP_WORDS=(swupdate-tool "$@" -)
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _swupdate_tool
        printf "%s\n" "${COMPREPLY[@]}"' bash "$COMPLETIONS/swupdate-tool.bash" "$@" | sort
}

# The completion runs with stand-ins for the functions that zsh calls it with.
of_zsh() { # WORD...
    zsh -f -c '
        _arguments() { print -rl -- "$@" }
        _describe() { print -rl -- "describe: $*" }
        file=$1
        shift
        words=(swupdate-tool "$@" "")
        CURRENT=$#words
        . $file' zsh "$COMPLETIONS/_swupdate-tool" "$@" |
        sed -nE 's/^(\*|\([^)]*\))?(--?[A-Za-z][a-z-]*)[+=]?\[.*/\2/p' | sort
}

of_fish() { # WORD...
    fish --no-config -c "
        source $COMPLETIONS/swupdate-tool.fish
        complete -C 'swupdate-tool $* --'
        complete -C 'swupdate-tool $* -'" | cut -f 1 | sort -u
}

same() { # WHAT FOUND EXPECTED
    [ "$2" = "$3" ] && return 0
    t_fail "$1 differs from the table: $(diff <(printf '%s\n' "$3") <(printf '%s\n' "$2") | grep '^[<>]' | tr '\n' ' ')"
}

mapfile -t COMMANDS < <("$DESCRIBE" names)

t_begin "the table has commands"
[ "${#COMMANDS[@]}" -ge 10 ] || t_fail "found ${#COMMANDS[@]}"

for command in "${COMMANDS[@]}"; do
    read -ra words <<<"$command"
    expected=$(of_table "$command")

    t_begin "$command: --help lists the options"
    t_run "${words[@]}" --help
    t_exit 0
    t_err_empty
    same "--help" "$(of_help "$T_OUT")" "$expected"

    t_begin "$command: the manual page lists the options"
    page=$T_BUILD/man/swupdate-tool-${command// /-}.1
    if [ -e "$page" ]; then
        same "the page" "$(of_page "$page")" "$expected"
    else
        t_fail "$page does not exist"
    fi

    t_begin "$command: bash completes the options"
    same "bash" "$(of_bash "${words[@]}")" "$expected"

    t_begin "$command: zsh completes the options"
    same "zsh" "$(of_zsh "${words[@]}")" "$expected"

    t_begin "$command: fish completes the options"
    same "fish" "$(of_fish "${words[@]}")" "$expected"

    t_begin "$command: the parser takes the options, and no other"
    while IFS=$'\t' read -r name letter argument times; do
        if [ "$argument" = - ]; then
            t_run "${words[@]}" "--$name" --help
            t_exit 0
            t_run "${words[@]}" "--$name=x" --help
            t_exit 2
            continue
        fi
        value=${argument%%|*}
        t_run "${words[@]}" "--$name" "$value" --help
        t_exit 0
        t_run "${words[@]}" "--$name=$value" --help
        t_exit 0
        t_run "${words[@]}" --help "--$name"
        t_exit 2
        t_run "${words[@]}" "--$name" "$value" "--$name=$value" --help
        if [ "$times" = once ]; then t_exit 2; else t_exit 0; fi
        if [ "$value" != "$argument" ]; then
            t_run "${words[@]}" "--$name" no-such-word --help
            t_exit 2
        fi
        if [ "$letter" != - ]; then
            t_run "${words[@]}" "-$letter" "$value" --help
            t_exit 0
            t_run "${words[@]}" "-q$letter$value" --help
            t_exit 0
        fi
    done < <("$DESCRIBE" rows "$command")
    t_run "${words[@]}" --no-such-option --help
    t_exit 2
    t_run "${words[@]}" -Z --help
    t_exit 2
done

# ---- the comparison itself: it must see a difference -----------------------------------------------

t_begin "an option that a text lacks is seen"
for text in help page; do
    case $text in
    help) "$T_TOOL" build --help | sed '/--profile/d' >"$text" ;;
    page) grep -v 'Fl Fl profile' "$T_BUILD/man/swupdate-tool-build.1" >"$text" ;;
    esac
    [ -s "$text" ] || t_fail "$text is empty"
    [ "$("of_$text" "$text")" = "$(of_table build | grep -v -x -e --profile)" ] ||
        t_fail "$text without --profile is read as: $("of_$text" "$text" | tr '\n' ' ')"
done

t_begin "an option that a text has too many is seen"
"$T_TOOL" build --help | sed '$a\      --surplus WORD        not in the table' >help
[ "$(of_help help)" = "$( (of_table build; echo --surplus) | sort)" ] || t_fail "--help with --surplus"
sed '/@/d; $a.It Fl Fl surplus' "$T_BUILD/man/swupdate-tool-build.1" >page
[ "$(of_page page)" = "$( (of_table build; echo --surplus) | sort)" ] || t_fail "page with --surplus"

# ---- completions: values, and the shells' own opinion ----------------------------------------------

complete_bash() { # WORD...: the last one is what is being completed
    bash -c '
        . "$1"
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _swupdate_tool
        printf "%s\n" "${COMPREPLY[@]}"' bash "$COMPLETIONS/swupdate-tool.bash" "$@" | sort | tr '\n' ' '
}

t_begin "bash completes commands, words, files, folders and variables"
t_equal "$(complete_bash swupdate-tool 'ver')" "verify "
t_equal "$(complete_bash swupdate-tool root 'c')" "create "
t_equal "$(complete_bash swupdate-tool help root 'r')" "rotate "
t_equal "$(complete_bash swupdate-tool build --format '')" "pigweed tar "
t_equal "$(complete_bash swupdate-tool build --format = 'p')" "pigweed "
t_equal "$(complete_bash swupdate-tool build --format =)" "pigweed tar "
mkdir "a folder"
touch "a file" other
t_equal "$(complete_bash swupdate-tool build -o 'a f')" "a file a folder "
t_equal "$(complete_bash swupdate-tool extract -C 'a f')" "a folder "
t_equal "$(complete_bash swupdate-tool dump 'oth')" "other "
t_equal "$(complete_bash swupdate-tool keygen 'oth')" " "
export SWT_COMPLETION_TEST=1
t_equal "$(complete_bash swupdate-tool sign --pin-env SWT_COMPLETION)" "SWT_COMPLETION_TEST "
t_equal "$(complete_bash swupdate-tool build -D '')" " "

t_begin "fish completes commands and words"
fish_says() {
    fish --no-config -c "source $COMPLETIONS/swupdate-tool.fish; complete -C '$1'" | cut -f 1 |
        tr '\n' ' '
}
t_equal "$(fish_says 'swupdate-tool ver')" "verify "
t_equal "$(fish_says 'swupdate-tool root ')" "create rotate "
t_equal "$(fish_says 'swupdate-tool build --format ')" "pigweed tar "

t_begin "each shell can parse its completion"
t_do bash -n "$COMPLETIONS/swupdate-tool.bash"
t_exit 0
t_do zsh -n "$COMPLETIONS/_swupdate-tool"
t_exit 0
t_do fish -n "$COMPLETIONS/swupdate-tool.fish"
t_exit 0
