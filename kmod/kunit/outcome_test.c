// SPDX-License-Identifier: GPL-2.0-only
/* Whole resets of hardware that fails in one way: what is restored, reported, and tried next. */
#include <linux/delay.h>
#include <linux/module.h>

#include "machine.h"
#include "run/run.h"
#include "run/trace.h"

/* A free place for Downstream Port Containment of the port. */
#define OUTCOME_DPC 0x140

/* The worker gives a function up after 60 s. */
#define OUTCOME_WORKER_MS 70000

/*
 * A function that an FLR and D3hot reset: both clear Command. It may be silent after an FLR
 * until @answers_at, or else until the D3hot.
 */
static struct {
	struct pci_ops *ops;
	struct pcireset_kunit_machine *machine;
	bool ignores_flr;
	bool is_silent_after_flr;
	bool is_silent_after_restore;
	bool breaks_in_flr;
	u32 answers_after_ms;
	bool is_silent;
	ktime_t answers_at;
	unsigned int nr_moves; /* reads that change the topology */
} outcome_hardware;

static u32 *outcome_space(void)
{
	return outcome_hardware.machine->space[0];
}

static u16 outcome_command(void)
{
	return outcome_space()[PCI_COMMAND / 4];
}

static bool outcome_is_silent(void)
{
	ktime_t at = outcome_hardware.answers_at;

	return outcome_hardware.is_silent && (!at || ktime_before(ktime_get(), at));
}

static int outcome_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	if (outcome_hardware.nr_moves) {
		outcome_hardware.nr_moves--;
		pcireset_topology_moved(outcome_hardware.machine->fns[0]);
	}
	outcome_hardware.ops->read(bus, devfn, where, size, value);
	if (!devfn && outcome_is_silent())
		*value = size < 4 ? (1U << (8 * size)) - 1 : ~0U;
	return PCIBIOS_SUCCESSFUL;
}

