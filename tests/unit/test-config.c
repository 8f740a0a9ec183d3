// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space in memory: finding capabilities, comparisons; and the failures that a
 * context remembers.
 */
#include <linux/pci_regs.h>
#include "sysroot.h"
#include "table/registers.h"

#define PM   0x40
#define EXP  0x50
#define MSI  0x90
#define VNDR 0xb0

static struct config space;

static void put16(struct config *c, size_t at, uint32_t value)
{
	c->b[at] = (uint8_t)value;
	c->b[at + 1] = (uint8_t)(value >> 8);
}

static void put32(struct config *c, size_t at, uint32_t value)
{
	put16(c, at, value);
	put16(c, at + 2, value >> 16);
}

static void put_cap(struct config *c, size_t at, uint8_t id, uint8_t next)
{
	c->b[at] = id;
	c->b[at + 1] = next;
}

static void put_extended(struct config *c, size_t at, uint32_t id, uint32_t next)
{
	put32(c, at, id | 1u << 16 | next << 20);
}

/* An endpoint with all that is looked at. */
static int make(void **state)
{
	(void)state;
	space = (struct config){ .len = sizeof(space.b) };
	put32(&space, PCI_VENDOR_ID, 0x0012c0de);
	put16(&space, PCI_STATUS, PCI_STATUS_CAP_LIST);
	space.b[PCI_CAPABILITY_LIST] = PM;
	put_cap(&space, PM, PCI_CAP_ID_PM, EXP);
	put_cap(&space, EXP, PCI_CAP_ID_EXP, MSI);
	put_cap(&space, MSI, PCI_CAP_ID_MSI, VNDR);
	put_cap(&space, VNDR, PCI_CAP_ID_VNDR, 0);
	space.b[VNDR + 2] = 0x10;
	put_extended(&space, 0x100, PCI_EXT_CAP_ID_ERR, 0x200);
	put_extended(&space, 0x200, PCI_EXT_CAP_ID_DVSEC, 0x240);
	put32(&space, 0x204, 0x1234 | 0x014u << 20);
	put16(&space, 0x208, 7);
	put_extended(&space, 0x240, PCI_EXT_CAP_ID_DVSEC, 0x280);
	put32(&space, 0x244, 0x1e98 | 0x014u << 20);
	put16(&space, 0x248, 3);
	put_extended(&space, 0x280, PCI_EXT_CAP_ID_DSN, 0);
	return 0;
}

static void each_capability_is_found_by_its_id(void **state)
{
	(void)state;
	assert_int_equal(config_find(&space, PCI_CAP_ID_PM), PM);
	assert_int_equal(config_find(&space, PCI_CAP_ID_EXP), EXP);
	assert_int_equal(config_find(&space, PCI_CAP_ID_VNDR), VNDR);
	assert_int_equal(config_find(&space, PCI_CAP_ID_MSIX), 0);
	assert_int_equal(config_find_extended(&space, PCI_EXT_CAP_ID_ERR, 0), 0x100);
	assert_int_equal(config_find_extended(&space, PCI_EXT_CAP_ID_DSN, 0), 0x280);
	assert_int_equal(config_find_extended(&space, PCI_EXT_CAP_ID_DSN, 1), 0);
	assert_int_equal(config_find_extended(&space, PCI_EXT_CAP_ID_SRIOV, 0), 0);
	assert_int_equal(config_find_extended(&space, PCI_EXT_CAP_ID_DVSEC, 1), 0x240);
	assert_int_equal(config_find_dvsec(&space, 0x1e98, 3), 0x240);
	assert_int_equal(config_find_dvsec(&space, 0x1e98, 7), 0);
	assert_int_equal(config_find_dvsec(&space, 0x1234, 7), 0x200);
}

static void a_list_that_is_cut_off_or_denied_is_not_complete(void **state)
{
	(void)state;
	assert_true(config_has_all_capabilities(&space));
	space.len = VNDR + 4;
	assert_true(config_has_all_capabilities(&space));
	space.len = VNDR + 3;
	assert_false(config_has_all_capabilities(&space));
	assert_int_equal(config_find(&space, PCI_CAP_ID_VNDR), 0);
	space.len = PCI_STD_HEADER_SIZEOF - 1;
	assert_false(config_has_all_capabilities(&space));
	make(NULL);
	put16(&space, PCI_STATUS, 0);
	assert_int_equal(config_find(&space, PCI_CAP_ID_PM), 0);
}

