// SPDX-License-Identifier: GPL-2.0-only
/* What is looked at after a reset. In place of check.o, and contains it as it is. */
#include "../state/check.c"

#include "machine.h"
#include "run/run.h"
#include "table/registers.h"

#define ALL      0xffffffff
#define UPPER    0xffff0000
#define CFG_SIZE PCI_CFG_SPACE_EXP_SIZE

/* Slot Status, with indicators and event enables; PME_Status, with Data and what chooses it. */
#define SLOT  0xffff13df
#define POWER 0xff00fe00

/* Where make_capabilities() puts them. */
enum {
	MSI = 0x88,
	MSIX = 0xa0,
	VPD = 0xac,
	AF = 0xb4,
	VENDOR = 0xbc,
	PCIX = 0xcc,
	AER = 0x100,
	VC = 0x148,
	SRIOV = 0x168,
	PRI = 0x1a8,
	DPC = 0x1b8,
	SECONDARY = 0x1c8,
	DLF = 0x1d8,
	VSEC = 0x1e4,
	DVSEC = 0x1f8,
	SERIAL = 0x208,
};

struct place {
	u16 at;
	u32 bits;
};

/*
 * What may differ in a function with all of these capabilities, by the
 * specification and not by the table in config.c.
 */
static const struct place may_differ[] = {
	{ 0x004, UPPER }, { 0x00c, 0xff000000 }, { 0x048, UPPER }, { 0x050, UPPER },
	{ 0x058, SLOT },  { 0x060, ALL },        { 0x068, UPPER }, { 0x070, UPPER },
	{ 0x078, UPPER }, { 0x084, POWER },      { 0x08c, ALL },   { 0x090, ALL },
	{ 0x094, ALL },   { 0x0ac, UPPER },      { 0x0d0, ALL },   { 0x104, ALL },
	{ 0x110, ALL },   { 0x118, 0x1f },       { 0x154, UPPER }, { 0x160, UPPER },
	{ 0x170, UPPER }, { 0x1ac, UPPER },      { 0x1c0, ALL },   { 0x1d0, ALL },
};

struct area {
	u16 at;
	u16 end;
};

/*
 * What these capabilities define, less a vendor's own registers, logs and what
 * is the last access's. MSI is on: all but the pending bits.
 */
static const struct area defined[] = {
	{ 0, 0x40 },     { KUNIT_PCIE, 0x7c }, { KUNIT_PM, 0x88 },   { MSI, 0x9c },
	{ MSIX, 0xac },  { VPD, 0xb0 },        { AF, 0xb8 },         { VENDOR, 0xc0 },
	{ PCIX, 0xd4 },  { AER, 0x11c },       { VC, 0x164 },        { SRIOV, 0x1a8 },
	{ PRI, 0x1b8 },  { DPC, 0x1c4 },       { SECONDARY, 0x1d4 }, { DLF, 0x1e0 },
	{ VSEC, 0x1e8 }, { DVSEC, 0x1fc },     { SERIAL, 0x214 },
};

/* A test's function, as it was before the reset. */
struct subject {
	struct pcireset_kunit_machine *machine;
	struct pcireset_planned planned;
	struct pcireset_fn fn;
	u32 *now;
};

static void check_forget(void *subject)
{
	pcireset_config_free(&((struct subject *)subject)->fn);
}

static struct subject *check_take(struct kunit *test, struct pci_dev *dev, u32 *space)
{
	struct subject *subject = kunit_kzalloc(test, sizeof(*subject), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, subject);
	subject->machine = test->priv;
	subject->fn.dev = dev;
	subject->fn.planned = &subject->planned;
	subject->now = space;
	memcpy(subject->fn.saved.header, space, sizeof(subject->fn.saved.header));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, check_forget, subject), 0);
	KUNIT_ASSERT_EQ(test, pcireset_config_save(&subject->fn), 0);
	return subject;
}

static struct subject *check_take_endpoint(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	return check_take(test, machine->fns[0], machine->space[0]);
}

static u32 config_failure(struct subject *subject)
{
	subject->fn.found.failed = 0;
	subject->fn.found.offset = 0;
	pcireset_check_config(&subject->fn);
	return subject->fn.found.failed;
}

static u32 link_failure(struct subject *subject)
{
	subject->fn.found.failed = 0;
	pcireset_check_link(&subject->fn, 0);
	return subject->fn.found.failed;
}

static void add_ext_cap(u32 *space, u16 at, u16 id, u16 next)
{
	space[at / 4] = (u32)next << 20 | 1 << 16 | id;
}

static void make_conventional_capabilities(u32 *space)
{
	kunit_add_cap(space, KUNIT_PM + 1, MSI, PCI_CAP_ID_MSI);
	kunit_put16(space, MSI + PCI_MSI_FLAGS,
		    PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT);
	kunit_add_cap(space, MSI + 1, MSIX, PCI_CAP_ID_MSIX);
	kunit_add_cap(space, MSIX + 1, VPD, PCI_CAP_ID_VPD);
	kunit_add_cap(space, VPD + 1, AF, PCI_CAP_ID_AF);
	kunit_add_cap(space, AF + 1, VENDOR, PCI_CAP_ID_VNDR);
	kunit_put8(space, VENDOR + PCI_CAP_FLAGS, 0x10);
	kunit_add_cap(space, VENDOR + 1, PCIX, PCI_CAP_ID_PCIX);
}

