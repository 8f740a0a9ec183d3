/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a link, from the registers of its port. */
#include <errno.h>
#include <string.h>
#include "ctx/ctx.h"
#include "dev/dev.h"
#include "link/link.h"

#define ID_16GT 0x26
#define ID_32GT 0x2a
#define ID_64GT 0x31

/* PCIe r6.0, sec 7.7.5.4: the same bits in the status register of each speed. */
#define STATUS_AT       0x0c
#define STATUS_COMPLETE 0x01
#define STATUS_PHASE_1  0x02
#define STATUS_REQUEST  0x10

/* Sec 7.5.3.20: the bits for 8 GT/s are in Link Status 2, one position higher. */
#define STATUS_2_SHIFT 1

static enum pcireset_equalization link_judge_equalization(uint32_t status)
{
	if (status & STATUS_REQUEST)
		return PCIRESET_EQUALIZATION_REQUESTED;
	if (!(status & STATUS_COMPLETE))
		return PCIRESET_EQUALIZATION_NONE;
	return status & STATUS_PHASE_1 ? PCIRESET_EQUALIZATION_COMPLETE :
					 PCIRESET_EQUALIZATION_FAILED;
}

/*
 * Sec 7.5.3: the capability has Link Capabilities 2 and Link Control 2 since its version 2.
 * Without them, other registers may be at their place.
 */
