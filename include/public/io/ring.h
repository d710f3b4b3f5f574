/* SPDX-License-Identifier: MIT */
/*
 * The shared ring of split drivers: one page (or 2^n) that the frontend
 * grants to the backend. A 64-byte header of four free-running indices is
 * followed by a power of two of slots; a response reuses the slot of a
 * request that was already consumed.
 *
 * The layout is the common one of all such drivers. The code is ours and
 * keeps one rule: the other side may change shared memory at any time, so a
 * slot is copied out whole before anything in it is looked at, each index is
 * read once, and an index that claims more than the ring can hold is reported
 * as -1 and never followed.
 *
 * DEFINE_RING_TYPES(foo, struct foo_request, struct foo_response) declares
 *   struct foo_sring       the page
 *   struct foo_front_ring  private state of the frontend
 *   struct foo_back_ring   private state of the backend
 * and the functions described at their definitions below.
 *
 * Tested by tests/abi (layout and behaviour).
 */
#ifndef PUBLIC_IO_RING_H
#define PUBLIC_IO_RING_H

#ifndef __ASSEMBLY__
#include <stdint.h>

typedef uint32_t RING_IDX;

#define RING_HEADER_BYTES 64

static inline RING_IDX ring_load(const RING_IDX *shared)
{
	return __atomic_load_n(shared, __ATOMIC_ACQUIRE);
}

static inline void ring_store(RING_IDX *shared, RING_IDX value)
{
	__atomic_store_n(shared, value, __ATOMIC_RELEASE);
}

/* How many slots of slot_bytes fit in ring_bytes: a power of two, or 0. */
static inline uint32_t ring_slot_count(uint32_t ring_bytes, uint32_t slot_bytes)
{
	uint32_t fit, count = 1;

	if (ring_bytes <= RING_HEADER_BYTES || slot_bytes == 0)
		return 0;
	fit = (ring_bytes - RING_HEADER_BYTES) / slot_bytes;
	if (fit == 0)
		return 0;
	while (count * 2 <= fit)
		count *= 2;
	return count;
}

/*
 * Publish prod and say whether the peer asked to be woken for anything in
 * (old, new]. The fence orders our store against the read of the wish.
 */
static inline int ring_publish(RING_IDX *prod, const RING_IDX *event,
			       RING_IDX new_prod)
{
	RING_IDX old = *prod;

	ring_store(prod, new_prod);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (RING_IDX)(new_prod - ring_load(event)) <
	       (RING_IDX)(new_prod - old);
}

