// SPDX-License-Identifier: GPL-2.0-only
/* An archive is complete although writes are interrupted or short, or its error is reported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "snapshot/snapshot.h"

static struct {
	int error;   /* of the next write, then of each third one */
	size_t most; /* bytes of one write */
	unsigned int calls;
	size_t len;
	char data[16384];
} written;

ssize_t __wrap_write(int fd, const void *buf, size_t size);

ssize_t __wrap_write(int fd, const void *buf, size_t size)
{
	(void)fd;
	if (written.error && written.calls++ % 3 == 0) {
		errno = written.error;
		return -1;
	}
	size = size < written.most ? size : written.most;
	assert_true(written.len + size <= sizeof(written.data));
	memcpy(written.data + written.len, buf, size);
	written.len += size;
	return (ssize_t)size;
}

/* A short and a long name, so that each kind of record is written. */
static int pack(int error, size_t most)
{
	static char name[] = "bus/pci/devices", content[] = "0x8086\n", path[181];
	static struct entry entries[] = {
		{ .kind = TREE_DIR, .path = name },
		{ .kind = TREE_FILE, .path = path, .data = content, .size = 7 },
	};
	const struct tree tree = { .v = entries, .nr = 2 };

	memset(path, 'x', sizeof(path) - 1);
	memset(&written, 0, sizeof(written));
	written.error = error;
	written.most = most;
	return archive_pack(&tree, 1);
}

static void interrupted_and_short_writes_change_nothing(void **state)
{
	static const size_t sizes[] = { 1, 7, 511, 512, sizeof(written.data) };
	char whole[sizeof(written.data)];
	size_t len;

	(void)state;
	assert_int_equal(pack(0, sizeof(whole)), 0);
	len = written.len;
	assert_true(len > 0 && len % 512 == 0);
	memcpy(whole, written.data, len);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(pack(EINTR, sizes[i]), 0);
		assert_int_equal(written.len, len);
		assert_memory_equal(written.data, whole, len);
	}
}

static void an_error_of_a_write_is_returned(void **state)
{
	(void)state;
	assert_int_equal(pack(ENOSPC, sizeof(written.data)), -ENOSPC);
	assert_int_equal(written.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupted_and_short_writes_change_nothing),
		cmocka_unit_test(an_error_of_a_write_is_returned),
	};

	return cmocka_run_group_tests_name("archives", tests, NULL, NULL);
}
