# SPDX-License-Identifier: MIT
# The hammer on frame types (hammer.c), under ThreadSanitizer; and once with
# each of the mistakes in steps.h, which it has to find.

HAMMER := $(BUILD)/unit/hammer
HAMMER_CFLAGS := -std=gnu11 -O1 -g $(WARN) -fno-omit-frame-pointer \
	-fsanitize=thread -DUNIT_TEST=1 \
	-Itests/unit/hammer -Itests/unit/fake -Itests/unit -Ihypervisor \
	-Iinclude -I.
HAMMER_STEPPED := hypervisor/mm/frame.c hypervisor/pv/table.c
HAMMER_PLANTS := 1 2 3
HAMMER_SRCS := $(filter-out hypervisor/lib/string.c $(HAMMER_STEPPED),\
	$(HV_PURE_SRCS)) \
	$(filter-out %/heap.c,$(sort $(wildcard tests/unit/fake/*.c))) \
	tests/unit/hypervisor/pv/pv_fixture.c tests/unit/hammer/hammer.c

$(HAMMER)/o/%.o: %.c tests/unit/hammer/build.mk
	@mkdir -p $(@D)
	@echo '  TSAN $<'
	@$(CLANG) $(HAMMER_CFLAGS) -MMD -MP -c -o $@ $<

# $(1): 0, or a mistake's number.
define hammer_program
$(HAMMER)/$(1)/%.o: %.c tests/unit/hammer/build.mk
	@mkdir -p $$(@D)
	@echo '  TSAN $(1) $$<'
	@$(CLANG) $(HAMMER_CFLAGS) -DPLANT=$(1) \
		-include tests/unit/hammer/steps.h -MMD -MP -c -o $$@ $$<

$(HAMMER)/hammer-$(1): $(HAMMER_SRCS:%.c=$(HAMMER)/o/%.o) \
		$(HAMMER_STEPPED:%.c=$(HAMMER)/$(1)/%.o)
	@echo '  TSAN $$@'
	@$(CLANG) -fsanitize=thread -o $$@ $$^ -lpthread

-include $(HAMMER_STEPPED:%.c=$(HAMMER)/$(1)/%.d)
endef
$(foreach n,0 $(HAMMER_PLANTS),$(eval $(call hammer_program,$(n))))

-include $(HAMMER_SRCS:%.c=$(HAMMER)/o/%.d)

HAMMER_BINS := $(foreach n,0 $(HAMMER_PLANTS),$(HAMMER)/hammer-$(n))
HAMMER_RUN := tests/unit/hammer/run.sh $(HAMMER) $(HAMMER_PLANTS)

.PHONY: test-hammer
test-hammer: $(HAMMER_BINS) ## frame types under ThreadSanitizer
	@$(HAMMER_RUN)
