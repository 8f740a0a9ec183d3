// SPDX-License-Identifier: GPL-2.0-only
/* Compare a function's BARs with the addresses that the kernel has assigned. */
#include "state/state.h"

/* Does the header have this resource? Not if it is unassigned or fixed. */
static bool bars_is_in_header(const struct resource *res)
{
	if (!(res->flags & (IORESOURCE_MEM | IORESOURCE_IO)) || !res->parent)
		return false;
	return !(res->flags & (IORESOURCE_UNSET | IORESOURCE_DISABLED | IORESOURCE_PCI_FIXED));
}

static u64 bars_value(const struct pcireset_fn *fn, unsigned int nr, const struct resource *res)
{
	u64 value = fn->saved.header[PCI_BASE_ADDRESS_0 / 4 + nr];

	if (res->flags & IORESOURCE_IO)
		return value & (u32)PCI_BASE_ADDRESS_IO_MASK;
	value &= (u32)PCI_BASE_ADDRESS_MEM_MASK;
	if (res->flags & IORESOURCE_MEM_64 && nr + 1 < PCI_STD_NUM_BARS)
		value |= (u64)fn->saved.header[PCI_BASE_ADDRESS_0 / 4 + nr + 1] << 32;
	return value;
}

/**
 * pcireset_bars_agree - compare a function's BARs with the kernel's addresses
 * @fn: the function, saved
 *
 * A function that was reset and not restored has BARs of 0. Saving this state would
 * make the loss permanent. A VF has no BARs of its own.
 *
 * Return: true if they are equal.
 */
bool pcireset_bars_agree(const struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;
	unsigned int i, nr = dev->hdr_type == PCI_HEADER_TYPE_BRIDGE ? 2 : PCI_STD_NUM_BARS;
	struct pci_bus_region region;

	if (dev->is_virtfn || dev->hdr_type == PCI_HEADER_TYPE_CARDBUS)
		return true;
	for (i = 0; i < nr; i++) {
		if (!bars_is_in_header(&dev->resource[i]))
			continue;
		pcibios_resource_to_bus(dev->bus, &region, &dev->resource[i]);
		if (bars_value(fn, i, &dev->resource[i]) != region.start)
			return false;
	}
	return true;
}
