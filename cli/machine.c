/* SPDX-License-Identifier: GPL-2.0-only */
/* The beginning of all commands: a context, the named devices, their plans. */
#include <errno.h>
#include <search.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "cli.h"

/* For errors after which nothing was touched. */
int status_of_error(int r)
{
	switch (r) {
	case 0:
		return STATUS_DONE;
	case -EINVAL:
		return STATUS_USAGE;
	case -EOPNOTSUPP:
	case -EPERM:
	case -EACCES:
	case -EBUSY:
	case -EAGAIN:
	case -ESTALE:
	case -EROFS:
		return STATUS_REFUSED;
	default:
		return STATUS_ERROR;
	}
}

/* One status for several devices. */
int status_merge(const int *statuses, size_t nr)
{
	static const int worst_first[] = { STATUS_TOUCHED, STATUS_ERROR, STATUS_REFUSED,
					   STATUS_USAGE, STATUS_UNKNOWN };
	size_t done = 0, unknown = 0;

	for (size_t i = 0; i < nr; i++) {
		done += statuses[i] == STATUS_DONE;
		unknown += statuses[i] == STATUS_UNKNOWN;
	}
	if (done + unknown == nr)
		return unknown ? STATUS_UNKNOWN : STATUS_DONE;
	if (done)
		return STATUS_SOME;
	for (size_t w = 0; w < ARRAY_SIZE(worst_first); w++)
		for (size_t i = 0; i < nr; i++)
			if (statuses[i] == worst_first[w])
				return worst_first[w];
	return STATUS_ERROR;
}

static int by_pointer(const void *a, const void *b)
{
	return a < b ? -1 : a > b;
}

/* Is the function named? */
bool machine_has(const struct machine *m, const struct pcireset_dev *dev)
{
	return tfind(dev, &m->known, by_pointer);
}

/* Add a function once, even if it is named twice. Take over the reference. */
void machine_add(struct machine *m, struct pcireset_dev *dev)
{
	if (machine_has(m, dev)) {
		pcireset_dev_unref(dev);
		return;
	}
	must(tsearch(dev, &m->known, by_pointer));
	m->devs = must(reallocarray(m->devs, m->nr_devs + 1, sizeof(struct pcireset_dev *)));
	m->devs[m->nr_devs++] = dev;
}

