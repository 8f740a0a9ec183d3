# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # variables of tests/lab/lib.sh
# Shared by the tests of the kernel series.

# shows WHAT VALUE: a row for tests/intree/side-by-side, which puts the values of both kernels next to each other.
shows() {
	diag "shows: $1 | $2"
}

# count_log PATTERN: sets REPLY to the number of matching lines in the kernel log.
count_log() {
	REPLY=$(dmesg | grep -cE "$1")
}

# plan_at_once: in place of plan. If a test has failed, there is no shutdown: it would wait for the locks of the tasks that hang.
plan_at_once() {
	((tests_failed > 0)) || plan
	printf '1..%d\n' "$tests_run"
	sleep 1
	echo b >/proc/sysrq-trigger
}

# bind FUNCTION DRIVER: in place of the driver that it has.
bind() {
	[[ ! -e /sys/bus/pci/devices/$1/driver ]] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo "$2" >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
}

# enable_vfs FUNCTION N: VFs of a PF whose driver does nothing else.
enable_vfs() {
	modprobe pci-pf-stub
	bind "$1" pci-pf-stub
	echo "$2" >"/sys/bus/pci/devices/$1/sriov_numvfs"
}

# list_vfs PF: sets vfs to the addresses of its VFs.
list_vfs() {
	local link

	vfs=()
	for link in "$1"/virtfn*; do
		vfs+=("$(basename "$(readlink "$link")")")
	done
}

# Processes wait for the same moment, do something, and stay until the last one is done: how long a process takes to start and to
# end is not measured.
starting_line=/run/starting-line
finish_line=/run/finish-line

# prepare_start: before the processes are started.
prepare_start() {
	rm -f "$starting_line" "$finish_line"
	mkfifo "$starting_line" "$finish_line"
}

# at_start COMMAND...: in each process.
at_start() {
	: <"$starting_line"
	"$@"
	echo >"$finish_line"
	: <"$starting_line"
}

# start_all N: lets N processes go; sets REPLY to the milliseconds until the last one is done.
start_all() {
	local started line milliseconds i

	sleep 5
	exec {line}<>"$finish_line"
	started=$EPOCHREALTIME
	: >"$starting_line"
	for ((i = 0; i < $1; i++)); do
		read -r -u "$line"
	done
	milliseconds_since "$started"
	milliseconds=$REPLY
	sleep 5
	: >"$starting_line"
	wait
	REPLY=$milliseconds
}
