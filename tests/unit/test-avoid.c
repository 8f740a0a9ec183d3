/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of functions that a reset must not affect: ordered, without duplicates, and found
 * without a walk over the bus.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "backend/backend.h"
#include "ctx/ctx.h"
#include "fake-dev.h"
#include "linear.h"

#define MANY 4096

/* Functions without files: a port, what is below it, and as many that are not below it. */
struct machine {
	struct pcireset_ctx ctx;
	struct pcireset_dev *devs[2 * MANY + 1];
	char sysroot[1];
};

static struct pcireset_dev *add(struct machine *m, size_t number, const char *above)
{
	struct pcireset_dev *dev = fake_dev(&m->ctx, number, above);

	dev->index = m->ctx.nr_devs;
	m->devs[m->ctx.nr_devs++] = dev;
	return dev;
}

/* The port is the first, then what is below it, then what is beside it. */
static struct machine *make(size_t nr)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->ctx.sysroot = m->sysroot;
	m->ctx.devs = m->devs;
	m->ctx.backend = &backend_sysfs;
	add(m, 0, "/0");
	for (size_t i = 0; i < nr; i++) {
		struct pcireset_dev *dev = add(m, 0x10000 + i, "/0/0000:00:00.0");

		dev->has_parent = true;
		dev->parent = m->devs[0]->addr;
	}
	for (size_t i = 0; i < nr; i++)
		add(m, 0x800000 + i, "/1");
	return m;
}

static void unmake(struct machine *m)
{
	dev_list_clear(&m->ctx.dead);
	for (size_t i = 0; i < m->ctx.nr_devs; i++)
		dev_free(m->devs[i]);
	free(m);
}

static void note(struct pcireset_dev *dev, bool is_dead)
{
	struct config config = { .len = PCI_STD_HEADER_SIZEOF };

	memset(config.b, is_dead ? 0xff : 0, sizeof(config.b));
	dev_note_config(dev, &config);
}

static void the_first_affected_function_by_path_is_found(void **state)
{
	struct machine *m = make(8);
	struct dev_list *dead = &m->ctx.dead;

	(void)state;
	assert_null(dev_list_hit(dead, m->devs[1]));
	for (size_t i = 5; i > 2; i--)
		note(m->devs[i], true);
	note(m->devs[4], true);
	note(m->devs[10], true);
	assert_int_equal(dead->nr, 4);
	assert_ptr_equal(dev_list_hit(dead, m->devs[1]), m->devs[3]);
	/* It is on a root bus: there is no link to reset. */
	assert_null(dev_list_hit(dead, m->devs[10]));
	note(m->devs[3], false);
	note(m->devs[3], false);
	assert_ptr_equal(dev_list_hit(dead, m->devs[1]), m->devs[4]);
	note(m->devs[4], false);
	note(m->devs[5], false);
	assert_null(dev_list_hit(dead, m->devs[1]));
	unmake(m);
}

static void an_unlisted_function_is_not_kept(void **state)
{
	struct machine *m = make(2);

	(void)state;
	m->devs[1]->listed = false;
	note(m->devs[1], true);
	assert_int_equal(m->ctx.dead.nr, 0);
	unmake(m);
}

static void all_links_of_a_dead_sibling_are_refused(void **state)
{
	struct machine *m = make(2);

	(void)state;
	note(m->devs[2], true);
	m->devs[1]->types = PCI_RESET_FLR | PCI_RESET_BUS | PCI_RESET_SLOT;
	dev_review(m->devs[1]);
	assert_int_equal(pcireset_dev_get_types(m->devs[1]), PCI_RESET_FLR);
	assert_int_equal(pcireset_dev_get_why_not(m->devs[1], PCI_RESET_SLOT), PCIRESET_WHY_GONE);
	assert_int_equal(pcireset_dev_get_why_not(m->devs[1], PCI_RESET_BUS), PCIRESET_WHY_GONE);
	unmake(m);
}

static uint64_t count_reviews(size_t nr, void *arg)
{
	const bool *all_are_dead = arg;
	struct machine *m = make(nr);
	uint64_t count;

	for (size_t i = *all_are_dead ? 1 : nr; i <= nr; i++)
		note(m->devs[i], true);
	linear_begin();
	for (size_t i = 1; i <= nr; i++) {
		m->devs[i]->types = PCI_RESET_BUS;
		dev_review(m->devs[i]);
		assert_int_equal(m->devs[i]->types, 0);
	}
	count = linear_end();
	unmake(m);
	return count;
}

static void one_bus_with_dead_functions_takes_linear_work(void **state)
{
	bool all_are_dead = false;

	(void)state;
	linear_check(count_reviews, MANY, &all_are_dead);
	all_are_dead = true;
	linear_check(count_reviews, MANY, &all_are_dead);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_affected_function_by_path_is_found),
		cmocka_unit_test(an_unlisted_function_is_not_kept),
		cmocka_unit_test(all_links_of_a_dead_sibling_are_refused),
		cmocka_unit_test(one_bus_with_dead_functions_takes_linear_work),
	};

	(void)argc;
	linear_start(argv);
	return cmocka_run_group_tests_name("lists of functions that must not be hit", tests, NULL,
					   NULL);
}
