// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's quirks of single devices that it does not export. docs/quirks.md lists all. */
#include "topology/topology.h"

/* The index of the method in dev->reset_methods since the array came in 5.15. */
#define METHOD_DEV_SPECIFIC 1

#define CLASS_NVME 0x010802

/* A write to reset_method can remove the handler from that list, but the device needs it. */
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

/* The handler disables the controller by its own registers before the FLR. */
static bool quirk_is_samsung_a804(const struct pci_dev *dev)
{
	return dev->vendor == PCI_VENDOR_ID_SAMSUNG && dev->device == 0xa804 &&
	       dev->class == CLASS_NVME;
}

/* T4: hangs if DMA is in progress at the reset. */
static bool quirk_is_chelsio_t4(const struct pci_dev *dev)
{
	return dev->vendor == PCI_VENDOR_ID_CHELSIO && (dev->device & 0xf000) == 0x4000;
}

/**
 * pcireset_quirk_handler - check for a device-specific reset of the kernel
 * @dev: the function
 *
 * Also if reset_method does not list it.
 *
 * Return: true if the kernel has one. A plain FLR is insufficient then.
 */
bool pcireset_quirk_handler(struct pci_dev *dev)
{
	if (memchr(dev->reset_methods, METHOD_DEV_SPECIFIC, sizeof(dev->reset_methods)))
		return true;
	return pci_match_id(quirk_handlers, dev) || quirk_is_samsung_a804(dev) ||
	       quirk_is_chelsio_t4(dev);
}

/*
 * PCIe chipsets below which every function needs 120 ms to enter or leave D3hot. The
 * kernel keeps this time in a variable that it does not export.
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

static bool quirk_is_slow_chipset(const struct pci_dev *dev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slow_chipsets); i++)
		if (dev->vendor == PCI_VENDOR_ID_INTEL && dev->device >= slow_chipsets[i].first &&
		    dev->device <= slow_chipsets[i].last)
			return true;
	return false;
}

/*
 * Quirks of Linux 7.3 that an older kernel may lack, and quirks that no kernel applies to
 * a reset. A kernel with the quirk has it in the flags and delays of struct pci_dev.
 */
#define QUIRK_NO_FLR     BIT(0) /* FLR hangs it */
#define QUIRK_NO_D3_PORT BIT(1) /* a downstream port that disables its switch in D3hot */
#define QUIRK_NOT_READY  BIT(2) /* its Immediate Readiness is wrong */

static const struct pci_device_id quirk_news[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_AMD, 0x1502), .driver_data = QUIRK_NO_FLR },
	{ PCI_DEVICE(PCI_VENDOR_ID_AMD, 0x17f0), .driver_data = QUIRK_NO_FLR },
	{ PCI_DEVICE(PCI_VENDOR_ID_MEDIATEK, 0x0616), .driver_data = QUIRK_NO_FLR },
	{ PCI_DEVICE(PCI_VENDOR_ID_MEDIATEK, 0x7925), .driver_data = QUIRK_NO_FLR },
	{ PCI_DEVICE(PCI_VENDOR_ID_PLX, 0x8532), .driver_data = QUIRK_NO_D3_PORT },
	{ PCI_DEVICE(PCI_VENDOR_ID_PLX, 0x8533), .driver_data = QUIRK_NO_D3_PORT },
	{ PCI_DEVICE(PCI_VENDOR_ID_PLX, 0x8548), .driver_data = QUIRK_NO_D3_PORT },
	{ PCI_DEVICE(PCI_VENDOR_ID_SAMSUNG, 0xa80c), .driver_data = QUIRK_NOT_READY },
	{ PCI_DEVICE(PCI_VENDOR_ID_SAMSUNG, 0xa80d), .driver_data = QUIRK_NOT_READY },
	{}
};

static bool quirk_is_news(struct pci_dev *dev, kernel_ulong_t quirk)
{
	const struct pci_device_id *id = pci_match_id(quirk_news, dev);

	return id && id->driver_data & quirk;
}

/**
 * pcireset_quirk_no_flr - check whether FLR is known to hang a function
 * @dev: the function
 *
 * Return: true if it is.
 */
bool pcireset_quirk_no_flr(struct pci_dev *dev)
{
	return dev->dev_flags & PCI_DEV_FLAGS_NO_FLR_RESET || quirk_is_news(dev, QUIRK_NO_FLR);
}

/**
 * pcireset_quirk_no_pm - check whether a PM reset of a function is known as broken
 * @dev: the function
 *
 * It resets nothing, or D3hot itself harms the device. The kernel avoids such a D3hot
 * when it suspends the function, but not when it resets it.
 *
 * Return: true if it is.
 */
bool pcireset_quirk_no_pm(struct pci_dev *dev)
{
	if (dev->dev_flags & (PCI_DEV_FLAGS_NO_PM_RESET | PCI_DEV_FLAGS_NO_D3))
		return true;
	return quirk_is_news(dev, QUIRK_NO_D3_PORT) && pci_is_pcie(dev) &&
	       pci_pcie_type(dev) == PCI_EXP_TYPE_DOWNSTREAM;
}

/**
 * pcireset_quirk_imm_ready - check whether a function is accessible directly after a reset
 * @dev: the function
 *
 * PCIe r6.0, sec 7.5.1.1.4: Immediate Readiness, unless it is known to be wrong.
 *
 * Return: true if it is.
 */
bool pcireset_quirk_imm_ready(struct pci_dev *dev)
{
	return dev->imm_ready && !quirk_is_news(dev, QUIRK_NOT_READY);
}

/**
 * pcireset_quirk_woken - apply the kernel's early fixups after a power loss
 * @dev: the function; it was reset, answers, and its configuration is not restored
 *
 * The kernel applies them to a function that returns from a sleep without power, which
 * clears the same registers as a reset. They make a graphics card show its audio
 * function, for example. Call this before the check of the identity of the function and
 * of its siblings.
 */
void pcireset_quirk_woken(struct pci_dev *dev)
{
	pci_fixup_device(pci_fixup_resume_early, dev);
}

/**
 * pcireset_quirk_restored - apply the kernel's other fixups after a power loss
 * @dev: the function, restored
 */
void pcireset_quirk_restored(struct pci_dev *dev)
{
	if (!dev->is_virtfn)
		pci_fixup_device(pci_fixup_resume, dev);
}

static atomic_t seen_slow_chipset = ATOMIC_INIT(0);

/**
 * pcireset_quirk_add - note a new function
 * @dev: the function
 */
void pcireset_quirk_add(const struct pci_dev *dev)
{
	if (quirk_is_slow_chipset(dev))
		atomic_set(&seen_slow_chipset, 1);
}

/**
 * pcireset_quirk_d3hot_ms - return the wait between D0 and D3hot
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
