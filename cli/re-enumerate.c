/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset re-enumerate: reset a reprogrammed device, and let the kernel enumerate it. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cmd/cmd.h"
#include "reenumerate.h"

#define DEFAULT_MS 5000 /* until the card is back */
#define BIND_MS    5000 /* until its driver has bound after the rescan */
#define PAUSE_MS   50

/* The first message is kept. */
static int PRINTF(3, 4) fail(struct reenumeration *e, int r, const char *fmt, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (!e->error) {
		e->error = r;
		e->message = text("%s", message);
	}
	return r;
}

/* State that is unknown can neither be restored nor compared: refuse, whatever made it unknown. */
static int fail_unread(struct reenumeration *e, struct unread *unread)
{
	int r = fail(e, unread->error == -ENOMEM ? -ENOMEM : -EBUSY,
		     "its state is unknown: %s cannot be read: %s", unread->path,
		     strerror(-unread->error));

	unread_clear(unread);
	return r;
}

/* ---- before anything is touched */

static int find_place(struct reenumeration *e)
{
	struct pcireset_dev *port = pcireset_dev_get_parent(e->device);
	const struct pcireset_dev *physfn = pcireset_dev_get_physfn(e->device);
	struct unread unread = { 0 };
	int r;

	if (physfn)
		return fail(e, -EOPNOTSUPP,
			    "it is a virtual function, which goes with its physical one; name %s",
			    pcireset_dev_get_name(physfn));
	if (!port)
		return fail(e, -EOPNOTSUPP,
			    "it is on a root bus, which cannot be enumerated without all that is "
			    "below; use: pcireset reset");
	e->place.port = *pcireset_dev_get_addr(port);
	e->place.device = *pcireset_dev_get_addr(e->device);
	r = hold_open(port, &unread, &e->hold);
	if (unread.error)
		return fail_unread(e, &unread);
	if (r == -EAGAIN)
		return fail(e, -EBUSY, "somebody else re-enumerates below %s; try again later",
			    pcireset_dev_get_name(port));
	if (r == -EEXIST)
		return fail(e, -EBUSY,
			    "a killed re-enumerate left %s without error and hotplug events; "
			    "to restore them, use: pcireset doctor --repair",
			    pcireset_dev_get_name(port));
	if (r)
		return fail(e, r, "%s: %s", pcireset_dev_get_name(port), strerror(-r));
	e->place.is_whole_bus = hold_is_point_to_point(e->hold);
	return subtree_read(&e->was, e->machine.ctx, &e->place) ? fail_unread(e, &e->was.unread) :
								  0;
}

/* The driver is unbound before the reset, so it needs no reset_prepare. */
static int check_use(struct reenumeration *e, struct pcireset_dev *dev)
{
	const char *name;
	uint32_t use;

	for (size_t i = 0; (name = pcireset_dev_get_user(dev, i, &use)); i++)
		if (use != PCIRESET_USE_DRIVER && !(e->req->force & use))
			return fail(e, -EBUSY, "%s is in use: %s; end that use, or add --force %s",
				    pcireset_dev_get_name(dev), name, pcireset_use_to_str(use));
	return 0;
}

static int check_uses(struct reenumeration *e)
{
	struct pcireset_dev *dev;
	int r = 0;

	pcireset_dev_foreach(e->machine.ctx, dev)
		if (!r && place_has(&e->place, dev))
			r = check_use(e, dev);
	return r;
}

/* Would the reset affect another bound driver without reset_prepare? */
static bool hits_other_drivers(struct reenumeration *e)
{
	const struct pcireset_member *member;
	uint32_t use;

	for (size_t i = 0; (member = pcireset_plan_get_member(e->plan, i)); i++) {
		struct pcireset_dev *dev = pcireset_dev_from_addr(e->machine.ctx, &member->addr);

		for (size_t u = 0;
		     dev && !place_has(&e->place, dev) && pcireset_dev_get_user(dev, u, &use); u++)
			if (use == PCIRESET_USE_DRIVER)
				return true;
	}
	return false;
}

/* The port resets the bus without a plan, which would have asked the rules. */
static int check_bus_rules(struct reenumeration *e)
{
	int r = pcireset_dev_check_rules(e->device, PCI_RESET_BUS);

	return r ? fail(e, r, "%s", pcireset_ctx_get_errmsg(e->machine.ctx)) : 0;
}

/*
 * A device that does not answer has no state to save, and the module does not reset it.
 * After its removal, its bus is empty, and the bridge can reset it without effect on
 * others.
 */
