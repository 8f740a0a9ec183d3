// SPDX-License-Identifier: GPL-2.0-only
/* Does attach_dev() of an IOMMU's domain take the domain before? Since 7.0. */
#include <linux/iommu.h>

int probe(const struct iommu_domain_ops *ops);
int probe(const struct iommu_domain_ops *ops)
{
	return ops->attach_dev(NULL, NULL, NULL);
}