static void make_capabilities(u32 *space)
{
	make_conventional_capabilities(space);
	add_ext_cap(space, AER, PCI_EXT_CAP_ID_ERR, VC);
	add_ext_cap(space, VC, PCI_EXT_CAP_ID_VC, SRIOV);
	add_ext_cap(space, SRIOV, PCI_EXT_CAP_ID_SRIOV, PRI);
	add_ext_cap(space, PRI, PCI_EXT_CAP_ID_PRI, DPC);
	add_ext_cap(space, DPC, PCI_EXT_CAP_ID_DPC, SECONDARY);
	add_ext_cap(space, SECONDARY, PCI_EXT_CAP_ID_SECPCI, DLF);
	add_ext_cap(space, DLF, PCI_EXT_CAP_ID_DLF, VSEC);
	add_ext_cap(space, VSEC, PCI_EXT_CAP_ID_VNDR, DVSEC);
	space[VSEC / 4 + 1] = 0x014 << 20;
	add_ext_cap(space, DVSEC, PCI_EXT_CAP_ID_DVSEC, SERIAL);
	space[DVSEC / 4 + 1] = 0x010 << 20;
	add_ext_cap(space, SERIAL, PCI_EXT_CAP_ID_DSN, 0);
}

static u32 bits_compared(unsigned int at, const struct area *areas, unsigned int nr_areas,
			 const struct place *volatiles, unsigned int nr_volatiles)
{
	u32 bits = 0;
	unsigned int i;

	for (i = 0; i < nr_areas; i++)
		if (at >= areas[i].at && at < areas[i].end)
			bits = ALL;
	for (i = 0; i < nr_volatiles; i++)
		if (at == volatiles[i].at)
			bits &= ~volatiles[i].bits;
	return bits;
}

/* Each byte of the dword at @at that differs in @bits is seen; other bits may differ. */
static void expect_bits(struct kunit *test, struct subject *subject, unsigned int at, u32 bits)
{
	unsigned int byte;

	subject->now[at / 4] ^= ~bits;
	KUNIT_EXPECT_EQ_MSG(test, config_failure(subject), 0, "at %#x", at);
	subject->now[at / 4] ^= ~bits;
	for (byte = 0; byte < 4; byte++) {
		u32 flip = bits & 0xffU << 8 * byte;

		if (!flip)
			continue;
		subject->now[at / 4] ^= flip;
		KUNIT_EXPECT_EQ_MSG(test, config_failure(subject), PCIRESET_CHECK_CONFIG, "at %#x",
				    at + byte);
		KUNIT_EXPECT_EQ(test, subject->fn.found.offset, at + byte);
		subject->now[at / 4] ^= flip;
	}
}

static void expect_compared(struct kunit *test, struct subject *subject, const struct area *areas,
			    unsigned int nr_areas, const struct place *volatiles,
			    unsigned int nr_volatiles)
{
	unsigned int at;

	for (at = 0; at < CFG_SIZE; at += 4)
		expect_bits(test, subject, at,
			    bits_compared(at, areas, nr_areas, volatiles, nr_volatiles));
}

static void config_that_is_the_same_fails(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	KUNIT_EXPECT_EQ(test, config_failure(subject), 0);
}

static void other_registers_than_the_defined_ones_are_compared(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	make_capabilities(machine->space[0]);
	expect_compared(test, check_take_endpoint(test), defined, ARRAY_SIZE(defined), may_differ,
			ARRAY_SIZE(may_differ));
}

static void volatile_registers_fail(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject;
	unsigned int i;

	make_capabilities(machine->space[0]);
	subject = check_take_endpoint(test);
	for (i = 0; i < ARRAY_SIZE(may_differ); i++)
		subject->now[may_differ[i].at / 4] ^= may_differ[i].bits;
	KUNIT_EXPECT_EQ_MSG(test, config_failure(subject), 0, "at %#x", subject->fn.found.offset);
}

/* Of extended config space only that there is still nothing. */
/* The library compares by the same table. */
static void row_of_the_shared_table_is_compared(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	const struct pcireset_volatile_register *row = pcireset_volatile_registers;
	u32 *space = machine->space[0];
	struct subject *subject;
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(pcireset_volatile_registers); i++, row++) {
		if (row->flags || row->id == PCIRESET_CXL_DEVICE_ID ||
		    row->id == PCIRESET_CXL_PORT_ID)
			continue;
		at = row->is_extended ? PCI_CFG_SPACE_SIZE : KUNIT_FREE;
		memset(space + KUNIT_FREE / 4, 0, sizeof(machine->space[0]) - KUNIT_FREE);
		kunit_put8(space, KUNIT_PM + 1, row->is_extended ? 0 : KUNIT_FREE);
		space[at / 4] = row->is_extended ? 1 << 16 | row->id : row->id;
		subject = check_take_endpoint(test);
		space[(at + row->offset) / 4] ^= row->mask;
		KUNIT_EXPECT_EQ_MSG(test, config_failure(subject), 0, "row %u, capability %#x", i,
				    row->id);
	}
}

static void registers_of_missing_capabilities_are_compared(struct kunit *test)
{
	static const struct area areas[] = {
		{ 0, 0x40 }, { KUNIT_PCIE, 0x7c }, { KUNIT_PM, 0x88 }, { 0x100, 0x104 }
	};
	static const struct place volatiles[] = {
		{ 0x004, UPPER }, { 0x00c, 0xff000000 }, { 0x048, UPPER }, { 0x050, UPPER },
		{ 0x058, SLOT },  { 0x060, ALL },        { 0x068, UPPER }, { 0x070, UPPER },
		{ 0x078, UPPER }, { 0x084, POWER },
	};

	expect_compared(test, check_take_endpoint(test), areas, ARRAY_SIZE(areas), volatiles,
			ARRAY_SIZE(volatiles));
}

