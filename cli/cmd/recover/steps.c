/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of a recovery. Each one runs in a child with a time limit. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "recover.h"

#define SELF "/proc/self/exe"

/* Words of a command before its common options. */
#define MOST_WORDS 4

/* More than any reset takes; a driver's callbacks have no limit of their own. */
#define RESET_LIMIT_MS  600000
#define DRIVER_LIMIT_MS 60000

#define WHY(r, ...) snprintf((r)->why, sizeof((r)->why), __VA_ARGS__)

static struct recover *recover_of(const struct recovery *recovery)
{
	return recovery->data;
}

static const char *device_of(const struct recovery *recovery)
{
	return recovery->event->device;
}

/* The meaning of a child's status if the child had only one task. */
static enum outcome outcome_of(struct recovery *recovery, int r, const char *what)
{
	if (!r)
		return OUTCOME_VERIFIED;
	if (r == -EDEADLK) {
		recover_of(recovery)->is_stuck = true;
		WHY(recovery, "%s does not end and cannot be killed", what);
		return OUTCOME_STUCK;
	}
	if (r == -ETIMEDOUT)
		WHY(recovery, "%s took too long and was killed", what);
	else if (r < 0)
		WHY(recovery, "%s: %s", what, strerror(-r));
	else if (r > 128)
		WHY(recovery, "%s was killed by signal %d", what, r - 128);
	else
		WHY(recovery, "%s failed with status %d", what, r);
	return OUTCOME_FAILED;
}

/* ---- drivers */

/* The name of the bound driver, to be freed; NULL if there is none. */
static char *driver_of(const char *device, int *ret_error)
{
	char *path = text("/sys/bus/pci/devices/%s/driver", device), target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	*ret_error = len < 0 && errno != ENOENT ? -errno : 0;
	free(path);
	if (len < 0)
		return NULL;
	target[len] = '\0';
	slash = strrchr(target, '/');
	return text("%s", slash ? slash + 1 : target);
}

/* A write of the device's name to a file of its driver. */
struct attribute {
	char *path;
	const char *device;
};

static int write_attribute(void *data)
{
	const struct attribute *attribute = data;
	size_t len = strlen(attribute->device);
	int fd = open(attribute->path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, attribute->device, len);

	return n == (ssize_t)len ? 0 : errno && errno < 127 ? errno : EIO;
}

/*
 * The child's status is the errno of the write. A driver may return ETIMEDOUT or EDEADLK,
 * which mean something else about a child.
 */
static enum outcome outcome_of_write(struct recovery *recovery, int r, const char *what)
{
	if (r <= 0 || r >= 128)
		return outcome_of(recovery, r, what);
	WHY(recovery, "%s: %s", what, strerror(r));
	return OUTCOME_FAILED;
}

static enum outcome write_driver(struct recovery *recovery, const char *driver, const char *file)
{
	struct attribute attribute = {
		.path = text("/sys/bus/pci/drivers/%s/%s", driver, file),
		.device = device_of(recovery),
	};
	struct child child = {
		.run = write_attribute,
		.data = &attribute,
		.timeout_ms = DRIVER_LIMIT_MS,
	};
	char *what = text("%s of driver %s", file, driver);
	enum outcome outcome = outcome_of_write(recovery, child_run(&child), what);

	free(what);
	free(attribute.path);
	return outcome;
}

/* A driver may refuse to leave, or to come, without an error. */
static enum outcome check_driver(struct recovery *recovery, const char *wanted)
{
	int r;
	char *now = driver_of(device_of(recovery), &r);
	bool is_good = wanted ? now && !strcmp(now, wanted) : !now && !r;

	if (!is_good && r)
		WHY(recovery, "the driver cannot be read: %s", strerror(-r));
	else if (!is_good)
		WHY(recovery, "driver %s %s", wanted ? wanted : now,
		    wanted ? "is not bound" : "is still bound");
	free(now);
	return is_good ? OUTCOME_VERIFIED : OUTCOME_FAILED;
}

