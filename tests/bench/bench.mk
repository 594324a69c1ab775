# SPDX-License-Identifier: Apache-2.0
# Times beside hashing, copying and peers; instruction counts, whose record is icount.txt.

MEASURE := $(B)/tests/measure

$(MEASURE): tests/bench/measure.c
	@mkdir -p $(@D)
	$(call said,LINK,$@)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O2 -g -o $@ $<

# A peer that cannot be installed is left out. What can be set as BENCH_*, bench.py says at its head.
.PHONY: bench run-bench bench-pages
bench:    ## times beside hashing, copying and peers; writes swupdate-performance(7); takes minutes
	scripts/bootstrap check
	scripts/bootstrap bench || true
	$(MAKE) $(PARALLEL) run-bench
BENCH = PYTHONDONTWRITEBYTECODE=1 python3 tests/bench/bench.py \
    --figures tests/bench/figures.json --page man/swupdate-performance.7 --readme README.md
run-bench: $(PROGRAM) $(MEASURE)
	$(TEST_ENVIRONMENT) CC='$(CC)' $(BENCH)
bench-pages:
	$(BENCH) --render

CHECK_NEEDS += $(MEASURE)

# Instruction counts (scripts/icount).
ICOUNT_RECORD := tests/bench/icount.txt

.PHONY: icount icount-update $(B)/icount.txt
icount:    ## fails when a job takes 5 % more instructions than tests/bench/icount.txt says
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) $(B)/icount.txt
	scripts/icount compare $(ICOUNT_RECORD) $(B)/icount.txt
icount-update:    ## writes tests/bench/icount.txt
	scripts/bootstrap check
	$(MAKE) $(PARALLEL) $(B)/icount.txt
	cp $(B)/icount.txt $(ICOUNT_RECORD)
$(B)/icount.txt: $(PROGRAM)
	rm -rf $(B)/icount
	CC='$(CC)' CFLAGS='$(CFLAGS)' scripts/icount measure $(PROGRAM) $(B)/icount >$@.new && mv $@.new $@
