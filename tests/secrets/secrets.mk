# SPDX-License-Identifier: Apache-2.0
# What a core would hold: tests/secrets/dump.c is preloaded by tests/secrets/secrets.py.

SECRETS_LIB := $(B)/secrets/dump.so

$(SECRETS_LIB): tests/secrets/dump.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O2 -g -fPIC -shared -o $@ $< -ldl

CHECK_SCRIPTS += tests/secrets/secrets.sh
CHECK_NEEDS += $(SECRETS_LIB)
