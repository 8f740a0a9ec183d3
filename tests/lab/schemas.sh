#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The JSON of resets, re-enumerations and events is valid under schemas/, and has no other key.
# topology: empty
# kernels: 6.1
# icount: yes
# python: json re
# add: tests/json/validate.py schemas/common.schema.json schemas/list.schema.json schemas/show.schema.json schemas/plan.schema.json schemas/reset.schema.json schemas/re-enumerate.schema.json schemas/watch.schema.json schemas/doctor.schema.json
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

# is_valid COMMAND FILE DESC [OPTION]
is_valid() {
	exits 0 "$3: as the schema says" python3 -S /root/validate.py ${4:+"$4"} "/root/$1.schema.json" "$2"
	[[ $status -eq 0 ]] || diag "$(<"$2")"
}

# prints STATUS DESC COMMAND ARG...
prints() {
	local want=$1 desc=$2 got=0

	shift 2
	pcireset "$@" --json >out || got=$?
	is "$got" "$want" "$desc: the status"
	is_valid "$1" out "$desc"
}

# has KEY VALUE DESC: somewhere in the last output.
has() {
	like "$(<out)" "\"$1\": *$2" "$3"
}

sim_load
sim_node 01.0 kind=root-port hotplug=1 dllla=1
sim_node 01.0/00.0 "${driverless[@]}" count=3
sim_node 02.0 kind=root-port
sim_node 02.0/00.0 "${driverless[@]}"
sim_live
port=${sim_bus[0]}:01.0
card=${sim_bus[1]}:00
other=${sim_bus[2]}:00.0

pcireset watch --json >events 2>notes &
watcher=$!
for ((try = 0; try < 100; try++)); do
	grep -qs 1 "$tracing/instances/pcireset-$watcher/events/pcireset/pcireset_end/enable" && break
	sleep 0.1
done
sleep 0.5

prints 0 'list' list
prints 0 'show' show "$card.0" "$port"
prints 0 'a plan of three that share a reset' plan "$card".{0,1,2} --type any
has shares '"[0-9a-f]' 'one shares'
prints 3 'a plan that is refused' plan "$card.0" --type acpi
prints 0 'three resets' reset "$card".{0,1,2} --type flr
has result '"verified"' 'verified'
prints 3 'a reset that is refused' reset "$card.0" --type acpi
has result '"refused"' 'refused'
sim_set 02.0/00.0 ready_flr_us=never
prints 4 'a reset that fails' reset "$other" --type flr --timeout 300ms
has state '"dead"' 'the function is dead'
has failed_checks '\[' 'a check failed'
sim_set 01.0/00.0 identity=c0de:0777
prints 0 're-enumerate' re-enumerate "$card.0" --type link --yes
has what '"id"' 'a change'
pcireset doctor --json >out
is_valid doctor out 'doctor'
echo 1 >"/sys/bus/pci/devices/$card.2/remove"
sleep 1
kill "$watcher"
wait "$watcher"
is_valid watch events 'watch' --lines
for event in begin end add remove; do
	like "$(<events)" "\"event\":\"$event\"" "an event: $event"
done
plan
