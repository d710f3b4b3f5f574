# SPDX-License-Identifier: MIT
# System tests under QEMU; the targets that run everything.

SYSTEM := $(BUILD)/system
HARNESS_OBJS := $(patsubst %,$(SYSTEM)/%.o,harness log qemu serial)
SYSTEM_OBJS := $(patsubst tests/system/%.c,$(SYSTEM)/%.o,\
	$(wildcard tests/system/*.c))

$(SYSTEM)/%.o: tests/system/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -MMD -MP -c -o $@ $<

# What drives a machine, for the demo and the benchmark too.
$(SYSTEM)/harness.a: $(HARNESS_OBJS)
	rm -f $@
	$(AR) rcs $@ $^

$(SYSTEM)/tests: $(SYSTEM_OBJS) $(BUILD)/soak/plan.o $(BUILD)/soak/soak.o
	$(CC) -o $@ $^ -lcriterion

# Programs that tests run in domain zero.
$(SYSTEM)/programs/%: tests/system/programs/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -static -o $@ $<

# Makes hypercalls.
$(SYSTEM)/programs/pool: tests/system/programs/pool.c $(DT_LIB)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -Idom0-tools -I. -static -o $@ $^

-include $(wildcard $(SYSTEM)/*.d)

# 1 GiB of zeroes in 33 KiB, which calls itself a kernel.
$(SYSTEM)/bomb.zst: tests/system/build.mk
	@mkdir -p $(@D)
	head -c 1G /dev/zero | zstd -q -f -o $@

# A disk of random bytes, read through every driver and compared.
$(SYSTEM)/disk.bin: tests/system/build.mk
	@mkdir -p $(@D)
	head -c 8M /dev/urandom >$@

$(SYSTEM)/disk.sha256: $(SYSTEM)/disk.bin
	sha256sum <$< >$@

# Guests' disks that say themselves what they boot.
$(SYSTEM)/bootdisk/boot.img: tests/system/bootdisk/make.sh \
		tests/system/bootdisk/grub.cfg $(LINUX)/vmlinuz \
		$(IMAGE)/guest-initrd.img
	tests/system/bootdisk/make.sh $(abspath $(@D)) \
		$(abspath $(LINUX)/vmlinuz $(IMAGE)/guest-initrd.img)

$(SYSTEM)/etc/%.cfg: tests/system/etc/%.cfg $(SYSTEM)/disk.sha256
	@mkdir -p $(@D)
	sed "s/@DISK_SHA256@/$$(cut -c-64 $(SYSTEM)/disk.sha256)/" $< >$@

$(SYSTEM)/paravane.iso: $(BUILD)/paravane $(IMAGE)/vmlinux \
		$(IMAGE)/dom0-initrd.img tests/system/grub.cfg
	rm -rf $@.tree
	mkdir -p $@.tree/boot/grub
	cp $(filter-out %.cfg,$^) $@.tree/boot
	cp tests/system/grub.cfg $@.tree/boot/grub
	grub-mkrescue -d /usr/lib/grub/i386-pc -o $@ $@.tree 2>$@.log || \
		{ cat $@.log; false; }

SYSTEM_FILES := $(SYSTEM)/tests $(SYSTEM)/paravane.iso $(SYSTEM)/disk.bin \
	$(BUILD)/paravane $(IMAGE_FILES) $(GUEST_ELFS) $(PEERS)/root.ext4

.PHONY: test test-all test-system system-files
system-files: $(SYSTEM_FILES) guests debug-hypervisor bench-programs

test-system: system-files ## system tests under QEMU
	$(SYSTEM)/tests

# Everything is built before the first test runs; the summaries of Criterion
# come last, the system tests' at the very end.
test: deps ## all tests, from a fresh clone
	@$(MAKE) --no-print-directory test-all

test-all: test-unit test-abi test-install test-store-utils test-metrics test-system
