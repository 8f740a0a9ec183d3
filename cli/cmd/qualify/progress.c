/* SPDX-License-Identifier: GPL-2.0-only */
/* The progress of a run, on a terminal, with an estimate of the time that is left. */
#include <inttypes.h>
#include <stdlib.h>
#include "interrupt.h"
#include "qualify.h"

#define SHOWN_EVERY_S 1

/*
 * The rounds after the current one take as long as those of this process did on average.
 * The current one may already have taken longer.
 */
bool run_progress_seconds_left(const struct run_progress *progress, double now,
			       uint64_t *ret_seconds)
{
	uint32_t nr = progress->done - progress->begin, left = progress->all - progress->done;
	double average, current;

	if (!nr)
		return false;
	*ret_seconds = 0;
	if (!left)
		return true;
	average = (progress->ended - progress->began) / nr;
	current = average - (now - progress->ended);
	*ret_seconds = (uint64_t)(average * (left - 1) + (current > 0 ? current : 0));
	return true;
}

/* The parts of the line: the first one is the most important one. */
void run_progress_parts(const struct run_progress *progress, double now,
			char *parts[PROGRESS_PARTS])
{
	uint64_t s;

	parts[0] = text("%" PRIu32 " of %" PRIu32 " rounds", progress->done, progress->all);
	parts[1] = text(", %zu failed", progress->nr_failed);
	if (run_progress_seconds_left(progress, now, &s))
		parts[2] = text(", %" PRIu64 ":%02u:%02u left", s / 3600, (unsigned)(s / 60 % 60),
				(unsigned)(s % 60));
	else
		parts[2] = text("%s", "");
}

void run_progress_begin(struct run_progress *progress, const struct request *req, uint32_t done,
			uint32_t all)
{
	double now = clock_seconds();

	*progress = (struct run_progress){
		.begin = done, .done = done, .all = all, .began = now, .ended = now, .shown = now
	};
	status_line_begin(&progress->line, req);
}

/* A round has ended, or nothing has changed. */
void run_progress_note(struct run_progress *progress, uint32_t done, size_t nr_failed)
{
	if (done != progress->done)
		progress->ended = clock_seconds();
	progress->done = done;
	progress->nr_failed = nr_failed;
}

/* Called about ten times a second, while another thread runs the round. */
void run_progress_show(void *data)
{
	struct run_progress *progress = data;
	double now = clock_seconds();
	char *parts[PROGRESS_PARTS];

	if (!progress->line.is_wanted || interrupt_is_second() ||
	    now - progress->shown < SHOWN_EVERY_S)
		return;
	progress->shown = now;
	run_progress_parts(progress, now, parts);
	status_line_show(&progress->line, (const char *const *)parts, PROGRESS_PARTS);
	for (size_t i = 0; i < PROGRESS_PARTS; i++)
		free(parts[i]);
}

void run_progress_end(struct run_progress *progress)
{
	status_line_erase(&progress->line);
}
