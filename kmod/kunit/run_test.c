// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the state kept around a reset, and of the checks repeated under the locks. */
#include <kunit/test.h>

#include "machine.h"
#include "run/run.h"
#include "run/trace.h"

/* Free places for extended capabilities. */
#define RUN_DVSEC 0x100
#define RUN_DPC   0x140

static struct pcireset_plan *run_plan_on(struct kunit *test, u32 types)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = types };
	struct pcireset_plan *plan = NULL;

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &plan), 0);
	return plan;
}

/* Functions came or went between the plan and its locks. */
static void plan_of_another_topology_is_run(struct kunit *test)
{
	struct pcireset_plan *plan = run_plan_on(test, PCI_RESET_FLR);
	struct pcireset_report report = {};
	struct pcireset_run run = { .plan = plan, .report = &report, .started = ktime_get() };
	atomic64_t moved = ATOMIC64_INIT(plan->topology + 1);

	plan->counter = &moved;
	KUNIT_EXPECT_EQ(test, pcireset_start(&run), -EAGAIN);
	KUNIT_EXPECT_EQ(test, report.issued, 0);
	pcireset_plan_put(plan);
}

/* Sets the kernel's flag on one function, and plans a bus reset of the first one. */
static void run_expect_bus_refused_by(struct kunit *test, struct pci_dev *who)
{
	struct pcireset_addr addr = pcireset_addr_of(who);
	struct pcireset_plan *plan;

	who->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	plan = run_plan_on(test, PCI_RESET_BUS);
	who->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	KUNIT_EXPECT_EQ(test, plan->error, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_QUIRK);
	KUNIT_EXPECT_EQ(test, memcmp(&plan->who, &addr, sizeof(addr)), 0);
	pcireset_plan_put(plan);
}

static void bus_is_reset_although_a_quirk_forbids_it(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan;

	run_expect_bus_refused_by(test, machine->fns[0]);
	run_expect_bus_refused_by(test, machine->fns[1]);
	run_expect_bus_refused_by(test, machine->port);

	/* The flag is about the bus alone. */
	machine->fns[1]->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	plan = run_plan_on(test, PCI_RESET_FLR);
	machine->fns[1]->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	pcireset_plan_put(plan);
}

struct run_refs {
	unsigned int port;
	unsigned int fns[2];
};

static struct run_refs run_count_refs(const struct pcireset_kunit_machine *machine)
{
	return (struct run_refs){
		.port = kref_read(&machine->port->dev.kobj.kref),
		.fns = { kref_read(&machine->fns[0]->dev.kobj.kref),
			 kref_read(&machine->fns[1]->dev.kobj.kref) },
	};
}

static void run_expect_refs(struct kunit *test, const struct run_refs *was, u32 type)
{
	struct run_refs now = run_count_refs(test->priv);

	KUNIT_EXPECT_EQ_MSG(test, now.port, was->port, "the port, type %#x", type);
	KUNIT_EXPECT_EQ_MSG(test, now.fns[0], was->fns[0], "function 0, type %#x", type);
	KUNIT_EXPECT_EQ_MSG(test, now.fns[1], was->fns[1], "function 1, type %#x", type);
}

static void query_or_plan_leaks_a_reference(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct run_refs was = run_count_refs(machine);
	struct pcireset_type_info infos[PCIRESET_NR_TYPES];
	u32 flags[] = { 0, PCI_DEV_FLAGS_NO_BUS_RESET };
	unsigned int i, nr;
	u32 type;

	for (nr = 0; nr < ARRAY_SIZE(flags); nr++) {
		machine->fns[1]->dev_flags |= flags[nr];
		for (i = 0; i < PCIRESET_NR_TYPES; i++) {
			type = pcireset_types[i].bit;
			pcireset_plan_put(run_plan_on(test, type));
			run_expect_refs(test, &was, type);
			pcireset_plan_probe(machine->fns[0], type, PCIRESET_CALLER_FREE, infos);
			run_expect_refs(test, &was, type);
		}
		machine->fns[1]->dev_flags &= ~flags[nr];
	}
}

static struct pcireset_tx *run_tx_on(struct kunit *test, u32 types)
{
	struct pcireset_plan *plan = run_plan_on(test, types);
	struct pcireset_tx *tx = NULL;

	KUNIT_ASSERT_EQ(test, pcireset_tx_new(plan, &tx), 0);
	pcireset_plan_put(plan);
	return tx;
}

static void run_save(struct kunit *test, struct pcireset_tx *tx)
{
	KUNIT_ASSERT_EQ(test, pcireset_state_save(tx->plan, &tx->fns[0]), 0);
}

static u32 *run_space(struct kunit *test)
{
	return ((struct pcireset_kunit_machine *)test->priv)->space[0];
}

static u16 run_get16(const u32 *space, unsigned int at)
{
	return space[at / 4] >> 8 * (at % 4);
}

/* The core has room for one saved state: the driver's is to be there again. */
static void saved_state_of_a_driver_is_lost(struct kunit *test)
{
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_FLR);
	struct pci_dev *dev = tx->plan->dev;
	u32 *space = run_space(test);

	/* State such as a driver saves in its suspend callback. */
	kunit_put16(space, PCI_COMMAND, PCI_COMMAND_MASTER);
	pci_save_state(dev);
	kunit_put16(space, PCI_COMMAND, PCI_COMMAND_MEMORY);
	run_save(test, tx);
	kunit_put16(space, PCI_COMMAND, 0);
	pcireset_state_restore(&tx->fns[0]);
	KUNIT_EXPECT_EQ(test, run_get16(space, PCI_COMMAND), PCI_COMMAND_MEMORY);
	pcireset_state_free(&tx->fns[0]);
	KUNIT_EXPECT_TRUE(test, dev->state_saved);
	pci_restore_state(dev);
	KUNIT_EXPECT_EQ(test, run_get16(space, PCI_COMMAND), PCI_COMMAND_MASTER);
	pcireset_tx_put(tx);
}

/* A driver that has saved nothing would restore ours, of long ago. */
static void state_that_no_driver_saved_is_left_behind(struct kunit *test)
{
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_FLR);

	tx->plan->dev->state_saved = false;
	run_save(test, tx);
	pcireset_state_quiesce(&tx->fns[0]);
	KUNIT_EXPECT_EQ(test, run_get16(run_space(test), PCI_COMMAND), PCI_COMMAND_INTX_DISABLE);
	KUNIT_EXPECT_TRUE(test, tx->fns[0].quiesced);
	pcireset_state_restore(&tx->fns[0]);
	KUNIT_EXPECT_FALSE(test, tx->fns[0].quiesced);
	pcireset_state_free(&tx->fns[0]);
	KUNIT_EXPECT_FALSE(test, tx->plan->dev->state_saved);
	KUNIT_EXPECT_NULL(test, tx->fns[0].saved.state);
	pcireset_tx_put(tx);
}

/* PME_Status is cleared by a one; in this machine's memory it is set by one. */
static void pme_status_is_cleared_with_its_enable(struct kunit *test)
{
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_FLR);
	u32 *space = run_space(test);
	unsigned int at = KUNIT_PM + PCI_PM_CTRL;

	kunit_put16(space, at, PCI_PM_CTRL_PME_ENABLE);
	run_save(test, tx);
	kunit_put16(space, at, PCI_PM_CTRL_PME_STATUS | 1 << 9);
	pcireset_state_restore(&tx->fns[0]);
	KUNIT_EXPECT_EQ(test, run_get16(space, at), PCI_PM_CTRL_PME_ENABLE | 1 << 9);
	pcireset_state_free(&tx->fns[0]);
	pcireset_tx_put(tx);
}

