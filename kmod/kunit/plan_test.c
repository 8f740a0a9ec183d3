// SPDX-License-Identifier: GPL-2.0-only
/* Decisions before anything is touched. Replaces plan.o, and includes its source unchanged. */
#include "../plan/plan.c"

#include <linux/pci_hotplug.h>
#include <linux/pm_runtime.h>

#include "machine.h"
#include "run/run.h"

/* Narrow before wide; written down here once more. */
static const u32 order[] = {
	PCI_RESET_DEV_SPECIFIC, PCI_RESET_ACPI, PCI_RESET_FLR,     PCI_RESET_PM,
	PCI_RESET_SLOT,         PCI_RESET_BUS,  PCI_RESET_CXL_BUS, PCI_RESET_LINK_DISABLE,
};

static const u32 scopes[] = {
	PCIRESET_SCOPE_FUNCTION, PCIRESET_SCOPE_FUNCTION, PCIRESET_SCOPE_FUNCTION,
	PCIRESET_SCOPE_FUNCTION, PCIRESET_SCOPE_SLOT,     PCIRESET_SCOPE_BUS,
	PCIRESET_SCOPE_BUS,      PCIRESET_SCOPE_BUS,
};

/* A machine with these types, and the allowed ones. */
struct choice {
	struct pcireset_type_info infos[PCIRESET_NR_TYPES];
	struct pcireset_plan plan;
};

/* The @infos as pcireset_plan_types() writes them, in its order. */
static void plan_offer_types(struct choice *choice, u32 types)
{
	unsigned int i;

	for (i = 0; i < PCIRESET_NR_TYPES; i++) {
		choice->infos[i] = (struct pcireset_type_info){
			.type = pcireset_types[i].bit,
			.who.bus = i,
		};
		if (pcireset_types[i].bit & types)
			choice->infos[i].scope = pcireset_types[i].scope;
		else
			choice->infos[i].why_not = PCIRESET_WHY_QUIRK + i;
	}
}

static struct pcireset_plan *choose_of(struct choice *choice, u32 there, u32 allowed, u32 flags)
{
	plan_offer_types(choice, there);
	choice->plan = (struct pcireset_plan){
		.request.types = allowed,
		.request.max_scope = PCIRESET_SCOPE_BUS,
		.request.flags = flags,
	};
	plan_choose_types(&choice->plan, choice->infos);
	return &choice->plan;
}

static struct choice *new_choice(struct kunit *test)
{
	struct choice *choice = kunit_kzalloc(test, sizeof(*choice), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, choice);
	return choice;
}

static void table_of_types_is_out_of_order(struct kunit *test)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(order), PCIRESET_NR_TYPES);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		KUNIT_EXPECT_EQ(test, pcireset_types[i].bit, order[i]);
		KUNIT_EXPECT_EQ(test, pcireset_types[i].scope, scopes[i]);
	}
}

static void wide_type_is_chosen_before_narrow(struct kunit *test)
{
	struct choice *choice = new_choice(test);
	struct pcireset_plan *plan;
	u32 there = PCIRESET_ALL_TYPES;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		plan = choose_of(choice, there, PCIRESET_ALL_TYPES, 0);
		KUNIT_EXPECT_EQ(test, plan->nr_types, 1);
		KUNIT_EXPECT_EQ(test, plan->types[0], order[i]);
		KUNIT_EXPECT_EQ(test, plan->scope, scopes[i]);
		KUNIT_EXPECT_EQ(test, plan->error, 0);
		there &= ~order[i];
	}
	plan = choose_of(choice, 0, PCIRESET_ALL_TYPES, 0);
	KUNIT_EXPECT_EQ(test, plan->nr_types, 0);
	KUNIT_EXPECT_EQ(test, plan->error, -EOPNOTSUPP);
}

/* Every mask, on a machine that has everything and on one that has every other type. */
static void type_outside_of_the_mask_is_chosen(struct kunit *test)
{
	static const u32 machines[] = { PCIRESET_ALL_TYPES, 0x55, 0x2a };
	struct choice *choice = new_choice(test);
	struct pcireset_plan *plan;
	unsigned int i, nr;
	u32 mask;

	for (nr = 0; nr < ARRAY_SIZE(machines); nr++) {
		for (mask = 1; mask <= PCIRESET_ALL_TYPES; mask++) {
			plan = choose_of(choice, machines[nr], mask, PCIRESET_RESET_ESCALATE);
			KUNIT_EXPECT_EQ(test, plan->nr_types, hweight32(mask & machines[nr]));
			for (i = 0; i < plan->nr_types; i++)
				KUNIT_EXPECT_TRUE(test, plan->types[i] & mask & machines[nr]);
		}
	}
}

static void wider_type_is_taken_without_escalate(struct kunit *test)
{
	struct choice *choice = new_choice(test);
	struct pcireset_plan *plan;

	plan = choose_of(choice, PCIRESET_ALL_TYPES, PCI_RESET_FLR | PCI_RESET_BUS, 0);
	KUNIT_EXPECT_EQ(test, plan->nr_types, 1);
	KUNIT_EXPECT_EQ(test, plan->types[0], PCI_RESET_FLR);
}

