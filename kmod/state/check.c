// SPDX-License-Identifier: GPL-2.0-only
/* Checks after a reset: proof, identity and link. config.c compares config space. */
#include <linux/delay.h>

#include "state/state.h"

static bool check_link_is_worse(const struct pcireset_fn *fn)
{
	u16 now;

	pcie_capability_read_word(fn->dev, PCI_EXP_LNKSTA, &now);
	return (now & PCI_EXP_LNKSTA_CLS) < (fn->saved.link & PCI_EXP_LNKSTA_CLS) ||
	       (now & PCI_EXP_LNKSTA_NLW) < (fn->saved.link & PCI_EXP_LNKSTA_NLW) ||
	       (fn->saved.link & ~now & PCI_EXP_LNKSTA_DLLLA);
}

/**
 * pcireset_check_link - compare a function's link with its former speed and width
 * @fn: the function, restored; @fn->found.failed is written
 * @until: time limit
 *
 * PCIe r6.0, sec 7.5.3.8: Current Link Speed, Negotiated Link Width and, for a
 * port, Data Link Layer Link Active. A link comes up at 2.5 GT/s and becomes
 * faster later (sec 4.2.7), perhaps after a fast function was restored. So a
 * worse link is read again until @until.
 */
void pcireset_check_link(struct pcireset_fn *fn, ktime_t until)
{
	/* The link belongs to the device; a VF has no register for it. */
	if (fn->dev->is_virtfn || !(fn->saved.link & PCI_EXP_LNKSTA_NLW))
		return;

	while (check_link_is_worse(fn)) {
		if (ktime_after(ktime_get(), until)) {
			fn->found.failed |= PCIRESET_CHECK_LINK;
			return;
		}
		usleep_range(1000, 2000);
	}
}

/**
 * pcireset_identity_note - save the registers that identify a function
 * @fn: the function, without a saved header; @fn->saved.header is written
 */
void pcireset_identity_note(struct pcireset_fn *fn)
{
	static const u8 registers[] = { PCI_VENDOR_ID, PCI_CLASS_REVISION, PCI_CACHE_LINE_SIZE,
					PCI_SUBSYSTEM_VENDOR_ID };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(registers); i++)
		pci_read_config_dword(fn->dev, registers[i], &fn->saved.header[registers[i] / 4]);
}

/**
 * pcireset_identity_serial - read a function's serial number
 * @fn: the function, which answers
 *
 * PCIe r6.0, sec 7.9.3: the only difference between two cards of one type.
 *
 * Return: its Device Serial Number, 0 if it has none.
 */
u64 pcireset_identity_serial(const struct pcireset_fn *fn)
{
	u16 pos = fn->dev->is_virtfn ? 0 : pcireset_ext_capability(fn, PCI_EXT_CAP_ID_DSN);
	u32 low, high;

	if (!pos)
		return 0;
	pci_read_config_dword(fn->dev, pos + 4, &low);
	pci_read_config_dword(fn->dev, pos + 8, &high);
	return (u64)high << 32 | low;
}

/**
 * pcireset_identity_holds - check that a function is the same as before
 * @fn: the function; pcireset_fn_answers() has just returned true for it
 *
 * Compares Vendor and Device ID (a VF has none), class and revision, header
 * layout, the serial number and, for an endpoint, the subsystem IDs.
 *
 * Return: true if all are equal.
 */
bool pcireset_identity_holds(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;
	u32 value;

	pci_read_config_dword(dev, PCI_CLASS_REVISION, &value);
	if (value != fn->saved.header[PCI_CLASS_REVISION / 4])
		return false;
	pci_read_config_dword(dev, PCI_CACHE_LINE_SIZE, &value);
	if ((value ^ fn->saved.header[PCI_CACHE_LINE_SIZE / 4]) & 0x007f0000)
		return false;
	if (dev->is_virtfn)
		return true;

	if (fn->found.answer != fn->saved.header[PCI_VENDOR_ID / 4])
		return false;
	if (fn->saved.serial && pcireset_identity_serial(fn) != fn->saved.serial)
		return false;
	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return true;
	pci_read_config_dword(dev, PCI_SUBSYSTEM_VENDOR_ID, &value);
	return value == fn->saved.header[PCI_SUBSYSTEM_VENDOR_ID / 4];
}

static void check_use_as_witness(struct pcireset_fn *fn, u16 offset, u16 mask, u16 old)
{
	fn->found.witness = (struct pcireset_witness){ offset, mask, old };
}

/*
 * The kernel's handler for a device may save and restore Command itself. It does the
 * same with the MSI-X Function Mask if MSI-X is on.
 */
