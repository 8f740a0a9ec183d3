#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The recovery service with each kind of device, policy and event: the outcome is the documented one, and the simulated
# hardware has seen the resets of the policy and no other. docs/results/reliability.md has the table.
# topology: empty
# kernels: 6.1 6.12 7.3
# nightly: 6.1 6.12
# icount: yes
# modules: tests/lab/kmod
# timeout: 900
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

wedge=/sys/module/fake_drm/parameters/wedge
policies=/etc/pcireset/recover.d
wait_s=90

# How often fake_drm refuses its device before the device has recovered.
declare -A failures=([first]=0 [second]=1 [third]=2 [never]=99)

declare -A policy_lines=(
	[nothing]=''
	[others]='Events=aer,late,failed Steps=rebind,flr,slot'
	[excluded]='Steps=none'
	[rebind]='Events=wedged Steps=rebind'
	[three]='Events=wedged Steps=rebind,flr,slot Rebind=yes'
	[keeps]='Events=wedged Steps=flr,slot'
	[power]='Events=wedged Steps=rebind,slot,power-cycle Rebind=yes'
	[cold]='Events=wedged Steps=power-cycle'
	[impossible]='Events=wedged Steps=bus,cxl_bus,flr Rebind=yes'
	[narrow]='Events=wedged Steps=power-cycle MaxScope=function'
	[before]='Events=wedged Steps=flr,slot Before=/bin/false'
	[after]='Events=wedged Steps=rebind,flr After=/bin/false'
	[limit]='Events=wedged Steps=flr Burst=1'
	[aer]='Events=aer Steps=flr Rebind=yes'
	[late]='Events=late Steps=slot,power-cycle Rebind=yes'
	[failed]='Events=failed Steps=slot Rebind=yes'
)

