/* SPDX-License-Identifier: MIT */
/*
 * store-storm: a guest against those who watch its devices. It writes into its
 * own front ends as fast as the store takes it: states in every order and none
 * that exist, a page of nothing, a tree of nodes up to its quota, and the name
 * of another guest's back end. What is not its own it must not change: back
 * ends, its name, a device directory that nobody gave it.
 *
 * It says when it begins to storm and stops by itself. What domain zero does
 * meanwhile is looked at from there (tests/system/test_vaned.c). A word on the
 * command line: other=DOMID, whose back ends are aimed at.
 */
#include "guest.h"

#define ROUNDS	   300
#define VALUE_SIZE 3000
#define NODES	   2000 /* more than a guest may have */

static const char *const fronts[] = {"device/vbd/51712", "device/vif/0"};

static char self[16], other[16];

static void learn(void)
{
	const char *word = (const char *)start_info->cmd_line;

	expect_rc(store_read("domid", self, sizeof(self)), 0);
	while (*word && memcmp(word, "other=", 6))
		word++;
	format(other, sizeof(other), "%lu",
	       *word ? str_to_u64(word + 6) : (uint64_t)0);
}

static void refused(const char *path)
{
	int rc = store_write(path, "6");

	expect(rc == -XEN_EACCES, "writing %s gave %d", path, rc);
}

static void test_foreign(void)
{
	static const char *const whose[] = {self, other};
	char path[96];

	for (size_t i = 0; i < ARRAY_SIZE(whose); i++) {
		format(path, sizeof(path),
		       "/local/domain/0/backend/vif/%s/0/state", whose[i]);
		refused(path);
		format(path, sizeof(path),
		       "/local/domain/0/backend/vbd/%s/51712/online", whose[i]);
		refused(path);
		format(path, sizeof(path),
		       "/local/domain/%s/backend/vif/0/0/state", whose[i]);
		refused(path);
		format(path, sizeof(path), "/local/domain/%s/name", whose[i]);
		refused(path);
	}
	refused("device/vif/99/state");
	refused("/tool/vane/names/Domain-0");
	refused("/tool/vaned/stopping");
}

/* Whatever the store answers: that it refuses is a part of it. */
static void storm(void)
{
	static char value[VALUE_SIZE + 1];
	char path[96];

	memset(value, '%', VALUE_SIZE);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		for (size_t f = 0; f < ARRAY_SIZE(fronts); f++) {
			format(path, sizeof(path), "%s/state", fronts[f]);
			store_printf(path, "%u", i * 7 % 11);
			format(path, sizeof(path), "%s/backend", fronts[f]);
			store_printf(path, "/local/domain/0/backend/v%s/%s/0",
				     f ? "if" : "bd", other);
			format(path, sizeof(path), "%s/backend-id", fronts[f]);
			store_write(path, i % 2 ? other : "-1");
			format(path, sizeof(path), "%s/mac", fronts[f]);
			store_write(path, value);
			format(path, sizeof(path), "%s/state", fronts[f]);
			store_write(path, value);
		}
	}
	for (unsigned int i = 0; i < NODES; i++) {
		format(path, sizeof(path), "%s/%u/a/b", fronts[i % 2], i);
		if (store_write(path, "") < 0)
			break;
	}
}

void guest_main(void)
{
	if (is_dom0())
		skip("domain zero has no front ends");
	store_init();
	learn();
	test_foreign();
	print("storm: begins\n");
	storm();
	success("%u rounds, and nothing foreign was changed", ROUNDS);
}