/* Ask to be woken at cons + 1, then look whether something came meanwhile. */
static inline int ring_rearm(const RING_IDX *prod, RING_IDX *event,
			     RING_IDX cons)
{
	ring_store(event, cons + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring_load(prod) != cons;
}

/*
 * Generated functions, with foo for the name:
 *
 * foo_sring_init(page)             make an empty ring; the frontend's job
 * foo_front_init(f, page, bytes)   attach to an empty ring of that size
 * foo_front_free(f)                slots left for requests
 * foo_front_put(f, req)            queue a request: 0, or -1 if full
 * foo_front_push(f)                show queued ones: 1 if the peer wants an
 *                                  event, else 0
 * foo_front_get(f, rsp)            take a response: 1, 0 if none, -1 if the
 *                                  peer's index is impossible
 * foo_front_rearm(f)               before sleeping: 1 if more came, else 0
 * foo_back_init(b, page, bytes)    attach at the current response index
 * foo_back_get(b, req)             take a request, as foo_front_get
 * foo_back_put(b, rsp)             queue a response
 * foo_back_push(b)                 as foo_front_push
 * foo_back_rearm(b)                as foo_front_rearm
 */
#define DEFINE_RING_TYPES(name, req_type, rsp_type)                            \
	union name##_sring_entry {                                             \
		req_type req;                                                  \
		rsp_type rsp;                                                  \
	};                                                                     \
	struct name##_sring {                                                  \
		RING_IDX req_prod;                                             \
		RING_IDX req_event;                                            \
		RING_IDX rsp_prod;                                             \
		RING_IDX rsp_event;                                            \
		uint8_t _pad0[RING_HEADER_BYTES - 4 * sizeof(RING_IDX)];       \
		union name##_sring_entry ring[1];                              \
	};                                                                     \
	_Static_assert(__builtin_offsetof(struct name##_sring, ring) ==        \
			       RING_HEADER_BYTES,                              \
		       "ABI");                                                 \
	struct name##_front_ring {                                             \
		RING_IDX req_prod_pvt;                                         \
		RING_IDX rsp_cons;                                             \
		uint32_t nr_ents;                                              \
		uint32_t _pad0;                                                \
		struct name##_sring *sring;                                    \
	};                                                                     \
	struct name##_back_ring {                                              \
		RING_IDX rsp_prod_pvt;                                         \
		RING_IDX req_cons;                                             \
		uint32_t nr_ents;                                              \
		uint32_t _pad0;                                                \
		struct name##_sring *sring;                                    \
	};                                                                     \
	static inline void name##_sring_init(struct name##_sring *s)           \
	{                                                                      \
		s->req_prod = 0;                                               \
		s->rsp_prod = 0;                                               \
		s->req_event = 1;                                              \
		s->rsp_event = 1;                                              \
		__builtin_memset(s->_pad0, 0, sizeof(s->_pad0));               \
	}                                                                      \
	static inline void name##_front_init(struct name##_front_ring *f,      \
					     struct name##_sring *s,           \
					     uint32_t bytes)                   \
	{                                                                      \
		f->req_prod_pvt = 0;                                           \
		f->rsp_cons = 0;                                               \
		f->nr_ents = ring_slot_count(bytes, sizeof(s->ring[0]));       \
		f->_pad0 = 0;                                                  \
		f->sring = s;                                                  \
	}                                                                      \
	static inline uint32_t name##_front_free(                              \
		const struct name##_front_ring *f)                             \
	{                                                                      \
		return f->nr_ents - (f->req_prod_pvt - f->rsp_cons);           \
	}                                                                      \
	static inline int name##_front_put(struct name##_front_ring *f,        \
					   const req_type *req)                \
	{                                                                      \
		if (name##_front_free(f) == 0)                                 \
			return -1;                                             \
		f->sring->ring[f->req_prod_pvt & (f->nr_ents - 1)].req = *req; \
		f->req_prod_pvt++;                                             \
		return 0;                                                      \
	}                                                                      \
	static inline int name##_front_push(struct name##_front_ring *f)       \
	{                                                                      \
		return ring_publish(&f->sring->req_prod, &f->sring->req_event, \
				    f->req_prod_pvt);                          \
	}                                                                      \
	static inline int name##_front_get(struct name##_front_ring *f,        \
					   rsp_type *rsp)                      \
	{                                                                      \
		RING_IDX prod = ring_load(&f->sring->rsp_prod);                \
                                                                               \
		if (prod == f->rsp_cons)                                       \
			return 0;                                              \
		if ((RING_IDX)(prod - f->rsp_cons) >                           \
		    (RING_IDX)(f->req_prod_pvt - f->rsp_cons))                 \
			return -1;                                             \
		__builtin_memcpy(                                              \
			rsp,                                                   \
			&f->sring->ring[f->rsp_cons & (f->nr_ents - 1)].rsp,   \
			sizeof(*rsp));                                         \
		__atomic_signal_fence(__ATOMIC_SEQ_CST);                       \
		f->rsp_cons++;                                                 \
		return 1;                                                      \
	}                                                                      \
	static inline int name##_front_rearm(struct name##_front_ring *f)      \
	{                                                                      \
		return ring_rearm(&f->sring->rsp_prod, &f->sring->rsp_event,   \
				  f->rsp_cons);                                \
	}                                                                      \
	static inline void name##_back_init(struct name##_back_ring *b,        \
					    struct name##_sring *s,            \
					    uint32_t bytes)                    \
	{                                                                      \
		b->rsp_prod_pvt = ring_load(&s->rsp_prod);                     \
		b->req_cons = b->rsp_prod_pvt;                                 \
		b->nr_ents = ring_slot_count(bytes, sizeof(s->ring[0]));       \
		b->_pad0 = 0;                                                  \
		b->sring = s;                                                  \
	}                                                                      \
	static inline int name##_back_get(struct name##_back_ring *b,          \
					  req_type *req)                       \
	{                                                                      \
		RING_IDX prod = ring_load(&b->sring->req_prod);                \
                                                                               \
		if (prod == b->req_cons)                                       \
			return 0;                                              \
		if ((RING_IDX)(prod - b->rsp_prod_pvt) > b->nr_ents)           \
			return -1;                                             \
		__builtin_memcpy(                                              \
			req,                                                   \
			&b->sring->ring[b->req_cons & (b->nr_ents - 1)].req,   \
			sizeof(*req));                                         \
		__atomic_signal_fence(__ATOMIC_SEQ_CST);                       \
		b->req_cons++;                                                 \
		return 1;                                                      \
	}                                                                      \
	static inline void name##_back_put(struct name##_back_ring *b,         \
					   const rsp_type *rsp)                \
	{                                                                      \
		b->sring->ring[b->rsp_prod_pvt & (b->nr_ents - 1)].rsp = *rsp; \
		b->rsp_prod_pvt++;                                             \
	}                                                                      \
	static inline int name##_back_push(struct name##_back_ring *b)         \
	{                                                                      \
		return ring_publish(&b->sring->rsp_prod, &b->sring->rsp_event, \
				    b->rsp_prod_pvt);                          \
	}                                                                      \
	static inline int name##_back_rearm(struct name##_back_ring *b)        \
	{                                                                      \
		return ring_rearm(&b->sring->req_prod, &b->sring->req_event,   \
				  b->req_cons);                                \
	}                                                                      \
	_Static_assert(sizeof(RING_IDX) == 4, "ABI")

#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_IO_RING_H */