static bool is_bound(struct recovery *recovery, const char *driver)
{
	int r;
	char *now = driver_of(device_of(recovery), &r);
	bool is_same = now && !strcmp(now, driver);

	free(now);
	return is_same;
}

/* To unbind the driver of a device in use loses data. Hooks can end the use before. */
static bool is_in_use(struct recovery *recovery)
{
	struct request none = { 0 };
	struct machine m = { 0 };
	struct pcireset_dev *dev = NULL;
	char *users = NULL;
	const char *name;
	uint32_t use;

	if (machine_open(&m, &none) || pcireset_dev_from_name(m.ctx, device_of(recovery), &dev) < 0)
		users = text("users cannot be read");
	for (size_t i = 0; dev && (name = pcireset_dev_get_user(dev, i, &use)); i++)
		if (use != PCIRESET_USE_DRIVER)
			users = users ? join(users, text("%s", name)) : text("%s", name);
	if (users)
		WHY(recovery, "in use: %s", users);
	pcireset_dev_unref(dev);
	machine_close(&m);
	free(users);
	return *recovery->why;
}

/* For an administrator who finds the function without its driver after a crash. */
static void record_driver(struct recovery *recovery, const char *driver)
{
	struct recover *recover = recover_of(recovery);

	records_set(&records_find(&recover->records, device_of(recovery))->driver, driver);
	records_save(&recover->records);
}

static enum outcome unbind_driver(struct recovery *recovery)
{
	struct recover *recover = recover_of(recovery);
	enum outcome outcome;
	int r;
	char *driver = driver_of(device_of(recovery), &r);

	recovery->why[0] = '\0';
	if (r) {
		WHY(recovery, "the driver cannot be read: %s", strerror(-r));
		return OUTCOME_REFUSED;
	}
	if (!driver)
		return OUTCOME_IMPOSSIBLE;
	free(recover->driver);
	recover->driver = driver;
	if (is_in_use(recovery))
		return OUTCOME_REFUSED;
	record_driver(recovery, driver);
	outcome = write_driver(recovery, driver, "unbind");
	if (outcome == OUTCOME_VERIFIED)
		outcome = check_driver(recovery, NULL);
	if (outcome != OUTCOME_VERIFIED && is_bound(recovery, driver))
		record_driver(recovery, NULL);
	return outcome;
}

static enum outcome bind_driver(struct recovery *recovery)
{
	const char *driver = recover_of(recovery)->driver;
	enum outcome outcome = OUTCOME_VERIFIED;

	/* After a power cycle, the kernel has found the function and bound a driver. */
	if (!is_bound(recovery, driver))
		outcome = write_driver(recovery, driver, "bind");
	if (outcome == OUTCOME_VERIFIED)
		outcome = check_driver(recovery, driver);
	if (outcome == OUTCOME_VERIFIED)
		record_driver(recovery, NULL);
	return outcome;
}

static enum outcome step_rebind(struct recovery *recovery)
{
	enum outcome outcome = recovery->is_unbound ? OUTCOME_VERIFIED : unbind_driver(recovery);

	if (outcome == OUTCOME_IMPOSSIBLE)
		WHY(recovery, "no driver is bound");
	if (outcome != OUTCOME_VERIFIED)
		return outcome;
	recovery->is_unbound = true;
	return bind_driver(recovery);
}

/* ---- resets */

static const char *string_in(json_object *o, const char *key)
{
	return json_object_get_string(json_object_object_get(o, key));
}

static void add_answered(struct recover *recover, const char *name)
{
	recover->answered = must(reallocarray(recover->answered, recover->nr_answered + 1,
					      sizeof(*recover->answered)));
	recover->answered[recover->nr_answered++] = text("%s", name);
}

