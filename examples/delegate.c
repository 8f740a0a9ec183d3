// SPDX-License-Identifier: GPL-2.0-only
/* delegate FUNCTION: gives a device that VFIO has to a process without privileges, which can then reset that and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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

/*
 * The broker is privileged. It opens the function in /dev/pcireset, narrows the
 * descriptor to FLR of the function itself, and sends it with the VFIO group's
 * through a socket. PCIRESET_FORCE_VFIO is granted because the monitor itself
 * is the VFIO user that would be in the way; so it must be sure that FLR hits
 * nobody else, as it would if the function had virtual ones.
 *
 * The monitor is whoever has the virtual machine, here the user nobody. For a
 * reset of the link, which may hit others, the broker gives it nothing: VFIO's
 * hot reset wants a proof that it holds every function. With
 * kmod/samples/vfio_typed_pci.c that is exactly SLOT or exactly BUS, as the
 * administrator has allowed, or refused.
 */

#define NOBODY 65534

/* What goes through the socket, in this order. */
enum {
	DEVICE,
	GROUP,
	NR_FDS
};

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(NR_FDS * sizeof(int))];
};

static void die(const char *what)
{
	fprintf(stderr, "delegate: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the broker */

static struct pcireset_addr parse(const char *function)
{
	unsigned int domain, bus, slot, func;

	if (sscanf(function, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4 || bus > 0xff ||
	    slot > 0x1f || func > 7) {
		errno = EINVAL;
		die(function);
	}
	return (struct pcireset_addr){ .domain = domain,
				       .bus = (uint8_t)bus,
				       .devfn = (uint8_t)(slot << 3 | func) };
}

static int open_device(const char *function)
{
	struct pcireset_open open_arg = {
		.size = sizeof(open_arg),
		.addr = parse(function),
		.types = PCI_RESET_FLR,
		.max_scope = PCIRESET_SCOPE_FUNCTION,
		.force = PCIRESET_FORCE_VFIO,
	};
	struct pcireset_query query = {
		.size = sizeof(query),
		.types = PCI_RESET_FLR,
		.force = PCIRESET_FORCE_VFIO,
	};
	int control = open("/dev/pcireset", O_RDWR | O_CLOEXEC);

	if (control < 0 || ioctl(control, PCIRESET_OPEN, &open_arg))
		die("/dev/pcireset");
	close(control);
	if (ioctl(open_arg.out_fd, PCIRESET_QUERY, &query))
		die("PCIRESET_QUERY");
	if (query.out_nr_members > 1) {
		errno = EPERM;
		die("FLR would hit others as well");
	}
	return open_arg.out_fd;
}

static int open_group(const char *function)
{
	char path[128], target[256];
	ssize_t len;
	int group;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", function);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		die(path);
	target[len] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0)
		die(path);
	return group;
}

static void send_fds(int to, const int fds[NR_FDS])
{
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union control control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(NR_FDS * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, NR_FDS * sizeof(int));
	if (sendmsg(to, &msg, 0) != 1)
		die("sendmsg");
}

/* ---- the monitor */

/**
 * struct monitor - all that the process without privileges has
 * @reset: the narrowed descriptor of /dev/pcireset
 * @group: the VFIO group
 * @container: VFIO's container
 * @device: the function, of VFIO
 */
struct monitor {
	int reset;
	int group;
	int container;
	int device;
};

static void drop_privileges(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		die("giving up privileges");
}

static void receive_fds(int from, int fds[NR_FDS])
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

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) != 1 ||
	    control.header.cmsg_len != CMSG_LEN(NR_FDS * sizeof(int)))
		die("recvmsg");
	memcpy(fds, CMSG_DATA(&control.header), NR_FDS * sizeof(int));
}

static void open_vfio(struct monitor *monitor, const char *function)
{
	monitor->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (monitor->container < 0 ||
	    ioctl(monitor->group, VFIO_GROUP_SET_CONTAINER, &monitor->container) ||
	    ioctl(monitor->container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU))
		die("VFIO container");
	monitor->device = ioctl(monitor->group, VFIO_GROUP_GET_DEVICE_FD, function);
	if (monitor->device < 0)
		die(function);
}

