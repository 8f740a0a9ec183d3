// SPDX-License-Identifier: GPL-2.0-only
/* Users: each use is found, and attributed to the right function. */
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sysroot.h"

static const char *users_of(struct pcireset_ctx *ctx, const char *name)
{
	static char all[512];
	struct pcireset_dev *dev = find(ctx, name);
	const char *user;

	all[0] = '\0';
	for (size_t i = 0; (user = pcireset_dev_get_user(dev, i, NULL)); i++) {
		strcat(all, i ? " " : "");
		strcat(all, user);
	}
	return all;
}

static void mounts_and_swap_are_found(void **state)
{
	assert_string_equal(users_of(*state, "04:00.0"), "mount:/data disk swap:/dev/nvme0n1p2");
}

static void a_mount_on_a_partition_of_a_mirror_is_found(void **state)
{
	assert_string_equal(users_of(*state, "00:1f.2"), "mount:/");
}

static void a_mount_on_a_shared_namespace_is_found(void **state)
{
	assert_string_equal(users_of(*state, "10000:e1:00.0"), "mount:/multi");
}

static void only_interfaces_that_are_up_count(void **state)
{
	assert_string_equal(users_of(*state, "01:00.0"), "net:ens1");
	assert_string_equal(users_of(*state, "01:00.4"), "");
}

static void an_interface_behind_usb_uses_the_controller(void **state)
{
	assert_string_equal(users_of(*state, "00:14.0"), "net:usb0");
}

static void an_open_vfio_group_is_found_with_its_process(void **state)
{
	struct pcireset_dev *dev = find(*state, "07:00.0");

	assert_string_equal(users_of(*state, "07:00.0"), "vfio");
	assert_string_equal(pcireset_dev_get_user_detail(dev, 0), "qemu-system-x86, process 812");
	assert_string_equal(users_of(*state, "07:00.1"), "");
}

/* By its own node, and by that of its group, with and without an IOMMU. */
static void an_open_vfio_device_is_found(void **state)
{
	static const char *const nodes[] = { "/dev/vfio/devices/vfio1", "/dev/vfio/13",
					     "/dev/vfio/noiommu-13" };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/812/fd/8", sysroot);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		assert_int_equal(symlink(nodes[i], path), 0);
		assert_true(pcireset_ctx_scan(*state) > 0);
		assert_string_equal(users_of(*state, "07:00.1"), "vfio");
		assert_int_equal(unlink(path), 0);
	}
}

/* holds PID COMM FD NODE */
static void hold(const char *pid, const char *comm, const char *fd, const char *node)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%s", sysroot, pid);
	mkdir(path, 0755);
	strcat(path, "/fd");
	mkdir(path, 0755);
	snprintf(path + strlen(path), 32, "/%s", fd);
	assert_int_equal(symlink(node, path), 0);
	snprintf(path, sizeof(path), "proc/%s/comm", pid);
	sysroot_write(path, comm);
}

static void let_go(const char *pid, const char *fd)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%s/fd/%s", sysroot, pid, fd);
	assert_int_equal(unlink(path), 0);
}

/* A node of the disk itself, of a partition, of a mirror of two, and of nobody. */
static void open_nodes_are_found_with_all_processes(void **state)
{
	struct pcireset_dev *dev;
	uint32_t use = 0;

	hold("90", "dd\n", "3", "/dev/nvme0");
	hold("90", "dd\n", "4", "/dev/nvme0");
	hold("91", "postgres\n", "3", "/dev/nvme0");
	hold("91", "postgres\n", "4", "/dev/null");
	hold("91", "postgres\n", "5", "/dev/md0");
	hold("91", "postgres\n", "6", "/dev/frob");
	hold("91", "postgres\n", "7", "/data disk/nvme0");
	assert_true(pcireset_ctx_scan(*state) > 0);
	dev = find(*state, "04:00.0");
	assert_string_equal(users_of(*state, "04:00.0"),
			    "mount:/data disk swap:/dev/nvme0n1p2 open:/dev/nvme0");
	assert_non_null(pcireset_dev_get_user(dev, 2, &use));
	assert_int_equal(use, PCIRESET_USE_OPEN);
	assert_string_equal(pcireset_dev_get_user_detail(dev, 2),
			    "dd, process 90; postgres, process 91");
	assert_string_equal(users_of(*state, "00:1f.2"), "mount:/ open:/dev/md0");
	let_go("90", "3");
	let_go("90", "4");
	for (char fd[] = "3"; *fd <= '7'; ++*fd)
		let_go("91", fd);
}

