# SPDX-License-Identifier: MIT
# vane-consoled. Rings, buffers, budgets and logs are pure, and in the unit
# tests too; so are the helpers that both daemons share.

DT_CONSOLED_PURE := $(addprefix $(DT)/consoled/,ring.c buffer.c budget.c \
	guestlog.c)
DT_PURE_SRCS += $(DT_CONSOLED_PURE) $(addprefix $(DT)/lib/,evloop.c daemon.c)
DT_PROGRAMS += $(DT_BUILD)/vane-consoled

$(DT_BUILD)/vane-consoled: $(call dt_objects,$(DT_CONSOLED_PURE) \
		$(addprefix $(DT)/consoled/,console.c client.c main.c)) \
		$(DT_LIB)
	$(CC) -static -o $@ $^
