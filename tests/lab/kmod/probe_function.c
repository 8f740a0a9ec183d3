// SPDX-License-Identifier: GPL-2.0-only
/* A driver that resets its function in probe(), and fails where that did. */
#include <linux/module.h>
#include <linux/pci.h>

#include "pcireset_api.h"

static uint types;
module_param(types, uint, 0644);
MODULE_PARM_DESC(types, "mask of the PCI_RESET_* types that probe() allows");

static int function_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	struct pcireset_report report = { NULL };
	int error;

	error = pcim_enable_device(dev);
	if (error)
		return error;
	pci_set_master(dev);
	error = pcireset_function_locked(dev, types, &report);
	pci_info(dev, "result=%d issued=%#x members=%u\n", error, report.issued, report.nr_members);
	return error;
}

static void function_remove(struct pci_dev *dev)
{
	pci_clear_master(dev);
}

/* Bound by driver_override. */
static struct pci_driver function_driver = {
	.name = "probe_function",
	.probe = function_probe,
	.remove = function_remove,
};
module_pci_driver(function_driver);

MODULE_DESCRIPTION("Resets a function in probe()");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
PCIRESET_IMPORT();
