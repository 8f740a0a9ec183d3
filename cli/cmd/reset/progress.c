/* SPDX-License-Identifier: GPL-2.0-only */
/* The progress of a batch, on a terminal. */
#include <stdlib.h>
#include "interrupt.h"
#include "reset.h"
#include "status-line.h"

#define SHOWN_AFTER_S 0.2

struct progress {
	const struct pcireset_batch *batch;
	struct status_line line;
	double begin; /* in seconds */
};

struct progress *progress_start(const struct request *req, const struct pcireset_batch *batch)
{
	struct progress *progress = must(calloc(1, sizeof(*progress)));

	progress->batch = batch;
	status_line_begin(&progress->line, req);
	progress->begin = clock_seconds();
	return progress;
}

/* A short batch shows none. */
void progress_show(void *data)
{
	struct progress *progress = data;
	size_t failed, nr = pcireset_batch_get_nr(progress->batch);
	size_t done = pcireset_batch_get_nr_done(progress->batch, &failed);
	double seconds = clock_seconds() - progress->begin;
	char *parts[3];

	if (!progress->line.is_wanted || interrupt_is_second() || seconds < SHOWN_AFTER_S)
		return;
	parts[0] = text("%zu of %zu done", done, nr);
	parts[1] = text(", %zu failed", failed);
	parts[2] = text(", %.1f s", seconds);
	status_line_show(&progress->line, (const char *const *)parts, ARRAY_SIZE(parts));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		free(parts[i]);
}

void progress_stop(struct progress *progress)
{
	status_line_erase(&progress->line);
	free(progress);
}