static void pme_is_enabled_that_was_not(struct kunit *test)
{
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_FLR);
	u32 *space = run_space(test);

	run_save(test, tx);
	kunit_put16(space, KUNIT_PM + PCI_PM_CTRL, 1 << 9);
	pcireset_state_restore(&tx->fns[0]);
	KUNIT_EXPECT_EQ(test, run_get16(space, KUNIT_PM + PCI_PM_CTRL), 1 << 9);
	pcireset_state_free(&tx->fns[0]);
	pcireset_tx_put(tx);
}

/* The saved state of a function that was cut off is all-ones. */
static void state_of_a_function_that_is_gone_is_trusted(struct kunit *test)
{
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_FLR);

	memset(run_space(test), 0xff, PCI_CFG_SPACE_EXP_SIZE);
	KUNIT_EXPECT_EQ(test, pcireset_state_save(tx->plan, &tx->fns[0]), -ENODEV);
	pcireset_state_free(&tx->fns[0]);
	pcireset_tx_put(tx);
}

/* Gives the port above a hotplug slot with this Slot Status; returns the value written to it. */
static u16 run_write_after_events(struct kunit *test, u16 status)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	unsigned int at = KUNIT_PCIE + PCI_EXP_SLTSTA;
	u32 *space = machine->port_space;

	kunit_put16(space, KUNIT_PCIE + PCI_EXP_FLAGS,
		    run_get16(space, KUNIT_PCIE + PCI_EXP_FLAGS) | PCI_EXP_FLAGS_SLOT);
	machine->port->pcie_flags_reg |= PCI_EXP_FLAGS_SLOT;
	machine->port->is_hotplug_bridge = 1;
	pcireset_quiet_begin(tx, PCI_RESET_BUS);
	KUNIT_EXPECT_TRUE(test, machine->port->ignore_hotplug);
	kunit_put16(space, at, status);
	pcireset_quiet_end(tx);
	KUNIT_EXPECT_FALSE(test, machine->port->ignore_hotplug);
	machine->port->is_hotplug_bridge = 0;
	pcireset_tx_put(tx);
	return run_get16(space, at);
}

/* The port above with a slot, whose commands need no completion, and these events enabled. */
static void run_make_slot(struct kunit *test, u16 control)
{
	struct pcireset_kunit_machine *machine = test->priv;

	machine->port->pcie_flags_reg |= PCI_EXP_FLAGS_SLOT;
	machine->port->is_hotplug_bridge = 1;
	machine->port_space[(KUNIT_PCIE + PCI_EXP_SLTCAP) / 4] = PCI_EXP_SLTCAP_NCCS;
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_SLTCTL, control);
}

/* Events that the reset has caused are cleared; pciehp's own Command Completed is not. */
static void completed_command_of_pciehp_is_cleared(struct kunit *test)
{
	u16 link = PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_PDC;

	KUNIT_EXPECT_EQ(test, run_write_after_events(test, link | PCI_EXP_SLTSTA_CC), link);
	/* Nothing of its own: not written at all. */
	KUNIT_EXPECT_EQ(test, run_write_after_events(test, PCI_EXP_SLTSTA_CC), PCI_EXP_SLTSTA_CC);
}

static void hotplug_that_was_ignored_before_is_heard(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);

	machine->port->is_hotplug_bridge = 1;
	machine->port->ignore_hotplug = 1;
	pcireset_quiet_begin(tx, PCI_RESET_BUS);
	pcireset_quiet_end(tx);
	KUNIT_EXPECT_TRUE(test, machine->port->ignore_hotplug);
	machine->port->ignore_hotplug = 0;
	machine->port->is_hotplug_bridge = 0;
	pcireset_tx_put(tx);
}

/* A reset of the function takes no link down. */
static void port_is_quiet_without_a_reset_of_its_link(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);

	machine->port->is_hotplug_bridge = 1;
	pcireset_quiet_begin(tx, PCI_RESET_FLR);
	KUNIT_EXPECT_FALSE(test, machine->port->ignore_hotplug);
	KUNIT_EXPECT_FALSE(test, tx->bridge_fn.masked.quiet);
	machine->port->is_hotplug_bridge = 0;
	pcireset_tx_put(tx);
}

/* The trigger could not clear Link Disable. Only the type that sets it makes it ours. */
static void link_disabled_by_the_reset_is_forgotten(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u32 types[] = { PCI_RESET_LINK_DISABLE, PCI_RESET_BUS };
	unsigned int i, at = KUNIT_PCIE + PCI_EXP_LNKCTL;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);

		kunit_put16(machine->port_space, at, 0);
		pcireset_quiet_begin(tx, types[i]);
		kunit_put16(machine->port_space, at, PCI_EXP_LNKCTL_LD);
		pcireset_quiet_end(tx);
		KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at),
				types[i] == PCI_RESET_LINK_DISABLE ? 0 : PCI_EXP_LNKCTL_LD);
		pcireset_tx_put(tx);
	}
}

/* The slot was there when the reset was planned, and its driver has left since. */
static void slot_without_driver_is_reset_by_the_bus(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_trigger trigger = { .dev = machine->fns[0], .bridge = machine->port };
	const struct pcireset_type *slot = pcireset_type_find(PCI_RESET_SLOT);
	u16 before = 0x5a00;

	kunit_put16(machine->port_space, PCI_BRIDGE_CONTROL, before);
	KUNIT_EXPECT_EQ(test, slot->trigger(&trigger), -EIO);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, PCI_BRIDGE_CONTROL), before);
}

/* Another user has the bridge's config access lock, and the caller does not wait any more. */
static void members_stay_awake_if_their_bridge_is_busy(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	bool killed = true;
	struct pcireset_run run = { .plan = tx->plan, .tx = tx, .killed = &killed };

	pci_cfg_access_lock(machine->port);
	KUNIT_EXPECT_EQ(test, pcireset_lock_bridge(&run), -EINTR);
	pci_cfg_access_unlock(machine->port);
	KUNIT_EXPECT_FALSE(test, tx->bridge_fn.locks.resumed);
	KUNIT_EXPECT_FALSE(test, tx->fns[0].locks.resumed);
	KUNIT_EXPECT_FALSE(test, tx->fns[1].locks.resumed);

	KUNIT_EXPECT_EQ(test, pcireset_lock_bridge(&run), 0);
	KUNIT_EXPECT_TRUE(test, tx->fns[1].locks.resumed);
	pcireset_unlock(tx);
	pcireset_tx_put(tx);
}

/* In the middle of a list, and the last of it: the times of the function that was asked for. */
static void times_are_those_of_another_member(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);

	KUNIT_ASSERT_EQ(test, tx->nr_fns, 2);
	KUNIT_EXPECT_PTR_EQ(test, pcireset_target_times(tx), &tx->fns[0].saved.times);
	tx->fns[0].dev = machine->fns[1];
	tx->fns[1].dev = machine->fns[0];
	KUNIT_EXPECT_PTR_EQ(test, pcireset_target_times(tx), &tx->fns[1].saved.times);
	tx->fns[0].dev = machine->fns[0];
	tx->fns[1].dev = machine->fns[1];
	pcireset_tx_put(tx);
}