static void escalation_is_out_of_order(struct kunit *test)
{
	struct choice *choice = new_choice(test);
	struct pcireset_plan *plan;
	unsigned int i;

	plan = choose_of(choice, PCIRESET_ALL_TYPES, PCIRESET_ALL_TYPES, PCIRESET_RESET_ESCALATE);
	KUNIT_ASSERT_EQ(test, plan->nr_types, ARRAY_SIZE(order));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		KUNIT_EXPECT_EQ(test, plan->types[i], order[i]);
	KUNIT_EXPECT_EQ(test, plan->scope, PCIRESET_SCOPE_FUNCTION);
}

static void flags_are_those_of_another_type(struct kunit *test)
{
	struct choice *choice = new_choice(test);

	plan_offer_types(choice, PCIRESET_ALL_TYPES);
	choice->infos[2].flags = PCIRESET_TYPE_AF;
	choice->plan.request = (struct pcireset_request){
		.types = PCI_RESET_FLR | PCI_RESET_PM,
		.max_scope = PCIRESET_SCOPE_BUS,
		.flags = PCIRESET_RESET_ESCALATE,
	};
	plan_choose_types(&choice->plan, choice->infos);
	KUNIT_EXPECT_EQ(test, choice->plan.type_flags, PCIRESET_TYPE_AF);
}

static void scope_limit_is_exceeded(struct kunit *test)
{
	struct choice *choice = new_choice(test);
	struct pcireset_plan *plan = &choice->plan;
	unsigned int i;
	u32 limit;

	plan_offer_types(choice, PCIRESET_ALL_TYPES);
	for (limit = PCIRESET_SCOPE_FUNCTION; limit <= PCIRESET_SCOPE_BUS; limit++) {
		for (i = 0; i < ARRAY_SIZE(order); i++) {
			*plan = (struct pcireset_plan){
				.request.types = order[i],
				.request.max_scope = limit,
			};
			plan_choose_types(plan, choice->infos);
			KUNIT_EXPECT_EQ(test, plan->nr_types, scopes[i] <= limit);
			KUNIT_EXPECT_EQ(test, plan->error, scopes[i] <= limit ? 0 : -EOPNOTSUPP);
			KUNIT_EXPECT_EQ(test, plan->why,
					scopes[i] <= limit ? PCIRESET_WHY_NONE :
							     PCIRESET_WHY_SCOPE);
		}
	}
}

static void escalation_exceeds_the_scope_limit(struct kunit *test)
{
	struct choice *choice = new_choice(test);
	struct pcireset_plan *plan = &choice->plan;

	plan_offer_types(choice, PCIRESET_ALL_TYPES);
	plan->request = (struct pcireset_request){
		.types = PCI_RESET_PM | PCI_RESET_LINK,
		.max_scope = PCIRESET_SCOPE_SLOT,
		.flags = PCIRESET_RESET_ESCALATE,
	};
	plan_choose_types(plan, choice->infos);
	KUNIT_ASSERT_EQ(test, plan->nr_types, 2);
	KUNIT_EXPECT_EQ(test, plan->types[0], PCI_RESET_PM);
	KUNIT_EXPECT_EQ(test, plan->types[1], PCI_RESET_SLOT);
}

static void refusal_tells_of_a_type_that_was_not_allowed(struct kunit *test)
{
	struct choice *choice = new_choice(test);
	struct pcireset_plan *plan;

	plan = choose_of(choice, PCI_RESET_FLR, PCI_RESET_PM | PCI_RESET_BUS, 0);
	KUNIT_EXPECT_EQ(test, plan->error, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_QUIRK + 3);
	KUNIT_EXPECT_EQ(test, plan->who.bus, 3);
}

static void reason_of_a_narrower_type_stays(struct kunit *test)
{
	struct choice *choice = new_choice(test);
	struct pcireset_plan *plan;

	plan = choose_of(choice, PCI_RESET_BUS, PCIRESET_ALL_TYPES, 0);
	KUNIT_EXPECT_EQ(test, plan->types[0], PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, plan->who.bus, 0);
}

static int plan_try_make(struct kunit *test, struct pcireset_request request)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan = NULL;
	int error;

	error = pcireset_plan_make(machine->fns[0], &request, false, &plan);
	if (!error)
		pcireset_plan_put(plan);
	return error;
}

#define MAKE(test, ...) plan_try_make(test, (struct pcireset_request){ __VA_ARGS__ })

static void empty_mask_is_accepted(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, MAKE(test, .types = 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, MAKE(test, .types = 0, .flags = PCIRESET_RESET_ESCALATE), -EINVAL);
}

static void unknown_bit_is_accepted(struct kunit *test)
{
	unsigned int nr;

	for (nr = 0; nr < 32; nr++) {
		u32 bit = BIT(nr);

		KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR | bit),
				bit & PCIRESET_ALL_TYPES ? 0 : -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR, .checks = bit),
				bit & PCIRESET_ALL_CHECKS ? 0 : -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR, .force = bit),
				bit & PCIRESET_ALL_FORCE ? 0 : -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR, .flags = bit),
				bit & PCIRESET_ALL_FLAGS ? 0 : -EOPNOTSUPP);
	}
}

