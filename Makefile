# SPDX-License-Identifier: MIT
# Paravane's one Makefile. Each area keeps its rules in its own build.mk.

BUILD := build
CC := gcc
CLANG := clang
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Werror
HOST_CFLAGS := -std=gnu11 -O2 -g $(WARN) -Iinclude

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

include hypervisor/build.mk
-include dom0-tools/build.mk
-include dom0-tools/image/build.mk
-include dom0-tools/systemd/build.mk
-include $(wildcard tests/*/build.mk)
-include docs/build.mk

.PHONY: help all clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort -u | \
	awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

clean: ## remove build output
	rm -rf $(BUILD)