static void outcome_take_flr(void)
{
	if (outcome_hardware.breaks_in_flr)
		outcome_space()[(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] |= 1;
	if (!outcome_hardware.ignores_flr)
		kunit_put16(outcome_space(), PCI_COMMAND, 0);
	outcome_hardware.is_silent = outcome_hardware.is_silent_after_flr;
	if (outcome_hardware.answers_after_ms)
		outcome_hardware.answers_at =
			ktime_add_ms(ktime_get(), outcome_hardware.answers_after_ms);
}

static void outcome_take_d0(void)
{
	outcome_space()[(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] &= ~1U;
	outcome_space()[(KUNIT_PM + PCI_PM_CTRL) / 4] &= ~PCI_PM_CTRL_STATE_MASK;
	kunit_put16(outcome_space(), PCI_COMMAND, 0);
	outcome_hardware.is_silent = false;
}

static int outcome_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	bool is_flr = where == KUNIT_PCIE + PCI_EXP_DEVCTL && value & PCI_EXP_DEVCTL_BCR_FLR;
	bool is_d0 = where == KUNIT_PM + PCI_PM_CTRL && !(value & PCI_PM_CTRL_STATE_MASK);

	if (devfn)
		return outcome_hardware.ops->write(bus, devfn, where, size, value);
	if (is_d0) {
		outcome_take_d0();
		return PCIBIOS_SUCCESSFUL;
	}
	if (outcome_is_silent())
		return PCIBIOS_SUCCESSFUL;
	if (is_flr)
		outcome_take_flr();
	else
		outcome_hardware.ops->write(bus, devfn, where, size, value);
	if (where == PCI_COMMAND && value & PCI_COMMAND_MEMORY)
		outcome_hardware.is_silent |= outcome_hardware.is_silent_after_restore;
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops outcome_ops = { .read = outcome_read, .write = outcome_write };

static int outcome_init(struct kunit *test)
{
	int error = pcireset_kunit_machine_init(test);
	struct pcireset_kunit_machine *machine = test->priv;

	if (error)
		return error;
	memset(&outcome_hardware, 0, sizeof(outcome_hardware));
	outcome_hardware.machine = machine;
	outcome_hardware.ops = machine->fns[0]->bus->ops;
	machine->fns[0]->bus->ops = &outcome_ops;
	kunit_put16(machine->space[0], PCI_COMMAND, PCI_COMMAND_MEMORY);
	return 0;
}

static void outcome_exit(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	if (machine && machine->fns[0])
		machine->fns[0]->bus->ops = outcome_hardware.ops;
	pcireset_kunit_machine_exit(test);
}

/* A reset of the first function; returns its errno. */
static int outcome_run(struct pcireset_request request, struct pcireset_report *report)
{
	return pcireset_run_like(outcome_hardware.machine->fns[0], &request, false, NULL, report);
}

/* The function answers from now on. At its end the worker releases the module. */
static void outcome_end_worker(struct kunit *test, int refs)
{
	unsigned int i;

	outcome_hardware.is_silent = false;
	for (i = 0; i < OUTCOME_WORKER_MS / 100 && module_refcount(THIS_MODULE) > refs; i++)
		msleep(100);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs);
}

/* FLR, and PM if there is no proof. */
static const struct pcireset_request outcome_to_pm = {
	.types = PCI_RESET_FLR | PCI_RESET_PM,
	.checks = PCIRESET_DEFAULT_CHECKS | PCIRESET_CHECK_PROOF,
	.flags = PCIRESET_RESET_ESCALATE,
};

/* ---- drivers */

static unsigned int outcome_prepared, outcome_done, outcome_nr_io;

/* An allocation that waits for I/O may wait for the driver that was told to prepare. */
static void outcome_count_io(void)
{
	outcome_nr_io += !(current->flags & PF_MEMALLOC_NOIO);
}

static void outcome_prepare(struct pci_dev *dev)
{
	outcome_count_io();
	outcome_prepared++;
}

static void outcome_finish(struct pci_dev *dev)
{
	outcome_count_io();
	outcome_done++;
}

static const struct pci_error_handlers outcome_handlers = { .reset_prepare = outcome_prepare,
							    .reset_done = outcome_finish };
static struct pci_driver outcome_driver = { .name = "pcireset-kunit",
					    .err_handler = &outcome_handlers };

static void outcome_bind(struct pci_driver *driver)
{
	outcome_prepared = 0;
	outcome_done = 0;
	outcome_nr_io = 0;
	outcome_hardware.machine->fns[0]->driver = driver;
}

static void driver_hears_of_each_type(struct kunit *test)
{
	struct pcireset_report report = { NULL };

	outcome_hardware.ignores_flr = true;
	outcome_bind(&outcome_driver);
	KUNIT_EXPECT_EQ(test, outcome_run(outcome_to_pm, &report), 0);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR | PCI_RESET_PM);
	KUNIT_EXPECT_EQ(test, outcome_prepared, 1);
	KUNIT_EXPECT_EQ(test, outcome_done, 1);
	KUNIT_EXPECT_EQ(test, outcome_nr_io, 0);
	outcome_bind(NULL);
}

/* ---- members that do not come back in time */

static bool outcome_seen_blocked;

static void outcome_see_blocked(void *data, const struct pcireset_run *run,
				const struct pcireset_fn *fn)
{
	outcome_seen_blocked = fn->blocked;
}

/* It would not answer the IOMMU, its driver would use it, and there is nothing to settle. */
static void late_function_is_given_back(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR,
					    .checks = PCIRESET_CHECK_LINK,
					    .timeout_ms = 5,
					    .settle_ms = 60000 };
	struct pcireset_member member = {};
	struct pcireset_report report = { .members = &member, .max_members = 1 };
	int refs = module_refcount(THIS_MODULE);

	KUNIT_ASSERT_EQ(test, register_trace_pcireset_check(outcome_see_blocked, NULL), 0);
	outcome_seen_blocked = false;
	outcome_hardware.is_silent_after_flr = true;
	outcome_bind(&outcome_driver);
	/* Readiness is judged for any checks. */
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -ETIMEDOUT);
	unregister_trace_pcireset_check(outcome_see_blocked, NULL);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_NOT_READY);
	KUNIT_EXPECT_TRUE(test, member.flags & PCIRESET_MEMBER_LATE);
	KUNIT_EXPECT_TRUE(test, outcome_seen_blocked);
	KUNIT_EXPECT_LT(test, report.total_ns, 10000000000ULL);
	KUNIT_EXPECT_EQ(test, outcome_prepared, 1);
	KUNIT_EXPECT_EQ(test, outcome_done, 0);
	outcome_end_worker(test, refs);
	KUNIT_EXPECT_EQ(test, outcome_done, 1);
	KUNIT_EXPECT_EQ(test, outcome_nr_io, 0);
	KUNIT_EXPECT_EQ(test, outcome_command(), PCI_COMMAND_MEMORY);
	outcome_bind(NULL);
}