/* The first thread has ended, and the kernel shows no descriptors for it. */
static void nodes_of_a_process_without_its_first_thread_are_found(void **state)
{
	static const char *const parts[] = { "proc/90/fd", "proc/90/task", "proc/90/task/90",
					     "proc/90/task/90/fd" };
	struct pcireset_dev *dev;

	assert_int_equal(sysroot_mkdirs(parts, ARRAY_SIZE(parts)), 0);
	hold("90/task/91", "qemu\n", "3", "/dev/nvme0");
	assert_true(pcireset_ctx_scan(*state) > 0);
	dev = find(*state, "04:00.0");
	assert_string_equal(users_of(*state, "04:00.0"),
			    "mount:/data disk swap:/dev/nvme0n1p2 open:/dev/nvme0");
	assert_string_equal(pcireset_dev_get_user_detail(dev, 2), "qemu, process 90");
	let_go("90/task/91", "3");
}

/* Each is a user, but who reads all their names? */
static void many_processes_are_named_up_to_a_limit(void **state)
{
	struct pcireset_dev *dev;
	const char *detail;
	char pid[16];

	for (int i = 100; i < 200; i++) {
		snprintf(pid, sizeof(pid), "%d", i);
		hold(pid, "worker\n", "3", "/dev/nvme0");
	}
	assert_true(pcireset_ctx_scan(*state) > 0);
	dev = find(*state, "04:00.0");
	detail = pcireset_dev_get_user_detail(dev, 2);
	assert_true(strlen(detail) < 200);
	assert_non_null(strstr(detail, "worker, process 100; worker, process 101"));
	assert_string_equal(detail + strlen(detail) - 5, "; ...");
	for (int i = 100; i < 200; i++) {
		snprintf(pid, sizeof(pid), "%d", i);
		let_go(pid, "3");
	}
}

/* Entries with the same name stay in order, however many there are and wherever they are. */
static void an_index_keeps_the_order(void **state)
{
	static const char *const names[] = { "b", "c", "b", "a", "b" };
	static const char texts[] = "024";
	struct name_index index = { 0 };
	char text[] = "0";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++, ++*text)
		assert_int_equal(index_add(&index, strdup(names[i]), strdup(text), NULL), 0);
	index_sort(&index);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(*index_find(&index, "b", i)->text, texts[i]);
	assert_null(index_find(&index, "b", 3));
	assert_int_equal(*index_find(&index, "a", 0)->text, '3');
	assert_int_equal(*index_find(&index, "c", 0)->text, '1');
	assert_null(index_find(&index, "d", 0));
	index_clear(&index);
}

static void nothing_found(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, void *data)
{
	(void)ctx;
	(void)addr;
	(void)data;
	fail();
}

/* dm0 is a device on dm1, and so on up to the last one. */
static void stack_up(int last)
{
	char path[PATH_MAX], target[32];

	for (int i = 0; i <= last; i++) {
		snprintf(path, sizeof(path), "%s/sys/devices/virtual/block/dm%d", sysroot, i);
		mkdir(path, 0755);
		strcat(path, "/slaves");
		mkdir(path, 0755);
		snprintf(path + strlen(path), 16, "/dm%d", i + 1);
		snprintf(target, sizeof(target), "../../dm%d", i + 1);
		unlink(path);
		if (i < last)
			assert_int_equal(symlink(target, path), 0);
	}
}

