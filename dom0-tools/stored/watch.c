/* SPDX-License-Identifier: MIT */
/*
 * Watches, see the header. The index is a hash table with chains that doubles
 * when it is as full as it is long. The hash grows with the path, so that one
 * pass over a path gives the hashes of all its ancestors.
 */
#include "stored/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/client.h"
#include "stored/core.h"

struct watch_point {
	struct watch_point *next;
	struct watch *watches;
	uint64_t hash;
	size_t len;
	char path[];
};

struct watch_index {
	uint64_t seed;
	size_t count, room; /* room is a power of two */
	struct watch_point **buckets;
};

#define FIRST_ROOM 64

struct watch_index *watch_index_new(uint64_t seed)
{
	struct watch_index *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->seed = seed;
	x->room = FIRST_ROOM;
	x->buckets = calloc(x->room, sizeof(struct watch_point *));
	if (!x->buckets) {
		free(x);
		return NULL;
	}
	return x;
}

void watch_index_free(struct watch_index *x)
{
	free(x->buckets);
	free(x);
}

static uint64_t hash_step(uint64_t h, char c)
{
	h = (h ^ (unsigned char)c) * 0xff51afd7ed558ccd;
	return h ^ (h >> 32);
}

static size_t bucket_of(const struct watch_index *x, uint64_t hash)
{
	return (size_t)((hash * 0xc4ceb9fe1a85ec53) >> 32) & (x->room - 1);
}

static struct watch_point *find_point(const struct watch_index *x,
				      uint64_t hash, const char *path,
				      size_t len)
{
	struct watch_point *p = x->buckets[bucket_of(x, hash)];

	while (p &&
	       (p->hash != hash || p->len != len || memcmp(p->path, path, len)))
		p = p->next;
	return p;
}

static uint64_t hash_path(const struct watch_index *x, const char *path)
{
	uint64_t h = x->seed;

	while (*path)
		h = hash_step(h, *path++);
	return h;
}

/* A table that cannot grow still works, only slower. */
static void grow(struct watch_index *x)
{
	size_t old_room = x->room;
	struct watch_point **old = x->buckets;
	struct watch_point **buckets;

	buckets = calloc(old_room * 2, sizeof(*buckets));
	if (!buckets)
		return;
	x->buckets = buckets;
	x->room = old_room * 2;
	for (size_t i = 0; i < old_room; i++) {
		while (old[i]) {
			struct watch_point *p = old[i];
			size_t b = bucket_of(x, p->hash);

			old[i] = p->next;
			p->next = buckets[b];
			buckets[b] = p;
		}
	}
	free(old);
}

static struct watch_point *get_point(struct watch_index *x, const char *path)
{
	uint64_t hash = hash_path(x, path);
	size_t len = strlen(path);
	struct watch_point *p = find_point(x, hash, path, len);

	if (p)
		return p;
	p = calloc(1, sizeof(*p) + len + 1);
	if (!p)
		return NULL;
	if (x->count >= x->room)
		grow(x);
	p->hash = hash;
	p->len = len;
	memcpy(p->path, path, len + 1);
	p->next = x->buckets[bucket_of(x, hash)];
	x->buckets[bucket_of(x, hash)] = p;
	x->count++;
	return p;
}

static void put_point(struct watch_index *x, struct watch_point *p)
{
	struct watch_point **at = &x->buckets[bucket_of(x, p->hash)];

	if (p->watches)
		return;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	x->count--;
	free(p);
}

static struct watch *find_watch(const struct client *c, const char *path,
				const char *token)
{
	const struct watch_index *x = c->core->watches;
	struct watch_point *p =
		find_point(x, hash_path(x, path), path, strlen(path));

	for (struct watch *w = p ? p->watches : NULL; w; w = w->point_next) {
		if (w->client == c && !strcmp(w->token, token))
			return w;
	}
	return NULL;
}

