/* SPDX-License-Identifier: MIT */
/* The store's client: its requests, see the header. */
#include "lib/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store_link.h"

static int request_path(struct store *s, uint32_t type, uint32_t txn,
			const char *path)
{
	return store_link_request(s, type, txn, &STRING_PART(path), 1);
}

static char *copy_reply(struct store *s, size_t *len)
{
	size_t n = s->in.header.len;
	char *copy = malloc(n + 1);

	if (!copy) {
		errno = ENOMEM;
		return NULL;
	}
	memcpy(copy, s->in.payload, n + 1);
	if (len)
		*len = n;
	return copy;
}

char *store_read(struct store *s, uint32_t txn, const char *path, size_t *len)
{
	int rc = request_path(s, XS_READ, txn, path);

	if (rc) {
		errno = -rc;
		return NULL;
	}
	return copy_reply(s, len);
}

int store_read_u64(struct store *s, uint32_t txn, const char *path,
		   uint64_t *value)
{
	int rc = request_path(s, XS_READ, txn, path);
	const char *text = s->in.payload;
	unsigned long long v;
	char *end;

	if (rc)
		return rc;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || end != text + s->in.header.len)
		return -EINVAL;
	*value = v;
	return 0;
}

int store_write(struct store *s, uint32_t txn, const char *path,
		const void *data, size_t len)
{
	struct store_part parts[] = {STRING_PART(path), {data, len}};

	return store_link_request(s, XS_WRITE, txn, parts, PART_COUNT(parts));
}

int store_writef(struct store *s, uint32_t txn, const char *path,
		 const char *fmt, ...)
{
	char value[XENSTORE_PAYLOAD_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	if ((size_t)n >= sizeof(value))
		return -E2BIG;
	return store_write(s, txn, path, value, (size_t)n);
}

int store_mkdir(struct store *s, uint32_t txn, const char *path)
{
	return request_path(s, XS_MKDIR, txn, path);
}

int store_rm(struct store *s, uint32_t txn, const char *path)
{
	int rc = request_path(s, XS_RM, txn, path);

	return rc == -ENOENT ? 0 : rc;
}

/* Gathers a directory that is too large for one reply, part by part. */
static char *read_directory_parts(struct store *s, uint32_t txn,
				  const char *path, size_t *len)
{
	char generation[24] = "";
	char *names = NULL;
	size_t have = 0;

	for (;;) {
		char offset[24];
		struct store_part parts[2];
		size_t gen_len, n;
		char *grown;
		int rc;

		snprintf(offset, sizeof(offset), "%zu", have);
		parts[0] = STRING_PART(path);
		parts[1] = STRING_PART(offset);
		rc = store_link_request(s, XS_DIRECTORY_PART, txn, parts, 2);
		if (rc) {
			errno = -rc;
			break;
		}
		gen_len = strlen(s->in.payload) + 1;
		if (gen_len > sizeof(generation) ||
		    gen_len >= s->in.header.len) {
			errno = EPROTO;
			break;
		}
		/* The directory changed between two parts: begin again. */
		if (have && strcmp(generation, s->in.payload)) {
			have = 0;
			continue;
		}
		memcpy(generation, s->in.payload, gen_len);
		n = s->in.header.len - gen_len;
		grown = realloc(names, have + n);
		if (!grown) {
			errno = ENOMEM;
			break;
		}
		names = grown;
		memcpy(names + have, s->in.payload + gen_len, n);
		have += n;
		/* An empty name ends the last part. */
		if (n == 1 ||
		    (names[have - 1] == '\0' && names[have - 2] == '\0')) {
			*len = have - 1;
			return names;
		}
	}
	free(names);
	return NULL;
}

/* Makes one allocation of pointers and the names that they point to. */
static char **names_to_list(const char *names, size_t len, size_t *count)
{
	size_t n = 0;
	char **list;
	char *copy;

	for (size_t i = 0; i < len; i++)
		n += names[i] == '\0';
	list = malloc((n + 1) * sizeof(*list) + len + 1);
	if (!list) {
		errno = ENOMEM;
		return NULL;
	}
	copy = (char *)(list + n + 1);
	memcpy(copy, names, len);
	copy[len] = '\0';
	for (size_t i = 0; i < n; i++) {
		list[i] = copy;
		copy += strlen(copy) + 1;
	}
	list[n] = NULL;
	if (count)
		*count = n;
	return list;
}

char **store_ls(struct store *s, uint32_t txn, const char *path, size_t *count)
{
	int rc = request_path(s, XS_DIRECTORY, txn, path);
	char **list;
	char *names;
	size_t len;

	if (!rc)
		return names_to_list(s->in.payload, s->in.header.len, count);
	if (rc != -E2BIG) {
		errno = -rc;
		return NULL;
	}
	names = read_directory_parts(s, txn, path, &len);
	if (!names)
		return NULL;
	list = names_to_list(names, len, count);
	free(names);
	return list;
}

static const char perm_letters[] = {'n', 'r', 'w', 'b'};

/* The payload's second part; -E2BIG. */
static int print_perms(const struct store_perm *perms, size_t count,
		       char text[XENSTORE_PAYLOAD_MAX], struct store_part *part)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		int n = snprintf(text + len, XENSTORE_PAYLOAD_MAX - len, "%c%u",
				 perm_letters[perms[i].perms & 3],
				 perms[i].domid);

		if (n < 0 || (size_t)n >= XENSTORE_PAYLOAD_MAX - len)
			return -E2BIG;
		len += (size_t)n + 1;
	}
	*part = (struct store_part){text, len};
	return 0;
}

