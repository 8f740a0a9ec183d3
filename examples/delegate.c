// SPDX-License-Identifier: GPL-2.0-only
/*
 * delegate [-i] FUNCTION [FUNCTION...]: pass VFIO devices to an unprivileged process,
 * which can then reset the first function.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/pcireset.h>
#include <linux/vfio.h>
#include "cdev.h"

/*
 * The broker is privileged. It opens the first function through /dev/pcireset, and
 * narrows the descriptor to FLR, SLOT and BUS resets of functions that its holder owns.
 * It sends the descriptor and the VFIO groups through a socket. It grants no force: the
 * monitor is itself the VFIO user that would be an obstacle, and proves it. Any other
 * VFIO user remains an obstacle.
 *
 * The monitor represents a virtual machine, and runs as the user nobody. It can reset
 * the function as long as it holds the group of the function. It can reset the link,
 * which may affect others, as long as it holds the groups of all affected functions.
 *
 * With -i there are no groups. The broker opens the devices through their own nodes,
 * and sends them with an iommufd. The monitor binds them to the iommufd, which then is
 * the proof.
 */

#define NOBODY 65534

/*
 * Maximum number of descriptors in a message: the narrowed descriptor of /dev/pcireset
 * and VFIO groups, or an iommufd and devices.
 */
#define MAX_FDS 10

static bool by_iommufd;

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
};

