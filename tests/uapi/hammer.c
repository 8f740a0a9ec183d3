// SPDX-License-Identifier: GPL-2.0-only
/* hammer SECONDS SEED FUNCTION...: resets functions at random, as fast as it can, and checks what each call says. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/pcireset.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MAX_FUNCTIONS 64
#define MAX_MEMBERS   64
#define TIMEOUT_MS    3000
/* A lock is waited for 5 s and a function TIMEOUT_MS, both more than once at worst; the host may be busy, too. */
#define PATIENCE_MS 60000
#define MAX_ERRNO   135

enum {
	OPEN,
	QUERY,
	FIRST_RESET
};

static const struct {
	const char *name;
	uint32_t types;
} calls[] = {
	{ "open", 0 },
	{ "query", 0 },
	{ "flr", PCI_RESET_FLR },
	{ "pm", PCI_RESET_PM },
	{ "slot", PCI_RESET_SLOT },
	{ "bus", PCI_RESET_BUS },
	{ "func", PCI_RESET_FUNC },
	{ "link", PCI_RESET_LINK },
	{ "any", PCI_RESET_ANY },
};

static struct function {
	struct pcireset_addr addr;
	int fd;
} functions[MAX_FUNCTIONS];

static unsigned int nr_functions;
static unsigned int counts[ARRAY_SIZE(calls)][MAX_ERRNO];
static unsigned int failures;
static uint64_t slowest_ms;
static int control;
static unsigned int seed;

static unsigned int pick(unsigned int below)
{
	return (unsigned int)rand_r(&seed) % below;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("failure ", stdout);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
	failures++;
}

/* A call that takes too long counts as a failure even if it ends well. */
static int call(unsigned int nr, int fd, unsigned long cmd, void *arg)
{
	uint64_t begin = now_ms(), took;
	int error = ioctl(fd, cmd, arg) < 0 ? errno : 0;

	took = now_ms() - begin;
	if (took > slowest_ms)
		slowest_ms = took;
	if (took > PATIENCE_MS)
		fail("%s took %llu ms", calls[nr].name, (unsigned long long)took);
	if (error < MAX_ERRNO)
		counts[nr][error]++;
	return error;
}

static const char *name_of(const struct function *function)
{
	static char name[32];

	snprintf(name, sizeof(name), "%04x:%02x:%02x.%x", function->addr.domain, function->addr.bus,
		 function->addr.devfn >> 3, function->addr.devfn & 7);
	return name;
}

static bool is_among(int error, const int *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i] == error)
			return true;
	return false;
}

static void forget(struct function *function)
{
	if (function->fd >= 0)
		close(function->fd);
	function->fd = -1;
}

static bool open_function(struct function *function)
{
	struct pcireset_open arg = {
		.size = sizeof(arg),
		.addr = function->addr,
		.types = PCI_RESET_ANY,
		.force = PCIRESET_FORCE_DRIVER,
	};
	int error;

	if (function->fd >= 0)
		return true;
	error = call(OPEN, control, PCIRESET_OPEN, &arg);
	if (error && error != ENODEV)
		fail("open: %s", strerrorname_np(error));
	function->fd = error ? -1 : arg.out_fd;
	return !error;
}

/* Returns the generation of the plan, or 0 if there is none to be had. */
static uint64_t query_function(struct function *function, const struct pcireset_reset *reset)
{
	struct pcireset_member members[MAX_MEMBERS];
	struct pcireset_query arg = {
		.size = sizeof(arg),
		.types = reset->types,
		.flags = reset->flags & PCIRESET_RESET_ESCALATE,
		.force = reset->force,
		.member_size = sizeof(members[0]),
		.nr_members = MAX_MEMBERS,
		.member_ptr = (uintptr_t)members,
	};
	int error = call(QUERY, function->fd, PCIRESET_QUERY, &arg);

	if (error && error != ENODEV)
		fail("query: %s", strerrorname_np(error));
	if (error)
		return 0;
	if (arg.out_type & ~reset->types)
		fail("query: type %#x of %#x", arg.out_type, reset->types);
	return arg.out_generation;
}

