/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reduce a text to the characters that lspci prints: from UTF-16, from Unicode's blanks and
 * line separators, from HTML and BBCode, from escape sequences of a terminal, and from
 * strings of JSON or C.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "snapshot/snapshot.h"

/* The text before and after. The result is never longer. */
struct narrowing {
	const unsigned char *p, *end;
	char *to;
	size_t len;
};

static void put(struct narrowing *n, char c)
{
	n->to[n->len++] = c;
}

/* End the line, unless nothing is in it. */
static void end_line(struct narrowing *n)
{
	if (n->len && n->to[n->len - 1] != '\n')
		put(n, '\n');
}

/* ---- Unicode */

/* Up to three bytes for each two of UTF-16. */
static size_t put_utf8(char *to, unsigned int c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	to[0] = (char)(0xe0 | c >> 12);
	to[1] = (char)(0x80 | (c >> 6 & 0x3f));
	to[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

/*
 * Recognize UTF-16 without a byte order mark ("h\0e\0l\0l\0o\0"): at least three of four
 * characters are ASCII. Text in other encodings has no zeros.
 */
static bool is_utf16(const unsigned char *data, size_t size, bool is_big)
{
	size_t nr = 0, seen = size < 4096 ? size & ~(size_t)1 : 4096;

	if (size >= 2 && data[is_big] == 0xff && data[!is_big] == 0xfe)
		return true;
	for (size_t i = 0; i < seen; i += 2)
		nr += data[i + is_big] && !data[i + !is_big];
	return seen >= 8 && nr >= seen / 2 - seen / 8;
}

/* Return UTF-8, to be freed, or NULL if memory runs out. */
static char *utf16_to_utf8(const unsigned char *data, size_t size, bool is_big, size_t *ret_size)
{
	char *to = malloc(size / 2 * 3 + 1);
	size_t len = 0;

	for (size_t i = 0; to && i + 1 < size; i += 2)
		len += put_utf8(to + len, (unsigned int)data[i + is_big] |
						  (unsigned int)data[i + !is_big] << 8);
	*ret_size = len;
	return to;
}

/* The meaning of a character: a blank, the end of a line, or none because it has no width. */
static const struct {
	unsigned int first, last;
	char becomes;
} characters[] = {
	{ 0x85, 0x85, '\n' },     { 0xa0, 0xa0, ' ' },     { 0xad, 0xad, 0 },
	{ 0x34f, 0x34f, 0 },      { 0x180e, 0x180e, 0 },   { 0xfe00, 0xfe0f, 0 },
	{ 0x1680, 0x1680, ' ' },  { 0x2000, 0x200a, ' ' }, { 0x200b, 0x200f, 0 },
	{ 0x2028, 0x2029, '\n' }, { 0x202a, 0x202e, 0 },   { 0x202f, 0x202f, ' ' },
	{ 0x205f, 0x205f, ' ' },  { 0x2060, 0x206f, 0 },   { 0x3000, 0x3000, ' ' },
	{ 0xfeff, 0xfeff, 0 },
};

/* Return true if the character is one of these. */
static bool put_character(struct narrowing *n, unsigned int c)
{
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		if (c < characters[i].first || c > characters[i].last)
			continue;
		if (characters[i].becomes)
			put(n, characters[i].becomes);
		return true;
	}
	return false;
}

/* Decode two or three bytes. Others are no blanks. Return the number of bytes, or 0. */
static size_t read_utf8(const struct narrowing *n, unsigned int *ret_c)
{
	const unsigned char *p = n->p;
	size_t size = (*p & 0xe0) == 0xc0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : 0;

	if (!size || (size_t)(n->end - p) < size || (p[1] & 0xc0) != 0x80 ||
	    (size == 3 && (p[2] & 0xc0) != 0x80))
		return 0;
	*ret_c = size == 2 ? (*p & 0x1fu) << 6 | (p[1] & 0x3fu) :
			     (*p & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return size;
}

/* A no-break space of Latin-1 is no UTF-8. Other characters stay what they are. */
static bool skip_unicode(struct narrowing *n)
{
	unsigned int c;
	size_t size = read_utf8(n, &c);

	if (!size && *n->p == 0xa0) {
		put(n, ' ');
		n->p++;
		return true;
	}
	if (!size || !put_character(n, c))
		return false;
	n->p += size;
	return true;
}

/* ---- entities of HTML */

static const struct {
	const char *name;
	char becomes;
} entities[] = {
	{ "nbsp", ' ' },   { "gt", '>' },    { "lt", '<' },     { "amp", '&' },
	{ "quot", '"' },   { "apos", '\'' }, { "emsp", ' ' },   { "ensp", ' ' },
	{ "thinsp", ' ' }, { "colon", ':' }, { "period", '.' }, { "NewLine", '\n' },
	{ "Tab", ' ' },    { "zwj", 0 },     { "shy", 0 },
};

/* "&#160;", "&#xa0;": return the end, or NULL. */
static const unsigned char *skip_numeric(struct narrowing *n, const unsigned char *p)
{
	bool is_hex = n->end - p > 2 && (p[1] | 0x20) == 'x';
	const unsigned char *digit = p + 1 + is_hex, *last = digit;
	unsigned int c = 0;

	for (; last < n->end && last - digit < 7 && dump_hex_digit((char)*last) >= 0; last++)
		c = c * (is_hex ? 16 : 10) + (unsigned int)dump_hex_digit((char)*last);
	if (last == digit || last == n->end || *last != ';')
		return NULL;
	if (!put_character(n, c))
		put(n, c == '\t' || c == '\r' || !c ? ' ' : c < 0x80 ? (char)c : '?');
	return last + 1;
}

/* A text that was escaped twice has "&amp;nbsp;". The semicolon may be missing. */
static bool skip_entity(struct narrowing *n)
{
	const unsigned char *p = n->p + 1;

	if (*n->p != '&')
		return false;
	while (n->end - p > 4 && !memcmp(p, "amp;", 4))
		p += 4;
	if (p < n->end && *p == '#') {
		p = skip_numeric(n, p);
		n->p = p ? p : n->p;
		return p;
	}
	for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
		size_t size = strlen(entities[i].name);

		if ((size_t)(n->end - p) <= size || memcmp(p, entities[i].name, size) != 0 ||
		    isalnum(p[size]))
			continue;
		if (entities[i].becomes)
			put(n, entities[i].becomes);
		n->p = p + size + (p[size] == ';');
		return true;
	}
	if (p == n->p + 1)
		return false;
	put(n, '&');
	n->p = p;
	return true;
}

/* ---- tags of HTML and BBCode */

/* A line ends with the tag, if it ends no other way. */
static const char *const blocks[] = {
	"br",         "p",       "div",     "li",      "tr",   "pre",   "h1", "h2",
	"h3",         "h4",      "h5",      "h6",      "hr",   "dl",    "dt", "dd",
	"blockquote", "section", "article", "summary", "body", "title",
};

static const char *const cells[] = { "td", "th" };

static const char *const inlines[] = {
	"ol",     "ul",    "table", "tbody", "thead",  "span",   "code", "font", "b",     "i",
	"u",      "s",     "em",    "a",     "strong", "tt",     "samp", "kbd",  "small", "big",
	"sub",    "sup",   "mark",  "del",   "ins",    "q",      "wbr",  "html", "head",  "details",
	"center", "label", "img",   "main",  "header", "footer", "nav",  "time", "abbr",
};

static const char *const bbcodes[] = { "code", "quote", "pre", "spoiler", "hide", "b", "i" };

#define MAX_TAG 4096

/*
 * Return the end of "<NAME ...>", or NULL. lspci prints words such as "<TAbort-", too. A
 * second "<" ends the search, so that each character is read once.
 */
static const unsigned char *find_tag_end(const struct narrowing *n, char opens, char closes)
{
	const unsigned char *end = n->end - n->p > MAX_TAG ? n->p + MAX_TAG : n->end;

	for (const unsigned char *p = n->p + 1; p < end && *p != (unsigned char)opens; p++)
		if (*p == (unsigned char)closes)
			return p + 1;
	return NULL;
}

/* Is it "<NAME>", "</NAME>" or "<NAME ...>"? A tag may be uppercase. */
static bool is_one_of(const unsigned char *tag, const unsigned char *after,
		      const char *const *names, size_t nr)
{
	const char *name = (const char *)tag + 1 + (tag[1] == '/');

	for (size_t i = 0; i < nr; i++) {
		size_t size = strlen(names[i]);

		if ((size_t)((const char *)after - name) > size &&
		    !strncasecmp(name, names[i], size) && strchr(" />\n\r\t]=", name[size]))
			return true;
	}
	return false;
}

/* The text before a block, and after it, is on lines of its own. */
static void leave_block(struct narrowing *n, const unsigned char *after)
{
	end_line(n);
	while (after < n->end && *after == '\r')
		after++;
	n->p = after < n->end && *after == '\n' && n->len && n->to[n->len - 1] == '\n' ? after + 1 :
											 after;
}

static bool skip_html(struct narrowing *n)
{
	const unsigned char *after = *n->p == '<' ? find_tag_end(n, '<', '>') : NULL;
	bool is_cell = after && is_one_of(n->p, after, cells, ARRAY_SIZE(cells));

	if (!after)
		return false;
	if (is_one_of(n->p, after, blocks, ARRAY_SIZE(blocks))) {
		leave_block(n, after);
		return true;
	}
	if (!is_cell && !is_one_of(n->p, after, inlines, ARRAY_SIZE(inlines)) &&
	    (n->end - n->p < 4 || memcmp(n->p, "<!--", 4) != 0))
		return false;
	if (is_cell)
		put(n, ' ');
	n->p = after;
	return true;
}

static bool skip_bbcode(struct narrowing *n)
{
	const unsigned char *after = *n->p == '[' ? find_tag_end(n, '[', ']') : NULL;

	if (!after || !is_one_of(n->p, after, bbcodes, ARRAY_SIZE(bbcodes)))
		return false;
	n->p = after;
	return true;
}

/* ---- terminals */

#define ESC      0x1b
#define BELL     0x07
#define MAX_TEXT 512 /* of a title or a link */

/* "\033[" up to the final character. The cursor moves to another line, or along this one. */
static const unsigned char *skip_csi(struct narrowing *n)
{
	const unsigned char *p = n->p + 2;

	while (p < n->end && *p >= 0x20 && *p <= 0x3f)
		p++;
	if (p == n->end || *p < 0x40 || *p > 0x7e)
		return p;
	if (strchr("ABEFHdf", *p))
		end_line(n);
	else if (strchr("CG", *p))
		put(n, ' ');
	return p + 1;
}

/* A title of the window or a link, up to BEL or "\033\\". */
static const unsigned char *skip_string(const struct narrowing *n)
{
	const unsigned char *end = n->end - n->p > MAX_TEXT ? n->p + MAX_TEXT : n->end;

	for (const unsigned char *p = n->p + 2; p < end && *p != '\n'; p++) {
		if (*p == BELL)
			return p + 1;
		if (*p == ESC && p + 1 < end && p[1] == '\\')
			return p + 2;
	}
	return n->p + 2;
}

static bool skip_escape(struct narrowing *n)
{
	if (*n->p != ESC)
		return false;
	if (n->end - n->p < 2)
		n->p = n->end;
	else if (n->p[1] == '[')
		n->p = skip_csi(n);
	else if (n->p[1] && strchr("]P_^X", n->p[1]))
		n->p = skip_string(n);
	else if (n->p[1] && strchr("()*+#%", n->p[1]) && n->end - n->p > 2)
		n->p += 3;
	else
		n->p += n->p[1] >= 0x30 && n->p[1] <= 0x7e ? 2 : 1;
	return true;
}

/* Backspace takes the previous character back. Bells and shifts print nothing. */
static bool skip_control(struct narrowing *n)
{
	switch (*n->p) {
	case '\b':
		if (n->len && n->to[n->len - 1] != '\n')
			n->len--;
		break;
	case '\f':
	case '\v':
		put(n, '\n');
		break;
	case '\t':
	case '\0':
		put(n, ' ');
		break;
	case BELL:
	case 0x0e:
	case 0x0f:
	case 0x11:
	case 0x13:
		break;
	default:
		return false;
	}
	n->p++;
	return true;
}

/* ---- strings of JSON, C and other languages */

/* "\n" and "\t", as two characters. lspci prints no backslash. */
static bool skip_string_escape(struct narrowing *n)
{
	if (*n->p != '\\' || n->end - n->p < 2 || !n->p[1] || !strchr("nrt", n->p[1]))
		return false;
	if (n->p[1] != 'r')
		put(n, n->p[1] == 'n' ? '\n' : ' ');
	n->p += 2;
	return true;
}

/* ---- */

/* Split lines at "\n" only, and drop "\r". */
static size_t narrow_lines(char *text, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')
			continue;
		text[len++] = text[i] == '\r' ? '\n' : text[i];
	}
	return len;
}

