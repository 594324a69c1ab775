#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The recipes of examples/: Make and CMake are run as they stand, the files of CI services through the
# commands that they hold.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

export T_SECONDS=120
mkdir "$T_TMP/bin"
ln -s "$T_TOOL" "$T_TMP/bin/swupdate-tool"
export PATH=$T_TMP/bin:$PATH
# A make above this test is none of the recipes' business.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES B SANITIZE CI

recipe() { # NAME
    cp -R "$T_SOURCE/examples/$1/." . || t_fail "no recipe $1"
}

targets() { # BUNDLE
    "$T_TOOL" dump "$1" --json | jq -c '[.targets[].name]'
}
TARGETS='["user_manifest","app","assets/farewell","assets/greeting"]'

# A recipe that has been run: nothing is done again, but for what a change of FILE asks.
rebuilds() { # FILE BUNDLE NOTHING COMMAND...
    local file=$1 bundle=$2 nothing=$3 before
    shift 3
    t_do "$@"
    t_exit 0
    t_out_contains "$nothing"
    before=$(sha256sum "$bundle")
    echo "$file has changed" >>"$file"
    # Not all file systems and tools tell times of one second apart.
    touch -d '+2 seconds' "$file"
    t_do "$@"
    t_exit 0
    [ "$before" != "$(sha256sum "$bundle")" ] || t_fail "a change of $file does not rebuild $bundle"
}

t_begin "Make builds the bundle, and again when what it is made of changes"
recipe make
t_do make
t_exit 0
t_equal "$(targets out/widget.swb)" "$TARGETS" targets
rebuilds assets/greeting.txt out/widget.swb "up to date" make
t_do make check
t_exit 0
echo "# another comment" >>product.yaml
t_do make
t_out_contains "swupdate-tool build"
rm assets/farewell.txt
t_do make
t_exit 0

t_begin "Make signs with the key that it is given"
recipe make
t_must keygen -q -o dev.pem
t_do make KEY=dev.pem
t_exit 0
t_equal "$("$T_TOOL" dump out/widget.swb --json | jq '.targets_metadata.signatures | length')" 1 signatures
t_do make KEY=dev.pem
t_out_contains "up to date"
t_do make
t_exit 0
t_equal "$("$T_TOOL" dump out/widget.swb --json | jq '.targets_metadata.signatures | length')" 0 "no key"
t_do make NUMBER=43
t_exit 0
t_equal "$("$T_TOOL" dump out/widget.swb --json | jq '.targets_metadata.version')" 43 "another number"
t_do make clean
t_exit 0

t_begin "Make fails when the bundle cannot be built, and leaves none"
recipe make
sed -i 's/max_size: .*/max_size: 1/' product.yaml
t_do make
t_exit 2
t_err_contains "max_size"
[ ! -e out/widget.swb ] || t_fail "there is a bundle"

for generator in Ninja "Unix Makefiles"; do
    t_begin "CMake with $generator builds the bundle, and again when what it is made of changes"
    recipe cmake
    t_do cmake -B out -G "$generator"
    t_exit 0
    t_do cmake --build out
    t_exit 0
    t_equal "$(targets out/widget.swb)" "$TARGETS" targets
    case $generator in
    Ninja) nothing="no work to do" ;;
    *) nothing="Built target bundle" ;;
    esac
    before=$(stat -c %y out/widget.swb)
    rebuilds assets/greeting.txt out/widget.swb "$nothing" cmake --build out
    [ "$before" != "$(stat -c %y out/widget.swb)" ] || t_fail "the bundle was not written again"
done

t_begin "CMake signs with the key that it is given"
recipe cmake
t_must keygen -q -o dev.pem
t_do cmake -B out -G Ninja -DBUNDLE_KEY="$PWD/dev.pem"
t_exit 0
t_do cmake --build out
t_exit 0
t_equal "$("$T_TOOL" dump out/widget.swb --json | jq '.targets_metadata.signatures | length')" 1 signatures

# The commands of a job, as the service runs them: one script, each line of which must succeed.
github_commands() { # FILE
    python3 -c '
import sys, yaml
for name, job in yaml.safe_load(open(sys.argv[1]))["jobs"].items():
    for step in job["steps"]:
        if "run" in step:
            print(step["run"].rstrip())
' "$1"
}
gitlab_commands() { # FILE
    python3 -c '
import sys, yaml
pipeline = yaml.safe_load(open(sys.argv[1]))
for name, value in pipeline["variables"].items():
    print(f"export {name}=\"{value}\"")
for stage in pipeline["stages"]:
    for job in pipeline.values():
        if isinstance(job, dict) and job.get("stage") == stage:
            print("\n".join(job["script"]))
' "$1"
}

# CI has run in this folder.
released() {
    t_equal "$(targets dist/widget.swb)" "$TARGETS" targets
    t_equal "$(jq -r '.release' dist/widget.json)" 1.4.0 release
    t_equal "$(jq -r '.version' findings.sarif)" 2.1.0 "SARIF version"
    "$T_TOOL" extract dist/widget.swb --no-verify -C x -q user_manifest
    t_equal "$(jq -r .release.vcs x/user_manifest)" 0123abc revision
}

t_begin "the commands of the GitHub workflow build, check and compare"
recipe github
github_commands .github/workflows/bundle.yml >commands
t_do env GITHUB_REF_NAME=1.4.0 GITHUB_SHA=0123abc GITHUB_RUN_NUMBER=42 bash -e commands
t_exit 0
released

t_begin "the commands of the GitLab pipeline build, check and compare"
recipe gitlab
gitlab_commands .gitlab-ci.yml >commands
t_do env CI_COMMIT_REF_NAME=1.4.0 CI_COMMIT_SHA=0123abc CI_PIPELINE_IID=42 bash -e commands
t_exit 0
released

t_begin "both stop at a manifest that build would refuse, and its findings are there"
for service in github gitlab; do
    rm -rf "$service" && mkdir "$service" && cd "$service" || exit 99
    recipe "$service"
    sed -i 's/max_size: .*/max_size: 1/' product.yaml
    case $service in
    github) github_commands .github/workflows/bundle.yml >commands ;;
    *) gitlab_commands .gitlab-ci.yml >commands ;;
    esac
    t_do env GITHUB_REF_NAME=1.4.0 GITHUB_SHA=0 GITHUB_RUN_NUMBER=42 \
        CI_COMMIT_REF_NAME=1.4.0 CI_COMMIT_SHA=0 CI_PIPELINE_IID=42 bash -e commands
    t_exit 1
    t_equal "$(jq -r '.runs[0].results[].ruleId' findings.sarif)" target-too-large finding
    [ ! -e dist ] || t_fail "$service: something was built"
    cd ..
done
