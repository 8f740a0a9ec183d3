/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config space of the port above a device. All writes of the library to the registers
 * of a bridge are in port_write(), port_write_bits() and port_forget_events().
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "reenumerate/reenumerate.h"

#define NS_PER_MS     1000000ull
#define LINK_PAUSE_MS 10
#define READ_NR       3 /* times to read a register that is changed */

/* The open file belongs to the port: after its removal, reads and writes fail. */
static int open_config(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The slot has hotplug registers (PCIe r6.0, sec 7.5.3.9). */
static unsigned int find_slot_status(const struct port *port)
{
	unsigned int at = port->express;

	if (!at || !(config_get16(&port->config, at + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_SLOT) ||
	    !(config_get32(&port->config, at + PCI_EXP_SLTCAP) & PCI_EXP_SLTCAP_HPC))
		return 0;
	return at + PCI_EXP_SLTSTA;
}

int port_open(struct port *port, const char *path)
{
	int r;

	port->fd = open_config(path);
	if (port->fd < 0)
		return port->fd;
	r = config_read_fd(port->fd, &port->config);
	if (!r && port->config.len < PCI_STD_HEADER_SIZEOF)
		r = -ENODATA;
	if (r < 0) {
		port_close(port);
		return r;
	}
	port->express = (unsigned int)config_find(&port->config, PCI_CAP_ID_EXP);
	port->slot_status = find_slot_status(port);
	return 0;
}

void port_close(struct port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
}

/* Return 0 or a negative errno. A port that does not respond reads as all-ones: no error. */
int port_try_read(const struct port *port, unsigned int at, unsigned int size, uint32_t *ret_value)
{
	uint32_t value = 0;
	ssize_t n = pread(port->fd, &value, size, (off_t)at);

	if (n != (ssize_t)size)
		return n < 0 ? -errno : -EIO;
	*ret_value = le32toh(value);
	return 0;
}

/* A register that cannot be read is all-ones, like that of a function that is gone. */
uint32_t port_read(const struct port *port, unsigned int at, unsigned int size)
{
	uint32_t value;

	if (port_try_read(port, at, size, &value))
		return size == 2 ? UINT16_MAX : UINT32_MAX;
	return value;
}

/* For what is being changed or restored: one failed read must not leave it half done. */
static int read_again(const struct port *port, unsigned int at, unsigned int size,
		      uint32_t *ret_value)
{
	int r = -EIO;

	for (int i = 0; i < READ_NR && r; i++)
		r = port_try_read(port, at, size, ret_value);
	return r;
}

static int write_register(const struct port *port, unsigned int at, unsigned int size,
			  uint32_t value)
{
	ssize_t written;

	value = htole32(value);
	written = pwrite(port->fd, &value, size, (off_t)at);
	if (written < 0)
		return -errno;
	return written == (ssize_t)size ? 0 : -EIO;
}

/*
 * Keep the current values of all other bits. For registers that do not read as written. An
 * error means that nothing was written, as with the kernel in lockdown, or if the other bits
 * cannot be read.
 */
int port_write(const struct port *port, const struct held *held, uint32_t bits)
{
	uint32_t value = 0;
	int r = read_again(port, held->at, held->size, &value);

	return r ? r : write_register(port, held->at, held->size, (value & ~held->mask) | bits);
}

/* A port without power, or one that was removed. */
bool port_is_dead(const struct port *port)
{
	uint32_t id;

	return read_again(port, PCI_VENDOR_ID, 4, &id) || id == UINT32_MAX;
}

/*
 * Keep the current values of all other bits. Return 0 if the register reads as written. A
 * port that does not respond has no other bits, and may respond at the next moment.
 */
int port_write_bits(const struct port *port, const struct held *held, uint32_t bits)
{
	uint32_t now;

	if (port_is_dead(port))
		return -EPERM;
	(void)port_write(port, held, bits);
	if (read_again(port, held->at, held->size, &now))
		return -EPERM;
	return (now & held->mask) == bits ? 0 : -EPERM;
}

/* Such a port has one device below it. Its functions may have any device number (ARI). */
bool port_is_point_to_point(const struct port *port)
{
	int type = config_express_type(&port->config);

	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM;
}

/* Clear the events of the reset. The next interrupt would report them to the driver. */
void port_forget_events(const struct port *port)
{
	if (port->slot_status)
		write_register(port, port->slot_status, 2,
			       PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
}

/*
 * Data Link Layer Link Active (PCIe r6.0, sec 7.5.3.6 and 7.5.3.8). Return 1 if the link is
 * down, 0 if it is up, or -ENODATA if the port does not report it.
 */
int port_link_is_down(const struct port *port)
{
	uint32_t status;

	if (!port->express ||
	    !(config_get32(&port->config, port->express + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC))
		return -ENODATA;
	status = port_read(port, port->express + PCI_EXP_LNKSTA, 2);
	return status == UINT16_MAX ? -ENODATA : !(status & PCI_EXP_LNKSTA_DLLLA);
}

/* PCIe r6.0, sec 6.6.1: 100 ms from link up to the first request. */
void port_await_link(const struct port *port, unsigned int timeout_ms)
{
	for (unsigned int ms = 0; ms < timeout_ms && port_link_is_down(port) == 1;
	     ms += LINK_PAUSE_MS)
		pause_ns(LINK_PAUSE_MS * NS_PER_MS);
	pause_ns(100 * NS_PER_MS);
	port_forget_events(port);
}

/*
 * Reset the bus while the kernel knows no function below it. PCI r3.0, sec 4.3.2: RST# for
 * at least 1 ms. Return -EPERM if the reset cannot be asserted, as with the kernel in lockdown.
 */
int port_reset_bus(const struct port *port, unsigned int timeout_ms)
{
	const struct held reset = { .at = PCI_BRIDGE_CONTROL,
				    .size = 2,
				    .mask = PCI_BRIDGE_CTL_BUS_RESET };

	int r = port_write_bits(port, &reset, PCI_BRIDGE_CTL_BUS_RESET);

	if (!r)
		pause_ns(2 * NS_PER_MS);
	port_write_bits(port, &reset, 0);
	if (!r)
		port_await_link(port, timeout_ms);
	return r;
}
