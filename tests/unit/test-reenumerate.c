/* SPDX-License-Identifier: GPL-2.0-only */
/* Re-enumerations on a machine of files with failures: unknown is not absent. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "reenumerate/reenumerate.h"
#include "sysroot.h"

#define PORT  "0000:00:1c.0"
#define CARD  "0000:03:00.0"
#define AUDIO "0000:03:00.1"

/* The end of the path that fails, or NULL, and with which error. */
static const char *broken;
static int broken_error;
static bool breaks_only_writes;

static bool is_broken(const char *path)
{
	size_t len = strlen(path), end = broken ? strlen(broken) : 0;

	if (!end || len < end || strcmp(path + len - end, broken))
		return false;
	errno = broken_error;
	return true;
}

/* What the library calls, by the linker. */
int __real_open64(const char *path, int flags, mode_t mode);
int __wrap_open64(const char *path, int flags, mode_t mode);
int __real_openat64(int dir, const char *path, int flags, mode_t mode);
int __wrap_openat64(int dir, const char *path, int flags, mode_t mode);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
int __real_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);

int __wrap_open64(const char *path, int flags, mode_t mode)
{
	bool is_spared = breaks_only_writes && (flags & O_ACCMODE) == O_RDONLY;

	return !is_spared && is_broken(path) ? -1 : __real_open64(path, flags, mode);
}

int __wrap_openat64(int dir, const char *path, int flags, mode_t mode)
{
	return is_broken(path) ? -1 : __real_openat64(dir, path, flags, mode);
}

DIR *__wrap_opendir(const char *path)
{
	return is_broken(path) ? NULL : __real_opendir(path);
}

int __wrap_stat64(const char *path, struct stat *st)
{
	return is_broken(path) ? -1 : __real_stat64(path, st);
}

/* The bits of Cache Line Size that hardware keeps. */
static uint8_t kept_bits = 0xff;

/* With the kernel in lockdown, config space is read-only. */
static bool is_locked_down;

ssize_t __real_pwrite64(int fd, const void *buf, size_t size, off64_t at);
ssize_t __wrap_pwrite64(int fd, const void *buf, size_t size, off64_t at);

ssize_t __wrap_pwrite64(int fd, const void *buf, size_t size, off64_t at)
{
	uint8_t byte = *(const uint8_t *)buf & kept_bits;

	if (is_locked_down) {
		errno = EPERM;
		return -1;
	}
	return __real_pwrite64(fd, size == 1 && at == PCI_CACHE_LINE_SIZE ? &byte : buf, size, at);
}

/* The read at this offset that fails, if fail_in is not 0. */
static off64_t fail_at;
static unsigned int fail_in;

ssize_t __real_pread64(int fd, void *buf, size_t size, off64_t at);
ssize_t __wrap_pread64(int fd, void *buf, size_t size, off64_t at);

ssize_t __wrap_pread64(int fd, void *buf, size_t size, off64_t at)
{
	if (fail_in && at == fail_at && !--fail_in) {
		errno = EIO;
		return -1;
	}
	return __real_pread64(fd, buf, size, at);
}

static void attribute(const char *device, const char *name, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", device, name);
	sysroot_write(path, value);
}

static const char regions[] = "0x0 0x0 0x0\n0x1000 0x1fff 0x200\n0x0 0x0 0x0\n0x0 0x0 0x0\n"
			      "0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n";

static const char larger_regions[] = "0x0 0x0 0x0\n0x2000 0x3fff 0x200\n0x0 0x0 0x0\n"
				     "0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n";

static int make_all(void **state)
{
	static const char *const directories[] = {
		"run",
		"run/pcireset",
		"sys/firmware",
		"sys/firmware/acpi",
		"sys/firmware/devicetree",
		"sys/firmware/devicetree/base",
		"proc/sys",
		"proc/sys/kernel",
		"proc/sys/kernel/random",
		"sys/bus/pci/devices/" PORT "/power",
		"sys/bus/pci/devices/" PORT "/pci_bus",
		"sys/bus/pci/devices/" PORT "/pci_bus/0000:03",
	};

	if (sysroot_make(state) || sysroot_mkdirs(directories, ARRAY_SIZE(directories)))
		return -1;
	sysroot_write("proc/sys/kernel/random/boot_id", "this-boot\n");
	attribute(PORT, "power/control", "auto\n");
	attribute(PORT, "pci_bus/0000:03/rescan", "");
	attribute(PORT, "current_link_speed", "8.0 GT/s PCIe\n");
	attribute(PORT, "current_link_width", "16\n");
	attribute(CARD, "subsystem_vendor", "0x1af4\n");
	attribute(CARD, "subsystem_device", "0x1100\n");
	attribute(CARD, "driver_override", "(null)\n");
	attribute(CARD, "sriov_numvfs", "0\n");
	attribute(CARD, "resource", regions);
	return 0;
}

static int read_subtree(struct pcireset_ctx *ctx, struct subtree *tree)
{
	struct place place = { .is_whole_bus = true };

	place.port = find(ctx, PORT)->addr;
	place.device = find(ctx, CARD)->addr;
	return subtree_read(tree, ctx, &place);
}

static void what_can_be_read_is_the_state(void **state)
{
	struct subtree tree;

	assert_int_equal(read_subtree(*state, &tree), 0);
	assert_int_equal(tree.nr, 2);
	assert_int_equal(tree.v[0].subsystem, 0x11001af4);
	assert_int_equal(tree.v[0].size[1], 0x1000);
	assert_string_equal(tree.v[0].override, "");
	assert_string_equal(tree.v[0].vfs, "0");
	assert_string_equal(tree.width, "16");
	/* The audio function has none of these files. */
	assert_int_equal(tree.v[1].subsystem, 0);
	assert_string_equal(tree.v[1].vfs, "");
	subtree_clear(&tree);
}

static void an_attribute_that_fails_is_named(void **state)
{
	static const char *const files[] = {
		CARD "/subsystem_vendor",   CARD "/subsystem_device", CARD "/driver_override",
		CARD "/sriov_numvfs",       CARD "/resource",         PORT "/current_link_speed",
		PORT "/current_link_width",
	};
	struct subtree tree;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		broken = files[i];
		broken_error = EIO;
		assert_int_equal(read_subtree(*state, &tree), -EIO);
		assert_non_null(strstr(tree.unread.path, files[i]));
		subtree_clear(&tree);
		broken_error = ENOENT;
		assert_int_equal(read_subtree(*state, &tree), 0);
		subtree_clear(&tree);
	}
	broken = NULL;
}

/* A directory can be opened, but not read. */
static void a_failed_read_is_not_an_empty_file(void **state)
{
	struct unread unread = { 0 };
	char text[ATTR_MAX];

	assert_int_equal(attr_read(*state, "run", &unread, text), -EISDIR);
	assert_int_equal(unread.error, -EISDIR);
	assert_string_equal(unread.path, "/run");
	assert_int_equal(attr_read(*state, "nowhere", &unread, text), -ENOENT);
	assert_int_equal(unread.error, -EISDIR);
	unread = (struct unread){ 0 };
	sysroot_write("run/empty", "");
	assert_int_equal(attr_read(*state, "run/empty", &unread, text), 0);
	assert_int_equal(unread.error, 0);
}

static void a_number_that_is_none_is_unknown(void **state)
{
	static const char *const files[] = { "subsystem_vendor", "resource" };
	static const char *const was[] = { "0x1af4\n", regions };
	struct subtree tree;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		attribute(CARD, files[i], "0x10 frob\n");
		assert_int_equal(read_subtree(*state, &tree), -EINVAL);
		assert_non_null(strstr(tree.unread.path, files[i]));
		subtree_clear(&tree);
		attribute(CARD, files[i], was[i]);
	}
}

