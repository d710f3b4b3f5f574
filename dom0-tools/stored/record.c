/* SPDX-License-Identifier: MIT */
/* Records, see the header. */
#include "stored/record.h"

#include <errno.h>
#include <string.h>

size_t record_bytes(const struct record *r)
{
	size_t n = sizeof(struct record_header) +
		   r->number_count * sizeof(uint64_t) + r->tail_len;

	return (n + 7) & ~(size_t)7;
}

static uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9fb21c651e98df25;
	return sum ^ (sum >> 29);
}

/* Of `bytes` bytes, a multiple of 8, from any address. */
static uint64_t sum_of(uint64_t sum, const char *data, size_t bytes)
{
	uint64_t word;

	for (size_t i = 0; i < bytes; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		sum = mix(sum, word);
	}
	return sum;
}

static uint64_t sum_of_header(const struct record_header *h)
{
	return mix(h->bytes,
		   (uint64_t)h->kind << 16 | h->number_count << 8 | h->padding);
}

void record_encode(const struct record *r, void *to)
{
	size_t numbers = r->number_count * sizeof(uint64_t);
	struct record_header h = {
		.bytes = (uint32_t)record_bytes(r),
		.kind = (uint16_t)r->kind,
		.number_count = (uint8_t)r->number_count,
	};
	char *body = (char *)to + sizeof(h);

	h.padding = (uint8_t)(h.bytes - sizeof(h) - numbers - r->tail_len);
	memcpy(body, r->numbers, numbers);
	if (r->tail_len)
		memcpy(body + numbers, r->tail, r->tail_len);
	memset(body + numbers + r->tail_len, 0, h.padding);
	h.sum = sum_of(sum_of_header(&h), body, h.bytes - sizeof(h));
	memcpy((char *)to + sizeof(h.bytes), (char *)&h + sizeof(h.bytes),
	       sizeof(h) - sizeof(h.bytes));
	/* From here on there is a record. */
	__atomic_store_n((uint32_t *)to, h.bytes, __ATOMIC_RELEASE);
}

int record_next(struct record_reader *reader, struct record *r)
{
	size_t left = (size_t)(reader->end - reader->at);
	struct record_header h;
	size_t numbers;

	if (left < sizeof(h.bytes))
		return left ? -EILSEQ : 0;
	memcpy(&h.bytes, reader->at, sizeof(h.bytes));
	if (!h.bytes)
		return 0;
	if (left < sizeof(h) || h.bytes < sizeof(h) || h.bytes > left ||
	    h.bytes % 8)
		return -EILSEQ;
	memcpy(&h, reader->at, sizeof(h));
	numbers = h.number_count * sizeof(uint64_t);
	if (h.number_count > RECORD_NUMBERS_MAX || h.padding > 7 ||
	    numbers + h.padding > h.bytes - sizeof(h) ||
	    sum_of(sum_of_header(&h), reader->at + sizeof(h),
		   h.bytes - sizeof(h)) != h.sum)
		return -EILSEQ;
	*r = (struct record){
		.kind = h.kind,
		.number_count = h.number_count,
		.tail = reader->at + sizeof(h) + numbers,
		.tail_len = h.bytes - sizeof(h) - numbers - h.padding,
	};
	memcpy(r->numbers, reader->at + sizeof(h), numbers);
	reader->at += h.bytes;
	return 1;
}
