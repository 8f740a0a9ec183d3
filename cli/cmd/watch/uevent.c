/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's uevents: functions that appear and disappear, drivers, error recovery,
 * and the module itself.
 */
#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include "watch.h"

#define ROOM_BYTES (8 << 20) /* a rescan of the machine produces many events at once */

struct uevents {
	struct udev *udev;
	struct udev_monitor *monitor;
};

static void take_module(struct udev_device *device, struct watch *watch)
{
	if (strcmp(udev_device_get_sysname(device), "pcireset") || !watch->trace)
		return;
	resets_forget(watch);
	trace_enable(watch->trace);
	trace_note_sources(watch->trace);
}

static void take_function(struct udev_device *device, struct watch *watch)
{
	const char *online = udev_device_get_property_value(device, "DEVICE_ONLINE");
	struct device_event e = {
		.device = udev_device_get_sysname(device),
		.action = udev_device_get_action(device),
		.driver = udev_device_get_property_value(device, "DRIVER"),
		.recovery = udev_device_get_property_value(device, "ERROR_EVENT"),
		.is_online = online && !strcmp(online, "1"),
		.type = udev_device_get_property_value(device, "PCIRESET_TYPE"),
		.result = udev_device_get_property_value(device, "PCIRESET_RESULT"),
		.late = udev_device_get_property_value(device, "PCIRESET_LATE"),
	};

	/* The tracepoints have more details of a reset. */
	if (e.action && !(e.type && trace_sees_module(watch->trace)))
		tell_device(watch, &e);
}

void uevents_read(struct uevents *uevents, struct watch *watch)
{
	struct udev_device *device;

	errno = 0;
	while ((device = udev_monitor_receive_device(uevents->monitor))) {
		const char *subsystem = udev_device_get_subsystem(device);

		if (subsystem && !strcmp(subsystem, "module"))
			take_module(device, watch);
		else
			take_function(device, watch);
		udev_device_unref(device);
		errno = 0;
	}
	/* The kernel does not report the number. */
	if (errno == ENOBUFS)
		tell_lost(watch, "uevent", 0);
}

int uevents_open(struct uevents **ret_uevents)
{
	struct uevents *uevents = must(calloc(1, sizeof(*uevents)));
	int r = -ENOMEM;

	/* Use the kernel's events. Those of udev come later, and not without udev. */
	uevents->udev = udev_new();
	if (uevents->udev)
		uevents->monitor = udev_monitor_new_from_netlink(uevents->udev, "kernel");
	if (uevents->monitor) {
		udev_monitor_set_receive_buffer_size(uevents->monitor, ROOM_BYTES);
		r = udev_monitor_filter_add_match_subsystem_devtype(uevents->monitor, "pci", NULL);
		if (r >= 0)
			r = udev_monitor_filter_add_match_subsystem_devtype(uevents->monitor,
									    "module", NULL);
		if (r >= 0)
			r = udev_monitor_enable_receiving(uevents->monitor);
	}
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
