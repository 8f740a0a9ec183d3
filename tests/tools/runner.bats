#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The runner's choice of guests.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	. tests/lib/guests.sh
	only=() kernels=() nightly=false
	script=$BATS_TEST_TMPDIR/long.sh
	printf '%s\n' '# nightly: 6.12 7.3' '. lib.sh' >"$script"
}

@test 'a long test leaves the kernels in its header to check-nightly' {
	is_left_to_the_night "$script" 6.12 mixed
	is_left_to_the_night "$script" 7.3 mixed
	run ! is_left_to_the_night "$script" 6.1 mixed
}

@test 'a test without the header runs on each kernel' {
	echo '. lib.sh' >"$script"
	run ! is_left_to_the_night "$script" 6.12 mixed
}

@test 'it may leave one topology of a kernel' {
	echo '# nightly: 6.12 7.3/slots' >"$script"
	is_left_to_the_night "$script" 6.12 mixed
	is_left_to_the_night "$script" 7.3 slots
	run ! is_left_to_the_night "$script" 7.3 mixed
	run ! is_left_to_the_night "$script" 6.1 slots
}

@test '--nightly, --only and --kernel run all kernels' {
	nightly=true
	run ! is_left_to_the_night "$script" 6.12 mixed
	nightly=false only=(long)
	run ! is_left_to_the_night "$script" 6.12 mixed
	only=() kernels=(6.12)
	run ! is_left_to_the_night "$script" 6.12 mixed
}

# sweep.sh takes a sample of sweep-all.sh.
@test 'no lab test leaves all of its kernels to check-nightly' {
	local file kernel topology left

	for file in tests/lab/*.sh; do
		left=0
		for kernel in $(script_header "$file" kernels '6.1 6.12 7.3'); do
			for topology in $(script_header "$file" topology mixed); do
				is_left_to_the_night "$file" "$kernel" "$topology" || left=$((left + 1))
			done
		done
		[[ $left -gt 0 || $file == */sweep-all.sh ]] || { echo "$file" && return 1; }
	done
}

# The clock of any other guest is that of a busy host.
@test 'a test of the lab that compares a time uses virtual time' {
	local file

	. tools/common.sh
	for file in tests/lab/*.sh; do
		[[ $file != */lib*.sh && $(script_header "$file" icount) != yes ]] || continue
		run ! grep -nE '\<(took_less|less_time|milliseconds_since|EPOCHREALTIME|date \+%)' "$file"
	done
}

@test 'a kernel of arm64 gets the tests of the same kernel of amd64' {
	. tools/common.sh
	echo '# kernels: 6.12' >"$script"
	has_kernel "$script" 6.12-arm64
	run ! has_kernel "$script" 7.3-arm64
	echo '# kernels: 7.3-arm64' >"$script"
	has_kernel "$script" 7.3-arm64
	run ! has_kernel "$script" 7.3
	echo '# nightly: 6.12' >"$script"
	is_left_to_the_night "$script" 6.12-arm64 mixed
	echo '# shares: yes' >"$script"
	is_shared "$script" 7.3-arm64
}

@test 'a topology not for arm64 is skipped there with its reason' {
	declare -A unfit=()
	count_skip() { echo "skipped: $*"; }
	fits_machine 7.3 cxl
	fits_machine 7.3-arm64 mixed
	run ! fits_machine 7.3-arm64 cxl
	[[ $output == 'skipped: lab 7.3-arm64: the tests with topology cxl: '*CXL* ]]
	run lab/pcilab --kernel 7.3-arm64 --topology cxl -- true
	[[ $status -eq 2 && $output == *'the topology cxl is not for arm64: '*CXL* ]]
}

@test 'arm64 alone runs the lab tier, without the tools for this machine' {
	run tests/run --arch s390x
	[[ $status -eq 2 && $output == *'--arch s390x: there are amd64, arm64 and all'* ]]
	run tests/run --kernel 6.2-arm64
	[[ $status -eq 2 && $output == *"'6.2-arm64' is not a kernel"* ]]
}

# words TOPOLOGY ARCH
words() {
	topology_words "lab/topologies/$1" /tmp "$2"
}

@test 'for arm64, only ports are mirrored, each bus separately' {
	. lab/lib/topology.sh
	[[ $(words slots amd64 | grep -oE '(id=(rp|down)[0-9]).*addr=[0-9a-f]+') == "$(grep -oE '(id=(rp|down)[0-9]).*addr=[0-9a-f]+' lab/topologies/slots)" ]]
	[[ $(words slots arm64 | sed -nE 's/.*id=((rp|down)[0-9]+),.*addr=([0-9a-f]+).*/\1 \3/p' | paste -sd ' ') == \
		'rp1 02 rp2 03 rp3 04 down1 00 down2 01 rp4 05 rp5 06' ]]
	diff <(words mixed amd64 | sed '/root-port\|downstream/d') <(words mixed arm64 | sed '/root-port\|downstream/d')
	[[ $(words vfio amd64) == *intel-iommu* && $(words vfio arm64) != *iommu* ]]
	has_iommu lab/topologies/vfio
	run ! has_iommu lab/topologies/slots
}

