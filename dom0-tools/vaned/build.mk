# SPDX-License-Identifier: MIT
# vaned. Its state machines are pure, and in the unit tests too; so are the
# files about loop devices, block devices and interfaces, which are tested
# with the running kernel.

DT_VANED_PURE := $(addprefix $(DT)/vaned/,device.c event.c \
	http.c httpd.c life.c openmetrics.c)
DT_PURE_SRCS += $(DT_VANED_PURE) $(addprefix $(DT)/lib/,blockdev.c loopdev.c \
	rtnetlink.c script.c)
DT_PROGRAMS += $(DT_BUILD)/vaned

$(DT_BUILD)/vaned: $(call dt_objects,$(DT_VANED_PURE) \
		$(addprefix $(DT)/vaned/,aside.c backends.c decide.c domains.c \
		main.c metrics.c record.c restart.c script.c sweep.c vbd.c vif.c \
		worker.c)) $(DT_LIB)
	$(CC) -static -o $@ $^ $(DT_LIBS)

FUZZ_NAMES += http
FUZZ_http_SRCS := $(DT)/vaned/http.c
FUZZ_http_CFLAGS := -I$(DT)
