// SPDX-License-Identifier: GPL-2.0-only
/* Late functions, without the worker's thread. In place of late.o, and contains it as it is. */
#include "../run/late.c"

#include "machine.h"

/* A reset of both functions, which do not answer. No wait has begun. */
struct late_subject {
	struct pcireset_plan plan;
	struct pcireset_tx tx;
	struct pcireset_planned planned[2];
	struct pcireset_fn fns[2];
	struct pcireset_fn *first;
	struct pcireset_fn *second;
};

static void late_unmark_subject(void *data)
{
	struct late_subject *subject = data;

	pcireset_unfinished_remove(&subject->first->unfinished);
	pcireset_unfinished_remove(&subject->second->unfinished);
}

static struct late_subject *late_take_subject(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct late_subject *subject = kunit_kzalloc(test, sizeof(*subject), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, subject);
	kref_init(&subject->tx.ref);
	subject->tx.plan = &subject->plan;
	subject->tx.fns = subject->fns;
	subject->tx.nr_fns = 2;
	subject->tx.late.triggered = ktime_get();
	subject->first = &subject->fns[0];
	subject->second = &subject->fns[1];
	for (i = 0; i < 2; i++) {
		subject->fns[i].dev = machine->fns[i];
		subject->fns[i].planned = &subject->planned[i];
		subject->planned[i].parent = -1;
		subject->fns[i].found.outcome = PCIRESET_STATE_DEAD;
	}
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, late_unmark_subject, subject), 0);
	return subject;
}

static bool late_is_known(const struct pcireset_fn *fn, enum pcireset_unfinished_kind kind)
{
	return pcireset_is_unfinished(fn->dev, kind, NULL);
}

static void member_is_found_by_another_kind_or_function(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);

	KUNIT_EXPECT_FALSE(test, late_is_known(subject->first, PCIRESET_LATE));
	late_mark(&subject->tx, subject->first, PCIRESET_LATE);
	KUNIT_EXPECT_TRUE(test, late_is_known(subject->first, PCIRESET_LATE));
	KUNIT_EXPECT_FALSE(test, late_is_known(subject->first, PCIRESET_SETTLING));
	KUNIT_EXPECT_FALSE(test, late_is_known(subject->second, PCIRESET_LATE));
	/* Marked twice, it is in the table once. */
	late_mark(&subject->tx, subject->first, PCIRESET_SETTLING);
	KUNIT_EXPECT_FALSE(test, late_is_known(subject->first, PCIRESET_LATE));
	KUNIT_EXPECT_TRUE(test, late_is_known(subject->first, PCIRESET_SETTLING));
	pcireset_unfinished_remove(&subject->first->unfinished);
	pcireset_unfinished_remove(&subject->first->unfinished);
	KUNIT_EXPECT_FALSE(test, late_is_known(subject->first, PCIRESET_SETTLING));
}

static void own_reset_is_in_its_own_way(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct late_subject *other = late_take_subject(test);
	struct pci_dev *dev = subject->second->dev;

	late_mark(&subject->tx, subject->second, PCIRESET_SETTLING);
	KUNIT_EXPECT_FALSE(test, pcireset_is_unfinished(dev, PCIRESET_SETTLING, &subject->tx));
	KUNIT_EXPECT_TRUE(test, pcireset_is_unfinished(dev, PCIRESET_SETTLING, &other->tx));
}

static void removed_function_is_awaited(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	int wakeups = atomic_read(&late_wakeups);

	late_mark(&subject->tx, subject->first, PCIRESET_LATE);
	KUNIT_EXPECT_TRUE(test, late_is_any(&subject->tx));
	down_write(&pcireset_topology);
	pcireset_late_forget(subject->second->dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&late_wakeups), wakeups);
	pcireset_late_forget(subject->first->dev);
	up_write(&pcireset_topology);
	KUNIT_EXPECT_TRUE(test, subject->first->unfinished.gone);
	KUNIT_EXPECT_FALSE(test, subject->second->unfinished.gone);
	KUNIT_EXPECT_FALSE(test, late_is_any(&subject->tx));
	KUNIT_EXPECT_NE(test, atomic_read(&late_wakeups), wakeups);
	KUNIT_EXPECT_EQ(test, kref_read(&subject->tx.ref), 1);
}

