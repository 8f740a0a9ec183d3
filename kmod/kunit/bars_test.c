// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the comparison of BARs. Built in place of bars.o, which it includes unchanged. */
#include "../state/bars.c"

#include "machine.h"

#define MEM    IORESOURCE_MEM
#define MEM_64 (IORESOURCE_MEM | IORESOURCE_MEM_64)

/**
 * struct bars_case - a resource of the kernel and what the header says
 * @flags: of the resource
 * @start: of the resource
 * @unclaimed: nobody has assigned it
 * @low: the BAR
 * @high: the BAR after it
 * @agree: what is to be found
 */
struct bars_case {
	unsigned long flags;
	u64 start;
	bool unclaimed;
	u32 low;
	u32 high;
	bool agree;
};

static const struct bars_case bars_cases_of_one[] = {
	{ MEM, 0xfe000000, false, 0xfe000000, 0, true },
	{ MEM, 0xfe000000, false, 0xfe000008, 0, true },
	{ MEM, 0xfe000000, false, 0xfe000000, 1, true },
	{ MEM, 0xfe000000, false, 0xfe001000, 0, false },
	{ MEM, 0xfe000000, false, 0, 0, false },
	{ MEM, 0xfe000000, false, 0xffffffff, 0xffffffff, false },
	{ MEM_64, 0x380000000000, false, 0x0000000c, 0x3800, true },
	{ MEM_64, 0x380000000000, false, 0x0000000c, 0, false },
	{ MEM_64, 0xfe000000, false, 0xfe000004, 0, true },
	{ MEM_64, 0xfe000000, false, 0xfe000004, 1, false },
	{ IORESOURCE_IO, 0xc000, false, 0xc001, 0, true },
	{ IORESOURCE_IO, 0xc000, false, 0x0001, 0, false },
	/* What is not assigned, or not by a BAR. */
	{ MEM, 0xfe000000, true, 0, 0, true },
	{ MEM | IORESOURCE_UNSET, 0xfe000000, false, 0, 0, true },
	{ MEM | IORESOURCE_DISABLED, 0xfe000000, false, 0, 0, true },
	{ MEM | IORESOURCE_PCI_FIXED, 0xfe000000, false, 0, 0, true },
	{ 0, 0, false, 0x12345678, 0, true },
};

/* The resources are the core's: they are as before when this returns. */
static bool bars_agree_with(struct pcireset_fn *fn, unsigned int nr, const struct bars_case *c)
{
	struct resource *res = &fn->dev->resource[nr], before = *res,
			parent = { .flags = c->flags };
	bool agree;

	*res = (struct resource){
		.start = c->start,
		.end = c->start + 0xfff,
		.flags = c->flags,
		.parent = c->unclaimed ? NULL : &parent,
	};
	fn->saved.header[PCI_BASE_ADDRESS_0 / 4 + nr] = c->low;
	fn->saved.header[PCI_BASE_ADDRESS_0 / 4 + nr + 1] = c->high;
	agree = pcireset_bars_agree(fn);
	*res = before;
	return agree;
}

static void lost_address_passes_or_a_right_one_fails(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn fn = { .dev = machine->fns[0] };
	unsigned int i, nr;

	for (i = 0; i < ARRAY_SIZE(bars_cases_of_one); i++) {
		const struct bars_case *c = &bars_cases_of_one[i];

		/* The last BAR has none after it to be its upper half. */
		for (nr = 0; nr < PCI_STD_NUM_BARS - !!(c->flags & IORESOURCE_MEM_64); nr++)
			KUNIT_EXPECT_EQ_MSG(test, bars_agree_with(&fn, nr, c), c->agree,
					    "case %u, BAR %u", i, nr);
	}
}

static void bars_of_a_vf_are_compared(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn fn = { .dev = machine->fns[0] };

	fn.dev->is_virtfn = 1;
	KUNIT_EXPECT_TRUE(test, bars_agree_with(&fn, 0, &bars_cases_of_one[4]));
	fn.dev->is_virtfn = 0;
	KUNIT_EXPECT_FALSE(test, bars_agree_with(&fn, 0, &bars_cases_of_one[4]));
}

/* What follows the second is bus numbers and windows in a bridge. */
static void bridge_has_more_than_two_bars(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_fn fn = { .dev = machine->port };

	KUNIT_EXPECT_FALSE(test, bars_agree_with(&fn, 1, &bars_cases_of_one[4]));
	KUNIT_EXPECT_TRUE(test, bars_agree_with(&fn, 2, &bars_cases_of_one[4]));
}

static struct kunit_case bars_cases[] = {
	KUNIT_CASE(lost_address_passes_or_a_right_one_fails),
	KUNIT_CASE(bars_of_a_vf_are_compared),
	KUNIT_CASE(bridge_has_more_than_two_bars),
	{},
};

static struct kunit_suite bars_suite = {
	.name = "pcireset-bars",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = bars_cases,
};

kunit_test_suite(bars_suite);