static void unknown_scope_is_accepted(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR, .max_scope = 3), 0);
	KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR, .max_scope = 4), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR, .max_scope = U32_MAX),
			-EOPNOTSUPP);
}

static void endless_timeout_is_accepted(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR, .timeout_ms = 600000), 0);
	KUNIT_EXPECT_EQ(test, MAKE(test, .types = PCI_RESET_FLR, .timeout_ms = 600001), -EINVAL);
}

#define PLAN_BEYOND_bits(limit)  (~(limit))
#define PLAN_BEYOND_scope(limit) ((limit) + 1)
#define PLAN_BEYOND_ms(limit)    ((limit) + 1)

#define PLAN_TRY_FIELD(name, kind, limit)                               \
	do {                                                            \
		request = good;                                         \
		request.name = PLAN_BEYOND_##kind(limit);               \
		KUNIT_EXPECT_NE(test, plan_try_make(test, request), 0); \
	} while (0)

static void field_beyond_its_limit_is_accepted(struct kunit *test)
{
	struct pcireset_request good = { .types = PCI_RESET_FLR }, request;

	KUNIT_EXPECT_EQ(test, plan_try_make(test, good), 0);
	PCIRESET_REQUEST_FIELDS(PLAN_TRY_FIELD);
}

/* A plan on the machine, put when the test ends. */
static struct pcireset_plan *plan_on(struct kunit *test, u32 types, u32 flags)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = types, .flags = flags };
	struct pcireset_plan *plan = NULL;

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &plan), 0);
	return plan;
}

static void defaults_are_left_out(struct kunit *test)
{
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_FLR, 0);

	KUNIT_EXPECT_EQ(test, plan->request.max_scope, PCIRESET_SCOPE_BUS);
	KUNIT_EXPECT_EQ(test, plan->request.checks,
			PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY | PCIRESET_CHECK_LINK |
				PCIRESET_CHECK_CONFIG);
	KUNIT_EXPECT_GT(test, plan->request.timeout_ms, 0);
	pcireset_plan_put(plan);
}

static void function_reset_reaches_the_neighbour(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan = plan_on(test, PCIRESET_ALL_TYPES, 0);

	KUNIT_EXPECT_EQ(test, plan->types[0], PCI_RESET_FLR);
	KUNIT_ASSERT_EQ(test, plan->nr_fns, 1);
	KUNIT_EXPECT_PTR_EQ(test, plan->fns[0].dev, machine->fns[0]);
	KUNIT_EXPECT_EQ(test, plan->fns[0].flags, PCIRESET_MEMBER_TARGET | PCIRESET_MEMBER_RESET);
	KUNIT_EXPECT_NULL(test, plan->bridge);
	pcireset_plan_put(plan);
}

static void bus_reset_forgets_the_neighbour(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_LINK, 0);

	KUNIT_EXPECT_EQ(test, plan->types[0], PCI_RESET_BUS);
	KUNIT_EXPECT_EQ(test, plan->scope, PCIRESET_SCOPE_BUS);
	KUNIT_EXPECT_PTR_EQ(test, plan->bridge, machine->port);
	KUNIT_ASSERT_EQ(test, plan->nr_fns, 2);
	KUNIT_EXPECT_PTR_EQ(test, plan->fns[0].dev, machine->fns[0]);
	KUNIT_EXPECT_PTR_EQ(test, plan->fns[1].dev, machine->fns[1]);
	KUNIT_EXPECT_EQ(test, plan->fns[1].flags, PCIRESET_MEMBER_RESET);
	KUNIT_EXPECT_EQ(test, plan->fns[1].reset, PCI_RESET_BUS);
	pcireset_plan_put(plan);
}

/* The plan queries the hardware, not the values that the core has cached. */
static void type_that_went_away_is_chosen(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan;

	machine->space[0][(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] = 0;
	plan = plan_on(test, PCIRESET_ALL_TYPES, 0);
	KUNIT_EXPECT_EQ(test, plan->types[0], PCI_RESET_PM);
	pcireset_plan_put(plan);

	kunit_put16(machine->space[0], KUNIT_PM + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
	plan = plan_on(test, PCI_RESET_FUNC, 0);
	KUNIT_EXPECT_EQ(test, plan->nr_types, 0);
	KUNIT_EXPECT_EQ(test, plan->error, -EOPNOTSUPP);
	pcireset_plan_put(plan);
}

static void dead_function_is_planned_for(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan;

	memset(machine->space[0], 0xff, sizeof(machine->space[0]));
	plan = plan_on(test, PCIRESET_ALL_TYPES, 0);
	KUNIT_EXPECT_EQ(test, plan->nr_types, 0);
	KUNIT_EXPECT_EQ(test, plan->error, -ENODEV);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_GONE);
	pcireset_plan_put(plan);
}

static void dead_neighbour_is_not_in_the_way(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan;

	memset(machine->space[1], 0xff, sizeof(machine->space[1]));
	plan = plan_on(test, PCI_RESET_BUS, 0);
	KUNIT_EXPECT_EQ(test, plan->error, -EBUSY);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_GONE);
	KUNIT_EXPECT_EQ(test, plan->who.devfn, 1);
	pcireset_plan_put(plan);

	plan = plan_on(test, PCI_RESET_FLR, 0);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	pcireset_plan_put(plan);
}

