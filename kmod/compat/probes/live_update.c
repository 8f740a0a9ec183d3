// SPDX-License-Identifier: GPL-2.0-only
/* Can a function be handed over to the next kernel by a live update, or have been? */
#include <linux/pci.h>

bool probe(struct pci_dev *dev);
bool probe(struct pci_dev *dev)
{
	return dev->liveupdate.outgoing || dev->liveupdate.incoming;
}
