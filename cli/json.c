/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON for programs: new keys may appear, but no key changes its meaning. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "machine.h"

#define FORMAT 1

static json_object *new_string(const char *s)
{
	json_object *o;
	char *copy;

	if (!s)
		return NULL;
	copy = utf8(text("%s", s));
	o = must(json_object_new_string(copy));
	free(copy);
	return o;
}

static json_object *new_hex(uint32_t value, int digits)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "0x%0*x", digits, value);
	return new_string(buf);
}

/* Milliseconds with one decimal. More digits would be noise. */
static json_object *new_ms(uint64_t ns)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%.1f", (double)ns / 1e6);
	return must(json_object_new_double_s(strtod(buf, NULL), buf));
}

static void object_add(json_object *object, const char *key, json_object *value)
{
	if (json_object_object_add(object, key, value))
		must(NULL);
}

static void array_append(json_object *array, json_object *value)
{
	if (json_object_array_add(array, value))
		must(NULL);
}

static json_object *new_object(void)
{
	return must(json_object_new_object());
}

static json_object *new_array(void)
{
	return must(json_object_new_array());
}

/* Keys that are null or empty because the value is unknown, not because it is absent. */
static json_object *not_known(void)
{
	json_object *list = new_array();

	array_append(list, new_string("driver"));
	array_append(list, new_string("users"));
	array_append(list, new_string("slot"));
	return list;
}

static json_object *notes_of(const struct pcireset_ctx *ctx)
{
	json_object *list = new_array();
	const char *note;

	for (size_t i = 0; (note = pcireset_ctx_get_note(ctx, i)); i++)
		array_append(list, new_string(note));
	return list;
}

json_object *json_document(struct pcireset_ctx *ctx, const char *key, json_object *list)
{
	json_object *document = new_object();

	object_add(document, "pcireset", must(json_object_new_int(FORMAT)));
	object_add(document, "backend",
		   new_string(pcireset_backend_to_str(pcireset_ctx_get_backend(ctx))));
	if (pcireset_ctx_is_dump(ctx))
		object_add(document, "unknown", not_known());
	if (pcireset_ctx_get_note(ctx, 0))
		object_add(document, "notes", notes_of(ctx));
	object_add(document, key, list);
	return document;
}

static json_object *new_address(const struct pcireset_addr *addr)
{
	char buf[PCIRESET_ADDR_STR_MAX];

	return new_string(pcireset_addr_to_str(addr, buf));
}

/* The indentation of json-c for such an array, in a device of a list of a document. */
#define SCOPE_INDENT "        "

/* A bus reset may affect many functions, so they are printed as one piece. */
static json_object *new_scope(struct pcireset_dev *dev, uint32_t type)
{
	json_object *o = new_array();
	const struct pcireset_member *member;
	char buf[PCIRESET_ADDR_STR_MAX], *all = NULL;
	size_t size = 0;
	FILE *f;

	if (!pcireset_dev_get_nr_members(dev, type))
		return o;
	f = must(open_memstream(&all, &size));
	for (size_t i = 0; (member = pcireset_dev_get_member(dev, type, i)); i++)
		fprintf(f, "%s\n" SCOPE_INDENT "  \"%s\"", i ? "," : "[",
			pcireset_addr_to_str(&member->addr, buf));
	fputs("\n" SCOPE_INDENT "]", f);
	if (ferror(f) | fclose(f))
		must(NULL);
	must(all);
	json_object_set_serializer(o, json_object_userdata_to_json_string, all,
				   json_object_free_userdata);
	return o;
}

static bool has_same_scope(struct pcireset_dev *a, struct pcireset_dev *b, uint32_t type)
{
	const struct pcireset_member *x, *y;
	size_t i = 0;

	do {
		x = pcireset_dev_get_member(a, type, i);
		y = pcireset_dev_get_member(b, type, i);
		i++;
	} while (x && y && !memcmp(&x->addr, &y->addr, sizeof(x->addr)));
	return !x && !y;
}

/* A reset of a bus affects the same functions for each function on it. */
static json_object *scope_of(struct pcireset_dev *dev, uint32_t type, const char *name,
			     const struct json_devices *devices)
{
	json_object *scope, *list;

	if (devices->last && type & PCI_RESET_LINK &&
	    has_same_scope(dev, devices->last_dev, type) &&
	    json_object_object_get_ex(devices->last, "scope", &scope) &&
	    json_object_object_get_ex(scope, name, &list))
		return json_object_get(list);
	return new_scope(dev, type);
}

