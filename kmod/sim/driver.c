// SPDX-License-Identifier: GPL-2.0-only
/* A driver for the simulated endpoints: prepares for a reset, as slowly as it is told to. */
#include <linux/delay.h>

#include "pcisim.h"

static unsigned int prepare_ms;
module_param(prepare_ms, uint, 0644);
MODULE_PARM_DESC(prepare_ms, "how long reset_prepare takes, milliseconds");

static unsigned int done_ms;
module_param(done_ms, uint, 0644);
MODULE_PARM_DESC(done_ms, "how long reset_done takes, milliseconds");

static int endpoint_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int error = pci_enable_device(dev);

	if (!error)
		pci_set_master(dev);
	return error;
}

static void endpoint_remove(struct pci_dev *dev)
{
	if (!dev->is_virtfn)
		pci_disable_sriov(dev);
	pci_disable_device(dev);
}

/* Neither touches the device: who writes to it shall be known. */
static void endpoint_reset_prepare(struct pci_dev *dev)
{
	msleep(READ_ONCE(prepare_ms));
}

static void endpoint_reset_done(struct pci_dev *dev)
{
	msleep(READ_ONCE(done_ms));
}

static const struct pci_error_handlers endpoint_errors = {
	.reset_prepare = endpoint_reset_prepare,
	.reset_done = endpoint_reset_done,
};

static const struct pci_device_id endpoint_ids[] = { { PCI_DEVICE(0xc0de, 0x0010) },
						     { PCI_DEVICE(0xc0de, 0x0011) },
						     {} };

static struct pci_driver endpoint_driver = {
	.name = "pcisim",
	.id_table = endpoint_ids,
	.probe = endpoint_probe,
	.remove = endpoint_remove,
	.sriov_configure = pci_sriov_configure_simple,
	.err_handler = &endpoint_errors,
};

int __init pcisim_driver_init(void)
{
	return pci_register_driver(&endpoint_driver);
}

void pcisim_driver_exit(void)
{
	pci_unregister_driver(&endpoint_driver);
}