/* What the interface says of each errno, and of what comes out with it. ENOMEM says all there is to say. */
static void check_reset(unsigned int nr, const struct pcireset_reset *arg, int error)
{
	static const int untouched[] = { EOPNOTSUPP, EBUSY, ENODEV, EAGAIN, ESTALE, ENOMEM };
	static const int touched[] = { 0, ETIMEDOUT, EIO };
	const char *name = calls[nr].name;

	if (error == EAGAIN && !(arg->flags & PCIRESET_RESET_TRY))
		fail("%s: EAGAIN from a call that waits", name);
	if (error == ESTALE && !arg->generation)
		fail("%s: ESTALE without a plan", name);
	if (is_among(error, untouched, ARRAY_SIZE(untouched))) {
		if (arg->out_issued)
			fail("%s: %s, and %#x issued", name, strerrorname_np(error),
			     arg->out_issued);
	} else if (is_among(error, touched, ARRAY_SIZE(touched))) {
		if (!arg->out_issued)
			fail("%s: errno %d, and nothing issued", name, error);
	} else {
		fail("%s: %s is not documented here", name, strerrorname_np(error));
	}
	if (arg->out_issued & ~arg->types)
		fail("%s: %#x issued of %#x", name, arg->out_issued, arg->types);
	if (!error && !arg->out_nr_members)
		fail("%s: success without members", name);
	if (error && error != ENOMEM && !arg->out_why)
		fail("%s: %s without a reason", name, strerrorname_np(error));
}

/* One line for each reset that came to harm: where, why, who. */
static void tell_harm(const struct function *function, const struct pcireset_reset *arg, int error)
{
	if (error != ETIMEDOUT && error != EIO)
		return;
	printf("harm %s type %#x %s why %u who %02x:%02x.%x checks %#x\n", name_of(function),
	       arg->out_type, strerrorname_np(error), arg->out_why, arg->out_who.bus,
	       arg->out_who.devfn >> 3, arg->out_who.devfn & 7, arg->out_failed);
}

static void reset_function(struct function *function, unsigned int nr)
{
	struct pcireset_member members[MAX_MEMBERS];
	struct pcireset_reset arg = {
		.size = sizeof(arg),
		.types = calls[nr].types,
		.flags = (pick(4) ? 0 : PCIRESET_RESET_TRY) |
			 (pick(8) ? 0 : PCIRESET_RESET_ESCALATE),
		.force = pick(4) ? PCIRESET_FORCE_DRIVER : 0,
		.timeout_ms = TIMEOUT_MS,
		.member_size = sizeof(members[0]),
		.nr_members = MAX_MEMBERS,
		.member_ptr = (uintptr_t)members,
	};
	int error;

	if (!pick(3))
		arg.generation = query_function(function, &arg);
	error = call(nr, function->fd, PCIRESET_RESET, &arg);
	check_reset(nr, &arg, error);
	tell_harm(function, &arg, error);
	if (error == ENODEV)
		forget(function);
}

static void hammer(uint64_t until)
{
	while (now_ms() < until) {
		struct function *function = &functions[pick(nr_functions)];

		if (!pick(16))
			forget(function);
		if (open_function(function))
			reset_function(function,
				       FIRST_RESET + pick(ARRAY_SIZE(calls) - FIRST_RESET));
		else
			usleep(10000);
	}
}

static void print_counts(void)
{
	for (size_t nr = 0; nr < ARRAY_SIZE(calls); nr++)
		for (int error = 0; error < MAX_ERRNO; error++)
			if (counts[nr][error])
				printf("count %s %s %u\n", calls[nr].name,
				       error ? strerrorname_np(error) : "0", counts[nr][error]);
	printf("slowest %llu\n", (unsigned long long)slowest_ms);
}

static bool parse_function(const char *text)
{
	struct function *function = &functions[nr_functions];
	unsigned int domain, bus, device, fn;

	if (nr_functions == MAX_FUNCTIONS ||
	    sscanf(text, "%x:%x:%x.%x", &domain, &bus, &device, &fn) != 4)
		return false;
	function->addr.domain = domain;
	function->addr.bus = (uint8_t)bus;
	function->addr.devfn = (uint8_t)(device << 3 | fn);
	function->fd = -1;
	nr_functions++;
	return true;
}

int main(int argc, char **argv)
{
	/* It resets whatever it is given. */
	if (!getenv("PCILAB")) {
		fputs("hammer: runs in a guest of the lab only\n", stderr);
		return 2;
	}
	for (int i = 3; i < argc; i++)
		if (!parse_function(argv[i]))
			return 2;
	if (!nr_functions) {
		fputs("usage: hammer SECONDS SEED FUNCTION...\n", stderr);
		return 2;
	}
	control = open("/dev/pcireset", O_RDWR | O_CLOEXEC);
	if (control < 0) {
		perror("/dev/pcireset");
		return 1;
	}

	setvbuf(stdout, NULL, _IOLBF, 0);
	seed = (unsigned int)strtoul(argv[2], NULL, 10);
	hammer(now_ms() + 1000 * strtoul(argv[1], NULL, 10));
	print_counts();
	return failures > 0;
}
