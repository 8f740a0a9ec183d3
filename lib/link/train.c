/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Train a link again. All writes go through port_write() and port_write_bits(). */
#include <errno.h>
#include <string.h>
#include "ctx/ctx.h"
#include "dev/dev.h"
#include "link/link.h"

#define NS_PER_MS 1000000ull

/* PCIe r6.0, sec 6.6.1 and 7.5.3.7: a link trains within 1 s. The start may be delayed. */
#define TRAIN_MS 1000
#define START_MS 10

#define BANDWIDTH_EVENTS     (PCI_EXP_LNKSTA_LBMS | PCI_EXP_LNKSTA_LABS)
#define BANDWIDTH_INTERRUPTS (PCI_EXP_LNKCTL_LBMIE | PCI_EXP_LNKCTL_LABIE)

struct training {
	struct pcireset_link *link;
	const struct port *port;
	struct held target;  /* Target Link Speed and Hardware Autonomous Speed Disable */
	struct held control; /* Retrain Link and the interrupts for changes of bandwidth */
	struct link_state was;
	uint32_t speed; /* wanted in MT/s, or 0 for as fast as possible */
	uint32_t signs; /* bits of Link Status that show a training */
	bool is_shown;  /* one of them was set */
};

static struct held training_bits(const struct training *training, unsigned int at, uint32_t mask)
{
	return (struct held){ .at = training->link->express + at, .size = 2, .mask = mask };
}

static uint32_t training_status(const struct training *training)
{
	return port_read(training->port, training->link->express + PCI_EXP_LNKSTA, 2);
}

static int training_fail(const struct training *training, int r, const char *what)
{
	const struct pcireset_dev *port = training->link->port;

	return ctx_error(port->ctx, r, "%s: %s", port->name, what);
}

/* A write that the kernel refuses, as in lockdown, has changed nothing. */
static int training_write(const struct training *training, const struct held *held, uint32_t bits)
{
	int r = port_write(training->port, held, bits);

	if (!r)
		training->link->is_touched = true;
	return !r || r == -ENODEV ? r : -EPERM;
}

/* Return Link Status, and note the signs of training in it. */
static uint32_t training_look(struct training *training)
{
	uint32_t status = training_status(training);

	if (status != UINT16_MAX && status & training->signs)
		training->is_shown = true;
	return status;
}

/* PCIe r6.0, sec 7.5.3.7: Retrain Link has no effect while the link trains. */
static int training_wait(struct training *training)
{
	uint64_t begin = now_ns();
	uint32_t status = training_look(training);

	/* Without a pause: a link may train in some microseconds. */
	while (!training->is_shown && now_ns() - begin < START_MS * NS_PER_MS)
		status = training_look(training);
	for (unsigned int ms = 0; ms < TRAIN_MS; ms++) {
		if (status == UINT16_MAX)
			return -ENODEV;
		if (!(status & PCI_EXP_LNKSTA_LT) &&
		    (!training->was.is_reported || status & PCI_EXP_LNKSTA_DLLLA))
			return 0;
		pause_ns(NS_PER_MS);
		status = training_look(training);
	}
	return -ETIMEDOUT;
}

/*
 * Sec 7.5.3.8: the port sets Link Bandwidth Management Status when a training that
 * software has started ends. A driver with the interrupt clears it, which would hide that:
 * the interrupts are off meanwhile.
 */
static int training_retrain(struct training *training)
{
	struct held events = training_bits(training, PCI_EXP_LNKSTA, BANDWIDTH_EVENTS);
	int r = training_write(training, &training->control, 0);

	if (!r)
		r = training_write(training, &events, BANDWIDTH_EVENTS);
	/* A bit that is still set shows nothing. */
	training->signs = ~training_status(training) & (PCI_EXP_LNKSTA_LT | PCI_EXP_LNKSTA_LBMS);
	training->is_shown = false;
	if (!r)
		r = training_write(training, &training->control, PCI_EXP_LNKCTL_RL);
	return r ? r : training_wait(training);
}

/* Some ports leave Retrain Link set, and train for ever. */
static int training_start(struct training *training)
{
	const struct held *control = &training->control;
	uint32_t was;
	int r;

	if (training_status(training) == UINT16_MAX)
		return -ENODEV;
	r = training_retrain(training);
	if (r == -ENODEV)
		return r;
	(void)port_write_bits(training->port, control, control->was);
	was = port_read(training->port, control->at, 2) & BANDWIDTH_INTERRUPTS;
	return !r && was != control->was ? -EPERM : r;
}

static bool training_is_shown(const struct training *training)
{
	return !training->link->has_notification || training->is_shown ||
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
	if (r == -EPERM)
		return training_fail(training, r, "Link Control of the port cannot be written");
	if (r < 0)
		return training_fail(training, r, "the link did not come up again within 1 s");
	return training_judge(training);
}

/* The former speed is trained again only if it was changed. */
static void training_undo(struct training *training)
{
	if (!training->link->is_touched || !training->link->has_target ||
	    training_status(training) == UINT16_MAX)
		return;
	if (!port_write_bits(training->port, &training->target, training->target.was) &&
	    training->target.was != training->target.wanted)
		(void)training_start(training);
}

