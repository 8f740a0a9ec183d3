// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading, and the count of functions that come and go. */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/module.h>

#include "pcireset.h"

/* Held for reading while a plan looks around; no function leaves meanwhile. */
DECLARE_RWSEM(pcireset_topology);

/*
 * One counter for each tree below a root bus, or nearly so: two trees that
 * share one make a plan be made once more than needed.
 */
#define GENERATION_BITS 6
static atomic64_t generations[1 << GENERATION_BITS];

static atomic64_t *counter_of(struct pci_dev *dev)
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
 * pcireset_counter - counter of the functions that come and go near a function
 * @dev: the function
 *
 * It moves whenever a function is added or removed anywhere below the root port
 * that @dev is below of.
 *
 * Context: The caller holds pcireset_topology and @dev is registered. A VF that
 * is not may have outlived its PF, which leads to the root port.
 * Return: the counter, which stays.
 */
const atomic64_t *pcireset_counter(struct pci_dev *dev)
{
	return counter_of(dev);
}

static int topology_changed(struct notifier_block *nb, unsigned long action, void *data)
{
	struct pci_dev *dev = to_pci_dev(data);

	switch (action) {
	case BUS_NOTIFY_UNBIND_DRIVER:
		pcireset_late_unbind(dev);
		break;
	case BUS_NOTIFY_ADD_DEVICE:
		pcireset_find_add(dev);
		atomic64_inc(counter_of(dev));
		break;
	case BUS_NOTIFY_DEL_DEVICE:
	case BUS_NOTIFY_REMOVED_DEVICE:
		if (action == BUS_NOTIFY_REMOVED_DEVICE)
			pcireset_find_remove(dev);
		/* Twice: one may have been opened in between. */
		pcireset_device_orphan(dev);
		down_write(&pcireset_topology);
		pcireset_late_forget(dev);
		atomic64_inc(counter_of(dev));
		up_write(&pcireset_topology);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block topology_notifier = {
	.notifier_call = topology_changed,
};

static int __init pcireset_init(void)
{
	int error;

	error = pcireset_hotplug_init();
	if (error)
		return error;
	error = pcireset_batch_init();
	if (error)
		goto exit_hotplug;
	error = pcireset_late_init();
	if (error)
		goto exit_batch;
	error = bus_register_notifier(&pci_bus_type, &topology_notifier);
	if (error)
		goto exit_late;
	pcireset_find_init();
	error = pcireset_chardev_init();
	if (error)
		goto exit_find;
	return 0;

exit_find:
	bus_unregister_notifier(&pci_bus_type, &topology_notifier);
	pcireset_find_exit();
exit_late:
	pcireset_late_exit();
exit_batch:
	pcireset_batch_exit();
exit_hotplug:
	pcireset_hotplug_exit();
	return error;
}

static void __exit pcireset_exit(void)
{
	pcireset_chardev_exit();
	bus_unregister_notifier(&pci_bus_type, &topology_notifier);
	pcireset_find_exit();
	pcireset_batch_exit();
	pcireset_late_exit();
	pcireset_hotplug_exit();
}

module_init(pcireset_init);
module_exit(pcireset_exit);

MODULE_DESCRIPTION("Reset PCI devices with exactly the types allowed");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