/* The slowest function on the bus decides, and the wait begins with the trigger. */
static void bus_is_accessed_before_its_time(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx, .triggered = ktime_get() };

	tx->fns[0].saved.times.link_us = 10;
	tx->fns[1].saved.times.link_us = 20000;
	KUNIT_EXPECT_EQ(test, pcireset_wait_secondary(&run, machine->port), 0);
	KUNIT_EXPECT_GE(test, ktime_us_delta(ktime_get(), run.triggered), 20000);
	/* Wherever it is in the list. */
	tx->fns[0].saved.times.link_us = 30000;
	tx->fns[1].saved.times.link_us = 10;
	run.triggered = ktime_get();
	KUNIT_EXPECT_EQ(test, pcireset_wait_secondary(&run, machine->port), 0);
	KUNIT_EXPECT_GE(test, ktime_us_delta(ktime_get(), run.triggered), 30000);
	pcireset_tx_put(tx);
}

/* A link that reports its state and stays down: an error after the time limit. */
static void link_that_stays_down_passes(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx, .triggered = ktime_get() };
	unsigned int before = machine->nr_link_controls;
	bool killed = true;

	machine->port->link_active_reporting = 1;
	run.deadline = ktime_add_ms(run.triggered, 5);
	/* It tries to train, but a caller that was killed does not wait for that. */
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_LBMS);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS_8_0GT);
	run.killed = &killed;
	KUNIT_EXPECT_EQ(test, pcireset_wait_secondary(&run, machine->port), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, machine->nr_link_controls, before);
	run.killed = NULL;
	KUNIT_EXPECT_EQ(test, pcireset_wait_secondary(&run, machine->port), -ETIMEDOUT);
	KUNIT_EXPECT_NE(test, machine->nr_link_controls, before);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_DLLLA);
	KUNIT_EXPECT_EQ(test, pcireset_wait_secondary(&run, machine->port), 0);
	machine->port->link_active_reporting = 0;
	pcireset_tx_put(tx);
}

/* A function below a bridge that was reset, too: after the bridge, which is waited for once. */
static void bridge_between_is_not_waited_for(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	struct pcireset_fn *bridge = &tx->fns[0], *fn = &tx->fns[1];
	struct pcireset_run run = { .plan = tx->plan, .tx = tx, .triggered = ktime_get() };

	bridge->dev = machine->port;
	fn->planned->parent = 0;
	fn->saved.times.link_us = 10000;
	run.deadline = ktime_add_ms(run.triggered, 60000);
	bridge->found.outcome = PCIRESET_STATE_DEAD;
	KUNIT_EXPECT_EQ(test, pcireset_wait_ready(&run, fn), -ETIMEDOUT);
	bridge->found.outcome = PCIRESET_STATE_RESTORED;
	/* Its link stays down. */
	machine->port->link_active_reporting = 1;
	run.deadline = ktime_add_ms(run.triggered, 5);
	KUNIT_EXPECT_EQ(test, pcireset_wait_ready(&run, fn), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, bridge->secondary_up);
	machine->port->link_active_reporting = 0;
	run.triggered = ktime_get();
	run.deadline = ktime_add_ms(run.triggered, 60000);
	KUNIT_EXPECT_EQ(test, pcireset_wait_ready(&run, fn), 0);
	KUNIT_EXPECT_TRUE(test, bridge->secondary_up);
	KUNIT_EXPECT_GE(test, fn->found.ready_ns, 10000000ULL);
	bridge->dev = machine->fns[0];
	pcireset_tx_put(tx);
}

static void function_that_never_answers_is_waited_for_without_end(struct kunit *test)
{
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_FLR);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx, .triggered = ktime_get() };
	bool killed = true;

	memset(run_space(test), 0xff, PCI_CFG_SPACE_EXP_SIZE);
	run.deadline = ktime_add_ms(run.triggered, 5);
	KUNIT_EXPECT_EQ(test, pcireset_wait_ready(&run, &tx->fns[0]), -ETIMEDOUT);
	/* A caller that was killed waits for 1 s. */
	run.deadline = ktime_add_ms(run.triggered, 60000);
	run.triggered = ktime_sub_ms(run.triggered, 1001);
	run.killed = &killed;
	KUNIT_EXPECT_EQ(test, pcireset_wait_ready(&run, &tx->fns[0]), -ETIMEDOUT);
	/* But not less: its configuration would be lost. */
	run.triggered = ktime_get();
	KUNIT_EXPECT_EQ(test, pcireset_wait_ready(&run, &tx->fns[0]), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), run.triggered), 1000);
	pcireset_tx_put(tx);
}

static void wrong_query_of_the_counters_is_answered(struct kunit *test)
{
	struct pcireset_stats stats = { .type = PCI_RESET_FLR };

	KUNIT_EXPECT_EQ(test, pcireset_stats_read(&stats), 0);
	stats.flags = 1;
	KUNIT_EXPECT_EQ(test, pcireset_stats_read(&stats), -EOPNOTSUPP);
	stats.flags = 0;
	stats.type = PCI_RESET_FLR | 1U << 31;
	KUNIT_EXPECT_EQ(test, pcireset_stats_read(&stats), -EOPNOTSUPP);
	stats.type = PCI_RESET_FLR | PCI_RESET_PM;
	KUNIT_EXPECT_EQ(test, pcireset_stats_read(&stats), -EINVAL);
	stats.type = 0;
	KUNIT_EXPECT_EQ(test, pcireset_stats_read(&stats), -EINVAL);
	stats.type = PCI_RESET_FLR;
	stats.__reserved = 1;
	KUNIT_EXPECT_EQ(test, pcireset_stats_read(&stats), -EINVAL);
}

/* A function that an FLR and D3hot reset: both clear Command. */
static struct {
	struct pci_ops *ops;
	bool ignores_flr;
	unsigned int flr;
	unsigned int pm;
} run_hardware;

/* Called with the trigger of an FLR. What it changes shows after a wait without locks. */
static void (*run_meanwhile)(struct pcireset_kunit_machine *machine);
static struct pcireset_kunit_machine *run_meanwhile_on;

static int run_read_hardware(struct pci_bus *bus, unsigned int devfn, int where, int size,
			     u32 *value)
{
	return run_hardware.ops->read(bus, devfn, where, size, value);
}

static int run_write_hardware(struct pci_bus *bus, unsigned int devfn, int where, int size,
			      u32 value)
{
	bool flr = where == KUNIT_PCIE + PCI_EXP_DEVCTL && value & PCI_EXP_DEVCTL_BCR_FLR;
	bool pm = where == KUNIT_PM + PCI_PM_CTRL && !(value & PCI_PM_CTRL_STATE_MASK);

	run_hardware.flr += flr;
	run_hardware.pm += pm;
	if (flr && run_meanwhile)
		run_meanwhile(run_meanwhile_on);
	if (flr)
		value &= ~PCI_EXP_DEVCTL_BCR_FLR;
	run_hardware.ops->write(bus, devfn, where, size, value);
	if ((flr && !run_hardware.ignores_flr) || pm)
		run_hardware.ops->write(bus, devfn, PCI_COMMAND, 2, 0);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops run_hardware_ops = { .read = run_read_hardware, .write = run_write_hardware };

/* Resets the first function of such hardware; its Command was MEMORY, and is returned. */
static u16 run_reset(struct kunit *test, struct pcireset_request request, bool ignores_flr,
		     struct pcireset_report *report)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u32 *space = machine->space[0];

	memset(&run_hardware, 0, sizeof(run_hardware));
	run_hardware.ops = dev->bus->ops;
	run_hardware.ignores_flr = ignores_flr;
	kunit_put16(space, PCI_COMMAND, PCI_COMMAND_MEMORY);
	dev->bus->ops = &run_hardware_ops;
	pcireset_run_like(dev, &request, false, NULL, report);
	dev->bus->ops = run_hardware.ops;
	return run_get16(space, PCI_COMMAND);
}