# policy NAME
policy() {
	local lines=${policy_lines[$1]}

	rm -f "$policies"/*.conf
	[[ -n $lines ]] || return 0
	[[ $lines == *Burst=* || $lines == Steps=none ]] || lines+=' Burst=100'
	printf '[Match]\nAddress=%s\n[Recover]\nSettle=100\n%s\n' "$fn" "${lines// /$'\n'}" >"$policies/50-test.conf"
}

# sets counts to the resets that the hardware has seen: FLR, PM, slot, and losses of power.
count_resets() {
	local way

	counts=''
	for way in flr pm bus power_on; do
		sim_count 01.0/00.0 "$way"
		counts+=" $REPLY"
	done
}

answers() {
	[[ $(setpci -s "$fn" VENDOR_ID) != ffff ]]
}

# bind_fresh: the driver has the device, and will not fail.
bind_fresh() {
	wait_for answers || wrong+=('it does not answer')
	# An error that no driver has handled stays recorded, and would not be reported again.
	setpci -s "$fn" ECAP_AER+4.l=ffffffff
	setpci -s "${sim_bus[0]}:01.0" ECAP_AER+30.l=ffffffff
	modprobe -r fake_drm
	# A lost function comes back without its configuration.
	if [[ $(setpci -s "$fn" BASE_ADDRESS_0.l) == 00000000 ]]; then
		echo 1 >"$devices/$fn/remove"
		echo 1 >"$devices/${sim_bus[0]}:01.0/rescan"
	fi
	modprobe fake_drm
	echo fake_drm >"$devices/$fn/driver_override"
	[[ -e $devices/$fn/driver ]] || echo "$fn" >/sys/bus/pci/drivers/fake_drm/bind
}

# ---- events, each from its own source. The service has printed what it decided when they return.

last_line='(recovered|gave up|[A-Z_]+=[^ ]*: (refuse|ignore))'

has_decided() {
	grep -qE "$fn: $last_line" told
}

# send_event EVENT FAILURES
send_event() {
	case $1 in
	wedged) echo "rebind $2" >"$wedge" ;;
	cold) echo "cold-reset $2" >"$wedge" ;;
	# Poisoned TLP: without error_detected of its driver, the kernel cannot recover the device.
	aer) sim_set 01.0/00.0 error=0x1000 ;;
	late)
		# The module waits for 60 s.
		sim_set 01.0/00.0 ready_flr_us=70000000
		pcireset reset "$fn" --type flr --timeout 500ms --force driver --quiet >>said 2>&1
		sim_set 01.0/00.0 ready_flr_us=0
		;;
	failed)
		sim_set 01.0/00.0 ignore=flr
		pcireset reset "$fn" --type flr --check proof --force driver --quiet >>said 2>&1
		sim_set 01.0/00.0 ignore=none
		;;
	esac
	wait_for has_decided || wrong+=('nothing is decided')
}

# outcome: sets got to a word, and whether the driver has the device.
outcome() {
	case $(grep -E "$fn: $last_line" told | tail -n 1) in
	*': recovered') got=recovered ;;
	*': gave up'*) got=gave-up ;;
	*': refuse'*) got=refused ;;
	*': ignore'*) got=ignored ;;
	*) got=nothing ;;
	esac
	[[ $devices/$fn/driver -ef /sys/bus/pci/drivers/fake_drm ]] && got+=' bound' || got+=' unbound'
}

# row DEVICE POLICY EVENT RESULT RESETS: RESETS are "FLR PM SLOT POWER" of this recovery.
row() {
	local wrong=() before after now i got

	bind_fresh
	policy "$2"
	: >told
	: >said
	count_resets
	read -ra before <<<"$counts"
	send_event "$3" "${failures[$1]}"
	outcome
	count_resets
	read -ra after <<<"$counts"
	now=''
	for i in "${!after[@]}"; do
		now+=" $((after[i] - before[i]))"
	done
	[[ $got == "$4" ]] || wrong+=("$got instead of $4")
	[[ ${now# } == "$5" ]] || wrong+=("resets by flr, pm, slot, power:$now instead of $5")
	if [[ ${#wrong[@]} -eq 0 ]]; then
		ok "$1, $2, $3: $4"
	else
		not_ok "$1, $2, $3: $4" "${wrong[@]}" "$(<told)" "$(<said)"
	fi
}

sim_load
sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port hotplug=1 aer=1
sim_set 01.0/00.0 "${driverless[@]}" aer=1
sim_live
devices=/sys/bus/pci/devices
fn=${sim_bus[1]}:00.0
modprobe fake_drm
mkdir -p "$policies"
: >told
pcireset recover >>told 2>&1 &
service=$!
sleep 1

for device in first second third never; do
	row "$device" nothing wedged 'ignored bound' '0 0 0 0'
	row "$device" others wedged 'ignored bound' '0 0 0 0'
	row "$device" excluded wedged 'ignored bound' '0 0 0 0'
	row "$device" before wedged 'gave-up bound' '0 0 0 0'
	row "$device" narrow wedged 'gave-up bound' '0 0 0 0'
	# The driver cannot be told of a reset, and the policy does not allow to unbind it.
	row "$device" keeps wedged 'gave-up bound' '0 0 0 0'
	# The event asks for more than the policy allows.
	row "$device" rebind cold 'refused bound' '0 0 0 0'
done
row first rebind wedged 'recovered bound' '0 0 0 0'
row second rebind wedged 'gave-up unbound' '0 0 0 0'
row never rebind wedged 'gave-up unbound' '0 0 0 0'
row first three wedged 'recovered bound' '0 0 0 0'
row second three wedged 'recovered bound' '1 0 0 0'
row third three wedged 'recovered bound' '1 0 1 0'
row never three wedged 'gave-up unbound' '1 0 1 0'
row first power wedged 'recovered bound' '0 0 0 0'
row second power wedged 'recovered bound' '0 0 1 0'
row third power wedged 'recovered bound' '0 0 1 1'
row never power wedged 'gave-up unbound' '0 0 1 1'
row first power cold 'recovered bound' '0 0 0 1'
row first cold cold 'recovered bound' '0 0 0 1'
row never cold cold 'gave-up unbound' '0 0 0 1'
row first impossible wedged 'recovered bound' '1 0 0 0'
row never impossible wedged 'gave-up unbound' '1 0 0 0'
row first after wedged 'gave-up bound' '0 0 0 0'
row first limit wedged 'refused bound' '0 0 0 0'
row first three late 'ignored bound' '1 0 0 0'
# A function that does not answer is not reset.
row first late late 'recovered bound' '1 0 0 1'
row first three failed 'ignored bound' '1 0 0 0'
row first failed failed 'recovered bound' '1 0 1 0'
row first three aer 'ignored bound' '0 0 0 0'
row first aer aer 'recovered bound' '1 0 0 0'

kill "$service"
wait "$service"
sim_clear
plan
