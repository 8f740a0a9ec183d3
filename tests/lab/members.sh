#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every affected function is a member exactly once, from any function of the hierarchy.
# intree: yes
# topology: empty
# icount: yes
# quick: yes
# modules: tests/lab/kmod
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

# vf_machine VF_OFFSET: a PF with four VFs below a root port; sets pf.
vf_machine() {
	sim_nodes 02.0 02.0/00.0 02.0/00.0/vf && sim_set 02.0 kind=root-port || return
	sim_set 02.0/00.0/vf count=4 vf_offset="$1" && sim_live || return
	pf=${sim_bus[1]}:00.0
	echo 4 >"$devices/$pf/sriov_numvfs"
}

# members_once TYPES MEMBERS: every call that resets has as many members, and none of them twice.
members_once() {
	local name words twice

	for name in bus try_bus bus_locked; do
		answers "$name: succeeds" "$name" "$pf" "$1" result=0 members="$2" failed=0x0
		mapfile -t words < <(grep -o ' member=[^/]*' <<<"$answer" | sort)
		is "${#words[@]}" "$2" "$name: tells of all of them"
		twice=$(printf '%s\n' "${words[@]}" | uniq -d)
		is "$twice" '' "$name: tells of each once"
	done
}

sim_load
modprobe call_api

# VF 1 and 2 are on the PF's bus and the others on the next one; then all of them on the next one; then none.
for offset in 254 256 8; do
	exits 0 "First VF Offset $offset: the machine is there" vf_machine "$offset"
	pf=${sim_bus[1]}:00.0
	members_once "$bus" 5
	for name in function try_function function_locked; do
		answers "$name: flr of the PF" "$name" "$pf" $flr result=0 members=5 failed=0x0
	done
	sim_clear
done
plan
