// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directories. mkdir below the subsystem creates a host. mkdir below a host or a
 * bridge creates a function, named by its device and function number. A directory "vf"
 * below a PF creates VFs.
 */
#include <linux/slab.h>

#include "pcisim.h"

static const char *const kinds[] = {
	[PCISIM_ENDPOINT] = "endpoint",     [PCISIM_ROOT_PORT] = "root-port",
	[PCISIM_UPSTREAM] = "upstream",     [PCISIM_DOWNSTREAM] = "downstream",
	[PCISIM_PCI_BRIDGE] = "pci-bridge", [PCISIM_VF] = "vf",
};

static const char *const answers[] = {
	[PCISIM_ANSWER_ONES] = "ones",
	[PCISIM_ANSWER_RRS] = "rrs",
	[PCISIM_ANSWER_STALE] = "stale",
};

static struct pcisim_node *to_node(struct config_item *item)
{
	return container_of(to_config_group(item), struct pcisim_node, group);
}

static struct pcisim_host *to_host(struct config_item *item)
{
	return container_of(to_config_group(item), struct pcisim_host, group);
}

/* A number whose highest value may have a name. */
static int parse_number(const char *page, const char *word, u32 low, u32 high, u32 *number)
{
	u32 value;
	int error;

	if (word && sysfs_streq(page, word)) {
		*number = U32_MAX;
		return 0;
	}
	error = kstrtou32(page, 0, &value);
	if (error)
		return error;
	if (value < low || value > high)
		return -ERANGE;
	*number = value;
	return 0;
}

static ssize_t show_number(char *page, const char *word, u32 number)
{
	if (word && number == U32_MAX)
		return sysfs_emit(page, "%s\n", word);
	return sysfs_emit(page, "%u\n", number);
}

/* The shape: constant while the kernel knows the function. */
static ssize_t store_host(struct pcisim_host *host, u32 *field, u32 value, size_t count)
{
	ssize_t result = count;

	mutex_lock(&host->lock);
	if (host->live)
		result = -EBUSY;
	else
		*field = value;
	mutex_unlock(&host->lock);
	return result;
}

static ssize_t store_shape(struct pcisim_node *node, u32 *field, u32 value, size_t count)
{
	return store_host(node->host, field, value, count);
}

/* A fault: the simulated hardware may read it at any time. */
static ssize_t store_fault(struct pcisim_node *node, u32 *field, u32 value, size_t count)
{
	raw_spin_lock_irq(&node->host->hw);
	*field = value;
	raw_spin_unlock_irq(&node->host->hw);
	return count;
}

/* The address of a field of a node. */
static u32 *field_at(struct config_item *item, size_t offset)
{
	return (u32 *)((u8 *)to_node(item) + offset);
}

#define NUMBER(name, offset, store, word, low, high)                                               \
	static ssize_t node_##name##_show(struct config_item *item, char *page)                    \
	{                                                                                          \
		return show_number(page, word, *field_at(item, offset));                           \
	}                                                                                          \
	static ssize_t node_##name##_store(struct config_item *item, const char *page,             \
					   size_t count)                                           \
	{                                                                                          \
		u32 value;                                                                         \
		int error = parse_number(page, word, low, high, &value);                           \
		return error ? error : store(to_node(item), field_at(item, offset), value, count); \
	}                                                                                          \
	CONFIGFS_ATTR(node_, name)

#define SHAPE(name, low, high) \
	NUMBER(name, offsetof(struct pcisim_node, shape.name), store_shape, NULL, low, high)
#define FAULT(name, field, word, high) \
	NUMBER(name, offsetof(struct pcisim_node, faults.field), store_fault, word, 0, high)

SHAPE(vendor, 1, 0xfffe);
SHAPE(device, 0, 0xffff);
SHAPE(class, 0, 0xffffff);
SHAPE(revision, 0, 0xff);
SHAPE(count, 1, 4096);
SHAPE(msix, 0, 1);
SHAPE(flr, 0, 1);
SHAPE(af, 0, 1);
SHAPE(pcix, 0, 1);
SHAPE(pm, 0, 1);
SHAPE(no_soft_reset, 0, 1);
SHAPE(immediate_readiness, 0, 1);
SHAPE(rtr_reset_us, 0, 60000000);
SHAPE(rtr_flr_us, 0, 60000000);
SHAPE(rtr_d3_us, 0, 60000000);
SHAPE(hotplug, 0, 1);
SHAPE(button, 0, 1);
SHAPE(inband_presence, 0, 1);
SHAPE(power_controller, 0, 1);
SHAPE(bandwidth, 0, 1);
SHAPE(dllla, 0, 1);
SHAPE(speed, 1, 6);
SHAPE(width, 1, 32);
SHAPE(aer, 0, 1);
SHAPE(dpc, 0, 1);
SHAPE(cxl, 0, 1);
SHAPE(controls, 0, 1);
SHAPE(ats, 0, 1);
SHAPE(serial, 0, U32_MAX);
SHAPE(vf_offset, 1, 4096);