int store_set_perms(struct store *s, uint32_t txn, const char *path,
		    const struct store_perm *perms, size_t count)
{
	char text[XENSTORE_PAYLOAD_MAX];
	struct store_part parts[2] = {STRING_PART(path)};
	int rc = print_perms(perms, count, text, &parts[1]);

	return rc ? rc : store_link_request(s, XS_SET_PERMS, txn, parts, 2);
}

/* Requests that wait for their answers; they must fit into the socket. */
#define PIPELINE_MAX 16

struct pipeline {
	struct store *s;
	uint32_t txn;
	struct xsd_sockmsg asked[PIPELINE_MAX];
	size_t sent, answered;
	int rc; /* the first error that an answer brought */
};

/* Fails only with the connection. */
static int take_answer(struct pipeline *p)
{
	struct store *s = p->s;
	int rc = store_link_receive(s, &p->asked[p->answered++ % PIPELINE_MAX]);

	if (s->lost || s->broken)
		return rc;
	if (!p->rc)
		p->rc = rc;
	return 0;
}

static int pipeline_send(struct pipeline *p, uint32_t type,
			 const struct store_part *parts)
{
	/* The kernel's device gets one at a time, as from libxenstore. */
	size_t most = p->s->is_socket ? PIPELINE_MAX : 1;
	int rc = 0;

	if (p->sent - p->answered == most)
		rc = take_answer(p);
	if (!rc)
		rc = store_link_send(p->s, type, p->txn, parts, 2,
				     &p->asked[p->sent % PIPELINE_MAX]);
	p->sent += !rc;
	return rc;
}

static int send_node(struct pipeline *p, const struct store_node *n)
{
	struct store_part parts[2] = {STRING_PART(n->path), {n->value, n->len}};
	char text[XENSTORE_PAYLOAD_MAX];
	int rc = pipeline_send(p, XS_WRITE, parts);

	if (rc || !n->perm_count)
		return rc;
	rc = print_perms(n->perms, n->perm_count, text, &parts[1]);
	return rc ? rc : pipeline_send(p, XS_SET_PERMS, parts);
}

int store_write_nodes(struct store *s, uint32_t txn,
		      const struct store_node *nodes, size_t count)
{
	const struct store_txn *t = store_link_txn(s, txn);
	struct pipeline p = {.s = s, .txn = txn};
	int rc = 0;

	if (s->broken)
		return s->broken;
	if (!t)
		return -EINVAL;
	if (t->lost)
		return -EAGAIN;
	for (size_t i = 0; i < count && !rc && !p.rc; i++)
		rc = send_node(&p, &nodes[i]);
	/* What is on its way is answered, whatever happened. */
	while (p.answered < p.sent && !s->lost && !s->broken) {
		int answer = take_answer(&p);

		rc = rc ? rc : answer;
	}
	if (s->broken)
		return s->broken;
	if (t->lost)
		return -EAGAIN;
	/* An answer is to something that was sent earlier. */
	return p.rc ? p.rc : rc;
}

static bool parse_perm(const char *text, struct store_perm *perm)
{
	unsigned long domid;
	char *end;

	for (unsigned int i = 0; i < sizeof(perm_letters); i++) {
		if (text[0] != perm_letters[i])
			continue;
		domid = strtoul(text + 1, &end, 10);
		if (end == text + 1 || *end || domid > UINT16_MAX)
			return false;
		*perm = (struct store_perm){(uint16_t)domid, (uint8_t)i};
		return true;
	}
	return false;
}

