#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Each type of reset with each hardware fault: the documented outcome in bounded time, no write to dead or unplanned
# functions, and everything else unchanged. docs/results/reliability.md has the table. FAULTS selects some faults
# instead of all.
# topology: empty
# icount: yes
# quick: yes
# parts: function link probe cxl
# kcsan: yes
# modules: tests/lab/kmod
# nightly: 6.1 6.12
# timeout: 900
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

# All that a reset writes to the bridge above: Bridge Control, Slot Control and Slot Status, and AER's uncorrectable error
# status and mask, where pcisim's ports have them; and CXL's Port Control.
bridge_may=' 0x3e 0x70 0x72 0x104 0x108 '
cxl_control=' 0x154 '
# Link Control, for Link Disable.
link_control=' 0x68 '
# And what a port has lost: Device Control, Link Control, the same for version 2, severity and masks of AER.
lost_control=' 0x60 0x68 0x80 0x88 0x10c 0x114 '

# The waits that the specification sets come on top of the timeout: 100 ms below a link, 1.017 s below a conventional bridge.
timeout_ms=3000
slack_ms=1500

# machine VARIANT: sets target, bridge (the one above it) and faulty, the node that gets the fault.
machine() {
	local nodes=(01.0 01.0/00.0) node

	target=${sim_bus[1]}:00.0 bridge=$port faulty=01.0/00.0
	case $1 in
	conventional) nodes+=(01.0/00.0/05.0 01.0/00.0/06.0) ;;
	*vf*) nodes+=(01.0/00.0/vf) ;;
	*siblings) nodes+=(01.0/00.1 01.0/00.2) ;;
	esac
	sim_nodes "${nodes[@]}" && sim_set 01.0 kind=root-port || return
	hotplug=no
	[[ $1 != slot* ]] || { hotplug=yes && sim_set 01.0 hotplug=1; }
	[[ $1 != *cxl* ]] || sim_set 01.0 cxl=1
	case $1 in
	conventional)
		sim_set 01.0/00.0 kind=pci-bridge
		sim_set 01.0/00.0/05.0 "${driverless[@]}" af=1
		sim_set 01.0/00.0/06.0 "${driverless[@]}" af=1
		target=${sim_bus[2]}:05.0 bridge=${sim_bus[1]}:00.0 faulty=01.0/00.0/05.0
		;;
	*vf*) sim_set 01.0/00.0/vf count=3 ;;
	*)
		for node in "${nodes[@]:1}"; do
			sim_set "$node" "${driverless[@]}" serial=1
		done
		;;
	esac
	case $1 in
	# It puts Command back itself.
	quirk-command) sim_set 01.0/00.0 vendor=0x1425 device=0x4001 ;;
	quirk*) sim_set 01.0/00.0 vendor=0x8086 device=0x10ed ;;
	esac
	sim_live || return
	[[ $1 != quirk-vfs ]] || bind "$target" pcisim
	[[ $1 != *vf* ]] || echo 3 >"$devices/$target/sriov_numvfs" || return
	[[ $1 != vf ]] || { target=${sim_bus[1]}:01.1 faulty=01.0/00.0/vf && sim_set "$faulty" only=1; }
}

# set_fault FAULT WAY
set_fault() {
	case $1 in
	none) ;;
	slow) sim_set "$faulty" "ready_$2_us=300000" ;;
	rrs) sim_set "$faulty" "ready_$2_us=300000" answer=rrs ;;
	overdue) sim_set "$faulty" "ready_$2_us=$(((timeout_ms + 2000) * 1000))" ;;
	never) sim_set "$faulty" "ready_$2_us=never" ;;
	stale) sim_set "$faulty" "ready_$2_us=1500000" answer=stale ;;
	other) sim_set "$faulty" identity=1234:5678 ;;
	twin) sim_set "$faulty" return_serial=2 ;;
	vanish) sim_set "$faulty" vanish=1 ;;
	nothing) sim_set "$faulty" "ignore=$2" ;;
	drop) sim_set "$faulty" drop_us=1500000 ;;
	narrow) sim_set 01.0 return_width=1 ;;
	slower) sim_set 01.0 return_speed=1 ;;
	late) sim_set 01.0 link_up_us=400000 ;;
	down) sim_set 01.0 link_up_us=never ;;
	# A Max Payload Size of 512 bytes.
	loses) sim_set 01.0 lose_control=1 && setpci -s "$port" CAP_EXP+8.w=2850 ;;
	esac
}