/* ---- bus numbers */

#define SWITCH "0000:05:00.0"

/* The bridge that a rescan without the device would damage, or NULL. */
static const char *victim_of(struct pcireset_ctx *ctx, const char *port, const char *device,
			     struct unread *unread)
{
	struct place place = { .port = find(ctx, port)->addr, .device = find(ctx, device)->addr };
	const struct pcireset_dev *victim;
	struct subtree tree;

	*unread = (struct unread){ 0 };
	assert_int_equal(subtree_read(&tree, ctx, &place), 0);
	victim = renumber_victim(ctx, &place, &tree, unread);
	subtree_clear(&tree);
	return victim ? victim->name : NULL;
}

static void victim_is(struct pcireset_ctx *ctx, const char *want)
{
	struct unread unread;
	const char *name = victim_of(ctx, SWITCH, "0000:06:00.0", &unread);

	assert_int_equal(unread.error, 0);
	if (want)
		assert_string_equal(name, want);
	else
		assert_null(name);
}

static void a_command_line_may_renumber_buses(void **state)
{
	struct unread unread;

	sysroot_write("proc/cmdline",
		      "quiet pci=nomsi,noaer xpci=assign-busses pci=assign-bussesx\n");
	victim_is(*state, NULL);
	sysroot_write("proc/cmdline", "quiet pci=nomsi,assign-busses root=/dev/sda1\n");
	victim_is(*state, "0000:06:01.0");
	/* The neighbour is not a bridge. */
	attribute("0000:06:01.0", "class", "0x020000\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	victim_is(*state, NULL);
	attribute("0000:06:01.0", "class", "0x060400\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	/* No bridge is removed, or no other one is on its bus. */
	assert_null(victim_of(*state, PORT, CARD, &unread));
	assert_null(victim_of(*state, "0000:00:1d.0", SWITCH, &unread));
	sysroot_write("proc/cmdline", "quiet\n");
}

static void a_device_tree_may_renumber_buses(void **state)
{
	sysroot_write("sys/firmware/devicetree/base/compatible", "linux,dummy-virt");
	victim_is(*state, "0000:06:01.0");
	sysroot_write("sys/firmware/acpi/tables", "");
	victim_is(*state, NULL);
}

static void an_unknown_kernel_may_renumber_buses(void **state)
{
	static const struct {
		const char *file;
		int error;
	} failures[] = {
		{ "proc/cmdline", EIO },
		{ "proc/cmdline", ENOENT },
		{ "base/compatible", EACCES },
		{ "acpi/tables", EIO },
	};
	struct unread unread;

	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		broken = failures[i].file;
		broken_error = failures[i].error;
		victim_of(*state, SWITCH, "0000:06:00.0", &unread);
		assert_int_equal(unread.error, -failures[i].error);
		assert_non_null(strstr(unread.path, failures[i].file));
	}
	broken = NULL;
}

/* ---- the port */

static int try_guard(struct pcireset_ctx *ctx, struct unread *unread)
{
	struct guard *guard;
	int r = guard_open(ctx, &find(ctx, PORT)->addr, unread, &guard);

	if (!r)
		guard_close(guard);
	return r;
}

static void nothing_is_begun_if_the_port_is_unknown(void **state)
{
	static const char *const files[] = { "/boot_id", "devices/" PORT, "power/control",
					     PORT "/config" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct unread unread = { 0 };

		broken = files[i];
		broken_error = EIO;
		assert_int_equal(try_guard(*state, &unread), -EIO);
		assert_non_null(strstr(unread.path, files[i]));
	}
	broken = "power/control"; /* a kernel without power management */
	broken_error = ENOENT;
	assert_int_equal(try_guard(*state, &(struct unread){ 0 }), 0);
	broken = "/boot_id"; /* without /proc it is not known whose note it is */
	assert_int_equal(try_guard(*state, &(struct unread){ 0 }), -ENOENT);
	broken = NULL;
}

/* ---- leftovers */

static enum pcireset_leftover told;
static size_t nr_told;

static void take(const char *name, enum pcireset_leftover state, const char *words, void *data)
{
	(void)name;
	(void)words;
	(void)data;
	told = state;
	nr_told++;
}

static void walk(struct pcireset_ctx *ctx)
{
	struct leftover_walk walk = { .ctx = ctx, .fn = take };

	nr_told = 0;
	assert_int_equal(guard_foreach_leftover(&walk), 0);
	assert_int_equal(walk.nr_left, nr_told && told == PCIRESET_LEFTOVER_TO_REPAIR);
}

static struct pcireset_ctx *leftover_ctx;

static void leftover_is(const char *file, int error, enum pcireset_leftover want)
{
	broken = file;
	broken_error = error;
	walk(leftover_ctx);
	broken = NULL;
	assert_int_equal(nr_told, 1);
	assert_int_equal(told, want);
}

/* Command of the bridge, a bit of which is said to have been set. */
static void write_note_of(unsigned int other_port)
{
	char note[256], path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" PORT, sysroot);
	assert_int_equal(stat(path, &st), 0);
	snprintf(note, sizeof(note), "boot this-boot\ninode %llu\nheld 62 2 2 2\nend\n",
		 (unsigned long long)st.st_ino + other_port);
	sysroot_write("run/pcireset/" PORT ".held", note);
}

static void write_note(void)
{
	write_note_of(0);
}

static void remove_note(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/run/pcireset/" PORT ".held", sysroot);
	remove(path);
}

static void a_note_is_void_only_if_that_is_known(void **state)
{
	leftover_ctx = *state;
	write_note();
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_TO_REPAIR);
	leftover_is("/boot_id", EIO, PCIRESET_LEFTOVER_UNKNOWN);
	leftover_is("/boot_id", ENOENT, PCIRESET_LEFTOVER_UNKNOWN);
	leftover_is("devices/" PORT, EIO, PCIRESET_LEFTOVER_UNKNOWN);
	/* The port was removed, and with it what is noted. */
	leftover_is("devices/" PORT, ENOENT, PCIRESET_LEFTOVER_VOID);
	sysroot_write("proc/sys/kernel/random/boot_id", "another\n");
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_VOID);
	sysroot_write("proc/sys/kernel/random/boot_id", "this-boot\n");
	/* The port was removed and found again: it has a new directory. */
	write_note_of(1);
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_VOID);
	write_note();
}

static void a_directory_that_fails_may_have_leftovers(void **state)
{
	leftover_ctx = *state;
	leftover_is("run/pcireset", EACCES, PCIRESET_LEFTOVER_UNKNOWN);
	leftover_is("run/pcireset", EMFILE, PCIRESET_LEFTOVER_UNKNOWN);
	broken = "run/pcireset";
	broken_error = ENOENT;
	walk(leftover_ctx);
	assert_int_equal(nr_told, 0);
	broken = NULL;
}

static void a_note_that_cannot_be_opened_is_unknown(void **state)
{
	char path[PATH_MAX];

	leftover_ctx = *state;
	snprintf(path, sizeof(path), "%s/run/pcireset/" PORT ".held", sysroot);
	remove(path);
	assert_int_equal(mkdir(path, 0755), 0);
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_UNKNOWN);
	assert_int_equal(rmdir(path), 0);
}

/* Its registers are not what they were before it: they must not be taken for that. */
static void a_killed_process_is_repaired_first(void **state)
{
	struct unread unread = { 0 };

	leftover_ctx = *state;
	write_note();
	assert_int_equal(try_guard(*state, &unread), -EEXIST);
	assert_int_equal(unread.error, 0);
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_TO_REPAIR);
	remove_note();
}

