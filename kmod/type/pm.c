// SPDX-License-Identifier: GPL-2.0-only
/* Reset by power management: D3hot and back to D0, which resets some functions. */
#include "type/type.h"

void pcireset_probe_pm(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	struct pci_dev *dev = probe->dev;
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

static void pm_set_state(struct pci_dev *dev, u16 csr, pci_power_t state)
{
	/* Writing a one clears PME_Status, which only the driver may do. */
	csr &= ~(PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_STATUS);
	pci_write_config_word(dev, dev->pm_cap + PCI_PM_CTRL, csr | (__force u16)state);
}

int pcireset_trigger_pm(struct pcireset_trigger *trigger)
{
	struct pci_dev *dev = trigger->dev;
	u16 csr;

	pci_read_config_word(dev, dev->pm_cap + PCI_PM_CTRL, &csr);
	pm_set_state(dev, csr, PCI_D3hot);
	pcireset_sleep_until(ktime_add_ms(ktime_get(), pcireset_quirk_d3hot_ms(dev)));
	pm_set_state(dev, csr, PCI_D0);
	trigger->no_access_us = trigger->times->d0_us;
	return 0;
}
