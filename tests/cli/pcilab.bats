#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Tests the lab itself: each way a guest can end has its own exit status, and the command's output arrives unchanged.
#
# Each test is a process of its own, and so is what it exports; that is what is wanted.
# shellcheck disable=SC2030,SC2031
# slow: yes

setup() {
	pcilab=$BATS_TEST_DIRNAME/../../lab/pcilab
	export TMPDIR=$BATS_TEST_TMPDIR
	unset PCILAB_KMOD PCILAB_QEMU
}

# Seen only where a test fails.
teardown() {
	printf 'status: %s\noutput: %s\nerrors: %s\n' "${status:-}" "${output:0:2000}" "${stderr:-}"
}

need_lab() {
	command -v qemu-system-x86_64 >/dev/null || skip 'no QEMU here'
	"$BATS_TEST_DIRNAME/../../lab/kernel-get" 6.1 || skip 'kernel 6.1 is neither here nor to be had'
}

# guest OPTION... -- COMMAND...: the stock kernel, nothing but the machine.
guest() {
	need_lab
	run --separate-stderr "$pcilab" --no-module --topology empty "$@"
}

# write_module STATEMENTS [DECLARATION]: a module named pcireset whose init runs this.
write_module() {
	export PCILAB_KMOD=$BATS_TEST_TMPDIR/kmod
	mkdir -p "$PCILAB_KMOD"
	echo 'obj-m := pcireset.o' >"$PCILAB_KMOD/Kbuild"
	# Without one of its own it would get kmod/'s, and fail wherever that does not build.
	: >"$PCILAB_KMOD/pcireset_api.h"
	cat >"$PCILAB_KMOD/pcireset.c" <<-EOF
		#include <linux/module.h>
		#include <linux/mutex.h>
		${2:-}
		static int __init test_init(void)
		{
			$1
			return 0;
		}
		static void __exit test_exit(void)
		{
		}
		module_init(test_init);
		module_exit(test_exit);
		MODULE_LICENSE("GPL");
		MODULE_DESCRIPTION("a test of the lab");
	EOF
}

bats_require_minimum_version 1.5.0

@test "a command that succeeds: 0" {
	guest -- true
	[[ $status -eq 0 && -z $output && -z $stderr ]]
}

@test "a command's own status and both its outputs come through" {
	guest -- bash -c 'echo out; printf "a\tb\r\n\377"; echo err >&2; exit 3'
	[[ $status -eq 3 ]]
	[[ $output == $'out\na\tb\r\n\377' ]]
	[[ $stderr == err ]]
}

@test "one word with blanks is a line for the shell" {
	guest -- 'cd /sys/bus/pci/devices && echo *'
	[[ $status -eq 0 && $output == '0000:00:00.0 '* ]]
}

@test "a large output is complete" {
	guest -- 'seq 100000'
	[[ $status -eq 0 ]]
	[[ $(printf '%s\n' "$output" | sha256sum) == $(seq 100000 | sha256sum) ]]
}

@test "no command of that name: a status of its own" {
	guest -- no-such-command
	[[ $status -eq 107 && $stderr == *no-such-command* ]]
}

@test "a command's status that looks like the lab's becomes 119" {
	guest -- 'exit 121'
	[[ $status -eq 119 && $stderr == *121* ]]
}

@test "a command killed by a signal: 119" {
	guest -- bash -c 'kill -SEGV $$'
	[[ $status -eq 119 && $stderr == *'signal 11'* ]]
}

@test "the guest is lost: 120" {
	need_lab
	export PCILAB_QEMU=$BATS_TEST_TMPDIR/qemu
	printf '%s\n' '#!/bin/sh' 'qemu-system-x86_64 "$@" &' 'sleep 2' 'kill -9 $!' 'wait $!' >"$PCILAB_QEMU"
	chmod +x "$PCILAB_QEMU"
	guest -- true
	[[ $status -eq 120 ]]
}

@test "the guest hangs: 121, and the log says in what" {
	guest --timeout 60 -- 'echo "pcilab test: about to sleep" >/dev/kmsg; sleep 1000'
	[[ $status -eq 121 ]]
	log=$(sed -n 's/.*kernel log: //p' <<<"$stderr")
	grep -q 'about to sleep' "$log"
}

@test "a module that hangs as it loads: 121, and what it waits in" {
	need_lab
	write_module 'mutex_lock(&twice); mutex_lock(&twice);' 'static DEFINE_MUTEX(twice);'
	run --separate-stderr "$pcilab" --topology empty --timeout 60 -- true
	[[ $status -eq 121 && $stderr == *test_init* ]]
}

@test "the guest panics: 122, and the log is kept" {
	guest -- 'echo c >/proc/sysrq-trigger'
	[[ $status -eq 122 && $stderr == *'Kernel panic'* ]]
	log=$(sed -n 's/.*kernel log: //p' <<<"$stderr")
	grep -q sysrq_handle_crash "$log"
}

@test "the kernel warns: 123, although the command succeeds" {
	need_lab
	write_module 'WARN(1, "on purpose\n");'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 123 && $stderr == *WARNING* ]]
}

