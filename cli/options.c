/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of options: parsing, and --help. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "table.h"

struct option_row {
	enum option_id id;
	char letter;
	const char *name;
	const char *arg;
	const char *help;
};

static const struct option_row rows[] = {
	{ OPT_TYPE, 't', "type", "TYPES",
	  "allowed types: device_specific, acpi, flr, pm, slot,\n"
	  "bus, cxl_bus, link_disable; func (the first four),\n"
	  "link (the last four), any" },
	{ OPT_MAX_SCOPE, 0, "max-scope", "SCOPE", "widest scope: function, slot or bus" },
	{ OPT_CHECK, 0, "check", "CHECKS",
	  "checks that must pass: link, config, proof (default:\n"
	  "link,config; ready and identity always run)" },
	{ OPT_TIMEOUT, 0, "timeout", "TIME", "longest time to wait: 2, 2.5s, 500ms" },
	{ OPT_COUNT, 0, "count", "NUMBER", "exit after this number of events" },
	{ OPT_QUALIFY, 0, "save", "DIR", "keep the run journal and the reports in DIR" },
	{ OPT_QUALIFY, 0, "resume", "DIR", "continue the run in DIR" },
	{ OPT_QUALIFY, 0, "report", "DIR", "reset nothing, report on the run in DIR" },
	{ OPT_QUALIFY, 0, "exercise", "COMMAND", "run a shell command after each round" },
	{ OPT_QUALIFY, 0, "max-failures", "NUMBER", "stop after this number of failures" },
	{ OPT_QUALIFY, 0, "seed", "NUMBER", "seed of the order of types (default: 0)" },
	{ OPT_QUALIFY, 0, "sign", "KEY", "sign the certificate with this SSH key" },
	{ OPT_LINK, 0, "retrain", NULL, "retrain the link" },
	{ OPT_LINK, 0, "speed", "SPEED", "to this speed in GT/s: 2.5, 5, 8, 16, 32, 64" },
	{ OPT_SETTLE, 0, "settle", "TIME", "check the configuration again after this time" },
	{ OPT_RESET, 0, "link-speed", "SPEED",
	  "speed of the link after the reset in GT/s: 2.5, 5, 8,\n"
	  "16, 32, 64; only for types that reset the link" },
	{ OPT_RESET, 0, "escalate", NULL, "if a reset fails, try the next allowed type" },
	{ OPT_FORCE, 0, "force", "USES",
	  "reset despite these uses: driver, vfio, mount, net,\n"
	  "swap, console, open, unknown-users (cannot be read);\n"
	  "never allows another type" },
	{ OPT_REENUMERATE, 0, "power-cycle", NULL,
	  "cut the power of the slot, or of the port by D3cold,\n"
	  "instead of a reset, and show that it was cut" },
	{ OPT_REENUMERATE, 0, "run", "COMMAND", "run a shell command first, with errors masked" },
	{ OPT_YES, 'y', "yes", NULL, "also affect functions not named, without asking" },
	{ OPT_DRY_RUN, 0, "dry-run", NULL, "reset nothing, print the plan" },
	{ OPT_FILTER, 0, "driver", "DRIVER", "only functions bound to this driver" },
	{ OPT_FILTER, 0, "class", "CLASS",
	  "only functions of this class: 02, 0200, 020000, x for\n"
	  "any digit, or part of its name, such as ethernet" },
	{ OPT_FILTER, 0, "vendor", "ID", "only functions of this vendor, such as 8086" },
	{ OPT_FILTER, 0, "slot", "SLOT", "only functions in this physical slot" },
	{ OPT_TREE, 0, "tree", NULL, "draw the PCI hierarchy" },
	{ OPT_OUTPUT, 'o', "output", "COLUMNS", "columns to print; +COLUMNS adds to the default" },
	{ OPT_OUTPUT_ALL, 'O', "output-all", NULL, "print all columns" },
	{ OPT_NOHEADINGS, 'n', "noheadings", NULL, "do not print column headings" },
	{ OPT_RAW, 'r', "raw", NULL, "one blank between columns, for scripts" },
	{ OPT_COLOR, 0, "color", "WHEN", "colour lines: auto (on a terminal), always, never" },
	{ OPT_JSON, 'J', "json", NULL, "print JSON" },
	{ OPT_SYSROOT, 0, "sysroot", "DIR",
	  "read another machine: its /sys and /proc in DIR, or\n"
	  "the archive DIR from pcireset record" },
	{ OPT_FILE, 'F', "file", "DUMP",
	  "read another machine: its config spaces in DUMP, as\n"
	  "lspci -xxxx printed them" },
	{ OPT_NO_MODULE, 0, "no-module", NULL, "use sysfs, even if the module is loaded" },
	{ OPT_RECOVER, 0, "policy", "DIR", "use only the policies in this directory" },
	{ OPT_RECOVER, 0, "status", NULL, "print the state of the service, and exit" },
	{ OPT_REPAIR, 0, "repair", NULL, "restore settings that killed resets left changed" },
	{ OPT_SVG, 0, "svg", "FILE", "also draw the plan with Graphviz; one device only" },
	{ OPT_SERIALS, 0, "with-serials", NULL,
	  "keep serial numbers, MAC addresses, names of homes" },
	{ OPT_QUIET, 'q', "quiet", NULL, "print errors only" },
	{ OPT_VERBOSE, 'v', "verbose", NULL, "print a line for each function" },
	{ OPT_HELP, 'h', "help", NULL, "show this help" },
};

