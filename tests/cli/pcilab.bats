#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Tests the lab itself: each way a guest can end has its own exit status, and the command's output arrives unchanged.
#
# Each test runs in its own process, so its exports are local on purpose.
# shellcheck disable=SC2030,SC2031
# slow: yes

setup() {
	pcilab=$BATS_TEST_DIRNAME/../../lab/pcilab
	export TMPDIR=$BATS_TEST_TMPDIR
	unset PCILAB_KMOD PCILAB_QEMU
}

# Printed only if a test fails.
teardown() {
	printf 'status: %s\noutput: %s\nerrors: %s\n' "${status:-}" "${output:0:2000}" "${stderr:-}"
}

need_lab() {
	command -v qemu-system-x86_64 >/dev/null || skip 'no QEMU here'
	"$BATS_TEST_DIRNAME/../../lab/kernel-get" 6.1 || skip 'kernel 6.1 is neither here nor to be had'
}

# guest OPTION... -- COMMAND...: runs the command on the stock kernel, without the module.
guest() {
	need_lab
	run --separate-stderr "$pcilab" --no-module --topology empty "$@"
}

# write_module STATEMENTS [DECLARATION]: writes a module named pcireset that runs the statements when it is loaded.
write_module() {
	export PCILAB_KMOD=$BATS_TEST_TMPDIR/kmod
	mkdir -p "$PCILAB_KMOD"
	echo 'obj-m := pcireset.o' >"$PCILAB_KMOD/Kbuild"
	# Without its own header, the build would use that of kmod/, and fail if kmod/ does not build.
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

@test 'a command that succeeds gives 0' {
	guest -- true
	[[ $status -eq 0 && -z $output && -z $stderr ]]
}

@test "a command's status and both outputs are passed on" {
	guest -- bash -c 'echo out; printf "a\tb\r\n\377"; echo err >&2; exit 3'
	[[ $status -eq 3 ]]
	[[ $output == $'out\na\tb\r\n\377' ]]
	[[ $stderr == err ]]
}

@test 'one word with blanks is run by the shell' {
	guest -- 'cd /sys/bus/pci/devices && echo *'
	[[ $status -eq 0 && $output == '0000:00:00.0 '* ]]
}

@test 'a large output is complete' {
	guest -- 'seq 100000'
	[[ $status -eq 0 ]]
	[[ $(printf '%s\n' "$output" | sha256sum) == $(seq 100000 | sha256sum) ]]
}

@test 'an unknown command in the guest gives 107' {
	guest -- no-such-command
	[[ $status -eq 107 && $stderr == *no-such-command* ]]
}

@test "a command's status in the range of the lab becomes 119" {
	guest -- 'exit 121'
	[[ $status -eq 119 && $stderr == *121* ]]
}

@test 'a command killed by a signal gives 119' {
	guest -- bash -c 'kill -SEGV $$'
	[[ $status -eq 119 && $stderr == *'signal 11'* ]]
}

@test 'a lost guest gives 120' {
	need_lab
	export PCILAB_QEMU=$BATS_TEST_TMPDIR/qemu
	printf '%s\n' '#!/bin/sh' 'qemu-system-x86_64 "$@" &' 'sleep 2' 'kill -9 $!' 'wait $!' >"$PCILAB_QEMU"
	chmod +x "$PCILAB_QEMU"
	guest -- true
	[[ $status -eq 120 ]]
}

@test 'a guest that hangs gives 121, and the log shows the waiting tasks' {
	guest --timeout 60 -- 'echo "pcilab test: about to sleep" >/dev/kmsg; sleep 1000'
	[[ $status -eq 121 ]]
	log=$(sed -n 's/.*kernel log: //p' <<<"$stderr")
	grep -q 'about to sleep' "$log"
}

@test 'a module that hangs while loading gives 121, and the log shows the wait' {
	need_lab
	write_module 'mutex_lock(&twice); mutex_lock(&twice);' 'static DEFINE_MUTEX(twice);'
	run --separate-stderr "$pcilab" --topology empty --timeout 60 -- true
	[[ $status -eq 121 && $stderr == *test_init* ]]
}

@test 'a guest that panics gives 122 and keeps the log' {
	guest -- 'echo c >/proc/sysrq-trigger'
	[[ $status -eq 122 && $stderr == *'Kernel panic'* ]]
	log=$(sed -n 's/.*kernel log: //p' <<<"$stderr")
	grep -q sysrq_handle_crash "$log"
}

@test 'a kernel warning gives 123, even if the command succeeds' {
	need_lab
	write_module 'WARN(1, "on purpose\n");'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 123 && $stderr == *WARNING* ]]
}

@test 'endless kernel warnings give 123 and the first lines' {
	need_lab
	write_module 'for (int i = 0; i < 4000; i++) pr_warn("WARNING: CPU: 0 PID: 1 at nowhere, number %d\n", i);'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 123 && $stderr == *'number 0'* && $stderr != *'number 100'* ]]
}

