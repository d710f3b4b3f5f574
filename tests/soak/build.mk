# SPDX-License-Identifier: MIT
# make soak: random operations on guests for an hour; see docs/testing.md.

SOAK := $(BUILD)/soak
SOAK_OBJS := $(SOAK)/plan.o $(SOAK)/soak.o

$(SOAK)/%.o: tests/soak/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -MMD -MP -c -o $@ $<

$(SOAK)/soak: $(SOAK)/main.o $(SOAK_OBJS) $(BUILD)/system/harness.a
	$(CC) -o $@ $^

-include $(wildcard $(SOAK)/*.d)

.PHONY: soak soak-files
soak-files: $(SOAK)/soak $(BUILD)/system/tests $(BUILD)/paravane $(IMAGE_FILES)

soak: deps ## random operations on four CPUs for SOAK_MINUTES (60)
	@$(MAKE) --no-print-directory soak-files
	@$(SOAK)/soak
	@MANY_STOCK=40 $(SYSTEM)/tests --filter 'many/*'