static void escalation_into_what_is_in_the_way_is_kept(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan;

	memset(machine->space[1], 0xff, sizeof(machine->space[1]));
	plan = plan_on(test, PCIRESET_ALL_TYPES, PCIRESET_RESET_ESCALATE);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	KUNIT_ASSERT_EQ(test, plan->nr_types, 2);
	KUNIT_EXPECT_EQ(test, plan->types[0], PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, plan->types[1], PCI_RESET_PM);
	pcireset_plan_put(plan);
}

static const struct pci_error_handlers can_prepare = {
	.reset_prepare = (void (*)(struct pci_dev *))pci_dev_put,
};

/* Checks the functions again, as if the target were bound to a driver with these handlers. */
static void judge_with(struct pcireset_plan *plan, const struct pci_error_handlers *handlers)
{
	struct pci_driver driver = { .name = "pcireset-kunit", .err_handler = handlers };
	struct pcireset_tx *tx;

	if (pcireset_tx_new(plan, &tx))
		return;
	device_lock(&plan->dev->dev);
	plan->dev->driver = &driver;
	pcireset_claim_members(tx);
	plan->dev->driver = NULL;
	device_unlock(&plan->dev->dev);
	pcireset_tx_put(tx);
}

static void driver_that_cannot_prepare_is_ignored(struct kunit *test)
{
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_FLR, 0);

	judge_with(plan, NULL);
	KUNIT_EXPECT_EQ(test, plan->error, -EBUSY);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_DRIVER);

	plan->request.force = PCIRESET_FORCE_VFIO;
	judge_with(plan, NULL);
	KUNIT_EXPECT_EQ(test, plan->error, -EBUSY);

	plan->request.force = PCIRESET_FORCE_DRIVER;
	judge_with(plan, NULL);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	pcireset_plan_put(plan);
}

static void driver_that_can_prepare_is_in_the_way(struct kunit *test)
{
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_FLR, 0);

	judge_with(plan, &can_prepare);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	KUNIT_EXPECT_TRUE(test, plan->fns[0].flags & PCIRESET_MEMBER_PREPARE);
	pcireset_plan_put(plan);
}

/* The driver that calls from probe() needs no handlers: it knows. */
static void caller_is_in_its_own_way(struct kunit *test)
{
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_FLR, 0);

	plan->held = true;
	judge_with(plan, NULL);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	pcireset_plan_put(plan);
}

static void plans_that_differ_are_the_same(struct kunit *test)
{
	struct pcireset_plan *a = plan_on(test, PCI_RESET_LINK, 0);
	struct pcireset_plan *b = plan_on(test, PCI_RESET_LINK, 0);
	struct pcireset_plan *flr = plan_on(test, PCI_RESET_FLR, 0);
	struct pcireset_plan *pm = plan_on(test, PCI_RESET_PM, 0);

	KUNIT_EXPECT_TRUE(test, pcireset_plan_same(a, b));
	KUNIT_EXPECT_FALSE(test, pcireset_plan_same(a, flr));
	KUNIT_EXPECT_FALSE(test, pcireset_plan_same(flr, pm));

	b->fns[1].flags |= PCIRESET_MEMBER_VFIO;
	KUNIT_EXPECT_FALSE(test, pcireset_plan_same(a, b));
	b->fns[1].flags = a->fns[1].flags;
	b->fns[1].driver = (struct pci_driver *)b;
	KUNIT_EXPECT_FALSE(test, pcireset_plan_same(a, b));
	b->fns[1].driver = a->fns[1].driver;
	b->error = -EBUSY;
	KUNIT_EXPECT_FALSE(test, pcireset_plan_same(a, b));

	pcireset_plan_put(a);
	pcireset_plan_put(b);
	pcireset_plan_put(flr);
	pcireset_plan_put(pm);
}

static void report_overruns_its_room(struct kunit *test)
{
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_BUS, 0);
	struct pcireset_member members[2] = { { .offset = 1 }, { .offset = 77 } };
	struct pcireset_report report = { .members = members, .max_members = 1 };

	pcireset_plan_report(plan, &report);
	KUNIT_EXPECT_EQ(test, report.nr_members, 2);
	KUNIT_EXPECT_EQ(test, members[0].offset, 0);
	KUNIT_EXPECT_EQ(test, members[1].offset, 77);
	report.members = NULL;
	pcireset_plan_report(plan, &report);
	KUNIT_EXPECT_EQ(test, report.nr_members, 2);
	pcireset_plan_put(plan);
}

/* One that has left since the plan was made may lead to a host bridge that is freed. */
static void function_that_left_is_asked_for_its_times(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCIRESET_ALL_TYPES };
	atomic64_t moved = ATOMIC64_INIT(0);
	struct pcireset_plan *plan;
	u64 ns = 1;

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &plan), 0);
	KUNIT_EXPECT_EQ(test, pcireset_plan_expect(plan, &ns), 0);
	KUNIT_EXPECT_NE(test, ns, 0ULL);
	atomic64_set(&moved, plan->topology + 1);
	plan->counter = &moved;
	KUNIT_EXPECT_EQ(test, pcireset_plan_expect(plan, &ns), -ESTALE);
	KUNIT_EXPECT_EQ(test, ns, 0ULL);
	pcireset_plan_put(plan);
}

