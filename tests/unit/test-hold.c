/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that re-enumerate and doctor need, on a machine of files that fail: unknown is not none. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../lib/util/lockfile.h"
#include "sysroot.h"

#define PORT "0000:00:1c.0"
#define CARD "0000:03:00.0"

/* The end of the path that fails, or NULL, and with which error. */
static const char *broken;
static int broken_error;

static const char *inside(const char *path, char buf[PATH_MAX])
{
	size_t len = strlen(path), end = broken ? strlen(broken) : 0;

	if (end && len >= end && !strcmp(path + len - end, broken)) {
		errno = broken_error;
		return NULL;
	}
	snprintf(buf, PATH_MAX, "%s%s", sysroot, path);
	return buf;
}

/* Opens for reading, and for nothing else. */
static FILE *fake_fopen(const char *path)
{
	char buf[PATH_MAX];

	return inside(path, buf) ? fopen(buf, "re") : NULL;
}

static DIR *fake_opendir(const char *path)
{
	char buf[PATH_MAX];

	return inside(path, buf) ? opendir(buf) : NULL;
}

static int fake_stat(const char *path, struct stat *st)
{
	char buf[PATH_MAX];

	return inside(path, buf) ? stat(buf, st) : -1;
}

#define fopen(path, mode)        fake_fopen(path)
#define opendir(path)            fake_opendir(path)
#define stat(path, st)           fake_stat(path, st)
#define lockfile_directory(path) lockfile_directory(inside(path, (char[PATH_MAX]){ 0 }))
#include "../../cli/subtree.c"
#include "../../cli/hold.c"
#undef fopen
#undef opendir
#undef stat

/* ---- what these files need of the tool */

void *must(void *memory)
{
	assert_non_null(memory);
	return memory;
}

char *text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	assert_true(vasprintf(&s, fmt, ap) >= 0);
	va_end(ap);
	return s;
}

struct pci_access *libpci_new(void)
{
	struct pci_access *access = must(pci_alloc());
	char name[] = "sysfs.path", path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/bus/pci", sysroot);
	pci_set_param(access, name, path);
	access->method = PCI_ACCESS_SYS_BUS_PCI;
	return access;
}

/* ---- */

static void attribute(const char *device, const char *name, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", device, name);
	sysroot_write(path, value);
}

static int make_all(void **state)
{
	static const char *const directories[] = {
		"run",
		"run/pcireset",
		"proc/sys",
		"proc/sys/kernel",
		"proc/sys/kernel/random",
		"sys/bus/pci/devices/" PORT "/power",
	};
	char path[PATH_MAX];

	if (sysroot_make(state))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), "%s/%s", sysroot, directories[i]);
		if (mkdir(path, 0755) && errno != EEXIST)
			return -1;
	}
	sysroot_write("proc/sys/kernel/random/boot_id", "this-boot\n");
	attribute(PORT, "power/control", "auto\n");
	attribute(PORT, "current_link_speed", "8.0 GT/s PCIe\n");
	attribute(PORT, "current_link_width", "16\n");
	attribute(CARD, "subsystem_vendor", "0x1af4\n");
	attribute(CARD, "subsystem_device", "0x1100\n");
	attribute(CARD, "driver_override", "(null)\n");
	attribute(CARD, "sriov_numvfs", "0\n");
	attribute(CARD, "resource",
		  "0x0 0x0 0x0\n0x1000 0x1fff 0x200\n0x0 0x0 0x0\n0x0 0x0 0x0\n"
		  "0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n");
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
	assert_null(tree.v[0].override);
	assert_string_equal(tree.v[0].vfs, "0");
	assert_string_equal(tree.width, "16");
	/* The audio function has none of these files. */
	assert_int_equal(tree.v[1].subsystem, 0);
	assert_null(tree.v[1].vfs);
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
static void a_read_that_fails_is_no_empty_file(void **state)
{
	struct unread unread = { 0 };

	(void)state;
	assert_null(file_read("/run", &unread));
	assert_int_equal(unread.error, -EISDIR);
	assert_string_equal(unread.path, "/run");
	assert_null(file_read("/nowhere", &unread));
	assert_int_equal(unread.error, -EISDIR);
	unread_clear(&unread);
	sysroot_write("run/empty", "");
	assert_null(file_read("/run/empty", &unread));
	assert_int_equal(unread.error, 0);
}

