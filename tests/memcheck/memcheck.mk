# SPDX-License-Identifier: Apache-2.0
# The program under valgrind (tests/memcheck/memcheck.py).

MEMCHECK_PROGRAMS := $(B)/memcheck/tool $(B)/memcheck/leak

# Static: what the tests preload is for the program that it runs.
$(B)/memcheck/tool: tests/memcheck/tool.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O2 -g -static -o $@ $<
$(B)/memcheck/leak: tests/memcheck/leak.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O0 -g $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -o $@ $<

.PHONY: memcheck run-memcheck
memcheck:    ## every error and the work of each command under valgrind; takes minutes (check tries a few)
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) run-memcheck
run-memcheck: check-needs
	$(TEST_ENVIRONMENT) python3 tests/memcheck/memcheck.py --full

CHECK_SCRIPTS += tests/memcheck/memcheck.sh
CHECK_NEEDS += $(MEMCHECK_PROGRAMS)
