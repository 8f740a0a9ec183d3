/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans, batches and reports. */
#ifndef LIBPCIRESET_PLAN_H
#define LIBPCIRESET_PLAN_H

#include "core/core.h"
#include "table/request.h"

#define PLAN_FIELD(name, kind, limit) uint32_t name

struct pcireset_plan {
	unsigned int refs;
	struct pcireset_dev *dev;
	PCIRESET_REQUEST_FIELDS(PLAN_FIELD); /* types, max_scope, checks... */
	uint32_t link_speed;                 /* code that registers have for it, or 0 */
	uint32_t delay_ms; /* that a rule asks for after the reset, once it is resolved */
	uint32_t allowed;  /* after resolve: the types that no rule denies */
	bool is_resolved;
	int fd; /* the module's descriptor from resolve time */
	int error;
	uint32_t type, type_flags, scope, why, in_way;
	struct pcireset_addr who;
	uint64_t generation;
	const struct backend *backend; /* that resolved it */
	struct members members;
	char *message;
	char **unknown;       /* unknown facts that could refuse it, NULL-terminated; or NULL */
	uint64_t expected_ns; /* 0 before it was computed */
	struct pcireset_plan *shared; /* the shared reset that runs instead, or NULL */
	struct view view;             /* of the members of the shared reset */
	char *choice;                 /* reason for the choice as text */
	size_t run;                   /* number in the batch that runs it now, if shared */
};

struct pcireset_report {
	unsigned int refs;
	struct pcireset_report *shared; /* the report with the members, or NULL */
	struct view view;
	enum pcireset_result result;
	int error;
	uint32_t type, type_flags, issued, scope, why, failed, proof;
	struct pcireset_addr who;
	uint64_t wait_ns, total_ns;
	struct members members;
	char *message;
};

struct batch_item {
	struct pcireset_plan *plan;
	struct pcireset_report *report;
	size_t run;
};

/* One reset of a batch, for one or several of its items. */
struct batch_run {
	struct pcireset_plan *plan;
	struct pcireset_report *report;
};

struct pcireset_batch {
	unsigned int refs;
	struct pcireset_ctx *ctx;
	struct batch_item *v;
	size_t nr, room;
	void *links;            /* by tsearch(): resets of links that plans can share */
	struct batch_run *runs; /* set when it runs */
	size_t nr_runs;
	bool has_run;
	struct pcireset_reset_entry *entries; /* one for each run, from its beginning, or NULL */
};

/* plan.c */
void plan_explain(struct pcireset_plan *plan);
void plan_unresolve(struct pcireset_plan *plan);
int plan_check_runnable(const struct pcireset_plan *plan);
const struct pcireset_plan *plan_effective(const struct pcireset_plan *plan);
bool plan_is_same_request(const struct pcireset_plan *a, const struct pcireset_plan *b);
bool plan_is_same_link(const struct pcireset_plan *a, const struct pcireset_plan *b);
int plan_new_like(const struct pcireset_plan *like, uint32_t types,
		  struct pcireset_plan **ret_plan);
int plan_share(struct pcireset_plan *plan);
int plan_join(struct pcireset_plan *plan, struct pcireset_plan *shared, const char *choice);
void plan_done(struct pcireset_plan *plan);
uint32_t plan_settle_ms(const struct pcireset_plan *plan);
int plan_run(struct pcireset_plan *plan, struct pcireset_report *report);

/* estimate.c */
uint64_t expect_ns(const struct pcireset_plan *plan);

/* report.c */
struct pcireset_report *report_new(void);
void report_share(struct pcireset_report *report, struct pcireset_report *of,
		  const struct pcireset_plan *plan);
void report_explain(struct pcireset_report *report, const struct pcireset_plan *plan);
int report_judge(struct pcireset_report *report, uint32_t checks);

#endif /* LIBPCIRESET_PLAN_H */
