// SPDX-License-Identifier: GPL-2.0-only
/* Has an IOMMU a call for domains with mappings, and fixed ones? Since 6.6. */
#include <linux/iommu.h>

const struct iommu_ops probe = { .domain_alloc_paging = NULL, .blocked_domain = NULL };
