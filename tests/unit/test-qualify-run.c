// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run of a qualification on a machine of files, with resets that only count: what is agreed
 * to, what is stored, and that a run that is killed at any moment loses and repeats nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sysroot.h"
#include "qualify/qualify.h"

#define NIC   "08:00.1"
#define OTHER "08:00.0"
#define BOOT  "proc/sys/kernel/random/boot_id"
#define AER   "sys/bus/pci/devices/0000:"

/* Shared with the processes that are killed. */
static struct world {
	size_t nr_resets;
	size_t nr_syncs;
	size_t kill_at; /* the system call of the journal, or the reset, to die at; 0 for never */
	size_t nr_moments; /* so far */
	size_t synced;     /* size of the journal that survives a power failure */
	size_t fail_at;    /* the system call of the journal that fails, 0 for none */
	size_t nr_calls;   /* of the journal, so far */
	size_t nr_fails;   /* the number of calls in a row that fail */
	size_t fail_every; /* 0 for never */
	size_t room;       /* bytes that the disk takes before it is full once, 0 for all */
	const char *poke;  /* file of config space that each poke_every-th reset changes */
	size_t poke_every;
	const char *unbind;    /* link to a driver that the fifth reset removes */
	const char *late_poke; /* file of config space that changes after that */
	size_t nr_pauses;      /* before it changes */
	const char *counter;   /* file of an AER counter that grows with each poke_every-th reset */
	uint32_t failed;       /* checks that fail in each reset */
	const char *restless;  /* file of config space that changes by itself */
	const char *set;       /* file of config space that the third reset writes to */
	long set_at;
	int set_to;
	const char *gone; /* function whose config space the third reset takes away */
	int error;        /* of refused resets */
	enum {
		FATE_FINE,
		FATE_REFUSED
	} fate;
} * world;

static char journal[PATH_MAX];

/* One moment at which a process may be killed. */
static void moment(void)
{
	if (world->kill_at && ++world->nr_moments == world->kill_at)
		kill(getpid(), SIGKILL);
}

static void poke(const char *file)
{
	char path[PATH_MAX], byte;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", sysroot, file);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0 && pread(fd, &byte, 1, 0x3c) == 1);
	byte++;
	assert_int_equal(pwrite(fd, &byte, 1, 0x3c), 1);
	close(fd);
}

/* By the bus address. */
static void move_config(const char *name, const char *from, const char *to)
{
	char old[PATH_MAX], new[PATH_MAX];

	snprintf(old, sizeof(old), "%s/sys/bus/pci/devices/0000:%s/%s", sysroot, name, from);
	snprintf(new, sizeof(new), "%s/sys/bus/pci/devices/0000:%s/%s", sysroot, name, to);
	assert_int_equal(rename(old, new), 0);
}

/* As the kernel writes it. */
static void grow(const char *file, size_t total)
{
	char text[64];

	snprintf(text, sizeof(text), "RxErr 0\nTOTAL_ERR_FATAL %zu\n", total);
	sysroot_write(file, text);
}

static void answer(struct batch_item *item)
{
	struct pcireset_report *report = report_new();

	assert_non_null(report);
	item->report = report;
	report->type = pcireset_plan_get_type(item->plan);
	report->result = PCIRESET_RESULT_VERIFIED;
	report->issued = report->type;
	report->wait_ns = 100000000;
	report->total_ns = 110000000;
	if (world->fate == FATE_REFUSED) {
		report->result = PCIRESET_RESULT_REFUSED;
		report->error = world->error ? world->error : -EBUSY;
		report->message = strdup("somebody holds the lock");
	} else if (world->failed) {
		report->result = PCIRESET_RESULT_FAILED;
		report->error = -EIO;
		report->failed = world->failed;
	} else if (world->fail_every && world->nr_resets % world->fail_every == 0) {
		report->result = PCIRESET_RESULT_FAILED;
		report->error = -EIO;
		report->failed = PCIRESET_CHECK_PROOF;
		report->proof = PCIRESET_PROOF_REFUTED;
	}
}

int __wrap_pcireset_batch_run(struct pcireset_batch *batch);
int __wrap_pcireset_batch_run(struct pcireset_batch *batch)
{
	const uint8_t set_to = (uint8_t)world->set_to;

	moment();
	if (world->fate != FATE_REFUSED)
		world->nr_resets++;
	if (world->poke && world->nr_resets % world->poke_every == 0)
		poke(world->poke);
	if (world->unbind && world->nr_resets == 5)
		assert_int_equal(unlink(world->unbind), 0);
	if (world->counter && world->nr_resets % world->poke_every == 0)
		grow(world->counter, world->nr_resets);
	if (world->set && world->nr_resets == 3)
		sysroot_write_config(world->set, world->set_at, &set_to, 1);
	if (world->gone && world->nr_resets == 3)
		move_config(world->gone, "config", "config-gone");
	moment();
	for (size_t i = 0; i < batch->nr; i++) {
		answer(&batch->v[i]);
		plan_done(batch->v[i].plan);
	}
	batch->has_run = true;
	return 0;
}

/* A crash may cut off what is written. */
ssize_t __real_write(int fd, const void *buf, size_t size);
ssize_t __wrap_write(int fd, const void *buf, size_t size);

/* The disk takes one byte less than its room, and then nothing once. */
static ssize_t write_to_full_disk(int fd, const void *buf, size_t size)
{
	size_t n = world->room - 1 < size ? world->room - 1 : size;

	world->room = n ? world->room - n : 0;
	if (n)
		return __real_write(fd, buf, n);
	errno = ENOSPC;
	return -1;
}

/* Does this call fail? */
static bool is_failing(void)
{
	if (!world->fail_at || ++world->nr_calls < world->fail_at ||
	    world->nr_calls >= world->fail_at + world->nr_fails)
		return false;
	errno = EIO;
	return true;
}

ssize_t __wrap_write(int fd, const void *buf, size_t size)
{
	size_t half = size / 2;
	ssize_t n;

	if (world->room)
		return write_to_full_disk(fd, buf, size);
	if (is_failing())
		return __real_write(fd, buf, half) < 0 ? -1 : (errno = EIO, -1);
	if (!world->kill_at)
		return __real_write(fd, buf, size);
	moment();
	n = __real_write(fd, buf, half);
	moment();
	assert_int_equal(n, half);
	n = __real_write(fd, (const char *)buf + half, size - half);
	moment();
	return n < 0 ? n : n + (ssize_t)half;
}

/* A process that is killed leaves behind what it has written. Syncing is noted only. */
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	struct stat st;

	moment();
	if (is_failing())
		return -1;
	assert_int_equal(fstat(fd, &st), 0);
	world->synced = (size_t)st.st_size;
	world->nr_syncs++;
	moment();
	return 0;
}

int __real_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size)
{
	int r;

	moment();
	r = is_failing() ? -1 : __real_ftruncate64(fd, size);
	moment();
	return r;
}

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to)
{
	int r;

	moment();
	r = is_failing() ? -1 : __real_link(from, to);
	moment();
	return r;
}

