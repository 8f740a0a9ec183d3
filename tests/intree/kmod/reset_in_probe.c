// SPDX-License-Identifier: GPL-2.0-only
/* A driver that resets its link in probe(), as hfi1 does. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static uint wait_ms;
module_param(wait_ms, uint, 0644);
MODULE_PARM_DESC(wait_ms, "time to wait in probe() before the reset");

static uint speed;
module_param(speed, uint, 0644);
MODULE_PARM_DESC(speed,
		 "Target Link Speed to set before the reset: 1 is 2.5 GT/s; 0 leaves it alone");

static bool any;
module_param(any, bool, 0644);
MODULE_PARM_DESC(any, "reset the function by pci_reset_function_locked() instead of the link");

#ifdef PCI_RESET_ANY
static int reset_link(struct pci_dev *dev)
{
	return pci_reset_function_types_locked(dev, PCI_RESET_LINK);
}
#else
/* The only way that a kernel without the series has. hfi1 of 7.3 does it. */
static int reset_link(struct pci_dev *dev)
{
	return pci_bridge_secondary_bus_reset(dev->bus->self);
}
#endif

/* At both ends of the link, as hfi1 does. The reset makes it take effect. */
static void set_speed(struct pci_dev *dev)
{
	pcie_capability_clear_and_set_word(dev->bus->self, PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS,
					   speed);
	pcie_capability_clear_and_set_word(dev, PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS, speed);
}

static int reset_in_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int rc;

	if (speed)
		set_speed(dev);
	msleep(wait_ms);
	rc = any ? pci_reset_function_locked(dev) : reset_link(dev);
	pci_info(dev, "%s reset in probe: %d\n", any ? "function" : "link", rc);
	return 0;
}

static void reset_in_probe_remove(struct pci_dev *dev)
{
	pci_info(dev, "removed\n");
}

/* Bound by driver_override. */
static struct pci_driver reset_in_probe_driver = {
	.name = "reset_in_probe",
	.probe = reset_in_probe,
	.remove = reset_in_probe_remove,
};
module_pci_driver(reset_in_probe_driver);

MODULE_DESCRIPTION("Resets its link in probe()");
MODULE_LICENSE("GPL");
