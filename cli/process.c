/* SPDX-License-Identifier: GPL-2.0-only */
/* Start and end of the process: standard descriptors, lost output, out of memory. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

/* The exit status if the process cannot continue. */
static int abort_status = STATUS_ERROR;

/* The status of a reset is final, and lost output does not change it. */
static bool is_settled;

/*
 * A file must never be opened as a standard descriptor, because messages would be
 * written to it. Open a closed one in the mode in which its use fails, as it does for a
 * closed one.
 */
static bool reserve(int fd)
{
	if (fcntl(fd, F_GETFD) >= 0)
		return true;
	return open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == fd ||
	       open("/", O_RDONLY | O_DIRECTORY) == fd;
}

void process_start(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (!reserve(fd))
			_exit(STATUS_ERROR);
	/* A reader that goes away must not end a reset or a cleanup. */
	signal(SIGPIPE, SIG_IGN);
}

/* From now on, a device may have been touched. */
void process_touches(void)
{
	abort_status = STATUS_TOUCHED;
}

/* All resets are over, and this is the exit status. */
int process_settle(int status)
{
	abort_status = status;
	is_settled = true;
	return status;
}

void process_abort(const char *why)
{
	error("%s", why);
	exit(abort_status);
}

void *must(void *memory)
{
	if (!memory)
		process_abort("out of memory");
	return memory;
}

/* A reader such as head leaves when it has enough data. That is not an error. */
static bool has_reader_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLHUP);
}

/* A list that could not be written is an error. The status of a reset does not change. */
int process_end(int status)
{
	bool is_lost = ferror(stdout);

	errno = 0;
	if (!fflush(stdout) && !is_lost && !fclose(stdout))
		return status;
	if (errno == EPIPE || has_reader_gone())
		return status;
	error("the output could not be written%s%s", errno ? ": " : "",
	      errno ? strerror(errno) : "");
	return is_settled || status != STATUS_DONE ? status : STATUS_ERROR;
}

/* For libraries that do not report every failed allocation or file: errno was 0 before. */
bool is_exhausted(void)
{
	return errno == ENOMEM || errno == EFBIG || errno == EMFILE || errno == ENFILE ||
	       errno == EIO;
}