static void plan_put_to_sleep(struct device *dev)
{
	pm_runtime_disable(dev);
	pm_runtime_set_suspended(dev);
	pm_runtime_enable(dev);
}

static void plan_wake(struct device *dev)
{
	pm_runtime_disable(dev);
	pm_runtime_set_active(dev);
	pm_runtime_enable(dev);
}

/*
 * Fills and decides a plan with functions of plan/ only, while the function sleeps and is
 * locked.
 */
static void plan_of_a_function_that_sleeps(struct kunit *test, struct pcireset_plan *plan)
{
	struct pcireset_type_info infos[PCIRESET_NR_TYPES];
	unsigned int i;
	u32 types;

	down_read(&pcireset_topology);
	KUNIT_EXPECT_EQ(test, pcireset_plan_fill(plan), 0);
	for (i = 0; i < plan->nr_fns; i++) {
		pcireset_plan_read_driver(plan, &plan->fns[i]);
		pcireset_plan_find_obstacle(plan, &plan->fns[i]);
	}
	pcireset_plan_decide(plan);
	types = pcireset_plan_types(plan->dev, PCI_RESET_FLR, PCIRESET_CALLER_LOCKED, infos);
	KUNIT_EXPECT_EQ(test, types, PCI_RESET_FLR);
	up_read(&pcireset_topology);
}

/* It would wait for ever for the lock, write to a function, or be seen in the power state. */
static void plan_has_side_effects(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_LINK };
	u32 *before = kunit_kmalloc(test, sizeof(machine->space), GFP_KERNEL);
	struct device *dev = &machine->fns[0]->dev;
	struct pcireset_plan *plan;

	KUNIT_ASSERT_NOT_NULL(test, before);
	KUNIT_ASSERT_EQ(test, pcireset_plan_new(machine->fns[0], &request, &plan), 0);
	memcpy(before, machine->space, sizeof(machine->space));
	device_lock(dev);
	plan_put_to_sleep(dev);
	plan_of_a_function_that_sleeps(test, plan);
	KUNIT_EXPECT_TRUE(test, pm_runtime_suspended(dev));
	KUNIT_EXPECT_EQ(test, plan->nr_fns, 2);
	KUNIT_EXPECT_EQ(test, memcmp(before, machine->space, sizeof(machine->space)), 0);
	device_unlock(dev);

	/* Only code above plan/ wakes the function. */
	pcireset_plan_put(plan);
	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &plan), 0);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	pcireset_plan_put(plan);
	plan_wake(dev);
}

/* Is the neighbour awake after an estimate for these types? */
static bool plan_estimate_wakes(struct kunit *test, u32 types)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan = plan_on(test, types, PCIRESET_RESET_ESCALATE);
	struct device *neighbour = &machine->fns[1]->dev;
	bool is_awake;
	u64 ns;

	KUNIT_EXPECT_EQ(test, plan->nr_fns, 2);
	plan_put_to_sleep(neighbour);
	KUNIT_EXPECT_EQ(test, pcireset_plan_expect(plan, &ns), 0);
	KUNIT_EXPECT_NE(test, ns, 0ULL);
	is_awake = !pm_runtime_suspended(neighbour);
	plan_wake(neighbour);
	pcireset_plan_put(plan);
	return is_awake;
}

/* A wider type that may follow asks for no times, so its members need not wake. */
static void neighbour_wakes_for_a_type_that_spares_it(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, plan_estimate_wakes(test, PCI_RESET_FLR | PCI_RESET_BUS));
	KUNIT_EXPECT_FALSE(test, plan_estimate_wakes(test, PCI_RESET_PM | PCI_RESET_BUS));
	KUNIT_EXPECT_TRUE(test, plan_estimate_wakes(test, PCI_RESET_BUS));
}

static void reason_has_the_text_of_another(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pcireset_reasons); i++)
		KUNIT_EXPECT_PTR_EQ(test, pcireset_why_text(pcireset_reasons[i].why),
				    pcireset_reasons[i].text);
}

static const struct pci_error_handlers can_finish = {
	.reset_done = (void (*)(struct pci_dev *))pci_dev_put,
};

/* A batch runs such a function by itself, as the driver may wait for anything. */
static void driver_that_is_called_back_is_not_seen(struct kunit *test)
{
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_FLR, 0);

	judge_with(plan, &can_finish);
	KUNIT_EXPECT_TRUE(test, plan->fns[0].calls_back);
	/* It learns of the reset only when the reset is over. */
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_DRIVER);
	judge_with(plan, &can_prepare);
	KUNIT_EXPECT_TRUE(test, plan->fns[0].calls_back);
	judge_with(plan, NULL);
	KUNIT_EXPECT_FALSE(test, plan->fns[0].calls_back);
	pcireset_plan_put(plan);
}

