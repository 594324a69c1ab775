#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fleet: the table of states and bundles as text, JSON and HTML, and what is no fleet. What the cells say
# is compared with apply in fleet_random.py; advice and warnings are provoked in fleet_cases.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# root, root2 (another root key, signed by the old one) and root3 (that skips it), a bundle for each:
# b1 (version 5), b2 (7) and b3 (9).
sample_fleet() {
    local number root=root
    sample_root root
    quiet root rotate root -o root2 --root-key "$KEYS/root2.pub" \
        --sign-with "$KEYS/root1.pem" --sign-with "$KEYS/root2.pem"
    quiet root rotate root2 -o root3 --root-key "$KEYS/root3.pub" \
        --sign-with "$KEYS/root2.pem" --sign-with "$KEYS/root3.pem"
    sample_manifest
    for number in 1 2 3; do
        sed -i "s/metadata_version: [0-9]*/metadata_version: $((number * 2 + 3))/" product.yaml
        quiet build product.yaml -o "b$number.swb" --root $root --key "$KEYS/targets1.pem"
        root=root$((number + 1))
    done
    cat >fleet.yaml <<'YAML'
states:
  - {name: shipped 2023, count: 1200, root: root, floor: 3}
  - {name: shipped 2024, count: 300, root: root2, floor: 7}
  - {root: root3, floor: 12}
YAML
}

# The system's modules are wanted here.
page() { # FILE TEXT...: well formed, and each TEXT is the text of an element
    python3 - "$@" <<'PYTHON' >"$T_TMP/page" 2>&1 || t_fail "$1: $(tail -n 1 "$T_TMP/page")"
import sys
import html.parser
import xml.dom.minidom

path, *texts = sys.argv[1:]
document = xml.dom.minidom.parse(path)
elements = document.getElementsByTagName("*")
names = {element.tagName for element in elements}
allowed = set("html head meta title style body h1 h2 p div table caption thead tbody tr th td small ul li".split())
assert names <= allowed, f"unexpected elements: {names - allowed}"
for element in elements:
    for name, value in element.attributes.items():
        assert name in {"lang", "charset", "name", "content", "http-equiv", "class", "scope"}, name
        assert "//" not in value, value

class Reader(html.parser.HTMLParser):
    """The page as a browser reads it: nested alike, no text lost."""
    def __init__(self):
        super().__init__()
        self.open, self.texts = [], []
    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.texts.append("")
    def handle_startendtag(self, tag, attributes):
        pass
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
        self.found.append(self.texts.pop())
    def handle_data(self, data):
        self.texts = [text + data for text in self.texts]

reader = Reader()
reader.found = []
reader.feed(open(path, encoding="utf-8").read())
reader.close()
assert not reader.open, reader.open
for text in texts:
    assert any(text == found or text in found.split("\n") for found in reader.found), f"no element has '{text}'"
style = document.getElementsByTagName("style")[0].firstChild.data
assert "prefers-color-scheme:dark" in style and "url(" not in style and "@import" not in style
policy = [m for m in document.getElementsByTagName("meta") if m.getAttribute("http-equiv")][0]
assert policy.getAttribute("http-equiv") == "Content-Security-Policy"
assert policy.getAttribute("content").startswith("default-src 'none'")
for heading in document.getElementsByTagName("th"):
    assert heading.getAttribute("scope") in {"row", "col"}
PYTHON
}

t_begin "the table as text"
sample_fleet
t_run fleet --bundle b1.swb --bundle b2.swb --bundle b3.swb --fleet fleet.yaml
t_exit 0
t_err_empty
t_out_is "  1  b1.swb, root 1, targets 5
  2  b2.swb, root 2, targets 7
  3  b3.swb, root 3, targets 9

state         devices  root  floor  1    2     3
shipped 2023    1,200     1      3  yes  yes   after 2
shipped 2024      300     2      7  no   yes!  yes
root3               1     3     12  no   no    no

advice: b3.swb: raise release.metadata_version above 12: 1 device on root 3 would follow

warning: b2.swb: root-new-quorum: signature of an unknown key bddcf2a88952... does not count (300 devices)

1,500 of 1,501 devices accept a bundle, at once or after others"