FAULT(only, only, "all", U32_MAX - 1);
FAULT(ready_bus_us, ready_us[PCISIM_BUS], "never", U32_MAX - 1);
FAULT(ready_flr_us, ready_us[PCISIM_FLR], "never", U32_MAX - 1);
FAULT(ready_pm_us, ready_us[PCISIM_PM], "never", U32_MAX - 1);
FAULT(ready_power_on_us, ready_us[PCISIM_POWER_ON], "never", U32_MAX - 1);
FAULT(link_up_us, link_up_us, "never", U32_MAX - 1);
FAULT(drop_us, drop_us, NULL, U32_MAX - 1);
FAULT(return_serial, return_serial, NULL, U32_MAX);
FAULT(vanish, vanish, NULL, 1);
FAULT(link_events, link_events, NULL, 1);
FAULT(return_speed, return_speed, NULL, 6);
FAULT(return_width, return_width, NULL, 32);
FAULT(surprise_down, surprise_down, NULL, 1);
FAULT(lose_control, lose_control, NULL, 1);
FAULT(link_flaps, link_flaps, NULL, 1);
FAULT(stuck, stuck, NULL, PCISIM_SPACE - 1);
FAULT(power_stuck, power_stuck, NULL, 1);
FAULT(power_fails, power_fails, NULL, 1);
FAULT(power_up_us, power_up_us, "never", U32_MAX - 1);
FAULT(retrain_us, retrain_us, NULL, U32_MAX - 1);
FAULT(train_us, train_us, "never", U32_MAX - 1);
FAULT(train_speed, train_speed, NULL, 6);

static ssize_t node_bar_size_show(struct config_item *item, char *page)
{
	return show_number(page, NULL, to_node(item)->shape.bar_size);
}

static int parse_bar_size(const char *page, u32 *value)
{
	int error = parse_number(page, NULL, 0, SZ_256M, value);

	if (error)
		return error;
	return *value && (*value < 4096 || !is_power_of_2(*value)) ? -EINVAL : 0;
}

static ssize_t node_bar_size_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	u32 value;
	int error = parse_bar_size(page, &value);

	return error ? error : store_shape(node, &node->shape.bar_size, value, count);
}
CONFIGFS_ATTR(node_, bar_size);

static ssize_t node_return_bar_size_show(struct config_item *item, char *page)
{
	return show_number(page, NULL, to_node(item)->faults.return_bar_size);
}

static ssize_t node_return_bar_size_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	u32 value;
	int error = parse_bar_size(page, &value);

	return error ? error : store_fault(node, &node->faults.return_bar_size, value, count);
}
CONFIGFS_ATTR(node_, return_bar_size);

static ssize_t node_answer_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", answers[to_node(item)->faults.answer]);
}

static ssize_t node_answer_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	int word = sysfs_match_string(answers, page);

	return word < 0 ? word : store_fault(node, &node->faults.answer, word, count);
}
CONFIGFS_ATTR(node_, answer);

static const char *const equalizations[] = { "none", "complete", "failed", "requested" };

static ssize_t node_equalization_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", equalizations[to_node(item)->faults.equalization]);
}

static ssize_t node_equalization_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	int word = sysfs_match_string(equalizations, page);

	return word < 0 ? word : store_fault(node, &node->faults.equalization, word, count);
}
CONFIGFS_ATTR(node_, equalization);

static const char *const power_errors[] = {
	[PCISIM_POWER_ERROR_NONE] = "none",
	[PCISIM_POWER_ERROR_OFF] = "off",
	[PCISIM_POWER_ERROR_ON] = "on",
};

static ssize_t node_power_error_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", power_errors[to_node(item)->faults.power_error]);
}