static void capabilities_count_although_status_denies_them(struct kunit *test)
{
	static const struct area areas[] = { { 0, 0x40 }, { 0x100, 0x104 } };
	static const struct place volatiles[] = { { 0x004, UPPER }, { 0x00c, 0xff000000 } };
	struct pcireset_kunit_machine *machine = test->priv;

	kunit_put16(machine->space[0], PCI_STATUS, 0);
	expect_compared(test, check_take_endpoint(test), areas, ARRAY_SIZE(areas), volatiles,
			ARRAY_SIZE(volatiles));
}

/* The last dword that is compared from @at on; nothing else is there. */
static unsigned int end_from(const struct subject *subject, unsigned int at)
{
	unsigned int i, end = at;

	for (i = 0; i < subject->fn.saved.config.nr; i++)
		if (subject->fn.saved.config.registers[i].pos >= at)
			end = max(end, subject->fn.saved.config.registers[i].pos + 4);
	return end;
}

/* PCIe r6.0, sec 7.7 to 7.9: how far a capability reaches that says so itself. */
static void length_that_a_capability_tells_is_not_used(struct kunit *test)
{
	static const struct {
		u16 id;
		u16 at;
		u32 value;
		u16 size;
	} cases[] = {
		{ PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP, 0, 0x08 },
		{ PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP, 0x2120, 0x10 },
		{ PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP, 0x0020, 0x28 },
		{ PCI_EXT_CAP_ID_REBAR, PCI_REBAR_CTRL, 3 << 5, 0x1c },
		{ PCI_EXT_CAP_ID_TPH, PCI_TPH_CAP, 0x00070400, 0x0c },
		{ PCI_EXT_CAP_ID_TPH, PCI_TPH_CAP, 0x00070200, 0x1c },
		{ PCI_EXT_CAP_ID_DPA, PCI_DPA_CAP, 4, 0x18 },
		{ PCI_EXT_CAP_ID_DPC, PCI_EXP_DPC_CAP, PCI_EXP_DPC_CAP_RP_EXT, 0x20 },
		{ PCI_EXT_CAP_ID_VC, PCI_VC_PORT_CAP1, 2, 0x34 },
		{ PCI_EXT_CAP_ID_VC, PCI_VC_PORT_CAP2, 0x04000000, 0xf00 },
		{ PCI_EXT_CAP_ID_SECPCI, 0, 0, 0x1c },
		{ PCI_EXT_CAP_ID_MCAST, 0, 0, 0x28 },
		{ PCI_EXT_CAP_ID_DVSEC, PCI_DVSEC_HEADER1, 0x1e98, 0x38 },
		{ PCI_EXT_CAP_ID_DVSEC, PCI_DVSEC_HEADER1, 0x1e99, 0x04 },
		{ 0x7f, 0, 0, 0x04 },
	};
	struct pcireset_kunit_machine *machine = test->priv;
	u32 *space = machine->space[0];
	unsigned int i;

	/* Eight lanes. */
	space[(KUNIT_PCIE + PCI_EXP_LNKCAP) / 4] = 8 << 4;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(space + 0x100 / 4, 0, CFG_SIZE - 0x100);
		space[(0x100 + cases[i].at) / 4] = cases[i].value;
		add_ext_cap(space, 0x100, cases[i].id, 0);
		KUNIT_EXPECT_EQ_MSG(test, end_from(check_take_endpoint(test), 0x100),
				    0x100 + cases[i].size, "case %u", i);
	}
}

/* The next one in config space need not be the next one in the list. */
static void capability_reaches_into_the_next_one(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject;

	add_ext_cap(machine->space[0], 0x100, PCI_EXT_CAP_ID_ARI, 0x200);
	add_ext_cap(machine->space[0], 0x200, PCI_EXT_CAP_ID_VC, 0x120);
	machine->space[0][(0x200 + PCI_VC_PORT_CAP2) / 4] = 0x04000000;
	add_ext_cap(machine->space[0], 0x120, PCI_EXT_CAP_ID_VC, 0x210);
	machine->space[0][(0x120 + PCI_VC_PORT_CAP2) / 4] = 0x04000000;
	add_ext_cap(machine->space[0], 0x210, PCI_EXT_CAP_ID_VNDR, 0);
	subject = check_take_endpoint(test);
	expect_bits(test, subject, 0x11c, 0);
	expect_bits(test, subject, 0x1fc, ALL);
	expect_bits(test, subject, 0x208, ALL);
	expect_bits(test, subject, 0x214, 0);
}

/* PCIe r1.1, sec 7.8: version 1 has the registers of the function's type and no others. */
static void first_version_of_pcie_has_all_registers(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject;

	kunit_put16(machine->space[0], KUNIT_PCIE + PCI_EXP_FLAGS, 1 | PCI_EXP_TYPE_ENDPOINT << 4);
	subject = check_take_endpoint(test);
	expect_bits(test, subject, KUNIT_PCIE + PCI_EXP_LNKCTL, 0xffff);
	expect_bits(test, subject, KUNIT_PCIE + PCI_EXP_SLTCAP, 0);
	kunit_put16(machine->space[0], KUNIT_PCIE + PCI_EXP_FLAGS, 1 | PCI_EXP_TYPE_RC_END << 4);
	subject = check_take_endpoint(test);
	expect_bits(test, subject, KUNIT_PCIE + PCI_EXP_DEVCTL, 0xffff);
	expect_bits(test, subject, KUNIT_PCIE + PCI_EXP_LNKCTL, 0);
}

