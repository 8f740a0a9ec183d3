/* SPDX-License-Identifier: GPL-2.0-only */
/* The output of watch, for people and as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "json.h"
#include "report.h"
#include "watch.h"

#define NS_PER_S  1000000000
#define NS_PER_US 1000

/* One line. Columns that are NULL are not known yet. */
struct line {
	struct watch *watch;
	struct timespec time; /* CLOCK_REALTIME */
	const char *device;
};

static struct timespec wall_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts;
}

static struct timespec from_ns(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
}

static int64_t to_ns(struct timespec ts)
{
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* Convert a time of CLOCK_MONOTONIC to CLOCK_REALTIME. */
static struct timespec wall_time(uint64_t mono_ns)
{
	int64_t age = clock_ns() - (int64_t)mono_ns;

	return from_ns(to_ns(wall_clock()) - age);
}

static bool is_json(const struct watch *watch)
{
	return is_given(watch->req, OPT_JSON);
}

static json_object *new_object(const struct line *line, const char *event)
{
	char day[32], all[64];
	struct tm tm;

	gmtime_r(&line->time.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(all, sizeof(all), "%s.%06ldZ", day, line->time.tv_nsec / NS_PER_US);
	return json_event(event, all, line->device);
}

static void finish_object(const struct line *line, json_object *o)
{
	json_print_line(o);
	watch_printed(line->watch);
}

/* Take over the text. */
static void print_line(const struct line *line, const char *event, char *words)
{
	char time[16];
	struct tm tm;

	localtime_r(&line->time.tv_sec, &tm);
	strftime(time, sizeof(time), "%H:%M:%S", &tm);
	say(stdout, "%s.%06ld %-12s %-6s %s", time, line->time.tv_nsec / NS_PER_US,
	    line->device ? line->device : "-", event, words);
	fflush(stdout);
	free(words);
	watch_printed(line->watch);
}

static char *count_of(const char *thing, uint64_t nr)
{
	return text("%" PRIu64 " %s%s", nr, thing, nr == 1 ? "" : "s");
}

/* ---- resets */

static bool is_wanted(const struct watch *watch, const struct reset *reset)
{
	char buf[PCIRESET_ADDR_STR_MAX];

	if (watch->is_over)
		return false;
	if (watch_wants(watch, reset->device))
		return true;
	for (size_t i = 0; i < reset->nr_members; i++)
		if (watch_wants(watch, pcireset_addr_to_str(&reset->members[i].addr, buf)))
			return true;
	return false;
}

static const char *name_of(uint32_t type, uint32_t flags)
{
	const char *name = type ? pcireset_type_to_str(type, flags) : NULL;

	return name ? name : "?";
}

static void add_origin(json_object *o, const struct trace_event *event)
{
	json_add_number(o, "pid", event->field[FIELD_CALLER_PID]);
	json_add_string(o, "comm", event->comm);
}

void print_begin(struct watch *watch, const struct reset *reset)
{
	const struct trace_event *e = &reset->begin;
	struct line line = { watch, wall_time(e->time_ns), reset->device };
	uint32_t type = (uint32_t)e->field[FIELD_TYPES];
	json_object *o;
	char *nr;

	if (!is_wanted(watch, reset))
		return;
	if (is_json(watch)) {
		o = new_object(&line, "begin");
		json_add_number(o, "id", reset->id);
		json_add_string(o, "type", name_of(type, 0));
		json_add_addresses(o, reset->members, reset->nr_members);
		json_add_number(o, "nr_members", e->field[FIELD_MEMBERS]);
		add_origin(o, e);
		finish_object(&line, o);
		return;
	}
	nr = count_of("function", e->field[FIELD_MEMBERS]);
	print_line(&line, "begin",
		   text("%s, %s, %s[%llu]", name_of(type, 0), nr, e->comm,
			e->field[FIELD_CALLER_PID]));
	free(nr);
}

/* The result from the event, as in a report. */
struct end {
	enum pcireset_result result;
	int error;
	uint32_t type, type_flags, issued;
	char *message; /* or NULL */
};

static char *message_of(const struct end *end, const struct trace_event *e)
{
	struct pcireset_addr who = {
		.domain = (uint32_t)e->field[FIELD_WHO_DOMAIN],
		.bus = (uint8_t)e->field[FIELD_WHO_BUS],
		.devfn = (uint8_t)e->field[FIELD_WHO_DEVFN],
	};
	uint32_t why = (uint32_t)e->field[FIELD_WHY];
	char buf[PCIRESET_ADDR_STR_MAX];

	if (end->result == PCIRESET_RESULT_VERIFIED)
		return NULL;
	if (!why && end->error)
		return text("%s", strerror(-end->error));
	if (!why)
		return text("%s", pcireset_why_to_str(PCIRESET_WHY_NO_PROOF, end->type));
	pcireset_addr_to_str(&who, buf);
	if (!strcmp(buf, e->device))
		return text("%s", pcireset_why_to_str(why, end->type));
	return text("%s: %s", buf, pcireset_why_to_str(why, end->type));
}

static struct end read_end(const struct trace_event *e)
{
	struct end end = {
		.error = (int)(int32_t)e->field[FIELD_RESULT],
		.type = (uint32_t)e->field[FIELD_LAST_TYPE],
		.type_flags = (uint32_t)e->field[FIELD_TYPE_FLAGS],
		.issued = (uint32_t)e->field[FIELD_ISSUED],
	};

	end.result = pcireset_result_of(end.error, end.issued, (uint32_t)e->field[FIELD_PROOF]);
	end.message = message_of(&end, e);
	return end;
}

static json_object *end_object(const struct line *line, const struct reset *reset,
			       const struct end *end, const struct trace_event *e)
{
	json_object *o = new_object(line, "end");

	json_add_number(o, "id", reset->id);
	json_add_string(o, "result", pcireset_result_to_str(end->result));
	json_add_string(o, "type", end->type ? name_of(end->type, end->type_flags) : NULL);
	json_add_types(o, "issued", end->issued, end->type_flags);
	json_add_members(o, reset->members, reset->nr_members);
	json_add_number(o, "nr_members", e->field[FIELD_MEMBERS]);
	json_add_string(o, "error", end->error ? pcireset_errno_to_str(end->error) : NULL);
	json_add_string(o, "message", end->message);
	json_add_checks(o, "failed_checks", (uint32_t)e->field[FIELD_FAILED]);
	json_add_string(o, "proof", pcireset_proof_to_str((uint32_t)e->field[FIELD_PROOF]));
	json_add_ms(o, "wait_ms", e->field[FIELD_WAIT_NS]);
	json_add_ms(o, "total_ms", e->field[FIELD_TOTAL_NS]);
	add_origin(o, e);
	return o;
}

/* For example "flr, failed (EIO)". */
static char *outcome_words(const struct end *end)
{
	const char *result = pcireset_result_to_str(end->result);
	char types[64];

	if (!end->issued)
		return text("%s (%s)", result, pcireset_errno_to_str(end->error));
	/* All issued types. A single one has its name from the event. */
	if (end->issued == end->type ||
	    pcireset_types_to_str(end->issued, types, sizeof(types)) <= 0)
		snprintf(types, sizeof(types), "%s", name_of(end->type, end->type_flags));
	if (end->error)
		return text("%s, %s (%s)", types, result, pcireset_errno_to_str(end->error));
	return text("%s, %s", types, result);
}

static char *failed_words(uint32_t failed)
{
	char *all = text("%s", "");

	for (uint32_t bit = 1; bit; bit <<= 1)
		if (failed & bit)
			all = join(all, text("%s", pcireset_check_to_str(bit)));
	return all;
}

static char *end_words(const struct end *end, const struct trace_event *e)
{
	char *outcome = outcome_words(end),
	     *failed = failed_words((uint32_t)e->field[FIELD_FAILED]);
	char *nr = count_of("function", e->field[FIELD_MEMBERS]), *words;

	words = text("%s%s%s%s%s, ready after %.1f ms (total %.1f ms), %s, %s[%llu]", outcome,
		     end->message ? ": " : "", end->message ? end->message : "",
		     *failed ? ", failed checks: " : "", failed,
		     (double)e->field[FIELD_WAIT_NS] / 1e6, (double)e->field[FIELD_TOTAL_NS] / 1e6,
		     nr, e->comm, e->field[FIELD_CALLER_PID]);
	if (!end->issued) {
		free(words);
		words = text("%s: %s, %s[%llu]", outcome, end->message, e->comm,
			     e->field[FIELD_CALLER_PID]);
	}
	free(outcome);
	free(failed);
	free(nr);
	return words;
}

void print_end(struct watch *watch, const struct reset *reset, const struct trace_event *event)
{
	struct line line = { watch, wall_time(event->time_ns), reset->device };
	struct end end;

	if (!is_wanted(watch, reset))
		return;
	end = read_end(event);
	if (is_json(watch))
		finish_object(&line, end_object(&line, reset, &end, event));
	else
		print_line(&line, "end", end_words(&end, event));
	for (size_t i = 0;
	     is_given(watch->req, OPT_VERBOSE) && !is_json(watch) && i < reset->nr_members; i++)
		member_print(&reset->members[i]);
	fflush(stdout);
	free(end.message);
}

/* ---- functions that were late */

static const char *late_words(const struct trace_event *e)
{
	switch ((int)(int32_t)e->field[FIELD_RESULT]) {
	case 0:
		return "restored";
	case -EIO:
		return "failed";
	case -ENODEV:
		return "removed";
	default:
		return "lost";
	}
}

static void print_late_json(const struct line *line, const struct trace_event *e)
{
	json_object *o = new_object(line, "late");

	json_add_number(o, "id", e->field[FIELD_ID]);
	json_add_string(o, "type", name_of((uint32_t)e->field[FIELD_LAST_TYPE], 0));
	json_add_string(o, "result", late_words(e));
	json_add_string(o, "state", pcireset_state_to_str((uint32_t)e->field[FIELD_STATE]));
	json_add_checks(o, "failed_checks", (uint32_t)e->field[FIELD_FAILED]);
	json_add_ms(o, "ready_ms", e->field[FIELD_READY_NS]);
	finish_object(line, o);
}

void print_late(struct watch *watch, const struct trace_event *event)
{
	struct line line = { watch, wall_time(event->time_ns), event->device };
	char *failed;

	if (watch->is_over || !watch_wants(watch, event->device))
		return;
	if (is_json(watch)) {
		print_late_json(&line, event);
		return;
	}
	failed = failed_words((uint32_t)event->field[FIELD_FAILED]);
	print_line(&line, "late",
		   text("%s, %s%s%s, ready after %.1f ms",
			name_of((uint32_t)event->field[FIELD_LAST_TYPE], 0), late_words(event),
			*failed ? ", failed checks: " : "", failed,
			(double)event->field[FIELD_READY_NS] / 1e6));
	free(failed);
}

/* ---- other events */

void print_kernel(struct watch *watch, const struct trace_event *event)
{
	struct line line = { watch, wall_time(event->time_ns), event->device };
	json_object *o;

	if (watch->is_over || !watch_wants(watch, event->device))
		return;
	if (!is_json(watch)) {
		print_line(&line, "kernel", text("%s: %s", event->name, event->text));
		return;
	}
	o = new_object(&line, "kernel");
	json_add_string(o, "tracepoint", event->name);
	json_add_string(o, "text", event->text);
	finish_object(&line, o);
}

static void print_device_json(const struct line *line, const char *word,
			      const struct device_event *e)
{
	json_object *o = new_object(line, word);

	if (e->type) {
		json_add_string(o, "type", e->type);
		json_add_string(o, "result", e->result ? e->result : e->late);
	} else {
		json_add_string(o, "driver", e->driver);
	}
	if (e->recovery) {
		json_add_string(o, "recovery", e->recovery);
		json_add_bool(o, "online", e->is_online);
	}
	finish_object(line, o);
}

void print_device(struct watch *watch, const struct device_event *e)
{
	struct line line = { watch, wall_clock(), e->device };
	const char *word = e->type && !e->result && e->late ? "late" :
			   e->type                          ? "reset" :
			   e->recovery                      ? "error" :
							      e->action;

	if (watch->is_over || !watch_wants(watch, e->device))
		return;
	if (is_json(watch))
		print_device_json(&line, word, e);
	else if (e->type)
		print_line(&line, word,
			   text("%s, %s", e->type,
				e->result ? e->result :
				e->late   ? e->late :
					    "?"));
	else if (e->recovery)
		print_line(&line, word,
			   text("%s, %s", e->recovery, e->is_online ? "online" : "offline"));
	else
		print_line(&line, word, text("%s", e->driver ? e->driver : ""));
}

/* nr: 0 if it is unknown. */
void print_lost(struct watch *watch, const char *source, uint64_t nr)
{
	struct line line = { watch, wall_clock(), NULL };
	json_object *o;

	if (watch->is_over)
		return;
	if (!is_json(watch)) {
		print_line(&line, "lost",
			   nr ? text("%" PRIu64 " %s events lost", nr, source) :
				text("an unknown number of %s events lost", source));
		return;
	}
	o = new_object(&line, "lost");
	json_add_string(o, "source", source);
	if (nr)
		json_add_number(o, "events", nr);
	else
		json_add_string(o, "events", NULL);
	finish_object(&line, o);
}