/* The help of an option that does something else in this command. */
static const struct {
	enum option_id id;
	const char *command, *help;
} own_helps[] = {
	{ OPT_COUNT, "qualify", "number of resets of each type" },
	{ OPT_DRY_RUN, "recover", "change nothing, print the steps" },
};

static const char *help_of(const struct option_row *row, const struct command *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_helps); i++)
		if (own_helps[i].id == row->id && !strcmp(own_helps[i].command, command->name))
			return own_helps[i].help;
	return row->help;
}

/* The long options of the current command, or all if there is none yet. */
static const char *option_at(size_t i)
{
	if (!usage_command() && !i--)
		return "version";
	for (size_t row = 0; row < ARRAY_SIZE(rows); row++)
		if ((!usage_command() || usage_command()->options & rows[row].id) && !i--)
			return rows[row].name;
	return NULL;
}

static const struct option_row *row_of_name(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == len && !memcmp(rows[i].name, name, len))
			return &rows[i];
	return NULL;
}

static const struct option_row *row_of_letter(int letter)
{
	for (size_t i = 0; letter && i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static bool is_taken(const struct option_row *row)
{
	return row && (!usage_command() || usage_command()->options & row->id);
}

/* The beginning of messages: the command, if it is known. */
static const char *message_prefix(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "%s%s", usage_command() ? usage_command()->name : "",
		 usage_command() ? ": " : "");
	return text;
}

/* An option of another command: name the commands that have it. */
static int foreign_option(const struct option_row *row, const char *typed)
{
	char *commands = commands_with(row->id);
	int status;

	status = usage_error("%sunknown option '%s' (only for: %s)%s", message_prefix(), typed,
			     commands,
			     row->id == OPT_DRY_RUN ? "; for a dry run, use: pcireset plan" : "");
	free(commands);
	return status;
}

static int unknown_long(const char *typed)
{
	size_t len = strcspn(typed + 2, "=");
	const struct option_row *row = row_of_name(typed + 2, len);
	char *hint;
	int status;

	if (is_taken(row))
		return usage_error("%s--%s takes no argument (omit '%s')", message_prefix(),
				   row->name, typed + 2 + len);
	if (row)
		return foreign_option(row, typed);
	hint = did_you_mean("OPTION", typed + 2, len, option_at);
	status = usage_error("%sunknown option '%s'%s", message_prefix(), typed, hint);
	free(hint);
	return status;
}

/* The meaning of -n and -f in other tools, or the letter in the other case. */
static const struct option_row *meant_by_letter(int letter)
{
	const struct option_row *other =
		row_of_letter(isupper(letter) ? tolower(letter) : toupper(letter));

	if (letter == 'n' || letter == 'd')
		other = row_of_name("dry-run", strlen("dry-run"));
	else if (letter == 'f')
		other = row_of_name("force", strlen("force"));
	return is_taken(other) ? other : NULL;
}

static int unknown_letter(int letter)
{
	const struct option_row *row = row_of_letter(letter), *meant = meant_by_letter(letter);
	char typed[] = { '-', (char)letter, '\0' };

	if (meant && meant->letter)
		return usage_error("%sunknown option '%s' (did you mean '-%c'?)", message_prefix(),
				   typed, meant->letter);
	if (meant)
		return usage_error("%sunknown option '%s' (did you mean '--%s%s%s'?)",
				   message_prefix(), typed, meant->name, meant->arg ? " " : "",
				   meant->arg ? meant->arg : "");
	if (row)
		return foreign_option(row, typed);
	return usage_error("%sunknown option '%s'", message_prefix(), typed);
}

/* "--type needs TYPES: device_specific, acpi, ..." */
static int missing_argument(const struct option_row *row)
{
	word_at_fn at = words_of(row->arg);
	char *known = at ? words_list(at) : text("%s", "");
	int status = usage_error("%s--%s requires an argument, %s%s%s", message_prefix(), row->name,
				 row->arg, *known ? ": " : "", known);

	free(known);
	return status;
}

static void help_option(const struct option_row *row, const struct command *command)
{
	char left[32];
	const char *line = help_of(row, command);

	snprintf(left, sizeof(left), "%c%c%c --%s%s%s", row->letter ? '-' : ' ',
		 row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name,
		 row->arg ? " " : "", row->arg ? row->arg : "");
	while (line) {
		int len = (int)strcspn(line, "\n");

		printf("  %-23s %.*s\n", left, len, line);
		left[0] = '\0';
		line = line[len] ? line + len + 1 : NULL;
	}
}

void help_command(const struct command *command)
{
	printf("Usage: pcireset %s [OPTION...]%s%s\n\n%c%s.\n", command->name,
	       *command->operands ? " " : "", command->operands, toupper(command->summary[0]),
	       command->summary + 1);
	if (command->text)
		printf("%s\n", command->text);
	if (command->takes_devices)
		printf("\nDEVICE is [domain:]bus:device.function, a pattern such as '01:00.*',\n"
		       "vendor:device, slot:NAME, a path in /sys or /dev, a device such as nvme0, a\n"
		       "network interface, a driver bound to one function, or - to read names from\n"
		       "standard input, one per line.\n");
	printf("\nOptions:\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (command->options & rows[i].id)
			help_option(&rows[i], command);
	if (command->options & OPT_OUTPUT)
		columns_help();
	printf("\nManual page: pcireset-%s(1)\n", command->name);
}

/* The same for --complete-table. */
void options_table(const struct command *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct option_row *row = &rows[i];
		const char letter[] = { '-', row->letter, '\0' };

		if (command->options & row->id)
			COMPLETE_ROW("option", command->name, row->letter ? letter : "", row->name,
				     row->arg ? row->arg : "", help_of(row, command));
	}
}

/* "2" and "2.5s" are seconds, "500ms" are milliseconds. */
static int read_time(const char *option, const char *arg, uint32_t *ret_ms)
{
	size_t len = strspn(arg, "0123456789.");
	double value = len ? strtod(arg, NULL) : 0;
	const char *unit = arg + len;

	if (!isdigit((unsigned char)arg[0]) || memchr(arg, '.', len) != memrchr(arg, '.', len) ||
	    (strcmp(unit, "") && strcmp(unit, "s") && strcmp(unit, "ms")))
		return usage_error("--%s: invalid time '%s'; use a form such as 2, 2.5s or "
				   "500ms",
				   option, arg);
	if (strcmp(unit, "ms"))
		value *= 1000;
	if (!(value >= 1 && value <= UINT32_MAX))
		return usage_error("--%s: '%s' is out of range; the minimum is 1ms, the maximum "
				   "%us",
				   option, arg, UINT32_MAX / 1000);
	*ret_ms = (uint32_t)value;
	return STATUS_DONE;
}

static int read_count(const char *option, const char *arg, uint32_t *ret_count)
{
	char *end;
	unsigned long value = strtoul(arg, &end, 10);

	if (!isdigit((unsigned char)*arg) || *end || !value || value > UINT32_MAX)
		return usage_error("--%s: invalid number '%s'; the minimum is 1", option, arg);
	*ret_count = (uint32_t)value;
	return STATUS_DONE;
}

static int unknown_word(const struct option_row *row, const char *word)
{
	word_at_fn at = words_of(row->arg);
	char *hint = did_you_mean(row->arg, word, strlen(word), at), *known = words_list(at);
	int status = usage_error("--%s: unknown word '%s'%s%s", row->name, word,
				 *hint ? hint : "; valid words: ", *hint ? "" : known);

	free(known);
	free(hint);
	return status;
}

typedef int (*from_str_fn)(const char *str, uint32_t *ret_value);

static int read_words(const struct option_row *row, const char *arg, from_str_fn from_str,
		      uint32_t *ret_mask)
{
	char *list = must(strdup(arg)), *save = NULL;
	int status = STATUS_DONE;
	uint32_t mask = 0, bit;

	for (char *word = strtok_r(list, ",", &save); word && !status;
	     word = strtok_r(NULL, ",", &save)) {
		if (from_str(word, &bit) < 0)
			status = unknown_word(row, word);
		else
			mask |= bit;
	}
	if (!status && !mask)
		status = missing_argument(row);
	free(list);
	*ret_mask = mask;
	return status;
}

static int take_qualify(struct qualify_request *req, const struct option_row *row, const char *arg)
{
	const struct {
		const char *name, **value;
	} words[] = { { "save", &req->save },
		      { "resume", &req->resume },
		      { "report", &req->report },
		      { "sign", &req->key },
		      { "exercise", &req->exercise } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(row->name, words[i].name) != 0)
			continue;
		*words[i].value = arg;
		return *arg ? STATUS_DONE : usage_error("--%s: the argument is empty", row->name);
	}
	return read_count(row->name, arg,
			  strcmp(row->name, "seed") ? &req->max_failures : &req->seed);
}

