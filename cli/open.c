/* SPDX-License-Identifier: GPL-2.0-only */
/* The beginning of all commands: a context, and the named devices. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "machine.h"

/* Look up all names before doing anything with the first one. */
static int find_devices(struct machine *m, const struct request *req)
{
	int status = STATUS_DONE;

	for (size_t i = 0; i < req->nr_names && !status; i++)
		status = names_find(m, req, req->names[i]);
	return status;
}

/* Print the parts of a file that could not be read. In JSON they are a key. */
static void print_notes(const struct machine *m, const struct request *req)
{
	const char *note;

	for (size_t i = 0; (note = pcireset_ctx_get_note(m->ctx, i)); i++)
		error("note: %s", note);
	if (req->dump)
		error("note: a dump does not contain drivers, users and slots");
}

/* ENOTDIR may also be about a part of the path. */
static const char *why_not_opened(const char *name, int r)
{
	struct stat st;

	return r == -ENOTDIR && !stat(name, &st) ? "is neither a file nor a directory nor a pipe" :
						   strerror(-r);
}

/* If memory runs out, there may be no message. */
static const char *message_of(const struct pcireset_ctx *ctx, int r)
{
	const char *message = pcireset_ctx_get_errmsg(ctx);

	return *message ? message : strerror(-r);
}

int machine_open(struct machine *m, const struct request *req)
{
	int r = req->dump ? pcireset_ctx_new_from_dump(req->dump, &m->ctx) :
			    pcireset_ctx_new(req->sysroot, &m->ctx);
	int status;

	if (r < 0) {
		const char *name = req->dump ? req->dump : req->sysroot ? req->sysroot : "/";

		error("%s: %s", name, why_not_opened(name, r));
		return STATUS_ERROR;
	}
	if (is_given(req, OPT_NO_MODULE))
		pcireset_ctx_set_backend(m->ctx, PCIRESET_BACKEND_SYSFS);
	status = names_check_types(m, req);
	if (status)
		return status;
	r = pcireset_ctx_scan(m->ctx);
	if (r < 0) {
		error("%s", message_of(m->ctx, r));
		return STATUS_ERROR;
	}
	if (!is_given(req, OPT_JSON))
		print_notes(m, req);
	return find_devices(m, req);
}

int machine_query(struct machine *m)
{
	int r = pcireset_ctx_query(m->ctx);

	if (r < 0)
		error("%s", message_of(m->ctx, r));
	return r < 0 ? status_of_error(r) : STATUS_DONE;
}
