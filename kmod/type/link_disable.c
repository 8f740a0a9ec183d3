// SPDX-License-Identifier: GPL-2.0-only
/* Link Disable at the port above, for ports whose Secondary Bus Reset is broken. */
#include <linux/delay.h>

#include "type/type.h"

/*
 * PCIe r6.0, sec 4.2.7.9: the port informs its partner, and waits up to 2 ms. A running
 * training ends first. 100 ms is far above both.
 */
#define LINK_DISABLE_DOWN_MS 100
#define LINK_DISABLE_POLL_US 100

/* As long as the core asserts a Secondary Bus Reset. */
#define LINK_DISABLE_HOLD_MS 2

#define LINK_DISABLE_TRIES 3

/* A link that does not report its state cannot be shown to have gone down. */
static bool link_disable_fits(struct pci_dev *bridge)
{
	return pcireset_is_downstream_port(bridge) && bridge->link_active_reporting;
}

void pcireset_probe_link_disable(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	if (!probe->bridge) {
		info->why_not = PCIRESET_WHY_NO_BRIDGE;
		return;
	}

	/* As for a bus reset: pciehp would take the card for removed. */
	if (pcireset_probe_has_slot(probe))
		info->why_not = PCIRESET_WHY_HOTPLUG;
	else if (!link_disable_fits(probe->bridge))
		info->why_not = PCIRESET_WHY_NO_CAPABILITY;
	else if (pcireset_probe_is_masked(probe, PCIRESET_CXL_PORT_CONTROL_UNMASK_LD))
		info->why_not = PCIRESET_WHY_CXL_MASKED;
	if (info->why_not)
		info->who = pcireset_addr_of(probe->bridge);
	else
		/* A quirk of the port concerns its Secondary Bus Reset, which is not used. */
		pcireset_probe_below(probe, info);
}

static int link_disable_wait_down(struct pci_dev *port)
{
	ktime_t end = ktime_add_ms(ktime_get(), LINK_DISABLE_DOWN_MS);

	while (pcireset_link_is_active(port)) {
		if (ktime_after(ktime_get(), end))
			return -EIO;
		usleep_range(LINK_DISABLE_POLL_US, LINK_DISABLE_POLL_US * 2);
	}
	return 0;
}

/*
 * Writes the former value without a read: a port that does not answer for a moment would
 * give all-ones, and the link must not stay disabled.
 */
static int link_disable_end(struct pci_dev *port, u16 control)
{
	unsigned int i;
	u16 now;

	for (i = 0; i < LINK_DISABLE_TRIES; i++) {
		pcie_capability_write_word(port, PCI_EXP_LNKCTL, control);
		pcie_capability_read_word(port, PCI_EXP_LNKCTL, &now);
		if (!PCI_POSSIBLE_ERROR(now) && !(now & PCI_EXP_LNKCTL_LD))
			return 0;
		usleep_range(LINK_DISABLE_POLL_US, LINK_DISABLE_POLL_US * 2);
	}
	return -EIO;
}

/**
 * pcireset_trigger_link_disable - disable the link of a port and enable it again
 * @trigger: the function and its port
 *
 * PCIe r6.0, sec 7.5.3.7 and 6.6.1: the functions below the port see a hot reset, and
 * the waits after it begin when Link Disable is clear again. No signal ends this before.
 *
 * Context: Process context, with the locks of all functions below the port.
 * Return: 0, or -EIO if a hotplug slot has come, the link is disabled already, or it
 * did not go down.
 */
int pcireset_trigger_link_disable(struct pcireset_trigger *trigger)
{
	struct pci_dev *port = trigger->bridge;
	u16 control;
	int error;

	if (pcireset_pciehp_is_bound(trigger->bridge))
		return -EIO;
	pcie_capability_read_word(port, PCI_EXP_LNKCTL, &control);
	if (PCI_POSSIBLE_ERROR(control) || control & PCI_EXP_LNKCTL_LD)
		return -EIO;

	pcie_capability_write_word(port, PCI_EXP_LNKCTL, control | PCI_EXP_LNKCTL_LD);
	error = link_disable_wait_down(port);
	if (!error)
		pcireset_sleep_until(ktime_add_ms(ktime_get(), LINK_DISABLE_HOLD_MS));
	return link_disable_end(port, control) ? -EIO : error;
}
