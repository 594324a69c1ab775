# SPDX-License-Identifier: Apache-2.0
# Every bit of a bundle flipped, every length cut, members dropped, doubled and exchanged.

FLIPS := $(B)/tests/flips

$(FLIPS): tests/flips/flips.c $(wildcard tests/flips/*.h) $(foreach layer,$(deps_pipeline),$(call lib_of,$(layer)))
	@mkdir -p $(@D)
	$(call said,LINK,$@)
	$(CC) $(CPPFLAGS_ALL) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(filter %.a,$^) $(PKG_LIBS)

.PHONY: flips run-flips
flips:    ## every bit of a bundle flipped, every length, every member; takes minutes (check tries a sample)
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) run-flips
run-flips: $(FLIPS)
	$(TEST_ENVIRONMENT) $(FLIPS) --full

CHECK_PROGRAMS += $(FLIPS)

# The fuzz target of verify makes and judges bundles in the same way.
$(B)/fuzz/verify $(B)/libfuzzer/verify: $(wildcard tests/fuzz/*.h tests/flips/*.h)
