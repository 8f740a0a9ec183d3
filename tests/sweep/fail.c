// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into pcireset: lets one call of a kind fail, and counts them.
 * FAIL_KIND is memory, open, read or empty; FAIL_NTH the call that fails; FAIL_COUNT a file for the number of calls.
 * With the kind "empty", a file has nothing in it.
 * With the kind "store", the process is killed before, in the middle of, or after a call that writes to a file: FAIL_NTH counts
 * these moments.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind {
	NONE,
	MEMORY,
	OPEN,
	READ,
	EMPTY,
	STORE
};

static enum kind kind;
static long nth, count;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t nr, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

__attribute__((constructor)) static void start(void)
{
	static const char *const words[] = { "", "memory", "open", "read", "empty", "store" };
	const char *word = getenv("FAIL_KIND"), *number = getenv("FAIL_NTH");

	nth = number ? strtol(number, NULL, 10) : 0;
	for (int i = MEMORY; word && i <= STORE; i++)
		if (!strcmp(word, words[i]))
			kind = (enum kind)i;
}

__attribute__((destructor)) static void tell(void)
{
	const char *file = getenv("FAIL_COUNT");
	char text[32];
	int fd;

	kind = NONE;
	fd = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
	if (fd < 0)
		return;
	if (write(fd, text, (size_t)snprintf(text, sizeof(text), "%ld\n", count)) < 0)
		_exit(99);
	close(fd);
}

static int fails(enum kind what, int error)
{
	if (kind != what || __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) != nth)
		return 0;
	errno = error;
	return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* These may be empty: the list of methods, names for people, and the config space of a recording. */
