/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reset by one ioctl on the caller's VFIO descriptor. The visible state is saved
 * before, and compared afterwards.
 *
 * For a member, only its header in sysfs is visible. For the target, VFIO shows all of
 * config space, some of it emulated. There is no writable register that a reset clears
 * and the kernel does not restore, so there is never proof.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "backend/vfio.h"
#include "backend/backend.h"
#include "dev/dev.h"

#define NS_PER_MS    1000000ull
#define MIN_PAUSE_NS NS_PER_MS

/* One running reset. The members belong to the report. */
struct session {
	const struct pcireset_plan *plan;
	const struct vfio_facts *f;
	struct pcireset_report *report;
	struct config *before; /* of each member */
	int error;             /* of the ioctl, mapped to the library's errno */
	uint32_t why;
};

static struct pcireset_dev *dev_of(const struct session *s, size_t i)
{
	return pcireset_ctx_get_dev(s->plan->dev->ctx, &s->report->members.v[i].addr);
}

/* ---- visible state */

static bool read_header(const struct pcireset_dev *dev, struct config *config)
{
	char path[PATH_MAX];
	int fd = -1;

	config->len = 0;
	if (snprintf(path, sizeof(path), "%s/config", dev->path) < (int)sizeof(path))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (pread(fd, config->b, PCI_STD_HEADER_SIZEOF, 0) == PCI_STD_HEADER_SIZEOF)
		config->len = PCI_STD_HEADER_SIZEOF;
	close(fd);
	return config->len;
}

/* Read the bytes after the header through VFIO. */
static void read_rest(const struct pcireset_dev *dev, struct config *config)
{
	uint64_t offset;
	ssize_t n;

	if (vfio_config_offset(dev->vfio->device, &offset) < 0)
		return;
	while (config->len < sizeof(config->b) &&
	       (n = pread(dev->vfio->device, config->b + config->len,
			  sizeof(config->b) - config->len, (off_t)(offset + config->len))) > 0)
		config->len += (size_t)n;
}

/*
 * The IDs of a VF always read as all-ones. 0001 is a Request Retry Status (PCIe r6.0,
 * sec 2.3.2).
 */
static bool header_is_alive(const struct pcireset_dev *dev, const struct config *header)
{
	uint32_t ids = config_get32(header, PCI_VENDOR_ID);

	if (config_get32(header, PCI_COMMAND) == UINT32_MAX)
		return false;
	return dev_is_vf(dev) || (ids != UINT32_MAX && (ids & 0xffff) != 0x0001);
}

static bool dev_answers(const struct pcireset_dev *dev, struct config *config)
{
	return dev && read_header(dev, config) && header_is_alive(dev, config);
}

static bool save_member(const struct session *s, size_t i, struct config *config)
{
	const struct pcireset_dev *dev = dev_of(s, i);

	if (!dev_answers(dev, config))
		return false;
	if (addr_is(&dev->addr, &s->plan->dev->addr))
		read_rest(s->plan->dev, config);
	return true;
}

/* ---- before */

static int session_start(struct session *s)
{
	const struct pcireset_plan *plan = s->plan;
	struct pcireset_report *report = s->report;
	int r = members_copy(&report->members, &plan->members);

	report->type = plan->type;
	report->type_flags = plan->type_flags;
	report->scope = plan->scope;
	report->who = plan->dev->addr;
	s->before = calloc(plan->members.nr, sizeof(*s->before));
	if (r < 0 || !s->before)
		return -ENOMEM;
	for (size_t i = 0; i < report->members.nr; i++) {
		if (save_member(s, i, &s->before[i]))
			continue;
		report->why = PCIRESET_WHY_GONE;
		report->who = report->members.v[i].addr;
		return -ENODEV;
	}
	return 0;
}

static bool list_is_the_same(const struct session *s)
{
	char now[ATTR_MAX];

	return dev_attr(s->plan->dev, "reset_method", now, sizeof(now)) >= 0 &&
	       !strcmp(now, s->f->text);
}

/* ---- the reset */

static int reset_function(const struct session *s)
{
	return ioctl(s->plan->dev->vfio->device, VFIO_DEVICE_RESET) < 0 ? errno : 0;
}

static bool is_hit(const struct vfio_facts *f, uint32_t group_id)
{
	for (size_t i = 0; i < f->hot->count; i++)
		if (f->hot->devices[i].group_id == group_id)
			return true;
	return false;
}

static bool is_first_of_group(const struct vfio_facts *f, size_t g)
{
	for (size_t i = 0; i < g; i++)
		if (f->group_ids[i] == f->group_ids[g])
			return false;
	return true;
}

/*
 * VFIO accepts at most as many groups as affected functions. It accepts none for a
 * character device, because it knows the owners itself.
 */
static int reset_link(const struct session *s)
{
	const struct vfio_fds *fds = s->plan->dev->vfio;
	const struct vfio_facts *f = s->f;
	size_t size = sizeof(struct vfio_pci_hot_reset) + fds->nr_groups * sizeof(__s32);
	struct vfio_pci_hot_reset *hot = calloc(1, size);
	int r;

	if (!hot)
		return ENOMEM;
	hot->argsz = (uint32_t)size;
	for (size_t g = 0; g < f->nr_groups; g++)
		if (!(f->hot->flags & VFIO_PCI_HOT_RESET_FLAG_DEV_ID) && is_first_of_group(f, g) &&
		    is_hit(f, f->group_ids[g]))
			hot->group_fds[hot->count++] = fds->groups[g];
	r = ioctl(fds->device, VFIO_DEVICE_PCI_HOT_RESET, hot) < 0 ? errno : 0;
	free(hot);
	return r;
}