/* It answers already. */
static void function_is_restored_before_its_parent(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);

	late_mark(&subject->tx, subject->second, PCIRESET_LATE);
	KUNIT_EXPECT_FALSE(test, late_answers(&subject->tx, subject->first));
	KUNIT_EXPECT_TRUE(test, late_answers(&subject->tx, subject->second));
	subject->second->planned->parent = 0;
	KUNIT_EXPECT_FALSE(test, late_answers(&subject->tx, subject->second));
	subject->first->found.outcome = PCIRESET_STATE_OTHER;
	KUNIT_EXPECT_FALSE(test, late_answers(&subject->tx, subject->second));
	subject->first->found.outcome = PCIRESET_STATE_RESTORED;
	KUNIT_EXPECT_TRUE(test, late_answers(&subject->tx, subject->second));
	subject->first->unfinished.gone = true;
	KUNIT_EXPECT_FALSE(test, late_answers(&subject->tx, subject->second));
}

/* PCIe r6.0, sec 6.6.1: 100 ms after the reset of its link, or its known time. */
static void function_is_accessed_too_early(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct pcireset_fn *fn = subject->first;

	late_mark(&subject->tx, fn, PCIRESET_LATE);
	fn->saved.times.link_us = 5000000;
	KUNIT_EXPECT_FALSE(test, late_may_be_accessed(&subject->tx, fn));
	KUNIT_EXPECT_EQ(test, ktime_us_delta(fn->access_at, subject->tx.late.triggered), 5000000);
	fn->access_at = ktime_sub_us(ktime_get(), 1);
	KUNIT_EXPECT_TRUE(test, late_may_be_accessed(&subject->tx, fn));
	/* The wait of a function below a restored bridge begins again. */
	subject->second->planned->parent = 0;
	subject->second->access_at = fn->access_at;
	late_restart_wait_below(&subject->tx, fn);
	KUNIT_EXPECT_EQ(test, subject->second->access_at, 0);
	KUNIT_EXPECT_NE(test, fn->access_at, 0);
}

static void worker_waits_for_ever_or_gives_up_early(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct pcireset_late *late = &subject->tx.late;
	ktime_t now = ktime_get();

	KUNIT_EXPECT_FALSE(test, late_is_over(&subject->tx));
	late->triggered = ktime_sub_ms(now, PCIRESET_LATE_MS - 5000);
	KUNIT_EXPECT_FALSE(test, late_is_over(&subject->tx));
	late->triggered = ktime_sub_ms(now, PCIRESET_LATE_MS + 1);
	KUNIT_EXPECT_TRUE(test, late_is_over(&subject->tx));
	late->triggered = now;
	late->pulled = ktime_sub_ms(now, LATE_PULLED_MS + 1);
	KUNIT_EXPECT_TRUE(test, late_is_over(&subject->tx));
	late->pulled = now;
	KUNIT_EXPECT_FALSE(test, late_is_over(&subject->tx));
}

static unsigned int late_reads;

/* Answers at every other time, and not at all in the end. */
static int late_read_flapping(struct pci_bus *bus, unsigned int devfn, int where, int size,
			      u32 *value)
{
	bool answers = where == PCI_VENDOR_ID && ++late_reads % 2 && late_reads < 1000;

	*value = answers ? 0x0012c0de : ~0U;
	return PCIBIOS_SUCCESSFUL;
}

static int late_write_nothing(struct pci_bus *bus, unsigned int devfn, int where, int size,
			      u32 value)
{
	return PCIBIOS_SUCCESSFUL;
}

