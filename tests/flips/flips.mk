# SPDX-License-Identifier: Apache-2.0
# Every bit of a bundle flipped, every length cut, members dropped and exchanged.

# What fuzz_verify shares with it.
$(B)/fuzz/verify $(B)/libfuzzer/verify: $(wildcard tests/fuzz/*.h tests/flips/*.h)