static int read_speed(const struct option_row *row, const char *arg, uint32_t *ret_mts)
{
	char *end;
	double speed = strtod(arg, &end);

	if (!isdigit((unsigned char)*arg) || (*end && strcasecmp(end, "GT/s") != 0) ||
	    !(speed >= 1 && speed <= 1000))
		return usage_error("--%s: invalid speed '%s'; use GT/s: 2.5, 5, 8, 16, 32 or 64",
				   row->name, arg);
	*ret_mts = (uint32_t)(speed * 1000);
	return STATUS_DONE;
}

static int take_link(struct link_request *req, const struct option_row *row, const char *arg)
{
	if (arg)
		return read_speed(row, arg, &req->speed_mts);
	req->retrains = true;
	return STATUS_DONE;
}

/* Where an option's argument is kept as it is. NULL for all other options. */
static const char **text_of_option(struct request *req, enum option_id id)
{
	switch (id) {
	case OPT_TYPE:
		return &req->types;
	case OPT_OUTPUT:
		return &req->columns;
	case OPT_SYSROOT:
		return &req->sysroot;
	case OPT_SVG:
		return &req->svg;
	case OPT_FILE:
		return &req->dump;
	default:
		return NULL;
	}
}

static int take_option(struct request *req, const struct option_row *row, const char *arg)
{
	const char **text = text_of_option(req, row->id);

	req->given |= row->id;
	if (text)
		*text = arg;
	switch (row->id) {
	case OPT_FILTER:
		return filter_add(req, row->name, arg);
	case OPT_MAX_SCOPE:
		return pcireset_scope_from_str(arg, &req->max_scope) < 0 ? unknown_word(row, arg) :
									   STATUS_DONE;
	case OPT_COLOR:
		return color_from_str(arg, &req->color) < 0 ? unknown_word(row, arg) : STATUS_DONE;
	case OPT_CHECK:
		return read_words(row, arg, pcireset_check_from_str, &req->checks);
	case OPT_FORCE:
		return read_words(row, arg, pcireset_use_from_str, &req->force);
	case OPT_TIMEOUT:
		return read_time("timeout", arg, &req->timeout_ms);
	case OPT_SETTLE:
		return read_time("settle", arg, &req->settle_ms);
	case OPT_RESET:
		if (arg)
			return read_speed(row, arg, &req->link_speed_mts);
		req->escalates = true;
		return STATUS_DONE;
	case OPT_COUNT:
		return read_count("count", arg, &req->count);
	case OPT_REENUMERATE:
		if (arg)
			req->command_line = arg;
		else
			req->cuts_power = true;
		return STATUS_DONE;
	case OPT_QUALIFY:
		return take_qualify(&req->qualify, row, arg);
	case OPT_RECOVER:
		if (arg)
			req->policy = arg;
		else
			req->asks_status = true;
		return STATUS_DONE;
	case OPT_LINK:
		return take_link(&req->link, row, arg);
	default:
		return STATUS_DONE;
	}
}

