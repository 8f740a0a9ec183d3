// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the state kept around a reset, and of the checks repeated under the locks. */
#include <kunit/test.h>

#include "machine.h"
#include "run/run.h"

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

	/* What a driver saves in its suspend callback, say. */
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

/* What was cut off has given all-ones to be saved. */
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
	KUNIT_CASE(slot_without_driver_is_reset_by_the_bus),
	KUNIT_CASE(members_stay_awake_if_their_bridge_is_busy),
	{},
};

static struct kunit_suite run_suite = {
	.name = "pcireset-run",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = run_cases,
};

kunit_test_suite(run_suite);
