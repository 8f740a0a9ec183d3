// SPDX-License-Identifier: GPL-2.0-only
/* Wait for a link and for each member after the trigger, with the locks held. */
#include <linux/delay.h>

#include "run/run.h"

/*
 * PCIe r6.0, sec 6.6.1: a function may take 1.0 s before it answers. Wait that long even
 * after a fatal signal, or its configuration is lost.
 */
#define KILLED_MS 1000

/* A link is as slow as the slowest function on its bus. */
static unsigned int ready_link_us(const struct pcireset_tx *tx, const struct pci_dev *bridge)
{
	unsigned int i, us = 0;

	for (i = 0; i < tx->nr_fns; i++)
		if (tx->fns[i].dev->bus->self == bridge)
			us = max(us, tx->fns[i].saved.times.link_us);
	return us;
}

/**
 * pcireset_look_again_at - when to look again at functions that do not answer yet
 * @run: the run, triggered
 *
 * Return: the time.
 */
ktime_t pcireset_look_again_at(const struct pcireset_run *run)
{
	return ktime_add_us(ktime_get(), pcireset_poll_us(run->triggered));
}

static bool ready_is_out_of_time(const struct pcireset_run *run)
{
	ktime_t now = ktime_get();

	if (pcireset_is_killed(run) && ktime_after(now, ktime_add_ms(run->triggered, KILLED_MS)))
		return true;
	return ktime_after(now, run->deadline);
}

/* The port or a device above it was pulled. The kernel marks everything below, too. */
static bool ready_is_unplugged(const struct pci_dev *port)
{
	return port && pcireset_is_disconnected(port);
}

/*
 * Give up if no time is left, if the function is gone for good, or if the wait would
 * block the kernel from removing or recovering the functions below @port.
 */
static bool ready_gives_up(const struct pcireset_run *run, struct pci_dev *port)
{
	return ready_is_out_of_time(run) || ready_is_unplugged(port) || pcireset_contained(port);
}

/* Only if a card is present and the caller still waits. */
static int ready_retrain_link(struct pcireset_run *run, struct pci_dev *bridge)
{
	if (ready_is_unplugged(bridge) || pcireset_contained(bridge) || pcireset_is_killed(run))
		return -ETIMEDOUT;
	return pcireset_link_retrain(bridge);
}

static int ready_wait_link(struct pcireset_run *run, struct pci_dev *bridge)
{
	while (!pcireset_link_is_active(bridge)) {
		if (ready_gives_up(run, bridge))
			return ready_retrain_link(run, bridge);
		pcireset_poll_sleep(run->triggered);
	}
	return 0;
}

/**
 * pcireset_wait_secondary - wait until functions below a bridge may be accessed
 * @run: the run
 * @bridge: the bridge whose secondary bus was reset
 *
 * Return: 0, or -ETIMEDOUT if the link did not come up.
 */
int pcireset_wait_secondary(struct pcireset_run *run, struct pci_dev *bridge)
{
	ktime_t since = run->triggered;
	int error = 0;

	if (pcireset_is_conventional(bridge)) {
		pcireset_sleep_until(ktime_add_ms(since, PCIRESET_CONVENTIONAL_MS));
		return 0;
	}

	if (pcireset_is_downstream_port(bridge) && pcireset_counts_from_link_up(bridge)) {
		error = ready_wait_link(run, bridge);
		since = ktime_get();
	}
	if (!error)
		pcireset_sleep_until(ktime_add_us(since, ready_link_us(run->tx, bridge)));
	if (!error && pcireset_is_downstream_port(bridge) && bridge->link_active_reporting)
		error = ready_wait_link(run, bridge);
	return error;
}

static bool ready_parent_is_lost(const struct pcireset_tx *tx, const struct pcireset_fn *fn)
{
	return fn->planned->parent >= 0 && pcireset_is_lost(&tx->fns[fn->planned->parent]);
}

static int ready_wait_parent(struct pcireset_run *run, struct pcireset_fn *fn)
{
	struct pcireset_fn *parent;
	int error;

	if (ready_parent_is_lost(run->tx, fn))
		return -ETIMEDOUT;
	if (fn->planned->parent < 0 || fn->dev->is_virtfn)
		return 0;

	parent = &run->tx->fns[fn->planned->parent];
	if (parent->secondary_up)
		return 0;
	error = pcireset_wait_secondary(run, parent->dev);
	parent->secondary_up = !error;
	return error;
}

/**
 * pcireset_wait_ready - wait until a function answers
 * @run: the run, triggered
 * @fn: the function; what it hangs on has been restored
 *
 * Bounded by the run's deadline; after a fatal signal, by what the
 * specification allows a function to take.
 *
 * Return: 0 or -ETIMEDOUT.
 */
int pcireset_wait_ready(struct pcireset_run *run, struct pcireset_fn *fn)
{
	int error;

	pcireset_sleep_until(run->access_at);
	error = ready_wait_parent(run, fn);
	if (error)
		return error;

	while (!pcireset_fn_answers(fn)) {
		if (pcireset_is_disconnected(fn->dev) ||
		    ready_gives_up(run, pci_upstream_bridge(fn->dev)))
			return -ETIMEDOUT;
		pcireset_poll_sleep(run->triggered);
	}
	fn->found.ready_ns = ktime_to_ns(ktime_sub(ktime_get(), run->triggered));
	return 0;
}

/**
 * pcireset_is_over - can a run of one function be finished without waiting?
 * @run: the run, started
 * @ret_again: when to ask again if it cannot
 *
 * Return: true if the function answers, or is not waited for any longer.
 */
bool pcireset_is_over(struct pcireset_run *run, ktime_t *ret_again)
{
	struct pcireset_fn *fn = &run->tx->fns[0];
	ktime_t now = ktime_get();

	if (ktime_before(now, run->access_at)) {
		*ret_again = run->access_at;
		return false;
	}
	if (pcireset_fn_answers(fn) || pcireset_is_disconnected(fn->dev) ||
	    ready_gives_up(run, pci_upstream_bridge(fn->dev)))
		return true;
	*ret_again = pcireset_look_again_at(run);
	return false;
}

/**
 * pcireset_learn_times - ask all members how long they may not be accessed
 * @tx: the transaction, locked; its members still answer
 */
void pcireset_learn_times(struct pcireset_tx *tx)
{
	unsigned int i, rtr_pos;

	for (i = 0; i < tx->nr_fns; i++) {
		struct pcireset_fn *fn = &tx->fns[i];

		rtr_pos = fn->found.outcome == PCIRESET_STATE_DEAD ?
				  0 :
				  pcireset_ext_capability(fn, PCIRESET_RTR_ID);
		if (fn->dev == tx->plan->dev)
			fn->saved.times = pcireset_times_of_target(fn->dev, rtr_pos);
		else
			fn->saved.times = pcireset_times_of(fn->dev, rtr_pos);
	}
}

/**
 * pcireset_target_times - the times of the function that was asked for
 * @tx: the transaction
 *
 * Return: the times, which belong to @tx.
 */
const struct pcireset_times *pcireset_target_times(const struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns - 1; i++)
		if (tx->fns[i].dev == tx->plan->dev)
			break;
	return &tx->fns[i].saved.times;
}
