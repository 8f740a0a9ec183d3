/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of commands: options, operands and help of each. */
#include "cmd/cmd.h"

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
			   OPT_RESET | OPT_YES | OPT_DRY_RUN | OPT_QUIET | OPT_VERBOSE,
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
			"the device, and no other device. A power cycle affects everything in the slot,\n"
			"or everything below the port by D3cold.",
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
		.summary = "show or retrain the link above a device",
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

void commands_start(void)
{
	commands_set(commands, ARRAY_SIZE(commands));
}
