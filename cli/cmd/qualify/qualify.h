/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset qualify". */
#ifndef PCIRESET_CLI_QUALIFY_H
#define PCIRESET_CLI_QUALIFY_H

#include <json-c/json.h>
#include "cmd/cmd.h"
#include "status-line.h"

/* Names of the files in the directory of a run. */
#define JOURNAL_FILE     "journal"
#define JSON_FILE        "report.json"
#define HTML_FILE        "report.html"
#define CERTIFICATE_FILE "certificate.txt"
#define METRICS_FILE     "metrics.prom"

/* The plots and the table of deviations show the first ones only. */
#define MAX_PLOTTED    16
#define MAX_DEVIATIONS 200
#define NR_BINS        40

enum verdict {
	VERDICT_QUALIFIED,
	VERDICT_UNVERIFIED, /* no failure, but not every reset has proof */
	VERDICT_INCOMPLETE, /* no failure, but some resets are missing */
	VERDICT_NOT_QUALIFIED,
	NR_VERDICTS,
};

enum outcome {
	OUTCOME_VERIFIED,
	OUTCOME_UNVERIFIED,
	OUTCOME_FAILED,
	OUTCOME_INTERRUPTED,
	NR_OUTCOMES,
};

/* How many resets of one device and type had each outcome. */
struct outcomes {
	uint64_t nr[NR_OUTCOMES];
};

/* The outcomes of the samples that were seen. */
struct tally {
	struct pcireset_qualify *qualify;
	struct outcomes *v; /* for each device and type */
	size_t nr_seen;
	size_t nr_failed;
};

/* The result of a run. */
struct result {
	struct pcireset_qualify *qualify;
	enum verdict verdict;
	char *line; /* the verdict as one line */
	struct pcireset_series *series;
	size_t nr_series;
	size_t nr_findings;
};

/* Times of one series. */
struct histogram {
	uint64_t from, width;         /* in nanoseconds, of the first bin and of each */
	uint32_t counts[NR_BINS + 1]; /* the last one has all later ones */
};

/* result.c */
void result_make(struct result *result, struct pcireset_qualify *qualify);
void result_free(struct result *result);
const char *verdict_to_str(enum verdict verdict);
char *percent_below(double p);
bool is_sample_of(const struct pcireset_sample *sample, const struct pcireset_series *series);
bool is_failure(const struct pcireset_sample *sample);
const char *fact_of(const struct pcireset_qualify *qualify, const char *wanted);
void histogram_make(const struct result *result, const struct pcireset_series *series,
		    struct histogram *ret_histogram);
char *marks_text(uint32_t marks, const char *separator);

/* "; shortest failing sequence: flr, pm, bus", or "" if the text of the finding says it. */
char *sequence_text(const struct pcireset_finding *finding);

/* tally.c */
void tally_begin(struct tally *tally, struct pcireset_qualify *qualify);
void tally_update(struct tally *tally);
void tally_end(struct tally *tally);

/* A metric in the text format of Prometheus. All of them are gauges. */
struct metric {
	const char *name, *help;
};

/* In the order of the output. The last two need a run that has ended. */
enum qualify_metric {
	METRIC_RESETS,
	METRIC_ROUNDS,
	METRIC_ROUNDS_DONE,
	METRIC_UPDATED,
	METRIC_FINDINGS,
	METRIC_VERDICT,
	NR_QUALIFY_METRICS,
};
extern const struct metric qualify_metrics[NR_QUALIFY_METRICS];
void metric_put_head(const struct metric *metric, FILE *out);

/* The name of a run as the value of a label: allocated, valid UTF-8, escaped. */
char *metric_label(const char *name);

/* @result is NULL while the run goes on. */
void tally_write_metrics(const struct tally *tally, const struct result *result,
			 const char *directory, FILE *out);

/* result-json.c */
json_object *result_json(const struct result *result, struct pcireset_ctx *ctx);

/* html.c, plot.c: to a file in memory */
void html_write(const struct result *result, FILE *out);
void plot_times(const struct result *result, const struct pcireset_series *series, FILE *out);
void plot_histogram(const struct result *result, const struct pcireset_series *series, FILE *out);

/* certificate.c */
void certificate_write(const struct result *result, FILE *out);

/* files.c: the reports in the directory of the run. Return: an exit status. */
int files_write(const struct request *req, const struct result *result, struct pcireset_ctx *ctx);

/* While the run goes on. Return: 0, or a negative errno after a message. */
int files_write_metrics(const struct tally *tally, const char *directory);

/* progress.c: the rounds of this process, and of the whole run. Times are in seconds. */
#define PROGRESS_PARTS 3
struct run_progress {
	struct status_line line;
	uint32_t begin;             /* rounds that were done when this process began */
	uint32_t done, all;         /* rounds of the run */
	size_t nr_failed;           /* resets of the run */
	double began, ended, shown; /* this process; its last round; the line */
};

void run_progress_begin(struct run_progress *progress, const struct request *req, uint32_t done,
			uint32_t all);
void run_progress_note(struct run_progress *progress, uint32_t done, size_t nr_failed);
void run_progress_show(void *progress);
void run_progress_end(struct run_progress *progress);

/* false: no round of this process has ended, so nothing is known. */
bool run_progress_seconds_left(const struct run_progress *progress, double now,
			       uint64_t *ret_seconds);

/* All parts are allocated. */
void run_progress_parts(const struct run_progress *progress, double now,
			char *parts[PROGRESS_PARTS]);

/* run.c: all rounds, or until a signal. Return: 0, or a negative errno after a message. */
int rounds_run(const struct request *req, struct pcireset_qualify *qualify,
	       struct pcireset_ctx *ctx);

#endif /* PCIRESET_CLI_QUALIFY_H */
