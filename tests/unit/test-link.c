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

#define AT_8GT_X8 (3 | 8 << 4)

/* What the port does with Retrain Link. */
static enum behavior {
	TRAINS,
	IGNORES,
	SHOWS_TRAINING,
	DRIVER_CLEARS,
	BANDWIDTH_STUCK
} behavior;
static int write_error; /* of the kernel */
static unsigned int looks_left;

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
		hardware_put(fd, STATUS, hardware_get(fd, STATUS) & ~(uint32_t)PCI_EXP_LNKSTA_LT);
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
	uint16_t status = hardware_get(fd, STATUS), control = hardware_get(fd, CONTROL);

	read_note();
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
		TEST(a_port_of_version_1_has_no_target_speed),
		TEST(a_config_space_that_fails_is_named),
		TEST(a_port_that_does_not_answer_is_named),
		TEST(one_port_has_one_training),
		TEST(a_killed_training_is_repaired),
	};

	return cmocka_run_group_tests_name("link", tests, make_all, sysroot_remove);
}