static void add_types(json_object *o, struct pcireset_dev *dev, const struct json_devices *devices)
{
	json_object *types = new_array(), *why_not = new_object(), *scope = new_object();
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++) {
		uint32_t flags = pcireset_dev_get_type_flags(dev, type);
		const char *name = pcireset_type_to_str(type, flags);

		if (!(pcireset_dev_get_types(dev) & type)) {
			object_add(why_not, pcireset_type_to_str(type, 0),
				   new_string(pcireset_dev_get_why_not_text(dev, type)));
			continue;
		}
		array_append(types, new_string(name));
		object_add(scope, name, scope_of(dev, type, name, devices));
	}
	object_add(o, "types", types);
	object_add(o, "why_not", why_not);
	object_add(o, "scope", scope);
}

static void add_users(json_object *o, struct pcireset_dev *dev)
{
	json_object *users = new_array(), *details = new_object();
	const char *user, *detail;

	for (size_t i = 0; (user = pcireset_dev_get_user(dev, i, NULL)); i++) {
		json_object *name = new_string(user);

		array_append(users, name);
		detail = pcireset_dev_get_user_detail(dev, i);
		/* Use the name from the list: the node's own name may be arbitrary bytes. */
		if (detail)
			object_add(details, json_object_get_string(name), new_string(detail));
	}
	object_add(o, "users", users);
	object_add(o, "user_details", details);
}

static json_object *types_list(uint32_t mask, uint32_t flags)
{
	json_object *list = new_array();
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++)
		if (mask & type)
			array_append(list, new_string(pcireset_type_to_str(type, flags)));
	return list;
}

static json_object *rule_object(const struct pcireset_rule *rule)
{
	uint32_t delay_ms = pcireset_rule_get_delay_ms(rule);
	json_object *o = new_object();

	object_add(o, "where", new_string(pcireset_rule_get_where(rule)));
	object_add(o, "denies", types_list(pcireset_rule_get_denied(rule), 0));
	object_add(o, "delays", types_list(pcireset_rule_get_delayed(rule), 0));
	object_add(o, "delay_ms", delay_ms ? must(json_object_new_int64(delay_ms)) : NULL);
	object_add(o, "reason", new_string(pcireset_rule_get_reason(rule)));
	return o;
}

/* Only where there are any. */
static void add_rules(json_object *o, const struct pcireset_dev *dev)
{
	const struct pcireset_rule *rule;
	json_object *rules;

	if (!pcireset_dev_get_rule(dev, 0))
		return;
	rules = new_array();
	for (size_t i = 0; (rule = pcireset_dev_get_rule(dev, i)); i++)
		array_append(rules, rule_object(rule));
	object_add(o, "rules", rules);
}

/*
 * For a missing function: the command that re-enumerates it, or null if only a power
 * cycle helps.
 */
static void add_way_out(json_object *o, struct pcireset_dev *dev)
{
	char *command;

	if (pcireset_dev_get_types(dev) || !pcireset_dev_get_topmost_gone(dev))
		return;
	command = way_to_find(dev);
	object_add(o, "way_out", new_string(command));
	free(command);
}

/* Return the object, which belongs to the array, to add more keys. */
json_object *json_add_device(struct json_devices *devices, struct pcireset_dev *dev)
{
	json_object *o = new_object();

	object_add(o, "device", new_string(pcireset_dev_get_name(dev)));
	object_add(o, "vendor", new_hex(pcireset_dev_get_vendor(dev), 4));
	object_add(o, "id", new_hex(pcireset_dev_get_device(dev), 4));
	object_add(o, "class", new_hex(pcireset_dev_get_class(dev), 6));
	object_add(o, "driver", new_string(pcireset_dev_get_driver(dev)));
	add_types(o, dev, devices);
	add_users(o, dev);
	add_rules(o, dev);
	add_way_out(o, dev);
	array_append(devices->array, o);
	devices->last = o;
	devices->last_dev = dev;
	return o;
}

static const char *type_name(uint32_t type, uint32_t flags)
{
	return type ? pcireset_type_to_str(type, flags) : NULL;
}

