/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read one file of blocks: [Match] and the section after it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/conf.h"

enum section {
	SECTION_NONE,
	SECTION_UNKNOWN,
	SECTION_MATCH,
	SECTION_BODY,
};

struct reader {
	const struct conf_grammar *grammar;
	const char *path;
	unsigned int line;
	enum section section;
	unsigned int seen; /* bit of each key that the block has */
	char *where;       /* of the current block, or NULL */
	bool has_failed;   /* the block has an error */
	struct conf_match match;
};

__attribute__((format(printf, 3, 4))) static int complain(struct reader *r, const char *where,
							  const char *fmt, ...)
{
	char *words, *message = NULL;
	va_list ap;
	int ret = -ENOMEM;

	r->has_failed = true;
	va_start(ap, fmt);
	if (vasprintf(&words, fmt, ap) < 0)
		words = NULL;
	va_end(ap);
	if (words && where && asprintf(&message, "%s: %s", where, words) < 0)
		message = NULL;
	if (words && !where && asprintf(&message, "%s:%u: %s", r->path, r->line, words) < 0)
		message = NULL;
	if (message)
		ret = r->grammar->complain(r->grammar->data, message);
	free(message);
	free(words);
	return ret;
}

/* ---- blocks */

static void clear_block(struct reader *r)
{
	free(r->where);
	r->where = NULL;
	conf_match_clear(&r->match);
}

/* An error in the block was reported, so do not report that it is incomplete. */
static int end_block(struct reader *r)
{
	const struct conf_grammar *g = r->grammar;
	const char *missing = NULL;
	int ret = 0;

	if (r->where && !r->has_failed) {
		missing = conf_match_missing(&r->match);
		if (!missing)
			missing = g->missing(g->data);
		if (missing) {
			ret = complain(r, r->where, "%s", missing);
		} else {
			ret = g->add(g->data, r->where, &r->match);
			r->where = NULL;
			r->match = (struct conf_match){ 0 };
		}
	}
	clear_block(r);
	return ret;
}

