// SPDX-License-Identifier: GPL-2.0-only
/* Counters that show whether functions were added or removed since a plan was made. */
#include <linux/atomic.h>
#include <linux/hash.h>

#include "topology/topology.h"

/* Held for reading while a plan is made: no function is removed meanwhile. */
DECLARE_RWSEM(pcireset_topology);

/*
 * One counter for each tree below a root bus. Two trees may share one, which only
 * makes the module plan once more than needed.
 */
#define GENERATION_BITS 6
static atomic64_t generations[1 << GENERATION_BITS];

static atomic64_t *generation_of(struct pci_dev *dev)
{
	struct pcireset_addr addr;

	dev = pci_physfn(dev);
	while (!pci_is_root_bus(dev->bus) && dev->bus->self)
		dev = dev->bus->self;
	addr = pcireset_addr_of(dev);
	return &generations[hash_64((u64)addr.domain << 16 | PCI_DEVID(addr.bus, addr.devfn),
				    GENERATION_BITS)];
}

/**
 * pcireset_counter - return the counter for the tree of a function
 * @dev: the function
 *
 * The counter changes whenever a function is added or removed anywhere below the
 * root port of @dev.
 *
 * Context: The caller holds pcireset_topology and @dev is registered. An
 * unregistered VF may have outlived its PF, which leads to the root port.
 * Return: the counter; it is valid until the module is unloaded.
 */
const atomic64_t *pcireset_counter(struct pci_dev *dev)
{
	return generation_of(dev);
}

/**
 * pcireset_topology_moved - a function was added or removed
 * @dev: the function
 */
void pcireset_topology_moved(struct pci_dev *dev)
{
	atomic64_inc(generation_of(dev));
}
