// SPDX-License-Identifier: GPL-2.0-only
/* The speed of a link after its reset: set, checked, and restored after each way out. */
#include <linux/delay.h>
#include <linux/module.h>

#include "machine.h"
#include "run/run.h"

/* Link Control 2 before: 16 GT/s, and bits that do not concern the speed. */
#define SPEED_BEFORE (0x8000 | 4)
#define SPEED_GT8    3
#define SPEED_GT16   4

#define SPEED_EXTENDED 0x100

/* How often to look for the end of the worker, 20 ms apart. */
#define SPEED_TRIES 500

/*
 * A port whose link trains to its target speed when its bus is reset, or to @trains_to. The
 * functions lose Command, which proves the reset.
 */
static struct {
	struct pci_ops *ops;
	struct pcireset_kunit_machine *machine;
	u16 trains_to;
	u16 target; /* during the reset */
	bool keeps_target;
	bool has_no_autonomous_bit;
	bool silences_functions;
} speed_hardware;

static u16 speed_word(const struct pcireset_kunit_machine *machine, unsigned int at)
{
	return machine->port_space[at / 4] >> 8 * (at % 4);
}

static u16 speed_control(struct kunit *test)
{
	return speed_word(test->priv, KUNIT_PCIE + PCI_EXP_LNKCTL2);
}

static void speed_train(void)
{
	struct pcireset_kunit_machine *machine = speed_hardware.machine;
	u16 speed = speed_hardware.trains_to;
	unsigned int i;

	speed_hardware.target = speed_word(machine, KUNIT_PCIE + PCI_EXP_LNKCTL2);
	if (!speed)
		speed = speed_hardware.target & PCI_EXP_LNKCTL2_TLS;
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKSTA, speed);
	for (i = 0; i < ARRAY_SIZE(machine->space); i++)
		kunit_put16(machine->space[i], PCI_COMMAND, 0);
	if (speed_hardware.silences_functions)
		memset(machine->space, 0xff, sizeof(machine->space));
}

static int speed_read_config(struct pci_bus *bus, unsigned int devfn, int where, int size,
			     u32 *value)
{
	return speed_hardware.ops->read(bus, devfn, where, size, value);
}

static int speed_write_config(struct pci_bus *bus, unsigned int devfn, int where, int size,
			      u32 value)
{
	u16 before = speed_word(speed_hardware.machine, KUNIT_PCIE + PCI_EXP_LNKCTL2);

	if (where == KUNIT_PCIE + PCI_EXP_LNKCTL2 && speed_hardware.keeps_target)
		value = (value & ~PCI_EXP_LNKCTL2_TLS) | (before & PCI_EXP_LNKCTL2_TLS);
	if (where == KUNIT_PCIE + PCI_EXP_LNKCTL2 && speed_hardware.has_no_autonomous_bit)
		value &= ~PCI_EXP_LNKCTL2_HASD;
	if (where == PCI_BRIDGE_CONTROL && value & PCI_BRIDGE_CTL_BUS_RESET)
		speed_train();
	return speed_hardware.ops->write(bus, devfn, where, size, value);
}

static struct pci_ops speed_ops = { .read = speed_read_config, .write = speed_write_config };

static int speed_init(struct kunit *test)
{
	int error = pcireset_kunit_machine_init(test);
	struct pcireset_kunit_machine *machine = test->priv;
	unsigned int i;

	if (error)
		return error;
	memset(&speed_hardware, 0, sizeof(speed_hardware));
	speed_hardware.machine = machine;
	speed_hardware.ops = machine->port->bus->ops;
	machine->port->bus->ops = &speed_ops;
	/* Bit n is the speed with code n. */
	machine->port_space[(KUNIT_PCIE + PCI_EXP_LNKCAP2) / 4] = 0x1e;
	machine->port_space[(KUNIT_PCIE + PCI_EXP_LNKCAP) / 4] = SPEED_GT16;
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL2, SPEED_BEFORE);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKSTA, SPEED_GT16);
	for (i = 0; i < ARRAY_SIZE(machine->space); i++)
		machine->space[i][(KUNIT_PCIE + PCI_EXP_LNKCAP) / 4] = SPEED_GT16;
	return 0;
}

