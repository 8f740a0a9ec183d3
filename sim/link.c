// SPDX-License-Identifier: GPL-2.0-only
/*
 * The link below a bridge: reasons why it is down, effects on the functions below,
 * registers and interrupt of the slot.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/ktime.h>

#include "pcisim.h"
#include "pcisim_trace.h"

/* PCIe r6.0, sec 7.5.3.19: Target Link Speed of 2.5 GT/s, and of 8 GT/s. */
#define SLOWEST   1
#define SPEED_8GT 3

/* Sec 7.5.3.20: for 8 GT/s. Complete is set after a failure, too, without its phases. */
#define EQUALIZATION_COMPLETE 0x0002
#define EQUALIZATION_PHASES   0x001c
#define EQUALIZATION_REQUEST  0x0020

/* PCIe r6.0, sec 7.5.3.14: PME Status and PME Pending, in the upper half of Root Status. */
#define ROOT_PME     (PCI_EXP_RTSTA_PME >> 16)
#define ROOT_PENDING (PCI_EXP_RTSTA_PENDING >> 16)

static u8 *link_register(struct pcisim_function *fn, unsigned int offset)
{
	return fn->space + fn->template->pcie + offset;
}

/**
 * pcisim_link_is_up - does the bus below a bridge take requests?
 * @bridge: the bridge
 *
 * Context: the host's hw lock is held.
 * Return: true if it does.
 */
bool pcisim_link_is_up(struct pcisim_function *bridge)
{
	const struct pcisim_port *port = bridge->port;

	return !port->held && (!port->link_at || ktime_get_ns() >= port->link_at);
}

/* The value of Link Status. Without link events, a reset is not visible, as in QEMU. */
static bool link_looks_up(struct pcisim_function *bridge)
{
	u32 hidden = PCISIM_HELD_RESET | PCISIM_HELD_DISABLE;

	if (pcisim_faults_of(bridge)->link_events)
		return pcisim_link_is_up(bridge);
	return !(bridge->port->held & ~hidden);
}

/**
 * pcisim_raise_irq - send a port's interrupt
 * @bridge: the port
 *
 * Context: the host's hw lock is held.
 */
void pcisim_raise_irq(struct pcisim_function *bridge)
{
	struct pcisim_host *host = bridge->node->host;

	if (!host->closing)
		queue_work(host->work, &bridge->port->irq_work);
}

/* The bits of Slot Status that software wants to know of. */
static u16 enabled_events(struct pcisim_function *bridge)
{
	u16 ctl = pcisim_get16(link_register(bridge, PCI_EXP_SLTCTL));
	u16 enabled = ctl & (PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PFDE | PCI_EXP_SLTCTL_MRLSCE |
			     PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_CCIE);

	if (ctl & PCI_EXP_SLTCTL_DLLSCE)
		enabled |= PCI_EXP_SLTSTA_DLLSC;
	return enabled;
}

/**
 * pcisim_check_irq - send a slot's interrupt if there is reason for it now and was none before
 * @bridge: the port
 *
 * PCIe r6.0, sec 6.7.3.4: one message when the condition becomes true.
 *
 * Context: the host's hw lock is held.
 */
void pcisim_check_irq(struct pcisim_function *bridge)
{
	struct pcisim_port *port = bridge->port;
	u16 ctl = pcisim_get16(link_register(bridge, PCI_EXP_SLTCTL));
	u16 sta = pcisim_get16(link_register(bridge, PCI_EXP_SLTSTA));
	bool condition = ctl & PCI_EXP_SLTCTL_HPIE && sta & enabled_events(bridge);

	if (condition && !port->irq_condition)
		pcisim_raise_irq(bridge);
	port->irq_condition = condition;
}

/* Return the root port above, or NULL if a link on the way is down and loses the message. */
static struct pcisim_function *find_root(struct pcisim_function *port)
{
	while (port->bus->bridge) {
		port = port->bus->bridge;
		if (!pcisim_link_is_up(port))
			return NULL;
	}
	return port->node->shape.kind == PCISIM_ROOT_PORT ? port : NULL;
}

