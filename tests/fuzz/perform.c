// SPDX-License-Identifier: GPL-2.0-only
/* Making the call: from this process, from a child, without privileges, or by one that is killed meanwhile. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "uapi-fuzz.h"
#include "tap.h"

#define NOBODY  65534
#define NO_DROP 255 /* no errno that a call gives */

static int make_call(const struct call *call)
{
	return ioctl(call->slot->fd, call->cmd, call->address) < 0 ? errno : 0;
}

static _Noreturn void be_child(const struct call *call)
{
	if (call->manner == AS_NOBODY && (setgroups(0, NULL) || setresuid(NOBODY, NOBODY, NOBODY)))
		_exit(NO_DROP);
	_exit(make_call(call));
}

/* Its memory is shared, so what it was told is there afterwards. */
static int call_in_child(struct worker *worker)
{
	pid_t child = fork();
	int status;

	if (!child)
		be_child(&worker->call);
	if (child > 0 && worker->call.manner == KILLED) {
		usleep(below(&worker->chance, 3000));
		kill(child, SIGKILL);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		bail("fork: %s", strerror(errno));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return CALL_WAS_KILLED;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == NO_DROP)
		bail("a child came to harm");
	return WEXITSTATUS(status);
}

/* An errno, or CALL_WAS_KILLED. */
int call_perform(struct worker *worker)
{
	return worker->call.manner == HERE ? make_call(&worker->call) : call_in_child(worker);
}

/* The same open file under another number, by way of a socket as to another process. */
int pass_descriptor(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int pair[2], passed = -1;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(pair[0], &message, 0) == 1 &&
	    recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(passed));
	close(pair[0]);
	close(pair[1]);
	return passed;
}
