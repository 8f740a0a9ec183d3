/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset recover: recover failed functions, exactly as the policies say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd/cmd.h"
#include "recover.h"
#include "util/lockfile.h"

#define LOCK_NAME "recover.lock"

static bool is_dry(const struct recover *recover)
{
	return is_given(recover->req, OPT_DRY_RUN);
}

/* Another machine, or a test of policies: this machine's history says nothing about it. */
static bool has_own_state(const struct recover *recover)
{
	return !is_dry(recover);
}

static int save_records(const struct recover *recover)
{
	int r = has_own_state(recover) ? records_save(&recover->records) : 0;
	char *words;

	if (!r)
		return 0;
	words = text("%s could not be written: %s", RECOVER_STATE, strerror(-r));
	print_problem(recover, words);
	free(words);
	return r;
}

static void worsen_status(struct recover *recover, int status)
{
	const int both[] = { recover->worst, status };

	recover->worst = recover->worst ? status_merge(both, ARRAY_SIZE(both)) : status;
}

static int final_status(const struct recover *recover)
{
	return recover->worst && recover->nr_recovered ? STATUS_SOME : recover->worst;
}

/* ---- one function */

static void remember_event(struct recover *recover, const struct event *event, const char *state,
			   const char *step, const char *why)
{
	struct known *known = records_find(&recover->records, event->device);
	const struct policy *policy = recover->decision->policy;
	char *time = time_text();

	records_set(&known->state, state);
	records_set(&known->event, event->text);
	records_set(&known->policy, policy ? policy->where : NULL);
	records_set(&known->step, step);
	records_set(&known->why, why && *why ? why : NULL);
	records_set(&known->time, time);
	free(time);
}

static void note_answered(struct recover *recover, const char *device)
{
	recover->answered = must(reallocarray(recover->answered, recover->nr_answered + 1,
					      sizeof(*recover->answered)));
	recover->answered[recover->nr_answered++] = text("%s", device);
}

static void count_result(struct recover *recover, const struct recovery *recovery,
			 enum result result)
{
	struct known *known = records_find(&recover->records, recovery->event->device);

	recover->records.results[result]++;
	if (result == RESULT_RECOVERED)
		known->nr_recovered++;
	else
		known->nr_gave_up++;
	remember_event(recover, recovery->event, result_name(result), recovery->last_step,
		       recovery->why);
	if (result == RESULT_RECOVERED)
		recover->nr_recovered++;
	else if (recovery->is_reset || recovery->is_unbound)
		worsen_status(recover, STATUS_TOUCHED);
	else
		worsen_status(recover, STATUS_REFUSED);
}

/* Without a record of the attempt, a crash loop would go around the rate limit. */
static void refuse_unrecorded(struct recover *recover, const struct situation *s)
{
	static const char why[] = "the attempt cannot be recorded, so nothing was done";

	recover->records.nr_refused++;
	remember_event(recover, s->event, "refused", NULL, why);
	worsen_status(recover, STATUS_REFUSED);
	print_problem(recover, why);
}

/* Store the attempt first. */
static void run_recovery(struct recover *recover, const struct situation *s)
{
	struct recovery recovery = {
		.ops = &recover_ops,
		.data = recover,
		.policy = recover->decision->policy,
		.event = s->event,
		.steps = recover->decision->steps,
	};
	enum result result;

	history_add(&records_find(&recover->records, s->event->device)->history, s->now_s);
	remember_event(recover, s->event, "recovering", NULL, NULL);
	if (save_records(recover)) {
		refuse_unrecorded(recover, s);
		return;
	}
	process_touches();
	result = recovery_run(&recovery);
	note_answered(recover, s->event->device);
	count_result(recover, &recovery, result);
	source_drop(recover->source, recover->answered, recover->nr_answered);
	free(recover->driver);
	recover->driver = NULL;
}

static void act_on_decision(struct recover *recover, const struct situation *s)
{
	const struct decision *d = recover->decision;

	switch (d->verdict) {
	case VERDICT_IGNORE:
		recover->records.nr_ignored += s->event->is_failure;
		return;
	case VERDICT_REFUSE:
		recover->records.nr_refused++;
		remember_event(recover, s->event, "refused", NULL, d->why);
		worsen_status(recover, STATUS_REFUSED);
		return;
	default:
		break;
	}
	if (is_dry(recover))
		history_add(&records_find(&recover->records, s->event->device)->history, s->now_s);
	else
		run_recovery(recover, s);
}

