// SPDX-License-Identifier: GPL-2.0-only
/* Trainings of a link below a port that is a file: the reported state, and refusals. */
#include <endian.h>
#include <stdio.h>
#include <sys/stat.h>
#include "link/link.h"
#include "sysroot.h"

#define PORT "0000:00:1c.0"
#define CARD "0000:03:00.0"
#define NOTE "run/pcireset/" PORT ".held"

/* Registers of the port. Its capability of PCI Express is at 0x50. */
#define FLAGS     0x52
#define ABILITIES 0x5c
#define CONTROL   0x60
#define STATUS    0x62
#define SPEEDS    0x7c
#define CONTROL_2 0x80
#define STATUS_2  0x82
#define EXTENDED  0x100

#define AT_8GT_X8 (3 | 8 << 4)

/* What the port does with Retrain Link. */
static enum behavior {
	TRAINS,
	IGNORES,
	SHOWS_TRAINING,
	DRIVER_CLEARS,
	BANDWIDTH_STUCK,
	FOLLOWS_TARGET,
	GETS_NARROW,
	COMES_UP_LATE
} behavior;
static int write_error; /* of the kernel */
static unsigned int looks_left, nr_trainings;

ssize_t __real_pread64(int fd, void *buf, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *buf, size_t size, off_t at);
ssize_t __real_pwrite64(int fd, const void *buf, size_t size, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *buf, size_t size, off_t at);

static uint16_t hardware_get(int fd, off_t at)
{
	uint16_t value;

	assert_int_equal(__real_pread64(fd, &value, 2, at), 2);
	return le16toh(value);
}

static void hardware_put(int fd, off_t at, uint32_t value)
{
	uint16_t bytes = htole16((uint16_t)value);

	assert_int_equal(__real_pwrite64(fd, &bytes, 2, at), 2);
}

/* Link Training is only seen by the first reads. */
ssize_t __wrap_pread64(int fd, void *buf, size_t size, off_t at)
{
	ssize_t n = __real_pread64(fd, buf, size, at);

	if (at == STATUS && looks_left && !--looks_left)
		hardware_put(fd, STATUS,
			     (hardware_get(fd, STATUS) & ~(uint32_t)PCI_EXP_LNKSTA_LT) |
				     PCI_EXP_LNKSTA_DLLLA);
	return n;
}

/* The note while the link trains, or "". */
static char note[512];

static void read_note(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" NOTE, sysroot);
	if (read_file(path, note, sizeof(note)) < 0)
		*note = '\0';
}

static void hardware_train(int fd)
{
	uint32_t status = hardware_get(fd, STATUS), control = hardware_get(fd, CONTROL);

	read_note();
	nr_trainings++;
	if (behavior == FOLLOWS_TARGET)
		status = (status & ~(uint32_t)PCI_EXP_LNKSTA_CLS) |
			 (hardware_get(fd, CONTROL_2) & PCI_EXP_LNKCTL2_TLS);
	if (behavior == GETS_NARROW)
		status = (status & ~(uint32_t)PCI_EXP_LNKSTA_NLW) | 4 << 4;
	if (behavior == COMES_UP_LATE) {
		status &= ~(uint32_t)PCI_EXP_LNKSTA_DLLLA;
		looks_left = 3;
	}
	if (behavior == SHOWS_TRAINING) {
		status |= PCI_EXP_LNKSTA_LT;
		looks_left = 2;
	} else if (behavior != DRIVER_CLEARS || !(control & PCI_EXP_LNKCTL_LBMIE)) {
		status |= PCI_EXP_LNKSTA_LBMS;
	}
	hardware_put(fd, STATUS, status);
}

ssize_t __wrap_pwrite64(int fd, const void *buf, size_t size, off_t at)
{
	uint16_t value;

	if (at < FLAGS)
		return __real_pwrite64(fd, buf, size, at);
	if (write_error) {
		errno = write_error;
		return -1;
	}
	assert_int_equal(size, 2);
	memcpy(&value, buf, size);
	value = le16toh(value);
	if (at == STATUS) {
		if (behavior != BANDWIDTH_STUCK)
			hardware_put(fd, at, hardware_get(fd, at) & ~(value & 0xc000));
		return 2;
	}
	hardware_put(fd, at, at == CONTROL ? value & ~(uint32_t)PCI_EXP_LNKCTL_RL : value);
	if (at == CONTROL && value & PCI_EXP_LNKCTL_RL && behavior != IGNORES &&
	    behavior != BANDWIDTH_STUCK)
		hardware_train(fd);
	return 2;
}