static void function_that_flaps_is_waited_for_without_end(struct kunit *test)
{
	static struct pci_ops flapping = { .read = late_read_flapping,
					   .write = late_write_nothing };
	struct late_subject *subject = late_take_subject(test);
	struct pci_ops *before = subject->first->dev->bus->ops;

	late_reads = 0;
	subject->tx.late.triggered = ktime_sub_ms(ktime_get(), PCIRESET_LATE_MS + 1);
	late_mark(&subject->tx, subject->first, PCIRESET_LATE);
	subject->first->dev->bus->ops = &flapping;
	late_wait_for_all(&subject->tx);
	subject->first->dev->bus->ops = before;
	KUNIT_EXPECT_EQ(test, late_reads, 2);
	KUNIT_EXPECT_EQ(test, subject->first->found.outcome, PCIRESET_STATE_DEAD);
}

static void what_cannot_come_back_is_waited_for(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct pcireset_fn *fn = subject->first;
	pci_channel_state_t state = fn->dev->error_state;

	KUNIT_EXPECT_FALSE(test, pcireset_is_late(&subject->tx, fn));
	/* Only its existence matters. */
	fn->saved.state = (struct pci_saved_state *)subject;
	KUNIT_EXPECT_TRUE(test, pcireset_is_late(&subject->tx, fn));
	fn->found.contained = true;
	KUNIT_EXPECT_FALSE(test, pcireset_is_late(&subject->tx, fn));
	fn->found.contained = false;
	fn->dev->error_state = pci_channel_io_perm_failure;
	KUNIT_EXPECT_FALSE(test, pcireset_is_late(&subject->tx, fn));
	KUNIT_EXPECT_FALSE(test, late_is_awaited(fn));
	fn->dev->error_state = state;
	/* The presence of a slot may follow its link. */
	subject->tx.late.pulled = ktime_get();
	KUNIT_EXPECT_TRUE(test, pcireset_is_late(&subject->tx, fn));
	subject->tx.late.pulled = ktime_sub_ms(ktime_get(), LATE_PULLED_MS + 1);
	KUNIT_EXPECT_FALSE(test, pcireset_is_late(&subject->tx, fn));
	subject->tx.late.pulled = 0;
	fn->unfinished.gone = true;
	KUNIT_EXPECT_FALSE(test, pcireset_is_late(&subject->tx, fn));
	fn->unfinished.gone = false;
	fn->found.outcome = PCIRESET_STATE_OTHER;
	KUNIT_EXPECT_FALSE(test, pcireset_is_late(&subject->tx, fn));
	fn->saved.state = NULL;
}

static unsigned int late_calls;

static void late_count_done(struct pci_dev *dev)
{
	late_calls++;
}

static const struct pci_error_handlers late_handlers = { .reset_done = late_count_done };
static const struct pci_error_handlers late_other_handlers = { .reset_done = late_count_done };
static struct pci_driver late_driver = { .err_handler = &late_handlers };

static void driver_is_told_twice_or_the_wrong_one(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct pcireset_fn *fn = subject->first;
	struct pci_driver *before = fn->dev->driver;

	late_calls = 0;
	fn->dev->driver = &late_driver;
	pcireset_driver_done(fn);
	KUNIT_EXPECT_EQ(test, late_calls, 0);
	fn->prepared = &late_handlers;
	late_mark(&subject->tx, fn, PCIRESET_LATE);
	pcireset_late_unbind(fn->dev);
	KUNIT_EXPECT_EQ(test, late_calls, 1);
	pcireset_driver_done(fn);
	KUNIT_EXPECT_EQ(test, late_calls, 1);
	/* Also while a caller lets the function settle. */
	fn->prepared = &late_handlers;
	late_mark(&subject->tx, fn, PCIRESET_SETTLING);
	pcireset_late_unbind(fn->dev);
	KUNIT_EXPECT_EQ(test, late_calls, 2);
	late_calls = 1;
	KUNIT_EXPECT_EQ(test, kref_read(&subject->tx.ref), 1);
	fn->prepared = &late_other_handlers;
	pcireset_driver_done(fn);
	KUNIT_EXPECT_EQ(test, late_calls, 1);
	fn->dev->driver = before;
}