static void function_that_a_wider_reset_brought_back_is_late(struct kunit *test)
{
	struct pcireset_request request = outcome_to_pm;
	struct pcireset_member member = {};
	struct pcireset_report report = { .members = &member, .max_members = 1 };

	request.timeout_ms = 5;
	outcome_hardware.is_silent_after_flr = true;
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), 0);
	KUNIT_EXPECT_EQ(test, report.type, PCI_RESET_PM);
	KUNIT_EXPECT_EQ(test, member.state, PCIRESET_STATE_RESTORED);
	KUNIT_EXPECT_EQ(test, member.flags, PCIRESET_MEMBER_TARGET | PCIRESET_MEMBER_RESET);
	KUNIT_EXPECT_EQ(test, outcome_command(), PCI_COMMAND_MEMORY);
}

static s64 outcome_locked_us;

static void outcome_see_ready(void *data, const struct pcireset_run *run,
			      const struct pcireset_fn *fn, int error)
{
	outcome_locked_us = ktime_us_delta(ktime_get(), run->triggered);
}

/* PCIe r6.0, sec 6.6.1: locks are held for 1 s at most. Then a wider type is tried. */
static void locks_are_held_as_long_as_the_caller_likes(struct kunit *test)
{
	struct pcireset_request request = outcome_to_pm;
	struct pcireset_report report = { NULL };

	KUNIT_ASSERT_EQ(test, register_trace_pcireset_ready(outcome_see_ready, NULL), 0);
	request.types = PCI_RESET_FLR;
	request.timeout_ms = 20000;
	outcome_hardware.is_silent_after_flr = true;
	outcome_hardware.answers_after_ms = 5000;
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), 0);
	unregister_trace_pcireset_ready(outcome_see_ready, NULL);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_LT(test, outcome_locked_us, 1200000);
	KUNIT_EXPECT_GE(test, report.wait_ns, 5000000000ULL);
	KUNIT_EXPECT_EQ(test, report.proof, PCIRESET_PROOF_SHOWN);
	KUNIT_EXPECT_EQ(test, outcome_command(), PCI_COMMAND_MEMORY);
}

static void wider_reset_takes_its_locks_twice(struct kunit *test)
{
	struct pcireset_request request = outcome_to_pm;
	struct pcireset_report report = { NULL };

	request.timeout_ms = 20000;
	outcome_hardware.ignores_flr = true;
	outcome_hardware.is_silent_after_flr = true;
	outcome_hardware.answers_after_ms = 5000;
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), 0);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, report.type, PCI_RESET_PM);
	KUNIT_EXPECT_EQ(test, report.proof, PCIRESET_PROOF_SHOWN);
	KUNIT_EXPECT_EQ(test, outcome_command(), PCI_COMMAND_MEMORY);
}

/* pciehp marks it after the last look at it, and before the worker would take it. */
static void outcome_disconnect(void *data, const struct pcireset_run *run,
			       const struct pcireset_fn *fn)
{
	fn->dev->error_state = pci_channel_io_perm_failure;
}

static void outcome_see_end(void *data, const struct pcireset_run *run, int result)
{
	outcome_seen_blocked = run->tx->fns[0].blocked;
}

/* Since 7.0, no other domain could be attached to its IOMMU group any more. */
static void function_that_is_pulled_while_late_stays_blocked(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR, .timeout_ms = 5 };
	struct pcireset_member member = {};
	struct pcireset_report report = { .members = &member, .max_members = 1 };
	struct pci_dev *dev = outcome_hardware.machine->fns[0];

	KUNIT_ASSERT_EQ(test, register_trace_pcireset_check(outcome_disconnect, NULL), 0);
	KUNIT_ASSERT_EQ(test, register_trace_pcireset_end(outcome_see_end, NULL), 0);
	outcome_seen_blocked = true;
	outcome_hardware.is_silent_after_flr = true;
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -ETIMEDOUT);
	unregister_trace_pcireset_end(outcome_see_end, NULL);
	unregister_trace_pcireset_check(outcome_disconnect, NULL);
	tracepoint_synchronize_unregister();
	dev->error_state = pci_channel_io_normal;
	KUNIT_EXPECT_FALSE(test, pcireset_is_unfinished(dev, PCIRESET_LATE, NULL));
	KUNIT_EXPECT_FALSE(test, outcome_seen_blocked);
	KUNIT_EXPECT_FALSE(test, member.flags & PCIRESET_MEMBER_LATE);
}

