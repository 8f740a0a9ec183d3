// SPDX-License-Identifier: GPL-2.0-only
/* Keep hotplug and error reporting from treating an expected link down as a surprise. */
#include "state/state.h"

/* Sets @former to the mask bit before. Returns false if the port does not answer. */
static bool mask_set_surprise(struct pci_dev *port, u32 bit, u32 *former)
{
	u32 mask;

	pci_read_config_dword(port, port->aer_cap + PCI_ERR_UNCOR_MASK, &mask);
	if (PCI_POSSIBLE_ERROR(mask))
		return false;
	pci_write_config_dword(port, port->aer_cap + PCI_ERR_UNCOR_MASK,
			       (mask & ~PCI_ERR_UNC_SURPDN) | bit);
	*former = mask & PCI_ERR_UNC_SURPDN;
	return true;
}

static struct pcireset_fn *mask_function_0_below(struct pcireset_tx *tx, struct pci_dev *port)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++) {
		struct pci_dev *dev = tx->fns[i].dev;

		if (dev->bus == port->subordinate && !dev->devfn)
			return &tx->fns[i];
	}
	return NULL;
}

static void mask_port(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	struct pci_dev *port = fn->dev;
	u32 surprise;

	if (port->is_hotplug_bridge)
		pcireset_hotplug_note(fn, mask_function_0_below(tx, port));

	fn->masked.quiet = true;
	fn->masked.was_ignoring = port->ignore_hotplug;
	/* pciehp_isr() acknowledges and drops events while this is set. */
	if (port->is_hotplug_bridge) {
		pcireset_hotplug_mask(fn);
		pcireset_hotplug_save(fn);
		port->ignore_hotplug = 1;
	}
	if (!pcireset_owns_aer(port))
		return;
	if (!mask_set_surprise(port, PCI_ERR_UNC_SURPDN, &surprise))
		return;
	/* A port that an earlier type has lost still has our mask. */
	if (!fn->masked.hushed)
		fn->masked.surprise = surprise;
	fn->masked.hushed = true;
}

/*
 * Restoring Slot Control is a command. The port latches its completion before it can
 * signal it. A port sends an interrupt for the first event only (PCIe r6.0, sec
 * 6.7.3.4). So a latched event would prevent the interrupts of all later ones.
 */
static void mask_clear_slot_events(struct pcireset_fn *fn)
{
	u16 events = PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_PDC;
	u16 status;

	/* The bridge above was not restored: its completions belong to pciehp. */
	if (fn->planned->reach)
		events |= PCI_EXP_SLTSTA_CC;

	/* Do not clear other events: they may come between this read and the write. */
	pcie_capability_read_word(fn->dev, PCI_EXP_SLTSTA, &status);
	if (status & events)
		pcie_capability_write_word(fn->dev, PCI_EXP_SLTSTA, status & events);
}

/* Clear the events that the reset has latched. Writing ones clears status bits. */
static void mask_clear_events(struct pcireset_fn *fn)
{
	struct pci_dev *port = fn->dev;
	u32 ours;

	if (port->is_hotplug_bridge)
		mask_clear_slot_events(fn);
	if (!pcireset_owns_aer(port) || !fn->masked.hushed)
		return;
	pci_write_config_dword(port, port->aer_cap + PCI_ERR_UNCOR_STATUS, PCI_ERR_UNC_SURPDN);
	mask_set_surprise(port, fn->masked.surprise, &ours);
}

static void mask_unmask_port(struct pcireset_fn *fn)
{
	if (!pcireset_is_lost(fn) && !fn->unfinished.gone)
		mask_clear_events(fn);
	if (fn->dev->is_hotplug_bridge && !fn->masked.was_ignoring)
		fn->dev->ignore_hotplug = 0;
	/* From here on pciehp gets all events. The link events are gone: compare its state. */
	if (fn->dev->is_hotplug_bridge && !fn->unfinished.gone) {
		if (!pcireset_is_lost(fn))
			pcireset_hotplug_unmask(fn);
		pcireset_hotplug_check(fn);
	}
	fn->masked.quiet = false;
}

static bool mask_is_port(const struct pcireset_fn *fn)
{
	return (fn->planned->flags & PCIRESET_MEMBER_BRIDGE) && pci_is_pcie(fn->dev);
}

/* Only members with a saved state: the others are not restored. */
static bool mask_is_saved_port(const struct pcireset_fn *fn)
{
	return fn->saved.state && mask_is_port(fn);
}

/**
 * pcireset_quiet_begin - expect links to go down
 * @tx: the transaction, its members and its bridge saved
 * @type: the type about to be issued
 *
 * Masks events of the bridge above and of every PCIe port below it. The core does not
 * do this.
 *
 * Context: With the locks of the plan, which cover the bit that pciehp reads.
 */
void pcireset_quiet_begin(struct pcireset_tx *tx, u32 type)
{
	unsigned int i;

	if ((type & PCIRESET_LINK_TYPES) && mask_is_port(&tx->bridge_fn))
		mask_port(tx, &tx->bridge_fn);
	if ((type & PCIRESET_LINK_TYPES) && mask_is_port(&tx->bridge_fn))
		pcireset_control_save_port(&tx->bridge_fn);
	tx->bridge_fn.saved.disables_link = type == PCI_RESET_LINK_DISABLE;
	for (i = 0; i < tx->nr_fns; i++) {
		struct pcireset_fn *fn = &tx->fns[i];

		if (pcireset_fn_runs(fn, type) && mask_is_saved_port(fn))
			mask_port(tx, fn);
	}
}

/**
 * pcireset_quiet_end - handle link and hotplug events again
 * @tx: the transaction
 *
 * Skips ports with the flag stays_quiet.
 *
 * Context: With the device locks of the ports that are quiet.
 */
void pcireset_quiet_end(struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++) {
		if (tx->fns[i].masked.quiet && !tx->fns[i].masked.stays_quiet)
			mask_unmask_port(&tx->fns[i]);
	}
	if (tx->bridge_fn.masked.quiet && !tx->bridge_fn.unfinished.gone)
		pcireset_control_restore_port(&tx->bridge_fn);
	if (tx->bridge_fn.masked.quiet && !tx->bridge_fn.masked.stays_quiet)
		mask_unmask_port(&tx->bridge_fn);
}
