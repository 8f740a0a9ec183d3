// SPDX-License-Identifier: GPL-2.0-only
/* Faults of certain resets: the conditions of a trigger, and the attributes that it changes. */
#include <linux/ctype.h>
#include <linux/jhash.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pcisim.h"
#include "pcisim_trace.h"

const char *const pcisim_ways[PCISIM_WAYS] = {
	[PCISIM_BUS] = "bus",
	[PCISIM_FLR] = "flr",
	[PCISIM_PM] = "pm",
	[PCISIM_POWER_ON] = "power_on",
};

/* The unit of a probability is 1 / BILLION. */
#define BILLION 1000000000

enum trigger_place {
	ON_FUNCTION = BIT(0),
	ON_PORT = BIT(1),
};

/* The bits of one reset in a history. */
#define WAY_MASK GENMASK(PCISIM_WAY_BITS - 1, 0)

static_assert(PCISIM_WAYS < WAY_MASK);

/* A behaviour attribute that a trigger can set for one reset. */
struct trigger_key {
	const char *name;
	u16 offset;
	u8 places;
	bool grows; /* accepts "+VALUE": grows with each reset */
	const char *word;
	u32 high;
};

#define KEY(key, field) .name = #key, .offset = offsetof(struct pcisim_faults, field)

/* ready_us applies to the reset that triggers the fault. */
static const struct trigger_key trigger_keys[] = {
	{ KEY(ready_us, ready_us), ON_FUNCTION, true, "never", U32_MAX - 1 },
	{ KEY(ignore, ignore), ON_FUNCTION, false, NULL, 1 },
	{ KEY(vanish, vanish), ON_FUNCTION, false, NULL, 1 },
	{ KEY(drop_us, drop_us), ON_FUNCTION, true, NULL, U32_MAX - 1 },
	{ KEY(return_serial, return_serial), ON_FUNCTION, false, NULL, U32_MAX },
	{ KEY(stuck, stuck), ON_FUNCTION, false, NULL, PCISIM_SPACE - 1 },
	{ KEY(link_up_us, link_up_us), ON_PORT, true, "never", U32_MAX - 1 },
	{ KEY(return_speed, return_speed), ON_PORT, false, NULL, 6 },
	{ KEY(return_width, return_width), ON_PORT, false, NULL, 32 },
	{ KEY(retrain_us, retrain_us), ON_PORT, true, NULL, U32_MAX - 1 },
	{ KEY(link_flaps, link_flaps), ON_PORT, false, NULL, 1 },
	{ KEY(lose_control, lose_control), ON_PORT, false, NULL, 1 },
};

static_assert(ARRAY_SIZE(trigger_keys) == PCISIM_TRIGGER_KEYS);

/* Numeric conditions. */
static const struct trigger_number {
	const char *name;
	u16 offset;
	u32 low;
} trigger_numbers[] = {
	{ "every", offsetof(struct pcisim_trigger, every), 1 },
	{ "at", offsetof(struct pcisim_trigger, at), 1 },
	{ "from", offsetof(struct pcisim_trigger, from), 1 },
	{ "seed", offsetof(struct pcisim_trigger, seed), 0 },
};

static const struct pcisim_faults no_faults = {
	.only = PCISIM_ALL,
	.link_events = 1,
};

/* ---- at a reset */

static bool is_subject(const struct pcisim_function *fn)
{
	u32 only = fn->node->faults.only;

	return only == PCISIM_ALL || only == fn->index;
}

/**
 * pcisim_faults_of - how a function behaves
 * @fn: the function
 *
 * Context: the host's hw lock is held.
 * Return: the faults of its last reset if it was triggered, else those of its node.
 */
const struct pcisim_faults *pcisim_faults_of(const struct pcisim_function *fn)
{
	if (fn->triggered)
		return &fn->faults;
	return is_subject(fn) ? &fn->node->faults : &no_faults;
}

/* The same seed selects the same resets, independently of other functions. */
static bool chance_hits(const struct pcisim_trigger *trigger, const struct pcisim_function *fn,
			u32 nth)
{
	u32 hash = jhash_3words(trigger->seed, fn->order, nth, 0);

	return (u64)hash * BILLION >> 32 < trigger->chance;
}

/* The number of resets since the triggers were written, counted over the trigger's types. */
static u32 trigger_nth(const struct pcisim_trigger *trigger, const struct pcisim_function *fn)
{
	u32 nth = 0;
	int way;

	for (way = 0; way < PCISIM_WAYS; way++)
		if (trigger->on & BIT(way))
			nth += fn->nth[way];
	return nth;
}

