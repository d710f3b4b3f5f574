/* SPDX-License-Identifier: MIT */
/*
 * What people type out of habit and `vane` does not have: xl's other verbs,
 * and everyday words for its own. Each gets a sentence that says what to do
 * instead, or that there is nothing.
 * Test: tests/unit/dom0-tools/cli/test_verbs.c.
 */
#include <string.h>

#include "cli/cli.h"

#define NO_SAVE	  "domains cannot be saved, restored or migrated here"
#define NO_PCI	  "PCI devices cannot be given to guests here"
#define NO_DEVICE "guests have disks, network cards and a console only"
#define NO_NODES  "the machine is one node; 'vane cpupool-create' makes pools"
#define NO_POLICY "there is no security policy to set"
#define SCHED	  "'vane sched' shows and sets shares of the processors"
#define LIST	  "'vane list' shows the domains"
#define CREATE	  "'vane create FILE' makes and starts a domain"
#define STOP	  "'vane shutdown DOMAIN' asks it to, 'vane destroy' ends it"
#define DESTROY	  "'vane destroy DOMAIN' ends it at once"
#define VERSION	  "'vane info' shows the version"
#define LOG	  "'vane console -l DOMAIN' shows what a guest has printed"

/* A word that ends in '*' stands for all that begin so. */
static const struct {
	const char *word;
	const char *instead;
} missing[] = {
	{"--version", VERSION},
	{"-V", VERSION},
	{"button-press", "'vane trigger DOMAIN power' or 'reset' does it"},
	{"cd-*", "'vane block-detach' and 'block-attach' change a disc"},
	{"channel-*", NO_DEVICE},
	{"claims", "'vane info' shows them all as outstanding_claims"},
	{"cpupool-numa-split", NO_NODES},
	{"delete", DESTROY},
	{"edit", "'vane config-update' changes what a domain is made from"},
	{"getenforce", NO_POLICY},
	{"halt", STOP},
	{"kill", DESTROY},
	{"loadpolicy", NO_POLICY},
	{"log", LOG},
	{"logs", LOG},
	{"ls", LIST},
	{"migrate*", NO_SAVE},
	{"pci-*", NO_PCI},
	{"poweroff", STOP},
	{"ps", LIST},
	{"qemu-*", NO_DEVICE},
	{"remove", DESTROY},
	{"remus", NO_SAVE},
	{"restart", "'vane reboot DOMAIN' asks it to"},
	{"restore", NO_SAVE},
	{"resume", "'vane unpause DOMAIN' lets a paused one go on"},
	{"run", CREATE},
	{"save", NO_SAVE},
	{"sched-credit2", SCHED},
	{"sched-null", SCHED},
	{"sched-rtds", SCHED},
	{"set-parameters", "options stand on the hypervisor's command line"},
	{"setenforce", NO_POLICY},
	{"sharing", "domains share no memory here"},
	{"start", CREATE},
	{"stop", STOP},
	{"suspend", "'vane pause DOMAIN' stops it, in memory"},
	{"usb*", NO_DEVICE},
	{"vdispl-*", NO_DEVICE},
	{"version", VERSION},
	{"vkb-*", NO_DEVICE},
	{"vm-list", "'vane list -v' shows names, numbers and UUIDs"},
	{"vncviewer", "guests have no screen; 'vane console' shows their text"},
	{"vsnd-*", NO_DEVICE},
	{"vtpm-*", NO_DEVICE},
	{"xenstore-*", "'vane store' looks at and changes the store"},
};

const char *cli_missing_verb(const char *word)
{
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		const char *w = missing[i].word;
		size_t n = strcspn(w, "*");

		if (w[n] ? strncmp(word, w, n) == 0 : strcmp(word, w) == 0)
			return missing[i].instead;
	}
	return NULL;
}