/* ---- the steps */

#define BRIDGE_CONTROL 0x3e
#define SERR           0x02
#define BUS_RESET      0x40

static void config_set(const char *name, long at, uint8_t value)
{
	sysroot_write_config(name, at, &value, 1);
}

static uint8_t config_get(const char *name, long at)
{
	char path[PATH_MAX];
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/config", sysroot, name);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	c = fgetc(f);
	fclose(f);
	return (uint8_t)c;
}

/* The context says that it could reset. Nothing is reset: the plan refuses a sysroot. */
static struct pcireset_reenumeration *make_steps_for(struct pcireset_ctx *ctx, const char *name,
						     uint32_t max_scope)
{
	struct pcireset_reenumeration *e;
	struct pcireset_plan *plan;

	ctx->module_error = 0;
	assert_int_equal(pcireset_plan_new(find(ctx, name), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_LINK), 0);
	assert_int_equal(pcireset_plan_set_max_scope(plan, max_scope), 0);
	assert_int_equal(pcireset_plan_set_force(plan, ALL_USES), 0);
	assert_int_equal(pcireset_plan_set_timeout_ms(plan, 100), 0);
	assert_int_equal(pcireset_reenumeration_new(plan, &e), 0);
	pcireset_plan_unref(plan);
	return e;
}

static struct pcireset_reenumeration *make_steps(struct pcireset_ctx *ctx)
{
	return make_steps_for(ctx, CARD, 0);
}

/* ---- power cycles */

#define SLOT_POWER     "sys/bus/pci/slots/3/power"
#define PORT_CONTROL   "sys/bus/pci/devices/" PORT "/power/control"
#define SLOT_FLAGS     0x53 /* a slot is implemented */
#define SLOT_ABILITIES 0x64
#define HAS_CONTROLLER 0x02
#define IS_HOTPLUG     0x40
#define EXPRESS_TYPE   0x52
#define ROOT_PORT      0x42
#define WITNESS        0xe0
#define OTHER_WITNESS  0xc0

static void file_is(const char *name, const char *want)
{
	char path[PATH_MAX], text[64];

	snprintf(path, sizeof(path), "%s/%s", sysroot, name);
	assert_true(read_file(path, text, sizeof(text)) >= 0);
	assert_string_equal(text, want);
}

static void write_power_note(const char *power)
{
	char note[256], path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" PORT, sysroot);
	assert_int_equal(stat(path, &st), 0);
	snprintf(note, sizeof(note), "boot this-boot\ninode %llu\ncontrol auto\n%send\n",
		 (unsigned long long)st.st_ino, power);
	sysroot_write("run/pcireset/" PORT ".held", note);
}

static void repair(struct pcireset_ctx *ctx, enum pcireset_leftover want)
{
	struct leftover_walk walk = { .ctx = ctx, .repairs = true, .fn = take };

	nr_told = 0;
	assert_int_equal(guard_foreach_leftover(&walk), 0);
	assert_int_equal(nr_told, 1);
	assert_int_equal(told, want);
}

/* The registers are as before, but the device may be without power. */
static void an_unfinished_power_cycle_is_repaired(void **state)
{
	leftover_ctx = *state;
	write_power_note("power slot 3\n");
	sysroot_write(SLOT_POWER, "0\n");
	sysroot_write(PORT_CONTROL, "on\n");
	assert_int_equal(try_guard(*state, &(struct unread){ 0 }), -EUCLEAN);
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_TO_REPAIR);
	file_is(SLOT_POWER, "0");
	broken = SLOT_POWER;
	broken_error = EIO;
	repair(*state, PCIRESET_LEFTOVER_TO_REPAIR);
	broken = NULL;
	repair(*state, PCIRESET_LEFTOVER_REPAIRED);
	file_is(SLOT_POWER, "1");
	file_is(PORT_CONTROL, "auto");
	file_is("sys/bus/pci/devices/" PORT "/pci_bus/0000:03/rescan", "1");
	assert_int_equal(try_guard(*state, &(struct unread){ 0 }), 0);
}

/* It was killed after the value of the witness was written, and before the power was cut. */
static void a_witness_that_was_not_asked_is_repaired(void **state)
{
	leftover_ctx = *state;
	config_set(CARD, PCI_CACHE_LINE_SIZE, WITNESS);
	config_set(AUDIO, PCI_CACHE_LINE_SIZE, 0x20);
	write_power_note("power slot 3\nwitness " CARD " 10 e0\nwitness " AUDIO " 10 e0\n"
			 "witness 0000:03:00.7 10 e0\nwitness " CARD "\n");
	sysroot_write(SLOT_POWER, "1\n");
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_TO_REPAIR);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), WITNESS);
	repair(*state, PCIRESET_LEFTOVER_REPAIRED);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), 0x10);
	/* A driver has written it since. */
	assert_int_equal(config_get(AUDIO, PCI_CACHE_LINE_SIZE), 0x20);
	config_set(CARD, PCI_CACHE_LINE_SIZE, 0);
	config_set(AUDIO, PCI_CACHE_LINE_SIZE, 0);
}

/* A killed power cycle leaves these of the bridges that it has only locked. */
static void an_empty_note_goes_without_a_trace(void **state)
{
	char path[PATH_MAX];

	leftover_ctx = *state;
	snprintf(path, sizeof(path), "%s/run/pcireset/" PORT ".held", sysroot);
	sysroot_write("run/pcireset/" PORT ".held", "");
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_VOID);
	assert_int_equal(try_guard(*state, &(struct unread){ 0 }), 0);
	assert_int_equal(access(path, F_OK), -1);
	sysroot_write("run/pcireset/" PORT ".held", "");
	repair(*state, PCIRESET_LEFTOVER_VOID);
	assert_int_equal(access(path, F_OK), -1);
}

static void power_control_is_repaired(void **state)
{
	leftover_ctx = *state;
	write_power_note("");
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_VOID);
	write_power_note("");
	sysroot_write(PORT_CONTROL, "on\n");
	leftover_is("power/control", EIO, PCIRESET_LEFTOVER_UNKNOWN);
	repair(*state, PCIRESET_LEFTOVER_REPAIRED);
	file_is(PORT_CONTROL, "auto");
	sysroot_write(PORT_CONTROL, "auto\n");
}

