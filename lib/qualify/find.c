/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All findings in the resets of a run. */
#include <errno.h>
#include <stdlib.h>
#include "series.h"

/* An event has a period, previous types of each length and a trend; so has a time. */
#define TESTS_OF_EVENTS (2 + MAX_BEFORE)
#define TESTS_OF_TIMES  (2 + MAX_BEFORE)

static int add_finding(struct findings *findings, const struct pcireset_finding *finding)
{
	struct pcireset_finding *v =
		reallocarray(findings->v, findings->nr + 1, sizeof(*findings->v));
	char **texts;

	if (!v)
		return -ENOMEM;
	findings->v = v;
	texts = reallocarray(findings->texts, findings->nr + 1, sizeof(*findings->texts));
	if (!texts)
		return -ENOMEM;
	findings->texts = texts;
	texts[findings->nr] = finding_text(finding);
	if (!texts[findings->nr])
		return -ENOMEM;
	v[findings->nr++] = *finding;
	return 0;
}

static void drop_from(struct findings *findings, size_t nr)
{
	while (findings->nr > nr)
		free(findings->texts[--findings->nr]);
}

void findings_free(struct findings *findings)
{
	drop_from(findings, 0);
	free(findings->texts);
	free(findings->v);
	*findings = (struct findings){ 0 };
}

static uint32_t nr_devices(struct samples samples)
{
	uint32_t nr = 0;

	for (size_t i = 0; i < samples.nr; i++)
		if (samples.v[i].device >= nr)
			nr = samples.v[i].device + 1;
	return nr;
}

/* The tests for one series. */
static size_t tests_of(const struct series *series)
{
	uint32_t marks = 0;

	for (size_t i = 0; i < series->nr; i++)
		marks |= series->v[i]->marks;
	return series->nr ? TESTS_OF_TIMES + TESTS_OF_EVENTS * (size_t)__builtin_popcount(marks) :
			    0;
}

/* The function and the register are those of the first event. */
static void add_place(struct pcireset_finding *finding, const struct series *series)
{
	for (size_t i = 0; i < series->nr; i++) {
		const struct pcireset_sample *sample = series->v[i];

		if (!(sample->marks & finding->mark))
			continue;
		finding->offset = sample->offset;
		if (finding->mark == PCIRESET_MARK_NEIGHBOUR ||
		    (finding->mark == PCIRESET_MARK_CORRECTABLE &&
		     sample->who_offset == PCIRESET_PLACE_CORRECTABLE)) {
			finding->who = sample->who;
			finding->offset = sample->who_offset;
		}
		return;
	}
}

static int find_mark(const struct series *series, uint32_t mark, struct findings *findings)
{
	struct pcireset_finding finding;
	int r = find_pattern(series, mark, findings->nr_tests, &finding);

	if (r <= 0)
		return r;
	add_place(&finding, series);
	return add_finding(findings, &finding);
}

static int find_time(const struct series *series, struct findings *findings)
{
	struct pcireset_finding finding;
	int r = find_slower(series, findings->nr_tests, &finding);

	return r > 0 ? add_finding(findings, &finding) : r;
}

static bool have_pattern(const struct findings *findings, size_t from)
{
	for (size_t i = from; i < findings->nr; i++)
		if (findings->v[i].pattern > PCIRESET_PATTERN_RANDOM ||
		    findings->v[i].pattern == PCIRESET_PATTERN_ALWAYS)
			return true;
	return false;
}

/* If no single type has a pattern, the device may count resets of any type. */
static int find_in_all_types(const struct series *all, uint32_t mark, size_t from,
			     struct findings *findings)
{
	struct pcireset_finding finding;
	int r;

	if (findings->nr < from + 2 || have_pattern(findings, from))
		return 0;
	r = find_pattern(all, mark, findings->nr_tests, &finding);
	if (r <= 0 || finding.pattern != PCIRESET_PATTERN_PERIOD)
		return r < 0 ? r : 0;
	drop_from(findings, from);
	add_place(&finding, all);
	return add_finding(findings, &finding);
}

/* The series of one device: each type, and all types together at the end. */
struct device_series {
	struct series v[NR_TYPES + 1];
};

/* Resets with an unknown outcome, during which the machine went down. */
static int find_restarts(struct samples samples, uint32_t device, struct findings *findings)
{
	struct pcireset_finding finding = {
		.mark = PCIRESET_MARK_MACHINE, .device = device, .high = 1, .p = 1, .repeats = 1
	};

	for (size_t i = 0; i < samples.nr; i++) {
		const struct pcireset_sample *sample = &samples.v[i];

		if (sample->device != device || !(sample->marks & PCIRESET_MARK_MACHINE))
			continue;
		if (finding.nr++)
			continue;
		finding.type = sample->type;
		finding.first = sample->round;
		finding.sequence[0] = sample->previous ? sample->previous : sample->type;
		finding.sequence[1] = sample->previous ? sample->type : 0;
	}
	finding.of = finding.nr;
	finding.pattern = finding.nr == 1 ? PCIRESET_PATTERN_ONCE : PCIRESET_PATTERN_RANDOM;
	return finding.nr ? add_finding(findings, &finding) : 0;
}

static int find_in_device(const struct device_series *device, struct findings *findings)
{
	int r = 0;

	for (uint32_t mark = 1; mark < PCIRESET_MARK_SLOW && !r; mark <<= 1) {
		size_t from = findings->nr;

		for (size_t i = 0; i < NR_TYPES && !r; i++)
			r = find_mark(&device->v[i], mark, findings);
		if (!r)
			r = find_in_all_types(&device->v[NR_TYPES], mark, from, findings);
	}
	for (size_t i = 0; i < NR_TYPES && !r; i++)
		r = find_time(&device->v[i], findings);
	return r;
}

static int device_select(struct device_series *device, uint32_t number, struct samples samples)
{
	int r = 0;

	for (size_t i = 0; i <= NR_TYPES && !r; i++) {
		device->v[i].device = number;
		device->v[i].type = pcireset_type_at(i);
		r = series_select(&device->v[i], samples);
	}
	return r;
}

static int find_in_all(struct device_series *devices, uint32_t nr, struct findings *findings)
{
	int r = 0;

	for (uint32_t d = 0; d < nr; d++)
		for (size_t i = 0; i <= NR_TYPES; i++)
			findings->nr_tests += tests_of(&devices[d].v[i]);
	for (uint32_t d = 0; d < nr && !r; d++)
		r = find_in_device(&devices[d], findings);
	return r;
}

int findings_make(struct findings *findings, struct samples samples)
{
	uint32_t nr = nr_devices(samples);
	struct device_series *devices = calloc(nr + 1, sizeof(*devices));
	int r = devices ? 0 : -ENOMEM;

	*findings = (struct findings){ 0 };
	for (uint32_t d = 0; d < nr && !r; d++)
		r = device_select(&devices[d], d, samples);
	if (!r)
		r = find_in_all(devices, nr, findings);
	for (uint32_t d = 0; d < nr && !r; d++)
		r = find_restarts(samples, d, findings);
	for (uint32_t d = 0; devices && d < nr; d++)
		for (size_t i = 0; i <= NR_TYPES; i++)
			series_free(&devices[d].v[i]);
	free(devices);
	if (r)
		findings_free(findings);
	return r;
}