/* A stack that is too high is no proof that nothing is in use. */
static void a_stack_that_is_too_high_is_in_doubt(void **state)
{
	struct pcireset_ctx *ctx = *state;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/devices/virtual/block/dm0", sysroot);
	stack_up(64);
	block_foreach_function(ctx, path, nothing_found, NULL);
	assert_string_equal(ctx->users.doubt, "");
	stack_up(65);
	block_foreach_function(ctx, path, nothing_found, NULL);
	assert_non_null(strstr(ctx->users.doubt, "dm65 is a device on too many others"));
}

static void a_frame_buffer_console_is_found(void **state)
{
	uint32_t use = 0;

	assert_string_equal(users_of(*state, "00:02.0"), "console");
	pcireset_dev_get_user(find(*state, "00:02.0"), 0, &use);
	assert_int_equal(use, PCIRESET_USE_CONSOLE);
}

static void a_serial_console_elsewhere_belongs_to_no_function(void **state)
{
	assert_string_equal(users_of(*state, "00:00.0"), "");
}

static void a_new_scan_finds_new_users(void **state)
{
	assert_string_equal(users_of(*state, "01:00.4"), "");
	sysroot_write("sys/class/net/vf0/flags", "0x1003\n");
	assert_string_equal(users_of(*state, "01:00.4"), "");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "01:00.4"), "net:vf0");
	sysroot_write("sys/class/net/vf0/flags", "0x1002\n");
}

static void a_mount_twice_is_two_users_and_a_bind_of_one_is_one(void **state)
{
	sysroot_write("proc/self/mountinfo", "1 0 259:1 / /a rw - xfs /dev/nvme0n1p1 rw\n"
					     "2 0 259:1 /sub /b rw - xfs /dev/nvme0n1p1 rw\n"
					     "3 0 259:1 / /a rw - xfs /dev/nvme0n1p1 rw\n");
	sysroot_write("proc/swaps", "Filename Type Size Used Priority\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "04:00.0"), "mount:/a mount:/b");
}

static void link_in_sysroot(const char *target, const char *link)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sysroot, link);
	assert_int_equal(symlink(target, path), 0);
}

