/* SPDX-License-Identifier: GPL-2.0-only */
/* Characters on their way to a terminal or to JSON. The reference is libunistring, which this test links with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include <cmocka.h>
#include "util.h"

/* As utf8() of four bytes: each one that is not part of a character becomes "?". */
static void replace(const char from[5], char to[5])
{
	size_t size = strlen(from);
	int len;

	memcpy(to, from, 5);
	for (size_t i = 0; i<size; i += len> 0 ? (size_t)len : 1) {
		ucs4_t c;

		len = u8_mbtoucr(&c, (const uint8_t *)from + i, size - i);
		if (len <= 0)
			to[i] = '?';
	}
}

static void check(const char bytes[5])
{
	char wanted[5], got[5];

	replace(bytes, wanted);
	memcpy(got, bytes, 5);
	assert_ptr_equal(utf8(got), got);
	assert_string_equal(got, wanted);
}

/* All of three bytes, then those of four that differ in how a character may end. */
static void characters_are_those_of_libunistring(void **state)
{
	static const unsigned char last[] = { 0, 'a', 0x7f, 0x80, 0xbf, 0xc0, 0xff };
	char bytes[5] = "";

	(void)state;
	for (uint32_t i = 0; i < 0x1000000; i++) {
		bytes[0] = (char)(i >> 16);
		bytes[1] = (char)(i >> 8);
		bytes[2] = (char)i;
		if ((unsigned char)bytes[0] < 0xe0) {
			/* The third byte is not part of the first character. */
			i |= 0xff;
			bytes[2] = '\x80';
		}
		for (size_t j = 0; j < ARRAY_SIZE(last); j++) {
			if (j && (unsigned char)bytes[0] < 0xf0)
				break;
			bytes[3] = (char)last[j];
			check(bytes);
		}
	}
}

/* In JSON, a safe character stays as it is. */
static void unsafe_and_invisible_characters_are_escaped(void **state)
{
	const uint32_t unsafe = UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
	size_t nr_safe = 0;

	(void)state;
	for (ucs4_t c = 1; c < 0x110000; c++) {
		uint8_t bytes[5] = "";
		char *escaped;

		if (c == '\n' || u8_uctomb(bytes, c, 4) <= 0)
			continue;
		escaped = printable_json((char *)bytes);
		if (uc_is_general_category_withtable(c, unsafe) ||
		    uc_is_property_default_ignorable_code_point(c)) {
			assert_non_null(escaped);
			assert_int_equal(*escaped, '\\');
		} else {
			assert_string_equal(escaped ? escaped : (char *)bytes, (char *)bytes);
			nr_safe++;
		}
		free(escaped);
	}
	assert_true(nr_safe > 100000);
	assert_false(printable_is_limited());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_are_those_of_libunistring),
		cmocka_unit_test(unsafe_and_invisible_characters_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
