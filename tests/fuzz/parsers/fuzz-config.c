// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space, as broken hardware may show it: the capability lists of a function
 * and of the port above it, and what they mean for each type of reset.
 *
 * Input: a byte whose bits are the words of reset_method, a byte whose bits are what
 * is known of the port and of where all of it is from, two bytes with the size of the function's config space, that
 * config space, and behind it the port's.
 */
#include "fuzz.h"
/* What is asked of the lists is this file's own. */
#define backend_sysfs fuzzed_backend_sysfs
#include "../../../lib/backend/sysfs.c"

static const char *const words[] = { "device_specific", "acpi", "flr", "af_flr", "pm", "bus",
				     "cxl_bus",         "" };

static void fill(struct config *config, const uint8_t *data, size_t size)
{
	config->len = size < sizeof(config->b) ? size : sizeof(config->b);
	memcpy(config->b, data, config->len);
}

static void fill_facts(struct facts *facts, uint8_t listed)
{
	strcpy(facts->listed, " ");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (listed & 1u << i)
			strcat(strcat(facts->listed, words[i]), " ");
	facts->has_capabilities = config_has_all_capabilities(&facts->config);
	facts->is_gone = config_is_dead(&facts->config);
}

static void check_lists(const struct config *config)
{
	size_t at = config_find_dvsec(config, CXL_VENDOR, CXL_DVSEC_PORT);

	MUST(!at || (at >= PCI_CFG_SPACE_SIZE && at % 4 == 0 && at + 4 <= config->len));
	for (unsigned int id = 0; id < 256; id++) {
		at = config_find(config, (uint8_t)id);
		MUST(!at ||
		     (at >= 0x40 && at % 4 == 0 && at + 4 <= config->len && config->b[at] == id));
	}
}

/* Nothing differs from itself, and what differs is within what was read of both. */
static void check_comparison(const struct config *was, const struct config *now)
{
	int at = config_difference(was, now);

	MUST(config_difference(was, was) == -1);
	MUST(config_is_same_device(was, was) && config_link_holds(was, was));
	MUST(at >= -1 && at <= (int)(was->len < now->len ? was->len : now->len));
	MUST(config_is_same_device(was, now) == config_is_same_device(now, was));
}

static void check_types(const struct facts *facts)
{
	for (size_t i = 0; i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i), flags = 0;
		uint32_t why = why_not(facts, type, &flags);

		MUST(*pcireset_why_to_str(why, type) || !why);
		MUST(!facts->is_gone || why == PCIRESET_WHY_GONE);
		MUST(!(flags & ~PCIRESET_TYPE_AF) && (!flags || type == PCI_RESET_FLR));
		MUST(pcireset_type_to_str(type, flags));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct facts facts;
	static struct config port;
	struct pcireset_dev upstream = { 0 };
	size_t len, at;

	if (size < 4)
		return 0;
	len = (size_t)(data[2] | data[3] << 8);
	if (len > size - 4)
		len = size - 4;
	fill(&facts.config, data + 4, len);
	fill(&port, data + 4 + len, size - 4 - len);
	fill_facts(&facts, data[0]);
	check_lists(&facts.config);
	check_lists(&port);
	check_comparison(&facts.config, &port);

	upstream.is_hotplug_port = data[1] & 1;
	facts.upstream = data[1] & 2 ? &upstream : NULL;
	facts.is_dump = data[1] & 4;
	facts.is_bridge = data[1] & 8;
	facts.port_unknown[0] = facts.link_unknown[0] = '\0';
	if (facts.is_dump && facts.upstream)
		explain_port(&facts, &port);
	facts.no_link_disable = why_not_link_disable(&port);
	if (facts.is_dump && data[1] & 16)
		strcpy(facts.link_unknown, "something is missing");
	at = config_find_dvsec(&port, CXL_VENDOR, CXL_DVSEC_PORT);
	facts.is_cxl = at || method_is_listed(&facts, "cxl_bus");
	facts.is_cxl_masked = at && !(config_get16(&port, at + CXL_PORT_CONTROL) & CXL_UNMASK_SBR);
	check_types(&facts);
	return 0;
}
