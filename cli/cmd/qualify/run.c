/* SPDX-License-Identifier: GPL-2.0-only */
/* Run all rounds, with the exercise in between, until a signal or too many failures. */
#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "interrupt.h"
#include "qualify.h"

extern char **environ;

/* Between two writes of the metrics of a run that goes on. */
#define METRICS_SECONDS 15

struct rounds {
	const struct request *req;
	struct pcireset_qualify *qualify;
	struct tally tally;
	size_t nr_failed_before; /* by earlier processes */
	struct run_progress progress;
	double written;
	int r;
};

static void rounds_step(void *data)
{
	struct rounds *rounds = data;

	rounds->r = pcireset_qualify_step(rounds->qualify);
}

static size_t nr_failed(const struct rounds *rounds)
{
	return rounds->tally.nr_failed - rounds->nr_failed_before;
}

/* For those who watch a run of many hours. */
static void write_metrics(struct rounds *rounds)
{
	const char *directory = rounds->req->qualify.directory;

	if (!directory || clock_seconds() - rounds->written < METRICS_SECONDS)
		return;
	rounds->written = clock_seconds();
	/* One message is enough. The end of the run tries again. */
	if (files_write_metrics(&rounds->tally, directory))
		rounds->written = HUGE_VAL;
}

static void note_progress(struct rounds *rounds)
{
	run_progress_note(&rounds->progress, pcireset_qualify_get_nr_done(rounds->qualify),
			  rounds->tally.nr_failed);
	run_progress_show(&rounds->progress);
}

static void name_round(const struct rounds *rounds)
{
	uint32_t done = pcireset_qualify_get_nr_done(rounds->qualify);
	size_t i = pcireset_qualify_get_nr_samples(rounds->qualify);
	const struct pcireset_sample *last = NULL;
	char round[16];

	/* A reset that was interrupted may be behind it. */
	while (i-- > 0 && (!last || last->round + 1 != done))
		last = pcireset_qualify_get_sample(rounds->qualify, i);
	if (!last)
		return;
	snprintf(round, sizeof(round), "%u", done);
	if (setenv("PCIRESET_ROUND", round, 1) ||
	    setenv("PCIRESET_TYPE", pcireset_type_to_str(last->type, 0), 1))
		must(NULL);
}

/* These signals are ignored here, and programs do not expect that. */
static int spawn_shell(const char *command, pid_t *ret_pid)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	posix_spawnattr_t attr;
	sigset_t defaults;
	int r;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	if (posix_spawnattr_init(&attr))
		return -ENOMEM;
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(ret_pid, "/bin/sh", NULL, &attr, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attr);
	return -r;
}

/* Ctrl-C also ends the exercise. That is not a failure of the device. */
static int run_exercise(struct rounds *rounds)
{
	int status = -1, r;
	pid_t pid;

	if (!rounds->req->qualify.exercise || interrupt_is_given())
		return 1;
	name_round(rounds);
	if (pcireset_qualify_begin_exercise(rounds->qualify))
		return -EIO;
	r = spawn_shell(rounds->req->qualify.exercise, &pid);
	if (r)
		error("--exercise: cannot be started: %s", strerror(-r));
	else
		r = interrupt_wait(pid, &status);
	if (r || interrupt_is_given())
		status = -1;
	if (pcireset_qualify_note_exercise(rounds->qualify, status))
		return -EIO;
	return r ? -EINTR : 1;
}

/* An earlier process ended between a round and the end of its exercise. */
static int run_missing_exercise(struct rounds *rounds)
{
	int r;

	if (pcireset_qualify_is_exercised(rounds->qualify))
		return 1;
	r = run_exercise(rounds);
	/* The exercise belongs to a round that was counted already. */
	tally_end(&rounds->tally);
	tally_begin(&rounds->tally, rounds->qualify);
	tally_update(&rounds->tally);
	return r;
}

static bool has_failed_enough(const struct rounds *rounds)
{
	uint32_t most = rounds->req->qualify.max_failures;

	return most && nr_failed(rounds) >= most;
}

static void run_rounds(struct rounds *rounds)
{
	const struct interrupt_tick tick = { run_progress_show, &rounds->progress };
	uint32_t done = pcireset_qualify_get_nr_done(rounds->qualify);
	int r;

	rounds->r = run_missing_exercise(rounds);
	if (rounds->r < 0 || has_failed_enough(rounds))
		return;
	/* The estimate is that of this process and of whole rounds. */
	run_progress_begin(&rounds->progress, rounds->req, done,
			   pcireset_qualify_get_nr_rounds(rounds->qualify));
	note_progress(rounds);
	do {
		done = pcireset_qualify_get_nr_done(rounds->qualify);
		interrupt_run(rounds_step, rounds, &tick);
		r = rounds->r >= 0 && pcireset_qualify_get_nr_done(rounds->qualify) > done ?
			    run_exercise(rounds) :
			    0;
		if (r < 0)
			rounds->r = r;
		/* Only now: the exercise belongs to the round. */
		tally_update(&rounds->tally);
		write_metrics(rounds);
		note_progress(rounds);
	} while (rounds->r > 0 && !interrupt_is_given() && !has_failed_enough(rounds));
	run_progress_end(&rounds->progress);
}

int rounds_run(const struct request *req, struct pcireset_qualify *qualify,
	       struct pcireset_ctx *ctx)
{
	struct rounds rounds = { .req = req, .qualify = qualify };

	tally_begin(&rounds.tally, qualify);
	tally_update(&rounds.tally);
	rounds.nr_failed_before = rounds.tally.nr_failed;
	process_touches();
	interrupt_begin(ctx);
	run_rounds(&rounds);
	interrupt_announce();
	interrupt_end();
	tally_end(&rounds.tally);
	if (rounds.r < 0 && rounds.r != -EINTR)
		error("%s", pcireset_ctx_get_errmsg(ctx));
	return rounds.r;
}
