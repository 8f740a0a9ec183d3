/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset metrics: the module's counters, in the text format of Prometheus. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd/cmd.h"
#include "output.h"
#include "recover/recover.h"

#define NS_PER_S UINT64_C(1000000000)

/* The labels of a sample. */
struct place {
	FILE *out;
	const char *name;
	const char *type;
};

/* A metric with a value for each type. print() returns false if there is none. */
struct family {
	const char *name;
	const char *kind;
	const char *help;
	bool (*print)(const struct place *at, const struct pcireset_stats *stats);
};

static uint64_t nr_failed(const struct pcireset_stats *stats)
{
	return stats->out_failed + stats->out_timed_out;
}

static void print_result(const struct place *at, enum pcireset_result result, uint64_t value)
{
	fprintf(at->out, "%s{type=\"%s\",result=\"%s\"} %" PRIu64 "\n", at->name, at->type,
		pcireset_result_to_str(result), value);
}

static void print_number(const struct place *at, uint64_t value)
{
	fprintf(at->out, "%s{type=\"%s\"} %" PRIu64 "\n", at->name, at->type, value);
}

static bool print_resets(const struct place *at, const struct pcireset_stats *stats)
{
	print_result(at, PCIRESET_RESULT_VERIFIED, stats->out_verified);
	print_result(at, PCIRESET_RESULT_UNVERIFIED, stats->out_unverified);
	print_result(at, PCIRESET_RESULT_FAILED, nr_failed(stats));
	return true;
}

static bool print_timeouts(const struct place *at, const struct pcireset_stats *stats)
{
	print_number(at, stats->out_timed_out);
	return true;
}

static bool print_functions(const struct place *at, const struct pcireset_stats *stats)
{
	print_number(at, stats->out_functions);
	return true;
}

static bool print_late(const struct place *at, const struct pcireset_stats *stats)
{
	print_number(at, stats->out_late);
	return true;
}

static bool print_late_restored(const struct place *at, const struct pcireset_stats *stats)
{
	print_number(at, stats->out_late_restored);
	return true;
}

static bool print_late_lost(const struct place *at, const struct pcireset_stats *stats)
{
	print_number(at, stats->out_late_lost);
	return true;
}

static void print_seconds(const struct place *at, uint64_t ns)
{
	fprintf(at->out, "%s{type=\"%s\"} %" PRIu64 ".%09" PRIu64 "\n", at->name, at->type,
		ns / NS_PER_S, ns % NS_PER_S);
}

static bool print_wait(const struct place *at, const struct pcireset_stats *stats)
{
	print_seconds(at, stats->out_wait_ns);
	return true;
}

static bool print_last_time(const struct place *at, const struct pcireset_stats *stats)
{
	if (stats->out_last_ns)
		print_seconds(at, stats->out_last_ns);
	return stats->out_last_ns;
}

static bool print_last_result(const struct place *at, const struct pcireset_stats *stats)
{
	/* The counters include issued resets only. */
	enum pcireset_result last =
		pcireset_result_of(-(int)stats->out_last_errno, stats->type, stats->out_last_proof);

	if (!stats->out_last_ns)
		return false;
	for (int result = PCIRESET_RESULT_VERIFIED; result <= PCIRESET_RESULT_FAILED; result++)
		print_result(at, (enum pcireset_result)result,
			     last == (enum pcireset_result)result);
	return true;
}

static const struct family families[] = {
	{ "pcireset_resets_total", "counter", "Issued resets by result.", print_resets },
	{ "pcireset_timeouts_total", "counter",
	  "Failed resets in which a function did not come back in time.", print_timeouts },
	{ "pcireset_functions_total", "counter", "Functions that were affected by resets.",
	  print_functions },
	{ "pcireset_late", "gauge", "Late functions that will be restored when they answer.",
	  print_late },
	{ "pcireset_late_restored_total", "counter",
	  "Late functions that came back and were restored.", print_late_restored },
	{ "pcireset_late_lost_total", "counter",
	  "Late functions that did not come back, or came back different.", print_late_lost },
	{ "pcireset_wait_seconds_total", "counter", "Total time until functions came back.",
	  print_wait },
	{ "pcireset_last_reset_timestamp_seconds", "gauge", "End time of the last reset.",
	  print_last_time },
	{ "pcireset_last_reset_result", "gauge", "1 for the result of the last reset.",
	  print_last_result },
};

/* The metrics without a type. */
static const struct family loaded = {
	"pcireset_module_loaded",
	"gauge",
	"1 if the module is loaded, 0 otherwise.",
	NULL,
};
static const struct family leftovers = {
	"pcireset_leftovers",
	"gauge",
	"Functions with settings that a killed reset left changed.",
	NULL,
};
static const struct family readable = {
	"pcireset_readable",
	"gauge",
	"0 if these metrics are missing or not complete because they cannot be read.",
	NULL,
};
static const struct family refused = {
	"pcireset_refused_total",
	"counter",
	"Resets that were refused before anything was issued.",
	NULL,
};

static void print_head(FILE *out, const struct family *family)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
		family->kind);
}

static void print_single(FILE *out, const struct family *family, uint64_t value)
{
	print_head(out, family);
	fprintf(out, "%s %" PRIu64 "\n", family->name, value);
}

/* Omit a metric without samples, including its header. */
static void print_family(FILE *out, const struct pcireset_ctx *ctx, const struct family *family)
{
	size_t size = 0;
	char *samples = NULL;
	struct place at = { must(open_memstream(&samples, &size)), family->name, NULL };
	bool any = false;
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++) {
		at.type = pcireset_type_to_str(type, 0);
		any |= family->print(&at, pcireset_ctx_get_stats(ctx, type));
	}
	if (ferror(at.out) | fclose(at.out))
		must(NULL);
	if (any) {
		print_head(out, family);
		fputs(samples, out);
	}
	free(samples);
}

