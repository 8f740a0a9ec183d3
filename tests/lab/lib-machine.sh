# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by tests of resets: the machine from "pcireset show", reports, and checks that devices still work.
#
# Processes are slow under emulation. So the shell parses JSON, and relies on the layout of json-c: one key or element
# on each line.

devices=/sys/bus/pci/devices
# shellcheck disable=SC2034 # used by the tests
all_types=(device_specific acpi flr pm slot bus cxl_bus link_disable)

# From kmod/uapi/linux/pcireset.h.
# shellcheck disable=SC2034 # used by the tests
declare -A type_bit=(
	[device_specific]=0x1 [flr]=0x2 [pm]=0x4 [slot]=0x8 [bus]=0x10 [acpi]=0x20 [cxl_bus]=0x40 [link_disable]=0x80
)

# What read_machine finds, by "FUNCTION" or "FUNCTION TYPE". types: in order of choice; scope, users: words.
functions=()
declare -A types=() why_not=() scope=() users=() driver=() id=()

# tool_start FUNCTION: sets start_ms to the time for the tool to start and to read a function's state, most of the time before a reset.
# The first program of a guest may wait for random numbers, so it is not measured.
tool_start() {
	local started

	pcireset plan "$1" --no-module >/dev/null 2>&1
	started=$EPOCHREALTIME
	pcireset plan "$1" --no-module >/dev/null 2>&1
	milliseconds_since "$started"
	start_ms=$REPLY
}

# unquote TEXT: sets REPLY to the text in the first pair of quotes.
unquote() {
	REPLY=${1#*\"}
	REPLY=${REPLY%%\"*}
}

# split_lines TEXT: sets lines, without their leading blanks. For long texts: from a pipe or a here-string, the shell reads byte by byte.
split_lines() {
	local IFS=$'\n' i

	set -f
	# shellcheck disable=SC2206
	lines=($1)
	set +f
	for i in "${!lines[@]}"; do
		lines[i]=${lines[i]#"${lines[i]%%[! ]*}"}
	done
}

# value_of LINE: sets REPLY to the value in a line '"key": "value",', to nothing if it is null.
value_of() {
	REPLY=${1#*\": }
	case $REPLY in
	null*) REPLY= ;;
	\"*) REPLY=${REPLY#\"} REPLY=${REPLY%,} REPLY=${REPLY%\"} ;;
	*) REPLY=${REPLY%,} ;;
	esac
}

# read_machine COMMAND [FUNCTION...]: runs list, or show with functions. Sets functions to the printed ones.
read_machine() {
	local line lines part='' fn='' type='' vendor=''

	output=$(pcireset "$1" -J "${@:2}") || return
	functions=()
	split_lines "$output"
	for line in "${lines[@]}"; do
		case $line in
		'"device":'*)
			value_of "$line"
			fn=$REPLY part=''
			functions+=("$fn")
			types[$fn]='' users[$fn]=''
			;;
		'"vendor":'*) value_of "$line" && vendor=${REPLY#0x} ;;
		'"id":'*) value_of "$line" && id[$fn]=$vendor:${REPLY#0x} ;;
		'"driver":'*) value_of "$line" && driver[$fn]=$REPLY ;;
		'"types": ['*) part=types ;;
		'"why_not": {'*) part=why_not ;;
		'"scope": {'*) part=scope ;;
		'"users": ['*) part=users ;;
		'"user_details": {'*) part='' ;;
		\"*) read_element "$line" ;;
		esac
	done
	[[ ${#functions[@]} -gt 0 ]]
}

# read_element LINE: one line of the part that read_machine is in. FLR by the AF capability is still the type flr.
read_element() {
	unquote "$1"
	case $part in
	types) types[$fn]+=${types[$fn]:+ }${REPLY#af_} ;;
	users) users[$fn]+=${users[$fn]:+ }$REPLY ;;
	why_not)
		type=$REPLY
		value_of "$1"
		why_not[$fn $type]=$REPLY
		;;
	scope)
		if [[ $1 == *'['* ]]; then
			type=${REPLY#af_}
			scope[$fn $type]=
		else
			scope[$fn $type]+=${scope[$fn $type]:+ }$REPLY
		fi
		;;
	esac
}

