# hypervisor/grant/table.c: a pin is taken without the table's lock.
/^int16_t grant_pin/,/^}/{
/lock_acquire/d
/lock_release/d
}