/* ---- pcireset recover */

static const struct family recover_running = {
	"pcireset_recover_running",
	"gauge",
	"1 if the recovery service runs, 0 otherwise.",
	NULL,
};
static const struct family recover_events = {
	"pcireset_recover_events_total",
	"counter",
	"Failures that the recovery service received.",
	NULL,
};
static const struct family recover_results = {
	"pcireset_recover_recoveries_total",
	"counter",
	"Recoveries by result.",
	NULL,
};
static const struct family recover_refused = {
	"pcireset_recover_refused_total",
	"counter",
	"Recoveries that a policy names but that were refused, such as by the rate limit.",
	NULL,
};
static const struct family recover_lost = {
	"pcireset_recover_lost_total",
	"counter",
	"How often the kernel has dropped events of the recovery service.",
	NULL,
};

static void print_records(FILE *out, const struct records *records)
{
	print_single(out, &recover_running, records_is_running(records));
	print_head(out, &recover_events);
	for (int kind = 0; kind < NR_EVENTS; kind++)
		fprintf(out, "%s{event=\"%s\"} %" PRIu64 "\n", recover_events.name,
			event_kind_name((enum event_kind)kind), records->events[kind]);
	print_head(out, &recover_results);
	for (int result = 0; result < NR_RESULTS; result++)
		fprintf(out, "%s{result=\"%s\"} %" PRIu64 "\n", recover_results.name,
			result_name((enum result)result), records->results[result]);
	print_single(out, &recover_refused, records->nr_refused);
	print_single(out, &recover_lost, records->nr_lost);
}

/* Omit them if recover has not run since the machine booted. */
static int print_recover(FILE *out)
{
	struct records records = { 0 };
	int r = records_load(&records);

	if (!r)
		print_records(out, &records);
	else if (r != -ENOENT)
		error("%s: %s", RECOVER_STATE, strerror(-r));
	records_clear(&records);
	return r == -ENOENT ? 0 : r;
}

static void ignore_leftover(const char *name, enum pcireset_leftover state, const char *words,
			    void *data)
{
	(void)name;
	(void)state;
	(void)words;
	(void)data;
}

static int print_leftovers(FILE *out, struct pcireset_ctx *ctx)
{
	int left = pcireset_leftovers_look(ctx, ignore_leftover, NULL);

	if (left < 0) {
		error("settings of killed resets: %s", strerror(-left));
		return left;
	}
	print_single(out, &leftovers, (uint64_t)left);
	return 0;
}

static void print_readable(FILE *out, const char *source, int error)
{
	fprintf(out, "%s{source=\"%s\"} %d\n", readable.name, source, !error);
}

/* Omit unknown values, and say that they are unknown: a missing metric raises no alert. */
static void print_sources(FILE *out, struct pcireset_ctx *ctx)
{
	int of_leftovers = print_leftovers(out, ctx);
	int of_recover = print_recover(out);
	int of_qualify = qualify_print_metrics(out);

	print_head(out, &readable);
	print_readable(out, "leftovers", of_leftovers);
	print_readable(out, "recover", of_recover);
	print_readable(out, "qualify", of_qualify);
}

/* Report a missing module, because it deserves an alert. */
static int print_all(FILE *out, struct pcireset_ctx *ctx)
{
	int r = pcireset_ctx_read_stats(ctx);

	if (r < 0 && r != -ENOENT) {
		error("%s", pcireset_ctx_get_errmsg(ctx));
		return status_of_error(r);
	}
	print_single(out, &loaded, !r);
	print_sources(out, ctx);
	if (r)
		return STATUS_DONE;
	/* This counter is the same for each type. */
	print_single(out, &refused, pcireset_ctx_get_stats(ctx, PCI_RESET_FLR)->out_refused);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		print_family(out, ctx, &families[i]);
	return STATUS_DONE;
}

static int cannot_write(const char *name, int r)
{
	error("%s: %s", name, strerror(-r));
	return STATUS_ERROR;
}

/* The reader is another user, and never sees a partial file. */
static int replace_file(const char *name, const char *words, size_t size)
{
	struct output output;
	int r = output_open(&output, name, OUTPUT_REPLACES, 0644);

	if (r == -ENODEV) {
		error("%s: not a regular file", name);
		return STATUS_ERROR;
	}
	if (r)
		return cannot_write(name, r);
	if (write(output.fd, words, size) != (ssize_t)size || fchmod(output.fd, 0644)) {
		r = errno ? -errno : -EIO;
		output_discard(&output);
	} else {
		r = output_commit(&output);
	}
	return r ? cannot_write(name, r) : STATUS_DONE;
}

static int write_file(const char *name, struct pcireset_ctx *ctx)
{
	size_t size = 0;
	char *words = NULL;
	FILE *out = must(open_memstream(&words, &size));
	int status = print_all(out, ctx);

	if (ferror(out) || fclose(out))
		must(NULL);
	if (!status)
		status = replace_file(name, words, size);
	free(words);
	return status;
}

int command_metrics(const struct request *req)
{
	struct pcireset_ctx *ctx;
	int r = pcireset_ctx_new(NULL, &ctx), status;

	if (r < 0) {
		error("%s", strerror(-r));
		return STATUS_ERROR;
	}
	if (!req->nr_names || !strcmp(req->names[0], "-")) {
		status = print_all(stdout, ctx);
	} else {
		status = write_file(req->names[0], ctx);
	}
	pcireset_ctx_unref(ctx);
	return status;
}