/* The core still writes the addresses of such a function, but not while its driver is bound. */
static void new_function_is_reset_or_is_in_its_drivers_way(struct kunit *test)
{
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_FLR, 0);
	struct proc_dir_entry *before = plan->dev->procent;

	plan->dev->procent = NULL;
	judge_with(plan, &can_prepare);
	KUNIT_EXPECT_EQ(test, plan->error, -EBUSY);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_CHANGED);
	plan->held = true;
	judge_with(plan, NULL);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	plan->dev->procent = before;
	pcireset_plan_put(plan);
}

/* What prevents a reset of a member of VFIO with these flags, for a request that forces this. */
static u32 plan_vfio_obstacle(struct kunit *test, u32 flags, u32 force, bool by_user)
{
	struct pcireset_plan *plan = plan_on(test, PCI_RESET_FLR, 0);
	u32 why;

	plan->request.force = force;
	plan->request.by_user = by_user;
	plan->fns[0].flags |= flags | PCIRESET_MEMBER_DRIVER | PCIRESET_MEMBER_VFIO;
	plan->fns[0].vfio_open = by_user;
	why = plan_obstacle(plan, &plan->fns[0]);
	pcireset_plan_put(plan);
	return why;
}

/* A mapping of memory that is off can stop the machine: neither force nor ownership helps. */
static void open_function_is_reset_by_force_or_its_owner(struct kunit *test)
{
	u32 both = PCIRESET_FORCE_VFIO | PCIRESET_FORCE_DRIVER;

	KUNIT_EXPECT_EQ(test, plan_vfio_obstacle(test, 0, both, true), PCIRESET_WHY_VFIO_OPEN);
	KUNIT_EXPECT_EQ(test, plan_vfio_obstacle(test, PCIRESET_MEMBER_OWNED, 0, true),
			PCIRESET_WHY_VFIO_OPEN);
	KUNIT_EXPECT_EQ(test, plan_vfio_obstacle(test, 0, 0, false), PCIRESET_WHY_VFIO);
	KUNIT_EXPECT_EQ(test, plan_vfio_obstacle(test, PCIRESET_MEMBER_OWNED, 0, false),
			PCIRESET_WHY_NONE);
	/* A driver of VFIO has no reset_prepare, and needs none. */
	KUNIT_EXPECT_EQ(test, plan_vfio_obstacle(test, 0, PCIRESET_FORCE_VFIO, false),
			PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, plan_vfio_obstacle(test, 0, PCIRESET_FORCE_DRIVER, false),
			PCIRESET_WHY_VFIO);
}

/* The user was there when the reset was planned, and force allowed it. */
static void user_of_the_plan_is_a_new_one(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_planned fn = { .dev = machine->fns[0] };

	pcireset_kunit_vfio_bind(fn.dev, 1);
	fn.dev->driver->driver_managed_dma = true;
	KUNIT_EXPECT_TRUE(test, pcireset_has_new_user(&fn));
	fn.flags = PCIRESET_MEMBER_VFIO;
	KUNIT_EXPECT_FALSE(test, pcireset_has_new_user(&fn));
	fn.flags = PCIRESET_MEMBER_BRIDGE;
	KUNIT_EXPECT_FALSE(test, pcireset_has_new_user(&fn));
	fn.dev->driver->driver_managed_dma = false;
	pcireset_kunit_vfio_unbind(fn.dev);
}

/* A plan for a caller who has to own what a reset of the link affects. */
static struct pcireset_plan *plan_that_must_own(struct kunit *test, u32 types)
{
	struct pcireset_plan *plan = plan_on(test, types, PCIRESET_RESET_ESCALATE);

	plan->request.must_own = true;
	plan->fns[0].flags |= PCIRESET_MEMBER_OWNED;
	return plan;
}

static void foreign_function_is_in_the_way_of_all_types(struct kunit *test)
{
	struct pcireset_plan *plan =
		plan_that_must_own(test, PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_BUS);

	/* Nothing is owned: types of the function alone need no owner. */
	plan->fns[0].flags &= ~PCIRESET_MEMBER_OWNED;
	pcireset_plan_decide(plan);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	KUNIT_ASSERT_EQ(test, plan->nr_types, 2);
	KUNIT_EXPECT_EQ(test, plan->types[1], PCI_RESET_PM);
	pcireset_plan_put(plan);
}

static void foreign_function_is_reset_or_its_use_is_told(struct kunit *test)
{
	static const u32 uses[] = { PCIRESET_WHY_NONE, PCIRESET_WHY_VFIO, PCIRESET_WHY_VFIO_OPEN,
				    PCIRESET_WHY_DRIVER };
	struct pcireset_plan *plan = plan_that_must_own(test, PCI_RESET_BUS);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uses); i++) {
		plan->fns[1].why_not = uses[i];
		pcireset_plan_decide(plan);
		KUNIT_EXPECT_EQ(test, plan->error, -EPERM);
		KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_NOT_OWNED);
		KUNIT_EXPECT_EQ(test, plan->fns[1].why_not, PCIRESET_WHY_NOT_OWNED);
	}
	plan->fns[1].why_not = PCIRESET_WHY_GONE;
	pcireset_plan_decide(plan);
	KUNIT_EXPECT_EQ(test, plan->error, -EBUSY);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_GONE);
	/* No VFIO user can own a bridge. */
	plan->error = 0;
	plan->fns[1].why_not = PCIRESET_WHY_NONE;
	plan->fns[1].flags |= PCIRESET_MEMBER_BRIDGE;
	pcireset_plan_decide(plan);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	pcireset_plan_put(plan);
}

