#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows what the kernel's knowledge of single devices changes: which types are refused, which waits last longer, and that a
# handler which restores what would prove the reset makes it unproven, not refuted. The table is in docs/quirks.md.
# topology: empty
# icount: yes
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"
. "$(dirname "$0")/lib-machine.sh"

devices=/sys/bus/pci/devices
handler_text='allow device_specific instead' endpoint_text='for endpoints'

# machine SETTING...: one function below a root port.
machine() {
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port && sim_set 01.0/00.0 "$@" && sim_live
}

# reset_gives STATUS RESULT DESC TYPE: RESULT is a pattern for what the tool says.
reset_gives() {
	exits "$1" "$3: exit status" pcireset reset "$target" --type "$4" --yes
	like "$output" "$2" "$3: says so"
}

sim_load
target=${sim_bus[1]}:00.0

# Devices with a handler in all kernels; 144d:a804 is handled as an NVMe controller only.
for id in 8086:0953 8086:0a54 025e:f1ac 19e5:375e 8086:0156 8086:0166 1425:4001 144d:a804; do
	exits 0 "$id: is there" machine "vendor=0x${id%:*}" "device=0x${id#*:}" class=0x010802
	reset_gives 3 "$handler_text" "$id: no plain FLR" flr
	echo flr >"$devices/$target/reset_method"
	reset_gives 3 "$handler_text" "$id: nor where reset_method has FLR alone" flr
	run pcireset plan "$target" --type func
	like "$output" 'device_specific would' "$id: where reset_method does not list it the handler is chosen"
	sim_clear
done
for id in 144d:a804 8086:0954 1425:5001; do
	exits 0 "$id: is there" machine "vendor=0x${id%:*}" "device=0x${id#*:}" class=0x020000
	reset_gives 0 'flr, verified' "$id without a handler: FLR" flr
	sim_clear
done

# A quirk that puts Command back, and one that does the FLR alone.
exits 0 'Chelsio T4 is there' machine vendor=0x1425 device=0x4001
reset_gives 0 'device_specific, verified' 'Chelsio T4: the mask of MSI-X proves it' device_specific
sim_clear
exits 0 'Chelsio T4 without MSI-X is there' machine vendor=0x1425 device=0x4001 msix=0
run pcireset reset "$target" --type device_specific --yes --json
is "$status" 4 'Chelsio T4 without MSI-X: exit status'
like "$output" '"proof": ?"unknown"' 'Chelsio T4 without MSI-X: nothing proves or refutes it'
sim_count 01.0/00.0 flr
is "$((REPLY > 0))" 1 'Chelsio T4 without MSI-X: it was reset'
sim_clear
exits 0 'Chelsio T4 that does nothing is there' machine vendor=0x1425 device=0x4001
sim_set 01.0/00.0 ignore=flr
reset_gives 4 'unverified' 'Chelsio T4 that does nothing: no proof' device_specific
sim_clear

# waits_at_least MS TYPE DESC
waits_at_least() {
	local ms

	run pcireset reset "$target" --type "$2" --yes
	[[ $output =~ ready\ after\ ([0-9]+) ]] && ms=${BASH_REMATCH[1]}
	is "$((${ms:-0} >= $1))" 1 "$3: waits for $1 ms at least (${ms:-no time in: $output})"
}

# 6.1 does not know this device.
if [[ $PCILAB_KERNEL == 7.3* ]]; then
	exits 0 'a device whose quirk asks for a second' machine vendor=0x5555 device=0x0004 immediate_readiness=1
	waits_at_least 1000 bus 'd3cold_delay of a quirk, against Immediate Readiness'
	sim_clear
fi
exits 0 'a chipset below which D3hot takes 120 ms' sim_nodes 02.0 01.0 01.0/00.0
sim_set 02.0 vendor=0x8086 device=0x25e2
sim_set 01.0 kind=root-port
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 'and a function below a port' sim_live
waits_at_least 120 pm 'pci_pm_d3hot_delay'
sim_clear

# FLR in what is no endpoint.
sim_nodes 01.0 01.0/00.0 01.0/00.0/00.0 01.0/00.0/00.0/00.0
sim_set 01.0 kind=root-port flr=1
sim_set 01.0/00.0 kind=upstream flr=1
sim_set 01.0/00.0/00.0 kind=downstream flr=1
exits 0 'ports with the bit of FLR are there' sim_live
for target in "${sim_bus[0]}:01.0" "${sim_bus[1]}:00.0" "${sim_bus[2]}:00.0"; do
	reset_gives 3 "$endpoint_text" "$target: no FLR of a port" flr
done
sim_clear
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port
sim_set 01.0/00.0 kind=pci-bridge flr=1 af=1
exits 0 'a bridge to conventional PCI with both kinds of FLR is there' sim_live
target=${sim_bus[1]}:00.0
reset_gives 3 "$endpoint_text" 'no FLR of a bridge' flr
sim_clear
plan
