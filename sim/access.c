// SPDX-License-Identifier: GPL-2.0-only
/* Config requests: find the register by bus number and devfn, and apply the effect of a write. */
#include "pcisim.h"

#define CREATE_TRACE_POINTS
#include "pcisim_trace.h"

static struct pcisim_host *host_of(struct pci_bus *bus)
{
	return container_of(bus->sysdata, struct pcisim_host, sysdata);
}

static void route_bus(struct pcisim_host *host, struct pcisim_bus *bus, u8 first, u8 last)
{
	unsigned int number;

	bus->number = first;
	bus->routed = true;
	for (number = first; number <= last; number++)
		host->by_number[number] = bus;
}

/**
 * pcisim_route - determine the bus for each bus number again
 * @host: the host
 *
 * Call this after each possible change of bus numbers. A bridge claims its
 * bus numbers if they are within those of the bridge above.
 *
 * Context: host->hw is held.
 */
void pcisim_route(struct pcisim_host *host)
{
	struct pcisim_function *fn;
	unsigned int i;
	u8 first, last;

	lockdep_assert_held(&host->hw);
	memset(host->by_number, 0, sizeof(host->by_number));
	route_bus(host, &host->root, host->bus, 255);
	for (i = 0; i < host->bridge_count; i++) {
		fn = host->bridges[i];
		first = fn->space[PCI_SECONDARY_BUS];
		last = fn->space[PCI_SUBORDINATE_BUS];
		fn->port->below.routed = false;
		if (fn->bus->routed && first > fn->bus->number && last >= first &&
		    host->by_number[first] == fn->bus && host->by_number[last] == fn->bus)
			route_bus(host, &fn->port->below, first, last);
	}
}