static void secondary_status_of_a_bridge_fails(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject = check_take(test, machine->port, machine->port_space);

	kunit_put16(subject->now, PCI_SEC_STATUS, 0xf900);
	KUNIT_EXPECT_EQ(test, config_failure(subject), 0);
	kunit_put8(subject->now, PCI_IO_LIMIT, 0xf0);
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_EQ(test, subject->fn.found.offset, PCI_IO_LIMIT);
}

static void last_two_bars_of_an_endpoint_are_ignored(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	subject->now[PCI_BASE_ADDRESS_3 / 4] ^= 0x00010000;
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_EQ(test, subject->fn.found.offset, PCI_BASE_ADDRESS_3 + 2);
}

/* Also where the lists do not go upwards. */
static void first_difference_is_not_the_one_reported(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject;

	kunit_add_cap(machine->space[0], KUNIT_PM + 1, 0x98, PCI_CAP_ID_SSVID);
	kunit_add_cap(machine->space[0], 0x99, 0x90, PCI_CAP_ID_SLOTID);
	subject = check_take_endpoint(test);
	kunit_put8(subject->now, 0x9b, 0x80);
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_EQ(test, subject->fn.found.offset, 0x9b);
	kunit_put8(subject->now, 0x92, 1);
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_EQ(test, subject->fn.found.offset, 0x92);
	kunit_put8(subject->now, 0x3d, 1);
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_EQ(test, subject->fn.found.offset, 0x3d);
}

/* PCI r3.0, sec 6.8.1: where the optional registers are depends on Message Control. */
static void msi_is_not_compared_as_far_as_it_is_in_use(struct kunit *test)
{
	static const struct {
		u16 flags;
		u16 end;
		u32 last;
	} layouts[] = {
		{ 0, 0x0c, 0 },
		{ PCI_MSI_FLAGS_64BIT, 0x10, 0 },
		{ PCI_MSI_FLAGS_MASKBIT, 0x10, ALL },
		{ PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT, 0x14, ALL },
	};
	struct pcireset_kunit_machine *machine = test->priv;
	u32 *space = machine->space[0];
	struct subject *subject;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		kunit_add_cap(space, KUNIT_PM + 1, MSI, PCI_CAP_ID_MSI);
		kunit_put16(space, MSI + PCI_MSI_FLAGS, layouts[i].flags);
		expect_bits(test, check_take_endpoint(test), MSI + 4, 0);
		kunit_put16(space, MSI + PCI_MSI_FLAGS, layouts[i].flags | PCI_MSI_FLAGS_ENABLE);
		subject = check_take_endpoint(test);
		expect_bits(test, subject, MSI + layouts[i].end - 4, layouts[i].last);
		expect_bits(test, subject, MSI + layouts[i].end, 0);
	}
}

/* The kernel itself writes another one when the interrupt moves to another CPU. */
static void message_that_moves_fails_or_a_lost_one_passes(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject;

	kunit_add_cap(machine->space[0], KUNIT_PM + 1, MSI, PCI_CAP_ID_MSI);
	kunit_put16(machine->space[0], MSI + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
	machine->space[0][(MSI + PCI_MSI_ADDRESS_LO) / 4] = 0xfee01000;
	subject = check_take_endpoint(test);
	kunit_put16(subject->now, MSI + PCI_MSI_DATA_32, 0x20);
	subject->now[(MSI + PCI_MSI_ADDRESS_LO) / 4] = 0xfee02000;
	KUNIT_EXPECT_EQ(test, config_failure(subject), 0);
	subject->now[(MSI + PCI_MSI_ADDRESS_LO) / 4] = 0;
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_EQ(test, subject->fn.found.offset, MSI + PCI_MSI_ADDRESS_LO + 1);
}

static void looping_capability_list_hangs(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject;

	kunit_put8(machine->space[0], KUNIT_PM + 1, KUNIT_PCIE);
	add_ext_cap(machine->space[0], AER, PCI_EXT_CAP_ID_ERR, AER);
	subject = check_take_endpoint(test);
	KUNIT_EXPECT_EQ(test, config_failure(subject), 0);
	subject->now[0x108 / 4] = 1;
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_EQ(test, subject->fn.found.offset, 0x108);
}

/* What is read beyond would be the next function's, or a panic. */
static void capability_at_the_end_reaches_beyond(struct kunit *test)
{
	static const u8 ids[] = { PCI_CAP_ID_MSI, PCI_CAP_ID_VNDR, PCI_CAP_ID_EXP, PCI_CAP_ID_AF };
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	struct subject *subject;
	unsigned int i;

	dev->cfg_size = PCI_CFG_SPACE_SIZE;
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		kunit_add_cap(machine->space[0], KUNIT_PM + 1, 0xfc, ids[i]);
		kunit_put16(machine->space[0], 0xfe, 0xfffe);
		subject = check_take_endpoint(test);
		KUNIT_EXPECT_EQ_MSG(test, config_failure(subject), 0, "capability %#x", ids[i]);
	}
	dev->cfg_size = CFG_SIZE;
}

static void long_vendor_capability_reaches_beyond(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject;

	add_ext_cap(machine->space[0], AER, PCI_EXT_CAP_ID_ERR, 0xff0);
	add_ext_cap(machine->space[0], 0xff0, PCI_EXT_CAP_ID_DVSEC, 0xffc);
	machine->space[0][0xff4 / 4] = 0xfffU << 20;
	add_ext_cap(machine->space[0], 0xffc, PCI_EXT_CAP_ID_VNDR, 0);
	subject = check_take_endpoint(test);
	subject->now[0xff8 / 4] ^= ALL;
	KUNIT_EXPECT_EQ(test, config_failure(subject), 0);
}

