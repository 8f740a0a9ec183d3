/* SPDX-License-Identifier: GPL-2.0-only */
/* Earlier recoveries, kept below /run so that a restart does not reset the rate limit. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "json.h"
#include "output.h"
#include "recover.h"

#define FORMAT    1
#define MAX_BYTES (4 << 20)

/* Seconds since boot, with the time in suspend. */
int64_t boot_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

char *time_text(void)
{
	struct timespec ts;
	struct tm tm;
	char day[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	return text("%s.%06ldZ", day, ts.tv_nsec / 1000);
}

/* In clock ticks since boot; 0 if the process does not exist. A PID can be used again. */
uint64_t process_started(uint64_t pid)
{
	char *path = text("/proc/%llu/stat", (unsigned long long)pid), line[1024];
	FILE *file = fopen(path, "re");
	unsigned long long started = 0;
	const char *at = file ? fgets(line, sizeof(line), file) : NULL;

	/* The name in parentheses may contain blanks. */
	at = at ? strrchr(line, ')') : NULL;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		started = strtoull(at + 1, NULL, 10);
	if (file)
		fclose(file);
	free(path);
	return started;
}

bool records_is_running(const struct records *records)
{
	return records->pid && records->started &&
	       process_started(records->pid) == records->started;
}

const struct history *records_history(const struct records *records, const char *device)
{
	for (size_t i = 0; i < records->nr; i++)
		if (!strcmp(records->v[i].history.device, device))
			return &records->v[i].history;
	return NULL;
}

struct known *records_find(struct records *records, const char *device)
{
	struct known *known;

	for (size_t i = 0; i < records->nr; i++)
		if (!strcmp(records->v[i].history.device, device))
			return &records->v[i];
	records->v = must(reallocarray(records->v, records->nr + 1, sizeof(*records->v)));
	known = &records->v[records->nr++];
	*known = (struct known){ 0 };
	snprintf(known->history.device, sizeof(known->history.device), "%s", device);
	return known;
}

void records_set(char **field, const char *value)
{
	char *copy = value ? text("%s", value) : NULL;

	free(*field);
	*field = copy;
}

static void known_clear(struct known *known)
{
	char *const texts[] = { known->state, known->event, known->policy, known->step,
				known->why,   known->time,  known->driver };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
}

void records_clear(struct records *records)
{
	for (size_t i = 0; i < records->nr; i++)
		known_clear(&records->v[i]);
	free(records->v);
	free(records->since);
	*records = (struct records){ 0 };
}

/* ---- writing */

/* event_key: the name of the event, which the file and the output of --status call differently. */
struct json_object *known_json(const struct known *known, const char *event_key)
{
	json_object *o = must(json_object_new_object());

	json_add_string(o, "device", known->history.device);
	json_add_string(o, "state", known->state);
	json_add_string(o, event_key, known->event);
	json_add_string(o, "step", known->step);
	json_add_string(o, "policy", known->policy);
	json_add_string(o, "message", known->why);
	json_add_string(o, "time", known->time);
	json_add_string(o, "unbound_driver", known->driver);
	json_add_number(o, "recovered", known->nr_recovered);
	json_add_number(o, "gave_up", known->nr_gave_up);
	return o;
}

static json_object *known_object(const struct known *known)
{
	json_object *o = known_json(known, "event"), *began = must(json_object_new_array());

	for (size_t i = 0; i < known->history.nr; i++)
		json_object_array_add(began,
				      must(json_object_new_int64(known->history.began_s[i])));
	json_object_object_add(o, "began", began);
	return o;
}

/* The counts in the file and for --status. */
void records_add_counts(json_object *o, const struct records *records)
{
	json_add_number(o, "recovered", records->results[RESULT_RECOVERED]);
	json_add_number(o, "gave_up", records->results[RESULT_GAVE_UP]);
	json_add_number(o, "refused", records->nr_refused);
	json_add_number(o, "ignored", records->nr_ignored);
	json_add_number(o, "lost", records->nr_lost);
}

static json_object *records_object(const struct records *records)
{
	json_object *o = must(json_object_new_object()), *devices = must(json_object_new_array());
	json_object *events = must(json_object_new_object());

	json_add_number(o, "pcireset", FORMAT);
	json_add_number(o, "pid", records->pid);
	json_add_number(o, "started", records->started);
	json_add_string(o, "since", records->since);
	for (size_t i = 0; i < NR_EVENTS; i++)
		json_add_number(events, event_kind_name((enum event_kind)i), records->events[i]);
	json_object_object_add(o, "events", events);
	records_add_counts(o, records);
	for (size_t i = 0; i < records->nr; i++)
		json_object_array_add(devices, known_object(&records->v[i]));
	json_object_object_add(o, "devices", devices);
	return o;
}

/* Everybody may read it. Return: 0 or a negative errno. */
int records_save(const struct records *records)
{
	json_object *o = records_object(records);
	const char *words = must((void *)json_object_to_json_string(o));
	struct output output;
	int r = mkdir("/run/pcireset", 0755) && errno != EEXIST ? -errno : 0;

	if (!r)
		r = output_open(&output, RECOVER_STATE, OUTPUT_REPLACES, 0644);
	if (!r && (write(output.fd, words, strlen(words)) != (ssize_t)strlen(words) ||
		   fchmod(output.fd, 0644))) {
		r = errno ? -errno : -EIO;
		output_discard(&output);
	} else if (!r) {
		r = output_commit(&output);
	}
	json_object_put(o);
	return r;
}

/* ---- reading */

static uint64_t number_in(json_object *o, const char *key, bool *is_good)
{
	json_object *value = json_object_object_get(o, key);

	*is_good = *is_good && json_object_is_type(value, json_type_int) &&
		   json_object_get_int64(value) >= 0;
	return *is_good ? (uint64_t)json_object_get_int64(value) : 0;
}

static void string_in(json_object *o, const char *key, char **field)
{
	records_set(field, json_object_get_string(json_object_object_get(o, key)));
}

static bool take_known(struct records *records, json_object *o)
{
	const char *device = json_object_get_string(json_object_object_get(o, "device"));
	json_object *began = json_object_object_get(o, "began");
	bool is_good = device && json_object_is_type(began, json_type_array);
	struct known *known;

	if (!is_good)
		return false;
	known = records_find(records, device);
	string_in(o, "state", &known->state);
	string_in(o, "event", &known->event);
	string_in(o, "policy", &known->policy);
	string_in(o, "step", &known->step);
	string_in(o, "message", &known->why);
	string_in(o, "time", &known->time);
	string_in(o, "unbound_driver", &known->driver);
	known->nr_recovered = number_in(o, "recovered", &is_good);
	known->nr_gave_up = number_in(o, "gave_up", &is_good);
	for (size_t i = 0; i < json_object_array_length(began); i++)
		history_add(&known->history,
			    json_object_get_int64(json_object_array_get_idx(began, i)));
	return is_good;
}

static bool take_records(struct records *records, json_object *o)
{
	json_object *events = json_object_object_get(o, "events");
	json_object *devices = json_object_object_get(o, "devices");
	bool is_good = json_object_is_type(events, json_type_object) &&
		       json_object_is_type(devices, json_type_array);

	is_good = is_good && number_in(o, "pcireset", &is_good) == FORMAT;
	records->pid = number_in(o, "pid", &is_good);
	records->started = number_in(o, "started", &is_good);
	string_in(o, "since", &records->since);
	for (size_t i = 0; i < NR_EVENTS; i++)
		records->events[i] =
			number_in(events, event_kind_name((enum event_kind)i), &is_good);
	records->results[RESULT_RECOVERED] = number_in(o, "recovered", &is_good);
	records->results[RESULT_GAVE_UP] = number_in(o, "gave_up", &is_good);
	records->nr_refused = number_in(o, "refused", &is_good);
	records->nr_ignored = number_in(o, "ignored", &is_good);
	records->nr_lost = number_in(o, "lost", &is_good);
	for (size_t i = 0; is_good && i < json_object_array_length(devices); i++)
		is_good = take_known(records, json_object_array_get_idx(devices, i));
	return is_good;
}

/* Return: 0, -ENOENT if there are none, -EBADMSG, or another negative errno. */
int records_load(struct records *records)
{
	int fd = open(RECOVER_STATE, O_RDONLY | O_CLOEXEC), r = fd < 0 ? -errno : 0;
	char *words = must(calloc(1, MAX_BYTES + 1));
	json_object *o = NULL;
	size_t len = 0;
	ssize_t n = 1;

	while (!r && n && len < MAX_BYTES) {
		n = read(fd, words + len, MAX_BYTES - len);
		r = n < 0 ? -errno : 0;
		len += n > 0 ? (size_t)n : 0;
	}
	if (!r) {
		o = json_tokener_parse(words);
		r = json_object_is_type(o, json_type_object) && take_records(records, o) ? 0 :
											   -EBADMSG;
		json_object_put(o);
	}
	if (fd >= 0)
		close(fd);
	free(words);
	return r;
}
