#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Effects of the kernel's quirks: refused types, longer waits, and a handler that restores the evidence, so that the
# reset is unproven and not refuted. docs/quirks.md has the table.
# intree: yes
# nightly: 6.1 6.12
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

# reset_gives STATUS RESULT DESC TYPE: RESULT is a pattern for the output of the tool.
reset_gives() {
	exits "$1" "$3: exit status" pcireset reset "$target" --type "$4" --yes
	like "$output" "$2" "$3: says so"
}

sim_load
target=${sim_bus[1]}:00.0
# These drivers would access the memory behind a BAR, which simulated devices do not have. arm64 reports that as an error.
for driver in e1000e nvme; do
	[[ ! -e /sys/module/$driver/initstate ]] || rmmod "$driver"
done

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

# Where the functions of machine_of are.
places=()

# machine_of DESC SETTINGS...: a function for each, below a root port of its own; SETTINGS are VENDOR:DEVICE and words for pcisim.
machine_of() {
	local desc=$1 i=1 node settings words

	shift
	places=()
	for settings; do
		read -ra words <<<"$settings"
		printf -v node '%02x.0' "$i"
		sim_nodes "$node" "$node/00.0"
		sim_set "$node" kind=root-port
		sim_set "$node/00.0" "vendor=0x${words[0]%:*}" "device=0x${words[0]#*:}" "${words[@]:1}"
		# Bus numbers are given in order.
		printf -v node '%s:%02x:00.0' "${sim_bus[0]%:*}" $((16#${sim_bus[0]##*:} + i))
		places+=("$node")
		i=$((i + 1))
	done
	sim_live
	is "$?" 0 "$desc"
}

# refused_for TYPE SETTINGS...: all of them at once.
refused_for() {
	local type=$1 i=0 settings

	shift
	machine_of "$type: functions for which it is known to break" "$@"
	for settings; do
		target=${places[i]} i=$((i + 1))
		reset_gives 3 'known broken' "${settings%% *}: no $type" "$type"
	done
	sim_clear
}

refused_for flr 1022:1487 1022:148c 1022:149c 1022:7901 1022:1502 1022:17f0 8086:1502 8086:1503 14c3:0616 14c3:7925 \
	'd063:1000 revision=1'
refused_for bus 10de:22ce 10de:22d0 10de:2340 168c:0030 168c:0032 168c:0033 168c:0034 168c:003c 168c:003e 17cb:0308 17cb:1103 17cb:1107 \
	104c:b005 1b21:1164
refused_for pm '1002:6700 class=0x030000' 15b3:cb84 15b3:cf6c 15b3:cf70 15b3:cf80
# What D3hot itself does harm to; the kernel's own list has pm for these.
refused_for pm '1166:0212 class=0x01018f' '1002:4376 class=0x01018f' '10b9:5229 class=0x01018f' '1106:0571 class=0x01018f'

# Ports: the functions below them, and the ports themselves.
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port vendor=0x177d device=0xa100
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 '177d:a100: a port that loses what is below' sim_live
target=${sim_bus[1]}:00.0
reset_gives 3 'known broken' '177d:a100: no bus' bus
sim_clear
for id in 10b5:8532 10b5:8533 10b5:8548; do
	sim_nodes 01.0 01.0/00.0 01.0/00.0/00.0 01.0/00.0/00.0/00.0
	sim_set 01.0 kind=root-port
	sim_set 01.0/00.0 kind=upstream vendor=0x10b5 "device=0x${id#*:}"
	sim_set 01.0/00.0/00.0 kind=downstream vendor=0x10b5 "device=0x${id#*:}"
	sim_set 01.0/00.0/00.0/00.0 "${driverless[@]}"
	exits 0 "$id: a switch that does not bear D3hot below" sim_live
	target=${sim_bus[2]}:00.0
	reset_gives 3 'known broken' "$id: no pm of its downstream port" pm
	target=${sim_bus[1]}:00.0
	run pcireset plan "$target" --type pm
	is "$status" 0 "$id: its upstream port may"
	sim_clear
done

# ready_ms TYPE: sets ms to how long it took.
ready_ms() {
	run pcireset reset "$target" --type "$1" --yes
	ms=-1
	[[ ! $output =~ ready\ after\ ([0-9]+) ]] || ms=${BASH_REMATCH[1]}
}

# waits_at_least MS TYPE DESC
waits_at_least() {
	ready_ms "$2"
	is "$((ms >= $1))" 1 "$3: waits for $1 ms at least ($ms; $output)"
}

machine_of 'functions with delays' '5555:0004 immediate_readiness=1' '144d:a80c immediate_readiness=1' \
	'144d:a80d immediate_readiness=1' '144d:a80b immediate_readiness=1' 1022:15e0 1022:15e1 1022:1639 '10de:0e0f class=0x040300' 8086:8c31 c0de:0012
target=${places[0]} && waits_at_least 1000 bus '5555:0004: d3cold_delay, against Immediate Readiness'
target=${places[1]} && waits_at_least 100 flr '144d:a80c: Immediate Readiness is not believed'
target=${places[2]} && waits_at_least 100 flr '144d:a80d: Immediate Readiness is not believed'
target=${places[3]} && ready_ms flr
less "$ms" 20 '144d:a80b: Immediate Readiness is believed'
target=${places[4]} && waits_at_least 20 pm '1022:15e0: d3hot_delay'
target=${places[5]} && waits_at_least 20 pm '1022:15e1: d3hot_delay'
target=${places[6]} && waits_at_least 20 pm '1022:1639: d3hot_delay'
target=${places[7]} && waits_at_least 20 pm '10de:0e0f: d3hot_delay'
target=${places[8]} && ready_ms pm
less "$ms" 5 '8086:8c31: no d3hot_delay'
target=${places[9]} && waits_at_least 10 pm 'c0de:0012: the specification'
sim_clear

machine_of 'a function without a class, and one whose masks must not be lifted' '1797:6864 class=0' '106b:1802 aer=1'
target=${places[0]} && reset_gives 0 'flr, verified' '1797:6864: what the kernel makes up is no identity' flr
# Correctable Error Mask, of the capability that comes first; bit 13 is that of Advisory Non-Fatal Errors.
target=${places[1]} mask_at=114
setpci -s "$target" "$mask_at.l=2000:2000"
watch_writes
exits 0 '106b:1802: reset' pcireset reset "$target" --type bus --yes
echo 0 >"$tracing/tracing_on"
masks=$(sed -nE "s/.*pcisim_write: device=$target where=0x$mask_at .* value=(0x)?([0-9a-f]+) .*/\\2/p" "$tracing/trace")
is "$(for mask in $masks; do ((0x$mask & 0x2000)) || echo "$mask"; done)" '' "106b:1802: never unmasked (written: $masks)"
is "$((0x$(setpci -s "$target" "$mask_at.l") & 0x2000))" $((0x2000)) '106b:1802: masked as before'
sim_clear

# registers_written: sets REPLY to the offsets of the target that pcireset has written in a bus reset.
registers_written() {
	watch_writes
	exits 0 "$1: reset" pcireset reset "$target" --type bus --yes
	REPLY=$(writes_of pcireset | sed -n "s/^$target \([0-9a-fx]*\) 0$/\1/p" | sort -u | paste -sd ' ')
}

# has_fixup NAME: a kernel has only those that its configuration asks for.
has_fixup() {
	grep -q " $1\$" /proc/kallsyms
}

machine_of 'functions that the kernel sets up after a power loss' '10de:1c82 class=0x030200' 197b:2360 197b:2363 c0de:0012
target=${places[0]} && registers_written 10de:1c82
like " $REPLY " ' (0x)?488 ' '10de:1c82: its audio function is shown again'
# A kernel without CONFIG_PATA_JMICRON does not know that mode.
for i in 1 2; do
	target=${places[i]} && registers_written 197b:236x
	if has_fixup quirk_jmicron_ata; then
		like " $REPLY " ' (0x)?40 .*(0x)?80 ' '197b:236x: its mode is set again'
	else
		is "$([[ " $REPLY " =~ \ (0x)?(40|80)\  ]] && echo written)" '' '197b:236x: its mode is left alone, as by the kernel'
	fi
done
target=${places[3]} && registers_written c0de:0012
is "$([[ " $REPLY " =~ \ (0x)?(488|80)\  ]] && echo written)" '' 'c0de:0012: nothing of the kind'
sim_clear

# Config space that may not be read to its end: below a bridge to conventional PCI, with a capability that reaches as far as it can.
sim_nodes 01.0 01.0/00.0 01.0/00.0/01.0
sim_set 01.0 kind=root-port
sim_set 01.0/00.0 kind=pci-bridge
sim_set 01.0/00.0/01.0 vendor=0x1014 device=0x028c pcix=1
exits 0 '1014:028c: config space of 160 bytes' sim_live
target=${sim_bus[2]}:01.0
echo 0 >"$tracing/tracing_on"
: >"$tracing/trace"
echo 1 >"$tracing/events/pcisim/pcisim_read/enable"
echo 1 >"$tracing/tracing_on"
exits 0 '1014:028c: pm' pcireset reset "$target" --type pm --yes
echo 0 >"$tracing/tracing_on"
echo 0 >"$tracing/events/pcisim/pcisim_read/enable"
reads=$(sed -nE "s/^ *pcireset-[0-9]+ .*pcisim_read: device=$target where=(0x)?([0-9a-f]+) .*/\2/p" "$tracing/trace")
diag "$(grep -m 1 "pcisim_read: device=$target" "$tracing/trace")"
less 1 "$(wc -l <<<"$reads")" '1014:028c: it was read'
is "$(grep -cE '^(0*[a-f][0-9a-f]|0*[1-9a-f][0-9a-f]{2})$' <<<"$reads")" 0 '1014:028c: nothing behind these 160 bytes is read'
sim_clear

# A link that comes up if it begins slowly.
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port vendor=0x1b21 device=0x2824
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 '1b21:2824: a port' sim_live
port=${sim_bus[0]}:01.0 target=${sim_bus[1]}:00.0
sim_set 01.0 link_flaps=1
before=$(setpci -s "$port" CAP_EXP+30.w)
reset_gives 0 'bus, verified' '1b21:2824: its link comes up by way of 2.5 GT/s' bus
is "$(setpci -s "$port" CAP_EXP+30.w)" "$before" '1b21:2824: with the Target Link Speed as it was'
sim_set 01.0 link_flaps=0 link_up_us=never
reset_gives 4 'did not come back' '1b21:2824: a link that does not even try is not retrained' bus
sim_clear
exits 0 '8086:25e2: a chipset below which D3hot takes 120 ms' sim_nodes 02.0 01.0 01.0/00.0
sim_set 02.0 vendor=0x8086 device=0x25e2
sim_set 01.0 kind=root-port
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 'and a function below a port' sim_live
waits_at_least 120 pm 'pci_pm_d3hot_delay'
sim_clear

# FLR in a function that is not an endpoint.
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
