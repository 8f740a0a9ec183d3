// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lab guest's init: prepares the guest, runs one command, reports its status and the kernel log, powers off.
 *
 * The host talks to it through files in the initramfs (/pcilab) and four ports: console, the command's output, the
 * command's errors, which are terminals, and a report made of "log TEXT" and "verdict WORD..." lines. They are on the ISA
 * bus of a PC and on virtio's own bus elsewhere, because another one would be one more PCI device in the guest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define KMEMLEAK   "/sys/kernel/debug/kmemleak"
#define LEAK_AGE_S 6

#ifdef __aarch64__

#define CONSOLE_PORT "/dev/ttyAMA0"
#define OUTPUT_PORT  "/dev/hvc0"
#define ERROR_PORT   "/dev/hvc1"
#define LIBRARY_PATH "/usr/local/lib:/usr/local/lib/aarch64-linux-gnu"

#define SYS_WRITE0 4

/* QEMU's semihosting: this instruction hands a string to the host, whoever executes it. */
static void tell_host(const char *text)
{
	register long operation __asm__("x0") = SYS_WRITE0;
	register const char *argument __asm__("x1") = text;

	__asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(argument) : "memory");
}

static ssize_t write_report(void *cookie, const char *data, size_t size)
{
	char text[4096];

	(void)cookie;
	for (size_t done = 0; done < size;) {
		size_t n = size - done < sizeof(text) - 1 ? size - done : sizeof(text) - 1;

		memcpy(text, data + done, n);
		text[n] = '\0';
		tell_host(text);
		done += n;
	}
	return (ssize_t)size;
}

static bool open_report_port(void)
{
	return true;
}

static void close_report_port(void)
{
}

#else

#include <sys/io.h>

#define CONSOLE_PORT "/dev/ttyS0"
#define OUTPUT_PORT  "/dev/ttyS1"
#define ERROR_PORT   "/dev/ttyS2"
#define LIBRARY_PATH "/usr/local/lib:/usr/local/lib/x86_64-linux-gnu"

/* QEMU's isa-debugcon: reading it gives its own number. */
#define REPORT_PORT  0xe9

static ssize_t write_report(void *cookie, const char *data, size_t size)
{
	(void)cookie;
	outsb(REPORT_PORT, data, size);
	return (ssize_t)size;
}

/* Kept open: a command may lock the kernel down, which would not let it be opened again. */
static bool open_report_port(void)
{
	if (ioperm(REPORT_PORT, 1, 1))
		return false;
	if (inb(REPORT_PORT) == REPORT_PORT)
		return true;
	ioperm(REPORT_PORT, 1, 0);
	return false;
}

/* It would outlive exec(). */
static void close_report_port(void)
{
	ioperm(REPORT_PORT, 1, 0);
}

#endif

static FILE *report;

struct mount_point {
	const char *type;
	const char *dir;
	const char *options;
	bool optional;
};

static const struct mount_point mount_points[] = {
	{ "proc", "/proc", "", false },
	{ "sysfs", "/sys", "", false },
	{ "devtmpfs", "/dev", "", false },
	{ "devpts", "/dev/pts", "", false },
	{ "tmpfs", "/dev/shm", "", false },
	{ "tmpfs", "/tmp", "", false },
	{ "tmpfs", "/run", "", false },
	{ "debugfs", "/sys/kernel/debug", "", true },
	{ "tracefs", "/sys/kernel/tracing", "", true },
	{ "configfs", "/sys/kernel/config", "", true },
};

static __attribute__((noreturn)) void power_off(void)
{
	if (report && fileno(report) >= 0)
		tcdrain(fileno(report));
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void verdict(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void verdict(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("verdict ", report);
	vfprintf(report, format, args);
	fputc('\n', report);
	fflush(report);
	va_end(args);
}

static __attribute__((noreturn)) void setup_failed(const char *what, const char *name)
{
	verdict("setup %s %s: %s", what, name, strerror(errno));
	power_off();
}

static void mount_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_points); i++) {
		const struct mount_point *m = &mount_points[i];

		mkdir(m->dir, 0755);
		if (mount(m->type, m->dir, m->type, 0, m->options) && !m->optional &&
		    errno != EBUSY)
			setup_failed("mount", m->dir);
	}
}

