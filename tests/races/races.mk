# SPDX-License-Identifier: Apache-2.0
# Files that others change, swap or plant while the program works on them.

.PHONY: races run-races
races:    ## others meddle with inputs and outputs at every call (check tries a selection)
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) $(PROGRAM) $(CHECK_NEEDS)
	$(MAKE) run-races
run-races:
	$(TEST_ENVIRONMENT) SWT_RACES=--full SWT_TEST_SECONDS=3600 scripts/run-tests --show races: tests/races/races.sh

CHECK_SCRIPTS += tests/races/races.sh
