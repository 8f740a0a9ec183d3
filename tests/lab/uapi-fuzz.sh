#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# /dev/pcireset withstands random misuse: each call returns a suitable errno, changes nothing that this errno forbids, and
# writes only results. FUZZ_SEED, FUZZ_CALLS and FUZZ_SECONDS select another run: see tests/README.md. The test rescans
# buses, and a kernel with a device tree would give them new numbers (docs/bus-numbers.md), so it needs ACPI.
# topology: empty
# acpi: yes
# icount: yes
# kcsan: yes
# nightly: 6.1 6.12
# timeout: 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

options=(--seed "${FUZZ_SEED:-1}" --calls "${FUZZ_CALLS:-5000}")
[[ -z ${FUZZ_SECONDS:-} ]] || options+=(--seconds "$FUZZ_SECONDS")

# make_machine: a card of three functions, one in a slot, virtual functions, conventional ones, a quirk, and one that is below
# no bridge.
make_machine() {
	sim_node 01.0 kind=root-port &&
		sim_node 01.0/00.0 &&
		sim_node 01.0/00.1 "${driverless[@]}" &&
		sim_node 01.0/00.2 "${driverless[@]}" pm=0 &&
		sim_node 02.0 kind=root-port hotplug=1 &&
		sim_node 02.0/00.0 &&
		sim_node 03.0 kind=root-port &&
		sim_node 03.0/00.0 &&
		sim_node 03.0/00.0/vf count=3 &&
		sim_node 04.0 kind=root-port &&
		sim_node 04.0/00.0 kind=pci-bridge &&
		sim_node 04.0/00.0/05.0 "${driverless[@]}" af=1 &&
		sim_node 04.0/00.0/06.0 "${driverless[@]}" af=1 &&
		sim_node 05.0 "${driverless[@]}"
}

sim_load
if ! make_machine; then
	not_ok 'the simulated machine is there'
	plan
fi
program_results uapi-fuzz /usr/libexec/pcireset/tests/uapi-fuzz "${options[@]}"
plan
