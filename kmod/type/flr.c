// SPDX-License-Identifier: GPL-2.0-only
/* Function Level Reset: of PCIe, and of the Advanced Features capability. */
#include "type/type.h"

static bool flr_is_pcie(struct pci_dev *dev)
{
	u32 devcap;

	if (pcie_capability_read_dword(dev, PCI_EXP_DEVCAP, &devcap))
		return false;
	return !PCI_POSSIBLE_ERROR(devcap) && (devcap & PCI_EXP_DEVCAP_FLR);
}

static int flr_find_af(struct pci_dev *dev)
{
	int pos = pci_find_capability(dev, PCI_CAP_ID_AF);
	u8 cap;

	if (!pos || pci_read_config_byte(dev, pos + PCI_AF_CAP, &cap))
		return 0;
	if ((cap & (PCI_AF_CAP_TP | PCI_AF_CAP_FLR)) != (PCI_AF_CAP_TP | PCI_AF_CAP_FLR))
		return 0;
	return pos;
}

/*
 * PCIe r6.0, sec 7.5.3.3: the bit means FLR in an endpoint only; sec 6.6.2 defines
 * FLR for nothing else. Some switch ports have it set. The core lists FLR for these.
 */
static bool flr_is_endpoint(struct pci_dev *dev)
{
	int type = pci_is_pcie(dev) ? pci_pcie_type(dev) : PCI_EXP_TYPE_LEG_END;

	return dev->hdr_type == PCI_HEADER_TYPE_NORMAL &&
	       (type == PCI_EXP_TYPE_ENDPOINT || type == PCI_EXP_TYPE_LEG_END ||
		type == PCI_EXP_TYPE_RC_END);
}

void pcireset_probe_flr(struct pcireset_probe *probe, struct pcireset_type_info *info)
{
	struct pci_dev *dev = probe->dev;
	bool pcie = flr_is_pcie(dev);

	if (!pcie && !flr_find_af(dev))
		info->why_not = PCIRESET_WHY_NO_CAPABILITY;
	else if (!flr_is_endpoint(dev))
		info->why_not = PCIRESET_WHY_NOT_ENDPOINT;
	else if (pcireset_quirk_no_flr(dev))
		info->why_not = PCIRESET_WHY_QUIRK;
	else if (pcireset_quirk_handler(dev))
		info->why_not = PCIRESET_WHY_HAS_HANDLER;
	else if (!pcie)
		info->flags |= PCIRESET_TYPE_AF;
}

static int flr_trigger_pcie(struct pci_dev *dev)
{
	int pos = pci_pcie_cap(dev);

	/* Sec 6.6.2: software should wait for pending transactions, but may reset anyway. */
	if (pcireset_wait_pending(dev, pos + PCI_EXP_DEVSTA, PCI_EXP_DEVSTA_TRPND))
		pci_warn(dev, "transactions pending, resetting anyway\n");

	return pcie_capability_set_word(dev, PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
}

static int flr_trigger_af(struct pci_dev *dev)
{
	int pos = flr_find_af(dev);

	if (!pos)
		return -EIO;
	/* The Status byte is read as the upper half of the word at Control. */
	if (pcireset_wait_pending(dev, pos + PCI_AF_CTRL, PCI_AF_STATUS_TP << 8))
		pci_warn(dev, "transactions pending, resetting anyway\n");

	return pci_write_config_byte(dev, pos + PCI_AF_CTRL, PCI_AF_CTRL_FLR);
}

int pcireset_trigger_flr(struct pcireset_trigger *trigger)
{
	struct pci_dev *dev = trigger->dev;
	int ret;

	ret = flr_is_pcie(dev) ? flr_trigger_pcie(dev) : flr_trigger_af(dev);
	if (ret)
		return -EIO;

	trigger->no_access_us = trigger->times->flr_us;
	return 0;
}
