/* SPDX-License-Identifier: MIT */
/*
 * The states that the two halves of a device write to the store.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_IO_XENBUS_H
#define PUBLIC_IO_XENBUS_H

#ifndef __ASSEMBLY__
enum xenbus_state {
	XenbusStateUnknown = 0,
	XenbusStateInitialising = 1,
	XenbusStateInitWait = 2,
	XenbusStateInitialised = 3,
	XenbusStateConnected = 4,
	XenbusStateClosing = 5,
	XenbusStateClosed = 6,
	XenbusStateReconfiguring = 7,
	XenbusStateReconfigured = 8
};
typedef enum xenbus_state XenbusState;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_IO_XENBUS_H */
