// SPDX-License-Identifier: GPL-2.0-only
/* The functions whose reset is not finished although none of their locks is held. */
#include <linux/hashtable.h>

#include "topology/topology.h"

#define UNFINISHED_HASH_BITS 8

/* Entries by their struct pci_dev. */
static DEFINE_HASHTABLE(unfinished_entries, UNFINISHED_HASH_BITS);
/* Protects the table and all members of the entries in it. */
DEFINE_SPINLOCK(pcireset_unfinished_lock);

static struct hlist_head *unfinished_bucket(const struct pci_dev *dev)
{
	return &unfinished_entries[hash_ptr(dev, UNFINISHED_HASH_BITS)];
}

/**
 * pcireset_unfinished_find - find the entry of a function
 * @dev: the function
 * @kinds: mask of BIT(enum pcireset_unfinished_kind) to find
 *
 * Context: The caller holds pcireset_unfinished_lock, which keeps the entry.
 * Return: the entry, or NULL.
 */
struct pcireset_unfinished *pcireset_unfinished_find(const struct pci_dev *dev, u32 kinds)
{
	struct pcireset_unfinished *entry;

	lockdep_assert_held(&pcireset_unfinished_lock);
	hlist_for_each_entry(entry, unfinished_bucket(dev), node)
		if (entry->dev == dev && kinds & BIT(entry->kind))
			return entry;
	return NULL;
}

/**
 * pcireset_unfinished_find_present - find an entry of a function that is not marked as gone
 * @dev: the function
 *
 * Context: The caller holds pcireset_unfinished_lock, which keeps the entry.
 * Return: the entry, or NULL.
 */
struct pcireset_unfinished *pcireset_unfinished_find_present(const struct pci_dev *dev)
{
	struct pcireset_unfinished *entry;

	lockdep_assert_held(&pcireset_unfinished_lock);
	hlist_for_each_entry(entry, unfinished_bucket(dev), node)
		if (entry->dev == dev && !entry->gone)
			return entry;
	return NULL;
}

/**
 * pcireset_is_unfinished - is a reset of a function not finished?
 * @dev: the function
 * @kind: which kind to look for
 * @but: the owner whose own entries do not count, or NULL
 *
 * Return: true if the table has such an entry.
 */
bool pcireset_is_unfinished(const struct pci_dev *dev, enum pcireset_unfinished_kind kind,
			    const void *but)
{
	struct pcireset_unfinished *entry;
	bool is_unfinished;

	spin_lock(&pcireset_unfinished_lock);
	entry = pcireset_unfinished_find(dev, BIT(kind));
	is_unfinished = entry && (!but || entry->owner != but);
	spin_unlock(&pcireset_unfinished_lock);
	return is_unfinished;
}

/**
 * pcireset_unfinished_add - put a function into the table, or change its kind
 * @entry: the function's entry, with its dev and owner
 * @kind: why its reset is not finished
 */
void pcireset_unfinished_add(struct pcireset_unfinished *entry, enum pcireset_unfinished_kind kind)
{
	spin_lock(&pcireset_unfinished_lock);
	if (!entry->kind)
		hlist_add_head(&entry->node, unfinished_bucket(entry->dev));
	entry->kind = kind;
	spin_unlock(&pcireset_unfinished_lock);
}

/**
 * pcireset_unfinished_remove - take a function out of the table
 * @entry: the function's entry, perhaps not in the table
 */
void pcireset_unfinished_remove(struct pcireset_unfinished *entry)
{
	spin_lock(&pcireset_unfinished_lock);
	if (entry->kind)
		hlist_del(&entry->node);
	entry->kind = PCIRESET_FINISHED;
	spin_unlock(&pcireset_unfinished_lock);
}
