/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset record: save this machine in a file. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "cmd/cmd.h"
#include "output.h"

static int report_error(const char *name, int r)
{
	error("%s: %s", name, strerror(-r));
	return STATUS_ERROR;
}

static int record_to(struct machine *m, const struct request *req, int fd)
{
	int r = pcireset_ctx_record(m->ctx, fd,
				    is_given(req, OPT_SERIALS) ? PCIRESET_RECORD_SERIALS : 0);

	/* EPIPE means that the reader of a pipe is gone, which needs no message. */
	if (r < 0 && r != -EPIPE)
		error("%s: %s", req->names[0], pcireset_ctx_get_errmsg(m->ctx));
	return r;
}

static int record_to_pipe(struct machine *m, const struct request *req)
{
	if (isatty(STDOUT_FILENO)) {
		error("-: not writing an archive to a terminal; name a file or redirect the "
		      "output");
		return STATUS_ERROR;
	}
	return record_to(m, req, STDOUT_FILENO) ? STATUS_ERROR : STATUS_DONE;
}

/* An archive made by root contains data that only root may read. Nothing is overwritten. */
static int record_to_file(struct machine *m, const struct request *req)
{
	const char *name = req->names[0];
	struct output output;
	int r = output_open(&output, name, OUTPUT_NEW, 0600);

	if (r)
		return report_error(name, r);
	if (record_to(m, req, output.fd)) {
		output_discard(&output);
		return STATUS_ERROR;
	}
	r = output_commit(&output);
	return r ? report_error(name, r) : STATUS_DONE;
}

static int write_record(struct machine *m, const struct request *req)
{
	return strcmp(req->names[0], "-") ? record_to_file(m, req) : record_to_pipe(m, req);
}

int command_record(const struct request *req)
{
	struct request whole = *req;
	struct machine m = { 0 };
	int status;

	/* The operand is a file, not a device. */
	whole.nr_names = 0;
	status = machine_open(&m, &whole);
	if (!status)
		status = write_record(&m, req);
	if (!status && !req->sysroot && geteuid())
		error("note: without root, config space is truncated and VFIO users are not "
		      "recorded");
	return machine_finish(&m, status);
}