static u32 last_way(const struct pcisim_function *fn)
{
	return fn->history ? BIT((fn->history & WAY_MASK) - 1) : 0;
}

static bool trigger_hits(const struct pcisim_trigger *trigger, const struct pcisim_function *fn,
			 enum pcisim_way way)
{
	u32 nth = trigger_nth(trigger, fn);

	if (!(trigger->on & BIT(way)) || nth < trigger->from)
		return false;
	if (trigger->after && !(trigger->after & last_way(fn)))
		return false;
	if ((fn->history & trigger->sequence_mask) != trigger->sequence)
		return false;
	if (trigger->at && nth != trigger->at)
		return false;
	if (trigger->every && nth % trigger->every)
		return false;
	return !trigger->chance || chance_hits(trigger, fn, nth);
}

static u32 *fault_at(struct pcisim_faults *faults, unsigned int key, enum pcisim_way way)
{
	u32 *field = (u32 *)((u8 *)faults + trigger_keys[key].offset);

	return trigger_keys[key].offset == offsetof(struct pcisim_faults, ready_us) ? field + way :
										      field;
}

static u32 trigger_value(const struct pcisim_trigger *trigger, unsigned int key, u32 usual, u32 nth)
{
	u32 times = nth - max(trigger->from, 1U) + 1;

	if (!(trigger->grow & BIT(key)) || usual == PCISIM_NEVER)
		return trigger->value[key];
	return min_t(u64, usual + (u64)trigger->value[key] * times, PCISIM_NEVER - 1);
}

static void trigger_set_faults(const struct pcisim_trigger *trigger, struct pcisim_function *fn,
			       enum pcisim_way way)
{
	u32 nth = trigger_nth(trigger, fn);
	unsigned int key;
	u32 *field;

	for (key = 0; key < PCISIM_TRIGGER_KEYS; key++) {
		if (!(trigger->set & BIT(key)))
			continue;
		field = fault_at(&fn->faults, key, way);
		*field = trigger_value(trigger, key, *field, nth);
		/* Faults of this reset, and so of its type. */
		if (field == &fn->faults.ignore)
			*field = *field ? BIT(way) : 0;
	}
}

static void trigger_lose(struct pcisim_function *fn, u32 offset)
{
	memcpy(fn->space + offset, fn->template->initial + offset, 4);
	if (fn->port)
		pcisim_route(fn->node->host);
}

static void trigger_hit(const struct pcisim_trigger *trigger, struct pcisim_function *fn)
{
	if (trigger->lose)
		trigger_lose(fn, trigger->lose);
	if (trigger->error)
		pcisim_error(fn, trigger->error);
	if (trigger->correctable)
		pcisim_correctable(fn, trigger->correctable);
}

/*
 * The error hits the victim immediately, or the function itself if there is no victim. An
 * error can reset other functions. Their triggers hit no victim, to avoid a circle.
 */
static void trigger_strike(const struct pcisim_trigger *trigger, struct pcisim_function *fn)
{
	struct pcisim_node *victim = trigger->victim;
	struct pcisim_host *host = fn->node->host;
	u32 i;

	if (host->striking)
		return;
	host->striking = true;
	if (!victim)
		trigger_hit(trigger, fn);
	for (i = 0; victim && i < victim->shape.count; i++)
		if (trigger->victim_index == PCISIM_ALL || trigger->victim_index == i)
			trigger_hit(trigger, &victim->functions[i]);
	host->striking = false;
}

/**
 * pcisim_trigger - count a reset, and choose its faults
 * @fn: the function that is reset, or the port whose link goes down
 * @way: how
 *
 * Context: the host's hw lock is held.
 */
void pcisim_trigger(struct pcisim_function *fn, enum pcisim_way way)
{
	struct pcisim_node *node = fn->node;
	struct pcisim_trigger *trigger;
	unsigned int i;

	fn->triggered = false;
	if (!node->trigger_count || !is_subject(fn))
		return;
	fn->nth[way]++;
	fn->faults = node->faults;
	for (i = 0; i < node->trigger_count; i++) {
		trigger = &node->triggers[i];
		if (!trigger_hits(trigger, fn, way))
			continue;
		fn->triggered = true;
		trigger->fired++;
		trigger_set_faults(trigger, fn, way);
		trigger_strike(trigger, fn);
		trace_pcisim_trigger(node->host->domain, fn->bus->number, fn->devfn, way, i,
				     trigger_nth(trigger, fn));
	}
	fn->history = fn->history << PCISIM_WAY_BITS | (way + 1);
}