static void speed_exit(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	if (machine && machine->port)
		machine->port->bus->ops = speed_hardware.ops;
	pcireset_kunit_machine_exit(test);
}

static struct pcireset_request speed_request(u32 speed)
{
	return (struct pcireset_request){ .types = PCI_RESET_BUS,
					  .link_speed = speed,
					  .timeout_ms = 200 };
}

/* A transaction for 8 GT/s whose members are not locked or saved. */
static struct pcireset_tx *speed_tx(struct kunit *test)
{
	struct pcireset_request request = speed_request(SPEED_GT8);
	struct pcireset_tx *tx = pcireset_kunit_tx(test, &request);

	KUNIT_ASSERT_EQ(test, tx->plan->error, 0);
	return tx;
}

/* Returns the reason of a whole reset that was to end with 8 GT/s. */
static u32 speed_reset(struct kunit *test, struct pcireset_report *report)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = speed_request(SPEED_GT8);

	pcireset_run_like(machine->fns[0], &request, false, NULL, report);
	return report->why;
}

/* ---- the ways out of a whole reset */

static void speed_stays_after_a_reset_that_works(struct kunit *test)
{
	struct pcireset_report report = { NULL };

	KUNIT_EXPECT_EQ(test, speed_reset(test, &report), PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, report.failed, 0);
	KUNIT_EXPECT_EQ(test, report.issued, PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, speed_hardware.target, 0x8000 | SPEED_GT8 | PCI_EXP_LNKCTL2_HASD);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
}

static void speed_stays_after_a_reset_that_fails(struct kunit *test)
{
	struct pcireset_report report = { NULL };

	speed_hardware.trains_to = 1;
	KUNIT_EXPECT_EQ(test, speed_reset(test, &report), PCIRESET_WHY_LINK);
	KUNIT_EXPECT_EQ(test, report.failed, PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
	/* A link that is faster than wanted is as wrong. */
	speed_hardware.trains_to = SPEED_GT16;
	report = (struct pcireset_report){ NULL };
	KUNIT_EXPECT_EQ(test, speed_reset(test, &report), PCIRESET_WHY_LINK);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
}

/* The port does not keep the target: nothing is reset. */
static void speed_that_cannot_be_set_is_reset_to(struct kunit *test)
{
	struct pcireset_report report = { NULL };

	speed_hardware.keeps_target = true;
	KUNIT_EXPECT_EQ(test, speed_reset(test, &report), PCIRESET_WHY_SPEED);
	KUNIT_EXPECT_EQ(test, report.issued, 0);
	KUNIT_EXPECT_EQ(test, speed_hardware.target, 0);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
}

/* The last thing that the worker does is to release the module. */
static void speed_await_worker(struct kunit *test, int refs)
{
	unsigned int i;

	for (i = 0; i < SPEED_TRIES && module_refcount(THIS_MODULE) > refs; i++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs);
}

static void speed_stays_after_a_reset_with_late_functions(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_report report = { NULL };
	int refs = module_refcount(THIS_MODULE);
	void *spaces = kunit_kzalloc(test, sizeof(machine->space), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, spaces);
	memcpy(spaces, machine->space, sizeof(machine->space));
	speed_hardware.silences_functions = true;
	KUNIT_EXPECT_EQ(test, speed_reset(test, &report), PCIRESET_WHY_NOT_READY);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
	KUNIT_EXPECT_TRUE(test, pcireset_is_unfinished(machine->fns[0], PCIRESET_LATE, NULL));
	/* The worker restores the functions, and leaves a new setting of the port alone. */
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL2, 1);
	memcpy(machine->space, spaces, sizeof(machine->space));
	speed_await_worker(test, refs);
	KUNIT_EXPECT_EQ(test, speed_control(test), 1);
}

