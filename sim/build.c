// SPDX-License-Identifier: GPL-2.0-only
/* Create functions from nodes: check the hierarchy, and assign places. */
#include <linux/slab.h>

#include "pcisim.h"

static int build_refuse_node(struct pcisim_node *node, const char *why)
{
	pr_err("pcisim: %s/%s: %s\n", config_item_name(&node->host->group.cg_item),
	       config_item_name(&node->group.cg_item), why);
	return -EINVAL;
}

static bool has_kind(const struct pcisim_node *node, enum pcisim_kind kind)
{
	return node && node->shape.kind == kind;
}

static int check_parent(struct pcisim_node *node)
{
	const struct pcisim_node *parent = node->parent;

	switch (node->shape.kind) {
	case PCISIM_ROOT_PORT:
		return parent ? build_refuse_node(node, "a root port belongs on the root bus") : 0;
	case PCISIM_UPSTREAM:
	case PCISIM_PCI_BRIDGE:
		return parent && pcisim_is_port(parent) ?
			       0 :
			       build_refuse_node(node, "not below a port");
	case PCISIM_DOWNSTREAM:
		return has_kind(parent, PCISIM_UPSTREAM) ?
			       0 :
			       build_refuse_node(node, "not below an upstream port");
	case PCISIM_VF:
		return has_kind(parent, PCISIM_ENDPOINT) ?
			       0 :
			       build_refuse_node(node, "a VF belongs below its PF");
	default:
		return !parent || pcisim_is_bridge(parent) ?
			       0 :
			       build_refuse_node(node, "not below a bridge");
	}
}

static int check_node(struct pcisim_node *node)
{
	const struct pcisim_shape *shape = &node->shape;
	int error = check_parent(node);

	if (error)
		return error;
	if (pcisim_is_bridge(node) && shape->count != 1)
		return build_refuse_node(node, "only endpoints and VFs can be several");
	if (has_kind(node, PCISIM_VF) && node->parent->shape.count != 1)
		return build_refuse_node(node, "the PF of VFs must be one");
	if (!has_kind(node, PCISIM_VF) && node->devfn + shape->count > 256)
		return build_refuse_node(node, "does not fit on one bus");
	if (shape->hotplug && !pcisim_is_port(node))
		return build_refuse_node(node, "only a port can have a slot");
	if (shape->cxl && !pcisim_is_port(node))
		return build_refuse_node(node, "only a port can be a CXL port");
	return 0;
}

/* Position of a node's first function, counted from the first on its bus. */
static unsigned int first_slot(const struct pcisim_node *node)
{
	if (has_kind(node, PCISIM_VF))
		return node->parent->devfn + node->shape.vf_offset;
	return node->devfn;
}

/* The bridge above a node's functions; NULL for the root bus. */
static const struct pcisim_node *bridge_of(const struct pcisim_node *node)
{
	return has_kind(node, PCISIM_VF) ? node->parent->parent : node->parent;
}

static struct pcisim_bus *bus_of(const struct pcisim_node *node)
{
	const struct pcisim_node *bridge = bridge_of(node);

	return bridge ? &bridge->functions->port->below : &node->host->root;
}

static int make_functions(struct pcisim_node *node)
{
	struct pcisim_function *fn;
	unsigned int i;

	node->functions = kvcalloc(node->shape.count, sizeof(*node->functions), GFP_KERNEL);
	if (!node->functions)
		return -ENOMEM;
	for (i = 0; i < node->shape.count; i++) {
		fn = &node->functions[i];
		fn->node = node;
		fn->index = i;
		fn->template = node->template;
		fn->devfn = first_slot(node) + i;
		if (has_kind(node, PCISIM_VF))
			fn->pf = node->parent->functions;
	}
	if (!pcisim_is_bridge(node))
		return 0;

	fn = node->functions;
	fn->port = kzalloc(sizeof(*fn->port), GFP_KERNEL);
	if (!fn->port)
		return -ENOMEM;
	pcisim_port_init(fn);
	return 0;
}

/* Room for the last function of each node. */
static void measure_bus(struct pcisim_bus *bus, const struct pcisim_node *node)
{
	bus->slots = max(bus->slots, round_up(first_slot(node) + node->shape.count, 256));
}

static int make_slots(struct pcisim_bus *bus)
{
	if (!bus->slots)
		return 0;
	bus->functions = kvcalloc(bus->slots, sizeof(*bus->functions), GFP_KERNEL);
	return bus->functions ? 0 : -ENOMEM;
}

static int build_place_node(struct pcisim_node *node)
{
	struct pcisim_bus *bus = bus_of(node);
	struct pcisim_function *fn;
	unsigned int i;

	for (i = 0; i < node->shape.count; i++) {
		fn = &node->functions[i];
		fn->bus = bus;
		if (bus->functions[fn->devfn])
			return build_refuse_node(node, "another function is there already");
		bus->functions[fn->devfn] = fn;
	}
	return 0;
}