static FILE *open_port(void)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" PORT "/config", sysroot);
	f = fopen(path, "r+e");
	assert_non_null(f);
	return f;
}

static void port_set(long at, uint32_t value)
{
	FILE *f = open_port();

	hardware_put(fileno(f), at, value);
	assert_int_equal(fclose(f), 0);
}

static uint16_t port_get(long at)
{
	FILE *f = open_port();
	uint16_t value = hardware_get(fileno(f), at);

	assert_int_equal(fclose(f), 0);
	return value;
}

/* A root port with notification, whose link is up at 8 GT/s x8. */
static struct pcireset_link *make_link(struct pcireset_ctx *ctx, enum behavior how)
{
	struct pcireset_link *link;

	behavior = how;
	write_error = 0;
	looks_left = 0;
	nr_trainings = 0;
	port_set(FLAGS, 0x42);
	port_set(ABILITIES, AT_8GT_X8);
	port_set(ABILITIES + 2, (PCI_EXP_LNKCAP_LBNC | PCI_EXP_LNKCAP_DLLLARC) >> 16);
	port_set(CONTROL, PCI_EXP_LNKCTL_CCC);
	port_set(STATUS, AT_8GT_X8 | PCI_EXP_LNKSTA_DLLLA);
	port_set(SPEEDS, 0xe);
	port_set(CONTROL_2, 3);
	assert_int_equal(pcireset_link_new(find(ctx, PORT), &link), 0);
	return link;
}

/* Train it to the speed. Returns the result, and drops the link. */
static int train(struct pcireset_link *link, uint32_t speed, bool is_touched)
{
	int r = link_train(link, speed);

	assert_int_equal(pcireset_link_is_touched(link), is_touched);
	pcireset_link_unref(link);
	return r;
}

static void a_write_that_the_kernel_refuses_trains_nothing(void **state)
{
	static const int errors[] = { EPERM, EBADF, EIO };
	static const uint32_t speeds[] = { 0, 5000, 8000 };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		for (size_t j = 0; j < ARRAY_SIZE(speeds); j++) {
			struct pcireset_link *link = make_link(*state, IGNORES);

			/* An earlier training has left this. */
			port_set(STATUS, AT_8GT_X8 | PCI_EXP_LNKSTA_DLLLA | PCI_EXP_LNKSTA_LBMS);
			write_error = errors[i];
			assert_int_equal(train(link, speeds[j], false), -EPERM);
			assert_non_null(
				strstr(pcireset_ctx_get_errmsg(*state), "cannot be written"));
		}
}

static void a_port_that_ignores_the_request_has_not_trained(void **state)
{
	static const enum behavior behaviors[] = { IGNORES, BANDWIDTH_STUCK };
	static const uint16_t interrupts[] = { 0, PCI_EXP_LNKCTL_LBMIE };

	for (size_t i = 0; i < ARRAY_SIZE(behaviors); i++)
		for (size_t j = 0; j < ARRAY_SIZE(interrupts); j++) {
			struct pcireset_link *link = make_link(*state, behaviors[i]);

			port_set(CONTROL, interrupts[j]);
			port_set(STATUS, AT_8GT_X8 | PCI_EXP_LNKSTA_DLLLA | PCI_EXP_LNKSTA_LBMS);
			assert_int_equal(train(link, 0, true), -EIO);
			assert_int_equal(port_get(CONTROL), interrupts[j]);
		}
}

static void a_training_is_shown_by_either_bit(void **state)
{
	static const enum behavior behaviors[] = { TRAINS, SHOWS_TRAINING, DRIVER_CLEARS };
	const uint16_t control = PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_LBMIE | PCI_EXP_LNKCTL_LABIE;

	for (size_t i = 0; i < ARRAY_SIZE(behaviors); i++) {
		struct pcireset_link *link = make_link(*state, behaviors[i]);

		port_set(CONTROL, control);
		assert_int_equal(train(link, 0, true), 0);
		assert_int_equal(port_get(CONTROL), control);
		assert_int_equal(port_get(CONTROL_2), 3);
	}
}

static void a_link_that_comes_up_late_is_awaited(void **state)
{
	assert_int_equal(train(make_link(*state, COMES_UP_LATE), 0, true), 0);
}

