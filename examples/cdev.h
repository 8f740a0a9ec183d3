/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VFIO devices with nodes of their own, since Linux 6.6: open a device, and bind it to
 * an iommufd.
 */
#ifndef EXAMPLES_CDEV_H
#define EXAMPLES_CDEV_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>

/*
 * From linux/vfio.h, which may be older. Kernels without tokens treat the last member
 * as surplus.
 */
struct cdev_bind {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	uint64_t token_uuid_ptr;
};
#define CDEV_BIND            _IO(VFIO_TYPE, VFIO_BASE + 18)
#define CDEV_BIND_WITH_TOKEN (1 << 0)

/* No other process can use it until it is bound. */
static inline int cdev_open(const char *function)
{
	char path[512];
	struct dirent *de;
	int device = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", function);
	dir = opendir(path);
	if (!dir)
		return -1;
	errno = ENOENT;
	while (device < 0 && (de = readdir(dir))) {
		if (strncmp(de->d_name, "vfio", 4))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", de->d_name);
		device = open(path, O_RDWR | O_CLOEXEC);
	}
	closedir(dir);
	return device;
}

/*
 * The user of a virtual function proves with a token that the user of its physical
 * function agrees. Both pass the same token; here it is the same for all. A function
 * that is neither refuses a token, and so does a kernel without tokens.
 */
static inline int cdev_bind(int device, int iommufd)
{
	static const uint8_t token[16] = "pcireset example";
	struct cdev_bind bind = {
		.argsz = sizeof(bind),
		.flags = CDEV_BIND_WITH_TOKEN,
		.iommufd = iommufd,
		.token_uuid_ptr = (uintptr_t)token,
	};

	if (!ioctl(device, CDEV_BIND, &bind))
		return 0;
	if (errno != EINVAL)
		return -1;
	bind.flags = 0;
	bind.token_uuid_ptr = 0;
	return ioctl(device, CDEV_BIND, &bind);
}

#endif /* EXAMPLES_CDEV_H */
