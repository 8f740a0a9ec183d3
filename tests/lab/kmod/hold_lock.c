// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds the device lock of a PCI function, as a driver does that is busy in
 * probe(), or pci_bus_sem for reading, as error recovery does meanwhile.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "address of the function, such as 0000:03:00.1");

static uint ms;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "how long, in milliseconds; 0 is until the module is unloaded");

static bool bus_sem;
module_param(bus_sem, bool, 0444);
MODULE_PARM_DESC(bus_sem, "hold pci_bus_sem for reading instead");

static struct pci_dev *dev;
static DECLARE_COMPLETION(locked);
static DECLARE_COMPLETION(unloading);

static void stay(void)
{
	complete(&locked);
	/* Interruptible only so that the time does not count as a hung task's. */
	if (ms)
		wait_for_completion_interruptible_timeout(&unloading, msecs_to_jiffies(ms));
	else
		wait_for_completion_interruptible(&unloading);
}

static int stay_in_walk(struct pci_dev *visited, void *data)
{
	stay();
	return 1;
}

static void hold(struct work_struct *work)
{
	if (bus_sem) {
		pci_walk_bus(dev->bus, stay_in_walk, NULL);
		return;
	}
	device_lock(&dev->dev);
	stay();
	device_unlock(&dev->dev);
}

static DECLARE_WORK(holder, hold);

static int __init hold_lock_init(void)
{
	unsigned int domain, bus, slot, func;

	if (!function || sscanf(function, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4)
		return -EINVAL;
	dev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
	if (!dev)
		return -ENODEV;

	schedule_work(&holder);
	wait_for_completion(&locked);
	return 0;
}

static void __exit hold_lock_exit(void)
{
	complete(&unloading);
	flush_work(&holder);
	pci_dev_put(dev);
}

module_init(hold_lock_init);
module_exit(hold_lock_exit);

MODULE_DESCRIPTION("Holds a lock of the PCI core for a test");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
