// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the waits after a reset, of the link's state, and of the retraining. */
#include "machine.h"
#include "wait/wait.h"

#define KUNIT_RTR 0x100

/* Readiness Time Reporting, PCIe r6.0, sec 7.9.16: the fields of both of its registers. */
static struct pcireset_times wait_times_with(struct kunit *test, u32 first, u32 second)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u32 *space = machine->space[0];

	space[KUNIT_RTR / 4] = 1 << 16 | PCIRESET_RTR_ID;
	space[KUNIT_RTR / 4 + 1] = first;
	space[KUNIT_RTR / 4 + 2] = second;
	return pcireset_times_of(machine->fns[0], KUNIT_RTR);
}

/* Sec 7.9.16.2: 9 bits, in units of 1, 32, 1024, ... 33554432 ns. */
static u32 wait_field(u32 scale, u32 value)
{
	return scale << 9 | value;
}

#define WAIT_VALID BIT(31)

static void time_that_a_function_reports_is_not_used(struct kunit *test)
{
	struct pcireset_times times;

	times = wait_times_with(test, WAIT_VALID | wait_field(3, 100) << 12,
				wait_field(2, 3) | wait_field(1, 511) << 12);
	KUNIT_EXPECT_EQ(test, times.link_us, 3277);
	KUNIT_EXPECT_EQ(test, times.flr_us, 4);
	KUNIT_EXPECT_EQ(test, times.d0_us, 17);
	times = wait_times_with(test, WAIT_VALID | wait_field(5, 1) << 12,
				wait_field(0, 1) | wait_field(4, 2) << 12);
	KUNIT_EXPECT_EQ(test, times.link_us, 33555);
	KUNIT_EXPECT_EQ(test, times.flr_us, 1);
	KUNIT_EXPECT_EQ(test, times.d0_us, 2098);
}

static void time_that_means_nothing_is_used(struct kunit *test)
{
	struct pcireset_times times;

	/* Two units are reserved. */
	times = wait_times_with(test, WAIT_VALID | wait_field(6, 1) << 12,
				wait_field(7, 1) | wait_field(6, 1) << 12);
	KUNIT_EXPECT_EQ(test, times.link_us, 100000);
	KUNIT_EXPECT_EQ(test, times.flr_us, 100000);
	KUNIT_EXPECT_EQ(test, times.d0_us, 10000);
	times = wait_times_with(test, wait_field(1, 1) << 12, wait_field(1, 1));
	KUNIT_EXPECT_EQ(test, times.link_us, 100000);
	KUNIT_EXPECT_EQ(test, times.flr_us, 100000);
	times = wait_times_with(test, ~0U, wait_field(1, 1));
	KUNIT_EXPECT_EQ(test, times.link_us, 100000);
	KUNIT_EXPECT_EQ(test, times.flr_us, 100000);
}

/* A quirk asks for more than the specification, and the function says less. */
static void quirk_that_needs_longer_is_ignored(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	struct pcireset_times times;

	dev->d3cold_delay = 101;
	dev->d3hot_delay = 11;
	times = wait_times_with(test, WAIT_VALID | wait_field(1, 1) << 12, wait_field(1, 1) << 12);
	KUNIT_EXPECT_EQ(test, times.link_us, 101000);
	KUNIT_EXPECT_EQ(test, times.d0_us, 11000);
	dev->d3cold_delay = 100;
	dev->d3hot_delay = 10;
	times = wait_times_with(test, WAIT_VALID | wait_field(1, 1) << 12, wait_field(1, 1) << 12);
	KUNIT_EXPECT_EQ(test, times.link_us, 1);
	KUNIT_EXPECT_EQ(test, times.d0_us, 1);
}

static void function_that_is_ready_at_once_is_waited_for(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	struct pcireset_times times;

	dev->imm_ready = 1;
	times = wait_times_with(test, WAIT_VALID | wait_field(5, 9) << 12, wait_field(5, 9));
	KUNIT_EXPECT_EQ(test, times.link_us, 0);
	KUNIT_EXPECT_EQ(test, times.flr_us, 0);
	KUNIT_EXPECT_EQ(test, times.d0_us, 0);
	times = pcireset_times_of_target(dev, KUNIT_RTR);
	KUNIT_EXPECT_EQ(test, times.flr_us, 0);
	dev->imm_ready = 0;
	times = pcireset_times_of_target(dev, 0);
	KUNIT_EXPECT_EQ(test, times.flr_us, 100000);
}

