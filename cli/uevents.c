/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's uevents. Those of udev come later, and not without udev. */
#include <errno.h>
#include <stdlib.h>
#include "uevents.h"
#include "util.h"

#define ROOM_BYTES (8 << 20) /* a rescan of the machine produces many events at once */

struct uevents {
	struct udev *udev;
	struct udev_monitor *monitor;
};

int uevents_read(struct uevents *uevents, uevent_fn fn, void *data)
{
	struct udev_device *device;

	errno = 0;
	while ((device = udev_monitor_receive_device(uevents->monitor))) {
		fn(data, device);
		udev_device_unref(device);
		errno = 0;
	}
	return errno == ENOBUFS ? -ENOBUFS : 0;
}

static int set_up(struct uevents *uevents, const char *const *subsystems)
{
	int r = 0;

	uevents->udev = udev_new();
	if (uevents->udev)
		uevents->monitor = udev_monitor_new_from_netlink(uevents->udev, "kernel");
	if (!uevents->monitor)
		return -ENOMEM;
	udev_monitor_set_receive_buffer_size(uevents->monitor, ROOM_BYTES);
	for (size_t i = 0; r >= 0 && subsystems[i]; i++)
		r = udev_monitor_filter_add_match_subsystem_devtype(uevents->monitor, subsystems[i],
								    NULL);
	return r < 0 ? r : udev_monitor_enable_receiving(uevents->monitor);
}

int uevents_open(const char *const *subsystems, struct uevents **ret_uevents)
{
	struct uevents *uevents = must(calloc(1, sizeof(*uevents)));
	int r = set_up(uevents, subsystems);

	if (r < 0) {
		uevents_close(uevents);
		return r;
	}
	*ret_uevents = uevents;
	return 0;
}

int uevents_fd(const struct uevents *uevents)
{
	return udev_monitor_get_fd(uevents->monitor);
}

void uevents_close(struct uevents *uevents)
{
	if (!uevents)
		return;
	udev_monitor_unref(uevents->monitor);
	udev_unref(uevents->udev);
	free(uevents);
}