int watch_add(struct client *c, const char *path, size_t strip,
	      const char *token, uint32_t depth, struct watch **out)
{
	struct watch_index *x = c->core->watches;
	struct watch_point *p;
	struct watch *w;

	if (find_watch(c, path, token))
		return -EEXIST;
	w = calloc(1, sizeof(*w) + strlen(token) + 1);
	if (!w)
		return -ENOMEM;
	p = get_point(x, path);
	if (!p) {
		free(w);
		return -ENOMEM;
	}
	w->client = c;
	w->point = p;
	w->path = p->path;
	w->strip = strip;
	w->depth = depth;
	memcpy(w->token, token, strlen(token) + 1);

	w->next = c->watches;
	w->link = &c->watches;
	if (w->next)
		w->next->link = &w->next;
	c->watches = w;
	c->watch_count++;

	w->point_next = p->watches;
	w->point_link = &p->watches;
	if (w->point_next)
		w->point_next->point_link = &w->point_next;
	p->watches = w;
	*out = w;
	return 0;
}

static void free_watch(struct watch *w)
{
	struct client *c = w->client;

	client_forget_watch(c, w);
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	c->watch_count--;
	*w->point_link = w->point_next;
	if (w->point_next)
		w->point_next->point_link = w->point_link;
	put_point(c->core->watches, w->point);
	free(w);
}

int watch_remove(struct client *c, const char *path, const char *token)
{
	struct watch *w = find_watch(c, path, token);

	if (!w)
		return -ENOENT;
	free_watch(w);
	return 0;
}

void watch_remove_all(struct client *c)
{
	while (c->watches)
		free_watch(c->watches);
}

static bool may_read(const struct core *core, const struct client *c,
		     const struct node *n)
{
	return n && (core_access(core, c, n->perms, n->gen_perms) & PERM_READ);
}

static bool may_hear(const struct core *core, const struct client *c,
		     const struct watch_change *change)
{
	return client_is_privileged(c) || may_read(core, c, change->before) ||
	       may_read(core, c, change->after) ||
	       may_read(core, c, change->parent);
}

static void fire_point(struct core *core, const struct watch_point *p,
		       const char *path, uint32_t levels,
		       const struct watch_change *change)
{
	for (struct watch *w = p->watches; w; w = w->point_next) {
		if (w->depth < levels || !may_hear(core, w->client, change))
			continue;
		client_event(w->client, w, path + w->strip);
	}
}

static uint32_t count_levels(const char *below)
{
	uint32_t levels = 0;

	for (; *below; below++)
		levels += *below == '/';
	return levels;
}

void watch_fire(struct core *core, const char *path,
		const struct watch_change *change)
{
	const struct watch_index *x = core->watches;
	uint64_t hash = x->seed;
	struct watch_point *p;
	size_t i;

	if (!x->count)
		return;
	/* "/" ends in the separator that other ancestors do without. */
	p = find_point(x, hash_step(hash, '/'), "/", 1);
	if (p)
		fire_point(core, p, path, path[1] ? count_levels(path) : 0,
			   change);
	if (!path[1])
		return;
	hash = hash_step(hash, '/');
	for (i = 1; path[i]; i++) {
		hash = hash_step(hash, path[i]);
		if (path[i + 1] != '/' && path[i + 1])
			continue;
		p = find_point(x, hash, path, i + 1);
		if (p)
			fire_point(core, p, path, count_levels(path + i + 1),
				   change);
	}
}

struct below {
	struct core *core;
	const struct node *top;
};

static bool fire_exact(void *arg, const char *path, const struct node *n)
{
	const struct below *b = arg;
	const struct watch_index *x = b->core->watches;
	struct watch_change change = {.before = n};
	struct watch_point *p;

	if (n == b->top)
		return true;
	p = find_point(x, hash_path(x, path), path, strlen(path));
	if (p)
		fire_point(b->core, p, path, 0, &change);
	return true;
}

void watch_fire_below(struct core *core, const char *path,
		      const struct node *removed)
{
	struct below b = {core, removed};
	char scratch[WIRE_PATH_BYTES];

	if (!core->watches->count)
		return;
	memcpy(scratch, path, strlen(path) + 1);
	tree_walk(removed, scratch, fire_exact, &b);
}

void watch_fire_special(struct core *core, const char *name)
{
	const struct watch_index *x = core->watches;
	struct special *s = core_special(core, name);
	struct watch_point *p;

	p = find_point(x, hash_path(x, name), name, strlen(name));
	if (!p)
		return;
	for (struct watch *w = p->watches; w; w = w->point_next) {
		if (core_access(core, w->client, s->perms, s->gen_perms) &
		    PERM_READ)
			client_event(w->client, w, name);
	}
}