static bool link_has_target(const struct config *config, unsigned int express)
{
	return (config_get16(config, express + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_VERS) >= 2;
}

static enum pcireset_equalization link_read_equalization(const struct config *config,
							 unsigned int express, uint32_t speed)
{
	uint32_t id = speed == 16000 ? ID_16GT : speed == 32000 ? ID_32GT : ID_64GT;
	size_t at;

	/* A port without Link Control 2 has none of these registers. */
	if (speed < 8000 || !link_has_target(config, express))
		return PCIRESET_EQUALIZATION_NONE;
	if (speed == 8000)
		return link_judge_equalization(config_get16(config, express + PCI_EXP_LNKSTA2) >>
					       STATUS_2_SHIFT);
	at = config_find_extended(config, id, 0);
	return at ? link_judge_equalization(config_get16(config, at + STATUS_AT)) :
		    PCIRESET_EQUALIZATION_NONE;
}

/* Sec 7.5.3.18: before Link Capabilities 2, a port supports all speeds up to its maximum. */
static uint32_t link_read_speeds(const struct config *config, unsigned int at)
{
	uint32_t max = config_get32(config, at + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_SLS;
	uint32_t vector = 0;

	if (link_has_target(config, at))
		vector = config_get32(config, at + PCI_EXP_LNKCAP2) & 0xfe;
	return vector ? vector : link_speed_of(max) ? (2u << max) - 2 : 0;
}

/* Sec 7.9.14.4: while DPC has triggered, the port keeps its link disabled. */
static bool link_is_contained(const struct config *config)
{
	size_t at = config_find_extended(config, PCI_EXT_CAP_ID_DPC, 0);

	return at && config_get16(config, at + PCI_EXP_DPC_STATUS) & PCI_EXP_DPC_STATUS_TRIGGER;
}

static void link_take_now(struct pcireset_link *link, const struct config *config)
{
	unsigned int at = link->express;
	uint32_t status = config_get16(config, at + PCI_EXP_LNKSTA);
	uint32_t control = config_get16(config, at + PCI_EXP_LNKCTL);
	uint32_t control2 = 0;

	if (link->has_target)
		control2 = config_get16(config, at + PCI_EXP_LNKCTL2);
	link->now = (struct link_state){
		.is_reported = config_get32(config, at + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC,
		.is_disabled = control & PCI_EXP_LNKCTL_LD,
		.is_training = status & PCI_EXP_LNKSTA_LT,
		.is_fixed = control2 & PCI_EXP_LNKCTL2_HASD,
		.is_contained = link_is_contained(config),
		.target = link_speed_of(control2 & PCI_EXP_LNKCTL2_TLS),
	};
	link->now.is_up = !link->now.is_reported || status & PCI_EXP_LNKSTA_DLLLA;
	if (!link->now.is_up)
		return;
	link->now.speed = link_speed_of(status & PCI_EXP_LNKSTA_CLS);
	link->now.width = (status & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNKSTA_NLW_SHIFT;
	link->now.equalization = link_read_equalization(config, at, link->now.speed);
}

int link_fail(const struct pcireset_dev *dev, int r)
{
	return ctx_error(dev->ctx, r, "%s: %s", dev->name, strerror(-r));
}

static int link_read_partner(struct pcireset_link *link)
{
	struct config config = { .len = 0 };
	uint32_t capabilities = 0;
	size_t at;
	int r = link->partner ? config_read(link->partner, &config) : 0;

	if (r < 0)
		return link_fail(link->partner, r);
	at = config_find(&config, PCI_CAP_ID_EXP);
	if (at && !config_is_dead(&config))
		capabilities = config_get32(&config, at + PCI_EXP_LNKCAP);
	link->partner_speed = link_speed_of(capabilities & PCI_EXP_LNKCAP_SLS);
	link->partner_width = (capabilities & PCI_EXP_LNKCAP_MLW) >> 4;
	return 0;
}

static int link_fail_to_read(const struct pcireset_dev *dev, const struct config *config)
{
	char reason[DUMP_REASON_MAX];

	if (!dev->ctx->is_dump)
		return ctx_error(dev->ctx, -EACCES,
				 "%s: the capabilities of the port cannot be read; only root may",
				 dev->name);
	config_explain_cut(config, dev->name, reason);
	return ctx_error(dev->ctx, -EOPNOTSUPP, "%s", reason);
}

/* All of a port, which must answer. */
int link_read_config(const struct pcireset_dev *dev, struct config *config)
{
	int r = config_read(dev, config);

	if (r < 0)
		return link_fail(dev, r);
	if (config->len && config_is_dead(config))
		return ctx_error(dev->ctx, -ENODEV, "%s: the port does not answer", dev->name);
	return config_has_all_capabilities(config) ? 0 : link_fail_to_read(dev, config);
}

static int link_check_type(const struct pcireset_link *link, const struct config *config)
{
	int type = config_express_type(config);

	if (type != PCI_EXP_TYPE_ROOT_PORT && type != PCI_EXP_TYPE_DOWNSTREAM)
		return ctx_error(link->port->ctx, -EOPNOTSUPP,
				 "%s: is not a root port or downstream port of PCI Express",
				 link->port->name);
	return 0;
}

/* All values come from one read of the port, which must answer. */
int link_read_state(struct pcireset_link *link)
{
	struct config config = { .len = 0 };
	uint32_t capabilities;
	int r = link_read_config(link->port, &config);

	if (!r)
		r = link_check_type(link, &config);
	if (r < 0)
		return r;
	link->express = (unsigned int)config_find(&config, PCI_CAP_ID_EXP);
	capabilities = config_get32(&config, link->express + PCI_EXP_LNKCAP);
	if (config_get16(&config, link->express + PCI_EXP_LNKSTA) == UINT16_MAX)
		return ctx_error(link->port->ctx, -ENODEV, "%s: the port does not answer",
				 link->port->name);
	link->has_target = link_has_target(&config, link->express);
	link->speeds = link_read_speeds(&config, link->express);
	link->max_width = (capabilities & PCI_EXP_LNKCAP_MLW) >> 4;
	link->has_notification = capabilities & PCI_EXP_LNKCAP_LBNC;
	link_take_now(link, &config);
	return link_read_partner(link);
}

static uint32_t link_lower_of(uint32_t a, uint32_t b)
{
	return b && b < a ? b : a;
}

/* @target: Target Link Speed in MT/s. 0 means no limit: older ports do not have the field. */
uint32_t link_best_speed(const struct pcireset_link *link, uint32_t target)
{
	uint32_t best = 0;

	for (uint32_t code = 1; link_speed_of(code); code++)
		if (link->speeds & 1u << code)
			best = link_speed_of(code);
	return link_lower_of(link_lower_of(best, link->partner_speed), target);
}

int link_check_speed(const struct pcireset_link *link, uint32_t speed)
{
	const struct pcireset_dev *port = link->port;
	uint32_t code = link_code_of(speed);

	if (!code)
		return ctx_error(port->ctx, -EINVAL, "%g GT/s is not a speed of PCI Express",
				 speed / 1000.0);
	if (!link->has_target)
		return ctx_error(port->ctx, -EOPNOTSUPP,
				 "%s: the port is of PCI Express 1.x and has no target speed",
				 port->name);
	if (!(link->speeds & 1u << code))
		return ctx_error(port->ctx, -EOPNOTSUPP, "%s: the port does not support %g GT/s",
				 port->name, speed / 1000.0);
	if (link->partner_speed && speed > link->partner_speed)
		return ctx_error(port->ctx, -EOPNOTSUPP, "%s: supports at most %g GT/s",
				 link->partner->name, link->partner_speed / 1000.0);
	return 0;
}

int link_check_now(const struct pcireset_link *link)
{
	const struct pcireset_dev *port = link->port;

	if (link->now.is_disabled)
		return ctx_error(port->ctx, -EBUSY, "%s: the link is disabled", port->name);
	if (link->now.is_contained)
		return ctx_error(port->ctx, -EBUSY,
				 "%s: the port is in DPC containment, which keeps the link down",
				 port->name);
	if (link->now.is_training)
		return ctx_error(port->ctx, -EBUSY, "%s: the link is training", port->name);
	return 0;
}
