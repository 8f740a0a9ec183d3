/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's uevents: functions that appear and disappear, drivers, error recovery,
 * and the module itself.
 */
#include <errno.h>
#include <string.h>
#include "uevents.h"
#include "watch.h"

static void take_module(struct udev_device *device, struct watch *watch)
{
	if (strcmp(uevent_name(device), "pcireset") || !watch->trace)
		return;
	resets_forget(watch);
	trace_enable(watch->trace);
	trace_note_sources(watch->trace);
}

static void take_function(struct udev_device *device, struct watch *watch)
{
	const char *online = uevent_property(device, "DEVICE_ONLINE");
	struct device_event e = {
		.device = uevent_name(device),
		.action = uevent_action(device),
		.driver = uevent_property(device, "DRIVER"),
		.recovery = uevent_property(device, "ERROR_EVENT"),
		.is_online = online && !strcmp(online, "1"),
		.type = uevent_property(device, "PCIRESET_TYPE"),
		.result = uevent_property(device, "PCIRESET_RESULT"),
		.late = uevent_property(device, "PCIRESET_LATE"),
	};

	/* The tracepoints have more details of a reset. */
	if (e.action && !(e.type && trace_sees_module(watch->trace)))
		print_device(watch, &e);
}

static void take_uevent(void *data, struct udev_device *device)
{
	const char *subsystem = uevent_subsystem(device);
	struct watch *watch = data;

	if (subsystem && !strcmp(subsystem, "module"))
		take_module(device, watch);
	else
		take_function(device, watch);
}

void watch_read_uevents(struct watch *watch)
{
	/* The kernel does not report the number. */
	if (uevents_read(watch->uevents, take_uevent, watch) == -ENOBUFS)
		print_lost(watch, "uevent", 0);
}
