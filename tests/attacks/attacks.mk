# SPDX-License-Identifier: Apache-2.0
# A test for each row of tests/attacks/attacks.md: `check` holds the table against the cases that it ran.

.PHONY: attacks run-attacks
attacks:    ## the tests that tests/attacks/attacks.md names; fails where a row of it has none
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) $(PROGRAM) $(CHECK_NEEDS)
	$(MAKE) run-attacks
run-attacks:
	$(TEST_ENVIRONMENT) scripts/run-tests --cases $(B)/attacks.tsv $$(tests/attacks/rows.py --tests)
	tests/attacks/rows.py $(B)/attacks.tsv