/* The directory of a new journal. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd;
	return 0;
}

/* No waiting for registers that change by themselves: in files, only a driver changes some. */
void __wrap_pause_ns(uint64_t ns);
void __wrap_pause_ns(uint64_t ns)
{
	(void)ns;
	if (world->restless)
		poke(world->restless);
	if (world->late_poke && world->nr_resets >= 5 && !world->nr_pauses--)
		poke(world->late_poke);
}

static void remove_file(const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sysroot, file);
	assert_int_equal(unlink(path), 0);
}

static int make(void **state)
{
	int r = context_make(state);

	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (world == MAP_FAILED)
		return -1;
	memset(world, 0, sizeof(*world));
	snprintf(journal, sizeof(journal), "%s/journal", sysroot);
	unlink(journal);
	return r;
}

static int end(void **state)
{
	munmap(world, sizeof(*world));
	return context_remove(state);
}

static int make_machine(void **state)
{
	char path[PATH_MAX];
	int r = sysroot_make(state);

	snprintf(path, sizeof(path),
		 "cd %s && mkdir -p proc/sys/kernel/random run sys/class/dmi/id", sysroot);
	if (r || system(path))
		return -1;
	sysroot_write(BOOT, "boot-1\n");
	return 0;
}

static void add(struct pcireset_qualify *qualify, const char *name, uint32_t type)
{
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_plan_new(find(qualify->ctx, name), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, type), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_qualify_add(qualify, plan), 0);
	pcireset_plan_unref(plan);
}

static struct pcireset_qualify *new_run(struct pcireset_ctx *ctx, uint32_t count)
{
	struct pcireset_qualify *qualify;

	assert_int_equal(pcireset_qualify_new(ctx, &qualify), 0);
	add(qualify, NIC, PCI_RESET_BUS);
	add(qualify, NIC, PCI_RESET_PM);
	assert_int_equal(pcireset_qualify_set_count(qualify, count), 0);
	return qualify;
}

static int run_all(struct pcireset_qualify *qualify)
{
	int r;

	do
		r = pcireset_qualify_step(qualify);
	while (r > 0);
	return r;
}

static struct pcireset_series series_of(struct pcireset_qualify *qualify, uint32_t type)
{
	struct pcireset_series series;

	assert_int_equal(pcireset_qualify_get_series(qualify, 0, type, &series), 0);
	return series;
}

static void runs_each_type_as_often(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 50);
	size_t nr_after[2] = { 0, 0 };

	assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
	assert_int_equal(pcireset_qualify_get_nr_rounds(qualify), 100);
	assert_int_equal(run_all(qualify), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 0);
	assert_int_equal(world->nr_resets, 100);
	assert_int_equal(series_of(qualify, PCI_RESET_PM).nr, 50);
	assert_int_equal(series_of(qualify, PCI_RESET_BUS).nr, 50);
	assert_int_equal(series_of(qualify, PCI_RESET_BUS).nr_failed, 0);
	assert_int_equal(pcireset_qualify_find(qualify), 0);
	/* Each type follows each. */
	for (size_t i = 1; i < 100; i++) {
		const struct pcireset_sample *s = pcireset_qualify_get_sample(qualify, i);

		assert_int_equal(s->previous, pcireset_qualify_get_sample(qualify, i - 1)->type);
		nr_after[s->type == s->previous]++;
	}
	assert_in_range(nr_after[1], 10, 40);
	pcireset_qualify_unref(qualify);
}

static void a_failure_is_counted_and_found(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 100);

	world->fail_every = 1;
	assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
	assert_int_equal(run_all(qualify), 0);
	assert_int_equal(series_of(qualify, PCI_RESET_PM).nr_failed, 100);
	assert_int_equal(pcireset_qualify_find(qualify), 2);
	assert_string_equal(pcireset_qualify_get_finding_text(qualify, 0),
			    "every pm: the reset had no effect (100 of 100 resets, 97 % to "
			    "100 % at 95 % each)");
	pcireset_qualify_unref(qualify);
}

static void each_failed_check_has_its_mark(void **state)
{
	static const struct {
		uint32_t check, marks;
	} cases[] = {
		{ PCIRESET_CHECK_READY, PCIRESET_MARK_NOT_READY },
		{ PCIRESET_CHECK_IDENTITY, PCIRESET_MARK_IDENTITY },
		{ PCIRESET_CHECK_CONFIG, PCIRESET_MARK_CONFIG },
		{ PCIRESET_CHECK_LINK, PCIRESET_MARK_FAILED },
		{ PCIRESET_CHECK_PROOF, PCIRESET_MARK_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pcireset_qualify *qualify = new_run(*state, 1);

		world->failed = cases[i].check;
		assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
		assert_int_equal(pcireset_qualify_step(qualify), 1);
		assert_int_equal(pcireset_qualify_get_sample(qualify, 0)->marks, cases[i].marks);
		pcireset_qualify_unref(qualify);
	}
}

/* What the third reset writes to config space, and what must be found. */
static const struct {
	const char *name;
	uint8_t cap[2], before, after; /* identity of a capability at 0x70, and a byte */
	long at;
	uint32_t type, mark;
} changes[] = {
	/* Link Status of the port above: the width, and the speed */
	{ "0000:06:01.0", { 0 }, 0x43, 0x23, 0x62, PCI_RESET_PM, PCIRESET_MARK_LINK_WIDTH },
	{ "0000:06:01.0", { 0 }, 0x43, 0x23, 0x62, PCI_RESET_BUS, PCIRESET_MARK_LINK_WIDTH },
	{ "0000:06:01.0", { 0 }, 0x43, 0x42, 0x62, PCI_RESET_PM, PCIRESET_MARK_LINK_SPEED },
	{ "0000:06:01.0", { 0 }, 0x43, 0x42, 0x62, PCI_RESET_BUS, PCIRESET_MARK_LINK_SPEED },
	/* the enable bits of MSI, MSI-X and ATS */
	{ "0000:" NIC, { PCI_CAP_ID_MSI }, 1, 0, 0x72, PCI_RESET_PM, PCIRESET_MARK_INTERRUPTS },
	{ "0000:" NIC, { PCI_CAP_ID_MSIX }, 0x80, 0, 0x73, PCI_RESET_PM, PCIRESET_MARK_INTERRUPTS },
	{ "0000:" NIC, { 0xff }, 0x80, 0, 0x107, PCI_RESET_PM, PCIRESET_MARK_ATS },
};

static void what_a_reset_changes_has_its_mark(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct pcireset_qualify *qualify;
		const struct pcireset_sample *sample;

		if (!strcmp(changes[i].name, "0000:" NIC)) {
			sysroot_write_config("0000:" NIC, 0x70, changes[i].cap, 2);
			sysroot_write_config("0000:" NIC, 0x100, "\x0f\0\x01", 4);
		}
		sysroot_write_config(changes[i].name, changes[i].at, &changes[i].before, 1);
		assert_int_equal(pcireset_qualify_new(*state, &qualify), 0);
		add(qualify, NIC, changes[i].type);
		assert_int_equal(pcireset_qualify_set_count(qualify, 4), 0);
		world->nr_resets = 0;
		world->set = changes[i].name;
		world->set_at = changes[i].at;
		world->set_to = changes[i].after;
		assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
		assert_int_equal(run_all(qualify), 0);
		for (size_t n = 0; n < 4; n++) {
			bool is_hit = n == 2 || (n == 3 && changes[i].type == PCI_RESET_BUS);

			sample = pcireset_qualify_get_sample(qualify, n);
			if (!!(sample->marks & changes[i].mark) != is_hit)
				fail_msg("case %zu, reset %zu: %#x", i, n, sample->marks);
		}
		pcireset_qualify_unref(qualify);
	}
	sysroot_write_config("0000:" NIC, 0x70, "\xff", 2);
	sysroot_write_config("0000:" NIC, 0x100, "\0\0\0\0\0\0\0", 8);
	sysroot_write_config("0000:06:01.0", 0x62, "\0", 1);
}

