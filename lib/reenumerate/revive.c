/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A port after its power resources were switched on. _ON returns when the power is stable
 * (ACPI 6.5, sec 7.2.2). The kernel restores the registers of the port then, and does not
 * notice a port that does not respond: the writes are lost.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "reenumerate/reenumerate.h"

#define NS_PER_MS 1000000ull
#define PAUSE_MS  50

struct bus_search {
	unsigned int number;
	bool is_found;
};

/* "0000:03" */
static int take_bus(void *data, const char *dirname, const char *name)
{
	struct bus_search *search = data;

	(void)dirname;
	search->is_found = sscanf(name, "%*x:%x", &search->number) == 1;
	return search->is_found;
}

/*
 * Return 0, -ENODEV if the port does not respond, -EUCLEAN if its register has another bus
 * number than the kernel has for the bus below it, or another negative errno.
 */
int port_check_alive(const struct port *port, struct pcireset_ctx *ctx, const char *name)
{
	struct bus_search search = { 0 };
	uint32_t buses = 0;
	char path[64];
	int before = ctx_begin(ctx), r;

	if (port_is_dead(port))
		return -ENODEV;
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/pci_bus", name);
	r = ctx_end(ctx, before, ctx_foreach_name(ctx, path, take_bus, &search));
	if (r < 0 && !is_absent(r))
		return r;
	r = port_try_read(port, PCI_PRIMARY_BUS, 4, &buses);
	if (r)
		return r;
	return search.is_found && (buses >> 8 & 0xff) != search.number ? -EUCLEAN : 0;
}

/* Wait for a port whose power comes late. Return as above. */
int port_await_alive(const struct port *port, struct pcireset_ctx *ctx, const char *name,
		     unsigned int limit_ms)
{
	for (unsigned int ms = 0; ms < limit_ms && port_is_dead(port); ms += PAUSE_MS)
		pause_ns(PAUSE_MS * NS_PER_MS);
	return port_check_alive(port, ctx, name);
}

static int open_again(struct port *port, struct pcireset_ctx *ctx, const char *name)
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "sys/bus/pci/devices/%s/config", name);

	if (r)
		return r;
	port_close(port);
	return port_open(port, path);
}

/*
 * Let the kernel enumerate the port again, which gives it all its registers. Nothing is
 * below it. The bus below may get another number.
 */
int port_enumerate(struct port *port, struct pcireset_ctx *ctx, const char *name)
{
	char rescan[64];
	int r = attr_write_of(ctx, name, "remove", "1");

	/* The bus of the port is its name without ":DEVICE.FUNCTION". */
	snprintf(rescan, sizeof(rescan), "sys/class/pci_bus/%.*s/rescan",
		 (int)(strrchr(name, ':') - name), name);
	if (!r)
		r = attr_write(ctx, rescan, "1");
	return r ? r : open_again(port, ctx, name);
}
