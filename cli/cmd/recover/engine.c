/* SPDX-License-Identifier: GPL-2.0-only */
/* Decisions of "pcireset recover", without side effects. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine.h"

/*
 * The module waits 60 s for a late function, and longer while the machine sleeps. The
 * margin is for a worker that is late itself.
 */
#define LATE_MS 70000

#define WHY(to, ...) snprintf((to)->why, sizeof((to)->why), __VA_ARGS__)

/* ---- events */

/* Names are from Documentation/gpu/drm-uapi.rst. */
static const char *const wedged_words[NR_WEDGED] = {
	[WEDGED_NONE] = "none",
	[WEDGED_UNKNOWN] = "unknown",
	[WEDGED_REBIND] = "rebind",
	[WEDGED_BUS_RESET] = "bus-reset",
	[WEDGED_COLD_RESET] = "cold-reset",
	[WEDGED_VENDOR] = "vendor-specific",
};

/* A word of a newer kernel is not in the mask, so nothing is done about it. */
static uint32_t wedged_mask(const char *value)
{
	uint32_t mask = 0;

	while (*value) {
		size_t len = strcspn(value, ",");

		for (size_t i = 0; i < NR_WEDGED; i++)
			if (strlen(wedged_words[i]) == len && !memcmp(wedged_words[i], value, len))
				mask |= 1u << i;
		value += len + (value[len] == ',');
	}
	return mask;
}

/*
 * Only as the kernel prints it: the history and the files of a function have this name, so
 * "0:3:0.0" would be another function.
 */
static bool is_address(const char *part, size_t len)
{
	unsigned int domain, bus, device, function;
	char buf[PCIRESET_ADDR_STR_MAX], again[40];

	if (len >= sizeof(buf))
		return false;
	snprintf(buf, sizeof(buf), "%.*s", (int)len, part);
	if (sscanf(buf, "%8x:%2x:%2x.%1x", &domain, &bus, &device, &function) != 4)
		return false;
	snprintf(again, sizeof(again), "%04x:%02x:%02x.%x", domain, bus, device, function);
	return !strcmp(again, buf);
}

/* "" for the function itself, or "/drm/card0" */
static bool is_own(const char *rest)
{
	static const char *const classes[] = { "/drm/", "/accel/" };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!strncmp(rest, classes[i], strlen(classes[i])))
			return !strchr(rest + strlen(classes[i]), '/');
	return !*rest;
}

/*
 * The last function in a path such as /devices/pci0000:00/0000:00:01.0/drm/card0. A card
 * further below, such as one behind a USB controller, is not that function.
 */
static bool device_of(const char *path, char device[PCIRESET_ADDR_STR_MAX])
{
	const char *rest = NULL;

	for (const char *part = path; part && *part;) {
		size_t len = strcspn(part, "/");

		if (is_address(part, len)) {
			snprintf(device, PCIRESET_ADDR_STR_MAX, "%.*s", (int)len, part);
			rest = part + len;
		}
		part += len + (part[len] == '/');
	}
	return rest && is_own(rest);
}

static void take_wedged(struct event *e, const char *value)
{
	e->kind = EVENT_WEDGED;
	e->wedged = wedged_mask(value);
	e->is_failure = e->wedged != 1u << WEDGED_NONE;
	snprintf(e->text, sizeof(e->text), "WEDGED=%s", value);
}

/* Of an error recovery, the end counts: it begins with BEGIN_RECOVERY. */
static void take_aer(struct event *e, const char *value)
{
	e->kind = EVENT_AER;
	e->is_failure = !strcmp(value, "FAILED_RECOVERY");
	snprintf(e->text, sizeof(e->text), "ERROR_EVENT=%s", value);
}

static void take_late(struct event *e, const char *value)
{
	e->kind = EVENT_LATE;
	e->is_restored = !strcmp(value, "restored");
	e->is_failure = !strcmp(value, "lost") || !strcmp(value, "failed");
	snprintf(e->text, sizeof(e->text), "PCIRESET_LATE=%s", value);
}

