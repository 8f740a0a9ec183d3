/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Patterns of the time until a function is ready. Late resets without a pattern are no finding. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "series.h"
#include "stats.h"

#define MIN_TIMES 30 /* of which the normal distribution is a good approximation */

/* The times of the resets after which the function came back, and their ranks. */
struct times {
	struct series series;
	uint64_t *v;
	double *ranks;
	double ties;
	uint64_t median;
	size_t nr_tests;
};

static void times_free(struct times *times)
{
	series_free(&times->series);
	free(times->v);
	free(times->ranks);
}

static uint64_t median_of(const uint64_t *v, size_t nr)
{
	uint64_t *sorted = calloc(nr + 1, sizeof(*sorted)), median = 0;

	for (size_t i = 0; sorted && i < nr; i++)
		sorted[i] = v[i];
	if (sorted) {
		stats_sort(sorted, nr);
		median = stats_quantile(sorted, nr, 0.5);
	}
	free(sorted);
	return median;
}

static int times_select(struct times *times, const struct series *series)
{
	size_t nr = 0;

	*times = (struct times){ .series = *series };
	times->series.v = calloc(series->nr + 1, sizeof(*series->v));
	times->series.before = calloc(series->nr + 1, sizeof(*series->before));
	times->v = calloc(series->nr + 1, sizeof(*times->v));
	times->ranks = calloc(series->nr + 1, sizeof(*times->ranks));
	if (!times->series.v || !times->series.before || !times->v || !times->ranks)
		return -ENOMEM;
	for (size_t i = 0; i < series->nr; i++) {
		if (series->v[i]->marks & PCIRESET_MARK_NOT_READY || !series->v[i]->ready_ns)
			continue;
		times->series.v[nr] = series->v[i];
		times->series.before[nr] = series->before[i];
		times->v[nr++] = series->v[i]->ready_ns;
	}
	times->series.nr = nr;
	times->median = median_of(times->v, nr);
	return stats_ranks(times->v, nr, times->ranks, &times->ties);
}

static bool is_slower(uint64_t time, uint64_t than)
{
	return time > than + SLOWER_NS && (double)time > (double)than * (1 + SLOWER_SHARE);
}

/* The same in each third: a trend, and not one step or a disturbance. */
static bool grows_all_the_time(const struct times *times, double *ret_ns_per_reset)
{
	size_t third = times->series.nr / 3;
	uint64_t first = median_of(times->v, third), middle = median_of(times->v + third, third);
	uint64_t last = median_of(times->v + times->series.nr - third, third);
	double distance = (double)(times->series.nr - third);

	*ret_ns_per_reset = ((double)last - (double)first) / distance;
	return is_slower(last, first) && middle > first && last > middle;
}

static struct pcireset_finding new_finding(const struct times *times, uint32_t pattern)
{
	return (struct pcireset_finding){
		.mark = PCIRESET_MARK_SLOW,
		.pattern = pattern,
		.device = times->series.device,
		.type = times->series.type,
		.nr = times->series.nr,
		.of = times->series.nr,
		.first = times->series.v[0]->round,
		.sequence = { times->series.type },
		.high = 1,
		.repeats = 1,
	};
}

static bool is_significant(double log_p, size_t nr_tests, double *ret_p)
{
	*ret_p = exp(log_p + log((double)nr_tests));
	return *ret_p < SIGNIFICANCE;
}

static bool find_trend(const struct times *times, struct pcireset_finding *finding)
{
	double z = stats_trend(times->ranks, times->series.nr, times->ties);

	*finding = new_finding(times, PCIRESET_PATTERN_TREND);
	return is_significant(stats_log_normal(z), times->nr_tests, &finding->p) &&
	       grows_all_the_time(times, &finding->ns_per_reset);
}

/* The last types before a reset. */
struct sequence {
	history_t before;
	size_t nr;
};

static bool is_after(const struct times *times, size_t i, struct sequence sequence)
{
	return history_end(times->series.before[i], sequence.nr) == sequence.before;
}

