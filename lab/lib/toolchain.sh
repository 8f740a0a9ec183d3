# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The compiler a kernel's modules need: the host's where it is the same Debian release, else one in a small chroot.

host_suite() {
	# shellcheck source=/dev/null
	(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
}

toolchain_dir() {
	printf '%s/chroot/%s\n' "$cache_dir" "$1"
}

# needs_chroot KERNEL
needs_chroot() {
	[[ $(kernel_field "$1" 4) != "$(host_suite)" ]]
}

# in_chroot DIR COMMAND...: only chroot(2), no mounts, so that it works inside containers too.
in_chroot() {
	local dir=$1

	shift
	if ((EUID == 0)); then
		chroot "$dir" "$@"
	else
		unshare --map-root-user chroot "$dir" "$@"
	fi
}

make_chroot() {
	local suite=$1 dir=$2

	[[ -d $dir ]] && return
	need mmdebstrap
	note "making a $suite chroot for the compiler"
	rm -rf "$dir.new"
	mkdir -p "${dir%/*}"
	mmdebstrap --quiet --variant=minbase --include=gcc,make,libelf1t64,sparse,perl-base \
		--aptopt='Acquire::Retries "3"' --keyring="$debian_keyring" "$suite" "$dir.new" "$(mirror_of "$suite")" ||
		die 3 "the $suite chroot cannot be made"
	give_stack_map "$dir.new"
	mv "$dir.new" "$dir"
}

# The kernel's objtool looks up its own stack in /proc before it starts, to name an overflow if it should crash.
# Mounting /proc takes privileges that containers do not give; a file that says where stacks are does as well.
give_stack_map() {
	mkdir -p "$1/proc/self"
	printf '7ff000000000-7fffffffe000 rw-p 00000000 00:00 0                          [stack]\n' >"$1/proc/self/maps"
}

# Copy a kernel's headers to the place their own package would put them. Hard links: no space, no time.
link_headers() {
	local kernel=$1 chroot=$2 root

	root=$(kernel_dir "$kernel")/root
	mkdir -p "$chroot/usr/src"
	cp -al -f "$root"/usr/src/linux-* "$chroot/usr/src/"
	cp -al -f "$root"/usr/lib/linux-kbuild-* "$chroot/usr/lib/"
	# cp, not a link: the host's copy names the host's path.
	sed -i "s|$root/usr/src/|/usr/src/|g" "$chroot/usr/src/linux-headers-$(kernel_release "$kernel")/Makefile"
}

# fetch_toolchain KERNEL: make sure that modules for it can be built.
fetch_toolchain() {
	local kernel=$1 suite chroot

	suite=$(kernel_field "$kernel" 4)
	chroot=$(toolchain_dir "$suite")
	needs_chroot "$kernel" || return 0
	make_chroot "$suite" "$chroot"
	[[ -f $chroot/usr/src/linux-headers-$(kernel_release "$kernel")/Makefile ]] || link_headers "$kernel" "$chroot"
}