/* While the module waits for a late function, a reset of the function is refused. */
static void take_result(struct event *e, const char *value, const char *late)
{
	e->kind = EVENT_FAILED;
	e->is_failure = !strcmp(value, "failed") && !late;
	snprintf(e->text, sizeof(e->text), "PCIRESET_RESULT=%s%s%s", value,
		 late ? " PCIRESET_LATE=" : "", late ? late : "");
}

bool event_from_uevent(struct event *event, property_fn get, void *data)
{
	const char *path = get(data, "DEVPATH"), *action = get(data, "ACTION");
	const char *wedged = get(data, "WEDGED"), *error = get(data, "ERROR_EVENT");
	const char *result = get(data, "PCIRESET_RESULT"), *late = get(data, "PCIRESET_LATE");

	*event = (struct event){ 0 };
	if (!path || !action || strcmp(action, "change") || !device_of(path, event->device))
		return false;
	if (wedged)
		take_wedged(event, wedged);
	else if (error)
		take_aer(event, error);
	else if (result)
		take_result(event, result, late);
	else if (late)
		take_late(event, late);
	else
		return false;
	return true;
}

/* ---- decisions */

void history_add(struct history *history, int64_t now_s)
{
	if (history->nr == HISTORY_MAX) {
		memmove(history->began_s, history->began_s + 1,
			(HISTORY_MAX - 1) * sizeof(history->began_s[0]));
		history->nr--;
	}
	history->began_s[history->nr++] = now_s;
}

static size_t nr_since(const struct history *history, int64_t since_s)
{
	size_t nr = 0;

	for (size_t i = 0; history && i < history->nr; i++)
		nr += history->began_s[i] > since_s;
	return nr;
}

static int strength_of(const struct step *step)
{
	if (step->kind == STEP_POWER_CYCLE)
		return WEDGED_COLD_RESET;
	if (step->kind == STEP_RESET && step->type & PCI_RESET_LINK)
		return WEDGED_BUS_RESET;
	return WEDGED_REBIND;
}

/* The driver lists every method that may help. Stronger ones than the least may help, too. */
const char *step_why_not(const struct event *event, const struct step *step)
{
	int strength = strength_of(step);

	if (event->kind != EVENT_WEDGED || event->wedged & 1u << WEDGED_UNKNOWN)
		return NULL;
	for (int word = WEDGED_REBIND; word <= strength; word++)
		if (event->wedged & 1u << word)
			return NULL;
	return "weaker than the event asks for";
}

/* Why nothing can help, or NULL. */
static const char *why_hopeless(const struct event *event)
{
	const uint32_t methods = 1u << WEDGED_UNKNOWN | 1u << WEDGED_REBIND |
				 1u << WEDGED_BUS_RESET | 1u << WEDGED_COLD_RESET;

	if (event->kind != EVENT_WEDGED || event->wedged & methods)
		return NULL;
	return event->wedged & 1u << WEDGED_VENDOR ?
		       "the driver asks for a procedure of the vendor" :
		       "the event has no method that is known";
}

static void choose_steps(struct decision *decision, const struct situation *s)
{
	const struct policy *policy = decision->policy;

	for (size_t i = 0; i < policy->nr_steps; i++)
		if (!step_why_not(s->event, &policy->steps[i]))
			decision->steps |= 1u << i;
	if (!decision->steps) {
		decision->verdict = VERDICT_REFUSE;
		WHY(decision, "%s allows no step that is strong enough", policy->where);
	} else if (nr_since(s->history, s->now_s - policy->interval_s) >= policy->burst) {
		decision->verdict = VERDICT_REFUSE;
		WHY(decision, "rate limit: %" PRIu32 " recoveries in %" PRIu32 " s (%s)",
		    policy->burst, policy->interval_s, policy->where);
	} else {
		decision->verdict = VERDICT_RECOVER;
	}
}

