# SPDX-License-Identifier: MIT
# Domain zero from a real Debian root file system, systemd and all. Takes some
# minutes to build and is therefore not part of `make test`.

DEBIAN := $(BUILD)/debian

$(DEBIAN)/root.ext4: tests/debian/make-root.sh $(DT_PROGRAMS) \
		$(wildcard dom0-tools/systemd/*) $(BUILD)/guest/hello.elf
	@mkdir -p $(@D)
	tests/debian/make-root.sh $@ $(DEBIAN)

.PHONY: test-debian
test-debian: $(BUILD)/paravane $(DEBIAN)/root.ext4 \
		$(BUILD)/dom0-tools/vane-unpack-kernel ## Debian with systemd as domain zero, to a login prompt
	tests/debian/run.sh $(BUILD)/paravane $(DEBIAN)
