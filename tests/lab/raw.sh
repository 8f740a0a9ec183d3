#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The raw calls treat the port above as all other calls do, wait for no lock that may depend on the caller's locks, and
# block each function's IOMMU translation until its identity is checked.
# nightly: 6.1 6.12
# topology: empty
# icount: yes
# modules: tests/lab/kmod
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

why_not_ready=18 why_other=19
etimedout=-110 eio=-5

# machine [PORT SETTING...]: two functions below a root port.
machine() {
	sim_nodes 01.0 01.0/00.0 01.0/00.1 && sim_set 01.0 kind=root-port "$@" || return
	sim_set 01.0/00.0 "${driverless[@]}" && sim_set 01.0/00.1 "${driverless[@]}" && sim_live
}

# alone [PORT SETTING...]: one function below a root port.
alone() {
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port "$@" && sim_set 01.0/00.0 "${driverless[@]}" && sim_live
}

# walks NAME: how often the module has walked a list of functions by the kernel's own means in that call.
walks() {
	echo pci_walk_bus >"$tracing/set_ftrace_filter"
	echo function >"$tracing/current_tracer"
	: >"$tracing/trace"
	call "$1" "$port" 0
	grep -c ': pci_walk_bus <-' "$tracing/trace"
	echo nop >"$tracing/current_tracer"
}

# trace_brackets: from here on, records triggers, reads of a function's identity, and the kernel's calls around them.
trace_brackets() {
	echo 0 >"$tracing/tracing_on"
	printf 'pci_dev_reset_iommu_prepare\npci_dev_reset_iommu_done\n' >"$tracing/set_ftrace_filter"
	echo function >"$tracing/current_tracer"
	echo 1 >"$tracing/events/pcireset/pcireset_trigger/enable"
	echo 'where == 8' >"$tracing/events/pcisim/pcisim_read/filter"
	echo 1 >"$tracing/events/pcisim/pcisim_read/enable"
	: >"$tracing/trace"
	echo 1 >"$tracing/tracing_on"
}

# brackets: one letter for each event: p for prepare, t for the trigger, r for a read, d for done.
brackets() {
	echo 0 >"$tracing/tracing_on"
	sed -nE -e 's/^.*: pci_dev_reset_iommu_prepare <-pcireset.*$/p/p' -e 's/^.*: pci_dev_reset_iommu_done <-.*$/d/p' \
		-e 's/^.*pcireset_trigger:.*$/t/p' -e 's/^.*pcisim_read:.*$/r/p' "$tracing/trace" | tr -d '\n'
}

# bracketed MEMBERS NAME FUNCTION TYPES: blocked before the trigger, and each given back after its class was read again.
bracketed() {
	local seen before after

	trace_brackets
	answers "$2 $4: succeeds" "$2" "$3" "$4" result=0 "members=$1"
	seen=$(brackets)
	before=${seen%t*} after=${seen##*t}
	before=${before//r/}
	is "${#before}" "$1" "$2 $4: blocks each member before the trigger"
	like "$after" "^r+d" "$2 $4: unblocks none before it has been identified"
	after=${after//r/}
	is "$after" "${before//p/d}" "$2 $4: unblocks all of them"
}

sim_load
modprobe call_api
port=${sim_bus[0]}:01.0 first=${sim_bus[1]}:00.0 second=${sim_bus[1]}:00.1

exits 0 'a port that takes its own reset for a surprise, with DPC' machine dpc=1
sim_set 01.0 surprise_down=1
answers 'raw_bus: is not taken for a surprise' raw_bus "$port" 0 result=0 type=$bus members=2
sim_count 01.0 contained
is "$REPLY" 0 'and DPC contains nothing'
answers 'the same through the transaction' bus "$first" $bus result=0 members=2
sim_clear

exits 0 'a port that can sleep' machine
echo auto >"$devices/$port/power/control"
for function in "$first" "$second"; do
	echo auto >"$devices/$function/power/control"
done
usage_before=$(cat "$devices/$port/power/runtime_usage")
answers 'raw_bus: a port that may sleep' raw_bus "$port" 0 result=0 type=$bus members=2
is "$(cat "$devices/$port/power/runtime_usage")" "$usage_before" 'raw_bus: gives the reference back'

# A removal that waits for pci_bus_sem keeps its readers out, and may have device locks of the caller to wait for.
is "$(walks raw_bus_alone)" 0 'raw_bus: walks no list that a removal may wait for'
sim_clear

if grep -qw pci_dev_reset_iommu_prepare "$tracing/available_filter_functions"; then
	exits 0 'a function by itself' alone
	bracketed 1 function "$first" $flr
	bracketed 1 function "$first" $pm
	bracketed 1 bus "$first" $bus
	bracketed 1 raw_function_locked "$first" $flr
	bracketed 1 raw_function_locked "$first" $bus
	sim_clear
	exits 0 'two functions' machine
	bracketed 2 bus "$first" $bus
	bracketed 2 raw_bus "$port" 0
	sim_clear
	echo nop >"$tracing/current_tracer"
fi

exits 0 'two functions again' machine
sim_set 01.0/00.1 identity=1234:5678
answers 'raw_bus: another device has come back' raw_bus "$port" 0 result=$eio type=$bus why=$why_other "who=$second"
sim_clear
exits 0 'a single function' alone
sim_set 01.0/00.0 identity=1234:5678
answers 'raw_function_locked: another device has come back' raw_function_locked "$first" $flr result=$eio type=$flr \
	why=$why_other "who=$first"
sim_set 01.0/00.0 identity=none
answers 'raw_function_locked: and is itself again' raw_function_locked "$first" $bus result=$eio why=$why_other
answers 'raw_function_locked: and stays' raw_function_locked "$first" $flr result=0 type=$flr
sim_clear
exits 0 'a function that never comes back' machine
sim_set 01.0/00.1 ready_bus_us=never
answers 'raw_bus: a function does not come back' raw_bus "$port" 0 result=$etimedout type=$bus why=$why_not_ready \
	"who=$second"
sim_clear
plan
