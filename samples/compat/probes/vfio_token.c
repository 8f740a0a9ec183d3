// SPDX-License-Identifier: GPL-2.0-only
/* Is a VFIO driver asked about a virtual function's token as a UUID, not only as text? */
#include <linux/vfio_pci_core.h>

const struct vfio_device_ops probe = {
	.match_token_uuid = vfio_pci_core_match_token_uuid,
};
