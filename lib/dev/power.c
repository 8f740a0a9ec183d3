/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the power of a device can be cut: by the hotplug driver of the slot above it, or by
 * the power resources that firmware has for a port above it (ACPI 6.5, sec 7.3.11, _PR3).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "dev/dev.h"

static void PRINTF(3, 4)
	set_power(struct power *power, enum pcireset_power method, const char *fmt, ...)
{
	va_list ap;

	power->method = method;
	va_start(ap, fmt);
	vsnprintf(power->text, sizeof(power->text), fmt, ap);
	va_end(ap);
}

static void set_unread(struct power *power, const char *path, int error)
{
	set_power(power, PCIRESET_POWER_UNKNOWN, "%.100s cannot be read: %s", path,
		  strerror(-error));
}

/* ---- slots */

struct slot_search {
	const struct pcireset_dev *port;
	char bus[16]; /* below the port: "0000:01" */
	char *name;   /* of the slot, or "" */
};

/*
 * The address of a slot is that of a device, or of a bus for all its devices. Only pciehp
 * has slots below a port of its own; a slot without a "power" file is only a name.
 */
static int look_at_slot(void *data, const char *dirname, const char *slot)
{
	struct slot_search *search = data;
	char path[PATH_MAX], text[64], value[8];
	size_t len = strlen(search->bus);
	int r = ctx_path(search->port->ctx, path, "%s/%s/address", dirname, slot);

	if (r >= 0)
		r = read_file(path, text, sizeof(text));
	if (r < 0)
		return is_absent(r) ? 0 : r;
	if (strncmp(text, search->bus, len) || (text[len] && strcmp(text + len, ":00")))
		return 0;
	r = ctx_path(search->port->ctx, path, "%s/%s/power", dirname, slot);
	if (r >= 0)
		r = read_file(path, value, sizeof(value));
	if (r < 0)
		return is_absent(r) ? 0 : r;
	snprintf(search->name, NAME_MAX + 1, "%s", slot);
	return 1;
}

/* Return 1 with the name of the slot below the port, 0 without one, or a negative errno. */
static int find_slot(const struct pcireset_dev *port, const struct config *config,
		     char name[NAME_MAX + 1])
{
	struct slot_search search = { .port = port, .name = name };
	struct pcireset_ctx *ctx = port->ctx;
	int before = ctx_begin(ctx), r;

	name[0] = '\0';
	snprintf(search.bus, sizeof(search.bus), "%04x:%02x", port->addr.domain,
		 config->b[PCI_SECONDARY_BUS]);
	r = ctx_foreach_name(ctx, "sys/bus/pci/slots", look_at_slot, &search);
	return ctx_end(ctx, before, r);
}

