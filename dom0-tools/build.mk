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
DT_LIBS := -llzma -lz -lzstd

# What needs neither a hypervisor nor a daemon: also built into the unit
# tests, see tests/unit/build.mk. Areas add theirs.
DT_PURE_SRCS := \
	$(addprefix $(DT)/lib/,arena.c cfgfile.c config.c config_devices.c \
		config_print.c err.c json.c domname.c) \
	$(addprefix $(DT)/builder/,bootstate.c layout.c nodes.c unpack.c) \
	$(addprefix $(DT)/cli/,format.c) \
	hypervisor/lib/elf.c

# The library: everything that programs share. Only what a program uses is
# linked into it.
DT_LIB_SRCS := $(wildcard $(DT)/lib/*.c) \
	$(filter-out %_main.c,$(wildcard $(DT)/builder/*.c)) \
	hypervisor/lib/elf.c
DT_LIB := $(DT_BUILD)/libdom0.a

DT_CLI_SRCS := $(wildcard $(DT)/cli/*.c)

dt_objects = $(patsubst %.c,$(DT_OBJ)/%.o,$(1))

DT_PROGRAMS := $(DT_BUILD)/vane $(DT_BUILD)/vane-unpack-kernel

-include $(DT)/stored/build.mk $(DT)/consoled/build.mk $(DT)/vaned/build.mk

$(DT_OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(DT_CFLAGS) -MMD -MP -c $< -o $@

$(DT_LIB): $(call dt_objects,$(DT_LIB_SRCS))
	rm -f $@
	$(AR) rcs $@ $^

$(DT_BUILD)/vane: $(call dt_objects,$(DT_CLI_SRCS)) $(DT_LIB)
	$(CC) -static -o $@ $^ $(DT_LIBS)

$(DT_BUILD)/vane-unpack-kernel: $(call dt_objects,$(DT)/builder/unpack_main.c) \
		$(DT_LIB)
	$(CC) -static -o $@ $^ $(DT_LIBS)

.PHONY: tools
tools: $(DT_PROGRAMS) ## the programs that run in domain zero

-include $(shell [ -d $(DT_OBJ) ] && find $(DT_OBJ) -name '*.d')