/* Sec 6.1.6: a root port keeps one event in its registers, and the others wait. */
static void send_event(struct pcisim_function *port)
{
	struct pcisim_function *root = find_root(port);
	u16 status;

	if (!root)
		return;
	status = pcisim_get16(link_register(root, PCI_EXP_RTSTA + 2));
	port->port->pme_waits = status & ROOT_PME;
	if (port->port->pme_waits) {
		pcisim_put16(link_register(root, PCI_EXP_RTSTA + 2), status | ROOT_PENDING);
		return;
	}
	pcisim_put16(link_register(root, PCI_EXP_RTSTA), port->bus->number << 8 | port->devfn);
	pcisim_put16(link_register(root, PCI_EXP_RTSTA + 2), ROOT_PME);
	if (pcisim_get16(link_register(root, PCI_EXP_RTCTL)) & PCI_EXP_RTCTL_PMEIE)
		pcisim_raise_irq(root);
}

/* Sec 6.7.3.4: a port in D3hot reports an event by PME, also if it may send no interrupts. */
static void link_wake(struct pcisim_function *port)
{
	u8 *control = port->space + port->template->pm + PCI_PM_CTRL;
	u16 value = pcisim_get16(control);

	if (!port->template->pm || !(value & PCI_PM_CTRL_STATE_MASK))
		return;
	pcisim_put16(control, value | PCI_PM_CTRL_PME_STATUS);
	if (value & PCI_PM_CTRL_PME_ENABLE)
		send_event(port);
}

/**
 * pcisim_next_event - let a root port take the next power management event
 * @root: the root port, whose PME Status was cleared
 *
 * Context: the host's hw lock is held.
 */
void pcisim_next_event(struct pcisim_function *root)
{
	struct pcisim_host *host = root->node->host;
	struct pcisim_function *port;
	unsigned int i;

	pcisim_put16(link_register(root, PCI_EXP_RTSTA + 2), 0);
	for (i = 0; i < host->bridge_count; i++) {
		port = host->bridges[i];
		if (port->port->pme_waits && find_root(port) == root)
			send_event(port);
	}
}

static void slot_event(struct pcisim_function *bridge, u16 bits)
{
	u8 *sta = link_register(bridge, PCI_EXP_SLTSTA);

	if (!bridge->node->shape.hotplug)
		return;
	pcisim_put16(sta, pcisim_get16(sta) | bits);
	pcisim_check_irq(bridge);
	if (bits & enabled_events(bridge))
		link_wake(bridge);
}

static void report_link(struct pcisim_function *bridge)
{
	u16 presence = bridge->node->shape.inband_presence ? PCI_EXP_SLTSTA_PDC : 0;
	struct pcisim_port *port = bridge->port;
	bool up = link_looks_up(bridge);

	if (!pcisim_is_port(bridge->node) || up == port->reported_up)
		return;
	port->reported_up = up;
	trace_pcisim_link(bridge->node->host->domain, bridge->bus->number, bridge->devfn, up);
	slot_event(bridge, PCI_EXP_SLTSTA_DLLSC | presence);
}

/*
 * A longer timer may be late by an eighth of its time, and the registers would precede
 * the event.
 */
#define EXACT_JIFFIES 60

/*
 * Jiffies until the link is up or the next check: one more, because the first one has
 * already begun.
 */
static unsigned long link_delay(const struct pcisim_port *port)
{
	u64 now = ktime_get_ns();

	if (port->link_at <= now)
		return 0;
	return min_t(unsigned long, nsecs_to_jiffies(port->link_at - now) + 1, EXACT_JIFFIES);
}

static void report_link_later(struct pcisim_function *bridge)
{
	struct pcisim_host *host = bridge->node->host;

	report_link(bridge);
	if (pcisim_is_port(bridge->node) && !bridge->port->reported_up && !bridge->port->held &&
	    bridge->port->link_at != U64_MAX && !host->closing)
		mod_delayed_work(host->work, &bridge->port->link_work, link_delay(bridge->port));
}

static void link_clear_registers(struct pcisim_function *fn, unsigned int at, unsigned int size)
{
	memcpy(fn->space + at, fn->template->initial + at, size);
}

/* Some ports lose their settings with the link. */
static void lose_control(struct pcisim_function *bridge)
{
	const struct pcisim_template *template = bridge->template;
	static const u8 registers[] = { PCI_EXP_DEVCTL, PCI_EXP_LNKCTL, PCI_EXP_DEVCTL2,
					PCI_EXP_LNKCTL2 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(registers); i++)
		link_clear_registers(bridge, template->pcie + registers[i], 2);
	if (template->aer) {
		link_clear_registers(bridge, template->aer + PCI_ERR_UNCOR_MASK, 8);
		link_clear_registers(bridge, template->aer + PCI_ERR_COR_MASK, 4);
	}
	if (template->acs)
		link_clear_registers(bridge, template->acs + PCI_ACS_CTRL, 2);
}

