/* SPDX-License-Identifier: GPL-2.0-only */
/* How far a batch is, on a terminal; and Ctrl-C, which begins nothing more. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "reset.h"

#define INTERVAL_MS 200

struct progress {
	const struct pcireset_batch *batch;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool is_over;
	struct timespec begin;
	struct sigaction old;
};

/* Only so that the call returns. A second Ctrl-C ends the program, at no device's cost. */
static void on_interrupt(int signal)
{
	(void)signal;
}

static double seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

static void show(const struct progress *progress)
{
	size_t failed, nr = pcireset_batch_get_nr(progress->batch);
	size_t done = pcireset_batch_get_nr_done(progress->batch, &failed);

	fprintf(stderr, "\r%zu of %zu done, %zu failed, %.1f s\033[K", done, nr, failed,
		seconds_since(&progress->begin));
}

static void wait_a_moment(struct progress *progress)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += INTERVAL_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&progress->cond, &progress->mutex, &until);
}

/* Nothing is shown of what is over in a moment. */
static void *watch(void *data)
{
	struct progress *progress = data;
	bool is_dirty = false;

	pthread_mutex_lock(&progress->mutex);
	wait_a_moment(progress);
	while (!progress->is_over) {
		show(progress);
		is_dirty = true;
		wait_a_moment(progress);
	}
	pthread_mutex_unlock(&progress->mutex);
	if (is_dirty)
		fputs("\r\033[K", stderr);
	return NULL;
}

/* The signal is for the thread that resets. */
static bool start_thread(struct progress *progress)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&progress->thread, NULL, watch, progress);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return !r;
}

struct progress *progress_start(const struct request *req, const struct pcireset_batch *batch)
{
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
	struct progress *progress = must(calloc(1, sizeof(*progress)));

	progress->batch = batch;
	clock_gettime(CLOCK_MONOTONIC, &progress->begin);
	sigaction(SIGINT, NULL, &progress->old);
	if (progress->old.sa_handler != SIG_IGN)
		sigaction(SIGINT, &action, NULL);
	pthread_mutex_init(&progress->mutex, NULL);
	pthread_cond_init(&progress->cond, NULL);
	if (isatty(STDERR_FILENO) && !is_given(req, OPT_QUIET))
		progress->has_thread = start_thread(progress);
	return progress;
}

void progress_stop(struct progress *progress)
{
	if (progress->has_thread) {
		pthread_mutex_lock(&progress->mutex);
		progress->is_over = true;
		pthread_cond_signal(&progress->cond);
		pthread_mutex_unlock(&progress->mutex);
		pthread_join(progress->thread, NULL);
	}
	sigaction(SIGINT, &progress->old, NULL);
	pthread_cond_destroy(&progress->cond);
	pthread_mutex_destroy(&progress->mutex);
	free(progress);
}