/* A value that was not read is zero, and must not decide. */
static void a_capability_whose_register_is_cut_off_is_not_complete(void **state)
{
	(void)state;
	put_cap(&space, VNDR, PCI_CAP_ID_PM, 0);
	space.len = VNDR + 7;
	assert_false(config_has_all_capabilities(&space));
	space.len = VNDR + 8;
	assert_true(config_has_all_capabilities(&space));
	put_cap(&space, VNDR, PCI_CAP_ID_EXP, 0);
	space.len = VNDR + 7;
	assert_false(config_has_all_capabilities(&space));
}

/* The kernel and lspci find no capability there either. */
static void a_list_that_the_kernel_does_not_read_is_empty(void **state)
{
	(void)state;
	for (unsigned int type = 3; type < 0x80; type++) {
		space.b[PCI_HEADER_TYPE] = (uint8_t)type;
		assert_int_equal(config_find(&space, PCI_CAP_ID_PM), 0);
	}
	space.b[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE | 0x80;
	assert_int_equal(config_find(&space, PCI_CAP_ID_VNDR), VNDR);
	/* Nothing follows the ID 0xff. */
	space.b[EXP] = 0xff;
	assert_int_equal(config_find(&space, PCI_CAP_ID_PM), PM);
	assert_int_equal(config_find(&space, PCI_CAP_ID_VNDR), 0);
	assert_true(config_has_all_capabilities(&space));
}

static void lists_that_are_circles_end(void **state)
{
	(void)state;
	space.b[VNDR + 1] = PM;
	put_extended(&space, 0x280, PCI_EXT_CAP_ID_DSN, 0x100);
	assert_int_equal(config_find(&space, PCI_CAP_ID_MSIX), 0);
	assert_int_equal(config_find_extended(&space, PCI_EXT_CAP_ID_SRIOV, 0), 0);
}

static void an_unread_value_is_not_set(void **state)
{
	(void)state;
	put32(&space, 0x10, 0x12345678);
	assert_int_equal(config_get16(&space, 0x10), 0x5678);
	assert_int_equal(config_get32(&space, 0x10), 0x12345678);
	space.len = 0x14;
	assert_int_equal(config_get32(&space, 0x10), 0x12345678);
	space.len = 0x13;
	assert_int_equal(config_get32(&space, 0x10), 0);
	assert_int_equal(config_get16(&space, 0x12), 0);
	assert_int_equal(config_get16(&space, 0x10), 0x5678);
}

/* The byte at @at differs in these bits. */
static int difference(size_t at, uint8_t bits)
{
	struct config now = space;

	now.b[at] ^= bits;
	return config_difference(&space, &now);
}

static void registers_that_change_by_themselves_are_no_difference(void **state)
{
	static const struct {
		size_t at;
		uint8_t bits;
		bool differs;
	} rows[] = {
		{ PCI_COMMAND, 1, true },
		{ PCI_STATUS, 0x08, false },
		{ PCI_LATENCY_TIMER, 1, true },
		{ PCI_BIST, 0x40, false },
		{ PCI_BASE_ADDRESS_5 + 3, 0x80, true },
		{ PCI_SEC_STATUS, 1, true }, /* of an endpoint that is a BAR */
		{ PM + PCI_PM_CTRL + 1, 0x80, false },
		{ PM + PCI_PM_CTRL + 1, 0x01, true },
		{ EXP + PCI_EXP_DEVCTL, 1, true },
		{ EXP + PCI_EXP_DEVSTA, 1, false },
		{ EXP + PCI_EXP_LNKCTL2, 1, true },
		{ EXP + PCI_EXP_LNKSTA2, 1, false },
		{ MSI + 2, 2, true },
		{ MSI + 4, 1, false }, /* it is off */
		{ VNDR + 3, 1, true },
		{ VNDR + 4, 1, false },
		{ VNDR + 0x0f, 1, false },
		{ VNDR + 0x10, 1, true },
		{ 0x100 + PCI_ERR_UNCOR_STATUS, 1, false },
		{ 0x100 + PCI_ERR_UNCOR_MASK, 1, true },
		{ 0x100 + PCI_ERR_CAP, 0x1f, false },
		{ 0x100 + PCI_ERR_CAP, 0x20, true },
		{ 0x100 + PCI_ERR_HEADER_LOG + 15, 1, false },
		{ 0x204 + 4, 1, false }, /* a vendor's own */
		{ 0x200 + 0x13, 1, false },
		{ 0x200 + 0x14, 1, true },
		{ 0x284, 1, true },
		{ 0xfff, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (difference(rows[i].at, rows[i].bits) !=
		    (rows[i].differs ? (int)rows[i].at : -1))
			fail_msg("at %#zx: %d", rows[i].at, difference(rows[i].at, rows[i].bits));
}

static void a_message_that_is_on_is_compared(void **state)
{
	(void)state;
	put16(&space, MSI + 2, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_MASKBIT);
	assert_int_equal(difference(MSI + 4, 1), MSI + 4);
	assert_int_equal(difference(MSI + PCI_MSI_MASK_32, 1), MSI + PCI_MSI_MASK_32);
	/* The pending bits are the hardware's. */
	assert_int_equal(difference(MSI + PCI_MSI_MASK_32 + 4, 1), -1);
}

static void a_length_that_differs_is_a_difference(void **state)
{
	struct config now = space;

	(void)state;
	now.len = 256;
	assert_int_equal(config_difference(&space, &now), 256);
	assert_int_equal(config_difference(&now, &space), 256);
	assert_int_equal(config_difference(&now, &now), -1);
}

static void another_device_is_not_the_same(void **state)
{
	static const size_t parts[] = { PCI_VENDOR_ID,   PCI_DEVICE_ID,
					PCI_REVISION_ID, PCI_CLASS_DEVICE + 1,
					PCI_HEADER_TYPE, PCI_SUBSYSTEM_VENDOR_ID,
					PCI_SUBSYSTEM_ID };
	struct config now = space;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		now.b[parts[i]] ^= 1;
		assert_false(config_is_same_device(&space, &now));
		now.b[parts[i]] ^= 1;
	}
	/* The bit for several functions, Command and BARs identify nothing. */
	now.b[PCI_HEADER_TYPE] ^= 0x80;
	now.b[PCI_COMMAND] ^= 6;
	now.b[PCI_BASE_ADDRESS_0] ^= 0x10;
	assert_true(config_is_same_device(&space, &now));
	/* In a bridge's header the subsystem is elsewhere. */
	space.b[PCI_HEADER_TYPE] = now.b[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	now.b[PCI_SUBSYSTEM_ID] ^= 1;
	assert_true(config_is_same_device(&space, &now));
}

static bool link_holds(uint32_t before, uint32_t after)
{
	struct config now = space;

	put16(&space, EXP + PCI_EXP_LNKSTA, before);
	put16(&now, EXP + PCI_EXP_LNKSTA, after);
	return config_link_holds(&space, &now);
}

static void a_worse_link_does_not_hold(void **state)
{
	(void)state;
	assert_true(link_holds(0x0083, 0x0083));
	assert_true(link_holds(0x0083, 0x0104));
	assert_false(link_holds(0x0083, 0x0082));
	assert_false(link_holds(0x0083, 0x0043));
	assert_false(link_holds(0x0083, 0x0044));
	assert_false(link_holds(0x2083, 0x0083));
	/* What has no link loses none. */
	assert_true(link_holds(0x0003, 0x0000));
}

static void a_dead_function_differs_from_a_vf(void **state)
{
	(void)state;
	put32(&space, PCI_VENDOR_ID, UINT32_MAX);
	assert_false(config_is_dead(&space));
	put32(&space, PCI_COMMAND, UINT32_MAX);
	assert_true(config_is_dead(&space));
	space.len = PCI_COMMAND + 3;
	assert_false(config_is_dead(&space));
}

static void the_type_of_a_port_is_told(void **state)
{
	(void)state;
	put16(&space, EXP + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_DOWNSTREAM << 4);
	assert_int_equal(config_express_type(&space), PCI_EXP_TYPE_DOWNSTREAM);
	put_cap(&space, EXP, 0xff, MSI);
	assert_int_equal(config_express_type(&space), -1);
}

/* A failure in between fails the call, and the first one of all is remembered. */
static void failures_are_remembered(void **state)
{
	struct pcireset_ctx ctx = { .failure = 0 };
	int before = ctx_begin(&ctx);

	(void)state;
	assert_int_equal(ctx_end(&ctx, before, 0), 0);
	assert_int_equal(ctx_end(&ctx, before, -EINVAL), -EINVAL);
	before = ctx_begin(&ctx);
	ctx.failure = -EIO;
	assert_int_equal(ctx_end(&ctx, before, 0), -EIO);
	assert_int_equal(ctx.failure, -EIO);
	before = ctx_begin(&ctx);
	assert_int_equal(ctx.failure, 0);
	ctx.failure = -ENOMEM;
	assert_int_equal(ctx_end(&ctx, before, 0), -ENOMEM);
	assert_int_equal(ctx.failure, -EIO);
}

/* The bits of a register that some row of the module's and the library's table leaves out. */
static uint32_t bits_left_out(const struct pcireset_volatile_register *row)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(pcireset_volatile_registers); i++) {
		const struct pcireset_volatile_register *other = &pcireset_volatile_registers[i];

		if (other->id == row->id && other->is_extended == row->is_extended &&
		    other->offset == row->offset)
			bits |= other->mask;
	}
	return bits;
}

/* One capability, whose register at @offset has these bits afterwards. */
static bool differs_with(const struct pcireset_volatile_register *row, unsigned int offset,
			 uint32_t bits)
{
	static struct config was, now;
	size_t at = row->is_extended ? 0x100 : 0x40;

	make(NULL);
	was = space;
	if (row->is_extended)
		put_extended(&was, at, row->id, 0);
	else
		put_cap(&was, at, (uint8_t)row->id, 0);
	now = was;
	put32(&now, at + offset, config_get32(&now, at + offset) ^ bits);
	return config_difference(&was, &now) >= 0;
}

static void each_row_of_the_shared_table_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pcireset_volatile_registers); i++) {
		const struct pcireset_volatile_register *row = &pcireset_volatile_registers[i];
		uint32_t compared = ~bits_left_out(row);

		/* Of a vendor's capability nothing is compared, whatever the table says. */
		if (row->id == PCIRESET_CXL_DEVICE_ID || row->id == PCIRESET_CXL_PORT_ID)
			continue;
		assert_false(differs_with(row, row->offset, row->mask));
		if (row->stride)
			assert_false(differs_with(row, row->last, row->mask));
		if (compared && row->offset)
			assert_true(differs_with(row, row->offset, compared));
	}
}