static void a_link_that_lost_lanes_has_failed(void **state)
{
	assert_int_equal(train(make_link(*state, GETS_NARROW), 0, true), -EIO);
	assert_string_equal(pcireset_ctx_get_errmsg(*state),
			    PORT ": the link has x4 instead of x8");
}

/* Hardware Autonomous Speed Disable is only set while the link trains. */
static void a_speed_that_was_trained_stays_the_target(void **state)
{
	static const uint16_t others[] = { 0, PCI_EXP_LNKCTL2_HASD };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct pcireset_link *link = make_link(*state, FOLLOWS_TARGET);

		port_set(CONTROL_2, 3 | others[i]);
		assert_int_equal(train(link, 5000, true), 0);
		assert_int_equal(port_get(CONTROL_2), 2 | others[i]);
		assert_int_equal(port_get(STATUS) & PCI_EXP_LNKSTA_CLS, 2);
		assert_int_equal(nr_trainings, 1);
	}
}

/* Only if it was another one. */
static void after_a_failure_the_former_speed_is_trained(void **state)
{
	static const struct {
		uint32_t speed;
		unsigned int nr;
	} rows[] = { { 5000, 2 }, { 0, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcireset_link *link = make_link(*state, GETS_NARROW);

		assert_int_equal(train(link, rows[i].speed, true), -EIO);
		assert_int_equal(nr_trainings, rows[i].nr);
		assert_int_equal(port_get(CONTROL_2), 3);
	}
}

/* Registers, and the state that they show. Values that a row does not have are 0. */
struct meaning {
	uint32_t flags, abilities, speeds, status, status_2, control, control_2;
	uint32_t ext_id, ext_status; /* of an extended capability for one speed */
	uint32_t partner;            /* Link Capabilities of the card */
	bool is_up, is_disabled;
	uint32_t speed, width, max_speed, max_width, target;
	enum pcireset_equalization equalization;
};

#define REPORTS  PCI_EXP_LNKCAP_DLLLARC
#define X8(code) ((uint32_t)(code) | 8 << 4)
#define UP(code) (X8(code) | PCI_EXP_LNKSTA_DLLLA)
#define NONE     PCIRESET_EQUALIZATION_NONE
#define COMPLETE PCIRESET_EQUALIZATION_COMPLETE
#define FAILED   PCIRESET_EQUALIZATION_FAILED
#define REQUEST  PCIRESET_EQUALIZATION_REQUESTED

/* PCIe r6.0, sec 7.5.3.6 to 7.5.3.20, 7.7.5, 7.7.6 and 7.7.7. */
static const struct meaning meanings[] = {
	{ 0x42, REPORTS | X8(3), 0xe, UP(3), 0, 0, 3, 0, 0, 0, 1, 0, 8000, 8, 8000, 8, 8000, NONE },
	{ 0x42, X8(3), 0xe, X8(3), 0, 0, 3, 0, 0, 0, 1, 0, 8000, 8, 8000, 8, 8000, NONE },
	{ 0x42, REPORTS | X8(3), 0xe, X8(3), 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 8000, 8, 8000, NONE },
	{ 0x42, REPORTS | X8(3), 0xe, X8(3), 0, 0x10, 2, 0, 0, 0, 0, 1, 0, 0, 5000, 8, 5000, NONE },
	/* Link Capabilities alone, and those of the card. */
	{ 0x42, REPORTS | X8(3), 0, UP(1), 0, 0, 3, 0, 0, 0, 1, 0, 2500, 8, 8000, 8, 8000, NONE },
	{ 0x42, REPORTS | X8(3), 0xe, UP(2), 0, 0, 3, 0, 0, 2 | 4 << 4, 1, 0, 5000, 8, 5000, 4,
	  8000, NONE },
	{ 0x42, REPORTS | X8(3), 0xe, UP(3), 0, 0, 3, 0, 0, 4 | 16 << 4, 1, 0, 8000, 8, 8000, 8,
	  8000, NONE },
	{ 0x41, REPORTS | X8(2), 0xe, UP(2), 6, 0, 3, 0, 0, 0, 1, 0, 5000, 8, 5000, 8, 0, NONE },
	/* The equalization of 8 GT/s is in Link Status 2, that of others in their own capability. */
	{ 0x42, REPORTS | X8(3), 0xe, UP(3), 0x06, 0, 3, 0, 0, 0, 1, 0, 8000, 8, 8000, 8, 8000,
	  COMPLETE },
	{ 0x42, REPORTS | X8(3), 0xe, UP(3), 0x02, 0, 3, 0, 0, 0, 1, 0, 8000, 8, 8000, 8, 8000,
	  FAILED },
	{ 0x42, REPORTS | X8(3), 0xe, UP(3), 0x26, 0, 3, 0, 0, 0, 1, 0, 8000, 8, 8000, 8, 8000,
	  REQUEST },
	{ 0x42, REPORTS | X8(3), 0xe, UP(2), 0x26, 0, 2, 0, 0, 0, 1, 0, 5000, 8, 5000, 8, 5000,
	  NONE },
	{ 0x42, REPORTS | X8(4), 0x1e, UP(4), 0, 0, 4, 0x26, 3, 0, 1, 0, 16000, 8, 16000, 8, 16000,
	  COMPLETE },
	{ 0x42, REPORTS | X8(4), 0x1e, UP(4), 0, 0, 4, 0x2a, 3, 0, 1, 0, 16000, 8, 16000, 8, 16000,
	  NONE },
	{ 0x42, REPORTS | X8(5), 0x3e, UP(5), 0, 0, 5, 0x2a, 1, 0, 1, 0, 32000, 8, 32000, 8, 32000,
	  FAILED },
	{ 0x42, REPORTS | X8(6), 0x7e, UP(6), 0, 0, 6, 0x31, 0x13, 0, 1, 0, 64000, 8, 64000, 8,
	  64000, REQUEST },
};

static void put32(const char *name, long at, uint32_t value)
{
	uint32_t bytes = htole32(value);

	sysroot_write_config(name, at, &bytes, sizeof(bytes));
}

static void put_registers(const struct meaning *m)
{
	port_set(FLAGS, m->flags);
	put32(PORT, ABILITIES, m->abilities);
	port_set(SPEEDS, m->speeds);
	port_set(STATUS, m->status);
	port_set(STATUS_2, m->status_2);
	port_set(CONTROL, m->control);
	port_set(CONTROL_2, m->control_2);
	put32(PORT, EXTENDED, m->ext_id ? m->ext_id | 1 << 16 : 0);
	put32(PORT, EXTENDED + 0xc, m->ext_status);
	put32(CARD, ABILITIES, m->partner);
}

static void registers_have_the_meaning_of_the_specification(void **state)
{
	struct pcireset_link *link = make_link(*state, TRAINS);

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		const struct meaning *m = &meanings[i];

		put_registers(m);
		assert_int_equal(pcireset_link_read(link), 0);
		assert_int_equal(pcireset_link_is_up(link), m->is_up);
		assert_int_equal(pcireset_link_is_disabled(link), m->is_disabled);
		assert_int_equal(pcireset_link_get_speed(link), m->speed);
		assert_int_equal(pcireset_link_get_width(link), m->width);
		assert_int_equal(link_best_speed(link, link->now.target), m->max_speed);
		assert_int_equal(pcireset_link_get_max_width(link), m->max_width);
		assert_int_equal(pcireset_link_get_target_speed(link), m->target);
		assert_int_equal(pcireset_link_get_equalization(link), m->equalization);
	}
	put_registers(&(struct meaning){ 0 });
	pcireset_link_unref(link);
}

