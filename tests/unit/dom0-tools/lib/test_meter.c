/* SPDX-License-Identifier: MIT */
/* Devices' counts as the kernel's files say them, and rates. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/meter.h"

static char dir[] = "/tmp/test-meter-XXXXXX";

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(meter_devices, .init = setup, .fini = teardown);
TestSuite(meter_rates);

static void make_dir(const char *path)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s/%s", dir, path);
	cr_assert_eq(mkdir(whole, 0755), 0, "%s", whole);
}

static void make_file(const char *path, const char *text)
{
	char whole[256];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", dir, path);
	f = fopen(whole, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

Test(meter_devices, a_directory_that_is_not_there_has_none)
{
	struct meter_snapshot s = {0};

	cr_assert_eq(meter_read_devices("/nonexistent", &s), 0);
	cr_assert_eq(s.disk_count + s.card_count, 0);
	meter_free(&s);
}

Test(meter_devices, disks_and_cards_in_the_order_of_their_numbers)
{
	struct meter_snapshot s = {0};

	make_dir("vbd-12-51712");
	make_dir("vbd-12-51712/statistics");
	make_file("vbd-12-51712/statistics/rd_req", "7\n");
	make_file("vbd-12-51712/statistics/wr_sect", "18446744073709551615\n");
	make_dir("vbd-3-51728");
	make_dir("vbd-3-51712");
	make_dir("vif-3-0");
	make_dir("vif-3-0/net");
	make_dir("vif-3-0/net/renamed");
	make_dir("vif-3-0/net/renamed/statistics");
	make_file("vif-3-0/net/renamed/statistics/rx_bytes", "100");
	make_file("vif-3-0/net/renamed/statistics/tx_bytes", "2000");
	make_dir("vif-3-1");
	cr_assert_eq(meter_read_devices(dir, &s), 0);
	cr_assert_eq(s.disk_count, 3);
	cr_assert_eq(s.disks[0].domid, 3);
	cr_assert_eq(s.disks[0].devid, 51712);
	cr_assert_eq(s.disks[1].devid, 51728);
	cr_assert_eq(s.disks[2].domid, 12);
	cr_assert_eq(s.disks[2].read_requests, 7);
	cr_assert_eq(s.disks[2].write_sectors, UINT64_MAX);
	cr_assert_eq(s.disks[2].flush_requests, 0);
	cr_assert_eq(s.card_count, 2);
	/* What the interface takes in, the guest sent. */
	cr_assert_eq(s.cards[0].sent_bytes, 100);
	cr_assert_eq(s.cards[0].received_bytes, 2000);
	cr_assert_str_eq(s.cards[0].interface, "renamed");
	cr_assert_str_empty(s.cards[1].interface);
	meter_free(&s);
}

Test(meter_devices, what_is_no_number_counts_as_nothing)
{
	static const char *const texts[] = {
		"",
		"-1\n",
		"18446744073709551616\n",
		"1x",
		" 1",
		"0x10\n",
		"\n",
		"99999999999999999999999999999999999999999999999\n",
	};
	struct meter_snapshot s = {0};

	make_dir("vbd-1-0");
	make_dir("vbd-1-0/statistics");
	make_dir("vbd-1-0/statistics/wr_req");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		make_file("vbd-1-0/statistics/rd_req", texts[i]);
		cr_assert_eq(meter_read_devices(dir, &s), 0);
		cr_assert_eq(s.disk_count, 1);
		cr_assert_eq(s.disks[0].read_requests, 0, "'%s'", texts[i]);
		meter_free(&s);
	}
}

Test(meter_devices, names_that_are_no_devices_are_left_out)
{
	static const char *const names[] = {
		"vbd-65536-1",	    "vbd-1",	 "vbd-1-",
		"vbd--1",	    "vbd-1-2-3", "vbd-1-x",
		"vif1-0",	    "vif-1-0x",	 "console-0-0",
		"vbd-1-4294967296", "vbd- 1-2",
	};
	struct meter_snapshot s = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make_dir(names[i]);
	cr_assert_eq(meter_read_devices(dir, &s), 0);
	cr_assert_eq(s.disk_count + s.card_count, 0);
	meter_free(&s);
}