static void add_name(struct request *req, const char *name)
{
	req->names = must(reallocarray(req->names, req->nr_names + 1, sizeof(*req->names)));
	req->names[req->nr_names++] = must(strdup(name));
}

#define BLANKS " \t\r\n"

/* One name for each line, with blanks around it, or none. */
static int read_line(struct request *req, char *line)
{
	size_t len = strcspn(line, BLANKS);
	const char *rest = line + len + strspn(line + len, BLANKS);

	if (*rest)
		return usage_error("standard input: '%.*s' is followed by '%.*s'; write one "
				   "device on each line",
				   (int)len, line, (int)strcspn(rest, BLANKS), rest);
	line[len] = '\0';
	if (*line)
		add_name(req, line);
	return STATUS_DONE;
}

/* Read all names or none: a reset of fewer devices would not be the requested one. */
static int read_names(struct request *req)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int status = STATUS_DONE;

	while (!status && (len = getline(&line, &size, stdin)) >= 0) {
		char *name = line + strspn(line, BLANKS);

		if (strlen(line) != (size_t)len)
			status = usage_error("standard input: a line contains a NUL byte");
		else
			status = read_line(req, name);
	}
	if (!status && !feof(stdin)) {
		error("standard input: %s", strerror(errno));
		status = STATUS_ERROR;
	}
	free(line);
	return status;
}

