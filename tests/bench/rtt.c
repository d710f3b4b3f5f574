/* SPDX-License-Identifier: MIT */
/*
 * How long an ICMP echo takes: COUNT of them to ADDRESS, one after the other,
 * at random moments so that they meet nobody's rhythm. Prints a line with the
 * median, the 99th percentile and the longest, in nanoseconds by this system's
 * clock. An answer that does not come within two seconds is an error.
 *
 *   rtt KEY ADDRESS COUNT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX    10000
#define WAIT_MS	     2000
#define PAUSE_MAX_US 40000

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint16_t checksum(const void *data, size_t size)
{
	const uint16_t *word = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += word[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* Waits for the answer to number `seq`. 0, or -1. */
static int answer(int fd, uint16_t seq)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	unsigned char packet[256];

	while (poll(&p, 1, WAIT_MS) == 1) {
		ssize_t size = recv(fd, packet, sizeof(packet), 0);
		size_t header = (packet[0] & 15) * 4u;
		struct icmphdr h;

		if (size < (ssize_t)(header + sizeof(h)))
			continue;
		memcpy(&h, packet + header, sizeof(h));
		if (h.type == ICMP_ECHOREPLY &&
		    h.un.echo.id == htons((uint16_t)getpid()) &&
		    h.un.echo.sequence == htons(seq))
			return 0;
	}
	return -1;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	static uint64_t ns[COUNT_MAX];
	struct sockaddr_in to = {.sin_family = AF_INET};
	unsigned long count = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	int fd;

	if (!count || count > COUNT_MAX ||
	    inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: rtt KEY ADDRESS COUNT\n");
		return 2;
	}
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (fd < 0) {
		perror("rtt: socket");
		return 1;
	}
	srandom(1);
	for (unsigned long i = 0; i < count; i++) {
		struct icmphdr h = {.type = ICMP_ECHO};
		uint64_t start;

		usleep((useconds_t)(random() % PAUSE_MAX_US));
		h.un.echo.id = htons((uint16_t)getpid());
		h.un.echo.sequence = htons((uint16_t)i);
		h.checksum = checksum(&h, sizeof(h));
		start = now_ns();
		if (sendto(fd, &h, sizeof(h), 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0 ||
		    answer(fd, (uint16_t)i)) {
			fprintf(stderr, "rtt: no answer from %s\n", argv[2]);
			return 1;
		}
		ns[i] = now_ns() - start;
	}
	qsort(ns, count, sizeof(ns[0]), compare);
	printf("rtt: %s %llu %llu %llu\n", argv[1],
	       (unsigned long long)ns[count / 2],
	       (unsigned long long)ns[count - 1 - count / 100],
	       (unsigned long long)ns[count - 1]);
	return 0;
}