/* The bus reset of NIC affects OTHER, which is no device of the run. */
static void an_affected_function_that_is_gone_is_found_once(void **state)
{
	struct pcireset_qualify *qualify;

	assert_int_equal(pcireset_qualify_new(*state, &qualify), 0);
	add(qualify, NIC, PCI_RESET_BUS);
	assert_int_equal(pcireset_qualify_set_count(qualify, 4), 0);
	world->gone = OTHER;
	assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_true(pcireset_qualify_step(qualify) >= 0);
		assert_int_equal(pcireset_qualify_get_sample(qualify, i)->marks,
				 i == 2 ? PCIRESET_MARK_NOT_READY : 0);
	}
	move_config(OTHER, "config-gone", "config");
	pcireset_qualify_unref(qualify);
}

/* A counter in a register, for example. */
static void a_restless_register_is_no_finding(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 10);

	world->restless = world->poke = AER "08:00.1/config";
	world->poke_every = 1;
	assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
	assert_int_equal(run_all(qualify), 0);
	assert_int_equal(pcireset_qualify_find(qualify), 0);
	pcireset_qualify_unref(qualify);
}

/* A register outside the plan, and one of the device. */
static void a_changed_register_is_found(void **state)
{
	static const struct {
		const char *file;
		uint32_t mark;
	} cases[] = { { "sys/bus/pci/devices/0000:01:00.0/config", PCIRESET_MARK_NEIGHBOUR },
		      { "sys/bus/pci/devices/0000:08:00.1/config", PCIRESET_MARK_CONFIG } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pcireset_qualify *qualify;
		const struct pcireset_finding *finding;

		assert_int_equal(pcireset_qualify_new(*state, &qualify), 0);
		add(qualify, NIC, PCI_RESET_PM);
		assert_int_equal(pcireset_qualify_set_count(qualify, 100), 0);
		world->poke = cases[i].file;
		world->poke_every = 10;
		assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
		assert_int_equal(run_all(qualify), 0);
		assert_int_equal(pcireset_qualify_find(qualify), 1);
		finding = pcireset_qualify_get_finding(qualify, 0);
		assert_int_equal(finding->mark, cases[i].mark);
		assert_int_equal(finding->pattern, PCIRESET_PATTERN_PERIOD);
		assert_int_equal(finding->period, 10);
		assert_int_equal(finding->offset, 0x3c);
		if (i == 0)
			assert_int_equal(finding->who.bus, 1);
		pcireset_qualify_unref(qualify);
	}
}

/* A driver that goes clears bits of Command itself. Then nothing else is found. */
static void a_driver_that_goes_is_one_finding(void **state)
{
	static const struct {
		const char *driver, *config;
		uint32_t mark;
	} cases[] = {
		{ "0000:08:00.1/driver", "0000:08:00.1/config", PCIRESET_MARK_DRIVER },
		{ "0000:01:00.0/driver", "0000:01:00.0/config", PCIRESET_MARK_NEIGHBOUR },
	};
	char driver[256], config[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pcireset_qualify *qualify;
		const struct pcireset_finding *finding;

		snprintf(driver, sizeof(driver), "%s/sys/bus/pci/devices/%s", sysroot,
			 cases[i].driver);
		snprintf(config, sizeof(config), "sys/bus/pci/devices/%s", cases[i].config);
		unlink(driver);
		assert_int_equal(symlink("../drivers/one", driver), 0);
		assert_int_equal(pcireset_qualify_new(*state, &qualify), 0);
		add(qualify, NIC, PCI_RESET_PM);
		assert_int_equal(pcireset_qualify_set_count(qualify, 9), 0);
		world->nr_resets = 0;
		world->unbind = driver;
		world->nr_pauses = i;
		world->late_poke = config;
		assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
		assert_int_equal(run_all(qualify), 0);
		assert_int_equal(pcireset_qualify_find(qualify), 1);
		finding = pcireset_qualify_get_finding(qualify, 0);
		assert_int_equal(finding->mark, cases[i].mark);
		assert_int_equal(finding->pattern, PCIRESET_PATTERN_ONCE);
		if (cases[i].mark == PCIRESET_MARK_NEIGHBOUR)
			assert_int_equal(finding->offset, PCIRESET_PLACE_DRIVER);
		pcireset_qualify_unref(qualify);
	}
}