void json_add_plan(json_object *o, struct pcireset_plan *plan)
{
	uint32_t type = pcireset_plan_get_type(plan);
	const struct pcireset_dev *leader = pcireset_plan_get_leader(plan);
	uint64_t expected = pcireset_plan_get_expected_ns(plan);
	json_object *members = new_array(), *unknown = new_array();
	const struct pcireset_member *member;
	const char *words;

	for (size_t i = 0; (member = pcireset_plan_get_member(plan, i)); i++)
		array_append(members, new_address(&member->addr));
	for (size_t i = 0; (words = pcireset_plan_get_unknown(plan, i)); i++)
		array_append(unknown, new_string(words));
	object_add(o, "chosen", new_string(type_name(type, pcireset_plan_get_type_flags(plan))));
	object_add(o, "chosen_why", new_string(pcireset_plan_get_choice(plan)));
	object_add(o, "shares", new_string(leader ? pcireset_dev_get_name(leader) : NULL));
	object_add(o, "expected_ms", expected ? new_ms(expected) : NULL);
	if (pcireset_plan_get_delay_ms(plan))
		object_add(o, "delay_ms",
			   must(json_object_new_int64(pcireset_plan_get_delay_ms(plan))));
	object_add(o, "reaches", new_string(pcireset_scope_to_str(pcireset_plan_get_scope(plan))));
	object_add(o, "members", members);
	object_add(o, "refused", new_string(pcireset_plan_get_message(plan)));
	object_add(o, "unknown", unknown);
	object_add(o, "error",
		   pcireset_plan_get_error(plan) ?
			   new_string(pcireset_errno_to_str(pcireset_plan_get_error(plan))) :
			   NULL);
}

static json_object *new_checks(uint32_t mask)
{
	json_object *list = new_array();

	for (uint32_t bit = 1; bit; bit <<= 1)
		if (mask & bit)
			array_append(list, new_string(pcireset_check_to_str(bit)));
	return list;
}

static json_object *member_object(const struct pcireset_member *member)
{
	json_object *o = new_object();

	object_add(o, "device", new_address(&member->addr));
	object_add(o, "reset",
		   must(json_object_new_boolean(!!(member->flags & PCIRESET_MEMBER_RESET))));
	object_add(o, "state", new_string(pcireset_state_to_str(member->state)));
	object_add(o, "proof", new_string(pcireset_proof_to_str(member->proof)));
	object_add(o, "failed_checks", new_checks(member->failed));
	object_add(o, "offset",
		   member->failed & PCIRESET_CHECK_CONFIG ? new_hex(member->offset, 3) : NULL);
	object_add(o, "ready_ms", new_ms(member->ready_ns));
	object_add(o, "late",
		   must(json_object_new_boolean(!!(member->flags & PCIRESET_MEMBER_LATE))));
	return o;
}

static json_object *reset_object(struct pcireset_dev *dev)
{
	json_object *o = new_object(), *devices = new_array();

	array_append(devices, new_string(pcireset_dev_get_name(dev)));
	object_add(o, "devices", devices);
	return o;
}

json_object *json_report(struct pcireset_dev *dev, const struct pcireset_report *report)
{
	json_object *o = reset_object(dev), *members = new_array();
	uint32_t flags = pcireset_report_get_type_flags(report);
	int r = pcireset_report_get_error(report);
	const struct pcireset_member *member;

	for (size_t i = 0; (member = pcireset_report_get_member(report, i)); i++)
		array_append(members, member_object(member));
	object_add(o, "result",
		   new_string(pcireset_result_to_str(pcireset_report_get_result(report))));
	object_add(o, "type", new_string(type_name(pcireset_report_get_type(report), flags)));
	object_add(o, "issued", types_list(pcireset_report_get_issued(report), flags));
	object_add(o, "members", members);
	object_add(o, "error", r ? new_string(pcireset_errno_to_str(r)) : NULL);
	object_add(o, "message", new_string(pcireset_report_get_message(report)));
	object_add(o, "failed_checks", new_checks(pcireset_report_get_failed_checks(report)));
	object_add(o, "proof",
		   new_string(pcireset_proof_to_str(pcireset_report_get_proof(report))));
	object_add(o, "wait_ms", new_ms(pcireset_report_get_wait_ns(report)));
	object_add(o, "total_ms", new_ms(pcireset_report_get_total_ns(report)));
	return o;
}

