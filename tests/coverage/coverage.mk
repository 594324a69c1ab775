# SPDX-License-Identifier: Apache-2.0
# Which lines and branches of src/ the tests reach. clang counts in a mapped file, so that processes that
# are killed, or that end without their exit handlers, count as well.

COVERAGE_B := build/coverage
COVERAGE_CFLAGS = -O1 -g -fprofile-instr-generate=$(abspath $(COVERAGE_B))/profile/%m%c.profraw -fcoverage-mapping

.PHONY: coverage
coverage:    ## all tests with clang's coverage, in build/coverage; fails when a line lacks a test and a reason
	scripts/bootstrap check fuzz
	rm -rf $(COVERAGE_B)/profile
	mkdir -p $(COVERAGE_B)/profile
	$(MAKE) $(PARALLEL) run-check CC=clang B=$(COVERAGE_B) CFLAGS='$(COVERAGE_CFLAGS)' \
	    LDFLAGS='-Wl,-mllvm,-runtime-counter-relocation'
	python3 tests/coverage/report.py $(COVERAGE_B)
