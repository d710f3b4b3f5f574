/* SPDX-License-Identifier: MIT */
/*
 * Keys of xl.cfg that have no effect here; see config_reader.h. A value that
 * asks for nothing (0, "", []) passes in silence, any other gives a warning
 * with the reason.
 */
#include <stddef.h>

#include "lib/config_reader.h"

#define WHY_DEVICE_MODEL "a paravirtualized guest has no emulated devices"
#define WHY_FIRMWARE	 "a paravirtualized guest has no firmware"
#define WHY_CPUID	 "every guest sees the processor as the hypervisor shows it"
#define WHY_PASSTHROUGH	 "devices are not passed through"
#define WHY_NOT_SERVED	 "it is not served here"
#define WHY_LIMITS	 "every guest has the same limits"

const struct config_ignored config_ignored_keys[] = {
	{"firmware", WHY_FIRMWARE},
	{"firmware_override", WHY_FIRMWARE},
	{"bios", WHY_FIRMWARE},
	{"boot", WHY_FIRMWARE},
	{"acpi", WHY_FIRMWARE},
	{"acpi_firmware", WHY_FIRMWARE},
	{"smbios_firmware", WHY_FIRMWARE},
	{"device_model_version", WHY_DEVICE_MODEL},
	{"device_model_override", WHY_DEVICE_MODEL},
	{"device_model_user", WHY_DEVICE_MODEL},
	{"device_model_args", WHY_DEVICE_MODEL},
	{"device_model_args_pv", WHY_DEVICE_MODEL},
	{"device_model_args_hvm", WHY_DEVICE_MODEL},
	{"device_model_stubdomain_override", WHY_DEVICE_MODEL},
	{"vnc", WHY_DEVICE_MODEL},
	{"vnclisten", WHY_DEVICE_MODEL},
	{"vncdisplay", WHY_DEVICE_MODEL},
	{"vncunused", WHY_DEVICE_MODEL},
	{"vncpasswd", WHY_DEVICE_MODEL},
	{"vncconsole", WHY_DEVICE_MODEL},
	{"vncviewer", WHY_DEVICE_MODEL},
	{"sdl", WHY_DEVICE_MODEL},
	{"opengl", WHY_DEVICE_MODEL},
	{"nographic", WHY_DEVICE_MODEL},
	{"spice", WHY_DEVICE_MODEL},
	{"spicehost", WHY_DEVICE_MODEL},
	{"spiceport", WHY_DEVICE_MODEL},
	{"keymap", WHY_DEVICE_MODEL},
	{"stdvga", WHY_DEVICE_MODEL},
	{"vga", WHY_DEVICE_MODEL},
	{"videoram", WHY_DEVICE_MODEL},
	{"serial", WHY_DEVICE_MODEL},
	{"parallel", WHY_DEVICE_MODEL},
	{"usb", WHY_DEVICE_MODEL},
	{"usbdevice", WHY_DEVICE_MODEL},
	{"soundhw", WHY_DEVICE_MODEL},
	{"xen_platform_pci", WHY_DEVICE_MODEL},
	{"pae", WHY_DEVICE_MODEL},
	{"apic", WHY_DEVICE_MODEL},
	{"hpet", WHY_DEVICE_MODEL},
	{"hap", WHY_DEVICE_MODEL},
	{"viridian", WHY_DEVICE_MODEL},
	{"shadow_memory", WHY_DEVICE_MODEL},
	{"cpuid", WHY_CPUID},
	{"msr_relaxed", WHY_CPUID},
	{"pci", WHY_PASSTHROUGH},
	{"pci_permissive", WHY_PASSTHROUGH},
	{"pci_msitranslate", WHY_PASSTHROUGH},
	{"pci_power_mgmt", WHY_PASSTHROUGH},
	{"pci_seize", WHY_PASSTHROUGH},
	{"passthrough", WHY_PASSTHROUGH},
	{"iomem", WHY_PASSTHROUGH},
	{"ioports", WHY_PASSTHROUGH},
	{"irqs", WHY_PASSTHROUGH},
	{"e820_host", WHY_PASSTHROUGH},
	{"dtdev", WHY_PASSTHROUGH},
	{"usbdev", WHY_PASSTHROUGH},
	{"usbctrl", WHY_PASSTHROUGH},
	{"max_event_channels", WHY_LIMITS},
	{"max_grant_frames", WHY_LIMITS},
	{"max_maptrack_frames", WHY_LIMITS},
	{"vfb", WHY_NOT_SERVED},
	{"vkb", WHY_NOT_SERVED},
	{"vdispl", WHY_NOT_SERVED},
	{"vsnd", WHY_NOT_SERVED},
	{"vtpm", WHY_NOT_SERVED},
	{"p9", WHY_NOT_SERVED},
	{"pvcalls", WHY_NOT_SERVED},
	{"channel", WHY_NOT_SERVED},
	{"driver_domain", WHY_NOT_SERVED},
	{"seclabel", WHY_NOT_SERVED},
	{"init_seclabel", WHY_NOT_SERVED},
	{"device_model_stubdomain_seclabel", WHY_NOT_SERVED},
	{"vnuma", WHY_NOT_SERVED},
	{"gfx_passthru", WHY_PASSTHROUGH},
	{"exec", WHY_NOT_SERVED},
	{NULL, NULL},
};
