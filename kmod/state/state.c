// SPDX-License-Identifier: GPL-2.0-only
/* What a reset takes from a function, kept and given back. */
#include <linux/slab.h>

#include "state/state.h"

/*
 * PME_Enable is the one bit of Power Management Control that is configuration.
 * Setting a power state that the function is in already makes 6.1 touch BARs of
 * enabled VFs.
 */
static void state_power_up(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;
	u16 csr = 0;

	if (dev->pm_cap)
		pci_read_config_word(dev, dev->pm_cap + PCI_PM_CTRL, &csr);
	fn->saved.pme = csr & PCI_PM_CTRL_PME_ENABLE;
	if (csr & PCI_PM_CTRL_STATE_MASK)
		pci_set_power_state(dev, PCI_D0);
}

/* What its driver has saved for itself: the core has room for one saved state only. */
static int state_set_aside(struct pcireset_fn *fn)
{
	if (fn->dev->state_saved) {
		fn->saved.driver_state = pci_store_saved_state(fn->dev);
		if (!fn->saved.driver_state)
			return -ENOMEM;
	}
	fn->saved.set_aside = true;
	return 0;
}

/*
 * A hotplug port is saved with its slot's events masked. When it is restored they
 * must not interrupt before they may be acted on.
 */
static int state_save_core(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;
	int error;

	if (!dev->is_hotplug_bridge || !pci_is_pcie(dev))
		return pci_save_state(dev);
	pcireset_hotplug_mask(fn);
	error = pci_save_state(dev);
	pcireset_hotplug_unmask(fn);
	return error;
}

static int state_save_copy(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;

	if (state_save_core(fn))
		return -ENOMEM;
	fn->saved.state = pci_store_saved_state(dev);
	if (!fn->saved.state)
		return -ENOMEM;
	/* Just read, by the core. */
	memcpy(fn->saved.header, dev->saved_config_space, sizeof(fn->saved.header));
	return 0;
}

/**
 * pcireset_state_save - keep all that is needed to bring a function back
 * @plan: says what will have to be compared
 * @fn: the function
 *
 * What its driver has saved for itself is kept aside. Saved once however many
 * types are issued: after a failed reset there is nothing worth saving.
 *
 * Return: 0, -ENOMEM, or -ENODEV if it does not answer any more.
 */
int pcireset_state_save(const struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	int error;

	if (fn->saved.state)
		return 0;

	state_power_up(fn);
	error = state_set_aside(fn);
	if (!error)
		error = state_save_copy(fn);
	if (!error && pcireset_compares_config(plan))
		error = pcireset_config_save(fn);
	if (error)
		return error;
	pcie_capability_read_word(fn->dev, PCI_EXP_LNKSTA, &fn->saved.link);
	fn->saved.serial = pcireset_identity_serial(fn);
	/* Cut off meanwhile, it has given all-ones to be saved. */
	return pcireset_fn_answers(fn) ? 0 : -ENODEV;
}

/**
 * pcireset_state_quiesce - stop a function
 * @fn: the function, saved
 *
 * No memory, no I/O, no DMA, no interrupt: a reset must not find it at work.
 */
void pcireset_state_quiesce(struct pcireset_fn *fn)
{
	fn->quiesced = true;
	pci_write_config_word(fn->dev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
}

/*
 * The core brings VFs back only if it finds VF Enable clear, which a reset
 * must leave (PCIe r6.0, sec 9.3.3.3). Hardware that keeps the bit and loses
 * NumVFs would be taken for healthy and its VFs never come back.
 */
static void state_disable_lost_vfs(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;
	u16 control, num;
	int pos;

	pos = dev->is_physfn ? pcireset_ext_capability(fn, PCI_EXT_CAP_ID_SRIOV) : 0;
	if (!pos)
		return;

	pci_read_config_word(dev, pos + PCI_SRIOV_CTRL, &control);
	pci_read_config_word(dev, pos + PCI_SRIOV_NUM_VF, &num);
	if ((control & PCI_SRIOV_CTRL_VFE) && num != pci_num_vf(dev))
		pci_write_config_word(dev, pos + PCI_SRIOV_CTRL,
				      control & ~(PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE));
}

static void state_restore_pme(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;
	u16 now;

	/* No reset sets it. */
	if (!fn->saved.pme)
		return;

	pci_read_config_word(dev, dev->pm_cap + PCI_PM_CTRL, &now);
	if (now & PCI_PM_CTRL_PME_ENABLE)
		return;
	/* PME_Status is cleared by writing a one. */
	now &= ~PCI_PM_CTRL_PME_STATUS;
	pci_write_config_word(dev, dev->pm_cap + PCI_PM_CTRL, now | PCI_PM_CTRL_PME_ENABLE);
}

/**
 * pcireset_state_woken - apply the kernel's quirks for a function that lost power
 * @fn: the function; it was reset, answers, and is not restored yet
 *
 * Nothing happens to a VF, or if another device answers.
 */
void pcireset_state_woken(struct pcireset_fn *fn)
{
	if (!fn->dev->is_virtfn && fn->found.answer == fn->saved.header[PCI_VENDOR_ID / 4])
		pcireset_quirk_woken(fn->dev);
}

/**
 * pcireset_state_restore - give a function back what was saved
 * @fn: the function; it answers and is the one that was saved
 */
void pcireset_state_restore(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;

	state_disable_lost_vfs(fn);
	pcireset_witness_clear(fn);
	if (pci_load_saved_state(dev, fn->saved.state))
		pci_warn(dev, "saved state does not fit any more\n");
	pcireset_control_restore_first(fn);
	pci_restore_state(dev);
	if (!fn->masked.quiet)
		pcireset_hotplug_unmask(fn);
	pcireset_control_restore(fn);
	state_restore_pme(fn);
	pcireset_quirk_restored(dev);
	fn->quiesced = false;
}

/**
 * pcireset_state_park - keep what was saved without the locks
 * @fn: the function
 *
 * The driver's own saved state becomes the saved one again, or there is none.
 *
 * Context: With the locks of the plan.
 */
void pcireset_state_park(struct pcireset_fn *fn)
{
	/* Overwritten since, also if there was no memory to keep ours. */
	if (fn->saved.set_aside)
		pci_load_and_free_saved_state(fn->dev, &fn->saved.driver_state);
	kfree(fn->saved.driver_state);
	fn->saved.driver_state = NULL;
	fn->saved.set_aside = false;
}

/**
 * pcireset_state_unpark - end what pcireset_state_park() began
 * @fn: the function
 *
 * Context: With the function's device lock.
 * Return: 0 or -ENOMEM.
 */
int pcireset_state_unpark(struct pcireset_fn *fn)
{
	return state_set_aside(fn);
}

/**
 * pcireset_state_free - drop what was saved
 * @fn: the function
 *
 * The driver's own saved state becomes the saved one again, or there is none.
 *
 * Context: With the locks of the plan.
 */
void pcireset_state_free(struct pcireset_fn *fn)
{
	pcireset_state_park(fn);
	kfree(fn->saved.state);
	fn->saved.state = NULL;
	pcireset_config_free(fn);
}