/* Of the device, of another function of its bus, and of one that the plan does not affect. */
static void a_growing_error_counter_is_found(void **state)
{
	static const struct {
		const char *file;
		uint32_t type, mark, place;
	} cases[] = {
		{ AER "08:00.1/aer_dev_fatal", PCI_RESET_PM, PCIRESET_MARK_ERRORS, 0 },
		{ AER "08:00.1/aer_dev_correctable", PCI_RESET_PM, PCIRESET_MARK_CORRECTABLE, 0 },
		{ AER "08:00.0/aer_dev_nonfatal", PCI_RESET_BUS, PCIRESET_MARK_ERRORS, 0 },
		{ AER "01:00.0/aer_dev_nonfatal", PCI_RESET_PM, PCIRESET_MARK_NEIGHBOUR,
		  PCIRESET_PLACE_ERRORS },
		{ AER "01:00.0/aer_dev_correctable", PCI_RESET_PM, PCIRESET_MARK_CORRECTABLE,
		  PCIRESET_PLACE_CORRECTABLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pcireset_qualify *qualify;
		const struct pcireset_finding *finding;

		assert_int_equal(pcireset_qualify_new(*state, &qualify), 0);
		add(qualify, NIC, cases[i].type);
		assert_int_equal(pcireset_qualify_set_count(qualify, 50), 0);
		world->counter = cases[i].file;
		world->poke_every = 5;
		world->nr_resets = 0;
		grow(cases[i].file, 0);
		assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
		assert_int_equal(run_all(qualify), 0);
		assert_int_equal(pcireset_qualify_find(qualify), 1);
		finding = pcireset_qualify_get_finding(qualify, 0);
		assert_int_equal(finding->mark, cases[i].mark);
		assert_int_equal(finding->period, 5);
		assert_int_equal(finding->offset, cases[i].place);
		assert_int_equal(finding->who.bus, cases[i].place ? 1 : 0);
		assert_int_equal(!!strstr(pcireset_qualify_get_finding_text(qualify, 0),
					  "0000:01:00.0, which is not affected, has "),
				 !!cases[i].place);
		pcireset_qualify_unref(qualify);
		remove_file(cases[i].file);
	}
}

/* The members of the plans no longer are as agreed: as if a function were missing. */
static void change_members(struct pcireset_qualify *qualify, size_t by)
{
	for (size_t i = 0; i < qualify->nr_plans; i++)
		qualify->plans[i].nr += by;
}

/* A function that is late may come back within a minute. After any other failure, the run stops. */
static void a_late_function_is_awaited(void **state)
{
	static const uint32_t checks[] = { PCIRESET_CHECK_READY, PCIRESET_CHECK_CONFIG };

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct pcireset_qualify *qualify = new_run(*state, 9);
		size_t nr_waits[2] = { 0 };

		world->failed = checks[i];
		assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
		for (size_t n = 0; n < 2; n++) {
			assert_int_equal(pcireset_qualify_step(qualify), 1);
			change_members(qualify, 1);
			while (nr_waits[n] < 50 && pcireset_qualify_step(qualify) == 1)
				nr_waits[n]++;
			change_members(qualify, (size_t)-1);
			assert_int_equal(nr_waits[n], i ? 0 : 50);
		}
		change_members(qualify, 1);
		world->failed = 0;
		for (size_t n = 0; n < 100; n++)
			if (pcireset_qualify_step(qualify) < 0)
				break;
		assert_non_null(pcireset_qualify_get_stop(qualify));
		change_members(qualify, (size_t)-1);
		pcireset_qualify_unref(qualify);
	}
}

/* The machine changed between the plan and the reset: the round is repeated a few times. */
static void a_stale_round_is_repeated(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 9);

	assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
	world->error = -ESTALE;
	for (size_t n = 0; n < 2; n++) {
		world->fate = FATE_REFUSED;
		for (size_t i = 0; i < 5; i++)
			assert_int_equal(pcireset_qualify_step(qualify), 1);
		world->fate = n ? FATE_REFUSED : FATE_FINE;
		assert_int_equal(pcireset_qualify_step(qualify), n ? -ESTALE : 1);
	}
	assert_int_equal(world->nr_resets, 1);
	pcireset_qualify_unref(qualify);
}

/* What cannot be read is not zero. */
static void a_damaged_error_counter_is_an_error(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5);

	sysroot_write(AER "08:00.1/aer_dev_fatal", "no number\n");
	assert_int_equal(pcireset_qualify_create(qualify, NULL), -EBADMSG);
	pcireset_qualify_unref(qualify);
	remove_file(AER "08:00.1/aer_dev_fatal");
}

/* A driver that cannot be read is not a driver that is gone. */
static void an_unreadable_driver_is_an_error(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5);
	char driver[PATH_MAX];

	snprintf(driver, sizeof(driver), "%s/sys/bus/pci/devices/0000:08:00.1/driver", sysroot);
	unlink(driver);
	assert_int_equal(mkdir(driver, 0755), 0);
	assert_int_equal(pcireset_qualify_create(qualify, NULL), -EINVAL);
	assert_int_equal(rmdir(driver), 0);
	pcireset_qualify_unref(qualify);
}

/* A function that the plan would affect now, and did not when it was shown. */
static void a_wider_plan_stops_the_run(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 50);
	struct qualify_plan *plan = qualify_plan_of(qualify, 0, PCI_RESET_BUS);

	assert_int_equal(plan->nr, 2);
	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	plan->nr = 1;
	assert_int_equal(run_all(qualify), -ESTALE);
	assert_string_equal(pcireset_qualify_get_stop(qualify),
			    "0000:08:00.1: bus affects other functions than when the run began");
	assert_true(world->nr_resets < 50);
	assert_int_equal(series_of(qualify, PCI_RESET_BUS).nr, 0);
	pcireset_qualify_unref(qualify);
	/* The reason is in the journal. */
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_non_null(pcireset_qualify_get_stop(qualify));
	pcireset_qualify_unref(qualify);
}

/* As many as when it was shown, but others. */
static void a_plan_for_others_stops_the_run(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 50);

	assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
	qualify_plan_of(qualify, 0, PCI_RESET_BUS)->members[1].devfn++;
	assert_int_equal(run_all(qualify), -ESTALE);
	assert_int_equal(series_of(qualify, PCI_RESET_BUS).nr, 0);
	pcireset_qualify_unref(qualify);
}

static void a_refused_reset_is_not_counted(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 10);

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	world->fate = FATE_REFUSED;
	assert_int_equal(run_all(qualify), -EBUSY);
	assert_string_equal(pcireset_ctx_get_errmsg(*state),
			    "0000:08:00.1: somebody holds the lock");
	assert_int_equal(pcireset_qualify_get_nr_samples(qualify), 1);
	pcireset_qualify_unref(qualify);
	world->fate = FATE_FINE;
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_int_equal(pcireset_qualify_resume(qualify, journal), 0);
	assert_null(pcireset_qualify_get_stop(qualify));
	assert_int_equal(run_all(qualify), 0);
	assert_int_equal(series_of(qualify, PCI_RESET_PM).nr, 10);
	assert_int_equal(series_of(qualify, PCI_RESET_BUS).nr, 10);
	assert_int_equal(world->nr_resets, 20);
	pcireset_qualify_unref(qualify);
}

static void an_exercise_counts_for_the_round_before(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5);

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	assert_int_equal(pcireset_qualify_note_exercise(qualify, 0), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	assert_int_equal(pcireset_qualify_note_exercise(qualify, 1), 0);
	/* What an exercise changes is no fault of a reset. */
	poke("sys/bus/pci/devices/0000:08:00.1/config");
	assert_int_equal(run_all(qualify), 0);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_int_equal(pcireset_qualify_find(qualify), 1);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 0)->marks, 0);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 1)->marks, PCIRESET_MARK_EXERCISE);
	pcireset_qualify_unref(qualify);
}

/* A run of both devices, with so many rounds. */
static struct pcireset_qualify *new_pair(struct pcireset_ctx *ctx, uint32_t count)
{
	struct pcireset_qualify *qualify;

	assert_int_equal(pcireset_qualify_new(ctx, &qualify), 0);
	add(qualify, OTHER, PCI_RESET_BUS);
	add(qualify, NIC, PCI_RESET_BUS);
	assert_int_equal(pcireset_qualify_set_count(qualify, count), 0);
	return qualify;
}