/**
 * pcisim_hold - take the bus below a bridge down, and reset all functions on it
 * @bridge: the bridge
 * @reason: one of PCISIM_HELD_*
 *
 * Context: the host's hw lock is held.
 */
void pcisim_hold(struct pcisim_function *bridge, u32 reason)
{
	struct pcisim_host *host = bridge->node->host;
	struct pcisim_port *port = bridge->port;
	u32 without_power = PCISIM_HELD_POWER | PCISIM_HELD_ABSENT | PCISIM_HELD_FAULT |
			    PCISIM_HELD_SUPPLY;
	u32 was_held = port->held;
	enum pcisim_way way = reason & without_power ? PCISIM_POWER_ON : PCISIM_BUS;
	unsigned int i;

	port->held |= reason;
	/* A card may lose its power, or be exchanged, while it is in reset. */
	if (was_held && (way != PCISIM_POWER_ON || was_held & without_power))
		return;
	if (pcisim_is_port(bridge->node))
		pcisim_trigger(bridge, way);
	if (pcisim_faults_of(bridge)->surprise_down && !was_held && reason != PCISIM_HELD_DPC)
		pcisim_error(bridge, PCI_ERR_UNC_SURPDN);
	if (pcisim_faults_of(bridge)->lose_control && reason == PCISIM_HELD_RESET)
		lose_control(bridge);
	for (i = port->first; i < port->end; i++)
		pcisim_reset_begin(host->functions[i], way);
	if (!was_held)
		report_link(bridge);
}

static u8 target_speed(const struct pcisim_function *bridge)
{
	unsigned int at = bridge->template->pcie + PCI_EXP_LNKCTL2;

	return pcisim_get16(bridge->space + at) & PCI_EXP_LNKCTL2_TLS;
}

/* The highest speed of both ends, up to the target speed (PCIe r6.0, sec 7.5.3.19). */
static u8 usual_speed(const struct pcisim_function *bridge)
{
	u8 target = target_speed(bridge);
	u8 highest = bridge->node->shape.speed;

	return target ? min(target, highest) : highest;
}

/* The link of a port comes up some time after the links above it. */
static void link_start_training(struct pcisim_function *bridge, u64 from)
{
	const struct pcisim_faults *faults = pcisim_faults_of(bridge);
	struct pcisim_port *port = bridge->port;

	if (!pcisim_is_port(bridge->node))
		port->link_at = from;
	else if (faults->link_up_us == PCISIM_NEVER)
		port->link_at = U64_MAX;
	else
		port->link_at = from + (u64)faults->link_up_us * NSEC_PER_USEC;
	port->speed = faults->return_speed ?: usual_speed(bridge);
	port->width = faults->return_width ?: bridge->node->shape.width;
	port->fast_at = port->link_at + (u64)faults->retrain_us * NSEC_PER_USEC;
	port->train_at = 0;
}

static void release_from(struct pcisim_function *bridge, u32 reason, u64 from)
{
	struct pcisim_host *host = bridge->node->host;
	struct pcisim_port *port = bridge->port;
	struct pcisim_function *fn;
	unsigned int i;

	if (!(port->held & reason))
		return;
	port->held &= ~reason;
	if (port->held)
		return;
	/* The two ends of the link switch between speeds forever. */
	if (pcisim_faults_of(bridge)->link_flaps && reason != PCISIM_HELD_FLAPS) {
		port->held = PCISIM_HELD_FLAPS;
		return;
	}
	link_start_training(bridge, from);
	for (i = port->first; i < port->end; i++) {
		fn = host->functions[i];
		pcisim_reset_end(fn, fn->bus->bridge->port->link_at);
		if (fn->port) {
			link_start_training(fn, fn->bus->bridge->port->link_at);
			report_link_later(fn);
		}
	}
	report_link_later(bridge);
}

/**
 * pcisim_release - let the bus below a bridge come up
 * @bridge: the bridge
 * @reason: one of PCISIM_HELD_*; other reasons may still hold it
 *
 * Context: the host's hw lock is held.
 */
void pcisim_release(struct pcisim_function *bridge, u32 reason)
{
	release_from(bridge, reason, ktime_get_ns());
}