static ssize_t node_power_error_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	int word = sysfs_match_string(power_errors, page);

	return word < 0 ? word : store_fault(node, &node->faults.power_error, word, count);
}
CONFIGFS_ATTR(node_, power_error);

static ssize_t node_ignore_show(struct config_item *item, char *page)
{
	u32 ignore = to_node(item)->faults.ignore;
	int at = 0, way;

	for (way = 0; way < PCISIM_WAYS; way++) {
		if (ignore & BIT(way))
			at += sysfs_emit_at(page, at, "%s%s", at ? " " : "", pcisim_ways[way]);
	}
	return at + sysfs_emit_at(page, at, "%s\n", at ? "" : "none");
}

/* Name of a reset type, or "none". */
static ssize_t node_ignore_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	int way;

	if (sysfs_streq(page, "none"))
		return store_fault(node, &node->faults.ignore, 0, count);
	way = sysfs_match_string(pcisim_ways, page);
	if (way < 0)
		return way;
	return store_fault(node, &node->faults.ignore, node->faults.ignore | BIT(way), count);
}
CONFIGFS_ATTR(node_, ignore);

static ssize_t node_identity_show(struct config_item *item, char *page)
{
	u32 identity = to_node(item)->faults.identity;

	if (!identity)
		return sysfs_emit(page, "none\n");
	return sysfs_emit(page, "%04x:%04x\n", identity & 0xffff, identity >> 16);
}

static ssize_t node_identity_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	unsigned int vendor = 0, device = 0;

	if (!sysfs_streq(page, "none") &&
	    (sscanf(page, "%4x:%4x", &vendor, &device) != 2 || !vendor || vendor == 0xffff))
		return -EINVAL;
	return store_fault(node, &node->faults.identity, device << 16 | vendor, count);
}
CONFIGFS_ATTR(node_, identity);

static const struct pcisim_shape shape_of_endpoint = {
	.kind = PCISIM_ENDPOINT,
	.vendor = 0xc0de,
	.device = 0x0010,
	.class = 0xff0000,
	.count = 1,
	.bar_size = 4096,
	.msix = 1,
	.flr = 1,
	.pm = 1,
	.speed = 3,
	.width = 8,
};

static const struct pcisim_shape shape_of_vf = {
	.kind = PCISIM_VF,
	.vendor = 0xc0de,
	.device = 0x0011,
	.class = 0xff0000,
	.count = 1,
	.bar_size = 4096,
	.msix = 1,
	.flr = 1,
	.speed = 3,
	.width = 8,
	.vf_offset = 8,
};

static const struct pcisim_shape shape_of_bridge = {
	.vendor = 0xc0de,
	.device = 0x0020,
	.class = PCI_CLASS_BRIDGE_PCI << 8,
	.count = 1,
	.pm = 1,
	.speed = 3,
	.width = 8,
};

static void take_kind(struct pcisim_node *node, enum pcisim_kind kind)
{
	if (kind == PCISIM_ENDPOINT) {
		node->shape = shape_of_endpoint;
	} else if (kind == PCISIM_VF) {
		node->shape = shape_of_vf;
	} else {
		node->shape = shape_of_bridge;
		node->shape.kind = kind;
		node->shape.device += kind;
		node->shape.dllla = pcisim_is_port(node);
		node->shape.power_controller = pcisim_is_port(node);
		node->shape.aer = kind == PCISIM_ROOT_PORT;
	}
}

static ssize_t node_kind_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", kinds[to_node(item)->shape.kind]);
}

/* Set the shape to the defaults of the kind, so users must write the kind first. */
static ssize_t node_kind_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	int kind = sysfs_match_string(kinds, page);
	bool was_vf = node->shape.kind == PCISIM_VF;
	bool is_vf = kind == PCISIM_VF;
	ssize_t result = count;

	if (kind < 0)
		return kind;
	if (is_vf != was_vf)
		return -EINVAL;
	mutex_lock(&node->host->lock);
	if (node->host->live) {
		result = -EBUSY;
	} else {
		take_kind(node, kind);
		pcisim_triggers_clear(node);
	}
	mutex_unlock(&node->host->lock);
	return result;
}
CONFIGFS_ATTR(node_, kind);

