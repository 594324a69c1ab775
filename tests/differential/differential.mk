# SPDX-License-Identifier: Apache-2.0
# A second judgement, by what swupdate-bundle(5) says, beside the program's.

VERDICTS := $(B)/differential/verdicts
DIFFERENTIAL_CASES ?= 100000
DIFFERENTIAL_SEED  ?= 1

$(VERDICTS): tests/differential/verdicts.c $(foreach layer,$(deps_pipeline),$(call lib_of,$(layer)))
	@mkdir -p $(@D)
	$(call said,LINK,$@)
	$(CC) $(CPPFLAGS_ALL) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(filter %.a,$^) $(PKG_LIBS)

.PHONY: differential run-differential
differential:    ## vectors, fixtures and 100,000 mutated bundles, judged by a second program, too
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) run-differential
run-differential: $(PROGRAM) $(VERDICTS)
	$(TEST_ENVIRONMENT) /usr/bin/python3 -B tests/differential/differential.py \
	    --cases $(DIFFERENTIAL_CASES) --seed $(DIFFERENTIAL_SEED)

CHECK_NEEDS += $(VERDICTS)
CHECK_SCRIPTS += $(wildcard tests/differential/*.sh)