static void suspend_does_not_wait_or_waits_for_nothing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, late_suspend(&late_pm, PM_POST_SUSPEND, NULL), NOTIFY_DONE);
	KUNIT_EXPECT_EQ(test, late_suspend(&late_pm, PM_SUSPEND_PREPARE, NULL), NOTIFY_DONE);
}

static void shutdown_is_followed_by_a_restore(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);

	late_mark(&subject->tx, subject->first, PCIRESET_LATE);
	KUNIT_EXPECT_TRUE(test, late_is_any(&subject->tx));
	KUNIT_EXPECT_EQ(test, late_shutdown(&late_reboot, SYS_RESTART, NULL), NOTIFY_DONE);
	KUNIT_EXPECT_FALSE(test, late_is_any(&subject->tx));
	KUNIT_EXPECT_FALSE(test, late_try_restore(&subject->tx, subject->first));
	late_is_stopped = false;
}

/* It is restored before the function below it, and then removed. */
static void quiet_port_that_was_removed_is_accessed(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct pcireset_fn *port = subject->first;

	port->masked.quiet = true;
	port->masked.stays_quiet = true;
	late_mark(&subject->tx, port, PCIRESET_LATE);
	device_lock(&port->dev->dev);
	late_end_member(&subject->tx, port, LATE_RESTORED);
	device_unlock(&port->dev->dev);
	KUNIT_EXPECT_FALSE(test, late_is_late(port));
	KUNIT_EXPECT_TRUE(test, pcireset_is_unfinished(port->dev, PCIRESET_QUIET_PORT, NULL));
	pcireset_late_forget(port->dev);
	KUNIT_EXPECT_TRUE(test, port->unfinished.gone);
	subject->tx.late.quiet = true;
	late_end_quiet(&subject->tx);
	KUNIT_EXPECT_FALSE(test, pcireset_is_unfinished(port->dev, PCIRESET_QUIET_PORT, NULL));
	KUNIT_EXPECT_FALSE(test, port->masked.quiet);
}

static void bridge_of_two_resets_leaves_only_one(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct late_subject *other = late_take_subject(test);

	late_mark(&subject->tx, subject->first, PCIRESET_QUIET_PORT);
	late_mark(&other->tx, other->first, PCIRESET_QUIET_PORT);
	pcireset_late_forget(subject->first->dev);
	KUNIT_EXPECT_TRUE(test, subject->first->unfinished.gone);
	KUNIT_EXPECT_TRUE(test, other->first->unfinished.gone);
	KUNIT_EXPECT_EQ(test, kref_read(&other->tx.ref), 1);
}

/* The bridge above a link that is expected to be down is in the table, and only then. */
static void late_expect_bridge(struct kunit *test, u32 types, bool quiet, bool is_there)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = types };
	struct pcireset_report report = { .type = types };
	struct pcireset_run run = { .report = &report, .quiet = quiet, .triggered = 7 };

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &run.plan), 0);
	KUNIT_ASSERT_EQ(test, pcireset_tx_new(run.plan, &run.tx), 0);
	run.origin.id = 11;
	late_describe(&run);
	KUNIT_EXPECT_EQ(test, run.tx->late.id, 11);
	KUNIT_EXPECT_EQ(test, run.tx->late.triggered, 7);
	KUNIT_EXPECT_PTR_EQ(test, run.tx->late.type, pcireset_type_find(types));
	KUNIT_EXPECT_EQ(test, pcireset_is_unfinished(machine->port, PCIRESET_QUIET_PORT, NULL),
			is_there);
	pcireset_unfinished_remove(&run.tx->bridge_fn.unfinished);
	pcireset_tx_put(run.tx);
	pcireset_plan_put(run.plan);
}

