// SPDX-License-Identifier: GPL-2.0-only
/* Example: a driver that resets exactly the slot or exactly the bus of its functions. */
#include <linux/module.h>
#include <linux/pci.h>

#include "sample_report.h"

/*
 * A driver that assigns devices to users, as VFIO does, must not reset a device of
 * another owner. So it must know the affected functions in advance, and the reset must
 * affect exactly these.
 *
 * Bind functions to this driver by driver_override. Then
 *
 *	echo "0000:03:00.0 bus" > /sys/bus/pci/drivers/sample_owner/reset
 *
 * resets the bus of the function, or fails:
 *
 * - EINVAL: the word or the address is invalid
 * - ENODEV: no function has this address
 * - EPERM: the reset would affect a function that is not bound to this driver
 * - ESTALE: the topology changed between plan and reset: write again
 * - all others as described in pcireset_api.h
 */

static struct pci_driver sample_driver;

/* A comparison without locks: a later bind or unbind makes the plan stale. */
static bool sample_owns(struct pci_dev *dev)
{
	return READ_ONCE(dev->driver) == &sample_driver;
}

static int check_owned(struct pci_dev *dev, const struct pcireset_plan *plan)
{
	unsigned int i;

	if (!sample_owns(dev)) {
		pci_warn(dev, "not reset: the function has another owner\n");
		return -EPERM;
	}
	for (i = 0; i < pcireset_plan_nr_members(plan); i++) {
		struct pci_dev *member = pcireset_plan_member(plan, i);

		if (sample_owns(member))
			continue;
		pci_warn(dev, "not reset: %s would be affected and is not ours\n",
			 pci_name(member));
		return -EPERM;
	}
	return 0;
}

static int reset_exactly(struct pci_dev *dev, u32 type)
{
	struct pcireset_request request = { .types = type };
	struct pcireset_report report = { NULL };
	struct pcireset_plan *plan;
	int error;

	error = pcireset_plan(dev, &request, &plan);
	if (error)
		return error;

	/* A refused plan can be run, too: the report then has the reason. */
	error = check_owned(dev, plan);
	if (!error) {
		error = pcireset_run(plan, &report);
		sample_log(dev, error, &report);
	}
	pcireset_plan_put(plan);
	return error;
}

static u32 type_of_word(const char *word)
{
	if (!strcmp(word, "slot"))
		return PCI_RESET_SLOT;
	if (!strcmp(word, "bus"))
		return PCI_RESET_BUS;
	return 0;
}

static ssize_t reset_store(struct device_driver *driver, const char *buf, size_t count)
{
	unsigned int domain, bus, slot, func;
	struct pci_dev *dev;
	char word[8], rest;
	u32 type;
	int error;

	/* The sixth conversion matches only if something follows the word. */
	if (sscanf(buf, "%x:%x:%x.%x %7s %c", &domain, &bus, &slot, &func, word, &rest) != 5)
		return -EINVAL;
	if (bus > 0xff || slot > 0x1f || func > 7)
		return -EINVAL;
	type = type_of_word(word);
	if (!type)
		return -EINVAL;

	dev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
	if (!dev)
		return -ENODEV;
	error = reset_exactly(dev, type);
	pci_dev_put(dev);
	return error ? error : count;
}
static DRIVER_ATTR_WO(reset);

static struct attribute *sample_attrs[] = { &driver_attr_reset.attr, NULL };
ATTRIBUTE_GROUPS(sample);

/*
 * With this callback the driver can stop its device, and other callers can reset it:
 * pcireset refuses a reset of a function without reset_prepare(). The driver need not
 * save config space.
 */
static void sample_reset_prepare(struct pci_dev *dev)
{
	pci_clear_master(dev);
	pci_dbg(dev, "stopped\n");
}

static void sample_reset_done(struct pci_dev *dev)
{
	pci_set_master(dev);
	pci_dbg(dev, "runs again\n");
}

static const struct pci_error_handlers sample_handlers = {
	.reset_prepare = sample_reset_prepare,
	.reset_done = sample_reset_done,
};

static int sample_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int error;

	error = pcim_enable_device(dev);
	if (error)
		return error;
	pci_set_master(dev);
	return 0;
}

static void sample_remove(struct pci_dev *dev)
{
	pci_clear_master(dev);
}

/* Without an id_table: only driver_override binds functions to this driver. */
static struct pci_driver sample_driver = {
	.name = "sample_owner",
	.probe = sample_probe,
	.remove = sample_remove,
	.err_handler = &sample_handlers,
	.groups = sample_groups,
};
module_pci_driver(sample_driver);

MODULE_DESCRIPTION("Example of a driver that resets exactly what it owns");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
/* MODULE_IMPORT_NS() of "PCIRESET", whose argument became a string in 6.13. */
PCIRESET_IMPORT();
