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

static struct kunit_case control_cases[] = {
	KUNIT_CASE(aer_of_firmware_is_written),
	{},
};

static struct kunit_suite control_suite = {
	.name = "pcireset-control",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = control_cases,
};

kunit_test_suite(control_suite);