static size_t narrow(char *to, const char *data, size_t size)
{
	const unsigned char *p = (const unsigned char *)data;
	struct narrowing n = { .p = p, .end = p + size, .to = to };

	while (n.p < n.end)
		if (!skip_escape(&n) && !skip_control(&n) && !skip_html(&n) && !skip_bbcode(&n) &&
		    !skip_entity(&n) && !skip_unicode(&n) && !skip_string_escape(&n))
			put(&n, (char)*n.p++);
	return narrow_lines(to, n.len);
}

/* Return UTF-8 without the encoding of a mail, to be freed, or NULL if memory runs out. */
static char *decode(const char *data, size_t size, size_t *ret_size)
{
	const unsigned char *p = (const unsigned char *)data;
	bool is_little = is_utf16(p, size, false);
	char *plain;

	if (is_little || is_utf16(p, size, true))
		return utf16_to_utf8(p, size, !is_little, ret_size);
	/* A line that has no end gets one. */
	plain = malloc(size + 1);
	if (!plain)
		return NULL;
	memcpy(plain, data, size);
	*ret_size = dump_decode_mail(plain, size);
	return plain;
}

char *dump_narrow(const char *data, size_t size, size_t *ret_size)
{
	char *plain = decode(data, size, &size), *to = plain ? malloc(size + 1) : NULL;

	if (to) {
		*ret_size = narrow(to, plain, size);
		to[*ret_size] = '\0';
	}
	free(plain);
	return to;
}
