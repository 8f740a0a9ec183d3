// SPDX-License-Identifier: GPL-2.0-only
/* Which ports can be reset by Link Disable, and that it never stays set. */
#include "machine.h"
#include "type/type.h"

#define DVSEC 0x100

/* A port that reports the state of its link. */
static int disable_init(struct kunit *test)
{
	int error = pcireset_kunit_machine_init(test);
	struct pcireset_kunit_machine *machine = test->priv;

	if (!error)
		machine->port->link_active_reporting = 1;
	return error;
}

static struct pcireset_type_info type_info_of(struct pci_dev *dev, u32 bit)
{
	struct pcireset_type_info info;
	struct pcireset_probe probe;

	pcireset_probe_begin(&probe, dev, PCIRESET_CALLER_FREE);
	pcireset_type_probe(pcireset_type_find(bit), &probe, &info);
	pcireset_probe_end(&probe);
	return info;
}

static struct pcireset_type_info disable_info_of(struct pci_dev *dev)
{
	return type_info_of(dev, PCI_RESET_LINK_DISABLE);
}

/* CXL r3.1, sec 8.1.5: a DVSEC of a CXL port; its Port Control is @control. */
static void disable_make_cxl(struct pcireset_kunit_machine *machine, u16 control)
{
	machine->port_space[DVSEC / 4] = PCI_EXT_CAP_ID_DVSEC | 1 << 16;
	machine->port_space[(DVSEC + PCI_DVSEC_HEADER1) / 4] = PCIRESET_CXL_VENDOR_ID | 0x28 << 20;
	kunit_put16(machine->port_space, DVSEC + PCI_DVSEC_HEADER2, PCIRESET_CXL_DVSEC_PORT);
	kunit_put16(machine->port_space, DVSEC + PCIRESET_CXL_PORT_CONTROL, control);
}

static void port_with_link_state_is_refused(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_type_info info = disable_info_of(machine->fns[1]);

	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, info.scope, PCIRESET_SCOPE_BUS);
}

static void port_without_link_state_fits(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_type_info info;

	machine->port->link_active_reporting = 0;
	info = disable_info_of(machine->fns[0]);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_NO_CAPABILITY);
	KUNIT_EXPECT_EQ(test, info.who.devfn, machine->port->devfn);
	KUNIT_EXPECT_EQ(test, info.scope, 0);
}

static void function_on_a_root_bus_fits(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	KUNIT_EXPECT_EQ(test, disable_info_of(machine->port).why_not, PCIRESET_WHY_NO_BRIDGE);
}

static void cxl_port_that_ignores_the_bit_fits(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_type_info info;

	/* Unmask SBR is another bit. */
	disable_make_cxl(machine, PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR);
	info = disable_info_of(machine->fns[0]);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_CXL_MASKED);
	KUNIT_EXPECT_EQ(test, info.who.devfn, machine->port->devfn);
	disable_make_cxl(machine, PCIRESET_CXL_PORT_CONTROL_UNMASK_LD);
	KUNIT_EXPECT_EQ(test, disable_info_of(machine->fns[0]).why_not, PCIRESET_WHY_NONE);
}

static void broken_neighbour_is_forgotten(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_type_info info;

	machine->fns[1]->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	info = disable_info_of(machine->fns[0]);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_QUIRK);
	KUNIT_EXPECT_EQ(test, info.who.devfn, machine->fns[1]->devfn);
}

/* The type is for ports like that. */
static void broken_bus_reset_of_the_port_is_in_the_way(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_type_info info;

	machine->port->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	info = type_info_of(machine->fns[0], PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_QUIRK);
	KUNIT_EXPECT_EQ(test, info.who.devfn, machine->port->devfn);
	KUNIT_EXPECT_EQ(test, disable_info_of(machine->fns[0]).why_not, PCIRESET_WHY_NONE);
}

static int disable_trigger(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_trigger trigger = { .dev = machine->fns[0], .bridge = machine->port };

	return pcireset_trigger_link_disable(&trigger);
}

static u16 disable_control(struct pcireset_kunit_machine *machine)
{
	return machine->port_space[(KUNIT_PCIE + PCI_EXP_LNKCTL) / 4] & 0xffff;
}

static void link_that_stays_up_stays_disabled(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_CCC);
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_DLLLA);
	KUNIT_EXPECT_EQ(test, disable_trigger(test), -EIO);
	KUNIT_EXPECT_EQ(test, disable_control(machine), PCI_EXP_LNKCTL_CCC);
}

static void link_that_goes_down_stays_disabled(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_CCC);
	KUNIT_EXPECT_EQ(test, disable_trigger(test), 0);
	KUNIT_EXPECT_EQ(test, disable_control(machine), PCI_EXP_LNKCTL_CCC);
}

/* Link Disable alone changes, for as long as a Secondary Bus Reset is asserted. */
static void link_is_down_too_short_or_changes_more(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	ktime_t begin;

	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_CCC);
	machine->nr_link_controls = 0;
	begin = ktime_get();
	KUNIT_EXPECT_EQ(test, disable_trigger(test), 0);
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), begin), 2);
	KUNIT_EXPECT_EQ(test, machine->nr_link_controls, 2);
	KUNIT_EXPECT_EQ(test, machine->link_controls[0], PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_LD);
	KUNIT_EXPECT_EQ(test, machine->link_controls[1], PCI_EXP_LNKCTL_CCC);
}

/* An administrator has disabled it: to enable it is not part of a reset. */
static void link_disabled_by_others_is_enabled(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_LD);
	machine->nr_link_controls = 0;
	KUNIT_EXPECT_EQ(test, disable_trigger(test), -EIO);
	KUNIT_EXPECT_EQ(test, disable_control(machine), PCI_EXP_LNKCTL_LD);
	KUNIT_EXPECT_EQ(test, machine->nr_link_controls, 0);
}

static void port_that_is_gone_is_written_to(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	memset(machine->port_space, 0xff, sizeof(machine->port_space));
	KUNIT_EXPECT_EQ(test, disable_trigger(test), -EIO);
}

static struct kunit_case link_disable_cases[] = {
	KUNIT_CASE(port_with_link_state_is_refused),
	KUNIT_CASE(port_without_link_state_fits),
	KUNIT_CASE(function_on_a_root_bus_fits),
	KUNIT_CASE(cxl_port_that_ignores_the_bit_fits),
	KUNIT_CASE(broken_neighbour_is_forgotten),
	KUNIT_CASE(broken_bus_reset_of_the_port_is_in_the_way),
	KUNIT_CASE(link_that_stays_up_stays_disabled),
	KUNIT_CASE(link_that_goes_down_stays_disabled),
	KUNIT_CASE(link_is_down_too_short_or_changes_more),
	KUNIT_CASE(link_disabled_by_others_is_enabled),
	KUNIT_CASE(port_that_is_gone_is_written_to),
	{},
};

static struct kunit_suite link_disable_suite = {
	.name = "pcireset-link-disable",
	.init = disable_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = link_disable_cases,
};

kunit_test_suite(link_disable_suite);
