// SPDX-License-Identifier: GPL-2.0-only
/* Secondary Bus Reset by the bridge above: plain, and with the CXL mask lifted. */
#include "type/type.h"

void pcireset_probe_bus(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	if (!probe->bridge) {
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
		return;
	}

	/* Check the mask first: with it set, a slot reset does nothing either. */
	if (pcireset_probe_is_masked(probe, PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR)) {
		info->why_not = PCIRESET_WHY_CXL_MASKED;
		info->who = pcireset_addr_of(probe->bridge);
	} else if (pcireset_probe_has_slot(probe)) {
		info->why_not = PCIRESET_WHY_HOTPLUG;
		info->who = pcireset_addr_of(probe->bridge);
	} else {
		pcireset_probe_link(probe, info);
	}
}

void pcireset_probe_cxl_bus(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	if (!probe->bridge)
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
	else if (!pcireset_probe_is_cxl(probe))
		info->why_not = PCIRESET_WHY_NO_CXL;
	else
		pcireset_probe_link(probe, info);
}

int pcireset_trigger_cxl_bus(struct pcireset_trigger *trigger)
{
	struct pci_dev *bridge = trigger->bridge;
	u16 pos = pcireset_cxl_port(bridge);
	u16 control;
	int ret;

	if (!pos)
		return -EIO;

	pci_read_config_word(bridge, pos + PCIRESET_CXL_PORT_CONTROL, &control);
	if (PCI_POSSIBLE_ERROR(control))
		return -EIO;

	pci_write_config_word(bridge, pos + PCIRESET_CXL_PORT_CONTROL,
			      control | PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR);
	ret = pcireset_pciehp_is_bound(bridge) ? pcireset_link_reset_slot(trigger) :
						 pcireset_link_reset_bus(trigger);
	pci_write_config_word(bridge, pos + PCIRESET_CXL_PORT_CONTROL, control);
	return ret;
}
