/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts, memory, and the exit status of a process that cannot continue. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "util.h"

/* The exit status if the process cannot continue. */
static int abort_status = STATUS_ERROR;

/* The status of a reset is final, and lost output does not change it. */
static bool is_settled;

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

bool process_is_settled(void)
{
	return is_settled;
}

void process_exit(void)
{
	exit(abort_status);
}

/* A signal with a handler does not end the wait. Return 0 or a negative errno. */
int child_wait(pid_t pid, int *ret_status)
{
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

void *must(void *memory)
{
	if (memory)
		return memory;
	fputs("pcireset: out of memory\n", stderr);
	process_exit();
}

/* For libraries that do not report every failed allocation or file: errno was 0 before. */
bool is_exhausted(void)
{
	return errno == ENOMEM || errno == EFBIG || errno == EMFILE || errno == ENFILE ||
	       errno == EIO;
}

char *vtext(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	return must(s);
}

char *text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = vtext(fmt, ap);
	va_end(ap);
	return s;
}

/* Append a word. Take over both. */
char *join(char *all, char *word)
{
	char *longer = text("%s%s%s", all, *all ? " " : "", word);

	free(all);
	free(word);
	return longer;
}
