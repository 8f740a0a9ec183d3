// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find functions by address. The core's own search visits every function of the
 * machine, so the time to open all of them would grow with the square of their number.
 */
#include <linux/xarray.h>

#include "topology/topology.h"

/* Of struct pci_dev, each with a reference: all functions between their ADD and REMOVED events. */
static DEFINE_XARRAY(functions);

/* With a long of 32 bits, some domains share an index, so a search compares the address. */
static unsigned long index_of(const struct pcireset_addr *addr)
{
	return (unsigned long)addr->domain << 16 | PCI_DEVID(addr->bus, addr->devfn);
}

/**
 * pcireset_addr_of - the address of a function
 * @dev: the function, referenced; it may have been removed long ago
 *
 * Reads the address from the device's name, which the core writes when it sets up the
 * function. The domain of a removed function must not be read from its bus: it is in data
 * of the host bridge's driver, which may be freed by then.
 *
 * Return: the address.
 */
struct pcireset_addr pcireset_addr_of(const struct pci_dev *dev)
{
	unsigned int domain = 0, bus = 0, device = 0, function = 0;

	if (sscanf(pci_name(dev), "%x:%x:%x.%x", &domain, &bus, &device, &function) != 4)
		pr_warn_once("not an address: %s\n", pci_name(dev));
	return (struct pcireset_addr){
		.domain = domain,
		.bus = bus,
		.devfn = PCI_DEVFN(device, function),
	};
}

/**
 * pcireset_is_there - check that a function was added and not removed
 * @dev: the function, referenced
 *
 * Context: The caller holds pcireset_topology or @dev's device lock. Each of them
 * prevents its removal.
 * Return: true if its bus and its config space may be used.
 */
bool pcireset_is_there(struct pci_dev *dev)
{
	struct pcireset_addr addr = pcireset_addr_of(dev), other;
	struct pci_dev *found;
	bool is_there;

	xa_lock(&functions);
	found = xa_load(&functions, index_of(&addr));
	is_there = found == dev;
	/* With a long of 32 bits, some domains share an index. */
	if (found && !is_there) {
		other = pcireset_addr_of(found);
		is_there = other.domain != addr.domain && device_is_registered(&dev->dev);
	}
	xa_unlock(&functions);
	return is_there;
}

/**
 * pcireset_find - find a function
 * @addr: its address
 *
 * Context: Process context, may sleep.
 * Return: the function, referenced, or NULL.
 */
struct pci_dev *pcireset_find(const struct pcireset_addr *addr)
{
	struct pci_dev *dev;

	xa_lock(&functions);
	dev = pci_dev_get(xa_load(&functions, index_of(addr)));
	xa_unlock(&functions);
	if (dev && pcireset_addr_of(dev).domain == addr->domain)
		return dev;
	pci_dev_put(dev);
	return pci_get_domain_bus_and_slot(addr->domain, addr->bus, addr->devfn);
}

/**
 * pcireset_find_add - add a new function
 * @dev: the function
 *
 * Context: Process context. @dev cannot be removed during the call.
 */
void pcireset_find_add(struct pci_dev *dev)
{
	struct pcireset_addr addr = pcireset_addr_of(dev);
	void *old;

	pcireset_quirk_add(dev);
	/* Must not fail: a function that is missing here would count as removed. */
	old = xa_store(&functions, index_of(&addr), pci_dev_get(dev), GFP_KERNEL | __GFP_NOFAIL);
	pci_dev_put(xa_is_err(old) ? dev : old);
}

/**
 * pcireset_find_remove - remove a function
 * @dev: the function
 *
 * Context: Process context. The core's search no longer finds @dev.
 */
void pcireset_find_remove(struct pci_dev *dev)
{
	struct pcireset_addr addr = pcireset_addr_of(dev);

	if (xa_cmpxchg(&functions, index_of(&addr), dev, NULL, GFP_KERNEL) == dev)
		pci_dev_put(dev);
}

/**
 * pcireset_find_init - add all present functions
 *
 * The notifier already calls pcireset_find_add() and pcireset_find_remove().
 *
 * Context: Process context, may sleep.
 */
void pcireset_find_init(void)
{
	struct pci_dev *dev = NULL;

	down_read(&pcireset_topology);
	for_each_pci_dev(dev)
		pcireset_find_add(dev);
	up_read(&pcireset_topology);
}

/**
 * pcireset_find_exit - release all functions
 */
void pcireset_find_exit(void)
{
	struct pci_dev *dev;
	unsigned long index;

	xa_for_each(&functions, index, dev)
		pci_dev_put(dev);
	xa_destroy(&functions);
}