static void speed_that_the_port_lacks_is_planned(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = speed_request(SPEED_GT16 + 1);
	struct pcireset_plan *plan = NULL;

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &plan), 0);
	KUNIT_EXPECT_EQ(test, plan->error, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_SPEED);
	KUNIT_EXPECT_EQ(test, plan->who.devfn, machine->port->devfn);
	pcireset_plan_put(plan);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
}

/* ---- the steps */

static void speed_that_others_set_later_is_restored(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = speed_tx(test);

	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	KUNIT_EXPECT_EQ(test, speed_control(test), 0x8000 | SPEED_GT8 | PCI_EXP_LNKCTL2_HASD);
	pcireset_speed_restore(tx);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL2, 1);
	pcireset_speed_restore(tx);
	KUNIT_EXPECT_EQ(test, speed_control(test), 1);
	pcireset_tx_put(tx);
}

/* Other bits of the register belong to others, also during the reset. */
static void other_bits_are_restored_with_the_speed(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = speed_tx(test);

	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL2, 0x1000 | SPEED_GT8);
	pcireset_speed_restore(tx);
	KUNIT_EXPECT_EQ(test, speed_control(test), 0x1000 | SPEED_GT16);
	pcireset_tx_put(tx);
}

/* The second type of a reset must not save the changed speed as the one to return to. */
static void speed_is_saved_twice(struct kunit *test)
{
	struct pcireset_tx *tx = speed_tx(test);

	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	pcireset_speed_restore(tx);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
	pcireset_tx_put(tx);
}

static void removed_port_is_written_to(struct kunit *test)
{
	struct pcireset_tx *tx = speed_tx(test);

	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	tx->bridge_fn.unfinished.gone = true;
	pcireset_speed_restore(tx);
	KUNIT_EXPECT_EQ(test, speed_control(test), 0x8000 | SPEED_GT8 | PCI_EXP_LNKCTL2_HASD);
	KUNIT_EXPECT_FALSE(test, tx->bridge_fn.saved.speed_is_set);
	tx->bridge_fn.unfinished.gone = false;
	pcireset_tx_put(tx);
}

/* All-ones are no former value, and no register to restore bits in. */
static void silent_port_is_written_to(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = speed_tx(test);
	unsigned int at = KUNIT_PCIE + PCI_EXP_LNKCTL2;

	kunit_put16(machine->port_space, at, 0xffff);
	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, speed_control(test), 0xffff);
	KUNIT_EXPECT_FALSE(test, tx->bridge_fn.saved.speed_is_set);
	kunit_put16(machine->port_space, at, SPEED_BEFORE);
	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	kunit_put16(machine->port_space, at, 0xffff);
	pcireset_speed_restore(tx);
	KUNIT_EXPECT_EQ(test, speed_control(test), 0xffff);
	pcireset_tx_put(tx);
}

static void port_without_autonomous_bit_is_refused(struct kunit *test)
{
	struct pcireset_tx *tx = speed_tx(test);

	speed_hardware.has_no_autonomous_bit = true;
	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	KUNIT_EXPECT_EQ(test, speed_control(test), 0x8000 | SPEED_GT8);
	pcireset_speed_restore(tx);
	KUNIT_EXPECT_EQ(test, speed_control(test), SPEED_BEFORE);
	pcireset_tx_put(tx);
}

/* ---- the judgement: Link Status, and equalization */

/* Sets and checks the speed @speed with @status in its equalization register. */
static u32 speed_failed(struct kunit *test, u16 link_status, unsigned int at, u32 status)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = speed_tx(test);
	u32 failed;

	tx->plan->request.link_speed = link_status & PCI_EXP_LNKSTA_CLS;
	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKSTA, link_status);
	kunit_put16(machine->port_space, at, status);
	tx->fns[0].found.failed = 0;
	tx->fns[1].found.failed = 0;
	pcireset_speed_check(tx, ktime_get());
	failed = tx->fns[0].found.failed;
	KUNIT_EXPECT_EQ(test, tx->fns[1].found.failed, failed);
	pcireset_speed_restore(tx);
	pcireset_tx_put(tx);
	return failed;
}

