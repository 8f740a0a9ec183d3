// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload the module, and pass on each function that is added or removed. */
#include <linux/module.h>

#include "cdev/cdev.h"

/*
 * On both events of a removal, as a function may be found or opened in between. Whoever
 * holds pcireset_topology has found it before, and may not add it after its end.
 */
static void main_remove(struct pci_dev *dev)
{
	down_write(&pcireset_topology);
	pcireset_find_remove(dev);
	pcireset_late_forget(dev);
	pcireset_topology_moved(dev);
	up_write(&pcireset_topology);
	pcireset_handle_orphan(dev);
}

static int main_topology_changed(struct notifier_block *nb, unsigned long action, void *data)
{
	struct pci_dev *dev = to_pci_dev(data);

	switch (action) {
	case BUS_NOTIFY_UNBIND_DRIVER:
		pcireset_late_unbind(dev);
		break;
	case BUS_NOTIFY_ADD_DEVICE:
		pcireset_find_add(dev);
		pcireset_topology_moved(dev);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
	case BUS_NOTIFY_REMOVED_DEVICE:
		main_remove(dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block main_topology_notifier = {
	.notifier_call = main_topology_changed,
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
	error = bus_register_notifier(&pci_bus_type, &main_topology_notifier);
	if (error)
		goto exit_late;
	pcireset_find_init();
	error = pcireset_control_init();
	if (error)
		goto exit_find;
	return 0;

exit_find:
	bus_unregister_notifier(&pci_bus_type, &main_topology_notifier);
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
	pcireset_control_exit();
	pcireset_batch_exit();
	pcireset_late_exit();
	/* Its work skips a function that is unknown, so all are known until it has finished. */
	pcireset_hotplug_exit();
	bus_unregister_notifier(&pci_bus_type, &main_topology_notifier);
	pcireset_find_exit();
}

module_init(pcireset_init);
module_exit(pcireset_exit);

MODULE_DESCRIPTION("Reset PCI devices with exactly the types allowed");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
