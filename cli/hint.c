/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hints for mistakes: the intended word, guessed from the spelling or from the words of
 * other tools.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "util.h"

#define LONGEST_WORD 32

/* Words of other tools. A meaning in parentheses is the complete hint. */
static const struct synonym {
	const char *kind, *word, *meaning;
} synonyms[] = {
	{ "COMMAND", "info", "show" },
	{ "COMMAND", "status", "show" },
	{ "COMMAND", "query", "show" },
	{ "COMMAND", "details", "show" },
	{ "COMMAND", "ls", "list" },
	{ "COMMAND", "lspci", "list" },
	{ "COMMAND", "devices", "list" },
	{ "COMMAND", "monitor", "watch" },
	{ "COMMAND", "events", "watch" },
	{ "COMMAND", "follow", "watch" },
	{ "COMMAND", "log", "watch" },
	{ "COMMAND", "check", "doctor" },
	{ "COMMAND", "diagnose", "doctor" },
	{ "COMMAND", "fix", "doctor --repair" },
	{ "COMMAND", "repair", "doctor --repair" },
	{ "COMMAND", "rescan", "re-enumerate" },
	{ "COMMAND", "reprobe", "re-enumerate" },
	{ "COMMAND", "remove", "re-enumerate" },
	{ "COMMAND", "stats", "metrics" },
	{ "COMMAND", "statistics", "metrics" },
	{ "COMMAND", "prometheus", "metrics" },
	{ "COMMAND", "dump", "record" },
	{ "COMMAND", "save", "record" },
	{ "COMMAND", "export", "record" },
	{ "COMMAND", "snapshot", "record" },
	{ "COMMAND", "dry-run", "plan" },
	{ "COMMAND", "simulate", "plan" },
	{ "COMMAND", "preview", "plan" },
	{ "COMMAND", "version", "--version" },
	{ "OPTION", "method", "type" },
	{ "OPTION", "methods", "type" },
	{ "OPTION", "mode", "type" },
	{ "OPTION", "mask", "type" },
	{ "OPTION", "scope", "max-scope" },
	{ "OPTION", "verify", "check" },
	{ "OPTION", "wait", "timeout" },
	{ "OPTION", "delay", "settle" },
	{ "OPTION", "ignore", "force" },
	{ "OPTION", "assume-yes", "yes" },
	{ "OPTION", "no-prompt", "yes" },
	{ "OPTION", "non-interactive", "yes" },
	{ "OPTION", "silent", "quiet" },
	{ "OPTION", "debug", "verbose" },
	{ "OPTION", "columns", "output" },
	{ "OPTION", "fields", "output" },
	{ "OPTION", "format", "output" },
	{ "OPTION", "no-headings", "noheadings" },
	{ "OPTION", "no-header", "noheadings" },
	{ "OPTION", "no-headers", "noheadings" },
	{ "OPTION", "root", "sysroot" },
	{ "OPTION", "archive", "sysroot" },
	{ "OPTION", "exec", "run" },
	{ "OPTION", "command", "run" },
	{ "OPTION", "dot", "svg" },
	{ "OPTION", "draw", "svg" },
	{ "OPTION", "events", "count" },
	{ "OPTION", "serials", "with-serials" },
	{ "OPTION", "simulate", "dry-run" },
	{ "OPTION", "no-act", "dry-run" },
	{ "OPTION", "just-print", "dry-run" },
	{ "OPTION", "what-if", "dry-run" },
	{ "OPTION", "plan", "dry-run" },
	{ "OPTION", "usage", "help" },
	{ "TYPES", "sbr", "bus" },
	{ "TYPES", "hot", "bus" },
	{ "TYPES", "hot_reset", "bus" },
	{ "TYPES", "secondary", "bus" },
	{ "TYPES", "hotplug", "slot" },
	{ "TYPES", "function", "func" },
	{ "TYPES", "af", "flr" },
	{ "TYPES", "d3", "pm" },
	{ "TYPES", "d3hot", "pm" },
	{ "TYPES", "power", "pm" },
	{ "TYPES", "rst", "acpi" },
	{ "TYPES", "_rst", "acpi" },
	{ "TYPES", "quirk", "device_specific" },
	{ "TYPES", "specific", "device_specific" },
	{ "TYPES", "cxl", "cxl_bus" },
	{ "TYPES", "disable", "link_disable" },
	{ "TYPES", "all", "any" },
	{ "TYPES", "auto", "any" },
	{ "TYPES", "default", "(there is no default type)" },
	{ "TYPES", "none", "(for a dry run, use: pcireset plan)" },
	{ "SCOPE", "func", "function" },
	{ "SCOPE", "device", "function" },
	{ "SCOPE", "link", "bus" },
	{ "SCOPE", "port", "bus" },
	{ "CHECKS", "cfg", "config" },
	{ "CHECKS", "configuration", "config" },
	{ "CHECKS", "proven", "proof" },
	{ "CHECKS", "id", "identity" },
	{ "USES", "all", "(name each use)" },
	{ "USES", "any", "(name each use)" },
	{ "USES", "mounted", "mount" },
	{ "USES", "filesystem", "mount" },
	{ "USES", "fs", "mount" },
	{ "USES", "network", "net" },
	{ "USES", "interface", "net" },
	{ "USES", "module", "driver" },
	{ "USES", "vm", "vfio" },
	{ "USES", "qemu", "vfio" },
	{ "USES", "process", "open" },
	{ "USES", "vga", "console" },
	{ "USES", "framebuffer", "console" },
	{ "COLUMNS", "address", "DEVICE" },
	{ "COLUMNS", "addr", "DEVICE" },
	{ "COLUMNS", "bdf", "DEVICE" },
	{ "COLUMNS", "module", "DRIVER" },
	{ "COLUMNS", "methods", "TYPES" },
	{ "COLUMNS", "scope", "REACH" },
	{ "COLUMNS", "description", "NAME" },
	{ "COLUMNS", "bridge", "PARENT" },
	{ "COLUMNS", "pf", "PHYSFN" },
};