t_begin "the same as JSON"
sample_fleet
t_run fleet --bundle b1.swb --bundle b2.swb --bundle b3.swb --fleet fleet.yaml --json --time 2027-01-01
t_exit 0
t_err_empty
t_json time 2027-01-01T23:59:59Z
t_json bundles.1.file b2.swb
t_json bundles.1.container tar
t_json bundles.1.root_version 2
t_json bundles.1.targets_version 7
t_json states.0.name 'shipped 2023'
t_json states.0.count 1200
t_json states.0.root_version 1
t_json states.0.floor 3
t_json states.0.served true
t_json states.0.cells.2 '{"after": [1], "bundle": 2, "expected": "signatures of 1 of the anchor'\''s 1 root keys", "failed_step": "root-old-quorum", "floor": 9, "found": "0 of 1", "note": "signature of an unknown key 2ad58f90ed24... does not count; signature of an unknown key c7dd0097209b... does not count", "root_version": 3, "verdict": "accept-after", "warnings": []}'
t_json states.1.cells.0.verdict refuse
t_json states.1.cells.0.failed_step root-old-quorum
t_json states.1.cells.0.floor 7
t_json states.1.cells.2.verdict accept
t_json states.1.cells.2.root_version 3
t_json states.1.cells.2.floor 9
t_json states.2.name root3
t_json states.2.served false
t_json advice.0.acts '[{"above": 12, "act": "raise-version"}]'
t_json advice.0.bundle 2
t_json advice.0.states '[2]'
t_json advice.0.count 1
t_json totals '{"devices": 1501, "served": 1500}'

t_begin "-v tells what each refusal expected, -q nothing"
sample_fleet
t_run fleet --bundle b3.swb --fleet fleet.yaml -v
t_exit 0
t_out_contains "shipped 2023, 1: root-old-quorum: expected signatures of 1 of the anchor's 1 root keys, found 0 of 1 ("
t_out_contains "root3, 1: targets-version: expected version 12 or higher, found version 9: a rollback"
t_run fleet --bundle b3.swb --fleet fleet.yaml -q
t_exit 0
t_out_empty
t_err_empty

t_begin "device directories are states, and stay as they are"
sample_fleet
mkdir -p unit/first/targets
ln -s first unit/current
cp root unit/first/root_metadata
echo none >unit/first/floor
find unit | sort >before
t_run fleet --bundle b1.swb --bundle b3.swb --device unit --json
t_exit 0
t_json states.0.name unit
t_json states.0.floor null
t_json states.0.cells.0.verdict accept
t_json states.0.cells.1.verdict refuse
cp fleet.yaml sub.yaml
printf 'states: [{device: ../unit, count: 7}]\n' >sub.yaml
mkdir sub && mv sub.yaml sub
t_run fleet --bundle b1.swb --bundle b3.swb --fleet sub/sub.yaml --json
t_exit 0
t_json states.0.name ../unit
t_json totals.served 7
find unit | sort >after
t_file_equal before after
t_equal "$(cat unit/first/floor)" none

t_begin "a terminal gets colour, and what fits its width"
sample_fleet
# The first: a name that is too long, cut; the second: steps left out; the third: two tables.
sed -i 's/shipped 2023/shipped in the first half of the year 2023/' fleet.yaml
on_terminal() { # COLUMNS
    t_do env TERM=xterm LC_ALL=C.UTF-8 python3 "$T_SOURCE/tests/cli/terminal.py" -- bash -c "stty cols $1; exec $T_TOOL \
        fleet --bundle b3.swb --bundle b1.swb --bundle b2.swb --fleet fleet.yaml"
    tr -d '\r' <"$T_OUT" >shown
    sed $'s/\033\\[[0-9;]*m//g' shown >plain
    python3 - "$1" <<'PYTHON' || t_fail "a table is wider than $1 columns"
import sys
tables = open("plain", encoding="utf-8").read().split("\n\n")
lines = [line for table in tables if table.startswith("state ") for line in table.split("\n")]
sys.exit(0 if lines and max(map(len, lines)) <= int(sys.argv[1]) else 1)
PYTHON
}
on_terminal 100
t_file_contains shown $'\033[32myes\033[0m'
t_file_contains shown $'\033[31mno: targets-version\033[0m'
t_file_contains plain 'shipped in the…    1,200     1      3  after 3              yes'
on_terminal 60
t_file_contains plain 'shipped in the fi…    1,200     1      3  after 3  yes  yes'
on_terminal 46
t_equal "$(grep -c '^state' plain)" 2 "tables"
t_file_contains plain 'shipped in …    1,200     1      3  after 3'
t_file_contains plain 'shipped in …    1,200     1      3  yes  yes'

t_begin "names of files and states are escaped"
sample_fleet
hostile=$'b\e]0;x\a<script>&"\''
mv b3.swb "$hostile"
printf 'states: [{name: "<b>evil</b> &amp; \\"x\\" \xc3\xbc", root: root, floor: 3}]\n' >fleet.yaml
t_run fleet --bundle "$hostile" --fleet fleet.yaml --html page.html
t_exit 0
t_out_contains 'b\x1b]0;x\x07<script>&"'\'
t_out_lacks $'\e'
page page.html '<b>evil</b> &amp; "x" ü' 'b\x1b]0;x\x07<script>&"'\'
t_run fleet --bundle "$hostile" --fleet fleet.yaml --json
t_json bundles.0.file "$hostile"
mkdir $'unit\e[31m'
ln -s first $'unit\e[31m/current'
mkdir -p $'unit\e[31m/first/targets'
cp root $'unit\e[31m/first/root_metadata'
echo 9 >$'unit\e[31m/first/floor'
t_run fleet --bundle b1.swb --device $'unit\e[31m'
t_exit 0
t_out_contains 'unit\x1b[31m  '
t_out_lacks $'\e'

