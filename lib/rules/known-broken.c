/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resets that Linux 7.3 knows to be broken, from its drivers/pci/quirks.c: the facts, in
 * our words. The module decides by itself. This table is for recorded machines and for
 * explanations.
 */
#include <errno.h>
#include "rules/rules.h"

#define VENDOR_ATI      0x1002
#define VENDOR_AMD      0x1022
#define VENDOR_TI       0x104c
#define VENDOR_PLX      0x10b5
#define VENDOR_AL       0x10b9
#define VENDOR_NVIDIA   0x10de
#define VENDOR_VIA      0x1106
#define VENDOR_SERVER   0x1166
#define VENDOR_CHELSIO  0x1425
#define VENDOR_SAMSUNG  0x144d
#define VENDOR_MEDIATEK 0x14c3
#define VENDOR_MELLANOX 0x15b3
#define VENDOR_ATHEROS  0x168c
#define VENDOR_CAVIUM   0x177d
#define VENDOR_QUALCOMM 0x17cb
#define VENDOR_HUAWEI   0x19e5
#define VENDOR_ASMEDIA  0x1b21
#define VENDOR_SOLIDIGM 0x025e
#define VENDOR_SOLIDRUN 0xd063
#define VENDOR_INTEL    0x8086

#define CLASS_IDE  0x0101
#define CLASS_VGA  0x0300
#define CLASS_NVME 0x0108

#define ID(vendor, device)                              \
	{                                               \
		vendor, device, 0xffff, 0, ANY_REVISION \
	}

#define NO_FLR(vendor, device, since, what)                                           \
	{                                                                             \
		ID(vendor, device), PCI_RESET_FLR, false, what, "quirk_no_flr", since \
	}
#define NO_BUS(vendor, device, since, what)                                                  \
	{                                                                                    \
		ID(vendor, device), PCI_RESET_LINK, false, what, "quirk_no_bus_reset", since \
	}
#define NO_PM(vendor, device, since, what)                                               \
	{                                                                                \
		ID(vendor, device), PCI_RESET_PM, true, what, "quirk_no_pm_reset", since \
	}
#define NO_D3_IDE(vendor)                                                                     \
	{                                                                                     \
		{ vendor, 0, 0, CLASS_IDE, ANY_REVISION }, PCI_RESET_PM, false, BREAKS_IN_D3, \
			"quirk_no_ata_d3", "6.1"                                              \
	}
#define NO_D3_PORT(device)                                                                  \
	{                                                                                   \
		{ VENDOR_PLX, device, 0xffff, 0, ANY_REVISION, true }, PCI_RESET_PM, false, \
			TAKES_SWITCH, "quirk_plx_pex_no_d3", "6.12"                         \
	}

#define HANGS        "the function may hang"
#define LOST         "its config space cannot be read again, and the machine may hang or reset"
#define NO_LINK      "the link below may not come up again"
#define NO_LINK2     "its link may not come up again"
#define BREAKS_IN_D3 "D3hot, which it goes through, breaks the controller"
#define TAKES_SWITCH "D3hot of the port takes its whole switch down"
#define NOTHING      "it resets nothing, although the device says that it does"

