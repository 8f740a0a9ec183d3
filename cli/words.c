/* SPDX-License-Identifier: GPL-2.0-only */
/* The words that arguments of options can be, for messages and for shell completions. */
#include <stdlib.h>
#include <string.h>
#include "table.h"

/* The arguments of options that are not free text, by their name in the help. */
struct kind {
	const char *tag; /* file, word, list (comma-separated words), or machine */
	const char *arg;
	const char *(*at)(size_t i);
};

static const char *type_at(size_t i)
{
	static const char *const aliases[] = { "func", "link", "any" };
	size_t nr = 0;

	while (pcireset_type_at(nr))
		nr++;
	if (i < nr)
		return pcireset_type_to_str(pcireset_type_at(i), 0);
	return i - nr < ARRAY_SIZE(aliases) ? aliases[i - nr] : NULL;
}

static const char *scope_at(size_t i)
{
	return pcireset_scope_to_str(PCIRESET_SCOPE_FUNCTION + (uint32_t)i);
}

static const char *check_at(size_t i)
{
	return i < 32 ? pcireset_check_to_str(1U << i) : NULL;
}

static const char *use_at(size_t i)
{
	return i < 32 ? pcireset_use_to_str(1U << i) : NULL;
}

static const struct kind kinds[] = {
	{ "list", "TYPES", type_at },     { "word", "SCOPE", scope_at },
	{ "list", "CHECKS", check_at },   { "list", "USES", use_at },
	{ "list", "COLUMNS", column_at }, { "file", "DIR", NULL },
	{ "file", "DUMP", NULL },         { "file", "FILE", NULL },
	{ "machine", "DRIVER", NULL },    { "machine", "CLASS", NULL },
	{ "word", "WHEN", color_at },     { "machine", "ID", NULL },
	{ "machine", "SLOT", NULL },
};

/* The words of an argument, by its name in the help; NULL for free text. */
word_at_fn words_of(const char *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].arg, arg))
			return kinds[i].at;
	return NULL;
}

static void print_kind(const struct kind *kind)
{
	const char *word;

	if (!kind->at)
		COMPLETE_ROW(kind->tag, kind->arg);
	for (size_t i = 0; kind->at && (word = kind->at(i)); i++)
		COMPLETE_ROW(kind->tag, kind->arg, word);
}

/* No field is empty, because shells would treat two tabs as one. */
void complete_row(const char *const fields[])
{
	for (size_t i = 0; fields[i]; i++) {
		char *words = printable(text("%s", fields[i]));

		printf("%s%s", i ? "\t" : "", *words ? words : "-");
		free(words);
	}
	putchar('\n');
}

void complete_words(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		print_kind(&kinds[i]);
}
