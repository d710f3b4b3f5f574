# SPDX-License-Identifier: MIT
# vane-bootfs: looks into a guest's disk, sandboxed.

BOOTFS_SRCS := $(filter-out %/main.c,$(wildcard $(DT)/bootfs/*.c))
BOOTFS_LIBS := -lext2fs -lcom_err -lblkid -luuid
DT_PROGRAMS += $(DT_BUILD)/vane-bootfs
DT_PURE_SRCS += $(BOOTFS_SRCS)
DT_LIBS += $(BOOTFS_LIBS)

$(DT_BUILD)/vane-bootfs: $(call dt_objects,$(BOOTFS_SRCS) $(DT)/bootfs/main.c) \
		$(DT_LIB)
	$(CC) -static -o $@ $^ $(BOOTFS_LIBS)

FUZZ_NAMES += boot
FUZZ_boot_SRCS := $(BOOTFS_SRCS) $(addprefix $(DT)/lib/,arena.c err.c)
FUZZ_boot_CFLAGS := -I$(DT)
FUZZ_boot_LIBS := $(BOOTFS_LIBS)
