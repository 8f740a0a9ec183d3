/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Train a link again. All writes go through port_write_bits(). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctx/ctx.h"
#include "dev/dev.h"
#include "link/link.h"

#define NS_PER_MS 1000000ull

/* PCIe r6.0, sec 6.6.1 and 7.5.3.7: a link trains within 1 s. The start may be delayed. */
#define TRAIN_MS 1000
#define START_MS 10

#define BANDWIDTH_EVENTS (PCI_EXP_LNKSTA_LBMS | PCI_EXP_LNKSTA_LABS)

struct training {
	struct pcireset_link *link;
	struct port port;
	struct held target; /* Target Link Speed and Hardware Autonomous Speed Disable */
	struct link_state was;
	uint32_t speed; /* wanted in MT/s, or 0 for as fast as possible */
};

static struct held training_bits(const struct training *training, unsigned int at, uint32_t mask)
{
	return (struct held){ .at = training->link->express + at, .size = 2, .mask = mask };
}

static uint32_t training_status(const struct training *training)
{
	return port_read(&training->port, training->link->express + PCI_EXP_LNKSTA, 2);
}

static int training_fail(const struct training *training, int r, const char *what)
{
	const struct pcireset_dev *port = training->link->port;

	return ctx_error(port->ctx, r, "%s: %s", port->name, what);
}

/* PCIe r6.0, sec 7.5.3.7: Retrain Link has no effect while the link trains. */
static int training_wait(const struct training *training)
{
	uint32_t status = training_status(training);

	for (unsigned int ms = 0; ms < TRAIN_MS; ms++) {
		if (status == UINT16_MAX)
			return -ENODEV;
		if (!(status & PCI_EXP_LNKSTA_LT) &&
		    (!training->was.is_reported || status & PCI_EXP_LNKSTA_DLLLA))
			return 0;
		pause_ns(NS_PER_MS);
		status = training_status(training);
	}
	return -ETIMEDOUT;
}

/*
 * The status bits of bandwidth changes are cleared by ones, and Retrain Link reads as
 * zero, so the check of the written value does not apply. Some ports leave Retrain Link
 * set, and train for ever.
 */
static int training_start(const struct training *training)
{
	struct held events = training_bits(training, PCI_EXP_LNKSTA, BANDWIDTH_EVENTS);
	struct held retrain = training_bits(training, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_RL);
	int r;

	if (training_status(training) == UINT16_MAX)
		return -ENODEV;
	(void)port_write_bits(&training->port, &events, BANDWIDTH_EVENTS);
	(void)port_write_bits(&training->port, &retrain, PCI_EXP_LNKCTL_RL);
	pause_ns(START_MS * NS_PER_MS);
	r = training_wait(training);
	if (port_read(&training->port, retrain.at, 2) & PCI_EXP_LNKCTL_RL && r != -ENODEV)
		(void)port_write_bits(&training->port, &retrain, 0);
	return r;
}

/*
 * Sec 7.5.3.8: the port sets Link Bandwidth Management Status when a training that
 * software has started ends. A driver with the interrupt clears it, which hides that.
 */
static bool training_is_shown(const struct training *training)
{
	uint32_t control = port_read(&training->port, training->link->express + PCI_EXP_LNKCTL, 2);

	return !training->link->has_notification || control & PCI_EXP_LNKCTL_LBMIE ||
	       training_status(training) & PCI_EXP_LNKSTA_LBMS ||
	       training->link->now.speed != training->was.speed;
}

static const char *training_equalization(const struct pcireset_link *link)
{
	switch (link->now.equalization) {
	case PCIRESET_EQUALIZATION_FAILED:
		return "; its equalization failed";
	case PCIRESET_EQUALIZATION_REQUESTED:
		return "; its equalization is not complete";
	default:
		return "";
	}
}

static int training_judge(const struct training *training)
{
	struct pcireset_link *link = training->link;
	uint32_t want = training->speed;
	int r = link_read_state(link);

	if (r < 0)
		return r;
	if (!want)
		want = link_best_speed(link, training->was.target);
	if (!link->now.is_up)
		return training_fail(training, -ETIMEDOUT, "the link did not come up again");
	if (link->now.speed != want)
		return ctx_error(link->port->ctx, -EIO, "%s: the link has %g GT/s instead of %g%s",
				 link->port->name, link->now.speed / 1000.0, want / 1000.0,
				 training_equalization(link));
	if (link->now.width < training->was.width)
		return ctx_error(link->port->ctx, -EIO, "%s: the link has x%u instead of x%u",
				 link->port->name, link->now.width, training->was.width);
	if (*training_equalization(link))
		return training_fail(training, -EIO, training_equalization(link) + 2);
	if (!training_is_shown(training))
		return training_fail(training, -EIO, "the port does not show that it has trained");
	return 0;
}

static int training_run(struct training *training)
{
	int r = training_start(training);

	if (r == -ENODEV)
		return training_fail(training, r, "the port does not answer any more");
	if (r < 0)
		return training_fail(training, r, "the link did not come up again within 1 s");
	return training_judge(training);
}

/* The former speed is trained again only if it was changed. */
static void training_undo(struct training *training)
{
	if (training_status(training) == UINT16_MAX)
		return;
	if (!port_write_bits(&training->port, &training->target, training->target.was) &&
	    training->target.was != training->target.wanted)
		(void)training_start(training);
}

/* The autonomous changes of speed are off only while the link trains to a given speed. */
static int training_set_target(struct training *training)
{
	uint32_t code = link_code_of(training->speed);
	struct held *target = &training->target;
	uint32_t was;

	*target = training_bits(training, PCI_EXP_LNKCTL2,
				PCI_EXP_LNKCTL2_TLS | PCI_EXP_LNKCTL2_HASD);
	was = port_read(&training->port, target->at, 2);
	if (was == UINT16_MAX)
		return training_fail(training, -ENODEV, "the port does not answer");
	target->was = was & target->mask;
	target->wanted = code ? code | PCI_EXP_LNKCTL2_HASD : target->was;
	/* A port may have no Hardware Autonomous Speed Disable. */
	(void)port_write_bits(&training->port, target, target->wanted);
	if (!((port_read(&training->port, target->at, 2) ^ target->wanted) & PCI_EXP_LNKCTL2_TLS))
		return 0;
	(void)port_write_bits(&training->port, target, target->was);
	return training_fail(training, -EPERM, "Link Control 2 of the port cannot be written");
}

static int training_keep_target(struct training *training)
{
	const struct held *target = &training->target;
	uint32_t kept = (target->wanted & PCI_EXP_LNKCTL2_TLS) |
			(target->was & PCI_EXP_LNKCTL2_HASD);

	return port_write_bits(&training->port, target, kept);
}

int link_train(struct pcireset_link *link, uint32_t speed)
{
	struct training training = { .link = link, .was = link->now, .speed = speed };
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/config", link->port->path) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = port_open(&training.port, path);
	if (r < 0)
		return ctx_fail(link->port->ctx, r, link->port->name);
	r = training_set_target(&training);
	if (!r) {
		link->is_touched = true;
		r = training_run(&training);
		if (r < 0)
			training_undo(&training);
		else
			r = training_keep_target(&training);
	}
	port_close(&training.port);
	return r;
}
