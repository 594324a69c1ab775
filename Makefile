# SPDX-License-Identifier: Apache-2.0
# make            the program, manual pages, completions and JSON Schemas, in build/
# make check      all tests (make asan: the same under ASan and UBSan)
# make lint       format, clang-tidy, layers, shell scripts, documents
# make demo       the main job on real firmware
# make help       every target

VERSION := 0.1.0
CC      ?= cc
# Where a configuration builds; asan and coverage builds live beside the plain one.
B       ?= build

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wformat=2 -Wundef -Wwrite-strings
ifdef CI
WARNINGS += -Werror
endif

# Hardening; tests/cli/hardening.sh looks for it in the program. The caller's flags come later and win.
# try: the flags, where the compiler takes them among the caller's own without a warning.
try = $(shell echo | $(CC) $(CPPFLAGS) -Werror $(1) $(CFLAGS) -include features.h -x c -c -o /dev/null - 2>/dev/null && echo '$(1)')
HARDEN := -fPIE -fstack-protector-strong
# clang's -fsanitize=cfi is not among it: it cannot know what is loaded at run time (libarchive, PKCS#11
# modules), and beside -fcf-protection clang 14 makes a program of it that traps in every command.
# A sanitizer has checks of its own, which some of these flags would hide faults from.
ifeq ($(SANITIZE),)
# No frame skips the guard page of the stack.
HARDEN += $(call try,-fstack-clash-protection)
# Jumps and calls by pointer reach only where some may lead, returns only their caller (Intel CET, Arm BTI).
HARDEN += $(or $(call try,-fcf-protection=full),$(call try,-mbranch-protection=standard))
# What is read before it is set is no rest of a secret and nothing that a bundle put there.
HARDEN += $(or $(call try,-ftrivial-auto-var-init=zero),$(call try,-ftrivial-auto-var-init=pattern))
# The C library checks lengths, also those that are known only as the program runs (3).
HARDEN += $(or $(call try,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3),$(call try,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
# Where the standard leaves open what happens, no check is optimized away: slices of nothing are NULL.
HARDEN += $(call try,-fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing)
endif
ALL_CFLAGS  := -std=c17 -pthread $(WARNINGS) $(HARDEN) $(CFLAGS)
# Relocated once and then read-only; neither stack nor data is code.
ALL_LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code $(LDFLAGS)
ifneq ($(SANITIZE),)
ALL_CFLAGS  += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL_LDFLAGS += -fsanitize=$(SANITIZE)
endif
PACKAGES  := libcrypto yaml-0.1 libprotobuf-c jansson p11-kit-1
# A missing package is reported by scripts/bootstrap, which the test and demo targets run first.
# libarchive is loaded where it is needed (src/targets/libarchive.c): not linked.
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) libarchive 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -ldl
# Files over 2 GiB and times after 2038 on 32 bits. On 64 bits there is no other size, and the calls
# would just get other names than those that tests take the place of (tests/faults/calls.c).
LARGE := $(if $(shell $(CC) $(CPPFLAGS) $(CFLAGS) -dM -E -x c /dev/null 2>/dev/null | grep -w __LP64__),,-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64)
CPPFLAGS_ALL = -D_GNU_SOURCE $(LARGE) -DSWT_VERSION='"$(VERSION)"' -Iinclude -I$(B)/gen $(PKG_CFLAGS) $(CPPFLAGS)

LAYERS := base io manifest targets metadata signature container pipeline cli

# Link order of a layer and what it may know (scripts/layers.txt), most dependent first.
deps_base      := base
deps_io        := io base
deps_manifest  := manifest io base
deps_targets   := targets io base
deps_metadata  := metadata base
deps_signature := signature metadata io base
deps_container := container io base
deps_pipeline  := pipeline manifest targets signature metadata container io base
deps_cli       := cli $(deps_pipeline)

PROGRAM := $(B)/swupdate-tool

.PHONY: all
all: $(PROGRAM) docs schemas    ## the program, manual pages, completions and JSON Schemas

# Each step as one word and its output; make V=1 shows the commands.
ifeq ($(V),)
.SILENT:
said = @printf '%-8s %s\n' $(1) $(2)
endif

# ---- generated protobuf code (build folder only) ------------------------------------------------

$(B)/gen/tuf.pb-c.c $(B)/gen/tuf.pb-c.h &: src/metadata/tuf.proto
	@mkdir -p $(B)/gen
	$(call said,PROTOC,$<)
	protoc-c --proto_path=src/metadata --c_out=$(B)/gen $<

# ---- layers -------------------------------------------------------------------------------------

src_of = $(filter-out src/cli/main.c,$(wildcard src/$(1)/*.c))
obj_of = $(patsubst src/%.c,$(B)/obj/%.o,$(call src_of,$(1)))
lib_of = $(B)/lib/lib$(1).a

$(B)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call said,CC,$<)
	$(CC) $(CPPFLAGS_ALL) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define layer_rule
$(call lib_of,$(1)): $(call obj_of,$(1)) $(if $(filter metadata,$(1)),$(B)/obj/gen/tuf.pb-c.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call said,AR,$$@)
	$$(AR) rcs $$@ $$^
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_rule,$(layer))))

$(call obj_of,metadata): $(B)/gen/tuf.pb-c.h
$(B)/obj/gen/tuf.pb-c.o: $(B)/gen/tuf.pb-c.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) -std=c17 $(HARDEN) $(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -c -o $@ $<

$(PROGRAM): $(B)/obj/cli/main.o $(foreach layer,$(deps_cli),$(call lib_of,$(layer)))
	$(call said,LINK,$@)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# ---- manual pages and completions, from the option table -----------------------------------------

DESCRIBE    := $(B)/describe
MAN_PAGES   := $(patsubst man/%,$(B)/man/%,$(wildcard man/*.[1-9]))
COMPLETIONS := $(addprefix $(B)/completions/,swupdate-tool.bash _swupdate-tool swupdate-tool.fish)

$(DESCRIBE): $(patsubst scripts/%.c,$(B)/obj/scripts/%.o,$(wildcard scripts/describe*.c)) $(foreach layer,$(deps_cli),$(call lib_of,$(layer)))
	$(call said,LINK,$@)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/obj/scripts/%.o: scripts/%.c
	@mkdir -p $(@D)
	$(call said,CC,$<)
	$(CC) $(CPPFLAGS_ALL) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: docs completions
docs: $(MAN_PAGES) completions    ## manual pages and completions, in build/
completions: $(COMPLETIONS)

# A half-written page must not look made: it appears under its name when it is whole.
$(B)/man/%: man/% $(DESCRIBE)
	@mkdir -p $(@D)
	$(DESCRIBE) page $< >$@.new && mv $@.new $@
$(B)/completions/swupdate-tool.bash: shell := bash
$(B)/completions/_swupdate-tool: shell := zsh
$(B)/completions/swupdate-tool.fish: shell := fish
$(COMPLETIONS): $(DESCRIBE)
	@mkdir -p $(@D)
	$(DESCRIBE) $(shell) >$@.new && mv $@.new $@

# ---- JSON Schemas, from the tables of the readers ------------------------------------------------

SCHEMAS := $(B)/schemas/product-manifest.schema.json

.PHONY: schemas
schemas: $(SCHEMAS)    ## JSON Schemas, in build/
$(B)/schemas/product-manifest.schema.json: $(DESCRIBE)
	@mkdir -p $(@D)
	$(DESCRIBE) manifest-schema >$@.new && mv $@.new $@

# ---- unit tests: tests/unit/LAYER/test_*.c, linked with what the layer may know ------------------

UNIT_SOURCES := $(wildcard tests/unit/*/test_*.c)
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SOURCES))
TEST_PACKAGES := cmocka libarchive
TEST_LIBS = $(shell pkg-config --libs $(TEST_PACKAGES))
TEST_CFLAGS = $(shell pkg-config --cflags $(TEST_PACKAGES))

