/* SPDX-License-Identifier: MIT */
/* Files from a table; see fake_files.h. */
#include <errno.h>
#include <string.h>

#include "fake_files.h"

static const struct fake_file *fake_find(const struct fake_file *f,
					 const char *path)
{
	const char *close = strchr(path, ')');

	if (*path == '(' && close)
		path = close + 1;
	for (; f->path; f++) {
		if (strcmp(f->path, path) == 0)
			return f;
	}
	return NULL;
}

static int fake_size(void *context, const char *path, uint64_t *bytes)
{
	const struct fake_file *f = fake_find(context, path);

	if (f == NULL)
		return -ENOENT;
	*bytes = strlen(f->text);
	return 0;
}

static const char *fake_read(void *context, struct arena *a, const char *path,
			     size_t *length)
{
	const struct fake_file *f = fake_find(context, path);

	(void)a;
	if (f == NULL)
		return NULL;
	*length = strlen(f->text);
	return f->text;
}

static int fake_list(void *context, const char *path,
		     void (*each)(void *argument, const char *name),
		     void *argument)
{
	size_t n = strlen(path);
	int found = -ENOENT;

	for (const struct fake_file *f = context; f->path; f++) {
		if (strncmp(f->path, path, n) == 0 && f->path[n] == '/' &&
		    !strchr(f->path + n + 1, '/')) {
			each(argument, f->path + n + 1);
			found = 0;
		}
	}
	return found;
}

struct boot_files fake_files(const struct fake_file *table)
{
	return (struct boot_files){
		.context = (void *)table,
		.size = fake_size,
		.read = fake_read,
		.list = fake_list,
	};
}