/* Ignore case, and treat - as _. */
static char fold_letter(char c)
{
	return c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static bool begins_with(const char *word, const char *typed, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!word[i] || fold_letter(word[i]) != fold_letter(typed[i]))
			return false;
	return true;
}

static bool is_same_word(const char *word, const char *typed, size_t len)
{
	return begins_with(word, typed, len) && !word[len];
}

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* The number of letters to insert, delete, replace or swap with a neighbour. */
static size_t edit_distance(const char *a, size_t len_a, const char *b, size_t len_b)
{
	size_t rows[3][LONGEST_WORD + 1], *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= len_b; j++)
		last[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			bool differs = fold_letter(a[i - 1]) != fold_letter(b[j - 1]);

			row[j] = least_of(row[j - 1] + 1, last[j] + 1, last[j - 1] + differs);
			if (differs && i > 1 && j > 1 &&
			    fold_letter(a[i - 1]) == fold_letter(b[j - 2]) &&
			    fold_letter(a[i - 2]) == fold_letter(b[j - 1]) &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = last;
		last = row;
		row = oldest;
	}
	return last[len_b];
}

/* A prefix of a longer word costs as much as one wrong letter. */
static size_t word_cost(const char *typed, size_t len, const char *word)
{
	size_t len_word = strlen(word);

	if (len_word > LONGEST_WORD)
		return SIZE_MAX;
	if (len > 1 && len < len_word && begins_with(word, typed, len))
		return 1;
	return edit_distance(typed, len, word, len_word);
}

/* Allow one wrong letter in four, and at least one. Return NULL if no word is close enough. */
static const char *closest_word(const char *typed, size_t len, word_at_fn at)
{
	size_t limit = (len + 1) / 4 ? (len + 1) / 4 : 1, least_cost = SIZE_MAX;
	const char *found = NULL, *word;

	if (!len || len > LONGEST_WORD)
		return NULL;
	for (size_t i = 0; (word = at(i)); i++) {
		size_t c = word_cost(typed, len, word);

		if (c >= len || c > limit || c >= least_cost)
			continue;
		least_cost = c;
		found = word;
	}
	return found;
}

static bool has_word(word_at_fn at, const char *wanted)
{
	const char *word;

	for (size_t i = 0; (word = at(i)); i++)
		if (is_same_word(word, wanted, strcspn(wanted, " ")))
			return true;
	return false;
}

static const char *synonym_of(const char *kind, const char *typed, size_t len, word_at_fn at)
{
	for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++) {
		const struct synonym *s = &synonyms[i];

		if (!strcmp(s->kind, kind) && is_same_word(s->word, typed, len) &&
		    (*s->meaning == '(' || *s->meaning == '-' || has_word(at, s->meaning)))
			return s->meaning;
	}
	return NULL;
}

/*
 * The text to append to a message, with a leading blank; "" if no word is close enough.
 * kind is the name of such words in the help, and at() iterates over the valid ones.
 */
char *did_you_mean(const char *kind, const char *typed, size_t len, word_at_fn at)
{
	const char *meaning = synonym_of(kind, typed, len, at);

	if (!meaning)
		meaning = closest_word(typed, len, at);
	if (!meaning)
		return text("%s", "");
	if (*meaning == '(')
		return text(" %s", meaning);
	return text(" (did you mean '%s%s'?)", strcmp(kind, "OPTION") ? "" : "--", meaning);
}

/* All words of a kind, for a message: "flr, pm, bus". */
char *words_list(word_at_fn at)
{
	char *all = text("%s", ""), *longer;
	const char *word;

	for (size_t i = 0; (word = at(i)); i++) {
		longer = text("%s%s%s", all, i ? ", " : "", word);
		free(all);
		all = longer;
	}
	return all;
}
