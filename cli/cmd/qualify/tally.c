/* SPDX-License-Identifier: GPL-2.0-only */
/* The outcomes of a run so far, and the metrics of a run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "qualify.h"

static size_t nr_types(void)
{
	size_t nr = 0;

	while (pcireset_type_at(nr))
		nr++;
	return nr;
}

void tally_begin(struct tally *tally, struct pcireset_qualify *qualify)
{
	size_t nr_devices = 0;

	while (pcireset_qualify_get_device(qualify, (uint32_t)nr_devices))
		nr_devices++;
	*tally = (struct tally){ .qualify = qualify };
	tally->v = must(calloc(nr_devices * nr_types() + 1, sizeof(*tally->v)));
}

void tally_end(struct tally *tally)
{
	free(tally->v);
	tally->v = NULL;
}

static size_t place_of(uint32_t device, uint32_t type)
{
	size_t i = 0;

	while (pcireset_type_at(i) && pcireset_type_at(i) != type)
		i++;
	return device * nr_types() + i;
}

static enum outcome outcome_of(const struct pcireset_sample *sample)
{
	if (!sample->result)
		return OUTCOME_INTERRUPTED;
	if (is_failure(sample))
		return OUTCOME_FAILED;
	return sample->result == PCIRESET_RESULT_VERIFIED ? OUTCOME_VERIFIED : OUTCOME_UNVERIFIED;
}

void tally_update(struct tally *tally)
{
	const struct pcireset_sample *sample;

	for (; (sample = pcireset_qualify_get_sample(tally->qualify, tally->nr_seen));
	     tally->nr_seen++) {
		if (sample->result == PCIRESET_RESULT_REFUSED)
			continue;
		tally->nr_failed += is_failure(sample);
		tally->v[place_of(sample->device, sample->type)].nr[outcome_of(sample)]++;
	}
}

/* ---- metrics */

char *metric_label(const char *name)
{
	char *valid = utf8(text("%s", name));
	char *label = must(malloc(2 * strlen(valid) + 1)), *to = label;

	for (const char *c = valid; *c; c++) {
		if (*c == '"' || *c == '\\' || *c == '\n')
			*to++ = '\\';
		*to++ = *c == '\n' ? 'n' : *c;
	}
	*to = '\0';
	free(valid);
	return label;
}

/* The run is named by its directory. */
static char *run_label(const char *directory)
{
	char *path = realpath(directory, NULL), *slash = path ? strrchr(path, '/') : NULL;
	char *label = metric_label(slash ? slash + 1 : directory);

	free(path);
	return label;
}

static void put_resets(const struct tally *tally, const char *run, FILE *out)
{
	static const char *const names[] = { "verified", "unverified", "failed", "interrupted" };
	uint32_t types = pcireset_qualify_get_types(tally->qualify), type;
	const char *name;

	for (uint32_t d = 0; (name = pcireset_qualify_get_device(tally->qualify, d)); d++)
		for (size_t i = 0; (type = pcireset_type_at(i)); i++)
			for (size_t o = 0; o < NR_OUTCOMES && types & type; o++)
				fprintf(out,
					"pcireset_qualify_resets{run=\"%s\",device=\"%s\",type=\"%s\","
					"outcome=\"%s\"} %" PRIu64 "\n",
					run, name, pcireset_type_to_str(type, 0), names[o],
					tally->v[place_of(d, type)].nr[o]);
}

static void put_verdict(const struct result *result, const char *run, FILE *out)
{
	for (int v = 0; v < NR_VERDICTS; v++)
		fprintf(out, "pcireset_qualify_verdict{run=\"%s\",verdict=\"%s\"} %d\n", run,
			verdict_to_str((enum verdict)v), result->verdict == (enum verdict)v);
}

/* The words are also those of "pcireset metrics". */
const struct metric qualify_metrics[NR_QUALIFY_METRICS] = {
	[METRIC_RESETS] = { "pcireset_qualify_resets", "Resets of a qualification by outcome." },
	[METRIC_ROUNDS] = { "pcireset_qualify_rounds", "Rounds that a qualification shall have." },
	[METRIC_ROUNDS_DONE] = { "pcireset_qualify_rounds_done",
				 "Rounds of a qualification that are done." },
	[METRIC_UPDATED] = { "pcireset_qualify_updated_timestamp_seconds",
			     "When a qualification has written its metrics." },
	[METRIC_FINDINGS] = { "pcireset_qualify_findings",
			      "Findings of a qualification that has ended." },
	[METRIC_VERDICT] = { "pcireset_qualify_verdict",
			     "1 for the verdict of a qualification that has ended." },
};

void metric_put_head(const struct metric *metric, FILE *out)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", metric->name, metric->help, metric->name);
}

static void put_number(enum qualify_metric which, const char *run, uint64_t value, FILE *out)
{
	metric_put_head(&qualify_metrics[which], out);
	fprintf(out, "%s{run=\"%s\"} %" PRIu64 "\n", qualify_metrics[which].name, run, value);
}

void tally_write_metrics(const struct tally *tally, const struct result *result,
			 const char *directory, FILE *out)
{
	char *run = run_label(directory);

	metric_put_head(&qualify_metrics[METRIC_RESETS], out);
	put_resets(tally, run, out);
	put_number(METRIC_ROUNDS, run, pcireset_qualify_get_nr_rounds(tally->qualify), out);
	put_number(METRIC_ROUNDS_DONE, run, pcireset_qualify_get_nr_done(tally->qualify), out);
	put_number(METRIC_UPDATED, run, (uint64_t)time(NULL), out);
	if (result) {
		put_number(METRIC_FINDINGS, run, result->nr_findings, out);
		metric_put_head(&qualify_metrics[METRIC_VERDICT], out);
		put_verdict(result, run, out);
	}
	free(run);
}