/* ---- parsing */

static int parse_ways(const char *value, u32 *ways)
{
	int way = sysfs_match_string(pcisim_ways, value);

	if (way < 0)
		return -EINVAL;
	*ways |= BIT(way);
	return 0;
}

/* One way; or several with commas, the oldest first: that sequence. */
static int parse_after(char *value, struct pcisim_trigger *trigger)
{
	char *word;
	int way, nr;

	if (!strchr(value, ','))
		return parse_ways(value, &trigger->after);
	if (trigger->sequence_mask)
		return -EINVAL;
	for (nr = 0; (word = strsep(&value, ",")); nr++) {
		way = sysfs_match_string(pcisim_ways, word);
		if (way < 0 || nr == PCISIM_HISTORY)
			return -EINVAL;
		trigger->sequence = trigger->sequence << PCISIM_WAY_BITS | (way + 1);
		trigger->sequence_mask = trigger->sequence_mask << PCISIM_WAY_BITS | WAY_MASK;
	}
	return 0;
}

/* A decimal fraction: 1 is certain. */
static int parse_chance(const char *value, u32 *chance)
{
	u32 scale = BILLION / 10;

	if (*value != '0' && *value != '1')
		return -EINVAL;
	*chance = (*value++ - '0') * BILLION;
	if (!*value)
		return *chance ? 0 : -ERANGE;
	if (*value++ != '.' || !*value)
		return -EINVAL;
	for (; *value; value++, scale /= 10) {
		if (!isdigit(*value) || !scale)
			return -EINVAL;
		*chance += (*value - '0') * scale;
	}
	return *chance && *chance <= BILLION ? 0 : -ERANGE;
}

/* A register that a reset changes: never the IDs, which pcisim needs. */
static int parse_lose(const char *value, u32 *offset)
{
	int error = kstrtou32(value, 0, offset);

	if (error)
		return error;
	if (*offset & 3)
		return -EINVAL;
	return *offset < 4 || *offset > PCISIM_SPACE - 4 ? -ERANGE : 0;
}

/* PATH below the host's directory, and :INDEX for one of several functions. */
static int parse_victim(struct pcisim_node *node, char *value, struct pcisim_trigger *trigger)
{
	char *path = strsep(&value, ":");
	int error;

	trigger->victim_index = PCISIM_ALL;
	trigger->victim = pcisim_find_node(node->host, path);
	if (!trigger->victim)
		return -ENOENT;
	if (!value)
		return 0;
	error = kstrtou32(value, 0, &trigger->victim_index);
	if (error)
		return error;
	return trigger->victim_index < trigger->victim->shape.count ? 0 : -ERANGE;
}

static int parse_key(const struct pcisim_node *node, unsigned int i, const char *value,
		     struct pcisim_trigger *trigger)
{
	const struct trigger_key *key = &trigger_keys[i];
	u8 place = pcisim_is_port(node) ? ON_PORT : ON_FUNCTION;
	int error;

	if (!(key->places & place))
		return -EOPNOTSUPP;
	if (*value == '+') {
		if (!key->grows)
			return -EINVAL;
		trigger->grow |= BIT(i);
		value++;
	}
	trigger->set |= BIT(i);
	if (key->word && !strcmp(value, key->word)) {
		trigger->value[i] = U32_MAX;
		return trigger->grow & BIT(i) ? -EINVAL : 0;
	}
	error = kstrtou32(value, 0, &trigger->value[i]);
	if (error)
		return error;
	return trigger->value[i] > key->high ? -ERANGE : 0;
}

static int parse_number(const struct trigger_number *number, const char *value,
			struct pcisim_trigger *trigger)
{
	u32 *field = (u32 *)((u8 *)trigger + number->offset);
	int error = kstrtou32(value, 0, field);

	if (error)
		return error;
	return *field < number->low ? -ERANGE : 0;
}

