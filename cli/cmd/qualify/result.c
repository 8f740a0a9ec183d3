/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of a run: its series, its findings, and the verdict. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "qualify.h"

#define HARMLESS (PCIRESET_MARK_CORRECTABLE)

const char *verdict_to_str(enum verdict verdict)
{
	static const char *const names[] = { "qualified", "unverified", "incomplete",
					     "not qualified" };

	return names[verdict];
}

bool is_failure(const struct pcireset_sample *sample)
{
	return sample->result && sample->marks & ~(uint32_t)HARMLESS;
}

/* NULL without it. */
const char *fact_of(const struct pcireset_qualify *qualify, const char *wanted)
{
	const char *key, *value;

	for (size_t i = 0; (value = pcireset_qualify_get_fact(qualify, i, &key)); i++)
		if (!strcmp(key, wanted))
			return value;
	return NULL;
}

bool is_sample_of(const struct pcireset_sample *sample, const struct pcireset_series *series)
{
	return sample->device == series->device && sample->type == series->type;
}

/* A bound, rounded up to two digits: "0.1 %" is never less than the bound. */
char *percent_below(double p)
{
	double percent = 100 * p, unit;

	if (percent >= 100)
		return text("100 %%");
	unit = pow(10, floor(log10(percent)) - 1);
	return text("%.2g %%", ceil(percent / unit - 1e-9) * unit);
}

char *marks_text(uint32_t marks, const char *separator)
{
	char *all = text("%s", "");

	for (uint32_t mark = 1; mark <= PCIRESET_MARK_SLOW; mark <<= 1) {
		char *longer;

		if (!(marks & mark))
			continue;
		longer = text("%s%s%s", all, *all ? separator : "", pcireset_mark_to_str(mark));
		free(all);
		all = longer;
	}
	return all;
}

char *sequence_text(const struct pcireset_finding *finding)
{
	char *all = text("%s", ""), *longer;

	if (!finding->sequence[1] || finding->pattern == PCIRESET_PATTERN_AFTER)
		return all;
	for (size_t i = 0; i < ARRAY_SIZE(finding->sequence) && finding->sequence[i]; i++) {
		longer = text("%s%s%s", all, i ? ", " : "; shortest failing sequence: ",
			      pcireset_type_to_str(finding->sequence[i], 0));
		free(all);
		all = longer;
	}
	return all;
}

static void add_series(struct result *result, uint32_t device)
{
	uint32_t types = pcireset_qualify_get_types(result->qualify), type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++) {
		if (!(types & type))
			continue;
		result->series = must(reallocarray(result->series, result->nr_series + 1,
						   sizeof(*result->series)));
		if (pcireset_qualify_get_series(result->qualify, device, type,
						&result->series[result->nr_series]))
			must(NULL);
		result->nr_series++;
	}
}

static bool is_finding_harmless(const struct pcireset_finding *finding)
{
	return finding->mark & HARMLESS;
}

static enum verdict judge_result(const struct result *result)
{
	const struct pcireset_finding *finding;
	uint64_t unverified = 0;

	for (size_t i = 0; (finding = pcireset_qualify_get_finding(result->qualify, i)); i++)
		if (!is_finding_harmless(finding))
			return VERDICT_NOT_QUALIFIED;
	for (size_t i = 0; i < result->nr_series; i++) {
		if (result->series[i].nr < pcireset_qualify_get_count(result->qualify))
			return VERDICT_INCOMPLETE;
		unverified += result->series[i].nr_unverified;
	}
	if (fact_of(result->qualify, "exercise") && !pcireset_qualify_is_exercised(result->qualify))
		return VERDICT_INCOMPLETE;
	return unverified ? VERDICT_UNVERIFIED : VERDICT_QUALIFIED;
}

/* The resets of one type, of all devices together. */
static char *type_text(const struct result *result, uint32_t type)
{
	uint64_t nr = 0, failed = 0;
	double high = 0;
	char *below, *words;

	for (size_t i = 0; i < result->nr_series; i++) {
		if (result->series[i].type != type)
			continue;
		nr += result->series[i].nr;
		failed += result->series[i].nr_failed;
		high = fmax(high, result->series[i].failed_high);
	}
	below = percent_below(high);
	words = text("%s: %llu of %llu failed, below %s", pcireset_type_to_str(type, 0),
		     (unsigned long long)failed, (unsigned long long)nr, below);
	free(below);
	return words;
}

static char *verdict_line(const struct result *result)
{
	uint32_t types = pcireset_qualify_get_types(result->qualify), type;
	char *line = text("%s", verdict_to_str(result->verdict)), *longer, *words;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++) {
		if (!(types & type))
			continue;
		words = type_text(result, type);
		longer = text("%s; %s", line, words);
		free(words);
		free(line);
		line = longer;
	}
	longer = text("%s (at 95 %%); %zu finding%s", line, result->nr_findings,
		      result->nr_findings == 1 ? "" : "s");
	free(line);
	return longer;
}

void result_make(struct result *result, struct pcireset_qualify *qualify)
{
	int r = pcireset_qualify_find(qualify);

	*result = (struct result){ .qualify = qualify };
	if (r < 0)
		must(NULL);
	result->nr_findings = (size_t)r;
	for (uint32_t d = 0; pcireset_qualify_get_device(qualify, d); d++)
		add_series(result, d);
	result->verdict = judge_result(result);
	result->line = verdict_line(result);
}

void result_free(struct result *result)
{
	free(result->series);
	free(result->line);
}

/* From the fastest to the 99th percentile, and the rest in one bin. */
void histogram_make(const struct result *result, const struct pcireset_series *series,
		    struct histogram *ret_histogram)
{
	const struct pcireset_sample *sample;
	uint64_t range = series->ready_ns[3] - series->ready_ns[0];

	*ret_histogram =
		(struct histogram){ .from = series->ready_ns[0], .width = range / NR_BINS + 1 };
	for (size_t i = 0; (sample = pcireset_qualify_get_sample(result->qualify, i)); i++) {
		uint64_t bin;

		if (!is_sample_of(sample, series) || !sample->result || is_failure(sample) ||
		    sample->result == PCIRESET_RESULT_REFUSED)
			continue;
		bin = (sample->ready_ns - ret_histogram->from) / ret_histogram->width;
		ret_histogram->counts[bin < NR_BINS ? bin : NR_BINS]++;
	}
}