/* The functions that the reset has reset need no recovery of their own. Return true if one is late. */
static bool take_members(struct recover *recover, json_object *members, bool is_verified)
{
	bool is_late = false;

	for (size_t i = 0; i < json_object_array_length(members); i++) {
		json_object *member = json_object_array_get_idx(members, i);
		const char *name = string_in(member, "device");

		is_late |= json_object_get_boolean(json_object_object_get(member, "late"));
		if (!is_verified || !name ||
		    !json_object_get_boolean(json_object_object_get(member, "reset")))
			continue;
		add_answered(recover, name);
	}
	return is_late;
}

static json_object *first_in(json_object *document, const char *key)
{
	json_object *list = NULL;

	if (!json_object_is_type(document, json_type_object))
		return NULL;
	list = json_object_object_get(document, key);
	if (!json_object_is_type(list, json_type_array))
		return NULL;
	return json_object_array_get_idx(list, 0);
}

/* The exit status gives the outcome, and the report the reason. */
static enum outcome outcome_of_reset(struct recovery *recovery, int status, const char *output)
{
	json_object *document = output ? json_tokener_parse(output) : NULL;
	json_object *reset = first_in(document, "resets"), *members = NULL;
	enum outcome outcome = status == STATUS_DONE    ? OUTCOME_VERIFIED :
			       status == STATUS_TOUCHED ? OUTCOME_FAILED :
							  OUTCOME_REFUSED;
	const char *message = reset ? string_in(reset, "message") : NULL;

	if (reset)
		members = json_object_object_get(reset, "members");
	WHY(recovery, "%s", message ? message : "the reset gave no report");
	if (json_object_is_type(members, json_type_array) &&
	    take_members(recover_of(recovery), members, outcome == OUTCOME_VERIFIED) &&
	    outcome == OUTCOME_FAILED)
		outcome = OUTCOME_LATE;
	json_object_put(document);
	return outcome;
}

/* Return the exit status, or a negative errno. The caller frees the output. */
static int run_self(const char *const argv[], char **ret_output)
{
	struct child child = {
		.argv = (char *const *)argv,
		.timeout_ms = RESET_LIMIT_MS,
		.reads_output = true,
	};
	int r = child_run(&child);

	*ret_output = child.output;
	return r;
}

/* Run a command of pcireset for the device. Without --yes, it refuses to affect other functions. */
static int run_on_device(struct recovery *recovery, const char *const *words, char **ret_output)
{
	const char *argv[MOST_WORDS + 6] = { SELF }; /* and up to four more, and NULL */
	size_t nr = 1;

	while (*words)
		argv[nr++] = *words++;
	argv[nr++] = "--json";
	if (recovery->policy->max_scope) {
		argv[nr++] = "--yes";
		argv[nr++] = "--max-scope";
		argv[nr++] = pcireset_scope_to_str(recovery->policy->max_scope);
	}
	return run_self(argv, ret_output);
}

static enum outcome step_reset(struct recovery *recovery, const struct step *step)
{
	const char *const words[MOST_WORDS + 1] = { "reset", device_of(recovery), "--type",
						    step_name(step) };
	char *output;
	int r = run_on_device(recovery, words, &output);
	enum outcome outcome;

	if (r >= 0 && r <= 128)
		outcome = outcome_of_reset(recovery, r, output);
	else
		outcome = outcome_of(recovery, r, "the reset");
	free(output);
	return outcome;
}

/* ---- power cycles */