@test "the kernel warns without end: 123, and the first lines are shown" {
	need_lab
	write_module 'for (int i = 0; i < 4000; i++) pr_warn("WARNING: CPU: 0 PID: 1 at nowhere, number %d\n", i);'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 123 && $stderr == *'number 0'* && $stderr != *'number 100'* ]]
}

@test "the kernel warns between the marks of a stock part: no failure" {
	need_lab
	write_module 'pr_info("pcilab: stock begin\n"); WARN_ON(1); pr_info("pcilab: stock end\n");'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 0 ]]
}

@test "a stock part that does not end exempts nothing" {
	need_lab
	write_module 'pr_info("pcilab: stock begin\n"); WARN_ON(1);'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 123 ]]
}

@test "a module that does not build: 124" {
	need_lab
	write_module 'not C'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 124 ]]
}

@test "a module that does not load: 124, with its name" {
	need_lab
	write_module 'return -EINVAL;'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 124 && $stderr == *pcireset.ko* ]]
}

@test "QEMU does not start: 124" {
	need_lab
	export PCILAB_QEMU=false
	guest -- true
	[[ $status -eq 124 ]]
}

@test "a topology that QEMU refuses: 124, with QEMU's words" {
	need_lab
	echo '-device no-such-device' >"$BATS_TEST_TMPDIR/bad"
	run --separate-stderr "$pcilab" --no-module --topology "$BATS_TEST_TMPDIR/bad" -- true
	[[ $status -eq 124 && $stderr == *no-such-device* ]]
}

@test "files of the host are there in the guest" {
	mkdir -p "$BATS_TEST_TMPDIR/dir"
	echo one >"$BATS_TEST_TMPDIR/dir/1"
	echo two >"$BATS_TEST_TMPDIR/2"
	guest --add "$BATS_TEST_TMPDIR/dir" --add "$BATS_TEST_TMPDIR/2:/etc/two" -- cat dir/1 /etc/two
	[[ $status -eq 0 && $output == $'one\ntwo' ]]
}

@test "a tool that has not been built is none in the guest, and no failure" {
	export PCILAB_USER=$BATS_TEST_TMPDIR/none
	guest -- '! command -v pcireset'
	[ "$status" -eq 0 ]
}

# type_in OPTION... <LINES: in the guest's shell, from a terminal of that size.
type_in() {
	need_lab
	run "$BATS_TEST_DIRNAME/../lib/typist" "$@" 'pcilab:~# ' "$pcilab" --no-module --topology empty
}

@test "a shell knows the size of the terminal, and its changes, and its status is passed on" {
	type_in --size 30x99 <<-'END'
		stty size; echo $LINES lines, $COLUMNS columns
		@resize 50x132
		until [[ $(stty size) == '50 132' ]]; do sleep 0.1; done
		echo $LINES lines, $COLUMNS columns
		exit 3
	END
	[[ $status -eq 3 ]]
	[[ $output == *$'30 99\n30 lines, 99 columns\n'*$'50 lines, 132 columns\n'* ]]
}

@test "a shell without a terminal" {
	need_lab
	yes 'exit 4' | "$pcilab" --no-module --topology empty || status=$?
	[[ $status -eq 4 ]]
}

@test "what guides call is there" {
	guest -- 'openFPGALoader design.bit && ! openFPGALoader'
	[[ $status -eq 0 && $stderr == *'a bitstream is needed'* ]]
}

@test "virtual time: a guest sleeps an hour in less than a third of it" {
	SECONDS=0
	guest --icount -- sleep 3600
	[[ $status -eq 0 && $SECONDS -lt 1200 ]]
}

# The guest skips its waits, and the host does not.
@test "virtual time: a guest waits long for a disk" {
	guest --icount -- cat /sys/module/nvme_core/parameters/io_timeout
	[[ $status -eq 0 && $output == *600* ]]
	guest --append 'nvme_core.io_timeout=77' -- cat /sys/module/nvme_core/parameters/io_timeout
	[[ $status -eq 0 && $output == *77* ]]
}

@test "the kernel log can be kept" {
	guest --keep-log "$BATS_TEST_TMPDIR/log" -- true
	[[ $status -eq 0 ]]
	grep -q 'Linux version 6.1' "$BATS_TEST_TMPDIR/log"
}

@test "no such kernel: usage" {
	run "$pcilab" --kernel 5.0 -- true
	[[ $status -eq 2 && $output == *6.1* ]]
}

@test "no such topology: usage" {
	run "$pcilab" --topology nowhere -- true
	[[ $status -eq 2 && $output == *mixed* ]]
}

@test "no such option: usage" {
	run "$pcilab" --no-such-option
	[[ $status -eq 2 ]]
}

@test "a value is missing or wrong: usage" {
	run "$pcilab" --kernel
	[[ $status -eq 2 ]]
	run "$pcilab" --timeout soon -- true
	[[ $status -eq 2 ]]
	run "$pcilab" --add /no/such/file -- true
	[[ $status -eq 2 ]]
}

@test "--help names every status" {
	run "$pcilab" --help
	[[ $status -eq 0 ]]
	for word in 119 120 121 122 123 124; do
		[[ $output == *$word* ]]
	done
}