static void reset_that_works_fails_or_is_repeated(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_ANY,
					    .flags = PCIRESET_RESET_ESCALATE };
	struct pcireset_member member = {};
	struct pcireset_report report = { .members = &member, .max_members = 1 };

	KUNIT_EXPECT_EQ(test, run_reset(test, request, false, &report), PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, report.type, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, report.proof, PCIRESET_PROOF_SHOWN);
	KUNIT_EXPECT_EQ(test, report.failed, 0);
	KUNIT_EXPECT_EQ(test, member.state, PCIRESET_STATE_RESTORED);
	KUNIT_EXPECT_EQ(test, run_hardware.flr, 1);
	KUNIT_EXPECT_EQ(test, run_hardware.pm, 0);
}

/* Without proof of the FLR, the next type follows, but only if the caller allows it. */
static void reset_that_did_nothing_is_the_last(struct kunit *test)
{
	struct pcireset_request request = {
		.types = PCI_RESET_FLR | PCI_RESET_PM,
		.checks = PCIRESET_DEFAULT_CHECKS | PCIRESET_CHECK_PROOF,
	};
	struct pcireset_report report = { NULL };

	run_reset(test, request, true, &report);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_NO_PROOF);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, run_hardware.pm, 0);

	request.flags = PCIRESET_RESET_ESCALATE;
	report = (struct pcireset_report){ NULL };
	KUNIT_EXPECT_EQ(test, run_reset(test, request, true, &report), PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR | PCI_RESET_PM);
	KUNIT_EXPECT_EQ(test, report.type, PCI_RESET_PM);
	KUNIT_EXPECT_EQ(test, report.proof, PCIRESET_PROOF_SHOWN);
}

/*
 * An FLR without effect, then a wait without locks, then a reset of the bus if it is still
 * allowed. Returns the types that were issued.
 */
static u32 run_widen(struct kunit *test, void (*meanwhile)(struct pcireset_kunit_machine *machine))
{
	struct pcireset_request request = {
		.types = PCI_RESET_FLR | PCI_RESET_BUS,
		.checks = PCIRESET_DEFAULT_CHECKS | PCIRESET_CHECK_PROOF,
		.flags = PCIRESET_RESET_ESCALATE,
		.force = PCIRESET_FORCE_DRIVER,
		.settle_ms = 1,
		.by_user = true,
	};
	struct pcireset_report report = { NULL };

	run_meanwhile = meanwhile;
	run_meanwhile_on = test->priv;
	run_reset(test, request, true, &report);
	run_meanwhile = NULL;
	if (meanwhile) {
		KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_NO_PROOF);
		KUNIT_EXPECT_EQ(test, report.type, PCI_RESET_FLR);
	}
	return report.issued;
}

static void run_move_topology(struct pcireset_kunit_machine *machine)
{
	pcireset_topology_moved(machine->fns[0]);
}

static void run_bind_sibling(struct pcireset_kunit_machine *machine)
{
	pcireset_kunit_vfio_bind(machine->fns[1], 0);
}

static void run_open_sibling(struct pcireset_kunit_machine *machine)
{
	pcireset_kunit_vfio_bind(machine->fns[1], 1);
}

static void run_silence_sibling(struct pcireset_kunit_machine *machine)
{
	machine->space[1][PCI_COMMAND / 4] = ~0U;
}

/* The second function is in no reset before that of the bus. */
static void wider_reset_reaches_what_has_changed(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u32 command = machine->space[1][PCI_COMMAND / 4];

	KUNIT_EXPECT_EQ(test, run_widen(test, NULL), PCI_RESET_FLR | PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, run_widen(test, run_move_topology), PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, run_widen(test, run_bind_sibling), PCI_RESET_FLR);
	/* Bound by now, and closed. */
	KUNIT_EXPECT_EQ(test, run_widen(test, NULL), PCI_RESET_FLR | PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, run_widen(test, run_open_sibling), PCI_RESET_FLR);
	pcireset_kunit_vfio_unbind(machine->fns[1]);
	KUNIT_EXPECT_EQ(test, run_widen(test, run_silence_sibling), PCI_RESET_FLR);
	machine->space[1][PCI_COMMAND / 4] = command;
}

/* The reason of an FLR that works, after a wait without locks in which this happens. */
static u32 run_settle(struct kunit *test, void (*meanwhile)(struct pcireset_kunit_machine *machine))
{
	struct pcireset_request request = {
		.types = PCI_RESET_FLR,
		.force = PCIRESET_FORCE_DRIVER,
		.settle_ms = 1,
		.by_user = true,
	};
	struct pcireset_report report = { NULL };

	run_meanwhile = meanwhile;
	run_meanwhile_on = test->priv;
	run_reset(test, request, false, &report);
	run_meanwhile = NULL;
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_FLR);
	return report.why;
}

static void run_bind_target(struct pcireset_kunit_machine *machine)
{
	pcireset_kunit_vfio_bind(machine->fns[0], 0);
}

static void run_open_target(struct pcireset_kunit_machine *machine)
{
	pcireset_kunit_vfio_bind(machine->fns[0], 1);
}

/* After the settle time, the function may have another driver or user. Its state shows nothing. */
static void function_that_others_used_is_verified(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	KUNIT_EXPECT_EQ(test, run_settle(test, NULL), PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, run_settle(test, run_bind_target), PCIRESET_WHY_CHANGED);
	/* Bound by now, and closed. */
	machine->fns[0]->driver->driver_managed_dma = true;
	KUNIT_EXPECT_EQ(test, run_settle(test, NULL), PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, run_settle(test, run_open_target), PCIRESET_WHY_CHANGED);
	machine->fns[0]->driver->driver_managed_dma = false;
	pcireset_kunit_vfio_unbind(machine->fns[0]);
}

/* The second check follows the settle time. VFIO saves the state of a function to open it. */
static void run_save_at_last_check(void *data, const struct pcireset_run *run,
				   const struct pcireset_fn *fn)
{
	unsigned int *nr_checks = data;

	if (++*nr_checks == 2)
		pci_save_state(fn->dev);
}

static void state_that_a_user_saves_after_the_wait_is_lost(struct kunit *test)
{
	struct pci_dev *dev = ((struct pcireset_kunit_machine *)test->priv)->fns[0];
	unsigned int nr_checks = 0;

	dev->state_saved = false;
	KUNIT_ASSERT_EQ(test, register_trace_pcireset_check(run_save_at_last_check, &nr_checks), 0);
	KUNIT_EXPECT_EQ(test, run_settle(test, NULL), PCIRESET_WHY_NONE);
	unregister_trace_pcireset_check(run_save_at_last_check, &nr_checks);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, nr_checks, 2);
	KUNIT_EXPECT_TRUE(test, dev->state_saved);
}

