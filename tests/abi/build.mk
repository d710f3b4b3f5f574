# SPDX-License-Identifier: MIT
# The ABI headers against the published ones (package libxen-dev).

ABI_HEADERS := $(shell find include/public -name '*.h' | sort)
# The published headers; override to compare with another copy.
XEN_INCLUDE ?= /usr/include/xen

.PHONY: test-abi
test-abi: $(BUILD)/abi/test_ring ## compare include/public with Xen's own headers
	@CC="$(CC)" CLANG="$(CLANG)" /usr/bin/env python3 \
		tests/abi/abi_compare.py --xen $(XEN_INCLUDE) \
		--work $(BUILD)/abi --flags '$(WARN)' \
		--program $(BUILD)/abi/test_ring

$(BUILD)/abi/test_ring: tests/abi/test_ring.c $(ABI_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -fsanitize=address,undefined -o $@ $<