static const struct known_broken broken_rows[] = {
	NO_FLR(VENDOR_AMD, 0x1487, "6.1", HANGS),
	NO_FLR(VENDOR_AMD, 0x148c, "6.1", HANGS),
	NO_FLR(VENDOR_AMD, 0x149c, "6.1", HANGS),
	NO_FLR(VENDOR_AMD, 0x7901, "6.1", HANGS),
	NO_FLR(VENDOR_AMD, 0x1502, "7.3", HANGS),
	NO_FLR(VENDOR_AMD, 0x17f0, "7.3", HANGS),
	NO_FLR(VENDOR_INTEL, 0x1502, "6.1", HANGS),
	NO_FLR(VENDOR_INTEL, 0x1503, "6.1", HANGS),
	NO_FLR(VENDOR_MEDIATEK, 0x0616, "6.12", HANGS),
	NO_FLR(VENDOR_MEDIATEK, 0x7925, "6.12", HANGS),
	{ { VENDOR_SOLIDRUN, 0x1000, 0xffff, 0, 0x01 },
	  PCI_RESET_FLR,
	  false,
	  HANGS,
	  "quirk_no_flr_snet",
	  "6.1" },

	NO_BUS(VENDOR_NVIDIA, 0x22ce, "6.1", NO_LINK),
	NO_BUS(VENDOR_NVIDIA, 0x22d0, "6.1", NO_LINK),
	{ { VENDOR_NVIDIA, 0x2340, 0xffc0, 0, ANY_REVISION },
	  PCI_RESET_LINK,
	  false,
	  "the GPU does not work afterwards",
	  "quirk_nvidia_no_bus_reset",
	  "6.1" },
	NO_BUS(VENDOR_ATHEROS, 0x0030, "6.1", LOST),
	NO_BUS(VENDOR_ATHEROS, 0x0032, "6.1", LOST),
	NO_BUS(VENDOR_ATHEROS, 0x0033, "6.1", LOST),
	NO_BUS(VENDOR_ATHEROS, 0x0034, "6.1", LOST),
	NO_BUS(VENDOR_ATHEROS, 0x003c, "6.1", LOST),
	NO_BUS(VENDOR_ATHEROS, 0x003e, "6.1", LOST),
	NO_BUS(VENDOR_QUALCOMM, 0x0308, "6.1", LOST),
	NO_BUS(VENDOR_QUALCOMM, 0x1103, "6.1", LOST),
	NO_BUS(VENDOR_QUALCOMM, 0x1107, "6.1", LOST),
	NO_BUS(VENDOR_CAVIUM, 0xa100, "6.1",
	       "functions below the port may lose their configuration"),
	NO_BUS(VENDOR_TI, 0xb005, "6.1", "the device switches its link off and stops working"),
	NO_BUS(VENDOR_ASMEDIA, 0x1164, "6.1", NO_LINK2),

	{ { VENDOR_ATI, 0, 0, CLASS_VGA, ANY_REVISION },
	  PCI_RESET_PM,
	  true,
	  NOTHING,
	  "quirk_no_pm_reset",
	  "6.1" },
	NO_PM(VENDOR_MELLANOX, 0xcb84, "6.1", NOTHING),
	NO_PM(VENDOR_MELLANOX, 0xcf6c, "6.1", NOTHING),
	NO_PM(VENDOR_MELLANOX, 0xcf70, "6.1", NOTHING),
	NO_PM(VENDOR_MELLANOX, 0xcf80, "6.1", NOTHING),

	/* The kernel keeps these devices out of D3hot, but still lists pm for them. */
	NO_D3_IDE(VENDOR_ATI),
	NO_D3_IDE(VENDOR_AL),
	NO_D3_IDE(VENDOR_VIA),
	NO_D3_IDE(VENDOR_SERVER),
	NO_D3_PORT(0x8532),
	NO_D3_PORT(0x8533),
	NO_D3_PORT(0x8548),
};

