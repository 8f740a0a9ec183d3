// SPDX-License-Identifier: GPL-2.0-only
/* Can a function be connected to a security manager of the platform (TSM)? Since 6.19. */
#include <linux/pci.h>

bool probe(struct pci_dev *dev);
bool probe(struct pci_dev *dev)
{
	return dev->tsm;
}
