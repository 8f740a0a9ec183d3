/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset link: show the link above a device, and train it again. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "link.h"
#include "report.h"

static int link_fail(struct link_job *job, int r, char *message)
{
	job->error = r;
	job->message = message;
	return r;
}

static int link_fail_by_library(struct link_job *job, int r)
{
	return link_fail(job, r, text("%s", pcireset_ctx_get_errmsg(job->machine.ctx)));
}

/* The functions below the port that the user did not name, or NULL. */
static char *link_unnamed(const struct link_job *job)
{
	char *all = text("%s", "");
	struct pcireset_dev *dev;

	for (size_t i = 0; (dev = pcireset_link_get_member(job->link, i)); i++)
		if (!machine_has(&job->machine, dev))
			all = join(all, text("%s", pcireset_dev_get_name(dev)));
	if (*all)
		return all;
	free(all);
	return NULL;
}

static void link_print_functions(const struct link_job *job)
{
	struct pcireset_dev *dev;

	fprintf(stderr, "These functions cannot be accessed while the link trains:\n");
	for (size_t i = 0; (dev = pcireset_link_get_member(job->link, i)); i++) {
		const char *driver = pcireset_dev_get_driver(dev);

		say(stderr, "  %s %s", pcireset_dev_get_name(dev), driver ? driver : "");
	}
}

static int link_check(struct link_job *job)
{
	if (!is_given(job->req, OPT_SYSROOT) && !is_given(job->req, OPT_FILE))
		return 0;
	return link_fail(job, -EOPNOTSUPP, text("a recorded machine has no link to train"));
}

static int link_ask(struct link_job *job)
{
	char *unnamed = is_given(job->req, OPT_YES) ? NULL : link_unnamed(job);
	int r = 0;

	if (!unnamed)
		return 0;
	if (!can_ask()) {
		r = link_fail(job, -EPERM,
			      text("%s: would also affect functions that were not named: %s; "
				   "use --yes to allow it",
				   pcireset_dev_get_name(job->device), unnamed));
	} else {
		link_print_functions(job);
		if (!ask("Continue?"))
			r = link_fail(job, -EPERM,
				      text("cancelled at the prompt; nothing was touched"));
	}
	free(unnamed);
	return r;
}

/* A signal waits until the registers of the port are restored, at most some 2 s. */
static int link_retrain(struct link_job *job)
{
	sigset_t blocked, before;
	int r;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	process_touches();
	job->was_speed = pcireset_link_get_speed(job->link);
	job->was_width = pcireset_link_get_width(job->link);
	r = pcireset_link_retrain(job->link, job->req->link.speed_mts);
	if (r < 0)
		link_fail_by_library(job, r);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void link_run(struct link_job *job)
{
	int r = pcireset_link_new(job->device, &job->link);

	if (r < 0)
		link_fail_by_library(job, r);
	else if (job->req->link.retrains && !link_check(job) && !link_ask(job))
		link_retrain(job);
}

int command_link(const struct request *req)
{
	struct link_job job = { .req = req };
	int status;

	if (req->link.speed_mts && !req->link.retrains)
		return usage_error("%s: --speed is only for --retrain", req->command->name);
	status = machine_open(&job.machine, req);
	if (!status && job.machine.nr_devs != 1)
		status = usage_error("%s: takes one device, and %zu are named; run it for each",
				     req->command->name, job.machine.nr_devs);
	if (!status) {
		job.device = job.machine.devs[0];
		link_run(&job);
		status = link_finish(&job);
	}
	pcireset_link_unref(job.link);
	free(job.message);
	machine_close(&job.machine);
	return status;
}
