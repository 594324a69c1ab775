# SPDX-License-Identifier: Apache-2.0
# What the worst input of each reader takes, in processor time and memory.

CHECK_SCRIPTS += tests/bounded/bounded.sh

.PHONY: bounded run-bounded
bounded:    ## the worst input of each reader: processor time and memory of each, the worst first
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) run-bounded
run-bounded: $(PROGRAM) $(MEASURE)
	$(TEST_ENVIRONMENT) SWT_BOUNDED=table tests/bounded/bounded.sh