/* Without power management the core knows no time; a VF waits with its PF. */
static void function_without_power_management_is_ready_at_once(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u8 cap = dev->pm_cap;

	dev->d3cold_delay = 0;
	KUNIT_EXPECT_EQ(test, pcireset_times_of(dev, 0).link_us, 0);
	dev->pm_cap = 0;
	KUNIT_EXPECT_EQ(test, pcireset_times_of(dev, 0).link_us, 100000);
	dev->d3cold_delay = 300;
	KUNIT_EXPECT_EQ(test, pcireset_times_of(dev, 0).link_us, 300000);
	dev->d3cold_delay = 0;
	dev->is_virtfn = 1;
	KUNIT_EXPECT_EQ(test, pcireset_times_of(dev, 0).link_us, 0);
	dev->is_virtfn = 0;
	dev->pm_cap = cap;
}

/* PCIe r6.0, sec 6.6.1: above 5 GT/s the time begins when the link is up. */
static void wait_for_a_fast_link_begins_too_early(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *port = machine->port;
	u16 flags = port->pcie_flags_reg;
	u32 *speeds = &machine->port_space[(KUNIT_PCIE + PCI_EXP_LNKCAP2) / 4];

	*speeds = PCI_EXP_LNKCAP2_SLS_2_5GB | PCI_EXP_LNKCAP2_SLS_5_0GB;
	port->supported_speeds = *speeds;
	port->link_active_reporting = 1;
	KUNIT_EXPECT_FALSE(test, pcireset_counts_from_link_up(port));
	KUNIT_EXPECT_EQ(test, pcireset_secondary_us(port, 7, 100), 100);
	KUNIT_EXPECT_EQ(test, pcireset_secondary_us(port, 700, 100), 700);
	*speeds |= PCI_EXP_LNKCAP2_SLS_8_0GB;
	port->supported_speeds = *speeds;
	KUNIT_EXPECT_TRUE(test, pcireset_counts_from_link_up(port));
	KUNIT_EXPECT_EQ(test, pcireset_secondary_us(port, 7, 100), 107);
	port->link_active_reporting = 0;
	KUNIT_EXPECT_FALSE(test, pcireset_counts_from_link_up(port));
	KUNIT_EXPECT_EQ(test, pcireset_secondary_us(port, 7, 100), 100);
	port->pcie_flags_reg = (flags & ~PCI_EXP_FLAGS_TYPE) | PCI_EXP_TYPE_PCI_BRIDGE << 4;
	KUNIT_EXPECT_EQ(test, pcireset_secondary_us(port, 7, 100), 1017000);
	KUNIT_EXPECT_EQ(test, pcireset_secondary_us(port, 2000000, 100), 2000000);
	port->pcie_flags_reg = flags;
}

static void wait_put_link(struct kunit *test, u16 status)
{
	u32 *space = ((struct pcireset_kunit_machine *)test->priv)->port_space;

	kunit_put16(space, KUNIT_PCIE + PCI_EXP_LNKSTA, status);
}

static void link_that_is_down_is_up(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *port = machine->port;

	KUNIT_EXPECT_TRUE(test, pcireset_link_is_up(NULL));
	port->link_active_reporting = 1;
	KUNIT_EXPECT_FALSE(test, pcireset_link_is_up(port));
	wait_put_link(test, PCI_EXP_LNKSTA_DLLLA);
	KUNIT_EXPECT_TRUE(test, pcireset_link_is_up(port));
	wait_put_link(test, 0xffff);
	KUNIT_EXPECT_FALSE(test, pcireset_link_is_up(port));
	KUNIT_EXPECT_FALSE(test, pcireset_link_is_active(port));
	/* Without a report the time is unknown, so the function is polled. */
	port->link_active_reporting = 0;
	KUNIT_EXPECT_TRUE(test, pcireset_link_is_up(port));
	KUNIT_EXPECT_TRUE(test, pcireset_link_is_up(machine->fns[0]));
	wait_put_link(test, 0);
}

