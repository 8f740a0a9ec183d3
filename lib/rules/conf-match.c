/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [Match]: the selection of functions by ID, subsystem, slot or address. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "rules/conf.h"

#define HEX_DIGITS "0123456789abcdefABCDEF"

static void to_lower_case(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

static bool has_wildcard(const char *s)
{
	return strpbrk(s, "*?");
}

static int set_field(char **field, char *value)
{
	*field = value;
	return value ? 0 : -ENOMEM;
}

/* Four digits, or fewer with a wildcard, and a NUL byte. */
#define ID_PATTERN_SIZE 5

/* "10de", "0x10de" or "22*"; adds leading zeros. False if the value is not an ID. */
static bool id_pattern(const char *value, size_t len, char pattern[ID_PATTERN_SIZE])
{
	char digits[ID_PATTERN_SIZE];
	size_t zeros;

	if (len > 2 && !strncasecmp(value, "0x", 2)) {
		value += 2;
		len -= 2;
	}
	if (!len || len >= ID_PATTERN_SIZE)
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)len, value);
	if (strspn(digits, HEX_DIGITS "*?") != len)
		return false;
	to_lower_case(digits);
	zeros = has_wildcard(digits) ? 0 : ID_PATTERN_SIZE - 1 - len;
	memset(pattern, '0', zeros);
	memcpy(pattern + zeros, digits, len + 1);
	return true;
}

static int take_id(char **field, const char *value)
{
	char pattern[ID_PATTERN_SIZE];

	return id_pattern(value, strlen(value), pattern) ? set_field(field, strdup(pattern)) :
							   -EINVAL;
}

static int take_ids(char **field, const char *value)
{
	const char *colon = strchr(value, ':');
	char vendor[ID_PATTERN_SIZE], device[ID_PATTERN_SIZE], both[2 * ID_PATTERN_SIZE];

	if (!colon || !id_pattern(value, (size_t)(colon - value), vendor) ||
	    !id_pattern(colon + 1, strlen(colon + 1), device))
		return -EINVAL;
	snprintf(both, sizeof(both), "%s:%s", vendor, device);
	return set_field(field, strdup(both));
}

/* Names have a domain of four digits, or of more without a leading zero. */
static const char *without_zeros(const char *value)
{
	for (size_t len = strspn(value, HEX_DIGITS); len > 4 && value[len] == ':' && *value == '0';
	     len--)
		value++;
	return value;
}

/* Skip this number of digits, at least one, and the character after them. */
static const char *after_digits(const char *at, size_t least, size_t most, char next)
{
	size_t len = at ? strspn(at, HEX_DIGITS) : 0;

	if (len < least || len > most || at[len] != next)
		return NULL;
	return at + len + (next ? 1 : 0);
}

/* "0000:65:00.0": the domain has four to eight digits, the device is at most 1f. */
static bool is_address(const char *value)
{
	const char *bus = after_digits(value, 4, 8, ':');
	const char *device = after_digits(bus, 2, 2, ':');
	const char *function = after_digits(device, 2, 2, '.');

	return function && *device <= '1' && *function >= '0' && *function <= '7' && !function[1];
}

/* Does the class of a place in an address include the character? n, h, d and f are digits. */
static bool class_has(char class, char c)
{
	switch (class) {
	case 'n':
		return c != '0' && strchr(HEX_DIGITS, c);
	case 'h':
		return strchr(HEX_DIGITS, c);
	case 'd':
		return c == '0' || c == '1';
	case 'f':
		return c >= '0' && c <= '7';
	default:
		return c == class;
	}
}

