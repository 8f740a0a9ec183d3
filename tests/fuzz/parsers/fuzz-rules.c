// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of rules: every rule is complete, or the file has an error that names it, and then
 * nothing may be reset.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "fuzz.h"
#include "libpcireset.h"

#define WHERE "/etc/pcireset/rules.d/x.conf"

static void make_machine(const char *root, const uint8_t *data, size_t size)
{
	static const char *const attributes[] = { "vendor", "device", "class" };
	static const char *const directories[] = { "sys",
						   "sys/bus",
						   "sys/bus/pci",
						   "sys/bus/pci/devices",
						   "sys/bus/pci/devices/0000:01:00.0",
						   "etc",
						   "etc/pcireset",
						   "etc/pcireset/rules.d" };
	char path[512];
	FILE *file;

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, directories[i]);
		MUST(!mkdir(path, 0755));
	}
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:01:00.0/%s", root,
			 attributes[i]);
		file = fopen(path, "we");
		MUST(file && fprintf(file, "0x1234\n") > 0 && !fclose(file));
	}
	snprintf(path, sizeof(path), "%s" WHERE, root);
	file = fopen(path, "we");
	MUST(file && fwrite(data, 1, size, file) == size && !fclose(file));
}

static void check_rule(const struct pcireset_rule *rule)
{
	uint32_t denied = pcireset_rule_get_denied(rule);

	MUST(!strncmp(pcireset_rule_get_where(rule), WHERE ":", strlen(WHERE ":")));
	MUST(denied || pcireset_rule_get_delay_ms(rule));
	MUST(!denied || *pcireset_rule_get_reason(rule));
	MUST(!pcireset_rule_get_delay_ms(rule) || pcireset_rule_get_delayed(rule));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pcireset_rule *rule;
	static const char *root;
	struct pcireset_ctx *ctx;
	struct pcireset_dev *dev;
	const char *error;

	root = root ? root : sandbox_make();
	make_machine(root, data, size);
	MUST(!pcireset_ctx_new(root, &ctx));
	MUST(pcireset_ctx_scan(ctx) == 1);
	for (size_t i = 0; (rule = pcireset_ctx_get_rule(ctx, i)); i++)
		check_rule(rule);
	for (size_t i = 0; (error = pcireset_ctx_get_rules_error(ctx, i)); i++)
		MUST(!strncmp(error, WHERE, strlen(WHERE)));
	MUST(!pcireset_dev_from_name(ctx, "01:00.0", &dev));
	MUST(!pcireset_ctx_get_rules_error(ctx, 0) ||
	     pcireset_dev_check_rules(dev, PCI_RESET_FLR) == -EPERM);
	pcireset_dev_unref(dev);
	pcireset_ctx_unref(ctx);
	sandbox_empty();
	return 0;
}