static bool is_answered(const struct recover *recover, const char *device)
{
	for (size_t i = 0; i < recover->nr_answered; i++)
		if (!strcmp(recover->answered[i], device))
			return true;
	return false;
}

static void handle_one(struct recover *recover, const struct event *event,
		       const struct policies *policies, struct pcireset_dev *dev)
{
	const struct situation s = {
		.event = event,
		.policies = policies,
		.dev = dev,
		.history = records_history(&recover->records, event->device),
		.now_s = boot_s(),
	};
	struct decision decision;

	if (is_answered(recover, event->device))
		return;
	recover->nr_handled++;
	recover->decision = &decision;
	decide(&decision, &s);
	if (recover->is_stuck && decision.verdict == VERDICT_RECOVER) {
		decision.verdict = VERDICT_REFUSE;
		snprintf(decision.why, sizeof(decision.why),
			 "a step of an earlier recovery has not ended");
	}
	recover->records.events[event->kind] += event->is_failure;
	print_decision(recover, &s);
	act_on_decision(recover, &s);
	recover->decision = NULL;
	save_records(recover);
}

/* ---- events */

/* The kernel reports a failed recovery at the port above the functions that failed. */
static bool is_about_functions_below(const struct event *event, const struct policies *policies,
				     const struct pcireset_dev *dev)
{
	const struct policy *policy;

	return event->kind == EVENT_AER && event->is_failure && dev &&
	       pcireset_dev_is_bridge(dev) && !policies_find(policies, dev, &policy) && !policy;
}

static void handle_below(struct recover *recover, const struct event *event,
			 const struct policies *policies, struct pcireset_dev *port)
{
	struct pcireset_dev *dev;
	size_t nr = 0;

	pcireset_dev_foreach(pcireset_dev_get_ctx(port), dev) {
		struct event below = *event;

		if (pcireset_dev_get_parent(dev) != port)
			continue;
		nr++;
		snprintf(below.device, sizeof(below.device), "%s", pcireset_dev_get_name(dev));
		handle_one(recover, &below, policies, dev);
	}
	if (!nr)
		handle_one(recover, event, policies, port);
}

static void print_errors(const struct recover *recover, const struct policies *policies)
{
	for (size_t i = 0; i < policies->nr_errors; i++)
		print_problem(recover, policies->errors[i]);
}

/* Read the machine and the policies for each event, so that both are the current ones. */
static int open_machine(struct recover *recover, struct machine *m, struct policies *policies)
{
	struct request plain = *recover->req;
	int status, r;

	plain.names = NULL;
	plain.nr_names = 0;
	plain.given |= OPT_JSON; /* no notes */
	status = machine_open(m, &plain);
	if (status)
		return status;
	r = policies_load(policies, m->ctx, plain.sysroot ? plain.sysroot : "",
			  recover->req->policy);
	if (r)
		error("cannot read the policies: %s", strerror(-r));
	return r ? STATUS_ERROR : STATUS_DONE;
}

static void handle_event(struct recover *recover, const struct event *event)
{
	struct policies policies = { 0 };
	struct machine m = { 0 };
	struct pcireset_dev *dev = NULL;

	if (open_machine(recover, &m, &policies)) {
		recover->nr_handled++;
		worsen_status(recover, STATUS_ERROR);
	} else {
		if (pcireset_dev_from_name(m.ctx, event->device, &dev) < 0)
			dev = NULL;
		if (is_about_functions_below(event, &policies, dev))
			handle_below(recover, event, &policies, dev);
		else
			handle_one(recover, event, &policies, dev);
	}
	pcireset_dev_unref(dev);
	policies_clear(&policies);
	machine_close(&m);
	for (size_t i = 0; i < recover->nr_answered; i++)
		free(recover->answered[i]);
	free(recover->answered);
	recover->answered = NULL;
	recover->nr_answered = 0;
}

