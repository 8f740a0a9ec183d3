/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands by name, and errors in the usage of one. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "request.h"

/* The table of commands.c. */
static const struct command *commands;
static size_t nr_commands;

/* The command for the reference to --help in a usage error, once it is known. */
static const struct command *explained_by;

void commands_set(const struct command *table, size_t nr)
{
	commands = table;
	nr_commands = nr;
}

const char *command_at(size_t i)
{
	return i < nr_commands ? commands[i].name : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < nr_commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* The commands with an option, for a message; "" if none has it. */
char *commands_with(enum option_id id)
{
	char *all = text("%s", ""), *longer;

	for (size_t i = 0; i < nr_commands; i++) {
		if (!(commands[i].options & id))
			continue;
		longer = text("%s%s%s", all, *all ? ", " : "", commands[i].name);
		free(all);
		all = longer;
	}
	return all;
}

void usage_explain(const struct command *command)
{
	explained_by = command;
}

const struct command *usage_command(void)
{
	return explained_by;
}

int usage_error(const char *fmt, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	error("%s; see: pcireset %s%s--help", message, explained_by ? explained_by->name : "",
	      explained_by ? " " : "");
	return STATUS_USAGE;
}
