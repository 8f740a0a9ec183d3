// SPDX-License-Identifier: GPL-2.0-only
/* Retrain a link that only comes up at its lowest speed. */
#include <linux/delay.h>

#include "wait/wait.h"

/*
 * Time limit of the retraining. It begins after the second that the specification gives
 * to a link.
 */
#define RETRAIN_MS      200
#define RETRAIN_POLL_US 1000

/*
 * Time to look for signs of training at a link. PCIe r6.0, sec 4.2.7: a link that does not
 * come up leaves Polling and Configuration after 48 ms at most, and begins again.
 */
#define RETRAIN_SIGN_MS 50

/*
 * PCIe r6.0, sec 7.5.3.8: the hardware has tried to make the link reliable, or still
 * tries. It does neither for an empty slot. One read is not enough: Link Training is set
 * only at times, and since 6.13 the kernel clears Link Bandwidth Management Status.
 */
static bool retrain_is_tried_by_port(struct pci_dev *port)
{
	ktime_t end = ktime_add_ms(ktime_get(), RETRAIN_SIGN_MS);
	u16 status;

	for (;;) {
		pcie_capability_read_word(port, PCI_EXP_LNKSTA, &status);
		if (PCI_POSSIBLE_ERROR(status))
			return false;
		if (status & (PCI_EXP_LNKSTA_LBMS | PCI_EXP_LNKSTA_LT))
			return true;
		if (ktime_after(ktime_get(), end))
			return false;
		usleep_range(RETRAIN_POLL_US, RETRAIN_POLL_US * 2);
	}
}

/* @control: Link Control 2 of the port. Only ports with it have a Target Link Speed. */
static bool retrain_may_help(struct pci_dev *port, u16 control)
{
	if ((pcie_caps_reg(port) & PCI_EXP_FLAGS_VERS) < 2 || PCI_POSSIBLE_ERROR(control))
		return false;
	if ((control & PCI_EXP_LNKCTL2_TLS) <= PCI_EXP_LNKCTL2_TLS_2_5GT)
		return false;
	return port->link_active_reporting && retrain_is_tried_by_port(port);
}

/*
 * Sec 7.5.3.19 and 7.5.3.7: Target Link Speed, then Retrain Link, which reads as zero.
 * Link Control 2 is not read again: a port that is gone by now would give all-ones.
 */
static void retrain_at(struct pci_dev *port, u16 control)
{
	pcie_capability_write_word(port, PCI_EXP_LNKCTL2, control);
	pcie_capability_set_word(port, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_RL);
	/* Some ports do not clear Retrain Link by themselves. */
	if (port->clear_retrain_link)
		pcie_capability_clear_word(port, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_RL);
}

static bool retrain_is_over(struct pci_dev *port)
{
	u16 status;

	pcie_capability_read_word(port, PCI_EXP_LNKSTA, &status);
	return !PCI_POSSIBLE_ERROR(status) && status & PCI_EXP_LNKSTA_DLLLA &&
	       !(status & PCI_EXP_LNKSTA_LT);
}

static bool retrain_wait(struct pci_dev *port)
{
	ktime_t end = ktime_add_ms(ktime_get(), RETRAIN_MS);

	while (!retrain_is_over(port)) {
		if (ktime_after(ktime_get(), end))
			return false;
		usleep_range(RETRAIN_POLL_US, RETRAIN_POLL_US * 2);
	}
	return true;
}

/**
 * pcireset_link_retrain - retrain a link that stays down at 2.5 GT/s
 * @port: the port above; the wait for its link is over
 *
 * Between some switches a link comes up after a reset only if it begins at the lowest
 * speed. Then the former Target Link Speed is restored, and the link becomes as fast as
 * both ends allow.
 *
 * Context: With the locks of the plan.
 * Return: 0, or -ETIMEDOUT if the link is down.
 */
int pcireset_link_retrain(struct pci_dev *port)
{
	u16 control, slow;
	bool up;

	pcie_capability_read_word(port, PCI_EXP_LNKCTL2, &control);
	if (!retrain_may_help(port, control))
		return -ETIMEDOUT;

	pci_info(port, "link does not come up after a reset, trying 2.5 GT/s\n");
	slow = (control & ~PCI_EXP_LNKCTL2_TLS) | PCI_EXP_LNKCTL2_TLS_2_5GT;
	retrain_at(port, slow);
	up = retrain_wait(port);
	retrain_at(port, control);
	return up && retrain_wait(port) ? 0 : -ETIMEDOUT;
}