/* The reasons why a port is held: the configured ones, and while live the current ones. */
static bool is_held(struct pcisim_node *node, u32 reason)
{
	u32 held = node->held;

	mutex_lock(&node->host->lock);
	if (node->host->live) {
		raw_spin_lock_irq(&node->host->hw);
		held = node->functions->port->held;
		raw_spin_unlock_irq(&node->host->hw);
	}
	mutex_unlock(&node->host->lock);
	return held & reason;
}

static void act_on_port(struct pcisim_function *bridge, u32 reason, u32 up)
{
	raw_spin_lock_irq(&bridge->node->host->hw);
	if (reason == PCISIM_HELD_ABSENT)
		pcisim_set_present(bridge, up);
	else if (up)
		pcisim_release(bridge, reason);
	else
		pcisim_hold(bridge, reason);
	raw_spin_unlock_irq(&bridge->node->host->hw);
}

static ssize_t store_held(struct pcisim_node *node, u32 reason, const char *page, size_t count)
{
	u32 up;
	int error = parse_number(page, NULL, 0, 1, &up);

	if (error)
		return error;
	if (!pcisim_is_port(node))
		return -EOPNOTSUPP;
	mutex_lock(&node->host->lock);
	node->held = up ? node->held & ~reason : node->held | reason;
	if (node->host->live)
		act_on_port(node->functions, reason, up);
	mutex_unlock(&node->host->lock);
	return count;
}

#define HELD(name, reason)                                                             \
	static ssize_t node_##name##_show(struct config_item *item, char *page)        \
	{                                                                              \
		struct pcisim_node *node = to_node(item);                              \
		if (!pcisim_is_port(node))                                             \
			return -EOPNOTSUPP;                                            \
		return sysfs_emit(page, "%d\n", !is_held(node, reason));               \
	}                                                                              \
	static ssize_t node_##name##_store(struct config_item *item, const char *page, \
					   size_t count)                               \
	{                                                                              \
		return store_held(to_node(item), reason, page, count);                 \
	}                                                                              \
	CONFIGFS_ATTR(node_, name)

HELD(present, PCISIM_HELD_ABSENT);
HELD(link, PCISIM_HELD_LINK);

typedef void (*detect_fn)(struct pcisim_function *fn, u32 errors);

/* The functions of a node to which faults apply. */
static void detect_errors(struct pcisim_node *node, detect_fn detect, u32 errors)
{
	u32 only, i;

	raw_spin_lock_irq(&node->host->hw);
	only = node->faults.only;
	for (i = 0; i < node->shape.count; i++)
		if (only == PCISIM_ALL || only == i)
			detect(&node->functions[i], errors);
	raw_spin_unlock_irq(&node->host->hw);
}

/* Report these bits of an error status register now. */
static ssize_t store_errors(struct pcisim_node *node, detect_fn detect, const char *page,
			    size_t count)
{
	ssize_t result = count;
	u32 errors;
	int error = parse_number(page, NULL, 1, U32_MAX, &errors);

	if (error)
		return error;
	if (!node->shape.aer)
		return -EOPNOTSUPP;
	mutex_lock(&node->host->lock);
	if (node->host->live)
		detect_errors(node, detect, errors);
	else
		result = -ENODEV;
	mutex_unlock(&node->host->lock);
	return result;
}

static ssize_t node_error_store(struct config_item *item, const char *page, size_t count)
{
	return store_errors(to_node(item), pcisim_error, page, count);
}
CONFIGFS_ATTR_WO(node_, error);

static ssize_t node_correctable_store(struct config_item *item, const char *page, size_t count)
{
	return store_errors(to_node(item), pcisim_correctable, page, count);
}
CONFIGFS_ATTR_WO(node_, correctable);

static void (*const slot_events[])(struct pcisim_function *bridge) = {
	pcisim_press_button,
	pcisim_fail_power,
};

static const char *const slot_event_words[] = { "button", "power_fault" };

/* Cause this event of the slot now. */
static ssize_t node_slot_event_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	int word = sysfs_match_string(slot_event_words, page);
	ssize_t result = count;

	if (word < 0)
		return word;
	if (!node->shape.hotplug)
		return -EOPNOTSUPP;
	mutex_lock(&node->host->lock);
	if (node->host->live) {
		raw_spin_lock_irq(&node->host->hw);
		slot_events[word](node->functions);
		raw_spin_unlock_irq(&node->host->hw);
	} else {
		result = -ENODEV;
	}
	mutex_unlock(&node->host->lock);
	return result;
}
CONFIGFS_ATTR_WO(node_, slot_event);

