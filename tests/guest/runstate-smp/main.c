/* SPDX-License-Identifier: MIT */
/*
 * runstate-smp: three vCPUs that share a CPU, block and yield, while a fourth
 * reads all their runstate areas, as Linux does for its locks. Whenever the
 * update mark is not set, an area is of one moment: a vCPU's times add up to
 * all that has passed from its creation to its entry into its state, to the
 * nanosecond; no time goes back. One that wants a CPU and has none says so
 * while it waits, and one that blocks says so while it sleeps.
 *
 * run with: 4 CPUs
 */
#include "guest.h"

enum { VCPUS = 4, SHARING = 3, LOOKS = 200000 };

static struct vcpu_runstate_info areas[VCPUS] __attribute__((aligned(4096)));
static volatile bool stop;
static unsigned int finished;

static uint64_t birth[VCPUS], last[VCPUS][4];
static unsigned int seen[VCPUS][4];

static void area_register(unsigned int id)
{
	struct vcpu_register_runstate_memory_area reg = {0};

	reg.addr.v = PTR(&areas[id]);
	expect_rc(do_vcpu_op(VCPUOP_register_runstate_memory_area, id, &reg),
		  0);
}

static uint64_t entry_time(unsigned int id)
{
	return __atomic_load_n(&areas[id].state_entry_time, __ATOMIC_ACQUIRE);
}

static struct vcpu_runstate_info take(unsigned int id)
{
	struct vcpu_runstate_info r;
	uint64_t before;

	do {
		before = entry_time(id);
		memcpy(&r, &areas[id], sizeof(r));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (before & XEN_RUNSTATE_UPDATE || before != entry_time(id));
	return r;
}

static void look(unsigned int id)
{
	struct vcpu_runstate_info r = take(id);
	uint64_t sum = 0;

	expect(r.state >= 0 && r.state < 4, "vCPU %u: state %d", id, r.state);
	for (unsigned int s = 0; s < 4; s++) {
		expect(r.time[s] >= last[id][s],
		       "vCPU %u: state %u had %lu ns, now %lu", id, s,
		       last[id][s], r.time[s]);
		last[id][s] = r.time[s];
		sum += r.time[s];
	}
	if (!birth[id])
		birth[id] = r.state_entry_time - sum;
	expect(r.state_entry_time - sum == birth[id],
	       "vCPU %u: %lu ns do not add up to %lu", id, sum,
	       r.state_entry_time - birth[id]);
	seen[id][r.state]++;
}

/* One of those that share a CPU. */
static void worker(unsigned int self)
{
	struct vcpu_runstate_info asked;
	struct sched_poll poll = {0};
	unsigned int n;

	for (n = 0; !stop; n++) {
		uint64_t end = time_ns_of(&shared_info->vcpu_info[self].time);

		if (n % 4 == 0) {
			poll.timeout = end + 100000;
			expect_rc(do_sched_op(SCHEDOP_poll, &poll), 0);
		} else if (n % 4 == 2) {
			do_sched_op(SCHEDOP_yield, NULL);
		}
		expect_rc(do_vcpu_op(VCPUOP_get_runstate_info, self, &asked),
			  0);
		expect(asked.state == RUNSTATE_running &&
			       take(self).state == RUNSTATE_running,
		       "a vCPU that runs is in state %d", asked.state);
	}
	__atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
}

/* All that were to be seen from outside. */
static bool all_seen(void)
{
	for (unsigned int i = 1; i <= SHARING; i++)
		if (!seen[i][RUNSTATE_running] || !seen[i][RUNSTATE_runnable] ||
		    !seen[i][RUNSTATE_blocked])
			return false;
	return true;
}

void guest_main(void)
{
	unsigned int i, n;

	if (smp_count() < VCPUS)
		skip("there are no %u vCPUs", VCPUS);
	if (!is_dom0())
		skip("only domain zero can put its vCPUs on one CPU");
	if (hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
		       VMASST_TYPE_runstate_update_flag))
		skip("there is no update mark");
	shared_info_map();
	for (i = 1; i <= SHARING; i++) {
		expect_rc(smp_pin(i, 1), 0);
		area_register(i);
		smp_start(i, worker);
	}
	area_register(0);
	/* As long as it takes; the run has a limit. */
	for (n = 0; n < LOOKS || !all_seen(); n++)
		look(n % VCPUS);
	stop = true;
	while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < SHARING) {
		do_sched_op(SCHEDOP_yield, NULL);
		look(0);
	}
	success("%u looks at %u areas, each of one moment and complete", n,
		VCPUS);
}
