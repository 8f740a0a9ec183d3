// SPDX-License-Identifier: GPL-2.0-only
/* Is an IOMMU asked whether it remaps interrupts? Until 6.2. */
#include <linux/iommu.h>

int probe = IOMMU_CAP_INTR_REMAP;