static int parse_special(struct pcisim_node *node, const char *name, char *value,
			 struct pcisim_trigger *trigger)
{
	if (!strcmp(name, "on"))
		return parse_ways(value, &trigger->on);
	if (!strcmp(name, "after"))
		return parse_after(value, trigger);
	if (!strcmp(name, "chance"))
		return parse_chance(value, &trigger->chance);
	if (!strcmp(name, "lose"))
		return parse_lose(value, &trigger->lose);
	if (!strcmp(name, "error"))
		return kstrtou32(value, 0, &trigger->error);
	if (!strcmp(name, "correctable"))
		return kstrtou32(value, 0, &trigger->correctable);
	if (!strcmp(name, "victim"))
		return parse_victim(node, value, trigger);
	return -EINVAL;
}

/* One NAME=VALUE. */
static int parse_word(struct pcisim_node *node, char *word, struct pcisim_trigger *trigger)
{
	char *name = strsep(&word, "=");
	unsigned int i;

	if (!word || !*word)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(trigger_keys); i++)
		if (!strcmp(name, trigger_keys[i].name))
			return parse_key(node, i, word, trigger);
	for (i = 0; i < ARRAY_SIZE(trigger_numbers); i++)
		if (!strcmp(name, trigger_numbers[i].name))
			return parse_number(&trigger_numbers[i], word, trigger);
	return parse_special(node, name, word, trigger);
}

static const char *trigger_reason(int error)
{
	switch (error) {
	case -ENOENT:
		return "no such directory";
	case -EOPNOTSUPP:
		return "not for a function of this kind";
	case -ERANGE:
		return "out of range";
	default:
		return "invalid";
	}
}

static int parse_trigger(struct pcisim_node *node, char *text, struct pcisim_trigger *trigger)
{
	char *word;
	int error;

	*trigger = (struct pcisim_trigger){ .victim_index = PCISIM_ALL };
	while ((word = strsep(&text, " \t\n"))) {
		error = *word ? parse_word(node, word, trigger) : 0;
		if (error) {
			pr_err("pcisim: triggers: %s: %s\n", word, trigger_reason(error));
			return error;
		}
	}
	if (!trigger->on)
		trigger->on = BIT(PCISIM_BUS) | BIT(PCISIM_FLR) | BIT(PCISIM_PM);
	if (!trigger->set && !trigger->lose && !trigger->error && !trigger->correctable) {
		pr_err("pcisim: triggers: nothing to set, lose or report\n");
		return -EINVAL;
	}
	return 0;
}

/* Each write restarts the counts, so that the next reset is the first. */
static void restart_counts(struct pcisim_node *node)
{
	struct pcisim_function *fn;
	u32 i;

	for (i = 0; node->functions && i < node->shape.count; i++) {
		fn = &node->functions[i];
		memset(fn->nth, 0, sizeof(fn->nth));
		fn->history = 0;
	}
	for (i = 0; i < node->trigger_count; i++)
		node->triggers[i].fired = 0;
}

/**
 * pcisim_triggers_clear - remove all triggers of a node
 * @node: the node
 *
 * The current faults stay until the next reset.
 *
 * Context: host->lock is held.
 */
void pcisim_triggers_clear(struct pcisim_node *node)
{
	raw_spin_lock_irq(&node->host->hw);
	node->trigger_count = 0;
	restart_counts(node);
	raw_spin_unlock_irq(&node->host->hw);
}

/**
 * pcisim_triggers_forget - remove the triggers whose victim is a node
 * @victim: the node
 *
 * Context: host->lock is held.
 */
void pcisim_triggers_forget(struct pcisim_node *victim)
{
	struct pcisim_node *node;
	unsigned int i;

	list_for_each_entry(node, &victim->host->nodes, entry)
		for (i = 0; i < node->trigger_count; i++)
			if (node->triggers[i].victim == victim) {
				pcisim_triggers_clear(node);
				break;
			}
}

/**
 * pcisim_triggers_add - add a trigger to a node
 * @node: the node
 * @text: NAME=VALUE words
 *
 * Context: host->lock is held.
 * Return: 0, -ENOMEM, -ENOSPC if the node has no room for it, -ENOENT if the
 * victim does not exist, -EOPNOTSUPP for an attribute that the kind lacks,
 * -ERANGE or -EINVAL for any other invalid word.
 */