/* A port that has no link below it needs one above it, and this one is on a root bus. */
static void a_port_is_known_by_its_type(void **state)
{
	static const struct {
		uint32_t type;
		int error;
	} rows[] = {
		{ PCI_EXP_TYPE_ROOT_PORT, 0 },
		{ PCI_EXP_TYPE_DOWNSTREAM, 0 },
		{ PCI_EXP_TYPE_UPSTREAM, -EOPNOTSUPP },
		{ PCI_EXP_TYPE_PCI_BRIDGE, -EOPNOTSUPP },
	};
	struct pcireset_dev *port = find(*state, PORT);
	struct pcireset_link *link;

	pcireset_link_unref(make_link(*state, TRAINS));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		port_set(FLAGS, 2 | rows[i].type << 4);
		assert_int_equal(pcireset_link_new(port, &link), rows[i].error);
		if (rows[i].error)
			continue;
		assert_ptr_equal(link->port, port);
		pcireset_link_unref(link);
	}
	port_set(FLAGS, 0x42);
}

/* The card has 8 GT/s, and the port 16. */
static void a_speed_needs_both_ends(void **state)
{
	static const struct {
		uint32_t speed;
		int error;
	} rows[] = {
		{ 2500, 0 },       { 8000, 0 },   { 16000, -EOPNOTSUPP }, { 32000, -EOPNOTSUPP },
		{ 7000, -EINVAL }, { 0, -EINVAL }
	};
	struct pcireset_link *link = make_link(*state, TRAINS);

	put32(CARD, ABILITIES, 3 | 8 << 4);
	port_set(SPEEDS, 0x1e);
	assert_int_equal(pcireset_link_read(link), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(link_check_speed(link, rows[i].speed), rows[i].error);
	assert_string_equal(pcireset_dev_get_name(link->partner), CARD);
	put32(CARD, ABILITIES, 0);
	pcireset_link_unref(link);
}

/* Retrain Link has no effect on a link that the port keeps down. */
static void a_contained_link_is_not_trained(void **state)
{
	struct pcireset_link *link = make_link(*state, TRAINS);

	put32(PORT, EXTENDED, PCI_EXT_CAP_ID_DPC | 1 << 16);
	put32(PORT, EXTENDED + PCI_EXP_DPC_STATUS, PCI_EXP_DPC_STATUS_TRIGGER);
	assert_int_equal(pcireset_link_read(link), 0);
	assert_int_equal(link_check_now(link), -EBUSY);
	assert_string_equal(pcireset_ctx_get_errmsg(*state),
			    PORT ": the port is in DPC containment, which keeps the link down");
	put32(PORT, EXTENDED + PCI_EXP_DPC_STATUS, 0);
	assert_int_equal(pcireset_link_read(link), 0);
	assert_int_equal(link_check_now(link), 0);
	put32(PORT, EXTENDED, 0);
	pcireset_link_unref(link);
}

/* At the place of Link Capabilities 2 and Link Control 2, it has registers of its own. */
static void a_port_of_version_1_has_no_target_speed(void **state)
{
	struct pcireset_link *link = make_link(*state, TRAINS);

	port_set(FLAGS, 0x41);
	port_set(SPEEDS, 0xff);
	port_set(CONTROL_2, 0x1234);
	assert_int_equal(pcireset_link_read(link), 0);
	assert_int_equal(pcireset_link_get_target_speed(link), 0);
	assert_int_equal(pcireset_link_get_max_speed(link), 8000);
	assert_int_equal(link_check_speed(link, 8000), -EOPNOTSUPP);
	assert_int_equal(train(link, 0, true), 0);
	link = make_link(*state, IGNORES);
	port_set(FLAGS, 0x41);
	port_set(CONTROL_2, 0x1234);
	assert_int_equal(pcireset_link_read(link), 0);
	assert_int_equal(train(link, 0, true), -EIO);
	assert_int_equal(port_get(CONTROL_2), 0x1234);
}

/* The end of the path that fails, or NULL. */
static const char *broken;

int __real_open64(const char *path, int flags, mode_t mode);
int __wrap_open64(const char *path, int flags, mode_t mode);

int __wrap_open64(const char *path, int flags, mode_t mode)
{
	if (broken && strlen(path) >= strlen(broken) &&
	    !strcmp(path + strlen(path) - strlen(broken), broken)) {
		errno = EIO;
		return -1;
	}
	return __real_open64(path, flags, mode);
}

static void a_config_space_that_fails_is_named(void **state)
{
	static const char *const files[] = { PORT "/config", CARD "/config" };
	static const char *const messages[] = { PORT ": Input/output error",
						CARD ": Input/output error" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct pcireset_link *link = make_link(*state, TRAINS);

		assert_int_equal(link_check_speed(link, 7000), -EINVAL);
		broken = files[i];
		assert_int_equal(pcireset_link_read(link), -EIO);
		assert_string_equal(pcireset_ctx_get_errmsg(*state), messages[i]);
		pcireset_link_unref(link);
		/* It is not taken for a function without a link of its own. */
		assert_int_equal(pcireset_link_new(find(*state, PORT), &link), -EIO);
		assert_string_equal(pcireset_ctx_get_errmsg(*state), messages[i]);
		broken = NULL;
	}
}

static void a_port_that_does_not_answer_is_named(void **state)
{
	struct pcireset_link *link = make_link(*state, TRAINS);
	FILE *f = open_port();
	uint8_t was[64], dead[64];

	pcireset_link_unref(link);
	assert_int_equal(fread(was, 1, sizeof(was), f), sizeof(was));
	memset(dead, 0xff, sizeof(dead));
	rewind(f);
	assert_int_equal(fwrite(dead, 1, sizeof(dead), f), sizeof(dead));
	fflush(f);
	assert_int_equal(pcireset_link_new(find(*state, PORT), &link), -ENODEV);
	assert_string_equal(pcireset_ctx_get_errmsg(*state), PORT ": the port does not answer");
	rewind(f);
	assert_int_equal(fwrite(was, 1, sizeof(was), f), sizeof(was));
	assert_int_equal(fclose(f), 0);
}

static void one_port_has_one_training(void **state)
{
	struct pcireset_link *link = make_link(*state, TRAINS);
	struct unread unread = { 0 };
	struct guard *guard;

	assert_int_equal(guard_open(*state, &link->port->addr, &unread, &guard), 0);
	assert_int_equal(link_train(link, 5000), -EBUSY);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), "another process"));
	assert_false(pcireset_link_is_touched(link));
	assert_int_equal(port_get(CONTROL_2), 3);
	guard_close(guard);
	/* The port is trained by hand after its state was read. */
	port_set(STATUS, AT_8GT_X8 | PCI_EXP_LNKSTA_LT);
	assert_int_equal(link_train(link, 0), -EBUSY);
	port_set(STATUS, AT_8GT_X8 | PCI_EXP_LNKSTA_DLLLA);
	assert_int_equal(train(link, 0, true), 0);
}

