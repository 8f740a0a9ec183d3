// SPDX-License-Identifier: GPL-2.0-only
/* Who may open the node: what its mode says is not enough, CAP_SYS_ADMIN is needed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "drop.h"
#include "uapi.h"

static int try_open(int flags)
{
	int fd = open("/dev/pcireset", flags | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void refuses_open(int want, const char *who)
{
	gives(try_open(O_RDWR), want, "%s opens the node", who);
	gives(try_open(O_RDONLY), want, "%s opens the node to read", who);
	gives(try_open(O_WRONLY), want, "%s opens the node to write", who);
}

static void in_child(void (*drop)(void), int want, const char *who)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		drop();
		refuses_open(want, who);
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail("fork: %s", strerror(errno));
	is((uint64_t)status, 0, "%s came to the end", who);
}

void test_privilege(void)
{
	struct stat node;

	if (stat("/dev/pcireset", &node))
		bail("/dev/pcireset: %s", strerror(errno));
	is(node.st_mode & 0777, 0600, "the node's mode is for root alone");
	gives(try_open(O_RDWR), 0, "root opens the node");
	in_child(drop_to_nobody, EACCES, "nobody");
	in_child(drop_capabilities, EPERM, "root without capabilities");

	if (chmod("/dev/pcireset", 0666))
		bail("chmod: %s", strerror(errno));
	in_child(drop_to_nobody, EPERM, "nobody, whom the mode would let in,");
	chmod("/dev/pcireset", 0600);
}