#ifdef CONFIG_PCIE_DPC
/* The kernel waits for the locks to recover the link, and restores the function itself. */
static void contained_function_is_waited_for(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR, .timeout_ms = 20000 };
	struct pcireset_member member = {};
	struct pcireset_report report = { .members = &member, .max_members = 1 };
	struct pcireset_kunit_machine *machine = test->priv;

	machine->port->dpc_cap = OUTCOME_DPC;
	kunit_put16(machine->port_space, OUTCOME_DPC + PCI_EXP_DPC_STATUS,
		    PCI_EXP_DPC_STATUS_TRIGGER);
	outcome_hardware.is_silent_after_flr = true;
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -ETIMEDOUT);
	machine->port->dpc_cap = 0;
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_CONTAINED);
	KUNIT_EXPECT_FALSE(test, member.flags & PCIRESET_MEMBER_LATE);
	KUNIT_EXPECT_LT(test, report.total_ns, 900000000ULL);
	KUNIT_EXPECT_FALSE(test, pcireset_is_unfinished(machine->fns[0], PCIRESET_LATE, NULL));
	outcome_hardware.is_silent = false;
}
#endif

/* ---- members that come back, and not as before */

/* Nothing is known about its registers. */
static void function_that_is_gone_again_fails_the_comparison(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR, .timeout_ms = 5 };
	struct pcireset_member member = {};
	struct pcireset_report report = { .members = &member, .max_members = 1 };
	int refs = module_refcount(THIS_MODULE);

	outcome_hardware.is_silent_after_restore = true;
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, report.failed & ~PCIRESET_CHECK_LINK, PCIRESET_CHECK_READY);
	KUNIT_EXPECT_EQ(test, member.state, PCIRESET_STATE_DEAD);
	KUNIT_EXPECT_EQ(test, member.offset, 0);
	outcome_hardware.is_silent_after_restore = false;
	outcome_end_worker(test, refs);
}

/* The register and its offset are of the FLR alone. Without proof, it is not the last type. */
static void difference_of_an_earlier_type_stays(struct kunit *test)
{
	struct pcireset_member member = {};
	struct pcireset_report report = { .members = &member, .max_members = 1 };
	struct pcireset_request request = outcome_to_pm;

	outcome_hardware.ignores_flr = true;
	outcome_hardware.breaks_in_flr = true;
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), 0);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR | PCI_RESET_PM);
	KUNIT_EXPECT_EQ(test, report.failed, 0);
	KUNIT_EXPECT_EQ(test, member.failed, 0);
	KUNIT_EXPECT_EQ(test, member.offset, 0);

	/* A wider reset does not bring back a register. */
	outcome_hardware.ignores_flr = false;
	report = (struct pcireset_report){ .members = &member, .max_members = 1 };
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -EIO);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_CONFIG);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, member.offset, KUNIT_PCIE + PCI_EXP_DEVCAP);
}

/* After the first check, and before the one that follows the settle time. */
static void outcome_lose_command(void *data, const struct pcireset_run *run,
				 const struct pcireset_fn *fn)
{
	unsigned int *nr_checks = data;

	if (++*nr_checks == 1)
		kunit_put16(outcome_space(), PCI_COMMAND, 0);
}

static void configuration_that_is_lost_again_stays_lost(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR, .settle_ms = 10 };
	struct pcireset_report report = { NULL };
	unsigned int nr_checks = 0;

	KUNIT_ASSERT_EQ(test, register_trace_pcireset_check(outcome_lose_command, &nr_checks), 0);
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -EIO);
	unregister_trace_pcireset_check(outcome_lose_command, &nr_checks);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, nr_checks, 2);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_CONFIG);
	KUNIT_EXPECT_EQ(test, outcome_command(), PCI_COMMAND_MEMORY);
}

/* As an unbinding and a binding of the same driver, which then sets Bus Master Enable. */
static void outcome_bind_again(struct work_struct *work)
{
	struct pci_dev *dev = outcome_hardware.machine->fns[0];

	device_lock(&dev->dev);
	pcireset_late_unbind(dev);
	kunit_put16(outcome_space(), PCI_COMMAND, PCI_COMMAND_MASTER);
	device_unlock(&dev->dev);
}

static DECLARE_DELAYED_WORK(outcome_binder, outcome_bind_again);