static bool check_keeps_command(const struct pcireset_fn *fn, u32 type)
{
	return type == PCI_RESET_DEV_SPECIFIC && fn->dev->msix_cap && !fn->dev->msix_enabled;
}

/* VFs and old devices have no INTx Disable. Every MSI-X capability has the Function Mask. */
static bool check_try_msix(struct pcireset_fn *fn)
{
	int pos = fn->dev->msix_cap;
	u16 old, now;

	if (!pos)
		return false;
	pos += PCI_MSIX_FLAGS;
	pci_read_config_word(fn->dev, pos, &old);
	pci_write_config_word(fn->dev, pos, old | PCI_MSIX_FLAGS_MASKALL);
	pci_read_config_word(fn->dev, pos, &now);
	if (!(now & PCI_MSIX_FLAGS_MASKALL))
		return false;
	check_use_as_witness(fn, pos, PCI_MSIX_FLAGS_MASKALL, old);
	return true;
}

/**
 * pcireset_witness_set - set a bit that only a reset clears
 * @fn: the function, quiesced
 * @type: the type about to be issued
 *
 * The bit is INTx Disable, which pcireset_state_quiesce() has set, and which is 0
 * after a reset (PCIe r6.0, sec 7.5.1.1.3). Without it, the MSI-X Function Mask
 * (sec 7.7.2.2). Without both, the bus number of a bridge.
 */
void pcireset_witness_set(struct pcireset_fn *fn, u32 type)
{
	u16 value;

	check_use_as_witness(fn, 0, 0, 0);
	if (check_keeps_command(fn, type) && check_try_msix(fn))
		return;
	pci_read_config_word(fn->dev, PCI_COMMAND, &value);
	if (value & PCI_COMMAND_INTX_DISABLE) {
		check_use_as_witness(fn, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, value);
		return;
	}
	if (check_try_msix(fn) || fn->dev->hdr_type != PCI_HEADER_TYPE_BRIDGE)
		return;
	pci_read_config_word(fn->dev, PCI_PRIMARY_BUS, &value);
	if (value & 0xff00)
		check_use_as_witness(fn, PCI_PRIMARY_BUS, value & 0xff00, value);
}

/**
 * pcireset_witness_read - check whether the reset took place
 * @fn: the function, answering and not yet restored; @fn->found.proof is written
 * @type: the type that was issued
 */
void pcireset_witness_read(struct pcireset_fn *fn, u32 type)
{
	u16 value;

	fn->found.proof = PCIRESET_PROOF_NONE;
	if (!(fn->planned->reset & type))
		return;

	fn->found.proof = PCIRESET_PROOF_UNKNOWN;
	if (!fn->found.witness.offset)
		return;
	pci_read_config_word(fn->dev, fn->found.witness.offset, &value);
	if (PCI_POSSIBLE_ERROR(value))
		return;
	if (!(value & fn->found.witness.mask))
		fn->found.proof = PCIRESET_PROOF_SHOWN;
	/* The kernel's handler for a device may restore the bit itself: the proof is unknown. */
	else if (type != PCI_RESET_DEV_SPECIFIC)
		fn->found.proof = PCIRESET_PROOF_REFUTED;
}

/**
 * pcireset_witness_clear - undo pcireset_witness_set()
 * @fn: the function
 *
 * Only for the MSI-X Function Mask: pci_restore_state() restores all other bits, but
 * not the mask while MSI-X is off.
 */
void pcireset_witness_clear(struct pcireset_fn *fn)
{
	if (fn->found.witness.mask == PCI_MSIX_FLAGS_MASKALL &&
	    fn->found.witness.offset != PCI_PRIMARY_BUS)
		pci_write_config_word(fn->dev, fn->found.witness.offset, fn->found.witness.old);
}

/**
 * pcireset_fn_answers - check whether a function answers config requests itself
 * @fn: the function
 *
 * The root complex returns all-ones if no function answers. A Vendor ID of 0001h
 * stands for Request Retry Status (PCIe r6.0, sec 2.3.1). A VF's Vendor ID always
 * reads as all-ones, so this reads the VF's Command register.
 *
 * Return: true if it answers.
 */
bool pcireset_fn_answers(struct pcireset_fn *fn)
{
	u32 value;

	pci_read_config_dword(fn->dev, fn->dev->is_virtfn ? PCI_COMMAND : PCI_VENDOR_ID, &value);
	fn->found.answer = value;
	if (PCI_POSSIBLE_ERROR(value))
		return false;
	return fn->dev->is_virtfn || (value & 0xffff) != 0x0001;
}
