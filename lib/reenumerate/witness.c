/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The witness of a power cycle: a register without effect, which loses its value with the power. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "reenumerate/reenumerate.h"

/*
 * The Cache Line Size is writable, has no effect and is 0 after power-on (PCIe r6.0,
 * sec 7.5.1.1.7). A driver keeps these values: they are multiples of every line size, so
 * pci_set_cacheline_size() does not replace them.
 */
#define WITNESS       0xe0
#define OTHER_WITNESS 0xc0

static int open_config(struct pcireset_ctx *ctx, const char *name)
{
	char path[PATH_MAX];
	int r = ctx_path(ctx, path, "sys/bus/pci/devices/%s/config", name);

	return r ? r : open(path, O_RDWR | O_CLOEXEC);
}

/* Return the Cache Line Size, or a negative errno. A function that does not answer has none. */
static int read_line_size(int fd)
{
	struct config header = { 0 };
	int r = config_read_header_fd(fd, &header);

	if (r)
		return r;
	return header.len == PCI_STD_HEADER_SIZEOF && !config_is_dead(&header) ?
		       header.b[PCI_CACHE_LINE_SIZE] :
		       -ENODEV;
}

static bool write_line_size(int fd, uint8_t value)
{
	uint8_t now = (uint8_t)~value;

	return pwrite(fd, &value, 1, PCI_CACHE_LINE_SIZE) == 1 &&
	       pread(fd, &now, 1, PCI_CACHE_LINE_SIZE) == 1 && now == value;
}

/*
 * Return true if the function can be a witness; nothing is written. A function that does
 * not answer proves nothing, nor does a virtual one.
 */
bool witness_choose(struct pcireset_ctx *ctx, const struct subtree_function *f,
		    struct witness *ret_witness)
{
	int fd = f->is_top && !f->is_vf ? open_config(ctx, f->name) : -1, was;

	if (fd < 0)
		return false;
	was = read_line_size(fd);
	close(fd);
	if (was < 0)
		return false;
	snprintf(ret_witness->name, sizeof(ret_witness->name), "%s", f->name);
	ret_witness->was = (uint8_t)was;
	ret_witness->value = was == WITNESS ? OTHER_WITNESS : WITNESS;
	return true;
}

/*
 * The register may have another value than when the witness was chosen, such as after a
 * command of the caller. A register that does not keep the value is no witness.
 */
void witness_call(struct pcireset_ctx *ctx, struct witness *witness)
{
	int fd = open_config(ctx, witness->name), now = fd < 0 ? fd : read_line_size(fd);

	if (now < 0 || now == witness->value) {
		witness->value = 0;
	} else {
		witness->was = (uint8_t)now;
		if (!write_line_size(fd, witness->value)) {
			write_line_size(fd, witness->was);
			witness->value = 0;
		}
	}
	if (fd >= 0)
		close(fd);
}

/*
 * The kernel writes this register where firmware has _HPP or _HPX for it, so another value
 * than 0 and that of the witness says nothing.
 */
static int judge_line_size(const struct witness *witness, int now)
{
	if (now == witness->value)
		return 0;
	return now ? -ENODATA : 1;
}

/*
 * Return 1 if the function has lost the value, 0 if it kept the value and has its former
 * one again, -ENODATA if this is unknown.
 */
int witness_ask(struct pcireset_ctx *ctx, const struct witness *witness)
{
	int fd = witness->value ? open_config(ctx, witness->name) : -1, r = -ENODATA, now;

	if (fd < 0)
		return r;
	now = read_line_size(fd);
	if (now >= 0)
		r = judge_line_size(witness, now);
	if (!r)
		write_line_size(fd, witness->was);
	close(fd);
	return r;
}