/* The errors of one device do not count for the other one. */
static void errors_during_an_exercise_count_for_the_round_before(void **state)
{
	struct pcireset_qualify *qualify = new_pair(*state, 2);

	grow(AER "08:00.1/aer_dev_nonfatal", 0);
	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	grow(AER "08:00.1/aer_dev_nonfatal", 3);
	assert_int_equal(pcireset_qualify_note_exercise(qualify, 0), 0);
	assert_int_equal(run_all(qualify), 0);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_int_equal(pcireset_qualify_find(qualify), 1);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 0)->marks, 0);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 1)->marks, PCIRESET_MARK_ERRORS);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 3)->marks, 0);
	pcireset_qualify_unref(qualify);
	remove_file(AER "08:00.1/aer_dev_nonfatal");
}

/* The port is that of both devices. */
static void errors_of_the_port_during_an_exercise_count(void **state)
{
	struct pcireset_qualify *qualify = new_pair(*state, 2);

	grow(AER "06:01.0/aer_dev_nonfatal", 0);
	assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	grow(AER "06:01.0/aer_dev_nonfatal", 1);
	assert_int_equal(pcireset_qualify_note_exercise(qualify, 0), 0);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 0)->marks, PCIRESET_MARK_ERRORS);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 1)->marks, PCIRESET_MARK_ERRORS);
	pcireset_qualify_unref(qualify);
	remove_file(AER "06:01.0/aer_dev_nonfatal");
}

/* With the first device. */
static void a_changed_neighbour_counts_once(void **state)
{
	struct pcireset_qualify *qualify = new_pair(*state, 1);

	world->poke = AER "01:00.0/config";
	world->poke_every = 1;
	assert_int_equal(pcireset_qualify_create(qualify, NULL), 0);
	assert_int_equal(run_all(qualify), 0);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 0)->marks, PCIRESET_MARK_NEIGHBOUR);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 1)->marks, 0);
	pcireset_qualify_unref(qualify);
}

/* How far the exercise of the first round came before the process ended. */
enum progress {
	NOT_BEGUN,
	BEGUN,
	INTERRUPTED,
	ENDED,
	NR_PROGRESSES
};

static void exercise_until(struct pcireset_ctx *ctx, enum progress progress)
{
	struct pcireset_qualify *qualify = new_run(ctx, 5);

	unlink(journal);
	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_begin_exercise(qualify), -EINVAL);
	assert_true(pcireset_qualify_is_exercised(qualify));
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	assert_false(pcireset_qualify_is_exercised(qualify));
	if (progress != NOT_BEGUN)
		assert_int_equal(pcireset_qualify_begin_exercise(qualify), 0);
	if (progress >= INTERRUPTED)
		assert_int_equal(
			pcireset_qualify_note_exercise(qualify, progress == ENDED ? 0 : -1), 0);
	assert_int_equal(pcireset_qualify_is_exercised(qualify), progress == ENDED);
	pcireset_qualify_unref(qualify);
}

static void exercise_is(struct pcireset_qualify *qualify, bool is_exercised, uint32_t marks)
{
	assert_int_equal(pcireset_qualify_is_exercised(qualify), is_exercised);
	assert_int_equal(pcireset_qualify_get_sample(qualify, 0)->marks, marks);
	pcireset_qualify_unref(qualify);
}

/* It is repeated. If the machine has crashed, it has failed. */
static void an_exercise_that_was_cut_off_is_not_lost(void **state)
{
	for (enum progress progress = NOT_BEGUN; progress < NR_PROGRESSES; progress++)
		for (int crashes = 0; crashes <= 1; crashes++) {
			bool has_failed = crashes && progress == BEGUN;
			uint32_t marks = has_failed ? PCIRESET_MARK_EXERCISE : 0;
			struct pcireset_qualify *qualify;

			exercise_until(*state, progress);
			if (crashes)
				sysroot_write(BOOT, "boot-2\n");
			assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
			assert_int_equal(pcireset_qualify_resume(qualify, journal), 0);
			exercise_is(qualify, has_failed || progress == ENDED, marks);
			assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
			exercise_is(qualify, has_failed || progress == ENDED, marks);
			sysroot_write(BOOT, "boot-1\n");
		}
}

/* A failure that is not stored is an error, and not counted. */
static void an_exercise_that_cannot_be_stored_is_unknown(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5);

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	world->room = 6;
	assert_int_equal(pcireset_qualify_note_exercise(qualify, 1), -ENOSPC);
	exercise_is(qualify, false, 0);
}

