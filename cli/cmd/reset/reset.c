/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset reset: plan all, ask if necessary, then run all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "reset.h"

void job_fail(struct job *job, int r, const char *message)
{
	job->error = r;
	job->message = text("%s", message);
}

/* The library's message begins with the device, and the output of this job does, too. */
void job_fail_by_library(const struct jobs *jobs, struct job *job, int r)
{
	const char *message = pcireset_ctx_get_errmsg(jobs->machine.ctx);
	const char *name = pcireset_dev_get_name(job->dev);
	size_t len = strlen(name);

	if (!strncmp(message, name, len) && !strncmp(message + len, ": ", 2))
		message += len + 2;
	job_fail(job, r, message);
}

bool job_is_open(const struct job *job)
{
	return job->plan && !job->report && !job->error;
}

static void agree(struct job *job)
{
	const struct pcireset_plan *plan = job->plan;
	struct agreed *agreed = &job->agreed;

	agreed->type = pcireset_plan_get_type(plan);
	agreed->nr = pcireset_plan_get_nr_members(plan);
	agreed->addrs = must(calloc(agreed->nr + 1, sizeof(*agreed->addrs)));
	for (size_t i = 0; i < agreed->nr; i++)
		agreed->addrs[i] = pcireset_plan_get_member(plan, i)->addr;
}

static bool is_as_agreed(const struct job *job)
{
	const struct agreed *agreed = &job->agreed;
	const struct pcireset_plan *plan = job->plan;

	if (pcireset_plan_get_type(plan) != agreed->type ||
	    pcireset_plan_get_nr_members(plan) != agreed->nr)
		return false;
	for (size_t i = 0; i < agreed->nr; i++)
		if (memcmp(&pcireset_plan_get_member(plan, i)->addr, &agreed->addrs[i],
			   sizeof(agreed->addrs[i])))
			return false;
	return true;
}

static void resolve(const struct jobs *jobs, struct job *job, struct pcireset_batch *batch)
{
	int r = resolve_into(batch, job->plan);

	/* A device without a plan is not refused, and has no report. */
	if (r && (!pcireset_plan_get_message(job->plan) ||
		  pcireset_report_new_refused(job->plan, &job->report) < 0))
		job_fail_by_library(jobs, job, r);
}

/* Plan again after the question: the plans must be the ones that the user agreed to. */
void jobs_plan_again(struct jobs *jobs)
{
	struct pcireset_batch *batch = batch_new(&jobs->machine);

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];

		if (!job->is_planned_again)
			continue;
		job->report = pcireset_report_unref(job->report);
		resolve(jobs, job, batch);
	}
	choose(batch);
	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];

		if (job->is_planned_again && job_is_open(job) && !is_as_agreed(job))
			job_fail(job, -ESTALE, pcireset_why_to_str(PCIRESET_WHY_CHANGED, 0));
		job->is_planned_again = false;
	}
}

static void make_plans(struct jobs *jobs)
{
	struct pcireset_batch *batch = batch_new(&jobs->machine);

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];
		int r = machine_plan(&jobs->machine, jobs->req, job->dev, &job->plan);

		if (r)
			job_fail_by_library(jobs, job, r);
		else
			resolve(jobs, job, batch);
	}
	choose(batch);
	for (size_t i = 0; i < jobs->nr; i++)
		if (job_is_open(&jobs->v[i]))
			agree(&jobs->v[i]);
}

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
		message = text("would also hit functions that were not named: %s; "
			       "name them too, or use --yes",
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
			       "not begun: another of these resets would hit functions that "
			       "were not named";
	if (!show_unnamed(jobs))
		return NULL;
	if (!ask("Functions that were not named would be hit. Go on?"))
		return "not begun: the answer was no";
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
	make_plans(jobs);
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
		free(jobs.v[i].agreed.addrs);
		free(jobs.v[i].message);
	}
	free(jobs.v);
	machine_close(&jobs.machine);
	return status;
}
