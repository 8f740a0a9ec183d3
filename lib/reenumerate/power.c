/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The power cycle of a re-enumeration: cut the power below the port, look for signs that it
 * was really cut, and switch it on again.
 */
#include <errno.h>
#include <string.h>
#include "reenumerate/reenumerate.h"

#define NS_PER_MS 1000000ull
#define LINK_MS   1000 /* until a link without power is down */

/* ---- the witnesses, one in each of some functions */

/* Before the guard begins: its note has the values, for a repair if this process is killed. */
void power_choose_witnesses(struct pcireset_reenumeration *e)
{
	struct witnesses *list = &e->witnesses;

	for (size_t i = 0; i < e->was.nr && list->nr < ARRAY_SIZE(list->v); i++)
		list->nr += witness_choose(e->ctx, &e->was.v[i], &list->v[list->nr]);
	guard_set_witnesses(e->guard, list);
}

void power_call_witnesses(struct pcireset_reenumeration *e)
{
	for (size_t i = 0; i < e->witnesses.nr; i++)
		witness_call(e->ctx, &e->witnesses.v[i]);
}

/* One function that remembers is enough: it had power all the time. */
void power_ask_witnesses(struct pcireset_reenumeration *e)
{
	int *forgot = &e->signs[PCIRESET_SIGN_FORGOT];

	for (size_t i = 0; i < e->witnesses.nr; i++) {
		int r = witness_ask(e->ctx, &e->witnesses.v[i]);

		if (r >= 0)
			*forgot = *forgot == 0 ? 0 : r;
	}
}

/* ---- the signs at the port */

/* Slot Control and Slot Status (PCIe r6.0, sec 7.5.3.10 and 7.5.3.11). */
static void look_at_slot(struct pcireset_reenumeration *e)
{
	const struct port *port = guard_port(e->guard);
	uint32_t control = port_read(port, port->express + PCI_EXP_SLTCTL, 2);
	uint32_t status = port_read(port, port->express + PCI_EXP_SLTSTA, 2);

	if (!port->slot_status || control == UINT16_MAX || status == UINT16_MAX)
		return;
	if (e->signs[PCIRESET_SIGN_OFF] == 1)
		e->signs[PCIRESET_SIGN_OFF] = !!(control & PCI_EXP_SLTCTL_PCC);
	e->signs[PCIRESET_SIGN_ABSENT] = !(status & PCI_EXP_SLTSTA_PDS);
	e->signs[PCIRESET_SIGN_LINK_DOWN] = port_link_is_down(port);
	for (unsigned int ms = 0; ms < LINK_MS && !e->signs[PCIRESET_SIGN_LINK_DOWN]; ms += 10) {
		pause_ns(10 * NS_PER_MS);
		e->signs[PCIRESET_SIGN_LINK_DOWN] = port_link_is_down(port);
	}
}

/* The registers of a port without power cannot be read: that would switch it on. */
static void look_at_port(struct pcireset_reenumeration *e)
{
	int r = supply_is_off(&e->supply);

	e->signs[PCIRESET_SIGN_OFF] = r < 0 ? -ENODATA : r;
	if (e->supply.method == PCIRESET_POWER_SLOT)
		look_at_slot(e);
}

/* ---- the power cycle */

/* It may be half off. */
static int fail_off(struct pcireset_reenumeration *e, int r)
{
	/* An unreadable state counts as no power. */
	if (supply_on(&e->supply) || supply_is_off(&e->supply))
		guard_keep_note(e->guard);
	if (e->supply.method == PCIRESET_POWER_SLOT)
		return reenumeration_fail(e, r, "slot %s cannot be switched off: %s",
					  e->supply.slot, strerror(-r));
	return reenumeration_fail(e, r, "%s cannot be suspended, so its power was not cut: %s",
				  e->supply.port, strerror(-r));
}

/* The note stays, so that doctor reports the port and switches it on. */
static int fail_on(struct pcireset_reenumeration *e, int r)
{
	guard_keep_note(e->guard);
	if (e->supply.method == PCIRESET_POWER_SLOT)
		return reenumeration_fail(e, r,
					  "slot %s stays without power, because pciehp cannot "
					  "switch it on: %s; see the kernel log; to try again, "
					  "use: pcireset doctor --repair",
					  e->supply.slot, strerror(-r));
	return reenumeration_fail(e, r,
				  "%s cannot be resumed: %s; to try again, use: pcireset doctor "
				  "--repair",
				  e->supply.port, strerror(-r));
}

/* Resumed, and without power or registers. */
static int fail_alive(struct pcireset_reenumeration *e, int r)
{
	guard_keep_note(e->guard);
	if (r == -EUCLEAN)
		return reenumeration_fail(e, -EIO,
					  "%s has lost its registers, because its power came back "
					  "late; to enumerate it again, use: pcireset doctor "
					  "--repair",
					  e->supply.port);
	return reenumeration_fail(e, -ETIMEDOUT,
				  "%s does not respond after its power was switched on; see the "
				  "kernel log; if it responds later, use: pcireset doctor "
				  "--repair; if not, only a restart of the machine helps",
				  e->supply.port);
}

/*
 * The kernel ignores a port that does not respond after it was resumed (pci_power_up()), so
 * ask the port.
 */
static int await_port(struct pcireset_reenumeration *e, unsigned int limit_ms)
{
	int r = 0;

	if (e->supply.method == PCIRESET_POWER_D3COLD)
		r = port_await_alive(guard_port(e->guard), e->ctx, e->supply.port, limit_ms);
	return r ? fail_alive(e, r) : 0;
}

/* The device is removed. */
int power_cycle(struct pcireset_reenumeration *e, unsigned int limit_ms)
{
	int r = supply_off(&e->supply);

	if (r)
		return fail_off(e, r);
	look_at_port(e);
	r = supply_on(&e->supply);
	if (r)
		return fail_on(e, r);
	r = await_port(e, limit_ms);
	if (r)
		return r;
	port_await_link(guard_port(e->guard), limit_ms);
	return 0;
}

static const char *why_not_cut(const int *signs)
{
	if (!signs[PCIRESET_SIGN_OFF])
		return "its power controller or power resources stayed on";
	if (!signs[PCIRESET_SIGN_LINK_DOWN])
		return "its link stayed up";
	if (!signs[PCIRESET_SIGN_FORGOT])
		return "it has kept its state";
	if (signs[PCIRESET_SIGN_OFF] < 0)
		return "the state of the power could not be read";
	if (signs[PCIRESET_SIGN_LINK_DOWN] < 0 && signs[PCIRESET_SIGN_FORGOT] < 0)
		return "neither the link nor the device shows it";
	return NULL;
}

/* A switch that is off is not enough: the link or the device must show it, and neither deny it. */
int power_check(struct pcireset_reenumeration *e)
{
	const char *why = why_not_cut(e->signs);

	return why ? reenumeration_fail(e, -EIO, "the power was not cut, or nothing shows it: %s",
					why) :
		     0;
}

int pcireset_reenumeration_get_sign(const struct pcireset_reenumeration *reenumeration,
				    enum pcireset_sign sign)
{
	return sign < NR_SIGNS ? reenumeration->signs[sign] : -EINVAL;
}

enum pcireset_power
pcireset_reenumeration_get_power(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->supply.method;
}

const char *pcireset_reenumeration_get_port(const struct pcireset_reenumeration *reenumeration)
{
	return *reenumeration->supply.port ? reenumeration->supply.port : NULL;
}

const char *pcireset_reenumeration_get_slot(const struct pcireset_reenumeration *reenumeration)
{
	return *reenumeration->supply.slot ? reenumeration->supply.slot : NULL;
}
