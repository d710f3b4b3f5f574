/* SPDX-License-Identifier: MIT */
/*
 * `vane network-list`, `network-attach`, `network-detach`: the network cards
 * of a guest that runs. The table is xl's, to the letter.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "builder/check.h"
#include "cli/device.h"
#include "lib/config.h"

static const char *const network_members[][2] = {
	{"mac", "mac"}, {"bridge", "bridge"}, {"vifname", "vifname"},
	{"ip", "ip"},	{"rate", "rate"},     {"hotplug-status", "hotplug"},
};

static void network_row(struct cli *c, const struct device_ref *d)
{
	char path[DEVICE_PATH_BYTES];
	char *mac = device_back_node(c->store, d, "mac");

	device_back_path(d, path);
	printf("%-3u %-2d %-17.17s %6u %5ld %6ld %5ld/%-11ld %-30s\n", d->devid,
	       0, mac ? mac : "00:00:00:00:00:00", d->devid,
	       device_front_number(c->store, d, "state"),
	       device_front_number(c->store, d, "event-channel"),
	       device_front_number(c->store, d, "tx-ring-ref"),
	       device_front_number(c->store, d, "rx-ring-ref"), path);
	free(mac);
}

static void network_object(struct cli *c, struct json *j,
			   const struct device_ref *d)
{
	char path[DEVICE_PATH_BYTES];
	long state = device_front_number(c->store, d, "state");

	device_back_path(d, path);
	json_open_object(j, NULL);
	json_uint(j, "domid", d->domid);
	json_uint(j, "devid", d->devid);
	for (size_t i = 0;
	     i < sizeof(network_members) / sizeof(*network_members); i++) {
		char *value =
			device_back_node(c->store, d, network_members[i][0]);

		if (value)
			json_string(j, network_members[i][1], value);
		free(value);
	}
	json_uint(j, "backend_domid", 0);
	json_string(j, "state", device_state_name(state));
	device_json_number(j, "event_channel",
			   device_front_number(c->store, d, "event-channel"));
	device_json_number(j, "tx_ring_ref",
			   device_front_number(c->store, d, "tx-ring-ref"));
	device_json_number(j, "rx_ring_ref",
			   device_front_number(c->store, d, "rx-ring-ref"));
	json_string(j, "backend_path", path);
	json_close_object(j);
}

static void network_table_head(void)
{
	printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s\n", "Idx", "BE",
	       "Mac Addr.", "handle", "state", "evt-ch", "tx-", "rx-ring-ref",
	       "BE-path");
}

int cli_network_list(int argc, char **argv)
{
	static const struct device_table table = {
		.verb = "network-list",
		.class = "vif",
		.head = network_table_head,
		.row = network_row,
		.object = network_object,
	};

	return device_list_verb(argc, argv, &table);
}

/* The first card of that address; false when there is none. */
static bool network_find_mac(struct cli *c, struct device_ref *d,
			     const char *mac)
{
	size_t count;
	uint32_t *ids = device_list(c->store, d->domid, "vif", &count);
	bool found = false;

	for (size_t i = 0; ids && i < count && !found; i++) {
		char *other;

		d->devid = ids[i];
		other = device_back_node(c->store, d, "mac");
		found = other && strcasecmp(other, mac) == 0;
		free(other);
	}
	free(ids);
	return found;
}

static uint32_t network_free_index(struct cli *c, const struct device_ref *d)
{
	size_t count;
	uint32_t *ids = device_list(c->store, d->domid, "vif", &count);
	uint32_t index = 0;

	for (size_t i = 0; ids && i < count && ids[i] == index; i++)
		index++;
	free(ids);
	return index;
}

static int network_drop(struct config *c, void *arg, struct err *e)
{
	const struct device_ref *d = arg;
	size_t kept = 0;

	(void)e;
	for (size_t i = 0; i < c->vif_count; i++) {
		char text[18];

		config_format_mac(c->vifs[i].mac, text);
		if (strcasecmp(text, d->mac) != 0)
			c->vifs[kept++] = c->vifs[i];
	}
	c->vif_count = kept;
	return 0;
}