# all_methods: sets REPLY to the list of every function.
all_methods() {
	local file line

	REPLY=
	for file in "$devices"/*/reset_method; do
		line='(unreadable)'
		read -r line <"$file"
		REPLY+="${file%/*} $line"$'\n'
	done
}

# has_type FUNCTION TYPE
has_type() {
	[[ " ${types[$1]} " == *" $2 "* ]]
}

# force_for FUNCTION TYPE: sets force to the options that allow all uses of the functions in this scope.
force_for() {
	local member user words=''

	for member in ${scope[$1 $2]}; do
		for user in ${users[$member]:-}; do
			user=${user%%:*}
			[[ ,$words, == *",$user,"* ]] || words+=${words:+,}$user
		done
	done
	force=()
	[[ -z $words ]] || force=(--force "$words")
}

# can_prepare FUNCTION: does its driver, if any, bring it back after a reset all by itself? A generator is asked apart.
# virtio_net of 7.3 has handlers and does not: after an FLR by the kernel's own "reset" file too, its next command to the
# device is never answered, and the kernel waits for that with all of networking locked.
can_prepare() {
	[[ -z ${rng[$1]:-} && " ${users[$1]:-}" != *' driver:'* ]] || return
	[[ ${driver[$1]:-} != virtio-pci ]] || ! interface_of "$1"
}

# What read_reports finds, by "FUNCTION KEY" with the keys of JSON; issued, members and failed_checks are words. The state
# of members by "FUNCTION MEMBER".
declare -A report=() member_state=()

# read_reports JSON
read_reports() {
	local line lines fn='' member='' part=''

	report=() member_state=()
	split_lines "$1"
	for line in "${lines[@]}"; do
		case $line in
		'"devices":'*) part=devices ;;
		'"device":'*)
			value_of "$line"
			member=$REPLY
			report[$fn members]+=${report[$fn members]:+ }$member
			;;
		'"state":'*) value_of "$line" && member_state[$fn $member]=$REPLY ;;
		'"issued":'* | '"failed_checks":'*)
			unquote "$line"
			part=$REPLY
			# A member has this key too, and comes first.
			report[$fn $part]=
			;;
		'"result":'* | '"type":'* | '"error":'* | '"message":'*)
			value_of "$line"
			part=${line#\"}
			report[$fn ${part%%\"*}]=$REPLY
			;;
		*'": '*) part= ;;
		\"*)
			unquote "$line"
			if [[ $part == devices ]]; then
				fn=$REPLY
			else
				report[$fn $part]+=${report[$fn $part]:+ }$REPLY
			fi
			;;
		esac
	done
}

# machine_state: sets state to the inodes of each function's directory, of its driver's, and of the devices that the driver made. They
# change if a device is removed and found again, or a driver is unbound and bound.
machine_state() {
	local things

	shopt -s nullglob
	things=("$devices"/*/{,driver,net/*,nvme/nvme*,virtio*,slot})
	shopt -u nullglob
	state=$(stat -Lc '%n %i' "${things[@]}" 2>&1)
}

# count_triggers: sets triggers to how many resets the module has issued since forget_triggers, and trigger_types to
# their bits.
count_triggers() {
	local line

	triggers=0 trigger_types=''
	while read -r line; do
		[[ $line == *pcireset_trigger:* ]] || continue
		triggers=$((triggers + 1))
		line=${line#*type=}
		trigger_types+=${trigger_types:+ }${line%% *}
	done </sys/kernel/tracing/trace
}

forget_triggers() {
	echo 1 >/sys/kernel/tracing/events/pcireset/pcireset_trigger/enable
	: >/sys/kernel/tracing/trace
}

# enable_all_vfs: as many as there can be, without drivers: QEMU's have no resources of their own for one.
enable_all_vfs() {
	local file dir there total

	for file in "$devices"/*/sriov_totalvfs; do
		[[ -e $file ]] || return 0
		dir=${file%/*}
		read -r total <"$file" && read -r there <"$dir/sriov_numvfs" || return
		((there != total)) || continue
		echo 0 >"$dir/sriov_drivers_autoprobe"
		echo "$total" >"$dir/sriov_numvfs" || return
	done
}

# block_device_of FUNCTION: sets REPLY to its disk. The paths of a disk with several are hidden; nvme0c1n1 is one of nvme0n1.
block_device_of() {
	local path

	REPLY=
	for path in "$devices/$1"/nvme/nvme*/nvme*n[0-9]* "$devices/$1"/virtio*/block/*; do
		[[ -e $path ]] || continue
		REPLY=/dev/${path##*/}
		[[ ! $REPLY =~ ^(/dev/nvme[0-9]+)c[0-9]+(n[0-9]+)$ ]] || REPLY=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
		return 0
	done
	return 1
}

interface_of() {
	local path

	REPLY=
	for path in "$devices/$1"/net/* "$devices/$1"/virtio*/net/*; do
		[[ -e $path ]] || continue
		REPLY=${path##*/}
		return 0
	done
	return 1
}