/* devtmpfs has none of these, and the shell needs them: "< <(command)" would read nothing. */
static void link_descriptors(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlink(links[i][0], links[i][1]) && errno != EEXIST)
			setup_failed("link", links[i][1]);
}

/*
 * A port's driver may be a module, and finds its ports some time after it was loaded. A
 * virtio console has a file for each possible port before.
 */
static int open_port(const char *name)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);

	for (int i = 0; i < 1000 && fd < 0 && (errno == ENOENT || errno == ENODEV); i++) {
		nanosleep(&pause, NULL);
		fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	}
	return fd;
}

static int open_raw_port(const char *name)
{
	struct termios mode;
	int fd = open_port(name);

	if (fd >= 0 && !tcgetattr(fd, &mode)) {
		cfmakeraw(&mode);
		mode.c_cflag |= CLOCAL;
		tcsetattr(fd, TCSANOW, &mode);
	}
	return fd;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "init: %s: %s\n", path, strerror(errno));
	close(fd);
}

/* Whole file, with a terminating NUL; NULL when there is none. */
static char *read_file(const char *path, size_t *ret_size)
{
	char *data = NULL;
	size_t size = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	do {
		char *grown = realloc(data, size + 4097);

		if (!grown)
			break;
		data = grown;
		n = read(fd, data + size, 4096);
		if (n > 0)
			size += n;
	} while (n > 0);
	close(fd);
	if (data)
		data[size] = '\0';
	if (ret_size)
		*ret_size = size;
	return data;
}

/* "/lib/.../nvme-core.ko" is nvme_core; returns the length of the name in path. */
static size_t module_name(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');

	*ret_name = slash ? slash + 1 : path;
	return strcspn(*ret_name, ".");
}

static bool is_for_module(const char *word, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] != name[i] && !(word[i] == '_' && name[i] == '-'))
			return false;
	return word[len] == '.' && strchr(word, '=');
}

/* Parameters from the words MODULE.PARAM=VALUE of the kernel's command line. */
static void module_params(const char *path, char *params, size_t size)
{
	char *line = read_file("/proc/cmdline", NULL), *rest = line, *word;
	const char *name;
	size_t len = module_name(path, &name), used = 0;

	params[0] = '\0';
	while (line && (word = strsep(&rest, " \n"))) {
		if (!is_for_module(word, name, len) || used + strlen(word) >= size)
			continue;
		used += (size_t)sprintf(params + used, "%s ", word + len + 1);
	}
	free(line);
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char params[256];

	if (fd < 0)
		setup_failed("module", path);
	module_params(path, params, sizeof(params));
	if (syscall(SYS_finit_module, fd, params, 0) && errno != EEXIST)
		setup_failed("module", path);
	close(fd);
}

/* The host wrote the list in dependency order. */
static void load_modules(const char *list_path)
{
	char *list = read_file(list_path, NULL);
	char *rest = list, *path;

	while (list && (path = strsep(&rest, "\n")))
		if (*path)
			load_module(path);
	free(list);
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (!ioctl(fd, SIOCGIFFLAGS, &request)) {
		request.ifr_flags |= IFF_UP | IFF_RUNNING;
		ioctl(fd, SIOCSIFFLAGS, &request);
	}
	close(fd);
}