static int network_keep(struct config *c, void *arg, struct err *e)
{
	const struct config_vif *vif = arg;
	struct config_vif *vifs =
		arena_alloc(&c->arena, (c->vif_count + 1) * sizeof(*vifs));
	struct device_ref d;

	if (vifs == NULL)
		return err_set(e, ENOMEM, "out of memory");
	config_format_mac(vif->mac, d.mac);
	network_drop(c, &d, e);
	if (c->vif_count)
		memcpy(vifs, c->vifs, c->vif_count * sizeof(*vifs));
	vifs[c->vif_count++] = *vif;
	c->vifs = vifs;
	return 0;
}

static int network_attach(struct cli *c, struct device_ref *d,
			  const struct config_vif *vif,
			  const struct device_options *o)
{
	struct config config = {
		.vifs = (struct config_vif *)(uintptr_t)vif,
		.vif_count = 1,
	};
	struct nodes nodes;
	char mac[18];
	int rc;

	d->class = "vif";
	config_format_mac(vif->mac, mac);
	if (network_find_mac(c, d, mac))
		return err_set(&c->err, EEXIST,
			       "'%s' has a card with the address %s already "
			       "(vif %u); give the new one another, or none",
			       d->domain, mac, d->devid);
	rc = check_vifs(&config, &c->err);
	if (rc)
		return rc;
	d->devid = network_free_index(c, d);
	snprintf(d->label, sizeof(d->label), "vif %u", d->devid);
	rc = nodes_make_vif(vif, d->devid, d->domid, &nodes);
	if (rc)
		return err_set(&c->err, rc, "out of memory");
	rc = device_attach(c, d, &nodes, o);
	nodes_free(&nodes);
	return rc ? rc
		  : kept_edit(d->domid, network_keep, (void *)(uintptr_t)vif,
			      &c->err);
}

/* Of the range that is meant for it, with the local part by chance. */
static int network_make_mac(uint8_t mac[6])
{
	static const uint8_t prefix[] = {0x00, 0x16, 0x3e};

	memcpy(mac, prefix, sizeof(prefix));
	return getrandom(mac + 3, 3, 0) == 3 ? 0 : -EIO;
}

int cli_network_attach(int argc, char **argv)
{
	struct device_options o;
	struct arena arena = {0};
	struct device_ref d = {0};
	struct config_vif vif;
	struct cli c = {.privcmd = -1};
	bool has_mac;
	char *spec;
	struct cli_args a;
	int status = cli_parse(argc, argv, 1, argc, &a);

	if (status == CLI_OK)
		status = device_options(&a, &o);
	if (status)
		return status;
	spec = device_join(&arena, a.count - 1, a.words + 1);
	if (spec == NULL ||
	    config_parse_vif(&arena, spec, &vif, &has_mac, &c.err) ||
	    (!has_mac && network_make_mac(vif.mac))) {
		err_set(&c.err, ENOMEM, "out of memory");
		cli_fail(&c);
		status = CLI_USAGE;
		goto out_free;
	}
	status = device_open(&c, a.words[0], &d);
	if (status)
		goto out_free;
	if (network_attach(&c, &d, &vif, &o))
		status = cli_fail(&c);
	cli_close(&c);
out_free:
	arena_free(&arena);
	return status;
}

/* By its index, or by its address. */
static int network_find(struct cli *c, struct device_ref *d, const char *word)
{
	char *end, *mac;
	unsigned long n = strtoul(word, &end, 10);

	d->class = "vif";
	if (strchr(word, ':')) {
		if (!network_find_mac(c, d, word))
			return err_set(&c->err, ENODEV,
				       "'%s' has no card with the address %s; "
				       "'vane network-list %s' shows those "
				       "that it has",
				       d->domain, word, d->domain);
	} else if (*word >= '0' && *word <= '9' && !*end && n <= UINT32_MAX) {
		d->devid = (uint32_t)n;
	} else {
		return err_set(&c->err, EINVAL,
			       "'%s' is neither the index of a network card "
			       "nor a MAC address",
			       word);
	}
	mac = device_back_node(c->store, d, "mac");
	if (mac == NULL)
		return err_set(&c->err, ENODEV,
			       "'%s' has no network card %s; 'vane "
			       "network-list %s' shows those that it has",
			       d->domain, word, d->domain);
	snprintf(d->label, sizeof(d->label), "vif %u", d->devid);
	snprintf(d->mac, sizeof(d->mac), "%s", mac);
	free(mac);
	return 0;
}

int cli_network_detach(int argc, char **argv)
{
	return device_detach_verb(argc, argv, network_find, network_drop);
}
