// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the control registers. Built in place of control.o, which it includes unchanged. */
#include "../state/control.c"

#include "machine.h"

#define KUNIT_AER 0x100
#define KUNIT_ACS 0x150

static void aer_of_firmware_is_written(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *port = machine->port;
	u16 aer = port->aer_cap, acs = port->acs_cap;
	bool native = machine->bridge->native_aer;

	port->aer_cap = KUNIT_AER;
	port->acs_cap = KUNIT_ACS;
	machine->bridge->native_aer = 1;
	KUNIT_EXPECT_EQ(test, control_ext_pos(port, 0), KUNIT_AER + PCI_ERR_UNCOR_MASK);
	machine->bridge->native_aer = 0;
	KUNIT_EXPECT_EQ(test, control_ext_pos(port, 0), 0);
	KUNIT_EXPECT_EQ(test, control_ext_pos(port, PCIRESET_NR_PORT_EXT_CONTROLS - 1),
			KUNIT_ACS + PCI_ACS_CAP);
	machine->bridge->native_aer = native;
	port->aer_cap = aer;
	port->acs_cap = acs;
}

/* The bytes after the last register exist because the allocation is larger than needed. */
static void register_behind_the_last_is_restored(struct kunit *test)
{
	struct pcireset_register registers[] = { { .pos = 0x100 }, { .pos = 0x104 } };
	struct pcireset_fn fn = { .saved.config = { .registers = registers, .nr = 1 } };

	KUNIT_EXPECT_PTR_EQ(test, control_saved(&fn, 0x100), &registers[0]);
	KUNIT_EXPECT_NULL(test, control_saved(&fn, 0x104));
}

/* A member with AER whose masks a reset has cleared; returns the mask after the restore. */
static u32 control_mask_after_restore(struct kunit *test, bool native)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn fn = { .dev = machine->fns[0] };
	u32 *mask = &machine->space[0][(KUNIT_AER + PCI_ERR_UNCOR_MASK) / 4];
	bool before = machine->bridge->native_aer;

	machine->space[0][KUNIT_AER / 4] = 1 << 16 | PCI_EXT_CAP_ID_ERR;
	*mask = PCI_ERR_UNC_COMP_TIME;
	fn.dev->aer_cap = KUNIT_AER;
	memcpy(fn.saved.header, machine->space[0], sizeof(fn.saved.header));
	KUNIT_ASSERT_EQ(test, pcireset_config_save(&fn), 0);
	*mask = 0;
	machine->bridge->native_aer = native;
	pcireset_control_restore(&fn);
	machine->bridge->native_aer = before;
	pcireset_config_free(&fn);
	fn.dev->aer_cap = 0;
	return *mask;
}

static void aer_of_a_member_is_written_for_the_firmware(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, control_mask_after_restore(test, true), PCI_ERR_UNC_COMP_TIME);
	KUNIT_EXPECT_EQ(test, control_mask_after_restore(test, false), 0);
}

/* Saves the port, changes a register of it by @change, and returns it after the restore. */
static u16 control_word_after_restore(struct kunit *test, unsigned int at, u16 before, u16 change)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn port = { .dev = machine->port };
	u32 *space = machine->port_space;

	kunit_put16(space, at, before);
	pcireset_control_save_port(&port);
	kunit_put16(space, at, before ^ change);
	pcireset_control_restore_port(&port);
	return space[at / 4] >> 8 * (at % 4);
}

static void setting_of_the_port_is_lost(struct kunit *test)
{
	static const u16 words[] = { PCI_EXP_DEVCTL, PCI_EXP_LNKCTL, PCI_EXP_DEVCTL2,
				     PCI_EXP_LNKCTL2 };
	unsigned int i, at = KUNIT_PCIE;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		KUNIT_EXPECT_EQ(test, control_word_after_restore(test, at + words[i], 0x2003, 3),
				0x2003);
	KUNIT_EXPECT_EQ(test, control_word_after_restore(test, PCI_BRIDGE_CONTROL, 3, 2), 3);
}

