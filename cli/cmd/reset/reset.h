/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset reset". */
#ifndef PCIRESET_CLI_RESET_H
#define PCIRESET_CLI_RESET_H

#include "cmd/cmd.h"

/* The plan that the user agreed to. */
struct agreed {
	uint32_t type;
	size_t nr;
	struct pcireset_addr *addrs;
};

/* One device: its plan and its result. */
struct job {
	struct pcireset_dev *dev;
	struct pcireset_plan *plan;
	struct agreed agreed;
	bool is_planned_again;
	struct pcireset_report *report;
	struct pcireset_link *link; /* above the device, if its speed was asked for */
	bool knows_link;            /* it was read after the reset */
	int error;                  /* if there is no report */
	char *message;
};

struct jobs {
	struct machine machine;
	const struct request *req;
	struct job *v;
	size_t nr;
};

/* job.c */
bool job_is_open(const struct job *job);
void jobs_plan(struct jobs *jobs);
void jobs_plan_again(struct jobs *jobs);
void job_fail(struct job *job, int r, const char *message);
void job_fail_by_library(const struct jobs *jobs, struct job *job, int r);

/* run.c */
void jobs_run(struct jobs *jobs);

/* progress.c */
struct progress;
struct progress *progress_start(const struct request *req, const struct pcireset_batch *batch);
void progress_show(void *progress);
void progress_stop(struct progress *progress);

/* outcome.c */
int jobs_finish(const struct jobs *jobs);

#endif /* PCIRESET_CLI_RESET_H */
