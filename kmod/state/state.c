// SPDX-License-Identifier: GPL-2.0-only
/* Save and restore the state that a function loses in a reset. */
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

/* Set aside the driver's own saved state: the core has room for one saved state only. */
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
 * Save a hotplug port with the events of its slot masked. After the restore they must
 * not interrupt until pciehp may handle them.
 */
static int state_save_core(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;
	int error;

	if (!pcireset_has_slot(dev))
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
	/* The core has just read the header. */
	memcpy(fn->saved.header, dev->saved_config_space, sizeof(fn->saved.header));
	return 0;
}

/**
 * pcireset_state_save - save the state that a function loses in a reset
 * @plan: the plan, which selects the checks
 * @fn: the function
 *
 * Sets aside the driver's own saved state. Saves only once for all types: after a
 * failed reset the function has no state worth saving.
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
	/* If the function was cut off in the meantime, the saved values are all-ones. */
	return pcireset_fn_answers(fn) ? 0 : -ENODEV;
}

/**
 * pcireset_state_quiesce - stop a function
 * @fn: the function, saved
 *
 * Disables memory, I/O, DMA and interrupts: no access may be in progress at the reset.
 */
void pcireset_state_quiesce(struct pcireset_fn *fn)
{
	fn->quiesced = true;
	pci_write_config_word(fn->dev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
}

/*
 * The core enables VFs again only if VF Enable is clear, as after a reset (PCIe r6.0,
 * sec 9.3.3.3). If hardware keeps the bit and loses NumVFs, its VFs would never come
 * back. So clear the bit.
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

	/* A reset never sets the bit. */
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
 * Does nothing for a VF, or if another device answers.
 */
void pcireset_state_woken(struct pcireset_fn *fn)
{
	if (!fn->dev->is_virtfn && fn->found.answer == fn->saved.header[PCI_VENDOR_ID / 4])
		pcireset_quirk_woken(fn->dev);
}

/* A port that is not quiet has not lost what pciehp wrote since the core's save. */
static void state_restore_core(struct pcireset_fn *fn)
{
	if (!fn->masked.quiet && pcireset_has_slot(fn->dev))
		pcireset_hotplug_save(fn);
	pci_restore_state(fn->dev);
	pcireset_hotplug_restore(fn);
	if (!fn->masked.quiet)
		pcireset_hotplug_unmask(fn);
}

/**
 * pcireset_state_restore - restore the saved state of a function
 * @fn: the function; it answers and has its former identity
 */
void pcireset_state_restore(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;

	state_disable_lost_vfs(fn);
	pcireset_witness_clear(fn);
	if (pci_load_saved_state(dev, fn->saved.state))
		pci_warn(dev, "saved state no longer matches the device\n");
	pcireset_control_restore_first(fn);
	state_restore_core(fn);
	pcireset_control_restore(fn);
	state_restore_pme(fn);
	pcireset_quirk_restored(dev);
	fn->quiesced = false;
}

/**
 * pcireset_state_park - keep our saved state while the locks are released
 * @fn: the function
 *
 * The core's saved state is the driver's own again, or none.
 *
 * Context: With the locks of the plan.
 */
void pcireset_state_park(struct pcireset_fn *fn)
{
	/* The core now has our state, even if our copy of it could not be allocated. */
	if (fn->saved.set_aside)
		pci_load_and_free_saved_state(fn->dev, &fn->saved.driver_state);
	kfree(fn->saved.driver_state);
	fn->saved.driver_state = NULL;
	fn->saved.set_aside = false;
}

/**
 * pcireset_state_unpark - set the driver's own saved state aside again
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
 * pcireset_state_free - free our saved state
 * @fn: the function
 *
 * The core's saved state is the driver's own again, or none.
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
