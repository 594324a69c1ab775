# SPDX-License-Identifier: Apache-2.0
# Which lines and branches of src/ the tests reach. clang counts in a mapped file, so that processes that
# are killed, or that end without their exit handlers, count as well.

COVERAGE_B := build/coverage
COVERAGE_CFLAGS = -O1 -g -fprofile-instr-generate=$(abspath $(COVERAGE_B))/profile/%m%c.profraw -fcoverage-mapping \
    -mllvm -runtime-counter-relocation -Wno-unused-command-line-argument
# What measures the program, would measure the counting.
NOT_COUNTED := %/memory.sh %/bounded.sh %/icount.sh %/linear.sh %/hardening.sh %/memcheck.sh %/secrets.sh
# The counting opens and maps its file in every process, and allocates: the sweeps, which make each call and
# each allocation of the program fail, find those too, and judge them wrongly. They run for what they reach.
SWEEPS := tests/faults/%.sh

.PHONY: coverage run-coverage
coverage:    ## the tests with clang's coverage, in build/coverage; fails when a line has neither test nor reason
	scripts/bootstrap check fuzz
	rm -rf $(COVERAGE_B)/profile
	mkdir -p $(COVERAGE_B)/profile
	$(MAKE) $(PARALLEL) run-coverage CC=clang B=$(COVERAGE_B) CFLAGS='$(COVERAGE_CFLAGS)'
	python3 tests/coverage/report.py $(COVERAGE_B)
# Some tests run the program as somebody else, who has to reach its counts.
run-coverage: check-needs check-programs
	$(PROGRAM) --version
	chmod -R a+rwX $(COVERAGE_B)/profile
	$(TEST_ENVIRONMENT) scripts/run-tests $(CHECK_PROGRAMS) $(filter-out $(NOT_COUNTED) $(SWEEPS),$(SCRIPT_TESTS))
	-$(TEST_ENVIRONMENT) scripts/run-tests $(filter $(SWEEPS),$(SCRIPT_TESTS)) >$(COVERAGE_B)/sweeps.log 2>&1
