// SPDX-License-Identifier: GPL-2.0-only
/* Is a VFIO driver asked about regions by a call of its own, no longer by ioctl? */
#include <linux/vfio_pci_core.h>

const struct vfio_device_ops probe = {
	.get_region_info_caps = vfio_pci_ioctl_get_region_info,
};
