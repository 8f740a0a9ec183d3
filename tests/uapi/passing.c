// SPDX-License-Identifier: GPL-2.0-only
/* A narrowed descriptor passed to a process without privileges: it can do what is granted, and nothing wider. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "drop.h"
#include "uapi.h"

/* Room for the descriptors of the device and of the control node. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(2 * sizeof(int))];
};

static struct msghdr message(struct iovec *iov, union control *control)
{
	return (struct msghdr){
		.msg_iov = iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control->room),
	};
}

static void send_fds(int to, const int fds[2])
{
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union control control = { 0 };
	struct msghdr msg = message(&iov, &control);

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, 2 * sizeof(int));
	if (sendmsg(to, &msg, 0) != 1)
		bail("sendmsg: %s", strerror(errno));
}

static void receive_fds(int from, int fds[2])
{
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union control control = { 0 };
	struct msghdr msg = message(&iov, &control);

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) != 1)
		bail("recvmsg: %s", strerror(errno));
	memcpy(fds, CMSG_DATA(&control.header), 2 * sizeof(int));
}

/* RESET with everything that could make it wider. */
static void try_wider(int fd)
{
	struct pcireset_reset arg = { 0 };
	uint32_t wider = PCI_RESET_ANY & ~PCI_RESET_FLR;
	bool good = true;

	for (uint32_t type = 1; type & PCI_RESET_ANY; type <<= 1)
		if (type & wider)
			good &= reset(fd, type, &arg) == EPERM &&
				reset(fd, type | PCI_RESET_FLR, &arg) == EPERM;
	ok(good, "nobody: RESET with any other type is EPERM");

	arg.flags = PCIRESET_RESET_ESCALATE;
	gives(reset(fd, PCI_RESET_ANY, &arg), EPERM, "nobody: RESET with ESCALATE and any type");
	arg = (struct pcireset_reset){ .max_scope = PCIRESET_SCOPE_SLOT };
	gives(reset(fd, PCI_RESET_FLR, &arg), EPERM, "nobody: RESET with a wider scope");
	arg = (struct pcireset_reset){ .force = PCIRESET_FORCE_DRIVER };
	gives(reset(fd, PCI_RESET_FLR, &arg), EPERM, "nobody: RESET with force");
	gives(narrow(fd, PCI_RESET_ANY, 0, 0), EPERM, "nobody: NARROW to more types");
	gives(narrow(fd, PCI_RESET_FLR, PCIRESET_SCOPE_BUS, 0), EPERM,
	      "nobody: NARROW to a wider scope");
	gives(narrow(fd, PCI_RESET_FLR, 0, PCIRESET_FORCE_DRIVER), EPERM,
	      "nobody: NARROW to force");
}

static void try_opening(int device, int control)
{
	struct pcireset_open arg = { .size = sizeof(arg), .addr = DISK };

	gives(call(control, PCIRESET_OPEN, &arg), EPERM,
	      "nobody: OPEN on a control node that was passed");
	gives(call(device, PCIRESET_OPEN, &arg), ENOTTY, "nobody: OPEN on the device");
	is(open("/dev/pcireset", O_RDWR) < 0 ? (uint64_t)errno : 0, EACCES,
	   "nobody: the node itself is out of reach");
}

static void try_wider_and_open(int device, int control)
{
	try_wider(device);
	try_opening(device, control);
}

static void take_scope(int device, int control)
{
	(void)control;
	gives(narrow(device, PCI_RESET_FLR, PCIRESET_SCOPE_FUNCTION, 0), 0,
	      "nobody: NARROW of what was passed");
}

static void try_granted(int device, int control)
{
	struct pcireset_info info = { .size = sizeof(info) };
	struct pcireset_query plan = { 0 };
	struct pcireset_reset arg = { 0 };

	gives(call(control, PCIRESET_INFO, &info), 0, "nobody: INFO tells no secret");
	gives(query(device, PCI_RESET_FLR, &plan), 0, "nobody: QUERY of what is granted");
	arg.generation = plan.out_generation;
	gives(reset(device, PCI_RESET_FLR, &arg), 0, "nobody: RESET of what is granted");
	is(arg.out_issued, PCI_RESET_FLR, "nobody: it was that type");
	gives(narrow(device, PCI_RESET_FLR, PCIRESET_SCOPE_FUNCTION, 0), 0,
	      "nobody: NARROW of types, scope and force to what is left");
}

/* The descriptors go through a socket, as to a process that was not born with them. */
static void as_nobody(const int fds[2], void (*try)(int device, int control))
{
	int sockets[2], received[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		bail("socketpair: %s", strerror(errno));
	send_fds(sockets[0], fds);
	pid = fork();
	if (!pid) {
		receive_fds(sockets[1], received);
		drop_to_nobody();
		try(received[0], received[1]);
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail("fork: %s", strerror(errno));
	is((uint64_t)status, 0, "nobody came to the end");
	close(sockets[0]);
	close(sockets[1]);
}

static void test_holders(int device)
{
	struct pcireset_query plan = { 0 };

	gives(query(device, PCI_RESET_FLR, &plan), 0, "what nobody left is granted");
	plan.max_scope = PCIRESET_SCOPE_SLOT;
	gives(query(device, PCI_RESET_FLR, &plan), EPERM, "what nobody took away is not");
}

void test_passing(void)
{
	unsigned int triggers = count_triggers();
	int fds[2];

	fds[0] = open_device(DISK, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);
	fds[1] = open_control();
	gives(narrow(fds[0], PCI_RESET_FLR, PCIRESET_SCOPE_FUNCTION, 0), 0, "NARROW to FLR");
	watch_begin();
	as_nobody(fds, try_wider_and_open);
	watch_end("what nobody may not do");
	as_nobody(fds, try_granted);
	is(count_triggers() - triggers, 1, "one reset was issued");
	close(fds[0]);

	fds[0] = open_device(DISK, PCI_RESET_ANY, 0, 0);
	as_nobody(fds, take_scope);
	test_holders(fds[0]);
	close(fds[0]);
	close(fds[1]);
}