/* Also if it is the only type to escalate to. */
static void last_type_reaches_what_is_in_the_way(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan;

	memset(machine->space[1], 0xff, sizeof(machine->space[1]));
	plan = plan_on(test, PCI_RESET_FLR | PCI_RESET_BUS, PCIRESET_RESET_ESCALATE);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	KUNIT_EXPECT_EQ(test, plan->nr_types, 1);
	pcireset_plan_put(plan);
}

/* Without the list of speeds, the maximum is the fastest. A VF has no link. */
static void speed_is_supported_that_is_not(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	unsigned int at = (KUNIT_PCIE + PCI_EXP_LNKCAP) / 4;

	machine->port_space[at] = 3;
	KUNIT_EXPECT_TRUE(test, plan_port_has_speed(machine->port, 3));
	KUNIT_EXPECT_FALSE(test, plan_port_has_speed(machine->port, 4));
	machine->space[0][at] = 3;
	KUNIT_EXPECT_TRUE(test, plan_fn_has_speed(dev, 3));
	KUNIT_EXPECT_FALSE(test, plan_fn_has_speed(dev, 4));
	dev->is_virtfn = 1;
	KUNIT_EXPECT_TRUE(test, plan_fn_has_speed(dev, 4));
	dev->is_virtfn = 0;
}

static void speed_that_is_wanted_is_not_checked(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = {
		.types = PCI_RESET_BUS,
		.checks = PCIRESET_CHECK_READY,
		.link_speed = 1,
	};
	struct pcireset_plan *plan;

	KUNIT_ASSERT_EQ(test, pcireset_plan_new(machine->fns[0], &request, &plan), 0);
	KUNIT_EXPECT_EQ(test, plan->request.checks, PCIRESET_CHECK_READY | PCIRESET_CHECK_LINK);
	pcireset_plan_put(plan);
	request.link_speed = 0;
	KUNIT_ASSERT_EQ(test, pcireset_plan_new(machine->fns[0], &request, &plan), 0);
	KUNIT_EXPECT_EQ(test, plan->request.checks, PCIRESET_CHECK_READY);
	pcireset_plan_put(plan);
}

/* It comes back, and its worker restores it. */
static void late_function_is_gone(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_unfinished other = { .dev = machine->fns[0], .owner = &other };
	struct pcireset_plan *plan;

	memset(machine->space[0], 0xff, sizeof(machine->space[0]));
	pcireset_unfinished_add(&other, PCIRESET_LATE);
	plan = plan_on(test, PCI_RESET_FLR, 0);
	pcireset_unfinished_remove(&other);
	KUNIT_EXPECT_EQ(test, plan->error, -EBUSY);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_LATE);
	pcireset_plan_put(plan);
}

/* ---- the members */

/* A port that D3hot resets: it loses the numbers of the bus below it. */
static void function_below_a_port_is_not_affected(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_PM };
	struct pcireset_plan *plan;
	unsigned int i;

	machine->port->pm_cap = KUNIT_PM;
	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->port, &request, false, &plan), 0);
	machine->port->pm_cap = 0;
	KUNIT_ASSERT_EQ(test, plan->nr_fns, 3);
	KUNIT_EXPECT_PTR_EQ(test, plan->fns[0].dev, machine->port);
	KUNIT_EXPECT_EQ(test, plan->fns[0].parent, -1);
	KUNIT_EXPECT_EQ(test, plan->fns[0].reset, PCI_RESET_PM);
	for (i = 1; i < 3; i++) {
		KUNIT_EXPECT_PTR_EQ(test, plan->fns[i].dev, machine->fns[i - 1]);
		KUNIT_EXPECT_EQ(test, plan->fns[i].parent, 0);
		KUNIT_EXPECT_EQ(test, plan->fns[i].reach, PCI_RESET_PM);
		KUNIT_EXPECT_EQ(test, plan->fns[i].reset, 0);
		KUNIT_EXPECT_EQ(test, plan->fns[i].flags, 0);
	}
	pcireset_plan_put(plan);
}

/* It was removed after the types were chosen. */
static void plan_is_without_its_function(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_BUS };
	struct pcireset_plan *plan;

	KUNIT_ASSERT_EQ(test, pcireset_plan_new(machine->fns[0], &request, &plan), 0);
	plan->types[0] = PCI_RESET_BUS;
	plan->nr_types = 1;
	pcireset_find_remove(machine->fns[0]);
	down_read(&pcireset_topology);
	KUNIT_EXPECT_EQ(test, pcireset_scope_collect(plan), -ENODEV);
	up_read(&pcireset_topology);
	pcireset_find_add(machine->fns[0]);
	KUNIT_EXPECT_EQ(test, plan->nr_fns, 1);
	pcireset_plan_put(plan);
}

static int plan_reset_no_slot(struct hotplug_slot *slot, bool probe)
{
	return 0;
}

