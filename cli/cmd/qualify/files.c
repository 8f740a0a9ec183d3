/* SPDX-License-Identifier: GPL-2.0-only */
/* The files with the result, in the directory of the run. Each one is replaced atomically. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "json.h"
#include "output.h"
#include "qualify.h"

extern char **environ;

static int write_all(int fd, const char *words, size_t len)
{
	while (len) {
		ssize_t n = write(fd, words, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			words += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int write_file(const char *directory, const char *name, const char *words, size_t len)
{
	char *path = text("%s/%s", directory, name);
	struct output output;
	int r = output_open(&output, path, OUTPUT_REPLACES, 0644);

	if (!r) {
		r = write_all(output.fd, words, len);
		if (!r)
			r = output_commit(&output);
		else
			output_discard(&output);
	}
	if (r)
		error("%s: %s", path, r == -ENODEV ? "not a regular file" : strerror(-r));
	free(path);
	return r;
}

typedef void (*write_fn)(const struct result *result, FILE *out);

static int write_by(const struct result *result, const char *directory, const char *name,
		    write_fn fn)
{
	char *words = NULL;
	size_t size = 0;
	FILE *out = must(open_memstream(&words, &size));
	int r;

	fn(result, out);
	if (ferror(out) | fclose(out))
		must(NULL);
	r = write_file(directory, name, must(words), size);
	free(words);
	return r;
}

static int write_json(const struct result *result, struct pcireset_ctx *ctx, const char *directory)
{
	json_object *document = result_json(result, ctx);
	const char *words = must((void *)json_object_to_json_string_ext(
		document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				  JSON_C_TO_STRING_NOSLASHESCAPE));
	char *all = text("%s\n", words);
	int r = write_file(directory, JSON_FILE, all, strlen(all));

	free(all);
	json_object_put(document);
	return r;
}

static int write_metrics(const struct tally *tally, const struct result *result,
			 const char *directory)
{
	char *words = NULL;
	size_t size = 0;
	FILE *out = must(open_memstream(&words, &size));
	int r;

	tally_write_metrics(tally, result, directory, out);
	if (ferror(out) | fclose(out))
		must(NULL);
	r = write_file(directory, METRICS_FILE, must(words), size);
	free(words);
	return r;
}

int files_write_metrics(const struct tally *tally, const char *directory)
{
	return write_metrics(tally, NULL, directory);
}

static int write_metrics_of(const struct result *result, const char *directory)
{
	struct tally tally;
	int r;

	tally_begin(&tally, result->qualify);
	tally_update(&tally);
	r = write_metrics(&tally, result, directory);
	tally_end(&tally);
	return r;
}

static int run_program(const char *const argv[])
{
	int status;
	pid_t pid;
	int r = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);

	if (r)
		return -r;
	r = child_wait(pid, &status);
	if (r)
		return r;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

/* A path that begins with a hyphen would be an option, or standard input. */
static char *operand_of(const char *path)
{
	return text("%s%s", *path == '-' ? "./" : "", path);
}

/* ssh-keygen asks before it replaces a signature, and may ask for a passphrase. */
static int files_sign(const char *key, const char *directory)
{
	char *place = operand_of(directory), *key_file = operand_of(key);
	char *file = text("%s/%s", place, CERTIFICATE_FILE), *sig = text("%s.sig", file);
	const char *const argv[] = { "ssh-keygen", "-Y",     "sign", "-n", "pcireset",
				     "-f",         key_file, file,   NULL };
	int r = unlink(sig) && errno != ENOENT ? -errno : run_program(argv);

	if (r == -ENOENT)
		error("%s: could not be signed: ssh-keygen is missing", file);
	else if (r)
		error("%s: could not be signed with %s", file, key);
	else
		say(stdout,
		    "signed: verify with: ssh-keygen -Y verify -f ALLOWED_SIGNERS -I SIGNER -n "
		    "pcireset -s %s < %s",
		    sig, file);
	free(sig);
	free(file);
	free(key_file);
	free(place);
	return r ? STATUS_ERROR : STATUS_DONE;
}

static int write_reports(const struct result *result, struct pcireset_ctx *ctx,
			 const char *directory)
{
	int r = write_json(result, ctx, directory);

	if (!r)
		r = write_by(result, directory, HTML_FILE, html_write);
	if (!r)
		r = write_by(result, directory, CERTIFICATE_FILE, certificate_write);
	if (!r)
		r = write_metrics_of(result, directory);
	return r;
}

int files_write(const struct request *req, const struct result *result, struct pcireset_ctx *ctx)
{
	const char *directory = req->qualify.directory;

	if (!directory)
		return STATUS_DONE;
	if (write_reports(result, ctx, directory))
		return STATUS_ERROR;
	return req->qualify.key ? files_sign(req->qualify.key, directory) : STATUS_DONE;
}
