/* SPDX-License-Identifier: GPL-2.0-only */
/* Run all rounds, with the exercise in between, until a signal or too many failures. */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "interrupt.h"
#include "qualify.h"

struct rounds {
	const struct request *req;
	struct pcireset_qualify *qualify;
	uint32_t begin; /* the round with which this process began */
	size_t nr_seen; /* samples that were counted as failed or not */
	size_t nr_failed;
	double began, shown;
	bool is_shown;
	int r;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void step(void *data)
{
	struct rounds *rounds = data;

	rounds->r = pcireset_qualify_step(rounds->qualify);
}

static void count_failures(struct rounds *rounds)
{
	const struct pcireset_sample *sample;

	while ((sample = pcireset_qualify_get_sample(rounds->qualify, rounds->nr_seen))) {
		rounds->nr_failed += is_failure(sample);
		rounds->nr_seen++;
	}
}

/* A line that replaces itself, once a second. The estimate is that of this process. */
static void show_progress(struct rounds *rounds)
{
	uint32_t done = pcireset_qualify_get_nr_done(rounds->qualify);
	uint32_t all = pcireset_qualify_get_nr_rounds(rounds->qualify);
	double elapsed = now() - rounds->began;
	unsigned long left;

	if (!rounds->is_shown || now() - rounds->shown < 1 || done == rounds->begin)
		return;
	rounds->shown = now();
	left = (unsigned long)(elapsed / (done - rounds->begin) * (all - done));
	fprintf(stderr, "\r%u of %u rounds, %zu failed, %lu:%02lu:%02lu left\033[K", done, all,
		rounds->nr_failed, left / 3600, left / 60 % 60, left % 60);
}

static void end_progress(const struct rounds *rounds)
{
	if (rounds->is_shown)
		fputs("\r\033[K", stderr);
}

static void name_round(const struct rounds *rounds)
{
	size_t nr = pcireset_qualify_get_nr_samples(rounds->qualify);
	const struct pcireset_sample *last = pcireset_qualify_get_sample(rounds->qualify, nr - 1);
	char round[16];

	if (!nr)
		return;
	snprintf(round, sizeof(round), "%u", last->round + 1);
	if (setenv("PCIRESET_ROUND", round, 1) ||
	    setenv("PCIRESET_TYPE", pcireset_type_to_str(last->type, 0), 1))
		must(NULL);
}

/* Ctrl-C ends the exercise and the run; that is no failure of the device. */
static int exercise(struct rounds *rounds)
{
	int status;

	if (!rounds->req->qualify.exercise)
		return 1;
	name_round(rounds);
	fflush(stdout);
	status = system(rounds->req->qualify.exercise);
	if (status == -1) {
		error("--exercise: cannot be started");
		return -ECHILD;
	}
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM))
		return -EINTR;
	return pcireset_qualify_note_exercise(rounds->qualify, status) < 0 ? -EIO : 1;
}

static bool has_failed_enough(const struct rounds *rounds)
{
	uint32_t most = rounds->req->qualify.max_failures;

	return most && rounds->nr_failed >= most;
}

static void run_rounds(struct rounds *rounds)
{
	uint32_t done;

	do {
		done = pcireset_qualify_get_nr_done(rounds->qualify);
		interrupt_run(step, rounds, NULL);
		count_failures(rounds);
		if (rounds->r >= 0 && pcireset_qualify_get_nr_done(rounds->qualify) > done) {
			int r = exercise(rounds);

			count_failures(rounds);
			if (r < 0)
				rounds->r = r;
		}
		show_progress(rounds);
	} while (rounds->r > 0 && !interrupt_is_given() && !has_failed_enough(rounds));
}

int rounds_run(const struct request *req, struct pcireset_qualify *qualify,
	       struct pcireset_ctx *ctx)
{
	struct rounds rounds = { .req = req, .qualify = qualify, .began = now() };

	rounds.begin = pcireset_qualify_get_nr_done(qualify);
	rounds.is_shown = isatty(STDERR_FILENO) && !is_given(req, OPT_QUIET);
	count_failures(&rounds);
	rounds.nr_failed = 0;
	process_touches();
	interrupt_begin(ctx);
	run_rounds(&rounds);
	end_progress(&rounds);
	interrupt_tell();
	interrupt_end();
	if (rounds.r < 0 && rounds.r != -EINTR)
		error("%s", pcireset_ctx_get_errmsg(ctx));
	return rounds.r;
}
