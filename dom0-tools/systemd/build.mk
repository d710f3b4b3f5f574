# SPDX-License-Identifier: MIT
# make install: programs, units, documents and directories for a domain zero
# with systemd. DESTDIR is where the tree is put together, PREFIX where it
# will stand.

PREFIX ?= /usr
DESTDIR ?=
SBINDIR = $(PREFIX)/sbin
UNITDIR = $(PREFIX)/lib/systemd/system
MANDIR = $(PREFIX)/share/man
COMPLETIONDIR = $(PREFIX)/share/bash-completion/completions

SYSTEMD_SRC := dom0-tools/systemd
SYSTEMD_UNITS := $(patsubst $(SYSTEMD_SRC)/%,%,\
	$(wildcard $(SYSTEMD_SRC)/*.service))
INSTALL_PROGRAMS := $(sort $(DT_PROGRAMS))

.PHONY: install
install: $(INSTALL_PROGRAMS) ## programs, units, man pages: DESTDIR= PREFIX=/usr
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(UNITDIR) \
		$(PREFIX)/lib/modules-load.d /etc/vane/auto /var/log/vane)
	install $(INSTALL_PROGRAMS) $(SYSTEMD_SRC)/vane-guests \
		$(DESTDIR)$(SBINDIR)
	for unit in $(SYSTEMD_UNITS); do \
		sed 's|@SBINDIR@|$(SBINDIR)|' $(SYSTEMD_SRC)/$$unit \
			>$(DESTDIR)$(UNITDIR)/$$unit && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit || exit; \
	done
	install -m 644 $(SYSTEMD_SRC)/modules-load.conf \
		$(DESTDIR)$(PREFIX)/lib/modules-load.d/paravane.conf
	[ -e $(DESTDIR)/etc/vane/guests.conf ] || install -m 644 \
		$(SYSTEMD_SRC)/guests.conf $(DESTDIR)/etc/vane/guests.conf
	for page in $(wildcard docs/man/*.[1-8]); do \
		install -D -m 644 -t \
			$(DESTDIR)$(MANDIR)/man$${page##*.} $$page || exit; \
	done
	for file in $(wildcard dom0-tools/completion/*); do \
		install -D -m 644 -t $(DESTDIR)$(COMPLETIONDIR) $$file || exit; \
	done
