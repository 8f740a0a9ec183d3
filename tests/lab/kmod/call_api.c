// SPDX-License-Identifier: GPL-2.0-only
/* Calls each function that pcireset exports, by name: /sys/kernel/debug/call_api. */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "pcireset_api.h"

/*
 * A call is written, and read back from the same open file:
 *
 *	NAME FUNCTION[,FUNCTION...] TYPES
 *
 * NAME is the exported function's without "pcireset_", FUNCTION an address such
 * as 0000:03:00.1, TYPES a mask. Only run_batch takes several functions.
 * "plan" keeps the plan, "run" runs the one that is kept, "plan_put" drops it;
 * both take the same arguments and ignore them. The answer is one line for each
 * function: NAME=VALUE words and then the members. "state_saved" is no function
 * of pcireset but tells what the core has of each.
 */

#define MAX_FUNCTIONS 8
#define MAX_MEMBERS   16

struct call {
	struct pci_dev *devs[MAX_FUNCTIONS];
	unsigned int nr_devs;
	u32 types;
	char *answer;
	size_t size;
	size_t length;
};

/* Protects the plan that is kept. */
static DEFINE_MUTEX(kept_mutex);
static struct pcireset_plan *kept;

static __printf(2, 3) void say(struct call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	call->length +=
		vscnprintf(call->answer + call->length, call->size - call->length, format, args);
	va_end(args);
}

static void say_addr(struct call *call, const char *name, const struct pcireset_addr *addr)
{
	say(call, " %s=%04x:%02x:%02x.%u", name, addr->domain, addr->bus, PCI_SLOT(addr->devfn),
	    PCI_FUNC(addr->devfn));
}

static void say_report(struct call *call, int result, const struct pcireset_report *report)
{
	unsigned int i;

	say(call, "result=%d type=%#x issued=%#x scope=%u proof=%u failed=%#x why=%u", result,
	    report->type, report->issued, report->scope, report->proof, report->failed,
	    report->why);
	say_addr(call, "who", &report->who);
	say(call, " wait_ms=%llu total_ms=%llu members=%u", report->wait_ns / NSEC_PER_MSEC,
	    report->total_ns / NSEC_PER_MSEC, report->nr_members);
	for (i = 0; report->members && i < min(report->nr_members, report->max_members); i++) {
		say_addr(call, "member", &report->members[i].addr);
		say(call, "/%#x/%u/%u", report->members[i].flags, report->members[i].state,
		    report->members[i].proof);
	}
	say(call, "\n");
}

typedef int (*reset_fn)(struct pci_dev *dev, u32 types, struct pcireset_report *report);

static int call_reset(struct call *call, reset_fn reset)
{
	struct pcireset_member members[MAX_MEMBERS];
	struct pcireset_report report = { .members = members, .max_members = MAX_MEMBERS };
	int result;

	result = reset(call->devs[0], call->types, &report);
	say_report(call, result, &report);
	return 0;
}

/* As in probe() and remove(), which the core calls with the device locked. */
static int call_reset_locked(struct call *call, reset_fn reset)
{
	int error;

	device_lock(&call->devs[0]->dev);
	error = call_reset(call, reset);
	device_unlock(&call->devs[0]->dev);
	return error;
}

static int call_probe_function(struct call *call)
{
	say(call, "types=%#x\n", pcireset_probe_function(call->devs[0], call->types));
	return 0;
}

static int call_function(struct call *call)
{
	return call_reset(call, pcireset_function);
}

static int call_try_function(struct call *call)
{
	return call_reset(call, pcireset_try_function);
}

static int call_function_locked(struct call *call)
{
	return call_reset_locked(call, pcireset_function_locked);
}

static int call_bus(struct call *call)
{
	return call_reset(call, pcireset_bus);
}

static int call_try_bus(struct call *call)
{
	return call_reset(call, pcireset_try_bus);
}

static int call_bus_locked(struct call *call)
{
	return call_reset_locked(call, pcireset_bus_locked);
}

