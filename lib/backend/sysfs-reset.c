/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reset through the kernel's files: write one word to reset_method, write 1 to reset,
 * and restore the former content of reset_method.
 *
 * With one word, the kernel cannot fall back on another type. The kernel has no lock
 * over the two files. If another process writes reset_method in between, the library
 * detects it afterwards, unless that process has restored the word by then.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "backend/backend.h"
#include "users/users.h"

#define NS_PER_MS    1000000ull
#define MIN_PAUSE_NS NS_PER_MS
#define SLICE_NS     (100 * NS_PER_MS)

/* One running reset. */
struct session {
	struct pcireset_dev *dev;
	const struct pcireset_plan *plan;
	struct pcireset_report *report;
	struct pcireset_member *member; /* of the report, which has only one */
	struct journal journal;
	struct narrowing narrowing;
	int dir, method, reset, config;
	int group; /* VFIO's, if it has one */
	struct config before;
	sigset_t old_mask;
	uint64_t begin_ns;
	int trigger_error;
	bool is_foreign; /* another process has written reset_method */
};

static int refuse_reset(struct session *s, int error, uint32_t why)
{
	s->report->why = why;
	return error;
}

/* ---- files */

/* Open files belong to the function: after its removal they return ENODEV. */
static int open_files(struct session *s)
{
	struct stat st;

	s->dir = open(s->dev->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0 || fstat(s->dir, &st))
		return errno == ENOENT ? -ENODEV : -errno;
	if (st.st_ino != s->plan->generation)
		return refuse_reset(s, -ESTALE, PCIRESET_WHY_CHANGED);
	s->narrowing.inode = st.st_ino;
	s->method = openat(s->dir, "reset_method", O_RDWR | O_CLOEXEC);
	if (s->method >= 0)
		s->reset = openat(s->dir, "reset", O_WRONLY | O_CLOEXEC);
	if (s->reset >= 0)
		s->config = openat(s->dir, "config", O_RDWR | O_CLOEXEC);
	if (s->config >= 0)
		return 0;
	switch (errno) {
	case EACCES:
		return -EPERM;
	case ENOENT: /* a kernel before 5.15, or a function without any reset */
		return refuse_reset(s, -EOPNOTSUPP, PCIRESET_WHY_NEEDS_MODULE);
	default:
		return -errno;
	}
}

