// SPDX-License-Identifier: GPL-2.0-only
/* Waits: for transactions, for a link, for a function. Each has a bound and says whose. */
#include <linux/delay.h>

#include "pcireset.h"

/*
 * PCI r3.0, sec 4.3.2: Trhfa, 2^25 clocks from the end of RST# to the first
 * access, is 1.017 s at 33 MHz.
 */
#define CONVENTIONAL_MS 1017

/*
 * PCIe r6.0, sec 6.6.1: a function may take 1.0 s before it answers. Who is
 * killed still waits for one that keeps to this, or its configuration is lost.
 */
#define KILLED_MS 1000

/* Longer than the core waits (700 ms) makes no transaction come back. */
#define PENDING_MS 700

/**
 * pcireset_settle_us - allow no access for a while
 * @run: the run, just triggered
 * @us: how long, counted from now, microseconds
 */
void pcireset_settle_us(struct pcireset_run *run, unsigned int us)
{
	run->settle = ktime_add_us(ktime_get(), us);
}

/* A link is as slow as the slowest function on its bus. */
static unsigned int link_us(const struct pcireset_plan *plan, const struct pci_dev *bridge)
{
	unsigned int i, us = 0;

	for (i = 0; i < plan->nr_fns; i++)
		if (plan->fns[i].dev->bus->self == bridge)
			us = max(us, plan->fns[i].times.link_us);
	return us;
}

/**
 * pcireset_sleep_until - sleep exactly
 * @when: nothing is done if that is over
 *
 * fsleep() counts in jiffies above 20 ms, and a jiffy too many: up to 8 ms. Below
 * that it takes up to twice the time.
 */
void pcireset_sleep_until(ktime_t when)
{
	s64 us = ktime_us_delta(when, ktime_get());

	if (us > 0)
		usleep_range(us, us + us / 512);
}

/* Often enough that seeing it takes at most 1 ms or 5 % longer than it took. */
static s64 a_bit_us(ktime_t since)
{
	return clamp_t(s64, ktime_us_delta(ktime_get(), since) / 32, 250, 50 * USEC_PER_MSEC);
}

/**
 * pcireset_look_again_at - when to look again at functions that do not answer yet
 * @run: the run, triggered
 *
 * Return: the time.
 */
ktime_t pcireset_look_again_at(const struct pcireset_run *run)
{
	return ktime_add_us(ktime_get(), a_bit_us(run->triggered));
}

static void sleep_a_bit(ktime_t since)
{
	s64 us = a_bit_us(since);

	usleep_range(us, us + us / 4);
}

static bool out_of_time(const struct pcireset_run *run)
{
	ktime_t now = ktime_get();

	if (pcireset_is_killed(run) && ktime_after(now, ktime_add_ms(run->triggered, KILLED_MS)))
		return true;
	return ktime_after(now, run->deadline);
}

/**
 * pcireset_contained - does a port, or one above it, contain an error?
 * @port: the port, or NULL
 *
 * PCIe r6.0, sec 6.2.11: the link below such a port stays down until software
 * clears DPC Trigger Status. The kernel does that after it has told the drivers
 * of all functions below, for which it waits for the device locks that we hold.
 *
 * Return: true if one does.
 */
bool pcireset_contained(struct pci_dev *port)
{
	u16 status;

	for (; port; port = pci_upstream_bridge(port)) {
		if (!pcireset_dpc_cap(port))
			continue;
		pci_read_config_word(port, pcireset_dpc_cap(port) + PCI_EXP_DPC_STATUS, &status);
		if (!PCI_POSSIBLE_ERROR(status) && status & PCI_EXP_DPC_STATUS_TRIGGER)
			return true;
	}
	return false;
}

/* Somebody has pulled the port, or what is above it. The kernel marks all that is below, too. */
static bool is_unplugged(const struct pci_dev *port)
{
	return port && pcireset_is_disconnected(port);
}

