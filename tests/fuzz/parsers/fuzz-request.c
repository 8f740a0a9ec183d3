// SPDX-License-Identifier: GPL-2.0-only
/*
 * A command line, read and checked as far as the command that would run it: a request
 * that gets there keeps what its command asks for, and one that does not has a message.
 *
 * Input: the words of the command line, one in a line. After an empty line follows
 * standard input.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include "fuzz.h"

/* No command runs, and this machine is not looked at. */
#define main                pcireset_main
#define command_list        fuzzed_command
#define command_show        fuzzed_command
#define command_plan        fuzzed_command
#define command_record      fuzzed_command
#define command_reset       fuzzed_command
#define command_reenumerate fuzzed_command
#define command_doctor      fuzzed_command
#define command_metrics     fuzzed_command
#define command_watch       fuzzed_command
#define complete_machine    fuzzed_completion

int pcireset_main(int argc, char **argv);
#include "../../../cli/main.c"
#include "../../../cli/commands.c"
/* A local variable has the name of a table of the file above. */
#define commands listed_commands
#include "../../../cli/options.c"
#undef commands

#define MAX_WORDS 64

static bool has_run;

int fuzzed_completion(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	has_run = true;
	return STATUS_DONE;
}

int fuzzed_command(const struct request *req)
{
	const struct command *command = req->command;

	has_run = true;
	MUST(!(req->given & ~command->options) && !(command->required & ~req->given));
	MUST(!is_given(req, OPT_HELP) && !(req->sysroot && req->dump));
	MUST(!is_given(req, OPT_TYPE) == !req->types);
	MUST(!is_given(req, OPT_TIMEOUT) == !req->timeout_ms);
	MUST(!is_given(req, OPT_COUNT) == !req->count);
	MUST(!is_given(req, OPT_CHECK) == !req->checks);
	MUST(!is_given(req, OPT_FORCE) == !req->force);
	MUST(!command->takes_devices || command->takes_none || req->nr_names);
	MUST(!command->takes_file || req->nr_names <= 1);
	MUST(command->takes_devices || command->takes_file || !req->nr_names);
	for (size_t i = 0; i < req->nr_names; i++)
		MUST(req->names[i]);
	return STATUS_DONE;
}

/* Words up to an empty line. Returns how many; *ret_rest is behind that line. */
static int split(char *text, char **words, char **ret_rest)
{
	static char program[] = "pcireset";
	int nr = 0;

	words[nr++] = program;
	while (text && *text && *text != '\n' && nr < MAX_WORDS) {
		char *end = strchr(text, '\n');

		words[nr++] = text;
		text = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
	}
	words[nr] = NULL;
	*ret_rest = text && *text == '\n' ? text + 1 : NULL;
	return nr;
}

/* One line that says what is wrong, without a character that changes a terminal. */
static void check_message(const char *message)
{
	const char *end = strchr(message, '\n');

	MUST(!strncmp(message, "pcireset: ", strlen("pcireset: ")));
	MUST(end && !end[1]);
	for (const char *p = message; p < end; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
}

static int run_quietly(int nr, char **words, char **ret_output, char **ret_message)
{
	FILE *out = stdout, *err = stderr;
	size_t out_size, err_size;
	int status;

	stdout = open_memstream(ret_output, &out_size);
	stderr = open_memstream(ret_message, &err_size);
	MUST(stdout && stderr);
	has_run = false;
	usage_explain(NULL);
	optind = 0;
	status = run_pcireset(nr, words);
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *words[MAX_WORDS + 1], *rest, *output, *message;
	FILE *in = stdin;
	int nr, status;

	MUST(text && setlocale(LC_CTYPE, "C.UTF-8"));
	memcpy(text, data, size);
	text[size] = '\0';
	nr = split(text, words, &rest);
	stdin = rest && *rest ? fmemopen(rest, (size_t)(text + size - rest), "r") :
				fopen("/dev/null", "re");
	MUST(stdin);
	status = run_quietly(nr, words, &output, &message);
	fclose(stdin);
	stdin = in;

	MUST(status == STATUS_DONE || status == STATUS_ERROR || status == STATUS_USAGE);
	MUST(status || has_run || *output);
	if (status)
		check_message(message);
	else
		MUST(!*message);
	free(output);
	free(message);
	free(text);
	return 0;
}