# expect FAULT VARIANT: sets the expected exit status, errno, and first failed check. VFs do not outlive
# the late reset of their PF.
expect() {
	limit_ms=$((timeout_ms + slack_ms))
	# The quirk's wait is the kernel's own, without a bound that a module could set: 65.5 s of sleeps, one of
	# which the timers of a kernel with checkers may prolong to twice its time.
	[[ $2 != quirk* ]] || limit_ms=$((timeout_ms + (${PCILAB_SLOWNESS:-1} > 1 ? 147000 : 72000)))
	case $1 in
	none | slow | rrs | late | loses) want='0  ' ;;
	never | vanish | down) want='4 ETIMEDOUT ready' ;;
	# The quirk waits longer than the caller wants to, and has it by then.
	overdue) [[ $2 == quirk* ]] && want='0  ' || want='4 ETIMEDOUT ready' ;;
	# failed_checks has those of all members, and the VFs of a PF that is another device are gone.
	twin) want='4 EIO identity' ;;
	other) [[ $2 == *vfs ]] && want='4 EIO ready' || want='4 EIO identity' ;;
	stale) [[ $2 == *vfs ]] && want='4 ETIMEDOUT ready' || want='4 EIO config' ;;
	narrow | slower) want='4 EIO link' ;;
	nothing) want='4  proof' ;;
	drop) want='4 EIO config' ;;
	esac
}

# find_members VARIANT TYPE: the members according to pcireset. Asked once, because processes are slow under emulation.
declare -A members_of=()
find_members() {
	if [[ -z ${members_of[$1]:-} ]]; then
		read_machine show "$target" || return
		members_of[$1]=asked
		for members in device_specific flr pm slot bus cxl_bus link_disable; do
			members_of[$1 $members]=${scope[$target $members]:-}
		done
	fi
	members=${members_of[$1 $2]}
}

# may_be_written DEVICE OFFSET TYPE FAULT
may_be_written() {
	local may=$bridge_may

	[[ $3 != cxl_bus ]] || may+=$cxl_control
	[[ $3 != link_disable ]] || may+=$link_control
	[[ $4 != loses ]] || may+=$lost_control
	[[ " $members " == *" $1 "* ]] || [[ $1 == "$bridge" && $may == *" $2 "* ]]
}

# check_writes FAULT TYPE: nothing outside of the plan, nothing to what does not answer. Stale hardware cannot be told from an
# answering one.
check_writes() {
	local words what i

	# Not by a pipe, which the shell reads byte by byte. Three words a line.
	writes_of pcireset >writes
	# shellcheck disable=SC2207
	words=($(<writes))
	for ((i = 0; i < ${#words[@]}; i += 3)); do
		what="wrote to ${words[i]} at ${words[i + 1]}"
		may_be_written "${words[i]}" "${words[i + 1]}" "$2" "$1" || wrong+=("$what")
		[[ ${words[i + 2]} == 0 || $1 == stale ]] || wrong+=("$what, which did not answer")
	done
}

# check_report FAULT TYPE
check_report() {
	local got total=1000000

	read_reports "$output"
	got="$status ${report[$target error]} ${report[$target failed_checks]%% *}"
	# Hardware that lets go of its configuration late, or has not yet begun, shows that in more than one way.
	[[ $got == "$want" ]] || wrong+=("got '$got' instead of '$want'" "$output")
	[[ ${report[$target issued]} == "$2" || $2 == flr && ${report[$target issued]} == af_flr ]] ||
		wrong+=("issued '${report[$target issued]}'")
	[[ $output =~ \"total_ms\":\ ?([0-9]+) ]] && total=${BASH_REMATCH[1]}
	((total <= limit_ms)) || wrong+=("took $total ms")
}

# note_others FAULT VARIANT: what must be as it was afterwards: everything simulated but the target, and what is lost with it.
# Where the target is late, it must be so too: with_target says that.
note_others() {
	local function

	others=() before_functions=("$devices"/*)
	for function in "${before_functions[@]##*/}"; do
		[[ $function != "${port%%:*}":* ]] || [[ $function == "$target" && -z ${with_target:-} ]] ||
			others+=("$function")
	done
	case $1-$2 in
	# A slot that has another card is taken out and found again.
	other-slot* | twin-slot*) others=("$port") ;;
	down-* | vanish-* | never-*vfs | other-*vfs | stale-*vfs) others=("$port") ;;
	esac
	config_dump before "${others[@]}"
}

# slot_is_settled FAULT: pciehp has put another card in the place of the one that was, or has taken out one without a link.
slot_is_settled() {
	case $1 in
	other) [[ $(cat "$devices/$target/vendor" 2>/dev/null) == 0x1234 ]] ;;
	twin) [[ $(setpci -s "$target" BASE_ADDRESS_0.l 2>/dev/null) == *[1-9a-f]* ]] ;;
	down) [[ ! -e $devices/$target ]] ;;
	esac
}

# settle_slot FAULT: waits for that.
settle_slot() {
	local try

	[[ $hotplug == yes && " other twin down " == *" $1 "* ]] || return 0
	for ((try = 0; try < 50; try++)); do
		! slot_is_settled "$1" || return 0
		sleep 0.1
	done
	wrong+=("pciehp did not act on '$1'")
}