/* As for a reset: a function that was power-cycled needs no recovery of its own. */
static void take_functions(struct recover *recover, json_object *functions)
{
	if (!json_object_is_type(functions, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(functions); i++)
		add_answered(recover,
			     json_object_get_string(json_object_array_get_idx(functions, i)));
}

/* EOPNOTSUPP: this slot cannot. Everything else that is refused may work at another time. */
static enum outcome outcome_of_power_cycle(struct recovery *recovery, int status,
					   const char *output)
{
	json_object *document = output ? json_tokener_parse(output) : NULL;
	json_object *cycle = first_in(document, "reenumerations");
	const char *message = cycle ? string_in(cycle, "message") : NULL;
	const char *error = cycle ? string_in(cycle, "error") : NULL;
	enum outcome outcome = status == STATUS_DONE    ? OUTCOME_VERIFIED :
			       status == STATUS_TOUCHED ? OUTCOME_FAILED :
							  OUTCOME_REFUSED;

	if (outcome == OUTCOME_REFUSED && error && !strcmp(error, "EOPNOTSUPP"))
		outcome = OUTCOME_IMPOSSIBLE;
	if (!message)
		message = cycle ? "a function or its driver is missing after the power cycle" :
				  "the power cycle gave no report";
	WHY(recovery, "%s", message);
	if (outcome == OUTCOME_VERIFIED)
		take_functions(recover_of(recovery), json_object_object_get(cycle, "after"));
	json_object_put(document);
	return outcome;
}

/* Its note has the former values, and the slot may be without power. */
static enum outcome outcome_of_killed_cycle(struct recovery *recovery, int r)
{
	enum outcome outcome = outcome_of(recovery, r, "the power cycle");

	if (r == -ETIMEDOUT)
		WHY(recovery, "the power cycle took too long and was killed; the power may be "
			      "off; run: pcireset doctor --repair");
	return outcome;
}

/* re-enumerate unbinds the drivers, refuses a device in use, and shows that the power was cut. */
static enum outcome step_power_cycle(struct recovery *recovery)
{
	const char *const words[MOST_WORDS + 1] = { "re-enumerate", device_of(recovery),
						    "--power-cycle" };
	char *output;
	int r = run_on_device(recovery, words, &output);
	enum outcome outcome;

	if (r >= 0 && r <= 128)
		outcome = outcome_of_power_cycle(recovery, r, output);
	else
		outcome = outcome_of_killed_cycle(recovery, r);
	free(output);
	return outcome;
}

/* A hook, a driver or a hotplug event may have removed the function since the event. */
static bool is_gone(struct recovery *recovery)
{
	char *path = text("/sys/bus/pci/devices/%s", device_of(recovery));
	int r = access(path, F_OK) ? errno : 0;

	free(path);
	if (r)
		WHY(recovery, "%s",
		    r == ENOENT ? "the function does not exist any more" : strerror(r));
	return r;
}

static enum outcome run_step(struct recovery *recovery, const struct step *step)
{
	recovery->why[0] = '\0';
	if (is_gone(recovery))
		return OUTCOME_REFUSED;
	switch (step->kind) {
	case STEP_REBIND:
		return step_rebind(recovery);
	case STEP_RESET:
		return step_reset(recovery, step);
	default:
		return step_power_cycle(recovery);
	}
}

/* ---- hooks and events */

static int run_hook(struct recovery *recovery, const char *command, const char *step)
{
	char *words = text("%s", command), *argv[POLICY_MAX_WORDS + 1];
	char *const environment[] = {
		text("PCIRESET_DEVICE=%s", device_of(recovery)),
		text("PCIRESET_EVENT=%s", event_kind_name(recovery->event->kind)),
		text("PCIRESET_REPORT=%s", recovery->event->text),
		text("PCIRESET_POLICY=%s", recovery->policy->where),
		step ? text("PCIRESET_STEP=%s", step) : NULL,
		NULL,
	};
	struct child child = {
		.argv = argv,
		.environment = environment,
		.timeout_ms = recovery->policy->hook_timeout_ms,
	};
	enum outcome outcome;

	hook_split(words, argv);
	outcome = outcome_of(recovery, child_run(&child), command);
	for (size_t i = 0; i < ARRAY_SIZE(environment); i++)
		free(environment[i]);
	free(words);
	return outcome == OUTCOME_VERIFIED ? 0 : -EIO;
}

static bool wait_event(struct recovery *recovery, uint32_t *ms, struct event *ret_event)
{
	return source_wait(recover_of(recovery)->source, device_of(recovery), ms, ret_event);
}

const struct recovery_ops recover_ops = {
	.step = run_step,
	.hook = run_hook,
	.unbind = unbind_driver,
	.bind = bind_driver,
	.wait = wait_event,
	.report = print_step,
};
