// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text from devices, files and other users on its way to a terminal or to a JSON
 * document: the output has no control character, and escaping it twice changes nothing.
 */
#include <json-c/json.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include "fuzz.h"
#include "../../../cli/library.c"
#include "../../../cli/printable.c"

void *must(void *memory)
{
	MUST(memory);
	return memory;
}

char *vtext(const char *fmt, va_list ap)
{
	char *s = NULL;

	MUST(vasprintf(&s, fmt, ap) >= 0);
	return s;
}

char *text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = vtext(fmt, ap);
	va_end(ap);
	return s;
}

/* A string of the length that it has, so that a read past its end is noticed. */
static char *copy(const uint8_t *data, size_t size)
{
	char *s = must(malloc(size + 1));

	memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

/* The specification of the categories is libunistring's; controls are checked by value. */
static void check_safe(const char *s, const char *keep)
{
	while (*s) {
		ucs4_t c = 0;
		size_t len = decode_character(s, &c);

		MUST(len);
		if (!strchr(keep, *s)) {
			MUST(c >= ' ' && c != 0x7f && !(c >= 0x80 && c < 0xa0));
			MUST(c != 0x061c && !(c >= 0x200b && c <= 0x200f));
			MUST(!(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069));
			MUST(c != 0xfeff && !(c >= 0xe0000 && c <= 0xe007f));
		}
		s += len;
	}
}

static void try_terminal(const uint8_t *data, size_t size)
{
	char *once = printable(copy(data, size)), *twice;

	check_safe(once, "");
	twice = printable(must(strdup(once)));
	MUST(!strcmp(once, twice));
	free(twice);
	free(once);

	/* Without its library, nothing would be tested. */
	MUST(!printable_is_limited());

	once = printable_lines(copy(data, size));
	check_safe(once, "\n");
	free(once);
}

/* json-c 0.16 takes U+1D800 and its like for half of a surrogate pair when it reads them. */
static bool is_misread(const char *s)
{
	ucs4_t c;

	for (; *s; s += decode_character(s, &c))
		if (decode_character(s, &c) == 4 && (c & 0xf800) == 0xd800)
			return true;
	return false;
}

/* JSON is UTF-8, so that the commands replace other bytes first. */
static void try_json(const uint8_t *data, size_t size)
{
	char *words = utf8(copy(data, size)), *document;
	json_object *o = json_object_new_string(words), *again;

	MUST(o);
	document = printable_json(json_object_to_json_string(o));
	if (!document)
		document = must(strdup(json_object_to_json_string(o)));
	check_safe(document, "\n");
	again = json_tokener_parse(document);
	MUST(again && (is_misread(words) || !strcmp(json_object_get_string(again), words)));
	json_object_put(again);
	json_object_put(o);
	free(document);
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const locales[] = { "C", "C.UTF-8" };

	for (size_t i = 0; i < 2; i++) {
		MUST(setlocale(LC_CTYPE, locales[i]));
		try_terminal(data, size);
		try_json(data, size);
	}
	return 0;
}