static void bridge_of_a_late_link_may_leave_unseen(struct kunit *test)
{
	late_expect_bridge(test, PCI_RESET_BUS, true, true);
	late_expect_bridge(test, PCI_RESET_BUS, false, false);
	late_expect_bridge(test, PCI_RESET_FLR, true, false);
}

static void module_has_no_worker(struct kunit *test)
{
	KUNIT_EXPECT_NOT_NULL(test, late_queue);
}

/* An FLR of the first function, which is late; its Command was MEMORY before. */
static struct pcireset_tx *late_tx_on(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_tx *tx = pcireset_kunit_tx(test, &request);

	kunit_put16(machine->space[0], PCI_COMMAND, PCI_COMMAND_MEMORY);
	KUNIT_ASSERT_EQ(test, pcireset_state_save(tx->plan, &tx->fns[0]), 0);
	pcireset_state_park(&tx->fns[0]);
	kunit_put16(machine->space[0], PCI_COMMAND, 0);
	tx->late.type = pcireset_type_find(PCI_RESET_FLR);
	tx->late.triggered = ktime_get();
	tx->fns[0].found.outcome = PCIRESET_STATE_DEAD;
	late_mark(tx, &tx->fns[0], PCIRESET_LATE);
	return tx;
}

static u16 late_command(struct kunit *test)
{
	return ((struct pcireset_kunit_machine *)test->priv)->space[0][PCI_COMMAND / 4];
}

/* The state of the user before would be in the device of the user now. */
static void user_gets_the_state_of_another(struct kunit *test)
{
	struct pcireset_tx *tx = late_tx_on(test);
	struct pcireset_fn *fn = &tx->fns[0];

	pcireset_kunit_vfio_bind(fn->dev, 1);
	KUNIT_EXPECT_FALSE(test, late_restore_one(tx, late_try_restore));
	KUNIT_EXPECT_FALSE(test, late_restore_one(tx, late_attend_to));
	KUNIT_EXPECT_EQ(test, late_command(test), 0);
	KUNIT_EXPECT_TRUE(test, late_is_any(tx));
	KUNIT_EXPECT_EQ(test, late_last_verdict(fn), LATE_OPENED);
	pcireset_kunit_vfio_bind(fn->dev, 0);
	KUNIT_EXPECT_EQ(test, late_last_verdict(fn), LATE_LOST);
	KUNIT_EXPECT_TRUE(test, late_restore_one(tx, late_try_restore));
	KUNIT_EXPECT_EQ(test, late_command(test), PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_FALSE(test, late_is_any(tx));
	pcireset_kunit_vfio_unbind(fn->dev);
	pcireset_tx_put(tx);
}

/* A function with a user does not delay the others. */
static void function_behind_an_open_one_is_never_restored(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct pcireset_tx *tx = late_tx_on(test);
	struct pcireset_fn *open = subject->second;

	KUNIT_EXPECT_PTR_EQ(test, late_next_that_answers(tx, tx->fns), &tx->fns[0]);
	KUNIT_EXPECT_NULL(test, late_next_that_answers(tx, tx->fns + 1));
	late_mark(&subject->tx, subject->first, PCIRESET_LATE);
	late_mark(&subject->tx, open, PCIRESET_LATE);
	KUNIT_EXPECT_PTR_EQ(test, late_next_that_answers(&subject->tx, subject->fns + 1), open);
	late_end_member(tx, &tx->fns[0], LATE_LOST);
	pcireset_tx_put(tx);
}

/* A function that answers and cannot be restored: the caller's time ends all the same. */
static void caller_waits_for_ever_for_an_open_function(struct kunit *test)
{
	struct pcireset_tx *tx = late_tx_on(test);
	struct pcireset_run run = { .tx = tx, .plan = tx->plan };
	bool killed = true;
	ktime_t again = 0;

	pcireset_kunit_vfio_bind(tx->fns[0].dev, 1);
	run.patience = ktime_add_ms(ktime_get(), 60000);
	KUNIT_EXPECT_TRUE(test, pcireset_attend(&run, &again));
	KUNIT_EXPECT_NE(test, again, 0);
	run.patience = ktime_sub_us(ktime_get(), 1);
	KUNIT_EXPECT_FALSE(test, pcireset_attend(&run, &again));
	KUNIT_EXPECT_EQ(test, late_command(test), 0);
	/* A caller that was killed waits no longer. */
	run.patience = ktime_add_ms(ktime_get(), 60000);
	run.killed = &killed;
	KUNIT_EXPECT_FALSE(test, pcireset_attend(&run, &again));
	pcireset_kunit_vfio_bind(tx->fns[0].dev, 0);
	KUNIT_EXPECT_TRUE(test, pcireset_attend(&run, &again));
	KUNIT_EXPECT_EQ(test, late_command(test), PCI_COMMAND_MEMORY);
	/* Without the locks, the core's saved state is that of the driver. */
	KUNIT_EXPECT_FALSE(test, tx->fns[0].saved.set_aside);
	pcireset_kunit_vfio_unbind(tx->fns[0].dev);
	late_end_member(tx, &tx->fns[0], LATE_RESTORED);
	pcireset_tx_put(tx);
}

/* PCIe r6.0, sec 6.6.1: the wait begins again when the link comes up again. */
static void link_that_went_down_again_needs_no_wait(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct late_subject *subject = late_take_subject(test);
	struct pcireset_fn *fn = subject->first;

	fn->access_at = 1;
	machine->port->link_active_reporting = 1;
	KUNIT_EXPECT_FALSE(test, late_may_be_accessed(&subject->tx, fn));
	KUNIT_EXPECT_EQ(test, fn->access_at, 0);
	machine->port->link_active_reporting = 0;
}

/* The card is back in its slot: the time without it does not count. */
static void card_that_is_back_was_pulled(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct late_subject *subject = late_take_subject(test);
	struct pci_dev *port = machine->port;
	u16 flags = port->pcie_flags_reg;

	late_mark(&subject->tx, subject->first, PCIRESET_LATE);
	port->pcie_flags_reg |= PCI_EXP_FLAGS_SLOT;
	port->is_hotplug_bridge = 1;
	late_look_for_card(&subject->tx);
	KUNIT_EXPECT_NE(test, subject->tx.late.pulled, 0);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDS);
	late_look_for_card(&subject->tx);
	KUNIT_EXPECT_EQ(test, subject->tx.late.pulled, 0);
	port->is_hotplug_bridge = 0;
	port->pcie_flags_reg = flags;
}