static void btrfs_uses_all_its_devices(void **state)
{
	char path[PATH_MAX], target[PATH_MAX];
	static const char *const disks[] = { "nvme0n1p1", "sda" };

	snprintf(path, sizeof(path), "%s/sys/fs", sysroot);
	mkdir(path, 0755);
	strcat(path, "/btrfs");
	mkdir(path, 0755);
	strcat(path, "/0f3c");
	mkdir(path, 0755);
	strcat(path, "/devices");
	assert_int_equal(mkdir(path, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		snprintf(path, sizeof(path), "%s/sys/fs/btrfs/0f3c/devices/%s", sysroot, disks[i]);
		snprintf(target, sizeof(target), "%s/sys/class/block/%s", sysroot, disks[i]);
		assert_int_equal(symlink(target, path), 0);
	}
	sysroot_write("proc/self/mountinfo", "1 0 0:33 / /b rw - btrfs /dev/nvme0n1p1 rw\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "00:1f.2"), "mount:/b");
	assert_string_equal(users_of(*state, "04:00.0"), "mount:/b");
}

static const char *doubt_of(struct pcireset_ctx *ctx, const char *name)
{
	struct pcireset_dev *dev = find(ctx, name);
	uint32_t use;

	for (size_t i = 0; pcireset_dev_get_user(dev, i, &use); i++)
		if (use == PCIRESET_USE_UNKNOWN)
			return pcireset_dev_get_user_detail(dev, i);
	return "";
}

/* A mount that cannot be read may be one of any function. */
static void lines_that_make_no_sense_are_no_users(void **state)
{
	static const char *const lines[] = {
		" - ",
		"1",
		"1 0 x:y / /a rw - xfs /dev/nvme0n1p1 rw",
		"1 0 259:1 / /a",
		"1 0 259:1 - xfs",
		"1 0 259:1 / /c rw -",
	};

	sysroot_write("proc/swaps", "\n \n/etc/fstab x\n");
	sysroot_write("proc/consoles", "\n..\n/\n");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		sysroot_write("proc/self/mountinfo", lines[i]);
		assert_true(pcireset_ctx_scan(*state) > 0);
		assert_string_equal(users_of(*state, "04:00.0"), "unknown");
		assert_string_equal(doubt_of(*state, "04:00.0"),
				    "/proc/self/mountinfo has a line that cannot be read");
	}
	sysroot_write("proc/self/mountinfo", "\n \n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "04:00.0"), "");
}

/* Each is empty or no number: whether it is a use cannot be known. */
static void a_value_that_makes_no_sense_is_an_error(void **state)
{
	static const char *const values[][3] = {
		{ "sys/class/net/ens1/flags", "", "0x1003\n" },
		{ "sys/class/net/ens1/flags", "up\n", "0x1003\n" },
		{ "sys/class/vtconsole/vtcon1/bind", "", "1\n" },
		{ "sys/class/vtconsole/vtcon1/bind", "yes\n", "1\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct pcireset_dev *dev;

		sysroot_write(values[i][0], values[i][1]);
		assert_true(pcireset_ctx_scan(*state) > 0);
		dev = find(*state, "01:00.0");
		pcireset_dev_get_nr_users(dev);
		assert_int_equal(pcireset_ctx_get_failure(*state), -EBADMSG);
		sysroot_write(values[i][0], values[i][2]);
		assert_true(pcireset_ctx_scan(*state) > 0);
	}
}

/* A VF whose interface is in a container: its directory is there, and empty. */
static void an_interface_in_another_namespace_is_a_use(void **state)
{
	static const char *const parts[] = {
		"sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/net",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:05:00.0/0000:06:01.0/0000:08:00.0/net",
	};
	struct pcireset_dev *dev;

	assert_int_equal(sysroot_mkdirs(parts, ARRAY_SIZE(parts)), 0);
	link_in_sysroot("../../bus/pci/drivers/ixgbe",
			"sys/devices/pci0000:00/0000:00:1d.0/0000:05:00.0/0000:06:01.0/"
			"0000:08:00.0/driver");
	assert_true(pcireset_ctx_scan(*state) > 0);
	dev = find(*state, "08:00.0");
	assert_string_equal(users_of(*state, "08:00.0"), "net:?");
	assert_string_equal(pcireset_dev_get_user_detail(dev, 0),
			    "an interface in another network namespace");
	assert_string_equal(users_of(*state, "01:00.0"), "net:ens1");
	assert_string_equal(users_of(*state, "08:00.1"), "");
}

/* Each is in use, and on a disk that is not named: any disk may be it, and no card of the network. */
#define NO_DISK "1 0 0:5 / /proc rw - proc proc rw\n"
#define NO_SWAP "Filename Type Size Used Priority\n"

static void a_disk_that_cannot_be_found_may_be_any_disk(void **state)
{
	static const char *const uses[][3] = {
		{ NO_DISK, "/dev/nothing x\n", "/dev/nothing is in use and cannot be found" },
		{ "1 0 0:33 / /b rw - btrfs /dev/root rw\n", NO_SWAP,
		  "/dev/root is in use and cannot be found" },
		{ "1 0 0:33 / /b rw - bcachefs /dev/sda:/dev/gone rw\n", NO_SWAP,
		  "/dev/gone is in use and cannot be found" },
		{ "1 0 8:0 / /b rw - xfs /dev/sda rw,logdev=/dev/gone,noquota\n", NO_SWAP,
		  "/dev/gone is in use and cannot be found" },
		{ "1 0 0:33 / /b rw - zfs tank/home rw\n", NO_SWAP,
		  "the disks of ZFS file systems are unknown" },
		{ "1 0 8:99 / /b rw - vfat /dev/sdz1 rw\n", NO_SWAP,
		  "/sys/dev/block/8:99 is missing" },
		{ "1 0 147:0 / /b rw - ext4 /dev/drbd0 rw\n", NO_SWAP,
		  "drbd0 is on unknown disks" },
		/* A node may be anywhere, and a file is on a mounted file system. */
		{ NO_DISK, "/run/node partition 1 0 -2\n",
		  "/run/node is in use and cannot be found" },
		{ "1 0 0:33 / /b rw - btrfs /run/node rw\n", "/swap file 1 0 -2\n",
		  "/run/node is in use and cannot be found" },
	};
	static const char *const parts[] = { "sys/devices/virtual/block/drbd0",
					     "sys/dev/block/147:0" };

	assert_int_equal(sysroot_mkdirs(parts, 1), 0);
	link_in_sysroot("../../devices/virtual/block/drbd0", parts[1]);
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		sysroot_write("proc/self/mountinfo", uses[i][0]);
		sysroot_write("proc/swaps", uses[i][1]);
		assert_true(pcireset_ctx_scan(*state) > 0);
		assert_string_equal(doubt_of(*state, "04:00.0"), uses[i][2]);
		assert_string_equal(doubt_of(*state, "07:00.1"), "");
	}
}

static void what_is_on_no_disk_is_no_doubt(void **state)
{
	static const char *const parts[] = { "sys/devices/virtual/block/zram0",
					     "sys/dev/block/252:0" };

	assert_int_equal(sysroot_mkdirs(parts, 1), 0);
	link_in_sysroot("../../devices/virtual/block/zram0", parts[1]);
	sysroot_write("proc/swaps", NO_SWAP);
	sysroot_write("proc/self/mountinfo", "1 0 0:33 / /a rw - fuse /dev/fuse rw\n"
					     "1 0 0:34 / /b rw - fuse.sshfs /dev/fuse rw\n"
					     "1 0 0:35 / /c rw - tmpfs /dev/shm rw\n"
					     "1 0 31:2 / /d rw - jffs2 /dev/mtdblock2 rw\n"
					     "1 0 252:0 / /e rw - ext4 /dev/zram0 rw\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "04:00.0"), "");
}

static void all_disks_of_a_file_system_are_in_use(void **state)
{
	sysroot_write("proc/self/mountinfo",
		      "1 0 0:33 / /b rw - bcachefs /dev/sda:/dev/nvme0n1 rw\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "00:1f.2"), "mount:/b");
	assert_string_equal(users_of(*state, "04:00.0"), "mount:/b");
	sysroot_write("proc/self/mountinfo",
		      "1 0 8:0 / /b rw - xfs /dev/sda rw,logdev=/dev/nvme0n1p1,noquota\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "04:00.0"), "mount:/b");
	sysroot_write("proc/self/mountinfo",
		      "1 0 8:0 / /b rw - xfs /dev/sda rw,rtdev=/dev/nvme0n1p1,noquota\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "04:00.0"), "mount:/b");
}

/* losetup /dev/loop0 /dev/nvme0n1 */
static void a_loop_device_on_a_disk_uses_it(void **state)
{
	static const char *const parts[] = { "sys/devices/virtual/block/loop0",
					     "sys/devices/virtual/block/loop0/loop",
					     "sys/devices/virtual/block/loop0/loop0p1",
					     "sys/dev/block/259:20" };

	assert_int_equal(sysroot_mkdirs(parts, 3), 0);
	link_in_sysroot("../../devices/virtual/block/loop0/loop0p1", parts[3]);
	sysroot_write("sys/devices/virtual/block/loop0/loop/backing_file", "/dev/nvme0n1\n");
	sysroot_write("proc/self/mountinfo", "1 0 259:20 / /loop rw - ext4 /dev/loop0p1 rw\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "04:00.0"), "mount:/loop");
	sysroot_write("sys/devices/virtual/block/loop0/loop/backing_file", "/srv/image\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "04:00.0"), "");
	sysroot_write("sys/devices/virtual/block/loop0/loop/backing_file", "/dev/gone\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(users_of(*state, "04:00.0"), "unknown");
}

/* A sysroot without the numbers of disks, such as a copy of a part of /sys. */
static void without_numbers_no_disk_can_be_found(void **state)
{
	char from[PATH_MAX], to[PATH_MAX];

	sysroot_write("proc/self/mountinfo", "1 0 259:1 / /a rw - xfs /dev/nvme0n1p1 rw\n");
	snprintf(from, sizeof(from), "%s/sys/dev/block", sysroot);
	snprintf(to, sizeof(to), "%s/sys/dev/none", sysroot);
	assert_int_equal(rename(from, to), 0);
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(doubt_of(*state, "04:00.0"), "/sys/dev/block does not exist");
	assert_int_equal(rename(to, from), 0);
	sysroot_write("proc/self/mountinfo", "");
}

/* Runs in a child: what it says of processes on a machine whose root this is. */
static int doubt_in_a_namespace(const char *root)
{
	struct pcireset_ctx *ctx;
	int r;

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID))
		return 77;
	/* The namespace is that of the children. */
	switch (fork()) {
	case -1:
		return 77;
	case 0:
		if (pcireset_ctx_new(root, &ctx))
			_exit(2);
		r = users_read_processes(ctx);
		_exit(r ? 3 : *ctx->holders.doubt ? 1 : 0);
	default:
		wait(&r);
		return WEXITSTATUS(r);
	}
}

static int doubt_in_a_child(const char *root)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(doubt_in_a_namespace(root));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* In a container, processes of the machine are not seen. A sysroot has its own. */
static void hidden_processes_are_no_users(void **state)
{
	int status = doubt_in_a_child(NULL);

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 1);
	assert_int_equal(doubt_in_a_child(sysroot), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_make, context_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mounts_and_swap_are_found),
		TEST(a_mount_on_a_partition_of_a_mirror_is_found),
		TEST(a_mount_on_a_shared_namespace_is_found),
		TEST(only_interfaces_that_are_up_count),
		TEST(an_interface_behind_usb_uses_the_controller),
		TEST(an_open_vfio_group_is_found_with_its_process),
		TEST(an_open_vfio_device_is_found),
		TEST(open_nodes_are_found_with_all_processes),
		TEST(nodes_of_a_process_without_its_first_thread_are_found),
		TEST(many_processes_are_named_up_to_a_limit),
		TEST(a_stack_that_is_too_high_is_in_doubt),
		TEST(an_index_keeps_the_order),
		TEST(a_frame_buffer_console_is_found),
		TEST(a_serial_console_elsewhere_belongs_to_no_function),
		TEST(a_new_scan_finds_new_users),
		TEST(a_mount_twice_is_two_users_and_a_bind_of_one_is_one),
		TEST(btrfs_uses_all_its_devices),
		TEST(lines_that_make_no_sense_are_no_users),
		TEST(a_value_that_makes_no_sense_is_an_error),
		TEST(an_interface_in_another_namespace_is_a_use),
		TEST(a_disk_that_cannot_be_found_may_be_any_disk),
		TEST(what_is_on_no_disk_is_no_doubt),
		TEST(all_disks_of_a_file_system_are_in_use),
		TEST(a_loop_device_on_a_disk_uses_it),
		TEST(without_numbers_no_disk_can_be_found),
		TEST(hidden_processes_are_no_users),
	};

	return cmocka_run_group_tests(tests, sysroot_make, sysroot_remove);
}
