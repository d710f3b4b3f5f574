# SPDX-License-Identifier: MIT
# What `make install` puts together, looked at by systemd and by the shell.

.PHONY: test-install
test-install: tools ## make install: every file, units that systemd takes
	tests/install/run.sh $(BUILD)/install
