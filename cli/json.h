/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON for programs. */
#ifndef PCIRESET_CLI_JSON_H
#define PCIRESET_CLI_JSON_H

#include <json-c/json.h>
#include "util.h"

json_object *json_document(struct pcireset_ctx *ctx, const char *key, json_object *list);
struct json_devices { /* under construction; scopes are shared with the previous device */
	json_object *array, *last;
	struct pcireset_dev *last_dev;
};

json_object *json_add_device(struct json_devices *devices, struct pcireset_dev *dev);
void json_add_plan(json_object *device, struct pcireset_plan *plan);
json_object *json_report(struct pcireset_dev *dev, const struct pcireset_report *report);
json_object *json_failure(struct pcireset_dev *dev, int r, const char *message);

struct json_reenumeration {
	struct pcireset_dev *dev;
	const struct pcireset_reenumeration *steps; /* or NULL */
	const char *result;
	int error;
	const char *message;
};

void json_add_power_cycle(json_object *device, struct pcireset_dev *dev);
json_object *json_reenumeration(const struct json_reenumeration *shown);
json_object *json_finding(const char *check, const char *verdict, const char *device,
			  const char *finding, const char *todo);
void json_print(json_object *document);
json_object *json_event(const char *event, const char *time, const char *device);
void json_add_string(json_object *o, const char *key, const char *value);
void json_add_number(json_object *o, const char *key, uint64_t value);
void json_add_bool(json_object *o, const char *key, bool value);
void json_add_speed(json_object *o, const char *key, uint32_t mts);
void json_add_link(json_object *o, const struct pcireset_link *link);
void json_add_ms(json_object *o, const char *key, uint64_t ns);
void json_add_checks(json_object *o, const char *key, uint32_t mask);
void json_add_types(json_object *o, const char *key, uint32_t mask, uint32_t flags);
void json_add_addresses(json_object *o, const struct pcireset_member *members, size_t nr);
void json_add_members(json_object *o, const struct pcireset_member *members, size_t nr);
void json_print_line(json_object *o);

#endif /* PCIRESET_CLI_JSON_H */