static ssize_t node_triggers_show(struct config_item *item, char *page)
{
	struct pcisim_node *node = to_node(item);
	ssize_t result;

	mutex_lock(&node->host->lock);
	result = pcisim_triggers_show(node, page);
	mutex_unlock(&node->host->lock);
	return result;
}

/* Add one, or clear all with "none". */
static ssize_t node_triggers_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_node *node = to_node(item);
	int error = 0;

	mutex_lock(&node->host->lock);
	if (sysfs_streq(page, "none"))
		pcisim_triggers_clear(node);
	else
		error = pcisim_triggers_add(node, page);
	mutex_unlock(&node->host->lock);
	return error ? error : count;
}
CONFIGFS_ATTR(node_, triggers);

static ssize_t node_fired_show(struct config_item *item, char *page)
{
	struct pcisim_node *node = to_node(item);
	ssize_t result;

	mutex_lock(&node->host->lock);
	result = pcisim_triggers_show_fired(node, page);
	mutex_unlock(&node->host->lock);
	return result;
}
CONFIGFS_ATTR_RO(node_, fired);

static ssize_t node_counts_show(struct config_item *item, char *page)
{
	struct pcisim_counts *counts = &to_node(item)->counts;
	int at, way;

	at = sysfs_emit(page, "reads %llu\nwrites %llu\nlost_writes %llu\n",
			(u64)atomic64_read(&counts->reads), (u64)atomic64_read(&counts->writes),
			(u64)atomic64_read(&counts->lost_writes));
	for (way = 0; way < PCISIM_WAYS; way++)
		at += sysfs_emit_at(page, at, "%s %llu\n", pcisim_ways[way],
				    (u64)atomic64_read(&counts->resets[way]));
	at += sysfs_emit_at(page, at, "errors %llu\ncontained %llu\n",
			    (u64)atomic64_read(&counts->errors),
			    (u64)atomic64_read(&counts->contained));
	return at;
}
CONFIGFS_ATTR_RO(node_, counts);

static struct configfs_attribute *node_attrs[] = {
	/* shape */
	&node_attr_kind,
	&node_attr_vendor,
	&node_attr_device,
	&node_attr_class,
	&node_attr_revision,
	&node_attr_count,
	&node_attr_bar_size,
	&node_attr_msix,
	&node_attr_flr,
	&node_attr_af,
	&node_attr_pcix,
	&node_attr_pm,
	&node_attr_no_soft_reset,
	&node_attr_immediate_readiness,
	&node_attr_rtr_reset_us,
	&node_attr_rtr_flr_us,
	&node_attr_rtr_d3_us,
	&node_attr_hotplug,
	&node_attr_button,
	&node_attr_inband_presence,
	&node_attr_power_controller,
	&node_attr_bandwidth,
	&node_attr_dllla,
	&node_attr_speed,
	&node_attr_width,
	&node_attr_aer,
	&node_attr_dpc,
	&node_attr_cxl,
	&node_attr_controls,
	&node_attr_ats,
	&node_attr_serial,
	&node_attr_vf_offset,
	/* behaviour */
	&node_attr_only,
	&node_attr_ready_bus_us,
	&node_attr_ready_flr_us,
	&node_attr_ready_pm_us,
	&node_attr_ready_power_on_us,
	&node_attr_answer,
	&node_attr_ignore,
	&node_attr_identity,
	&node_attr_return_bar_size,
	&node_attr_return_serial,
	&node_attr_drop_us,
	&node_attr_vanish,
	&node_attr_link_up_us,
	&node_attr_link_events,
	&node_attr_return_speed,
	&node_attr_return_width,
	&node_attr_surprise_down,
	&node_attr_lose_control,
	&node_attr_link_flaps,
	&node_attr_stuck,
	&node_attr_power_stuck,
	&node_attr_power_fails,
	&node_attr_power_up_us,
	&node_attr_power_error,
	&node_attr_retrain_us,
	&node_attr_train_us,
	&node_attr_train_speed,
	&node_attr_equalization,
	&node_attr_error,
	&node_attr_correctable,
	&node_attr_slot_event,
	&node_attr_present,
	&node_attr_link,
	&node_attr_triggers,
	&node_attr_fired,
	&node_attr_counts,
	NULL,
};

static void node_release(struct config_item *item)
{
	kfree(to_node(item));
}