static void outcome_bind_later(void *data, const struct pcireset_run *run,
			       const struct pcireset_fn *fn)
{
	schedule_delayed_work(&outcome_binder, msecs_to_jiffies(20));
}

static void state_of_an_earlier_binding_is_restored(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR, .settle_ms = 1000 };
	struct pcireset_report report = { NULL };

	outcome_bind(&outcome_driver);
	KUNIT_ASSERT_EQ(test, register_trace_pcireset_check(outcome_bind_later, NULL), 0);
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -EIO);
	unregister_trace_pcireset_check(outcome_bind_later, NULL);
	tracepoint_synchronize_unregister();
	cancel_delayed_work_sync(&outcome_binder);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_CHANGED);
	KUNIT_EXPECT_EQ(test, outcome_command(), PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, outcome_prepared, 1);
	KUNIT_EXPECT_EQ(test, outcome_done, 1);
	outcome_bind(NULL);
}

/* The reset of the bus proves itself in the second function only. */
static void outcome_reset_second(void *data, const struct pcireset_run *run, u32 type, int error)
{
	kunit_put16(outcome_hardware.machine->space[1], PCI_COMMAND, 0);
}

static void proof_of_one_member_is_enough(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_BUS };
	struct pcireset_report report = { NULL };

	KUNIT_ASSERT_EQ(test, register_trace_pcireset_trigger(outcome_reset_second, NULL), 0);
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), 0);
	unregister_trace_pcireset_trigger(outcome_reset_second, NULL);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, report.proof, PCIRESET_PROOF_REFUTED);
}

/* The second function is below the first one, which another device has replaced. */
static void outcome_put_below(void *data, const struct pcireset_run *run, u32 types)
{
	run->tx->fns[1].planned->parent = 0;
}

static void outcome_replace_first(void *data, const struct pcireset_run *run, u32 type, int error)
{
	outcome_space()[PCI_CLASS_REVISION / 4] ^= 1;
}

static void function_below_the_lost_one_is_the_reason(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_BUS, .timeout_ms = 5 };
	struct pcireset_report report = { NULL };
	int refs = module_refcount(THIS_MODULE);

	KUNIT_ASSERT_EQ(test, register_trace_pcireset_begin(outcome_put_below, NULL), 0);
	KUNIT_ASSERT_EQ(test, register_trace_pcireset_trigger(outcome_replace_first, NULL), 0);
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -EIO);
	unregister_trace_pcireset_trigger(outcome_replace_first, NULL);
	unregister_trace_pcireset_begin(outcome_put_below, NULL);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_OTHER_DEVICE);
	KUNIT_EXPECT_EQ(test, report.who.devfn, 0);
	outcome_end_worker(test, refs);
}

/* ---- errors */

/* The kernel has another address for the first BAR than the function. */
static int outcome_run_without_bar(struct pci_dev *dev, struct pcireset_request request,
				   struct pcireset_report *report)
{
	struct resource *res = &dev->resource[0], before = *res, parent = {};
	int error;

	*res = (struct resource){
		.start = 0xfe000000, .end = 0xfe000fff, .flags = IORESOURCE_MEM, .parent = &parent
	};
	error = outcome_run(request, report);
	*res = before;
	return error;
}

static void lost_address_counts_as_a_failed_reset(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_report report = { NULL };

	KUNIT_EXPECT_EQ(test, outcome_run_without_bar(machine->fns[0], request, &report), -EBUSY);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_BARS);
	KUNIT_EXPECT_EQ(test, report.issued, 0);

	/* The FLR has no proof, and the reset of the bus cannot begin: something was touched. */
	outcome_hardware.ignores_flr = true;
	request = outcome_to_pm;
	request.types = PCI_RESET_FLR | PCI_RESET_BUS;
	report = (struct pcireset_report){ NULL };
	KUNIT_EXPECT_EQ(test, outcome_run_without_bar(machine->fns[1], request, &report), -EIO);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, outcome_command(), PCI_COMMAND_MEMORY);
}

/* A type that the plan had is not supported any more. */
static void plan_that_is_refused_by_now_is_not_stale(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_report report = { NULL };
	struct pcireset_plan *plan;

	KUNIT_ASSERT_EQ(test, pcireset_plan(machine->fns[0], &request, &plan), 0);
	outcome_space()[(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] = 0;
	KUNIT_EXPECT_EQ(test, pcireset_run(plan, &report), -ESTALE);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_CHANGED);
	KUNIT_EXPECT_EQ(test, report.issued, 0);
	pcireset_plan_put(plan);
}

