/* SPDX-License-Identifier: GPL-2.0-only */
/* The help of pcireset itself. options.c has the help of one command. */
#include <stdio.h>
#include "request.h"

static const char statuses[] =
	"\nExit status:\n"
	"  0  done and verified          3  refused or unsupported, nothing touched\n"
	"  1  error, nothing touched     4  touched, but not verified\n"
	"  2  usage error                64 only some of several devices succeeded\n"
	"  5  plan: no obstacle is known, but some facts are unknown\n";

int help_print(void)
{
	printf("Usage: pcireset COMMAND [OPTION...] [DEVICE...]\n"
	       "Reset PCI devices with exactly the allowed reset types.\n\n"
	       "Commands:\n");
	for (size_t i = 0; command_at(i); i++)
		printf("  %-12s %s\n", command_at(i), command_find(command_at(i))->summary);
	printf("  %-12s %s\n", "help", "show help for a command: pcireset help COMMAND");
	printf("\nOptions:\n"
	       "  -h, --help     show this help\n"
	       "  -V, --version  show the version\n%s"
	       "\nManual page: pcireset(1)\n",
	       statuses);
	return STATUS_DONE;
}

/* For the shell completions and the check of the manual pages. */
int help_table(void)
{
	for (size_t i = 0; command_at(i); i++) {
		const struct command *command = command_find(command_at(i));

		COMPLETE_ROW("command", command->name, command->operands, command->summary);
		options_table(command);
	}
	COMPLETE_ROW("command", "help", "COMMAND", "show help for a command");
	COMPLETE_ROW("option", "", "-h", "help", "", "show this help");
	COMPLETE_ROW("option", "", "-V", "version", "", "show the version");
	complete_words();
	return STATUS_DONE;
}
