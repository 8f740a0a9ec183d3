/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* The text of each reason of enum pcireset_why, for the kernel log and for users of the library. */
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
	{ PCIRESET_WHY_QUIRK, "the kernel lists this reset as broken on this device" },
	{ PCIRESET_WHY_NO_HANDLER, "the kernel has no specific reset for this device" },
	{ PCIRESET_WHY_NO_FIRMWARE, "the firmware has no _RST method for this device" },
	{ PCIRESET_WHY_NO_SOFT_RESET,
	  "No_Soft_Reset is set: going to D3hot and back would reset nothing" },
	{ PCIRESET_WHY_NOT_D0, "the function is not in D0; wake it up first" },
	{ PCIRESET_WHY_NO_BRIDGE, "it is on a root bus, without a bridge above to reset it" },
	{ PCIRESET_WHY_NO_SLOT, "it is not in a hotplug slot that can be reset" },
	{ PCIRESET_WHY_HOTPLUG,
	  "below a hotplug port it would look like a removal; allow slot instead" },
	{ PCIRESET_WHY_CXL_MASKED, "the CXL port above ignores it; allow cxl_bus instead" },
	{ PCIRESET_WHY_NO_CXL, "it is not below a CXL port" },
	{ PCIRESET_WHY_GONE, "it is gone or does not respond" },
	{ PCIRESET_WHY_DRIVER,
	  "its driver has no reset_prepare callback; unbind it or use --force driver" },
	{ PCIRESET_WHY_VFIO, "a VFIO user holds its group; end that use or use --force vfio" },
	{ PCIRESET_WHY_SCOPE, "it affects more functions than allowed" },
	{ PCIRESET_WHY_LOCK, "another user held its lock for too long; try again" },
	{ PCIRESET_WHY_CHANGED, "topology changed; plan again" },
	{ PCIRESET_WHY_NOT_READY, "it did not come back in time" },
	{ PCIRESET_WHY_OTHER_DEVICE, "another device came back in its place" },
	{ PCIRESET_WHY_LINK, "the link failed its check (speed, width or equalization)" },
	{ PCIRESET_WHY_CONFIG, "config space does not read as before" },
	{ PCIRESET_WHY_NO_PROOF, "there is no proof that the reset took place" },
	{ PCIRESET_WHY_TRIGGER, "the reset could not be triggered" },
	{ PCIRESET_WHY_NOT_ALLOWED, "this descriptor does not allow it" },
	{ PCIRESET_WHY_CANCELLED, "cancelled before it began" },
	{ PCIRESET_WHY_CONTAINED, "a port above is in DPC containment" },
	{ PCIRESET_WHY_NOT_OWNED,
	  "it would be affected, and the given VFIO descriptors do not cover it" },
	{ PCIRESET_WHY_NOT_ENDPOINT,
	  "PCIe defines it for endpoints, and this is a port or bridge" },
	{ PCIRESET_WHY_HAS_HANDLER,
	  "the kernel's own reset for this device does more; allow device_specific instead" },
	{ PCIRESET_WHY_VFIO_OPEN,
	  "a VFIO user has it open and may access its memory at any time; end that program, or reset through VFIO"
	},
	{ PCIRESET_WHY_LATE,
	  "it is late after an earlier reset and will be restored when it answers; try again" },
	{ PCIRESET_WHY_BARS,
	  "its addresses are not those that the kernel has assigned: its configuration is lost; remove and rescan it"
	},
	{ PCIRESET_WHY_TSM,
	  "the platform's security manager (TSM) has connected it; disconnect it first" },
	{ PCIRESET_WHY_LIVE_UPDATE,
	  "a live update preserves it across kernels; finish the live update first" },
	{ PCIRESET_WHY_SPEED, "its link cannot have this speed" },
};

#endif /* _PCIRESET_TABLE_REASONS_H */
