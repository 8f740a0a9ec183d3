# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by tests of the kernel interface: binding drivers, the kernel log, trace events, calls by tests/lab/kmod.

devices=/sys/bus/pci/devices
drivers=/sys/bus/pci/drivers
tracing=/sys/kernel/tracing

# From kmod/uapi/linux/pcireset.h.
flr=0x2 pm=0x4 slot=0x8 bus=0x10 link=0x58 any=0x7f unknown=0x100
proof_shown=1 proof_unknown=2
why_no_slot=8 why_hotplug=9 why_driver=13 why_scope=15 why_lock=16 why_changed=17

# Negative errno, as the kernel's log has them.
enoent=-2 eagain=-11 ebusy=-16 enodev=-19 einval=-22 eopnotsupp=-95 estale=-116

unbind() {
	[[ ! -e $devices/$1/driver ]] || echo "$1" >"$devices/$1/driver/unbind"
}

# bind FUNCTION DRIVER: that driver and no other.
bind() {
	unbind "$1"
	echo "$2" >"$devices/$1/driver_override"
	echo "$1" >"$drivers/$2/bind"
}

# driver_of FUNCTION
driver_of() {
	[[ -e $devices/$1/driver ]] && basename "$(readlink "$devices/$1/driver")"
}

# log_mark: from now on, log_since prints new kernel messages.
log_mark() {
	marks=$((${marks:-0} + 1))
	echo "test: mark $marks" >/dev/kmsg
}

log_since() {
	dmesg | sed "1,/test: mark $marks\$/d"
}

# logged DRIVER FUNCTION PATTERN: the text of the last such line since the mark.
logged() {
	log_since | sed -n "s/^.*$1 $2: \\($3.*\\)\$/\\1/p" | tail -n 1
}

# value NAME TEXT: of "NAME=VALUE" in a line of such words.
value() {
	[[ " $2 " =~ \ $1=([^ ]*)\  ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

# has TEXT DESC NAME=VALUE...: all these words are in the line.
has() {
	local text=${1//$'\n'/ } desc=$2 word missing=''

	shift 2
	for word; do
		[[ " $text " == *" $word "* ]] || missing+=" $word"
	done
	if [[ -z $missing ]]; then
		ok "$desc"
	else
		not_ok "$desc" "got:    ${text:-nothing}" "not in:$missing"
	fi
}

# triggers_begin, triggers: how many resets were issued meanwhile.
triggers_begin() {
	echo 1 >"$tracing/events/pcireset/pcireset_trigger/enable"
	: >"$tracing/trace"
}

triggers() {
	grep -c 'pcireset_trigger:' "$tracing/trace"
}

# hold FUNCTION [MS]: another task holds its device lock, until release.
hold() {
	modprobe hold_lock function="$1" ms="${2:-0}"
}

# hold_bus_sem FUNCTION: another task holds pci_bus_sem for reading.
hold_bus_sem() {
	modprobe hold_lock function="$1" bus_sem=1
}

release() {
	rmmod hold_lock
}

# call NAME FUNCTION[,FUNCTION...] TYPES: sets answer to the answer of call_api, see tests/lab/kmod/call_api.c.
call() {
	local file

	exec {file}<>/sys/kernel/debug/call_api
	answer=''
	if output=$( (printf '%s\n' "$*" >&"$file") 2>&1); then
		IFS= read -r -d '' answer <&"$file"
		answer=${answer%$'\n'}
	else
		answer=$output
	fi
	exec {file}>&-
}

# answers DESC NAME FUNCTION TYPES WORD...: calls, and each WORD is in the answer.
answers() {
	local desc=$1

	call "$2" "$3" "$4"
	shift 4
	has "$answer" "$desc" "$@"
}
