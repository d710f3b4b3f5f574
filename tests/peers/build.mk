# SPDX-License-Identifier: MIT
# A root file system of other people's programs, for tests/system/test_peers.c.

PEERS := $(BUILD)/peers

$(PEERS)/root.ext4: $(wildcard tests/peers/*.sh tests/peers/*.py) \
		$(wildcard docs/schema/*.json) dom0-tools/completion/vane \
		$(BUILD)/dom0-tools/vane
	@mkdir -p $(@D)
	tests/peers/make-root.sh $@ $(PEERS)
