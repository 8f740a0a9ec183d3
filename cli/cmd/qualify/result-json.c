/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of a run as JSON. */
#include <stdlib.h>
#include "json.h"
#include "qualify.h"

static json_object *list_in(json_object *o, const char *key)
{
	json_object *list = must(json_object_new_array());

	if (json_object_object_add(o, key, list))
		must(NULL);
	return list;
}

static json_object *object_in(json_object *list)
{
	json_object *o = must(json_object_new_object());

	if (json_object_array_add(list, o))
		must(NULL);
	return o;
}

static void add_word(json_object *list, const char *word)
{
	if (json_object_array_add(list, must(json_object_new_string(word))))
		must(NULL);
}

static void add_addr(json_object *list, const struct pcireset_addr *addr)
{
	char name[PCIRESET_ADDR_STR_MAX];

	add_word(list, pcireset_addr_to_str(addr, name));
}

static void add_double(json_object *o, const char *key, double value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%.6g", value);
	if (json_object_object_add(o, key, must(json_object_new_double_s(value, buf))))
		must(NULL);
}

static void add_quantiles(json_object *series, const char *key, const __u64 ns[5])
{
	static const char *const names[5] = { "min", "p50", "p90", "p99", "max" };
	json_object *o = must(json_object_new_object());

	for (size_t i = 0; i < 5; i++)
		json_add_ms(o, names[i], ns[i]);
	if (json_object_object_add(series, key, o))
		must(NULL);
}

static void add_histogram(json_object *o, const struct result *result,
			  const struct pcireset_series *series)
{
	json_object *list = list_in(o, "histogram");
	struct histogram histogram;

	histogram_make(result, series, &histogram);
	for (size_t i = 0; i <= NR_BINS; i++) {
		json_object *bin;

		if (!histogram.counts[i])
			continue;
		bin = object_in(list);
		add_double(bin, "from_ms", (double)(histogram.from + i * histogram.width) / 1e6);
		json_add_number(bin, "count", histogram.counts[i]);
	}
}

static void add_series(json_object *list, const struct result *result,
		       const struct pcireset_series *series)
{
	json_object *o = object_in(list), *members;
	const struct pcireset_addr *addr;

	json_add_string(o, "type", pcireset_type_to_str(series->type, 0));
	json_add_number(o, "resets", series->nr);
	json_add_number(o, "failed", series->nr_failed);
	json_add_number(o, "unverified", series->nr_unverified);
	json_add_number(o, "interrupted", series->nr_interrupted);
	add_double(o, "confidence", 0.95);
	add_double(o, "failed_low", series->failed_low);
	add_double(o, "failed_high", series->failed_high);
	add_quantiles(o, "ready_ms", series->ready_ns);
	add_quantiles(o, "total_ms", series->total_ns);
	add_histogram(o, result, series);
	members = list_in(o, "members");
	for (size_t i = 0;
	     (addr = pcireset_qualify_get_member(result->qualify, series->device, series->type, i));
	     i++)
		add_addr(members, addr);
}

static void add_devices(json_object *document, const struct result *result)
{
	json_object *list = list_in(document, "devices"), *o, *series;
	const char *name;

	for (uint32_t d = 0; (name = pcireset_qualify_get_device(result->qualify, d)); d++) {
		o = object_in(list);
		json_add_string(o, "device", name);
		json_add_string(o, "identity", pcireset_qualify_get_identity(result->qualify, d));
		series = list_in(o, "series");
		for (size_t i = 0; i < result->nr_series; i++)
			if (result->series[i].device == d)
				add_series(series, result, &result->series[i]);
	}
}

static void add_facts(json_object *document, const struct result *result)
{
	json_object *list = list_in(document, "facts"), *o;
	const char *key, *value;

	for (size_t i = 0; (value = pcireset_qualify_get_fact(result->qualify, i, &key)); i++) {
		o = object_in(list);
		json_add_string(o, "fact", key);
		json_add_string(o, "value", value);
	}
}

static const char *type_or_null(uint32_t type)
{
	return type ? pcireset_type_to_str(type, 0) : NULL;
}

