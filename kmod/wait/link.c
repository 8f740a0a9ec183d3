// SPDX-License-Identifier: GPL-2.0-only
/* The state of a link, a slot and error containment, and the waits after a reset of a link. */
#include "wait/wait.h"

/**
 * pcireset_contained - does a port, or one above it, contain an error?
 * @port: the port, or NULL
 *
 * PCIe r6.0, sec 6.2.11: the link below such a port stays down until software
 * clears DPC Trigger Status. Before that, the kernel notifies the drivers of all
 * functions below and waits for their device locks, which we hold.
 *
 * Return: true if one does.
 */
bool pcireset_contained(struct pci_dev *port)
{
	u16 status;

	for (; port; port = pci_upstream_bridge(port)) {
		if (!pcireset_dpc_cap(port))
			continue;
		pci_read_config_word(port, pcireset_dpc_cap(port) + PCI_EXP_DPC_STATUS, &status);
		if (!PCI_POSSIBLE_ERROR(status) && status & PCI_EXP_DPC_STATUS_TRIGGER)
			return true;
	}
	return false;
}

/**
 * pcireset_link_is_active - is Data Link Layer Link Active set?
 * @bridge: the port
 *
 * Return: true if it is.
 */
bool pcireset_link_is_active(struct pci_dev *bridge)
{
	u16 status;

	pcie_capability_read_word(bridge, PCI_EXP_LNKSTA, &status);
	return !PCI_POSSIBLE_ERROR(status) && (status & PCI_EXP_LNKSTA_DLLLA);
}

/**
 * pcireset_link_is_up - may a function behind the link of a port answer?
 * @port: the port, or NULL
 *
 * Return: false if the port reports the state of its link, and the link is down.
 */
bool pcireset_link_is_up(struct pci_dev *port)
{
	if (!port || !pcireset_is_downstream_port(port) || !port->link_active_reporting)
		return true;
	return pcireset_link_is_active(port);
}

/*
 * What is wrong with the slot of a port: PCI_EXP_SLTSTA_PDS if it has no card,
 * PCI_EXP_SLTSTA_PFD if its power has failed. Nothing is wrong with a slot whose link is up.
 */
static u16 link_slot_faults(struct pci_dev *port)
{
	u16 status;

	if (!pcireset_has_slot(port))
		return 0;
	pcie_capability_read_word(port, PCI_EXP_SLTSTA, &status);
	if (PCI_POSSIBLE_ERROR(status) || pcireset_link_is_active(port))
		return 0;
	return (status ^ PCI_EXP_SLTSTA_PDS) & (PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PFD);
}

static bool link_slot_above_has(struct pci_dev *dev, u16 faults)
{
	struct pci_dev *port = pci_upstream_bridge(pci_physfn(dev));

	for (; port; port = pci_upstream_bridge(port))
		if (link_slot_faults(port) & faults)
			return true;
	return false;
}

/**
 * pcireset_is_pulled - was the card of a function removed, or has its power failed?
 * @dev: the function
 *
 * PCIe r6.0, sec 6.7.3: a slot above reports this. During a reset its presence bit
 * may be wrong, because it may follow the link.
 *
 * Return: true if it was.
 */
bool pcireset_is_pulled(struct pci_dev *dev)
{
	return link_slot_above_has(dev, PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PFD);
}

/**
 * pcireset_has_no_power - has the power of a function's card failed?
 * @dev: the function
 *
 * Return: true if a slot above reports this.
 */
bool pcireset_has_no_power(struct pci_dev *dev)
{
	return link_slot_above_has(dev, PCI_EXP_SLTSTA_PFD);
}

/**
 * pcireset_counts_from_link_up - does the wait after a reset begin when the link is up?
 * @bridge: the port
 *
 * PCIe r6.0, sec 6.6.1: it does for a link above 5 GT/s, which reports its state.
 *
 * Return: true if it does.
 */
bool pcireset_counts_from_link_up(struct pci_dev *bridge)
{
	enum pci_bus_speed speed = pcie_get_speed_cap(bridge);

	return bridge->link_active_reporting && speed != PCI_SPEED_UNKNOWN &&
	       speed > PCIE_SPEED_5_0GT;
}

/**
 * pcireset_is_conventional - is the bus below a bridge conventional PCI?
 * @bridge: the bridge
 *
 * Return: true if it is.
 */
bool pcireset_is_conventional(struct pci_dev *bridge)
{
	return !pci_is_pcie(bridge) || pci_pcie_type(bridge) == PCI_EXP_TYPE_PCI_BRIDGE;
}

/**
 * pcireset_secondary_us - the shortest wait after a reset of a secondary bus
 * @bridge: the bridge whose secondary bus is to be reset
 * @since_us: when @bridge itself may be accessed, microseconds after the trigger
 * @link_us: time that the slowest function on that bus needs
 *
 * Return: microseconds after the trigger, without the unknown time to train a link.
 */
u32 pcireset_secondary_us(struct pci_dev *bridge, u32 since_us, u32 link_us)
{
	if (pcireset_is_conventional(bridge))
		return max_t(u32, since_us, PCIRESET_CONVENTIONAL_MS * USEC_PER_MSEC);
	if (pcireset_is_downstream_port(bridge) && pcireset_counts_from_link_up(bridge))
		return since_us + link_us;
	return max(since_us, link_us);
}