/* What is noted before anything is changed. */
static void the_note_has_all_that_is_changed(void **state)
{
	struct supply supply = { .ctx = *state, .method = PCIRESET_POWER_SLOT, .slot = "3" };
	struct witnesses witnesses = { .v = { { CARD, 0x10, WITNESS }, { AUDIO, 0, WITNESS } },
				       .nr = 2 };
	struct unread unread = { 0 };
	char path[PATH_MAX], text[ATTR_MAX];
	struct guard *guard;

	assert_int_equal(guard_open(*state, &find(*state, PORT)->addr, &unread, &guard), 0);
	guard_set_supply(guard, &supply);
	guard_set_witnesses(guard, &witnesses);
	assert_int_equal(guard_begin(guard), 0);
	snprintf(path, sizeof(path), "%s/run/pcireset/" PORT ".held", sysroot);
	assert_true(read_file(path, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\ncontrol auto\n"));
	assert_non_null(strstr(text, "\npower slot 3\n"));
	assert_non_null(strstr(text, "\nwitness " CARD " 10 e0\nwitness " AUDIO " 0 e0\n"));
	guard_end(guard);
	guard_close(guard);
	assert_int_equal(access(path, F_OK), -1);
}

static void power_cycle_of(struct pcireset_ctx *ctx, const char *name, int want, const char *words)
{
	struct pcireset_reenumeration *e = make_steps_for(ctx, name, 0);
	int r;

	assert_int_equal(pcireset_reenumeration_set_power_cycle(e), 0);
	r = pcireset_reenumeration_resolve(e);
	if (r != want || (words && !strstr(pcireset_reenumeration_get_message(e), words)))
		fail_msg("%d: %s", r, pcireset_reenumeration_get_message(e));
	if (!r)
		assert_int_equal(pcireset_reenumeration_get_power(e), PCIRESET_POWER_SLOT);
	assert_int_equal(pcireset_reenumeration_get_sign(e, PCIRESET_SIGN_OFF), -ENODATA);
	assert_int_equal(pcireset_reenumeration_set_power_cycle(e), -EINVAL);
	assert_false(pcireset_reenumeration_is_touched(e));
	pcireset_reenumeration_unref(e);
}

static void power_cycle_is(struct pcireset_ctx *ctx, int want, const char *words)
{
	power_cycle_of(ctx, CARD, want, words);
}

static void a_power_cycle_is_refused_unless_the_slot_can(void **state)
{
	sysroot_write(SLOT_POWER, "1\n");
	attribute(PORT, "d3cold_allowed", "1\n");
	power_cycle_is(*state, -EOPNOTSUPP, "slot 3 (" PORT ") has no power controller");
	config_set(PORT, SLOT_ABILITIES, HAS_CONTROLLER | IS_HOTPLUG);
	config_set(PORT, SLOT_FLAGS, 1);
	power_cycle_is(*state, 0, NULL);
	broken = SLOT_POWER;
	broken_error = EIO;
	power_cycle_is(*state, -EBUSY, "it is unknown whether its power can be cut");
	broken = PORT "/config";
	power_cycle_is(*state, -EBUSY, "it is unknown whether its power can be cut");
	broken = NULL;
	power_cycle_is(*state, 0, NULL);
	config_set(PORT, SLOT_ABILITIES, IS_HOTPLUG);
}

/* After a power cycle, the registers of both functions of the card have the values. */
static void witnesses_say(struct pcireset_ctx *ctx, uint8_t card, uint8_t audio, int want)
{
	struct pcireset_reenumeration *e = make_steps(ctx);

	config_set(CARD, PCI_CACHE_LINE_SIZE, 0x10);
	config_set(AUDIO, PCI_CACHE_LINE_SIZE, 0);
	assert_int_equal(pcireset_reenumeration_resolve(e), 0);
	power_choose_witnesses(e);
	power_call_witnesses(e);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), WITNESS);
	assert_int_equal(config_get(AUDIO, PCI_CACHE_LINE_SIZE), WITNESS);
	config_set(CARD, PCI_CACHE_LINE_SIZE, card);
	config_set(AUDIO, PCI_CACHE_LINE_SIZE, audio);
	power_ask_witnesses(e);
	assert_int_equal(pcireset_reenumeration_get_sign(e, PCIRESET_SIGN_FORGOT), want);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), card == WITNESS ? 0x10 : card);
	pcireset_reenumeration_unref(e);
}

/* What firmware wants there is no sign of lost power. */
static void a_register_with_a_new_value_says_nothing(void **state)
{
	witnesses_say(*state, 0, 0, 1);
	witnesses_say(*state, 0, WITNESS, 0);
	witnesses_say(*state, WITNESS, 0x20, 0);
	witnesses_say(*state, WITNESS, 0, 0);
	witnesses_say(*state, 0x20, 0x20, -ENODATA);
	witnesses_say(*state, 0, 0x20, 1);
	config_set(CARD, PCI_CACHE_LINE_SIZE, 0);
}

/* A value that the register has already would be no sign. A virtual function is no witness. */
static void a_witness_gets_a_new_value(void **state)
{
	struct pcireset_reenumeration *e = make_steps(*state);
	struct subtree_function *f;

	config_set(CARD, PCI_CACHE_LINE_SIZE, WITNESS);
	config_set(AUDIO, PCI_CACHE_LINE_SIZE, 0x10);
	assert_int_equal(pcireset_reenumeration_resolve(e), 0);
	f = &e->was.v[e->was.nr - 1];
	assert_string_equal(f->name, AUDIO);
	f->is_vf = true;
	power_choose_witnesses(e);
	power_call_witnesses(e);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), OTHER_WITNESS);
	assert_int_equal(config_get(AUDIO, PCI_CACHE_LINE_SIZE), 0x10);
	config_set(CARD, PCI_CACHE_LINE_SIZE, 0);
	config_set(AUDIO, PCI_CACHE_LINE_SIZE, 0);
	pcireset_reenumeration_unref(e);
}

/* 1 is a sign that the power was cut, 0 that it was not, and -ENODATA says nothing. */
static void each_sign_counts(void **state)
{
	static const struct {
		int off, link_down, forgot, want;
	} rows[] = {
		{ 1, 1, 1, 0 },           { 1, 1, -ENODATA, 0 },
		{ 1, -ENODATA, 1, 0 },    { 1, -ENODATA, -ENODATA, -EIO },
		{ -ENODATA, 1, 1, -EIO }, { 0, 1, 1, -EIO },
		{ 1, 0, 1, -EIO },        { 1, 1, 0, -EIO },
	};
	struct pcireset_reenumeration *e = make_steps(*state);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		e->signs[PCIRESET_SIGN_OFF] = rows[i].off;
		e->signs[PCIRESET_SIGN_LINK_DOWN] = rows[i].link_down;
		e->signs[PCIRESET_SIGN_FORGOT] = rows[i].forgot;
		assert_int_equal(power_check(e), rows[i].want);
	}
	pcireset_reenumeration_unref(e);
}

/* The files of power resources cannot be read. That is no answer, and nothing is waited for. */
static void power_resources_that_fail_are_unknown(void **state)
{
	struct supply supply = { .ctx = *state, .method = PCIRESET_POWER_D3COLD };

	snprintf(supply.port, sizeof(supply.port), "%s", PORT);
	assert_int_equal(supply_is_off(&supply), -ENOENT);
	assert_int_equal(supply_on(&supply), -ENOENT);
	attribute(PORT, "power/control", "auto\n");
}

/* The values are noted and then written: nothing is written before. */
static void a_chosen_witness_is_not_written(void **state)
{
	struct pcireset_reenumeration *e = make_steps(*state);

	config_set(CARD, PCI_CACHE_LINE_SIZE, 0x10);
	assert_int_equal(pcireset_reenumeration_resolve(e), 0);
	power_choose_witnesses(e);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), 0x10);
	/* The command of the caller has changed it, which must not be lost. */
	config_set(CARD, PCI_CACHE_LINE_SIZE, 0x20);
	config_set(AUDIO, PCI_CACHE_LINE_SIZE, WITNESS);
	power_call_witnesses(e);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), WITNESS);
	power_ask_witnesses(e);
	assert_int_equal(pcireset_reenumeration_get_sign(e, PCIRESET_SIGN_FORGOT), 0);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), 0x20);
	/* A value that was there before is no sign, if it is there later. */
	assert_int_equal(e->witnesses.nr, 2);
	assert_int_equal(e->witnesses.v[1].value, 0);
	assert_int_equal(config_get(AUDIO, PCI_CACHE_LINE_SIZE), WITNESS);
	pcireset_reenumeration_unref(e);
	config_set(CARD, PCI_CACHE_LINE_SIZE, 0);
	config_set(AUDIO, PCI_CACHE_LINE_SIZE, 0);
}

