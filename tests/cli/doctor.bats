#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# pcireset doctor on machines that consist of files.

bats_require_minimum_version 1.5.0

setup() {
	export ROOT=$BATS_TEST_TMPDIR/machine
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	mkdir -p "$ROOT"/run/pcireset "$ROOT"/proc/sys/kernel/random "$ROOT"/sys/module/pcireset
	echo this-boot >"$ROOT/proc/sys/kernel/random/boot_id"
	pcireset --version | sed 's/.* //' >"$ROOT/sys/module/pcireset/version"
	# This function is dead, and the only one that would need an action.
	move_dead "$ROOT" "$BATS_TEST_TMPDIR"
}

# move_dead FROM TO: the directory of that function, and its link.
move_dead() {
	local place

	for place in sys/devices/pci0000:00/0000:00:1e.0 sys/bus/pci/devices; do
		mkdir -p "$2/$place"
		mv "$1/$place/0000:09:00.0" "$2/$place/"
	done
}

# exits STATUS ARG...: doctor on that machine.
exits() {
	local want=$1

	shift
	run --separate-stderr pcireset doctor "$@" --sysroot "$ROOT"
	[[ $status -eq $want ]] && return
	printf 'status %d instead of %d\n%s\n%s\n' "$status" "$want" "$output" "${stderr:-}"
	return 1
}