/* The witness is INTx Disable, which the reset has cleared. */
static void late_function_shows_no_proof(struct kunit *test)
{
	struct pcireset_tx *tx = late_tx_on(test);
	struct pcireset_fn *fn = &tx->fns[0];

	fn->found.witness = (struct pcireset_witness){ .offset = PCI_COMMAND,
						       .mask = PCI_COMMAND_INTX_DISABLE };
	fn->found.offset = 0x44;
	KUNIT_EXPECT_TRUE(test, late_restore_one(tx, late_try_restore));
	KUNIT_EXPECT_EQ(test, fn->found.proof, PCIRESET_PROOF_SHOWN);
	KUNIT_EXPECT_EQ(test, fn->found.offset, 0);
	KUNIT_EXPECT_EQ(test, late_command(test), PCI_COMMAND_MEMORY);
	pcireset_tx_put(tx);
}

static void late_function_without_proof_is_restored(struct kunit *test)
{
	struct late_subject *subject = late_take_subject(test);
	struct pcireset_fn *fn = subject->first;
	static const struct {
		u32 proof;
		bool passes;
	} proofs[] = { { PCIRESET_PROOF_SHOWN, true },
		       { PCIRESET_PROOF_UNKNOWN, false },
		       { PCIRESET_PROOF_REFUTED, false } };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(proofs); i++) {
		fn->found.proof = proofs[i].proof;
		fn->found.outcome = PCIRESET_STATE_RESTORED;
		fn->found.failed = 0;
		subject->plan.request.checks = PCIRESET_CHECK_READY;
		KUNIT_EXPECT_TRUE(test, late_verify(&subject->plan, fn));
		fn->found.failed = 0;
		subject->plan.request.checks = PCIRESET_CHECK_PROOF;
		KUNIT_EXPECT_EQ(test, late_verify(&subject->plan, fn), proofs[i].passes);
	}
	/* Another device never passes, whatever is checked. */
	fn->found.failed = 0;
	fn->found.outcome = PCIRESET_STATE_OTHER;
	KUNIT_EXPECT_FALSE(test, late_verify(&subject->plan, fn));
}

