# SPDX-License-Identifier: MIT
# The instruction-count benchmark; see docs/testing.md.

BENCH := $(BUILD)/bench
XEN_PACKAGE := xen-hypervisor-4.17-amd64

$(BENCH)/ops: tests/bench/ops.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -static -o $@ $<

$(BENCH)/exit: tests/bench/exit.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -static -nostdlib -o $@ $<

$(BENCH)/initrd.img: $(BENCH)/ops $(BENCH)/exit
	rm -rf $@.tree
	mkdir -p $@.tree/dev
	cp $(BENCH)/ops $@.tree/init
	cp $(BENCH)/exit $@.tree/exit
	(cd $@.tree && find . | LC_ALL=C sort | cpio --quiet -o -H newc \
		--owner 0:0 --reproducible) >$@

# The hypervisor to compare with, unpacked and not installed.
$(BENCH)/xen.elf: $(IMAGE_SRC)/fetch-deb.sh
	@mkdir -p $(@D)
	$(IMAGE_SRC)/fetch-deb.sh $(XEN_PACKAGE) $(BENCH)/xen ./boot
	gunzip -c $(BENCH)/xen/boot/xen-4.17-amd64.gz >$@

$(BENCH)/driver: tests/bench/driver.c $(BUILD)/system/harness.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -o $@ $^

BENCH_FILES := $(BENCH)/driver $(BENCH)/initrd.img $(BENCH)/xen.elf \
	$(BUILD)/paravane $(IMAGE)/vmlinux

.PHONY: bench
bench: $(BENCH_FILES) ## instructions per operation, beside Xen
	@$(BENCH)/driver

# The store: a client, our daemon and Debian's, on the build host.
XEN_UTILS := $(BUILD)/xen-utils

$(XEN_UTILS)/.done: $(IMAGE_SRC)/fetch-deb.sh
	@mkdir -p $(@D)
	$(IMAGE_SRC)/fetch-deb.sh xen-utils-4.17 $(XEN_UTILS) ./usr/lib
	touch $@

$(BENCH)/store: tests/bench/store.c $(DT_LIB)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -Idom0-tools -I. -o $@ $^

.PHONY: bench-store
bench-store: $(BENCH)/store ## store operations per second, beside Debian's
	@tests/bench/store.sh $(BENCH)/store $(DT_BUILD)/vane-stored \
		$(XEN_UTILS)/usr/lib/xen-4.17/bin/xenstored
bench-store: $(DT_BUILD)/vane-stored $(XEN_UTILS)/.done
