/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's uevents. */
#ifndef PCIRESET_CLI_UEVENTS_H
#define PCIRESET_CLI_UEVENTS_H

struct uevents;
struct udev_device;
typedef void (*uevent_fn)(void *data, struct udev_device *device);

/*
 * Receive the events of the @subsystems, which end with NULL. Return: 0 or a negative
 * errno after a message.
 */
int uevents_open(const char *const *subsystems, struct uevents **ret_uevents);
int uevents_fd(const struct uevents *uevents);

/* Call @fn for each event. Return: 0, or -ENOBUFS if the kernel has dropped events. */
int uevents_read(struct uevents *uevents, uevent_fn fn, void *data);
void uevents_close(struct uevents *uevents);

/* An event. The texts live as long as it. */
const char *uevent_name(struct udev_device *device);
const char *uevent_path(struct udev_device *device);
const char *uevent_subsystem(struct udev_device *device);
const char *uevent_action(struct udev_device *device);
const char *uevent_property(struct udev_device *device, const char *key);

#endif /* PCIRESET_CLI_UEVENTS_H */
