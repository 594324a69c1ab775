# SPDX-License-Identifier: Apache-2.0
# make            the program, man pages and completions, in build/
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
HARDEN   := -fstack-protector-strong -fPIE
ifeq ($(SANITIZE),)
HARDEN   += -D_FORTIFY_SOURCE=2
endif
ALL_CFLAGS  := -std=c17 $(WARNINGS) $(HARDEN) $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now $(LDFLAGS)
ifneq ($(SANITIZE),)
ALL_CFLAGS  += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL_LDFLAGS += -fsanitize=$(SANITIZE)
endif
PACKAGES  := libcrypto yaml-0.1 libprotobuf-c jansson
# A missing package is reported by scripts/bootstrap, which the test and demo targets run first.
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
CPPFLAGS_ALL = -D_GNU_SOURCE -DSWT_VERSION='"$(VERSION)"' -Iinclude -I$(B)/gen $(PKG_CFLAGS) $(CPPFLAGS)

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
all: $(PROGRAM) docs

# ---- generated protobuf code (build folder only) ------------------------------------------------

$(B)/gen/tuf.pb-c.c $(B)/gen/tuf.pb-c.h &: src/metadata/tuf.proto
	@mkdir -p $(B)/gen
	protoc-c --proto_path=src/metadata --c_out=$(B)/gen $<

# ---- layers -------------------------------------------------------------------------------------

src_of = $(filter-out src/cli/main.c,$(wildcard src/$(1)/*.c))
obj_of = $(patsubst src/%.c,$(B)/obj/%.o,$(call src_of,$(1)))
lib_of = $(B)/lib/lib$(1).a

$(B)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define layer_rule
$(call lib_of,$(1)): $(call obj_of,$(1)) $(if $(filter metadata,$(1)),$(B)/obj/gen/tuf.pb-c.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_rule,$(layer))))

$(call obj_of,metadata): $(B)/gen/tuf.pb-c.h
$(B)/obj/gen/tuf.pb-c.o: $(B)/gen/tuf.pb-c.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) -std=c17 $(HARDEN) $(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -c -o $@ $<

$(PROGRAM): $(B)/obj/cli/main.o $(foreach layer,$(deps_cli),$(call lib_of,$(layer)))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# ---- unit tests: tests/unit/LAYER/test_*.c, linked with what the layer may know ------------------

UNIT_SOURCES := $(wildcard tests/unit/*/test_*.c)
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SOURCES))
TEST_PACKAGES := cmocka libarchive
TEST_LIBS = $(shell pkg-config --libs $(TEST_PACKAGES))
TEST_CFLAGS = $(shell pkg-config --cflags $(TEST_PACKAGES))

define unit_rule
$(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/$(1)/test_*.c)): $(B)/unit/%: tests/unit/%.c $(foreach layer,$(deps_$(1)),$(call lib_of,$(layer)))
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS_ALL) $$(TEST_CFLAGS) -Itests/unit $$(ALL_CFLAGS) -MMD -MP $$(ALL_LDFLAGS) -o $$@ $$< $$(filter %.a,$$^) $$(PKG_LIBS) $$(TEST_LIBS)
endef
$(foreach layer,$(LAYERS),$(eval $(call unit_rule,$(layer))))

.PHONY: unit
unit: $(UNIT_TESTS)
	scripts/run-tests $(UNIT_TESTS)

-include $(shell find $(B)/obj $(B)/unit -name '*.d' 2>/dev/null)