/* The autonomous changes of speed are off only while the link trains to a given speed. */
static int training_set_target(struct training *training)
{
	const struct held *target = &training->target;
	uint32_t was;
	int r;

	if (!training->link->has_target)
		return 0;
	r = training_write(training, target, target->wanted);
	was = port_read(training->port, target->at, 2);
	/* A port may have no Hardware Autonomous Speed Disable. */
	if (!r && !((was ^ target->wanted) & PCI_EXP_LNKCTL2_TLS))
		return 0;
	if (!port_write_bits(training->port, target, target->was))
		training->link->is_touched = false;
	return training_fail(training, -EPERM, "Link Control 2 of the port cannot be written");
}

static int training_keep_target(struct training *training)
{
	const struct held *target = &training->target;
	uint32_t kept = (target->wanted & PCI_EXP_LNKCTL2_TLS) |
			(target->was & PCI_EXP_LNKCTL2_HASD);

	if (!training->link->has_target)
		return 0;
	return port_write_bits(training->port, target, kept) ?
		       training_fail(training, -EPERM,
				     "Link Control 2 of the port cannot be written") :
		       0;
}

static int training_do(struct training *training)
{
	int r = training_set_target(training);

	if (r)
		return r;
	r = training_run(training);
	if (!r)
		return training_keep_target(training);
	training_undo(training);
	return r;
}

/* The former values of all changed registers. */
static int training_read(struct training *training)
{
	struct held *control = &training->control, *target = &training->target;
	uint32_t code = link_code_of(training->speed), was, was_target = 0;

	*control =
		training_bits(training, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_RL | BANDWIDTH_INTERRUPTS);
	*target = training_bits(training, PCI_EXP_LNKCTL2,
				PCI_EXP_LNKCTL2_TLS | PCI_EXP_LNKCTL2_HASD);
	was = port_read(training->port, control->at, 2);
	if (training->link->has_target)
		was_target = port_read(training->port, target->at, 2);
	if (was == UINT16_MAX || was_target == UINT16_MAX)
		return training_fail(training, -ENODEV, "the port does not answer");
	control->was = was & BANDWIDTH_INTERRUPTS;
	target->was = was_target & target->mask;
	target->wanted = code ? code | PCI_EXP_LNKCTL2_HASD : target->was;
	return 0;
}

/* If this process is killed, pcireset_leftovers_repair() restores the noted values. */
static int training_note(const struct training *training, struct guard *guard)
{
	const struct held bits[] = {
		{ .at = training->control.at,
		  .size = 2,
		  .mask = BANDWIDTH_INTERRUPTS,
		  .was = training->control.was },
		training->target,
	};
	int r = guard_note_training(guard, bits, training->link->has_target ? 2 : 1);

	if (!r)
		return 0;
	guard_end_training(guard);
	return link_fail(training->link->port, r);
}

static bool training_is_undone(const struct training *training)
{
	const struct held *control = &training->control, *target = &training->target;
	uint32_t now = port_read(training->port, control->at, 2);

	if ((now & BANDWIDTH_INTERRUPTS) != control->was)
		return false;
	return !training->link->has_target ||
	       (port_read(training->port, target->at, 2) & target->mask) == target->was;
}

static int training_do_noted(struct training *training, struct guard *guard)
{
	int r = training_read(training);

	if (!r)
		r = training_note(training, guard);
	if (r)
		return r;
	r = training_do(training);
	if (!r || training_is_undone(training))
		guard_end_training(guard);
	return r;
}

/* Trainings and re-enumerations change the same port: one at a time. */
static int link_lock(const struct pcireset_link *link, struct guard **ret_guard)
{
	struct pcireset_ctx *ctx = link->port->ctx;
	const char *name = link->port->name;
	struct unread unread = { 0 };
	int r = guard_open(ctx, &link->port->addr, &unread, ret_guard);

	if (unread.error)
		return ctx_error(ctx, unread.error, "%s: %s", unread.path, strerror(-unread.error));
	switch (r) {
	case 0:
		return 0;
	case -EAGAIN:
		return ctx_error(ctx, -EBUSY,
				 "%s: another process trains the link or re-enumerates a device "
				 "below it; try again later",
				 name);
	case -EUCLEAN:
	case -EEXIST:
		return ctx_error(ctx, -EBUSY,
				 "%s: a killed process left the port changed; to restore it, use: "
				 "pcireset doctor --repair",
				 name);
	default:
		return link_fail(link->port, r);
	}
}

int link_train(struct pcireset_link *link, uint32_t speed)
{
	struct guard *guard;
	int r = link_lock(link, &guard);

	if (r < 0)
		return r;
	/* The state from before the lock may be that of another training. */
	r = link_read_state(link);
	if (!r)
		r = link_check_now(link);
	if (!r) {
		struct training training = {
			.link = link, .port = guard_port(guard), .was = link->now, .speed = speed
		};

		r = training_do_noted(&training, guard);
	}
	guard_close(guard);
	return r;
}
