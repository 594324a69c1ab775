# SPDX-License-Identifier: Apache-2.0
# Files that others change, swap or plant while the program works on them.

.PHONY: races run-races
races:    ## others meddle with inputs and outputs at every call; takes minutes (check tries a selection)
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) $(PROGRAM) $(CHECK_NEEDS)
	$(MAKE) run-races
run-races:
	$(TEST_ENVIRONMENT) SWT_RACES=--full bash tests/races/races.sh

CHECK_SCRIPTS += tests/races/races.sh