static void function_that_is_gone_passes(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	memset(subject->now, 0xff, CFG_SIZE);
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
}

static bool identity_holds(struct subject *subject)
{
	pcireset_fn_answers(&subject->fn);
	return pcireset_identity_holds(&subject->fn);
}

static void another_device_passes_for_the_same(struct kunit *test)
{
	static const struct place parts[] = {
		{ PCI_VENDOR_ID, 0x00000001 },           { PCI_VENDOR_ID, 0x00010000 },
		{ PCI_CLASS_REVISION, 0x00000001 },      { PCI_CLASS_REVISION, 0x80000000 },
		{ PCI_CACHE_LINE_SIZE, 0x00010000 },     { PCI_SUBSYSTEM_VENDOR_ID, 0x00000001 },
		{ PCI_SUBSYSTEM_VENDOR_ID, 0x00010000 },
	};
	struct subject *subject = check_take_endpoint(test);
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, identity_holds(subject));
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		subject->now[parts[i].at / 4] ^= parts[i].bits;
		KUNIT_EXPECT_FALSE_MSG(test, identity_holds(subject), "at %#x %#x", parts[i].at,
				       parts[i].bits);
		subject->now[parts[i].at / 4] ^= parts[i].bits;
	}
}

/* BIST, the bit for several functions, latency timer and cache line size are next to the layout. */
static void what_is_no_identity_is_compared(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	subject->now[PCI_CACHE_LINE_SIZE / 4] ^= 0xff80ffff;
	subject->now[PCI_COMMAND / 4] ^= ALL;
	subject->now[PCI_BASE_ADDRESS_0 / 4] ^= ALL;
	KUNIT_EXPECT_TRUE(test, identity_holds(subject));
}

/* PCIe r6.0, sec 9.3.4.1.1: Vendor and Device ID of a VF read as all-ones, whoever it is. */
static void ids_of_a_vf_are_compared(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	subject->fn.dev->is_virtfn = 1;
	subject->now[PCI_VENDOR_ID / 4] = ALL;
	subject->now[PCI_SUBSYSTEM_VENDOR_ID / 4] = 0;
	KUNIT_EXPECT_TRUE(test, identity_holds(subject));
	subject->now[PCI_CLASS_REVISION / 4] ^= 0x100;
	KUNIT_EXPECT_FALSE(test, identity_holds(subject));
	subject->fn.dev->is_virtfn = 0;
}

/* What is there in an endpoint's header is a prefetchable window's upper half in a bridge's. */
static void window_of_a_bridge_is_its_identity(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject = check_take(test, machine->port, machine->port_space);

	subject->now[PCI_SUBSYSTEM_VENDOR_ID / 4] ^= ALL;
	KUNIT_EXPECT_TRUE(test, identity_holds(subject));
	subject->now[PCI_VENDOR_ID / 4] ^= 0x00010000;
	KUNIT_EXPECT_FALSE(test, identity_holds(subject));
}

static u16 link_status(u16 speed, u16 width)
{
	return speed | width << PCI_EXP_LNKSTA_NLW_SHIFT;
}

/* The link was at 8 GT/s with 8 lanes, and is now at @status. */
static u32 link_now(struct subject *subject, u16 status)
{
	subject->fn.saved.link = link_status(3, 8);
	kunit_put16(subject->now, KUNIT_PCIE + PCI_EXP_LNKSTA, status);
	return link_failure(subject);
}

static void worse_link_passes(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	KUNIT_EXPECT_EQ(test, link_now(subject, link_status(2, 8)), PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, link_now(subject, link_status(3, 4)), PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, link_now(subject, link_status(4, 4)), PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, link_now(subject, link_status(2, 16)), PCIRESET_CHECK_LINK);
	KUNIT_EXPECT_EQ(test, link_now(subject, 0), PCIRESET_CHECK_LINK);
}

static void equal_or_better_link_fails(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	KUNIT_EXPECT_EQ(test, link_now(subject, link_status(3, 8)), 0);
	KUNIT_EXPECT_EQ(test, link_now(subject, link_status(4, 16)), 0);
	KUNIT_EXPECT_EQ(test, link_now(subject, link_status(3, 8) | PCI_EXP_LNKSTA_LBMS), 0);
}

static void port_that_lost_its_link_passes(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject = check_take(test, machine->port, machine->port_space);

	subject->fn.saved.link = link_status(3, 8) | PCI_EXP_LNKSTA_DLLLA;
	kunit_put16(subject->now, KUNIT_PCIE + PCI_EXP_LNKSTA, subject->fn.saved.link);
	KUNIT_EXPECT_EQ(test, link_failure(subject), 0);
	kunit_put16(subject->now, KUNIT_PCIE + PCI_EXP_LNKSTA, link_status(3, 8));
	KUNIT_EXPECT_EQ(test, link_failure(subject), PCIRESET_CHECK_LINK);
}

static void link_that_never_was_is_compared(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	subject->fn.saved.link = 3;
	KUNIT_EXPECT_EQ(test, link_failure(subject), 0);
	subject->fn.dev->is_virtfn = 1;
	KUNIT_EXPECT_EQ(test, link_now(subject, 0), 0);
	subject->fn.dev->is_virtfn = 0;
}

