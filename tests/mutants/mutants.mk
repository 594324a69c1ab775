# SPDX-License-Identifier: Apache-2.0
# Changes of the judge and of signature counting, each of which a test must see.

CHECK_SCRIPTS += $(wildcard tests/mutants/*.sh)

.PHONY: mutants
mutants:    ## flips comparisons and drops checks of the judge one at a time; fails where no test sees it
	scripts/bootstrap check
	nice python3 tests/mutants/mutants.py build/mutants