static void set_environment(void)
{
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("LD_LIBRARY_PATH", LIBRARY_PATH, 1);
	setenv("HOME", "/root", 1);
	setenv("TMPDIR", "/tmp", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("PCILAB", "1", 1);
	if (!getenv("TERM"))
		setenv("TERM", "dumb", 1);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static __attribute__((noreturn)) void exec_command(char **argv, int in, int out, int err)
{
	reset_signals();
	close_report_port();
	setsid();
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (isatty(STDIN_FILENO))
		ioctl(STDIN_FILENO, TIOCSCTTY, 1);
	if (chdir("/root"))
		fprintf(stderr, "pcilab: /root: %s\n", strerror(errno));
	execvp(argv[0], argv);
	fprintf(stderr, "pcilab: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 107 : 106);
}

/* A line may have lost its beginning in the port, and does not count then. Programs in the terminal get a SIGWINCH. */
static void set_window_size(int terminal, const char *text)
{
	struct winsize size = { 0 };

	if (sscanf(text, "size %hu %hu", &size.ws_row, &size.ws_col) == 2)
		ioctl(terminal, TIOCSWINSZ, &size);
}

/* The host's terminal has its size at the start from /pcilab/terminal, and each later one from a line of the third port. */
static void follow_window_size(int terminal)
{
	char *text = read_file("/pcilab/terminal", NULL), line[32];
	FILE *sizes;

	if (!text)
		return;
	set_window_size(terminal, text);
	free(text);
	if (fork())
		return;
	sizes = fopen(ERROR_PORT, "re");
	while (sizes && fgets(line, sizeof(line), sizes))
		set_window_size(terminal, line);
	_exit(0);
}

/* /pcilab/argv holds the command, each word ended by NUL. No such file: a shell. */
static char **command_words(void)
{
	static char *shell[] = { "/bin/bash", "-i", NULL };
	size_t size, words = 0;
	char *data = read_file("/pcilab/argv", &size);
	char **argv;

	if (!data)
		return shell;
	argv = calloc(size + 1, sizeof(*argv));
	if (!argv)
		setup_failed("command", "argv");
	for (char *word = data; word < data + size; word += strlen(word) + 1)
		argv[words++] = word;
	return argv;
}

static pid_t start_command(void)
{
	bool interactive = access("/pcilab/argv", F_OK) != 0;
	int out = interactive ? open_port(OUTPUT_PORT) : open_raw_port(OUTPUT_PORT);
	int err = interactive ? out : open_raw_port(ERROR_PORT);
	int in = interactive ? out : open("/dev/null", O_RDONLY | O_CLOEXEC);
	char **argv = command_words();
	pid_t pid;

	if (in < 0 || out < 0 || err < 0)
		setup_failed("port", OUTPUT_PORT " or " ERROR_PORT);
	if (interactive)
		follow_window_size(out);
	else
		setenv("TERM", "dumb", 1); /* the kernel sets linux; anything may read the output */
	pid = fork();
	if (pid < 0)
		setup_failed("fork", argv[0]);
	if (!pid)
		exec_command(argv, in, out, err);
	close(in);
	/* Kept open: closing the last user of a port throws away what it has not sent yet. */
	return pid;
}

/* A record of /dev/kmsg is "priority,sequence,microseconds,flags[,more];text", continued by lines that start with a blank. */
static void print_record(FILE *out, const char *prefix, char *record)
{
	char *text = strchr(record, ';');
	unsigned int priority;
	unsigned long long sequence, usec;

	if (!text || sscanf(record, "%u,%llu,%llu,", &priority, &sequence, &usec) != 3)
		return;
	text++;
	text[strcspn(text, "\n")] = '\0';
	fprintf(out, "%s<%u>[%5llu.%06llu] %s\n", prefix, priority & 7, usec / 1000000,
		usec % 1000000, text);
}

static void dump_kernel_log(FILE *out, const char *prefix)
{
	static char record[16384];
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	while (fd >= 0) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE) {
			fprintf(out, "%spcilab: kernel log overrun, the beginning is lost\n",
				prefix);
			continue;
		}
		if (n <= 0)
			break;
		record[n] = '\0';
		print_record(out, prefix, record);
	}
	if (fd >= 0)
		close(fd);
	fflush(out);
}

/* Blocks until the host has written a line to the console port; false if there is no such port. */
static bool wait_for_host(void)
{
	int fd = open_raw_port(CONSOLE_PORT);
	char c = 0;

	while (fd >= 0 && c != '\n')
		if (read(fd, &c, 1) < 1)
			return false;
	close(fd);
	return fd >= 0;
}

/* What is stuck is no splat of a command that ends after all. */
static void tell_blocked_tasks(void)
{
	write_file("/dev/kmsg", "pcilab: stock begin");
	write_file("/proc/sysrq-trigger", "w");
	write_file("/dev/kmsg", "pcilab: stock end");
}

/*
 * When the host's patience is about to end, it says so, and then what a stuck guest is doing is written down. It goes to the
 * console port, because the report port belongs to the main process.
 */
static pid_t start_watchdog(void)
{
	FILE *console;
	pid_t pid;

	if (access("/pcilab/watchdog", F_OK))
		return 0;
	pid = fork();
	if (pid)
		return pid;
	if (!wait_for_host())
		_exit(0);
	tell_blocked_tasks();
	console = fopen(CONSOLE_PORT, "we");
	if (console) {
		fputs("pcilab: time is nearly up, this is the whole kernel log\n", console);
		dump_kernel_log(console, "");
		tcdrain(fileno(console));
	}
	_exit(0);
}

static int wait_for(pid_t command)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = wait(&status);
		if (pid == command)
			return status;
		if (pid < 0 && errno != EINTR)
			return 0;
	}
}

