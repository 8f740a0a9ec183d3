/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads one file of rules. Its format is in pcireset-rules(5). */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "rules/rules.h"

enum section {
	SECTION_NONE,
	SECTION_UNKNOWN,
	SECTION_MATCH,
	SECTION_RESET,
};

struct reader {
	struct pcireset_ctx *ctx;
	struct rules *rules;
	const char *path;
	unsigned int line;
	enum section section;
	unsigned int seen;         /* bit of each key that the rule has */
	size_t errors_before;      /* the rule */
	struct pcireset_rule rule; /* is being read if it has a place */
};

int rules_complain(struct rules *rules, const char *fmt, ...)
{
	char **errors = reallocarray(rules->errors, rules->nr_errors + 1, sizeof(*errors));
	va_list ap;
	int r;

	rules->has_failed = true;
	if (!errors)
		return -ENOMEM;
	rules->errors = errors;
	va_start(ap, fmt);
	r = vasprintf(&errors[rules->nr_errors], fmt, ap);
	va_end(ap);
	if (r < 0)
		return -ENOMEM;
	rules->nr_errors++;
	return 0;
}

#define complain(r, fmt, ...) \
	rules_complain((r)->rules, "%s:%u: " fmt, (r)->path, (r)->line, __VA_ARGS__)

void rule_clear(struct pcireset_rule *rule)
{
	char *const texts[] = { rule->where, rule->vendor,  rule->device, rule->subsystem,
				rule->slot,  rule->address, rule->reason };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	*rule = (struct pcireset_rule){ 0 };
}

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

/* ---- values: each returns 0, -EINVAL or -ENOMEM */

static int set(char **field, char *value)
{
	*field = value;
	return value ? 0 : -ENOMEM;
}

static bool has_wildcard(const char *s)
{
	return strpbrk(s, "*?");
}

/* Four digits, or fewer with a wildcard, and a NUL byte. */
#define ID_PATTERN_SIZE 5

/* "10de", "0x10de" or "22*"; adds leading zeros. False if the value is no such ID. */
static bool id_pattern(const char *value, size_t len, char pattern[ID_PATTERN_SIZE])
{
	char digits[ID_PATTERN_SIZE];
	size_t zeros;

	if (len > 2 && !strncasecmp(value, "0x", 2)) {
		value += 2;
		len -= 2;
	}
	if (!len || len >= ID_PATTERN_SIZE)
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)len, value);
	if (strspn(digits, "0123456789abcdefABCDEF*?") != len)
		return false;
	lower(digits);
	zeros = has_wildcard(digits) ? 0 : ID_PATTERN_SIZE - 1 - len;
	memset(pattern, '0', zeros);
	memcpy(pattern + zeros, digits, len + 1);
	return true;
}

static int take_id(struct reader *r, char **field, const char *value)
{
	char pattern[ID_PATTERN_SIZE];

	(void)r;
	return id_pattern(value, strlen(value), pattern) ? set(field, strdup(pattern)) : -EINVAL;
}

static int take_ids(struct reader *r, char **field, const char *value)
{
	const char *colon = strchr(value, ':');
	char vendor[ID_PATTERN_SIZE], device[ID_PATTERN_SIZE];

	(void)r;
	if (!colon || !id_pattern(value, (size_t)(colon - value), vendor) ||
	    !id_pattern(colon + 1, strlen(colon + 1), device))
		return -EINVAL;
	return set(field, format("%s:%s", vendor, device));
}

/* What no address can be like is a mistake, and would protect nothing. */
static int take_address(struct reader *r, char **field, const char *value)
{
	struct pcireset_addr addr;
	char *pattern = strdup(value);
	bool is_good;

	(void)r;
	if (!pattern)
		return -ENOMEM;
	lower(pattern);
	*field = pattern;
	if (has_wildcard(pattern))
		return strspn(pattern, "0123456789abcdef:.*?") == strlen(pattern) ? 0 : -EINVAL;
	is_good = addr_parse(pattern, strlen(pattern), &addr);
	if (!is_good) {
		*field = format("0000:%s", pattern);
		free(pattern);
		if (!*field)
			return -ENOMEM;
		is_good = addr_parse(*field, strlen(*field), &addr);
	}
	return is_good ? 0 : -EINVAL;
}