/* What the driver of the target had saved, before a wait and a wider reset. */
static void wider_reset_loses_the_state_of_a_driver(struct kunit *test)
{
	struct pci_dev *dev = ((struct pcireset_kunit_machine *)test->priv)->fns[0];
	u32 *space = run_space(test);

	kunit_put16(space, PCI_COMMAND, PCI_COMMAND_MASTER);
	pci_save_state(dev);
	KUNIT_EXPECT_EQ(test, run_widen(test, NULL), PCI_RESET_FLR | PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, run_get16(space, PCI_COMMAND), PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_TRUE(test, dev->state_saved);
	pci_restore_state(dev);
	KUNIT_EXPECT_EQ(test, run_get16(space, PCI_COMMAND), PCI_COMMAND_MASTER);
}

/* At the check of the first function after the wait, a user opens the second and changes it. */
static void run_open_sibling_at_check(void *data, const struct pcireset_run *run,
				      const struct pcireset_fn *fn)
{
	unsigned int *nr_checks = data;

	if (++*nr_checks != 3)
		return;
	run_open_sibling(run_meanwhile_on);
	kunit_put16(run_meanwhile_on->space[1], PCI_COMMAND, PCI_COMMAND_MASTER);
}

static void function_that_a_user_opened_is_restored(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = {
		.types = PCI_RESET_BUS,
		.checks = PCIRESET_DEFAULT_CHECKS,
		.settle_ms = 1,
	};
	struct pcireset_report report = { NULL };
	unsigned int nr_checks = 0;

	run_meanwhile_on = machine;
	KUNIT_ASSERT_EQ(test, register_trace_pcireset_check(run_open_sibling_at_check, &nr_checks),
			0);
	run_reset(test, request, false, &report);
	unregister_trace_pcireset_check(run_open_sibling_at_check, &nr_checks);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, nr_checks, 4);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_CONFIG);
	KUNIT_EXPECT_EQ(test, run_get16(machine->space[1], PCI_COMMAND), PCI_COMMAND_MASTER);
	pcireset_kunit_vfio_unbind(machine->fns[1]);
}

static void bus_function_takes_a_function_reset(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u32 mixed = PCI_RESET_BUS | PCI_RESET_FLR;

	KUNIT_EXPECT_EQ(test, pcireset_bus(dev, mixed, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, pcireset_try_bus(dev, PCI_RESET_PM, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, pcireset_bus(dev, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, pcireset_bus(dev, PCI_RESET_CXL_BUS, NULL), -EOPNOTSUPP);
}

/* One function is asked for, and the report of the shared reset names another as its target. */
static void shared_report_has_two_targets(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_member members[2] = {
		{ .addr = pcireset_addr_of(machine->fns[0]), .flags = PCIRESET_MEMBER_TARGET },
		{ .addr = pcireset_addr_of(machine->fns[1]), .flags = PCIRESET_MEMBER_RESET },
	};
	struct pcireset_report report = { .members = members, .nr_members = 2 };
	struct pcireset_item item = { .dev = machine->fns[1], .report = &report };

	KUNIT_EXPECT_EQ(test, pcireset_item_member(&item, 0).flags, 0);
	KUNIT_EXPECT_EQ(test, pcireset_item_member(&item, 1).flags,
			PCIRESET_MEMBER_TARGET | PCIRESET_MEMBER_RESET);
	KUNIT_EXPECT_EQ(test, pcireset_item_member(&item, 1).addr.devfn, 1);
}

/* Do two requests for these types, one for each function, share a reset? */
static bool run_shares(struct kunit *test, u32 first, u32 second)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request requests[] = { { .types = first }, { .types = second } };
	struct pcireset_item *items;
	unsigned int i;
	bool shares;

	items = kunit_kcalloc(test, 2, sizeof(*items), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, items);
	for (i = 0; i < 2; i++) {
		items[i].dev = machine->fns[i];
		KUNIT_ASSERT_EQ(test,
				pcireset_plan_make(machine->fns[i], &requests[i], false,
						   &items[i].plan),
				0);
		pcireset_batch_share(items, i, 2);
	}
	shares = !items[1].plan;
	pcireset_plan_put(items[0].plan);
	pcireset_plan_put(items[1].plan);
	return shares;
}

static void reset_of_one_bus_is_issued_twice(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, run_shares(test, PCI_RESET_BUS, PCI_RESET_BUS));
	KUNIT_EXPECT_FALSE(test, run_shares(test, PCI_RESET_FLR, PCI_RESET_FLR));
	KUNIT_EXPECT_FALSE(test, run_shares(test, PCI_RESET_BUS, PCI_RESET_FLR));
}

#define RUN_MANY 512

/* Plans @items for one function: each second one is as the one before it. */
static void run_make_pairs(struct kunit *test, struct pcireset_item *items, u32 types)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = types };
	unsigned int i;
	int error;

	for (i = 0; i < RUN_MANY; i++) {
		request.timeout_ms = 1000 + i / 2;
		items[i].dev = machine->fns[0];
		error = pcireset_plan_make(items[i].dev, &request, false, &items[i].plan);
		KUNIT_ASSERT_EQ(test, error, 0);
		pcireset_batch_share(items, i, RUN_MANY);
	}
}

static unsigned int run_chain_length(const struct pcireset_item *items, unsigned int nr)
{
	unsigned int length = 0;

	for (; nr; nr = items[nr - 1].plans.next)
		length++;
	return length;
}

/* Equal items are found, and no item is compared with more than a few others. */
static void item_is_compared_with_all_others(struct kunit *test)
{
	struct pcireset_item *items = kunit_kcalloc(test, RUN_MANY, sizeof(*items), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, items);
	run_make_pairs(test, items, PCI_RESET_FLR);
	for (i = 0; i < RUN_MANY; i++) {
		KUNIT_EXPECT_EQ(test, !items[i].plan, i % 2);
		KUNIT_EXPECT_PTR_EQ(test, items[i].like,
				    (const struct pcireset_item *)(i % 2 ? &items[i - 1] : NULL));
		KUNIT_EXPECT_LE(test, run_chain_length(items, items[i].plans.first), 8);
		pcireset_plan_put(items[i].plan);
	}
	memset(items, 0, RUN_MANY * sizeof(*items));
	run_make_pairs(test, items, PCI_RESET_BUS);
	for (i = 0; i < RUN_MANY; i++) {
		KUNIT_EXPECT_EQ(test, !items[i].plan, i % 2);
		KUNIT_EXPECT_PTR_EQ(test, items[i].followers, i % 2 ? NULL : &items[i + 1]);
		pcireset_plan_put(items[i].plan);
	}
}

/* Without an IOMMU there is nothing to end but our own note. */
static void block_of_a_lost_function_is_ended_twice(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn fn = { .dev = machine->fns[0], .blocked = true };
	pci_channel_state_t state = fn.dev->error_state;

	pcireset_iommu_unblock_lost(&fn);
	KUNIT_EXPECT_FALSE(test, fn.blocked);
	KUNIT_EXPECT_EQ(test, fn.dev->error_state, state);
	KUNIT_EXPECT_EQ(test, pcireset_iommu_block(&fn), 0);
	KUNIT_EXPECT_TRUE(test, fn.blocked);
	fn.found.outcome = PCIRESET_STATE_DEAD;
	pcireset_iommu_unblock(&fn);
	KUNIT_EXPECT_FALSE(test, fn.blocked);
	KUNIT_EXPECT_EQ(test, fn.dev->error_state, state);
}

/* The bus has two functions, and a function has no bus. */
static void bus_that_is_not_empty_is_reset(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct run_refs was = run_count_refs(machine);
	struct pcireset_report report = {};

	KUNIT_EXPECT_EQ(test, pcireset_empty_bus_reset(machine->port, &report), -EBUSY);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_SCOPE);
	KUNIT_EXPECT_EQ(test, report.issued, 0);
	KUNIT_EXPECT_EQ(test, pcireset_empty_bus_reset(machine->fns[0], &report), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_NO_BRIDGE);
	KUNIT_EXPECT_EQ(test, report.issued, 0);
	run_expect_refs(test, &was, PCI_RESET_BUS);
}

