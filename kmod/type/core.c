// SPDX-License-Identifier: GPL-2.0-only
/* The types that only the core or the firmware can carry out: device_specific and acpi. */
#include <linux/acpi.h>

#include "type/type.h"

/*
 * The kernel does not export pci_dev_specific_reset() or its table of devices. The
 * only way to it is __pci_reset_function_locked(), which walks dev->reset_methods.
 * The index of the first method has been 1 since 5.15, which introduced the array.
 */
#define METHOD_DEV_SPECIFIC 1

void pcireset_probe_dev_specific(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	if (!pcireset_quirk_handler(probe->dev))
		info->why_not = PCIRESET_WHY_NO_HANDLER;
}

/*
 * A write to the reset_method attribute takes no lock, so it may happen between any
 * two lines here. Such a write must last: restore the list only if it still has the
 * value that this function has written.
 */
int pcireset_trigger_dev_specific(struct pcireset_trigger *trigger)
{
	static const u8 only[PCI_NUM_RESET_METHODS] = { METHOD_DEV_SPECIFIC };
	struct pci_dev *dev = trigger->dev;
	u8 before[PCI_NUM_RESET_METHODS];
	int ret;

	device_lock_assert(&dev->dev);

	memcpy(before, dev->reset_methods, sizeof(before));
	memcpy(dev->reset_methods, only, sizeof(only));
	ret = pcireset_core_reset(dev, PCI_RESET_DEV_SPECIFIC);
	if (!memcmp(dev->reset_methods, only, sizeof(only)))
		memcpy(dev->reset_methods, before, sizeof(before));

	return ret;
}

void pcireset_probe_acpi(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	acpi_handle handle = ACPI_HANDLE(&probe->dev->dev);

	if (!handle || !acpi_has_method(handle, "_RST"))
		info->why_not = PCIRESET_WHY_NO_FIRMWARE;
}

/* ACPI 6.5, sec 7.3.25: _RST returns when the reset is complete. */
int pcireset_trigger_acpi(struct pcireset_trigger *trigger)
{
	acpi_handle handle = ACPI_HANDLE(&trigger->dev->dev);

	if (ACPI_FAILURE(acpi_evaluate_object(handle, "_RST", NULL, NULL)))
		return -EIO;
	return 0;
}
