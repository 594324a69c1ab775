# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: tests/fuzz/fuzz_NAME.c, inputs in testdata/corpus/NAME, words in tests/fuzz/NAME.dict.

FUZZ_NAMES   := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
# Each input once, without libFuzzer: part of check.
FUZZ_DRIVERS := $(FUZZ_NAMES:%=$(B)/fuzz/%)
FUZZ_LIBS    := $(foreach layer,$(deps_cli),$(call lib_of,$(layer)))

$(FUZZ_DRIVERS): $(B)/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/driver.c $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) -DFUZZ_NAME='"$*"' $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c,$^) $(filter %.a,$^) $(PKG_LIBS)

$(B)/libfuzzer/%: tests/fuzz/fuzz_%.c $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(ALL_CFLAGS) -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $< $(filter %.a,$^) $(PKG_LIBS)

# How long each target runs, in each round; how many rounds a soak has (0: until it is stopped).
FUZZ_SECONDS ?= 60
FUZZ_ROUNDS  ?= 0
# What is run: without sanitizers for many executions, with them for what only they see.
FUZZ_PLAIN     := build/fuzz-plain
FUZZ_SANITIZED := build/fuzz-sanitized
fuzz_build = $(MAKE) $(PARALLEL) CC=clang B=$(1) SANITIZE=$(2) CFLAGS='$(3) -g -fsanitize=fuzzer-no-link' fuzz-binaries
fuzz_plain     = $(call fuzz_build,$(FUZZ_PLAIN),,-O2)
fuzz_sanitized = $(call fuzz_build,$(FUZZ_SANITIZED),address$(comma)undefined,-O1)
comma := ,

.PHONY: fuzz fuzz-soak fuzz-minimise fuzz-coverage fuzz-binaries fuzz-drivers
fuzz:    ## each fuzz target with libFuzzer, FUZZ_SECONDS each
	scripts/bootstrap check fuzz
	$(fuzz_sanitized)
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_ROUNDS=1 tests/fuzz/soak.sh $(FUZZ_SANITIZED)
fuzz-soak:    ## the same until stopped, on all processors, with and without sanitizers in turns
	scripts/bootstrap check fuzz
	$(fuzz_plain)
	$(fuzz_sanitized)
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_ROUNDS=$(FUZZ_ROUNDS) tests/fuzz/soak.sh $(FUZZ_PLAIN) $(FUZZ_SANITIZED)
fuzz-minimise:    ## what fuzzing found, as few and small files as reach the same, into testdata/corpus
	scripts/bootstrap check fuzz
	$(fuzz_plain)
	tests/fuzz/minimise.sh $(FUZZ_PLAIN) $(FUZZ_NAMES)
fuzz-coverage:    ## which lines of each parser the inputs in testdata/corpus reach; fails below 95 %
	scripts/bootstrap check fuzz
	$(MAKE) $(PARALLEL) CC=clang B=build/fuzz-coverage CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping' \
	    LDFLAGS=-fprofile-instr-generate fuzz-drivers
	tests/fuzz/coverage.py build/fuzz-coverage
fuzz-binaries: $(FUZZ_NAMES:%=$(B)/libfuzzer/%)
fuzz-drivers: $(FUZZ_DRIVERS)

CHECK_PROGRAMS += $(FUZZ_DRIVERS)
