#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Each compared control register is also restored, including those of the port above. A register that cannot be restored
# is reported: the call fails, and no wider reset follows.
# nightly: 6.1 6.12
# topology: empty
# icount: yes
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

# ID OFFSET VALUE NAME: a dword of an extended capability, with the bits that are set in it. ID and its number: of the first
# or, after a slash, of a later capability with that ID.
registers=(
	'000d 4 005d0000 ACS Control'
	'000d 8 000000a5 ACS Egress Control Vector'
	'0001 8 00108030 AER uncorrectable mask'
	'0001 c 00062010 AER severity'
	'0001 14 00003001 AER correctable mask'
	'0012 8 aaaaa00c MC_Base'
	'0012 10 00000005 MC_Receive'
	'0012 20 00000006 MC_Block_Untranslated'
	'0012 4 80030000 Multicast Control'
	'0016 c 00010000 DPA Control'
	'0017 c 00aa0055 TPH steering tags'
	'0017 8 00000101 TPH Control'
	'001e c 00000029 L1 PM Substates Control 2'
	'001e 8 60400005 L1 PM Substates Control 1'
	'002f 8 0000000a Device Control 3'
	'0019 4 00008202 Link Control 3'
	'0025 4 80000000 Data Link Feature'
	'0023 c 00000004 CXL Control'
	'0023 10 00000009 CXL Control 2'
	'0023 14 00000001 CXL Lock'
	'0023 20 00000012 CXL range 1'
	'0023 34 30000000 CXL range 2'
	'0024 8 00000100 VF Resizable BAR'
)
# What the mask of a register is, where other bits of its dword do not belong to it.
declare -A masks=([000d/4]=ffff0000 [0012/4]=ffff0000 [0016/c]=ffff0000 [0023/c]=0000ffff [0023/10]=0000ffff [0023/14]=0000ffff [0024/8]=00003f00)

# machine: a PF with VFs below a port, which all have these.
machine() {
	sim_nodes 01.0 01.0/00.0 01.0/00.0/vf && sim_set 01.0 kind=root-port controls=1 &&
		sim_set 01.0/00.0 aer=1 controls=1 && sim_set 01.0/00.0/vf count=2 bar_size=2097152 && sim_live
}

# pick ROW: sets id, offset, value, name, mask and at, setpci's name for the register.
pick() {
	read -r id offset value name <<<"$1"
	mask=${masks[$id/$offset]:-ffffffff}
	at=ECAP$id+$offset.l
}

# now FUNCTION: sets REPLY to the value of the register, in the compared bits.
now() {
	printf -v REPLY %08x $((0x$(setpci -s "$1" "$at") & 0x$mask))
}

# place FUNCTION: sets REPLY to the register's offset in config space.
place() {
	local pos=0x100 header

	while ((pos)); do
		header=0x$(setpci -s "$1" "$(printf %x.l "$pos")")
		(((header & 0xffff) != 0x$id)) || break
		pos=$((header >> 20))
	done
	REPLY=$((pos + 0x$offset))
}

set_all() {
	local row

	for row in "${registers[@]}"; do
		pick "$row"
		setpci -s "$fn" "$at=$value:$mask"
	done
	echo 2 >"$devices/$fn/sriov_numvfs"
}

all_back() {
	local row

	for row in "${registers[@]}"; do
		pick "$row"
		now "$fn"
		is "$REPLY" "$value" "$1: $name is back"
	done
}

each_is_compared() {
	local row

	for row in "${registers[@]}"; do
		pick "$row"
		[[ $id != 0024 ]] || continue
		place "$fn"
		sim_set 01.0/00.0 stuck="$REPLY"
		printf -v REPLY '%#x' $((REPLY & ~3))
		run pcireset reset "$fn" --type flr,bus --escalate --yes --json
		output=${output//$'\n'/}
		is "$status" 4 "$name cannot be restored: the reset fails"
		like "$output" '"issued": ?\[ *"flr" *\]' "$name cannot be restored: no wider reset"
		like "$output" '"error": ?"EIO"' "$name cannot be restored: a register differs"
		sim_set 01.0/00.0 stuck=0
		setpci -s "$fn" "$at=$value:$mask"
	done
}

port_registers=(
	'0001 8 00108030 AER uncorrectable mask'
	'0001 c 00062010 AER severity'
	'0001 14 00003001 AER correctable mask'
	'000d 4 005d0000 ACS Control'
)

port_keeps() {
	local row

	for row in "${port_registers[@]}"; do
		pick "$row"
		setpci -s "$port" "$at=$value:$mask"
	done
	setpci -s "$port" CAP_EXP+30.w=0002:000f
	sim_set 01.0 lose_control=1
	config_dump before "$port"
	exits 0 'a port that loses its registers: verified' pcireset reset "$fn" --type bus --yes
	for row in "${port_registers[@]}"; do
		pick "$row"
		now "$port"
		is "$REPLY" "$value" "the port's $name is back"
	done
	config_dump after "$port"
	config_is_same before after "the port's other registers, too"
}

sim_load
port=${sim_bus[0]}:01.0 fn=${sim_bus[1]}:00.0 devices=/sys/bus/pci/devices
exits 0 'the machine is there' machine
set_all
all_back 'before a reset'
for type in flr bus; do
	exits 0 "$type: verified" pcireset reset "$fn" --type "$type" --yes
	all_back "$type"
done
port_keeps
each_is_compared
sim_clear
plan