static void add_place(json_object *o, const struct pcireset_finding *finding)
{
	bool has_offset = finding->mark & (PCIRESET_MARK_CONFIG | PCIRESET_MARK_NEIGHBOUR) &&
			  finding->offset < PCIRESET_PLACE_ERRORS;
	bool is_other = finding->mark == PCIRESET_MARK_NEIGHBOUR ||
			finding->offset == PCIRESET_PLACE_CORRECTABLE;
	char name[PCIRESET_ADDR_STR_MAX], offset[16];

	snprintf(offset, sizeof(offset), "0x%03x", finding->offset);
	json_add_string(o, "function", is_other ? pcireset_addr_to_str(&finding->who, name) : NULL);
	json_add_string(o, "offset", has_offset ? offset : NULL);
}

static void add_finding(json_object *list, const struct result *result, size_t i)
{
	const struct pcireset_finding *f = pcireset_qualify_get_finding(result->qualify, i);
	json_object *o = object_in(list), *sequence;

	json_add_string(o, "device", pcireset_qualify_get_device(result->qualify, f->device));
	json_add_string(o, "type", type_or_null(f->type));
	json_add_string(o, "deviation", pcireset_mark_to_str(f->mark));
	json_add_string(o, "pattern", pcireset_pattern_to_str(f->pattern));
	json_add_string(o, "after", type_or_null(f->previous));
	json_add_number(o, "period", f->period);
	json_add_number(o, "first_round", f->first);
	json_add_number(o, "occurrences", f->nr);
	json_add_number(o, "of", f->of);
	add_double(o, "low", f->low);
	add_double(o, "high", f->high);
	add_double(o, "p", f->p);
	add_double(o, "ms_per_reset", f->ns_per_reset / 1e6);
	add_place(o, f);
	sequence = list_in(o, "sequence");
	for (size_t s = 0; s < 5 && f->sequence[s]; s++)
		add_word(sequence, pcireset_type_to_str(f->sequence[s], 0));
	json_add_number(o, "repeats", f->repeats);
	json_add_string(o, "text", pcireset_qualify_get_finding_text(result->qualify, i));
}

static void add_deviation(json_object *list, const struct result *result,
			  const struct pcireset_sample *sample)
{
	json_object *o = object_in(list), *marks = list_in(o, "deviations");

	json_add_number(o, "round", sample->round);
	json_add_string(o, "device", pcireset_qualify_get_device(result->qualify, sample->device));
	json_add_string(o, "type", pcireset_type_to_str(sample->type, 0));
	json_add_string(o, "after", type_or_null(sample->previous));
	json_add_string(o, "result",
			sample->result ? pcireset_result_to_str(sample->result) : "interrupted");
	json_add_string(o, "error", sample->error ? pcireset_errno_to_str(sample->error) : NULL);
	for (uint32_t mark = 1; mark <= PCIRESET_MARK_SLOW; mark <<= 1)
		if (sample->marks & mark)
			add_word(marks, pcireset_mark_to_str(mark));
}

/* The first ones; the journal has all. */
static void add_deviations(json_object *document, const struct result *result)
{
	json_object *list = list_in(document, "resets");
	const struct pcireset_sample *sample;
	size_t nr = 0;

	for (size_t i = 0; (sample = pcireset_qualify_get_sample(result->qualify, i)); i++)
		if ((sample->marks || !sample->result) && nr++ < MAX_DEVIATIONS)
			add_deviation(list, result, sample);
}

json_object *result_json(const struct result *result, struct pcireset_ctx *ctx)
{
	json_object *document = json_document(ctx, "findings", must(json_object_new_array()));
	json_object *findings = json_object_object_get(document, "findings"), *watched;
	const struct pcireset_addr *addr;

	json_add_string(document, "verdict", verdict_to_str(result->verdict));
	json_add_string(document, "line", result->line);
	json_add_string(document, "stopped", pcireset_qualify_get_stop(result->qualify));
	json_add_number(document, "count", pcireset_qualify_get_count(result->qualify));
	json_add_number(document, "rounds", pcireset_qualify_get_nr_rounds(result->qualify));
	json_add_number(document, "done", pcireset_qualify_get_nr_done(result->qualify));
	json_add_number(document, "seed", pcireset_qualify_get_seed(result->qualify));
	add_facts(document, result);
	add_devices(document, result);
	watched = list_in(document, "watched");
	for (size_t i = 0; (addr = pcireset_qualify_get_watched(result->qualify, i)); i++)
		add_addr(watched, addr);
	for (size_t i = 0; i < result->nr_findings; i++)
		add_finding(findings, result, i);
	add_deviations(document, result);
	return document;
}
