/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of functions as text. */
#include <ctype.h>
#include <string.h>
#include "util/util.h"

int addr_cmp(const struct pcireset_addr *a, const struct pcireset_addr *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	return (int)a->devfn - (int)b->devfn;
}

static char *put_hex(char *to, uint32_t value, int digits)
{
	while (digits < 8 && value >> 4 * digits)
		digits++;
	while (digits--)
		*to++ = "0123456789abcdef"[value >> 4 * digits & 0xf];
	return to;
}

/* Without printf(), for speed: every affected function of every reset needs this. */
const char *pcireset_addr_to_str(const struct pcireset_addr *addr, char buf[PCIRESET_ADDR_STR_MAX])
{
	char *end = put_hex(buf, addr->domain, 4);

	*end++ = ':';
	end = put_hex(end, addr->bus, 2);
	*end++ = ':';
	end = put_hex(end, addr->devfn >> 3, 2);
	*end++ = '.';
	*put_hex(end, addr->devfn & 7, 1) = '\0';
	return buf;
}

/* Parse a field of exactly 1 to 8 hexadecimal digits, not greater than max. */
bool addr_parse_field(const char *str, size_t len, unsigned long max, unsigned long *ret_value)
{
	unsigned long value = 0;

	if (!len || len > 8)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)str[i];

		if (!isxdigit(c))
			return false;
		value = value << 4 | (c <= '9' ? (unsigned int)c - '0' : (c | 0x20u) - 'a' + 10u);
	}
	*ret_value = value;
	return value <= max;
}

bool addr_parse_typed(const char *str, size_t len, struct addr_typed *t)
{
	const char *end = str + len, *dot = memchr(str, '.', len);
	const char *dev_end = dot ? dot : end;
	const char *c1 = memchr(str, ':', (size_t)(dev_end - str)), *c2 = NULL;

	*t = (struct addr_typed){ .func = ADDR_ANY_FUNCTION, .has_bus = c1 };
	if (dot && !addr_parse_field(dot + 1, (size_t)(end - dot - 1), 7, &t->func))
		return false;
	if (!c1)
		return dot && addr_parse_field(str, (size_t)(dev_end - str), 0x1f, &t->dev);
	c2 = memchr(c1 + 1, ':', (size_t)(dev_end - c1 - 1));
	if (c2 && !addr_parse_field(str, (size_t)(c1 - str), UINT32_MAX, &t->domain))
		return false;
	if (!c2)
		c2 = c1, c1 = str - 1;
	return addr_parse_field(c1 + 1, (size_t)(c2 - c1 - 1), 0xff, &t->bus) &&
	       addr_parse_field(c2 + 1, (size_t)(dev_end - c2 - 1), 0x1f, &t->dev);
}

/*
 * Parse a complete address exactly in the format of sysfs. A looser match would be
 * wrong: the directory of a serial port may be called "00:00:0.0".
 */
bool addr_parse(const char *str, size_t len, struct pcireset_addr *ret_addr)
{
	char exact[PCIRESET_ADDR_STR_MAX];
	struct addr_typed t;

	if (!addr_parse_typed(str, len, &t) || t.func == ADDR_ANY_FUNCTION || !t.has_bus)
		return false;
	*ret_addr = (struct pcireset_addr){
		.domain = (uint32_t)t.domain,
		.bus = (uint8_t)t.bus,
		.devfn = (uint8_t)(t.dev << 3 | t.func),
	};
	pcireset_addr_to_str(ret_addr, exact);
	return strlen(exact) == len && !memcmp(exact, str, len);
}

/* The innermost PCI function in a real path in sysfs. */
bool addr_in_path(const char *path, struct pcireset_addr *ret_addr)
{
	bool found = false;

	while (*path) {
		size_t len = strcspn(path, "/");
		struct pcireset_addr addr;

		if (addr_parse(path, len, &addr)) {
			*ret_addr = addr;
			found = true;
		}
		path += len;
		path += strspn(path, "/");
	}
	return found;
}
