# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Run the program that is the machine, QEMU or user-mode Linux: its output, its time limit, the size of its terminal.

# A machine that gets no CPU at all is given up after this many times its limit.
readonly longest_wait=10

# cpu_delay_ms PID: sets REPLY to how long it, its threads and all it has started wanted to run while others had the CPUs.
cpu_delay_ms() {
	local pids=("$1") children task delay

	REPLY=0
	while ((${#pids[@]})); do
		for task in "/proc/${pids[0]}/task"/*; do
			delay=0 children=()
			read -r _ delay _ <"$task/schedstat" || true
			read -ra children <"$task/children" || true
			REPLY=$((REPLY + delay / 1000000))
			pids+=("${children[@]}")
		done 2>/dev/null
		pids=("${pids[@]:1}")
	done
}

# uptime_ms: sets REPLY.
uptime_ms() {
	local seconds

	read -r seconds _ </proc/uptime
	REPLY=$((10#${seconds/./} * 10))
}

# time_left SECONDS PID: is there any? A machine's time passes only while it runs or sleeps, since began_ms: a busy host is no hang. Of
# a thread that has ended nothing is known any more, so that delayed_ms only grows.
time_left() {
	local elapsed_ms most_ms

	uptime_ms
	elapsed_ms=$((REPLY - began_ms))
	cpu_delay_ms "$2"
	((REPLY < delayed_ms)) || delayed_ms=$REPLY
	most_ms=$((elapsed_ms * (longest_wait - 1) / longest_wait))
	((elapsed_ms - (delayed_ms < most_ms ? delayed_ms : most_ms) < $1 * 1000))
}

# wait_out SECONDS PID: waits by reading from a pipe without a writer, because a sleep would be one more process to end.
wait_out() {
	while time_left "$1" "$2"; do
		read -rt 1 -u "$never" || true
	done
}

# stop_after SECONDS PID: runs beside the machine. After three quarters of the time it makes the guest print its waiting tasks, because
# printing takes time. Leaves a mark if it had to end the machine.
stop_after() {
	local never began_ms delayed_ms=0

	release_pipes
	mkfifo "$tmp/never"
	exec {never}<>"$tmp/never"
	uptime_ms
	began_ms=$REPLY
	wait_out $(($1 * 3 / 4)) "$2"
	printf 'watchdog\n' >&"$watchdog"
	wait_out "$1" "$2"
	: >"$tmp/timed-out"
	kill "$2"
	read -rt 5 -u "$never" || true
	kill -9 "$2"
}

# open_console: the guest writes to a file, and its watchdog reads from a pipe. Both ends of this are held open here, so that nobody
# waits for the other one.
open_console() {
	: >"$tmp/console"
	ln -s console "$tmp/console-port.out"
	mkfifo "$tmp/console-port.in"
	exec {watchdog}<>"$tmp/console-port.in"
}

stop_timer() {
	[[ -z ${timer:-} ]] || kill "$timer" 2>/dev/null || true
	timer=''
}

# start_copier PIPE: passes on the machine's output there. It holds the pipe open for writing until the machine has ended: if the machine
# failed before it opens the pipe, the reader would wait for ever.
start_copier() {
	local source hold

	mkfifo "$1"
	exec {hold}<>"$1"
	exec {source}<"$1"
	cat <&"$source" {hold}>&- &
	copiers+=($!)
	holds+=("$hold")
	exec {source}<&-
}

release_pipes() {
	local hold

	for hold in "${holds[@]}"; do
		exec {hold}>&-
	done
}

end_copiers() {
	release_pipes
	((${#copiers[@]} == 0)) || wait "${copiers[@]}" || true
}

# terminal_size: prints "size ROWS COLUMNS" of this terminal, or nothing where there is none or it does not say.
terminal_size() {
	local size

	size=$(stty size 2>/dev/null || stty size <&1 2>/dev/null) || return 0
	[[ $size == '0 0' ]] || printf 'size %s\n' "$size"
}

# start_resizing: the guest is told each new size of the terminal. Both ends of the pipe are held open here, so that neither this
# shell nor the machine waits for the other one.
start_resizing() {
	mkfifo "$tmp/resize.in"
	: >"$tmp/resize.out"
	exec {resize}<>"$tmp/resize.in"
	trap 'terminal_size >&"$resize"' WINCH
}

# wait_for_machine: sets machine_status. A change of the terminal's size ends a wait, and not the machine.
wait_for_machine() {
	local winch=$((128 + $(kill -l WINCH)))

	machine_status=$winch
	while ((machine_status == winch)); do
		machine_status=0
		wait "$machine_pid" || machine_status=$?
	done
}

# run_machine COMMAND...: returns when it has ended, by itself or by the time limit, and all output has been passed on. It
# writes the command's output to $tmp/out and $tmp/err, init's report and the console to files of these names.
run_machine() {
	: >"$tmp/report"
	copiers=() holds=()
	open_console
	if ((!interactive)); then
		start_copier "$tmp/out"
		start_copier "$tmp/err" >&2
	else
		start_resizing
	fi
	# <&0: the shell gives a job in the background no standard input otherwise.
	"$@" <&0 2>"$tmp/machine.log" &
	machine_pid=$!
	if ((timeout)); then
		stop_after "$timeout" "$machine_pid" >/dev/null 2>&1 &
		timer=$!
	fi
	# Without the shell's own word on how it died.
	wait_for_machine 2>/dev/null
	machine_pid=''
	stop_timer
	end_copiers
}
