/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset watch: resets as they happen. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "cmd/cmd.h"
#include "uevents.h"
#include "watch.h"

#define RETRY_MS 10 /* pause if the tracepoints are ready without data */

enum {
	POLL_SIGNALS,
	POLL_OUTPUT,
	POLL_UEVENTS,
	POLL_TRACE,
	NR_POLLS,
};

/* The shorter of two times to wait; -1 is infinite. */
static int sooner_of(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int time_left(const struct watch *watch, int64_t until_ms)
{
	int64_t left = until_ms - clock_ms();

	if (!watch->req->timeout_ms)
		return -1;
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static void take_events(struct watch *watch, const struct pollfd *polls)
{
	bool has_trace = watch->trace && polls[POLL_TRACE].revents;

	if (polls[POLL_SIGNALS].revents || polls[POLL_OUTPUT].revents & POLLERR)
		watch->is_over = true;
	if (watch->is_over)
		return;
	if (watch->trace && !trace_read(watch->trace, watch) && has_trace)
		poll(NULL, 0, RETRY_MS);
	if (polls[POLL_UEVENTS].revents)
		watch_read_uevents(watch);
}

/* The reader of the output may be gone, and watch then ends. */
static void follow_events(struct watch *watch, int signals)
{
	int64_t until_ms = clock_ms() + watch->req->timeout_ms;
	struct pollfd polls[NR_POLLS] = {
		[POLL_SIGNALS] = { .fd = signals, .events = POLLIN },
		[POLL_OUTPUT] = { .fd = STDOUT_FILENO },
		[POLL_UEVENTS] = { .fd = uevents_fd(watch->uevents), .events = POLLIN },
		[POLL_TRACE] = { .fd = watch->trace ? trace_fd(watch->trace) : -1,
				 .events = POLLIN },
	};

	while (!watch->is_over) {
		int left = time_left(watch, until_ms), wait = left;

		if (!left)
			break;
		if (watch->trace)
			wait = sooner_of(left, trace_patience_ms(watch->trace));
		if (poll(polls, NR_POLLS, wait) < 0 && errno != EINTR) {
			error("%s", strerror(errno));
			break;
		}
		take_events(watch, polls);
	}
	if (watch->trace && !watch->is_over)
		trace_finish(watch->trace, watch);
}

/* From now on, only follow_events() handles signals, so that it can clean up. */
static int catch_signals(void)
{
	sigset_t set = hold_signals();

	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int may_not(int r)
{
	if (!geteuid() || (r != -EACCES && r != -EPERM && r != -ENOENT))
		return STATUS_DONE;
	error("watch: only root can read the tracepoints");
	return STATUS_REFUSED;
}

static int open_sources(struct watch *watch)
{
	static const char *const subsystems[] = { "pci", "module", NULL };
	int status = trace_load(), r;

	if (status)
		return status;
	r = trace_open(&watch->trace);
	status = r < 0 ? may_not(r) : STATUS_DONE;
	if (status)
		return status;
	if (r < 0)
		error("note: cannot use tracefs: %s", strerror(-r));
	if (uevents_open(subsystems, &watch->uevents) < 0)
		return STATUS_ERROR;
	trace_note_sources(watch->trace);
	return STATUS_DONE;
}

/* Release the machine at once, because the module cannot be unloaded while it is open. */
static int find_names(struct watch *watch)
{
	struct machine m = { 0 };
	int status;

	if (!watch->req->nr_names)
		return STATUS_DONE;
	status = machine_open(&m, watch->req);
	watch->names = must(calloc(m.nr_devs + 1, sizeof(*watch->names)));
	for (size_t i = 0; !status && i < m.nr_devs; i++)
		watch->names[watch->nr_names++] = text("%s", pcireset_dev_get_name(m.devs[i]));
	machine_close(&m);
	return status;
}

int command_watch(const struct request *req)
{
	struct watch watch = { .req = req };
	int status = find_names(&watch);
	int signals = catch_signals();

	if (!status && signals < 0) {
		error("%s", strerror(errno));
		status = STATUS_ERROR;
	}
	if (!status)
		status = open_sources(&watch);
	if (!status)
		follow_events(&watch, signals);
	resets_forget(&watch);
	uevents_close(watch.uevents);
	trace_close(watch.trace);
	for (size_t i = 0; i < watch.nr_names; i++)
		free(watch.names[i]);
	free(watch.names);
	if (signals >= 0)
		close(signals);
	return status;
}