static enum pcireset_leftover told;

static void take(const char *name, enum pcireset_leftover state, const char *words, void *data)
{
	(void)data;
	assert_string_equal(name, PORT);
	assert_non_null(strstr(words, "target speed"));
	told = state;
}

static void a_killed_training_is_repaired(void **state)
{
	struct leftover_walk look = { .ctx = *state, .fn = take };
	struct leftover_walk repair = { .ctx = *state, .fn = take, .repairs = true };
	struct pcireset_link *link = make_link(*state, TRAINS);
	char left[sizeof(note)];

	port_set(CONTROL, PCI_EXP_LNKCTL_LBMIE);
	assert_int_equal(link_train(link, 5000), -EIO); /* it stays at 8 GT/s */
	memcpy(left, note, sizeof(left));
	read_note();
	assert_string_equal(note, "");
	assert_int_equal(port_get(CONTROL_2), 3);
	assert_int_equal(port_get(CONTROL), PCI_EXP_LNKCTL_LBMIE);

	/* The same, killed. */
	sysroot_write(NOTE, left);
	port_set(CONTROL, 0);
	port_set(CONTROL_2, 2 | PCI_EXP_LNKCTL2_HASD);
	assert_int_equal(link_train(link, 0), -EBUSY);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), "doctor --repair"));
	assert_int_equal(guard_foreach_leftover(&look), 0);
	assert_int_equal(told, PCIRESET_LEFTOVER_TO_REPAIR);
	assert_int_equal(guard_foreach_leftover(&repair), 0);
	assert_int_equal(told, PCIRESET_LEFTOVER_REPAIRED);
	assert_int_equal(port_get(CONTROL_2), 3);
	assert_int_equal(port_get(CONTROL), PCI_EXP_LNKCTL_LBMIE);
	assert_int_equal(train(link, 0, true), 0);
}

