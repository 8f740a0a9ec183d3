/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables for people, with libsmartcols. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "table.h"

#define DESIGN_WIDTH 80 /* the tables are designed for it */
#define LEAST_WIDTH  10 /* of a wrapped column */

struct smartcols smartcols;

#define LIBRARY_POINTERS smartcols
LIBRARY(library, SMARTCOLS_FUNCTIONS, "tables are printed", "libsmartcols", "libsmartcols.so.1");

/* The width of the output; 0 if it has none, as a pipe. COLUMNS overrides it. */
size_t output_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	char *end;
	unsigned long width;

	if (columns && isdigit((unsigned char)*columns)) {
		width = strtoul(columns, &end, 10);
		if (!*end && width && width <= UINT16_MAX)
			return width;
	}
	if (!isatty(fileno(out)))
		return 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
		return DESIGN_WIDTH;
	return size.ws_col;
}

/* The width of a column with this part of 80. Half of 80 is for columns that cannot shrink. */
size_t width_of_part(FILE *out, size_t part)
{
	size_t width = output_width(out);

	if (!width)
		return part;
	part = width >= DESIGN_WIDTH    ? part * width / DESIGN_WIDTH :
	       width > DESIGN_WIDTH / 2 ? part * (2 * width - DESIGN_WIDTH) / DESIGN_WIDTH :
					  0;
	return part > LEAST_WIDTH ? part : LEAST_WIDTH;
}

/* The width of the last column, if the others need this part of 80. */
size_t width_of_rest(FILE *out, size_t rest)
{
	size_t width = output_width(out), others = DESIGN_WIDTH - rest;

	if (!width)
		return rest;
	return width > others + LEAST_WIDTH ? width - others : LEAST_WIDTH;
}

/* Truncate nothing if the output has no width. */
struct libscols_table *table_new(const struct request *req, FILE *out)
{
	size_t width = is_given(req, OPT_RAW) ? 0 : output_width(out);
	char *why = library_load(&library);
	struct libscols_table *table;

	if (why)
		process_abort(why);
	table = must(smartcols.scols_new_table());
	smartcols.scols_table_set_stream(table, out);
	smartcols.scols_table_enable_noheadings(table, is_given(req, OPT_NOHEADINGS));
	smartcols.scols_table_enable_raw(table, is_given(req, OPT_RAW));
	smartcols.scols_table_enable_colors(table, req->command->options & OPT_COLOR &&
							   !is_given(req, OPT_RAW) &&
							   is_colored(req));
	smartcols.scols_table_set_termforce(table,
					    width ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (width)
		smartcols.scols_table_set_termwidth(table, width);
	return table;
}

void table_column(struct libscols_table *table, const char *name, int flags)
{
	struct libscols_column *column =
		must(smartcols.scols_table_new_column(table, name, 0, flags));

	/* libsmartcols wraps in the middle of words. wrap() has inserted the newlines. */
	if (!(flags & SCOLS_FL_WRAP))
		return;
	if (smartcols.scols_column_set_safechars(column, "\n") ||
	    smartcols.scols_column_set_wrapfunc(column, smartcols.scols_wrapnl_chunksize,
						smartcols.scols_wrapnl_nextchunk, NULL))
		must(NULL);
}

/* Break words that are longer than width. Take over the text. */
static char *break_words(char *words, size_t width)
{
	char *broken = must(malloc(2 * strlen(words) + 1)), *to = broken;
	size_t len = 0;

	for (const char *p = words; *p; p++) {
		bool is_first = ((unsigned char)*p & 0xc0) != 0x80; /* first byte of a character */

		if (len >= width && *p != ' ' && is_first) {
			*to++ = '\n';
			len = 0;
		}
		*to++ = *p;
		len = *p == ' ' ? 0 : len + 1;
	}
	*to = '\0';
	free(words);
	return broken;
}

/*
 * Replace blanks by newlines, so that no line is longer than width. Take over the text.
 * Break words only if the output has a width.
 */
char *wrap(FILE *out, char *words, size_t width)
{
	char *line, *blank = NULL;

	words = printable(words);
	if (output_width(out))
		words = break_words(words, width);
	line = words;
	for (char *p = words; *p; p++) {
		if (*p == ' ')
			blank = p;
		if (*p == '\n') {
			line = p + 1;
			blank = NULL;
		}
		if ((size_t)(p - line) < width || !blank)
			continue;
		*blank = '\n';
		line = blank + 1;
		blank = NULL;
	}
	return words;
}

struct libscols_line *table_line(struct libscols_table *table)
{
	return must(smartcols.scols_table_new_line(table, NULL));
}

/* Take over data. */
void table_set(struct libscols_line *line, size_t column, char *data)
{
	if (smartcols.scols_line_refer_data(line, column, printable_lines(must(data))))
		must(NULL);
}

void table_print(struct libscols_table *table)
{
	errno = 0;
	if (smartcols.scols_print_table(table) || is_exhausted())
		process_abort("cannot print the table");
	smartcols.scols_unref_table(table);
}

/* The users in the format for programs, in one cell. */
char *users_text(const struct pcireset_dev *dev)
{
	char *all = text("%s", "");
	const char *user;

	for (size_t i = 0; (user = pcireset_dev_get_user(dev, i, NULL)); i++)
		all = join(all, text("%s", user));
	return all;
}

/* The same, with details that help a person to find them. */
char *users_details(const struct pcireset_dev *dev)
{
	char *all = text("%s", "");
	const char *user, *detail;
	uint32_t use;

	for (size_t i = 0; (user = pcireset_dev_get_user(dev, i, &use)); i++) {
		detail = use == PCIRESET_USE_DRIVER ? "without reset_prepare" :
						      pcireset_dev_get_user_detail(dev, i);
		if (use == PCIRESET_USE_UNKNOWN)
			all = join(all, text("%s: %s", user, detail));
		else
			all = join(all, detail ? text("%s (%s)", user, detail) : text("%s", user));
	}
	return all;
}
