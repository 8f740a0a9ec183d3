// SPDX-License-Identifier: GPL-2.0-only
/* Files of the kernel, which take a text at once or not at all. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "text.h"

bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}