static void a_row_reaches_into_the_next_capability(void **state)
{
	struct config now;

	(void)state;
	/* Slot Control 2 would be in the next one; version 1 of the capability ends before. */
	space.b[EXP + 1] = EXP + 0x28;
	put_cap(&space, EXP + 0x28, PCI_CAP_ID_VNDR, MSI);
	space.b[EXP + 0x28 + 2] = 0x08;
	put_cap(&space, EXP + 0x30, PCI_CAP_ID_SSVID, 0);
	space.b[EXP + 0x28 + 1] = EXP + 0x30;
	now = space;
	put32(&now, EXP + 0x34, 0x12345678);
	assert_int_equal(config_difference(&space, &now), EXP + 0x34);
}

#define TEST(name) cmocka_unit_test_setup(name, make)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(each_capability_is_found_by_its_id),
		TEST(a_list_that_is_cut_off_or_denied_is_not_complete),
		TEST(a_capability_whose_register_is_cut_off_is_not_complete),
		TEST(a_list_that_the_kernel_does_not_read_is_empty),
		TEST(lists_that_are_circles_end),
		TEST(an_unread_value_is_not_set),
		TEST(registers_that_change_by_themselves_are_no_difference),
		TEST(each_row_of_the_shared_table_counts),
		TEST(a_row_reaches_into_the_next_capability),
		TEST(a_message_that_is_on_is_compared),
		TEST(a_length_that_differs_is_a_difference),
		TEST(another_device_is_not_the_same),
		TEST(a_worse_link_does_not_hold),
		TEST(a_dead_function_differs_from_a_vf),
		TEST(the_type_of_a_port_is_told),
		TEST(failures_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