/* PCIe r6.0, sec 6.7.3: no card, or no power. While the link is up, presence may be wrong. */
static void card_that_is_there_was_pulled(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *port = machine->port;
	unsigned int at = KUNIT_PCIE + PCI_EXP_SLTSTA;

	port->pcie_flags_reg |= PCI_EXP_FLAGS_SLOT;
	kunit_put16(machine->port_space, at, 0);
	KUNIT_EXPECT_FALSE(test, pcireset_is_pulled(machine->fns[0]));
	port->is_hotplug_bridge = 1;
	KUNIT_EXPECT_TRUE(test, pcireset_is_pulled(machine->fns[0]));
	wait_put_link(test, PCI_EXP_LNKSTA_DLLLA);
	KUNIT_EXPECT_FALSE(test, pcireset_is_pulled(machine->fns[0]));
	wait_put_link(test, 0);
	kunit_put16(machine->port_space, at, PCI_EXP_SLTSTA_PDS);
	KUNIT_EXPECT_FALSE(test, pcireset_is_pulled(machine->fns[0]));
	kunit_put16(machine->port_space, at, PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PFD);
	KUNIT_EXPECT_TRUE(test, pcireset_is_pulled(machine->fns[0]));
	kunit_put16(machine->port_space, at, 0xffff);
	KUNIT_EXPECT_FALSE(test, pcireset_is_pulled(machine->fns[0]));
	port->is_hotplug_bridge = 0;
}

static void pending_transactions_are_not_waited_for(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	unsigned int at = KUNIT_PCIE + PCI_EXP_DEVSTA;
	u16 pending = PCI_EXP_DEVSTA_TRPND;

	KUNIT_EXPECT_EQ(test, pcireset_wait_pending(dev, at, pending), 0);
	kunit_put16(machine->space[0], at, 0xffff);
	KUNIT_EXPECT_EQ(test, pcireset_wait_pending(dev, at, pending), 0);
	kunit_put16(machine->space[0], at, pending);
	KUNIT_EXPECT_EQ(test, pcireset_wait_pending(dev, at, pending), -ETIMEDOUT);
}

/* A link that trains from time to time, and comes up when it was retrained at 2.5 GT/s. */
static struct {
	struct pci_ops *ops;
	unsigned int reads;
	unsigned int nr;
	u16 speeds[2];
} wait_link;

static bool wait_is_port_register(unsigned int devfn, int where, unsigned int offset)
{
	return devfn == PCI_DEVFN(1, 0) && where == KUNIT_PCIE + offset;
}

static int wait_read_link(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	if (!wait_is_port_register(devfn, where, PCI_EXP_LNKSTA))
		return wait_link.ops->read(bus, devfn, where, size, value);
	*value = wait_link.nr               ? PCI_EXP_LNKSTA_DLLLA :
		 ++wait_link.reads % 2 == 0 ? PCI_EXP_LNKSTA_LT :
					      0;
	return PCIBIOS_SUCCESSFUL;
}

static int wait_write_link(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	if (wait_is_port_register(devfn, where, PCI_EXP_LNKCTL2) && wait_link.nr < 2)
		wait_link.speeds[wait_link.nr++] = value & PCI_EXP_LNKCTL2_TLS;
	return wait_link.ops->write(bus, devfn, where, size, value);
}

static struct pci_ops wait_link_ops = { .read = wait_read_link, .write = wait_write_link };

/* Retrains such a link, whose port wants this speed. */
static int wait_retrain(struct kunit *test, u16 speed)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_bus *bus = machine->port->bus;
	int error;

	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL2, speed);
	wait_link.ops = bus->ops;
	wait_link.reads = 0;
	wait_link.nr = 0;
	bus->ops = &wait_link_ops;
	error = pcireset_link_retrain(machine->port);
	bus->ops = wait_link.ops;
	return error;
}

/* The first read of its status falls between two attempts. */
static void link_that_trains_now_and_then_stays_down(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *port = machine->port;

	port->link_active_reporting = 1;
	KUNIT_EXPECT_EQ(test, wait_retrain(test, PCI_EXP_LNKCTL2_TLS_8_0GT), 0);
	KUNIT_ASSERT_EQ(test, wait_link.nr, 2);
	KUNIT_EXPECT_EQ(test, wait_link.speeds[0], PCI_EXP_LNKCTL2_TLS_2_5GT);
	KUNIT_EXPECT_EQ(test, wait_link.speeds[1], PCI_EXP_LNKCTL2_TLS_8_0GT);
	port->link_active_reporting = 0;
}