Test(meter_devices, many_are_all_found)
{
	struct meter_snapshot s = {0};
	char name[32];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "vbd-%d-%d", i % 7, i);
		make_dir(name);
	}
	cr_assert_eq(meter_read_devices(dir, &s), 0);
	cr_assert_eq(s.disk_count, 300);
	for (size_t i = 1; i < 300; i++)
		cr_assert(s.disks[i - 1].domid < s.disks[i].domid ||
			  (s.disks[i - 1].domid == s.disks[i].domid &&
			   s.disks[i - 1].devid < s.disks[i].devid));
	meter_free(&s);
}

#define S 1000000000ull

/* Two domains, three vCPUs, a CPU, a disk, a card. */
struct fixture {
	struct meter_snapshot s;
	struct meter_domain domains[2];
	struct paravane_meter_vcpu vcpus[3];
	struct paravane_meter_cpu cpu;
	struct meter_disk disk;
	struct meter_card card;
};

static void fill(struct fixture *f, uint64_t at_ns)
{
	*f = (struct fixture){
		.domains = {{.info = {.domain = 0}}, {.info = {.domain = 9}}},
		.vcpus = {{.domain = 0},
			  {.domain = 9},
			  {.domain = 9, .vcpu = 2}},
		.disk = {.domid = 9, .devid = 51712},
		.card = {.domid = 9},
	};
	for (size_t i = 0; i < 3; i++)
		f->vcpus[i].at_ns = at_ns;
	f->cpu.at_ns = at_ns;
	f->s = (struct meter_snapshot){
		.at_ns = at_ns,
		.cpus = &f->cpu,
		.cpu_count = 1,
		.domains = f->domains,
		.domain_count = 2,
		.vcpus = f->vcpus,
		.vcpu_count = 3,
		.disks = &f->disk,
		.disk_count = 1,
		.cards = &f->card,
		.card_count = 1,
	};
	meter_assign(&f->s);
}

Test(meter_rates, each_domain_gets_its_own)
{
	struct fixture f;

	fill(&f, S);
	cr_assert_eq(f.domains[0].vcpu_count, 1);
	cr_assert_eq(f.domains[0].disk_count, 0);
	cr_assert_eq(f.domains[1].vcpu_count, 2);
	cr_assert_eq(f.domains[1].vcpus, f.vcpus + 1);
	cr_assert_eq(f.domains[1].disks, &f.disk);
	cr_assert_eq(f.domains[1].card_count, 1);
}

/* Records of a domain that came or went between two calls. */
Test(meter_rates, what_has_no_domain_is_nobodys)
{
	struct fixture f;

	fill(&f, S);
	f.domains[1].info.domain = 10;
	meter_assign(&f.s);
	cr_assert_eq(f.domains[0].vcpu_count, 1);
	cr_assert_eq(f.domains[1].vcpu_count, 0);
	cr_assert_eq(f.domains[1].disk_count, 0);
	cr_assert_eq(f.domains[1].card_count, 0);
}

Test(meter_rates, are_what_lies_between_by_the_records_own_times)
{
	struct fixture a, b;
	struct meter_rates r;

	fill(&a, 10 * S);
	fill(&b, 14 * S);
	/* This one was read a second later. */
	b.vcpus[2].at_ns += S;
	a.vcpus[1].state_ns[0] = 5 * S;
	b.vcpus[1].state_ns[0] = 7 * S;
	b.vcpus[2].state_ns[1] = 5 * S;
	b.vcpus[1].hypercalls[63] = 8;
	b.vcpus[1].hypercalls[0] = 4;
	b.vcpus[1].faults[PARAVANE_FAULT_page] = 400;
	b.cpu.idle_ns = S;
	b.disk.read_sectors = 4000;
	b.disk.write_requests = 40;
	a.card.sent_bytes = 1000;
	b.card.sent_bytes = 5000;
	cr_assert_eq(meter_rates(&a.s, &b.s, &r), 0);
	cr_assert_float_eq(r.seconds, 4, 1e-9);
	cr_assert_float_eq(r.vcpus[1].states[0], 0.5, 1e-9);
	cr_assert_float_eq(r.vcpus[2].states[1], 1, 1e-9);
	cr_assert_float_eq(r.vcpus[1].hypercalls, 3, 1e-9);
	cr_assert_float_eq(r.vcpus[1].faults, 100, 1e-9);
	cr_assert_float_eq(r.domains[1].vcpus.states[0], 0.5, 1e-9);
	cr_assert_float_eq(r.domains[1].vcpus.states[1], 1, 1e-9);
	cr_assert_float_eq(r.domains[0].vcpus.states[0], 0, 1e-9);
	cr_assert_float_eq(r.cpus[0].idle, 0.25, 1e-9);
	cr_assert_float_eq(r.disks[0].read_bytes, 512000, 1e-6);
	cr_assert_float_eq(r.domains[1].disks.write_requests, 10, 1e-9);
	cr_assert_float_eq(r.domains[1].cards.sent_bytes, 1000, 1e-6);
	meter_rates_free(&r);
}

