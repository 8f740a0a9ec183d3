/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a function may not be accessed after a reset, and how to see that it is back. */
#ifndef _PCIRESET_WAIT_H
#define _PCIRESET_WAIT_H

#include <linux/ktime.h>

#include "topology/topology.h"

/*
 * PCI r3.0, sec 4.3.2: Trhfa, 2^25 clocks from the end of RST# to the first
 * access, is 1.017 s at 33 MHz.
 */
#define PCIRESET_CONVENTIONAL_MS 1017

/**
 * struct pcireset_times - how long a function may not be accessed
 * @flr_us: after an FLR, microseconds
 * @link_us: after the link above it came up, microseconds
 * @d0_us: after a write of D0 to a function in D3hot, microseconds
 */
struct pcireset_times {
	u32 flr_us;
	u32 link_us;
	u32 d0_us;
};

/* wait.c */
void pcireset_sleep_until(ktime_t when);
s64 pcireset_poll_us(ktime_t since);
void pcireset_poll_sleep(ktime_t since);
int pcireset_wait_pending(struct pci_dev *dev, int pos, u16 mask);

/* link.c */
bool pcireset_contained(struct pci_dev *port);
bool pcireset_link_is_active(struct pci_dev *bridge);
bool pcireset_link_is_up(struct pci_dev *port);
bool pcireset_is_pulled(struct pci_dev *dev);
bool pcireset_has_no_power(struct pci_dev *dev);
bool pcireset_counts_from_link_up(struct pci_dev *bridge);
bool pcireset_is_conventional(struct pci_dev *bridge);
u32 pcireset_secondary_us(struct pci_dev *bridge, u32 since_us, u32 link_us);

/* retrain.c */
int pcireset_link_retrain(struct pci_dev *port);

/* times.c */
struct pcireset_times pcireset_times_of(struct pci_dev *dev, unsigned int rtr_pos);
struct pcireset_times pcireset_times_of_target(struct pci_dev *dev, unsigned int rtr_pos);

#endif /* _PCIRESET_WAIT_H */
