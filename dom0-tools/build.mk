# SPDX-License-Identifier: MIT
# Domain zero's tools: static programs, because they run from an initramfs.
#
# build/dom0-tools/obj/…	objects, mirroring the sources
# build/dom0-tools/NAME		programs
#
# Areas with a build.mk of their own (stored, consoled, vaned) say which of
# their objects make their program, with the rules given here.

DT := dom0-tools
DT_BUILD := $(BUILD)/dom0-tools
DT_OBJ := $(DT_BUILD)/obj
DT_CFLAGS := $(HOST_CFLAGS) -I$(DT) -I.
DT_LIBS := -llzma -lz -lzstd -lbz2 -llzo2 -llz4 -lmd
# For `vane top` only.
DT_SCREEN_LIBS := -lncursesw -ltinfo

# What is also built into the unit tests, see tests/unit/build.mk: all but the
# programs' mains. (Of the files that only talk to the hypervisor this checks
# no more than that both compilers take them.) Areas add theirs.
DT_CLI_SRCS := $(filter-out %/main.c,$(wildcard $(DT)/cli/*.c))
DT_BUILDER_SRCS := $(filter-out %_main.c,$(wildcard $(DT)/builder/*.c))
DT_CONFIG_SRCS := $(addprefix $(DT)/lib/,arena.c cfgfile.c err.c) \
	$(wildcard $(DT)/lib/config*.c)
DT_PURE_SRCS := $(DT_CONFIG_SRCS) \
	$(addprefix $(DT)/lib/,balloon.c cpumap.c cpupool.c domctl.c domname.c \
		eventlog.c hostconf.c hostmem.c json.c meter.c \
		meter_devices.c meter_rates.c privcmd.c reach.c restarting.c \
		schedctl.c utf8.c) \
	$(DT_BUILDER_SRCS) $(DT_CLI_SRCS) hypervisor/lib/elf.c

# The library: everything that programs share. Only what a program uses is
# linked into it.
DT_LIB_SRCS := $(wildcard $(DT)/lib/*.c) \
	$(DT_BUILDER_SRCS) hypervisor/lib/elf.c
DT_LIB := $(DT_BUILD)/libdom0.a

dt_objects = $(patsubst %.c,$(DT_OBJ)/%.o,$(1))

DT_PROGRAMS := $(DT_BUILD)/vane $(DT_BUILD)/vane-unpack-kernel

-include $(DT)/stored/build.mk $(DT)/consoled/build.mk $(DT)/vaned/build.mk \
	$(DT)/bootfs/build.mk

$(DT_OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(DT_CFLAGS) -MMD -MP -c $< -o $@

$(DT_LIB): $(call dt_objects,$(DT_LIB_SRCS))
	rm -f $@
	$(AR) rcs $@ $^

$(DT_BUILD)/vane: $(call dt_objects,$(DT_CLI_SRCS) $(DT)/cli/main.c) $(DT_LIB)
	$(CC) -static -o $@ $^ $(DT_LIBS) $(DT_SCREEN_LIBS)

$(DT_BUILD)/vane-unpack-kernel: $(call dt_objects,$(DT)/builder/unpack_main.c) \
		$(DT_LIB)
	$(CC) -static -o $@ $^ $(DT_LIBS)

.PHONY: tools
tools: $(DT_PROGRAMS) ## the programs that run in domain zero

-include $(shell [ -d $(DT_OBJ) ] && find $(DT_OBJ) -name '*.d')

# Debian's own examples of configurations, which a unit test reads.
$(BUILD)/xen-examples/etc/xen/xlexample.pvlinux: \
		dom0-tools/image/fetch-deb.sh
	dom0-tools/image/fetch-deb.sh xen-utils-common $(BUILD)/xen-examples \
		./etc/xen
	touch $@

test-unit: $(BUILD)/xen-examples/etc/xen/xlexample.pvlinux

FUZZ_NAMES += config kernel
FUZZ_config_SRCS := $(DT_CONFIG_SRCS)
FUZZ_config_CFLAGS := -I$(DT)
FUZZ_kernel_SRCS := $(addprefix $(DT)/builder/,layout.c unpack.c \
	unpack_blocks.c unpack_streams.c) \
	$(DT)/lib/err.c hypervisor/lib/elf.c
FUZZ_kernel_CFLAGS := -I$(DT)
FUZZ_kernel_LIBS := $(DT_LIBS)
