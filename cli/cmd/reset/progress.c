/* SPDX-License-Identifier: GPL-2.0-only */
/* The progress of a batch, on a terminal. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "interrupt.h"
#include "reset.h"

#define SHOWN_AFTER_S 0.2

struct progress {
	const struct pcireset_batch *batch;
	bool is_shown, is_dirty;
	struct timespec begin;
};

static double seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

struct progress *progress_start(const struct request *req, const struct pcireset_batch *batch)
{
	struct progress *progress = must(calloc(1, sizeof(*progress)));

	progress->batch = batch;
	progress->is_shown = isatty(STDERR_FILENO) && !is_given(req, OPT_QUIET);
	clock_gettime(CLOCK_MONOTONIC, &progress->begin);
	return progress;
}

/* A line that replaces itself. A short batch shows none. */
void progress_show(void *data)
{
	struct progress *progress = data;
	size_t failed, nr = pcireset_batch_get_nr(progress->batch);
	size_t done = pcireset_batch_get_nr_done(progress->batch, &failed);

	if (!progress->is_shown || interrupt_is_second() ||
	    seconds_since(&progress->begin) < SHOWN_AFTER_S)
		return;
	progress->is_dirty = true;
	fprintf(stderr, "\r%zu of %zu done, %zu failed, %.1f s\033[K", done, nr, failed,
		seconds_since(&progress->begin));
}

void progress_stop(struct progress *progress)
{
	if (progress->is_dirty)
		fputs("\r\033[K", stderr);
	free(progress);
}