/* The raw functions leave the configuration to their caller, which is here. */
static int save(struct pci_dev *dev, void *data)
{
	return pci_save_state(dev);
}

static int restore(struct pci_dev *dev, void *data)
{
	pci_restore_state(dev);
	return 0;
}

static void say_command(struct call *call, const char *name, struct pci_dev *dev)
{
	u16 command;

	pci_read_config_word(dev, PCI_COMMAND, &command);
	say(call, "%s=%#x ", name, command);
}

static int call_raw_function_locked(struct call *call)
{
	struct pci_dev *dev = call->devs[0];
	int error;

	device_lock(&dev->dev);
	pci_save_state(dev);
	say_command(call, "before", dev);
	error = call_reset(call, pcireset_raw_function_locked);
	say_command(call, "after", dev);
	pci_restore_state(dev);
	device_unlock(&dev->dev);
	say(call, "\n");
	return error;
}

static int raw_bus(struct pci_dev *bridge, u32 types, struct pcireset_report *report)
{
	return pcireset_raw_bus(bridge, report);
}

static int call_raw_bus(struct call *call)
{
	struct pci_bus *bus = call->devs[0]->subordinate;
	int error;

	if (bus)
		pci_walk_bus(bus, save, NULL);
	error = call_reset(call, raw_bus);
	if (bus)
		pci_walk_bus(bus, restore, NULL);
	return error;
}

/* As a caller that keeps the configuration in its own way, and walks no list of functions. */
static int call_raw_bus_alone(struct call *call)
{
	return call_reset(call, raw_bus);
}

static void say_plan(struct call *call, const struct pcireset_plan *plan)
{
	unsigned int i, nr = pcireset_plan_nr_members(plan);

	say(call, "result=0 type=%#x members=%u", pcireset_plan_type(plan), nr);
	for (i = 0; i < nr; i++)
		say(call, " member=%s", pci_name(pcireset_plan_member(plan, i)));
	/* One more than there are. */
	say(call, " end=%d\n", !pcireset_plan_member(plan, nr));
}

static int call_plan(struct call *call)
{
	struct pcireset_request request = { .types = call->types };
	int error;

	pcireset_plan_put(kept);
	kept = NULL;
	error = pcireset_plan(call->devs[0], &request, &kept);
	if (error)
		say(call, "result=%d\n", error);
	else
		say_plan(call, kept);
	return 0;
}

static int call_run(struct call *call)
{
	struct pcireset_member members[MAX_MEMBERS];
	struct pcireset_report report = { .members = members, .max_members = MAX_MEMBERS };
	int result;

	if (!kept)
		return -ENOENT;
	result = pcireset_run(kept, &report);
	say_report(call, result, &report);
	return 0;
}

static int call_plan_put(struct call *call)
{
	pcireset_plan_put(kept);
	kept = NULL;
	return 0;
}

struct batch {
	struct pcireset_job jobs[MAX_FUNCTIONS];
	struct pcireset_report reports[MAX_FUNCTIONS];
	struct pcireset_member members[MAX_FUNCTIONS][MAX_MEMBERS];
};

static int run_batch(struct call *call, struct batch *batch)
{
	struct pcireset_request request = { .types = call->types };
	unsigned int i;
	int error;

	for (i = 0; i < call->nr_devs; i++) {
		error = pcireset_plan(call->devs[i], &request, &batch->jobs[i].plan);
		if (error)
			return error;
		/* The first has no room for members, which must not keep the others from theirs. */
		if (i)
			batch->reports[i].members = batch->members[i];
		batch->reports[i].max_members = MAX_MEMBERS;
		batch->jobs[i].report = &batch->reports[i];
	}

	error = pcireset_run_batch(batch->jobs, call->nr_devs);
	for (i = 0; i < call->nr_devs && !error; i++)
		say_report(call, batch->jobs[i].result, &batch->reports[i]);
	return error;
}

