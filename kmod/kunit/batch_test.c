// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the threads of a batch. Built in place of batch.o, which it includes unchanged. */
#include <kunit/test.h>

#include "../run/batch.c"

#include "machine.h"

/* A thread that carries an item has the locks of others, so it may only wait for functions. */
static void item_with_another_wait_is_carried(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_item item = { .dev = machine->fns[0] };
	struct pcireset_plan *plan;

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(item.dev, &request, false, &item.plan), 0);
	plan = item.plan;
	KUNIT_EXPECT_TRUE(test, batch_is_light(&item));
	plan->request.settle_ms = 1;
	KUNIT_EXPECT_FALSE(test, batch_is_light(&item));
	plan->request.settle_ms = 0;
	plan->fns[0].calls_back = true;
	KUNIT_EXPECT_FALSE(test, batch_is_light(&item));
	plan->fns[0].calls_back = false;
	plan->types[0] = PCI_RESET_PM;
	KUNIT_EXPECT_FALSE(test, batch_is_light(&item));
	/* Refused without any wait. */
	plan->error = -EBUSY;
	KUNIT_EXPECT_TRUE(test, batch_is_light(&item));
	pcireset_plan_put(plan);
}

static void batch_test_link(struct batch_load *load, struct pcireset_item *items, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		batch_append(load, &items[i]);
}

/* The first look is for the item whose time comes first, wherever it is in the list. */
static void thread_looks_too_late(struct kunit *test)
{
	ktime_t soon = ktime_add_ms(ktime_get(), 3600000), later = ktime_add_ms(soon, 1000);
	struct pcireset_item *items = kunit_kcalloc(test, 3, sizeof(*items), GFP_KERNEL);
	struct batch_load load = { .carried = true };

	KUNIT_ASSERT_NOT_NULL(test, items);
	batch_test_link(&load, items, 3);
	KUNIT_EXPECT_EQ(test, batch_look_at_all(&load, NULL), 0);
	items[0].state = PCIRESET_ITEM_STARTED;
	items[0].again = later;
	items[2].state = PCIRESET_ITEM_LATE;
	items[2].again = soon;
	KUNIT_EXPECT_EQ(test, batch_look_at_all(&load, NULL), soon);
	KUNIT_EXPECT_EQ(test, batch_look_at_all(&load, &items[2]), later);
	items[0].again = soon;
	items[2].again = later;
	KUNIT_EXPECT_EQ(test, batch_look_at_all(&load, NULL), soon);
}

/* It may wait for its locks, so the thread must have no others. */
static void late_item_takes_its_locks_beside_others(struct kunit *test)
{
	struct pcireset_item *items = kunit_kcalloc(test, 2, sizeof(*items), GFP_KERNEL);
	struct pcireset_tx *tx = kunit_kzalloc(test, sizeof(*tx), GFP_KERNEL);
	struct batch_load load = { .carried = true };

	KUNIT_ASSERT_NOT_NULL(test, items);
	KUNIT_ASSERT_NOT_NULL(test, tx);
	batch_test_link(&load, items, 2);
	/* It has no members, so none of them is late any more. */
	items[0].run.tx = tx;
	items[0].state = PCIRESET_ITEM_LATE;
	items[1].state = PCIRESET_ITEM_STARTED;
	KUNIT_EXPECT_FALSE(test, batch_is_back(&load, &items[0]));
	KUNIT_EXPECT_GT(test, items[0].again, 0);
	items[1].state = PCIRESET_ITEM_LATE;
	KUNIT_EXPECT_TRUE(test, batch_is_back(&load, &items[0]));
}

static unsigned int batch_nr_finished;

static void batch_count_finished(struct pcireset_item *item)
{
	batch_nr_finished++;
}

/* The plan of the second one is made again when its turn comes. */
static void second_of_two_equal_resets_is_kept(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_item *items = kunit_kcalloc(test, 2, sizeof(*items), GFP_KERNEL);
	struct pcireset_request request = { .types = PCI_RESET_FLR, .timeout_ms = 1000 };
	struct pci_dev *dev = machine->fns[0];
	unsigned int i, was = kref_read(&dev->dev.kobj.kref);

	KUNIT_ASSERT_NOT_NULL(test, items);
	for (i = 0; i < 2; i++) {
		items[i].dev = dev;
		KUNIT_ASSERT_EQ(test, pcireset_plan_make(dev, &request, false, &items[i].plan), 0);
		pcireset_batch_share(items, i, 2);
	}
	KUNIT_EXPECT_PTR_EQ(test, items[1].like, (const struct pcireset_item *)items);
	batch_nr_finished = 0;
	KUNIT_EXPECT_EQ(test, pcireset_batch_run(items, 2, false, batch_count_finished), 0);
	KUNIT_EXPECT_EQ(test, batch_nr_finished, 2);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->dev.kobj.kref), was);
}

static void later_end_is_reported_first(struct kunit *test)
{
	struct pcireset_item *items = kunit_kcalloc(test, 2, sizeof(*items), GFP_KERNEL);
	struct batch batch = { .nr = 2 };
	struct llist_node *first;

	KUNIT_ASSERT_NOT_NULL(test, items);
	init_waitqueue_head(&batch.wait);
	batch_set_done(&batch, &items[1], 0);
	batch_set_done(&batch, &items[0], 0);
	first = batch_take_done(&batch);
	KUNIT_EXPECT_PTR_EQ(test, first, &items[1].done);
	KUNIT_EXPECT_PTR_EQ(test, first->next, &items[0].done);
	KUNIT_EXPECT_NULL(test, batch_take_done(&batch));
}