static u32 proof_of(struct subject *subject, u32 type)
{
	subject->fn.planned->reset = PCI_RESET_FLR;
	pcireset_witness_read(&subject->fn, type);
	return subject->fn.found.proof;
}

static void reset_that_did_nothing_is_proved(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	kunit_put16(subject->now, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	pcireset_witness_set(&subject->fn, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_FLR), PCIRESET_PROOF_REFUTED);
	kunit_put16(subject->now, PCI_COMMAND, 0);
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_FLR), PCIRESET_PROOF_SHOWN);
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_PM), PCIRESET_PROOF_NONE);
}

static void nothing_to_tell_from_counts_as_proof(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	pcireset_witness_set(&subject->fn, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_FLR), PCIRESET_PROOF_UNKNOWN);
}

static void mask_of_msix_stays_set(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u16 enable = PCI_MSIX_FLAGS_ENABLE;
	struct subject *subject;
	u32 before;

	kunit_add_cap(machine->space[0], KUNIT_PM + 1, MSIX, PCI_CAP_ID_MSIX);
	kunit_put16(machine->space[0], MSIX + PCI_MSIX_FLAGS, enable);
	subject = check_take_endpoint(test);
	subject->fn.dev->msix_cap = MSIX;
	before = subject->now[MSIX / 4];
	pcireset_witness_set(&subject->fn, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, subject->now[MSIX / 4], before | PCI_MSIX_FLAGS_MASKALL << 16);
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_FLR), PCIRESET_PROOF_REFUTED);
	pcireset_witness_clear(&subject->fn);
	KUNIT_EXPECT_EQ(test, subject->now[MSIX / 4], before);
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_FLR), PCIRESET_PROOF_SHOWN);
}

/* The kernel's own handler saves and restores Command, but not the mask of an MSI-X that is off. */
static void handler_of_the_kernel_restores_the_witness(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject;

	kunit_add_cap(machine->space[0], KUNIT_PM + 1, MSIX, PCI_CAP_ID_MSIX);
	subject = check_take_endpoint(test);
	kunit_put16(subject->now, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	subject->fn.dev->msix_cap = MSIX;
	pcireset_witness_set(&subject->fn, PCI_RESET_DEV_SPECIFIC);
	KUNIT_EXPECT_EQ(test, subject->fn.found.witness.offset, MSIX + PCI_MSIX_FLAGS);
	KUNIT_EXPECT_EQ(test, subject->fn.found.witness.mask, PCI_MSIX_FLAGS_MASKALL);
	pcireset_witness_set(&subject->fn, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, subject->fn.found.witness.offset, PCI_COMMAND);
	subject->fn.dev->msix_enabled = 1;
	pcireset_witness_set(&subject->fn, PCI_RESET_DEV_SPECIFIC);
	subject->fn.dev->msix_enabled = 0;
	subject->fn.dev->msix_cap = 0;
	KUNIT_EXPECT_EQ(test, subject->fn.found.witness.offset, PCI_COMMAND);
}

/* A handler may set the bit again. All-ones are no answer. */
static void witness_says_more_than_it_shows(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	kunit_put16(subject->now, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	pcireset_witness_set(&subject->fn, PCI_RESET_FLR);
	subject->fn.planned->reset = PCI_RESET_DEV_SPECIFIC;
	pcireset_witness_read(&subject->fn, PCI_RESET_DEV_SPECIFIC);
	KUNIT_EXPECT_EQ(test, subject->fn.found.proof, PCIRESET_PROOF_UNKNOWN);
	kunit_put16(subject->now, PCI_COMMAND, 0xffff);
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_FLR), PCIRESET_PROOF_UNKNOWN);
}

static void bus_numbers_of_a_bridge_prove_nothing(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct subject *subject = check_take(test, machine->port, machine->port_space);
	u32 numbers = subject->now[PCI_PRIMARY_BUS / 4];

	kunit_put16(subject->now, PCI_COMMAND, 0);
	pcireset_witness_set(&subject->fn, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_FLR), PCIRESET_PROOF_REFUTED);
	pcireset_witness_clear(&subject->fn);
	KUNIT_EXPECT_EQ(test, subject->now[PCI_PRIMARY_BUS / 4], numbers);
	subject->now[PCI_PRIMARY_BUS / 4] = 0;
	KUNIT_EXPECT_EQ(test, proof_of(subject, PCI_RESET_FLR), PCIRESET_PROOF_SHOWN);
	subject->now[PCI_PRIMARY_BUS / 4] = numbers;
}

/* Presence Detect State is in the upper half of the dword at Slot Control. */
static void put_presence(struct pcireset_kunit_machine *machine, u16 presence)
{
	/* Without a slot the core does not read the register, and says that a card is there. */
	machine->port->pcie_flags_reg |= PCI_EXP_FLAGS_SLOT;
	kunit_put16(machine->port_space, KUNIT_PCIE + PCI_EXP_SLTSTA, presence);
}

static bool is_changed(struct pcireset_kunit_machine *machine, bool was_present, u32 outcome)
{
	struct pcireset_fn child = { .dev = machine->fns[0], .found.outcome = outcome };
	struct pcireset_fn port = {
		.dev = machine->port,
		.masked.slot_child = &child,
		.masked.slot_present = was_present,
	};

	pcireset_hotplug_check(&port);
	return port.masked.slot_changed;
}

