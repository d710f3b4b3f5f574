# SPDX-License-Identifier: MIT
# Micro-guests: each folder tests/guest/NAME with a main.c becomes
# build/guest/NAME.elf. A notes.S in the folder replaces lib/notes.S.

GUESTS := $(patsubst tests/guest/%/main.c,%,\
	$(sort $(wildcard tests/guest/*/main.c)))
GUEST_ELFS := $(GUESTS:%=$(BUILD)/guest/%.elf)
# The hypervisor that test-guests runs them on.
HYPERVISOR ?= $(BUILD)/paravane

GUEST_CFLAGS := -std=gnu11 -O2 -g $(WARN) -ffreestanding -fPIE \
	-fvisibility=hidden -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -mno-red-zone -mgeneral-regs-only \
	-Iinclude -Itests/guest/lib
# Linked high like a kernel; a guest may choose its own place.
GUEST_BASE_DEFAULT := 0xffffffff80000000
GUEST_BASE_low-base := 0x0
guest_base = $(or $(GUEST_BASE_$(1)),$(GUEST_BASE_DEFAULT))

GUEST_LIB := $(patsubst tests/guest/lib/%,$(BUILD)/guest/lib/%.o,\
	$(filter-out %/notes.S,$(wildcard tests/guest/lib/*.[cS])))

.PHONY: guests test-guests
guests: $(GUEST_ELFS) ## build the micro-guests

test-guests: $(GUEST_ELFS) ## run each micro-guest as domain zero in QEMU
	@tests/guest/run-all.sh $(HYPERVISOR) $(GUESTS)

$(BUILD)/guest/lib/%.c.o: tests/guest/lib/%.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/guest/lib/%.S.o: tests/guest/lib/%.S
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/guest/obj/%/main.c.o: tests/guest/%/main.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/guest/obj/%.S.o: tests/guest/%.S
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

# $(1): the guest's name.
define guest_rule
GUEST_NOTES_$(1) := $$(if $$(wildcard tests/guest/$(1)/notes.S),\
	$(BUILD)/guest/obj/$(1)/notes.S.o,$(BUILD)/guest/lib/notes.S.o)
$(BUILD)/guest/$(1).elf: $(BUILD)/guest/obj/$(1)/main.c.o \
		$$(GUEST_NOTES_$(1)) $(GUEST_LIB) tests/guest/lib/guest.ld
	$$(CC) -nostdlib -static -Wl,--build-id=none \
		-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack \
		-Wl,--no-warn-rwx-segments \
		-Wl,--defsym=GUEST_BASE=$(call guest_base,$(1)) \
		-Wl,--defsym=guest_base=$(call guest_base,$(1)) \
		-T tests/guest/lib/guest.ld -o $$@ \
		$$(filter %.o,$$^)
endef
$(foreach g,$(GUESTS),$(eval $(call guest_rule,$(g))))

-include $(wildcard $(BUILD)/guest/lib/*.d $(BUILD)/guest/obj/*/*.d)
