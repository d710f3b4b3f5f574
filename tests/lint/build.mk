# SPDX-License-Identifier: MIT
# What keeps the sources in order, and the packages that everything needs.

FORMATTED = $(shell find hypervisor dom0-tools include tests \
	\( -name '*.c' -o -name '*.h' \) -print)

.PHONY: lint format deps
lint: ## formatting, cppcheck, headers, machine code, links
	@tests/lint.sh

format: ## clang-format on every source
	@clang-format -i $(FORMATTED)

deps: ## install the Debian packages that are missing
	@tests/install-deps.sh
