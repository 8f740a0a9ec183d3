/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decode the parts of a saved mail, RFC 2045: quoted-printable and base64. The text is decoded
 * in place, because it only becomes shorter. Headers and other parts stay as they are.
 */
#include <string.h>
#include <strings.h>
#include "snapshot/snapshot.h"

enum encoding {
	ENCODING_NONE,
	ENCODING_QP,
	ENCODING_BASE64,
};

struct mail {
	char *to;
	enum encoding header; /* of the part whose header is being read */
	enum encoding body;   /* of the current line */
};

static const char field[] = "Content-Transfer-Encoding:";

static enum encoding encoding_of(const char *value, size_t len)
{
	while (len && (*value == ' ' || *value == '\t')) {
		value++;
		len--;
	}
	if (len >= 16 && !strncasecmp(value, "quoted-printable", 16))
		return ENCODING_QP;
	return len >= 6 && !strncasecmp(value, "base64", 6) ? ENCODING_BASE64 : ENCODING_NONE;
}

/* "--boundary" ends a part. A line of lspci does not begin like this. */
static bool is_boundary(const char *line, size_t len)
{
	return len >= 6 && !strncmp(line, "--", 2) && !memchr(line, ' ', len);
}

/* Return the value of a digit of base64, or -1. */
static int base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *digit = c ? strchr(digits, c) : NULL;

	return digit ? (int)(digit - digits) : -1;
}

static bool is_base64(const char *line, size_t len)
{
	size_t digits = 0;

	while (digits < len && base64_digit(line[digits]) >= 0)
		digits++;
	return len && len % 4 == 0 && len - digits <= 2 &&
	       !memcmp(line + digits, "==", len - digits);
}

static void decode_base64(struct mail *mail, const char *line, size_t len)
{
	for (; len; len -= 4, line += 4) {
		uint32_t bits = 0;
		size_t nr = line[2] == '=' ? 1 : line[3] == '=' ? 2 : 3;

		for (size_t i = 0; i < 4; i++)
			bits = bits << 6 | (line[i] == '=' ? 0 : (uint32_t)base64_digit(line[i]));
		for (size_t i = 0; i < nr; i++)
			*mail->to++ = (char)(bits >> (16 - 8 * i));
	}
}

/* "=" at the end continues the line. Anything else that is no byte stays. */
static void decode_quoted(struct mail *mail, const char *line, size_t len)
{
	bool is_continued = len && line[len - 1] == '=';

	len -= is_continued;
	for (size_t i = 0; i < len; i++) {
		int high = line[i] == '=' && len - i > 2 ? dump_hex_digit(line[i + 1]) : -1;
		int low = high < 0 ? -1 : dump_hex_digit(line[i + 2]);

		*mail->to++ = (char)(low < 0 ? line[i] : high << 4 | low);
		i += low < 0 ? 0 : 2;
	}
	if (!is_continued)
		*mail->to++ = '\n';
}

static void copy_line(struct mail *mail, const char *line, size_t len)
{
	memmove(mail->to, line, len);
	mail->to += len;
	*mail->to++ = '\n';
}

static void read_header(struct mail *mail, const char *line, size_t len)
{
	const size_t name = strlen(field);

	if (!len) {
		mail->body = mail->header;
		mail->header = ENCODING_NONE;
	} else if (len >= name && !strncasecmp(line, field, name)) {
		mail->header = encoding_of(line + name, len - name);
	}
}

/* A blank line in base64 is before its first line or behind its last one. */
static void take_line(struct mail *mail, const char *line, size_t len)
{
	if (is_boundary(line, len) ||
	    (mail->body == ENCODING_BASE64 && len && !is_base64(line, len)))
		mail->body = ENCODING_NONE;
	if (mail->body == ENCODING_BASE64 && len) {
		decode_base64(mail, line, len);
	} else if (mail->body == ENCODING_QP) {
		decode_quoted(mail, line, len);
	} else {
		read_header(mail, line, len);
		copy_line(mail, line, len);
	}
}

static bool has_encoding(const char *text, size_t size)
{
	const char *end = text + size;

	for (const char *p = text; p && (size_t)(end - p) > strlen(field); p++) {
		if (!strncasecmp(p, field, strlen(field)))
			return true;
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return false;
	}
	return false;
}

size_t dump_decode_mail(char *text, size_t size)
{
	struct mail mail = { .to = text };
	const char *end = text + size;

	if (!has_encoding(text, size))
		return size;
	for (const char *line = text, *next; line < end; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		next = newline ? newline + 1 : end;
		while (len && line[len - 1] == '\r')
			len--;
		take_line(&mail, line, len);
	}
	return (size_t)(mail.to - text);
}