/* The event of a card that is pulled right before a reset is dropped as those of the reset are. */
static void card_that_was_pulled_right_before_is_missed(struct kunit *test)
{
	put_presence(test->priv, 0);
	KUNIT_EXPECT_TRUE(test, is_changed(test->priv, true, PCIRESET_STATE_DEAD));
	KUNIT_EXPECT_TRUE(test, is_changed(test->priv, false, PCIRESET_STATE_DEAD));
	KUNIT_EXPECT_TRUE(test, is_changed(test->priv, true, PCIRESET_STATE_RESTORED));
}

static void card_that_its_slot_never_shows_is_taken_for_gone(struct kunit *test)
{
	put_presence(test->priv, 0);
	KUNIT_EXPECT_FALSE(test, is_changed(test->priv, false, PCIRESET_STATE_RESTORED));
	put_presence(test->priv, PCI_EXP_SLTSTA_PDS);
	KUNIT_EXPECT_FALSE(test, is_changed(test->priv, true, PCIRESET_STATE_DEAD));
	KUNIT_EXPECT_TRUE(test, is_changed(test->priv, true, PCIRESET_STATE_OTHER));
}

/* A function that was removed since says nothing about its slot. */
static void slot_of_a_removed_function_is_changed(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn child = { .dev = machine->fns[0],
				     .unfinished.gone = true,
				     .found.outcome = PCIRESET_STATE_DEAD };
	struct pcireset_fn port = { .dev = machine->port, .masked.slot_present = true };

	put_presence(machine, 0);
	pcireset_hotplug_check(&port);
	KUNIT_EXPECT_FALSE(test, port.masked.slot_changed);
	port.masked.slot_child = &child;
	pcireset_hotplug_check(&port);
	KUNIT_EXPECT_FALSE(test, port.masked.slot_changed);
	child.unfinished.gone = false;
	put_presence(machine, 0xffff);
	pcireset_hotplug_check(&port);
	KUNIT_EXPECT_FALSE(test, port.masked.slot_changed);
}

/* PCIe r6.0, sec 7.9.3.2: two dwords, the lower one first. */
static void put_serial(u32 *space, u64 serial)
{
	add_ext_cap(space, SERIAL, PCI_EXT_CAP_ID_DSN, 0);
	add_ext_cap(space, AER, PCI_EXT_CAP_ID_ERR, SERIAL);
	space[SERIAL / 4 + 1] = serial;
	space[SERIAL / 4 + 2] = serial >> 32;
}

/* Two cards of one type differ in nothing else. */
static void twin_passes_for_the_same(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_plan *plan = NULL;
	struct pcireset_tx *tx = NULL;
	struct pcireset_fn *fn;

	put_serial(machine->space[0], 0x1122334455667788);
	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &plan), 0);
	KUNIT_ASSERT_EQ(test, pcireset_tx_new(plan, &tx), 0);
	fn = &tx->fns[0];
	KUNIT_EXPECT_EQ(test, pcireset_state_save(plan, fn), 0);
	KUNIT_EXPECT_EQ(test, fn->saved.serial, 0x1122334455667788);
	pcireset_fn_answers(fn);
	KUNIT_EXPECT_TRUE(test, pcireset_identity_holds(fn));
	put_serial(machine->space[0], 0x1122334555667788);
	KUNIT_EXPECT_FALSE(test, pcireset_identity_holds(fn));
	put_serial(machine->space[0], 0x1122334455667789);
	KUNIT_EXPECT_FALSE(test, pcireset_identity_holds(fn));
	/* A VF has none, whatever is there. */
	fn->dev->is_virtfn = 1;
	KUNIT_EXPECT_EQ(test, pcireset_identity_serial(fn), 0);
	KUNIT_EXPECT_TRUE(test, pcireset_identity_holds(fn));
	fn->dev->is_virtfn = 0;
	pcireset_state_free(fn);
	pcireset_tx_put(tx);
	pcireset_plan_put(plan);
}

/* All of the header, and without a save, the registers that identify. */
static void header_is_saved_in_part(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u32 *space = machine->space[0];
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_fn noted = { .dev = machine->fns[0] };
	struct pcireset_plan *plan = NULL;
	struct pcireset_tx *tx = NULL;

	space[PCI_INTERRUPT_LINE / 4] = 0x0000010b;
	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &plan), 0);
	KUNIT_ASSERT_EQ(test, pcireset_tx_new(plan, &tx), 0);
	KUNIT_EXPECT_EQ(test, pcireset_state_save(plan, &tx->fns[0]), 0);
	KUNIT_EXPECT_EQ(test, memcmp(tx->fns[0].saved.header, space, 64), 0);
	pcireset_state_free(&tx->fns[0]);
	pcireset_tx_put(tx);
	pcireset_plan_put(plan);

	pcireset_identity_note(&noted);
	pcireset_fn_answers(&noted);
	KUNIT_EXPECT_TRUE(test, pcireset_identity_holds(&noted));
	space[PCI_CACHE_LINE_SIZE / 4] ^= 0x00010000;
	KUNIT_EXPECT_FALSE(test, pcireset_identity_holds(&noted));
	space[PCI_CACHE_LINE_SIZE / 4] ^= 0x00010000;
	space[PCI_SUBSYSTEM_VENDOR_ID / 4] ^= 0x00010000;
	KUNIT_EXPECT_FALSE(test, pcireset_identity_holds(&noted));
}