/* A register that keeps only some bits is no witness, and gets its value back. */
static void a_register_that_keeps_some_bits_is_no_witness(void **state)
{
	struct pcireset_reenumeration *e = make_steps(*state);

	config_set(CARD, PCI_CACHE_LINE_SIZE, 0x10);
	assert_int_equal(pcireset_reenumeration_resolve(e), 0);
	kept_bits = 0x5f;
	power_choose_witnesses(e);
	power_call_witnesses(e);
	assert_int_equal(config_get(CARD, PCI_CACHE_LINE_SIZE), 0x10);
	power_ask_witnesses(e);
	kept_bits = 0xff;
	assert_int_equal(pcireset_reenumeration_get_sign(e, PCIRESET_SIGN_FORGOT), -ENODATA);
	pcireset_reenumeration_unref(e);
	config_set(CARD, PCI_CACHE_LINE_SIZE, 0);
}

/* want: for each scope, 0 if a power cycle is resolved */
static void scopes_are(struct pcireset_ctx *ctx, const char *name, const int want[4])
{
	for (uint32_t scope = 0; scope <= PCIRESET_SCOPE_BUS; scope++) {
		struct pcireset_reenumeration *e = make_steps_for(ctx, name, scope);
		int r;

		assert_int_equal(pcireset_reenumeration_set_power_cycle(e), 0);
		r = pcireset_reenumeration_resolve(e);
		if (r != want[scope])
			fail_msg("%s, %u: %d: %s", name, scope, r,
				 pcireset_reenumeration_get_message(e));
		pcireset_reenumeration_unref(e);
	}
}

static const char *const firmware_directories[] = { "firmware_node",
						    "firmware_node/power_resources_D3hot" };

static void power_resources(const char *port)
{
	char path[PATH_MAX];

	attribute(port, "d3cold_allowed", "1\n");
	for (size_t i = 0; i < ARRAY_SIZE(firmware_directories); i++) {
		snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/%s", sysroot, port,
			 firmware_directories[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
}

static void no_power_resources(const char *port)
{
	char path[PATH_MAX];

	for (size_t i = ARRAY_SIZE(firmware_directories); i-- > 0;) {
		snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/%s", sysroot, port,
			 firmware_directories[i]);
		assert_int_equal(rmdir(path), 0);
	}
}

/* Below the switch, two functions of 08:00 are a bus. The root port feeds more than that. */
static void a_power_cycle_stays_within_max_scope(void **state)
{
	static const int by_slot[] = { 0, -EPERM, 0, 0 }, on_bus[] = { 0, -EPERM, -EPERM, 0 },
			 above[] = { 0, -EPERM, -EPERM, -EPERM };

	sysroot_write(SLOT_POWER, "1\n");
	attribute(PORT, "d3cold_allowed", "1\n");
	config_set(PORT, SLOT_FLAGS, 1);
	config_set(PORT, SLOT_ABILITIES, HAS_CONTROLLER | IS_HOTPLUG);
	scopes_are(*state, CARD, by_slot);
	config_set(PORT, SLOT_ABILITIES, IS_HOTPLUG);
	power_resources(PORT);
	scopes_are(*state, CARD, on_bus);
	no_power_resources(PORT);
	attribute("0000:06:01.0", "d3cold_allowed", "1\n");
	attribute(SWITCH, "d3cold_allowed", "1\n");
	config_set("0000:00:1d.0", EXPRESS_TYPE, ROOT_PORT);
	power_resources("0000:00:1d.0");
	scopes_are(*state, "0000:08:00.1", above);
	no_power_resources("0000:00:1d.0");
}

/* Below the port that loses its power, another process programs a card. */
static void a_port_below_that_is_in_use_is_refused(void **state)
{
	static const int above[] = { 0, -EPERM, -EPERM, -EPERM };
	struct unread unread = { 0 };
	struct guard *guard;

	power_resources("0000:00:1d.0");
	assert_int_equal(guard_open(*state, &find(*state, "0000:06:00.0")->addr, &unread, &guard),
			 0);
	power_cycle_of(*state, "0000:08:00.1", -EBUSY,
		       "another process re-enumerates below 0000:06:00.0");
	guard_close(guard);
	scopes_are(*state, "0000:08:00.1", above);
	no_power_resources("0000:00:1d.0");
}

static int query_gone(struct pcireset_dev *dev, const struct pcireset_dev *sibling)
{
	(void)dev;
	(void)sibling;
	return -ENODEV;
}

/* It cannot be asked why it must not be reset, but the rules say so. */
static void a_card_that_does_not_answer_has_rules(void **state)
{
	static const char *const directories[] = { "etc", "etc/pcireset", "etc/pcireset/rules.d" };
	static const char rule[] = "etc/pcireset/rules.d/1.conf";
	struct backend backend = backend_sysfs;
	struct pcireset_ctx *ctx = *state;
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), "%s/%s", sysroot, directories[i]);
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
	}
	backend.query = query_gone;
	ctx->backend = &backend;
	config_set(PORT, SLOT_ABILITIES, HAS_CONTROLLER | IS_HOTPLUG);
	sysroot_write(rule, "[Match]\nAddress=03:00.0\n[Reset]\nDeny=bus\nReason=because\n");
	assert_true(pcireset_ctx_scan(ctx) > 0);
	power_cycle_is(ctx, -EOPNOTSUPP, "because");
	sysroot_write(rule, "");
	assert_true(pcireset_ctx_scan(ctx) > 0);
	power_cycle_is(ctx, 0, NULL);
	config_set(PORT, SLOT_ABILITIES, IS_HOTPLUG);
	ctx->backend = &backend_sysfs;
}

static uint32_t protection;

static int query_protected(struct pcireset_dev *dev, const struct pcireset_dev *sibling)
{
	(void)sibling;
	dev->state[type_index(PCI_RESET_BUS)].why_not = protection;
	return 0;
}

/* By the module, for reasons that a power cycle would not respect either. */
static void a_card_that_is_protected_keeps_its_power(void **state)
{
	static const uint32_t reasons[] = { PCIRESET_WHY_LATE, PCIRESET_WHY_TSM,
					    PCIRESET_WHY_LIVE_UPDATE, PCIRESET_WHY_CONTAINED,
					    PCIRESET_WHY_VFIO_OPEN };
	struct backend backend = backend_sysfs;
	struct pcireset_ctx *ctx = *state;

	backend.query = query_protected;
	ctx->backend = &backend;
	config_set(PORT, SLOT_FLAGS, 1);
	config_set(PORT, SLOT_ABILITIES, HAS_CONTROLLER | IS_HOTPLUG);
	sysroot_write(SLOT_POWER, "1\n");
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		protection = reasons[i];
		power_cycle_is(ctx, -EBUSY, pcireset_why_to_str(protection, PCI_RESET_BUS));
	}
	protection = PCIRESET_WHY_NO_BRIDGE;
	power_cycle_is(ctx, 0, NULL);
	config_set(PORT, SLOT_ABILITIES, IS_HOTPLUG);
	ctx->backend = &backend_sysfs;
}

/* The file for the power of the slot fails. The note stays until doctor repairs it. */
static void failed_switch_keeps_the_note(struct pcireset_ctx *ctx)
{
	struct pcireset_reenumeration *e = make_steps(ctx);

	config_set(PORT, SLOT_ABILITIES, HAS_CONTROLLER | IS_HOTPLUG);
	assert_int_equal(pcireset_reenumeration_set_power_cycle(e), 0);
	assert_int_equal(pcireset_reenumeration_resolve(e), 0);
	assert_int_equal(pcireset_reenumeration_begin(e), 0);
	broken = SLOT_POWER;
	broken_error = EIO;
	assert_int_equal(power_cycle(e, 100), -EIO);
	breaks_only_writes = false;
	broken = NULL;
	pcireset_reenumeration_unref(e);
	leftover_ctx = ctx;
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_TO_REPAIR);
	repair(ctx, PCIRESET_LEFTOVER_REPAIRED);
	config_set(PORT, SLOT_ABILITIES, IS_HOTPLUG);
}