t_begin "the page holds what the table says"
sample_fleet
t_must fleet --bundle b1.swb --bundle b2.swb --bundle b3.swb --fleet fleet.yaml --html page.html
t_run fleet --bundle b1.swb --bundle b2.swb --bundle b3.swb --fleet fleet.yaml --json
page page.html 'shipped 2023' 'shipped 2024' root3 1200 "$(t_json_value "$T_OUT" advice.0.text)" \
    "$(t_json_value "$T_OUT" warnings.0)" b1.swb b2.swb b3.swb
t_file_contains page.html '<td class="after">after 2<small>'
t_file_contains page.html '<td class="no">no: targets-version<small>'
t_file_contains page.html '<td class="yes">yes<small>then root 3, floor 9</small>'
t_file_contains page.html ': 1,501 devices, a bundle serves 1,500 devices.'
cp page.html old.html
t_must fleet --bundle b1.swb --fleet fleet.yaml --html old.html
t_file_differs page.html old.html

t_begin "--html - goes to standard output, the report to standard error"
sample_fleet
t_run fleet --bundle b1.swb --fleet fleet.yaml --html -
t_exit 0
t_err_contains "shipped 2023"
cp "$T_OUT" page.html
page page.html 'shipped 2023'
try fleet --bundle b1.swb --fleet fleet.yaml --html -
t_run fleet --bundle b1.swb --fleet fleet.yaml --html - --json
t_exit 2

t_begin "the page never replaces what it tells of"
sample_fleet
cp fleet.yaml b1.swb root "$T_TMP"
for output in fleet.yaml b1.swb root; do
    try fleet --bundle b1.swb --bundle b2.swb --fleet fleet.yaml --html $output
    error_is fleet 2 usage
    t_file_equal "$output" "$T_TMP/$output"
done

t_begin "the page never lies inside a device directory"
sample_fleet
mkdir -p unit/first/targets/deep elsewhere
ln -s first unit/current
cp root unit/first/root_metadata
echo none >unit/first/floor
echo app >unit/first/targets/app
ln -s ../unit/current/floor elsewhere/page.html
ln -s unit/first/targets/deep shortcut
printf 'states: [{device: unit}]\n' >units.yaml
find unit -type f -exec sha256sum {} + | sort >before
for output in unit/current/floor unit/first/root_metadata unit/current/manifest unit/current/targets/app \
    unit/page.html ./elsewhere/../unit/new elsewhere/page.html shortcut/page.html "$PWD/unit/first/floor"; do
    for states in "--device unit" "--fleet units.yaml"; do
        # shellcheck disable=SC2086 # words they are
        try fleet --bundle b1.swb $states --html "$output"
        error_is fleet 2 usage
    done
done
find unit -type f -exec sha256sum {} + | sort >after
t_file_equal before after
t_run fleet --bundle b1.swb --device unit --html elsewhere/own.html
t_exit 0
cd unit || exit 99
t_run fleet --bundle ../b1.swb --device . --html ../page.html
t_exit 0

t_begin "a broken bundle is a column that refuses everywhere"
sample_fleet
head -c 2000 b2.swb >cut.swb
: >empty
t_run fleet --bundle b2.swb --bundle cut.swb --bundle empty --bundle root --fleet fleet.yaml --json
t_exit 0
for column in 1 2 3; do
    for state in 0 1 2; do
        t_json "states.$state.cells.$column.verdict" refuse
        t_json "states.$state.cells.$column.failed_step" container
    done
    t_json_value "$T_OUT" "bundles.$column.fault" >fault || t_fail "no fault of column $column"
done
t_run fleet --bundle b2.swb --bundle cut.swb --fleet fleet.yaml
t_exit 0
t_out_contains "  2  cut.swb, broken: "

t_begin "what is no fleet: the command line"
sample_fleet
mkfifo pipe
for words in "--bundle b1.swb" "--bundle b1.swb --fleet fleet.yaml --device unit" "--fleet fleet.yaml" \
    "--bundle b1.swb --bundle ./b1.swb --fleet fleet.yaml" "--bundle b1.swb --fleet -" \
    "--bundle b1.swb --fleet fleet.yaml --time soon" "--bundle b1.swb --fleet fleet.yaml more"; do
    # shellcheck disable=SC2086 # words they are
    try fleet $words
    error_is fleet 2 usage