/* getopt_long() accepts any prefix that is unique today but may not be in future. */
static bool is_exact(const char *typed, const char *name)
{
	return !strncmp(typed, "--", 2) && strcspn(typed + 2, "=") == strlen(name);
}

static void getopt_tables(const struct command *command, struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(command->options & rows[i].id))
			continue;
		*longs++ = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].arg ? required_argument : no_argument,
			.val = (int)(256 + i),
		};
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (rows[i].arg)
			*shorts++ = ':';
	}
	*longs = (struct option){ 0 };
	*shorts = '\0';
}

static const struct option_row *row_of(int c)
{
	return c >= 256 ? &rows[c - 256] : row_of_letter(c);
}

/* Would getopt() use an option as the argument of the previous option? */
static bool is_swallowed(const char *arg, const char *typed)
{
	return arg == typed && !strncmp(arg, "--", 2) &&
	       is_taken(row_of_name(arg + 2, strcspn(arg + 2, "=")));
}

/* getopt() would parse "-type" as -t with the argument "ype". */
static bool lacks_hyphen(const char *typed)
{
	return typed[0] == '-' && typed[1] && typed[1] != '-' && typed[2] &&
	       is_taken(row_of_name(typed + 1, strcspn(typed + 1, "=")));
}

/* A dash from a word processor, as in options copied from web pages. */
static bool is_wrong_dash(const char *typed)
{
	return !strncmp(typed, "\xe2\x80\x93", 3) || !strncmp(typed, "\xe2\x80\x94", 3) ||
	       !strncmp(typed, "\xe2\x88\x92", 3);
}

/* Mistakes that getopt() would accept with another meaning. */
static int check_typed(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (lacks_hyphen(argv[i]))
			return usage_error("%sunknown option '%s' (did you mean '-%s'?)",
					   message_prefix(), argv[i], argv[i]);
		if (is_wrong_dash(argv[i]))
			return usage_error("%s'%s' starts with a dash instead of a hyphen (did "
					   "you mean '--%s'?)",
					   message_prefix(), argv[i], argv[i] + 3);
	}
	return STATUS_DONE;
}

static int bad_option(int c, const char *typed)
{
	const struct option_row *row = optopt ? row_of(optopt) : NULL;

	if (c == ':')
		return missing_argument(row);
	if (optopt && optopt < 256)
		return unknown_letter(optopt);
	return unknown_long(typed);
}

static int parse_options(struct request *req, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(rows) + 1];
	char shorts[2 * ARRAY_SIZE(rows) + 2];
	int c, status = check_typed(argc, argv);

	getopt_tables(req->command, longs, shorts);
	opterr = 0;
	while (!status && (c = getopt_long(argc, argv, shorts, longs, NULL)) >= 0) {
		const char *typed = argv[optind - 1];
		const struct option_row *row;

		if (c == '?' || c == ':')
			return bad_option(c, typed);
		row = row_of(c);
		if (row->arg && is_swallowed(optarg, typed))
			return missing_argument(row);
		if (row->arg && optarg == typed)
			typed = argv[optind - 2];
		if (c >= 256 && !is_exact(typed, row->name))
			return unknown_long(typed);
		status = take_option(req, row, optarg);
	}
	return status;
}

