/* SPDX-License-Identifier: GPL-2.0-only */
/* How the process starts and ends: standard descriptors, lost output, lost memory. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

/* What the process exits with if it cannot go on. */
static int abort_status = STATUS_ERROR;

/* The status of a reset is known, and lost output does not change it. */
static bool is_settled;

/*
 * A file that is opened must never become a standard descriptor, or messages go there: a
 * closed one is opened in the mode that its use fails in, as it does while it is closed.
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
	/* Neither a reset nor what has to be cleaned up ends because a reader does. */
	signal(SIGPIPE, SIG_IGN);
}

/* From here on a device may have been touched. */
void process_touches(void)
{
	abort_status = STATUS_TOUCHED;
}

/* All resets are over, and this is what the process exits with. */
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

/* A reader such as head goes when it has seen enough, which is no error. */
static bool has_reader_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLHUP);
}

/* A list that could not be written is an error; a reset stays what it was. */
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

/* For libraries that do not report each allocation or file that failed: errno was 0 before. */
bool is_exhausted(void)
{
	return errno == ENOMEM || errno == EFBIG || errno == EMFILE || errno == ENFILE ||
	       errno == EIO;
}
