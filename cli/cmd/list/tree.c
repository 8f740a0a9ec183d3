/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset list --tree: the functions to show, and the parent of each. */
#include <search.h>
#include <stdlib.h>
#include "list.h"

/* The place of a function in the selection; NULL if it is not shown. */
struct place {
	struct pcireset_dev *dev;
	bool is_shown;
	struct selected *selected;
};

struct tree {
	const struct machine *m;
	void *root; /* root of all places, for tsearch() */
	struct place *v;
	size_t nr;
};

static int by_dev(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

static struct place *place_of(const struct tree *tree, struct pcireset_dev *dev)
{
	struct place **found = dev ? tfind(&(struct place){ .dev = dev }, &tree->root, by_dev) :
				     NULL;

	return found ? *found : NULL;
}

/*
 * The highest named function on the way up, or the top of the hierarchy if no function
 * is named.
 */
static struct pcireset_dev *top_of(const struct machine *m, struct pcireset_dev *dev)
{
	struct pcireset_dev *top = NULL;

	for (; dev; dev = pcireset_dev_get_parent(dev))
		if (!m->nr_devs || machine_has(m, dev))
			top = dev;
	return top;
}

/* Show a function and all its parents, so that it has a place. */
static void show_branch(struct tree *tree, struct pcireset_dev *dev)
{
	struct pcireset_dev *top = top_of(tree->m, dev);
	struct place *place;

	for (; top && (place = place_of(tree, dev)) && !place->is_shown;
	     dev = pcireset_dev_get_parent(dev)) {
		place->is_shown = true;
		if (dev == top)
			return;
	}
}

static void tree_open(struct tree *tree)
{
	struct pcireset_dev *dev;

	tree->v = must(calloc(machine_count(tree->m) + 1, sizeof(*tree->v)));
	pcireset_dev_foreach(tree->m->ctx, dev) {
		tree->v[tree->nr].dev = dev;
		must(tsearch(&tree->v[tree->nr++], &tree->root, by_dev));
	}
}

static void tree_close(struct tree *tree)
{
	for (size_t i = 0; i < tree->nr; i++)
		tdelete(&tree->v[i], &tree->root, by_dev);
	free(tree->v);
}

/* The matching functions below the named ones, with the bridges above them. */
void tree_select(const struct machine *m, const struct request *req, struct selection *list)
{
	struct tree tree = { .m = m };
	struct pcireset_dev *dev;

	tree_open(&tree);
	pcireset_dev_foreach(m->ctx, dev)
		if (filters_fit(req, dev))
			show_branch(&tree, dev);
	for (size_t i = 0; i < tree.nr; i++) {
		if (!tree.v[i].is_shown)
			continue;
		tree.v[i].selected = &list->v[list->nr++];
		tree.v[i].selected->dev = tree.v[i].dev;
	}
	for (size_t i = 0; i < list->nr; i++) {
		struct place *above = place_of(&tree, pcireset_dev_get_parent(list->v[i].dev));

		list->v[i].above = above ? above->selected : NULL;
	}
	tree_close(&tree);
}