/* Begin or resume in a process that may be killed. Return: is it complete? */
static bool run_in_child(struct pcireset_ctx *ctx, size_t kill_at)
{
	struct pcireset_qualify *qualify;
	bool is_new = access(journal, F_OK) != 0;
	int status;
	pid_t pid;

	world->kill_at = kill_at;
	world->nr_moments = 0;
	pid = fork();
	if (!pid) {
		if (is_new) {
			qualify = new_run(ctx, 12);
			assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
		} else {
			assert_int_equal(pcireset_qualify_load(ctx, journal, &qualify), 0);
			assert_int_equal(pcireset_qualify_resume(qualify, journal), 0);
		}
		_exit(run_all(qualify) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	world->kill_at = 0;
	assert_true(WIFSIGNALED(status) || (WIFEXITED(status) && !WEXITSTATUS(status)));
	return WIFEXITED(status);
}

/* What the journal says after all kills. */
static void is_complete(struct pcireset_ctx *ctx, size_t nr_kills)
{
	struct pcireset_qualify *qualify;
	struct pcireset_series pm, bus;
	size_t nr_interrupted;

	assert_int_equal(pcireset_qualify_load(ctx, journal, &qualify), 0);
	pm = series_of(qualify, PCI_RESET_PM);
	bus = series_of(qualify, PCI_RESET_BUS);
	nr_interrupted = pm.nr_interrupted + bus.nr_interrupted;
	assert_int_equal(pm.nr, 12);
	assert_int_equal(bus.nr, 12);
	assert_int_equal(pm.nr_failed + bus.nr_failed, 0);
	assert_in_range(nr_interrupted, 0, nr_kills);
	/* A reset whose end is not stored has an unknown outcome, whether it took place or not. */
	assert_in_range(world->nr_resets, 24, 24 + nr_interrupted);
	assert_int_equal(pcireset_qualify_get_nr_samples(qualify), 24 + nr_interrupted);
	assert_int_equal(pcireset_qualify_find(qualify), 0);
	pcireset_qualify_unref(qualify);
}

/* Moments at which a process may die. */
#define HEAD_MOMENTS   7  /* write, sync, give it its name */
#define ROUND_MOMENTS  12 /* write and sync "begin", reset, write and sync the outcome */
#define RESUME_MOMENTS 7  /* cut off, write and sync "start" */

/* Also while the head is stored: then nothing of it is there, and the run begins again. */
static void a_run_killed_once_loses_and_repeats_nothing(void **state)
{
	for (size_t at = 1; at <= HEAD_MOMENTS + 3 * ROUND_MOMENTS; at++) {
		unlink(journal);
		world->nr_resets = 0;
		assert_false(run_in_child(*state, at));
		assert_int_equal(access(journal, F_OK), at < HEAD_MOMENTS ? -1 : 0);
		assert_true(run_in_child(*state, SIZE_MAX));
		is_complete(*state, 1);
	}
}

/* Killed in each moment of a round, and again in each moment of the start after that. */
static void a_run_killed_while_it_resumes_loses_and_repeats_nothing(void **state)
{
	const size_t round = HEAD_MOMENTS + ROUND_MOMENTS;

	for (size_t first = round + 1; first <= round + ROUND_MOMENTS; first++)
		for (size_t again = 1; again <= RESUME_MOMENTS; again++) {
			unlink(journal);
			world->nr_resets = 0;
			assert_false(run_in_child(*state, first));
			assert_false(run_in_child(*state, again));
			assert_true(run_in_child(*state, SIZE_MAX));
			is_complete(*state, 1);
		}
}

static void a_run_killed_often_loses_and_repeats_nothing(void **state)
{
	size_t nr_kills = 0;

	while (nr_kills < 20)
		nr_kills += !run_in_child(*state, 1 + nr_kills * 7 % 23);
	while (!run_in_child(*state, SIZE_MAX))
		;
	is_complete(*state, nr_kills);
}

/* All, a part, or nothing survives of the lines that were not synced. */
static void a_power_failure_loses_and_repeats_nothing(void **state)
{
	for (size_t at = HEAD_MOMENTS; at <= HEAD_MOMENTS + 3 * ROUND_MOMENTS; at++)
		for (size_t part = 0; part <= 2; part++) {
			struct stat st;

			unlink(journal);
			world->nr_resets = 0;
			assert_false(run_in_child(*state, at));
			assert_int_equal(stat(journal, &st), 0);
			assert_in_range(world->synced, 1, st.st_size);
			assert_int_equal(
				truncate(journal,
					 (off_t)(world->synced +
						 ((size_t)st.st_size - world->synced) * part / 2)),
				0);
			assert_true(run_in_child(*state, SIZE_MAX));
			is_complete(*state, 1);
		}
}

static void journal_is(struct pcireset_ctx *ctx, const struct pcireset_qualify *wanted)
{
	struct pcireset_qualify *qualify;

	assert_int_equal(pcireset_qualify_load(ctx, journal, &qualify), 0);
	assert_int_equal(qualify->round, wanted->round);
	assert_int_equal(!!qualify->stop, !!wanted->stop);
	assert_int_equal(qualify->nr_samples, wanted->nr_samples);
	for (size_t i = 0; i < wanted->nr_samples; i++) {
		assert_int_equal(qualify->samples[i].round, wanted->samples[i].round);
		assert_int_equal(qualify->samples[i].type, wanted->samples[i].type);
		assert_int_equal(qualify->samples[i].previous, wanted->samples[i].previous);
		assert_int_equal(qualify->samples[i].result, wanted->samples[i].result);
	}
	pcireset_qualify_unref(qualify);
}

/* A step failed: the same process goes on, or a later one if the journal is damaged. */
static struct pcireset_qualify *go_on(struct pcireset_ctx *ctx, struct pcireset_qualify *qualify)
{
	if (qualify->is_open) {
		journal_is(ctx, qualify);
		return qualify;
	}
	assert_int_equal(pcireset_qualify_step(qualify), -EINVAL);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_load(ctx, journal, &qualify), 0);
	/* The disk works again. */
	world->fail_at = 0;
	assert_int_equal(pcireset_qualify_resume(qualify, journal), 0);
	return qualify;
}

/* The calls from @at on fail, @nr_fails of them. */
static void run_with_failures(struct pcireset_ctx *ctx, size_t at, size_t nr_fails)
{
	struct pcireset_qualify *qualify = new_run(ctx, 12);
	size_t nr_errors = 0;

	world->nr_resets = world->nr_calls = 0;
	world->fail_at = at;
	world->nr_fails = nr_fails;
	if (at <= 3) {
		assert_int_equal(pcireset_qualify_create(qualify, journal), -EIO);
		assert_int_equal(access(journal, F_OK), -1);
		pcireset_qualify_unref(qualify);
		return;
	}
	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	while (pcireset_qualify_get_nr_done(qualify) < 24) {
		if (pcireset_qualify_step(qualify) >= 0)
			continue;
		nr_errors++;
		qualify = go_on(ctx, qualify);
	}
	world->fail_at = 0;
	assert_in_range(nr_errors, 1, nr_fails);
	journal_is(ctx, qualify);
	is_complete(ctx, nr_errors);
	pcireset_qualify_unref(qualify);
}

/* Each call that stores a line fails, alone or with the next ones, in three rounds. */
static void a_failed_store_loses_and_repeats_nothing(void **state)
{
	for (size_t nr_fails = 1; nr_fails <= 4; nr_fails++)
		for (size_t at = 1; at <= 3 + 4 * 3; at++) {
			unlink(journal);
			run_with_failures(*state, at, nr_fails);
		}
}

/* "begin" is stored before the reset, and the outcome before the next one. */
static void each_round_is_stored_twice(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 12);

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	world->nr_syncs = 0;
	assert_int_equal(run_all(qualify), 0);
	assert_int_equal(world->nr_syncs, 2 * 24);
	pcireset_qualify_unref(qualify);
}

/* The machine went down during a reset: that is a finding. */
static void a_restart_of_the_machine_is_found(void **state)
{
	struct pcireset_qualify *qualify;

	/* Before the reset of the first round. */
	assert_false(run_in_child(*state, HEAD_MOMENTS + 6));
	sysroot_write(BOOT, "boot-2\n");
	assert_true(run_in_child(*state, SIZE_MAX));
	sysroot_write(BOOT, "boot-1\n");
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_int_equal(pcireset_qualify_find(qualify), 1);
	assert_int_equal(pcireset_qualify_get_finding(qualify, 0)->mark, PCIRESET_MARK_MACHINE);
	pcireset_qualify_unref(qualify);
}

static void a_different_device_is_refused(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5);

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	pcireset_qualify_unref(qualify);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
		qualify->devices[0].vendor += i == 0;
		qualify->devices[0].device += i == 1;
		qualify->devices[0].class += i == 2;
		qualify->devices[0].revision += i == 3;
		qualify->devices[0].subsystem[0] += i == 4;
		qualify->devices[0].subsystem[1] += i == 5;
		assert_int_equal(pcireset_qualify_resume(qualify, journal), -ESTALE);
		assert_string_equal(pcireset_ctx_get_errmsg(*state),
				    "0000:08:00.1: it is a different device now");
		pcireset_qualify_unref(qualify);
	}
	assert_int_equal(world->nr_resets, 1);
}

