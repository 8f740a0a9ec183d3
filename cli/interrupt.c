/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ctrl-C, SIGTERM and SIGHUP. Before the first reset, they end pcireset with the
 * message that nothing was touched. After that, the first signal prevents further
 * resets, and the second one ends pcireset.
 *
 * A reset is one long system call, and its thread runs no signal handler during the
 * call. Another thread therefore makes the call, and the main thread handles the
 * signals: the kernel delivers a signal to the main thread first.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "interrupt.h"

#define TICK_MS 100

static const int caught[] = { SIGINT, SIGTERM, SIGHUP };

static struct {
	volatile sig_atomic_t nr;     /* signals since interrupt_begin() */
	volatile sig_atomic_t last;   /* the number of the last one */
	volatile sig_atomic_t sender; /* its si_code: SI_KERNEL if a terminal sent it */
	volatile sig_atomic_t runs;   /* interrupt_begin() was called */
	bool library_holds;           /* blocks signals in the thread that resets */
	size_t nr_announced;
	void (*after_end)(void *data);
	void *data;
} state;

static const char nothing_touched[] = "\npcireset: interrupted: nothing was touched\n";

static void end_by(int signal)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(signal, &action, NULL);
	raise(signal);
}

/* The main thread forwards signals to the thread that resets. Do not count them twice. */
static void on_signal(int signal, siginfo_t *info, void *context)
{
	ssize_t unused;

	(void)context;
	if (info->si_code == SI_TKILL && info->si_pid == getpid())
		return;
	state.last = signal;
	state.sender = info->si_code;
	if (state.runs) {
		state.nr++;
		return;
	}
	unused = write(STDERR_FILENO, nothing_touched, sizeof(nothing_touched) - 1);
	(void)unused;
	end_by(signal);
}

/* Keep an ignored signal ignored, as for nohup(1) and for background jobs of a shell. */
void interrupt_catch(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO }, old;

	for (size_t i = 0; i < ARRAY_SIZE(caught); i++) {
		sigaction(caught[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(caught[i], &action, NULL);
	}
}

/*
 * From now on, devices may be touched. Without the module, the library blocks signals
 * until it has restored the files.
 */
void interrupt_begin(const struct pcireset_ctx *ctx)
{
	state.library_holds = pcireset_ctx_get_backend(ctx) == PCIRESET_BACKEND_SYSFS;
	state.runs = 1;
}

/* All resets are over. From now on, a signal ends pcireset in the default way. */
void interrupt_end(void)
{
	struct sigaction old;

	for (size_t i = 0; i < ARRAY_SIZE(caught); i++) {
		sigaction(caught[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			signal(caught[i], SIG_DFL);
	}
}

/*
 * The function that restores settings after a second signal has ended pcireset; NULL
 * for none.
 */
void interrupt_after_end(void (*fn)(void *data), void *data)
{
	state.after_end = fn;
	state.data = data;
}

bool interrupt_is_given(void)
{
	return state.nr > 0;
}

bool interrupt_is_second(void)
{
	return state.nr > 1;
}

/* The number of the signal if a process sent it, 0 if the terminal sent it to all. */
static int signal_to_forward(void)
{
	return state.nr && state.sender != SI_KERNEL ? state.last : 0;
}

/* Print a message for the first signal, and one for the second. */
void interrupt_announce(void)
{
	size_t nr = state.nr > 2 ? 2 : (size_t)state.nr;

	if (state.nr_announced >= nr)
		return;
	state.nr_announced = nr;
	/* Replace the line of progress_show(). */
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (nr == 1)
		error("interrupted: waiting for the resets in progress, and starting no more; "
		      "a second signal ends pcireset");
	else
		error("interrupted again: pcireset exits; resets in progress are still "
		      "completed and restored");
}

static void forward_to(pid_t pid, int *forwarded)
{
	int signal = signal_to_forward();

	interrupt_announce();
	if (!signal || *forwarded == signal)
		return;
	*forwarded = signal;
	kill(pid, signal);
}

/*
 * Wait for a child that runs a command of the user. Forward a signal that a process has
 * sent to pcireset only; a terminal has also sent its signal to the child. Return 0,
 * -EINTR after a second signal, or another negative errno. The end of the child is
 * blocked, so that it ends the pause; a signal before the pause ends it a tick later.
 */
int interrupt_wait(pid_t pid, int *ret_status)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
	sigset_t end, old;
	int forwarded = 0;
	pid_t r;

	sigemptyset(&end);
	sigaddset(&end, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &end, &old);
	while (!(r = waitpid(pid, ret_status, WNOHANG)) && !interrupt_is_second()) {
		if (interrupt_is_given())
			forward_to(pid, &forwarded);
		sigtimedwait(&end, NULL, &tick);
	}
	if (r < 0)
		r = -errno;
	else if (!r)
		r = -EINTR;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r > 0 ? 0 : r;
}

struct call {
	void (*fn)(void *data);
	void *data;
	int done; /* an eventfd */
};

static void *run_call(void *data)
{
	const struct call *call = data;
	uint64_t one = 1;

	call->fn(call->data);
	while (write(call->done, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

/* Use a session of its own, so that no terminal waits for it or sends it signals. */
static __attribute__((noreturn)) void put_back(int ended)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char byte;

	setsid();
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	while (read(ended, &byte, 1) < 0 && errno == EINTR)
		;
	state.after_end(state.data);
	_exit(STATUS_DONE);
}

/*
 * A child waits until the last thread has left the kernel, which closes the pipe.
 * Before that, the module could overwrite the restored settings of the port. If there
 * is no child, doctor --repair restores them.
 */
static void leave_behind(void)
{
	int ends[2];
	pid_t pid;

	if (!state.after_end || pipe2(ends, O_CLOEXEC))
		return;
	pid = fork();
	if (!pid) {
		close(ends[1]);
		put_back(ends[0]);
	}
	close(ends[0]);
}

/*
 * Raise the signal here and not in the thread that resets, because the kernel drops a
 * signal that is already pending there. If the library blocks it, it stays pending, and
 * ends the process when the library unblocks it.
 */
static void end_now(void)
{
	leave_behind();
	state.after_end = NULL;
	if (state.library_holds)
		signal(state.last, SIG_DFL);
	else
		end_by(state.last);
}

static void pass_on(pthread_t thread)
{
	if (!interrupt_is_given())
		return;
	interrupt_announce();
	/* Repeat it: it may have arrived just before the system call. */
	pthread_kill(thread, state.last);
	if (interrupt_is_second())
		end_now();
}

static void wait_for(const struct call *call, pthread_t thread, const struct interrupt_tick *tick)
{
	struct pollfd done = { .fd = call->done, .events = POLLIN };

	while (poll(&done, 1, TICK_MS) <= 0) {
		pass_on(thread);
		if (tick)
			tick->fn(tick->data);
	}
}

/*
 * Call fn() in a thread of its own and wait for it. Call tick about ten times a second
 * in the meantime. Without memory for a thread, signals are handled after fn().
 */
void interrupt_run(void (*fn)(void *data), void *data, const struct interrupt_tick *tick)
{
	struct call call = { fn, data, eventfd(0, EFD_CLOEXEC) };
	pthread_t thread;

	if (call.done < 0 || pthread_create(&thread, NULL, run_call, &call)) {
		fn(data);
	} else {
		wait_for(&call, thread, tick);
		pthread_join(thread, NULL);
	}
	if (call.done >= 0)
		close(call.done);
}
