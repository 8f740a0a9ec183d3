# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One guest in user-mode Linux: a process of the host with file descriptors as serial lines.

# The kernel's words. Its directory and its memory are files; not where others might have too little room.
uml_words() {
	printf '%s\n' mem=768M "initrd=$tmp/initrd" "uml_dir=$tmp/" umid=pcilab con=null console=ttyS0 \
		quiet panic=-1 ssl=null ssl0=fd:8,fd:4 ssl3=null,fd:7 PCILAB_KERNEL=uml PCILAB_SLOWNESS=1 PCILAB_TOPOLOGY=empty
	if ((interactive)); then
		printf '%s\n' ssl1=fd:0,fd:5 ssl2=fd:6,null
	else
		printf '%s\n' ssl1=null,fd:5 ssl2=null,fd:6
	fi
	((!icount)) || printf '%s\n' time-travel=inf-cpu
}

# exec_uml WORD...: becomes user-mode Linux. What that says itself before there is a console is no output of the command. It
# ends in a core dump when the guest panics, of all the guest's memory.
exec_uml() {
	exec 4>>"$tmp/console" 7>>"$tmp/report" 8<>"$tmp/console-port.in"
	if ((interactive)); then
		exec 5>&1 6<>"$tmp/resize.in"
	else
		exec 5>"$tmp/out" 6>"$tmp/err"
	fi
	ulimit -c 0
	TMPDIR=$tmp exec "${pin[@]}" "$(kernel_dir uml)/vmlinux" "$@" >>"$tmp/machine.log"
}

# own_cpu: sets pin to a command that keeps the guest on a CPU of its own. The guest's kernel and its processes are processes of the host
# that wait for each other all the time. To wake one on another CPU takes longer than its work.
own_cpu() {
	local cpu lock

	mkdir -p "$cache_dir/lock"
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		exec {lock}>>"$cache_dir/lock/uml-cpu-$cpu"
		if flock -n "$lock" && taskset -c "$cpu" true 2>/dev/null; then
			pin=(taskset -c "$cpu")
			return
		fi
		exec {lock}>&-
	done
}

run_uml() {
	local words=() pin=()

	own_cpu
	mapfile -t words < <(uml_words)
	# shellcheck disable=SC2086 # words, as on a kernel's command line
	run_machine exec_uml "${words[@]}" $kernel_append
}
