/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset re-enumerate: reset and rescan a reprogrammed device. The library has the steps. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "interrupt.h"
#include "report.h"
#include "reenumerate.h"

/* The first message is kept. */
static int PRINTF(3, 4) fail(struct reenumeration *e, int r, const char *fmt, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (!e->error) {
		e->error = r;
		e->message = text("%s", message);
	}
	return r;
}

/* The library gives the reason. Append the remedy if the plan was refused. */
static int check_step(struct reenumeration *e, int r)
{
	const char *message = pcireset_reenumeration_get_message(e->steps);
	char *way = NULL;

	if (!r)
		return 0;
	if (pcireset_reenumeration_is_refused_by_plan(e->steps))
		way = pcireset_plan_get_message(e->plan) ? way_out(e->req, e->plan) :
							   way_out_of_error(e->device, r);
	fail(e, r, "%s%s", message ? message : pcireset_ctx_get_errmsg(e->machine.ctx),
	     way ? way : "");
	free(way);
	return r;
}

static int resolve_device(struct reenumeration *e)
{
	int r = machine_plan(&e->machine, e->req, e->device, &e->plan);

	if (!r)
		r = pcireset_reenumeration_new(e->plan, &e->steps);
	if (!r && e->req->cuts_power)
		r = pcireset_reenumeration_set_power_cycle(e->steps);
	if (r)
		return fail(e, r, "%s", pcireset_ctx_get_errmsg(e->machine.ctx));
	return check_step(e, pcireset_reenumeration_resolve(e->steps));
}

/* Without a plan, the functions that are removed are all that are affected. */
static bool has_plan(const struct reenumeration *e)
{
	return !e->req->cuts_power && !pcireset_reenumeration_is_by_port(e->steps);
}

/* The other functions that would be removed or reset, or NULL. */
static char *unnamed_functions(struct reenumeration *e)
{
	char *all = has_plan(e) ? unnamed_members(&e->machine, e->plan) : NULL;
	const char *name;

	all = all ? all : text("%s", "");
	for (size_t i = 0; (name = pcireset_reenumeration_get_before(e->steps, i, NULL)); i++)
		if (strcmp(name, pcireset_dev_get_name(e->device)) && !strstr(all, name))
			all = join(all, text("%s", name));
	if (*all)
		return all;
	free(all);
	return NULL;
}

/* Without a terminal there is no question, so only the named function may be removed. */
static int refuse_unnamed(struct reenumeration *e)
{
	char *unnamed = unnamed_functions(e);
	int r = 0;

	if (unnamed)
		r = fail(
			e, -EPERM,
			"would also affect functions that were not named: %s; use --yes to allow it",
			unnamed);
	free(unnamed);
	return r;
}

static void print_functions(const struct reenumeration *e)
{
	const char *name, *driver;

	const char *slot = pcireset_reenumeration_get_slot(e->steps);

	if (e->req->cuts_power)
		say(stderr, "These functions would lose their power (%s%s), and be rescanned:",
		    slot ? "slot " : "D3cold of ",
		    slot ? slot : pcireset_reenumeration_get_port(e->steps));
	else
		fprintf(stderr, "These functions would be removed and rescanned:\n");
	for (size_t i = 0; (name = pcireset_reenumeration_get_before(e->steps, i, &driver)); i++)
		say(stderr, "  %s %s", name, driver ? driver : "");
}

static int may_go_on(struct reenumeration *e)
{
	if (is_given(e->req, OPT_YES))
		return 0;
	if (!can_ask())
		return refuse_unnamed(e);
	if (has_plan(e))
		plan_print(e->req, e->plan, stderr);
	print_functions(e);
	return ask("Continue?") ? 0 :
				  fail(e, -EPERM, "cancelled at the prompt; nothing was touched");
}

static int fail_interrupted(struct reenumeration *e)
{
	interrupt_announce();
	return fail(e, -EINTR, "interrupted before the %s began",
		    e->req->cuts_power ? "power cycle" : "reset");
}

static int run_command(struct reenumeration *e)
{
	int status;

	if (!e->req->command_line)
		return 0;
	pcireset_reenumeration_set_changed(e->steps);
	status = shell_run(e->req);
	if (!status)
		return 0;
	if (interrupt_is_given())
		return fail_interrupted(e);
	return fail(e, -ECANCELED, "\"%s\" failed with status %d; nothing was reset",
		    e->req->command_line, status);
}

struct reset_call {
	struct pcireset_reenumeration *steps;
	int r;
};

static void call_reset(void *data)
{
	struct reset_call *call = data;

	call->r = pcireset_reenumeration_reset(call->steps);
}

/* After a second signal, a child process restores the port. */
static void restore_port(void *data)
{
	pcireset_reenumeration_unref(data);
}

static int reset_device(struct reenumeration *e)
{
	struct reset_call call = { .steps = e->steps };

	interrupt_after_end(restore_port, e->steps);
	interrupt_run(call_reset, &call, NULL);
	interrupt_after_end(NULL, NULL);
	return check_step(e, call.r);
}

/* After the first signal, finish the operation. After the second one, wait for nothing. */
static bool goes_on(void *data)
{
	(void)data;
	interrupt_announce();
	return !interrupt_is_second();
}

static int run_begun(struct reenumeration *e)
{
	int r = interrupt_is_given() ? fail_interrupted(e) : run_command(e);

	if (!r && interrupt_is_given())
		r = fail_interrupted(e);
	if (!r)
		r = reset_device(e);
	return r ? r : check_step(e, pcireset_reenumeration_replace(e->steps, goes_on, NULL));
}

static void run_all(struct reenumeration *e)
{
	int r = resolve_device(e);

	if (!r)
		r = may_go_on(e);
	if (r)
		return;
	/*
	 * After the reset, a first signal waits for the rest: a half-removed card would
	 * be worse.
	 */
	interrupt_begin(e->machine.ctx);
	process_touches();
	r = check_step(e, pcireset_reenumeration_begin(e->steps));
	if (!r)
		r = run_begun(e);
	if (r)
		pcireset_reenumeration_cancel(e->steps);
}

int command_reenumerate(const struct request *req)
{
	struct reenumeration e = { .req = req };
	int status;

	interrupt_catch();
	status = machine_open(&e.machine, req);

	if (!status && e.machine.nr_devs != 1)
		status = usage_error("%s: takes one device, and %zu are named; run it for each",
				     req->command->name, e.machine.nr_devs);
	if (!status) {
		e.device = e.machine.devs[0];
		run_all(&e);
		status = reenumerate_finish(&e);
	}
	pcireset_reenumeration_unref(e.steps);
	pcireset_plan_unref(e.plan);
	free(e.message);
	machine_close(&e.machine);
	return status;
}