static int may_be_empty(int fd)
{
	char link[32], path[512];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = NEXT(readlink)(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	return strstr(path, "/reset_method") || strstr(path, "/pci.ids") || strstr(path, "/comm") ||
	       strstr(path, "/config");
}

static int is_empty(int fd)
{
	return kind == EMPTY && !may_be_empty(fd) && fails(EMPTY, 0);
}

void *malloc(size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t nr, size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_calloc(nr, size);
}

void *realloc(void *memory, size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t nr, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(nr, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(memory, all);
}

#define MODE(flags)                                                                 \
	({                                                                          \
		va_list ap;                                                         \
		mode_t value;                                                       \
		va_start(ap, flags);                                                \
		value = (flags) & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0; \
		va_end(ap);                                                         \
		value;                                                              \
	})

int open(const char *path, int flags, ...)
{
	return fails(OPEN, EMFILE) ? -1 : NEXT(open)(path, flags, MODE(flags));
}

int open64(const char *path, int flags, ...)
{
	return fails(OPEN, EMFILE) ? -1 : NEXT(open64)(path, flags, MODE(flags));
}

int openat(int dir, const char *path, int flags, ...)
{
	return fails(OPEN, EMFILE) ? -1 : NEXT(openat)(dir, path, flags, MODE(flags));
}

int openat64(int dir, const char *path, int flags, ...)
{
	return fails(OPEN, EMFILE) ? -1 : NEXT(openat64)(dir, path, flags, MODE(flags));
}

FILE *fopen(const char *path, const char *mode)
{
	return fails(OPEN, EMFILE) ? NULL : NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	return fails(OPEN, EMFILE) ? NULL : NEXT(fopen64)(path, mode);
}

DIR *opendir(const char *path)
{
	return fails(OPEN, EMFILE) ? NULL : NEXT(opendir)(path);
}

int scandir(const char *path, struct dirent ***ret, int (*filter)(const struct dirent *),
	    int (*order)(const struct dirent **, const struct dirent **))
{
	return fails(OPEN, EMFILE) ? -1 : NEXT(scandir)(path, ret, filter, order);
}

int scandir64(const char *path, struct dirent64 ***ret, int (*filter)(const struct dirent64 *),
	      int (*order)(const struct dirent64 **, const struct dirent64 **))
{
	return fails(OPEN, EMFILE) ? -1 : NEXT(scandir64)(path, ret, filter, order);
}

ssize_t read(int fd, void *buf, size_t size)
{
	return fails(READ, EIO) ? -1 : is_empty(fd) ? 0 : NEXT(read)(fd, buf, size);
}

ssize_t pread(int fd, void *buf, size_t size, off_t at)
{
	return fails(READ, EIO) ? -1 : is_empty(fd) ? 0 : NEXT(pread)(fd, buf, size, at);
}

ssize_t pread64(int fd, void *buf, size_t size, off64_t at)
{
	return fails(READ, EIO) ? -1 : is_empty(fd) ? 0 : NEXT(pread64)(fd, buf, size, at);
}

struct dirent *readdir(DIR *dir)
{
	return fails(READ, EIO) ? NULL : NEXT(readdir)(dir);
}

struct dirent64 *readdir64(DIR *dir)
{
	return fails(READ, EIO) ? NULL : NEXT(readdir64)(dir);
}

ssize_t getline(char **line, size_t *room, FILE *file)
{
	return fails(READ, EIO) ? -1 : NEXT(getline)(line, room, file);
}

ssize_t readlink(const char *path, char *buf, size_t size)
{
	return fails(READ, EIO) ? -1 : NEXT(readlink)(path, buf, size);
}

ssize_t readlinkat(int dir, const char *path, char *buf, size_t size)
{
	return fails(READ, EIO) ? -1 : NEXT(readlinkat)(dir, path, buf, size);
}

char *realpath(const char *path, char *buf)
{
	return fails(READ, EIO) ? NULL : NEXT(realpath)(path, buf);
}

int access(const char *path, int mode)
{
	return fails(READ, EIO) ? -1 : NEXT(access)(path, mode);
}

int stat(const char *path, struct stat *st)
{
	return fails(READ, EIO) ? -1 : NEXT(stat)(path, st);
}

int stat64(const char *path, struct stat64 *st)
{
	return fails(READ, EIO) ? -1 : NEXT(stat64)(path, st);
}

int lstat(const char *path, struct stat *st)
{
	return fails(READ, EIO) ? -1 : NEXT(lstat)(path, st);
}

int lstat64(const char *path, struct stat64 *st)
{
	return fails(READ, EIO) ? -1 : NEXT(lstat64)(path, st);
}

int fstat(int fd, struct stat *st)
{
	return fails(READ, EIO) ? -1 : NEXT(fstat)(fd, st);
}

int fstat64(int fd, struct stat64 *st)
{
	return fails(READ, EIO) ? -1 : NEXT(fstat64)(fd, st);
}

int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	return fails(READ, EIO) ? -1 : NEXT(fstatat)(dir, path, st, flags);
}

int fstatat64(int dir, const char *path, struct stat64 *st, int flags)
{
	return fails(READ, EIO) ? -1 : NEXT(fstatat64)(dir, path, st, flags);
}

static void moment(void)
{
	if (fails(STORE, 0))
		raise(SIGKILL);
}

static int is_regular(int fd)
{
	struct stat st;

	return !NEXT(fstat)(fd, &st) && S_ISREG(st.st_mode);
}

ssize_t write(int fd, const void *buf, size_t size)
{
	ssize_t n, rest;

	/* An eventfd takes no part of a number. */
	if (kind != STORE || fd <= STDERR_FILENO || !is_regular(fd))
		return NEXT(write)(fd, buf, size);
	moment();
	n = NEXT(write)(fd, buf, size / 2);
	moment();
	if (n < 0)
		return n;
	rest = NEXT(write)(fd, (const char *)buf + n, size - (size_t)n);
	moment();
	return rest < 0 ? n : n + rest;
}

#define AROUND(call)            \
	({                      \
		int value;      \
		moment();       \
		value = (call); \
		moment();       \
		value;          \
	})

int fdatasync(int fd)
{
	return AROUND(NEXT(fdatasync)(fd));
}

int ftruncate(int fd, off_t size)
{
	return AROUND(NEXT(ftruncate)(fd, size));
}

int ftruncate64(int fd, off64_t size)
{
	return AROUND(NEXT(ftruncate64)(fd, size));
}

int link(const char *from, const char *to)
{
	return AROUND(NEXT(link)(from, to));
}
