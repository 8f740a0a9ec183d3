// SPDX-License-Identifier: GPL-2.0-only
/* The speed that a caller wants for a link after its reset. */
#include <linux/delay.h>

#include "state/state.h"

/* What is changed for the reset: the speed, and that the hardware may choose another one. */
#define SPEED_BITS (PCI_EXP_LNKCTL2_TLS | PCI_EXP_LNKCTL2_HASD)

/* PCIe r6.0, sec 7.7.5 to 7.7.7: the same bits in the status register of each speed. */
#define SPEED_STATUS          0x0c
#define SPEED_STATUS_COMPLETE 0x01
#define SPEED_STATUS_PHASE_1  0x02
#define SPEED_STATUS_REQUEST  0x10

/* Sec 7.5.3.20: those for 8 GT/s are in Link Status 2, one bit further up. */
#define SPEED_STATUS_2_SHIFT 1

static bool speed_is_below(const struct pcireset_tx *tx, const struct pcireset_fn *fn)
{
	return !fn->dev->is_virtfn && fn->dev->bus == tx->plan->bridge->subordinate;
}

/* The caller wants a slower link: it must not count as worse than before. */
static void speed_expect(struct pcireset_tx *tx, u16 speed)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++) {
		struct pcireset_saved *saved = &tx->fns[i].saved;

		if (speed_is_below(tx, &tx->fns[i]) && (saved->link & PCI_EXP_LNKSTA_CLS) > speed)
			saved->link = (saved->link & ~PCI_EXP_LNKSTA_CLS) | speed;
	}
}

/**
 * pcireset_speed_set - set the speed that the link is to have after the reset
 * @tx: the transaction, its members saved; does nothing if its caller wants no speed
 *
 * PCIe r6.0, sec 7.5.3.19: Target Link Speed limits a link that comes up, and Hardware
 * Autonomous Speed Disable keeps the port from a change for other reasons.
 *
 * Context: With the locks of the plan.
 * Return: 0, or -EOPNOTSUPP with the reason in the plan if the port does not keep it.
 */
int pcireset_speed_set(struct pcireset_tx *tx)
{
	struct pcireset_plan *plan = tx->plan;
	struct pcireset_saved *saved = &tx->bridge_fn.saved;
	u16 now, speed = plan->request.link_speed;

	if (!speed || saved->speed_is_set)
		return 0;
	pcie_capability_read_word(plan->bridge, PCI_EXP_LNKCTL2, &now);
	if (!PCI_POSSIBLE_ERROR(now)) {
		saved->speed = now & SPEED_BITS;
		saved->speed_is_set = true;
		pcie_capability_write_word(plan->bridge, PCI_EXP_LNKCTL2,
					   (now & ~SPEED_BITS) | speed | PCI_EXP_LNKCTL2_HASD);
		pcie_capability_read_word(plan->bridge, PCI_EXP_LNKCTL2, &now);
	}
	/* A port may have no Hardware Autonomous Speed Disable. */
	if ((now & PCI_EXP_LNKCTL2_TLS) != speed) {
		pcireset_speed_restore(tx);
		plan->why = PCIRESET_WHY_SPEED;
		plan->who = pcireset_addr_of(plan->bridge);
		return -EOPNOTSUPP;
	}
	speed_expect(tx, speed);
	return 0;
}

/**
 * pcireset_speed_restore - restore what pcireset_speed_set() has changed
 * @tx: the transaction
 *
 * The link keeps its speed until it trains again.
 *
 * Context: With the locks of the plan, or none of them if the run is adrift. Then the port
 * may be removed at any time.
 */
void pcireset_speed_restore(struct pcireset_tx *tx)
{
	struct pcireset_saved *saved = &tx->bridge_fn.saved;
	struct pci_dev *port = tx->plan->bridge;
	u16 now;

	if (!saved->speed_is_set)
		return;
	saved->speed_is_set = false;
	down_read(&pcireset_topology);
	if (!tx->bridge_fn.unfinished.gone) {
		pcie_capability_read_word(port, PCI_EXP_LNKCTL2, &now);
		if (!PCI_POSSIBLE_ERROR(now) && (now & SPEED_BITS) != saved->speed)
			pcie_capability_write_word(port, PCI_EXP_LNKCTL2,
						   (now & ~SPEED_BITS) | saved->speed);
	}
	up_read(&pcireset_topology);
}

static bool speed_is_reached(struct pci_dev *port, u16 speed)
{
	u16 status;

	pcie_capability_read_word(port, PCI_EXP_LNKSTA, &status);
	return !PCI_POSSIBLE_ERROR(status) && (status & PCI_EXP_LNKSTA_CLS) == speed &&
	       !(status & PCI_EXP_LNKSTA_LT) &&
	       (!port->link_active_reporting || status & PCI_EXP_LNKSTA_DLLLA);
}

static u16 speed_equalization(struct pci_dev *port, u16 speed)
{
	static const u16 ids[] = { PCI_EXT_CAP_ID_PL_16GT, PCIRESET_GT32_ID, PCIRESET_GT64_ID };
	u16 pos, status = 0;

	/* The code of 8 GT/s is 3. Slower links have no equalization. */
	if (speed < 3 || speed - 3 > ARRAY_SIZE(ids))
		return 0;
	if (speed == 3) {
		pcie_capability_read_word(port, PCI_EXP_LNKSTA2, &status);
		return PCI_POSSIBLE_ERROR(status) ? 0 : status >> SPEED_STATUS_2_SHIFT;
	}
	pos = pci_find_ext_capability(port, ids[speed - 4]);
	if (pos)
		pci_read_config_word(port, pos + SPEED_STATUS, &status);
	return PCI_POSSIBLE_ERROR(status) ? 0 : status;
}

/* A port need not report it at all. A request means that it is not good enough. */
static bool speed_is_equalized(struct pci_dev *port, u16 speed)
{
	u16 status = speed_equalization(port, speed);

	if (status & SPEED_STATUS_REQUEST)
		return false;
	return !(status & SPEED_STATUS_COMPLETE) || status & SPEED_STATUS_PHASE_1;
}

/**
 * pcireset_speed_check - check that the link has the speed that the caller wants
 * @tx: the transaction, its members checked; found.failed of those below the port is written
 * @until: time limit
 *
 * The port says it, as the functions below may not answer. A link comes up at 2.5 GT/s
 * and becomes faster later, so another speed is read again until @until.
 *
 * Context: With the locks of the plan.
 */
void pcireset_speed_check(struct pcireset_tx *tx, ktime_t until)
{
	struct pci_dev *port = tx->plan->bridge;
	u16 speed = tx->plan->request.link_speed;
	unsigned int i;

	if (!tx->bridge_fn.saved.speed_is_set || tx->bridge_fn.unfinished.gone)
		return;
	while (!speed_is_reached(port, speed) && ktime_before(ktime_get(), until))
		usleep_range(1000, 2000);
	if (speed_is_reached(port, speed) && speed_is_equalized(port, speed))
		return;
	for (i = 0; i < tx->nr_fns; i++)
		if (speed_is_below(tx, &tx->fns[i]))
			tx->fns[i].found.failed |= PCIRESET_CHECK_LINK;
}
