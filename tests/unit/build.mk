# SPDX-License-Identifier: MIT
# Unit tests: every pure source, compiled unchanged for the host, with the
# fakes that stand for the machine and the tests that mirror the tree, under
# ASan and UBSan; once by gcc and once by clang. One binary for the
# hypervisor, one for dom0-tools.

# hypervisor/build.mk and dom0-tools/build.mk list their pure sources; these
# are the ones that need no fake.
HV_PURE_SRCS ?= $(addprefix hypervisor/,boot/cmdline.c firmware/acpi.c \
	lib/elf.c log/fmt.c mm/extent.c pv/decode.c pv/evaluate.c)
DT_PURE_SRCS ?=
DT_LIBS ?=

UNIT_FAKE_SRCS := $(sort $(shell find tests/unit/fake -name '*.c'))
# libc provides these functions; test_string.c includes the file by itself.
UNIT_HV_SRCS := $(filter-out hypervisor/lib/string.c,$(HV_PURE_SRCS)) \
	$(UNIT_FAKE_SRCS) \
	$(sort $(shell find tests/unit/hypervisor -name '*.c' 2>/dev/null))
UNIT_DT_TESTS := $(sort \
	$(shell find tests/unit/dom0-tools -name '*.c' 2>/dev/null))
UNIT_DT_SRCS := $(DT_PURE_SRCS) $(UNIT_DT_TESTS)

UNIT_CFLAGS := -std=gnu11 -O1 -g $(WARN) -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-DUNIT_TEST=1
UNIT_COMMA := ,
# A fake header in tests/unit/fake/x86 stands before the real one.
UNIT_HV_CFLAGS := $(UNIT_CFLAGS) -Itests/unit/fake -Itests/unit -Ihypervisor \
	-Iinclude -I.
UNIT_DT_CFLAGS := $(UNIT_CFLAGS) $(DT_CFLAGS) -Itests/unit -Iinclude \
	-Idom0-tools -I.

# test_steps.c counts the basic blocks that the store runs through.
UNIT_STEPS_CFLAGS := -fsanitize-coverage=trace-pc

# fake/heap.c stands before these: a test lets an allocation fail.
UNIT_HV_WRAP := $(addprefix -Wl$(UNIT_COMMA)--wrap=,hv_alloc hv_page_alloc \
	page_alloc page_alloc_for page_alloc_unscrubbed)

UNIT_BINS := $(addprefix $(BUILD)/unit/,hypervisor-gcc hypervisor-clang)
ifneq ($(UNIT_DT_TESTS),)
UNIT_BINS += $(addprefix $(BUILD)/unit/,dom0-tools-gcc dom0-tools-clang)
endif

# $(1): gcc or clang; $(2): its command
define unit_compiler
$(BUILD)/unit/$(1)/hv/%.o: %.c tests/unit/build.mk
	@mkdir -p $$(@D)
	@echo '  UNIT $(1) $$<'
	@$(2) $$(UNIT_HV_CFLAGS) -MMD -MP -c -o $$@ $$<

$(BUILD)/unit/$(1)/dt/%.o: %.c tests/unit/build.mk
	@mkdir -p $$(@D)
	@echo '  UNIT $(1) $$<'
	@$(2) $$(UNIT_DT_CFLAGS) -MMD -MP -c -o $$@ $$<

$(BUILD)/unit/$(1)/dt/dom0-tools/stored/%.o: \
	UNIT_DT_CFLAGS += $$(UNIT_STEPS_CFLAGS)

$(BUILD)/unit/hypervisor-$(1): $$(UNIT_HV_SRCS:%.c=$(BUILD)/unit/$(1)/hv/%.o)
	@echo '  UNIT $$@'
	@$(2) $$(UNIT_CFLAGS) $$(UNIT_HV_WRAP) -o $$@ $$^ \
		-lcriterion -lpthread

$(BUILD)/unit/dom0-tools-$(1): $$(UNIT_DT_SRCS:%.c=$(BUILD)/unit/$(1)/dt/%.o)
	@echo '  UNIT $$@'
	@$(2) $$(UNIT_CFLAGS) -o $$@ $$^ $$(DT_LIBS) $$(DT_SCREEN_LIBS) \
		-lcriterion -lpthread

-include $$(patsubst %.c,$(BUILD)/unit/$(1)/hv/%.d,$$(UNIT_HV_SRCS))
-include $$(patsubst %.c,$(BUILD)/unit/$(1)/dt/%.d,$$(UNIT_DT_SRCS))
endef
$(eval $(call unit_compiler,gcc,$(CC)))
$(eval $(call unit_compiler,clang,$(CLANG)))

include tests/unit/hammer/build.mk tests/unit/threads/build.mk

# All of them run, even if one fails; each ends with Criterion's own summary.
# What a passing run prints is in its log. Criterion does not see a leak that
# LeakSanitizer finds when a test has ended: the log does.
.PHONY: test-unit
test-unit: $(UNIT_BINS) $(HAMMER_BINS) $(THREADS_BINS) \
		$(MUTANT_BINS) ## unit tests, gcc and clang, ASan and UBSan; threads under TSan
	@status=0; \
	for bin in $(UNIT_BINS); do \
		good=yes; \
		$$bin --jobs 2 >$$bin.log 2>&1 || good=no; \
		grep -aqE 'ERROR: [A-Za-z]+Sanitizer|runtime error:' \
			$$bin.log && good=no; \
		if [ $$good = no ]; then \
			status=1; \
			cat $$bin.log; \
			echo; \
		fi; \
		echo "$$bin: $$(grep -ao '\[====\] Synthesis.*' $$bin.log)"; \
	done; \
	$(HAMMER_RUN) || status=1; \
	$(THREADS_RUN) || status=1; \
	exit $$status
