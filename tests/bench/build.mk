# SPDX-License-Identifier: MIT
# The benchmarks; see docs/testing.md.

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

# The scheduler's own code, as the hypervisor is compiled, on a simulated clock:
# shares over time, and the instructions of a choice.
SCHED_SRCS := tests/bench/sched_machine.c \
	tests/unit/hypervisor/sched/simulation.c \
	$(addprefix hypervisor/,sched/sched.c sched/share.c sched/null.c \
	sched/pool.c sched/tree.c time/timer.c lib/lock.c)

$(BENCH)/shares $(BENCH)/cycle: $(BENCH)/%: tests/bench/%.c $(SCHED_SRCS) \
		$(wildcard hypervisor/sched/*.h hypervisor/lib/*.h)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -DUNIT_TEST=1 -DNDEBUG -flto -fno-strict-aliasing \
		-fcf-protection=none -Itests/unit/fake -Itests/unit -Itests \
		-Ihypervisor -Iinclude -o $@ $< $(SCHED_SRCS)

.PHONY: bench-shares
bench-shares: $(BENCH)/shares $(BENCH)/cycle ## the scheduler simulated: shares (CSV, SVG), cost
	@$(BENCH)/shares $(BENCH)/shares.csv $(BENCH)/shares.svg
	@echo "plot: $(BENCH)/shares.svg"
	@$(BENCH)/cycle

.PHONY: bench
bench: $(BENCH_FILES) bench-shares ## instructions and times per operation, beside Xen
	@$(BENCH)/driver
	@$(MAKE) --no-print-directory bench-sched
	@$(MAKE) --no-print-directory bench-locks
	@$(MAKE) --no-print-directory bench-tools

# The scheduler on a machine.
$(BENCH)/sched: tests/bench/sched.c $(BUILD)/system/harness.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -o $@ $^ -lm

$(BENCH)/rtt: tests/bench/rtt.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -static -o $@ $<

SCHED_FILES := $(BENCH)/rtt $(BUILD)/guest/load.elf \
	$(BUILD)/system/programs/pool \
	$(addprefix tests/bench/etc/,load.cfg echo.cfg)

$(BENCH)/sched.ext4: $(SCHED_FILES) $(IMAGE)/vmlinux $(IMAGE)/guest-initrd.img
	rm -rf $@ $@.tree
	mkdir -p $@.tree/boot $@.tree/bench
	cp $(IMAGE)/vmlinux $(IMAGE)/guest-initrd.img $@.tree/boot
	cp $(SCHED_FILES) $@.tree/bench
	/sbin/mke2fs -q -t ext4 -L vane-data -d $@.tree $@ 256M

.PHONY: bench-sched
bench-sched: $(BENCH)/sched $(BENCH)/sched.ext4 $(BUILD)/paravane \
		$(IMAGE)/vmlinux $(IMAGE)/dom0-initrd.img ## shares, caps, latencies beside hogs, on a machine
	@$(BENCH)/sched

$(BENCH)/locks: tests/bench/locks.c $(BUILD)/system/harness.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -o $@ $^

.PHONY: bench-locks
bench-locks: $(BENCH)/locks debug-hypervisor $(IMAGE_FILES) ## which locks are waited for under which load
	@$(BENCH)/locks

# The toolstack, beside Debian's.
$(BENCH)/tools: tests/bench/tools.c $(BUILD)/system/harness.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -o $@ $^

$(BENCH)/stopwatch: tests/bench/stopwatch.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -static -o $@ $<

$(BENCH)/store: tests/bench/store.c $(DT_LIB)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -Idom0-tools -I. -static -o $@ $^

TOOLS_FILES := $(addprefix $(BENCH)/,stopwatch store) \
	$(BUILD)/guest/hello.elf tests/bench/machine.sh tests/bench/rows.sh \
	$(wildcard tests/bench/etc/*.cfg)
TOOLS_BOOT := $(LINUX)/vmlinuz $(IMAGE)/guest-initrd.img

$(BENCH)/tools.ext4: $(TOOLS_FILES) $(TOOLS_BOOT)
	rm -rf $@ $@.tree
	mkdir -p $@.tree/boot $@.tree/bench
	cp $(TOOLS_BOOT) $@.tree/boot
	cp $(TOOLS_FILES) $@.tree/bench
	truncate -s 64M $@.tree/bench/disk.img
	/sbin/mke2fs -q -t ext4 -L vane-data -d $@.tree $@ 256M

.PHONY: bench-tools
bench-tools: $(BENCH)/tools $(BENCH)/tools.ext4 $(BENCH)/xen.elf \
		$(BUILD)/peers/root.ext4 $(BUILD)/paravane $(IMAGE)/vmlinux \
		$(IMAGE)/dom0-initrd.img ## create, list, destroy, the store, beside Debian's
	@$(BENCH)/tools

# The tests build them all, so that none falls behind.
.PHONY: bench-programs
bench-programs: $(addprefix $(BENCH)/,ops exit driver shares cycle sched rtt \
	locks tools stopwatch store)

# The store alone, on the build host.
.PHONY: bench-store
bench-store: $(BENCH)/store ## store operations per second, on this machine
	@tests/bench/store.sh $(BENCH)/store $(DT_BUILD)/vane-stored
bench-store: $(DT_BUILD)/vane-stored