static void die_errno(const char *what)
{
	fprintf(stderr, "delegate: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the broker */

static struct pcireset_addr parse_function(const char *function)
{
	unsigned int domain, bus, slot, func;

	if (sscanf(function, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4 || bus > 0xff ||
	    slot > 0x1f || func > 7) {
		errno = EINVAL;
		die_errno(function);
	}
	return (struct pcireset_addr){ .domain = domain,
				       .bus = (uint8_t)bus,
				       .devfn = (uint8_t)(slot << 3 | func) };
}

static int open_device(const char *function)
{
	struct pcireset_open open_arg = {
		.size = sizeof(open_arg),
		.flags = PCIRESET_GRANT_OWNED,
		.addr = parse_function(function),
		.types = PCI_RESET_FLR | PCI_RESET_SLOT | PCI_RESET_BUS,
	};
	int control = open("/dev/pcireset", O_RDWR | O_CLOEXEC);

	if (control < 0 || ioctl(control, PCIRESET_OPEN, &open_arg))
		die_errno("/dev/pcireset");
	close(control);
	return open_arg.out_fd;
}

/*
 * Return -1 if the group is already open: functions may share a group, and only one
 * process at a time can open it.
 */
static int open_group(const char *function)
{
	char path[128], target[256];
	ssize_t len;
	int group;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", function);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		die_errno(path);
	target[len] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0 && errno != EBUSY)
		die_errno(path);
	return group;
}

static int open_node(const char *function)
{
	int device = cdev_open(function);

	if (device < 0)
		die_errno(function);
	return device;
}

static int open_iommufd(void)
{
	int iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	if (iommufd < 0)
		die_errno("/dev/iommu");
	return iommufd;
}

static void send_fds(int to, const int *fds, size_t nr)
{
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union control control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(nr * sizeof(int)),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(nr * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, nr * sizeof(int));
	if (sendmsg(to, &msg, 0) != 1)
		die_errno("sendmsg");
}

/* The broker keeps no descriptor: only the monitor holds them. */
static void broker_main(int to, char **functions)
{
	int fds[MAX_FDS];
	size_t nr = 0;

	fds[nr++] = open_device(functions[0]);
	if (by_iommufd)
		fds[nr++] = open_iommufd();
	for (; *functions && nr < MAX_FDS; functions++) {
		fds[nr] = by_iommufd ? open_node(*functions) : open_group(*functions);
		if (fds[nr] >= 0)
			nr++;
	}
	send_fds(to, fds, nr);
	while (nr)
		close(fds[--nr]);
}

/* ---- the monitor */

/**
 * struct monitor - the descriptors of the unprivileged process
 * @reset: the narrowed descriptor of /dev/pcireset
 * @proofs: VFIO groups or an iommufd, as proof of ownership
 * @nr_proofs: number of @proofs
 * @container: VFIO's container of the groups
 * @devices: VFIO devices, beginning with the function to reset; with groups only this one
 * @nr_devices: number of @devices
 * @function: name of the function to reset, with groups
 */
struct monitor {
	int reset;
	int32_t proofs[MAX_FDS];
	uint32_t nr_proofs;
	int container;
	int32_t devices[MAX_FDS];
	uint32_t nr_devices;
	const char *function;
};

static void drop_privileges(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		die_errno("giving up privileges");
}

static void receive_fds(int from, struct monitor *monitor)
{
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union control control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	int32_t fds[MAX_FDS];
	uint32_t nr;

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) != 1 ||
	    control.header.cmsg_len < CMSG_LEN(2 * sizeof(int)))
		die_errno("recvmsg");
	nr = (uint32_t)((control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(&control.header), nr * sizeof(int));
	monitor->reset = fds[0];
	monitor->nr_proofs = by_iommufd ? 1 : nr - 1;
	memcpy(monitor->proofs, fds + 1, monitor->nr_proofs * sizeof(int));
	monitor->nr_devices = nr - 1 - monitor->nr_proofs;
	memcpy(monitor->devices, fds + 1 + monitor->nr_proofs, monitor->nr_devices * sizeof(int));
}

/* The function may be in any of the groups. */
static void open_vfio_device(struct monitor *monitor)
{
	int device = -1;

	for (uint32_t i = 0; i < monitor->nr_proofs && device < 0; i++)
		device = ioctl(monitor->proofs[i], VFIO_GROUP_GET_DEVICE_FD, monitor->function);
	if (device < 0)
		die_errno(monitor->function);
	monitor->devices[monitor->nr_devices++] = device;
}

static void open_groups(struct monitor *monitor, const char *function)
{
	monitor->function = function;
	monitor->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (monitor->container < 0)
		die_errno("VFIO container");
	for (uint32_t i = 0; i < monitor->nr_proofs; i++)
		if (ioctl(monitor->proofs[i], VFIO_GROUP_SET_CONTAINER, &monitor->container))
			die_errno("VFIO group");
	if (ioctl(monitor->container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU))
		die_errno("VFIO container");
	open_vfio_device(monitor);
}

static void bind_devices(struct monitor *monitor)
{
	for (uint32_t i = 0; i < monitor->nr_devices; i++)
		if (cdev_bind(monitor->devices[i], monitor->proofs[0]))
			die_errno("iommufd");
}

/* Query the scope first, then reset with or without proof. */
static int query_and_reset(struct monitor *monitor, uint32_t types, const int32_t *proofs,
			   uint32_t nr_proofs)
{
	struct pcireset_member members[64] = { 0 };
	struct pcireset_query query = {
		.size = sizeof(query),
		.types = types,
		.member_size = sizeof(members[0]),
		.nr_members = 64,
		.member_ptr = (uintptr_t)members,
		.owner_ptr = (uintptr_t)proofs,
		.nr_owners = nr_proofs,
	};
	struct pcireset_reset reset = {
		.size = sizeof(reset),
		.types = types,
		.checks = PCIRESET_CHECK_LINK | PCIRESET_CHECK_CONFIG | PCIRESET_CHECK_PROOF,
		.owner_ptr = (uintptr_t)proofs,
		.nr_owners = nr_proofs,
	};

	if (ioctl(monitor->reset, PCIRESET_QUERY, &query))
		return -1;
	for (uint32_t i = 0; i < query.out_nr_members && i < query.nr_members; i++)
		printf("%s %04x:%02x:%02x.%x ", members[i].why_not ? "not" : "hits",
		       members[i].addr.domain, members[i].addr.bus, members[i].addr.devfn >> 3,
		       members[i].addr.devfn & 7);
	reset.generation = query.out_generation;
	return ioctl(monitor->reset, PCIRESET_RESET, &reset);
}

/*
 * An open device gives access to its memory, so pcireset refuses. With groups, close
 * the device first: the groups are still the proof. An iommufd is no proof after its
 * device is closed, so that monitor resets through VFIO.
 */
static int reset_with(struct monitor *monitor, uint32_t types, const int32_t *proofs,
		      uint32_t nr_proofs)
{
	bool was_open = !by_iommufd && monitor->nr_devices;
	int ret, error;

	if (was_open)
		close(monitor->devices[--monitor->nr_devices]);
	ret = query_and_reset(monitor, types, proofs, nr_proofs);
	error = errno;
	if (was_open)
		open_vfio_device(monitor);
	errno = error;
	return ret;
}

/* Refused, because the device is open. */
static int do_flr_open(struct monitor *monitor)
{
	return query_and_reset(monitor, PCI_RESET_FLR, monitor->proofs, monitor->nr_proofs);
}

static int do_flr(struct monitor *monitor)
{
	return reset_with(monitor, PCI_RESET_FLR, monitor->proofs, monitor->nr_proofs);
}

static int do_slot(struct monitor *monitor)
{
	return reset_with(monitor, PCI_RESET_SLOT, monitor->proofs, monitor->nr_proofs);
}

/* For a port without a slot. */
static int do_bus(struct monitor *monitor)
{
	return reset_with(monitor, PCI_RESET_BUS, monitor->proofs, monitor->nr_proofs);
}

static int do_any(struct monitor *monitor)
{
	return reset_with(monitor, PCI_RESET_ANY, monitor->proofs, monitor->nr_proofs);
}

/* Without proof of ownership. */
static int do_flr_unproved(struct monitor *monitor)
{
	return reset_with(monitor, PCI_RESET_FLR, NULL, 0);
}

static int do_slot_unproved(struct monitor *monitor)
{
	return reset_with(monitor, PCI_RESET_SLOT, NULL, 0);
}

/* With the device itself, which is no proof. */
static int do_slot_by_device(struct monitor *monitor)
{
	return reset_with(monitor, PCI_RESET_SLOT, monitor->devices, 1);
}

/* With an iommufd without devices, which every process can open. */
static int do_slot_by_stranger(struct monitor *monitor)
{
	int32_t iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	int ret, error;

	if (iommufd < 0)
		return -1;
	ret = reset_with(monitor, PCI_RESET_SLOT, &iommufd, 1);
	error = errno;
	close(iommufd);
	errno = error;
	return ret;
}

/* A removed right cannot be restored. */
static int do_widen(struct monitor *monitor)
{
	struct pcireset_narrow narrow = {
		.size = sizeof(narrow),
		.types = PCI_RESET_ANY,
		.max_scope = PCIRESET_SCOPE_BUS,
	};

	return ioctl(monitor->reset, PCIRESET_NARROW, &narrow);
}

/* Another descriptor cannot be opened either, through the control node or through this one. */
static int do_open(struct monitor *monitor)
{
	struct pcireset_open open_arg = { .size = sizeof(open_arg) };
	int control = open("/dev/pcireset", O_RDWR | O_CLOEXEC);

	if (control < 0)
		return -1;
	(void)monitor;
	return ioctl(control, PCIRESET_OPEN, &open_arg);
}

static int do_open_by_device(struct monitor *monitor)
{
	struct pcireset_open open_arg = { .size = sizeof(open_arg) };

	return ioctl(monitor->reset, PCIRESET_OPEN, &open_arg);
}

/*
 * VFIO's own hot reset: the slot or the bus, as VFIO decides, for all functions of the
 * groups. A device node needs no proof.
 */
static int do_hot(struct monitor *monitor)
{
	uint32_t room[sizeof(struct vfio_pci_hot_reset) / sizeof(uint32_t) + MAX_FDS] = { 0 };
	struct vfio_pci_hot_reset *hot = (void *)room;

	hot->argsz = sizeof(room);
	hot->count = by_iommufd ? 0 : monitor->nr_proofs;
	memcpy(hot->group_fds, monitor->proofs, hot->count * sizeof(int32_t));
	return ioctl(monitor->devices[0], VFIO_DEVICE_PCI_HOT_RESET, hot);
}

/* Close one of several proofs, and keep the first. */
static int do_give_back(struct monitor *monitor)
{
	return close(by_iommufd ? monitor->devices[--monitor->nr_devices] :
				  monitor->proofs[--monitor->nr_proofs]);
}

/*
 * Close the devices, but keep the descriptor of /dev/pcireset, and the iommufd, which
 * no longer holds the devices.
 */
static int do_close(struct monitor *monitor)
{
	while (monitor->nr_devices)
		close(monitor->devices[--monitor->nr_devices]);
	if (by_iommufd)
		return 0;
	while (monitor->nr_proofs)
		close(monitor->proofs[--monitor->nr_proofs]);
	return close(monitor->container);
}

static const struct command {
	const char *name;
	int (*run)(struct monitor *monitor);
} commands[] = {
	{ "flr", do_flr },
	{ "flr-open", do_flr_open },
	{ "slot", do_slot },
	{ "bus", do_bus },
	{ "any", do_any },
	{ "flr-unproved", do_flr_unproved },
	{ "slot-unproved", do_slot_unproved },
	{ "slot-by-device", do_slot_by_device },
	{ "slot-by-stranger", do_slot_by_stranger },
	{ "widen", do_widen },
	{ "open", do_open },
	{ "open-by-device", do_open_by_device },
	{ "hot", do_hot },
	{ "give-back", do_give_back },
	{ "close", do_close },
};

static void obey_monitor(struct monitor *monitor, const char *word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, word))
			continue;
		puts(commands[i].run(monitor) ? strerrorname_np(errno) : "done");
		return;
	}
	puts("unknown");
}

static int monitor_main(int from, const char *function)
{
	struct monitor monitor = { 0 };
	char word[32];

	drop_privileges();
	receive_fds(from, &monitor);
	if (by_iommufd)
		bind_devices(&monitor);
	else
		open_groups(&monitor, function);
	setlinebuf(stdout);
	puts("ready");
	while (scanf("%31s", word) == 1)
		obey_monitor(&monitor, word);
	return 0;
}

int main(int argc, char **argv)
{
	int sockets[2], status;
	pid_t pid;

	by_iommufd = argc > 1 && !strcmp(argv[1], "-i");
	argv += by_iommufd;
	if (!argv[0] || !argv[1]) {
		fputs("usage: delegate [-i] FUNCTION [FUNCTION...], then one word a line: what the monitor tries\n",
		      stderr);
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		die_errno("socketpair");
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		close(sockets[0]);
		return monitor_main(sockets[1], argv[1]);
	}
	close(sockets[1]);
	broker_main(sockets[0], argv + 1);
	if (waitpid(pid, &status, 0) != pid)
		die_errno("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