/* Refused, and nothing is kept: neither a lock nor a reference. */
static void run_expect_empty_refused(struct kunit *test, int error, u32 why)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct run_refs was = run_count_refs(machine);
	struct pcireset_report report = {};

	KUNIT_EXPECT_EQ(test, pcireset_empty_bus_reset(machine->port, &report), error);
	KUNIT_EXPECT_EQ(test, report.why, why);
	KUNIT_EXPECT_EQ(test, report.issued, 0);
	KUNIT_EXPECT_EQ(test, report.who.devfn, machine->port->devfn);
	KUNIT_EXPECT_EQ(test, machine->nr_bus_resets, 0);
	run_expect_refs(test, &was, PCI_RESET_BUS);
}

static void run_expect_port_is_free(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	bool is_free;

	pci_lock_rescan_remove();
	pci_unlock_rescan_remove();
	is_free = device_trylock(&machine->port->dev);
	KUNIT_ASSERT_TRUE(test, is_free);
	is_free = pci_cfg_access_trylock(machine->port);
	KUNIT_EXPECT_TRUE(test, is_free);
	if (is_free)
		pci_cfg_access_unlock(machine->port);
	device_unlock(&machine->port->dev);
}

static void empty_bus_is_reset_below_an_unfinished_port(struct kunit *test)
{
	static const enum pcireset_unfinished_kind kinds[] = { PCIRESET_SETTLING, PCIRESET_LATE,
							       PCIRESET_QUIET_PORT };
	struct pcireset_kunit_machine *machine = test->priv;
	unsigned int i;

	pcireset_kunit_empty_bus(machine);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct pcireset_unfinished other = { .dev = machine->port, .owner = &other };

		pcireset_unfinished_add(&other, kinds[i]);
		run_expect_empty_refused(test, -EBUSY, PCIRESET_WHY_LATE);
		pcireset_unfinished_remove(&other);
	}
	device_lock(&machine->port->dev);
	run_expect_empty_refused(test, -EBUSY, PCIRESET_WHY_LOCK);
	device_unlock(&machine->port->dev);
	pci_cfg_access_lock(machine->port);
	run_expect_empty_refused(test, -EBUSY, PCIRESET_WHY_LOCK);
	pci_cfg_access_unlock(machine->port);
	run_expect_port_is_free(test);
}

static void empty_bus_is_reset_below_an_unfit_port(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u32 *space = machine->port_space, id = space[PCI_VENDOR_ID / 4];

	pcireset_kunit_empty_bus(machine);
	machine->port->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	run_expect_empty_refused(test, -EOPNOTSUPP, PCIRESET_WHY_QUIRK);
	machine->port->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	space[PCI_VENDOR_ID / 4] = ~0;
	run_expect_empty_refused(test, -ENODEV, PCIRESET_WHY_GONE);
	space[PCI_VENDOR_ID / 4] = id;
	/* CXL r3.1, sec 8.1.5: the DVSEC of a port whose Unmask SBR is clear. */
	space[RUN_DVSEC / 4] = 1 << 16 | PCI_EXT_CAP_ID_DVSEC;
	space[(RUN_DVSEC + PCI_DVSEC_HEADER1) / 4] = 0x28 << 20 | PCIRESET_CXL_VENDOR_ID;
	kunit_put16(space, RUN_DVSEC + PCI_DVSEC_HEADER2, PCIRESET_CXL_DVSEC_PORT);
	run_expect_empty_refused(test, -EOPNOTSUPP, PCIRESET_WHY_CXL_MASKED);
#ifdef CONFIG_PCIE_DPC
	machine->port->dpc_cap = RUN_DPC;
	kunit_put16(space, RUN_DPC + PCI_EXP_DPC_STATUS, PCI_EXP_DPC_STATUS_TRIGGER);
	run_expect_empty_refused(test, -EBUSY, PCIRESET_WHY_CONTAINED);
	machine->port->dpc_cap = 0;
#endif
	run_expect_port_is_free(test);
}

static void empty_bus_is_not_reset_or_not_counted(struct kunit *test)
{
	struct pcireset_stats was = { .size = sizeof(was), .type = PCI_RESET_BUS }, now = was;
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_report report = {};
	struct run_refs refs;

	pcireset_kunit_empty_bus(machine);
	refs = run_count_refs(machine);
	KUNIT_ASSERT_EQ(test, pcireset_stats_read(&was), 0);
	KUNIT_EXPECT_EQ(test, pcireset_empty_bus_reset(machine->port, &report), 0);
	KUNIT_ASSERT_EQ(test, pcireset_stats_read(&now), 0);
	KUNIT_EXPECT_EQ(test, machine->nr_bus_resets, 1);
	KUNIT_EXPECT_EQ(test, report.type, PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, report.scope, PCIRESET_SCOPE_BUS);
	/* Nothing below the port could show it. */
	KUNIT_EXPECT_EQ(test, report.proof, PCIRESET_PROOF_UNKNOWN);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_GT(test, report.total_ns, 0);
	KUNIT_EXPECT_EQ(test, now.out_unverified, was.out_unverified + 1);
	KUNIT_EXPECT_EQ(test, now.out_refused, was.out_refused);
	run_expect_refs(test, &refs, PCI_RESET_BUS);
	run_expect_port_is_free(test);
}

/* Added twice: by the notifier, and by the search at the start. */
static void function_is_counted_twice(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct run_refs was = run_count_refs(machine);

	pcireset_find_add(machine->fns[0]);
	run_expect_refs(test, &was, 0);
	pcireset_find_remove(machine->fns[0]);
	KUNIT_EXPECT_FALSE(test, pcireset_is_there(machine->fns[0]));
	was.fns[0]--;
	run_expect_refs(test, &was, 0);
	pcireset_find_add(machine->fns[0]);
	KUNIT_EXPECT_TRUE(test, pcireset_is_there(machine->fns[0]));
	was.fns[0]++;
	run_expect_refs(test, &was, 0);
}

/* Only the reset and the wait: both functions are in the report, and nothing is restored. */
static void raw_reset_is_left_out_or_not_told(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct run_refs was = run_count_refs(machine);
	struct pcireset_member members[2] = {};
	struct pcireset_report report = { .members = members, .max_members = 2 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(machine->fns); i++)
		machine->fns[i]->imm_ready = 1;
	KUNIT_EXPECT_EQ(test, pcireset_raw_bus(machine->port, &report), 0);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, report.nr_members, 2);
	KUNIT_EXPECT_EQ(test, members[1].addr.devfn, 1);
	KUNIT_EXPECT_NE(test, members[1].ready_ns, 0ULL);
	run_expect_refs(test, &was, PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, pcireset_raw_bus(machine->fns[0], NULL), -ENODEV);
	for (i = 0; i < ARRAY_SIZE(machine->fns); i++)
		machine->fns[i]->imm_ready = 0;
}