/*
 * No time is left, nobody will ever answer, or waiting would only keep the kernel from
 * removing or bringing back what is below @port.
 */
static bool gives_up(const struct pcireset_run *run, struct pci_dev *port)
{
	return out_of_time(run) || is_unplugged(port) || pcireset_contained(port);
}

/**
 * pcireset_wait_pending - wait for a function's own transactions
 * @dev: the function
 * @pos: config space offset of the word to read
 * @mask: bit that says that there are some
 *
 * Return: 0 or -ETIMEDOUT.
 */
int pcireset_wait_pending(struct pci_dev *dev, int pos, u16 mask)
{
	ktime_t start = ktime_get();
	ktime_t deadline = ktime_add_ms(start, PENDING_MS);
	u16 value;

	for (;;) {
		pci_read_config_word(dev, pos, &value);
		/* All-ones: nobody answers, so nobody has transactions either. */
		if (PCI_POSSIBLE_ERROR(value) || !(value & mask))
			return 0;
		if (ktime_after(ktime_get(), deadline))
			return -ETIMEDOUT;
		sleep_a_bit(start);
	}
}

static bool link_is_active(struct pci_dev *bridge)
{
	u16 status;

	pcie_capability_read_word(bridge, PCI_EXP_LNKSTA, &status);
	return !PCI_POSSIBLE_ERROR(status) && (status & PCI_EXP_LNKSTA_DLLLA);
}

/**
 * pcireset_link_is_up - may there be somebody behind the link of a port?
 * @port: the port, or NULL
 *
 * Return: false if the port can tell and says that its link is down.
 */
bool pcireset_link_is_up(struct pci_dev *port)
{
	if (!port || !pcireset_is_downstream_port(port) || !port->link_active_reporting)
		return true;
	return link_is_active(port);
}

/* It has no card, or no power. */
static bool slot_is_off(struct pci_dev *port)
{
	u16 status;

	if (!port->is_hotplug_bridge || !pci_is_pcie(port))
		return false;
	pcie_capability_read_word(port, PCI_EXP_SLTSTA, &status);
	if (PCI_POSSIBLE_ERROR(status) || link_is_active(port))
		return false;
	return !(status & PCI_EXP_SLTSTA_PDS) || status & PCI_EXP_SLTSTA_PFD;
}

/**
 * pcireset_is_pulled - was the card taken out that a function is on, or has its power failed?
 * @dev: the function
 *
 * PCIe r6.0, sec 6.7.3: a slot above says so. In the moment of a reset presence may
 * be wrong: it may be told by the link itself.
 *
 * Return: true if it was.
 */
bool pcireset_is_pulled(struct pci_dev *dev)
{
	struct pci_dev *port = pci_upstream_bridge(pci_physfn(dev));

	for (; port; port = pci_upstream_bridge(port))
		if (slot_is_off(port))
			return true;
	return false;
}

/* Only for a card that is there, and for somebody who waits. */
static int retrain_link(struct pcireset_run *run, struct pci_dev *bridge)
{
	if (is_unplugged(bridge) || pcireset_contained(bridge) || pcireset_is_killed(run))
		return -ETIMEDOUT;
	return pcireset_link_retrain(bridge);
}

static int wait_link(struct pcireset_run *run, struct pci_dev *bridge)
{
	while (!link_is_active(bridge)) {
		if (gives_up(run, bridge))
			return retrain_link(run, bridge);
		sleep_a_bit(run->triggered);
	}
	return 0;
}

/* A link above 5 GT/s counts from link up, and must have a way to tell when that is. */
static bool counts_from_link_up(struct pci_dev *bridge)
{
	enum pci_bus_speed speed = pcie_get_speed_cap(bridge);

	return bridge->link_active_reporting && speed != PCI_SPEED_UNKNOWN &&
	       speed > PCIE_SPEED_5_0GT;
}

