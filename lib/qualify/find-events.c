/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pattern of a deviation that some resets of a series have and others have not. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "series.h"
#include "stats.h"

#define MAX_PERIOD 10000
#define MIN_EVENTS 3 /* fewer have no pattern */
#define MIN_RISING 8 /* of which the normal distribution is a good approximation */

/* Positions of the resets with the mark. */
struct events {
	const struct series *series;
	size_t *at;
	size_t nr;
};

/* A pattern, and the logarithm of its probability by chance. */
struct candidate {
	uint32_t pattern, period;
	history_t before; /* the types before, and how many */
	size_t nr_before;
	double log_p;
};

static int events_select(struct events *events, const struct series *series, uint32_t mark)
{
	events->series = series;
	events->nr = 0;
	events->at = calloc(series->nr + 1, sizeof(*events->at));
	if (!events->at)
		return -ENOMEM;
	for (size_t i = 0; i < series->nr; i++)
		if (series->v[i]->marks & mark)
			events->at[events->nr++] = i;
	return 0;
}

static void consider_candidate(struct candidate *best, struct candidate candidate)
{
	if (candidate.log_p < best->log_p)
		*best = candidate;
}

/* How many events share the most frequent position within a period, and that position. */
static size_t most_frequent(const struct events *events, size_t period, uint32_t *counts,
			    size_t *ret_position)
{
	size_t best = 0;

	memset(counts, 0, period * sizeof(*counts));
	for (size_t i = 0; i < events->nr; i++) {
		size_t position = events->at[i] % period;

		if (++counts[position] <= best)
			continue;
		best = counts[position];
		*ret_position = position;
	}
	return best;
}

/* At least twice as often among the drawn resets as among the others. */
static bool is_frequent(const struct events *events, size_t hits, size_t drawn)
{
	size_t others = events->series->nr - drawn;

	return hits >= MIN_EVENTS && hits * others >= 2 * drawn * (events->nr - hits);
}

static size_t longest_period(const struct events *events)
{
	size_t longest = events->series->nr / 3;

	return longest < MAX_PERIOD ? longest : MAX_PERIOD;
}

/*
 * Every n-th reset: the positions of one period are drawn, and the events are marked. The
 * number of pairs of a period and a position corrects the probability.
 */
static int try_periods(const struct events *events, struct candidate *best)
{
	size_t nr = events->series->nr, longest = longest_period(events), position = 0;
	double log_pairs = log((double)longest * (double)longest / 2);
	uint32_t *counts = calloc(longest + 1, sizeof(*counts));

	if (!counts)
		return -ENOMEM;
	for (size_t period = 2; period <= longest; period++) {
		size_t hits = most_frequent(events, period, counts, &position);
		size_t slots = (nr - 1 - position) / period + 1;

		if (!is_frequent(events, hits, slots))
			continue;
		consider_candidate(
			best, (struct candidate){
				      .pattern = PCIRESET_PATTERN_PERIOD,
				      .period = (uint32_t)period,
				      .log_p = log_pairs + stats_log_hypergeometric(hits, slots,
										    events->nr, nr),
			      });
	}
	free(counts);
	return 0;
}

/* How many resets follow each sequence of @nr types. */
static void count_histories(const struct series *series, size_t nr, uint32_t *counts)
{
	memset(counts, 0, NR_HISTORIES * sizeof(*counts));
	for (size_t i = 0; i < series->nr; i++)
		counts[history_end(series->before[i], nr)]++;
}

/* The resets with the mark are the events; the same of them. */
static void count_histories_of_events(const struct events *events, size_t nr, uint32_t *counts)
{
	memset(counts, 0, NR_HISTORIES * sizeof(*counts));
	for (size_t i = 0; i < events->nr; i++)
		counts[history_end(events->series->before[events->at[i]], nr)]++;
}

/* Were there so many resets before? There are fewer at the beginning of a run. */
static bool is_long_enough(history_t before, size_t nr)
{
	return !nr || history_type(before, nr - 1) != 0;
}

/*
 * After the same types: the resets after them are drawn, and the events are marked. The
 * number of sequences of that length corrects the probability, so that the shortest
 * sequence that explains the events has the smallest one.
 */
static void try_sequences(const struct events *events, size_t nr_before, const uint32_t *all,
			  const uint32_t *hits, struct candidate *best)
{
	double log_sequences = (double)nr_before * log((double)NR_TYPES);
	size_t nr = events->series->nr;

	for (size_t before = 0; before < NR_HISTORIES; before++) {
		if (!hits[before] || all[before] == nr ||
		    !is_long_enough((history_t)before, nr_before) ||
		    !is_frequent(events, hits[before], all[before]))
			continue;
		consider_candidate(best, (struct candidate){
						 .pattern = PCIRESET_PATTERN_AFTER,
						 .before = (history_t)before,
						 .nr_before = nr_before,
						 .log_p = log_sequences +
							  stats_log_hypergeometric(hits[before],
										   all[before],
										   events->nr, nr),
					 });
	}
}

static int try_previous(const struct events *events, struct candidate *best)
{
	uint32_t *all = calloc(NR_HISTORIES, sizeof(*all));
	uint32_t *hits = calloc(NR_HISTORIES, sizeof(*hits));

	for (size_t nr = 1; all && hits && nr <= MAX_BEFORE; nr++) {
		count_histories(events->series, nr, all);
		count_histories_of_events(events, nr, hits);
		try_sequences(events, nr, all, hits, best);
	}
	free(all);
	free(hits);
	return all && hits ? 0 : -ENOMEM;
}

