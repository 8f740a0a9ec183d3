// SPDX-License-Identifier: GPL-2.0-only
/* iommufd exports ownership of groups, and a claim for a device. Since 6.6. */
#include <linux/iommu.h>
#include <linux/iommufd.h>

bool probe(struct device *dev, struct iommufd_ctx *iommufd, struct iommu_group *group);
bool probe(struct device *dev, struct iommufd_ctx *iommufd, struct iommu_group *group)
{
	return !iommu_device_claim_dma_owner(dev, iommufd) && iommufd_ctx_has_group(iommufd, group);
}
