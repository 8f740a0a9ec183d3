/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings as text. */
#include <stdio.h>
#include "series.h"

struct words {
	uint32_t value;
	const char *name, *text;
};

/* The names are part of the interface. */
static const struct words marks[] = {
	{ PCIRESET_MARK_NOT_READY, "not_ready", "the function did not come back in time" },
	{ PCIRESET_MARK_IDENTITY, "identity", "a different device came back" },
	{ PCIRESET_MARK_LINK_WIDTH, "link_width", "fewer lanes" },
	{ PCIRESET_MARK_LINK_SPEED, "link_speed", "a slower link" },
	{ PCIRESET_MARK_CONFIG, "config", "a changed register" },
	{ PCIRESET_MARK_NO_EFFECT, "no_effect", "the reset had no effect" },
	{ PCIRESET_MARK_FAILED, "failed", "the reset failed" },
	{ PCIRESET_MARK_DRIVER, "driver", "another driver, or none" },
	{ PCIRESET_MARK_INTERRUPTS, "interrupts", "MSI or MSI-X is off" },
	{ PCIRESET_MARK_ATS, "ats", "ATS is off" },
	{ PCIRESET_MARK_ERRORS, "errors", "uncorrectable errors" },
	{ PCIRESET_MARK_CORRECTABLE, "correctable", "correctable errors" },
	{ PCIRESET_MARK_NEIGHBOUR, "neighbour", "a function that is not affected has changed" },
	{ PCIRESET_MARK_EXERCISE, "exercise", "the exercise failed" },
	{ PCIRESET_MARK_MACHINE, "machine", "the machine was restarted" },
	{ PCIRESET_MARK_SLOW, "slow", "ready later than usual" },
};

static const struct words patterns[] = {
	{ PCIRESET_PATTERN_ONCE, "once", NULL },     { PCIRESET_PATTERN_ALWAYS, "always", NULL },
	{ PCIRESET_PATTERN_RANDOM, "random", NULL }, { PCIRESET_PATTERN_PERIOD, "period", NULL },
	{ PCIRESET_PATTERN_AFTER, "after", NULL },   { PCIRESET_PATTERN_RISING, "rising", NULL },
	{ PCIRESET_PATTERN_TREND, "trend", NULL },
};

static const struct words *words_of(const struct words *v, size_t nr, uint32_t value)
{
	for (size_t i = 0; i < nr; i++)
		if (v[i].value == value)
			return &v[i];
	return NULL;
}

const char *pcireset_mark_to_str(uint32_t mark)
{
	const struct words *words = words_of(marks, ARRAY_SIZE(marks), mark);

	return words ? words->name : NULL;
}

const char *pcireset_pattern_to_str(uint32_t pattern)
{
	const struct words *words = words_of(patterns, ARRAY_SIZE(patterns), pattern);

	return words ? words->name : NULL;
}

/* "1st", "2nd", "11th" */
static const char *ordinal_of(uint32_t number)
{
	static const char endings[][3] = { "th", "st", { 'n', 'd' }, "rd" };
	uint32_t last = number % 10;

	return endings[last > 3 || number / 10 % 10 == 1 ? 0 : last];
}

/* The change of an unaffected function. */
static char *change_text(const struct pcireset_finding *finding)
{
	char name[PCIRESET_ADDR_STR_MAX];

	pcireset_addr_to_str(&finding->who, name);
	switch (finding->offset) {
	case PCIRESET_PLACE_ERRORS:
		return format("%s, which is not affected, has uncorrectable errors", name);
	case PCIRESET_PLACE_CORRECTABLE:
		return format("%s, which is not affected, has correctable errors", name);
	case PCIRESET_PLACE_DRIVER:
		return format("%s, which is not affected, has another driver, or none", name);
	default:
		return format("%s, which is not affected, has changed at %#x", name,
			      finding->offset);
	}
}