/* For a device without a report: nothing was touched. */
json_object *json_failure(struct pcireset_dev *dev, int r, const char *message)
{
	json_object *o = reset_object(dev);

	object_add(o, "result", new_string(pcireset_result_to_str(PCIRESET_RESULT_REFUSED)));
	object_add(o, "type", NULL);
	object_add(o, "issued", new_array());
	object_add(o, "members", new_array());
	object_add(o, "error", new_string(pcireset_errno_to_str(r)));
	object_add(o, "message", new_string(message));
	object_add(o, "failed_checks", new_array());
	object_add(o, "proof", new_string(pcireset_proof_to_str(PCIRESET_PROOF_NONE)));
	object_add(o, "wait_ms", new_ms(0));
	object_add(o, "total_ms", new_ms(0));
	return o;
}

static json_object *difference_object(const struct pcireset_difference *difference)
{
	json_object *o = new_object();

	object_add(o, "device", new_string(pcireset_difference_get_device(difference)));
	object_add(o, "what", new_string(pcireset_difference_get_what(difference)));
	object_add(o, "was", new_string(pcireset_difference_get_was(difference)));
	object_add(o, "now", new_string(pcireset_difference_get_now(difference)));
	return o;
}

static json_object *function_names(const struct pcireset_reenumeration *steps,
				   const char *(*get)(const struct pcireset_reenumeration *, size_t,
						      const char **))
{
	json_object *list = new_array();
	const char *name;

	for (size_t i = 0; steps && (name = get(steps, i, NULL)); i++)
		array_append(list, new_string(name));
	return list;
}

static void add_differences(json_object *o, const struct pcireset_reenumeration *steps)
{
	json_object *changes = new_array(), *missing = new_array();
	const struct pcireset_difference *d;

	for (size_t i = 0; steps && (d = pcireset_reenumeration_get_difference(steps, i)); i++)
		array_append(pcireset_difference_is_missing(d) ? missing : changes,
			     difference_object(d));
	object_add(o, "changes", changes);
	object_add(o, "missing", missing);
}

/* null for unknown */
static json_object *new_sign(const struct pcireset_reenumeration *steps, enum pcireset_sign sign)
{
	int r = pcireset_reenumeration_get_sign(steps, sign);

	return r < 0 ? NULL : must(json_object_new_boolean(r));
}

static json_object *new_power(const struct pcireset_reenumeration *steps)
{
	enum pcireset_power power = pcireset_reenumeration_get_power(steps);
	json_object *o = new_object();

	object_add(o, "method", new_string(pcireset_power_to_str(power)));
	object_add(o, "port", new_string(pcireset_reenumeration_get_port(steps)));
	object_add(o, "slot", new_string(pcireset_reenumeration_get_slot(steps)));
	object_add(o, "off", new_sign(steps, PCIRESET_SIGN_OFF));
	object_add(o, "absent", new_sign(steps, PCIRESET_SIGN_ABSENT));
	object_add(o, "link_down", new_sign(steps, PCIRESET_SIGN_LINK_DOWN));
	object_add(o, "forgot", new_sign(steps, PCIRESET_SIGN_FORGOT));
	return o;
}

/* The way to cut the power of a device, for show. */
void json_add_power_cycle(json_object *device, struct pcireset_dev *dev)
{
	struct pcireset_dev *port;
	const char *words;
	enum pcireset_power power = pcireset_dev_get_power(dev, &port, &words);
	bool is_possible = power == PCIRESET_POWER_SLOT || power == PCIRESET_POWER_D3COLD;
	json_object *o = new_object();

	object_add(o, "possible",
		   power == PCIRESET_POWER_UNKNOWN ? NULL :
						     must(json_object_new_boolean(is_possible)));
	object_add(o, "method", new_string(is_possible ? pcireset_power_to_str(power) : NULL));
	object_add(o, "port", new_string(is_possible ? pcireset_dev_get_name(port) : NULL));
	object_add(o, "slot", new_string(power == PCIRESET_POWER_SLOT ? words : NULL));
	object_add(o, "message", new_string(is_possible ? NULL : words));
	object_add(device, "power_cycle", o);
}