static bool is_conventional(struct pci_dev *bridge)
{
	return !pci_is_pcie(bridge) || pci_pcie_type(bridge) == PCI_EXP_TYPE_PCI_BRIDGE;
}

/**
 * pcireset_secondary_us - what pcireset_wait_secondary() will wait at least
 * @bridge: the bridge whose secondary bus is to be reset
 * @since_us: when @bridge itself may be accessed, microseconds after the trigger
 * @link_us: what the slowest function on that bus needs
 *
 * Return: microseconds after the trigger. How long a link trains is not known.
 */
u32 pcireset_secondary_us(struct pci_dev *bridge, u32 since_us, u32 link_us)
{
	if (is_conventional(bridge))
		return max_t(u32, since_us, CONVENTIONAL_MS * USEC_PER_MSEC);
	if (pcireset_is_downstream_port(bridge) && counts_from_link_up(bridge))
		return since_us + link_us;
	return max(since_us, link_us);
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

	if (is_conventional(bridge)) {
		pcireset_sleep_until(ktime_add_ms(since, CONVENTIONAL_MS));
		return 0;
	}

	if (pcireset_is_downstream_port(bridge) && counts_from_link_up(bridge)) {
		error = wait_link(run, bridge);
		since = ktime_get();
	}
	if (!error)
		pcireset_sleep_until(ktime_add_us(since, link_us(run->plan, bridge)));
	if (!error && pcireset_is_downstream_port(bridge) && bridge->link_active_reporting)
		error = wait_link(run, bridge);
	return error;
}

/**
 * pcireset_fn_answers - does a function answer config requests itself?
 * @fn: the function
 *
 * All-ones is what the root complex makes up when nobody answers. A Vendor ID
 * of 0001h stands for Request Retry Status (PCIe r6.0, sec 2.3.1). A VF's
 * Vendor ID reads all-ones for ever, so its Command register is asked.
 *
 * Return: true if it does.
 */
bool pcireset_fn_answers(struct pcireset_fn *fn)
{
	u32 value;

	pci_read_config_dword(fn->dev, fn->dev->is_virtfn ? PCI_COMMAND : PCI_VENDOR_ID, &value);
	fn->answer = value;
	if (PCI_POSSIBLE_ERROR(value))
		return false;
	return fn->dev->is_virtfn || (value & 0xffff) != 0x0001;
}

static bool parent_is_dead(const struct pcireset_plan *plan, const struct pcireset_fn *fn)
{
	u32 outcome;

	if (fn->parent < 0)
		return false;
	outcome = plan->fns[fn->parent].outcome;
	return outcome == PCIRESET_STATE_DEAD || outcome == PCIRESET_STATE_OTHER;
}

static int wait_parent(struct pcireset_run *run, struct pcireset_fn *fn)
{
	struct pcireset_fn *parent;
	int error;

	if (parent_is_dead(run->plan, fn))
		return -ETIMEDOUT;
	if (fn->parent < 0 || fn->dev->is_virtfn)
		return 0;

	parent = &run->plan->fns[fn->parent];
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

	pcireset_sleep_until(run->settle);
	error = wait_parent(run, fn);
	if (error)
		return error;

	while (!pcireset_fn_answers(fn)) {
		if (pcireset_is_disconnected(fn->dev) ||
		    gives_up(run, pci_upstream_bridge(fn->dev)))
			return -ETIMEDOUT;
		sleep_a_bit(run->triggered);
	}
	fn->ready_ns = ktime_to_ns(ktime_sub(ktime_get(), run->triggered));
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
	struct pcireset_fn *fn = &run->plan->fns[0];
	ktime_t now = ktime_get();

	if (ktime_before(now, run->settle)) {
		*ret_again = run->settle;
		return false;
	}
	if (pcireset_fn_answers(fn) || pcireset_is_disconnected(fn->dev) ||
	    gives_up(run, pci_upstream_bridge(fn->dev)))
		return true;
	*ret_again = pcireset_look_again_at(run);
	return false;
}
