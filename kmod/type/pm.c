// SPDX-License-Identifier: GPL-2.0-only
/* Reset by power management: D3hot and back to D0, where that resets the function. */
#include "pcireset.h"

void pcireset_probe_pm(struct pci_dev *dev, enum pcireset_caller caller,
		       struct pcireset_type_info *info)
{
	u16 csr;

	if (!dev->pm_cap) {
		info->why_not = PCIRESET_WHY_NO_CAPABILITY;
		return;
	}

	pci_read_config_word(dev, dev->pm_cap + PCI_PM_CTRL, &csr);
	if (pcireset_quirk_no_pm(dev))
		info->why_not = PCIRESET_WHY_QUIRK;
	else if (csr & PCI_PM_CTRL_NO_SOFT_RESET)
		info->why_not = PCIRESET_WHY_NO_SOFT_RESET;
	else if (csr & PCI_PM_CTRL_STATE_MASK)
		info->why_not = PCIRESET_WHY_NOT_D0;
}

static void set_state(struct pci_dev *dev, u16 csr, pci_power_t state)
{
	/* PME_Status is cleared by writing a one; that is the driver's to do. */
	csr &= ~(PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_STATUS);
	pci_write_config_word(dev, dev->pm_cap + PCI_PM_CTRL, csr | (__force u16)state);
}

int pcireset_trigger_pm(struct pcireset_run *run)
{
	struct pci_dev *dev = run->plan->dev;
	u16 csr;

	pci_read_config_word(dev, dev->pm_cap + PCI_PM_CTRL, &csr);
	set_state(dev, csr, PCI_D3hot);
	pcireset_sleep_until(ktime_add_ms(ktime_get(), pcireset_quirk_d3hot_ms(dev)));
	set_state(dev, csr, PCI_D0);
	pcireset_settle_us(run, pcireset_target_times(run->plan)->d0_us);
	return 0;
}