static bool was_touched(const struct session *s)
{
	return !s->error || s->error == -EIO || s->error == -ETIMEDOUT;
}

static void session_trigger(struct session *s)
{
	const struct pcireset_plan *plan = s->plan;
	int error = plan->type & PCI_RESET_LINK ? reset_link(s) : reset_function(s);

	s->error = vfio_judge_errno(plan->type, plan->flags, error, &s->why);
	if (!was_touched(s))
		return;
	s->report->issued = plan->type;
	if (plan->type & PCI_RESET_LINK || s->f->methods.nr == 1)
		return;
	/* The list has several words, and the kernel does not report the issued one. */
	s->report->issued = s->f->methods.types;
	s->report->type = s->report->type_flags = 0;
}

/* ---- after */

/*
 * The kernel has already waited, for more than a minute at most. This wait cannot be
 * limited.
 */
static void wait_ready(struct session *s, size_t i, uint64_t since_ns, struct config *now)
{
	uint32_t ms = s->plan->timeout_ms ? s->plan->timeout_ms : PCIRESET_TIMEOUT_MS;
	uint64_t limit_ns = ms * NS_PER_MS, passed_ns, pause = MIN_PAUSE_NS;
	struct pcireset_member *member = &s->report->members.v[i];
	bool is_alive = dev_answers(dev_of(s, i), now);

	while (!is_alive && now_ns() - since_ns < limit_ns) {
		pause_ns(pause);
		pause += pause / 20;
		is_alive = dev_answers(dev_of(s, i), now);
	}
	passed_ns = now_ns() - since_ns;
	member->ready_ns = s->report->wait_ns = passed_ns;
	member->state = is_alive ? PCIRESET_STATE_RESTORED : PCIRESET_STATE_DEAD;
	if (!is_alive || passed_ns > limit_ns)
		member->failed |= PCIRESET_CHECK_READY;
}

static void compare_member(struct session *s, size_t i, struct config *now)
{
	struct pcireset_member *member = &s->report->members.v[i];
	const struct config *before = &s->before[i];
	int at;

	if (!save_member(s, i, now)) {
		member->failed |= PCIRESET_CHECK_READY;
		member->state = PCIRESET_STATE_DEAD;
		return;
	}
	if (!config_is_same_device(before, now)) {
		member->failed |= PCIRESET_CHECK_IDENTITY;
		member->state = PCIRESET_STATE_OTHER;
		return;
	}
	at = config_difference(before, now);
	if (at >= 0) {
		member->failed |= PCIRESET_CHECK_CONFIG;
		member->offset = (uint32_t)at;
	}
	if (!config_link_holds(before, now))
		member->failed |= PCIRESET_CHECK_LINK;
}

static void compare_all(struct session *s, struct config *now)
{
	for (size_t i = 0; i < s->report->members.nr; i++)
		if (s->report->members.v[i].state == PCIRESET_STATE_RESTORED)
			compare_member(s, i, now);
}

static void session_verify(struct session *s, uint64_t since_ns, struct config *now)
{
	struct members *members = &s->report->members;

	for (size_t i = 0; i < members->nr; i++)
		wait_ready(s, i, since_ns, now);
	compare_all(s, now);
	if (plan_settle_ms(s->plan)) {
		pause_ns(plan_settle_ms(s->plan) * NS_PER_MS);
		compare_all(s, now);
	}
	for (size_t i = 0; i < members->nr; i++) {
		members->v[i].proof = PCIRESET_PROOF_UNKNOWN;
		members->v[i].failed |= PCIRESET_CHECK_PROOF;
		s->report->failed |= members->v[i].failed;
	}
	s->report->proof = PCIRESET_PROOF_UNKNOWN;
}

/* A fault of a function is more precise than the errno of VFIO. */
static int session_judge(struct session *s, bool list_has_changed)
{
	const uint32_t always = PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY;
	uint32_t checks = s->plan->checks ? s->plan->checks : ALL_CHECKS & ~PCIRESET_CHECK_PROOF;
	int r = report_judge(s->report, always);

	if (r < 0)
		return r;
	s->report->why = PCIRESET_WHY_METHOD_CHANGED;
	if (list_has_changed) {
		s->report->message = format("%s: the type that ran is unknown",
					    pcireset_why_to_str(s->report->why, s->plan->type));
		return -EIO;
	}
	s->report->why = s->why;
	if (s->error)
		return s->error;
	return report_judge(s->report, checks);
}

static void explain_several(struct session *s)
{
	char text[64];

	if (!s->report->type && pcireset_types_to_str(s->report->issued, text, sizeof(text)) > 0)
		s->report->message = format("the kernel does not tell which of %s it issued", text);
}

static int run_begun(struct session *s, struct config *now)
{
	bool is_function = s->plan->type & PCI_RESET_FUNC;
	uint64_t since_ns = now_ns();
	int r;

	if (is_function && !list_is_the_same(s)) {
		s->report->why = PCIRESET_WHY_METHOD_CHANGED;
		return -ESTALE;
	}
	session_trigger(s);
	if (!was_touched(s)) {
		s->report->why = s->why;
		return s->error;
	}
	session_verify(s, since_ns, now);
	r = session_judge(s, is_function && !list_is_the_same(s));
	if (!r)
		explain_several(s);
	return r;
}

int vfio_reset(const struct pcireset_plan *plan, const struct vfio_facts *f,
	       struct pcireset_report *report)
{
	struct session s = { .plan = plan, .f = f, .report = report };
	struct config *now = malloc(sizeof(*now));
	uint64_t begin_ns = now_ns();
	int r = now ? session_start(&s) : -ENOMEM;

	if (!r)
		r = run_begun(&s, now);
	free(s.before);
	free(now);
	report->total_ns = now_ns() - begin_ns;
	return r;
}