/* More often at the end: by the ranks of the positions. */
static void try_rising(const struct events *events, struct candidate *best)
{
	double sum = 0, z;

	if (events->nr < MIN_RISING)
		return;
	for (size_t i = 0; i < events->nr; i++)
		sum += (double)events->at[i] + 1;
	z = stats_rank_sum(sum, events->nr, events->series->nr, 0);
	consider_candidate(best, (struct candidate){ .pattern = PCIRESET_PATTERN_RISING,
						     .log_p = stats_log_normal(z) });
}

static uint32_t simple_pattern(const struct events *events)
{
	if (events->nr == events->series->nr && events->nr > 1)
		return PCIRESET_PATTERN_ALWAYS;
	return events->nr == 1 ? PCIRESET_PATTERN_ONCE : PCIRESET_PATTERN_RANDOM;
}

/* The pattern with the smallest probability, if that is significant. */
static int choose_pattern(const struct events *events, size_t nr_tests, struct candidate *best)
{
	double limit = log(SIGNIFICANCE) - log((double)nr_tests);
	int r = 0;

	*best = (struct candidate){ .log_p = limit };
	if (events->nr >= MIN_EVENTS && events->nr < events->series->nr) {
		r = try_periods(events, best);
		if (!r)
			r = try_previous(events, best);
		try_rising(events, best);
	}
	if (best->pattern) {
		best->log_p += log((double)nr_tests);
		return r;
	}
	best->pattern = simple_pattern(events);
	best->log_p = 0;
	return r;
}

void finding_set_sequence(struct pcireset_finding *finding, history_t before, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		finding->sequence[i] = history_type(before, nr - 1 - i);
	finding->sequence[nr] = finding->type;
}

/* Was there a reset without the mark after the same types? */
static bool has_passed_after(const struct series *series, uint32_t mark, history_t before,
			     size_t nr)
{
	for (size_t i = 0; i < series->nr; i++)
		if (!(series->v[i]->marks & mark) &&
		    history_end(series->before[i], nr) == history_end(before, nr))
			return true;
	return false;
}

/*
 * The number of types before the first event in the shortest sequence that no reset without
 * the mark ends. 0 if there is no such reset at all, or one for each sequence: then the run
 * does not show that the types before matter.
 */
static size_t shortest_before(const struct events *events, uint32_t mark)
{
	history_t before = events->series->before[events->at[0]];

	for (size_t nr = 0; nr <= MAX_BEFORE && is_long_enough(before, nr); nr++)
		if (!has_passed_after(events->series, mark, before, nr))
			return nr;
	return 0;
}

static void set_sequence(const struct events *events, const struct candidate *best,
			 struct pcireset_finding *finding)
{
	history_t before = events->series->before[events->at[0]];
	size_t nr = 0;

	finding->repeats = finding->period ? finding->period : 1;
	if (finding->pattern == PCIRESET_PATTERN_AFTER) {
		before = best->before;
		nr = best->nr_before;
		finding->previous = history_type(before, 0);
	} else if (finding->pattern != PCIRESET_PATTERN_PERIOD &&
		   finding->pattern != PCIRESET_PATTERN_ALWAYS) {
		nr = shortest_before(events, finding->mark);
	}
	finding_set_sequence(finding, before, nr);
	if (!finding->type)
		finding->sequence[nr] = events->series->v[events->at[0]]->type;
}

/* Of the resets after those types, how many have the mark. */
static void count_only_after(const struct events *events, const struct candidate *best,
			     struct pcireset_finding *finding)
{
	finding->nr = finding->of = 0;
	for (size_t i = 0; i < events->series->nr; i++) {
		if (history_end(events->series->before[i], best->nr_before) != best->before)
			continue;
		finding->of++;
		finding->nr += !!(events->series->v[i]->marks & finding->mark);
	}
	finding->low = stats_lower_bound(finding->nr, finding->of, BOUND_CONFIDENCE);
	finding->high = stats_upper_bound(finding->nr, finding->of, BOUND_CONFIDENCE);
}

static void describe_pattern(const struct events *events, const struct candidate *best,
			     uint32_t mark, struct pcireset_finding *finding)
{
	const struct pcireset_sample *first = events->series->v[events->at[0]];

	*finding = (struct pcireset_finding){
		.mark = mark,
		.pattern = best->pattern,
		.device = events->series->device,
		.type = events->series->type,
		.period = best->period,
		.first = first->round,
		.nr = events->nr,
		.of = events->series->nr,
		.low = stats_lower_bound(events->nr, events->series->nr, BOUND_CONFIDENCE),
		.high = stats_upper_bound(events->nr, events->series->nr, BOUND_CONFIDENCE),
		.p = exp(best->log_p),
	};
	if (best->pattern == PCIRESET_PATTERN_AFTER)
		count_only_after(events, best, finding);
	set_sequence(events, best, finding);
}

int find_pattern(const struct series *series, uint32_t mark, size_t nr_tests,
		 struct pcireset_finding *ret_finding)
{
	struct candidate best;
	struct events events;
	int r = events_select(&events, series, mark);

	if (!r && events.nr) {
		r = choose_pattern(&events, nr_tests, &best);
		if (!r)
			describe_pattern(&events, &best, mark, ret_finding);
		r = r ? r : 1;
	}
	free(events.at);
	return r;
}