/* What the administrator allowed is neither lost nor widened. */
static void a_resumed_run_has_the_same_plans(void **state)
{
	struct pcireset_qualify *qualify;
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_qualify_new(*state, &qualify), 0);
	assert_int_equal(pcireset_plan_new(find(*state, NIC), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_BUS), 0);
	assert_int_equal(pcireset_plan_set_checks(plan, PCIRESET_CHECK_PROOF), 0);
	assert_int_equal(pcireset_plan_set_force(plan, PCIRESET_USE_NET), 0);
	assert_int_equal(pcireset_plan_set_max_scope(plan, PCIRESET_SCOPE_BUS), 0);
	assert_int_equal(pcireset_plan_set_timeout_ms(plan, 500), 0);
	assert_int_equal(pcireset_plan_set_settle_ms(plan, 700), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	/* The journal has no speed of the link. */
	plan->link_speed = 3;
	assert_int_equal(pcireset_qualify_add(qualify, plan), -EINVAL);
	plan->link_speed = 0;
	assert_int_equal(pcireset_qualify_add(qualify, plan), 0);
	pcireset_plan_unref(plan);
	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_int_equal(pcireset_qualify_resume(qualify, journal), 0);
	plan = qualify->plans[0].plan;
	assert_int_equal(plan->types, PCI_RESET_BUS);
	assert_int_equal(plan->checks, PCIRESET_CHECK_PROOF);
	assert_int_equal(plan->force, PCIRESET_USE_NET);
	assert_int_equal(plan->max_scope, PCIRESET_SCOPE_BUS);
	assert_int_equal(plan->timeout_ms, 500);
	assert_int_equal(plan->settle_ms, 700);
	pcireset_qualify_unref(qualify);
}

#define BIOS "sys/class/dmi/id/bios_version"

/* Nor may the machine be another one: the certificate names one kernel and one firmware. */
static void other_firmware_is_refused(void **state)
{
	static const char *const versions[] = { NULL, "1", "2" };
	struct pcireset_qualify *qualify;

	for (size_t then = 0; then < 3; then++)
		for (size_t now = 0; now < 3; now++) {
			unlink(journal);
			if (versions[then])
				sysroot_write(BIOS, versions[then]);
			qualify = new_run(*state, 5);
			assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
			pcireset_qualify_unref(qualify);
			if (versions[then])
				remove_file(BIOS);
			if (versions[now])
				sysroot_write(BIOS, versions[now]);
			assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
			assert_int_equal(pcireset_qualify_resume(qualify, journal),
					 then == now ? 0 : -ESTALE);
			if (then == 1 && now == 2)
				assert_string_equal(pcireset_ctx_get_errmsg(*state),
						    "firmware_version is '2' now, and was '1' "
						    "when the run began");
			pcireset_qualify_unref(qualify);
			if (versions[now])
				remove_file(BIOS);
		}
}

static void two_processes_do_not_share_a_run(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5), *other;

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_load(*state, journal, &other), 0);
	assert_int_equal(pcireset_qualify_resume(other, journal), -EBUSY);
	pcireset_qualify_unref(other);
	/* Also if the other one has ended meanwhile: what was read is out of date. */
	assert_int_equal(pcireset_qualify_load(*state, journal, &other), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_resume(other, journal), -ESTALE);
	pcireset_qualify_unref(other);
	/* A new run never overwrites an old one. */
	qualify = new_run(*state, 5);
	assert_int_equal(pcireset_qualify_create(qualify, journal), -EEXIST);
	pcireset_qualify_unref(qualify);
}

/* Each would find the resets of the other one. The bus reset of NIC affects OTHER. */
static void two_runs_do_not_share_a_function(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5), *other;

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_new(*state, &other), 0);
	add(other, OTHER, PCI_RESET_BUS);
	assert_int_equal(pcireset_qualify_create(other, NULL), -EBUSY);
	assert_non_null(
		strstr(pcireset_ctx_get_errmsg(*state), ": another qualification resets it"));
	assert_int_equal(pcireset_qualify_step(other), -EINVAL);
	pcireset_qualify_unref(other);
	assert_int_equal(pcireset_qualify_new(*state, &other), 0);
	add(other, NIC, PCI_RESET_PM);
	assert_int_equal(pcireset_qualify_create(other, NULL), -EBUSY);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_create(other, NULL), 0);
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_int_equal(pcireset_qualify_resume(qualify, journal), -EBUSY);
	pcireset_qualify_unref(qualify);
	pcireset_qualify_unref(other);
	assert_int_equal(world->nr_resets, 0);
}

/* Each byte of a journal, changed or cut off: an error, or a run with less of its end. */
static void a_damaged_journal_is_an_error(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 3);
	char text[8192], damaged[8192];
	size_t len;
	FILE *f;

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(run_all(qualify), 0);
	pcireset_qualify_unref(qualify);
	f = fopen(journal, "r");
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_true(len > 500 && len < sizeof(text));
	for (size_t i = 0; i < 2 * len; i++) {
		size_t cut = i < len ? len : i - len;
		int r;

		memcpy(damaged, text, len);
		if (i < len)
			damaged[i] ^= 1 << (i % 7);
		f = fopen(journal, "w");
		assert_true(fwrite(damaged, 1, cut, f) == cut);
		fclose(f);
		r = pcireset_qualify_load(*state, journal, &qualify);
		if (r) {
			assert_int_equal(r, -EBADMSG);
			continue;
		}
		assert_true(pcireset_qualify_get_nr_done(qualify) <= 6);
		pcireset_qualify_unref(qualify);
	}
}

/* A disk that is full for a while: the journal stays whole, and the run goes on. */
static void a_full_disk_leaves_no_part_of_a_line(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5);

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	assert_int_equal(pcireset_qualify_step(qualify), 1);
	world->room = 6;
	assert_int_equal(pcireset_qualify_step(qualify), -ENOSPC);
	assert_int_equal(world->nr_resets, 1);
	assert_int_equal(run_all(qualify), 0);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_int_equal(series_of(qualify, PCI_RESET_PM).nr, 5);
	assert_int_equal(series_of(qualify, PCI_RESET_BUS).nr, 5);
	pcireset_qualify_unref(qualify);
}

static void append_line(const char *line)
{
	FILE *f = fopen(journal, "a");

	assert_non_null(f);
	fprintf(f, "%s *%08x\n", line, journal_sum(line, strlen(line)));
	fclose(f);
}

/* A device without plans, or a plan that nobody has seen, is not part of the run. */
static void nothing_is_added_after_the_start(void **state)
{
	static const char *const lines[] = {
		"pcireset-qualify 1 5 0", "fact kernel other", "device 0:08:00 1 2 3 4 5 6 % 0 0",
		"plan 0 1 0 0 0 0 0 0",   "member 0:08:00",    "watched 0:08:00",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct pcireset_qualify *qualify = new_run(*state, 3);

		unlink(journal);
		assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
		pcireset_qualify_unref(qualify);
		append_line(lines[i]);
		assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), -EBADMSG);
	}
	/* The head alone: a device that has no plan yet. */
	unlink(journal);
	append_line("pcireset-qualify 1 5 0");
	append_line("device 0:08:00 1 2 3 4 5 6 % 0 0");
	append_line("plan 0 1 0 0 0 0 0 0");
	append_line("device 0:08:01 1 2 3 4 5 6 % 0 0");
	assert_int_equal(pcireset_qualify_load(*state, journal, &(struct pcireset_qualify *){ 0 }),
			 -EBADMSG);
	append_line("begin 0 1");
	assert_int_equal(pcireset_qualify_load(*state, journal, &(struct pcireset_qualify *){ 0 }),
			 -EBADMSG);
}