/* Slot Capabilities (PCIe r6.0, sec 7.5.3.9). Without the register, there is no controller. */
static bool has_controller(const struct config *config)
{
	size_t at = config_find(config, PCI_CAP_ID_EXP);

	return at && config_get16(config, at + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_SLOT &&
	       config_get32(config, at + PCI_EXP_SLTCAP) & PCI_EXP_SLTCAP_PCP;
}

/* The method is NONE with a reason, UNKNOWN, or SLOT with the name of the slot. */
static void judge_slot(const struct pcireset_dev *port, struct power *power)
{
	char slot[NAME_MAX + 1];
	struct config config;
	int r;

	if (!port->is_hotplug_port) {
		set_power(power, PCIRESET_POWER_NONE, "%s has no slot of pciehp", port->name);
		return;
	}
	r = config_read(port, &config);
	if (!r && config.len < PCI_CFG_SPACE_SIZE)
		r = -EACCES;
	if (!r)
		r = find_slot(port, &config, slot);
	if (r < 0)
		set_unread(power, port->name, r);
	else if (config_is_dead(&config))
		set_power(power, PCIRESET_POWER_UNKNOWN, "%s does not respond", port->name);
	else if (!config_has_all_capabilities(&config))
		set_power(power, PCIRESET_POWER_UNKNOWN, "%s: its capabilities are damaged",
			  port->name);
	else if (!has_controller(&config))
		set_power(power, PCIRESET_POWER_NONE, "slot %.64s (%s) has no power controller",
			  *slot ? slot : "?", port->name);
	else if (!*slot)
		set_power(power, PCIRESET_POWER_UNKNOWN, "it is unknown which slot belongs to %s",
			  port->name);
	else
		set_power(power, PCIRESET_POWER_SLOT, "%s", slot);
}

/* ---- firmware */

/* Recordings of earlier versions lack these files. */
static bool has_recorded_firmware(const struct pcireset_dev *port)
{
	char text[8];

	return !*port->ctx->sysroot || dev_attr(port, "d3cold_allowed", text, sizeof(text)) >= 0;
}

/* Add a reason to that of the slot. */
static void add_reason(struct power *power, const char *words)
{
	size_t len = strlen(power->text);

	snprintf(power->text + len, sizeof(power->text) - len, ", and %s", words);
}

static void judge_firmware(const struct pcireset_dev *port, struct power *power)
{
	char path[PATH_MAX];
	int r = -ENAMETOOLONG;

	if (dev_attr_path(port, "firmware_node/power_resources_D3hot", path))
		r = access(path, F_OK) ? -errno : 0;
	if (r && is_absent(r) && !has_recorded_firmware(port)) {
		set_power(power, PCIRESET_POWER_UNKNOWN,
			  "it is not recorded whether firmware has power resources for %s",
			  port->name);
		return;
	}
	if (r && is_absent(r)) {
		add_reason(power, "no _PR3");
		return;
	}
	if (!r)
		r = dev_attr(port, "d3cold_allowed", power->allowed, sizeof(power->allowed));
	if (r < 0)
		set_unread(power, port->name, r);
	else
		set_power(power, PCIRESET_POWER_D3COLD, "%s", "");
}

/* ---- ports and devices */

/* A slot has priority: its power controller can be read back. */
static void judge_port(const struct pcireset_dev *port, struct power *power)
{
	power->port = port;
	judge_slot(port, power);
	if (power->method == PCIRESET_POWER_NONE)
		judge_firmware(port, power);
}

/* The reason why no port can be asked, or "". */
static void judge_place(const struct pcireset_dev *dev, struct power *power)
{
	if (dev->ctx->is_dump)
		set_power(power, PCIRESET_POWER_UNKNOWN, "a dump does not contain it");
	else if (dev_is_vf(dev))
		set_power(power, PCIRESET_POWER_NONE, "a virtual function has no power of its own");
	else if (!pcireset_dev_get_parent(dev))
		set_power(power, PCIRESET_POWER_NONE, "it is on a root bus");
}

/*
 * Find the nearest port that can cut the power, because another one would also cut that of
 * more devices. A port that may be able to hides those above it.
 */
void dev_find_power(const struct pcireset_dev *dev, struct power *ret_power)
{
	struct power power = { 0 };

	*ret_power = power;
	judge_place(dev, ret_power);
	if (*ret_power->text)
		return;
	for (dev = pcireset_dev_get_parent(dev); dev; dev = pcireset_dev_get_parent(dev)) {
		judge_port(dev, &power);
		/* Without any, the reason is that of the nearest port. */
		if (power.method || !*ret_power->text)
			*ret_power = power;
		if (power.method)
			return;
	}
}

enum pcireset_power pcireset_dev_get_power(struct pcireset_dev *dev, struct pcireset_dev **ret_port,
					   const char **ret_text)
{
	struct power power;

	dev_find_power(dev, &power);
	if (ret_port)
		*ret_port = power.method ? (struct pcireset_dev *)power.port : NULL;
	if (ret_text) {
		snprintf(dev->text, sizeof(dev->text), "%s", power.text);
		*ret_text = *dev->text ? dev->text : NULL;
	}
	return power.method;
}

static const char *const power_names[] = {
	[PCIRESET_POWER_NONE] = "none",
	[PCIRESET_POWER_SLOT] = "slot",
	[PCIRESET_POWER_D3COLD] = "d3cold",
	[PCIRESET_POWER_UNKNOWN] = "unknown",
};

const char *pcireset_power_to_str(enum pcireset_power power)
{
	return power < ARRAY_SIZE(power_names) ? power_names[power] : "invalid";
}
