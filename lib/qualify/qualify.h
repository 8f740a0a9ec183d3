/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A qualification: its devices, plans, resets and findings. */
#ifndef PCIRESET_QUALIFY_H
#define PCIRESET_QUALIFY_H

#include <stdio.h>
#include "dev/dev.h"
#include "plan/plan.h"
#include "series.h"

/* The limits of a run, which also reject a damaged journal. */
#define MAX_QUALIFY_DEVICES 4096
#define MAX_QUALIFY_COUNT   100000000

/* One device, as it was when the run began. */
struct qualify_device {
	struct pcireset_addr addr;
	char name[PCIRESET_ADDR_STR_MAX];
	uint32_t vendor, device, class, subsystem[2], revision;
	char *driver;             /* "" for none */
	uint32_t speed, width;    /* of its link, 0 if unknown */
	struct pcireset_dev *dev; /* NULL if the run was only read */
};

/* One type of one device, as agreed. The run uses no other. */
struct qualify_plan {
	uint32_t device, type;
	uint32_t checks, force, max_scope, timeout_ms, settle_ms, flags;
	struct pcireset_addr *members;
	size_t nr;
	struct pcireset_plan *plan; /* NULL if the run was only read */
};

/* A fact of the machine, for the certificate. */
struct qualify_fact {
	char *key, *value;
};

/* Of the last round. */
enum exercise {
	EXERCISE_NONE,
	EXERCISE_BEGUN,
	EXERCISE_ENDED,
};

struct observer;

struct pcireset_qualify {
	unsigned int refs;
	struct pcireset_ctx *ctx;
	struct qualify_device *devices;
	size_t nr_devices;
	struct qualify_plan *plans;
	size_t nr_plans;
	uint32_t types[NR_TYPES]; /* in order of choice */
	size_t nr_types;
	uint32_t count; /* resets of each type */
	uint64_t seed;
	uint64_t size, sure_of; /* of the journal that was read; without a line that is cut off */
	struct qualify_fact *facts;
	size_t nr_facts;
	struct pcireset_addr *watched; /* functions that no plan affects */
	size_t nr_watched;
	struct pcireset_sample *samples;
	size_t nr_samples, room;
	uint32_t round;        /* the next one */
	uint32_t previous;     /* type of the last reset that was begun, 0 for none */
	uint32_t begun;        /* type of the reset that is running, 0 for none */
	bool was_cut_off;      /* when it was read, a reset had no end */
	unsigned int nr_waits; /* for a function that is late */
	unsigned int nr_stale; /* rounds in a row that the machine's changes made void */
	enum exercise exercise;
	bool is_open;    /* it may run */
	char boot[64];   /* of the machine, when the run was started last */
	char *stop;      /* why it ended early, or NULL */
	int journal;     /* file descriptor, or -1 */
	char *temporary; /* its name while it has no beginning, or NULL */
	bool is_damaged; /* the journal has lines that cannot be removed */
	char *line;      /* the lines that are not written yet */
	size_t line_size;
	FILE *lines;
	struct observer *observer;
	struct findings findings;
	bool knows_findings;
};

#define ALL_DEVICES UINT32_MAX

/* object.c */
int qualify_new(struct pcireset_ctx *ctx, struct pcireset_qualify **ret_qualify);
void facts_free(struct pcireset_qualify *qualify);
int qualify_fact(struct pcireset_qualify *qualify, const char *key, const char *value);
struct qualify_plan *qualify_plan_of(const struct pcireset_qualify *qualify, uint32_t device,
				     uint32_t type);
int qualify_add_sample(struct pcireset_qualify *qualify, const struct pcireset_sample *sample);
void qualify_mark(struct pcireset_qualify *qualify, uint32_t device, uint32_t marks);
int qualify_interrupted(struct pcireset_qualify *qualify, uint32_t marks);
int qualify_started(struct pcireset_qualify *qualify, const char *boot);
void qualify_ended(struct pcireset_qualify *qualify);
int qualify_stopped(struct pcireset_qualify *qualify, const char *why);

/* order.c */
uint32_t order_type(const struct pcireset_qualify *qualify, uint32_t round);

/* facts.c */
int facts_learn(struct pcireset_qualify *qualify);
int facts_check(struct pcireset_qualify *qualify);
int boot_id(struct pcireset_ctx *ctx, char *buf, size_t size);

/* journal.c: lines are collected, and written and synced together. */
int journal_create(struct pcireset_qualify *qualify, const char *path);
int journal_publish(struct pcireset_qualify *qualify, const char *path);
void journal_end(struct pcireset_qualify *qualify);
int journal_continue(struct pcireset_qualify *qualify, const char *path);
int journal_line(struct pcireset_qualify *qualify, const char *fmt, ...) PRINTF(2, 3);
int journal_sync(struct pcireset_qualify *qualify);
char *journal_word(const char *text);
char *journal_text(const char *word);
uint32_t journal_sum(const char *line, size_t len);

/* lines.c: read and write the lines of a journal. */
int lines_write_head(struct pcireset_qualify *qualify);
int lines_write_start(struct pcireset_qualify *qualify);
int lines_write_begin(struct pcireset_qualify *qualify, uint32_t type);
int lines_write_sample(struct pcireset_qualify *qualify, const struct pcireset_sample *sample);
int lines_read(struct pcireset_qualify *qualify, char **words, size_t nr);

/* observe.c */
int observer_new(struct pcireset_qualify *qualify);
void observer_free(struct observer *observer);
int observe_before(struct pcireset_qualify *qualify, uint32_t type);
int observe_after(struct pcireset_qualify *qualify);
int observe_exercise(const struct pcireset_qualify *qualify, uint32_t device, uint32_t *ret_marks);
void observe_again(struct pcireset_qualify *qualify);
void observe_sample(const struct pcireset_qualify *qualify, struct pcireset_sample *sample);
void observe_link(const struct pcireset_dev *dev, uint32_t *ret_speed, uint32_t *ret_width);

#endif /* PCIRESET_QUALIFY_H */
