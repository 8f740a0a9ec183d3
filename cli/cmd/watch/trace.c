/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: those of the module, and those of the kernel for PCI. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tracing.h"
#include "watch.h"

#define BUFFER_KB "1024" /* per CPU, for several thousand events */

/*
 * Each CPU has its own buffer, and they are read one after the other. An event that is
 * younger than this at the beginning of a read may have an older event in another
 * buffer, which is read later or was read before.
 */
#define SETTLED_NS 2000000

/* Interval for reading each CPU's counter of lost events. */
#define LOST_NS 500000000
#define LOST_MS 500

struct trace {
	struct tracefs_instance *instance;
	int lock;
	int fd; /* trace_pipe, to wait for */
	struct tep_handle *tep;
	bool sees_module;
	char *kernel_events; /* available events of the kernel, or "" */
	struct trace_event *queue;
	size_t nr;
	uint64_t number;   /* of the last event */
	uint64_t asked_ns; /* when the counters of lost events were read */
	bool is_asked;     /* since the last event */
	uint64_t nr_lost;  /* since the beginning */
};

/* Names of fields, in the order of enum trace_field. */
static const char *const fields[NR_FIELDS] = {
	"id",         "types",    "members",   "failed",  "proof",     "offset",     "state",
	"flags",      "ready_ns", "issued",    "result",  "last_type", "type_flags", "why",
	"who_domain", "who_bus",  "who_devfn", "wait_ns", "total_ns",  "caller_pid",
};

/* The tracepoints in use, and the field with the name of the function. */
static const struct source {
	const char *system;
	const char *event;
	enum trace_kind kind;
	const char *device;
} sources[] = {
	{ "pcireset", "pcireset_begin", TRACE_BEGIN, "device" },
	{ "pcireset", "pcireset_member", TRACE_MEMBER, "device" },
	{ "pcireset", "pcireset_trigger", TRACE_TRIGGER, "device" },
	{ "pcireset", "pcireset_check", TRACE_CHECK, "device" },
	{ "pcireset", "pcireset_end", TRACE_END, "device" },
	{ "pcireset", "pcireset_late", TRACE_LATE, "device" },
	{ "pci", "pci_hp_event", TRACE_KERNEL, "port_name" },
	{ "pci", "pcie_link_event", TRACE_KERNEL, "port_name" },
	{ "ras", "aer_event", TRACE_KERNEL, "dev_name" },
};

/* ---- fields of an event */

static const struct source *source_of(const struct tep_event *event)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i].event, event->name) &&
		    !strcmp(sources[i].system, event->system))
			return &sources[i];
	return NULL;
}

static void copy_string(struct tep_event *event, struct tep_record *record, const char *field,
			char *to, size_t size)
{
	int len = 0;
	const char *from = tracing.tep_get_field_raw(NULL, event, field, record, &len, 0);

	if (from && len > 0)
		snprintf(to, size, "%.*s", len, from);
}

static char *text_of(struct trace *trace, struct tep_record *record)
{
	struct trace_seq seq;
	char *words;

	tracing.trace_seq_init(&seq);
	tracing.tep_print_event(trace->tep, &seq, record, "%s", TEP_PRINT_INFO);
	tracing.trace_seq_terminate(&seq);
	seq.buffer[strcspn(seq.buffer, "\n")] = '\0';
	words = text("%s", seq.buffer);
	tracing.trace_seq_destroy(&seq);
	return words;
}

static int take_record(struct tep_event *event, struct tep_record *record, int cpu, void *data)
{
	const struct source *source = source_of(event);
	struct trace *trace = data;
	struct trace_event *e;

	(void)cpu;
	if (!source)
		return 0;
	trace->queue = must(reallocarray(trace->queue, trace->nr + 1, sizeof(*trace->queue)));
	e = &trace->queue[trace->nr++];
	*e = (struct trace_event){
		.kind = source->kind,
		.time_ns = record->ts,
		.number = ++trace->number,
		.name = source->event,
	};
	copy_string(event, record, source->device, e->device, sizeof(e->device));
	if (source->kind == TRACE_KERNEL) {
		e->text = text_of(trace, record);
		return 0;
	}
	copy_string(event, record, "caller_comm", e->comm, sizeof(e->comm));
	for (size_t i = 0; i < NR_FIELDS; i++)
		tracing.tep_get_field_val(NULL, event, fields[i], record, &e->field[i], 0);
	return 0;
}

