# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: tests/fuzz/fuzz_NAME.c, inputs in testdata/corpus/NAME.

FUZZ_NAMES   := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
# Each input once, without libFuzzer: part of check.
FUZZ_DRIVERS := $(FUZZ_NAMES:%=$(B)/fuzz/%)
FUZZ_SECONDS ?= 60
FUZZ_LIBS    := $(foreach layer,$(deps_pipeline),$(call lib_of,$(layer)))

$(FUZZ_DRIVERS): $(B)/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/driver.c $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) -DFUZZ_NAME='"$*"' $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c,$^) $(filter %.a,$^) $(PKG_LIBS)

$(B)/libfuzzer/%: tests/fuzz/fuzz_%.c $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(ALL_CFLAGS) -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $< $(filter %.a,$^) $(PKG_LIBS)

.PHONY: fuzz run-fuzz
fuzz:    ## each fuzz target with libFuzzer, FUZZ_SECONDS each
	scripts/bootstrap check fuzz
	$(MAKE) $(PARALLEL) CC=clang SANITIZE=address,undefined B=build/fuzz CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' run-fuzz
run-fuzz: $(FUZZ_NAMES:%=$(B)/libfuzzer/%)
	set -e; for name in $(FUZZ_NAMES); do \
	    mkdir -p $(B)/found/$$name; \
	    $(B)/libfuzzer/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 \
	        -artifact_prefix=$(B)/found/$$name/ $(B)/found/$$name \
	        testdata/corpus/$$name; \
	done

CHECK_PROGRAMS += $(FUZZ_DRIVERS)
