#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Nothing of a function is used after its host bridge was removed, and reports still name the function.
# topology: empty
# icount: yes
# kernels: 6.1 7.3
# append: slub_debug=FZPU
# modules: tests/lab/kmod
# timeout: 300
# nightly: 6.1
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

# machine: three functions below a root port; sets target.
machine() {
	sim_nodes 01.0 01.0/00.0 01.0/00.1 01.0/00.2 && sim_set 01.0 kind=root-port && sim_live || return
	target=${sim_bus[1]}:00.0
}

# host_goes: removes the host bridge and all data of its driver, which is poisoned when it is freed.
host_goes() {
	sim_clear && rmdir "$sim/host"
}

sim_load
modprobe call_api
# Some other function: call_api wants one that is there.
for other in "$devices"/*; do
	other=${other##*/}
	break
done

for types in $flr $bus; do
	mkdir -p "$sim/host"
	exits 0 "$types: the machine is there" machine
	target=${sim_bus[1]}:00.0
	answers "$types: a plan is kept" plan "$target" "$types" result=0 "type=$types"
	exits 0 "$types: the host bridge goes" host_goes
	answers "$types: run: it is stale, and the report names the function" run "$other" 0 result=$estale issued=0x0 why=$why_changed "who=$target"
done
call plan_put "$other" 0
plan
