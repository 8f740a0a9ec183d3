// SPDX-License-Identifier: GPL-2.0-only
/* Can translation be blocked while a function is reset? Since 7.0. */
#include <linux/iommu.h>
#include <linux/pci.h>

int probe(struct pci_dev *dev);
int probe(struct pci_dev *dev)
{
	pci_dev_reset_iommu_done(dev);
	return pci_dev_reset_iommu_prepare(dev);
}