define unit_rule
$(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/$(1)/test_*.c)): $(B)/unit/%: tests/unit/%.c $(foreach layer,$(deps_$(1)),$(call lib_of,$(layer)))
	@mkdir -p $$(@D)
	$$(call said,TEST,$$<)
	$$(CC) $$(CPPFLAGS_ALL) $$(TEST_CFLAGS) -Itests/unit $$(ALL_CFLAGS) -MMD -MP $$(ALL_LDFLAGS) -o $$@ $$< $$(filter %.a,$$^) $$(PKG_LIBS) $$(TEST_LIBS)
endef
$(foreach layer,$(LAYERS),$(eval $(call unit_rule,$(layer))))

# ---- check ---------------------------------------------------------------------------------------

# Each kind of test beside the two of this file has a folder with a file of its own, which may add to
# what the tests need (CHECK_NEEDS), binaries and scripts that tell their cases as TAP does
# (CHECK_PROGRAMS, CHECK_SCRIPTS; the longest first).
CHECK_NEEDS    :=
CHECK_PROGRAMS := $(UNIT_TESTS)
CHECK_SCRIPTS  :=
include $(sort $(wildcard tests/*/*.mk))

# Unless the caller said how many jobs: one a processor.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))
# A sanitizer's own memory is not what memory.sh and bounded.sh measure, its allocator not what
# *allocations.sh can make fail, its code nothing that valgrind runs (icount.sh, linear.sh), its program
# not built as the one that is installed (hardening.sh), nor its memory what a core holds (secrets.sh): no
# part of that configuration.
NOT_SANITIZED := %/memory.sh %/bounded.sh %allocations.sh %/icount.sh %/linear.sh %/hardening.sh %/secrets.sh
SCRIPT_TESTS := $(filter-out %/lib.sh $(if $(SANITIZE),$(NOT_SANITIZED)),$(CHECK_SCRIPTS) $(wildcard tests/cli/*.sh))
# What the test scripts need to know.
TEST_ENVIRONMENT = SWT_TOOL=$(abspath $(PROGRAM)) SWT_BUILD=$(abspath $(B)) SWT_SOURCE=$(CURDIR) SWT_SANITIZE=$(SANITIZE)

# Packages that bootstrap installs are seen by a make that starts after it.
.PHONY: check asan run-check unit
check:    ## all tests; installs what is missing where it can
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) run-check
asan:    ## all tests under ASan and UBSan, in build/asan
	$(MAKE) check SANITIZE=address,undefined B=build/asan
# What threads do is little: these are the tests of all of it.
TSAN_TESTS := $(B)/unit/io/test_tee $(B)/unit/io/test_crew tests/cli/processors.sh
.PHONY: tsan run-tsan
tsan:    ## what has threads under ThreadSanitizer, in build/tsan
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) run-tsan SANITIZE=thread B=build/tsan
run-tsan: $(PROGRAM) $(filter $(B)/%,$(TSAN_TESTS))
	$(TEST_ENVIRONMENT) scripts/run-tests $(TSAN_TESTS)
.PHONY: check-needs
check-needs: all $(DESCRIBE) $(CHECK_NEEDS)    ## what a test script needs that is run alone
.PHONY: check-programs
check-programs: $(CHECK_PROGRAMS)
run-check: check-needs check-programs
	$(TEST_ENVIRONMENT) scripts/run-tests --cases $(B)/cases.tsv $(CHECK_PROGRAMS) $(SCRIPT_TESTS)
	$(if $(SANITIZE),,tests/attacks/rows.py --quiet $(B)/cases.tsv)
unit: $(UNIT_TESTS)    ## the unit tests alone
	$(TEST_ENVIRONMENT) scripts/run-tests $(UNIT_TESTS)

# ---- lint ----------------------------------------------------------------------------------------

.PHONY: lint run-lint format analyze run-analyze
lint:    ## format, layers, clang-tidy, analyzers, shell scripts, manual pages
	scripts/bootstrap check lint
	$(MAKE) $(PARALLEL) run-lint
run-lint: docs $(B)/gen/tuf.pb-c.h
	B=$(B) scripts/lint
analyze:    ## what the analyzers of clang and gcc and cppcheck find in the program
	scripts/bootstrap check lint
	$(MAKE) $(PARALLEL) run-analyze
run-analyze: $(B)/gen/tuf.pb-c.h
	B=$(B) scripts/lint-tidy
	B=$(B) scripts/lint-analyzers
format:    ## puts the C sources into form
	clang-format -i $$(scripts/lint-format --list)

# ---- demo ----------------------------------------------------------------------------------------

.PHONY: demo
demo:    ## the main job on real firmware, each command shown
	scripts/bootstrap check
	scripts/bootstrap demo || true
	$(MAKE) $(PARALLEL) $(PROGRAM)
	scripts/demo $(PROGRAM) $(B)/demo

# ---- install -------------------------------------------------------------------------------------

# GNU's variables, each to be set as in `make install DESTDIR=/tmp/image prefix=/usr`.
PREFIX ?= /usr/local
prefix := $(PREFIX)
datarootdir := $(prefix)/share
bindir  := $(prefix)/bin
datadir := $(datarootdir)
docdir  := $(datarootdir)/doc/swupdate-tool
mandir  := $(datarootdir)/man
bashcompletiondir := $(datarootdir)/bash-completion/completions
zshcompletiondir  := $(datarootdir)/zsh/site-functions
fishcompletiondir := $(datarootdir)/fish/vendor_completions.d

.PHONY: install uninstall
install uninstall: export B := $(B)
install uninstall: export DESTDIR := $(DESTDIR)
$(foreach name,bindir datadir docdir mandir bashcompletiondir zshcompletiondir fishcompletiondir,\
    $(eval install uninstall: export $(name) := $$($(name))))
install: all    ## to DESTDIR/prefix (/usr/local); bindir, mandir and the like can be set too
	scripts/install install
# Manual pages and schemas that are built say what to remove.
uninstall: all    ## removes what install wrote
	scripts/install uninstall

# ---- source archive, Debian package ---------------------------------------------------------------

.PHONY: dist deb deb-check
dist:    ## reproducible source archive, in build/dist/
	scripts/dist $(VERSION) build/dist
deb:    ## Debian package, in build/deb/
	scripts/bootstrap check deb
	scripts/deb $(VERSION) build/deb
deb-check:    ## the same, judged by lintian, installed into a scratch root, run, and removed
	scripts/bootstrap check deb
	scripts/deb $(VERSION) build/deb
	scripts/deb-check $(VERSION) build/deb

.PHONY: clean help
clean:    ## removes build/
	rm -rf build
help:    ## this list
	@awk -F ':.*## *' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(filter Makefile %.mk,$(MAKEFILE_LIST))

-include $(shell find $(B)/obj $(B)/unit -name '*.d' 2>/dev/null)