/* It is unknown whether the power is off, so the only trace of that stays. */
static void an_unknown_state_of_the_power_keeps_the_note(void **state)
{
	failed_switch_keeps_the_note(*state);
}

/* Neither off nor on: the file says that it is on, but a failed write proves nothing. */
static void a_slot_that_cannot_be_switched_keeps_the_note(void **state)
{
	sysroot_write(SLOT_POWER, "1\n");
	breaks_only_writes = true;
	failed_switch_keeps_the_note(*state);
}

static void resolve(struct pcireset_reenumeration *e)
{
	if (!pcireset_reenumeration_resolve(e))
		return;
	print_error("%s\n", pcireset_reenumeration_get_message(e));
	pcireset_reenumeration_unref(e);
	fail();
}

static void a_sysroot_is_refused(void **state)
{
	struct pcireset_ctx *ctx = *state;
	struct pcireset_reenumeration *e = make_steps(ctx);

	ctx->module_error = -EROFS;
	assert_int_equal(pcireset_reenumeration_resolve(e), -EROFS);
	assert_int_equal(pcireset_reenumeration_get_error(e), -EROFS);
	assert_false(pcireset_reenumeration_is_touched(e));
	assert_int_equal(pcireset_reenumeration_begin(e), -EINVAL);
	pcireset_reenumeration_unref(e);
}

static void steps_have_an_order(void **state)
{
	struct pcireset_reenumeration *e = make_steps(*state);

	assert_int_equal(pcireset_reenumeration_begin(e), -EINVAL);
	assert_int_equal(pcireset_reenumeration_reset(e), -EINVAL);
	assert_int_equal(pcireset_reenumeration_replace(e, NULL, NULL), -EINVAL);
	assert_int_equal(pcireset_reenumeration_get_error(e), 0);
	resolve(e);
	assert_int_equal(pcireset_reenumeration_resolve(e), -EINVAL);
	assert_false(pcireset_reenumeration_is_touched(e));
	pcireset_reenumeration_cancel(e);
	assert_int_equal(pcireset_reenumeration_begin(e), -EINVAL);
	pcireset_reenumeration_unref(e);
}

static void one_port_has_one_re_enumeration(void **state)
{
	struct pcireset_reenumeration *e = make_steps(*state);
	struct pcireset_reenumeration *other = make_steps(*state);

	resolve(e);
	assert_int_equal(pcireset_reenumeration_resolve(other), -EBUSY);
	assert_non_null(strstr(pcireset_reenumeration_get_message(other), PORT));
	pcireset_reenumeration_unref(other);
	pcireset_reenumeration_unref(e);
}

static void a_failed_reset_restores_the_port(void **state)
{
	struct pcireset_reenumeration *e = make_steps(*state);

	config_set(PORT, BRIDGE_CONTROL, SERR);
	sysroot_write("sys/bus/pci/drivers/nouveau/bind", "");
	sysroot_write("sys/bus/pci/drivers/snd_hda_intel/bind", "");
	resolve(e);
	assert_true(pcireset_reenumeration_get_type(e) & PCI_RESET_LINK);
	assert_string_equal(pcireset_reenumeration_get_before(e, 0, NULL), CARD);
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), SERR);
	assert_int_equal(pcireset_reenumeration_begin(e), 0);
	assert_true(pcireset_reenumeration_is_touched(e));
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), 0);
	assert_int_equal(pcireset_reenumeration_reset(e), -EROFS);
	assert_false(pcireset_reenumeration_is_changed(e));
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), SERR);
	/* Nothing has changed: the drivers come back. */
	file_is("sys/bus/pci/drivers/nouveau/bind", CARD);
	file_is("sys/bus/pci/drivers/snd_hda_intel/bind", AUDIO);
	pcireset_reenumeration_unref(e);
}

static void the_last_reference_restores_the_port(void **state)
{
	struct pcireset_reenumeration *e = make_steps(*state);

	resolve(e);
	assert_int_equal(pcireset_reenumeration_begin(e), 0);
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), 0);
	pcireset_reenumeration_ref(e);
	pcireset_reenumeration_unref(e);
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), 0);
	pcireset_reenumeration_unref(e);
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), SERR);
}

static void config_set_word(const char *name, long at, uint16_t value)
{
	sysroot_write_config(name, at, &(uint8_t[]){ (uint8_t)value, (uint8_t)(value >> 8) }, 2);
}

static uint16_t config_get_word(const char *name, long at)
{
	return (uint16_t)(config_get(name, at) | config_get(name, at + 1) << 8);
}

/*
 * Errors, containment and hotplug events of the port: what is on is off while the card is
 * programmed, and on again after that. Express is at 0x50, AER at 0x100 and DPC at 0x150.
 */
static const struct {
	long at;
	uint16_t was, quiet;
} quiet_registers[] = {
	{ BRIDGE_CONTROL, SERR, 0 }, { 0x58, 0x1f, 0x10 }, /* Device Control: the four reports */
	{ 0x68, 0x103a, 0x0032 }, /* Slot Control: presence and link state */
	{ 0x108, 0x10, 0x30 },    /* AER: Surprise Down is masked, and was not */
	{ 0x156, 0x0b, 0x08 },    /* DPC: the two triggers */
};

static void make_noisy_port(void)
{
	config_set_word(PORT, 0x100, 0x0001);
	config_set_word(PORT, 0x102, 0x1502);
	config_set_word(PORT, 0x150, 0x001d);
	config_set_word(PORT, 0x152, 0x0001);
	config_set(PORT, 0x5e, 0x08); /* Surprise Down is reported */
	config_set(PORT, SLOT_FLAGS, 1);
	config_set(PORT, SLOT_ABILITIES, IS_HOTPLUG);
	for (size_t i = 0; i < ARRAY_SIZE(quiet_registers); i++)
		config_set_word(PORT, quiet_registers[i].at, quiet_registers[i].was);
	config_set_word(PORT, 0x6a, 0);
	sysroot_write(PORT_CONTROL, "auto\n");
}

static void make_plain_port(void)
{
	for (size_t i = 1; i < ARRAY_SIZE(quiet_registers); i++)
		config_set_word(PORT, quiet_registers[i].at, 0);
	config_set_word(PORT, 0x100, 0);
	config_set_word(PORT, 0x102, 0);
	config_set_word(PORT, 0x150, 0);
	config_set_word(PORT, 0x152, 0);
	config_set_word(PORT, 0x6a, 0);
	config_set(PORT, 0x5e, 0);
	sysroot_write(PORT_CONTROL, "auto\n");
}

static void the_port_is_as_before(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(quiet_registers); i++)
		if (config_get_word(PORT, quiet_registers[i].at) != quiet_registers[i].was)
			fail_msg("%#lx: %#x", quiet_registers[i].at,
				 config_get_word(PORT, quiet_registers[i].at));
}