static void link_that_cannot_be_slower_is_retrained(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *port = machine->port;
	u16 flags = port->pcie_flags_reg;

	KUNIT_EXPECT_EQ(test, wait_retrain(test, PCI_EXP_LNKCTL2_TLS_8_0GT), -ETIMEDOUT);
	port->link_active_reporting = 1;
	KUNIT_EXPECT_EQ(test, wait_retrain(test, PCI_EXP_LNKCTL2_TLS_2_5GT), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, wait_retrain(test, 0xffff), -ETIMEDOUT);
	port->pcie_flags_reg = (flags & ~PCI_EXP_FLAGS_VERS) | 1;
	KUNIT_EXPECT_EQ(test, wait_retrain(test, PCI_EXP_LNKCTL2_TLS_8_0GT), -ETIMEDOUT);
	port->pcie_flags_reg = flags;
	KUNIT_EXPECT_EQ(test, wait_link.nr, 0);
	port->link_active_reporting = 0;
}

/* The slot is empty: nothing trains. */
static void link_of_an_empty_slot_is_retrained(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	machine->port->link_active_reporting = 1;
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS_8_0GT);
	KUNIT_EXPECT_EQ(test, pcireset_link_retrain(machine->port), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, machine->port_space[(KUNIT_PCIE + PCI_EXP_LNKCTL) / 4] & 0xffff, 0);
	machine->port->link_active_reporting = 0;
}

/* The port further up, or a bus further down. */
static void port_far_above_is_not_found(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_bus *below = kunit_kzalloc(test, sizeof(*below), GFP_KERNEL);
	struct pci_dev *far = kunit_kzalloc(test, sizeof(*far), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, below);
	KUNIT_ASSERT_NOT_NULL(test, far);
	below->parent = machine->fns[0]->bus;
	below->self = machine->fns[0];
	far->bus = below;
	KUNIT_EXPECT_TRUE(test, pcireset_is_below(machine->fns[0], far));
	KUNIT_EXPECT_TRUE(test, pcireset_is_below(machine->port, far));
	KUNIT_EXPECT_FALSE(test, pcireset_is_below(machine->fns[1], far));
	KUNIT_EXPECT_FALSE(test, pcireset_is_below(machine->port, machine->port));
#ifdef CONFIG_PCIE_DPC
	KUNIT_EXPECT_FALSE(test, pcireset_contained(machine->fns[0]));
	machine->port->dpc_cap = KUNIT_RTR;
	kunit_put16(machine->port_space, KUNIT_RTR + PCI_EXP_DPC_STATUS,
		    PCI_EXP_DPC_STATUS_TRIGGER);
	KUNIT_EXPECT_TRUE(test, pcireset_contained(machine->port));
	KUNIT_EXPECT_TRUE(test, pcireset_contained(machine->fns[0]));
	machine->port->dpc_cap = 0;
#endif
}

static struct kunit_case wait_cases[] = {
	KUNIT_CASE(time_that_a_function_reports_is_not_used),
	KUNIT_CASE(time_that_means_nothing_is_used),
	KUNIT_CASE(quirk_that_needs_longer_is_ignored),
	KUNIT_CASE(function_that_is_ready_at_once_is_waited_for),
	KUNIT_CASE(function_without_power_management_is_ready_at_once),
	KUNIT_CASE(wait_for_a_fast_link_begins_too_early),
	KUNIT_CASE(link_that_is_down_is_up),
	KUNIT_CASE(card_that_is_there_was_pulled),
	KUNIT_CASE(pending_transactions_are_not_waited_for),
	KUNIT_CASE(link_that_trains_now_and_then_stays_down),
	KUNIT_CASE(link_that_cannot_be_slower_is_retrained),
	KUNIT_CASE(link_of_an_empty_slot_is_retrained),
	KUNIT_CASE(port_far_above_is_not_found),
	{},
};

static struct kunit_suite wait_suite = {
	.name = "pcireset-wait",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = wait_cases,
};

kunit_test_suite(wait_suite);