static void a_number_that_is_none_is_unknown(void **state)
{
	static const char *const files[] = { "subsystem_vendor", "resource" };
	static const char *const was[] = { "0x1af4\n", "0x0 0x0 0x0\n" };
	struct subtree tree;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		attribute(CARD, files[i], "0x10 frob\n");
		assert_int_equal(read_subtree(*state, &tree), -EINVAL);
		assert_non_null(strstr(tree.unread.path, files[i]));
		subtree_clear(&tree);
		attribute(CARD, files[i], was[i]);
	}
}

/* ---- the port */

static void nothing_is_begun_if_the_port_is_unknown(void **state)
{
	static const char *const files[] = { "/boot_id", "devices/" PORT, "power/control" };
	struct unread unread = { 0 };
	struct hold *hold;

	broken_error = EIO;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		broken = files[i];
		assert_int_equal(hold_open(find(*state, PORT), &unread, &hold), -EIO);
		assert_non_null(strstr(unread.path, files[i]));
		unread_clear(&unread);
	}
	broken = "power/control"; /* a kernel without power management */
	broken_error = ENOENT;
	assert_int_equal(hold_open(find(*state, PORT), &unread, &hold), 0);
	assert_null(hold->power);
	hold_close(hold);
	broken = "/boot_id"; /* without /proc it is not known whose note it is */
	assert_int_equal(hold_open(find(*state, PORT), &unread, &hold), -ENOENT);
	unread_clear(&unread);
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

static void leftover_is(const char *file, int error, enum pcireset_leftover want)
{
	broken = file;
	broken_error = error;
	nr_told = 0;
	hold_leftovers(false, take, NULL);
	broken = NULL;
	assert_int_equal(nr_told, 1);
	assert_int_equal(told, want);
}

/* Command of the bridge, a bit of which is said to have been set. */
static void write_note(void)
{
	char note[256], path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" PORT, sysroot);
	assert_int_equal(stat(path, &st), 0);
	snprintf(note, sizeof(note), "boot this-boot\ninode %llu\nheld 62 2 2 2\nend\n",
		 (unsigned long long)st.st_ino);
	sysroot_write("run/pcireset/" PORT SUFFIX, note);
}

static void a_note_is_void_only_if_that_is_known(void **state)
{
	(void)state;
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
}

static void a_directory_that_fails_may_have_leftovers(void **state)
{
	(void)state;
	leftover_is("run/pcireset", EACCES, PCIRESET_LEFTOVER_UNKNOWN);
	leftover_is("run/pcireset", EMFILE, PCIRESET_LEFTOVER_UNKNOWN);
	broken = "run/pcireset";
	broken_error = ENOENT;
	nr_told = 0;
	hold_leftovers(false, take, NULL);
	assert_int_equal(nr_told, 0);
	broken = NULL;
}

static void a_note_that_cannot_be_opened_is_unknown(void **state)
{
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s/run/pcireset/" PORT SUFFIX, sysroot);
	remove(path);
	assert_int_equal(mkdir(path, 0755), 0);
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_UNKNOWN);
	assert_int_equal(rmdir(path), 0);
}

/* Its registers are not what they were before it: they must not be taken for that. */
static void a_killed_process_is_repaired_first(void **state)
{
	struct unread unread = { 0 };
	struct hold *hold;

	write_note();
	assert_int_equal(hold_open(find(*state, PORT), &unread, &hold), -EEXIST);
	assert_int_equal(unread.error, 0);
	leftover_is(NULL, 0, PCIRESET_LEFTOVER_TO_REPAIR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_make, context_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_can_be_read_is_the_state),
		TEST(an_attribute_that_fails_is_named),
		TEST(a_read_that_fails_is_no_empty_file),
		TEST(a_number_that_is_none_is_unknown),
		TEST(nothing_is_begun_if_the_port_is_unknown),
		TEST(a_note_is_void_only_if_that_is_known),
		TEST(a_directory_that_fails_may_have_leftovers),
		TEST(a_note_that_cannot_be_opened_is_unknown),
		TEST(a_killed_process_is_repaired_first),
	};

	return cmocka_run_group_tests_name("state that cannot be read", tests, make_all,
					   sysroot_remove);
}