/* The medians of the times after the sequence, and after others. */
static int split_medians(const struct times *times, struct sequence sequence,
			 uint64_t ret_medians[2])
{
	uint64_t *v = calloc(times->series.nr + 1, sizeof(*v));
	size_t nr[2] = { 0, 0 }, end = times->series.nr;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < times->series.nr; i++)
		v[is_after(times, i, sequence) ? nr[0]++ : end - ++nr[1]] = times->v[i];
	ret_medians[0] = median_of(v, nr[0]);
	ret_medians[1] = median_of(v + nr[0], nr[1]);
	free(v);
	return 0;
}

/* How many resets follow each sequence, and the sum of their ranks. */
struct slow {
	size_t nr;
	double ranks;
};

/* Is it slow after this sequence, and more significantly than after another one? */
static bool is_slow_after(const struct times *times, struct sequence sequence,
			  const struct slow *slow, struct pcireset_finding *finding)
{
	double z = stats_rank_sum(slow->ranks, slow->nr, times->series.nr, times->ties), p;
	double log_sequences = (double)sequence.nr * log((double)NR_TYPES);
	uint64_t medians[2];

	if (!is_significant(stats_log_normal(z) + log_sequences, times->nr_tests, &p) ||
	    p >= finding->p || split_medians(times, sequence, medians) ||
	    !is_slower(medians[0], medians[1]))
		return false;
	*finding = new_finding(times, PCIRESET_PATTERN_AFTER);
	finding->p = p;
	finding->nr = slow->nr;
	finding->previous = history_type(sequence.before, 0);
	finding_set_sequence(finding, sequence.before, sequence.nr);
	return true;
}

static bool try_slow_sequences(const struct times *times, size_t nr, struct slow *slow,
			       struct pcireset_finding *finding)
{
	bool is_found = false;

	memset(slow, 0, NR_HISTORIES * sizeof(*slow));
	for (size_t i = 0; i < times->series.nr; i++) {
		struct slow *s = &slow[history_end(times->series.before[i], nr)];

		s->nr++;
		s->ranks += times->ranks[i];
	}
	for (size_t before = 0; before < NR_HISTORIES; before++)
		if (slow[before].nr && history_type((history_t)before, nr - 1))
			is_found |= is_slow_after(times, (struct sequence){ (history_t)before, nr },
						  &slow[before], finding);
	return is_found;
}

static int find_slow_after(const struct times *times, struct pcireset_finding *finding)
{
	struct slow *slow = calloc(NR_HISTORIES, sizeof(*slow));
	bool is_found = false;

	if (!slow)
		return -ENOMEM;
	finding->p = 1;
	for (size_t nr = 1; nr <= MAX_BEFORE; nr++)
		is_found |= try_slow_sequences(times, nr, slow, finding);
	free(slow);
	return is_found;
}

/* Late resets are events of their own, of which only a period is a finding. */
static int find_slow_period(const struct times *times, struct pcireset_finding *finding)
{
	struct pcireset_sample *copies = calloc(times->series.nr, sizeof(*copies));
	struct series series = times->series;
	int r = -ENOMEM;

	series.v = calloc(times->series.nr, sizeof(*series.v));
	if (copies && series.v) {
		for (size_t i = 0; i < series.nr; i++) {
			copies[i] = *times->series.v[i];
			copies[i].marks =
				is_slower(times->v[i], times->median) ? PCIRESET_MARK_SLOW : 0;
			series.v[i] = &copies[i];
		}
		r = find_pattern(&series, PCIRESET_MARK_SLOW, times->nr_tests, finding);
	}
	free(series.v);
	free(copies);
	return r == 1 ? finding->pattern == PCIRESET_PATTERN_PERIOD : r;
}

int find_slower(const struct series *series, size_t nr_tests, struct pcireset_finding *ret_finding)
{
	struct times times;
	int r = times_select(&times, series);

	times.nr_tests = nr_tests;
	if (!r && times.series.nr >= MIN_TIMES) {
		r = find_trend(&times, ret_finding);
		if (!r)
			r = find_slow_after(&times, ret_finding);
		if (!r)
			r = find_slow_period(&times, ret_finding);
	}
	times_free(&times);
	return r;
}