@test 'firmware tables describe the mirrored ports of arm64, and come from the initrd' {
	. lab/lib/topology.sh
	[[ $(words acpi amd64) == *-acpitable* && $(words acpi arm64) != *acpitable* ]]
	[[ $(topology_tables lab/topologies/firmware) == firmware && -z $(topology_tables lab/topologies/slots) ]]
	[[ $(mirror_addresses lab/topologies/firmware <lab/topologies/firmware.asl | sed -nE 's/.*_ADR, 0x00(..)0000.*/\1/p' | paste -sd ' ') == \
		'03 04 05 06 08 07' ]]
	diff lab/topologies/sim-power.asl <(mirror_addresses lab/topologies/sim-power <lab/topologies/sim-power.asl)
	diff <(grep -v 0x000 lab/topologies/dsm.asl) <(mirror_addresses lab/topologies/dsm <lab/topologies/dsm.asl | grep -v 0x000)
	[[ $(mirror_addresses lab/topologies/dsm <lab/topologies/dsm.asl) == *'_ADR, 0x00020000)'* ]]
}

# machine_for KERNEL TOPOLOGY ACPI: the words of the machine.
machine_for() {
	kernel=$1 topology=lab/topologies/$2 acpi=$3
	machine_args | paste -sd ' '
}

@test 'a machine of arm64 starts by firmware if the topology has tables or ACPI is asked for' {
	. lab/lib/common.sh
	. lab/lib/topology.sh
	. lab/lib/qemu.sh
	[[ $(machine_for 7.3-arm64 empty 0) != *-bios* ]]
	[[ $(machine_for 7.3-arm64 empty 1) == *"-bios $uefi_arm64"* ]]
	[[ $(machine_for 7.3-arm64 acpi 0) == *"-bios $uefi_arm64"* ]]
	[[ $(machine_for 7.3 empty 1) == "$(machine_for 7.3 empty 0)" ]]
	run lab/pcilab --kernel uml --acpi -- true
	[[ $status -eq 2 && $output == *'no ACPI'* ]]
	echo '# acpi: yes' >"$script"
	options=()
	options_for 7.3-arm64 "$script"
	[ "${options[*]}" = --acpi ]
}

# sysroot_of_stub: the sysroot of arm64 is $root, and not downloaded.
sysroot_of_stub() {
	root=$BATS_TEST_TMPDIR/sysroot
	mkdir -p "$root/usr/bin"
	guest_root() { printf '%s\n' "$root"; }
	count_skip() { echo "skipped: $*"; }
}

@test 'a test with another Python than that of the sysroot is skipped on arm64 with a reason' {
	sysroot_of_stub
	printf '%s\n' '# python: json' '. lib.sh' >"$script"
	has_programs "$script" 7.3
	run ! has_programs "$script" 7.3-arm64
	[[ $output == "skipped: lab long 7.3-arm64: this machine's Python is not that of the sysroot: $(readlink -f /usr/bin/python3)" ]]
	touch "$root$(readlink -f /usr/bin/python3)"
	has_programs "$script" 7.3-arm64
}

@test 'a program of the system is for arm64 that of the sysroot, and a file of this repository is the same' {
	sysroot_of_stub
	printf '%s\n' '# add: /usr/bin/flock bench/guest:/bench' '. lib.sh' >"$script"
	options=()
	options_for 7.3 "$script"
	[ "${options[*]}" = '--add /usr/bin/flock --add bench/guest:/bench' ]
	options=()
	options_for 7.3-arm64 "$script"
	[ "${options[*]}" = "--add $root/usr/bin/flock --add bench/guest:/bench" ]
}

