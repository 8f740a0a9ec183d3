// SPDX-License-Identifier: GPL-2.0-only
/* Compiles with every kernel, or the probes prove nothing. */
#include <linux/module.h>
#include <linux/pci.h>

int probe(struct pci_dev *dev);
int probe(struct pci_dev *dev)
{
	return dev->devfn;
}
