// SPDX-License-Identifier: GPL-2.0-only
/* Example: a driver that resets its link in probe(), without config space code of its own. */
#include <linux/module.h>
#include <linux/pci.h>

#include "sample_report.h"

/*
 * Some devices use new firmware or another link speed only after a reset of their link,
 * so their driver must reset the link in probe(). There the driver core holds the device
 * lock: pci_reset_bus() and pci_try_reset_function() always fail with -EAGAIN,
 * pci_reset_function() never returns, and pci_bridge_secondary_bus_reset() takes no
 * lock, saves nothing, and looks like a removal in a hotplug slot.
 *
 * This driver does not need to check the other functions on the bus, to distinguish a
 * hotplug slot from a plain port, or to save and restore registers.
 *
 * With speed=3 the driver handles a card that comes up at a low speed. It sets the target
 * speed of the port, resets the link, checks the speed, and tries again if necessary.
 *
 * To try it on a device without a driver:
 *
 *	echo sample_probe_link > /sys/bus/pci/devices/0000:03:00.0/driver_override
 *	echo 0000:03:00.0 > /sys/bus/pci/drivers/sample_probe_link/bind
 */

#define MAX_TRIES 3

static uint types = PCI_RESET_LINK;
module_param(types, uint, 0644);
MODULE_PARM_DESC(types, "mask of the PCI_RESET_* types that probe() allows");

static uint speed;
module_param(speed, uint, 0644);
MODULE_PARM_DESC(speed, "Target Link Speed to come to: 1 is 2.5 GT/s; 0 leaves it alone");

static bool stock;
module_param(stock, bool, 0644);
MODULE_PARM_DESC(stock, "show what the PCI core's own functions answer in probe() instead");

/* Some registers that a reset clears, to show that pcireset has restored them. */
struct setup {
	u16 command;
	u32 bar;
};

static struct setup read_setup(struct pci_dev *dev)
{
	struct setup setup;

	pci_read_config_word(dev, PCI_COMMAND, &setup.command);
	pci_read_config_dword(dev, PCI_BASE_ADDRESS_0, &setup.bar);
	return setup;
}

static void try_stock(struct pci_dev *dev)
{
	int bus = pci_reset_bus(dev);
	int function = pci_try_reset_function(dev);

	pci_info(dev, "pci_reset_bus=%d pci_try_reset_function=%d\n", bus, function);
}

static int reset_link(struct pci_dev *dev)
{
	struct pcireset_report report = { NULL };
	struct setup before = read_setup(dev);
	struct setup after;
	int error;

	error = pcireset_bus_locked(dev, types, &report);
	sample_log(dev, error, &report);

	after = read_setup(dev);
	pci_info(dev, "command=%#x->%#x bar=%#x->%#x\n", before.command, after.command, before.bar,
		 after.bar);
	return error;
}

static unsigned int speed_of(struct pci_dev *port)
{
	u16 status;

	pcie_capability_read_word(port, PCI_EXP_LNKSTA, &status);
	return status & PCI_EXP_LNKSTA_CLS;
}

/* The port keeps its target speed over the reset. pcireset restores the functions below. */
static int raise_speed(struct pci_dev *dev)
{
	struct pci_dev *port = pci_upstream_bridge(dev);
	unsigned int tries = 0;
	int error = 0;

	if (!port)
		return -ENODEV;
	pcie_capability_clear_and_set_word(port, PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS, speed);
	while (!error && speed_of(port) < speed && tries < MAX_TRIES) {
		error = reset_link(dev);
		tries++;
	}
	pci_info(dev, "speed=%u tries=%u\n", speed_of(port), tries);
	return error;
}

static int sample_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int error;

	error = pcim_enable_device(dev);
	if (error)
		return error;
	pci_set_master(dev);

	if (stock) {
		try_stock(dev);
		return 0;
	}

	/*
	 * These two errors mean that a reset was issued, and that a function on the
	 * link is not as before. After all others nothing was touched, and the device
	 * works without the reset.
	 */
	error = speed ? raise_speed(dev) : reset_link(dev);
	return error == -ETIMEDOUT || error == -EIO ? error : 0;
}

static void sample_remove(struct pci_dev *dev)
{
	pci_clear_master(dev);
}

/* A real driver has an id_table. Without one, driver_override and new_id bind it. */
static struct pci_driver sample_driver = {
	.name = "sample_probe_link",
	.probe = sample_probe,
	.remove = sample_remove,
};
module_pci_driver(sample_driver);

MODULE_DESCRIPTION("Example of a driver that resets its link in probe()");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
/* MODULE_IMPORT_NS() of "PCIRESET", whose argument became a string in 6.13. */
PCIRESET_IMPORT();
