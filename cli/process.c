/* SPDX-License-Identifier: GPL-2.0-only */
/* The process: standard descriptors, messages, questions, lost output. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "util.h"

/*
 * A file must never be opened as a standard descriptor, because messages would be
 * written to it. Open a closed one in the mode in which its use fails, as it does for a
 * closed one.
 */
static bool reserve_descriptor(int fd)
{
	if (fcntl(fd, F_GETFD) >= 0)
		return true;
	return open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == fd ||
	       open("/", O_RDONLY | O_DIRECTORY) == fd;
}

void process_start(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (!reserve_descriptor(fd))
			_exit(STATUS_ERROR);
	/* A reader that goes away must not end a reset or a cleanup. */
	signal(SIGPIPE, SIG_IGN);
	/* Nor must a limit on the size of files: the write fails instead. */
	signal(SIGXFSZ, SIG_IGN);
	/* If the caller ignores it, the exit statuses of children are lost. */
	signal(SIGCHLD, SIG_DFL);
}

/* A reader such as head leaves when it has enough data. That is not an error. */
static bool has_reader_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLHUP);
}

static int status_after_error(int status)
{
	return process_is_settled() || status != STATUS_DONE ? status : STATUS_ERROR;
}

/*
 * A list that could not be written, or not as it should be, is an error. The status of a
 * reset does not change.
 */
int process_end(int status)
{
	bool is_lost = ferror(stdout);

	errno = 0;
	if (!fflush(stdout) && !is_lost && !fclose(stdout))
		return printable_is_limited() ? status_after_error(status) : status;
	if (errno == EPIPE || has_reader_gone())
		return status;
	error("cannot write the output%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
	return status_after_error(status);
}

void error(const char *fmt, ...)
{
	char message[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	say(stderr, "pcireset: %s", message);
}

void process_abort(const char *why)
{
	error("%s", why);
	process_exit();
}

/* The question goes to standard error, and the answer comes from standard input. */
bool can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool ask(const char *question)
{
	int answer, c;

	fprintf(stderr, "%s [y/N] ", question);
	answer = c = getchar();
	while (c != '\n' && c != EOF)
		c = getchar();
	return tolower(answer) == 'y';
}

/*
 * For work that must be undone at the end. A signal stays pending or is read, and a
 * reader that is gone is a write error.
 */
sigset_t hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return set;
}
