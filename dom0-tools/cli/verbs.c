/* SPDX-License-Identifier: MIT */
/*
 * The table of verbs, and the rule by which a word finds its row.
 * Test: tests/unit/dom0-tools/cli/test_verbs.c.
 */
#include <string.h>

#include "cli/cli.h"
#include "lib/cfgfile.h"

const struct cli_verb cli_verbs[] = {
	{"create", "[-cpnvqjF] FILE [KEY=VALUE...]",
	 "create a domain from a configuration and start it", cli_create},
	{"list", "[-lvc] [--json] [DOMAIN...]", "list domains and their state",
	 cli_list},
	{"info", "[--json]", "show the machine, its memory and the hypervisor",
	 cli_info},
	{"console", "[-frw] [--raw] DOMAIN | -l [--follow] [--raw] NAME",
	 "attach to a console (Ctrl-] leaves), or show what was kept",
	 cli_console},
	{"shutdown", "[-w] [-F] -a | DOMAIN...", "ask domains to power off",
	 cli_shutdown},
	{"reboot", "[-w] [-F] -a | DOMAIN...", "ask domains to reboot",
	 cli_reboot},
	{"destroy", "DOMAIN...", "end domains at once", cli_destroy},
	{"pause", "DOMAIN...", "stop domains without their noticing",
	 cli_pause},
	{"unpause", "DOMAIN...", "let paused domains go on", cli_unpause},
	{"dmesg", "[-c]", "show (and clear) the hypervisor's messages",
	 cli_dmesg},
	{"debug-keys", "KEYS", "send debug keys to the hypervisor",
	 cli_debug_keys},
	{"store", "ls|read|write|rm|chmod|watch|quota ...",
	 "look at or change the store", cli_store},
	{"domid", "[--json] NAME", "print a domain's number", cli_domid},
	{"domname", "[--json] NUMBER", "print a domain's name", cli_domname},
	{"uptime", "[-s] [--json] [DOMAIN...]",
	 "show for how long domains have been up", cli_uptime},
	{"mem-set", "[--timeout SECONDS] DOMAIN SIZE[k|m|g|t]",
	 "change a domain's memory and wait for its answer", cli_mem_set},
	{"mem-max", "DOMAIN SIZE[k|m|g|t]",
	 "change how much memory a domain may have", cli_mem_max},
	{"sched",
	 "[--json] [DOMAIN] [weight=N] [cap=N] | "
	 "[-p POOL] [slice=MS] [ratelimit=US]",
	 "show or change domains' shares of CPU time", cli_sched},
	{"sched-credit",
	 "[-d DOMAIN [-w N] [-c PERCENT]] | [-p POOL] [-s [-t MS] [-r US]]",
	 "the same in xl's words", cli_sched_credit},
	{"vcpu-list", "[--json] [DOMAIN...]",
	 "show virtual CPUs, where they run and where they may", cli_vcpu_list},
	{"vcpu-pin", "DOMAIN VCPU|all CPUS|all|- [SOFT|all|-]",
	 "say on which CPUs virtual CPUs may run, and had better",
	 cli_vcpu_pin},
	{"vcpu-set", "[-w] [--timeout SECONDS] DOMAIN COUNT",
	 "change how many virtual CPUs of a domain are online", cli_vcpu_set},
	{"cpupool-list", "[-c] [--json] [POOL]", "show the pools of CPUs",
	 cli_cpupool_list},
	{"cpupool-create",
	 "[-n] NAME | FILE | -f FILE [cpus=CPUS] [sched=credit|null]",
	 "make a pool of CPUs that are in none", cli_cpupool_create},
	{"cpupool-destroy", "POOL", "free the CPUs of a pool without domains",
	 cli_cpupool_destroy},
	{"cpupool-rename", "POOL NAME", "give a pool another name",
	 cli_cpupool_rename},
	{"cpupool-cpu-add", "POOL CPUS|all",
	 "put CPUs that are in no pool into one", cli_cpupool_cpu_add},
	{"cpupool-cpu-remove", "POOL CPUS|all", "take CPUs out of a pool",
	 cli_cpupool_cpu_remove},
	{"cpupool-migrate", "DOMAIN POOL", "move a domain to another pool",
	 cli_cpupool_migrate},
	{"rename", "DOMAIN NAME", "give a domain another name", cli_rename},
	{"config-update", "DOMAIN [FILE] [KEY=VALUE...]",
	 "change what a domain is when it reboots", cli_config_update},
	{"sysrq", "DOMAIN LETTER", "press a magic key of a guest's Linux",
	 cli_sysrq},
	{"trigger", "DOMAIN nmi|power|reset [VCPU]",
	 "press a guest's power or reset button, or send it an NMI",
	 cli_trigger},
	{"dump-core", "[--live] DOMAIN FILE",
	 "write a domain's memory and registers to an ELF core", cli_dump_core},
	{"block-list", "[--json] DOMAIN...", "show the disks of domains",
	 cli_block_list},
	{"block-attach", "[--no-wait] [--timeout SECONDS] DOMAIN DISK",
	 "give a running domain a disk (as in disk=[])", cli_block_attach},
	{"block-detach",
	 "[--force] [--no-wait] [--timeout SECONDS] DOMAIN VDEV",
	 "ask a running domain for a disk back (--force: take it)",
	 cli_block_detach},
	{"network-list", "[--json] DOMAIN...",
	 "show the network cards of domains", cli_network_list},
	{"network-attach",
	 "[--no-wait] [--timeout SECONDS] DOMAIN [KEY=VALUE...]",
	 "give a running domain a network card (as in vif=[])",
	 cli_network_attach},
	{"network-detach",
	 "[--force] [--no-wait] [--timeout SECONDS] DOMAIN INDEX|MAC",
	 "ask a running domain for a network card back (--force: take it)",
	 cli_network_detach},
	{"top", "[-b] [--json] [-fvnx] [-i ROUNDS] [-d SECONDS]",
	 "show who uses what: CPUs, memory, disks, cards", cli_top},
	{"events", "[-a] [--json] [--no-follow]",
	 "show what happens to domains, as it happens (-a: and happened)",
	 cli_events},
	{"unpack-kernel", "VMLINUZ VMLINUX", "take the ELF out of a vmlinuz",
	 cli_unpack_kernel},
	{"help", "[VERB]", "show this list, or one verb", cli_help},
};

const size_t cli_verb_count = sizeof(cli_verbs) / sizeof(cli_verbs[0]);

const struct cli_verb *cli_find_verb(const char *name, size_t *matches)
{
	const struct cli_verb *found = NULL;

	*matches = 0;
	for (size_t i = 0; i < cli_verb_count && *name; i++) {
		if (strcmp(cli_verbs[i].name, name) == 0) {
			*matches = 1;
			return &cli_verbs[i];
		}
		if (strncmp(cli_verbs[i].name, name, strlen(name)) == 0) {
			found = &cli_verbs[i];
			(*matches)++;
		}
	}
	return *matches == 1 ? found : NULL;
}

const struct cli_verb *cli_nearest_verb(const char *word)
{
	unsigned int best = (unsigned int)(strlen(word) / 3 + 1);
	const struct cli_verb *nearest = NULL;

	for (size_t i = 0; i < cli_verb_count; i++) {
		unsigned int d = cfg_distance(word, cli_verbs[i].name);

		if (d <= best && (nearest == NULL || d < best)) {
			best = d;
			nearest = &cli_verbs[i];
		}
	}
	return nearest;
}