/**
 * pcisim_supply_off - switch off the power resources of a port
 * @bridge: the port, which loses its power with everything below it
 *
 * Context: the host's hw lock is held.
 */
void pcisim_supply_off(struct pcisim_function *bridge)
{
	if (bridge->port->held & PCISIM_HELD_SUPPLY || pcisim_faults_of(bridge)->power_stuck)
		return;
	/* Before the link goes down, because a port without power sends no interrupt. */
	pcisim_reset_begin(bridge, PCISIM_POWER_ON);
	pcisim_hold(bridge, PCISIM_HELD_SUPPLY);
}

/**
 * pcisim_supply_on - switch on the power resources of a port
 * @bridge: the port
 *
 * Context: the host's hw lock is held.
 */
void pcisim_supply_on(struct pcisim_function *bridge)
{
	const struct pcisim_faults *faults = pcisim_faults_of(bridge);
	u64 from = ktime_get_ns() + (u64)faults->power_up_us * NSEC_PER_USEC;

	if (!(bridge->port->held & PCISIM_HELD_SUPPLY) || faults->power_fails ||
	    faults->power_up_us == PCISIM_NEVER)
		return;
	pcisim_reset_end(bridge, from);
	release_from(bridge, PCISIM_HELD_SUPPLY, from);
}

/**
 * pcisim_retrain - retrain a link
 * @bridge: the port
 *
 * A link whose ends cannot agree on a speed comes up at 2.5 GT/s, and then at
 * any other speed.
 *
 * Context: the host's hw lock is held.
 */
void pcisim_retrain(struct pcisim_function *bridge)
{
	const struct pcisim_faults *faults = pcisim_faults_of(bridge);
	struct pcisim_port *port = bridge->port;

	if (port->held & PCISIM_HELD_FLAPS && target_speed(bridge) == SLOWEST) {
		pcisim_release(bridge, PCISIM_HELD_FLAPS);
	} else if (pcisim_link_is_up(bridge)) {
		port->speed = faults->train_speed ?: usual_speed(bridge);
		port->train_at = U64_MAX;
		if (faults->train_us != PCISIM_NEVER)
			port->train_at = ktime_get_ns() + (u64)faults->train_us * NSEC_PER_USEC;
	}
}

/**
 * pcisim_set_present - put a card into a slot or take it out
 * @bridge: the port
 * @present: 0 or 1
 *
 * Context: the host's hw lock is held.
 */
void pcisim_set_present(struct pcisim_function *bridge, u32 present)
{
	bool was_present = !(bridge->port->held & PCISIM_HELD_ABSENT);

	if (present == was_present)
		return;
	if (present)
		pcisim_release(bridge, PCISIM_HELD_ABSENT);
	else
		pcisim_hold(bridge, PCISIM_HELD_ABSENT);
	slot_event(bridge, PCI_EXP_SLTSTA_PDC);
}

/**
 * pcisim_press_button - press a slot's attention button
 * @bridge: the port
 *
 * Context: the host's hw lock is held.
 */
void pcisim_press_button(struct pcisim_function *bridge)
{
	slot_event(bridge, PCI_EXP_SLTSTA_ABP);
}

/**
 * pcisim_fail_power - the power of a slot fails
 * @bridge: the port
 *
 * PCIe r6.0, sec 6.7.1.8: the power controller cuts it off, here until software
 * switches the slot off.
 *
 * Context: the host's hw lock is held.
 */
void pcisim_fail_power(struct pcisim_function *bridge)
{
	pcisim_hold(bridge, PCISIM_HELD_FAULT);
	slot_event(bridge, PCI_EXP_SLTSTA_PFD);
}

static void refresh_slot(struct pcisim_function *bridge)
{
	u8 *sta = link_register(bridge, PCI_EXP_SLTSTA);
	u16 value = pcisim_get16(sta) & ~PCI_EXP_SLTSTA_PDS;

	if (!(bridge->port->held & PCISIM_HELD_ABSENT) &&
	    (!bridge->node->shape.inband_presence || link_looks_up(bridge)))
		value |= PCI_EXP_SLTSTA_PDS;
	pcisim_put16(sta, value);
}

/* A link always starts at 2.5 GT/s. */
static u8 speed_now(const struct pcisim_port *port)
{
	return port->fast_at && ktime_get_ns() < port->fast_at ? SLOWEST : port->speed;
}