static int make_all(void **state)
{
	static const char *const directories[] = { "run", "proc/sys", "proc/sys/kernel",
						   "proc/sys/kernel/random" };

	if (sysroot_make(state) || sysroot_mkdirs(directories, ARRAY_SIZE(directories)))
		return -1;
	sysroot_write("proc/sys/kernel/random/boot_id", "this-boot\n");
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_make, context_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_write_that_the_kernel_refuses_trains_nothing),
		TEST(a_port_that_ignores_the_request_has_not_trained),
		TEST(a_training_is_shown_by_either_bit),
		TEST(a_link_that_comes_up_late_is_awaited),
		TEST(a_link_that_lost_lanes_has_failed),
		TEST(a_speed_that_was_trained_stays_the_target),
		TEST(after_a_failure_the_former_speed_is_trained),
		TEST(registers_have_the_meaning_of_the_specification),
		TEST(a_port_is_known_by_its_type),
		TEST(a_speed_needs_both_ends),
		TEST(a_contained_link_is_not_trained),
		TEST(a_port_of_version_1_has_no_target_speed),
		TEST(a_config_space_that_fails_is_named),
		TEST(a_port_that_does_not_answer_is_named),
		TEST(one_port_has_one_training),
		TEST(a_killed_training_is_repaired),
	};

	return cmocka_run_group_tests_name("link", tests, make_all, sysroot_remove);
}