static void decide_by_policy(struct decision *decision, const struct situation *s)
{
	const struct policy *policy = decision->policy;
	const char *hopeless = why_hopeless(s->event);

	if (!policy) {
		WHY(decision, "no policy selects the function");
	} else if (policy->is_never) {
		WHY(decision, "%s has Steps=none", policy->where);
	} else if (!(policy->events & 1u << s->event->kind)) {
		WHY(decision, "%s does not name the event %s", policy->where,
		    event_kind_name(s->event->kind));
	} else if (hopeless) {
		decision->verdict = VERDICT_REFUSE;
		WHY(decision, "%s", hopeless);
	} else {
		choose_steps(decision, s);
	}
}

void decide(struct decision *decision, const struct situation *s)
{
	const struct policies *policies = s->policies;
	int r;

	*decision = (struct decision){ .verdict = VERDICT_IGNORE };
	if (!s->event->is_failure) {
		WHY(decision, "not a failure");
		return;
	}
	/* A file with an error may be about any function. */
	if (policies->has_failed) {
		decision->verdict = VERDICT_REFUSE;
		WHY(decision, "the policies have an error: %s",
		    policies->nr_errors ? policies->errors[0] : strerror(ENOMEM));
		return;
	}
	if (!s->dev) {
		decision->verdict = policies->nr ? VERDICT_REFUSE : VERDICT_IGNORE;
		WHY(decision, "there is no such function");
		return;
	}
	r = policies_find(policies, s->dev, &decision->policy);
	if (r < 0) {
		decision->verdict = VERDICT_REFUSE;
		WHY(decision, "it is unknown whether %s selects the function: %s",
		    decision->policy->where, strerror(-r));
		return;
	}
	decide_by_policy(decision, s);
}

/* ---- recoveries */

static const char *const outcome_names[NR_OUTCOMES] = {
	[OUTCOME_VERIFIED] = "verified",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_IMPOSSIBLE] = "impossible",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_LATE] = "late",
	[OUTCOME_STUCK] = "stuck",
};

static const char *const result_names[NR_RESULTS] = {
	[RESULT_RECOVERED] = "recovered",
	[RESULT_GAVE_UP] = "gave-up",
};

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

const char *result_name(enum result result)
{
	return result_names[result];
}

static void report_outcome(struct recovery *recovery, const char *action, enum outcome outcome)
{
	if (outcome == OUTCOME_VERIFIED)
		recovery->why[0] = '\0';
	recovery->ops->report(recovery, action, outcome_name(outcome));
}

/* The module's report about a late function takes the place of the outcome. */
static enum outcome await_late(struct recovery *recovery)
{
	uint32_t left_ms = LATE_MS;
	struct event event;

	recovery->ops->report(recovery, recovery->last_step, outcome_name(OUTCOME_LATE));
	while (recovery->ops->wait(recovery, &left_ms, &event))
		if (event.kind == EVENT_LATE && (event.is_failure || event.is_restored)) {
			WHY(recovery, "%s", event.text);
			return event.is_restored ? OUTCOME_VERIFIED : OUTCOME_FAILED;
		}
	WHY(recovery, "no report about the late function");
	return OUTCOME_FAILED;
}

/* Bind the driver again, if this recovery has unbound it. */
static enum outcome bind_again(struct recovery *recovery)
{
	enum outcome outcome;

	if (!recovery->is_unbound)
		return OUTCOME_VERIFIED;
	outcome = recovery->ops->bind(recovery);
	recovery->is_unbound = outcome != OUTCOME_VERIFIED;
	report_outcome(recovery, "bind", outcome);
	return outcome;
}

/*
 * A function that fails again soon is not recovered. Other events do not prolong the time:
 * a function that sends them forever would keep the service from all other functions.
 */
static enum outcome await_settled(struct recovery *recovery)
{
	uint32_t settle_ms = recovery->policy->settle_ms, left_ms = settle_ms;
	struct event event;

	while (settle_ms && recovery->ops->wait(recovery, &left_ms, &event)) {
		if (!event.is_failure)
			continue;
		WHY(recovery, "failed again: %s", event.text);
		report_outcome(recovery, "settle", OUTCOME_FAILED);
		return OUTCOME_FAILED;
	}
	return OUTCOME_VERIFIED;
}

