// SPDX-License-Identifier: GPL-2.0-only
/* The way up from a function, and the functions below a bridge. */
#include "topology/topology.h"

/**
 * pcireset_bridge_above - the bridge whose secondary bus a function is on
 * @dev: the function; for a VF its PF counts
 *
 * Context: The caller holds pcireset_topology, or @dev's driver calls.
 * Return: the bridge, referenced, or NULL on a root bus.
 */
struct pci_dev *pcireset_bridge_above(struct pci_dev *dev)
{
	return pci_dev_get(pci_upstream_bridge(dev));
}

/**
 * pcireset_is_below - is a function below a bridge?
 * @bridge: the bridge
 * @dev: the function
 *
 * Return: true if it is.
 */
bool pcireset_is_below(struct pci_dev *bridge, struct pci_dev *dev)
{
	struct pci_bus *bus;

	for (bus = dev->bus; bus; bus = bus->parent)
		if (bus->self == bridge)
			return true;
	return false;
}

/*
 * VFs whose bus number differs from their PF's are on a bus without a bridge.
 * pci_walk_bus() does not reach them, so walk_carefully() leaves them out, too. The
 * plan adds them itself.
 */
static bool walk_is_on_virtual_bus(const struct pci_dev *dev)
{
	return dev->bus->parent && !dev->bus->self;
}

/*
 * As pci_walk_bus(), but without a wait for a lock. Error recovery may hold
 * pci_bus_sem for reading while it waits for a device lock that our caller holds. A
 * removal that waits to write then blocks all other readers. This walk visits every
 * function of the machine, parents before children.
 */
static void walk_carefully(struct pci_dev *bridge, int (*visit)(struct pci_dev *dev, void *data),
			   void *data)
{
	struct pci_dev *dev = NULL;

	while ((dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev))) {
		if (walk_is_on_virtual_bus(dev) || !pcireset_is_below(bridge, dev) ||
		    !visit(dev, data))
			continue;
		pci_dev_put(dev);
		return;
	}
}

static int walk_is_on(struct device *child, void *bus)
{
	return dev_is_pci(child) && to_pci_dev(child)->bus == bus &&
	       pcireset_is_there(to_pci_dev(child));
}

/*
 * The core frees the bus below a bridge before the bridge itself is removed, without an
 * event if the bus is empty. A function on the bus keeps it.
 */
static bool walk_is_kept(struct pci_dev *bridge, struct pci_bus *below)
{
	return device_for_each_child(&bridge->dev, below, walk_is_on);
}

/**
 * pcireset_walk_below - call a function for everything below a bridge
 * @bridge: the bridge
 * @caller: locks that the caller may hold
 * @visit: called for each function, parents first; the walk ends if it returns non-zero
 * @data: for @visit
 *
 * Leaves out VFs on a bus of their own.
 *
 * Context: Process context. The caller holds pcireset_topology or the rescan lock, unless
 * it may hold device locks.
 */
void pcireset_walk_below(struct pci_dev *bridge, enum pcireset_caller caller,
			 int (*visit)(struct pci_dev *dev, void *data), void *data)
{
	struct pci_bus *below = READ_ONCE(bridge->subordinate);

	if (below && caller == PCIRESET_CALLER_LOCKED)
		walk_carefully(bridge, visit, data);
	else if (below && walk_is_kept(bridge, below))
		pci_walk_bus(below, visit, data);
}

/**
 * pcireset_first_below - a function on the secondary bus of a bridge
 * @bridge: the bridge
 *
 * Below a PCIe port that is device 0; on a conventional bus it may be any.
 *
 * Context: Process context. The caller may hold device locks.
 * Return: the function, referenced, or NULL if there is none.
 */
struct pci_dev *pcireset_first_below(struct pci_dev *bridge)
{
	struct pci_bus *below = READ_ONCE(bridge->subordinate);
	struct pci_dev *dev = NULL;

	if (!below)
		return NULL;
	down_read(&pcireset_topology);
	while ((dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev)))
		if (dev->bus == below)
			break;
	up_read(&pcireset_topology);
	return dev;
}
