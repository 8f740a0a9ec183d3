/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine of a run, without serial numbers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "qualify.h"

/* Files of the machine. Files with a serial number or a UUID are not among them. */
static const struct {
	const char *key, *file;
} files[] = {
	{ "vendor", "sys/class/dmi/id/sys_vendor" },
	{ "product", "sys/class/dmi/id/product_name" },
	{ "board", "sys/class/dmi/id/board_name" },
	{ "firmware_vendor", "sys/class/dmi/id/bios_vendor" },
	{ "firmware_version", "sys/class/dmi/id/bios_version" },
	{ "firmware_date", "sys/class/dmi/id/bios_date" },
	{ "module", "sys/module/pcireset/version" },
};

#define UNKNOWN "unknown"

static int read_fact(struct pcireset_ctx *ctx, const char *file, char *buf, size_t size)
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "%s", file);

	if (r >= 0)
		r = read_file(path, buf, size);
	return r;
}

int boot_id(struct pcireset_ctx *ctx, char *buf, size_t size)
{
	int r = read_fact(ctx, "proc/sys/kernel/random/boot_id", buf, size);

	if (r < 0)
		return ctx_error(ctx, r, "/proc/sys/kernel/random/boot_id: %s", strerror(-r));
	return 0;
}

/* An unreadable fact is listed as unknown. */
static int learn_files(struct pcireset_qualify *qualify)
{
	char value[ATTR_MAX];
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files) && !r; i++) {
		if (read_fact(qualify->ctx, files[i].file, value, sizeof(value)) < 0 || !*value)
			strcpy(value, UNKNOWN);
		r = qualify_fact(qualify, files[i].key, value);
	}
	return r;
}

static int learn_kernel(struct pcireset_qualify *qualify)
{
	char value[sizeof(struct utsname)];
	struct utsname name;

	if (uname(&name))
		return ctx_error(qualify->ctx, -errno, "uname: %s", strerror(errno));
	snprintf(value, sizeof(value), "%s %s %s", name.release, name.machine, name.version);
	return qualify_fact(qualify, "kernel", value);
}

struct firmware {
	struct pcireset_dev *dev;
	char value[ATTR_MAX];
};

static int look_at_nvme(void *data, const char *dirname, const char *name)
{
	struct firmware *firmware = data;
	char attr[NAME_MAX + 32];

	(void)dirname;
	snprintf(attr, sizeof(attr), "nvme/%s/firmware_rev", name);
	if (dev_attr(firmware->dev, attr, firmware->value, sizeof(firmware->value)) < 0)
		*firmware->value = '\0';
	for (size_t len = strlen(firmware->value); len && firmware->value[len - 1] == ' '; len--)
		firmware->value[len - 1] = '\0';
	return 0;
}

/* The kernel knows the firmware of NVMe devices only. */
static int learn_device(struct pcireset_qualify *qualify, const struct qualify_device *device)
{
	struct firmware firmware = { .dev = device->dev };
	_cleanup_free_ char *text = NULL;
	char directory[64 + PCIRESET_ADDR_STR_MAX];

	snprintf(directory, sizeof(directory), "sys/bus/pci/devices/%s/nvme", device->name);
	ctx_foreach_name(qualify->ctx, directory, look_at_nvme, &firmware);
	text = format("%s %s", device->name, *firmware.value ? firmware.value : UNKNOWN);
	return text ? qualify_fact(qualify, "device_firmware", text) : -ENOMEM;
}

int facts_learn(struct pcireset_qualify *qualify)
{
	int r = learn_kernel(qualify);

	if (!r)
		r = learn_files(qualify);
	if (!r)
		r = qualify_fact(qualify, "backend",
				 pcireset_backend_to_str(pcireset_ctx_get_backend(qualify->ctx)));
	for (size_t i = 0; i < qualify->nr_devices && !r; i++)
		r = learn_device(qualify, &qualify->devices[i]);
	return r;
}

static const char *fact_with(const struct pcireset_qualify *qualify, const char *key,
			     const char *value)
{
	for (size_t i = 0; i < qualify->nr_facts; i++)
		if (!strcmp(qualify->facts[i].key, key) &&
		    (!value || !strcmp(qualify->facts[i].value, value)))
			return qualify->facts[i].value;
	return NULL;
}

static int compare_facts(struct pcireset_qualify *qualify, const struct pcireset_qualify *now)
{
	for (size_t i = 0; i < now->nr_facts; i++) {
		const struct qualify_fact *fact = &now->facts[i];

		if (!fact_with(qualify, fact->key, fact->value))
			return ctx_error(qualify->ctx, -ESTALE,
					 "%s is '%s' now, and was '%s' when the run began",
					 fact->key, fact->value,
					 fact_with(qualify, fact->key, NULL) ?
						 fact_with(qualify, fact->key, NULL) :
						 UNKNOWN);
	}
	return 0;
}

/* The certificate names one kernel and one firmware. */
int facts_check(struct pcireset_qualify *qualify)
{
	struct pcireset_qualify now = { .ctx = qualify->ctx,
					.devices = qualify->devices,
					.nr_devices = qualify->nr_devices };
	int r = facts_learn(&now);

	if (!r)
		r = compare_facts(qualify, &now);
	facts_free(&now);
	return r;
}