/* ---- the order of events */

static int by_time(const void *a, const void *b)
{
	const struct trace_event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static void deliver_events(struct trace *trace, struct watch *watch, uint64_t until_ns)
{
	size_t i;

	qsort(trace->queue, trace->nr, sizeof(*trace->queue), by_time);
	for (i = 0; i < trace->nr && trace->queue[i].time_ns <= until_ns; i++) {
		struct trace_event *e = &trace->queue[i];

		if (e->kind == TRACE_KERNEL)
			print_kernel(watch, e);
		else if (e->kind == TRACE_LATE)
			print_late(watch, e);
		else
			resets_take(watch, e);
		free(e->text);
	}
	trace->nr -= i;
	memmove(trace->queue, trace->queue + i, trace->nr * sizeof(*trace->queue));
}

/* ---- lost events */

static uint64_t number_after(const char *words, const char *label)
{
	const char *at = strstr(words, label);

	return at ? strtoull(at + strlen(label), NULL, 10) : 0;
}

/* "commit overrun" is a different counter, and comes after "overrun". */
static uint64_t lost_of(struct trace *trace, long cpu)
{
	char name[64], *stats;
	uint64_t nr;

	snprintf(name, sizeof(name), "per_cpu/cpu%ld/stats", cpu);
	stats = tracing.tracefs_instance_file_read(trace->instance, name, NULL);
	if (!stats)
		return 0;
	nr = number_after(stats, "\noverrun: ") + number_after(stats, "\ndropped events: ");
	free(stats);
	return nr;
}

static void look_for_lost(struct trace *trace, struct watch *watch)
{
	long nr_cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t nr = 0;

	trace->asked_ns = (uint64_t)clock_ns();
	trace->is_asked = true;
	for (long cpu = 0; cpu < nr_cpus; cpu++)
		nr += lost_of(trace, cpu);
	if (nr > trace->nr_lost) {
		print_lost(watch, "trace", nr - trace->nr_lost);
		/* Their end events may be lost. */
		resets_forget(watch);
	}
	trace->nr_lost = nr;
}

/* ---- event formats */

static struct tep_handle *read_header(void)
{
	struct tep_handle *tep = must(tracing.tep_alloc());
	int size = 0;
	char *page = tracing.tracefs_instance_file_read(NULL, "events/header_page", &size);

	tracing.tep_set_file_bigendian(tep,
				       tep_is_bigendian() ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tracing.tep_set_long_size(tep, sizeof(long));
	if (!page || tracing.tep_parse_header_page(tep, page, (unsigned long)size, sizeof(long))) {
		tracing.tep_free(tep);
		tep = NULL;
	}
	free(page);
	return tep;
}

static void read_format(struct tep_handle *tep, const struct source *source)
{
	int size = 0;
	char *format = tracing.tracefs_event_file_read(NULL, source->system, source->event,
						       "format", &size);

	if (format)
		tracing.tep_parse_event(tep, format, (unsigned long)size, source->system);
	free(format);
}

/* Not tracefs_local_events_system(), which also reads all symbols of the kernel. */
static struct tep_handle *read_formats(void)
{
	struct tep_handle *tep = read_header();

	for (size_t i = 0; tep && i < ARRAY_SIZE(sources); i++)
		read_format(tep, &sources[i]);
	return tep;
}

/* ---- the instance */

/* Return true if there was an event. */
bool trace_read(struct trace *trace, struct watch *watch)
{
	uint64_t begin = (uint64_t)clock_ns(), number = trace->number;

	tracing.tracefs_iterate_raw_events(trace->tep, trace->instance, NULL, 0, take_record,
					   trace);
	if (trace->number != number)
		trace->is_asked = false;
	if (!trace->is_asked && begin - trace->asked_ns >= LOST_NS)
		look_for_lost(trace, watch);
	deliver_events(trace, watch, begin - SETTLED_NS);
	return trace->number != number;
}

/* The time until the next read without new data, in milliseconds; -1 for never. */
int trace_patience_ms(const struct trace *trace)
{
	if (trace->nr)
		return SETTLED_NS / 1000000;
	return trace->is_asked ? -1 : LOST_MS;
}

/* Read the remaining events without waiting. */
void trace_finish(struct trace *trace, struct watch *watch)
{
	tracing.tracefs_iterate_raw_events(trace->tep, trace->instance, NULL, 0, take_record,
					   trace);
	look_for_lost(trace, watch);
	deliver_events(trace, watch, UINT64_MAX);
}

/* Also called when the module is loaded later, because its events get new IDs each time. */
void trace_enable(struct trace *trace)
{
	char *all = text("%s", "");
	struct tep_handle *tep = read_formats();

	if (tep) {
		tracing.tep_free(trace->tep);
		trace->tep = tep;
	}
	trace->sees_module = false;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const struct source *source = &sources[i];

		/* Not tracefs_event_enable(), which visits all events of the kernel. */
		if (tracing.tracefs_event_file_write(trace->instance, source->system, source->event,
						     "enable", "1") < 0)
			continue;
		if (source->kind == TRACE_KERNEL)
			all = join(all, text("%s:%s", source->system, source->event));
		else
			trace->sees_module = true;
	}
	free(trace->kernel_events);
	trace->kernel_events = all;
}

bool trace_sees_module(const struct trace *trace)
{
	return trace && trace->sees_module;
}

/* Report the missing sources, so that silence is not mistaken for the absence of resets. */
void trace_note_sources(const struct trace *trace)
{
	const char *more = trace ? trace->kernel_events : "";

	if (trace_sees_module(trace))
		return;
	error("note: %s: watching only for functions that appear and disappear%s%s%s",
	      trace ? "module pcireset is not loaded" : "no tracepoints are available",
	      trace ? "" : ", and for the module's uevents", *more ? ", and for the kernel's " : "",
	      more);
}

int trace_fd(const struct trace *trace)
{
	return trace->fd;
}

static int set_up(struct trace *trace)
{
	trace->instance = instance_open(&trace->lock);
	if (!trace->instance)
		return errno ? -errno : -ENOENT;
	if (tracing.tracefs_instance_file_write(trace->instance, "trace_clock", "mono") < 0 ||
	    tracing.tracefs_instance_file_write(trace->instance, "buffer_size_kb", BUFFER_KB) < 0)
		return -EIO;
	trace->fd = tracing.tracefs_instance_file_open(trace->instance, "trace_pipe",
						       O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (trace->fd < 0)
		return -errno;
	trace_enable(trace);
	return trace->tep ? 0 : -EIO;
}

int trace_open(struct trace **ret_trace)
{
	struct trace *trace = must(calloc(1, sizeof(*trace)));
	int r;

	/* Problems with other tracepoints do not matter here. */
	tracing.tracefs_set_loglevel(TEP_LOG_NONE);
	trace->lock = -1;
	trace->fd = -1;
	r = set_up(trace);
	if (r < 0) {
		trace_close(trace);
		return r;
	}
	trace->asked_ns = (uint64_t)clock_ns();
	trace->is_asked = true;
	*ret_trace = trace;
	return 0;
}

void trace_close(struct trace *trace)
{
	if (!trace)
		return;
	if (trace->fd >= 0)
		close(trace->fd);
	if (trace->instance)
		instance_close(trace->instance, trace->lock);
	tracing.tep_free(trace->tep);
	for (size_t i = 0; i < trace->nr; i++)
		free(trace->queue[i].text);
	free(trace->queue);
	free(trace->kernel_events);
	free(trace);
}
