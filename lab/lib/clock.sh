# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Give a guest the speed of its clock, so that it does not measure it on a busy host.

# host_tsc_khz: measured once per boot of this machine.
host_tsc_khz() {
	local dir=$cache_dir/clock boot file

	boot=$(cat /proc/sys/kernel/random/boot_id)
	file=$dir/$boot
	if [[ ! -s $file ]]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		gcc -O2 -o "$dir/tsc-khz" "$lab_dir/tsc-khz.c"
		"$dir/tsc-khz" >"$file.new"
		mv "$file.new" "$file"
	fi
	cat "$file"
}

# Emulation passes the host's counter on; virtual time counts nanoseconds.
guest_tsc_khz() {
	if ((icount)); then
		printf '1000000\n'
	else
		with_lock clock host_tsc_khz
	fi
}

# clock_words: for the kernel's command line.
clock_words() {
	local khz hz

	khz=$(guest_tsc_khz)
	hz=$(sed -n 's/^CONFIG_HZ=//p' "$(kernel_dir "$kernel")"/root/usr/src/linux-headers-*/include/config/auto.conf)
	printf 'tsc=reliable tsc_early_khz=%s lpj=%s\n' "$khz" $((khz * 1000 / hz))
}

# disk_words: for the kernel's command line. In virtual time a guest that waits for a disk skips its waits while the host
# still reads or writes: on a busy host nvme's 30 s are over before that. Ten minutes of the guest leave the host a second.
disk_words() {
	((!icount)) || printf '%s\n' 'nvme_core.io_timeout=600 nvme_core.admin_timeout=600'
}
