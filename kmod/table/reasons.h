/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* The text of each reason of enum pcireset_why: for the kernel log, and for users of the library. */
#ifndef _PCIRESET_TABLE_REASONS_H
#define _PCIRESET_TABLE_REASONS_H

#include <linux/types.h>

/**
 * struct pcireset_reason - a reason and its text
 * @why: enum pcireset_why
 * @text: the text, about the function that the reason names
 */
struct pcireset_reason {
	__u32 why;
	const char *text;
};

static const struct pcireset_reason pcireset_reasons[] = {
	{ PCIRESET_WHY_NONE, "" },
	{ PCIRESET_WHY_NO_CAPABILITY, "the function has no capability for it" },
	{ PCIRESET_WHY_QUIRK, "the kernel knows this reset to be broken on this device" },
	{ PCIRESET_WHY_NO_HANDLER, "the kernel has no special reset for this device" },
	{ PCIRESET_WHY_NO_FIRMWARE, "the firmware has no _RST method for this device" },
	{ PCIRESET_WHY_NO_SOFT_RESET,
	  "No_Soft_Reset is set: going to D3hot and back would reset nothing" },
	{ PCIRESET_WHY_NOT_D0, "the function is not in D0; wake it up first" },
	{ PCIRESET_WHY_NO_BRIDGE, "it is on a root bus, with no bridge above to reset it" },
	{ PCIRESET_WHY_NO_SLOT, "it is in no hotplug slot that can be reset" },
	{ PCIRESET_WHY_HOTPLUG,
	  "below a hotplug port it would look like a removal; allow slot instead" },
	{ PCIRESET_WHY_CXL_MASKED, "the CXL port above ignores it; allow cxl_bus instead" },
	{ PCIRESET_WHY_NO_CXL, "it is below no CXL port" },
	{ PCIRESET_WHY_GONE, "it is gone or does not answer" },
	{ PCIRESET_WHY_DRIVER, "its driver cannot be told of a reset; unbind it, or force driver" },
	{ PCIRESET_WHY_VFIO, "a VFIO user holds it; end that program, or force vfio" },
	{ PCIRESET_WHY_SCOPE, "it reaches further than allowed" },
	{ PCIRESET_WHY_LOCK, "somebody else held its lock for too long; try again" },
	{ PCIRESET_WHY_CHANGED, "functions came, went or changed meanwhile; plan again" },
	{ PCIRESET_WHY_NOT_READY, "it did not come back in time" },
	{ PCIRESET_WHY_OTHER_DEVICE, "another device came back in its place" },
	{ PCIRESET_WHY_LINK, "the link came back slower or narrower, or not at all" },
	{ PCIRESET_WHY_CONFIG, "config space does not read as before" },
	{ PCIRESET_WHY_NO_PROOF, "nothing shows that the reset took place" },
	{ PCIRESET_WHY_TRIGGER, "the reset could not be triggered" },
	{ PCIRESET_WHY_NOT_ALLOWED, "this descriptor does not allow it" },
	{ PCIRESET_WHY_CANCELLED, "cancelled before it began" },
	{ PCIRESET_WHY_CONTAINED, "a port above has cut it off because of an error (DPC)" },
	{ PCIRESET_WHY_NOT_OWNED,
	  "it would be hit, and the VFIO descriptors given do not prove that it may be" },
	{ PCIRESET_WHY_NOT_ENDPOINT,
	  "PCIe defines it for endpoints, and this is a port or bridge" },
	{ PCIRESET_WHY_HAS_HANDLER,
	  "the kernel's own reset for this device does more; allow device_specific "
	  "instead" },
	{ PCIRESET_WHY_VFIO_OPEN,
	  "a VFIO user has it open and may access its memory at any time; end that "
	  "program, or reset through VFIO" },
	{ PCIRESET_WHY_LATE,
	  "it is late after an earlier reset and will be restored when it answers; try "
	  "again" },
	{ PCIRESET_WHY_BARS,
	  "its addresses are not those that the kernel has assigned: its configuration "
	  "is lost; remove and rescan it" },
	{ PCIRESET_WHY_TSM,
	  "the platform's security manager (TSM) has connected it; disconnect it first" },
	{ PCIRESET_WHY_LIVE_UPDATE,
	  "a live update preserves it across kernels; finish the live update first" },
};

#endif /* _PCIRESET_TABLE_REASONS_H */