/* The scope first, and then what was shown or nothing. */
static int do_reset(struct monitor *monitor, uint32_t types)
{
	struct pcireset_member members[64] = { 0 };
	struct pcireset_query query = {
		.size = sizeof(query),
		.types = types,
		.force = PCIRESET_FORCE_VFIO,
		.member_size = sizeof(members[0]),
		.nr_members = 64,
		.member_ptr = (uintptr_t)members,
	};
	struct pcireset_reset reset = {
		.size = sizeof(reset),
		.types = types,
		.checks = PCIRESET_CHECK_LINK | PCIRESET_CHECK_CONFIG | PCIRESET_CHECK_PROOF,
		.force = PCIRESET_FORCE_VFIO,
	};

	if (ioctl(monitor->reset, PCIRESET_QUERY, &query))
		return -1;
	for (uint32_t i = 0; i < query.out_nr_members && i < query.nr_members; i++)
		printf("hits %04x:%02x:%02x.%x ", members[i].addr.domain, members[i].addr.bus,
		       members[i].addr.devfn >> 3, members[i].addr.devfn & 7);
	reset.generation = query.out_generation;
	return ioctl(monitor->reset, PCIRESET_RESET, &reset);
}

static int do_flr(struct monitor *monitor)
{
	return do_reset(monitor, PCI_RESET_FLR);
}

static int do_slot(struct monitor *monitor)
{
	return do_reset(monitor, PCI_RESET_SLOT);
}

static int do_any(struct monitor *monitor)
{
	return do_reset(monitor, PCI_RESET_ANY);
}

/* What was narrowed cannot be had back. */
static int do_widen(struct monitor *monitor)
{
	struct pcireset_narrow narrow = {
		.size = sizeof(narrow),
		.types = PCI_RESET_ANY,
		.max_scope = PCIRESET_SCOPE_BUS,
	};

	return ioctl(monitor->reset, PCIRESET_NARROW, &narrow);
}

/* Nor can another one be opened, by the control node or by what it has. */
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

/* SLOT or BUS of all that the group holds, which proves itself by its descriptor. */
static int do_hot(struct monitor *monitor)
{
	uint32_t room[sizeof(struct vfio_pci_hot_reset) / sizeof(uint32_t) + 1] = { 0 };
	struct vfio_pci_hot_reset *hot = (void *)room;

	hot->argsz = sizeof(room);
	hot->count = 1;
	hot->group_fds[0] = monitor->group;
	return ioctl(monitor->device, VFIO_DEVICE_PCI_HOT_RESET, hot);
}

/* Gives the device back, but keeps the descriptor of /dev/pcireset. */
static int do_close(struct monitor *monitor)
{
	return close(monitor->device) || close(monitor->group) || close(monitor->container) ? -1 :
											      0;
}

static const struct command {
	const char *name;
	int (*run)(struct monitor *monitor);
} commands[] = {
	{ "flr", do_flr },     { "slot", do_slot },   { "any", do_any },
	{ "widen", do_widen }, { "open", do_open },   { "open-by-device", do_open_by_device },
	{ "hot", do_hot },     { "close", do_close },
};

static void obey(struct monitor *monitor, const char *word)
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
	int fds[NR_FDS];
	char word[32];

	drop_privileges();
	receive_fds(from, fds);
	monitor.reset = fds[DEVICE];
	monitor.group = fds[GROUP];
	open_vfio(&monitor, function);
	setlinebuf(stdout);
	puts("ready");
	while (scanf("%31s", word) == 1)
		obey(&monitor, word);
	return 0;
}

int main(int argc, char **argv)
{
	int sockets[2], fds[NR_FDS], status;
	pid_t pid;

	if (argc != 2) {
		fputs("usage: delegate FUNCTION, then one word a line: what the monitor tries\n",
		      stderr);
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		die("socketpair");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(sockets[0]);
		return monitor_main(sockets[1], argv[1]);
	}

	/* The broker keeps nothing: what it gave away is held by the monitor alone. */
	close(sockets[1]);
	fds[DEVICE] = open_device(argv[1]);
	fds[GROUP] = open_group(argv[1]);
	send_fds(sockets[0], fds);
	close(fds[DEVICE]);
	close(fds[GROUP]);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
