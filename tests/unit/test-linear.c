/* SPDX-License-Identifier: GPL-2.0-only */
/* The work grows linearly with functions, slots, VFs and users. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "backend/backend.h"
#include "plan/plan.h"
#include "snapshot/snapshot.h"
#include "users/users.h"
#include "fake-dev.h"
#include "linear.h"

#define MANY 4096

/* A port and functions below it, without files. */
struct machine {
	struct pcireset_ctx ctx;
	struct pcireset_dev *devs[2 * MANY + 1], *by_path[2 * MANY + 1];
	char sysroot[1];
};

static struct pcireset_dev *add(struct machine *m, size_t number, const char *above)
{
	struct pcireset_dev *dev = fake_dev(&m->ctx, number, above);

	dev->index = dev->path_index = m->ctx.nr_devs++;
	m->devs[dev->index] = m->by_path[dev->index] = dev;
	return dev;
}

/* After the port each second function is a VF of the one before it. */
static struct machine *make(size_t nr)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->ctx.refs = 1;
	m->ctx.sysroot = m->sysroot;
	m->ctx.devs = m->devs;
	m->ctx.by_path = m->by_path;
	m->ctx.backend = &backend_sysfs;
	m->ctx.users.is_read = m->ctx.holders.is_read = true;
	add(m, 0, "/sys/devices/none");
	for (size_t i = 1; i <= nr; i++) {
		struct pcireset_dev *dev = add(m, 256 + i, "/sys/devices/none/0000:00:00.0");

		dev->has_parent = true;
		dev->parent = m->devs[0]->addr;
		dev->facts->is_vf = !(i % 2);
		dev->facts->physfn = m->devs[i - 1]->addr;
	}
	return m;
}

static void unmake(struct machine *m)
{
	for (size_t i = 0; i < m->ctx.nr_devs; i++)
		m->devs[i]->below = list_unref(m->devs[i]->below);
	for (size_t i = 0; i < m->ctx.nr_devs; i++)
		dev_free(m->devs[i]);
	for (size_t i = 0; i < m->ctx.users.nr; i++)
		free(m->ctx.users.v[i].name);
	free(m->ctx.users.v);
	free(m);
}

/* ---- what each function of the machine is asked for */

static void look_for_its_slot(struct pcireset_dev *dev)
{
	struct pcireset_addr slot = dev->addr;

	slot.devfn &= 0xf8;
	assert_true(ctx_first_from(dev->ctx, &slot) <= dev->index);
}

static void look_for_its_vfs(struct pcireset_dev *dev)
{
	struct members members = { 0 };

	assert_int_equal(dev_find_members(dev, PCI_RESET_FLR, &members), 0);
	assert_int_equal(members.nr, dev->index && dev->index % 2 ? 2 : members.nr);
	members_clear(&members);
}

static void look_for_its_link(struct pcireset_dev *dev)
{
	int i = type_index(PCI_RESET_BUS);

	if (!dev->has_parent)
		return;
	dev->ctx->shares_lists = true;
	assert_int_equal(dev_list_members(dev, PCI_RESET_BUS, &dev->state[i]), 0);
}

static void look_for_methods(struct pcireset_dev *dev)
{
	assert_false(ctx_has_reset_methods(dev->ctx));
}

static void look_for_its_users(struct pcireset_dev *dev)
{
	const char *user = pcireset_dev_get_user(dev->ctx->devs[0], dev->index, NULL);

	assert_true(dev->index >= dev->ctx->users.nr || *user == 'u');
}

/* As in a dump: all are on one bus, and only the first has nothing dead on a lower one. */
static void look_for_the_topmost_gone(struct pcireset_dev *dev)
{
	if (!dev->has_parent)
		return;
	dev->ctx->is_dump = true;
	dev->ctx->sysroot = dev->path;
	dev->is_dead = true;
	dev->looked_ns = 1;
	assert_non_null(pcireset_dev_get_topmost_gone(dev));
}

