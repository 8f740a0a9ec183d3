/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset recover". */
#ifndef PCIRESET_CLI_RECOVER_H
#define PCIRESET_CLI_RECOVER_H

#include <json-c/json.h>
#include "engine.h"
#include "machine.h"

#define RECOVER_STATE "/run/pcireset/recover.json"

/* Where events come from: the kernel, or a file. */
struct source;

enum source_result {
	SOURCE_EVENT,
	SOURCE_TIMEOUT,
	SOURCE_END,  /* of the file, or a signal */
	SOURCE_LOST, /* the kernel has dropped events */
	SOURCE_ERROR,
};

/* The known facts about a function, for the status and the rate limit. */
struct known {
	struct history history;
	char *state; /* "recovering", "recovered", "gave-up" or "refused" */
	char *event, *policy, *step, *why, *time; /* of the last one; each may be NULL */
	char *driver; /* that a recovery has unbound and not bound again, or NULL */
	uint64_t nr_recovered, nr_gave_up;
};

/* Everything that /run keeps. */
struct records {
	struct known *v;
	size_t nr;
	uint64_t events[NR_EVENTS]; /* failures */
	uint64_t results[NR_RESULTS];
	uint64_t nr_refused, nr_ignored, nr_lost;
	uint64_t pid, started; /* of the service: /proc/PID/stat, field 22 */
	char *since;
};

struct recover {
	const struct request *req;
	struct source *source;
	struct records records;
	char **answered; /* functions that a recovery has reset since the event */
	size_t nr_answered;
	char *driver;              /* that a recovery has unbound */
	const struct event *event; /* that is being handled */
	const struct decision *decision;
	int worst; /* exit status of all that were not recovered */
	uint32_t nr_recovered;
	uint32_t nr_handled;
	bool is_stuck; /* a child did not end */
};

/* source.c */
int source_open(const struct request *req, struct source **ret_source);
enum source_result source_next(struct source *source, int timeout_ms, struct event *ret_event);
bool source_wait(struct source *source, const char *device, uint32_t *ms, struct event *ret_event);
void source_drop(struct source *source, char *const *devices, size_t nr);
void source_close(struct source *source);

/* process.c */

/* A program to run, without a shell. */
struct child {
	char *const *argv;
	char *const *environment; /* added: "NAME=VALUE", ends with NULL; or NULL */
	int (*run)(void *data);   /* instead of a program; returns the exit status */
	void *data;
	uint32_t timeout_ms;
	bool reads_output;
	char *output; /* standard output, to be freed */
};

/* Return: the exit status, 128 + signal, -ETIMEDOUT, or -EDEADLK if it cannot be killed. */
int child_run(struct child *child);

/* steps.c */
extern const struct recovery_ops recover_ops;

/* history.c */
int64_t boot_s(void);
int records_load(struct records *records);
int records_save(const struct records *records);

/* NULL if nothing was done about the function yet. */
const struct history *records_history(const struct records *records, const char *device);

/* The record of a function, which is created if it is missing. */
struct known *records_find(struct records *records, const char *device);
void records_set(char **field, const char *value);
void records_clear(struct records *records);
void records_add_counts(struct json_object *o, const struct records *records);
struct json_object *known_json(const struct known *known, const char *event_key);
bool records_is_running(const struct records *records);
char *time_text(void);
uint64_t process_started(uint64_t pid);

/* print.c */
void print_decision(struct recover *recover, const struct situation *situation);
void print_step(struct recovery *recovery, const char *action, const char *result);
void print_problem(const struct recover *recover, const char *why);

/* status.c */
int recover_status(const struct request *req);

#endif /* PCIRESET_CLI_RECOVER_H */
