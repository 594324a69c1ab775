# SPDX-License-Identifier: Apache-2.0
# Fault injection: tests/faults/NAME.c is preloaded by tests/faults/*.sh.

FAULT_LIBS := $(patsubst tests/faults/%.c,$(B)/faults/%.so,$(wildcard tests/faults/*.c))

$(B)/faults/%.so: tests/faults/%.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O2 -g -fPIC -shared -o $@ $< -ldl

.PHONY: faults run-faults
faults:    ## every system call and allocation fails in turn, and kills at each; takes minutes (check tries a selection)
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) run-faults
run-faults: check-needs
	rm -rf $(B)/faults/figures
	$(TEST_ENVIRONMENT) SWT_FAULTS=--full SWT_TEST_SECONDS=14400 scripts/run-tests $(filter tests/faults/%,$(SCRIPT_TESTS)); \
	status=$$?; $(TEST_ENVIRONMENT) tests/faults/sweep.py figures; exit $$status

CHECK_SCRIPTS += $(wildcard tests/faults/*.sh)
CHECK_NEEDS += $(FAULT_LIBS)
