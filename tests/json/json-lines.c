// SPDX-License-Identifier: GPL-2.0-only
/* json-lines: each line of standard input has to be one JSON object; prints its event, and the names of its keys. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing before, nothing behind, and no liberties. */
static json_object *parse(const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	json_object *o;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With the NUL at its end, which says that there is no more. */
	o = json_tokener_parse_ex(tokener, line, (int)len + 1);
	if (json_tokener_get_error(tokener) != json_tokener_success || !o ||
	    !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tokener);
	return o;
}

static void print_keys(json_object *o)
{
	const char *event = json_object_get_string(json_object_object_get(o, "event"));

	printf("%s:", event ? event : "-");
	json_object_object_foreach(o, key, value)
	{
		(void)value;
		printf(" %s", key);
	}
	putchar('\n');
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int status = 0;

	while ((len = getline(&line, &size, stdin)) > 0) {
		json_object *o;

		line[strcspn(line, "\n")] = '\0';
		o = parse(line, strlen(line));
		if (!o || (size_t)len != strlen(line) + 1) {
			printf("no object on a line: %s\n", line);
			status = 1;
		} else {
			print_keys(o);
		}
		json_object_put(o);
	}
	free(line);
	return status;
}