static struct configfs_item_operations node_item_ops = {
	.release = node_release,
};

static int parse_place(const char *name, u8 *devfn)
{
	unsigned int device, function;
	int end = 0;

	if (sscanf(name, "%2x.%1u%n", &device, &function, &end) != 2 || name[end] || device > 31 ||
	    function > 7)
		return -EINVAL;
	*devfn = PCI_DEVFN(device, function);
	return 0;
}

static const struct config_item_type node_type;

static struct config_group *make_node(struct pcisim_host *host, struct pcisim_node *parent,
				      const char *name)
{
	bool is_vf = parent && !strcmp(name, kinds[PCISIM_VF]);
	struct pcisim_node *node;
	u8 devfn = 0;

	if (!is_vf && parse_place(name, &devfn))
		return ERR_PTR(-EINVAL);
	if (parent && parent->depth == PCISIM_DEPTH)
		return ERR_PTR(-ENAMETOOLONG);
	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return ERR_PTR(-ENOMEM);
	node->host = host;
	node->parent = parent;
	node->devfn = devfn;
	node->depth = parent ? parent->depth + 1 : 0;
	node->faults.only = PCISIM_ALL;
	node->faults.link_events = 1;
	take_kind(node, is_vf ? PCISIM_VF : PCISIM_ENDPOINT);
	config_group_init_type_name(&node->group, name, &node_type);

	mutex_lock(&host->lock);
	if (host->live) {
		mutex_unlock(&host->lock);
		config_group_put(&node->group);
		return ERR_PTR(-EBUSY);
	}
	list_add_tail(&node->entry, &host->nodes);
	mutex_unlock(&host->lock);
	return &node->group;
}

static struct config_group *node_make_group(struct config_group *group, const char *name)
{
	struct pcisim_node *parent = to_node(&group->cg_item);

	return make_node(parent->host, parent, name);
}

static void drop_node(struct config_group *group, struct config_item *item)
{
	struct pcisim_node *node = to_node(item);

	mutex_lock(&node->host->lock);
	list_del(&node->entry);
	pcisim_triggers_forget(node);
	mutex_unlock(&node->host->lock);
	config_item_put(item);
}

static struct configfs_group_operations node_group_ops = {
	.make_group = node_make_group,
	.drop_item = drop_node,
};

static const struct config_item_type node_type = {
	.ct_item_ops = &node_item_ops,
	.ct_group_ops = &node_group_ops,
	.ct_attrs = node_attrs,
	.ct_owner = THIS_MODULE,
};

static struct config_group *host_make_group(struct config_group *group, const char *name)
{
	return make_node(to_host(&group->cg_item), NULL, name);
}

static struct configfs_group_operations host_group_ops = {
	.make_group = host_make_group,
	.drop_item = drop_node,
};

static struct pcisim_subsystem {
	struct configfs_subsystem configfs;
} subsystem;

/* Keep all directories while the host is live. */
static int pin_nodes(struct pcisim_host *host)
{
	struct pcisim_node *node;
	int error;

	error = configfs_depend_item_unlocked(&subsystem.configfs, &host->group.cg_item);
	if (error)
		return error;
	list_for_each_entry(node, &host->nodes, entry) {
		error = configfs_depend_item_unlocked(&subsystem.configfs, &node->group.cg_item);
		if (error)
			goto unpin;
	}
	return 0;

unpin:
	list_for_each_entry_continue_reverse(node, &host->nodes, entry)
		configfs_undepend_item(&node->group.cg_item);
	configfs_undepend_item(&host->group.cg_item);
	return error;
}

static void unpin_nodes(struct pcisim_host *host)
{
	struct pcisim_node *node;

	list_for_each_entry(node, &host->nodes, entry)
		configfs_undepend_item(&node->group.cg_item);
	configfs_undepend_item(&host->group.cg_item);
}

static int config_start_host(struct pcisim_host *host)
{
	int error = pin_nodes(host);

	if (error)
		return error;
	error = pcisim_host_start(host);
	if (error)
		unpin_nodes(host);
	return error;
}

static ssize_t host_live_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_host(item)->live);
}

