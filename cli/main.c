/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset: find the command of a command line and run it. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/cmd.h"

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

	commands_start();
	if (!word)
		return usage_error("no command given (for example: pcireset list)");
	if (is_help(word))
		return help_print();
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		printf("pcireset %s\n", VERSION);
		return STATUS_DONE;
	}
	if (!strcmp(word, "--complete-table"))
		return help_table();
	if (!strcmp(word, "--complete-words"))
		return complete_machine(argc - 2, argv + 2);
	if (!strcmp(word, "help"))
		return argc > 2 && !is_help(argv[2]) ? help_for(argv[2]) : help_print();
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