/* Its number was given again: by the UUID it is another one. */
Test(meter_rates, a_new_domain_counts_from_its_start)
{
	struct fixture a, b;
	struct meter_rates r;

	fill(&a, 10 * S);
	fill(&b, 14 * S);
	b.domains[1].info.handle[3] = 1;
	a.vcpus[1].switches = 100;
	b.vcpus[1].switches = 120;
	cr_assert_eq(meter_rates(&a.s, &b.s, &r), 0);
	cr_assert_float_eq(r.vcpus[1].switches, 30, 1e-9);
	meter_rates_free(&r);
}

Test(meter_rates, a_count_that_went_back_counts_from_0)
{
	struct fixture a, b;
	struct meter_rates r;

	fill(&a, 10 * S);
	fill(&b, 14 * S);
	a.disk.read_requests = 1000;
	b.disk.read_requests = 8;
	cr_assert_eq(meter_rates(&a.s, &b.s, &r), 0);
	cr_assert_float_eq(r.disks[0].read_requests, 2, 1e-9);
	meter_rates_free(&r);
}

Test(meter_rates, no_time_has_passed)
{
	struct fixture a, b;
	struct meter_rates r;

	fill(&a, 10 * S);
	fill(&b, 10 * S);
	b.vcpus[0].switches = 3;
	b.cpu.idle_ns = 3;
	b.disk.read_requests = 3;
	cr_assert_eq(meter_rates(&a.s, &b.s, &r), 0);
	cr_assert_float_eq(r.vcpus[0].switches, 0, 1e-9);
	cr_assert_float_eq(r.cpus[0].idle, 0, 1e-9);
	cr_assert_float_eq(r.disks[0].read_requests, 0, 1e-9);
	meter_rates_free(&r);
}

Test(meter_rates, since_the_beginning_without_an_earlier_one)
{
	struct fixture b;
	struct meter_rates r;

	fill(&b, 10 * S);
	b.vcpus[0].state_ns[0] = 5 * S;
	b.cpu.idle_ns = 4 * S;
	cr_assert_eq(meter_rates(NULL, &b.s, &r), 0);
	cr_assert_float_eq(r.vcpus[0].states[0], 0.5, 1e-9);
	cr_assert_float_eq(r.cpus[0].idle, 0.4, 1e-9);
	meter_rates_free(&r);
}

Test(meter_rates, nothing_at_all)
{
	struct meter_snapshot none = {0};
	struct meter_rates r;

	meter_assign(&none);
	cr_assert_eq(meter_rates(&none, &none, &r), 0);
	meter_rates_free(&r);
	meter_free(&none);
}

Test(meter_rates, every_kind_has_a_name)
{
	for (unsigned int i = 0; i < PARAVANE_FAULTS; i++)
		cr_assert_not_null(meter_fault_name(i), "fault %u", i);
	cr_assert_null(meter_fault_name(PARAVANE_FAULTS));
	for (unsigned int i = 0; i < PARAVANE_FRAMES; i++)
		cr_assert_not_null(meter_frames_name(i), "type %u", i);
	cr_assert_null(meter_frames_name(PARAVANE_FRAMES));
	cr_assert_str_eq(meter_hypercall_name(1), "mmu_update");
	cr_assert_null(meter_hypercall_name(63));
	cr_assert_null(meter_hypercall_name(~0u));
	cr_assert_str_eq(meter_state_name(3), "offline");
	cr_assert_null(meter_state_name(4));
}