static void drain_port(const char *name)
{
	int fd = open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0) {
		tcdrain(fd);
		close(fd);
	}
}

static void report_status(int status)
{
	if (WIFSIGNALED(status))
		verdict("signal %d", WTERMSIG(status));
	else
		verdict("exit %d", WEXITSTATUS(status));
}

/* QEMU's port takes a byte with each instruction; a serial one, as in user-mode Linux, wants an interrupt for every 16. */
static void open_report(void)
{
	static const cookie_io_functions_t port = { .write = write_report };

	if (open_report_port()) {
		report = fopencookie(NULL, "w", port);
	} else {
		int fd = open_raw_port("/dev/ttyS3");

		report = fd < 0 ? fopen("/dev/console", "we") : fdopen(fd, "w");
	}
	if (!report)
		power_off();
	setvbuf(report, NULL, _IOFBF, 65536);
}

/* What kmemleak tells becomes the end of the kernel log, from which the host judges. */
static void report_leaks(void)
{
	char *text = read_file(KMEMLEAK, NULL);
	char *rest = text, *line;

	while (text && (line = strsep(&rest, "\n")))
		if (*line)
			fprintf(report, "log kmemleak: %s\n", line);
	free(text);
}

/* Memory is lost when nothing points to it in two scans in a row; what is younger than 5 s is passed over. */
static void find_leaks(void)
{
	if (access(KMEMLEAK, W_OK))
		return;
	write_file(KMEMLEAK, "scan");
	sleep(LEAK_AGE_S);
	write_file(KMEMLEAK, "scan");
}

int main(void)
{
	pid_t watchdog, command;
	int status;

	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	open_report();
	mount_all();
	link_descriptors();
	set_environment();
	sethostname("pcilab", strlen("pcilab"));
	write_file("/proc/sys/kernel/sysrq", "1");
	loopback_up();
	/* Before the modules: one that hangs as it loads is to be found out too. */
	watchdog = start_watchdog();
	load_modules("/pcilab/modules.base");
	load_modules("/pcilab/modules.test");
	command = start_command();
	status = wait_for(command);
	find_leaks();
	if (watchdog > 0)
		kill(watchdog, SIGKILL);
	drain_port(OUTPUT_PORT);
	drain_port(ERROR_PORT);
	dump_kernel_log(report, "log ");
	report_leaks();
	report_status(status);
	kill(-1, SIGKILL);
	power_off();
}