static enum outcome run_after(struct recovery *recovery)
{
	const struct policy *policy = recovery->policy;

	if (!policy->after)
		return OUTCOME_VERIFIED;
	if (!recovery->ops->hook(recovery, policy->after, recovery->last_step)) {
		report_outcome(recovery, "after", OUTCOME_VERIFIED);
		return OUTCOME_VERIFIED;
	}
	report_outcome(recovery, "after", OUTCOME_FAILED);
	return OUTCOME_FAILED;
}

/* A step that is verified must also leave a function that works. */
static enum outcome check_recovered(struct recovery *recovery)
{
	enum outcome outcome = bind_again(recovery);

	if (outcome == OUTCOME_VERIFIED)
		outcome = await_settled(recovery);
	if (outcome == OUTCOME_VERIFIED)
		outcome = run_after(recovery);
	return outcome;
}

/* A driver that is bound gets unbound before a reset, if the policy says so. */
static enum outcome unbind_before(struct recovery *recovery, const struct step *step)
{
	enum outcome outcome;

	if (step->kind != STEP_RESET || !recovery->policy->does_rebind || recovery->is_unbound)
		return OUTCOME_VERIFIED;
	outcome = recovery->ops->unbind(recovery);
	if (outcome == OUTCOME_VERIFIED)
		recovery->is_unbound = true;
	if (outcome == OUTCOME_IMPOSSIBLE) /* no driver */
		return OUTCOME_VERIFIED;
	report_outcome(recovery, "unbind", outcome);
	return outcome;
}

static enum outcome run_step(struct recovery *recovery, const struct step *step)
{
	enum outcome outcome = unbind_before(recovery, step);

	recovery->last_step = step_name(step);
	if (outcome != OUTCOME_VERIFIED)
		return outcome;
	outcome = recovery->ops->step(recovery, step);
	if (outcome != OUTCOME_REFUSED && outcome != OUTCOME_IMPOSSIBLE)
		recovery->is_reset = true;
	if (outcome == OUTCOME_LATE)
		outcome = await_late(recovery);
	if (step->kind == STEP_REBIND && outcome == OUTCOME_VERIFIED)
		recovery->is_unbound = false;
	report_outcome(recovery, recovery->last_step, outcome);
	return outcome == OUTCOME_VERIFIED ? check_recovered(recovery) : outcome;
}

static enum result give_up(struct recovery *recovery)
{
	char last[sizeof(recovery->why)];

	memcpy(last, recovery->why, sizeof(last));
	/* A refused reset has left the function as it was, so its driver can have it back. */
	if (!recovery->is_reset)
		bind_again(recovery);
	memcpy(recovery->why, last, sizeof(last));
	if (recovery->is_unbound)
		snprintf(recovery->why, sizeof(recovery->why), "%.400s; the driver stays unbound",
			 last);
	recovery->ops->report(recovery, "result", result_name(RESULT_GAVE_UP));
	return RESULT_GAVE_UP;
}

enum result recovery_run(struct recovery *recovery)
{
	const struct policy *policy = recovery->policy;
	enum outcome outcome = OUTCOME_REFUSED;

	if (policy->before && recovery->ops->hook(recovery, policy->before, NULL)) {
		report_outcome(recovery, "before", OUTCOME_FAILED);
		return give_up(recovery);
	}
	if (policy->before)
		report_outcome(recovery, "before", OUTCOME_VERIFIED);
	for (size_t i = 0; i < policy->nr_steps; i++) {
		if (!(recovery->steps & 1u << i))
			continue;
		outcome = run_step(recovery, &policy->steps[i]);
		if (outcome == OUTCOME_VERIFIED || outcome == OUTCOME_STUCK)
			break;
	}
	if (outcome != OUTCOME_VERIFIED)
		return give_up(recovery);
	recovery->why[0] = '\0';
	recovery->ops->report(recovery, "result", result_name(RESULT_RECOVERED));
	return RESULT_RECOVERED;
}