/* An item for the first function, planned with this request. */
static struct pcireset_item batch_item_on(struct kunit *test, unsigned int nr,
					  struct pcireset_request request)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_item item = { .dev = machine->fns[nr] };

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(item.dev, &request, false, &item.plan), 0);
	return item;
}

/* What a caller may do, and what it wants, is not that of another one. */
static void different_requests_share_a_reset(struct kunit *test)
{
	struct pcireset_request bus = { .types = PCI_RESET_BUS }, other = bus;
	struct pcireset_item *items = kunit_kcalloc(test, 2, sizeof(*items), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, items);
	KUNIT_EXPECT_TRUE(test, batch_is_same_request(&bus, &other));
	other.must_own = true;
	KUNIT_EXPECT_FALSE(test, batch_is_same_request(&bus, &other));
	other = bus;
	other.by_user = true;
	KUNIT_EXPECT_FALSE(test, batch_is_same_request(&bus, &other));
	other = bus;
	other.link_speed = 1;
	KUNIT_EXPECT_FALSE(test, batch_is_same_request(&bus, &other));
	items[0] = batch_item_on(test, 0, bus);
	items[1] = batch_item_on(test, 1, bus);
	KUNIT_EXPECT_TRUE(test, batch_serves(&items[0], &items[1]));
	KUNIT_EXPECT_TRUE(test, batch_is_shareable(&items[0]));
	/* Only one of them may become stale, and that one not before it is run. */
	items[0].wanted = items[0].plan;
	KUNIT_EXPECT_FALSE(test, batch_serves(&items[0], &items[1]));
	KUNIT_EXPECT_TRUE(test, batch_is_shareable(&items[0]));
	items[0].wanted = items[1].plan;
	KUNIT_EXPECT_FALSE(test, batch_is_shareable(&items[0]));
	pcireset_plan_put(items[0].plan);
	pcireset_plan_put(items[1].plan);
}

/* The function left between the plan and the reset of its bus. */
static void function_that_was_not_reset_succeeds(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_item *items = kunit_kcalloc(test, 2, sizeof(*items), GFP_KERNEL);
	struct pcireset_member *member = kvzalloc(sizeof(*member), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, items);
	KUNIT_ASSERT_NOT_NULL(test, member);
	member->addr = pcireset_addr_of(machine->fns[0]);
	items[0].dev = machine->fns[0];
	items[0].own =
		(struct pcireset_report){ .members = member, .nr_members = 1, .max_members = 1 };
	items[0].followers = &items[1];
	items[1].dev = machine->fns[1];
	batch_nr_finished = 0;
	batch_report_item(&items[0], batch_count_finished);
	KUNIT_EXPECT_EQ(test, batch_nr_finished, 2);
	KUNIT_EXPECT_EQ(test, items[0].result, 0);
	KUNIT_EXPECT_EQ(test, items[1].result, -ENODEV);
}

/* Two slots of one bridge have no common function. Their resets use the bridge. */
static void resets_by_one_bridge_run_in_parallel(struct kunit *test)
{
	struct pcireset_item item =
		batch_item_on(test, 0, (struct pcireset_request){ .types = PCI_RESET_BUS });
	struct pcireset_kunit_machine *machine = test->priv;
	struct batch_hit hits[4];
	unsigned int groups[] = { 0, 1, 2 };

	KUNIT_EXPECT_PTR_EQ(test, batch_add_hits(hits, item.plan, 5), &hits[4]);
	KUNIT_EXPECT_PTR_EQ(test, hits[1].dev, machine->port);
	KUNIT_EXPECT_EQ(test, hits[1].item, 5);
	/* The first item of a group has its number. */
	batch_join_groups(groups, 2, 1);
	batch_join_groups(groups, 0, 2);
	KUNIT_EXPECT_EQ(test, batch_find_group(groups, 0), 0);
	KUNIT_EXPECT_EQ(test, batch_find_group(groups, 1), 0);
	KUNIT_EXPECT_EQ(test, batch_find_group(groups, 2), 0);
	pcireset_plan_put(item.plan);
}

static void cancelled_item_is_begun(struct kunit *test)
{
	struct pcireset_item *item = kunit_kzalloc(test, sizeof(*item), GFP_KERNEL);
	struct batch *batch = kunit_kzalloc(test, sizeof(*batch), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, item);
	KUNIT_ASSERT_NOT_NULL(test, batch);
	*item = batch_item_on(test, 0, (struct pcireset_request){ .types = PCI_RESET_FLR });
	init_llist_head(&batch->done);
	init_waitqueue_head(&batch->wait);
	batch->cancelled = true;
	KUNIT_EXPECT_FALSE(test, batch_open_item(batch, item));
	KUNIT_EXPECT_EQ(test, item->result, -EINTR);
	KUNIT_EXPECT_EQ(test, item->own.why, PCIRESET_WHY_CANCELLED);
	KUNIT_EXPECT_FALSE(test, llist_empty(&batch->done));
	pcireset_plan_put(item->plan);
}

static struct kunit_case batch_cases[] = {
	KUNIT_CASE(item_with_another_wait_is_carried),
	KUNIT_CASE(thread_looks_too_late),
	KUNIT_CASE(late_item_takes_its_locks_beside_others),
	KUNIT_CASE(second_of_two_equal_resets_is_kept),
	KUNIT_CASE(later_end_is_reported_first),
	KUNIT_CASE(different_requests_share_a_reset),
	KUNIT_CASE(function_that_was_not_reset_succeeds),
	KUNIT_CASE(resets_by_one_bridge_run_in_parallel),
	KUNIT_CASE(cancelled_item_is_begun),
	{},
};

static struct kunit_suite batch_suite = {
	.name = "pcireset-batch",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = batch_cases,
};

kunit_test_suite(batch_suite);