/* Below a PCIe port there is one slot, whatever the device numbers. */
static void slot_lacks_a_function(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	const struct hotplug_slot_ops ops = { .reset_slot = plan_reset_no_slot };
	struct pcireset_kunit_slot *slot = pcireset_kunit_slot_begin(test, &ops);
	unsigned int devfn = machine->fns[1]->devfn;
	struct pcireset_plan *plan;

	machine->fns[1]->devfn = PCI_DEVFN(1, 0);
	plan = plan_on(test, PCI_RESET_SLOT, 0);
	KUNIT_EXPECT_EQ(test, plan->scope, PCIRESET_SCOPE_SLOT);
	KUNIT_EXPECT_EQ(test, plan->nr_fns, 2);
	pcireset_plan_put(plan);
	machine->fns[1]->devfn = devfn;
	pcireset_kunit_slot_end(test, slot);
}

/* ---- the estimate */

static u64 plan_estimate(struct kunit *test, u32 types)
{
	struct pcireset_plan *plan = plan_on(test, types, 0);
	u64 ns = 0;

	KUNIT_EXPECT_EQ(test, pcireset_plan_expect(plan, &ns), 0);
	pcireset_plan_put(plan);
	return ns;
}

/* 2 ms asserted, and 100 ms; to D3hot and back, 10 ms each. */
static void estimate_leaves_something_out(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(machine->fns); i++) {
		machine->fns[i]->d3cold_delay = 100;
		machine->fns[i]->d3hot_delay = 10;
	}
	KUNIT_EXPECT_EQ(test, plan_estimate(test, PCI_RESET_BUS), 102000000ULL);
	KUNIT_EXPECT_EQ(test, plan_estimate(test, PCI_RESET_PM), 20000000ULL);
	KUNIT_EXPECT_EQ(test, plan_estimate(test, PCI_RESET_FLR), 100000000ULL);
	machine->fns[1]->d3cold_delay = 300;
	KUNIT_EXPECT_EQ(test, plan_estimate(test, PCI_RESET_BUS), 302000000ULL);
}

static struct kunit_case plan_cases[] = {
	KUNIT_CASE(table_of_types_is_out_of_order),
	KUNIT_CASE(wide_type_is_chosen_before_narrow),
	KUNIT_CASE(type_outside_of_the_mask_is_chosen),
	KUNIT_CASE(wider_type_is_taken_without_escalate),
	KUNIT_CASE(escalation_is_out_of_order),
	KUNIT_CASE(flags_are_those_of_another_type),
	KUNIT_CASE(scope_limit_is_exceeded),
	KUNIT_CASE(escalation_exceeds_the_scope_limit),
	KUNIT_CASE(refusal_tells_of_a_type_that_was_not_allowed),
	KUNIT_CASE(reason_of_a_narrower_type_stays),
	KUNIT_CASE(empty_mask_is_accepted),
	KUNIT_CASE(unknown_bit_is_accepted),
	KUNIT_CASE(unknown_scope_is_accepted),
	KUNIT_CASE(endless_timeout_is_accepted),
	KUNIT_CASE(field_beyond_its_limit_is_accepted),
	KUNIT_CASE(defaults_are_left_out),
	KUNIT_CASE(function_reset_reaches_the_neighbour),
	KUNIT_CASE(bus_reset_forgets_the_neighbour),
	KUNIT_CASE(type_that_went_away_is_chosen),
	KUNIT_CASE(dead_function_is_planned_for),
	KUNIT_CASE(dead_neighbour_is_not_in_the_way),
	KUNIT_CASE(escalation_into_what_is_in_the_way_is_kept),
	KUNIT_CASE(driver_that_cannot_prepare_is_ignored),
	KUNIT_CASE(driver_that_can_prepare_is_in_the_way),
	KUNIT_CASE(caller_is_in_its_own_way),
	KUNIT_CASE(plans_that_differ_are_the_same),
	KUNIT_CASE(report_overruns_its_room),
	KUNIT_CASE(function_that_left_is_asked_for_its_times),
	KUNIT_CASE(plan_has_side_effects),
	KUNIT_CASE(reason_has_the_text_of_another),
	KUNIT_CASE(neighbour_wakes_for_a_type_that_spares_it),
	KUNIT_CASE(driver_that_is_called_back_is_not_seen),
	KUNIT_CASE(new_function_is_reset_or_is_in_its_drivers_way),
	KUNIT_CASE(open_function_is_reset_by_force_or_its_owner),
	KUNIT_CASE(user_of_the_plan_is_a_new_one),
	KUNIT_CASE(foreign_function_is_in_the_way_of_all_types),
	KUNIT_CASE(foreign_function_is_reset_or_its_use_is_told),
	KUNIT_CASE(last_type_reaches_what_is_in_the_way),
	KUNIT_CASE(speed_is_supported_that_is_not),
	KUNIT_CASE(speed_that_is_wanted_is_not_checked),
	KUNIT_CASE(late_function_is_gone),
	KUNIT_CASE(function_below_a_port_is_not_affected),
	KUNIT_CASE(plan_is_without_its_function),
	KUNIT_CASE(slot_lacks_a_function),
	KUNIT_CASE(estimate_leaves_something_out),
	{},
};

static struct kunit_suite plan_suite = {
	.name = "pcireset-plan",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = plan_cases,
};

kunit_test_suite(plan_suite);
