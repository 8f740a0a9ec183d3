// SPDX-License-Identifier: GPL-2.0-only
/* Does attach_dev() of an IOMMU's domain take the domain before? Since 7.0. */
#include <linux/iommu.h>

static_assert(__same_type(((struct iommu_domain_ops *)NULL)->attach_dev(NULL, NULL, NULL), int));