static int take_text(struct reader *r, char **field, const char *value)
{
	(void)r;
	return *value ? set(field, strdup(value)) : -EINVAL;
}

static int take_denies(struct reader *r, char **field, const char *value)
{
	(void)field;
	return pcireset_types_from_str(r->ctx, value, &r->rule.types[RULE_DENIES]) ? -EINVAL : 0;
}

static int take_delays(struct reader *r, char **field, const char *value)
{
	(void)field;
	return pcireset_types_from_str(r->ctx, value, &r->rule.types[RULE_DELAYS]) ? -EINVAL : 0;
}

static int take_delay(struct reader *r, char **field, const char *value)
{
	size_t len = strlen(value);
	unsigned long ms = len <= 6 ? strtoul(value, NULL, 10) : 0;

	(void)field;
	if (strspn(value, "0123456789") != len || !ms || ms > RULES_MAX_MS)
		return -EINVAL;
	r->rule.delay_ms = (uint32_t)ms;
	return 0;
}

#define FIELD(name) offsetof(struct pcireset_rule, name)

static const struct key {
	const char *name;
	enum section section;
	int (*take)(struct reader *r, char **field, const char *value);
	size_t field;
	const char *wants;
} keys[] = {
	{ "Vendor", SECTION_MATCH, take_id, FIELD(vendor), "up to four hexadecimal digits" },
	{ "Device", SECTION_MATCH, take_id, FIELD(device), "up to four hexadecimal digits" },
	{ "Subsystem", SECTION_MATCH, take_ids, FIELD(subsystem), "vendor:device" },
	{ "Slot", SECTION_MATCH, take_text, FIELD(slot), "the name of a slot" },
	{ "Address", SECTION_MATCH, take_address, FIELD(address), "[domain:]bus:device.function" },
	{ "Deny", SECTION_RESET, take_denies, 0, "types of reset" },
	{ "Reason", SECTION_RESET, take_text, FIELD(reason), "words" },
	{ "Delay", SECTION_RESET, take_delay, 0, "milliseconds, 1 to 600000" },
	{ "Types", SECTION_RESET, take_delays, 0, "types of reset" },
};

static const struct {
	enum section section;
	const char *name;
} sections[] = { { SECTION_MATCH, "Match" }, { SECTION_RESET, "Reset" } };

/* ---- rules */

/* Why what has been read is no rule, or NULL. */
static const char *what_is_missing(const struct pcireset_rule *rule)
{
	if (!rule->vendor && !rule->subsystem && !rule->slot && !rule->address)
		return rule->device ? "Device says nothing without Vendor" :
				      "[Match] is empty; for all functions say Address=*";
	if (rule->device && !rule->vendor)
		return "Device says nothing without Vendor";
	if (!rule->types[RULE_DENIES] && !rule->delay_ms)
		return "neither Deny nor Delay is given";
	if (rule->types[RULE_DENIES] && !rule->reason)
		return "Deny without Reason";
	if (rule->types[RULE_DELAYS] && !rule->delay_ms)
		return "Types without Delay";
	return NULL;
}

static int add_rule(struct reader *r)
{
	struct rules *rules = r->rules;
	struct pcireset_rule *v;

	if (rules->nr == RULES_MAX)
		return rules_complain(rules, "%s: more than %u rules", r->rule.where, RULES_MAX);
	v = array_room(rules->v, rules->nr, sizeof(*v));
	if (!v)
		return -ENOMEM;
	rules->v = v;
	if (r->rule.delay_ms && !r->rule.types[RULE_DELAYS])
		r->rule.types[RULE_DELAYS] = PCI_RESET_ANY;
	v[rules->nr++] = r->rule;
	r->rule = (struct pcireset_rule){ 0 };
	return 0;
}

