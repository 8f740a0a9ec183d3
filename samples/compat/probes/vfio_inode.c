// SPDX-License-Identifier: GPL-2.0-only
/* Has each VFIO device an inode of its own, by which its mappings can be found? Since 6.11. */
#include <linux/vfio.h>

struct inode *probe(struct vfio_device *device);
struct inode *probe(struct vfio_device *device)
{
	return device->inode;
}
