// SPDX-License-Identifier: GPL-2.0-only
/* Effects of a reset on a function, and the time until it answers again. */
#include <linux/ktime.h>

#include "pcisim.h"
#include "pcisim_trace.h"

static void clear_faults_of_port(struct pcisim_port *port)
{
	port->held &= PCISIM_HELD_ABSENT | PCISIM_HELD_LINK | PCISIM_HELD_SUPPLY;
	port->irq_condition = false;
	port->pme_waits = false;
}

/**
 * pcisim_power_on - give a function its power-on values
 * @fn: the function
 *
 * Context: the host's hw lock is held.
 */
void pcisim_power_on(struct pcisim_function *fn)
{
	const struct pcisim_template *template = fn->template;
	u32 identity = pcisim_faults_of(fn)->identity;
	u32 bar_size = pcisim_faults_of(fn)->return_bar_size;

	memcpy(fn->space, template->initial, PCISIM_SPACE);
	if (fn->multifunction)
		fn->space[PCI_HEADER_TYPE] |= 0x80;
	if (template->ari)
		fn->space[template->ari + PCI_ARI_CAP + 1] = fn->next_devfn;
	if (identity && !fn->pf)
		pcisim_put32(fn->space + PCI_VENDOR_ID, identity);
	if (template->dsn && pcisim_faults_of(fn)->return_serial)
		pcisim_put32(fn->space + template->dsn + 4, pcisim_faults_of(fn)->return_serial);
	fn->bar_mask = bar_size && fn->node->shape.bar_size ? ~(bar_size - 1) : 0;
	if (fn->port) {
		clear_faults_of_port(fn->port);
		pcisim_route(fn->node->host);
	}
}

/* The function disappears permanently. In a hotplug slot, the whole card does. */
static void reset_remove_device(struct pcisim_function *fn)
{
	struct pcisim_function *bridge = fn->bus->bridge;

	if (bridge && bridge->node->shape.hotplug)
		pcisim_set_present(bridge, 0);
	else
		fn->gone = true;
}

/**
 * pcisim_reset_begin - a function enters reset
 * @fn: the function
 * @way: how
 *
 * It does not answer until pcisim_reset_end() says from when on.
 *
 * Context: the host's hw lock is held.
 */
void pcisim_reset_begin(struct pcisim_function *fn, enum pcisim_way way)
{
	const struct pcisim_faults *faults;
	bool ignored;

	pcisim_trigger(fn, way);
	faults = pcisim_faults_of(fn);
	ignored = faults->ignore & BIT(way);
	atomic64_inc(&fn->node->counts.resets[way]);
	trace_pcisim_reset(fn->node->host->domain, fn->bus->number, fn->devfn, way, ignored);
	if (ignored)
		return;

	fn->resetting = true;
	fn->way = way;
	fn->ready_at = U64_MAX;
	fn->drop_at = 0;
	if (way == PCISIM_POWER_ON)
		fn->gone = false;
	fn->stale = faults->answer == PCISIM_ANSWER_STALE && way != PCISIM_POWER_ON;
	if (!fn->stale)
		pcisim_power_on(fn);
	if (faults->vanish && way != PCISIM_POWER_ON)
		reset_remove_device(fn);
}

/**
 * pcisim_reset_end - a function leaves reset
 * @fn: the function
 * @from: when, ns; its time until ready counts from there
 *
 * Context: the host's hw lock is held.
 */
void pcisim_reset_end(struct pcisim_function *fn, u64 from)
{
	const struct pcisim_faults *faults = pcisim_faults_of(fn);
	u32 us = faults->ready_us[fn->way];

	if (!fn->resetting)
		return;
	fn->resetting = false;
	if (us == PCISIM_NEVER)
		return;
	fn->ready_at = from + (u64)us * NSEC_PER_USEC;
	if (faults->drop_us && fn->way != PCISIM_POWER_ON)
		fn->drop_at = fn->ready_at + (u64)faults->drop_us * NSEC_PER_USEC;
}

/**
 * pcisim_reset - reset one function now
 * @fn: the function
 * @way: how
 *
 * Context: the host's hw lock is held.
 */
void pcisim_reset(struct pcisim_function *fn, enum pcisim_way way)
{
	pcisim_reset_begin(fn, way);
	pcisim_reset_end(fn, ktime_get_ns());
}

/**
 * pcisim_settle - apply the changes that are due
 * @fn: the function
 *
 * Context: the host's hw lock is held.
 * Return: true if it answers.
 */
bool pcisim_settle(struct pcisim_function *fn)
{
	u64 now;

	if (!fn->ready_at && !fn->drop_at)
		return true;
	now = ktime_get_ns();
	if (now < fn->ready_at)
		return false;
	fn->ready_at = 0;
	if (fn->stale) {
		fn->stale = false;
		pcisim_power_on(fn);
	}
	if (fn->drop_at && now >= fn->drop_at) {
		fn->drop_at = 0;
		pcisim_power_on(fn);
	}
	return true;
}
