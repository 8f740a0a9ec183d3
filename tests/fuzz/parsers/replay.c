// SPDX-License-Identifier: GPL-2.0-only
/* replay FILE|DIRECTORY...: hands each file to the target once, as a test that needs no fuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "fuzz.h"

static size_t nr_files;

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	uint8_t *data;
	size_t size;

	MUST(file && !fstat(fileno(file), &st));
	/* As large as it is, so that a byte too far is noticed. */
	size = (size_t)st.st_size;
	data = malloc(size ? size : 1);
	MUST(data && fread(data, 1, size, file) == size);
	fclose(file);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	nr_files++;
}

static void replay(const char *path)
{
	char below[4096];
	struct dirent **entries;
	struct stat st;
	int nr;

	MUST(!stat(path, &st));
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path);
		return;
	}
	nr = scandir(path, &entries, NULL, alphasort);
	MUST(nr >= 0);
	for (int i = 0; i < nr; i++) {
		snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			replay(below);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	fprintf(stderr, "%zu files\n", nr_files);
	return !nr_files;
}
