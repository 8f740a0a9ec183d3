#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Time of "qualify" for each FLR of 1 to 256 VFs at once, and of its start
# topology: empty
# icount: yes
# timeout: 900
set -u
# shellcheck source=bench/guest/lib.sh
. /bench/lib.sh
# shellcheck source=tests/lab/lib-sriov.sh
. /tests/lib-sriov.sh

# took ROUNDS: sets REPLY to the milliseconds of a run of all VFs.
took() {
	local started=$EPOCHREALTIME

	pcireset qualify "${vfs[@]}" --type flr --count "$1" --quiet >/dev/null 2>&1 || failed=1
	milliseconds_since "$started"
}

# row VFS: from a short and a long run. Their difference is 20 rounds.
row() {
	local short each failed=0

	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 kind=endpoint
	sim_node 01.0/00.0/vf count="$1" vf_offset=250
	sim_live
	pf=${sim_bus[1]}:00.0
	enable_vfs "$1" || failed=1
	took 1
	took 10
	short=$REPLY
	took 30
	each=$(((REPLY - short) / 20))
	printf '%9d' "$1"
	quotient "$each" 1000 3 && printf '  %9s' "$REPLY"
	printf '  %9s' 0.100
	quotient "$each" 100 2 && printf '  %9s' "$REPLY"
	quotient $((short - 10 * each)) 1000 3 && printf '  %9s' "$REPLY"
	((!failed)) || printf '  failed'
	printf '\n'
	disable_vfs
	sim_clear
}

sim_load
printf 'table qualify: Rounds of a qualification\nkernel %s; %s; seconds\n' "$(uname -r)" "$clock"
printf '%9s  %9s  %9s  %9s  %9s\n' functions round limit 'x limit' start
counts 1 4 16 64 256
for nr in $REPLY; do
	row "$nr"
done
printf '\n'
