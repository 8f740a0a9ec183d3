/* SPDX-License-Identifier: GPL-2.0-only */
/* The output of recover: lines for people and for the journal, or JSON. */
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "recover.h"

/* Priorities of sd-daemon(3). */
enum priority {
	PRIORITY_ERROR = 3,
	PRIORITY_NOTICE = 5,
	PRIORITY_INFO = 6,
};

static bool is_json(const struct recover *recover)
{
	return is_given(recover->req, OPT_JSON);
}

/* Errors go to standard error as well in JSON, so that no filter of the output hides them. */
static void print_line(const struct recover *recover, enum priority priority, char *words)
{
	FILE *out = priority == PRIORITY_ERROR ? stderr : stdout;

	if (is_json(recover) && priority != PRIORITY_ERROR) {
		free(words);
		return;
	}
	fflush(stdout);
	if (getenv("JOURNAL_STREAM"))
		say(out, "<%d>%s", priority, words);
	else
		say(out, "%s", words);
	fflush(out);
	free(words);
}

static json_object *new_object(const char *event, const char *device)
{
	char *time = time_text();
	json_object *o = json_event(event, time, device);

	free(time);
	return o;
}

/* ---- decisions */

static const char *const verdicts[] = {
	[VERDICT_IGNORE] = "ignore",
	[VERDICT_REFUSE] = "refuse",
	[VERDICT_RECOVER] = "recover",
};

static char *power_obstacle(struct pcireset_dev *dev)
{
	const char *words;
	enum pcireset_power power = pcireset_dev_get_power(dev, NULL, &words);

	if (power == PCIRESET_POWER_SLOT || power == PCIRESET_POWER_D3COLD)
		return NULL;
	return text("%s%s", power ? "unknown: " : "", words);
}

/* For --dry-run: the reason why a step would fail now, to be freed, or NULL. */
static char *step_obstacle(struct pcireset_dev *dev, const struct step *step)
{
	const char *words;

	if (step->kind == STEP_POWER_CYCLE)
		return power_obstacle(dev);
	if (step->kind == STEP_REBIND)
		return pcireset_dev_get_driver(dev) ? NULL : text("no driver is bound");
	if (pcireset_dev_query(dev) < 0)
		return text("%s", pcireset_ctx_get_errmsg(pcireset_dev_get_ctx(dev)));
	if (pcireset_dev_get_types(dev) & step->type)
		return NULL;
	words = pcireset_dev_get_why_not_text(dev, step->type);
	return text("%s", words ? words : "unsupported");
}

/* The reason why a step is skipped or would fail, to be freed, or NULL. */
static char *find_obstacle(const struct recover *recover, const struct situation *s,
			   const struct step *step)
{
	const char *words = step_why_not(s->event, step);

	if (words)
		return text("%s", words);
	return is_given(recover->req, OPT_DRY_RUN) ?
		       step_obstacle((struct pcireset_dev *)s->dev, step) :
		       NULL;
}

static void add_steps(json_object *o, const struct recover *recover, const struct situation *s)
{
	const struct policy *policy = recover->decision->policy;
	json_object *steps = must(json_object_new_array());

	for (size_t i = 0; recover->decision->verdict == VERDICT_RECOVER && i < policy->nr_steps;
	     i++) {
		json_object *step = must(json_object_new_object());
		char *why = find_obstacle(recover, s, &policy->steps[i]);

		json_add_string(step, "step", step_name(&policy->steps[i]));
		json_add_bool(step, "allowed", recover->decision->steps & 1u << i);
		json_add_string(step, "message", why);
		json_object_array_add(steps, step);
		free(why);
	}
	json_object_object_add(o, "steps", steps);
}

static void print_json(const struct recover *recover, const struct situation *s)
{
	const struct decision *d = recover->decision;
	json_object *o = new_object("decision", s->event->device);

	json_add_string(o, "kind", event_kind_name(s->event->kind));
	json_add_string(o, "report", s->event->text);
	json_add_string(o, "verdict", verdicts[d->verdict]);
	json_add_bool(o, "dry_run", is_given(recover->req, OPT_DRY_RUN));
	json_add_string(o, "policy", d->policy ? d->policy->where : NULL);
	json_add_string(o, "message", *d->why ? d->why : NULL);
	add_steps(o, recover, s);
	json_print_line(o);
}

static void print_steps(const struct recover *recover, const struct situation *s)
{
	const struct policy *policy = recover->decision->policy;

	if (policy->before)
		print_line(recover, PRIORITY_INFO, text("  before: %s", policy->before));
	for (size_t i = 0; i < policy->nr_steps; i++) {
		char *why = find_obstacle(recover, s, &policy->steps[i]);

		print_line(recover, PRIORITY_INFO,
			   text("  %s %s%s%s",
				recover->decision->steps & 1u << i ? "step:" : "skip:",
				step_name(&policy->steps[i]), why ? ": " : "", why ? why : ""));
		free(why);
	}
	if (policy->after)
		print_line(recover, PRIORITY_INFO, text("  after: %s", policy->after));
}

void print_decision(struct recover *recover, const struct situation *s)
{
	const struct decision *d = recover->decision;
	bool is_refused = d->verdict == VERDICT_REFUSE;
	const char *verb = is_given(recover->req, OPT_DRY_RUN) ? "would " : "";

	if (is_json(recover))
		print_json(recover, s);
	print_line(recover, is_refused ? PRIORITY_ERROR : PRIORITY_NOTICE,
		   text("%s: %s: %s%s%s%s%s%s", s->event->device, s->event->text, verb,
			verdicts[d->verdict], *d->why ? ": " : "", d->why,
			d->verdict == VERDICT_RECOVER ? " by " : "",
			d->verdict == VERDICT_RECOVER ? d->policy->where : ""));
	if (d->verdict == VERDICT_RECOVER && is_given(recover->req, OPT_DRY_RUN) &&
	    !is_json(recover))
		print_steps(recover, s);
}

/* ---- steps and results */

void print_step(struct recovery *recovery, const char *action, const char *result)
{
	const struct recover *recover = recovery->data;
	const char *device = recovery->event->device;
	bool is_result = !strcmp(action, "result");
	bool is_loud = !strcmp(result, result_name(RESULT_GAVE_UP)) ||
		       !strcmp(result, outcome_name(OUTCOME_IMPOSSIBLE));
	const char *why = *recovery->why ? recovery->why : NULL;
	json_object *o;

	if (is_json(recover)) {
		o = new_object(is_result ? "result" : "step", device);
		if (!is_result)
			json_add_string(o, "step", action);
		json_add_string(o, "result", result);
		json_add_string(o, "policy", recovery->policy->where);
		json_add_string(o, "message", why);
		json_print_line(o);
	}
	print_line(recover, is_loud ? PRIORITY_ERROR : PRIORITY_NOTICE,
		   text("%s: %s%s%s%s%s", device, is_result ? "" : action, is_result ? "" : ": ",
			is_result && is_loud ? "gave up" : result, why ? ": " : "",
			why ? why : ""));
}

void print_problem(const struct recover *recover, const char *why)
{
	if (is_json(recover)) {
		json_object *o = new_object("problem", NULL);

		json_add_string(o, "message", why);
		json_print_line(o);
	}
	print_line(recover, PRIORITY_ERROR, text("%s", why));
}