static int begin_block(struct reader *r)
{
	int ret = end_block(r);

	r->seen = 0;
	r->has_failed = false;
	r->grammar->begin(r->grammar->data);
	if (ret)
		return ret;
	if (asprintf(&r->where, "%s:%u", r->path, r->line) < 0) {
		r->where = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* ---- lines */

static int take_section(struct reader *r, const char *name)
{
	enum section before = r->section;
	const char *body = r->grammar->section;

	if (!strcmp(name, "Match")) {
		r->section = SECTION_MATCH;
		return begin_block(r);
	}
	if (strcmp(name, body)) {
		r->section = SECTION_UNKNOWN;
		return complain(r, NULL, "unknown section [%s]; known are [Match] and [%s]", name,
				body);
	}
	r->section = SECTION_BODY;
	if (before == SECTION_MATCH)
		return 0;
	return complain(r, NULL, "[%s] needs a [Match] of its own before it", body);
}

/* One bit for each key. */
static int check_key(struct reader *r, const char *name, enum section section, size_t bit)
{
	if (r->section != section)
		return complain(r, NULL, "%s does not belong in this section", name);
	if (r->seen & 1u << bit)
		return complain(r, NULL, "%s is given twice", name);
	r->seen |= 1u << bit;
	return 0;
}

static int check_value(struct reader *r, int ret, const char *pair[2], const char *wants)
{
	return ret == -EINVAL ? complain(r, NULL, "%s=%s: expected %s", pair[0], pair[1], wants) :
				ret;
}

/* Return 1 if the key is not one of [Match]. */
static int take_match(struct reader *r, const char *pair[2])
{
	const char *name;
	unsigned int seen = r->seen;
	int ret;

	for (size_t i = 0; (name = conf_match_key_at(i)); i++) {
		if (strcmp(pair[0], name))
			continue;
		ret = check_key(r, name, SECTION_MATCH, i);
		if (ret || r->seen == seen)
			return ret;
		return check_value(r, conf_match_take(&r->match, i, pair[1]), pair,
				   conf_match_wants(i));
	}
	return 1;
}

#define FIRST_BODY_BIT 5 /* after the keys of [Match] */

static int take_body(struct reader *r, const char *pair[2])
{
	const struct conf_grammar *g = r->grammar;
	unsigned int seen = r->seen;
	int ret;

	for (size_t i = 0; i < g->nr_keys; i++) {
		if (strcmp(pair[0], g->keys[i].name))
			continue;
		ret = check_key(r, pair[0], SECTION_BODY, FIRST_BODY_BIT + i);
		if (ret || r->seen == seen)
			return ret;
		return check_value(r, g->keys[i].take(g->data, pair[1]), pair, g->keys[i].wants);
	}
	return complain(r, NULL, "unknown key %s", pair[0]);
}

static char *strip_blanks(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	end = s + strlen(s);
	while (end > s && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return s;
}

static int take_pair(struct reader *r, char *line)
{
	char *equals = strchr(line, '=');
	const char *pair[2];
	int ret;

	if (!equals)
		return complain(r, NULL, "\"%s\" is neither a section nor KEY=VALUE", line);
	*equals = '\0';
	pair[0] = strip_blanks(line);
	pair[1] = strip_blanks(equals + 1);
	ret = take_match(r, pair);
	return ret > 0 ? take_body(r, pair) : ret;
}

static int take_line(struct reader *r, char *line)
{
	size_t len;

	line = strip_blanks(line);
	len = strlen(line);
	if (!len || *line == '#' || *line == ';')
		return 0;
	if (*line == '[' && line[len - 1] == ']') {
		line[len - 1] = '\0';
		return take_section(r, line + 1);
	}
	/* The error is in the section itself. */
	return r->section == SECTION_UNKNOWN ? 0 : take_pair(r, line);
}

static const char *find_lone_return(const char *text)
{
	for (const char *p = text; (p = strchr(p, '\r'));) {
		p += strspn(p, "\r");
		if (*p && *p != '\n')
			return p;
	}
	return NULL;
}

/*
 * Without "\n" the whole file is one line, and a comment if it begins with "#". Editors also
 * show other characters as the end of a line. Return the name of the first one, or NULL.
 */
static const char *find_other_line_end(const char *text, const char **ret_at)
{
	static const struct {
		const char *bytes, *name;
	} ends[] = {
		{ "\v", "a vertical tab" },
		{ "\f", "a form feed" },
		{ "\xc2\x85", "the line end U+0085" },
		{ "\xe2\x80\xa8", "the line end U+2028" },
		{ "\xe2\x80\xa9", "the line end U+2029" },
	};

	*ret_at = find_lone_return(text);
	if (*ret_at)
		return "a carriage return";
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		*ret_at = strstr(text, ends[i].bytes);
		if (*ret_at)
			return ends[i].name;
	}
	return NULL;
}

static unsigned int line_of(const char *text, const char *at)
{
	unsigned int line = 1;

	for (const char *p = text; p < at; p++)
		line += *p == '\n';
	return line;
}

int conf_read(const struct conf_grammar *grammar, const struct conf_file *file)
{
	struct reader r = { .grammar = grammar, .path = file->path };
	const char *name, *at = file->text + strlen(file->text);
	char *copy, *rest, *line;
	int ret = 0;

	name = (size_t)(at - file->text) != file->size ? "a NUL byte" :
							 find_other_line_end(file->text, &at);
	if (name) {
		r.line = line_of(file->text, at);
		return complain(&r, NULL, "%s is within a line", name);
	}
	copy = rest = strdup(file->text);
	if (!copy)
		return -ENOMEM;
	while (!ret && (line = strsep(&rest, "\n"))) {
		r.line++;
		ret = take_line(&r, line);
	}
	if (!ret)
		ret = end_block(&r);
	clear_block(&r);
	free(copy);
	return ret;
}
