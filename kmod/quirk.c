// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel knows of single devices and does not export. docs/quirks.md has all of it. */
#include "pcireset.h"

/* The index of the method in dev->reset_methods since the array came in 5.15. */
#define METHOD_DEV_SPECIFIC 1

#define CLASS_NVME 0x010802

/* Anybody who may write reset_method can take the handler off that list. It is still needed. */
static const struct pci_device_id quirk_handlers[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x10ed) }, /* VF of 82599: does not show its FLR */
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x0156) }, /* Ivy Bridge graphics: by its registers */
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x0166) },
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x0953) }, /* needs 250 ms after an FLR */
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x0a54) },
	{ PCI_DEVICE(0x025e, 0xf1ac) },
	{ PCI_DEVICE(0x19e5, 0x375e) }, /* HiNIC VF: firmware has to finish the FLR */
	{}
};

/* Disabled by its own registers before the FLR. */
static bool is_samsung_a804(const struct pci_dev *dev)
{
	return dev->vendor == PCI_VENDOR_ID_SAMSUNG && dev->device == 0xa804 &&
	       dev->class == CLASS_NVME;
}

/* T4: hangs if it is reset with DMA under way. */
static bool is_chelsio_t4(const struct pci_dev *dev)
{
	return dev->vendor == PCI_VENDOR_ID_CHELSIO && (dev->device & 0xf000) == 0x4000;
}

/**
 * pcireset_quirk_handler - has the kernel a reset of its own for a device?
 * @dev: the function
 *
 * Whether reset_method lists it or not.
 *
 * Return: true if it has. Then a plain FLR leaves out what the device needs.
 */
bool pcireset_quirk_handler(struct pci_dev *dev)
{
	if (memchr(dev->reset_methods, METHOD_DEV_SPECIFIC, sizeof(dev->reset_methods)))
		return true;
	return pci_match_id(quirk_handlers, dev) || is_samsung_a804(dev) || is_chelsio_t4(dev);
}

/*
 * PCIe chipsets below which every function needs 120 ms after it was told to
 * leave or enter D3hot. The kernel keeps that in a variable of its own.
 */
static const struct {
	u16 first;
	u16 last;
} slow_chipsets[] = {
	{ 0x25e2, 0x25e7 },
	{ 0x25f7, 0x25fa },
	{ 0x2601, 0x260b },
};

#define SLOW_CHIPSET_MS 120

static bool is_slow_chipset(const struct pci_dev *dev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slow_chipsets); i++)
		if (dev->vendor == PCI_VENDOR_ID_INTEL && dev->device >= slow_chipsets[i].first &&
		    dev->device <= slow_chipsets[i].last)
			return true;
	return false;
}

static atomic_t seen_slow_chipset = ATOMIC_INIT(0);

/**
 * pcireset_quirk_add - a function has come
 * @dev: the function
 */
void pcireset_quirk_add(const struct pci_dev *dev)
{
	if (is_slow_chipset(dev))
		atomic_set(&seen_slow_chipset, 1);
}

/**
 * pcireset_quirk_d3hot_ms - how long a function may not be accessed between D0 and D3hot
 * @dev: the function
 *
 * PCIe r6.0, sec 5.9: 10 ms, unless a quirk or the firmware says otherwise.
 *
 * Return: milliseconds, the longest that is known.
 */
unsigned int pcireset_quirk_d3hot_ms(const struct pci_dev *dev)
{
	unsigned int ms = atomic_read(&seen_slow_chipset) ? SLOW_CHIPSET_MS : 0;

	return max_t(unsigned int, ms, dev->d3hot_delay);
}