/* Bits that start an action: Retrain Link, Link Disable, and Secondary Bus Reset. */
static void action_of_the_port_is_started(struct kunit *test)
{
	unsigned int at = KUNIT_PCIE + PCI_EXP_LNKCTL;
	u16 actions = PCI_EXP_LNKCTL_RL | PCI_EXP_LNKCTL_LD;

	KUNIT_EXPECT_EQ(test, control_word_after_restore(test, at, actions | 3, actions), 3);
	KUNIT_EXPECT_EQ(test, control_word_after_restore(test, at, actions | 3, actions | 1), 3);
	at = PCI_BRIDGE_CONTROL;
	KUNIT_EXPECT_EQ(test, control_word_after_restore(test, at, PCI_BRIDGE_CTL_BUS_RESET | 3, 1),
			3);
}

/* A value that is written after the first restore is a new setting. */
static void port_is_restored_twice(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn port = { .dev = machine->port };
	unsigned int at = KUNIT_PCIE + PCI_EXP_DEVCTL;

	pcireset_control_save_port(&port);
	pcireset_control_restore_port(&port);
	kunit_put16(machine->port_space, at, 0x2003);
	pcireset_control_restore_port(&port);
	KUNIT_EXPECT_EQ(test, machine->port_space[at / 4] & 0xffff, 0x2003);
}

/*
 * Link Disable is left set after the reset, at a port that is silent at first. Returns
 * the remaining bits.
 */
static u16 control_link_after_restore(struct kunit *test, u16 before, bool disables)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn port = { .dev = machine->port };
	unsigned int at = KUNIT_PCIE + PCI_EXP_LNKCTL;
	u32 *space = machine->port_space;

	kunit_put16(space, at, before);
	pcireset_control_save_port(&port);
	port.saved.disables_link = disables;
	kunit_put16(space, at, 0xffff);
	pcireset_control_restore_port(&port);
	kunit_put16(space, at, PCI_EXP_LNKCTL_LD | 3);
	pcireset_control_restore_port(&port);
	return space[at / 4] >> 8 * (at % 4);
}

static void link_stays_disabled_after_its_reset(struct kunit *test)
{
	u16 disabled = PCI_EXP_LNKCTL_LD | 3;

	KUNIT_EXPECT_EQ(test, control_link_after_restore(test, 3, true), 3);
	/* By others: before this reset, and after one that does not disable the link. */
	KUNIT_EXPECT_EQ(test, control_link_after_restore(test, disabled, true), disabled);
	KUNIT_EXPECT_EQ(test, control_link_after_restore(test, 3, false), disabled);
}

static void link_that_others_disable_later_is_enabled(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn port = { .dev = machine->port };
	unsigned int at = KUNIT_PCIE + PCI_EXP_LNKCTL;
	u32 *space = machine->port_space;

	kunit_put16(space, at, 3);
	pcireset_control_save_port(&port);
	port.saved.disables_link = true;
	pcireset_control_restore_port(&port);
	kunit_put16(space, at, PCI_EXP_LNKCTL_LD | 3);
	pcireset_control_restore_port(&port);
	KUNIT_EXPECT_EQ(test, (u16)(space[at / 4] >> 8 * (at % 4)), PCI_EXP_LNKCTL_LD | 3);
}

static int control_read_nothing(struct pci_bus *bus, unsigned int devfn, int where, int size,
				u32 *value)
{
	*value = ~0U;
	return PCIBIOS_SUCCESSFUL;
}

static void silent_port_gets_all_ones_later(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn fn = { .dev = machine->port };
	struct pci_ops *ops = machine->port->bus->ops;
	struct pci_ops silent = { .read = control_read_nothing, .write = ops->write };

	machine->port->bus->ops = &silent;
	pcireset_control_save_port(&fn);
	machine->port->bus->ops = ops;
	KUNIT_EXPECT_FALSE(test, fn.saved.controls_kept);
	pcireset_control_save_port(&fn);
	KUNIT_EXPECT_TRUE(test, fn.saved.controls_kept);
}

