/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables for people: columns, colours, wrapped text. */
#ifndef PCIRESET_CLI_TABLE_H
#define PCIRESET_CLI_TABLE_H

#include <libsmartcols.h>
#include "library.h"
#include "request.h"

/* The functions of libsmartcols. The first table loads them. */
#define SMARTCOLS_FUNCTIONS(X)           \
	X(scols_column_set_safechars)    \
	X(scols_column_set_wrapfunc)     \
	X(scols_line_refer_data)         \
	X(scols_line_set_color)          \
	X(scols_new_table)               \
	X(scols_print_table)             \
	X(scols_table_enable_colors)     \
	X(scols_table_enable_noheadings) \
	X(scols_table_enable_raw)        \
	X(scols_table_new_column)        \
	X(scols_table_new_line)          \
	X(scols_table_set_stream)        \
	X(scols_table_set_termforce)     \
	X(scols_table_set_termwidth)     \
	X(scols_unref_table)             \
	X(scols_wrapnl_chunksize)        \
	X(scols_wrapnl_nextchunk)

extern struct smartcols {
	SMARTCOLS_FUNCTIONS(LIBRARY_POINTER)
} smartcols;

/* The functions that list shows. In a tree, each one is below another one. */
struct selection {
	struct selected {
		struct pcireset_dev *dev;
		struct selected *above;
		struct libscols_line *line;
	} *v;
	size_t nr;
};

/* color.c */
enum colors { COLORS_AUTO, COLORS_ALWAYS, COLORS_NEVER };
enum color { COLOR_IN_USE, COLOR_NO_RESET, COLOR_NAMED, COLOR_HIT, NR_COLORS };

bool is_colored(const struct request *req);
void color_line(struct libscols_line *line, enum color color);
void color_legend(void);
const char *color_at(size_t i);
int color_from_str(const char *word, uint32_t *ret_color);

/* table.c */
size_t output_width(FILE *out);
size_t width_of_part(FILE *out, size_t part);
size_t width_of_rest(FILE *out, size_t rest);
struct libscols_table *table_new(const struct request *req, FILE *out);
char *wrap(FILE *out, char *words, size_t width);
void table_column(struct libscols_table *table, const char *name, int flags);
struct libscols_line *table_line(struct libscols_table *table);
void table_set(struct libscols_line *line, size_t column, char *data);
void table_print(struct libscols_table *table);
char *users_text(const struct pcireset_dev *dev);
char *users_details(const struct pcireset_dev *dev);

/* columns.c */
struct column;
const struct column *column_find(const char *name, size_t len);
const char *column_at(size_t i);
void columns_help(void);
int columns_check(const struct request *req);
void columns_print(const struct request *req, const struct selection *list);

#endif /* PCIRESET_CLI_TABLE_H */
