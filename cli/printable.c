/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names come from devices, disks, files and other users. Before a name reaches a
 * terminal or a program, each character that is not visible as itself is escaped, by
 * its Unicode category and properties. Only this file does so.
 */
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include "library.h"
#include "util.h"

#define ESCAPE_MAX 12 /* bytes: \ud800\udc00 */

/*
 * Control characters, invisible and directional formatting, line separators, and
 * unassigned code points.
 */
#define UNSAFE                                                                                   \
	(UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Co | \
	 UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp)

/* A terminal without UTF-8 treats some of its bytes as control characters. */
static bool is_utf8_terminal(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/*
 * Return the length of the character at s, and the character; 0 for a byte that is not
 * UTF-8 (RFC 3629, sec 3): a surrogate, more bytes than needed, or beyond U+10FFFF.
 */
static size_t decode_character(const char *s, ucs4_t *ret_c)
{
	static const ucs4_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*s;
	size_t nr = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
	ucs4_t c = first < 0x80 ? first : first & (0x3fu >> nr);

	if ((first >= 0x80 && first < 0xc0) || first >= 0xf8)
		return 0;
	for (size_t i = 1; i <= nr; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (c < least[nr] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret_c = c;
	return nr + 1;
}

/* ---- categories */

#define FUNCTIONS(X) X(uc_is_general_category_withtable)

static struct {
	FUNCTIONS(LIBRARY_POINTER)
} unicode;

#define LIBRARY_POINTERS unicode

/* The function is the same in both. */
LIBRARY(library, FUNCTIONS, "characters outside ASCII are classified", "libunistring",
	"libunistring.so.5", "libunistring.so.2");

/* The library was needed and is missing. */
static bool is_library_missing;

bool printable_is_limited(void)
{
	return is_library_missing;
}

/* Report it once. The message may have such characters itself, and is escaped. */
static bool knows_categories(void)
{
	char *why = is_library_missing ? NULL : library_load(&library);

	if (!why)
		return !is_library_missing;
	is_library_missing = true;
	say(stderr, "pcireset: %s", why);
	free(why);
	return false;
}

/*
 * Marks and letters without a width: the characters that a terminal may ignore, according to
 * DerivedCoreProperties.txt of Unicode, in other categories than those above.
 */
static bool is_invisible(ucs4_t c)
{
	static const struct {
		ucs4_t first, last;
	} ranges[] = {
		{ 0x34f, 0x34f },   { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xffa0, 0xffa0 }, { 0xe0100, 0xe01ef },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Without the library, no character but ASCII is safe. */
static bool is_safe(ucs4_t c)
{
	if (c < 0x80)
		return c >= ' ' && c != 0x7f;
	return knows_categories() && !is_invisible(c) &&
	       !unicode.uc_is_general_category_withtable(c, UNSAFE);
}

/* The characters to keep. */
struct style {
	char keep; /* a control character, or '\0' for none */
	ucs4_t last;
};

static bool is_plain(char byte)
{
	return (unsigned char)byte >= ' ' && (unsigned char)byte < 0x7f;
}

/* Also keep a control character, or '\0' for none. */
static size_t nr_not_plain(const char *s, char keep)
{
	size_t nr = 0;

	for (; *s; s++)
		nr += !is_plain(*s) && *s != keep;
	return nr;
}

/* The length of the text up to the first character that might need an escape. */
static size_t plain_length(const char *s, char keep)
{
	const char *end = s;

	while (*end && (is_plain(*end) || *end == keep))
		end++;
	return (size_t)(end - s);
}

/*
 * Escape as in JSON, in UTF-16. A byte that is not a character is escaped as in
 * /proc/mounts.
 */
static char *escape_character(char *to, ucs4_t c)
{
	if (c < 0x10000)
		return to + sprintf(to, "\\u%04x", c);
	c -= 0x10000;
	return to + sprintf(to, "\\u%04x\\u%04x", 0xd800 + (c >> 10), 0xdc00 + (c & 0x3ff));
}

static char *escape_text(const char *s, const struct style *style)
{
	size_t nr = nr_not_plain(s, style->keep);
	char *all = must(malloc(strlen(s) + ESCAPE_MAX * nr + 1)), *to = all;

	while (*s) {
		ucs4_t c = (unsigned char)*s;
		size_t len = plain_length(s, style->keep);

		if (len) {
			to = mempcpy(to, s, len);
			s += len;
			continue;
		}
		len = decode_character(s, &c);
		if (!len)
			to += sprintf(to, "\\%03o", (unsigned char)*s);
		else if (c <= style->last && is_safe(c))
			to = mempcpy(to, s, len);
		else
			to = escape_character(to, c);
		s += len ? len : 1;
	}
	*to = '\0';
	return all;
}

static char *replace_text(char *words, char keep)
{
	struct style style = { keep, is_utf8_terminal() ? 0x10ffff : 0x7f };
	char *all;

	if (!nr_not_plain(words, keep))
		return words;
	all = escape_text(words, &style);
	free(words);
	return all;
}

char *printable(char *words)
{
	return replace_text(words, '\0');
}

char *printable_lines(char *words)
{
	return replace_text(words, '\n');
}

/* Only strings contain such characters, and an escape in a string has the same meaning. */
char *printable_json(const char *document)
{
	static const struct style json = { '\n', 0x10ffff };

	return nr_not_plain(document, json.keep) ? escape_text(document, &json) : NULL;
}

char *utf8(char *s)
{
	for (char *p = s; *p;) {
		ucs4_t c;
		size_t len = is_plain(*p) ? 1 : decode_character(p, &c);

		if (!len)
			*p = '?';
		p += len ? len : 1;
	}
	return s;
}

void say(FILE *out, const char *fmt, ...)
{
	char *words;
	va_list ap;

	va_start(ap, fmt);
	words = printable(vtext(fmt, ap));
	va_end(ap);
	fprintf(out, "%s\n", words);
	free(words);
}