/* Link Training and, if the port has it, Link Bandwidth Management Status. */
static u16 training_status(struct pcisim_function *bridge)
{
	struct pcisim_port *port = bridge->port;
	u16 status = port->held & PCISIM_HELD_FLAPS ? PCI_EXP_LNKSTA_LBMS : 0;

	if (port->train_at && ktime_get_ns() >= port->train_at) {
		port->train_at = 0;
		port->has_trained = bridge->node->shape.bandwidth;
	}
	if (port->train_at)
		status |= PCI_EXP_LNKSTA_LT;
	if (port->has_trained)
		status |= PCI_EXP_LNKSTA_LBMS;
	return status;
}

static u16 equalization_status(struct pcisim_function *bridge)
{
	static const u16 words[] = {
		0,
		EQUALIZATION_COMPLETE | EQUALIZATION_PHASES,
		EQUALIZATION_COMPLETE,
		EQUALIZATION_COMPLETE | EQUALIZATION_PHASES | EQUALIZATION_REQUEST,
	};

	if (bridge->port->speed != SPEED_8GT)
		return 0;
	return words[pcisim_faults_of(bridge)->equalization];
}

/**
 * pcisim_refresh - compute the registers that show the state of link and slot
 * @fn: the function, about to be read
 *
 * Context: the host's hw lock is held.
 */
void pcisim_refresh(struct pcisim_function *fn)
{
	struct pcisim_function *bridge = fn->bus->bridge;
	u16 status = 0;

	if (!fn->template->pcie)
		return;
	if (pcisim_is_port(fn->node)) {
		bridge = fn;
		if (fn->node->shape.dllla && link_looks_up(fn))
			status |= PCI_EXP_LNKSTA_DLLLA;
		status |= training_status(fn);
		pcisim_put16(link_register(fn, PCI_EXP_LNKSTA2), equalization_status(fn));
		refresh_slot(fn);
	}
	if (!bridge || !pcisim_is_port(bridge->node))
		return;
	status |= speed_now(bridge->port) | bridge->port->width << PCI_EXP_LNKSTA_NLW_SHIFT;
	pcisim_put16(link_register(fn, PCI_EXP_LNKSTA), status);
}

static void link_work(struct work_struct *work)
{
	struct pcisim_port *port = container_of(work, struct pcisim_port, link_work.work);
	struct pcisim_function *bridge = port->below.bridge;
	unsigned long flags;

	raw_spin_lock_irqsave(&bridge->node->host->hw, flags);
	report_link_later(bridge);
	raw_spin_unlock_irqrestore(&bridge->node->host->hw, flags);
}

/*
 * Use the core's injection: a real vector and handler, without an interrupt controller.
 * User-mode Linux has no controller that could send the interrupt again, and its handlers
 * can be called from here.
 */
static int link_inject_interrupt(unsigned int irq)
{
	if (IS_ENABLED(CONFIG_UML))
		return generic_handle_irq_safe(irq);
	return irq_inject_interrupt(irq);
}

static void irq_work(struct work_struct *work)
{
	struct pcisim_port *port = container_of(work, struct pcisim_port, irq_work);
	struct pcisim_function *bridge = port->below.bridge;
	struct pcisim_host *host = bridge->node->host;
	unsigned int tries = 100;
	struct pci_dev *dev;

	dev = pci_get_domain_bus_and_slot(host->domain, bridge->bus->number, bridge->devfn);
	if (!dev)
		return;
	while (dev->msi_enabled && link_inject_interrupt(dev->irq) == -EBUSY && --tries)
		usleep_range(100, 200);
	pci_dev_put(dev);
}

/**
 * pcisim_port_init - prepare a bridge's state
 * @bridge: the bridge
 */
void pcisim_port_init(struct pcisim_function *bridge)
{
	struct pcisim_port *port = bridge->port;

	port->below.bridge = bridge;
	port->held = bridge->node->held;
	port->reported_up = !port->held;
	port->speed = bridge->node->shape.speed;
	port->width = bridge->node->shape.width;
	INIT_DELAYED_WORK(&port->link_work, link_work);
	INIT_WORK(&port->irq_work, irq_work);
}

/**
 * pcisim_port_stop - wait until a bridge's work has ended
 * @bridge: the bridge; its host is closing
 *
 * Context: may sleep; the hw lock is not held.
 */
void pcisim_port_stop(struct pcisim_function *bridge)
{
	cancel_delayed_work_sync(&bridge->port->link_work);
	cancel_work_sync(&bridge->port->irq_work);
}