static const struct known_handler handlers[] = {
	{ ID(VENDOR_INTEL, 0x10ed), false, true, "it issues an FLR that the VF does not announce",
	  "reset_intel_82599_sfp_virtfn", "6.1" },
	{ ID(VENDOR_INTEL, 0x0156), false, true, "it resets the graphics by registers of its own",
	  "reset_ivb_igd", "6.1" },
	{ ID(VENDOR_INTEL, 0x0166), false, true, "it resets the graphics by registers of its own",
	  "reset_ivb_igd", "6.1" },
	{ { VENDOR_SAMSUNG, 0xa804, 0xffff, CLASS_NVME, ANY_REVISION },
	  true,
	  true,
	  "it disables the controller first, which may be lost by FLR otherwise",
	  "nvme_disable_and_flr",
	  "6.1" },
	{ ID(VENDOR_INTEL, 0x0953), true, true, "it waits 250 ms after FLR",
	  "delay_250ms_after_flr", "6.1" },
	{ ID(VENDOR_INTEL, 0x0a54), true, true, "it waits 250 ms after FLR",
	  "delay_250ms_after_flr", "6.1" },
	{ ID(VENDOR_SOLIDIGM, 0xf1ac), true, true, "it waits 250 ms after FLR",
	  "delay_250ms_after_flr", "6.1" },
	{ { VENDOR_CHELSIO, 0x4000, 0xf000, 0, ANY_REVISION },
	  false,
	  true,
	  "it keeps bus mastering and MSI-X on during FLR, without which the chip may hang",
	  "reset_chelsio_generic_dev",
	  "6.1" },
	{ ID(VENDOR_HUAWEI, 0x375e), false, false, "it tells the firmware of the FLR",
	  "reset_hinic_vf_dev", "6.1" },
};

const struct known_broken *known_broken_at(size_t i)
{
	return i < ARRAY_SIZE(broken_rows) ? &broken_rows[i] : NULL;
}

const struct known_handler *known_handler_at(size_t i)
{
	return i < ARRAY_SIZE(handlers) ? &handlers[i] : NULL;
}

static bool may_be_downstream(const struct config *config)
{
	int type = config_express_type(config);

	return type == PCI_EXP_TYPE_DOWNSTREAM || type < 0;
}

/* If the revision or the type of the port cannot be read, the row may apply. */
static bool is_about(const struct known_device *id, const struct dev_facts *facts,
		     const struct config *config)
{
	return id->vendor == facts->vendor && (facts->device & id->mask) == id->device &&
	       (!id->class || facts->class >> 8 == id->class) &&
	       (id->revision == ANY_REVISION || config->len <= PCI_REVISION_ID ||
		config->b[PCI_REVISION_ID] == id->revision) &&
	       (!id->is_downstream || may_be_downstream(config));
}

static bool is_on_root_bus(const struct pcireset_dev *dev)
{
	return !pcireset_dev_get_parent(dev) && !pcireset_dev_has_unknown_parent(dev);
}

const struct known_broken *known_broken_find(const struct pcireset_dev *dev,
					     const struct config *config, uint32_t type)
{
	const struct dev_facts *facts = dev_identity(dev);

	for (size_t i = 0; i < ARRAY_SIZE(broken_rows); i++)
		if (broken_rows[i].types & type && is_about(&broken_rows[i].id, facts, config) &&
		    !(broken_rows[i].is_off_root && is_on_root_bus(dev)))
			return &broken_rows[i];
	return NULL;
}

const struct known_handler *known_handler_find(const struct pcireset_dev *dev,
					       const struct config *config, bool has_flr)
{
	const struct dev_facts *facts = dev_identity(dev);

	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if ((has_flr || !handlers[i].wants_flr) && is_about(&handlers[i].id, facts, config))
			return &handlers[i];
	return NULL;
}

char *known_broken_text(const struct known_broken *broken)
{
	return format("known broken (kernel quirk): %s (quirks.c: %s, Linux %s)", broken->what,
		      broken->symbol, broken->since);
}

/* Find the functions with a broken reset of the link. Most machines have none. */
int known_broken_learn(struct pcireset_ctx *ctx)
{
	const struct config none = { .len = 0 };
	struct pcireset_dev *dev;

	if (ctx->knows_broken_links)
		return 0;
	pcireset_dev_foreach(ctx, dev)
		if (known_broken_find(dev, &none, PCI_RESET_LINK) &&
		    dev_list_add(&ctx->broken_links, dev) < 0)
			return ctx_fail(ctx, -ENOMEM, dev->name);
	ctx->knows_broken_links = true;
	return 0;
}
