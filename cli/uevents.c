/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's uevents. Those of udev come later, and not without udev. */
#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include "library.h"
#include "uevents.h"
#include "util.h"

#define ROOM_BYTES (8 << 20) /* a rescan of the machine produces many events at once */

#define FUNCTIONS(X)                                       \
	X(udev_new)                                        \
	X(udev_unref)                                      \
	X(udev_monitor_new_from_netlink)                   \
	X(udev_monitor_set_receive_buffer_size)            \
	X(udev_monitor_filter_add_match_subsystem_devtype) \
	X(udev_monitor_enable_receiving)                   \
	X(udev_monitor_get_fd)                             \
	X(udev_monitor_receive_device)                     \
	X(udev_monitor_unref)                              \
	X(udev_device_unref)                               \
	X(udev_device_get_sysname)                         \
	X(udev_device_get_devpath)                         \
	X(udev_device_get_subsystem)                       \
	X(udev_device_get_action)                          \
	X(udev_device_get_property_value)

static struct {
	FUNCTIONS(LIBRARY_POINTER)
} udev;

#define LIBRARY_POINTERS udev
LIBRARY(library, FUNCTIONS, "the kernel's uevents are received", "libudev", "libudev.so.1");

struct uevents {
	struct udev *udev;
	struct udev_monitor *monitor;
};

int uevents_read(struct uevents *uevents, uevent_fn fn, void *data)
{
	struct udev_device *device;

	errno = 0;
	while ((device = udev.udev_monitor_receive_device(uevents->monitor))) {
		fn(data, device);
		udev.udev_device_unref(device);
		errno = 0;
	}
	return errno == ENOBUFS ? -ENOBUFS : 0;
}

static int set_up(struct uevents *uevents, const char *const *subsystems)
{
	int r = 0;

	uevents->udev = udev.udev_new();
	if (uevents->udev)
		uevents->monitor = udev.udev_monitor_new_from_netlink(uevents->udev, "kernel");
	if (!uevents->monitor)
		return -ENOMEM;
	udev.udev_monitor_set_receive_buffer_size(uevents->monitor, ROOM_BYTES);
	for (size_t i = 0; r >= 0 && subsystems[i]; i++)
		r = udev.udev_monitor_filter_add_match_subsystem_devtype(uevents->monitor,
									 subsystems[i], NULL);
	return r < 0 ? r : udev.udev_monitor_enable_receiving(uevents->monitor);
}

int uevents_open(const char *const *subsystems, struct uevents **ret_uevents)
{
	char *why = library_load(&library);
	struct uevents *uevents;
	int r;

	if (why) {
		error("%s", why);
		free(why);
		return -ENOTSUP;
	}
	uevents = must(calloc(1, sizeof(*uevents)));
	r = set_up(uevents, subsystems);
	if (r < 0) {
		error("cannot receive uevents: %s", strerror(-r));
		uevents_close(uevents);
		return r;
	}
	*ret_uevents = uevents;
	return 0;
}

int uevents_fd(const struct uevents *uevents)
{
	return udev.udev_monitor_get_fd(uevents->monitor);
}

void uevents_close(struct uevents *uevents)
{
	if (!uevents)
		return;
	udev.udev_monitor_unref(uevents->monitor);
	udev.udev_unref(uevents->udev);
	free(uevents);
}

const char *uevent_name(struct udev_device *device)
{
	return udev.udev_device_get_sysname(device);
}

const char *uevent_path(struct udev_device *device)
{
	return udev.udev_device_get_devpath(device);
}

const char *uevent_subsystem(struct udev_device *device)
{
	return udev.udev_device_get_subsystem(device);
}

const char *uevent_action(struct udev_device *device)
{
	return udev.udev_device_get_action(device);
}

const char *uevent_property(struct udev_device *device, const char *key)
{
	return udev.udev_device_get_property_value(device, key);
}
