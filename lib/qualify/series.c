/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Select the resets of one device and type, and summarize them. */
#include <errno.h>
#include <stdlib.h>
#include "series.h"
#include "stats.h"

static bool is_in(const struct series *series, const struct pcireset_sample *sample)
{
	return sample->device == series->device && (!series->type || sample->type == series->type);
}

/* The caller has set device and type. */
int series_select(struct series *series, struct samples samples)
{
	series->nr = 0;
	series->nr_interrupted = 0;
	series->v = calloc(samples.nr + 1, sizeof(*series->v));
	if (!series->v)
		return -ENOMEM;
	for (size_t i = 0; i < samples.nr; i++) {
		if (!is_in(series, &samples.v[i]) || samples.v[i].result == PCIRESET_RESULT_REFUSED)
			continue;
		if (samples.v[i].result)
			series->v[series->nr++] = &samples.v[i];
		else
			series->nr_interrupted++;
	}
	return 0;
}

void series_free(struct series *series)
{
	free(series->v);
	series->v = NULL;
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