@test 'a kernel warning between the markers of a stock part is not a failure' {
	need_lab
	write_module 'pr_info("pcilab: stock begin\n"); WARN_ON(1); pr_info("pcilab: stock end\n");'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 0 ]]
}

@test 'a stock part without an end marker exempts nothing' {
	need_lab
	write_module 'pr_info("pcilab: stock begin\n"); WARN_ON(1);'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 123 ]]
}

@test 'a module that does not build gives 124' {
	need_lab
	write_module 'not C'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 124 ]]
}

@test 'a module that does not load gives 124 and its name' {
	need_lab
	write_module 'return -EINVAL;'
	run --separate-stderr "$pcilab" --topology empty -- true
	[[ $status -eq 124 && $stderr == *pcireset.ko* ]]
}

@test 'a QEMU that does not start gives 124' {
	need_lab
	export PCILAB_QEMU=false
	guest -- true
	[[ $status -eq 124 ]]
}

@test "a topology that QEMU refuses gives 124 and QEMU's message" {
	need_lab
	echo '-device no-such-device' >"$BATS_TEST_TMPDIR/bad"
	run --separate-stderr "$pcilab" --no-module --topology "$BATS_TEST_TMPDIR/bad" -- true
	[[ $status -eq 124 && $stderr == *no-such-device* ]]
}

@test 'the guest can read files of the host' {
	mkdir -p "$BATS_TEST_TMPDIR/dir"
	echo one >"$BATS_TEST_TMPDIR/dir/1"
	echo two >"$BATS_TEST_TMPDIR/2"
	guest --add "$BATS_TEST_TMPDIR/dir" --add "$BATS_TEST_TMPDIR/2:/etc/two" -- cat dir/1 /etc/two
	[[ $status -eq 0 && $output == $'one\ntwo' ]]
}

@test 'without a built tool, the guest runs without it' {
	export PCILAB_USER=$BATS_TEST_TMPDIR/none
	guest -- '! command -v pcireset'
	[ "$status" -eq 0 ]
}

# type_in OPTION... <LINES: types the lines into the guest's shell, on a terminal of that size.
type_in() {
	need_lab
	run "$BATS_TEST_DIRNAME/../lib/typist" "$@" 'pcilab:~# ' "$pcilab" --no-module --topology empty
}

@test 'a shell follows the size of the terminal, and its status is passed on' {
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

@test 'a shell works without a terminal' {
	need_lab
	yes 'exit 4' | "$pcilab" --no-module --topology empty || status=$?
	[[ $status -eq 4 ]]
}

@test 'the guest has stubs of the programs that guides call' {
	guest -- 'openFPGALoader design.bit && ! openFPGALoader'
	[[ $status -eq 0 && $stderr == *'a bitstream is needed'* ]]
}

@test 'virtual time: an hour of sleep takes less than 20 minutes' {
	SECONDS=0
	guest --icount -- sleep 3600
	[[ $status -eq 0 && $SECONDS -lt 1200 ]]
}

# The guest skips its waits, but the host's disk does not.
@test "virtual time: the guest's NVMe timeout is long" {
	guest --icount -- cat /sys/module/nvme_core/parameters/io_timeout
	[[ $status -eq 0 && $output == *600* ]]
	guest --append 'nvme_core.io_timeout=77' -- cat /sys/module/nvme_core/parameters/io_timeout
	[[ $status -eq 0 && $output == *77* ]]
}

@test '--keep-log saves the kernel log' {
	guest --keep-log "$BATS_TEST_TMPDIR/log" -- true
	[[ $status -eq 0 ]]
	grep -q 'Linux version 6.1' "$BATS_TEST_TMPDIR/log"
}

@test 'an unknown kernel is a usage error that lists the known ones' {
	run "$pcilab" --kernel 5.0 -- true
	[[ $status -eq 2 && $output == *6.1* ]]
}

@test 'an unknown topology is a usage error that lists the known ones' {
	run "$pcilab" --topology nowhere -- true
	[[ $status -eq 2 && $output == *mixed* ]]
}

@test 'an unknown option is a usage error' {
	run "$pcilab" --no-such-option
	[[ $status -eq 2 ]]
}

@test 'a missing or invalid value is a usage error' {
	run "$pcilab" --kernel
	[[ $status -eq 2 ]]
	run "$pcilab" --timeout soon -- true
	[[ $status -eq 2 ]]
	run "$pcilab" --add /no/such/file -- true
	[[ $status -eq 2 ]]
}

@test '--help names every status' {
	run "$pcilab" --help
	[[ $status -eq 0 ]]
	for word in 119 120 121 122 123 124; do
		[[ $output == *$word* ]]
	done
}