static bool can_do_without_plan(struct reenumeration *e, int r)
{
	uint32_t types;

	return r == -ENODEV && e->place.is_whole_bus &&
	       !pcireset_types_from_str(e->machine.ctx, e->req->types, &types) &&
	       types & PCI_RESET_BUS &&
	       (!e->req->max_scope || e->req->max_scope == PCIRESET_SCOPE_BUS);
}

/* r: the return value of pcireset_plan_resolve(). */
static int take_plan(struct reenumeration *e, int r)
{
	const char *message;
	char *way;

	if (!r)
		return 0;
	if (can_do_without_plan(e, r)) {
		e->is_dead = true;
		e->type = PCI_RESET_BUS;
		return check_bus_rules(e);
	}
	message = pcireset_plan_get_message(e->plan);
	way = message ? way_out(e->req, e->plan) : way_out_of_error(e->device, r);
	fail(e, r, "%s%s", message ? message : pcireset_ctx_get_errmsg(e->machine.ctx), way);
	free(way);
	return r;
}

static int make_plan(struct reenumeration *e)
{
	int r = machine_plan(&e->machine, e->req, e->device, &e->plan);

	if (r)
		return fail(e, r, "%s", pcireset_ctx_get_errmsg(e->machine.ctx));
	r = pcireset_plan_resolve(e->plan);
	if (r == -EBUSY && pcireset_plan_get_in_way(e->plan) == PCIRESET_USE_DRIVER &&
	    !hits_other_drivers(e)) {
		pcireset_plan_set_force(e->plan, e->req->force | PCIRESET_USE_DRIVER);
		r = pcireset_plan_resolve(e->plan);
	}
	r = take_plan(e, r);
	if (!r && !e->is_dead)
		e->type = pcireset_plan_get_type(e->plan);
	return r;
}

static int prepare(struct reenumeration *e)
{
	int r = pcireset_ctx_check_reset(e->machine.ctx);

	if (r)
		return fail(e, r, "%s", pcireset_ctx_get_errmsg(e->machine.ctx));
	r = find_place(e);
	if (!r)
		r = check_uses(e);
	return r ? r : make_plan(e);
}

/* The other functions that would be removed or reset, or NULL. */
static char *unnamed_functions(struct reenumeration *e)
{
	char *members = e->is_dead ? NULL : unnamed_members(&e->machine, e->plan);
	char *all = members ? members : text("%s", "");

	for (size_t i = 0; i < e->was.nr; i++)
		if (strcmp(e->was.v[i].name, pcireset_dev_get_name(e->device)) &&
		    !strstr(all, e->was.v[i].name))
			all = join(all, text("%s", e->was.v[i].name));
	if (*all)
		return all;
	free(all);
	return NULL;
}

/* Without a terminal there is no question, so only the named function may be removed. */
static int refuse_unnamed(struct reenumeration *e)
{
	char *unnamed = unnamed_functions(e);
	int r = 0;

	if (unnamed)
		r = fail(e, -EPERM,
			 "would also hit functions that were not named: %s; use --yes to allow it",
			 unnamed);
	free(unnamed);
	return r;
}

static int may_go_on(struct reenumeration *e)
{
	if (is_given(e->req, OPT_YES))
		return 0;
	if (!can_ask())
		return refuse_unnamed(e);
	if (!e->is_dead)
		plan_print(e->req, e->plan, stderr);
	fprintf(stderr, "Then these would be removed and looked for again:\n");
	for (size_t i = 0; i < e->was.nr; i++)
		say(stderr, "  %s %s", e->was.v[i].name,
		    e->was.v[i].driver ? e->was.v[i].driver : "");
	return ask("Go on?") ? 0 : fail(e, -EPERM, "not begun: the answer was no");
}

/* ---- the flow */

/* Unbind virtual functions first: the driver of the physical function may remove them. */
static int unbind_drivers(struct reenumeration *e)
{
	for (size_t i = e->was.nr; i-- > 0;) {
		const struct function *f = &e->was.v[i];
		int r = f->driver && !f->is_bridge ? attr_write(f->name, "driver/unbind", f->name) :
						     0;

		if (r && r != -ENOENT)
			return fail(e, r, "%s cannot be taken from its driver: %s", f->name,
				    strerror(-r));
	}
	return 0;
}

/* COMMAND gets the signals. It does not get standard output if that is for JSON. */
static pid_t start_shell(const char *line, bool keeps_stdout)
{
	char sh[] = "sh", c[] = "-c", *copy;
	char *argv[] = { sh, c, NULL, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, pipe;
	pid_t pid = -1;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	if (posix_spawnattr_init(&attr))
		return -1;
	if (posix_spawn_file_actions_init(&files))
		goto destroy_attr;
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &pipe);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (keeps_stdout)
		posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	argv[2] = copy = text("%s", line);
	if (posix_spawn(&pid, "/bin/sh", &files, &attr, argv, environ))
		pid = -1;
	free(copy);
	posix_spawn_file_actions_destroy(&files);
destroy_attr:
	posix_spawnattr_destroy(&attr);
	return pid;
}