static void wrong_use_is_an_error(void **state)
{
	struct pcireset_qualify *qualify;
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_qualify_new(*state, &qualify), 0);
	assert_int_equal(pcireset_qualify_create(qualify, NULL), -EINVAL);
	assert_int_equal(pcireset_qualify_step(qualify), -EINVAL);
	assert_int_equal(pcireset_qualify_set_count(qualify, 0), -EINVAL);
	assert_int_equal(pcireset_qualify_add_fact(qualify, "Serial number", "1"), -EINVAL);
	assert_int_equal(pcireset_plan_new(find(*state, NIC), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_PM | PCI_RESET_BUS), 0);
	assert_int_equal(pcireset_qualify_add(qualify, plan), -EINVAL);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_qualify_add(qualify, plan), -EINVAL);
	pcireset_plan_unref(plan);
	add(qualify, NIC, PCI_RESET_PM);
	add(qualify, OTHER, PCI_RESET_BUS);
	/* Each device needs each type. */
	assert_int_equal(pcireset_qualify_create(qualify, NULL), -EINVAL);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_load(*state, "/nonexistent/journal", &qualify), -ENOENT);
}

/* The journals of all versions have this order. The seed 7 also is that of tests/cli/make-run. */
static void the_order_of_a_seed_is_fixed(void **state)
{
	static const uint32_t flr = PCI_RESET_FLR, pm = PCI_RESET_PM, bus = PCI_RESET_BUS;
	const uint32_t wanted[] = { pm,  bus, flr, flr, pm,  bus, bus, flr, pm,
				    flr, bus, pm,  flr, bus, pm,  pm,  bus, flr };
	struct pcireset_qualify *qualify;

	assert_int_equal(pcireset_qualify_new(*state, &qualify), 0);
	assert_int_equal(pcireset_qualify_set_seed(qualify, 7), 0);
	assert_int_equal(pcireset_qualify_get_seed(qualify), 7);
	memcpy(qualify->types, (const uint32_t[]){ flr, pm, bus }, 3 * sizeof(flr));
	qualify->nr_types = 3;
	for (uint32_t round = 0; round < ARRAY_SIZE(wanted); round++)
		assert_int_equal(order_type(qualify, round), wanted[round]);
	pcireset_qualify_unref(qualify);
}

static bool has_fact(const struct pcireset_qualify *qualify, const char *wanted)
{
	const char *key;

	for (size_t i = 0; pcireset_qualify_get_fact(qualify, i, &key); i++)
		if (!strcmp(key, wanted))
			return true;
	return false;
}

/* A fact that cannot be read is unknown. It is not left out. */
static void fact_of_the_machine_is_left_out(void **state)
{
	static const char *const keys[] = { "kernel", "vendor",  "firmware_version",
					    "module", "backend", "device_firmware" };
	struct pcireset_qualify *qualify = new_run(*state, 5);

	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		assert_true(has_fact(qualify, keys[i]));
	assert_false(has_fact(qualify, "serial"));
	pcireset_qualify_unref(qualify);
}

static void facts_have_no_serial_numbers(void **state)
{
	struct pcireset_qualify *qualify = new_run(*state, 5);
	const char *key, *value;
	bool has_kernel = false;

	assert_int_equal(
		pcireset_qualify_add_fact(qualify, "tool", "pcireset 0.1 100 % * new\nline"), 0);
	assert_int_equal(pcireset_qualify_create(qualify, journal), 0);
	pcireset_qualify_unref(qualify);
	assert_int_equal(pcireset_qualify_load(*state, journal, &qualify), 0);
	assert_string_equal(pcireset_qualify_get_fact(qualify, 0, &key),
			    "pcireset 0.1 100 % * new\nline");
	assert_string_equal(key, "tool");
	for (size_t i = 0; (value = pcireset_qualify_get_fact(qualify, i, &key)); i++) {
		has_kernel |= !strcmp(key, "kernel");
		assert_null(strstr(key, "serial"));
		assert_null(strstr(key, "uuid"));
	}
	assert_true(has_kernel);
	assert_non_null(strstr(pcireset_qualify_get_identity(qualify, 0), "class 0200"));
	pcireset_qualify_unref(qualify);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(runs_each_type_as_often),
		TEST(a_failure_is_counted_and_found),
		TEST(each_failed_check_has_its_mark),
		TEST(what_a_reset_changes_has_its_mark),
		TEST(an_affected_function_that_is_gone_is_found_once),
		TEST(a_restless_register_is_no_finding),
		TEST(a_changed_register_is_found),
		TEST(a_driver_that_goes_is_one_finding),
		TEST(a_growing_error_counter_is_found),
		TEST(a_late_function_is_awaited),
		TEST(a_stale_round_is_repeated),
		TEST(a_damaged_error_counter_is_an_error),
		TEST(an_unreadable_driver_is_an_error),
		TEST(a_wider_plan_stops_the_run),
		TEST(a_plan_for_others_stops_the_run),
		TEST(a_refused_reset_is_not_counted),
		TEST(an_exercise_counts_for_the_round_before),
		TEST(errors_during_an_exercise_count_for_the_round_before),
		TEST(errors_of_the_port_during_an_exercise_count),
		TEST(a_changed_neighbour_counts_once),
		TEST(an_exercise_that_was_cut_off_is_not_lost),
		TEST(an_exercise_that_cannot_be_stored_is_unknown),
		TEST(a_run_killed_once_loses_and_repeats_nothing),
		TEST(a_run_killed_while_it_resumes_loses_and_repeats_nothing),
		TEST(a_run_killed_often_loses_and_repeats_nothing),
		TEST(a_power_failure_loses_and_repeats_nothing),
		TEST(a_failed_store_loses_and_repeats_nothing),
		TEST(each_round_is_stored_twice),
		TEST(a_restart_of_the_machine_is_found),
		TEST(a_different_device_is_refused),
		TEST(a_resumed_run_has_the_same_plans),
		TEST(other_firmware_is_refused),
		TEST(two_processes_do_not_share_a_run),
		TEST(two_runs_do_not_share_a_function),
		TEST(a_damaged_journal_is_an_error),
		TEST(a_full_disk_leaves_no_part_of_a_line),
		TEST(nothing_is_added_after_the_start),
		TEST(wrong_use_is_an_error),
		TEST(the_order_of_a_seed_is_fixed),
		TEST(facts_have_no_serial_numbers),
		TEST(fact_of_the_machine_is_left_out),
	};

	return cmocka_run_group_tests(tests, make_machine, sysroot_remove);
}