/* The row of an option before the command, and whether its argument is the next word. */
static const struct option_row *leading_option(const char *typed, bool *ret_takes_next)
{
	const struct option_row *row;
	size_t len = strcspn(typed + 2, "=");

	*ret_takes_next = false;
	if (typed[1] == '-') {
		row = row_of_name(typed + 2, len);
		*ret_takes_next = row && row->arg && !typed[2 + len];
		return row;
	}
	for (const char *letter = typed + 1; *letter; letter++) {
		row = row_of_letter(*letter);
		if (!row || row->arg) {
			*ret_takes_next = row && !letter[1];
			return row;
		}
	}
	return row;
}

/* Return the index of the command, or -1 after an error message. */
int options_skip(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		bool takes_next;

		if (argv[i][0] != '-' || !argv[i][1])
			return i;
		if (!leading_option(argv[i], &takes_next)) {
			if (argv[i][1] == '-')
				unknown_long(argv[i]);
			else
				unknown_letter(argv[i][1]);
			return -1;
		}
		i += takes_next;
	}
	usage_error("no command given (for example: pcireset list)");
	return -1;
}

/* "reset 01:00.0 flr" lacks only the option. */
static int missing_option(const struct request *req, const struct option_row *row)
{
	word_at_fn at = words_of(row->arg);

	for (size_t i = 0; i < req->nr_names; i++)
		for (size_t w = 0; at && at(w); w++)
			if (!strcasecmp(at(w), req->names[i]))
				return usage_error("%s--%s is required (did you mean '--%s "
						   "%s'?)",
						   message_prefix(), row->name, row->name, at(w));
	return usage_error("%s--%s is required; there is no default (pcireset show lists the "
			   "types of a device)",
			   message_prefix(), row->name);
}

/* A power cycle is no type of reset, and takes the place of one. */
static int check_power_cycle(const struct request *req)
{
	return req->cuts_power && is_given(req, OPT_TYPE) ?
		       usage_error("%s--power-cycle and --type cannot be combined",
				   message_prefix()) :
		       STATUS_DONE;
}

static int check_request(const struct request *req)
{
	const struct command *command = req->command;
	unsigned int missing = command->required & ~req->given;
	int status = check_power_cycle(req);

	if (status)
		return status;
	if (req->cuts_power)
		missing &= ~(unsigned int)OPT_TYPE;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (missing & rows[i].id)
			return missing_option(req, &rows[i]);
	if (command->takes_devices && !req->nr_names && !command->takes_none)
		return usage_error("%s: no device given (see: pcireset list)", command->name);
	if (command->takes_file && req->nr_names != 1 && (req->nr_names || !command->takes_none))
		return usage_error("%s: name one file, or - for standard output", command->name);
	if (req->sysroot && req->dump)
		return usage_error("%s: --sysroot and --file cannot be combined", command->name);
	if (!command->takes_devices && !command->takes_file && req->nr_names)
		return usage_error("%s: unexpected argument '%s'", command->name, req->names[0]);
	if (is_given(req, OPT_JSON) && req->given & OPT_TABLE)
		return usage_error("%s: --json cannot be combined with --output, --output-all, "
				   "--raw, --noheadings or --tree",
				   command->name);
	if (is_given(req, OPT_TREE) && is_given(req, OPT_RAW))
		return usage_error("%s: --tree and --raw cannot be combined", command->name);
	if (is_given(req, OPT_OUTPUT) && is_given(req, OPT_OUTPUT_ALL))
		return usage_error("%s: --output and --output-all cannot be combined",
				   command->name);
	status = filters_check(req);
	return status ? status : columns_check(req);
}

int options_parse(struct request *req, int argc, char **argv)
{
	int status;

	usage_explain(req->command);
	status = parse_options(req, argc, argv);
	if (status || is_given(req, OPT_HELP))
		return status;
	for (int i = optind; i < argc; i++) {
		if (req->command->takes_devices && !strcmp(argv[i], "-"))
			status = read_names(req);
		else
			add_name(req, argv[i]);
		if (status)
			return status;
	}
	return check_request(req);
}