/* Another card is in its slot by now: its registers are its own. */
static void another_device_gets_the_state(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_stats was = { .type = PCI_RESET_FLR }, now = was;
	struct pcireset_tx *tx = late_tx_on(test);
	struct pcireset_fn *fn = &tx->fns[0];

	pcireset_stats_late(tx->late.type, PCIRESET_LATE_BEGIN);
	fn->is_expected = true;
	KUNIT_ASSERT_EQ(test, pcireset_stats_read(&was), 0);
	machine->space[0][PCI_CLASS_REVISION / 4] ^= 1;
	KUNIT_EXPECT_TRUE(test, late_restore_one(tx, late_try_restore));
	KUNIT_EXPECT_EQ(test, fn->found.outcome, PCIRESET_STATE_OTHER);
	KUNIT_EXPECT_EQ(test, late_command(test), 0);
	KUNIT_ASSERT_EQ(test, pcireset_stats_read(&now), 0);
	KUNIT_EXPECT_EQ(test, now.out_late, was.out_late - 1);
	KUNIT_EXPECT_EQ(test, now.out_late_lost, was.out_late_lost + 1);
	KUNIT_EXPECT_EQ(test, now.out_late_restored, was.out_late_restored);
	pcireset_tx_put(tx);
}

/* Its driver left while it was late. */
static void function_without_its_driver_does_dma(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = late_tx_on(test);
	struct pcireset_fn *fn = &tx->fns[0];

	pcireset_state_free(fn);
	kunit_put16(machine->space[0], PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	KUNIT_ASSERT_EQ(test, pcireset_state_save(tx->plan, fn), 0);
	pcireset_state_park(fn);
	kunit_put16(machine->space[0], PCI_COMMAND, 0);
	fn->planned->driver = &late_driver;
	KUNIT_EXPECT_TRUE(test, late_restore_one(tx, late_try_restore));
	KUNIT_EXPECT_EQ(test, late_command(test), PCI_COMMAND_MEMORY);
	pcireset_tx_put(tx);
}

/* What belongs to the caller is gone when the worker looks at it. */
static void worker_uses_what_belongs_to_the_caller(struct kunit *test)
{
	struct pcireset_tx *tx = late_tx_on(test);
	struct pcireset_fn *fn = &tx->fns[0];
	struct pcireset_run run = { .tx = tx, .plan = tx->plan, .quiet = true };
	struct pcireset_report report = { .type = PCI_RESET_FLR };

	run.report = &report;
	run.triggered = ktime_get();
	run.access_at = ktime_add_ms(run.triggered, 30);
	fn->access_at = 0;
	pcireset_late_take(&run);
	KUNIT_EXPECT_TRUE(test, tx->late.is_used);
	KUNIT_EXPECT_EQ(test, fn->access_at, run.access_at);
	/* The worker ends it. */
	KUNIT_EXPECT_TRUE(test, tx->late.quiet);
	KUNIT_EXPECT_FALSE(test, run.quiet);
	tx->plan->held = true;
	tx->plan->request.owners = (struct pcireset_owners *)test;
	pcireset_late_start(tx);
	KUNIT_EXPECT_FALSE(test, tx->plan->held);
	KUNIT_EXPECT_NULL(test, tx->plan->request.owners);
	flush_work(&tx->late.work);
	KUNIT_EXPECT_EQ(test, late_command(test), PCI_COMMAND_MEMORY);
	pcireset_tx_put(tx);
}

/* A function that sleeps before it is restored would wake up in the wrong state. */
static void sleep_does_not_wait_for_late_functions(struct kunit *test)
{
	static const unsigned long actions[] = { PM_SUSPEND_PREPARE, PM_HIBERNATION_PREPARE };
	unsigned int i;

	atomic_inc(&late_nr);
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		KUNIT_EXPECT_EQ(test, late_suspend(&late_pm, actions[i], NULL),
				notifier_from_errno(-EBUSY));
	KUNIT_EXPECT_EQ(test, late_suspend(&late_pm, PM_POST_HIBERNATION, NULL), NOTIFY_DONE);
	atomic_dec(&late_nr);
}

/* A wait without locks marks the members and the bridge, and its end takes that back. */
static void bridge_stays_unfinished_after_a_wait(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_BUS };
	struct pcireset_report report = { .type = PCI_RESET_BUS };
	struct pcireset_run run = { .report = &report, .quiet = true };

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &run.plan), 0);
	KUNIT_ASSERT_EQ(test, pcireset_tx_new(run.plan, &run.tx), 0);
	KUNIT_ASSERT_EQ(test, pcireset_lock(&run), 0);
	pcireset_attend_begin(&run);
	KUNIT_EXPECT_TRUE(test, pcireset_is_unfinished(machine->port, PCIRESET_QUIET_PORT, NULL));
	KUNIT_EXPECT_EQ(test, pcireset_attend_end(&run), 0);
	KUNIT_EXPECT_FALSE(test, pcireset_is_unfinished(machine->port, PCIRESET_QUIET_PORT, NULL));
	pcireset_unlock(run.tx);
	pcireset_tx_put(run.tx);
	pcireset_plan_put(run.plan);
}

