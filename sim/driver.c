// SPDX-License-Identifier: GPL-2.0-only
/* A driver for simulated endpoints: delays resets as configured, and recovers from errors. */
#include <linux/delay.h>

#include "pcisim.h"
#include "pcisim_trace.h"

static unsigned int prepare_ms;
module_param(prepare_ms, uint, 0644);
MODULE_PARM_DESC(prepare_ms, "duration of reset_prepare, milliseconds");

static unsigned int done_ms;
module_param(done_ms, uint, 0644);
MODULE_PARM_DESC(done_ms, "duration of reset_done, milliseconds");

static int endpoint_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int error = pci_enable_device(dev);

	trace_pcisim_driver(dev, "probe");
	if (error)
		return error;
	pci_set_master(dev);
	/* For endpoint_slot_reset(), even if the device is reset before. */
	return pci_save_state(dev);
}

static void endpoint_remove(struct pci_dev *dev)
{
	trace_pcisim_driver(dev, pci_channel_offline(dev) ? "remove_offline" : "remove");
	if (!dev->is_virtfn)
		pci_disable_sriov(dev);
	pci_disable_device(dev);
}

static pci_ers_result_t endpoint_error_detected(struct pci_dev *dev, pci_channel_state_t state)
{
	if (state == pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_DISCONNECT;
	return state == pci_channel_io_frozen ? PCI_ERS_RESULT_NEED_RESET :
						PCI_ERS_RESULT_CAN_RECOVER;
}

/* The kernel has reset the device after an error. */
static pci_ers_result_t endpoint_slot_reset(struct pci_dev *dev)
{
	pci_restore_state(dev);
	return pci_save_state(dev) ? PCI_ERS_RESULT_DISCONNECT : PCI_ERS_RESULT_RECOVERED;
}

/* Neither callback writes to the device, so that tests can attribute each write. */
static void endpoint_reset_prepare(struct pci_dev *dev)
{
	trace_pcisim_driver(dev, "reset_prepare");
	msleep(READ_ONCE(prepare_ms));
}

static void endpoint_reset_done(struct pci_dev *dev)
{
	trace_pcisim_driver(dev, "reset_done");
	msleep(READ_ONCE(done_ms));
}

static const struct pci_error_handlers endpoint_errors = {
	.reset_prepare = endpoint_reset_prepare,
	.reset_done = endpoint_reset_done,
	.error_detected = endpoint_error_detected,
	.slot_reset = endpoint_slot_reset,
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