static void add_with_types(struct pcireset_batch *batch, struct pcireset_dev *dev, uint32_t types,
			   uint32_t type)
{
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_plan_new(dev, &plan), 0);
	plan->types = plan->allowed = types;
	plan->type = type;
	plan->error = 0;
	plan->is_resolved = true;
	plan->backend = dev->ctx->backend;
	plan->members.v = calloc(1, sizeof(*plan->members.v));
	assert_non_null(plan->members.v);
	plan->members.v[plan->members.nr++].addr = dev->addr;
	assert_int_equal(pcireset_batch_add(batch, plan), 0);
	assert_null(plan->shared);
	pcireset_plan_unref(plan);
}

/* Each plan resets another link. */
static void add_to_a_batch(struct pcireset_dev *dev)
{
	static struct pcireset_batch *batch;

	if (!dev->index)
		assert_int_equal(pcireset_batch_new(dev->ctx, &batch), 0);
	add_with_types(batch, dev, PCI_RESET_BUS, PCI_RESET_BUS);
	if (dev->index + 1 == dev->ctx->nr_devs)
		pcireset_batch_unref(batch);
}

/* Three functions below a bridge of their own. */
static void put_bridges(struct pcireset_ctx *ctx)
{
	for (size_t i = 1; i < ctx->nr_devs; i++) {
		struct pcireset_dev *bridge = ctx->devs[i - (i - 1) % 4], *dev = ctx->devs[i];

		dev->facts->is_vf = false;
		if (dev == bridge)
			continue;
		dev->parent = bridge->addr;
		free(dev->path);
		dev->path = format("%s/%s", bridge->path, dev->name);
		assert_non_null(dev->path);
	}
}

/* Each is to be reset alone, and may be reset with its neighbours. */
static void choose_for_a_batch(struct pcireset_dev *dev)
{
	static struct pcireset_batch *batch;

	if (!dev->index) {
		put_bridges(dev->ctx);
		assert_int_equal(pcireset_batch_new(dev->ctx, &batch), 0);
	}
	if (dev->index && (dev->index - 1) % 4)
		add_with_types(batch, dev, PCI_RESET_FLR | PCI_RESET_BUS, PCI_RESET_FLR);
	if (dev->index + 1 < dev->ctx->nr_devs)
		return;
	assert_int_equal(pcireset_batch_choose(batch), 0);
	pcireset_batch_unref(batch);
}

/* All uses are of the first function, and each is found twice. */
static void use(struct machine *m, size_t nr)
{
	struct users *users = &m->ctx.users;

	users->v = calloc(2 * nr, sizeof(*users->v));
	assert_non_null(users->v);
	for (; users->nr < 2 * nr; users->nr++) {
		struct user *user = &users->v[users->nr];

		user->number = users->nr;
		user->name = format("use %zu", users->nr % nr);
		assert_non_null(user->name);
	}
}

struct work {
	void (*fn)(struct pcireset_dev *dev);
};

static uint64_t count_of(size_t nr, void *arg)
{
	const struct work *work = arg;
	struct machine *m = make(nr);
	uint64_t count;

	use(m, nr);
	linear_begin();
	assert_int_equal(users_sort(&m->ctx.users), 0);
	assert_int_equal(m->ctx.users.nr, nr);
	for (size_t i = 0; i < m->ctx.nr_devs; i++)
		work->fn(m->devs[i]);
	count = linear_end();
	unmake(m);
	return count;
}

static void is_linear(void (*fn)(struct pcireset_dev *dev))
{
	struct work work = { .fn = fn };

	linear_check(count_of, MANY, &work);
}

static void slots_take_linear_work(void **state)
{
	(void)state;
	is_linear(look_for_its_slot);
}

static void virtual_functions_take_linear_work(void **state)
{
	(void)state;
	is_linear(look_for_its_vfs);
}

static void members_of_a_link_take_linear_work(void **state)
{
	(void)state;
	is_linear(look_for_its_link);
}

static void reset_methods_take_linear_work(void **state)
{
	(void)state;
	is_linear(look_for_methods);
}

