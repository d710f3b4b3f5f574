# SPDX-License-Identifier: MIT
# make demo and make run: the whole way, end to end.

$(BUILD)/demo/demo: tests/demo/demo.c $(BUILD)/system/harness.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -o $@ $^

# What is missing is installed before anything is built, so the build is a
# make of its own.
.PHONY: demo run demo-files
demo-files: $(BUILD)/demo/demo $(BUILD)/paravane $(IMAGE_FILES)

demo: deps ## boot, two guests with disks and a network, a verdict
	@$(MAKE) --no-print-directory demo-files
	@$(BUILD)/demo/demo

run: deps ## the demo's machine, straight to domain zero's prompt
	@$(MAKE) --no-print-directory demo-files
	@$(BUILD)/demo/demo --prompt
