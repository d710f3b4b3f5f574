# SPDX-License-Identifier: MIT
# libFuzzer runs of the pure cores. fuzz_NAME.c is linked with the sources in
# FUZZ_NAME_SRCS; NAME is in FUZZ_NAMES. Another area adds its own in its
# build.mk: FUZZ_NAMES += store, FUZZ_store_SRCS := ..., FUZZ_store_CFLAGS :=.
# New inputs are kept in build/fuzz/corpus, a crash is written to build/fuzz.

FUZZ_SECONDS ?= 20
FUZZ_NAMES += decode elf acpi cmdline
FUZZ_decode_SRCS := hypervisor/pv/decode.c hypervisor/pv/evaluate.c
FUZZ_elf_SRCS := hypervisor/lib/elf.c
FUZZ_acpi_SRCS := hypervisor/firmware/acpi.c
FUZZ_cmdline_SRCS := hypervisor/boot/cmdline.c

FUZZ_CFLAGS := -std=gnu11 -O1 -g $(WARN) -fno-omit-frame-pointer \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-Itests/unit/fake -Ihypervisor -Iinclude -I.
FUZZ_BINS := $(FUZZ_NAMES:%=$(BUILD)/fuzz/fuzz_%)

# $(1): the name
define fuzz_rule
$(BUILD)/fuzz/fuzz_$(1): tests/fuzz/fuzz_$(1).c $(FUZZ_$(1)_SRCS) \
		tests/fuzz/build.mk
	@mkdir -p $$(@D)
	@echo '  FUZZ $$@'
	@$(CLANG) $(FUZZ_CFLAGS) $(FUZZ_$(1)_CFLAGS) -o $$@ $$< \
		$(FUZZ_$(1)_SRCS) $(FUZZ_$(1)_LIBS)
endef
$(foreach name,$(FUZZ_NAMES),$(eval $(call fuzz_rule,$(name))))
# One command compiles several files: they depend on every header near.
$(FUZZ_BINS): $(wildcard $(addprefix hypervisor/,lib/*.h pv/decode.h \
	firmware/*.h boot/cmdline.h) tests/unit/hypervisor/lib/*.h)

.PHONY: fuzz
fuzz: $(FUZZ_BINS) ## fuzz each pure core for FUZZ_SECONDS (20)
	@for name in $(FUZZ_NAMES); do \
		out=$(BUILD)/fuzz/$$name; \
		mkdir -p $(BUILD)/fuzz/corpus/$$name; \
		if ! $(BUILD)/fuzz/fuzz_$$name -timeout=10 \
			-max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
			-artifact_prefix=$$out- $(BUILD)/fuzz/corpus/$$name \
			>$$out.log 2>&1; then \
			tail -n 40 $$out.log; \
			echo "fuzz_$$name: FAILED, the input is $$out-*"; \
			exit 1; \
		fi; \
		echo "fuzz_$$name: $(FUZZ_SECONDS) s," \
			"$$(sed -n 's/^stat::number_of_executed_units: *//p' \
			$$out.log) runs, no failure"; \
	done