static void the_port_is_quiet_and_gets_all_back(void **state)
{
	struct pcireset_reenumeration *e;

	make_noisy_port();
	e = make_steps(*state);
	resolve(e);
	assert_int_equal(pcireset_reenumeration_begin(e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(quiet_registers); i++)
		if (config_get_word(PORT, quiet_registers[i].at) != quiet_registers[i].quiet)
			fail_msg("%#lx: %#x", quiet_registers[i].at,
				 config_get_word(PORT, quiet_registers[i].at));
	file_is(PORT_CONTROL, "onto"); /* "on", and the rest of "auto" */
	pcireset_reenumeration_unref(e);
	the_port_is_as_before();
	/* No other event of the slot is cleared by a one. */
	assert_int_equal(config_get_word(PORT, 0x6a), 0x0108);
	file_is(PORT_CONTROL, "auto");
	make_plain_port();
}

/* One read of each register fails, at each moment: nothing of the port is changed for good. */
static void a_register_that_cannot_be_read_is_not_lost(void **state)
{
	unsigned int nr_reads;

	make_noisy_port();
	for (size_t i = 0; i <= ARRAY_SIZE(quiet_registers); i++) {
		fail_at = i ? quiet_registers[i - 1].at : PCI_VENDOR_ID;
		nr_reads = 0;
		do {
			struct pcireset_reenumeration *e = make_steps(*state);

			fail_in = ++nr_reads;
			if (!pcireset_reenumeration_resolve(e))
				(void)pcireset_reenumeration_begin(e);
			pcireset_reenumeration_unref(e);
			the_port_is_as_before();
		} while (!fail_in);
		assert_true(nr_reads > 4);
		fail_in = 0;
	}
	make_plain_port();
}

/* ---- between the question and the answer */

#define DEVICES  "sys/devices/pci0000:00/0000:00:1c.0/"
#define NEWCOMER "0000:03:00.2"

static void link_to(const char *target, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sysroot, name);
	assert_true(!unlink(path) || errno == ENOENT);
	if (target)
		assert_int_equal(symlink(target, path), 0);
}

/* Resolved before the change; then begin() must refuse, and have touched nothing. */
static void begin_refuses(struct pcireset_reenumeration *e, int want, const char *words)
{
	int r = pcireset_reenumeration_begin(e);

	if (r != want || !strstr(pcireset_reenumeration_get_message(e), words))
		fail_msg("%d: %s", r, pcireset_reenumeration_get_message(e));
	assert_false(pcireset_reenumeration_is_touched(e));
	pcireset_reenumeration_unref(e);
}

static struct pcireset_reenumeration *resolved_without_force(struct pcireset_ctx *ctx)
{
	struct pcireset_reenumeration *e = make_steps(ctx);

	e->force &= ~(uint32_t)PCIRESET_USE_NET;
	resolve(e);
	return e;
}

static void a_use_since_the_question_is_refused(void **state)
{
	static const char *const directories[] = { DEVICES CARD "/net", DEVICES CARD "/net/gpu0" };
	struct pcireset_reenumeration *e = resolved_without_force(*state);

	assert_int_equal(sysroot_mkdirs(directories, ARRAY_SIZE(directories)), 0);
	sysroot_write(DEVICES CARD "/net/gpu0/flags", "0x1003\n");
	link_to("../../../" DEVICES CARD "/net/gpu0", "sys/class/net/gpu0");
	begin_refuses(e, -EBUSY, CARD " is in use: ");
	link_to(NULL, "sys/class/net/gpu0");
}

static void a_function_since_the_question_is_refused(void **state)
{
	static const char *const directories[] = { DEVICES NEWCOMER };
	struct pcireset_reenumeration *e = resolved_without_force(*state);

	assert_int_equal(sysroot_mkdirs(directories, ARRAY_SIZE(directories)), 0);
	link_to("../../../../" DEVICES NEWCOMER, "sys/bus/pci/devices/" NEWCOMER);
	attribute(NEWCOMER, "vendor", "0x1af4\n");
	attribute(NEWCOMER, "device", "0x1041\n");
	attribute(NEWCOMER, "class", "0x020000\n");
	begin_refuses(e, -ESTALE, NEWCOMER " was added meanwhile");
	link_to(NULL, "sys/bus/pci/devices/" NEWCOMER);
	link_to(NULL, DEVICES NEWCOMER "/vendor");
}

static void a_driver_since_the_question_is_refused(void **state)
{
	struct pcireset_reenumeration *e = resolved_without_force(*state);

	link_to("../../../../bus/pci/drivers/other", DEVICES AUDIO "/driver");
	begin_refuses(e, -ESTALE, "the driver of " AUDIO " changed meanwhile");
	link_to("../../../../bus/pci/drivers/snd_hda_intel", DEVICES AUDIO "/driver");
}

/* ---- a killed process, and a device without an answer */

/* Its end is that of a killed process: nothing is restored. */
static void end_in_reset(struct pcireset_ctx *ctx)
{
	struct pcireset_reenumeration *e = make_steps(ctx);
	int r = pcireset_reenumeration_resolve(e);

	if (!r)
		r = pcireset_reenumeration_begin(e);
	if (!r)
		config_set(PORT, BRIDGE_CONTROL, BUS_RESET);
	_exit(r ? 1 : 0);
}

/* The note must have that bit, also if no other register was to be changed. */
static void a_bus_in_reset_is_repaired(void **state)
{
	struct leftover_walk repair = { .ctx = *state, .repairs = true, .fn = take };
	int status;
	pid_t pid;

	config_set(PORT, BRIDGE_CONTROL, 0);
	pid = fork();
	if (!pid)
		end_in_reset(*state);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	leftover_ctx = *state;
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_TO_REPAIR);
	assert_int_equal(guard_foreach_leftover(&repair), 0);
	assert_int_equal(told, PCIRESET_LEFTOVER_REPAIRED);
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), 0);
	config_set(PORT, BRIDGE_CONTROL, SERR);
}

static int find_gone(struct pcireset_plan *plan)
{
	(void)plan;
	return -ENODEV;
}

/* The card does not answer, so that the port resets its bus and no plan is run. */
static void a_card_that_does_not_answer_is_replaced(void **state)
{
	struct pcireset_ctx *ctx = *state;
	struct pcireset_reenumeration *e;
	const struct pcireset_difference *d;
	struct backend backend = backend_sysfs;

	backend.resolve = find_gone;
	ctx->backend = &backend;
	e = make_steps(ctx);
	resolve(e);
	assert_true(pcireset_reenumeration_is_by_port(e));
	assert_int_equal(pcireset_reenumeration_get_type(e), PCI_RESET_BUS);
	assert_int_equal(pcireset_reenumeration_begin(e), 0);
	assert_int_equal(pcireset_reenumeration_reset(e), 0);
	assert_null(pcireset_reenumeration_get_report(e));
	attribute(PORT, "current_link_width", "8\n");
	attribute(CARD, "resource", larger_regions);
	assert_int_equal(pcireset_reenumeration_replace(e, NULL, NULL), 0);
	assert_true(pcireset_reenumeration_is_changed(e));
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), SERR);
	assert_true(pcireset_reenumeration_has_missing(e));
	d = pcireset_reenumeration_get_difference(e, 0);
	assert_string_equal(pcireset_difference_get_what(d), "bar 1");
	assert_string_equal(pcireset_difference_get_was(d), "4K");
	assert_string_equal(pcireset_difference_get_now(d), "8K");
	assert_false(pcireset_difference_is_missing(d));
	d = pcireset_reenumeration_get_difference(e, 1);
	assert_string_equal(pcireset_difference_get_device(d), CARD);
	assert_string_equal(pcireset_difference_get_what(d), "link width");
	assert_string_equal(pcireset_difference_get_was(d), "16");
	assert_string_equal(pcireset_difference_get_now(d), "8");
	assert_true(pcireset_difference_is_missing(d));
	assert_null(pcireset_reenumeration_get_difference(e, 2));
	pcireset_reenumeration_unref(e);
	attribute(PORT, "current_link_width", "16\n");
	attribute(CARD, "resource", regions);
	ctx->backend = &backend_sysfs;
}

