// SPDX-License-Identifier: GPL-2.0-only
/* Does the core take a mask of reset types? With the patches in in-tree/. */
#include <linux/pci.h>

int probe(struct pci_dev *dev);
int probe(struct pci_dev *dev)
{
	return __pci_reset_function_types_locked(dev, PCI_RESET_DEV_SPECIFIC);
}