static bool vf_is_enabled(const struct pcisim_function *vf)
{
	const u8 *sriov = vf->pf->space + vf->pf->template->sriov;

	if (!(pcisim_get16(sriov + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE))
		return false;
	return vf->index < pcisim_get16(sriov + PCI_SRIOV_NUM_VF);
}

/* PCIe r6.0, sec 5.3.1.4: in D3hot a function takes config requests to itself only. */
static bool is_asleep(const struct pcisim_function *fn)
{
	u16 at = fn->template->pm;

	return at && (pcisim_get16(fn->space + at + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK) ==
			     (u16 __force)PCI_D3hot;
}

/* Do requests pass all bridges above? */
static bool is_reachable(struct pcisim_bus *bus)
{
	for (; bus->bridge; bus = bus->bridge->bus) {
		if (!pcisim_settle(bus->bridge) || bus->bridge->gone || is_asleep(bus->bridge) ||
		    !pcisim_link_is_up(bus->bridge))
			return false;
	}
	return true;
}

/* Return the function that a request reaches, or NULL. */
static struct pcisim_function *find_function(struct pcisim_host *host, u8 number,
					     unsigned int devfn)
{
	struct pcisim_bus *bus = host->by_number[number];
	struct pcisim_function *fn;
	unsigned int slot;

	if (!bus)
		return NULL;
	slot = (number - bus->number) << 8 | devfn;
	fn = slot < bus->slots ? bus->functions[slot] : NULL;
	if (!fn || fn->gone || !is_reachable(bus))
		return NULL;
	if (fn->pf && (!pcisim_settle(fn->pf) || !vf_is_enabled(fn)))
		return NULL;
	return fn;
}

/* PCIe r6.0, sec 2.3.2: visible only in the Vendor ID, and only if the root port enables it. */
static bool shows_rrs(const struct pcisim_function *fn)
{
	const struct pcisim_function *top = fn;
	u16 control;

	while (top->bus->bridge)
		top = top->bus->bridge;
	if (!top->template->pcie)
		return false;
	control = pcisim_get16(top->space + top->template->pcie + PCI_EXP_RTCTL);
	return control & PCI_EXP_RTCTL_CRSSVE;
}

static u32 answer_unready(const struct pcisim_function *fn, int where, int size)
{
	if (pcisim_faults_of(fn)->answer == PCISIM_ANSWER_RRS && where == PCI_VENDOR_ID &&
	    size >= 2 && shows_rrs(fn))
		return 0xffff0001;
	return ~0U;
}

static u32 read_function(struct pcisim_function *fn, int where, int size)
{
	u32 value = 0;
	int i;

	atomic64_inc(&fn->node->counts.reads);
	if (!pcisim_settle(fn) && !fn->stale)
		return answer_unready(fn, where, size);

	pcisim_refresh(fn);
	for (i = 0; i < size && where + i < PCISIM_SPACE; i++)
		value |= (u32)fn->space[where + i] << 8 * i;
	return value;
}

static int config_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	struct pcisim_host *host = host_of(bus);
	struct pcisim_function *fn;
	unsigned long flags;

	raw_spin_lock_irqsave(&host->hw, flags);
	fn = find_function(host, bus->number, devfn);
	*value = fn ? read_function(fn, where, size) : ~0U;
	raw_spin_unlock_irqrestore(&host->hw, flags);

	trace_pcisim_read(pci_domain_nr(bus), bus->number, devfn, where, size, *value);
	return PCIBIOS_SUCCESSFUL;
}

static u8 writable_bits(const struct pcisim_function *fn, int where)
{
	if (fn->bar_mask && (where & ~3) == PCI_BASE_ADDRESS_0)
		return fn->bar_mask >> 8 * (where & 3);
	return fn->template->writable[where];
}

static void store_bytes(struct pcisim_function *fn, int where, int size, u32 value)
{
	const struct pcisim_template *template = fn->template;
	u8 *byte, bits, writable;
	int i;

	for (i = 0; i < size && where + i < PCISIM_SPACE; i++) {
		byte = &fn->space[where + i];
		bits = value >> 8 * i;
		writable = writable_bits(fn, where + i);
		if (pcisim_faults_of(fn)->stuck &&
		    ((where + i) & ~3) == pcisim_faults_of(fn)->stuck)
			continue;
		*byte = (*byte & ~writable) | (bits & writable);
		*byte &= ~(bits & template->w1c[where + i]);
	}
}

static bool is_written(const struct pcisim_effect *effect, int where, int size)
{
	return where < effect->offset + 2 && where + size > effect->offset;
}

static void write_function(struct pcisim_function *fn, int where, int size, u32 value)
{
	const struct pcisim_template *template = fn->template;
	u16 before[ARRAY_SIZE(template->effect)];
	const struct pcisim_effect *effect;
	unsigned int i;

	for (i = 0; i < template->effects; i++)
		before[i] = pcisim_get16(fn->space + template->effect[i].offset);
	store_bytes(fn, where, size, value);
	for (i = 0; i < template->effects; i++) {
		effect = &template->effect[i];
		if (is_written(effect, where, size))
			effect->apply(fn, before[i], pcisim_get16(fn->space + effect->offset));
	}
}

static int config_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	struct pcisim_host *host = host_of(bus);
	struct pcisim_function *fn;
	unsigned long flags;
	bool lost = true;

	raw_spin_lock_irqsave(&host->hw, flags);
	fn = find_function(host, bus->number, devfn);
	if (fn && pcisim_settle(fn)) {
		lost = false;
		atomic64_inc(&fn->node->counts.writes);
		write_function(fn, where, size, value);
	} else if (fn) {
		atomic64_inc(&fn->node->counts.lost_writes);
	}
	raw_spin_unlock_irqrestore(&host->hw, flags);

	trace_pcisim_write(pci_domain_nr(bus), bus->number, devfn, where, size, value, lost);
	return PCIBIOS_SUCCESSFUL;
}

struct pci_ops pcisim_ops = {
	.read = config_read,
	.write = config_write,
};
