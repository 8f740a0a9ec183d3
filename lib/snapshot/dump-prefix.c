/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Find text that a program printed before each line of a dump: the time, a level, a host or
 * a file name. It is learned from the first row of config space, because only this row cannot
 * be confused with other text.
 */
#include <ctype.h>
#include <string.h>
#include "snapshot/snapshot.h"

static bool is_of_token(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

static size_t token_length(const char *p)
{
	size_t len = 0;

	while (is_of_token(p[len]))
		len++;
	return len;
}

/*
 * Only a number, a date or a time differs from line to line. A name with a digit, such as
 * "node1" or 10.0.0.1, is another machine if it differs.
 */
static bool may_differ(const char *token, size_t len)
{
	size_t dots = 0;

	for (size_t i = 0; i < len; i++)
		dots += token[i] == '.';
	return isdigit((unsigned char)*token) && dots < 3;
}

/* Compare two tokens. Runs of digits are equal if the token may differ. */
static bool are_tokens_alike(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len, *b_end = b + b_len;

	if (!may_differ(a, a_len))
		return a_len == b_len && !strncmp(a, b, a_len);
	while (a < a_end && b < b_end) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789");
			b += strspn(b, "0123456789");
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return a == a_end && b == b_end;
}

static size_t count_blanks(const char *p)
{
	return strspn(p, " ");
}

/* Return the text after a prefix like the learned one, or NULL. */
const char *prefix_skip(const struct prefix *prefix, const char *line)
{
	const char *p = prefix->text, *end = p + prefix->len;

	if (!prefix->len)
		return NULL;
	while (p < end) {
		size_t len = token_length(p), other = token_length(line);

		if (len > (size_t)(end - p))
			len = (size_t)(end - p);
		if (len && !are_tokens_alike(p, len, line, other))
			return NULL;
		if (!len && *p != *line)
			return NULL;
		/* Numbers may be aligned with blanks. */
		if (!len && *p == ' ') {
			p += count_blanks(p) < (size_t)(end - p) ? count_blanks(p) :
								   (size_t)(end - p);
			line += count_blanks(line);
			continue;
		}
		p += len ? len : 1;
		line += len ? other : 1;
	}
	return line;
}

/* Return the length of the prefix of "PREFIX00: 86 80 ...", or 0. */
static size_t find_prefix(const char *line)
{
	uint8_t bytes[DUMP_LINE_BYTES];
	const char *rest;
	size_t offset;

	for (size_t i = 1; *line && line[i] && i < PREFIX_MAX; i++)
		if (!is_of_token(line[i - 1]) && line[i] == '0' && line[i + 1] == '0' &&
		    dump_read_row(line + i, &offset, bytes, &rest) == DUMP_LINE_BYTES)
			return i;
	return 0;
}

void prefix_learn(struct prefix *prefix, const char *line)
{
	size_t len = prefix->len ? 0 : find_prefix(line);

	if (!len)
		return;
	memcpy(prefix->text, line, len);
	prefix->len = len;
}

bool prefix_is_other(const char *line)
{
	return find_prefix(line);
}