# is_rng FUNCTION
is_rng() {
	local path

	for path in "$devices/$1"/virtio*; do
		[[ ! -e /sys/bus/virtio/drivers/virtio_rng/${path##*/} ]] || return 0
	done
	return 1
}

# block_works DISK: writes a block that was never there before, and reads it back from the disk.
blocks_written=0
block_works() {
	local text got

	blocks_written=$((blocks_written + 1))
	printf -v text '%-512s' "block $blocks_written of $1, $RANDOM"
	printf '%s' "$text" | dd of="$1" bs=512 seek=8 conv=notrunc,fsync 2>/dev/null || return
	blockdev --flushbufs "$1"
	got=$(dd if="$1" bs=512 skip=8 count=1 2>/dev/null)
	[[ $got == "$text" ]]
}

# has_link INTERFACE: within three seconds; an e1000e that has just been taken up takes a while to find its link.
has_link() {
	local try link=0

	for ((try = 0; try < 30 && !link; try++)); do
		read -r link <"/sys/class/net/$1/carrier" || return
		((link)) || sleep 0.1
	done
	((link))
}

# network_works INTERFACE: a packet goes out, and QEMU's answer comes in. Leaves the interface down, as it was.
network_works() {
	local try result=1

	ip addr add 10.0.2.15/24 dev "$1" && ip link set "$1" up || return
	for ((try = 0; try < 10 && result; try++)); do
		has_link "$1" && ping -q -c 1 -W 1 -I "$1" 10.0.2.2 >/dev/null 2>&1 && result=0
	done
	ip link set "$1" down
	ip addr flush dev "$1"
	return "$result"
}

# unbind_rngs: before a machine is looked at. The kernel reads random numbers whenever it likes, and virtio_rng of 7.3, which
# has handlers for a reset, can forget a read over one: by the kernel's own "reset" file too, the reader then waits for
# ever, and the next reset waits for the reader. So a generator has its driver only while it is asked whether it works.
declare -A rng=()
unbind_rngs() {
	local function

	for function in $(pci_functions); do
		is_rng "$function" || continue
		rng[$function]=yes
		echo "$function" >"$devices/$function/driver/unbind"
	done
}

# rng_works FUNCTION
rng_works() {
	local result

	echo "$1" >/sys/bus/pci/drivers/virtio-pci/bind || return
	timeout 100 dd if=/dev/hwrng of=/tmp/random bs=16 count=1 2>/dev/null
	result=$?
	echo "$1" >/sys/bus/pci/drivers/virtio-pci/unbind
	return "$result"
}

# reset FUNCTION TYPE OPTION...: resets with all uses of members forced. Sets output, and returns the exit status.
reset() {
	force_for "$1" "$2"
	output=$(pcireset reset "$1" --type "$2" "${force[@]}" --yes "${@:3}" 2>&1)
}

# works FUNCTION: the device of its driver works. True if there is nothing to check.
works() {
	if block_device_of "$1"; then
		block_works "$REPLY"
	elif interface_of "$1"; then
		network_works "$REPLY"
	elif [[ -n ${rng[$1]:-} ]]; then
		rng_works "$1"
	fi
}

# rebind FUNCTION: for drivers without reset callbacks, whose rings were in the device. e1000e makes new rings whenever its interface is
# taken up, and it was down.
rebind() {
	local name=${driver[$1]}

	[[ -n $name && $name != e1000e ]] || return 0
	echo "$1" >"/sys/bus/pci/drivers/$name/unbind" && echo "$1" >"/sys/bus/pci/drivers/$name/bind"
}

# use_what_there_is: interfaces up, swap, a mount, VFs, a function that is held through VFIO.
use_what_there_is() {
	local path node group

	for path in /sys/class/net/*/device; do
		[[ ! -e $path ]] || ip link set "$(basename "$(dirname "$path")")" up
	done
	node=/dev/nvme0n1
	[[ ! -b $node ]] || { mkswap "$node" >/dev/null && swapon "$node"; }
	node=/dev/nvme1n1
	[[ ! -b $node ]] || { mke2fs "$node" >/dev/null 2>&1 && mount -t ext4 "$node" /mnt; }
	if [[ $PCILAB_TOPOLOGY == sriov ]]; then
		for path in "$devices"/*/sriov_totalvfs; do
			echo 2 >"${path%/*}/sriov_numvfs"
		done
	fi
	[[ $PCILAB_TOPOLOGY == vfio ]] || return 0
	modprobe vfio-pci
	echo vfio-pci >"$devices/0000:02:00.1/driver_override"
	[[ ! -e $devices/0000:02:00.1/driver ]] || echo 0000:02:00.1 >"$devices/0000:02:00.1/driver/unbind"
	echo 0000:02:00.1 >/sys/bus/pci/drivers_probe
	group=$(readlink -f "$devices/0000:02:00.1/iommu_group")
	# Not in this shell, because its children would hold the file too.
	sleep 1000 9<>"/dev/vfio/${group##*/}" &
}

# sleeps FUNCTION: is it suspended at run time?
sleeps() {
	[[ $(<"$devices/$1/power/runtime_status") == suspended ]]
}
