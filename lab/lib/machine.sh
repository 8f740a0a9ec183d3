# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Run the program that is the machine, QEMU or user-mode Linux: its output, its time limit, the size of its terminal.

# stop_after SECONDS PID: runs beside the machine. Leaves a mark if it had to end it. Waits by reading from a pipe that nobody
# writes to: a sleep would be one more process to get rid of.
stop_after() {
	local never

	release_pipes
	mkfifo "$tmp/never"
	exec {never}<>"$tmp/never"
	read -rt "$1" -u "$never" || true
	: >"$tmp/timed-out"
	kill "$2"
	read -rt 5 -u "$never" || true
	kill -9 "$2"
}

stop_timer() {
	[[ -z ${timer:-} ]] || kill "$timer" 2>/dev/null || true
	timer=''
}

# start_copier PIPE: passes on what the machine writes there. The pipe is held open for writing until that has ended, as it
# may fail before it opens it, and its reader would then wait for ever.
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
	: >"$tmp/console"
	copiers=() holds=()
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