static void topology_that_moves_is_stale(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_report report = { NULL };

	outcome_hardware.nr_moves = UINT_MAX;
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), -EBUSY);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_CHANGED);
	KUNIT_EXPECT_EQ(test, report.issued, 0);
	/* It comes to rest. */
	outcome_hardware.nr_moves = 3;
	report = (struct pcireset_report){ NULL };
	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), 0);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR);
}

/* ---- a reset and nothing else */

static int outcome_run_raw(struct kunit *test, struct pcireset_report *report)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	int error;

	device_lock(&dev->dev);
	error = pcireset_raw_function_locked(dev, PCI_RESET_FLR, report);
	device_unlock(&dev->dev);
	return error;
}

static void raw_reset_of_another_topology_or_device_passes(struct kunit *test)
{
	struct pcireset_report report = { NULL };

	outcome_hardware.nr_moves = UINT_MAX;
	KUNIT_EXPECT_EQ(test, outcome_run_raw(test, &report), -EBUSY);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_CHANGED);
	KUNIT_EXPECT_EQ(test, report.issued, 0);
	outcome_hardware.nr_moves = 0;
	KUNIT_EXPECT_EQ(test, outcome_run_raw(test, &report), 0);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR);

	report = (struct pcireset_report){ NULL };
	KUNIT_ASSERT_EQ(test, register_trace_pcireset_trigger(outcome_replace_first, NULL), 0);
	KUNIT_EXPECT_EQ(test, outcome_run_raw(test, &report), -EIO);
	unregister_trace_pcireset_trigger(outcome_replace_first, NULL);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_OTHER_DEVICE);
}

/* The caller restores the bridge between them first. */
static void raw_reset_waits_below_another_bridge(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_member members[2] = {};
	struct pcireset_report report = { .members = members, .max_members = 2 };

	KUNIT_ASSERT_EQ(test, register_trace_pcireset_begin(outcome_put_below, NULL), 0);
	KUNIT_EXPECT_EQ(test, pcireset_raw_bus(machine->port, &report), 0);
	unregister_trace_pcireset_begin(outcome_put_below, NULL);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_NE(test, members[0].ready_ns, 0);
	KUNIT_EXPECT_EQ(test, members[1].ready_ns, 0);
}

/* PCIe r6.0, sec 6.6.2: 100 ms without an access, although it answers at once. */
static void function_is_accessed_before_its_time(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_report report = { NULL };

	KUNIT_EXPECT_EQ(test, outcome_run(request, &report), 0);
	KUNIT_EXPECT_GE(test, report.wait_ns, 100000000ULL);
	KUNIT_EXPECT_LT(test, report.wait_ns, 150000000ULL);
}

static struct kunit_case outcome_cases[] = {
	KUNIT_CASE(driver_hears_of_each_type),
	KUNIT_CASE(function_is_accessed_before_its_time),
	KUNIT_CASE(late_function_is_given_back),
	KUNIT_CASE(function_that_a_wider_reset_brought_back_is_late),
	KUNIT_CASE(locks_are_held_as_long_as_the_caller_likes),
	KUNIT_CASE(wider_reset_takes_its_locks_twice),
	KUNIT_CASE(function_that_is_pulled_while_late_stays_blocked),
#ifdef CONFIG_PCIE_DPC
	KUNIT_CASE(contained_function_is_waited_for),
#endif
	KUNIT_CASE(function_that_is_gone_again_fails_the_comparison),
	KUNIT_CASE(difference_of_an_earlier_type_stays),
	KUNIT_CASE(configuration_that_is_lost_again_stays_lost),
	KUNIT_CASE(state_of_an_earlier_binding_is_restored),
	KUNIT_CASE(proof_of_one_member_is_enough),
	KUNIT_CASE(function_below_the_lost_one_is_the_reason),
	KUNIT_CASE(lost_address_counts_as_a_failed_reset),
	KUNIT_CASE(plan_that_is_refused_by_now_is_not_stale),
	KUNIT_CASE(topology_that_moves_is_stale),
	KUNIT_CASE(raw_reset_of_another_topology_or_device_passes),
	KUNIT_CASE(raw_reset_waits_below_another_bridge),
	{},
};

static struct kunit_suite outcome_suite = {
	.name = "pcireset-outcome",
	.init = outcome_init,
	.exit = outcome_exit,
	.test_cases = outcome_cases,
};

kunit_test_suite(outcome_suite);