/*
 * In the host's list, each function precedes those below it, and all functions below a
 * bridge are adjacent. The recursion is as deep as the directories: at most PCISIM_DEPTH.
 */
static void list_below(struct pcisim_host *host, const struct pcisim_node *parent)
{
	struct pcisim_function *fn;
	struct pcisim_node *node;
	unsigned int i;

	list_for_each_entry(node, &host->nodes, entry) {
		if (node->parent != parent)
			continue;
		for (i = 0; i < node->shape.count; i++) {
			fn = &node->functions[i];
			fn->order = host->function_count;
			host->functions[host->function_count++] = fn;
		}
		if (node->functions->port)
			node->functions->port->first = host->function_count;
		list_below(host, node);
		if (node->functions->port)
			node->functions->port->end = host->function_count;
	}
}

/* ARI: each function names the next one. Conventional: function 0 shows that others exist. */
static void link_bus(struct pcisim_bus *bus)
{
	struct pcisim_function *last = NULL, *fn;
	unsigned int i;

	for (i = 0; i < bus->slots; i++) {
		fn = bus->functions[i];
		if (!fn || fn->pf)
			continue;
		if (last)
			last->next_devfn = fn->devfn;
		if (PCI_FUNC(fn->devfn) && bus->functions[fn->devfn & ~7])
			bus->functions[fn->devfn & ~7]->multifunction = true;
		last = fn;
	}
}

static int make_lists(struct pcisim_host *host)
{
	unsigned int functions = 0, bridges = 0;
	struct pcisim_node *node;

	list_for_each_entry(node, &host->nodes, entry) {
		functions += node->shape.count;
		bridges += pcisim_is_bridge(node);
	}
	host->functions = kvcalloc(functions + 1, sizeof(*host->functions), GFP_KERNEL);
	host->bridges = kvcalloc(bridges + 1, sizeof(*host->bridges), GFP_KERNEL);
	if (!host->functions || !host->bridges)
		return -ENOMEM;
	list_below(host, NULL);
	return 0;
}

static int make_buses(struct pcisim_host *host)
{
	struct pcisim_node *node;
	int error;

	list_for_each_entry(node, &host->nodes, entry)
		measure_bus(bus_of(node), node);
	error = make_slots(&host->root);
	list_for_each_entry(node, &host->nodes, entry) {
		if (!error && pcisim_is_bridge(node))
			error = make_slots(&node->functions->port->below);
	}
	list_for_each_entry(node, &host->nodes, entry) {
		if (!error)
			error = build_place_node(node);
	}
	return error;
}

static int make_nodes(struct pcisim_host *host)
{
	struct pcisim_node *node;
	u32 slot = 0;
	int error;

	list_for_each_entry(node, &host->nodes, entry) {
		error = check_node(node);
		if (!error)
			error = pcisim_template_make(node, ++slot);
		if (!error)
			error = make_functions(node);
		if (error)
			return error;
	}
	return 0;
}

static void power_on_all(struct pcisim_host *host)
{
	struct pcisim_function *fn;
	unsigned int i;

	link_bus(&host->root);
	for (i = 0; i < host->function_count; i++) {
		fn = host->functions[i];
		if (!fn->port)
			continue;
		link_bus(&fn->port->below);
		host->bridges[host->bridge_count++] = fn;
	}
	raw_spin_lock_irq(&host->hw);
	for (i = 0; i < host->function_count; i++)
		pcisim_power_on(host->functions[i]);
	pcisim_route(host);
	raw_spin_unlock_irq(&host->hw);
}

/**
 * pcisim_build - make a host's functions of its nodes
 * @host: the host
 *
 * Context: host->lock is held. To be undone by pcisim_build_free(), also after a failure.
 * Return: 0, -ENOMEM, or -EINVAL if PCI knows no such hierarchy (the kernel log says where).
 */
int pcisim_build(struct pcisim_host *host)
{
	int error;

	lockdep_assert_held(&host->lock);
	error = make_nodes(host);
	if (!error)
		error = make_buses(host);
	if (!error)
		error = make_lists(host);
	if (!error)
		power_on_all(host);
	return error;
}

static void free_node(struct pcisim_node *node)
{
	if (node->functions && node->functions->port) {
		kvfree(node->functions->port->below.functions);
		kfree(node->functions->port);
	}
	kvfree(node->functions);
	node->functions = NULL;
	kfree(node->template);
	node->template = NULL;
}

/**
 * pcisim_build_free - free a host's functions
 * @host: the host; nobody uses it
 *
 * Context: host->lock is held.
 */
void pcisim_build_free(struct pcisim_host *host)
{
	struct pcisim_node *node;

	list_for_each_entry(node, &host->nodes, entry)
		free_node(node);
	kvfree(host->functions);
	kvfree(host->bridges);
	kvfree(host->root.functions);
	host->functions = NULL;
	host->function_count = 0;
	host->bridges = NULL;
	host->bridge_count = 0;
	memset(&host->root, 0, sizeof(host->root));
}
