/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The power of a device, switched by the files of the kernel: by pciehp, or by suspending
 * the port above it, which then switches its power resources off.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "reenumerate/reenumerate.h"

#define NS_PER_MS  1000000ull
#define PAUSE_MS   20
#define SUSPEND_MS 10000 /* a port waits 0.1 s before it is suspended; firmware adds its own */

static int slot_path(const struct supply *supply, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "sys/bus/pci/slots/%s/power", supply->slot) < PATH_MAX ?
		       0 :
		       -ENAMETOOLONG;
}

/* Read a short file of the port. Return 0 or a negative errno. */
static int read_word(const struct supply *supply, const char *attr, char word[ATTR_MAX])
{
	struct unread unread = { 0 };
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", supply->port, attr);
	r = attr_read(supply->ctx, path, &unread, word);
	return r < 0 ? r : 0;
}

static int await_word(const struct supply *supply, const char *attr, const char *wanted)
{
	char word[ATTR_MAX];

	for (unsigned int ms = 0; ms < SUSPEND_MS; ms += PAUSE_MS) {
		int r = read_word(supply, attr, word);

		if (r || !strcmp(word, wanted))
			return r;
		pause_ns(PAUSE_MS * NS_PER_MS);
	}
	return -ETIMEDOUT;
}

static int switch_slot(const struct supply *supply, const char *value)
{
	char path[PATH_MAX];
	int r = slot_path(supply, path);

	return r ? r : attr_write(supply->ctx, path, value);
}

static int switch_port(const struct supply *supply, const char *control, const char *status)
{
	int r = attr_write_of(supply->ctx, supply->port, "power/control", control);

	return r ? r : await_word(supply, "power/runtime_status", status);
}

/*
 * Nothing may be below the port. pciehp waits 1 s after it has cut the power, as PCIe r6.0,
 * sec 6.7.1.8, asks for. Power resources have no such rule, so the same applies.
 */
int supply_off(const struct supply *supply)
{
	int r;

	if (supply->method == PCIRESET_POWER_SLOT)
		return switch_slot(supply, "0");
	r = attr_write_of(supply->ctx, supply->port, "d3cold_allowed", "1");
	if (!r)
		r = switch_port(supply, "auto", "suspended");
	if (!r)
		pause_ns(1000 * NS_PER_MS);
	return r;
}

/* pciehp also waits for the link, about 1 s, and enumerates the device. */
int supply_on(const struct supply *supply)
{
	int r;

	if (supply->method == PCIRESET_POWER_SLOT)
		return switch_slot(supply, "1");
	r = switch_port(supply, "on", "active");
	/* The kernel allows D3cold only to some ports. */
	if (*supply->allowed)
		attr_write_of(supply->ctx, supply->port, "d3cold_allowed", supply->allowed);
	return r;
}

/*
 * Return 1 if the power is off, 0 if it is on, or a negative errno. Firmware answers the
 * second question from the state of the power resources, which others may share.
 */
int supply_is_off(const struct supply *supply)
{
	struct unread unread = { 0 };
	char path[PATH_MAX], word[ATTR_MAX];
	int r;

	if (supply->method != PCIRESET_POWER_SLOT) {
		r = read_word(supply, "firmware_node/real_power_state", word);
		return r ? r : !strcmp(word, "D3cold");
	}
	r = slot_path(supply, path);
	if (!r)
		r = attr_read(supply->ctx, path, &unread, word);
	return r < 0 ? r : !strcmp(word, "0");
}