struct store_perm *store_get_perms(struct store *s, uint32_t txn,
				   const char *path, size_t *count)
{
	int rc = request_path(s, XS_GET_PERMS, txn, path);
	const char *text = s->in.payload;
	struct store_perm *perms;
	size_t n = 0;

	if (rc) {
		errno = -rc;
		return NULL;
	}
	for (size_t i = 0; i < s->in.header.len; i++)
		n += text[i] == '\0';
	if (!n) {
		errno = EPROTO;
		return NULL;
	}
	perms = calloc(n, sizeof(*perms));
	if (!perms) {
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (!parse_perm(text, &perms[i])) {
			free(perms);
			errno = EPROTO;
			return NULL;
		}
		text += strlen(text) + 1;
	}
	*count = n;
	return perms;
}

/* A number that was used before is the new transaction's. */
static int remember_txn(struct store *s, uint32_t id)
{
	struct store_txn *t = store_link_txn(s, id);
	struct store_txn *grown;

	if (!t) {
		grown = realloc(s->txns, (s->txn_count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->txns = grown;
		t = &s->txns[s->txn_count++];
	}
	*t = (struct store_txn){.id = id};
	return 0;
}

int store_txn_start(struct store *s, uint32_t *txn)
{
	int rc = request_path(s, XS_TRANSACTION_START, 0, "");
	unsigned long id;
	char *end;

	if (rc)
		return rc;
	id = strtoul(s->in.payload, &end, 10);
	if (end == s->in.payload || !id || id > UINT32_MAX)
		return store_link_break(s, -EPROTO);
	rc = remember_txn(s, (uint32_t)id);
	if (rc) {
		request_path(s, XS_TRANSACTION_END, (uint32_t)id, "F");
		return rc;
	}
	*txn = (uint32_t)id;
	return 0;
}

static void forget_txn(struct store *s, uint32_t id)
{
	struct store_txn *t = store_link_txn(s, id);

	if (t)
		*t = s->txns[--s->txn_count];
}

int store_txn_commit(struct store *s, uint32_t txn)
{
	int rc = request_path(s, XS_TRANSACTION_END, txn, "T");

	forget_txn(s, txn);
	return rc;
}

int store_txn_abort(struct store *s, uint32_t txn)
{
	int rc = request_path(s, XS_TRANSACTION_END, txn, "F");
	const struct store_txn *t = store_link_txn(s, txn);

	/* It ended with its connection. */
	if (t && t->lost && rc == -EAGAIN)
		rc = 0;
	forget_txn(s, txn);
	return rc;
}

static int request_numbers(struct store *s, uint32_t type,
			   const uint64_t *numbers, size_t count)
{
	char text[3][24];
	struct store_part parts[3];

	for (size_t i = 0; i < count; i++) {
		snprintf(text[i], sizeof(text[i]), "%" PRIu64, numbers[i]);
		parts[i] = STRING_PART(text[i]);
	}
	return store_link_request(s, type, 0, parts, count);
}

static int request_domid(struct store *s, uint32_t type, uint16_t domid)
{
	return request_numbers(s, type, &(uint64_t){domid}, 1);
}

int store_introduce(struct store *s, uint16_t domid, uint64_t mfn,
		    uint32_t port)
{
	uint64_t numbers[] = {domid, mfn, port};

	return request_numbers(s, XS_INTRODUCE, numbers, 3);
}

int store_release(struct store *s, uint16_t domid)
{
	return request_domid(s, XS_RELEASE, domid);
}

int store_resume(struct store *s, uint16_t domid)
{
	return request_domid(s, XS_RESUME, domid);
}

int store_set_target(struct store *s, uint16_t domid, uint16_t target)
{
	uint64_t numbers[] = {domid, target};

	return request_numbers(s, XS_SET_TARGET, numbers, 2);
}

char *store_domain_path(struct store *s, uint16_t domid)
{
	int rc = request_domid(s, XS_GET_DOMAIN_PATH, domid);

	if (rc) {
		errno = -rc;
		return NULL;
	}
	return copy_reply(s, NULL);
}

int store_is_introduced(struct store *s, uint16_t domid)
{
	int rc = request_domid(s, XS_IS_DOMAIN_INTRODUCED, domid);

	return rc ? rc : s->in.payload[0] == 'T';
}

char *store_control(struct store *s, const char *const *words, size_t count)
{
	struct store_part parts[8];
	int rc;

	if (count > PART_COUNT(parts)) {
		errno = E2BIG;
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		parts[i] = STRING_PART(words[i]);
	rc = store_link_request(s, XS_CONTROL, 0, parts, count);
	if (rc) {
		errno = -rc;
		return NULL;
	}
	return copy_reply(s, NULL);
}
