/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset: the table of commands, and their dispatch. */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd/cmd.h"
#include "table.h"

#define OPT_COMMON (OPT_JSON | OPT_SYSROOT | OPT_FILE | OPT_NO_MODULE | OPT_HELP)
#define OPT_PLAN   (OPT_TYPE | OPT_MAX_SCOPE | OPT_FORCE)

static const struct command commands[] = {
	{
		.name = "list",
		.operands = "[DEVICE...]",
		.summary = "list PCI functions and their reset types",
		.text = "REACH is the number of functions that each reset type affects. Repeat an option\n"
			"that selects functions to match any of its values.",
		.options = OPT_COMMON | OPT_TABLE | OPT_FILTER | OPT_COLOR,
		.takes_devices = true,
		.takes_none = true,
		.run = command_list,
	},
	{
		.name = "show",
		.operands = "DEVICE...",
		.summary = "show the reset types of a device, and why others are unsupported",
		.options = OPT_COMMON | OPT_COLOR,
		.takes_devices = true,
		.run = command_show,
	},
	{
		.name = "plan",
		.operands = "DEVICE... --type TYPES",
		.summary = "show the functions that a reset would affect",
		.options = OPT_COMMON | OPT_PLAN | OPT_SVG,
		.required = OPT_TYPE,
		.takes_devices = true,
		.run = command_plan,
	},
	{
		.name = "reset",
		.operands = "DEVICE... --type TYPES",
		.summary = "reset with exactly the allowed types, and verify the result",
		.text = "Resets nothing unless every DEVICE exists. Refuses a device that is in use,\n"
			"unless --force allows that use. There is no default type.",
		.options = OPT_COMMON | OPT_PLAN | OPT_CHECK | OPT_TIMEOUT | OPT_SETTLE |
			   OPT_ESCALATE | OPT_YES | OPT_DRY_RUN | OPT_QUIET | OPT_VERBOSE,
		.required = OPT_TYPE,
		.takes_devices = true,
		.run = command_reset,
	},
	{
		.name = "re-enumerate",
		.operands = "DEVICE --type TYPES | --power-cycle",
		.summary = "reset and rescan a reprogrammed device, or cut its power",
		.text = "Unbinds the drivers, masks errors and hotplug events, resets and removes the\n"
			"device, rescans its bus, and reports the differences. Removes all functions of\n"
			"the device, and no other device. A power cycle affects everything in the slot.",
		.options = OPT_TYPE | OPT_MAX_SCOPE | OPT_FORCE | OPT_REENUMERATE | OPT_TIMEOUT |
			   OPT_YES | OPT_QUIET | OPT_JSON | OPT_NO_MODULE | OPT_HELP,
		.required = OPT_TYPE,
		.takes_devices = true,
		.run = command_reenumerate,
	},
	{
		.name = "qualify",
		.operands = "DEVICE... --type TYPES --count NUMBER",
		.summary = "reset many times, and report failures and their patterns",
		.text = "Runs the plan that it prints first, and nothing beyond it. Resets in a random\n"
			"order of types, and measures each reset. Ctrl-C ends the run after the current\n"
			"round. A run that is saved can be resumed, also after a crash of the machine.",
		.options = OPT_TYPE | OPT_COUNT | OPT_QUALIFY | OPT_MAX_SCOPE | OPT_FORCE |
			   OPT_CHECK | OPT_TIMEOUT | OPT_SETTLE | OPT_YES | OPT_QUIET | OPT_JSON |
			   OPT_SYSROOT | OPT_NO_MODULE | OPT_HELP,
		.takes_devices = true,
		.takes_none = true,
		.run = command_qualify,
	},
	{
		.name = "link",
		.operands = "DEVICE",
		.summary = "show the link above a device, and train it again",
		.text = "Speed, width and result are those that the port reports. A port stands for its\n"
			"own link. No function is reset, but none below the port can be accessed while\n"
			"the link trains.",
		.options = OPT_LINK | OPT_YES | OPT_JSON | OPT_SYSROOT | OPT_FILE | OPT_HELP,
		.takes_devices = true,
		.run = command_link,
	},
	{
		.name = "watch",
		.operands = "[DEVICE...]",
		.summary = "follow resets as they happen",
		.text = "Prints a line when a reset begins or ends, and when a function appears,\n"
			"disappears or recovers from an error. DEVICE selects the functions to watch.\n"
			"Ends on Ctrl-C, after --count events, or after --timeout.",
		.options = OPT_JSON | OPT_COUNT | OPT_TIMEOUT | OPT_VERBOSE | OPT_HELP,
		.takes_devices = true,
		.takes_none = true,
		.run = command_watch,
	},
	{
		.name = "recover",
		.operands = "[FILE]",
		.summary = "recover failed devices, exactly as policies allow",
		.text = "Follows wedged events, failed error recoveries, and late or failed resets. Does\n"
			"only the steps of a policy in /etc/pcireset/recover.d. Reads the events from\n"
			"FILE, in the format of udevadm monitor -kp; - is standard input.",
		.options = OPT_JSON | OPT_SYSROOT | OPT_FILE | OPT_DRY_RUN | OPT_RECOVER |
			   OPT_COUNT | OPT_TIMEOUT | OPT_HELP,
		.takes_file = true,
		.takes_none = true,
		.run = command_recover,
	},
	{
		.name = "doctor",
		.operands = "",
		.summary = "check this machine for problems that prevent resets",
		.text = "The exit status is 0 if nothing needs to be done, 1 otherwise.",
		.options = OPT_JSON | OPT_SYSROOT | OPT_REPAIR | OPT_HELP,
		.run = command_doctor,
	},
	{
		.name = "metrics",
		.operands = "[FILE]",
		.summary = "print reset counters for Prometheus",
		.text = "The counters start when the module is loaded. Replaces FILE atomically, for the\n"
			"textfile collector of node_exporter. Without FILE, or for -, prints to standard\n"
			"output.",
		.options = OPT_HELP,
		.takes_file = true,
		.takes_none = true,
		.run = command_metrics,
	},
	{
		.name = "record",
		.operands = "FILE",
		.summary = "save this machine's PCI configuration for offline use",
		.text = "Writes a tar archive for --sysroot; - is standard output. Run it as root to\n"
			"include the complete config space. Touches no device.",
		.options = OPT_SERIALS | OPT_SYSROOT | OPT_HELP,
		.takes_file = true,
		.run = command_record,
	},
};

