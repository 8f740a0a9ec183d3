// SPDX-License-Identifier: GPL-2.0-only
/* The reset of a hotplug slot by the hotplug driver of the port. */
#include "type/type.h"

void pcireset_probe_slot(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	if (!probe->bridge)
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
	else if (!pcireset_probe_has_slot(probe))
		info->why_not = PCIRESET_WHY_NO_SLOT;
	else if (pcireset_probe_is_masked(probe, PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR))
		info->why_not = PCIRESET_WHY_CXL_MASKED;
	else
		pcireset_probe_link(probe, info);
}