static int call_run_batch(struct call *call)
{
	struct batch *batch = kzalloc(sizeof(*batch), GFP_KERNEL);
	unsigned int i;
	int error;

	if (!batch)
		return -ENOMEM;
	error = run_batch(call, batch);
	for (i = 0; i < call->nr_devs; i++)
		pcireset_plan_put(batch->jobs[i].plan);
	kfree(batch);
	return error;
}

/* What the core keeps for whoever has saved something; nobody else sees it. */
static int call_state_saved(struct call *call)
{
	unsigned int i;

	for (i = 0; i < call->nr_devs; i++)
		say(call, "state_saved=%d\n", call->devs[i]->state_saved);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct call *call);
} calls[] = {
	{ "probe_function", call_probe_function },
	{ "function", call_function },
	{ "try_function", call_try_function },
	{ "function_locked", call_function_locked },
	{ "raw_function_locked", call_raw_function_locked },
	{ "bus", call_bus },
	{ "try_bus", call_try_bus },
	{ "bus_locked", call_bus_locked },
	{ "raw_bus", call_raw_bus },
	{ "raw_bus_alone", call_raw_bus_alone },
	{ "plan", call_plan },
	{ "run", call_run },
	{ "plan_put", call_plan_put },
	{ "run_batch", call_run_batch },
	{ "state_saved", call_state_saved },
};

static int add_function(struct call *call, const char *word)
{
	unsigned int domain, bus, slot, func;
	struct pci_dev *dev;

	if (call->nr_devs == MAX_FUNCTIONS ||
	    sscanf(word, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4)
		return -EINVAL;
	dev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
	if (!dev)
		return -ENODEV;
	call->devs[call->nr_devs++] = dev;
	return 0;
}

static int parse(struct call *call, char *functions, const char *types)
{
	char *word;
	int error;

	if (!functions || !types)
		return -EINVAL;
	while ((word = strsep(&functions, ","))) {
		error = add_function(call, word);
		if (error)
			return error;
	}
	return kstrtou32(types, 0, &call->types);
}

static int run_by_name(struct call *call, const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].run(call);
	return -EINVAL;
}

static int run_text(struct call *call, char *text)
{
	char *name, *functions;
	int error;

	text = strim(text);
	name = strsep(&text, " ");
	functions = strsep(&text, " ");
	error = parse(call, functions, text);
	if (!error) {
		mutex_lock(&kept_mutex);
		error = run_by_name(call, name);
		mutex_unlock(&kept_mutex);
	}
	while (call->nr_devs)
		pci_dev_put(call->devs[--call->nr_devs]);
	return error;
}

static ssize_t call_write(struct file *file, const char __user *data, size_t size, loff_t *pos)
{
	struct call call = { .size = SIMPLE_TRANSACTION_LIMIT };
	char *answer = simple_transaction_get(file, data, size);
	char *text;
	int error;

	if (IS_ERR(answer))
		return PTR_ERR(answer);
	text = kstrdup(answer, GFP_KERNEL);
	if (!text)
		return -ENOMEM;

	call.answer = answer;
	error = run_text(&call, text);
	kfree(text);
	if (error)
		return error;
	simple_transaction_set(file, call.length);
	return size;
}

static const struct file_operations call_fops = {
	.owner = THIS_MODULE,
	.write = call_write,
	.read = simple_transaction_read,
	.release = simple_transaction_release,
};

static struct dentry *call_file;

static int __init call_api_init(void)
{
	call_file = debugfs_create_file("call_api", 0600, NULL, NULL, &call_fops);
	return PTR_ERR_OR_ZERO(call_file);
}

static void __exit call_api_exit(void)
{
	debugfs_remove(call_file);
	pcireset_plan_put(kept);
}

module_init(call_api_init);
module_exit(call_api_exit);

MODULE_DESCRIPTION("Calls what pcireset exports, for a test");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
PCIRESET_IMPORT();
