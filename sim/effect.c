// SPDX-License-Identifier: GPL-2.0-only
/* Registers with side effects. The functions get the value before and after the write. */
#include "pcisim.h"

static void effect_put16(struct pcisim_function *fn, unsigned int offset, u16 value)
{
	pcisim_put16(fn->space + offset, value);
}

static void hold_if(struct pcisim_function *fn, u32 reason, bool held)
{
	if (held)
		pcisim_hold(fn, reason);
	else
		pcisim_release(fn, reason);
}

/* PCIe r6.0, sec 7.5.3.4: Initiate Function Level Reset, reads as zero. */
void pcisim_effect_devctl(struct pcisim_function *fn, u16 before, u16 after)
{
	if (!(after & PCI_EXP_DEVCTL_BCR_FLR))
		return;
	effect_put16(fn, fn->template->pcie + PCI_EXP_DEVCTL, after & ~PCI_EXP_DEVCTL_BCR_FLR);
	pcisim_reset(fn, PCISIM_FLR);
}

/* Advanced Capabilities ECN for PCI: Initiate FLR, reads as zero. */
void pcisim_effect_af(struct pcisim_function *fn, u16 before, u16 after)
{
	if (!(after & PCI_AF_CTRL_FLR))
		return;
	effect_put16(fn, fn->template->af + PCI_AF_CTRL, after & ~PCI_AF_CTRL_FLR);
	pcisim_reset(fn, PCISIM_FLR);
}

/*
 * PCI PM r1.2, sec 5.4: the step from D3hot to D0 resets the function, unless
 * No_Soft_Reset is set.
 */
void pcisim_effect_pmcsr(struct pcisim_function *fn, u16 before, u16 after)
{
	if ((before & PCI_PM_CTRL_STATE_MASK) != 3 || after & PCI_PM_CTRL_STATE_MASK ||
	    after & PCI_PM_CTRL_NO_SOFT_RESET)
		return;
	pcisim_reset(fn, PCISIM_PM);
}

void pcisim_effect_buses(struct pcisim_function *fn, u16 before, u16 after)
{
	if (before != after)
		pcisim_route(fn->node->host);
}

/* CXL r3.1, sec 8.1.5.2: a CXL port ignores both bits unless they are unmasked. */
static bool effect_heeds_bit(const struct pcisim_function *fn, u16 unmask)
{
	u16 at = fn->template->cxl;

	return !at || pcisim_get16(fn->space + at + PCISIM_CXL_CONTROL) & unmask;
}

void pcisim_effect_bridge_control(struct pcisim_function *fn, u16 before, u16 after)
{
	hold_if(fn, PCISIM_HELD_RESET,
		after & PCI_BRIDGE_CTL_BUS_RESET && effect_heeds_bit(fn, PCISIM_CXL_UNMASK_SBR));
}

void pcisim_effect_lnkctl(struct pcisim_function *fn, u16 before, u16 after)
{
	hold_if(fn, PCISIM_HELD_DISABLE,
		after & PCI_EXP_LNKCTL_LD && effect_heeds_bit(fn, PCISIM_CXL_UNMASK_LINK_DISABLE));
	if (!(after & PCI_EXP_LNKCTL_RL))
		return;
	/* PCIe r6.0, sec 7.5.3.7: Retrain Link, reads as zero. */
	effect_put16(fn, fn->template->pcie + PCI_EXP_LNKCTL, after & ~PCI_EXP_LNKCTL_RL);
	pcisim_retrain(fn);
}

/* PCIe r6.0, sec 7.5.3.8: software clears Link Bandwidth Management Status. */
void pcisim_effect_lnksta(struct pcisim_function *fn, u16 before, u16 after)
{
	if (!(after & PCI_EXP_LNKSTA_LBMS))
		fn->port->has_trained = false;
}

/* The mask was changed while one of the bits is set. */
void pcisim_effect_cxl_control(struct pcisim_function *fn, u16 before, u16 after)
{
	u16 bridge = pcisim_get16(fn->space + PCI_BRIDGE_CONTROL);
	u16 link = pcisim_get16(fn->space + fn->template->pcie + PCI_EXP_LNKCTL);

	pcisim_effect_bridge_control(fn, bridge, bridge);
	pcisim_effect_lnkctl(fn, link, link);
}

/* Without a power controller, the bit is read-only. */
void pcisim_effect_sltctl(struct pcisim_function *fn, u16 before, u16 after)
{
	const struct pcisim_faults *faults = pcisim_faults_of(fn);
	u16 is_off = after & PCI_EXP_SLTCTL_PCC;

	/* The power controller cuts the power before the link comes up. */
	if (!is_off && before & PCI_EXP_SLTCTL_PCC && faults->power_fails)
		pcisim_fail_power(fn);
	hold_if(fn, PCISIM_HELD_POWER, is_off && !faults->power_stuck);
	if (is_off)
		pcisim_release(fn, PCISIM_HELD_FAULT);
	pcisim_check_irq(fn);
}

void pcisim_effect_sltsta(struct pcisim_function *fn, u16 before, u16 after)
{
	pcisim_check_irq(fn);
}

/* The upper half of Root Status. */
void pcisim_effect_rtsta(struct pcisim_function *fn, u16 before, u16 after)
{
	if (!(after & (PCI_EXP_RTSTA_PME >> 16)))
		pcisim_next_event(fn);
}

/* Enabled VFs start in the state after power-on. */
void pcisim_effect_sriov(struct pcisim_function *fn, u16 before, u16 after)
{
	struct pcisim_host *host = fn->node->host;
	unsigned int i;

	if (before & PCI_SRIOV_CTRL_VFE || !(after & PCI_SRIOV_CTRL_VFE))
		return;
	for (i = fn->order + 1; i < host->function_count && host->functions[i]->pf == fn; i++)
		pcisim_reset(host->functions[i], PCISIM_POWER_ON);
}

/* PCIe r6.0, sec 7.9.14.3: DPC Software Trigger, reads as zero. */
void pcisim_effect_dpc_ctl(struct pcisim_function *fn, u16 before, u16 after)
{
	if (!(after & PCISIM_DPC_SW_TRIGGER))
		return;
	effect_put16(fn, fn->template->dpc + PCI_EXP_DPC_CTL, after & ~PCISIM_DPC_SW_TRIGGER);
	if (after & PCISIM_DPC_ENABLED)
		pcisim_contain(fn, PCISIM_DPC_BY_SOFTWARE, 0);
}

void pcisim_effect_dpc_status(struct pcisim_function *fn, u16 before, u16 after)
{
	if (before & PCI_EXP_DPC_STATUS_TRIGGER && !(after & PCI_EXP_DPC_STATUS_TRIGGER))
		pcisim_release(fn, PCISIM_HELD_DPC);
}