static void close_files(struct session *s)
{
	const int fds[] = { s->dir, s->method, s->reset, s->config, s->group };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int read_method(const struct session *s, char buf[ATTR_MAX])
{
	ssize_t len = pread(s->method, buf, ATTR_MAX - 1, 0);

	if (len < 0)
		return -errno;
	while (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return 0;
}

static int write_method(const struct session *s, const char *text)
{
	return pwrite(s->method, text, strlen(text), 0) < 0 ? -errno : 0;
}

static bool method_is(const struct session *s, const char *text)
{
	char now[ATTR_MAX];

	return !read_method(s, now) && !strcmp(now, text);
}

/* ---- keep others from opening it through VFIO */

static int open_group(const char *group)
{
	static const char *const prefixes[] = { "", "noiommu-" };
	char path[sizeof("/dev/vfio/noiommu-") + NAME_MAX];
	int fd = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && fd == -ENOENT; i++) {
		snprintf(path, sizeof(path), "/dev/vfio/%s%s", prefixes[i], group);
		fd = open(path, O_RDWR | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	return fd;
}

/*
 * VFIO allows one opener for each group. A process that has a device open, by the group
 * or by the device node, prevents all others from opening the group. This holds even if
 * the group's descriptor is closed and only a mapping is left. So if this process can
 * open the group, no device of it is open, and none can be opened until the group is
 * closed.
 */
static int keep_closed(struct session *s)
{
	char path[PATH_MAX], group[NAME_MAX + 1];
	int r = -ENAMETOOLONG;

	if (!users_on_vfio(s->dev))
		return 0;
	if (snprintf(path, sizeof(path), "%s/iommu_group", s->dev->path) < (int)sizeof(path))
		r = read_link_name(path, group, sizeof(group));
	if (r >= 0)
		r = open_group(group);
	if (r == -EBUSY)
		return refuse_reset(s, -EBUSY, PCIRESET_WHY_VFIO_OPEN);
	if (r < 0) /* a group that cannot be opened cannot be held */
		return refuse_reset(s, -EOPNOTSUPP, PCIRESET_WHY_NEEDS_MODULE);
	s->group = r;
	return 0;
}

/* ---- before */

/*
 * Since the plan, a driver without reset_prepare may have been bound, and VFs may have
 * been created.
 */
static int check_unchanged(struct session *s)
{
	char path[PATH_MAX], driver[NAME_MAX + 1] = "", text[32] = "0";
	const char *planned = dev_driver(s->dev) ? dev_driver(s->dev) : "";
	int r = -ENAMETOOLONG;

	if (snprintf(path, sizeof(path), "%s/driver", s->dev->path) < (int)sizeof(path))
		r = read_link_name(path, driver, sizeof(driver));
	if (r < 0 && !is_absent(r))
		return r;
	if (strcmp(driver, planned))
		return refuse_reset(s, -ESTALE, PCIRESET_WHY_CHANGED);
	r = dev_attr(s->dev, "sriov_numvfs", text, sizeof(text));
	if (r < 0 && !is_absent(r))
		return r;
	return strcmp(text, "0") ? refuse_reset(s, -ESTALE, PCIRESET_WHY_CHANGED) : 0;
}

/*
 * The kernel's list may be older than the current topology. The kernel then rejects its
 * own words. Write them once before anything is changed.
 */
static int learn_method(struct session *s)
{
	int r = read_method(s, s->narrowing.was);

	if (r < 0)
		return r;
	if (!strcmp(s->narrowing.was, s->narrowing.word))
		return 0;
	r = write_method(s, s->narrowing.was);
	if (r < 0)
		return refuse_reset(s, -EOPNOTSUPP, PCIRESET_WHY_METHOD_REFUSED);
	return method_is(s, s->narrowing.was) ?
		       0 :
		       refuse_reset(s, -EBUSY, PCIRESET_WHY_METHOD_CHANGED);
}

/*
 * A register that the kernel restores is no proof. The kernel does not restore the mask
 * of MSI-X while MSI-X is off, as without a driver.
 */
static void choose_proof(struct session *s)
{
	size_t at = config_find(&s->before, PCI_CAP_ID_MSIX);
	uint32_t flags;

	if (!at || (dev_driver(s->dev) && (!driver_is_idle(s->dev) || s->plan->force)))
		return;
	flags = config_get16(&s->before, at + PCI_MSIX_FLAGS);
	if (!(flags & (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL)))
		s->narrowing.msix = (unsigned int)(at + PCI_MSIX_FLAGS);
}

static bool read_mask(const struct session *s, uint16_t *ret_flags)
{
	uint16_t flags;

	if (pread(s->config, &flags, sizeof(flags), s->narrowing.msix) != sizeof(flags))
		return false;
	*ret_flags = le16toh(flags);
	return true;
}

static bool write_mask(const struct session *s, uint16_t flags)
{
	flags = htole16(flags);
	return pwrite(s->config, &flags, sizeof(flags), s->narrowing.msix) == sizeof(flags);
}

/* If config space is read-only, as under lockdown, there is no proof. */
static void set_proof(struct session *s)
{
	uint16_t flags;

	if (!s->narrowing.msix)
		return;
	if (!read_mask(s, &flags) || !write_mask(s, flags | PCI_MSIX_FLAGS_MASKALL) ||
	    !read_mask(s, &flags) || !(flags & PCI_MSIX_FLAGS_MASKALL))
		s->narrowing.msix = 0;
}

static int session_prepare(struct session *s)
{
	int r = check_unchanged(s);

	if (!r)
		r = keep_closed(s);
	if (r < 0)
		return r;
	r = config_read_fd(s->config, &s->before);
	if (r < 0 && !is_absent(r))
		return r;
	if (s->before.len < PCI_STD_HEADER_SIZEOF ||
	    config_get32(&s->before, PCI_COMMAND) == UINT32_MAX)
		return refuse_reset(s, -ENODEV, PCIRESET_WHY_GONE);
	r = learn_method(s);
	if (r < 0)
		return r;
	choose_proof(s);
	return journal_write(&s->journal, s->dev, &s->narrowing);
}

static int narrow_method(struct session *s)
{
	int r = write_method(s, s->narrowing.word);

	if (r == -EINVAL)
		return refuse_reset(s, -EOPNOTSUPP, PCIRESET_WHY_METHOD_REFUSED);
	if (r < 0)
		return r;
	return method_is(s, s->narrowing.word) ?
		       0 :
		       refuse_reset(s, -EBUSY, PCIRESET_WHY_METHOD_CHANGED);
}

/* ---- the reset */

/* Restore reset_method only if it contains our word. Keep the word of another process. */
static int widen_method(struct session *s)
{
	char now[ATTR_MAX];
	int r = read_method(s, now);

	if (r == -ENODEV) /* reset_method is gone with the function */
		return 0;
	if (r < 0)
		return r;
	if (strcmp(now, s->narrowing.word)) {
		s->is_foreign = true;
		return 0;
	}
	r = write_method(s, s->narrowing.was);
	if (!r && !method_is(s, s->narrowing.was))
		r = -EIO;
	return r;
}

/*
 * The IDs of a VF always read as all-ones. 0001 is a Request Retry Status (PCIe r6.0,
 * sec 2.3.2).
 */
static bool function_answers(const struct session *s)
{
	uint32_t ids, command;

	if (pread(s->config, &ids, sizeof(ids), PCI_VENDOR_ID) != sizeof(ids) ||
	    pread(s->config, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		return false;
	if (command == UINT32_MAX)
		return false;
	return dev_is_vf(s->dev) || (ids != UINT32_MAX && (le32toh(ids) & 0xffff) != 0x0001);
}

/* The kernel has already waited, for up to two minutes. This wait cannot be limited. */
static void wait_ready(struct session *s, uint64_t since_ns)
{
	uint32_t ms = s->plan->timeout_ms ? s->plan->timeout_ms : PCIRESET_TIMEOUT_MS;
	uint64_t limit_ns = ms * NS_PER_MS, passed_ns, pause = MIN_PAUSE_NS;
	bool is_alive = function_answers(s);

	while (!is_alive && now_ns() - since_ns < limit_ns && !signals_are_fatal()) {
		pause_ns(pause);
		pause += pause / 20;
		is_alive = function_answers(s);
	}
	passed_ns = now_ns() - since_ns;
	s->member->ready_ns = s->report->wait_ns = passed_ns;
	s->member->state = is_alive ? PCIRESET_STATE_RESTORED : PCIRESET_STATE_DEAD;
	if (!is_alive || passed_ns > limit_ns)
		s->member->failed |= PCIRESET_CHECK_READY;
}

static void read_proof(struct session *s)
{
	uint16_t flags;

	s->member->proof = PCIRESET_PROOF_UNKNOWN;
	if (!s->narrowing.msix || !read_mask(s, &flags) || flags == UINT16_MAX)
		return;
	s->member->proof = PCIRESET_PROOF_SHOWN;
	if (!(flags & PCI_MSIX_FLAGS_MASKALL))
		return;
	s->member->proof = PCIRESET_PROOF_REFUTED;
	write_mask(s, flags & (uint16_t)~PCI_MSIX_FLAGS_MASKALL);
}

static void trigger_reset(struct session *s)
{
	uint64_t since_ns = now_ns();

	s->report->issued = s->plan->type;
	s->trigger_error = pwrite(s->reset, "1", 1, 0) < 0 ? -errno : 0;
	wait_ready(s, since_ns);
}

static void compare_config(struct session *s)
{
	struct config now;
	int at;

	config_read_fd(s->config, &now);
	if (now.len < PCI_STD_HEADER_SIZEOF || !config_is_same_device(&s->before, &now)) {
		s->member->failed |= PCIRESET_CHECK_IDENTITY;
		s->member->state = PCIRESET_STATE_OTHER;
		return;
	}
	at = config_difference(&s->before, &now);
	if (at >= 0) {
		s->member->failed |= PCIRESET_CHECK_CONFIG;
		s->member->offset = (uint32_t)at;
	}
	if (!config_link_holds(&s->before, &now))
		s->member->failed |= PCIRESET_CHECK_LINK;
}

/* Sleep in slices: a blocked signal does not interrupt the sleep. */
static void wait_settled(const struct session *s)
{
	uint64_t until_ns = now_ns() + plan_settle_ms(s->plan) * NS_PER_MS, now;

	while ((now = now_ns()) < until_ns && !signals_are_fatal())
		pause_ns(until_ns - now < SLICE_NS ? until_ns - now : SLICE_NS);
}

static void session_verify(struct session *s)
{
	if (s->member->state == PCIRESET_STATE_DEAD)
		return;
	compare_config(s);
	if (plan_settle_ms(s->plan) && s->member->state == PCIRESET_STATE_RESTORED) {
		wait_settled(s);
		compare_config(s);
	}
}

/*
 * Check the identity first: nothing must be written to another device, and the mask
 * belongs to it.
 */
static bool is_the_same(struct session *s)
{
	struct config now;

	if (s->member->state == PCIRESET_STATE_DEAD)
		return false;
	config_read_fd(s->config, &now);
	return now.len >= PCI_STD_HEADER_SIZEOF && config_is_same_device(&s->before, &now);
}

static int reset_narrowed(struct session *s)
{
	int r;

	set_proof(s);
	trigger_reset(s);
	s->member->proof = PCIRESET_PROOF_UNKNOWN;
	if (is_the_same(s))
		read_proof(s);
	r = widen_method(s);
	if (!r)
		journal_clear(&s->journal);
	session_verify(s);
	if (s->is_foreign)
		s->member->proof = PCIRESET_PROOF_UNKNOWN;
	if (s->member->proof != PCIRESET_PROOF_SHOWN)
		s->member->failed |= PCIRESET_CHECK_PROOF;
	s->report->proof = s->member->proof;
	s->report->failed = s->member->failed;
	return r;
}

/* ---- after */

static int judge_reset(struct session *s, int widen_error)
{
	const uint32_t always = PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY;
	uint32_t checks = s->plan->checks ? s->plan->checks : ALL_CHECKS & ~PCIRESET_CHECK_PROOF;
	int r = report_judge(s->report, always);

	if (r < 0 && widen_error) /* the kernel cannot check a dead function */
		s->report->message =
			format("%s; %s", pcireset_why_to_str(s->report->why, s->plan->type),
			       pcireset_why_to_str(PCIRESET_WHY_METHOD_LEFT, s->plan->type));
	if (r < 0)
		return r;
	s->report->why = PCIRESET_WHY_METHOD_LEFT;
	if (widen_error)
		return -EIO;
	s->report->why = PCIRESET_WHY_METHOD_CHANGED;
	if (s->is_foreign) {
		s->report->message = format("%s: the type that ran is unknown",
					    pcireset_why_to_str(s->report->why, s->plan->type));
		return -EIO;
	}
	s->report->why = PCIRESET_WHY_TRIGGER;
	if (s->trigger_error)
		return -EIO;
	s->report->why = 0;
	return report_judge(s->report, checks);
}

static int run_locked(struct session *s)
{
	int r = session_prepare(s);

	if (r < 0) {
		journal_clear(&s->journal);
		return r;
	}
	r = narrow_method(s);
	if (!r)
		return judge_reset(s, reset_narrowed(s));
	if (!widen_method(s))
		journal_clear(&s->journal);
	return r;
}

static int start_report(struct session *s)
{
	const struct pcireset_plan *plan = s->plan;
	struct pcireset_report *report = s->report;
	int r = members_add(&report->members, &plan->members.v[0]);

	if (r < 0)
		return r;
	s->member = &report->members.v[0];
	report->type = plan->type;
	report->type_flags = plan->type_flags;
	report->scope = plan->scope;
	report->who = s->dev->addr;
	return 0;
}

static int open_journal(struct session *s)
{
	int r = journal_open(s->dev, &s->journal, &s->report->message);

	return r == -EUCLEAN ? refuse_reset(s, -EBUSY, PCIRESET_WHY_LEFT_OVER) :
	       r == -EACCES  ? -EPERM :
			       r;
}

int sysfs_reset(struct pcireset_plan *plan, struct pcireset_report *report)
{
	struct session s = {
		.dev = plan->dev,
		.plan = plan,
		.report = report,
		.dir = -1,
		.method = -1,
		.reset = -1,
		.config = -1,
		.group = -1,
		.begin_ns = now_ns(),
	};
	int r = start_report(&s);

	if (r < 0)
		return r;
	snprintf(s.narrowing.word, sizeof(s.narrowing.word), "%s",
		 pcireset_type_to_str(plan->type, plan->type_flags));
	r = open_files(&s);
	if (!r) {
		signals_hold(&s.old_mask);
		r = open_journal(&s);
		if (!r) {
			r = run_locked(&s);
			journal_close(&s.journal);
		}
		signals_let_go(&s.old_mask);
	}
	close_files(&s);
	report->total_ns = now_ns() - s.begin_ns;
	return r;
}