/* What was wrong within it has been said: that it is not whole now is no other mistake. */
static int end_rule(struct reader *r)
{
	bool is_good = r->rule.where && r->rules->nr_errors == r->errors_before;
	const char *missing = is_good ? what_is_missing(&r->rule) : NULL;
	int ret = 0;

	if (missing)
		ret = rules_complain(r->rules, "%s: %s", r->rule.where, missing);
	else if (is_good)
		ret = add_rule(r);
	rule_clear(&r->rule);
	return ret;
}

static int begin_rule(struct reader *r)
{
	int ret = end_rule(r);

	r->seen = 0;
	r->errors_before = r->rules->nr_errors;
	return ret ? ret : set(&r->rule.where, format("%s:%u", r->path, r->line));
}

/* ---- lines */

static int take_section(struct reader *r, const char *name)
{
	enum section before = r->section;

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		if (strcmp(name, sections[i].name))
			continue;
		r->section = sections[i].section;
		if (r->section == SECTION_MATCH)
			return begin_rule(r);
		return before == SECTION_MATCH ?
			       0 :
			       complain(r, "%s", "[Reset] needs a [Match] of its own before it");
	}
	r->section = SECTION_UNKNOWN;
	return complain(r, "unknown section [%s]; known are [Match] and [Reset]", name);
}

static int take_value(struct reader *r, size_t key, const char *value)
{
	char **field = (char **)((char *)&r->rule + keys[key].field);
	int ret;

	if (r->section != keys[key].section)
		return complain(r, "%s does not belong in this section", keys[key].name);
	if (r->seen & 1u << key)
		return complain(r, "%s is given twice", keys[key].name);
	r->seen |= 1u << key;
	ret = keys[key].take(r, field, value);
	return ret == -EINVAL ?
		       complain(r, "%s=%s: expected %s", keys[key].name, value, keys[key].wants) :
		       ret;
}

static char *strip(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	end = s + strlen(s);
	while (end > s && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return s;
}

static int take_pair(struct reader *r, char *line)
{
	char *equals = strchr(line, '=');
	const char *name, *value;

	if (!equals)
		return complain(r, "\"%s\" is neither a section nor KEY=VALUE", line);
	*equals = '\0';
	name = strip(line);
	value = strip(equals + 1);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(name, keys[i].name))
			return take_value(r, i, value);
	return complain(r, "unknown key %s", name);
}

static int take_line(struct reader *r, char *line)
{
	size_t len;

	line = strip(line);
	len = strlen(line);
	if (!len || *line == '#' || *line == ';')
		return 0;
	if (*line == '[' && line[len - 1] == ']') {
		line[len - 1] = '\0';
		return take_section(r, line + 1);
	}
	/* The section itself was the mistake. */
	return r->section == SECTION_UNKNOWN ? 0 : take_pair(r, line);
}

/* Without "\n" the whole file is one line, and a comment if it begins with "#". */
static bool has_lone_return(const char *text)
{
	for (const char *p = text; (p = strchr(p, '\r'));) {
		p += strspn(p, "\r");
		if (*p && *p != '\n')
			return true;
	}
	return false;
}

int rules_read(struct pcireset_ctx *ctx, struct rules *rules, const struct rules_file *file)
{
	struct reader r = { .ctx = ctx, .rules = rules, .path = file->path };
	_cleanup_free_ char *copy = strdup(file->text);
	char *rest = copy, *line;
	int ret = copy ? 0 : -ENOMEM;

	if (strlen(file->text) != file->size)
		return rules_complain(rules, "%s: has a byte of zero, so it is no text",
				      file->path);
	if (has_lone_return(file->text))
		return rules_complain(rules, "%s: a carriage return is within a line", file->path);
	while (!ret && (line = strsep(&rest, "\n"))) {
		r.line++;
		ret = take_line(&r, line);
	}
	if (!ret)
		ret = end_rule(&r);
	rule_clear(&r.rule);
	return ret;
}
