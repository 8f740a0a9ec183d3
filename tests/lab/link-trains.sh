#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A link that becomes fast after its function was restored is not a failure. A link that stays slow is.
# nightly: 6.1 6.12
# topology: empty
# icount: yes
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

# machine: a function below a port.
machine() {
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port && sim_set 01.0/00.0 "${driverless[@]}" immediate_readiness=1 &&
		sim_live
}

# speed_is WANT DESC: of the link.
speed_is() {
	is $((0x$(setpci -s "$port" CAP_EXP+12.w) & 0xf)) "$1" "$2"
}

sim_load
port=${sim_bus[0]}:01.0 fn=${sim_bus[1]}:00.0

exits 0 'a port is there' machine
sim_set 01.0 retrain_us=200000
exits 0 'a link that is slow for 0.2 s: verified' pcireset reset "$fn" --type bus --yes
speed_is 3 'a link that is slow for 0.2 s: at its full speed'
sim_set 01.0 retrain_us=3000000
run pcireset reset "$fn" --type bus --yes --json
output=${output//$'\n'/}
is "$status" 4 'a link that is slow for 3 s: fails'
like "$output" '"failed_checks": ?\[ *"link" *\]' 'a link that is slow for 3 s: for that reason'
sim_clear
plan
