# SPDX-License-Identifier: MIT
# vane-stored. Its core is pure, and in the unit tests and the fuzzer too; the
# server around it is tested with a stand-in for xen.c.

DT_STORED_PURE := $(addprefix $(DT)/stored/,wire.c tree.c quota.c client.c \
	watch.c txn.c nodes.c domains.c control.c core.c ring.c record.c \
	dump.c restore.c replay.c)
DT_STORED_SERVER := $(addprefix $(DT)/stored/,server.c guests.c state.c \
	journal.c)
DT_PURE_SRCS += $(DT_STORED_PURE) $(DT_STORED_SERVER) \
	$(addprefix $(DT)/lib/,store.c store_link.c store_errors.c)
DT_PROGRAMS += $(DT_BUILD)/vane-stored

$(DT_BUILD)/vane-stored: $(call dt_objects,$(DT_STORED_PURE) \
		$(DT_STORED_SERVER) $(addprefix $(DT)/stored/,xen.c main.c)) \
		$(DT_LIB)
	$(CC) -static -o $@ $^

FUZZ_NAMES += store
FUZZ_store_SRCS := $(DT_STORED_PURE) $(DT)/lib/store_errors.c
FUZZ_store_CFLAGS := -I$(DT)

# Its xenstore-control, which xenstore-utils lacks.
XEN_UTILS := $(BUILD)/xen-utils

$(XEN_UTILS)/.done: dom0-tools/image/fetch-deb.sh
	@mkdir -p $(@D)
	dom0-tools/image/fetch-deb.sh xen-utils-4.17 $(XEN_UTILS) ./usr/lib
	touch $@

.PHONY: test-store-utils
test-store-utils: $(XEN_UTILS)/.done ## Debian's xenstore-utils against it
	@tests/unit/dom0-tools/stored/xenstore-utils.sh \
		$(DT_BUILD)/vane-stored \
		$(XEN_UTILS)/usr/lib/xen-4.17/bin/xenstore-control \
		$(DT_BUILD) >$(BUILD)/xenstore-utils.log 2>&1 || \
		{ cat $(BUILD)/xenstore-utils.log; exit 1; }
	@tail -n 1 $(BUILD)/xenstore-utils.log
test-store-utils: $(DT_BUILD)/vane-stored $(DT_BUILD)/libxenstore.so.4

# The client library, static for our programs and shared in the place of Xen's.
DT_VANESTORE_SRCS := $(addprefix $(DT)/lib/,xenstore.c store.c store_link.c \
	store_errors.c)
DT_PURE_SRCS += $(DT)/lib/xenstore.c
DT_PROGRAMS += $(DT_BUILD)/libvanestore.a $(DT_BUILD)/libxenstore.so.4

$(DT_BUILD)/libvanestore.a: $(call dt_objects,$(DT_VANESTORE_SRCS))
	rm -f $@
	$(AR) rcs $@ $^

$(DT_BUILD)/libxenstore.so.4: $(DT_VANESTORE_SRCS) $(DT)/lib/xenstore.map
	@mkdir -p $(@D)
	$(CC) $(DT_CFLAGS) -fPIC -shared -Wl,-soname,libxenstore.so.4 \
		-Wl,--version-script=$(DT)/lib/xenstore.map -o $@ \
		$(DT_VANESTORE_SRCS) -lpthread
