// SPDX-License-Identifier: GPL-2.0-only
/* Words: closed lists, in order of choice, and a text for every reason. */
#include <stdio.h>
#include "sysroot.h"

static void words_are_read(void **state)
{
	static const struct {
		const char *text;
		uint32_t types;
	} rows[] = {
		{ "flr", PCI_RESET_FLR },
		{ "flr,pm", PCI_RESET_FLR | PCI_RESET_PM },
		{ "flr pm bus\n", PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_BUS },
		{ "slot,slot", PCI_RESET_SLOT },
		{ "func", PCI_RESET_FUNC },
		{ "link", PCI_RESET_LINK },
		{ "any", PCI_RESET_ANY },
		{ "func,link", PCI_RESET_ANY },
		{ ",acpi,,device_specific,", PCI_RESET_ACPI | PCI_RESET_DEV_SPECIFIC },
		{ "cxl_bus", PCI_RESET_CXL_BUS },
		{ "Link-Disable", PCI_RESET_LINK_DISABLE },
		{ "FLR", PCI_RESET_FLR },
		{ "Cxl-Bus,DEVICE_specific", PCI_RESET_CXL_BUS | PCI_RESET_DEV_SPECIFIC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t types = 0;

		assert_int_equal(pcireset_types_from_str(*state, rows[i].text, &types), 0);
		assert_int_equal(types, rows[i].types);
	}
}

static void other_words_are_refused_by_name(void **state)
{
	static const char *const rows[] = { "FL", "fl", "flrx", "hot", "0x2", "all", "-flr" };
	uint32_t types = 42;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[64] = "pm,";

		strcat(text, rows[i]);
		assert_int_equal(pcireset_types_from_str(*state, text, &types), -EINVAL);
		assert_int_equal(types, 42);
		assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), rows[i]));
	}
}

static void af_flr_cannot_be_requested(void **state)
{
	uint32_t types;

	assert_int_equal(pcireset_types_from_str(*state, "af_flr", &types), -EINVAL);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), "say flr"));
	assert_string_equal(pcireset_type_to_str(PCI_RESET_FLR, PCIRESET_TYPE_AF), "af_flr");
}

static void an_empty_mask_is_an_error(void **state)
{
	uint32_t types;

	assert_int_equal(pcireset_types_from_str(*state, "", &types), -EINVAL);
	assert_int_equal(pcireset_types_from_str(*state, " ,, ", &types), -EINVAL);
}

static void every_mask_can_be_read_back(void **state)
{
	char text[64];
	uint32_t types;

	for (uint32_t mask = 1; mask <= PCI_RESET_ANY; mask++) {
		int len = pcireset_types_to_str(mask, text, sizeof(text));

		assert_int_equal(len, strlen(text));
		assert_int_equal(pcireset_types_from_str(*state, text, &types), 0);
		assert_int_equal(types, mask);
	}
}

static void masks_are_written_narrow_before_wide(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(pcireset_types_to_str(PCI_RESET_ANY, text, sizeof(text)), 57);
	assert_string_equal(text, "device_specific,acpi,flr,pm,slot,bus,cxl_bus,link_disable");
	assert_int_equal(pcireset_types_to_str(PCI_RESET_ANY, text, 57), -ENOBUFS);
	assert_int_equal(pcireset_types_to_str(1u << 31, text, sizeof(text)), -EINVAL);
	assert_int_equal(pcireset_types_to_str(0, text, 0), -ENOBUFS);
	assert_int_equal(pcireset_types_to_str(0, text, sizeof(text)), 0);
}

static void every_reason_has_its_own_words(void **state)
{
	static const char unknown[] = "for a reason that this version does not know";
	const uint32_t last = PCIRESET_WHY_SPEED;

	(void)state;
	assert_string_equal(pcireset_why_to_str(PCIRESET_WHY_NONE, 0), "");
	for (uint32_t why = 1; why <= last; why++) {
		assert_string_not_equal(pcireset_why_to_str(why, 0), unknown);
		for (uint32_t other = 0; other < why; other++)
			assert_string_not_equal(pcireset_why_to_str(why, 0),
						pcireset_why_to_str(other, 0));
	}
	for (uint32_t why = PCIRESET_WHY_IN_USE; why <= PCIRESET_WHY_VFIO_NO_PROOF; why++)
		assert_string_not_equal(pcireset_why_to_str(why, 0), unknown);
	/* A new reason needs words: this fails when one is added behind the last. */
	assert_string_equal(pcireset_why_to_str(last + 1, 0), unknown);
	assert_string_not_equal(pcireset_why_to_str(PCIRESET_WHY_NO_CAPABILITY, PCI_RESET_FLR),
				pcireset_why_to_str(PCIRESET_WHY_NO_CAPABILITY, PCI_RESET_PM));
}

