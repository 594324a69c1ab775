# SPDX-License-Identifier: Apache-2.0
# A PKCS#11 module for tests only.

MOCK_MODULE := $(B)/tests/mock-pkcs11.so

$(MOCK_MODULE): $(wildcard tests/pkcs11/*.[ch])
	@mkdir -p $(@D)
	$(call said,LINK,$@)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) $(PKG_CFLAGS) -O2 -g -fPIC -shared -o $@ $(filter %.c,$^) $(PKG_LIBS)

CHECK_NEEDS += $(MOCK_MODULE)

# Unit tests load it, too.
unit: $(MOCK_MODULE)
