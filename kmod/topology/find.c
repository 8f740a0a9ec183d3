// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find functions by address. The core's own search visits every function of the
 * machine, so the time to open all of them would grow with the square of their number.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "topology/topology.h"

/* Of struct pci_dev, each with a reference: all functions between their ADD and DEL events. */
static DEFINE_XARRAY(functions);

/**
 * struct find_known - a function between its ADD and DEL events
 * @node: in the table of such functions
 * @dev: the function, which this entry does not keep
 */
struct find_known {
	struct hlist_node node;
	const struct pci_dev *dev;
};

/* By pointer: a reset asks some 40 times whether a function is there. Lock: that of @functions. */
static DEFINE_HASHTABLE(find_table, 10);

static struct find_known *find_known(const struct pci_dev *dev)
{
	struct find_known *known;

	hash_for_each_possible(find_table, known, node, (unsigned long)dev)
		if (known->dev == dev)
			return known;
	return NULL;
}

/* With a long of 32 bits, some domains share an index, so a search compares the address. */
static unsigned long find_index_of(const struct pcireset_addr *addr)
{
	return (unsigned long)addr->domain << 16 | PCI_DEVID(addr->bus, addr->devfn);
}

/*
 * Read a number of a device's name, in lower-case hexadecimal digits, and skip the separator
 * after it. A reset does this some 20 times, and sscanf() took a tenth of its CPU time.
 */
static u32 find_read_number(const char **name)
{
	u32 value = 0;

	for (; **name && **name != ':' && **name != '.'; (*name)++)
		value = value << 4 | (**name <= '9' ? **name - '0' : **name - 'a' + 10);
	if (**name)
		(*name)++;
	return value;
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
	const char *name = pci_name(dev);
	struct pcireset_addr addr = { 0 };
	u32 device;

	addr.domain = find_read_number(&name);
	addr.bus = find_read_number(&name);
	device = find_read_number(&name);
	addr.devfn = PCI_DEVFN(device, find_read_number(&name));
	return addr;
}

/**
 * pcireset_is_there - check that a function was added, and that its removal has not begun
 * @dev: the function, referenced
 *
 * Context: The caller holds pcireset_topology or @dev's device lock. Each of them
 * prevents its removal: the DEL event waits for pcireset_topology, and the core waits
 * for the device lock between the DEL and the REMOVED event.
 * Return: true if its bus and its config space may be used.
 */
bool pcireset_is_there(struct pci_dev *dev)
{
	bool is_there;

	xa_lock(&functions);
	is_there = find_known(dev);
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
	dev = pci_dev_get(xa_load(&functions, find_index_of(addr)));
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
	struct find_known *known = kmalloc(sizeof(*known), GFP_KERNEL | __GFP_NOFAIL);
	struct pcireset_addr addr = pcireset_addr_of(dev);
	void *old;

	pcireset_quirk_add(dev);
	xa_lock(&functions);
	if (!find_known(dev)) {
		known->dev = dev;
		hash_add(find_table, &known->node, (unsigned long)dev);
		known = NULL;
	}
	xa_unlock(&functions);
	kfree(known);
	/* Must not fail: a function that is missing here would count as removed. */
	old = xa_store(&functions, find_index_of(&addr), pci_dev_get(dev),
		       GFP_KERNEL | __GFP_NOFAIL);
	pci_dev_put(xa_is_err(old) ? dev : old);
}

/**
 * pcireset_find_remove - remove a function
 * @dev: the function
 *
 * Context: Process context. The caller holds pcireset_topology for writing. Called again
 * when the core's search no longer finds @dev.
 */
void pcireset_find_remove(struct pci_dev *dev)
{
	struct pcireset_addr addr = pcireset_addr_of(dev);
	struct find_known *known;

	xa_lock(&functions);
	known = find_known(dev);
	if (known)
		hash_del(&known->node);
	xa_unlock(&functions);
	kfree(known);
	if (xa_cmpxchg(&functions, find_index_of(&addr), dev, NULL, GFP_KERNEL) == dev)
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
	struct find_known *known;
	struct hlist_node *next;
	struct pci_dev *dev;
	unsigned long index;
	int bucket;

	hash_for_each_safe(find_table, bucket, next, known, node) {
		hash_del(&known->node);
		kfree(known);
	}
	xa_for_each(&functions, index, dev)
		pci_dev_put(dev);
	xa_destroy(&functions);
}