/* The endpoint with one more extended capability, saved; a reset clears its register @at. */
static u32 control_after_restore(struct kunit *test, u16 id, unsigned int at, u32 before, u32 now)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn fn = { .dev = machine->fns[0] };
	u32 *space = machine->space[0];

	space[KUNIT_AER / 4] = 1 << 16 | id;
	space[(KUNIT_AER + at) / 4] = before;
	memcpy(fn.saved.header, space, sizeof(fn.saved.header));
	KUNIT_ASSERT_EQ(test, pcireset_config_save(&fn), 0);
	space[(KUNIT_AER + at) / 4] = now;
	pcireset_control_restore(&fn);
	pcireset_config_free(&fn);
	return space[(KUNIT_AER + at) / 4];
}

/* ACS Control is the upper half of its dword. */
static void setting_of_a_member_is_lost(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test,
			control_after_restore(test, PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP, 0x001d0000, 0),
			0x001d0000);
	KUNIT_EXPECT_EQ(test,
			control_after_restore(test, PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP, 0x001d0005,
					      0x00000003),
			0x001d0003);
	KUNIT_EXPECT_EQ(test,
			control_after_restore(test, PCI_EXT_CAP_ID_MCAST, 0x24, 0x12345678, 0),
			0x12345678);
}

/* All-ones are no register. */
static void silent_member_is_written_to(struct kunit *test)
{
	u16 acs = PCI_EXT_CAP_ID_ACS;

	KUNIT_EXPECT_EQ(test, control_after_restore(test, acs, PCI_ACS_CAP, 0x001d0000, ~0U), ~0U);
	KUNIT_EXPECT_EQ(test,
			control_after_restore(test, PCI_EXT_CAP_ID_MCAST, 0x08, 0x12345678, ~0U),
			~0U);
}

/* The vector of 256 functions or ports ends with the register at 24h. */
static void last_of_several_registers_is_lost(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	machine->space[0][(KUNIT_AER + PCI_ACS_CAP) / 4] = PCI_ACS_EC;
	KUNIT_EXPECT_EQ(test, control_after_restore(test, PCI_EXT_CAP_ID_ACS, 0x24, 0x00ff00ff, 0),
			0x00ff00ff);
}

/* The speed for the reset is still set: it ends later. */
static void speed_for_the_reset_ends_too_early(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn port = { .dev = machine->port };
	unsigned int at = KUNIT_PCIE + PCI_EXP_LNKCTL2;

	kunit_put16(machine->port_space, at, 0x1004);
	pcireset_control_save_port(&port);
	kunit_put16(machine->port_space, at, PCI_EXP_LNKCTL2_HASD | 3);
	port.saved.speed_is_set = true;
	pcireset_control_restore_port(&port);
	KUNIT_EXPECT_EQ(test, (u16)machine->port_space[at / 4], 0x1000 | PCI_EXP_LNKCTL2_HASD | 3);
}

static struct kunit_case control_cases[] = {
	KUNIT_CASE(aer_of_firmware_is_written),
	KUNIT_CASE(register_behind_the_last_is_restored),
	KUNIT_CASE(aer_of_a_member_is_written_for_the_firmware),
	KUNIT_CASE(setting_of_the_port_is_lost),
	KUNIT_CASE(action_of_the_port_is_started),
	KUNIT_CASE(port_is_restored_twice),
	KUNIT_CASE(link_stays_disabled_after_its_reset),
	KUNIT_CASE(link_that_others_disable_later_is_enabled),
	KUNIT_CASE(silent_port_gets_all_ones_later),
	KUNIT_CASE(setting_of_a_member_is_lost),
	KUNIT_CASE(silent_member_is_written_to),
	KUNIT_CASE(last_of_several_registers_is_lost),
	KUNIT_CASE(speed_for_the_reset_ends_too_early),
	{},
};

static struct kunit_suite control_suite = {
	.name = "pcireset-control",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = control_cases,
};

kunit_test_suite(control_suite);