static ssize_t host_live_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_host *host = to_host(item);
	int error = 0;
	bool live;

	if (kstrtobool(page, &live))
		return -EINVAL;
	mutex_lock(&host->lock);
	if (live && !host->live) {
		error = config_start_host(host);
	} else if (!live && host->live) {
		pcisim_host_stop(host);
		unpin_nodes(host);
	}
	mutex_unlock(&host->lock);
	return error ? error : count;
}
CONFIGFS_ATTR(host_, live);

/*
 * Above all domains from firmware and of VMD. On a machine with only one domain, next to
 * its root bus.
 */
#ifdef CONFIG_PCI_DOMAINS
#define FIRST_DOMAIN 0x10000
#define LAST_DOMAIN  S32_MAX
#define FIRST_BUS    0
#else
#define FIRST_DOMAIN 0
#define LAST_DOMAIN  0
#define FIRST_BUS    1
#endif

static ssize_t host_domain_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%#x\n", to_host(item)->domain);
}

static ssize_t host_domain_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_host *host = to_host(item);
	u32 value;
	int error = parse_number(page, NULL, 0, LAST_DOMAIN, &value);

	return error ? error : store_host(host, &host->domain, value, count);
}
CONFIGFS_ATTR(host_, domain);

#define HOST(name, low, high)                                                          \
	static ssize_t host_##name##_show(struct config_item *item, char *page)        \
	{                                                                              \
		return show_number(page, NULL, to_host(item)->name);                   \
	}                                                                              \
	static ssize_t host_##name##_store(struct config_item *item, const char *page, \
					   size_t count)                               \
	{                                                                              \
		struct pcisim_host *host = to_host(item);                              \
		u32 value;                                                             \
		int error = parse_number(page, NULL, low, high, &value);               \
		return error ? error : store_host(host, &host->name, value, count);    \
	}                                                                              \
	CONFIGFS_ATTR(host_, name)

HOST(bus, 0, 255);
HOST(window_mb, 16, 2048);

static const char *const iommus[] = {
	[PCISIM_IOMMU_NONE] = "none",
	[PCISIM_IOMMU_FUNCTIONS] = "functions",
	[PCISIM_IOMMU_PCI] = "pci",
};

static ssize_t host_iommu_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", iommus[to_host(item)->iommu]);
}

static ssize_t host_iommu_store(struct config_item *item, const char *page, size_t count)
{
	struct pcisim_host *host = to_host(item);
	int word = sysfs_match_string(iommus, page);

	return word < 0 ? word : store_host(host, &host->iommu, word, count);
}
CONFIGFS_ATTR(host_, iommu);

HOST(firmware, 0, 1);

static struct configfs_attribute *host_attrs[] = {
	&host_attr_live,  &host_attr_domain,   &host_attr_bus, &host_attr_window_mb,
	&host_attr_iommu, &host_attr_firmware, NULL,
};

static void host_release(struct config_item *item)
{
	struct pcisim_host *host = to_host(item);

	mutex_destroy(&host->lock);
	kfree(host);
}

static struct configfs_item_operations host_item_ops = {
	.release = host_release,
};

static const struct config_item_type host_type = {
	.ct_item_ops = &host_item_ops,
	.ct_group_ops = &host_group_ops,
	.ct_attrs = host_attrs,
	.ct_owner = THIS_MODULE,
};

static struct config_group *make_host(struct config_group *group, const char *name)
{
	struct pcisim_host *host = kzalloc(sizeof(*host), GFP_KERNEL);

	if (!host)
		return ERR_PTR(-ENOMEM);
	mutex_init(&host->lock);
	raw_spin_lock_init(&host->hw);
	INIT_LIST_HEAD(&host->nodes);
	host->domain = FIRST_DOMAIN;
	host->bus = FIRST_BUS;
	host->window_mb = 256;
	config_group_init_type_name(&host->group, name, &host_type);
	return &host->group;
}

static struct configfs_group_operations subsystem_group_ops = {
	.make_group = make_host,
};

static const struct config_item_type subsystem_type = {
	.ct_group_ops = &subsystem_group_ops,
	.ct_owner = THIS_MODULE,
};

int __init pcisim_config_init(void)
{
	config_group_init_type_name(&subsystem.configfs.su_group, "pcisim", &subsystem_type);
	mutex_init(&subsystem.configfs.su_mutex);
	return configfs_register_subsystem(&subsystem.configfs);
}

void pcisim_config_exit(void)
{
	configfs_unregister_subsystem(&subsystem.configfs);
	mutex_destroy(&subsystem.configfs.su_mutex);
}
