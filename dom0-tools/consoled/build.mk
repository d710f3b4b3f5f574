# SPDX-License-Identifier: MIT
# vane-consoled. All but what maps rings (console.c, main.c) is in the unit
# tests too; so are the helpers that the daemons share.

DT_CONSOLED_PURE := $(addprefix $(DT)/consoled/,ring.c buffer.c budget.c \
	guestlog.c logtext.c hostlog.c client.c)
DT_PURE_SRCS += $(DT_CONSOLED_PURE) $(addprefix $(DT)/lib/,evloop.c daemon.c \
	consproto.c logname.c termfilter.c)
DT_PROGRAMS += $(DT_BUILD)/vane-consoled

$(DT_BUILD)/vane-consoled: $(call dt_objects,$(DT_CONSOLED_PURE) \
		$(addprefix $(DT)/consoled/,console.c main.c)) \
		$(DT_LIB)
	$(CC) -static -o $@ $^

FUZZ_NAMES += termfilter consproto
FUZZ_termfilter_SRCS := $(DT)/lib/termfilter.c
FUZZ_termfilter_CFLAGS := -I$(DT)
FUZZ_consproto_SRCS := $(DT)/lib/consproto.c
FUZZ_consproto_CFLAGS := -I$(DT)