/* Before 7.3 pciehp enables link events at the end of its reset. */
static void link_events_of_the_reset_are_heard(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	struct pcireset_run run = {
		.plan = tx->plan,
		.tx = tx,
		.type = pcireset_type_find(PCI_RESET_BUS),
	};
	u16 enabled = PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE;
	unsigned int at = KUNIT_PCIE + PCI_EXP_SLTCTL;

	machine->fns[0]->d3cold_delay = 1;
	machine->fns[1]->d3cold_delay = 2;
	machine->port->pcie_flags_reg |= PCI_EXP_FLAGS_SLOT;
	machine->port_space[(KUNIT_PCIE + PCI_EXP_SLTCAP) / 4] = PCI_EXP_SLTCAP_NCCS;
	kunit_put16(machine->port_space, at, enabled);
	pci_cfg_access_lock(machine->port);
	KUNIT_EXPECT_EQ(test, pcireset_issue(&run), 0);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at), enabled);
	tx->bridge_fn.masked.quiet = true;
	KUNIT_EXPECT_EQ(test, pcireset_issue(&run), 0);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at), PCI_EXP_SLTCTL_HPIE);
	pci_cfg_access_unlock(machine->port);
	/* The core's wait is switched off for the reset alone. */
	KUNIT_EXPECT_EQ(test, machine->fns[0]->d3cold_delay, 1);
	KUNIT_EXPECT_EQ(test, machine->fns[1]->d3cold_delay, 2);
	tx->bridge_fn.masked.quiet = false;
	pcireset_tx_put(tx);
}

/* pciehp writes the indicators after the core's save, and the core's restore undoes that. */
static void indicators_of_pciehp_are_undone(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	u16 enabled = PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE;
	unsigned int at = KUNIT_PCIE + PCI_EXP_SLTCTL;

	machine->port->pcie_flags_reg |= PCI_EXP_FLAGS_SLOT;
	machine->port_space[(KUNIT_PCIE + PCI_EXP_SLTCAP) / 4] = PCI_EXP_SLTCAP_NCCS;
	kunit_put16(machine->port_space, at, enabled);
	pcireset_hotplug_restore(&tx->bridge_fn);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at), enabled);

	kunit_put16(machine->port_space, at, PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_ATTN_IND_OFF);
	pcireset_hotplug_save(&tx->bridge_fn);
	/* Of a lost register nothing is saved. */
	kunit_put16(machine->port_space, at, PCI_EXP_SLTCTL_ATTN_IND_ON);
	pcireset_hotplug_save(&tx->bridge_fn);
	kunit_put16(machine->port_space, at, enabled | PCI_EXP_SLTCTL_PWR_IND_ON);
	pcireset_hotplug_restore(&tx->bridge_fn);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at),
			enabled | PCI_EXP_SLTCTL_ATTN_IND_OFF);
	pcireset_tx_put(tx);
}

/* Our own bit must not be saved as the former one when the next type begins. */
static void surprise_down_stays_masked(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	u32 *mask = &machine->port_space[(RUN_DVSEC + PCI_ERR_UNCOR_MASK) / 4];
	bool native = machine->bridge->native_aer;

	machine->port->aer_cap = RUN_DVSEC;
	machine->bridge->native_aer = 1;
	*mask = PCI_ERR_UNC_COMP_TIME;
	pcireset_quiet_begin(tx, PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, *mask, PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_SURPDN);
	pcireset_quiet_begin(tx, PCI_RESET_BUS);
	pcireset_quiet_end(tx);
	KUNIT_EXPECT_EQ(test, *mask, PCI_ERR_UNC_COMP_TIME);
	KUNIT_EXPECT_FALSE(test, tx->bridge_fn.masked.quiet);
	machine->bridge->native_aer = native;
	machine->port->aer_cap = 0;
	pcireset_tx_put(tx);
}

/* Only ports whose link the type takes down, and only until their link is up again. */
static void other_port_is_quiet_or_a_late_one_is_not(struct kunit *test)
{
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	struct pcireset_fn *fn = &tx->fns[1];

	fn->planned->flags |= PCIRESET_MEMBER_BRIDGE;
	/* Only its existence matters. */
	fn->saved.state = (struct pci_saved_state *)tx;
	pcireset_quiet_begin(tx, PCI_RESET_FLR);
	KUNIT_EXPECT_FALSE(test, fn->masked.quiet);
	pcireset_quiet_begin(tx, PCI_RESET_BUS);
	KUNIT_EXPECT_TRUE(test, fn->masked.quiet);
	fn->masked.stays_quiet = true;
	pcireset_quiet_end(tx);
	KUNIT_EXPECT_TRUE(test, fn->masked.quiet);
	fn->masked.stays_quiet = false;
	pcireset_quiet_end(tx);
	KUNIT_EXPECT_FALSE(test, fn->masked.quiet);
	fn->saved.state = NULL;
	pcireset_tx_put(tx);
}

/* pciehp gets no event of the time of the reset, so the slot itself is looked at. */
static void card_that_left_during_the_reset_is_missed(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	struct pci_slot *before = machine->fns[0]->slot;
	unsigned int at = KUNIT_PCIE + PCI_EXP_SLTSTA;

	run_make_slot(test, PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_PDCE);
	kunit_put16(machine->port_space, at, PCI_EXP_SLTSTA_PDS);
	/* Only its existence matters. */
	machine->fns[0]->slot = (struct pci_slot *)tx;
	pcireset_quiet_begin(tx, PCI_RESET_BUS);
	kunit_put16(machine->port_space, at, 0);
	pcireset_quiet_end(tx);
	machine->fns[0]->slot = before;
	KUNIT_EXPECT_TRUE(test, tx->bridge_fn.masked.slot_changed);
	machine->port->is_hotplug_bridge = 0;
	pcireset_tx_put(tx);
}

/* A write to it could reach another port. */
static void lost_port_is_written_to(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = run_tx_on(test, PCI_RESET_BUS);
	unsigned int at = KUNIT_PCIE + PCI_EXP_SLTSTA;
	u16 events = PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_CC;

	run_make_slot(test, 0);
	pcireset_quiet_begin(tx, PCI_RESET_BUS);
	kunit_put16(machine->port_space, at, events);
	tx->bridge_fn.found.outcome = PCIRESET_STATE_DEAD;
	pcireset_quiet_end(tx);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at), events);
	KUNIT_EXPECT_FALSE(test, machine->port->ignore_hotplug);
	machine->port->is_hotplug_bridge = 0;
	pcireset_tx_put(tx);
}

/* pciehp may enable more of them in between, or leave the slot for ever. */
static void event_of_a_slot_stays_masked(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn port = { .dev = machine->port };
	u16 link = PCI_EXP_SLTCTL_DLLSCE, presence = PCI_EXP_SLTCTL_PDCE;
	unsigned int at = KUNIT_PCIE + PCI_EXP_SLTCTL;

	run_make_slot(test, PCI_EXP_SLTCTL_HPIE | link);
	pcireset_hotplug_mask(&port);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at), PCI_EXP_SLTCTL_HPIE);
	kunit_put16(machine->port_space, at, PCI_EXP_SLTCTL_HPIE | presence);
	pcireset_hotplug_mask(&port);
	pcireset_hotplug_unmask(&port);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at),
			PCI_EXP_SLTCTL_HPIE | link | presence);
	/* Without its interrupt, the slot has no driver. */
	kunit_put16(machine->port_space, at, 0);
	pcireset_hotplug_unmask(&port);
	KUNIT_EXPECT_EQ(test, run_get16(machine->port_space, at), 0);
	machine->port->is_hotplug_bridge = 0;
}

static s64 run_mask_us(struct pcireset_fn *port)
{
	ktime_t begin = ktime_get();

	pcireset_hotplug_mask(port);
	return ktime_us_delta(ktime_get(), begin);
}

