// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors, commands in few words, and devices that come and go. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "uapi.h"

/* Virtual machines on a busy host are slow; nothing waits this long unless something is wrong. */
#define PATIENCE_MS 30000

/* 0 or an errno, positive as in the tables of the interface. */
int call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? errno : 0;
}

int open_control(void)
{
	int fd = open("/dev/pcireset", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bail("/dev/pcireset: %s", strerror(errno));
	return fd;
}

int open_device(struct pcireset_addr addr, uint32_t types, uint32_t max_scope, uint32_t force)
{
	struct pcireset_open arg = {
		.size = sizeof(arg),
		.addr = addr,
		.types = types,
		.max_scope = max_scope,
		.force = force,
	};
	int control = open_control();
	int error = call(control, PCIRESET_OPEN, &arg);

	close(control);
	if (error)
		bail("OPEN of bus %02x: %s", addr.bus, strerror(error));
	return arg.out_fd;
}

int query(int fd, uint32_t types, struct pcireset_query *arg)
{
	arg->size = sizeof(*arg);
	arg->types = types;
	return call(fd, PCIRESET_QUERY, arg);
}

int narrow(int fd, uint32_t types, uint32_t max_scope, uint32_t force)
{
	struct pcireset_narrow arg = {
		.size = sizeof(arg),
		.types = types,
		.max_scope = max_scope,
		.force = force,
	};

	return call(fd, PCIRESET_NARROW, &arg);
}

int reset(int fd, uint32_t types, struct pcireset_reset *arg)
{
	arg->size = sizeof(*arg);
	arg->types = types;
	return call(fd, PCIRESET_RESET, arg);
}

bool is_addr(struct pcireset_addr a, struct pcireset_addr b)
{
	return a.domain == b.domain && a.bus == b.bus && a.devfn == b.devfn;
}

static const char *path_of(struct pcireset_addr addr, const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%04x:%02x:%02x.%x/%s", addr.domain,
		 addr.bus, addr.devfn >> 3, addr.devfn & 7U, file);
	return path;
}

bool is_there(struct pcireset_addr addr)
{
	return !access(path_of(addr, "config"), F_OK);
}

bool wait_until_gone(struct pcireset_addr addr)
{
	for (unsigned int ms = 0; ms < PATIENCE_MS && is_there(addr); ms += 10)
		usleep(10000);
	return !is_there(addr);
}

bool remove_function(struct pcireset_addr addr)
{
	return write_text(path_of(addr, "remove"), "1") && wait_until_gone(addr);
}

/* Its driver is bound before the write returns; only that of a disk may take longer. */
bool rescan_until(struct pcireset_addr addr)
{
	return write_text("/sys/bus/pci/rescan", "1") && is_there(addr);
}