/* Does any address of this form match? Each place is independent of the others. */
static bool may_fit(const char *pattern, const char *form)
{
	const char *after_star = NULL, *retry = NULL;

	while (*form) {
		if (*pattern == '*') {
			after_star = ++pattern;
			retry = form;
		} else if (*pattern && (*pattern == '?' || class_has(*form, *pattern))) {
			pattern++;
			form++;
		} else if (after_star) {
			pattern = after_star;
			form = ++retry;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

static bool may_fit_address(const char *pattern)
{
	static const char *const forms[] = {
		"hh:dh.f", /* without the domain 0000 */
		"hhhh:hh:dh.f",    "nhhhh:hh:dh.f",    "nhhhhh:hh:dh.f",
		"nhhhhhh:hh:dh.f", "nhhhhhhh:hh:dh.f",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (may_fit(pattern, forms[i]))
			return true;
	return false;
}

/* A value that no address can match is a mistake, and would select nothing. */
static int take_address(char **field, const char *value)
{
	char *pattern;

	value = without_zeros(value);
	if (has_wildcard(value)) {
		if (!may_fit_address(value))
			return -EINVAL;
		pattern = strdup(value);
	} else if (asprintf(&pattern, "%s%s", is_address(value) ? "" : "0000:", value) < 0) {
		pattern = NULL;
	}
	if (!pattern)
		return -ENOMEM;
	to_lower_case(pattern);
	*field = pattern;
	return has_wildcard(pattern) || is_address(pattern) ? 0 : -EINVAL;
}

/*
 * Firmware names slots in ASCII. Any other character, such as a no-break space, a trailing
 * comment, or quotes around the name would match no slot.
 */
static bool is_slot_name(const char *value)
{
	if ((*value == '"' || *value == '\'') && value[strlen(value) - 1] == *value)
		return false;
	for (const char *p = value; *p; p++)
		if (*p < ' ' || *p > '~' || ((*p == '#' || *p == ';') && p > value && p[-1] == ' '))
			return false;
	return *value;
}

static int take_slot(char **field, const char *value)
{
	return is_slot_name(value) ? set_field(field, strdup(value)) : -EINVAL;
}

#define FIELD(name) offsetof(struct conf_match, name)

static const struct {
	const char *name;
	int (*take)(char **field, const char *value);
	size_t field;
	const char *wants;
} keys[] = {
	{ "Vendor", take_id, FIELD(vendor), "up to four hexadecimal digits" },
	{ "Device", take_id, FIELD(device), "up to four hexadecimal digits" },
	{ "Subsystem", take_ids, FIELD(subsystem), "vendor:device" },
	{ "Slot", take_slot, FIELD(slot),
	  "the name of a slot, in ASCII without quotes; a comment needs a line of its own" },
	{ "Address", take_address, FIELD(address), "[domain:]bus:device.function" },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

const char *conf_match_key_at(size_t i)
{
	return i < NR_KEYS ? keys[i].name : NULL;
}

const char *conf_match_wants(size_t i)
{
	return i < NR_KEYS ? keys[i].wants : NULL;
}

int conf_match_take(struct conf_match *match, size_t i, const char *value)
{
	return keys[i].take((char **)((char *)match + keys[i].field), value);
}

const char *conf_match_missing(const struct conf_match *match)
{
	if (!match->vendor && !match->subsystem && !match->slot && !match->address)
		return match->device ? "Device says nothing without Vendor" :
				       "[Match] is empty; for all functions say Address=*";
	return match->device && !match->vendor ? "Device says nothing without Vendor" : NULL;
}

void conf_match_clear(struct conf_match *match)
{
	free(match->vendor);
	free(match->device);
	free(match->subsystem);
	free(match->slot);
	free(match->address);
	*match = (struct conf_match){ 0 };
}

/* Only "*" and "?" are special: the name of a slot may contain brackets or a backslash. */
bool conf_fits(const char *pattern, const char *value)
{
	const char *after_star = NULL, *retry = NULL;

	while (pattern && *value) {
		if (*pattern == '*') {
			after_star = ++pattern;
			retry = value;
		} else if (*pattern == '?' || *pattern == *value) {
			pattern++;
			value++;
		} else if (after_star) {
			pattern = after_star;
			value = ++retry;
		} else {
			return false;
		}
	}
	return !pattern || !pattern[strspn(pattern, "*")];
}

bool conf_fits_id(const char *pattern, uint32_t id)
{
	char text[16];

	snprintf(text, sizeof(text), "%04x", id);
	return conf_fits(pattern, text);
}

bool conf_fits_ids(const char *pattern, uint32_t vendor, uint32_t device)
{
	char text[32];

	snprintf(text, sizeof(text), "%04x:%04x", vendor, device);
	return conf_fits(pattern, text);
}

bool conf_fits_address(const char *pattern, const char *name)
{
	return conf_fits(pattern, name) ||
	       (!strncmp(name, "0000:", 5) && conf_fits(pattern, name + 5));
}