static char *deviation_text(const struct pcireset_finding *finding)
{
	const struct words *words = words_of(marks, ARRAY_SIZE(marks), finding->mark);

	if (finding->mark == PCIRESET_MARK_CONFIG)
		return format("the register at %#x has changed", finding->offset);
	if (finding->mark == PCIRESET_MARK_NEIGHBOUR ||
	    finding->offset == PCIRESET_PLACE_CORRECTABLE)
		return change_text(finding);
	return format("%s", words ? words->text : "a deviation");
}

/* "bus after flr, pm" */
static char *sequence_text(const struct pcireset_finding *finding, const char *type)
{
	char *text = format("%s after", type), *longer;

	for (size_t i = 0; text && i + 1 < ARRAY_SIZE(finding->sequence); i++) {
		if (!finding->sequence[i + 1])
			break;
		longer = format("%s%s %s", text, i ? "," : "",
				pcireset_type_to_str(finding->sequence[i], 0));
		free(text);
		text = longer;
	}
	return text;
}

/* "p = 3e-25" */
static char *chance_text(const struct pcireset_finding *finding)
{
	return finding->p < 1e-99 ? format("p < 1e-99") : format("p = %.1g", finding->p);
}

/* "of 300 resets, between 0.2 % and 4 %" */
static char *frequency_text(const struct pcireset_finding *finding, const char *p)
{
	return format("%llu of %llu resets, %.3g %% to %.3g %% at 95 %% each%s%s",
		      (unsigned long long)finding->nr, (unsigned long long)finding->of,
		      100 * finding->low, 100 * finding->high, finding->p < 1 ? "; " : "",
		      finding->p < 1 ? p : "");
}

static char *time_text(const struct pcireset_finding *finding, const char *type, const char *p)
{
	_cleanup_free_ char *sequence = sequence_text(finding, type);

	if (!sequence)
		return NULL;
	switch (finding->pattern) {
	case PCIRESET_PATTERN_TREND:
		return format("%s: slower with each reset, by %.2f us (%s)", type,
			      finding->ns_per_reset / 1e3, p);
	case PCIRESET_PATTERN_AFTER:
		return format("%s: ready later than usual (%s)", sequence, p);
	default:
		return format("every %u%s %s: ready later than usual (%s)", finding->period,
			      ordinal_of(finding->period), type, p);
	}
}

static char *event_text(const struct pcireset_finding *finding, const char *type,
			const char *deviation, const char *often)
{
	_cleanup_free_ char *sequence = sequence_text(finding, type);

	if (!sequence)
		return NULL;
	switch (finding->pattern) {
	case PCIRESET_PATTERN_ALWAYS:
		return format("every %s: %s (%s)", type, deviation, often);
	case PCIRESET_PATTERN_PERIOD:
		return format("every %u%s %s: %s (%s)", finding->period,
			      ordinal_of(finding->period), type, deviation, often);
	case PCIRESET_PATTERN_AFTER:
		return format("%s: %s (%s)", sequence, deviation, often);
	case PCIRESET_PATTERN_RISING:
		return format("%s, more often as the run goes on: %s (%s)", type, deviation, often);
	default:
		return format("%s, %s: %s (%s)", type,
			      finding->pattern == PCIRESET_PATTERN_ONCE ? "once" :
									  "without a pattern",
			      deviation, often);
	}
}

char *finding_text(const struct pcireset_finding *finding)
{
	const char *type = finding->type ? pcireset_type_to_str(finding->type, 0) : "reset";
	_cleanup_free_ char *what = NULL;
	_cleanup_free_ char *often = NULL;
	_cleanup_free_ char *p = chance_text(finding);

	if (!p)
		return NULL;
	if (finding->mark == PCIRESET_MARK_SLOW)
		return time_text(finding, type, p);
	what = deviation_text(finding);
	if (finding->mark == PCIRESET_MARK_MACHINE)
		return what ? format("%s: %s during the reset (%llu times)", type, what,
				     (unsigned long long)finding->nr) :
			      NULL;
	often = frequency_text(finding, p);
	return what && often ? event_text(finding, type, what, often) : NULL;
}
