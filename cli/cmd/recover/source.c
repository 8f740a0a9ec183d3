/* SPDX-License-Identifier: GPL-2.0-only */
/* Sources of events: the kernel's uevents, or a file in the format of udevadm monitor -kp. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "recover.h"
#include "uevents.h"

#define LINE_MAX_BYTES 65536
#define MAX_PROPERTIES 256 /* the kernel has 64, and udev adds some */

struct queued {
	struct queued *next;
	struct event event;
};

struct source {
	struct uevents *uevents; /* or NULL */
	int fd;                  /* of the file */
	int signals;
	char *buf;
	size_t len;
	char *properties[MAX_PROPERTIES];
	size_t nr_properties;
	struct queued *first, **end;
	bool has_ended, has_lost;
	int error;
};

static void add_event(struct source *source, property_fn get, void *data)
{
	struct queued *queued = must(calloc(1, sizeof(*queued)));

	if (!event_from_uevent(&queued->event, get, data)) {
		free(queued);
		return;
	}
	*source->end = queued;
	source->end = &queued->next;
}

static bool take_event(struct source *source, const char *device, struct event *ret_event)
{
	for (struct queued **p = &source->first; *p; p = &(*p)->next) {
		struct queued *queued = *p;

		if (device && strcmp(queued->event.device, device))
			continue;
		*ret_event = queued->event;
		*p = queued->next;
		if (!*p)
			source->end = p;
		free(queued);
		return true;
	}
	return false;
}

/* ---- uevents */

static const char *udev_property(void *data, const char *name)
{
	struct udev_device *device = data;

	if (!strcmp(name, "DEVPATH"))
		return uevent_path(device);
	if (!strcmp(name, "ACTION"))
		return uevent_action(device);
	return uevent_property(device, name);
}

static void take_uevent(void *data, struct udev_device *device)
{
	add_event(data, udev_property, device);
}

/* ---- files */

static const char *file_property(void *data, const char *name)
{
	const struct source *source = data;
	size_t len = strlen(name);

	for (size_t i = 0; i < source->nr_properties; i++)
		if (!strncmp(source->properties[i], name, len) && source->properties[i][len] == '=')
			return source->properties[i] + len + 1;
	return NULL;
}

/* An empty line ends an event. */
static void end_event(struct source *source)
{
	if (source->nr_properties)
		add_event(source, file_property, source);
	for (size_t i = 0; i < source->nr_properties; i++)
		free(source->properties[i]);
	source->nr_properties = 0;
}

static void take_line(struct source *source, const char *line)
{
	if (!*line)
		end_event(source);
	else if (strchr(line, '=') && source->nr_properties == MAX_PROPERTIES)
		source->error = -EMSGSIZE;
	else if (strchr(line, '='))
		source->properties[source->nr_properties++] = must(strdup(line));
}

static void take_lines(struct source *source)
{
	char *line = source->buf, *end;

	while ((end = memchr(line, '\n', source->len - (size_t)(line - source->buf)))) {
		*end = '\0';
		take_line(source, line);
		line = end + 1;
	}
	source->len -= (size_t)(line - source->buf);
	memmove(source->buf, line, source->len);
	if (source->len == LINE_MAX_BYTES)
		source->error = -EMSGSIZE;
}

static void read_file(struct source *source)
{
	ssize_t n = read(source->fd, source->buf + source->len, LINE_MAX_BYTES - source->len);

	if (n < 0 && errno != EINTR && errno != EAGAIN)
		source->error = -errno;
	if (n > 0) {
		source->len += (size_t)n;
		take_lines(source);
	}
	if (n == 0) {
		source->buf[source->len] = '\0';
		if (source->len)
			take_line(source, source->buf);
		source->len = 0;
		end_event(source);
		source->has_ended = true;
	}
}

/* ---- both */

/* Return false after the time, a signal, or an error. */
static bool receive_events(struct source *source, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = source->signals, .events = POLLIN },
		{ .fd = source->uevents ? uevents_fd(source->uevents) : source->fd,
		  .events = POLLIN },
	};
	int n;

	if (source->has_ended)
		return false;
	n = poll(fds, ARRAY_SIZE(fds), timeout_ms);
	if (n < 0 && errno != EINTR)
		source->error = -errno;
	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (fds[0].revents) {
		source->has_ended = true;
		return false;
	}
	if (source->uevents)
		source->has_lost |= uevents_read(source->uevents, take_uevent, source) < 0;
	else
		read_file(source);
	return !source->error;
}

enum source_result source_next(struct source *source, int timeout_ms, struct event *ret_event)
{
	int64_t until = clock_ms() + timeout_ms;

	for (;;) {
		int64_t left = timeout_ms < 0 ? -1 : until - clock_ms();

		if (source->has_lost) {
			source->has_lost = false;
			return SOURCE_LOST;
		}
		if (take_event(source, NULL, ret_event))
			return SOURCE_EVENT;
		if (!left)
			left = 0;
		if (timeout_ms >= 0 && left <= 0)
			return SOURCE_TIMEOUT;
		if (receive_events(source, (int)left))
			continue;
		if (source->error) {
			error("cannot read the events: %s", strerror(-source->error));
			return SOURCE_ERROR;
		}
		if (source->has_ended && !source->first)
			return SOURCE_END;
	}
}

/* Events of other functions stay for later. *ms becomes the time that is left. */
bool source_wait(struct source *source, const char *device, uint32_t *ms, struct event *ret_event)
{
	int64_t until = clock_ms() + *ms;

	for (;;) {
		int64_t left = until - clock_ms();

		*ms = left > 0 ? (uint32_t)left : 0;
		if (take_event(source, device, ret_event))
			return true;
		if (left <= 0 ||
		    (!receive_events(source, (int)left) && (source->has_ended || source->error)))
			return take_event(source, device, ret_event);
	}
}

/* A recovery has answered the events that arrived before its end. A file has no times. */
void source_drop(struct source *source, char *const *devices, size_t nr)
{
	struct event event;

	if (!source->uevents)
		return;
	receive_events(source, 0);
	for (size_t i = 0; i < nr; i++)
		while (take_event(source, devices[i], &event))
			;
}

static int open_uevents(struct source *source)
{
	static const char *const subsystems[] = { "pci", "drm", "accel", NULL };
	return uevents_open(subsystems, &source->uevents);
}

static int open_file(struct source *source, const char *name)
{
	source->fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) :
					 fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (source->fd >= 0)
		return 0;
	error("%s: %s", name, strerror(errno));
	return -EIO;
}

int source_open(const struct request *req, struct source **ret_source)
{
	struct source *source = must(calloc(1, sizeof(*source)));
	sigset_t set = hold_signals();
	int r;

	source->fd = -1;
	source->end = &source->first;
	source->buf = must(malloc(LINE_MAX_BYTES + 1));
	source->signals = signalfd(-1, &set, SFD_CLOEXEC);
	r = source->signals < 0 ? -errno : 0;
	if (!r)
		r = req->nr_names ? open_file(source, req->names[0]) : open_uevents(source);
	if (r < 0) {
		source_close(source);
		return r;
	}
	*ret_source = source;
	return 0;
}

void source_close(struct source *source)
{
	struct event event;

	if (!source)
		return;
	while (take_event(source, NULL, &event))
		;
	for (size_t i = 0; i < source->nr_properties; i++)
		free(source->properties[i]);
	if (source->fd >= 0)
		close(source->fd);
	if (source->signals >= 0)
		close(source->signals);
	uevents_close(source->uevents);
	free(source->buf);
	free(source);
}
