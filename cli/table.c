/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables for people, through libsmartcols. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

#define PLAIN_WIDTH 80 /* where there is no terminal to ask */

struct libscols_table *table_new(const struct request *req, bool fits_terminal)
{
	struct libscols_table *table = must(scols_new_table());

	scols_table_enable_noheadings(table, is_given(req, OPT_NOHEADINGS));
	scols_table_enable_raw(table, is_given(req, OPT_RAW));
	if (fits_terminal && !is_given(req, OPT_RAW)) {
		scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
		if (!isatty(STDOUT_FILENO))
			scols_table_set_termwidth(table, PLAIN_WIDTH);
	}
	return table;
}

void table_column(struct libscols_table *table, const char *name, int flags)
{
	struct libscols_column *column = must(scols_table_new_column(table, name, 0, flags));

	/* libsmartcols wraps in the middle of words; wrap() puts the lines' ends. */
	if (!(flags & SCOLS_FL_WRAP))
		return;
	scols_column_set_safechars(column, "\n");
	scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
}

/* Changes blanks to the ends of lines that are no longer than width. */
char *wrap(char *words, size_t width)
{
	char *line = words, *blank = NULL;

	for (char *p = words; *p; p++) {
		if (*p == ' ')
			blank = p;
		if ((size_t)(p - line) < width || !blank)
			continue;
		*blank = '\n';
		line = blank + 1;
		blank = NULL;
	}
	return words;
}

/* For people who can see it and did not refuse it: https://no-color.org */
bool is_colored(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

struct libscols_line *table_line(struct libscols_table *table)
{
	return must(scols_table_new_line(table, NULL));
}

/* Takes over data. */
void table_set(struct libscols_line *line, size_t column, char *data)
{
	if (scols_line_refer_data(line, column, must(data)))
		must(NULL);
}

void table_print(struct libscols_table *table)
{
	errno = 0;
	if (scols_print_table(table) || is_exhausted())
		process_abort("the table could not be printed");
	scols_unref_table(table);
}

/* Appends a word; takes over both. */
char *join(char *all, char *word)
{
	char *longer = text("%s%s%s", all, *all ? " " : "", word);

	free(all);
	free(word);
	return longer;
}

/* The users as programs see them, in one cell. */
char *users_text(const struct pcireset_dev *dev)
{
	char *all = text("%s", "");
	const char *user;

	for (size_t i = 0; (user = pcireset_dev_get_user(dev, i, NULL)); i++)
		all = join(all, text("%s", user));
	return all;
}

/* The same, with what helps a person to find them. */
char *users_details(const struct pcireset_dev *dev)
{
	char *all = text("%s", "");
	const char *user, *detail;
	uint32_t use;

	for (size_t i = 0; (user = pcireset_dev_get_user(dev, i, &use)); i++) {
		detail = use == PCIRESET_USE_DRIVER ? "without reset_prepare" :
						      pcireset_dev_get_user_detail(dev, i);
		all = join(all, detail ? text("%s (%s)", user, detail) : text("%s", user));
	}
	return all;
}