static bool is_enough(const struct recover *recover)
{
	return recover->req->count && recover->nr_handled >= recover->req->count;
}

static int follow_events(struct recover *recover)
{
	int timeout_ms = recover->req->timeout_ms ? (int)recover->req->timeout_ms : -1;
	struct event event;

	while (!is_enough(recover)) {
		switch (source_next(recover->source, timeout_ms, &event)) {
		case SOURCE_EVENT:
			handle_event(recover, &event);
			break;
		case SOURCE_LOST:
			recover->records.nr_lost++;
			print_problem(recover, "the kernel has dropped events; a failure may be "
					       "unknown");
			save_records(recover);
			break;
		case SOURCE_ERROR:
			return STATUS_ERROR;
		default:
			return final_status(recover);
		}
	}
	return final_status(recover);
}

/* ---- start */

/* Only one service, because two could reset the same port. */
static int lock_service(int *ret_fd)
{
	int dir = lockfile_directory("/run/pcireset"), r = dir < 0 ? dir : 0;

	if (!r)
		r = lockfile_open(dir, LOCK_NAME, ret_fd);
	if (r == -EAGAIN)
		error("another pcireset recover is running");
	else if (r)
		error("/run/pcireset/%s: %s", LOCK_NAME, strerror(-r));
	if (dir >= 0)
		close(dir);
	return r ? STATUS_REFUSED : STATUS_DONE;
}

/* Without its history, the rate limit is unknown. */
static int load_records(struct recover *recover)
{
	int r = records_load(&recover->records);

	if (r && r != -ENOENT) {
		/* After a read error, partial data must not replace the file. */
		records_clear(&recover->records);
		error("%s: %s; remove it to start without a history", RECOVER_STATE,
		      r == -EBADMSG ? "is damaged" : strerror(-r));
		return STATUS_ERROR;
	}
	recover->records.pid = (uint64_t)getpid();
	recover->records.started = process_started(recover->records.pid);
	free(recover->records.since);
	recover->records.since = time_text();
	return STATUS_DONE;
}

static int start_service(struct recover *recover, int *ret_lock)
{
	struct policies policies = { 0 };
	struct machine m = { 0 };
	int status = STATUS_DONE;

	if (has_own_state(recover) && geteuid()) {
		error("recover: only root may recover devices (use --dry-run or --status)");
		return STATUS_REFUSED;
	}
	if (has_own_state(recover))
		status = lock_service(ret_lock);
	if (!status && has_own_state(recover))
		status = load_records(recover);
	if (!status)
		status = open_machine(recover, &m, &policies);
	if (!status) {
		print_errors(recover, &policies);
		if (!policies.nr && !policies.has_failed)
			print_problem(recover, "no policy: nothing will be done, see "
					       "pcireset-recover.d(5)");
		save_records(recover);
	}
	policies_clear(&policies);
	machine_close(&m);
	return status;
}

static int check_options(const struct request *req)
{
	bool is_other = req->sysroot || req->dump;
	struct stat st;

	if (is_other && !is_given(req, OPT_DRY_RUN))
		return usage_error("recover: another machine needs --dry-run");
	if (is_other && !req->nr_names)
		return usage_error("recover: another machine needs a FILE of events");
	if (is_other && !req->policy &&
	    (req->dump || stat(req->sysroot, &st) || !S_ISDIR(st.st_mode)))
		return usage_error("recover: an archive or a dump needs --policy DIR");
	return STATUS_DONE;
}

int command_recover(const struct request *req)
{
	struct recover recover = { .req = req };
	int lock_fd = -1, status;

	if (req->asks_status)
		return recover_status(req);
	status = check_options(req);
	if (status)
		return status;
	status = source_open(req, &recover.source) < 0 ? STATUS_ERROR : STATUS_DONE;
	if (!status)
		status = start_service(&recover, &lock_fd);
	if (!status)
		status = follow_events(&recover);
	if (recover.records.pid) {
		recover.records.pid = recover.records.started = 0;
		save_records(&recover);
	}
	source_close(recover.source);
	records_clear(&recover.records);
	if (lock_fd >= 0)
		close(lock_fd);
	return status;
}