json_object *json_reenumeration(const struct json_reenumeration *shown)
{
	const struct pcireset_reenumeration *steps = shown->steps;
	const struct pcireset_report *report = steps ? pcireset_reenumeration_get_report(steps) :
						       NULL;
	uint32_t type = steps ? pcireset_reenumeration_get_type(steps) : 0;
	json_object *o = new_object();

	object_add(o, "device", new_string(pcireset_dev_get_name(shown->dev)));
	object_add(o, "result", new_string(shown->result));
	object_add(o, "type", new_string(type ? pcireset_type_to_str(type, 0) : NULL));
	object_add(o, "reset", report ? json_report(shown->dev, report) : NULL);
	object_add(o, "power",
		   steps && pcireset_reenumeration_get_power(steps) ? new_power(steps) : NULL);
	object_add(o, "before", function_names(steps, pcireset_reenumeration_get_before));
	object_add(o, "after", function_names(steps, pcireset_reenumeration_get_after));
	add_differences(o, steps);
	object_add(o, "error",
		   shown->error ? new_string(pcireset_errno_to_str(shown->error)) : NULL);
	object_add(o, "message", new_string(shown->message));
	return o;
}

json_object *json_finding(const char *check, const char *verdict, const char *device,
			  const char *finding, const char *todo)
{
	json_object *o = new_object();

	object_add(o, "check", new_string(check));
	object_add(o, "result", new_string(verdict));
	object_add(o, "device", new_string(device));
	object_add(o, "finding", new_string(finding));
	object_add(o, "todo", new_string(todo));
	return o;
}

/* One object in a stream of objects. */
json_object *json_event(const char *event, const char *time, const char *device)
{
	json_object *o = new_object();

	object_add(o, "pcireset", must(json_object_new_int(FORMAT)));
	object_add(o, "event", new_string(event));
	object_add(o, "time", new_string(time));
	if (device)
		object_add(o, "device", new_string(device));
	return o;
}

void json_add_string(json_object *o, const char *key, const char *value)
{
	object_add(o, key, new_string(value));
}

void json_add_number(json_object *o, const char *key, uint64_t value)
{
	object_add(o, key, must(json_object_new_int64((int64_t)value)));
}

void json_add_bool(json_object *o, const char *key, bool value)
{
	object_add(o, key, must(json_object_new_boolean(value)));
}

/* null for an unknown speed */
void json_add_speed(json_object *o, const char *key, uint32_t mts)
{
	object_add(o, key, mts ? must(json_object_new_double(mts / 1000.0)) : NULL);
}

/* The link that a reset has trained; null if it could not be read. */
void json_add_link(json_object *o, const struct pcireset_link *link)
{
	json_object *state = link ? new_object() : NULL;

	if (link) {
		object_add(state, "port",
			   new_string(pcireset_dev_get_name(pcireset_link_get_port(link))));
		json_add_bool(state, "up", pcireset_link_is_up(link));
		json_add_speed(state, "speed_gts", pcireset_link_get_speed(link));
		json_add_number(state, "width", pcireset_link_get_width(link));
		json_add_speed(state, "target_speed_gts", pcireset_link_get_target_speed(link));
		json_add_string(state, "equalization",
				pcireset_equalization_to_str(pcireset_link_get_equalization(link)));
	}
	object_add(o, "link", state);
}

void json_add_ms(json_object *o, const char *key, uint64_t ns)
{
	object_add(o, key, new_ms(ns));
}

void json_add_checks(json_object *o, const char *key, uint32_t mask)
{
	object_add(o, key, new_checks(mask));
}

void json_add_types(json_object *o, const char *key, uint32_t mask, uint32_t flags)
{
	object_add(o, key, types_list(mask, flags));
}

void json_add_addresses(json_object *o, const struct pcireset_member *members, size_t nr)
{
	json_object *list = new_array();

	for (size_t i = 0; i < nr; i++)
		array_append(list, new_address(&members[i].addr));
	object_add(o, "members", list);
}

void json_add_members(json_object *o, const struct pcireset_member *members, size_t nr)
{
	json_object *list = new_array();

	for (size_t i = 0; i < nr; i++)
		array_append(list, member_object(&members[i]));
	object_add(o, "members", list);
}

/*
 * json-c does not report every failed allocation, and its limit is 2 GiB. Never print a
 * truncated text.
 */
static void print_document(json_object *o, int flags)
{
	const char *words;
	char *document;

	errno = 0;
	words = json_object_to_json_string_ext(o, flags | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!words || is_exhausted())
		process_abort(errno == EFBIG ? "the result is too large for JSON" :
					       "out of memory");
	document = printable_json(words);
	puts(document ? document : words);
	free(document);
	json_object_put(o);
}

/* Print it on one line with one write. Take over the object. */
void json_print_line(json_object *o)
{
	print_document(o, JSON_C_TO_STRING_PLAIN);
	fflush(stdout);
}

/* Take over the document. */
void json_print(json_object *document)
{
	print_document(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}
