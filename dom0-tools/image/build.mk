# SPDX-License-Identifier: MIT
# Debian's kernel, the two initramfs archives and domain zero's data disk.
#
# build/linux/	the unpacked kernel package (vmlinuz, lib/modules)
# build/image/	vmlinux, dom0-initrd.img, guest-initrd.img, data.ext4

IMAGE_SRC := dom0-tools/image
IMAGE := $(BUILD)/image
LINUX := $(BUILD)/linux

DOM0_MODULES := crc32c_generic virtio_pci virtio_blk virtio_net sd_mod ahci \
	e1000 loop ext4 bridge xen-evtchn xen-privcmd xen-gntdev xen-gntalloc \
	xenfs xen-blkback xen-netback
# What terminals can do, for `vane top`.
DOM0_TERMINALS := l/linux v/vt100 v/vt102 v/vt220 a/ansi x/xterm x/xterm-256color s/screen \
	s/screen-256color t/tmux t/tmux-256color r/rxvt
GUEST_MODULES := crc32c_generic xen-blkfront xen-netfront ext4
DOM0_TOOLS := vane vane-bootfs vane-stored vane-consoled vaned
VANE_GUESTS := dom0-tools/systemd/vane-guests
DOM0_TOOL_FILES := $(DOM0_TOOLS:%=$(BUILD)/dom0-tools/%)

# The demo: a random file in guest A's disk, an empty disk for guest B.
DEMO_FILE_MIB := 16
DEMO_DISK_MIB := 64

$(LINUX)/vmlinuz: $(IMAGE_SRC)/fetch-deb.sh
	rm -rf $(LINUX)/boot $(LINUX)/lib
	$(IMAGE_SRC)/fetch-deb.sh linux-image-amd64 $(LINUX) \
		./boot ./lib/modules
	/sbin/depmod -b $(LINUX) $$(ls $(LINUX)/lib/modules)
	cp $(LINUX)/boot/vmlinuz-* $@

$(IMAGE)/vmlinux: $(LINUX)/vmlinuz $(BUILD)/dom0-tools/vane-unpack-kernel
	@mkdir -p $(@D)
	$(BUILD)/dom0-tools/vane-unpack-kernel $< $@

IMAGE_TREES := $(shell find $(IMAGE_SRC)/common $(IMAGE_SRC)/dom0 \
	$(IMAGE_SRC)/guest -type f)

$(IMAGE)/dom0-initrd.img: $(IMAGE_SRC)/mkinitrd.sh $(IMAGE_TREES) \
		$(LINUX)/vmlinuz $(DOM0_TOOL_FILES) $(VANE_GUESTS)
	@mkdir -p $(@D)
	$(IMAGE_SRC)/mkinitrd.sh $@ $(LINUX) "$(DOM0_MODULES)" \
		"$(IMAGE_SRC)/common $(IMAGE_SRC)/dom0" \
		$(foreach t,$(DOM0_TOOLS),$(BUILD)/dom0-tools/$(t)=bin/$(t)) \
		$(VANE_GUESTS)=bin/vane-guests \
		$(foreach t,$(DOM0_TERMINALS),/lib/terminfo/$(t)=lib/terminfo/$(t))

$(IMAGE)/guest-initrd.img: $(IMAGE_SRC)/mkinitrd.sh $(IMAGE_TREES) \
		$(LINUX)/vmlinuz
	@mkdir -p $(@D)
	$(IMAGE_SRC)/mkinitrd.sh $@ $(LINUX) "$(GUEST_MODULES)" \
		"$(IMAGE_SRC)/common $(IMAGE_SRC)/guest"

$(IMAGE)/demo/random.bin:
	@mkdir -p $(@D)
	head -c $(DEMO_FILE_MIB)M /dev/urandom >$@

$(IMAGE)/demo/a.ext4: $(IMAGE)/demo/random.bin
	rm -rf $@ $@.tree
	mkdir -p $@.tree
	cp $< $@.tree
	/sbin/mke2fs -q -t ext4 -d $@.tree $@ $(DEMO_DISK_MIB)M

$(IMAGE)/demo/b.ext4: $(IMAGE_SRC)/build.mk
	@mkdir -p $(@D)
	rm -f $@
	/sbin/mke2fs -q -t ext4 $@ $(DEMO_DISK_MIB)M

# What guest B expects is fixed here, where the file was made.
$(IMAGE)/demo/%.cfg: tests/demo/%.cfg $(IMAGE)/demo/random.bin
	sed "s/@SHA256@/$$(sha256sum <$(IMAGE)/demo/random.bin | cut -c-64)/" \
		$< >$@

# Domain zero's second disk: what is too big for an initramfs that every
# boot copies, and what the tests use.
DATA_FILES := $(IMAGE)/vmlinux $(LINUX)/vmlinuz $(IMAGE)/guest-initrd.img
DATA_DISKS := $(IMAGE)/demo/a.ext4 $(IMAGE)/demo/b.ext4 \
	$(BUILD)/system/disk.bin
DATA_CONFIGS := $(IMAGE)/demo/a.cfg $(IMAGE)/demo/b.cfg \
	$(patsubst tests/%,$(BUILD)/%,$(wildcard tests/system/etc/*.cfg)) \
	$(wildcard tests/soak/etc/*.cfg)
DATA_TESTS := $(wildcard tests/system/data/*) $(BUILD)/system/disk.sha256 \
	$(addprefix $(BUILD)/system/,programs/killat programs/pool bomb.zst) \
	$(addprefix $(BUILD)/guest/,hello.elf devices.elf claim-bad.elf \
		store-storm.elf heart.elf hostile.elf) \
	tests/soak/data/soak.sh

$(IMAGE)/data.ext4: $(DATA_FILES) $(DATA_DISKS) $(DATA_CONFIGS) \
		$(DATA_TESTS) $(BUILD)/system/bootdisk/boot.img \
		$(IMAGE_SRC)/build.mk
	rm -rf $@ $@.tree
	mkdir -p $@.tree/boot $@.tree/disks $@.tree/etc/vane $@.tree/tests
	cp $(DATA_FILES) $@.tree/boot
	cp --sparse=always $(DATA_DISKS) $@.tree/disks
	cp -R --sparse=always $(BUILD)/system/bootdisk $@.tree/disks
	cp $(DATA_CONFIGS) $@.tree/etc/vane
	cp $(DATA_TESTS) $@.tree/tests
	/sbin/mke2fs -q -t ext4 -L vane-data -d $@.tree $@ 1G

IMAGE_FILES := $(IMAGE)/vmlinux $(IMAGE)/dom0-initrd.img $(IMAGE)/data.ext4

.PHONY: image
image: $(IMAGE_FILES) ## domain zero's kernel, initramfs and data disk