static void every_value_has_a_word_and_no_other(void **state)
{
	uint32_t value;

	(void)state;
	for (uint32_t bit = 1; bit <= PCIRESET_CHECK_PROOF; bit <<= 1) {
		assert_int_equal(pcireset_check_from_str(pcireset_check_to_str(bit), &value), 0);
		assert_int_equal(value, bit);
	}
	for (uint32_t bit = 1; bit <= PCIRESET_USE_OPEN; bit <<= 1) {
		assert_int_equal(pcireset_use_from_str(pcireset_use_to_str(bit), &value), 0);
		assert_int_equal(value, bit);
	}
	for (uint32_t scope = 1; scope <= PCIRESET_SCOPE_BUS; scope++) {
		assert_int_equal(pcireset_scope_from_str(pcireset_scope_to_str(scope), &value), 0);
		assert_int_equal(value, scope);
	}
	for (uint32_t i = 0; i <= PCIRESET_STATE_OTHER; i++)
		assert_non_null(pcireset_state_to_str(i));
	for (uint32_t i = 0; i <= PCIRESET_PROOF_REFUTED; i++)
		assert_non_null(pcireset_proof_to_str(i));
	assert_int_equal(pcireset_check_from_str("", &value), -EINVAL);
	assert_int_equal(pcireset_scope_from_str("busy", &value), -EINVAL);
	assert_null(pcireset_scope_to_str(0));
	assert_string_equal(pcireset_errno_to_str(-ETIMEDOUT), "ETIMEDOUT");
	assert_string_equal(pcireset_errno_to_str(9999), "EUNKNOWN");
}

/* What is in doubt is never better than it was shown to be. */
static void a_result_says_no_more_than_was_shown(void **state)
{
	static const struct {
		int error;
		uint32_t issued, proof;
		enum pcireset_result result;
	} rows[] = {
		{ 0, PCI_RESET_FLR, PCIRESET_PROOF_SHOWN, PCIRESET_RESULT_VERIFIED },
		{ 0, PCI_RESET_FLR, PCIRESET_PROOF_UNKNOWN, PCIRESET_RESULT_UNVERIFIED },
		{ 0, PCI_RESET_FLR, PCIRESET_PROOF_NONE, PCIRESET_RESULT_UNVERIFIED },
		{ 0, PCI_RESET_FLR, PCIRESET_PROOF_REFUTED, PCIRESET_RESULT_UNVERIFIED },
		{ 0, 0, PCIRESET_PROOF_SHOWN, PCIRESET_RESULT_UNVERIFIED },
		{ -EIO, PCI_RESET_BUS, PCIRESET_PROOF_SHOWN, PCIRESET_RESULT_FAILED },
		{ -EBUSY, PCI_RESET_BUS, PCIRESET_PROOF_NONE, PCIRESET_RESULT_FAILED },
		{ -EIO, 0, PCIRESET_PROOF_NONE, PCIRESET_RESULT_FAILED },
		{ -ETIMEDOUT, 0, PCIRESET_PROOF_NONE, PCIRESET_RESULT_FAILED },
		{ -EBUSY, 0, PCIRESET_PROOF_NONE, PCIRESET_RESULT_REFUSED },
		{ -ENODEV, 0, PCIRESET_PROOF_SHOWN, PCIRESET_RESULT_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(pcireset_result_of(rows[i].error, rows[i].issued, rows[i].proof),
				 rows[i].result);
}

static int bare_context(void **state)
{
	struct pcireset_ctx *ctx;
	int r = pcireset_ctx_new(P_tmpdir, &ctx);

	*state = ctx;
	return r;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(words_are_read, bare_context, context_remove),
		cmocka_unit_test_setup_teardown(other_words_are_refused_by_name, bare_context,
						context_remove),
		cmocka_unit_test_setup_teardown(af_flr_cannot_be_requested, bare_context,
						context_remove),
		cmocka_unit_test_setup_teardown(an_empty_mask_is_an_error, bare_context,
						context_remove),
		cmocka_unit_test_setup_teardown(every_mask_can_be_read_back, bare_context,
						context_remove),
		cmocka_unit_test_setup_teardown(masks_are_written_narrow_before_wide, bare_context,
						context_remove),
		cmocka_unit_test_setup_teardown(every_reason_has_its_own_words, bare_context,
						context_remove),
		cmocka_unit_test_setup_teardown(every_value_has_a_word_and_no_other, bare_context,
						context_remove),
		cmocka_unit_test(a_result_says_no_more_than_was_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
