// SPDX-License-Identifier: GPL-2.0-only
/* Functions that are removed while they are found, planned or reset: what keeps them meanwhile. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "machine.h"
#include "run/run.h"

/* Long enough for all other threads to end, or to wait for a lock. */
#define REMOVAL_MOMENT_MS 10

/**
 * struct removal_thread - a thread that the test waits for
 * @run: what it does
 * @machine: the machine
 * @ended: completed at its end
 */
struct removal_thread {
	void (*run)(struct pcireset_kunit_machine *machine);
	struct pcireset_kunit_machine *machine;
	struct completion ended;
};

static int removal_run_thread(void *data)
{
	struct removal_thread *thread = data;

	thread->run(thread->machine);
	complete(&thread->ended);
	return 0;
}

/* Returns when the thread has ended, or waits for something. */
static void removal_start(struct kunit *test, struct removal_thread *thread,
			  void (*run)(struct pcireset_kunit_machine *machine))
{
	struct task_struct *task;

	thread->run = run;
	thread->machine = test->priv;
	init_completion(&thread->ended);
	task = kthread_run(removal_run_thread, thread, "pcireset-kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	msleep(REMOVAL_MOMENT_MS);
}

static void removal_remove_second(struct pcireset_kunit_machine *machine)
{
	pci_stop_and_remove_bus_device_locked(machine->fns[1]);
}

/* ---- a removal that has released the device lock for the last time */

/* Called for the second function before the module hears of its end. */
static void (*removal_at_end)(struct pcireset_kunit_machine *machine);
static struct pcireset_kunit_machine *removal_machine;

static int removal_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action == BUS_NOTIFY_REMOVED_DEVICE && data == &removal_machine->fns[1]->dev)
		removal_at_end(removal_machine);
	return NOTIFY_DONE;
}

static struct notifier_block removal_notifier = {
	.notifier_call = removal_notify,
	.priority = 1,
};

static bool removal_was_free, removal_was_there;

static void removal_look(struct pcireset_kunit_machine *machine)
{
	struct pci_dev *dev = machine->fns[1];

	removal_was_free = device_trylock(&dev->dev);
	if (!removal_was_free)
		return;
	removal_was_there = pcireset_is_there(dev);
	device_unlock(&dev->dev);
}

static void removal_remove_with(struct kunit *test,
				void (*at_end)(struct pcireset_kunit_machine *machine))
{
	removal_machine = test->priv;
	removal_at_end = at_end;
	KUNIT_ASSERT_EQ(test, bus_register_notifier(&pci_bus_type, &removal_notifier), 0);
	removal_remove_second(test->priv);
	bus_unregister_notifier(&pci_bus_type, &removal_notifier);
}

/* The holder of the lock could use the bus of the function after its end. */
static void lock_does_not_keep_a_function_that_is_there(struct kunit *test)
{
	removal_was_there = true;
	removal_remove_with(test, removal_look);
	KUNIT_EXPECT_TRUE(test, removal_was_free);
	KUNIT_EXPECT_FALSE(test, removal_was_there);
}

/* ---- the search for all functions when the module is loaded */

static DECLARE_COMPLETION(removal_reached);
static DECLARE_COMPLETION(removal_go_on);

static void removal_wait(struct pcireset_kunit_machine *machine)
{
	complete(&removal_reached);
	wait_for_completion(&removal_go_on);
}

static void removal_remove_and_wait(struct pcireset_kunit_machine *machine)
{
	bus_register_notifier(&pci_bus_type, &removal_notifier);
	removal_remove_second(machine);
	bus_unregister_notifier(&pci_bus_type, &removal_notifier);
}

/* The search has found it before, and adds it when it is gone. */
static void function_that_is_found_too_late_stays_there(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct removal_thread remover;

	removal_machine = machine;
	removal_at_end = removal_wait;
	reinit_completion(&removal_reached);
	reinit_completion(&removal_go_on);
	removal_start(test, &remover, removal_remove_and_wait);
	wait_for_completion(&removal_reached);
	down_read(&pcireset_topology);
	complete(&removal_go_on);
	msleep(REMOVAL_MOMENT_MS);
	pcireset_find_add(machine->fns[1]);
	up_read(&pcireset_topology);
	wait_for_completion(&remover.ended);
	KUNIT_EXPECT_FALSE(test, pcireset_is_there(machine->fns[1]));
	pcireset_find_remove(machine->fns[1]);
}

/* ---- a bridge without functions below it */

/* Nothing else runs before the bus is freed. */
static void removal_remove_port(struct pcireset_kunit_machine *machine)
{
	sched_set_fifo(current);
	pci_stop_and_remove_bus_device_locked(machine->port);
}

static int removal_stay(struct pci_dev *dev, void *data)
{
	removal_wait(data);
	return 1;
}

/* As error recovery does: pci_bus_sem is held for reading, and a writer waits for it. */
static void removal_hold_bus_sem(struct pcireset_kunit_machine *machine)
{
	pci_walk_bus(machine->bridge->bus, removal_stay, machine);
}

static int removal_plan_error;
static u32 removal_plan_why;

static void removal_plan_port(struct pcireset_kunit_machine *machine)
{
	struct pcireset_request request = { .types = PCI_RESET_PM };
	struct pcireset_plan *plan;

	removal_plan_error = pcireset_plan_make(machine->port, &request, false, &plan);
	if (removal_plan_error)
		return;
	removal_plan_why = plan->why;
	pcireset_plan_put(plan);
}

/* Nobody on the bus keeps it. The walk waits for the removal, and then finds the bus freed. */
static void bus_that_is_being_freed_is_visited(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct removal_thread holder, remover, planner;

	pcireset_kunit_empty_bus(machine);
	/* A removed function keeps the bus. */
	pci_dev_put(machine->fns[0]);
	pci_dev_put(machine->fns[1]);
	machine->fns[0] = NULL;
	machine->fns[1] = NULL;
	machine->port->pm_cap = KUNIT_PM;
	reinit_completion(&removal_reached);
	reinit_completion(&removal_go_on);
	removal_start(test, &holder, removal_hold_bus_sem);
	wait_for_completion(&removal_reached);
	removal_start(test, &remover, removal_remove_port);
	KUNIT_EXPECT_FALSE(test, completion_done(&remover.ended));
	removal_start(test, &planner, removal_plan_port);
	complete(&removal_go_on);
	wait_for_completion(&holder.ended);
	wait_for_completion(&remover.ended);
	wait_for_completion(&planner.ended);
	machine->port->pm_cap = 0;
	KUNIT_EXPECT_EQ(test, removal_plan_error, 0);
	KUNIT_EXPECT_EQ(test, removal_plan_why, PCIRESET_WHY_CHANGED);
}

static struct kunit_case removal_cases[] = {
	KUNIT_CASE(lock_does_not_keep_a_function_that_is_there),
	KUNIT_CASE(function_that_is_found_too_late_stays_there),
	KUNIT_CASE(bus_that_is_being_freed_is_visited),
	{},
};

static struct kunit_suite removal_suite = {
	.name = "pcireset-removal",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = removal_cases,
};

kunit_test_suite(removal_suite);