static void equalization_that_failed_passes(struct kunit *test)
{
	unsigned int gt8 = KUNIT_PCIE + PCI_EXP_LNKSTA2, gt16 = SPEED_EXTENDED + 0x0c;
	struct pcireset_kunit_machine *machine = test->priv;

	machine->port_space[SPEED_EXTENDED / 4] = PCI_EXT_CAP_ID_PL_16GT | 1 << 16;
	/* Complete with phase 1, not reported, complete without phase 1, requested again. */
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT8, gt8, 0x06), 0);
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT8, gt8, 0), 0);
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT8, gt8, 0x02), PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT8, gt8, 0x26), PCIRESET_CHECK_LINK);
	/* The register of 8 GT/s does not count at 16 GT/s, and has its bits elsewhere. */
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT16, gt16, 0x03), 0);
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT16, gt16, 0x01), PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT16, gt16, 0x13), PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, speed_failed(test, 2, gt16, 0x13), 0);
}

static void link_that_trains_or_is_silent_passes(struct kunit *test)
{
	unsigned int at = KUNIT_PCIE + PCI_EXP_LNKSTA2;
	struct pcireset_kunit_machine *machine = test->priv;

	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT8 | PCI_EXP_LNKSTA_LT, at, 0),
			PCIRESET_CHECK_LINK);
	machine->port->link_active_reporting = 1;
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT8, at, 0), PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, speed_failed(test, SPEED_GT8 | PCI_EXP_LNKSTA_DLLLA, at, 0), 0);
	machine->port->link_active_reporting = 0;
}

/* A slower link than before is wanted, so it is not worse. */
static void wanted_speed_counts_as_worse(struct kunit *test)
{
	struct pcireset_tx *tx = speed_tx(test);
	u16 width = 8 << 4;

	tx->fns[0].saved.link = width | SPEED_GT16;
	tx->fns[1].saved.link = width | 1;
	KUNIT_EXPECT_EQ(test, pcireset_speed_set(tx), 0);
	KUNIT_EXPECT_EQ(test, tx->fns[0].saved.link, width | SPEED_GT8);
	KUNIT_EXPECT_EQ(test, tx->fns[1].saved.link, width | 1);
	pcireset_speed_restore(tx);
	pcireset_tx_put(tx);
}

static struct kunit_case speed_cases[] = {
	KUNIT_CASE(speed_stays_after_a_reset_that_works),
	KUNIT_CASE(speed_stays_after_a_reset_that_fails),
	KUNIT_CASE(speed_that_cannot_be_set_is_reset_to),
	KUNIT_CASE(speed_stays_after_a_reset_with_late_functions),
	KUNIT_CASE(speed_that_the_port_lacks_is_planned),
	KUNIT_CASE(speed_that_others_set_later_is_restored),
	KUNIT_CASE(other_bits_are_restored_with_the_speed),
	KUNIT_CASE(speed_is_saved_twice),
	KUNIT_CASE(removed_port_is_written_to),
	KUNIT_CASE(silent_port_is_written_to),
	KUNIT_CASE(port_without_autonomous_bit_is_refused),
	KUNIT_CASE(equalization_that_failed_passes),
	KUNIT_CASE(link_that_trains_or_is_silent_passes),
	KUNIT_CASE(wanted_speed_counts_as_worse),
	{},
};

static struct kunit_suite speed_suite = {
	.name = "pcireset-speed",
	.init = speed_init,
	.exit = speed_exit,
	.test_cases = speed_cases,
};

kunit_test_suite(speed_suite);