static struct kunit_case late_cases[] = {
	KUNIT_CASE(member_is_found_by_another_kind_or_function),
	KUNIT_CASE(own_reset_is_in_its_own_way),
	KUNIT_CASE(removed_function_is_awaited),
	KUNIT_CASE(function_is_restored_before_its_parent),
	KUNIT_CASE(function_is_accessed_too_early),
	KUNIT_CASE(worker_waits_for_ever_or_gives_up_early),
	KUNIT_CASE(function_that_flaps_is_waited_for_without_end),
	KUNIT_CASE(what_cannot_come_back_is_waited_for),
	KUNIT_CASE(driver_is_told_twice_or_the_wrong_one),
	KUNIT_CASE(suspend_does_not_wait_or_waits_for_nothing),
	KUNIT_CASE(shutdown_is_followed_by_a_restore),
	KUNIT_CASE(quiet_port_that_was_removed_is_accessed),
	KUNIT_CASE(bridge_of_two_resets_leaves_only_one),
	KUNIT_CASE(bridge_of_a_late_link_may_leave_unseen),
	KUNIT_CASE(module_has_no_worker),
	KUNIT_CASE(user_gets_the_state_of_another),
	KUNIT_CASE(function_behind_an_open_one_is_never_restored),
	KUNIT_CASE(caller_waits_for_ever_for_an_open_function),
	KUNIT_CASE(link_that_went_down_again_needs_no_wait),
	KUNIT_CASE(card_that_is_back_was_pulled),
	KUNIT_CASE(late_function_shows_no_proof),
	KUNIT_CASE(late_function_without_proof_is_restored),
	KUNIT_CASE(another_device_gets_the_state),
	KUNIT_CASE(function_without_its_driver_does_dma),
	KUNIT_CASE(worker_uses_what_belongs_to_the_caller),
	KUNIT_CASE(sleep_does_not_wait_for_late_functions),
	KUNIT_CASE(bridge_stays_unfinished_after_a_wait),
	{},
};

static struct kunit_suite late_suite = {
	.name = "pcireset-late",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = late_cases,
};

kunit_test_suite(late_suite);
