# SPDX-License-Identifier: MIT
# The hypervisor image, build/paravane: a 64-bit image linked high, wrapped as
# a 32-bit ELF that multiboot 1 loaders take. build/hv/paravane.elf has the
# symbols (for gdb).

HV_CFLAGS := -std=gnu11 -O2 -g $(WARN) -ffreestanding -fPIE \
	-fvisibility=hidden -mgeneral-regs-only -mno-red-zone \
	-fno-stack-protector -fcf-protection=none -fno-strict-aliasing \
	-fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns \
	-include hypervisor/lib/hidden.h -Iinclude -Ihypervisor
HV_LTO := -flto -flto-partition=one
# DEBUG=1 checks locks (lib/lock.h) and ASSERT()s: make debug-hypervisor.
ifeq ($(DEBUG),)
HV_CFLAGS += -DNDEBUG
endif

# Pure sources: they also build into the unit tests.
HV_PURE_SRCS := $(sort $(wildcard $(addprefix hypervisor/,lib/*.c log/*.c \
	firmware/*.c mm/*.c pv/*.c event/*.c grant/*.c sched/*.c time/*.c \
	irq/*.c domain/*.c hypercall/*.c boot/cmdline.c boot/memory.c \
	boot/multiboot.c)))
HV_MACHINE_SRCS := hypervisor/boot/main.c \
	$(filter-out hypervisor/x86/offsets.c,$(wildcard hypervisor/x86/*.c))
HV_ASM_SRCS := $(addprefix hypervisor/,boot/head.S x86/entry.S x86/memory.S)

HV_B := $(BUILD)/hv
HV_OBJS := $(patsubst hypervisor/%,$(HV_B)/%.o,\
	$(HV_ASM_SRCS) $(HV_PURE_SRCS) $(HV_MACHINE_SRCS))

.PHONY: hypervisor
hypervisor: $(BUILD)/paravane ## build the hypervisor image

.PHONY: debug-hypervisor
debug-hypervisor: ## the same with its checks: build/debug/paravane
	@$(MAKE) --no-print-directory DEBUG=1 BUILD=$(BUILD)/debug hypervisor

$(HV_B)/%.c.o: hypervisor/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(HV_CFLAGS) $(HV_LTO) -MMD -MP -c $< -o $@

$(HV_B)/%.S.o: hypervisor/%.S $(HV_B)/include/x86/offsets.h
	@mkdir -p $(@D)
	@echo '  AS $<'
	@$(CC) -Iinclude -Ihypervisor -I$(HV_B)/include -MMD -MP -c $< -o $@

$(HV_B)/include/x86/offsets.h: hypervisor/x86/offsets.c
	@mkdir -p $(@D)
	@$(CC) $(HV_CFLAGS) -MMD -MP -MT $@ -MF $(HV_B)/offsets.d \
		-S $< -o $(HV_B)/offsets.s
	@sed -n 's/^->\(#define .*\)/\1/p' $(HV_B)/offsets.s > $@

$(HV_B)/paravane.ld: hypervisor/boot/paravane.ld.S hypervisor/x86/layout.h
	@mkdir -p $(@D)
	@$(CC) -E -P -x c -Ihypervisor $< -o $@

HV_LINK = ld -nostdlib -static -z max-page-size=4096 -z noexecstack \
	--no-warn-rwx-segments -T $(HV_B)/paravane.ld

# All C as one unit, so that small functions of other files are inlined.
$(HV_B)/whole.o: $(HV_OBJS)
	@echo '  LTO $@'
	@$(CC) $(HV_CFLAGS) $(HV_LTO) -nostdlib -r -flinker-output=nolto-rel \
		$(HV_OBJS) -o $@

# Linked twice: the second time with a table of the first one's symbols.
$(HV_B)/paravane.elf: $(HV_B)/whole.o $(HV_B)/paravane.ld hypervisor/symbols.awk
	@echo '  LD $@'
	@echo | awk -f hypervisor/symbols.awk > $(HV_B)/symbols0.S
	@$(CC) -c $(HV_B)/symbols0.S -o $(HV_B)/symbols0.o
	@$(HV_LINK) $(HV_B)/whole.o $(HV_B)/symbols0.o -o $(HV_B)/first.elf
	@nm -n $(HV_B)/first.elf | awk -f hypervisor/symbols.awk \
		> $(HV_B)/symbols.S
	@$(CC) -c $(HV_B)/symbols.S -o $(HV_B)/symbols.o
	@$(HV_LINK) $(HV_B)/whole.o $(HV_B)/symbols.o -o $@

$(BUILD)/paravane: $(HV_B)/paravane.elf hypervisor/boot/wrap.S
	@echo '  WRAP $@'
	@objcopy -O binary $< $(HV_B)/paravane.bin
	@end=$$(nm $< | awk '$$3 == "image_end" { print substr($$1, 9) }'); \
	gcc -m32 -c -DIMAGE='"$(HV_B)/paravane.bin"' -DIMAGE_END=0x$$end \
		hypervisor/boot/wrap.S -o $(HV_B)/wrap.o
	@ld -m elf_i386 -N -nostdlib -z noexecstack --no-warn-rwx-segments \
		-Ttext=0x100000 -e image $(HV_B)/wrap.o -o $@

-include $(shell find $(HV_B) -name '*.d' 2>/dev/null)