int pcisim_triggers_add(struct pcisim_node *node, const char *text)
{
	struct pcisim_trigger trigger;
	char *copy;
	int error;

	if (node->trigger_count == PCISIM_TRIGGERS)
		return -ENOSPC;
	copy = kstrdup(text, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	error = parse_trigger(node, copy, &trigger);
	kfree(copy);
	if (error)
		return error;
	raw_spin_lock_irq(&node->host->hw);
	node->triggers[node->trigger_count++] = trigger;
	restart_counts(node);
	raw_spin_unlock_irq(&node->host->hw);
	return 0;
}

/* ---- printing */

static int show_ways(char *page, int at, const char *name, u32 ways)
{
	int start = at, way;

	for (way = 0; way < PCISIM_WAYS; way++)
		if (ways & BIT(way))
			at += sysfs_emit_at(page, at, "%s=%s ", name, pcisim_ways[way]);
	return at - start;
}

static int show_sequence(char *page, int at, const struct pcisim_trigger *trigger)
{
	int start = at, nr = hweight32(trigger->sequence_mask) / PCISIM_WAY_BITS, way;

	if (!nr)
		return 0;
	at += sysfs_emit_at(page, at, "after=");
	while (nr--) {
		way = (trigger->sequence >> nr * PCISIM_WAY_BITS & WAY_MASK) - 1;
		at += sysfs_emit_at(page, at, "%s%s", pcisim_ways[way], nr ? "," : " ");
	}
	return at - start;
}

static int show_conditions(char *page, int at, const struct pcisim_trigger *trigger)
{
	int start = at;
	unsigned int i;
	u32 value;

	at += show_ways(page, at, "on", trigger->on);
	at += show_ways(page, at, "after", trigger->after);
	at += show_sequence(page, at, trigger);
	for (i = 0; i < ARRAY_SIZE(trigger_numbers); i++) {
		value = *(const u32 *)((const u8 *)trigger + trigger_numbers[i].offset);
		if (value)
			at += sysfs_emit_at(page, at, "%s=%u ", trigger_numbers[i].name, value);
	}
	if (trigger->chance)
		at += sysfs_emit_at(page, at, "chance=%u.%09u ", trigger->chance / BILLION,
				    trigger->chance % BILLION);
	return at - start;
}

static int show_keys(char *page, int at, const struct pcisim_trigger *trigger)
{
	int start = at;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(trigger_keys); i++) {
		if (!(trigger->set & BIT(i)))
			continue;
		at += sysfs_emit_at(page, at, "%s=%s", trigger_keys[i].name,
				    trigger->grow & BIT(i) ? "+" : "");
		if (trigger_keys[i].word && trigger->value[i] == U32_MAX)
			at += sysfs_emit_at(page, at, "%s ", trigger_keys[i].word);
		else
			at += sysfs_emit_at(page, at, "%u ", trigger->value[i]);
	}
	return at - start;
}

static int show_strike(char *page, int at, const struct pcisim_trigger *trigger)
{
	int start = at;

	if (trigger->lose)
		at += sysfs_emit_at(page, at, "lose=%#x ", trigger->lose);
	if (trigger->error)
		at += sysfs_emit_at(page, at, "error=%#x ", trigger->error);
	if (trigger->correctable)
		at += sysfs_emit_at(page, at, "correctable=%#x ", trigger->correctable);
	if (trigger->victim) {
		at += sysfs_emit_at(page, at, "victim=");
		at += pcisim_show_path(page, at, trigger->victim);
		if (trigger->victim_index != PCISIM_ALL)
			at += sysfs_emit_at(page, at, ":%u", trigger->victim_index);
		at += sysfs_emit_at(page, at, " ");
	}
	return at - start;
}

/**
 * pcisim_triggers_show - print the triggers of a node, a line each, as they can be written
 * @node: the node
 * @page: where to
 *
 * Context: host->lock is held.
 * Return: how many bytes.
 */
int pcisim_triggers_show(struct pcisim_node *node, char *page)
{
	const struct pcisim_trigger *trigger;
	unsigned int i;
	int at = 0;

	for (i = 0; i < node->trigger_count; i++) {
		trigger = &node->triggers[i];
		at += show_conditions(page, at, trigger);
		at += show_keys(page, at, trigger);
		at += show_strike(page, at, trigger);
		if (at)
			page[at - 1] = '\n';
	}
	return at;
}

/**
 * pcisim_triggers_show_fired - print how often each trigger of a node has fired
 * @node: the node
 * @page: where to
 *
 * Context: host->lock is held.
 * Return: how many bytes.
 */
int pcisim_triggers_show_fired(struct pcisim_node *node, char *page)
{
	unsigned int i;
	int at = 0;

	for (i = 0; i < node->trigger_count; i++)
		at += sysfs_emit_at(page, at, "%u\n", READ_ONCE(node->triggers[i].fired));
	return at;
}