static void a_reset_that_cannot_be_asserted_fails(void **state)
{
	struct pcireset_ctx *ctx = *state;
	struct backend backend = backend_sysfs;
	struct pcireset_reenumeration *e;

	backend.resolve = find_gone;
	ctx->backend = &backend;
	e = make_steps(ctx);
	resolve(e);
	assert_int_equal(pcireset_reenumeration_begin(e), 0);
	assert_int_equal(pcireset_reenumeration_reset(e), 0);
	is_locked_down = true;
	assert_int_equal(pcireset_reenumeration_replace(e, NULL, NULL), -EPERM);
	is_locked_down = false;
	assert_non_null(strstr(pcireset_reenumeration_get_message(e), "Bridge Control"));
	pcireset_reenumeration_unref(e);
	repair(ctx, PCIRESET_LEFTOVER_REPAIRED);
	ctx->backend = &backend_sysfs;
}

/* The card is removed by then: without the note, nothing would tell of it. */
static void a_rescan_that_fails_after_a_power_cycle_is_noted(void **state)
{
	struct pcireset_reenumeration *e = make_steps(*state);

	sysroot_write(SLOT_POWER, "1\n");
	config_set(PORT, SLOT_ABILITIES, HAS_CONTROLLER | IS_HOTPLUG);
	config_set(PORT, SLOT_FLAGS, 1);
	assert_int_equal(pcireset_reenumeration_set_power_cycle(e), 0);
	assert_int_equal(pcireset_reenumeration_resolve(e), 0);
	assert_int_equal(pcireset_reenumeration_begin(e), 0);
	assert_int_equal(pcireset_reenumeration_reset(e), 0);
	broken = "0000:03/rescan";
	broken_error = EIO;
	assert_int_equal(pcireset_reenumeration_replace(e, NULL, NULL), -EIO);
	broken = NULL;
	assert_non_null(strstr(pcireset_reenumeration_get_message(e), "doctor --repair"));
	pcireset_reenumeration_unref(e);
	repair(*state, PCIRESET_LEFTOVER_REPAIRED);
	config_set(PORT, SLOT_ABILITIES, IS_HOTPLUG);
}

static void set_port_id(const uint8_t id[4])
{
	sysroot_write_config(PORT, PCI_VENDOR_ID, id, 4);
}

/* A port is switched on by its power resources, and has registers, or none, or does not respond. */
static void a_port_that_responds_late_is_told_from_a_dead_one(void **state)
{
	static const uint8_t id[4] = { 0x86, 0x80, 0x34, 0x12 },
			     dead[4] = { 0xff, 0xff, 0xff, 0xff };
	const struct held control = { .at = BRIDGE_CONTROL, .size = 2, .mask = SERR };
	uint8_t bus = config_get(PORT, PCI_SECONDARY_BUS), before;
	struct port port;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/config", sysroot, PORT);
	set_port_id(id);
	assert_int_equal(port_open(&port, path), 0);
	assert_int_equal(port_check_alive(&port, *state, PORT), 0);
	config_set(PORT, PCI_SECONDARY_BUS, 0);
	assert_int_equal(port_await_alive(&port, *state, PORT, 100), -EUCLEAN);
	config_set(PORT, PCI_SECONDARY_BUS, bus);
	before = config_get(PORT, BRIDGE_CONTROL);
	set_port_id(dead);
	assert_int_equal(port_await_alive(&port, *state, PORT, 100), -ENODEV);
	assert_int_equal(port_write_bits(&port, &control, before ^ SERR), -EPERM);
	assert_int_equal(config_get(PORT, BRIDGE_CONTROL), before);
	port_close(&port);
	set_port_id(id);
}

/* The kernel must not suspend the port, which would save registers that read as all-ones. */
static void a_port_without_power_stays_awake(void **state)
{
	static const uint8_t id[4] = { 0x86, 0x80, 0x34, 0x12 },
			     dead[4] = { 0xff, 0xff, 0xff, 0xff };

	attribute(PORT, "power/runtime_status", "active\n");
	attribute(PORT, "d3cold_allowed", "1\n");
	set_port_id(id);
	write_power_note("control auto\npower d3cold 1\n");
	set_port_id(dead);
	repair(*state, PCIRESET_LEFTOVER_TO_REPAIR);
	file_is(PORT_CONTROL, "onto"); /* "on", and the rest of "auto" */
	set_port_id(id);
	repair(*state, PCIRESET_LEFTOVER_REPAIRED);
	file_is(PORT_CONTROL, "auto");
	attribute(PORT, "power/control", "auto\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_make, context_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_can_be_read_is_the_state),
		TEST(an_attribute_that_fails_is_named),
		TEST(a_failed_read_is_not_an_empty_file),
		TEST(a_number_that_is_none_is_unknown),
		TEST(a_command_line_may_renumber_buses),
		TEST(a_device_tree_may_renumber_buses),
		TEST(an_unknown_kernel_may_renumber_buses),
		TEST(nothing_is_begun_if_the_port_is_unknown),
		TEST(a_note_is_void_only_if_that_is_known),
		TEST(a_directory_that_fails_may_have_leftovers),
		TEST(a_note_that_cannot_be_opened_is_unknown),
		TEST(a_killed_process_is_repaired_first),
		TEST(an_unfinished_power_cycle_is_repaired),
		TEST(a_witness_that_was_not_asked_is_repaired),
		TEST(an_empty_note_goes_without_a_trace),
		TEST(power_control_is_repaired),
		TEST(the_note_has_all_that_is_changed),
		TEST(a_power_cycle_is_refused_unless_the_slot_can),
		TEST(a_register_with_a_new_value_says_nothing),
		TEST(a_witness_gets_a_new_value),
		TEST(each_sign_counts),
		TEST(power_resources_that_fail_are_unknown),
		TEST(a_power_cycle_stays_within_max_scope),
		TEST(a_chosen_witness_is_not_written),
		TEST(a_register_that_keeps_some_bits_is_no_witness),
		TEST(a_port_below_that_is_in_use_is_refused),
		TEST(a_card_that_does_not_answer_has_rules),
		TEST(a_card_that_is_protected_keeps_its_power),
		TEST(an_unknown_state_of_the_power_keeps_the_note),
		TEST(a_slot_that_cannot_be_switched_keeps_the_note),
		TEST(a_sysroot_is_refused),
		TEST(steps_have_an_order),
		TEST(one_port_has_one_re_enumeration),
		TEST(a_failed_reset_restores_the_port),
		TEST(the_last_reference_restores_the_port),
		TEST(the_port_is_quiet_and_gets_all_back),
		TEST(a_register_that_cannot_be_read_is_not_lost),
		TEST(a_use_since_the_question_is_refused),
		TEST(a_function_since_the_question_is_refused),
		TEST(a_driver_since_the_question_is_refused),
		TEST(a_bus_in_reset_is_repaired),
		TEST(a_card_that_does_not_answer_is_replaced),
		TEST(a_reset_that_cannot_be_asserted_fails),
		TEST(a_rescan_that_fails_after_a_power_cycle_is_noted),
		TEST(a_port_that_responds_late_is_told_from_a_dead_one),
		TEST(a_port_without_power_stays_awake),
	};

	return cmocka_run_group_tests_name("re-enumerate", tests, make_all, sysroot_remove);
}
