#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Outcome of each hardware fault, with "echo 1 > reset" and with pcireset
# topology: empty
# icount: yes
# timeout: 900
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-machine.sh
. /tests/lib-machine.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

# machine TYPE: a function and its sibling, below a port; in a slot, or below a CXL port, if the type asks for that.
machine() {
	local hotplug=0 cxl=0

	[[ $1 != slot ]] || hotplug=1
	[[ $1 != cxl_bus && $1 != masked ]] || cxl=1
	sim_node 01.0 kind=root-port hotplug="$hotplug" cxl="$cxl"
	sim_node 01.0/00.0 "${driverless[@]}"
	[[ $1 == *bus || $1 == func ]] || sim_node 01.0/00.1 "${driverless[@]}"
	sim_live
}

# stock_reset TYPE: resets by the kernel's file. func is the kernel's own choice, masked is bus below a CXL port.
stock_reset() {
	local method=$1

	if [[ $method == slot || $method == masked ]]; then
		echo 1 >"$devices/$port/reset_subordinate"
	elif [[ $method == func ]]; then
		echo 1 >"$devices/$target/reset"
	else
		echo "$method" >"$devices/$target/reset_method" && echo 1 >"$devices/$target/reset"
	fi
} 2>/dev/null

our_reset() {
	pcireset reset "$target" --type "${1/masked/bus}" --timeout 3s --yes --quiet 2>/dev/null
}

# outcome: counts resets of the function and of its sibling, and writes after the hardware was gone.
outcome() {
	local way

	line=''
	for way in flr pm bus; do
		sim_count 01.0/00.0 "$way"
		[[ $REPLY == 0 ]] || line+="$REPLY $way "
	done
	if [[ -d $sim/host/01.0/00.1 ]]; then
		sim_count 01.0/00.1 bus
		[[ $REPLY == 0 || $1 == slot || $1 == masked ]] || line+="+ sibling "
	fi
	[[ -e $devices/$target ]] || line+='removed '
}

# try HOW TYPE KEY=VALUE...: sets cell to "status, seconds, outcome".
try() {
	local how=$1 type=$2 started status ms inode

	shift 2
	machine "$type"
	sim_set "$@"
	inode=$(stat -c %i "$devices/$target")
	[[ $how != stock ]] || stock_begin
	started=$EPOCHREALTIME
	# By a process of its own: an oops kills it.
	("${how}_reset" "$type")
	status=$?
	milliseconds_since "$started"
	ms=$REPLY
	! has_oopsed || return 0
	# A removal and its consequences take some time.
	sleep 3
	[[ $how != stock ]] || stock_end
	outcome "$type"
	[[ ! -e $devices/$target || $(stat -c %i "$devices/$target") == "$inode" ]] || line+='removed and found again '
	printf -v cell '%d, %d.%d s: %s' "$status" $((ms / 1000)) $((ms / 100 % 10)) "${line:-nothing}"
	sim_clear
}

has_oopsed() {
	dmesg | grep -q 'Oops:'
}

# compare TYPE FAULT KEY=VALUE...: the kernel does not live on with the locks of a process that oopsed, so ours is tried first.
compare() {
	local cell ours

	try our "$1" "${@:3}"
	ours=$cell cell='the kernel oopses'
	try stock "$1" "${@:3}"
	printf '%-8s %-26s %-43s %s\n' "${1/masked/bus}" "$2" "$cell" "$ours"
	has_oopsed || return 0
	sleep 1
	echo b >/proc/sysrq-trigger
}

target=10000:01:00.0 port=10000:00:01.0
sim_load
printf 'kernel %s; exit status, seconds, resets that the hardware saw\n' "$(uname -r)"
printf '%-8s %-26s %-43s %s\n' type fault stock pcireset
fn=01.0/00.0
compare flr 'none' $fn vanish=0
compare flr 'never ready again' $fn ready_flr_us=never
compare flr 'vanishes' $fn vanish=1
compare flr 'comes back as another' $fn identity=1234:5678
compare flr 'does nothing' $fn ignore=flr
compare flr 'ready after 900 ms' $fn ready_flr_us=900000
compare func 'never ready again' $fn ready_flr_us=never
compare pm 'never ready again' $fn ready_pm_us=never
compare pm 'does nothing' $fn ignore=pm
compare bus 'never ready again' $fn ready_bus_us=never
compare bus 'comes back as another' $fn identity=1234:5678
compare bus 'link stays down' 01.0 link_up_us=never
compare bus 'fewer lanes' 01.0 return_width=1
compare slot 'none' $fn vanish=0
compare cxl_bus 'none' $fn vanish=0
compare cxl_bus 'never ready again' $fn ready_bus_us=never
compare cxl_bus 'comes back as another' $fn identity=1234:5678
compare masked 'the CXL port ignores it' $fn vanish=0
# The last one: 7.3 does not survive it.
compare slot 'never ready again' $fn ready_bus_us=never
