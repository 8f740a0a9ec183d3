// SPDX-License-Identifier: GPL-2.0-only
/* Are an IOMMU's page sizes among its ops? Until 6.16. */
#include <linux/iommu.h>

const struct iommu_ops probe = { .pgsize_bitmap = PAGE_SIZE };
