# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by tests with VFIO: functions for it, and processes that hold them.

devices=/sys/bus/pci/devices
client=/usr/libexec/pcireset/tests/vfio-client

# load_vfio: loads the stock driver, and the container's module, which the guest does not load on demand.
load_vfio() {
	modprobe -a vfio_iommu_type1 vfio-pci
}

# to_driver DRIVER FUNCTION...
to_driver() {
	local driver=$1 function dir

	shift
	for function; do
		dir=$devices/$function
		echo "$driver" >"$dir/driver_override"
		[[ ! -e $dir/driver ]] || echo "$function" >"$dir/driver/unbind"
		echo "$function" >/sys/bus/pci/drivers_probe
	done
}

# results: prints the results of the client's actions without their names. A failed open stays visible.
results() {
	sed '/^open:/!s/^[a-z]*: //' | paste -sd ' '
}

# user FUNCTION[,FUNCTION...] ACTION...: sets said to the results.
user() {
	said=$("$client" "$@" 2>&1 | results)
}

# hold_open FUNCTION[,FUNCTION...] [ACTION...]: somebody has them open until let_go, and does ACTION first; sets holder to the
# process.
hold_open() {
	local line

	coproc HOLDER { exec "$client" "$@" wait 2>&1; }
	# shellcheck disable=SC2034 # used by the tests
	holder=$HOLDER_PID
	exec {holder_out}<&"${HOLDER[0]}" {holder_in}>&"${HOLDER[1]}"
	while read -r line <&"$holder_out" && [[ $line != waits && $line != open:* ]]; do
		:
	done
	is "$line" waits "$1 is held open"
}

# start_monitor FUNCTION...: a process without privileges that has been given them by the example; sets monitor to it.
start_monitor() {
	local line

	# VFIO means this file for everybody, and says so by its mode.
	chmod 0666 /dev/vfio/vfio
	coproc BROKER { exec /usr/libexec/pcireset/tests/delegate "$@" 2>&1; }
	broker=$BROKER_PID monitor_out=${BROKER[0]} monitor_in=${BROKER[1]}
	read -r -t 30 line <&"$monitor_out"
	is "$line" ready "the monitor has $*"
	monitor=$(awk -v broker="$broker" '/^Pid:/ { pid = $2 } /^PPid:/ && $2 == broker { print pid }' /proc/[0-9]*/status)
	is "$(awk '/^CapEff/ { print $2 }' "/proc/$monitor/status")" 0000000000000000 'and no privileges'
}

# asks WORD ANSWER DESC: the monitor tries WORD, with this result.
asks() {
	local line

	echo "$1" >&"$monitor_in"
	read -r -t 30 line <&"$monitor_out"
	is "$line" "$2" "$3"
}

# end_monitor: its input ends.
end_monitor() {
	exec {monitor_in}>&-
	wait "$broker"
	is $? 0 'the monitor ends'
}

# let_go
let_go() {
	echo >&"$holder_in"
	exec {holder_in}>&- {holder_out}<&-
	wait "$holder"
}