/* PCIe r6.0, sec 7.5.3.9: some slots never report that a command is complete. */
static void command_is_waited_for_in_vain(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn port = { .dev = machine->port };
	u16 enabled = PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE;

	run_make_slot(test, enabled);
	KUNIT_EXPECT_LT(test, run_mask_us(&port), 500000);
	machine->port_space[(KUNIT_PCIE + PCI_EXP_SLTCAP) / 4] = 0;
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_SLTCTL, enabled);
	KUNIT_EXPECT_GE(test, run_mask_us(&port), 1000000);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_SLTCTL, enabled);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_CC);
	KUNIT_EXPECT_LT(test, run_mask_us(&port), 500000);
	machine->port->is_hotplug_bridge = 0;
}

/* A caller that holds its own lock, or that must not wait for one. */
static void caller_with_a_lock_waits_for_it(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	struct pcireset_report report = { NULL };

	device_lock(&dev->dev);
	KUNIT_EXPECT_EQ(test, pcireset_bus_locked(dev, PCI_RESET_BUS, &report), 0);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, pcireset_function_locked(dev, PCI_RESET_FLR, &report), 0);
	KUNIT_EXPECT_EQ(test, pcireset_try_function(dev, PCI_RESET_FLR, NULL), -EAGAIN);
	KUNIT_EXPECT_EQ(test, pcireset_try_bus(dev, PCI_RESET_BUS, NULL), -EAGAIN);
	device_unlock(&dev->dev);
}

static void run_stats(struct kunit *test, u32 type, struct pcireset_stats *stats)
{
	*stats = (struct pcireset_stats){ .size = sizeof(*stats), .type = type };
	KUNIT_ASSERT_EQ(test, pcireset_stats_read(stats), 0);
}

/* The machine ignores D3hot, so a PM reset has no proof. */
static void reset_is_counted_as_another_one(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_report report = { NULL };
	struct pcireset_stats was, now;

	run_stats(test, PCI_RESET_FLR, &was);
	run_reset(test, request, false, &report);
	run_stats(test, PCI_RESET_FLR, &now);
	KUNIT_EXPECT_EQ(test, now.out_verified, was.out_verified + 1);
	KUNIT_EXPECT_EQ(test, now.out_functions, was.out_functions + 1);
	KUNIT_EXPECT_EQ(test, now.out_wait_ns, was.out_wait_ns + report.wait_ns);
	KUNIT_EXPECT_EQ(test, now.out_last_errno, 0);
	run_reset(test, request, true, &report);
	run_stats(test, PCI_RESET_FLR, &was);
	KUNIT_EXPECT_EQ(test, was.out_verified, now.out_verified);
	KUNIT_EXPECT_EQ(test, was.out_unverified, now.out_unverified + 1);
	request.checks = PCIRESET_CHECK_PROOF;
	run_reset(test, request, true, &report);
	run_stats(test, PCI_RESET_FLR, &now);
	KUNIT_EXPECT_EQ(test, now.out_failed, was.out_failed + 1);
	KUNIT_EXPECT_EQ(test, now.out_last_errno, EIO);
}

/* Nobody would restore the neighbour. */
static void raw_reset_of_a_function_reaches_others(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	struct pcireset_report report = { NULL };

	device_lock(&dev->dev);
	KUNIT_EXPECT_EQ(test, pcireset_raw_function_locked(dev, PCI_RESET_BUS, &report), -EBUSY);
	device_unlock(&dev->dev);
	KUNIT_EXPECT_EQ(test, report.why, PCIRESET_WHY_SCOPE);
	KUNIT_EXPECT_EQ(test, report.who.devfn, 1);
	KUNIT_EXPECT_EQ(test, machine->nr_bus_resets, 0);
}

static void hotplug_stays_ignored_after_a_raw_reset(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	run_make_slot(test, 0);
	KUNIT_EXPECT_EQ(test, pcireset_raw_bus(machine->port, NULL), 0);
	KUNIT_EXPECT_FALSE(test, machine->port->ignore_hotplug);
	machine->port->is_hotplug_bridge = 0;
}

static struct kunit_case run_cases[] = {
	KUNIT_CASE(plan_of_another_topology_is_run),
	KUNIT_CASE(bus_is_reset_although_a_quirk_forbids_it),
	KUNIT_CASE(query_or_plan_leaks_a_reference),
	KUNIT_CASE(saved_state_of_a_driver_is_lost),
	KUNIT_CASE(state_that_no_driver_saved_is_left_behind),
	KUNIT_CASE(pme_status_is_cleared_with_its_enable),
	KUNIT_CASE(pme_is_enabled_that_was_not),
	KUNIT_CASE(state_of_a_function_that_is_gone_is_trusted),
	KUNIT_CASE(completed_command_of_pciehp_is_cleared),
	KUNIT_CASE(hotplug_that_was_ignored_before_is_heard),
	KUNIT_CASE(port_is_quiet_without_a_reset_of_its_link),
	KUNIT_CASE(link_disabled_by_the_reset_is_forgotten),
	KUNIT_CASE(slot_without_driver_is_reset_by_the_bus),
	KUNIT_CASE(members_stay_awake_if_their_bridge_is_busy),
	KUNIT_CASE(times_are_those_of_another_member),
	KUNIT_CASE(bus_is_accessed_before_its_time),
	KUNIT_CASE(link_that_stays_down_passes),
	KUNIT_CASE(bridge_between_is_not_waited_for),
	KUNIT_CASE(function_that_never_answers_is_waited_for_without_end),
	KUNIT_CASE(wrong_query_of_the_counters_is_answered),
	KUNIT_CASE(reset_that_works_fails_or_is_repeated),
	KUNIT_CASE(reset_that_did_nothing_is_the_last),
	KUNIT_CASE(wider_reset_reaches_what_has_changed),
	KUNIT_CASE(function_that_others_used_is_verified),
	KUNIT_CASE(state_that_a_user_saves_after_the_wait_is_lost),
	KUNIT_CASE(wider_reset_loses_the_state_of_a_driver),
	KUNIT_CASE(function_that_a_user_opened_is_restored),
	KUNIT_CASE(bus_function_takes_a_function_reset),
	KUNIT_CASE(shared_report_has_two_targets),
	KUNIT_CASE(reset_of_one_bus_is_issued_twice),
	KUNIT_CASE(item_is_compared_with_all_others),
	KUNIT_CASE(function_is_counted_twice),
	KUNIT_CASE(raw_reset_is_left_out_or_not_told),
	KUNIT_CASE(raw_reset_of_a_function_reaches_others),
	KUNIT_CASE(hotplug_stays_ignored_after_a_raw_reset),
	KUNIT_CASE(link_events_of_the_reset_are_heard),
	KUNIT_CASE(indicators_of_pciehp_are_undone),
	KUNIT_CASE(surprise_down_stays_masked),
	KUNIT_CASE(other_port_is_quiet_or_a_late_one_is_not),
	KUNIT_CASE(card_that_left_during_the_reset_is_missed),
	KUNIT_CASE(lost_port_is_written_to),
	KUNIT_CASE(event_of_a_slot_stays_masked),
	KUNIT_CASE(command_is_waited_for_in_vain),
	KUNIT_CASE(caller_with_a_lock_waits_for_it),
	KUNIT_CASE(reset_is_counted_as_another_one),
	KUNIT_CASE(block_of_a_lost_function_is_ended_twice),
	KUNIT_CASE(bus_that_is_not_empty_is_reset),
	KUNIT_CASE(empty_bus_is_reset_below_an_unfinished_port),
	KUNIT_CASE(empty_bus_is_reset_below_an_unfit_port),
	KUNIT_CASE(empty_bus_is_not_reset_or_not_counted),
	{},
};

static struct kunit_suite run_suite = {
	.name = "pcireset-run",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = run_cases,
};

kunit_test_suite(run_suite);