static const char statuses[] =
	"\nExit status:\n"
	"  0  done and verified          3  refused or unsupported, nothing touched\n"
	"  1  error, nothing touched     4  touched, but not verified\n"
	"  2  usage error                64 only some of several devices succeeded\n"
	"  5  plan: no obstacle is known, but some facts are unknown\n";

static int print_help(void)
{
	printf("Usage: pcireset COMMAND [OPTION...] [DEVICE...]\n"
	       "Reset PCI devices with exactly the allowed reset types.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-12s %s\n", commands[i].name, commands[i].summary);
	printf("  %-12s %s\n", "help", "show help for a command: pcireset help COMMAND");
	printf("\nOptions:\n"
	       "  -h, --help     show this help\n"
	       "  -V, --version  show the version\n%s"
	       "\nManual page: pcireset(1)\n",
	       statuses);
	return STATUS_DONE;
}

/* For the shell completions and the check of the manual pages. */
static int complete_table(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		COMPLETE_ROW("command", commands[i].name, commands[i].operands,
			     commands[i].summary);
		options_table(&commands[i]);
	}
	COMPLETE_ROW("command", "help", "COMMAND", "show help for a command");
	COMPLETE_ROW("option", "", "-h", "help", "", "show this help");
	COMPLETE_ROW("option", "", "-V", "version", "", "show the version");
	complete_words();
	return STATUS_DONE;
}

static bool is_type(const char *word)
{
	word_at_fn at = words_of("TYPES");

	for (size_t i = 0; at(i); i++)
		if (!strcasecmp(at(i), word))
			return true;
	return false;
}

/* A device or a type instead of a command: the user has omitted the command. */
static int unknown_command(const char *word)
{
	char *hint;
	int status;

	if (is_type(word))
		return usage_error("'%s' is a reset type, not a command (did you mean "
				   "'pcireset reset DEVICE --type %s'?)",
				   word, word);
	if (strpbrk(word, ":/"))
		return usage_error("no command given before '%s' (did you mean 'pcireset show "
				   "%s'?)",
				   word, word);
	hint = did_you_mean("COMMAND", word, strlen(word), command_at);
	status = usage_error("unknown command '%s'%s", word, hint);
	free(hint);
	return status;
}

static int help_for(const char *name)
{
	const struct command *command = command_find(name);

	if (!command)
		return unknown_command(name);
	help_command(command);
	return STATUS_DONE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct request req = { .command = command };
	int status = options_parse(&req, argc, argv);

	if (status == STATUS_DONE && is_given(&req, OPT_HELP))
		help_command(command);
	else if (status == STATUS_DONE)
		status = command->run(&req);
	for (size_t i = 0; i < req.nr_names; i++)
		free(req.names[i]);
	free(req.names);
	free(req.filters);
	return status;
}

/* "--type flr reset X" is "reset --type flr X". */
static void move_to_front(char **words, int at)
{
	char *word = words[at];

	memmove(words + 1, words, (size_t)at * sizeof(*words));
	words[0] = word;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int run_pcireset(int argc, char **argv)
{
	const struct command *command;
	const char *word = argc > 1 ? argv[1] : NULL;
	int at;

	commands_set(commands, ARRAY_SIZE(commands));
	if (!word)
		return usage_error("no command given (for example: pcireset list)");
	if (is_help(word))
		return print_help();
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		printf("pcireset %s\n", VERSION);
		return STATUS_DONE;
	}
	if (!strcmp(word, "--complete-table"))
		return complete_table();
	if (!strcmp(word, "--complete-words"))
		return complete_machine(argc - 2, argv + 2);
	if (!strcmp(word, "help"))
		return argc > 2 && !is_help(argv[2]) ? help_for(argv[2]) : print_help();
	at = options_skip(argc, argv);
	if (at < 0)
		return STATUS_USAGE;
	command = command_find(argv[at]);
	if (!command)
		return unknown_command(argv[at]);
	move_to_front(argv + 1, at - 1);
	return run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int status;

	process_start();
	/* For the width of names in tables. Numbers do not depend on the locale. */
	errno = 0;
	if (!setlocale(LC_CTYPE, "") && is_exhausted())
		process_abort("cannot read the locale");
	status = run_pcireset(argc, argv);
	names_close();
	return process_end(status);
}