done
ln b1.swb link.swb
try fleet --bundle b1.swb --bundle link.swb --fleet fleet.yaml
t_err_contains "--bundle b1.swb and --bundle link.swb are one file"
t_do bash -c "'$T_TOOL' fleet --bundle - --fleet fleet.yaml < <(cat b1.swb)"
t_exit 2
t_err_contains "must be a regular file"

t_begin "what is no fleet: files"
sample_fleet
try fleet --bundle nothing.swb --fleet fleet.yaml
error_is fleet 5 not-found
try fleet --bundle b1.swb --fleet nothing.yaml
error_is fleet 5 not-found
try fleet --bundle b1.swb --device nothing
error_is fleet 5 not-found
printf 'states:\n  - {root: root}\n  - {name: lost, root: gone}\n' >lost.yaml
try fleet --bundle b1.swb --fleet lost.yaml
error_is fleet 5 not-found
t_run fleet --bundle b1.swb --fleet lost.yaml
t_err_contains "state 'lost' (lost.yaml:3:5)"
printf '\n\377' >bad
printf 'states: [{root: bad}]\n' >lost.yaml
try fleet --bundle b1.swb --fleet lost.yaml
error_is fleet 3 metadata
mkdir -p unit/first
ln -s first unit/current
cp root unit/first/root_metadata
try fleet --bundle b1.swb --device unit
error_is fleet 3 device-state
printf 'states: [{root: root, flor: 3}]\n' >lost.yaml
try fleet --bundle b1.swb --fleet lost.yaml
error_is fleet 3 manifest-key
t_run fleet --bundle b1.swb --fleet lost.yaml
t_err_contains "lost.yaml:1:23: unknown key 'flor'"
printf 'states: [{root: root, floor: -1}]\n' >lost.yaml
try fleet --bundle b1.swb --fleet lost.yaml
error_is fleet 3 manifest-value
printf 'states: [{root: root}\n' >lost.yaml
try fleet --bundle b1.swb --fleet lost.yaml
error_is fleet 3 manifest-syntax
for text in '' 'states: [&x {root: root}]' 'states: [!x {root: root}]' 'states: [*x]' '{<<: 1}' '%YAML 1.2' \
    $'states: [{root: root}]\n...\nmore'; do
    printf '%s\n' "$text" >lost.yaml
    try fleet --bundle b1.swb --fleet lost.yaml
    error_is fleet 3 manifest-syntax
    t_err_lacks 'a manifest'
    t_err_lacks 'the manifest'
done

t_begin "a fleet file is larger than a manifest may be"
sample_fleet
for size in 2 5; do
    { cat fleet.yaml && yes '# a comment that makes the file longer' | head -c ${size}MiB; } >"$size.yaml"
done
t_run fleet --bundle b1.swb --fleet 2.yaml --json
t_exit 0
t_json totals.devices 1501
try fleet --bundle b1.swb --fleet 5.yaml
error_is fleet 3 manifest-syntax

t_begin "unknown fields in a state's root: only with --allow-unknown"
sample_fleet
{ cat root && printf '\x92\x03\x01x'; } >strange
printf 'states: [{root: strange}]\n' >fleet.yaml
try fleet --bundle b1.swb --fleet fleet.yaml
error_is fleet 3 unknown-field
t_run fleet --bundle b1.swb --fleet fleet.yaml --allow-unknown
t_exit 0
t_out_contains "yes!"

t_begin "100 states and 20 bundles take seconds at most"
sample_root root1
sample_manifest
for number in $(seq 2 10); do
    quiet root rotate "root$((number - 1))" -o "root$number" --sign-with "$KEYS/root1.pem"
done
bundles=()
for number in $(seq 1 20); do
    sed -i "s/metadata_version: [0-9]*/metadata_version: $((number * 2))/" product.yaml
    quiet build product.yaml -o "b$number.swb" --root "root$(((number + 1) / 2))" --key "$KEYS/targets1.pem"
    bundles+=(--bundle "b$number.swb")
done
echo 'states:' >fleet.yaml
for number in $(seq 1 100); do
    echo "  - {root: root$((number % 10 + 1)), floor: $((number / 3)), count: $number}"
done >>fleet.yaml
seconds=30
[ -z "${SWT_SANITIZE-}" ] || seconds=300
T_SECONDS=$seconds t_run fleet "${bundles[@]}" --fleet fleet.yaml --json
t_exit 0
t_json totals.served 5050
t_end

cd "$T_TMP" || exit 99
status=0
for part in fleet_cases fleet_random; do
    mkdir "$T_TMP/$part" && cd "$T_TMP/$part" || exit 99
    PYTHONDONTWRITEBYTECODE=1 command python3 "$T_SOURCE/tests/cli/$part.py" || status=1
done
exit $status
