#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Pacemaker's agent for Xen guests, its own script, through the actions that a
# cluster asks of it. Each line: the action, and the status that OCF wants.
export OCF_ROOT=/usr/lib/ocf
export OCF_RESOURCE_INSTANCE=guest OCF_RESOURCE_TYPE=Xen
export OCF_RESOURCE_PROVIDER=heartbeat
export OCF_RESKEY_xmfile=/run/agent.cfg OCF_RESKEY_name=agent
export OCF_RESKEY_CRM_meta_timeout=$((${1:-1} * 90000))
export OCF_RESKEY_autoset_utilization_cpu=true HA_debug=0
unset CDPATH

# The name is the agent's to give: another stands in the file.
cat >/run/agent.cfg <<CFG
name = "another"
memory = 128
kernel = "/data/boot/vmlinux"
ramdisk = "/data/boot/guest-initrd.img"
extra = "console=hvc0"
CFG

act() {
	/usr/lib/ocf/resource.d/heartbeat/Xen "$1" >/run/agent.out 2>&1
	status=$?
	if [ $status != "$2" ]; then
		echo "pacemaker: $1 gave $status, not $2:"
		cat /run/agent.out
		xl list
		exit 1
	fi
	echo "pacemaker: $1 gave $status"
}

act validate-all 0
act status 7	# not running
act start 0
act status 0
act monitor 0
xl list agent | grep -q '^agent ' || exit 1
[ "$(xl list agent | awk 'NR == 2 { print $4, $3 }')" = "1 128" ] || {
	echo "pacemaker: vCPUs and memory in other columns"
	exit 1
}
[ "$(xl info | grep '^total_memory' | awk '{ print $3 }')" -gt 0 ] || exit 1
act start 0	# it runs already
act stop 0
act status 7
act stop 0	# stopped already
echo "pacemaker: done"
