/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset watch". */
#ifndef PCIRESET_CLI_WATCH_H
#define PCIRESET_CLI_WATCH_H

#include "machine.h"

#define WATCH_COMM_MAX 17

/* The numbers in the module's tracepoints, see kmod/run/trace.h; 0 if an event has none. */
enum trace_field {
	FIELD_ID,
	FIELD_TYPES,
	FIELD_MEMBERS,
	FIELD_FAILED,
	FIELD_PROOF,
	FIELD_OFFSET,
	FIELD_STATE,
	FIELD_FLAGS,
	FIELD_READY_NS,
	FIELD_ISSUED,
	FIELD_RESULT,
	FIELD_LAST_TYPE,
	FIELD_TYPE_FLAGS,
	FIELD_WHY,
	FIELD_WHO_DOMAIN,
	FIELD_WHO_BUS,
	FIELD_WHO_DEVFN,
	FIELD_WAIT_NS,
	FIELD_TOTAL_NS,
	FIELD_CALLER_PID,
	NR_FIELDS,
};

enum trace_kind {
	TRACE_BEGIN,
	TRACE_MEMBER,
	TRACE_TRIGGER,
	TRACE_CHECK,
	TRACE_END,
	TRACE_LATE,
	TRACE_KERNEL, /* a tracepoint of the kernel itself */
};

/* One event of a tracepoint. */
struct trace_event {
	enum trace_kind kind;
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t number;  /* in the order of reading */
	unsigned long long field[NR_FIELDS];
	char device[PCIRESET_ADDR_STR_MAX];
	char comm[WATCH_COMM_MAX];
	const char *name; /* of a kernel tracepoint, and its text */
	char *text;
};

/* One event of a device, from the kernel's uevents. */
struct device_event {
	const char *device;
	const char *action;
	const char *driver;   /* or NULL */
	const char *recovery; /* state of the error recovery, or NULL */
	bool is_online;	      /* from the error recovery */
	const char *type;     /* the module's own key, or NULL */
	const char *result;
	const char *late;
};

/* A reset that has begun and is not finished. */
struct reset {
	struct reset *next;
	uint64_t id;
	char device[PCIRESET_ADDR_STR_MAX];
	struct trace_event begin;
	bool is_printed;
	struct pcireset_member *members;
	size_t nr_members;
};

struct trace;

struct watch {
	const struct request *req;
	char **names; /* only these functions are of interest, or all if there are none */
	size_t nr_names;
	struct trace *trace; /* or NULL */
	struct uevents *uevents;
	struct reset *resets;
	uint32_t nr_printed;
	bool is_over;
};

/* state.c */
bool watch_wants(const struct watch *watch, const char *device);
void watch_printed(struct watch *watch);

/* tracing.c: libtracefs. Return: an exit status, after a message. */
int trace_load(void);

/* trace.c */
int trace_open(struct trace **ret_trace);
void trace_enable(struct trace *trace);
bool trace_sees_module(const struct trace *trace);
void trace_note_sources(const struct trace *trace);
int trace_fd(const struct trace *trace);
bool trace_read(struct trace *trace, struct watch *watch);
int trace_patience_ms(const struct trace *trace);
void trace_finish(struct trace *trace, struct watch *watch);
void trace_close(struct trace *trace);

/* instance.c */
struct tracefs_instance;
struct tracefs_instance *instance_open(int *ret_lock);
void instance_close(struct tracefs_instance *instance, int lock);

/* uevent.c */
void watch_read_uevents(struct watch *watch);

/* reset.c */
void resets_take(struct watch *watch, const struct trace_event *event);
void resets_forget(struct watch *watch);

/* print.c */
void print_begin(struct watch *watch, const struct reset *reset);
void print_end(struct watch *watch, const struct reset *reset, const struct trace_event *end);
void print_late(struct watch *watch, const struct trace_event *event);
void print_kernel(struct watch *watch, const struct trace_event *event);
void print_device(struct watch *watch, const struct device_event *event);
void print_lost(struct watch *watch, const char *source, uint64_t nr);

#endif /* PCIRESET_CLI_WATCH_H */
