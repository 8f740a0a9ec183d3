// SPDX-License-Identifier: GPL-2.0-only
/* A hotplug slot for one device number of a bus. It supports resets as long as the test wants. */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "the slot's device, such as 0000:02:00.0");

/* Both are changed by calls of reset_slot() while others read them. */
static atomic_t probes = ATOMIC_INIT(-1);
static atomic_t resets;

static int set_atomic(const char *text, const struct kernel_param *param)
{
	int value, rc = kstrtoint(text, 0, &value);

	if (!rc)
		atomic_set(param->arg, value);
	return rc;
}

static int get_atomic(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", atomic_read((atomic_t *)param->arg));
}

static const struct kernel_param_ops atomic_ops = {
	.set = set_atomic,
	.get = get_atomic,
};
module_param_cb(probes, &atomic_ops, &probes, 0644);
MODULE_PARM_DESC(probes,
		 "how many more times a probe finds that the slot can be reset; -1: always");
module_param_cb(resets, &atomic_ops, &resets, 0444);
MODULE_PARM_DESC(resets, "number of resets of the slot");

static int fake_reset_slot(struct hotplug_slot *slot, bool probe)
{
	if (!probe) {
		atomic_inc(&resets);
		return 0;
	}
	if (atomic_read(&probes) < 0)
		return 0;
	return atomic_dec_if_positive(&probes) < 0 ? -ENOTTY : 0;
}

static const struct hotplug_slot_ops fake_ops = {
	.reset_slot = fake_reset_slot,
};

static struct hotplug_slot fake_slot = {
	.ops = &fake_ops,
};

static struct pci_dev *find_device(void)
{
	unsigned int domain, bus, slot, function;

	if (!device || sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		return NULL;
	return pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
}

static int __init fake_slot_init(void)
{
	struct pci_dev *dev = find_device();
	int rc;

	if (!dev)
		return -ENODEV;
	rc = pci_hp_register(&fake_slot, dev->bus, PCI_SLOT(dev->devfn), "fake");
	pci_dev_put(dev);
	return rc;
}

static void __exit fake_slot_exit(void)
{
	pci_hp_deregister(&fake_slot);
}

module_init(fake_slot_init);
module_exit(fake_slot_exit);
MODULE_DESCRIPTION("A hotplug slot whose support for resets comes and goes");
MODULE_LICENSE("GPL");