# check_others FAULT: a card that is gone from its slot is taken out, and then only the port is left.
check_others() {
	local now

	settle_slot "$1"
	now=("$devices"/*)
	# pciehp switches off a slot whose card has left, or whose link does not come up.
	[[ $1-$hotplug == vanish-yes || $1-$hotplug == down-yes ]] || compare_others
	[[ $1 == vanish || $1-$hotplug == down-yes || ${now[*]} == "${before_functions[*]}" ]] || wrong+=('functions came or went')
}

compare_others() {
	local differences

	config_dump after "${others[@]}"
	differences=$(pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after 2>&1) ||
		wrong+=("$differences")
}

# verdict DESC
verdict() {
	if [[ ${#wrong[@]} -eq 0 ]]; then
		ok "$1"
	else
		not_ok "$1" "${wrong[@]}"
	fi
}

# User-mode Linux finds mistakes with memory and locks, where faults that differ in time and speed only are alike.
[[ $PCILAB_KERNEL != uml ]] || FAULTS=${FAULTS:-none overdue never stale other vanish nothing down}

# wait_for_worker FAULT: what is late is restored by now. A link that is down is given up 60 s after the reset, and its port
# expects it until then.
wait_for_worker() {
	case $1 in
	overdue) sleep 3.5 ;;
	down) sleep 60 ;;
	esac
}

# is_wanted FAULT
is_wanted() {
	[[ -z ${FAULTS:-} || " $FAULTS " == *" $1 "* ]]
}

# way_of TYPE: sets way to how the hardware is reset.
way_of() {
	case $1 in
	slot | cxl_bus | link_disable | link) way=bus ;;
	device_specific) way=flr ;;
	*) way=$1 ;;
	esac
}

# row VARIANT TYPE FAULT
row() {
	local way options=() wrong=() others=() before_functions=() with_target=''

	[[ $3 != overdue ]] || with_target=1
	is_wanted "$3" && has_serial "$1" "$3" || return 0
	way_of "$2"
	machine "$1" || { not_ok "$3, $2, $1: the machine is there" && return; }
	find_members "$1" "$2"
	set_fault "$3" "$way"
	expect "$3" "$1"
	[[ $3 != drop ]] || options=(--settle 2s)
	note_others "$3" "$1"
	watch_writes
	run pcireset reset "$target" --type "$2" --timeout "${timeout_ms}ms" --json --yes "${options[@]}"
	check_writes "$3" "$2"
	check_report "$3" "$2"
	wait_for_worker "$3"
	check_others "$3"
	sim_clear || wrong+=('the machine cannot be taken down')
	verdict "$3, $2, $1: ${want%% *}"
}

function_faults=(none slow rrs overdue never stale other twin vanish nothing drop)
link_faults=(late narrow slower down loses)

# has_serial VARIANT FAULT: there is no twin of what has no serial number: VFs, the PFs here, conventional PCI.
has_serial() {
	[[ $2 != twin || $1 != *vf* && $1 != conventional ]]
}

# driver_for TYPE: sets prober to a driver that allows that in its probe(), link as it is, other types where it has been told.
driver_for() {
	prober=sample_probe_link
	[[ $1 != link ]] || return 0
	prober=probe_function
	echo "${type_bit[$1]}" >/sys/module/probe_function/parameters/types
}

# probe_row VARIANT TYPE FAULT: a driver allows TYPE in its probe(); it fails where the reset did. What it and the driver core do
# to its own device besides is not looked at.
probe_row() {
	local others=() wrong=() before_functions=() way prober started took_ms line driver_now='' want_driver=''

	is_wanted "$3" && has_serial "$1" "$3" || return 0
	machine "$1" || { not_ok "$3, $2 from probe, $1: the machine is there" && return; }
	members=''
	way_of "$2"
	driver_for "$2"
	set_fault "$3" "$way"
	# From probe() the timeout is the default one, 10 s.
	timeout_ms=10000 expect "$3" "$1"
	[[ $3 != overdue ]] || timeout_ms=10000 set_fault "$3" "$way"
	case $want in
	*ETIMEDOUT*) want=-110 ;;
	*EIO*) want=-5 ;;
	*) want=0 want_driver=$prober ;;
	esac
	note_others "$3" "$1"
	log_mark
	started=$EPOCHREALTIME
	bind "$target" "$prober" 2>/dev/null
	milliseconds_since "$started"
	took_ms=$REPLY
	line=$(logged "$prober" "$target" result=)
	[[ " $line " == *" result=$want "* ]] || wrong+=("wanted result $want, got: $line")
	[[ ! $devices/$target/driver -ef $drivers/$prober ]] || driver_now=$prober
	[[ $driver_now == "$want_driver" ]] || wrong+=("the driver is '$driver_now' instead of '$want_driver'")
	((took_ms <= limit_ms)) || wrong+=("took $took_ms ms")
	sim_count "$faulty" "$way"
	[[ $REPLY == 1 ]] || wrong+=("the hardware saw $REPLY resets by $way")
	wait_for_worker "$3"
	check_others "$3"
	sim_clear || wrong+=('the machine cannot be taken down')
	verdict "$3, $2 from probe, $1: $want"
}

function_rows() {
	local fault

	for fault in "${function_faults[@]}"; do
		row alone flr "$fault"
		row alone pm "$fault"
		row siblings flr "$fault"
		row siblings pm "$fault"
		row vfs flr "$fault"
		row vfs pm "$fault"
		# A VF has no identity of its own.
		[[ $fault == other ]] || row vf flr "$fault"
		row conventional flr "$fault"
		row quirk device_specific "$fault"
		row quirk-siblings device_specific "$fault"
		row quirk-vfs device_specific "$fault"
	done
	for fault in none slow nothing; do
		row quirk-command device_specific "$fault"
	done
}

link_rows() {
	local fault

	for fault in "${function_faults[@]}" "${link_faults[@]}"; do
		row alone bus "$fault"
		row siblings bus "$fault"
		row vfs bus "$fault"
		row alone link_disable "$fault"
		row slot slot "$fault"
		row slot-siblings slot "$fault"
	done
	for fault in "${function_faults[@]}"; do
		row conventional bus "$fault"
	done
}

# The other arrangements of link_disable, which have a test of their own: fault-matrix-disable.sh.
disable_rows() {
	local fault

	for fault in "${function_faults[@]}" "${link_faults[@]}"; do
		row siblings link_disable "$fault"
		row vfs link_disable "$fault"
	done
}

probe_rows() {
	local fault

	for fault in "${function_faults[@]}" "${link_faults[@]}"; do
		# From probe() nobody is asked to settle.
		[[ $fault != drop ]] || continue
		probe_row alone link "$fault"
		probe_row siblings link "$fault"
		probe_row slot link "$fault"
		probe_row slot-siblings link "$fault"
		[[ " ${link_faults[*]} " != *" $fault "* ]] || continue
		probe_row alone flr "$fault"
		probe_row alone pm "$fault"
		probe_row siblings flr "$fault"
		[[ $fault == other ]] || probe_row vf flr "$fault"
		probe_row quirk device_specific "$fault"
	done
}

# resets_of_port UNMASKED: how often the endpoint is reset by a bit in Bridge Control that comes and goes.
resets_of_port() {
	setpci -s "$port" "ECAP23+0xc.w=$1:1" BRIDGE_CONTROL=40:40 BRIDGE_CONTROL=0:40
	sim_count 01.0/00.0 bus
}

# The simulated port itself: a CXL port ignores a secondary bus reset that it is not told to heed.
check_mask() {
	local wrong=()

	machine cxl || { not_ok 'a CXL port: the machine is there' && return; }
	resets_of_port 0
	[[ $REPLY == 0 ]] || wrong+=("$REPLY resets by a bit that is masked")
	resets_of_port 1
	[[ $REPLY == 1 ]] || wrong+=("$REPLY resets by one that is not")
	sim_clear || wrong+=('the machine cannot be taken down')
	verdict 'a CXL port heeds a reset where it is told to'
}

# Told by the module and by the files in sysfs: no advice to allow what would do nothing either.
check_advice() {
	local wrong=() type options
	local -A why_not=()

	machine slot-cxl || { not_ok 'a CXL port with a slot: the machine is there' && return; }
	for options in '' --no-module; do
		# shellcheck disable=SC2086 # none or one
		read_machine show "$target" $options || wrong+=("$output")
		for type in slot bus; do
			[[ ${why_not[$target $type]:-} == *'allow cxl_bus instead' ]] ||
				wrong+=("$options $type: ${why_not[$target $type]:-}")
		done
	done
	sim_clear || wrong+=('the machine cannot be taken down')
	verdict 'below a slot of CXL the advice for slot and for bus is cxl_bus'
}

# Neither slot nor bus would do anything there.
cxl_rows() {
	local fault

	check_mask
	check_advice
	for fault in "${function_faults[@]}" "${link_faults[@]}"; do
		row cxl cxl_bus "$fault"
		row cxl-siblings cxl_bus "$fault"
		row cxl-vfs cxl_bus "$fault"
		row slot-cxl cxl_bus "$fault"
		[[ $fault != drop ]] || continue
		probe_row cxl link "$fault"
		probe_row slot-cxl link "$fault"
	done
}

sim_load
modprobe -a sample_probe_link probe_function
port=${sim_bus[0]}:01.0
[[ $# -gt 0 ]] || set -- function link probe cxl
for part; do
	"${part}_rows"
done
plan