static void functions_that_are_gone_take_linear_work(void **state)
{
	(void)state;
	is_linear(look_for_the_topmost_gone);
}

static void users_take_linear_work(void **state)
{
	(void)state;
	is_linear(look_for_its_users);
}

static void plans_of_different_links_take_linear_work(void **state)
{
	(void)state;
	is_linear(add_to_a_batch);
}

static void choice_for_many_links_takes_linear_work(void **state)
{
	(void)state;
	is_linear(choose_for_a_batch);
}

/* Each line of the text ends with a message, so none of them ends the line before it. */
static uint64_t count_of_messages(size_t nr, void *arg)
{
	static const char begin[] = "01:00.0 x\n", line[] = "aaaaaaaa lspci: x\n";
	const size_t len = strlen(line);
	char *text = calloc(sizeof(begin) + nr * len, 1);
	struct pcireset_ctx *ctx = calloc(1, sizeof(*ctx));
	uint64_t count;

	(void)arg;
	assert_non_null(text);
	assert_non_null(ctx);
	strcpy(text, begin);
	for (size_t i = 0; i < nr; i++)
		memcpy(text + strlen(begin) + i * len, line, len);
	linear_begin();
	assert_int_equal(dump_text_probe(ctx, text, strlen(text)), 0);
	count = linear_end();
	free(ctx);
	free(text);
	return count;
}

static void messages_in_a_dump_take_linear_work(void **state)
{
	(void)state;
	linear_check(count_of_messages, MANY, NULL);
}

/* ---- and it is still right */

static void a_shared_list_has_the_target_of_each(void **state)
{
	struct machine *m = make(9);
	int type = type_index(PCI_RESET_BUS);

	(void)state;
	for (size_t i = 1; i <= 9; i++) {
		struct members own = { 0 };
		size_t nr = 0;

		look_for_its_link(m->devs[i]);
		assert_int_equal(dev_find_members(m->devs[i], PCI_RESET_BUS, &own), 0);
		assert_int_equal(own.nr, 9);
		m->devs[i]->types = PCI_RESET_BUS;
		for (const struct pcireset_member *member;
		     (member = view_get(&m->devs[i]->state[type].view,
					&m->devs[i]->state[type].list->members, nr));
		     nr++) {
			assert_true(addr_is(&member->addr, &own.v[nr].addr));
			assert_int_equal(member->flags, own.v[nr].flags);
		}
		assert_int_equal(nr, own.nr);
		members_clear(&own);
	}
	unmake(m);
}

static void equal_uses_are_one_in_the_order_of_the_first(void **state)
{
	struct machine *m = make(3);

	(void)state;
	use(m, 3);
	assert_int_equal(users_sort(&m->ctx.users), 0);
	assert_int_equal(pcireset_dev_get_nr_users(m->devs[0]), 3);
	assert_string_equal(pcireset_dev_get_user(m->devs[0], 0, NULL), "use 0");
	assert_string_equal(pcireset_dev_get_user(m->devs[0], 2, NULL), "use 2");
	assert_null(pcireset_dev_get_user(m->devs[0], 3, NULL));
	assert_null(pcireset_dev_get_user(m->devs[1], 0, NULL));
	unmake(m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_take_linear_work),
		cmocka_unit_test(virtual_functions_take_linear_work),
		cmocka_unit_test(members_of_a_link_take_linear_work),
		cmocka_unit_test(reset_methods_take_linear_work),
		cmocka_unit_test(functions_that_are_gone_take_linear_work),
		cmocka_unit_test(users_take_linear_work),
		cmocka_unit_test(plans_of_different_links_take_linear_work),
		cmocka_unit_test(choice_for_many_links_takes_linear_work),
		cmocka_unit_test(messages_in_a_dump_take_linear_work),
		cmocka_unit_test(a_shared_list_has_the_target_of_each),
		cmocka_unit_test(equal_uses_are_one_in_the_order_of_the_first),
	};

	(void)argc;
	linear_start(argv);
	return cmocka_run_group_tests_name("work that is linear", tests, NULL, NULL);
}