/* PCIe r6.0, sec 2.3.1: that Vendor ID means Request Retry Status. A VF has none. */
static void retry_counts_as_an_answer(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	subject->now[PCI_VENDOR_ID / 4] = 0xffff0001;
	KUNIT_EXPECT_FALSE(test, pcireset_fn_answers(&subject->fn));
	/* Only I/O is enabled. */
	subject->now[PCI_COMMAND / 4] = 0x00100001;
	subject->fn.dev->is_virtfn = 1;
	KUNIT_EXPECT_TRUE(test, pcireset_fn_answers(&subject->fn));
	subject->now[PCI_COMMAND / 4] = ALL;
	KUNIT_EXPECT_FALSE(test, pcireset_fn_answers(&subject->fn));
	subject->fn.dev->is_virtfn = 0;
}

static unsigned int count_registers(const struct subject *subject, unsigned int at)
{
	unsigned int i, nr = 0;

	for (i = 0; i < subject->fn.saved.config.nr; i++)
		nr += subject->fn.saved.config.registers[i].pos == at;
	return nr;
}

/* Extended config space begins with a header of its own. */
static void capability_reaches_into_extended_space(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	kunit_add_cap(machine->space[0], KUNIT_PM + 1, 0xfc, PCI_CAP_ID_AF);
	KUNIT_EXPECT_EQ(test, count_registers(check_take_endpoint(test), PCI_CFG_SPACE_SIZE), 1);
}

/* It is the kernel's setting. */
static void other_power_state_passes(struct kunit *test)
{
	struct subject *subject = check_take_endpoint(test);

	subject->now[(KUNIT_PM + PCI_PM_CTRL) / 4] ^= 3;
	KUNIT_EXPECT_EQ(test, config_failure(subject), PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_EQ(test, subject->fn.found.offset, KUNIT_PM + PCI_PM_CTRL);
}

/* The link is down and the wait is over. DPC brings it up again. */
static void lost_link_is_missed_or_dpc_is_taken_for_one(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	put_presence(machine, PCI_EXP_SLTSTA_PDS);
	machine->port->link_active_reporting = 1;
	KUNIT_EXPECT_TRUE(test, is_changed(machine, true, PCIRESET_STATE_DEAD));
	KUNIT_EXPECT_FALSE(test, is_changed(machine, true, PCIRESET_STATE_RESTORED));
#ifdef CONFIG_PCIE_DPC
	machine->port->dpc_cap = DPC;
	kunit_put16(machine->port_space, DPC + PCI_EXP_DPC_STATUS, PCI_EXP_DPC_STATUS_TRIGGER);
	KUNIT_EXPECT_FALSE(test, is_changed(machine, true, PCIRESET_STATE_DEAD));
	machine->port->dpc_cap = 0;
#endif
	machine->port->link_active_reporting = 0;
}

static struct kunit_case check_cases[] = {
	KUNIT_CASE(config_that_is_the_same_fails),
	KUNIT_CASE(other_registers_than_the_defined_ones_are_compared),
	KUNIT_CASE(volatile_registers_fail),
	KUNIT_CASE(row_of_the_shared_table_is_compared),
	KUNIT_CASE(registers_of_missing_capabilities_are_compared),
	KUNIT_CASE(capabilities_count_although_status_denies_them),
	KUNIT_CASE(length_that_a_capability_tells_is_not_used),
	KUNIT_CASE(capability_reaches_into_the_next_one),
	KUNIT_CASE(first_version_of_pcie_has_all_registers),
	KUNIT_CASE(secondary_status_of_a_bridge_fails),
	KUNIT_CASE(last_two_bars_of_an_endpoint_are_ignored),
	KUNIT_CASE(first_difference_is_not_the_one_reported),
	KUNIT_CASE(msi_is_not_compared_as_far_as_it_is_in_use),
	KUNIT_CASE(message_that_moves_fails_or_a_lost_one_passes),
	KUNIT_CASE(looping_capability_list_hangs),
	KUNIT_CASE(capability_at_the_end_reaches_beyond),
	KUNIT_CASE(capability_reaches_into_extended_space),
	KUNIT_CASE(other_power_state_passes),
	KUNIT_CASE(long_vendor_capability_reaches_beyond),
	KUNIT_CASE(function_that_is_gone_passes),
	KUNIT_CASE(another_device_passes_for_the_same),
	KUNIT_CASE(what_is_no_identity_is_compared),
	KUNIT_CASE(ids_of_a_vf_are_compared),
	KUNIT_CASE(window_of_a_bridge_is_its_identity),
	KUNIT_CASE(worse_link_passes),
	KUNIT_CASE(equal_or_better_link_fails),
	KUNIT_CASE(port_that_lost_its_link_passes),
	KUNIT_CASE(link_that_never_was_is_compared),
	KUNIT_CASE(reset_that_did_nothing_is_proved),
	KUNIT_CASE(nothing_to_tell_from_counts_as_proof),
	KUNIT_CASE(mask_of_msix_stays_set),
	KUNIT_CASE(handler_of_the_kernel_restores_the_witness),
	KUNIT_CASE(witness_says_more_than_it_shows),
	KUNIT_CASE(bus_numbers_of_a_bridge_prove_nothing),
	KUNIT_CASE(card_that_was_pulled_right_before_is_missed),
	KUNIT_CASE(card_that_its_slot_never_shows_is_taken_for_gone),
	KUNIT_CASE(lost_link_is_missed_or_dpc_is_taken_for_one),
	KUNIT_CASE(slot_of_a_removed_function_is_changed),
	KUNIT_CASE(twin_passes_for_the_same),
	KUNIT_CASE(header_is_saved_in_part),
	KUNIT_CASE(retry_counts_as_an_answer),
	{},
};

static struct kunit_suite check_suite = {
	.name = "pcireset-check",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = check_cases,
};

kunit_test_suite(check_suite);
