/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset record: this machine as a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

/* Nothing is overwritten. */
static int open_output(const char *name)
{
	if (strcmp(name, "-"))
		return open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (!isatty(STDOUT_FILENO))
		return dup(STDOUT_FILENO);
	errno = ENOTTY;
	return -1;
}

static int write_record(struct machine *m, const struct request *req)
{
	const char *name = req->names[0];
	int fd = open_output(name), r;

	if (fd < 0) {
		error("%s: %s", name,
		      errno == ENOTTY ? "an archive is nothing for a terminal" : strerror(errno));
		return STATUS_ERROR;
	}
	r = pcireset_ctx_record(m->ctx, fd,
				is_given(req, OPT_SERIALS) ? PCIRESET_RECORD_SERIALS : 0);
	/* Only a pipe's reader can go, and needs no message. */
	if (r < 0 && r != -EPIPE)
		error("%s: %s", name, pcireset_ctx_get_errmsg(m->ctx));
	if (close(fd) && !r) {
		r = -errno;
		error("%s: %s", name, strerror(errno));
	}
	if (!r)
		return STATUS_DONE;
	if (strcmp(name, "-"))
		unlink(name);
	return STATUS_ERROR;
}

int command_record(const struct request *req)
{
	struct request whole = *req;
	struct machine m = { 0 };
	int status;

	/* The operand is no device to be looked for. */
	whole.nr_names = 0;
	status = machine_open(&m, &whole);
	if (!status)
		status = write_record(&m, req);
	if (!status && !req->sysroot && geteuid())
		error("note: without privileges config space is cut off, and who uses VFIO is not seen");
	machine_close(&m);
	return status;
}
