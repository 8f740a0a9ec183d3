# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One guest in QEMU: its command line and its ports.

# The kernel's words. quiet: a console line costs milliseconds under emulation; panics and oopses are printed all the
# same. no_timer_check: on a busy host the check finds ten ticks missing, and with an IOMMU the kernel panics for that.
# norandmaps: QEMU translates a program anew when it is at another address; a shell starts in a fifth of the time without.
# What nothing here uses and is a tenth of the time to boot: IPv6, the files in which kprobes are set, a self-test of crypto.
readonly kernel_words='quiet panic=-1 mitigations=off nokaslr norandmaps cryptomgr.notests initcall_blacklist=crypto_kdf108_init,init_kprobe_trace ipv6.disable=1 log_buf_len=4M'
readonly kernel_words_amd64='console=ttyS0,115200 no_timer_check' kernel_words_arm64='console=ttyAMA0'

readonly qboot=/usr/share/qemu/qboot.rom uefi_arm64=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd

# isa_port CHARDEV IOBASE IRQ: an IRQ of its own for each, as edge-triggered ones shared by two ports get lost.
isa_port() {
	printf '%s\n' -device "isa-serial,chardev=$1,iobase=$2,irq=$3"
}

# Where the command's output goes: to this terminal when interactive, else through pipes to our own stdout and stderr. A shell has its
# errors on the terminal too, and the third port tells it the terminal's size.
output_chardevs() {
	if ((interactive)); then
		printf '%s\n' -chardev stdio,id=out,signal=off -chardev "pipe,id=err,path=$tmp/resize"
	else
		printf '%s\n' -chardev "file,id=out,path=$tmp/out" -chardev "file,id=err,path=$tmp/err"
	fi
}

port_args() {
	printf '%s\n' -chardev "pipe,id=console,path=$tmp/console-port" -chardev "file,id=report,path=$tmp/report"
	output_chardevs
	"ports_$(kernel_arch "$kernel")"
}

# The machine has one serial port. Those of virtio are on its own bus and not on PCI. The report is written by semihosting: an
# instruction of init that needs neither a driver nor an interrupt.
ports_arm64() {
	printf '%s\n' -serial chardev:console -device virtio-serial-device -device virtconsole,chardev=out -device virtconsole,chardev=err \
		-semihosting-config enable=on,target=native,userspace=on,chardev=report
}

ports_amd64() {
	isa_port console 0x3f8 4
	isa_port out 0x2f8 3
	isa_port err 0x3e8 5
	# Debug kernels have no ioperm(), by which init gets at the faster port. Without it init takes the fourth serial one.
	if is_built "$kernel"; then
		isa_port report 0x2e8 7
	else
		printf '%s\n' -device isa-debugcon,iobase=0xe9,chardev=report
	fi
}

# Two CPUs that one thread runs in turn: with a thread each, QEMU before 8.1 can translate code that the other CPU is
# patching, and the guest then dies of a breakpoint that is no longer there. Half a second slower where nothing else runs.
# Virtual time lets a guest sleep through a minute in no time; it wants one CPU (6.1 hangs with two).
accel_args() {
	if ((icount)); then
		printf '%s\n' -accel tcg,thread=single -icount "shift=${PCILAB_SHIFT:-3},sleep=off" -smp 1
	else
		printf '%s\n' -accel "${PCILAB_ACCEL:-tcg,thread=single}" -smp 2
	fi
}

# What notes down every allocation wants its own share.
memory_size() {
	if is_debug "$kernel"; then
		printf '2G\n'
	else
		printf '1G\n'
	fi
}

# A CPU without pointer authentication, which takes most of the time under emulation. gic-version=3 has interrupts by message (ITS).
# Only firmware has ACPI: the machine starts with it, three seconds later, where that is wanted.
machine_arm64() {
	local iommu=''

	! has_iommu "$topology" || iommu=,iommu=smmuv3
	printf '%s\n' -M "virt,gic-version=3$iommu" -cpu cortex-a72
	! starts_by_firmware || printf '%s\n' -bios "$uefi_arm64"
}

# starts_by_firmware: a machine of arm64, if the topology has firmware tables or the command line asks for ACPI.
starts_by_firmware() {
	((acpi)) || [[ -n $(topology_tables "$topology") ]]
}

# check_firmware: only guests of arm64 need it.
check_firmware() {
	[[ $(kernel_arch "$kernel") == arm64 && ! -r $uefi_arm64 ]] && starts_by_firmware || return 0
	die "$lab_setup" "there is no $uefi_arm64; tools/install-deps arm64 installs it"
}

# With the ACPI hotplug that q35 has by default, Linux leaves the slots to ACPI, and every bus reset below a hotplug
# port fails because its link never looks active. A keyboard takes Linux as long to find as half a dozen PCI devices.
machine_amd64() {
	printf '%s\n' -M q35,i8042=off -parallel none -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off
	[[ ! -r $qboot ]] || printf '%s\n' -bios "$qboot"
}

machine_args() {
	"machine_$(kernel_arch "$kernel")"
	printf '%s\n' -m "$(memory_size)" -nodefaults -no-user-config -display none -no-reboot -monitor none
}

# arch_words: for the kernel's command line.
arch_words() {
	if [[ $(kernel_arch "$kernel") == amd64 ]]; then
		printf '%s %s\n' "$kernel_words_amd64" "$(clock_words)"
	else
		printf '%s\n' "$kernel_words_arm64"
	fi
}

# checker_words: KCSAN of these kernels must be enabled.
checker_words() {
	[[ $kernel != *-kcsan ]] || printf 'kcsan.early_enable=1\n'
}

# qemu_args: every argument but the topology's, one a line. What the kernel does not know, init gets as its environment.
qemu_args() {
	machine_args
	accel_args
	port_args
	printf '%s\n' -kernel "$(kernel_dir "$kernel")/vmlinux" -initrd "$tmp/initrd" \
		-append "$kernel_words $(arch_words) $(checker_words) $(disk_words) PCILAB_KERNEL=$kernel PCILAB_SLOWNESS=$(kernel_slowness "$kernel") PCILAB_TOPOLOGY=${topology##*/} $(topology_append "$topology") $kernel_append"
}

# add_tables_arm64: QEMU has no -acpitable for this machine. The kernel takes tables from an archive in front of the initrd
# (Documentation/admin-guide/acpi/initrd_table_override.rst).
add_tables_arm64() {
	local name tables=()

	mapfile -t tables < <(topology_tables "$topology")
	((${#tables[@]})) || return 0
	for name in "${tables[@]}"; do
		install -D -m 644 "$tmp/$name.aml" "$tmp/tables/kernel/firmware/acpi/$name.aml"
	done
	{ pack_cpio "$tmp/tables" && cat "$tmp/initrd"; } >"$tmp/initrd.tables"
	mv "$tmp/initrd.tables" "$tmp/initrd"
}

# run_qemu: returns when QEMU has ended and all output has been passed on.
run_qemu() {
	local args=() topology_args=()

	mapfile -t args < <(qemu_args)
	mapfile -t topology_args < <(topology_words "$topology" "$tmp" "$(kernel_arch "$kernel")")
	make_disks "$tmp" "${topology_args[@]}"
	make_tables "$topology" "$tmp" "$(kernel_arch "$kernel")"
	[[ $(kernel_arch "$kernel") != arm64 ]] || add_tables_arm64
	run_machine "$qemu" "${args[@]}" "${topology_args[@]}"
}
