// SPDX-License-Identifier: GPL-2.0-only
/* The reset of a hotplug slot by the hotplug driver of the port. */
#include "type/type.h"

void pcireset_probe_slot(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info)
{
	struct pci_dev *bridge = pcireset_bridge_above(dev);

	if (!bridge)
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
	else if (!pcireset_slot_find(dev, caller))
		info->why_not = PCIRESET_WHY_NO_SLOT;
	else if (pcireset_cxl_masks_sbr(bridge))
		info->why_not = PCIRESET_WHY_CXL_MASKED;
	else
		pcireset_link_probe(dev, caller, info);
	pci_dev_put(bridge);
}