# finding CHECK [DEVICE]: sets result, found and todo.
finding() {
	local line

	line=$(jq -r --arg check "$1" --arg device "${2:-}" '.checks[] | select(.check == $check and (.device // "") == $device) |
		"\(.result)|\(.finding)|\(.todo // "")"' <<<"$output")
	IFS='|' read -r result found todo <<<"$line"
	[[ -n $result ]]
}

# has_no_finding CHECK [DEVICE]: "run ! finding" would overwrite the output for the next line.
has_no_finding() {
	[[ -n $output ]] && ! finding "$@"
}

# leftover ADDRESS WROTE WAS [BOOT [INODE]]: the journal of a reset that was killed.
leftover() {
	printf 'process 77 (pcireset)\nboot %s\ninode %s\nmsix 0\nwrote %s\nwas %s\nend\n' "${4:-this-boot}" \
		"${5:-$(stat -Lc %i "$ROOT/sys/bus/pci/devices/$1")}" "$2" "$3" >"$ROOT/run/pcireset/$1"
}

@test 'leftovers is ok without a journal' {
	exits 0 -J
	[[ $(jq .pcireset <<<"$output") == 1 ]]
	finding leftovers
	[[ $result == ok ]]
	rmdir "$ROOT/run/pcireset"
	exits 0 -J
	finding leftovers
	[[ $result == ok ]]
}

@test 'a journal of a killed reset asks for --repair' {
	echo flr >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	leftover 0000:04:00.0 flr 'flr bus'
	exits 1 -J
	finding leftovers 0000:04:00.0
	[[ $result == todo && $todo == 'pcireset doctor --repair' && $found == *'"flr" and was "flr bus"'* ]]
	exits 1
	[[ $output == *todo*leftovers*0000:04:00.0* && -z $(awk 'length > 80' <<<"$output") ]]
}

@test 'a journal of another function, another boot or without content needs no repair' {
	echo flr >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	leftover 0000:04:00.0 flr 'flr bus' another-boot
	leftover 0000:08:00.0 bus 'flr bus' this-boot 1
	leftover 0000:02:00.0 flr flr
	printf 'process 77 (pcireset)\nwrote flr\n' >"$ROOT/run/pcireset/0000:01:00.0"
	: >"$ROOT/run/pcireset/0000:01:00.4"
	leftover 0000:77:00.0 flr 'flr bus' this-boot 1
	echo nothing >"$ROOT/run/pcireset/no-address"
	exits 0 -J
	for device in 0000:04:00.0 0000:08:00.0 0000:02:00.0 0000:01:00.0 0000:01:00.4 0000:77:00.0; do
		finding leftovers "$device"
		[[ $result == note && $found == *'nothing to put back' ]]
	done
	has_no_finding leftovers no-address
}

@test 'a value that another process wrote later needs no repair' {
	echo bus >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	leftover 0000:04:00.0 flr 'flr bus'
	exits 0 -J
	finding leftovers 0000:04:00.0
	[[ $result == note && $found == *'another process'* ]]
}

@test 'a running reset is not reported as killed' {
	leftover 0000:04:00.0 flr 'flr bus'
	exec 9<"$ROOT/run/pcireset/0000:04:00.0"
	flock 9
	exits 0 -J
	finding leftovers 0000:04:00.0
	[[ $result == ok && $found == 'process 77 (pcireset) is resetting it' ]]
}

@test '--repair of a recorded machine is refused' {
	echo flr >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	leftover 0000:04:00.0 flr 'flr bus'
	exits 3 --repair
	[[ $stderr == 'pcireset: '* && $(wc -l <<<"$stderr") -eq 1 ]]
	[[ $(<"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method") == flr ]]
}

@test 'the module must be loaded and have the version of the tool' {
	exits 0 -J
	finding module
	[[ $result == ok && $found == *"$(<"$ROOT/sys/module/pcireset/version")"* && $found != *signature* ]]
	echo OE >"$ROOT/sys/module/pcireset/taint"
	exits 0 -J
	finding module
	[[ $result == ok && $found == *'without a signature'* ]]
	echo 0.0.9 >"$ROOT/sys/module/pcireset/version"
	exits 1 -J
	finding module
	[[ $result == todo && $found == *0.0.9* && $todo == *'modprobe -r pcireset'* ]]
	rm -r "$ROOT/sys/module/pcireset"
	exits 1 -J
	finding module
	[[ $result == todo && $todo == 'modprobe pcireset' ]]
}

@test 'a module built for another kernel only asks for a rebuild' {
	local modules=$ROOT/lib/modules/6.12.9-amd64

	rm -r "$ROOT/sys/module/pcireset"
	echo 6.12.9-amd64 >"$ROOT/proc/sys/kernel/osrelease"
	mkdir -p "$modules"
	echo 'kernel/drivers/pci/frob.ko: updates/dkms/pcireset.ko' >"$modules/modules.dep"
	exits 1 -J
	finding module
	[[ $result == todo && $found == *'not installed for kernel 6.12.9-amd64'* && $todo == *'linux-headers-6.12.9-amd64'*dkms* ]]
	exits 1
	[[ -z $(awk 'length > 80' <<<"$output") ]]
	echo 'updates/dkms/pcireset.ko.xz:' >>"$modules/modules.dep"
	exits 1 -J
	finding module
	[[ $result == todo && $todo == 'modprobe pcireset' ]]
	echo ../6.12.9-amd64 >"$ROOT/proc/sys/kernel/osrelease"
	exits 1 -J
	finding module
	[[ $result == todo && $todo == 'modprobe pcireset' ]]
}

@test 'Secure Boot is reported if the module is not loaded' {
	local file=$ROOT/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c

	mkdir -p "${file%/*}"
	printf '\6\0\0\0\0' >"$file"
	exits 0 -J
	finding secure-boot
	[[ $result == ok && $found == off* ]]
	printf '\6\0\0\0\1' >"$file"
	exits 0 -J
	finding secure-boot
	[[ $result == ok && $found == on* ]]
	rm -r "$ROOT/sys/module/pcireset"
	exits 1 -J
	finding secure-boot
	[[ $result == todo && $todo == *mokutil* ]]
}

@test 'lockdown is reported' {
	mkdir -p "$ROOT/sys/kernel/security"
	echo '[none] integrity confidentiality' >"$ROOT/sys/kernel/security/lockdown"
	exits 0 -J
	finding lockdown
	[[ $result == ok ]]
	echo 'none [integrity] confidentiality' >"$ROOT/sys/kernel/security/lockdown"
	exits 0 -J
	finding lockdown
	[[ $result == note && $found == integrity:* && $todo == nothing* ]]
	rm -r "$ROOT/sys/module/pcireset"
	exits 1 -J
	finding lockdown
	[[ $result == note && $todo == *mokutil* ]]
}

@test 'what is below a file in place of a directory is missing' {
	mkdir -p "$ROOT/sys/kernel"
	rm -rf "$ROOT/sys/kernel/security"
	run --separate-stderr pcireset doctor --sysroot "$ROOT"
	local before=$status,$output
	: >"$ROOT/sys/kernel/security"
	run --separate-stderr pcireset doctor --sysroot "$ROOT"
	[[ $status,$output == "$before" && ${stderr:-} == '' ]]
}

@test 'hotplug, AER, DPC and IOMMU are reported' {
	exits 0 -J
	finding hotplug
	[[ $result == ok && $found == *'1 port' ]]
	finding aer
	[[ $result == note ]]
	finding dpc
	[[ $result == note ]]
	finding iommu
	[[ $result == note ]]
	rm -r "$ROOT/sys/bus/pci_express/drivers/pciehp"
	mkdir -p "$ROOT"/sys/bus/pci_express/drivers/{aer,dpc}/0000:00:1c.0:pcie002 "$ROOT/sys/class/iommu/dmar0"
	exits 0 -J
	finding hotplug
	[[ $result == note && $found == '1 slot named by firmware'* && $todo == *bus* ]]
	ln -s ../../../../module/acpiphp "$ROOT/sys/bus/pci/slots/3/module"
	mkdir "$ROOT/sys/bus/pci/slots/4"
	echo 0000:04:00 >"$ROOT/sys/bus/pci/slots/4/address"
	ln -s ../../../../module/shpchp "$ROOT/sys/bus/pci/slots/4/module"
	exits 0 -J
	[[ $(jq '[.checks[] | select(.check == "hotplug")] | length' <<<"$output") -eq 2 ]]
	[[ $(jq -r '.checks[] | select(.check == "hotplug") | .finding' <<<"$output") == '1 slot managed by ACPI (acpiphp): '*$'\n''1 slot managed by a driver other than pciehp: '* ]]
	rm "$ROOT/sys/bus/pci/slots/4/module"
	echo no-link >"$ROOT/sys/bus/pci/slots/4/module"
	exits 1 -J
	[[ $stderr == *slots/4/module* ]]
	rm -r "$ROOT/sys/bus/pci/slots/4"
	exits 0 -J
	finding aer
	[[ $result == ok && $found == *'1 port' ]]
	finding dpc
	[[ $result == ok ]]
	finding iommu
	[[ $result == ok ]]
	rm -r "$ROOT/sys/bus/pci/slots/3"
	exits 0 -J
	finding hotplug
	[[ $result == ok && $found == 'no hotplug slots' ]]
}

# booted_with WORD...
booted_with() {
	printf 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 %s quiet\n' "$*" >"$ROOT/proc/cmdline"
}

@test 'kernel parameters that change resets are reported' {
	local word said

	exits 0 -J
	finding command-line
	[[ $result == note && $found == 'cannot be read' ]]
	booted_with pci=realloc pcie_aspm=default pcie_port_pm=off xpci=noaer pci.noaer=1 pcie_ports=
	exits 0 -J
	finding command-line
	[[ $result == ok && -z $todo ]]
	while IFS='|' read -r word said; do
		booted_with "$word"
		exits 0 -J
		finding command-line || { echo "$word: nothing found" && return 1; }
		# shellcheck disable=SC2053 # a pattern
		[[ $result == note && $found == $said && -n $todo ]] || { echo "$word: $result $found $todo" && return 1; }
	done <<-'END'
		pcie_ports=compat|pcie_ports=compat: *type slot is unsupported
		pcie_ports=native|pcie_ports=native: *firmware*
		pcie_ports=dpc-native|pcie_ports=dpc-native: *DPC*
		pci=realloc,noaer|pci=noaer: *
		pci=nomsi|pci=nomsi: *firmware*
		pci=nommconf|pci=nommconf: *256*
		pcie_aspm=off|pcie_aspm=off: *firmware*
		pcie_aspm=force|pcie_aspm=force: *
		vfio-pci.ids=10de:1c82,10de:0fb9|vfio-pci.ids=10de:1c82,10de:0fb9: *
		vfio_pci.ids=10de:1c82|vfio_pci.ids=10de:1c82: *
		pci-stub.ids=10de:1c82|pci-stub.ids=*
	END
	booted_with pci=noaer,nomsi pcie_aspm=off
	exits 0 -J
	[[ $(jq '[.checks[] | select(.check == "command-line")] | length' <<<"$output") -eq 3 ]]
	exits 0
	[[ $output == *note*command-line*'; do: '* && -z $(awk 'length > 80' <<<"$output") ]]
}

@test 'properties of devices that limit resets are reported' {
	exits 0 -J
	finding device 0000:03:00.0
	[[ $result == note && $found == *No_Soft_Reset* ]]
	finding device 0000:08:00.1
	[[ $result == note && $found == *'does not list'* ]]
	finding device 0000:0a:00.0
	[[ $result == note && $found == *CXL* && $todo == *cxl_bus* ]]
	has_no_finding device 0000:04:00.0
	# Something is in the way of some.
	has_no_finding device
	jq -e '[.checks[] | select(.result != "ok") | .todo] | length > 5 and all' <<<"$output"
	echo >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	mkdir "$ROOT/sys/bus/pci/slots/1"
	echo 0000:02:00 >"$ROOT/sys/bus/pci/slots/1/address"
	echo 'flr bus' >"$ROOT/sys/bus/pci/devices/0000:02:00.0/reset_method"
	exits 0 -J
	jq -e '[.checks[] | select(.device == "0000:04:00.0") | .finding] | any(test("reset_method is empty"))' <<<"$output"
	jq -e '[.checks[] | select(.device == "0000:02:00.0") | .finding] | any(test("including the PF"))' <<<"$output"
	jq -e '[.checks[] | select(.result != "ok") | .todo] | length > 7 and all' <<<"$output"
	move_dead "$BATS_TEST_TMPDIR" "$ROOT"
	exits 1 -J
	finding device 0000:09:00.0
	[[ $result == todo && $found == 'it does not respond' ]]
}

@test 'every finding has all keys, and the output fits 80 columns' {
	exits 0 -J
	jq -e '[.checks[] | keys == ["check", "device", "finding", "result", "todo"]] | all' <<<"$output"
	exits 0
	[[ -z $(awk 'length > 80' <<<"$output") ]]
}

@test 'doctor takes no device and no type' {
	run -2 pcireset doctor 01:00.0 --sysroot "$ROOT"
	run -2 pcireset doctor --type flr --sysroot "$ROOT"
}

# facts SYSROOT: all findings but that about journals, which are not recorded.
facts() {
	pcireset doctor -J --sysroot "$1" | jq '.checks[] | select(.check != "leftovers")'
}

@test 'doctor gives the same findings for a recording, without other options of the kernel' {
	local archive=$BATS_TEST_TMPDIR/machine.tar efivars=$ROOT/sys/firmware/efi/efivars

	mkdir -p "$ROOT"/sys/kernel/security "$efivars" "$ROOT"/sys/class/iommu "$ROOT/sys/bus/pci_express/drivers/aer"
	# Links, as sysfs has them.
	ln -s ../../devices/virtual/iommu/dmar0 "$ROOT/sys/class/iommu/"
	ln -s ../../../../devices/pci0000:00/0000:00:1c.0/0000:00:1c.0:pcie002 "$ROOT/sys/bus/pci_express/drivers/aer/"
	echo 'none [integrity] confidentiality' >"$ROOT/sys/kernel/security/lockdown"
	printf '\6\0\0\0\1' >"$efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	echo E >"$ROOT/sys/module/pcireset/taint"
	echo 'root=UUID=secret pcie_ports=compat pass=secret vfio-pci.ids=10de:1c82' >"$ROOT/proc/cmdline"
	pcireset record "$archive" --sysroot "$ROOT"
	diff <(facts "$ROOT") <(facts "$archive")
	run -1 grep -ac secret "$archive"
	pcireset record - --sysroot "$archive" | cmp - "$archive"
	run -0 pcireset doctor -J --sysroot "$archive"
	finding leftovers
	[[ $result == note && $found == 'unknown: not recorded' ]]
	# What was looked at and is not there is a fact.
	rm -r "$ROOT"/sys/{class/iommu,module/pcireset,kernel,firmware,bus/pci_express/drivers/aer}
	echo root=UUID=secret >"$ROOT/proc/cmdline"
	pcireset record "$archive.none" --sysroot "$ROOT"
	diff <(facts "$ROOT") <(facts "$archive.none")
}

@test 'what a recording lacks is unknown' {
	local dir=$BATS_TEST_TMPDIR/recording check

	mkdir "$dir"
	pcireset record - --sysroot "$ROOT" | tar -C "$dir" -x
	rm -rf "$dir"/{pcireset/recorded,sys/module,proc/cmdline}
	run --separate-stderr pcireset doctor -J --sysroot "$dir"
	[[ $status -eq 0 ]]
	for check in module lockdown secure-boot aer dpc iommu command-line leftovers; do
		finding "$check"
		[[ $result == note && $found == 'unknown: not recorded' ]]
	done
	finding hotplug
	[[ $result == ok ]]
	# Nor does a recording know what could not be read.
	mkdir -p "$ROOT"/sys/kernel/security "$ROOT"/sys/firmware/efi/efivars
	exits 0 -J
	finding lockdown
	[[ $result == note && $found == 'unknown: no file system is mounted on /sys/kernel/security' ]]
	finding secure-boot
	[[ $result == note && $found == *'mounted on /sys/firmware/efi/efivars' ]]
	pcireset record "$dir.tar" --sysroot "$ROOT"
	run --separate-stderr pcireset doctor -J --sysroot "$dir.tar"
	for check in lockdown secure-boot; do
		finding "$check"
		[[ $found == 'unknown: not recorded' ]]
	done
}

# unable COMMAND...: runs the command without the capabilities to read files against their mode.
unable() {
	local drop=(setpriv "--bounding-set=-dac_override,-dac_read_search")

	[[ $EUID -eq 0 ]] || drop=()
	"${drop[@]}" "$@"
}

@test 'unreadable facts are unknown, and the other checks still run' {
	local root=$BATS_TEST_TMPDIR/closed

	cp -a "$ROOT" "$root"
	mkdir -p "$root/sys/kernel/security" "$root/sys/class/iommu"
	echo '[none] integrity' >"$root/sys/kernel/security/lockdown"
	chmod 0 "$root/sys/kernel/security" "$root/sys/class/iommu"
	run unable pcireset doctor --sysroot "$root" --json
	[[ $status -eq 1 ]]
	[[ $output == *"unknown: this user cannot read $root/sys/kernel/security/lockdown"* ]]
	[[ $output == *"unknown: this user cannot read $root/sys/class/iommu"* ]]
	[[ $output != *'not available in this kernel'* && $output == *secure-boot* && $output == *leftovers* ]]
	chmod 0755 "$root/sys/kernel/security" "$root/sys/class/iommu"
	run unable pcireset doctor --sysroot "$root" --json
	[[ $output != *'this user cannot read'* ]]
}
