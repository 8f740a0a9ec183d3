/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset reset: plan all, ask if necessary, then run all. */
#include <errno.h>
#include <stdlib.h>
#include "interrupt.h"
#include "report.h"
#include "reset.h"

/* Without a terminal there is no question, so only named functions may be affected. */
static bool allows_unnamed(struct jobs *jobs)
{
	bool hits_any = false;

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];
		char *unnamed = job_is_open(job) ? unnamed_members(&jobs->machine, job->plan) :
						   NULL;
		char *message;

		if (!unnamed)
			continue;
		message = text("would also affect functions that were not named: %s; name them "
			       "or use --yes",
			       unnamed);
		job_fail(job, -EPERM, message);
		free(message);
		free(unnamed);
		hits_any = true;
	}
	return !hits_any;
}

static bool show_unnamed(struct jobs *jobs)
{
	bool hits_any = false;

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];
		char *unnamed = job_is_open(job) ? unnamed_members(&jobs->machine, job->plan) :
						   NULL;

		if (unnamed)
			plan_print(jobs->req, job->plan, stderr);
		hits_any = hits_any || unnamed;
		free(unnamed);
	}
	return hits_any;
}

/* The reason why the remaining jobs must not run, or NULL. */
static const char *why_not_run(struct jobs *jobs)
{
	if (is_given(jobs->req, OPT_YES))
		return NULL;
	if (!can_ask())
		return allows_unnamed(jobs) ?
			       NULL :
			       "not started: another of these resets would affect functions "
			       "that were not named";
	if (!show_unnamed(jobs))
		return NULL;
	if (!ask("The reset would affect functions that were not named. Continue?"))
		return "cancelled at the prompt; nothing was touched";
	for (size_t i = 0; i < jobs->nr; i++)
		jobs->v[i].is_planned_again = job_is_open(&jobs->v[i]);
	jobs_plan_again(jobs);
	return NULL;
}

static int fail_all(struct jobs *jobs, int r, const char *message)
{
	for (size_t i = 0; i < jobs->nr; i++)
		if (!jobs->v[i].report && !jobs->v[i].error)
			job_fail(&jobs->v[i], r, message);
	return jobs_finish(jobs);
}

/* First check whether the caller can reset at all. */
static int run_all(struct jobs *jobs)
{
	int r = pcireset_ctx_check_reset(jobs->machine.ctx);
	const char *why_not;

	if (r < 0)
		return fail_all(jobs, r, pcireset_ctx_get_errmsg(jobs->machine.ctx));
	jobs_plan(jobs);
	why_not = why_not_run(jobs);
	if (why_not)
		return fail_all(jobs, -EPERM, why_not);
	process_touches();
	jobs_run(jobs);
	return jobs_finish(jobs);
}

int command_reset(const struct request *req)
{
	struct jobs jobs = { .req = req };
	int status;

	if (is_given(req, OPT_DRY_RUN))
		return command_plan(req);
	interrupt_catch();
	status = machine_open(&jobs.machine, req);
	allow_many_files(&jobs.machine);
	if (!status) {
		jobs.nr = jobs.machine.nr_devs;
		jobs.v = must(calloc(jobs.nr, sizeof(*jobs.v)));
		for (size_t i = 0; i < jobs.nr; i++)
			jobs.v[i].dev = jobs.machine.devs[i];
		status = run_all(&jobs);
	}
	for (size_t i = 0; i < jobs.nr; i++) {
		pcireset_plan_unref(jobs.v[i].plan);
		pcireset_report_unref(jobs.v[i].report);
		pcireset_link_unref(jobs.v[i].link);
		free(jobs.v[i].agreed.addrs);
		free(jobs.v[i].message);
	}
	free(jobs.v);
	machine_close(&jobs.machine);
	return status;
}