/* Look up all names before doing anything with the first one. */
static int find_devices(struct machine *m, const struct request *req)
{
	int status = STATUS_DONE;

	for (size_t i = 0; i < req->nr_names && !status; i++)
		status = names_find(m, req, req->names[i]);
	return status;
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

bool is_above(struct pcireset_dev *dev, struct pcireset_dev *below)
{
	for (; below; below = pcireset_dev_get_parent(below))
		if (below == dev)
			return true;
	return false;
}

#define MAX_LISTED 32

/* The affected functions that were not named, for a message; NULL if there are none. */
char *unnamed_members(const struct machine *m, const struct pcireset_plan *plan)
{
	const struct pcireset_member *member;
	char *all = text("%s", ""), name[PCIRESET_ADDR_STR_MAX];
	size_t nr = 0;

	for (size_t i = 0; (member = pcireset_plan_get_member(plan, i)); i++) {
		const struct pcireset_dev *dev = pcireset_dev_from_addr(m->ctx, &member->addr);

		if (dev && machine_has(m, dev))
			continue;
		if (nr++ < MAX_LISTED)
			all = join(all, text("%s", pcireset_addr_to_str(&member->addr, name)));
	}
	if (nr > MAX_LISTED)
		all = join(all, text("and %zu more", nr - MAX_LISTED));
	if (nr)
		return all;
	free(all);
	return NULL;
}

/* Print the parts of a file that could not be read. In JSON they are a key. */
static void print_notes(const struct machine *m, const struct request *req)
{
	const char *note;

	for (size_t i = 0; (note = pcireset_ctx_get_note(m->ctx, i)); i++)
		error("note: %s", note);
	if (req->dump)
		error("note: drivers, users and slots are not known from a dump");
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
		error("%s: %s",
		      req->dump    ? req->dump :
		      req->sysroot ? req->sysroot :
				     "/",
		      strerror(-r));
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

size_t machine_count(const struct machine *m)
{
	struct pcireset_dev *dev;
	size_t nr = 0;

	pcireset_dev_foreach(m->ctx, dev)
		nr++;
	return nr;
}

int machine_query(struct machine *m)
{
	int r = pcireset_ctx_query(m->ctx);

	if (r < 0)
		error("%s", message_of(m->ctx, r));
	return r < 0 ? status_of_error(r) : STATUS_DONE;
}

/* A list has no column for the reason. */
void machine_note_unknown(const struct machine *m)
{
	struct pcireset_dev *dev;
	uint32_t use;

	pcireset_dev_foreach(m->ctx, dev) {
		size_t last = pcireset_dev_get_nr_users(dev) - 1;

		if (!pcireset_dev_get_user(dev, last, &use) || use != PCIRESET_USE_UNKNOWN)
			continue;
		error("note: users that are unknown: %s", pcireset_dev_get_user_detail(dev, last));
		return;
	}
}

/* A result from incomplete data is an error, although it is printed. */
int machine_finish(struct machine *m, int status)
{
	int r = m->ctx ? pcireset_ctx_get_failure(m->ctx) : 0;

	if (r && (status == STATUS_DONE || status == STATUS_UNKNOWN)) {
		error("the answer is not complete: %s", pcireset_ctx_get_errmsg(m->ctx));
		status = STATUS_ERROR;
	}
	machine_close(m);
	return status;
}

void machine_close(struct machine *m)
{
	for (size_t i = 0; i < m->nr_devs; i++) {
		tdelete(m->devs[i], &m->known, by_pointer);
		pcireset_dev_unref(m->devs[i]);
	}
	free(m->devs);
	pcireset_ctx_unref(m->ctx);
}

/* Other open files of the process: files in sysfs, the control node, inherited files. */
#define OTHER_FILES 64

/*
 * Each plan keeps a descriptor of its device open until it is released, possibly at the
 * same time as its successor. Only root may raise the hard limit.
 */
void allow_many_files(const struct machine *m)
{
	rlim_t wanted = 2 * (rlim_t)m->nr_devs + OTHER_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	if (limit.rlim_max < wanted &&
	    !setrlimit(RLIMIT_NOFILE, &(struct rlimit){ wanted, wanted }))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

struct pcireset_batch *batch_new(const struct machine *m)
{
	struct pcireset_batch *batch;

	if (pcireset_batch_new(m->ctx, &batch) < 0)
		return must(NULL);
	return batch;
}

/* The choice covers all plans that would run. */
int resolve_into(struct pcireset_batch *batch, struct pcireset_plan *plan)
{
	int r = pcireset_plan_resolve(plan);

	if (!r && pcireset_batch_add(batch, plan) < 0)
		must(NULL);
	return r;
}

/* Take over the batch. Its plans then have the choice for the whole set. */
void choose(struct pcireset_batch *batch)
{
	if (pcireset_batch_choose(batch) < 0)
		must(NULL);
	pcireset_batch_unref(batch);
}

/* Create an unresolved plan from the options. */
int machine_plan(struct machine *m, const struct request *req, struct pcireset_dev *dev,
		 struct pcireset_plan **ret_plan)
{
	struct pcireset_plan *plan;
	uint32_t types;
	int r = pcireset_types_from_str(m->ctx, req->types, &types);

	if (!r)
		r = pcireset_plan_new(dev, &plan);
	if (r < 0)
		return r;
	r = pcireset_plan_set_types(plan, types);
	if (!r)
		r = pcireset_plan_set_max_scope(plan, req->max_scope);
	if (!r)
		r = pcireset_plan_set_force(plan, req->force);
	if (!r)
		r = pcireset_plan_set_checks(plan, req->checks);
	if (!r)
		r = pcireset_plan_set_timeout_ms(plan, req->timeout_ms);
	if (!r)
		r = pcireset_plan_set_settle_ms(plan, req->settle_ms);
	if (!r)
		r = pcireset_plan_set_flags(
			plan, is_given(req, OPT_ESCALATE) ? PCIRESET_RESET_ESCALATE : 0);
	if (r < 0)
		pcireset_plan_unref(plan);
	else
		*ret_plan = plan;
	return r;
}
