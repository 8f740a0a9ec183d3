// SPDX-License-Identifier: GPL-2.0-only
/* The table of reset types, in order of choice: narrow before wide. */
#include "type/type.h"

const struct pcireset_type pcireset_types[PCIRESET_NR_TYPES] = {
	{
		.bit = PCI_RESET_DEV_SPECIFIC,
		.name = "device_specific",
		.scope = PCIRESET_SCOPE_FUNCTION,
		.probe = pcireset_probe_dev_specific,
		.trigger = pcireset_trigger_dev_specific,
	},
	{
		.bit = PCI_RESET_ACPI,
		.name = "acpi",
		.scope = PCIRESET_SCOPE_FUNCTION,
		.probe = pcireset_probe_acpi,
		.trigger = pcireset_trigger_acpi,
	},
	{
		.bit = PCI_RESET_FLR,
		.name = "flr",
		.scope = PCIRESET_SCOPE_FUNCTION,
		.probe = pcireset_probe_flr,
		.trigger = pcireset_trigger_flr,
	},
	{
		.bit = PCI_RESET_PM,
		.name = "pm",
		.scope = PCIRESET_SCOPE_FUNCTION,
		.probe = pcireset_probe_pm,
		.trigger = pcireset_trigger_pm,
	},
	{
		.bit = PCI_RESET_SLOT,
		.name = "slot",
		.scope = PCIRESET_SCOPE_SLOT,
		.probe = pcireset_probe_slot,
		.trigger = pcireset_link_reset_slot,
	},
	{
		.bit = PCI_RESET_BUS,
		.name = "bus",
		.scope = PCIRESET_SCOPE_BUS,
		.probe = pcireset_probe_bus,
		.trigger = pcireset_link_reset_bus,
	},
	{
		.bit = PCI_RESET_CXL_BUS,
		.name = "cxl_bus",
		.scope = PCIRESET_SCOPE_BUS,
		.probe = pcireset_probe_cxl_bus,
		.trigger = pcireset_trigger_cxl_bus,
	},
	{
		.bit = PCI_RESET_LINK_DISABLE,
		.name = "link_disable",
		.scope = PCIRESET_SCOPE_BUS,
		.probe = pcireset_probe_link_disable,
		.trigger = pcireset_trigger_link_disable,
	},
};

/**
 * pcireset_type_find - look up a type
 * @bit: PCI_RESET_*, one of the known ones
 *
 * Return: the type.
 */
const struct pcireset_type *pcireset_type_find(u32 bit)
{
	unsigned int i;

	for (i = 0; i < PCIRESET_NR_TYPES - 1; i++)
		if (pcireset_types[i].bit == bit)
			break;
	return &pcireset_types[i];
}

/**
 * pcireset_probe_begin - begin to query which types fit a function
 * @probe: the query
 * @dev: the function, in D0
 * @caller: locks that the caller may hold
 *
 * Context: The caller holds pcireset_topology until pcireset_probe_end().
 */
void pcireset_probe_begin(struct pcireset_probe *probe, struct pci_dev *dev,
			  enum pcireset_caller caller)
{
	*probe = (struct pcireset_probe){
		.dev = dev,
		.caller = caller,
		.bridge = pcireset_bridge_above(dev),
	};
}

/**
 * pcireset_probe_end - end what pcireset_probe_begin() began
 * @probe: the query
 */
void pcireset_probe_end(struct pcireset_probe *probe)
{
	pci_dev_put(probe->broken);
	pci_dev_put(probe->bridge);
}

/**
 * pcireset_type_probe - query the hardware whether a type fits a function
 * @type: the type
 * @probe: the query
 * @info: filled in
 *
 * Context: Process context. Reads config space, writes nothing.
 */
void pcireset_type_probe(const struct pcireset_type *type, struct pcireset_probe *probe,
			 struct pcireset_type_info *info)
{
	*info = (struct pcireset_type_info){
		.type = type->bit,
		.who = pcireset_addr_of(probe->dev),
	};

	type->probe(probe, info);
	if (!info->why_not)
		info->scope = type->scope;
}