/* A terminal has also sent its signal to COMMAND. A process has sent it to pcireset only. */
static void pass_on(pid_t pid, int *passed)
{
	int signal = interrupt_to_forward();

	interrupt_tell();
	if (!signal || *passed == signal)
		return;
	*passed = signal;
	kill(pid, signal);
}

/* Return the status like a shell: 128 plus the number of the signal that ended it. */
static int shell(const char *line, bool keeps_stdout)
{
	pid_t pid = start_shell(line, keeps_stdout);
	int status, passed = 0;

	if (pid < 0)
		return 127;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 127;
		if (interrupt_is_second())
			return 128 + SIGINT;
		pass_on(pid, &passed);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int fail_interrupted(struct reenumeration *e)
{
	interrupt_tell();
	return fail(e, -EINTR, "interrupted before the reset began");
}

static int run_command(struct reenumeration *e)
{
	int status;

	if (!e->req->command_line)
		return 0;
	e->is_changed = true;
	status = shell(e->req->command_line, is_given(e->req, OPT_JSON));
	hold_forget(e->hold);
	if (!status)
		return 0;
	if (interrupt_is_given())
		return fail_interrupted(e);
	return fail(e, -ECANCELED, "\"%s\" failed with status %d; nothing was reset",
		    e->req->command_line, status);
}

/* Some functions may be gone since the user agreed, but there must be no others. */
static bool is_as_agreed(struct reenumeration *e)
{
	const struct pcireset_member *member;

	if (pcireset_plan_get_type(e->plan) != e->type)
		return false;
	for (size_t i = 0; (member = pcireset_plan_get_member(e->plan, i)); i++)
		if (!pcireset_dev_from_addr(e->machine.ctx, &member->addr))
			return false;
	return true;
}

/*
 * A device that comes back different is no failure here. A device that does not come
 * back is.
 */
static bool is_back(struct reenumeration *e)
{
	return pcireset_report_get_result(e->report) != PCIRESET_RESULT_REFUSED &&
	       !(pcireset_report_get_failed_checks(e->report) & PCIRESET_CHECK_READY) &&
	       pcireset_report_get_error(e->report) != -ETIMEDOUT;
}

/*
 * Nothing was touched: there is no state to save, and the port resets the removed
 * device first.
 */
static bool has_lost_configuration(const struct reenumeration *e)
{
	return pcireset_report_get_result(e->report) == PCIRESET_RESULT_REFUSED &&
	       pcireset_report_get_why(e->report) == PCIRESET_WHY_BARS;
}

struct plan_run {
	struct reenumeration *e;
	int r;
};

static void run_plan(void *data)
{
	struct plan_run *run = data;

	run->r = pcireset_plan_run(run->e->plan, &run->e->report);
}

static int reset(struct reenumeration *e)
{
	struct plan_run run = { .e = e };
	int r = take_plan(e, pcireset_plan_resolve(e->plan));

	if (!r && interrupt_is_given())
		return fail_interrupted(e);
	if (r || e->is_dead)
		return r;
	if (!is_as_agreed(e))
		return fail(e, -ESTALE, "%s", pcireset_why_to_str(PCIRESET_WHY_CHANGED, 0));
	interrupt_run(run_plan, &run, NULL);
	r = run.r;
	if (!e->report)
		return fail(e, r, "%s", pcireset_ctx_get_errmsg(e->machine.ctx));
	if (is_back(e))
		return 0;
	if (has_lost_configuration(e)) {
		pcireset_report_unref(e->report);
		e->report = NULL;
		e->is_dead = true;
		return check_bus_rules(e);
	}
	if (pcireset_report_get_result(e->report) != PCIRESET_RESULT_REFUSED)
		e->is_changed = true;
	return fail(e, r, "%s", pcireset_report_get_message(e->report));
}

static int remove_device(struct reenumeration *e)
{
	for (size_t i = e->was.nr; i-- > 0;) {
		const struct function *f = &e->was.v[i];
		int r = f->is_top ? attr_write(f->name, "remove", "1") : 0;

		if (r && r != -ENOENT)
			return fail(e, r, "%s cannot be removed: %s", f->name, strerror(-r));
	}
	return 0;
}

/*
 * Rescan the bus and not the port: only this lets the windows of a bridge with an empty
 * bus grow.
 */
static int rescan(struct reenumeration *e)
{
	const struct pcireset_addr *device = &e->place.device;
	char port[PCIRESET_ADDR_STR_MAX], *attr;
	int r;

	pcireset_addr_to_str(&e->place.port, port);
	attr = text("pci_bus/%04x:%02x/rescan", device->domain, device->bus);
	r = attr_write(port, attr, "1");
	free(attr);
	return r ? fail(e, r, "the bus below %s cannot be looked at: %s", port, strerror(-r)) : 0;
}

static int read_again(struct reenumeration *e)
{
	subtree_clear(&e->now);
	differences_clear(&e->differences);
	if (pcireset_ctx_scan(e->machine.ctx) < 0)
		return fail(e, -EIO, "%s", pcireset_ctx_get_errmsg(e->machine.ctx));
	if (subtree_read(&e->now, e->machine.ctx, &e->place))
		return fail_unread(e, &e->now.unread);
	subtree_compare(&e->was, &e->now, &e->differences);
	return 0;
}

static bool lacks(const struct reenumeration *e, const char *what)
{
	for (size_t i = 0; i < e->differences.nr; i++)
		if (e->differences.v[i].is_missing && !strcmp(e->differences.v[i].what, what))
			return true;
	return false;
}

static unsigned int timeout_ms(const struct reenumeration *e)
{
	return e->req->timeout_ms ? e->req->timeout_ms : DEFAULT_MS;
}

/* After the first signal, finish the operation. After the second one, wait for nothing. */
static bool goes_on(void)
{
	interrupt_tell();
	return !interrupt_is_second();
}

/* A card that initializes itself, and its driver, may need some time to appear. */
static int find_again(struct reenumeration *e)
{
	int r = read_again(e);

	for (unsigned int ms = 0; !r && lacks(e, "function") && ms < timeout_ms(e) && goes_on();
	     ms += PAUSE_MS) {
		usleep(PAUSE_MS * 1000);
		r = rescan(e) ? e->error : read_again(e);
	}
	subtree_bind(&e->was);
	for (unsigned int ms = 0; !r && ms < BIND_MS && goes_on(); ms += PAUSE_MS) {
		r = read_again(e);
		if (r || !lacks(e, "driver"))
			break;
		usleep(PAUSE_MS * 1000);
	}
	return r;
}

static int replace(struct reenumeration *e)
{
	int r = remove_device(e);

	e->is_changed = true;
	if (!r && e->is_dead)
		hold_reset_bus(e->hold, timeout_ms(e));
	/* Also rescan if only some functions were removed, to bring them back. */
	if (rescan(e) || r)
		return e->error;
	return find_again(e);
}

static void end_hold(void *hold)
{
	hold_end(hold);
	hold_close(hold);
}

static int run_held(struct reenumeration *e)
{
	int r = hold_begin(e->hold);

	if (r)
		return fail(e, r, "the port above cannot be kept quiet: %s", strerror(-r));
	interrupt_after_end(end_hold, e->hold);
	r = interrupt_is_given() ? fail_interrupted(e) : run_command(e);
	if (!r)
		r = reset(e);
	if (!r)
		r = replace(e);
	interrupt_after_end(NULL, NULL);
	hold_end(e->hold);
	return r;
}

static int run_all(struct reenumeration *e)
{
	int r = prepare(e);

	if (!r)
		r = may_go_on(e);
	if (r)
		return r;
	/*
	 * After the reset, a first signal waits for the rest: a half-removed card would
	 * be worse.
	 */
	interrupt_begin(e->machine.ctx);
	process_touches();
	e->is_touched = true;
	r = unbind_drivers(e);
	if (!r)
		r = run_held(e);
	/* If the device is unchanged, bind its drivers again. */
	if (r && !e->is_changed)
		subtree_bind(&e->was);
	return r;
}

int command_reenumerate(const struct request *req)
{
	struct reenumeration e = { .req = req };
	int status;

	interrupt_catch();
	status = machine_open(&e.machine, req);

	if (!status && e.machine.nr_devs != 1)
		status = usage_error("%s: takes one device, and %zu are named; run it for each",
				     req->command->name, e.machine.nr_devs);
	if (!status) {
		e.device = e.machine.devs[0];
		run_all(&e);
		status = reenumerate_finish(&e);
	}
	differences_clear(&e.differences);
	subtree_clear(&e.was);
	subtree_clear(&e.now);
	hold_close(e.hold);
	pcireset_report_unref(e.report);
	pcireset_plan_unref(e.plan);
	free(e.message);
	machine_close(&e.machine);
	return status;
}
