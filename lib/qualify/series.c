/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Select the resets of one device and type, and summarize them. */
#include <errno.h>
#include <stdlib.h>
#include "series.h"
#include "stats.h"

static bool is_in(const struct series *series, const struct pcireset_sample *sample)
{
	return !series->type || sample->type == series->type;
}

static history_t history_add(history_t history, uint32_t type)
{
	return (history_t)(history << TYPE_BITS | (type_index(type) + 1));
}

static void add_sample(struct series *series, const struct pcireset_sample *sample,
		       history_t before)
{
	if (!is_in(series, sample) || sample->result == PCIRESET_RESULT_REFUSED)
		return;
	if (!sample->result) {
		series->nr_interrupted++;
		return;
	}
	series->v[series->nr] = sample;
	series->before[series->nr++] = before;
}

/* The caller has set device and type. */
int series_select(struct series *series, struct samples samples)
{
	history_t before = 0;

	series->nr = 0;
	series->nr_interrupted = 0;
	series->v = calloc(samples.nr + 1, sizeof(*series->v));
	series->before = calloc(samples.nr + 1, sizeof(*series->before));
	if (!series->v || !series->before)
		return -ENOMEM;
	for (size_t i = 0; i < samples.nr; i++) {
		if (samples.v[i].device != series->device)
			continue;
		add_sample(series, &samples.v[i], before);
		if (samples.v[i].result != PCIRESET_RESULT_REFUSED)
			before = history_add(before, samples.v[i].type);
	}
	return 0;
}

void series_free(struct series *series)
{
	free(series->v);
	free(series->before);
	series->v = NULL;
	series->before = NULL;
}

static void take_quantiles(uint64_t *times, size_t nr, __u64 ret_times[5])
{
	static const double q[5] = { 0, 0.5, 0.9, 0.99, 1 };

	stats_sort(times, nr);
	for (size_t i = 0; i < 5; i++)
		ret_times[i] = stats_quantile(times, nr, q[i]);
}

int series_summarize(const struct series *series, struct pcireset_series *ret_summary)
{
	struct pcireset_series s = { .device = series->device, .type = series->type };
	uint64_t *ready = calloc(2 * series->nr + 2, sizeof(*ready)), *total;
	size_t nr = 0;

	if (!ready)
		return -ENOMEM;
	total = ready + series->nr;
	s.nr = series->nr;
	s.nr_interrupted = series->nr_interrupted;
	for (size_t i = 0; i < series->nr; i++) {
		const struct pcireset_sample *sample = series->v[i];

		if (sample->marks & ~(uint32_t)HARMLESS_MARKS) {
			s.nr_failed++;
			continue;
		}
		s.nr_unverified += sample->result != PCIRESET_RESULT_VERIFIED;
		ready[nr] = sample->ready_ns;
		total[nr++] = sample->total_ns;
	}
	take_quantiles(ready, nr, s.ready_ns);
	take_quantiles(total, nr, s.total_ns);
	free(ready);
	s.failed_low = stats_lower_bound(s.nr_failed, s.nr, BOUND_CONFIDENCE);
	s.failed_high = stats_upper_bound(s.nr_failed, s.nr, BOUND_CONFIDENCE);
	*ret_summary = s;
	return 0;
}