@test 'guests of arm64 get the Python library of the sysroot, compiled, and its shared libraries' {
	local python library extension

	sysroot_of_stub
	read -r python library extension < <(/usr/bin/python3 -S -c 'import sys, os, _ctypes
print(sys.executable, os.path.dirname(os.__file__), _ctypes.__file__)')
	mkdir -p "$root${library%/*}"
	cp -rs "$library" "$root$library"
	rm "$root$extension" "$root$library/locale.py"
	echo 'of arm64' | tee "$root$python" >"$root${extension%/*}/_ctypes.cpython-arm64.so"
	echo 'text = "text of arm64"' >"$root$library/locale.py"
	logs=$BATS_TEST_TMPDIR options=()
	add_python 7.3-arm64 _ctypes
	[ "${options[*]}" = "--add $logs/guest-python-arm64/usr:/usr" ]
	[ "$(<"$logs/guest-python-arm64$python")" = 'of arm64' ]
	[ "$(<"$logs/guest-python-arm64$(dirname "$extension")/_ctypes.cpython-arm64.so")" = 'of arm64' ]
	grep -q 'text of arm64' "$logs/guest-python-arm64$library/locale.pyc"
}

# judge_plain STATUS TAP LOG: what a test with the header of $script did on the plain kernel.
judge_plain() {
	mkdir -p "$BATS_TEST_TMPDIR/tests/intree"
	cp "$script" "$BATS_TEST_TMPDIR/tests/intree/long.sh"
	printf '%s\n' "$2" >"$BATS_TEST_TMPDIR/out.tap"
	printf '%s\n' "$3" >"$BATS_TEST_TMPDIR/out.kernel.log"
	run judge_there "$1"
}

judge_there() {
	count_failure() { echo "failed: $*"; }
	count_pass() { echo passed; }
	cd "$BATS_TEST_TMPDIR" && judge_plain_guest 'intree long 7.3' out "$1"
}

@test 'a test of the series fails on the plain kernel by itself: what is lost shows nothing' {
	judge_plain 1 $'not ok 1 - a\n1..1' ''
	[ "$output" = passed ]
	judge_plain 123 $'ok 1 - a\nnot ok 2 - b\n1..2' ''
	[ "$output" = passed ]
	judge_plain 0 $'ok 1 - a\n1..1' ''
	[[ $output == 'failed: '*'shows nothing'* ]]
	for status in 120 121 122; do
		judge_plain "$status" 'not ok 1 - a' 'INFO: task irq/1-pciehp:7 blocked for more than 120 seconds.'
		[[ $output == 'failed: '*'does not expect'* ]]
	done
	judge_plain 1 'not ok 1 - a' ''
	[[ $output == 'failed: '*'without a plan'* ]]
	judge_plain 124 '' ''
	[[ $output == 'failed: '*'could not be set up'* ]]
}

@test 'a test of the series that hangs the plain kernel needs that very hang in the log' {
	printf '%s\n' '# plain: task irq/.* blocked for more than' '. lib.sh' >"$script"
	judge_plain 120 'not ok 1 - a' 'INFO: task irq/1-pciehp:7 blocked for more than 120 seconds.'
	[ "$output" = passed ]
	judge_plain 120 '' 'nothing of the kind'
	[[ $output == 'failed: '*'does not have what the test expects'* ]]
	judge_plain 1 $'not ok 1 - a\n1..1' ''
	[[ $output == 'failed: '*'does not have what the test expects'* ]]
}

@test 'kernels with the series and checkers belong to the intree tier, those with KCSAN for the tests that say so' {
	. tools/common.sh
	[ "$(series_kernel_names | paste -sd ' ')" = '7.3-intree 7.3-intree-kasan 7.3-intree-kcsan' ]
	run ! grep -q intree <(debug_kernel_names)
	echo '# intree: yes' >"$script"
	has_kernel "$script" 7.3-intree-kasan
	run ! has_kernel "$script" 7.3-intree-kcsan
	printf '%s\n' '# intree: yes' '# kcsan: yes' >"$script"
	has_kernel "$script" 7.3-intree-kcsan
	[ "$(intree_judge 7.3-intree-kcsan)" = judge_guest ]
	[ "$(intree_judge 7.3)" = judge_plain_guest ]
}

@test 'of an option that two files of a configuration name, the last one counts' {
	. lab/lib/source-build.sh
	printf '%s\n' 'CONFIG_A=y' 'CONFIG_NAME="one"' '# CONFIG_C is not set' 'CONFIG_NAME="two"' >"$BATS_TEST_TMPDIR/wanted"
	[ "$(wanted_options "$BATS_TEST_TMPDIR/wanted" | sort | paste -sd ' ')" = 'CONFIG_A=y CONFIG_NAME="two"' ]
}

@test 'the functions that the patches of a kernel change are known by name' {
	run bash -c '. lab/lib/common.sh && patched_functions 7.3-intree && patched_functions 6.12-kasan'
	for name in pci_reset_function_types pci_reset_bridge reset_method_store; do
		grep -qx "$name" <<<"$output"
	done
	run ! grep -qvE '^[a-z_][a-z0-9_]*$' <<<"$output"
}
