# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The compiler for a kernel's modules: the host's if it is of the same Debian release, else one in a small chroot.

host_suite() {
	# shellcheck source=/dev/null
	(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
}

# toolchain_name KERNEL: a release of Debian, and the target of its compiler if that is not this machine.
toolchain_name() {
	local suite arch

	suite=$(kernel_field "$1" 4) arch=$(kernel_arch "$1")
	[[ $arch == amd64 ]] || suite+=-$arch
	printf '%s\n' "$suite"
}

# toolchain_dir KERNEL
toolchain_dir() {
	printf '%s/chroot/%s\n' "$cache_dir" "$(toolchain_name "$1")"
}

# cross_prefix KERNEL: the prefix of the compiler's name; empty for the machine's own compiler. A chroot has the compiler in its path.
cross_prefix() {
	local dir='' arch

	arch=$(kernel_arch "$1")
	[[ $arch != amd64 ]] || return 0
	needs_chroot "$1" || dir=$("$lab_dir/sysroot" "$arch")/bin/ || return
	printf '%saarch64-linux-gnu-\n' "$dir"
}

# needs_chroot KERNEL: kernels that are built here use the host's compiler.
needs_chroot() {
	! is_built "$1" && [[ $(kernel_field "$1" 4) != "$(host_suite)" ]]
}

# Packages of the chroots, in addition to a compiler and the dependencies.
readonly chroot_packages=(base-files bash dash coreutils sed grep mawk findutils diffutils perl-base make libelf1t64 sparse)

# compiler_package NAME: of the tool chain.
compiler_package() {
	case $1 in
	*-arm64) printf 'gcc-aarch64-linux-gnu\n' ;;
	*) printf 'gcc\n' ;;
	esac
}

# in_chroot DIR COMMAND...: root needs only chroot(2), so that it works inside containers too.
in_chroot() {
	local dir=$1

	shift
	if ((EUID == 0)); then
		chroot "$dir" "$@"
	else
		# shellcheck disable=SC2016
		unshare --map-root-user --mount sh -c 'mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' "$dir" "$@"
	fi
}

# download_packages APTDIR SUITE PACKAGE...: these and all they need, as for a machine that has nothing yet, of the architecture that
# apt_architecture names. Prints why not, and fails.
download_packages() {
	local apt=$1 text

	if ! apt_setup "$apt" "$2"; then
		is_offline "$apt" && printf 'no mirror answered\n' || printf 'its package lists cannot be read\n'
		return 1
	fi
	: >"$apt/status"
	text=$(in_apt "$apt" apt-get -q -y -o "Dir::State::status=$apt/status" -o Debug::NoLocking=true \
		--no-install-recommends --download-only install "${@:3}" 2>&1 | without_address) && return
	install_failure "$apt" "$text"
	return 1
}

# install_failure APTDIR TEXT: from apt-get's output, prints a missing dependency, or a package that it could not fetch.
install_failure() {
	grep -m 1 -E '^ +[^ ]+ : Depends: ' <<<"$2" | sed -E 's/^ +//' || first_failure "$1" "$2"
}

# unpack_chroot APTDIR DIR: unpacked, not installed; compiling needs nothing that an installation script makes, but awk. Prints why
# not, and fails.
unpack_chroot() {
	local apt=$1 dir=$2 deb

	mkdir -p "$dir/build"
	# base-files first: its links make /bin and /lib the same as those below /usr.
	for deb in "$apt"/cache/archives/base-files_*.deb "$apt"/cache/archives/*.deb; do
		dpkg -x "$deb" "$dir" && continue
		printf '%s does not unpack\n' "${deb##*/}"
		return 1
	done
	ln -s mawk "$dir/usr/bin/awk"
	# Others get the host's /dev.
	((EUID != 0)) || mknod -m 666 "$dir/dev/null" c 1 3
}

# make_chroot NAME DIR
make_chroot() {
	local name=$1 dir=$2 apt=$cache_dir/apt/$1 why

	[[ -d $dir ]] && return
	need apt-get dpkg
	note "making a $name chroot for the compiler"
	rm -rf "$dir.new"
	why=$(download_packages "$apt" "${name%-arm64}" "${chroot_packages[@]}" "$(compiler_package "$name")") || die 3 "the $name compiler cannot be fetched: $why. $try_again"
	why=$(unpack_chroot "$apt" "$dir.new") || die 3 "the $name chroot cannot be made: $why. $try_again"
	give_stack_map "$dir.new"
	mv "$dir.new" "$dir"
	rm -rf "$apt/cache"
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
	# This one becomes a file of its own: on the host it names the host's path.
	sed -i 's|[^ =]*/usr/src/|/usr/src/|' "$chroot/usr/src/linux-headers-$(kernel_release "$kernel")/Makefile"
	cp "$(kernel_dir "$kernel")/version" "$(linked_version "$kernel" "$chroot")"
}

# linked_version KERNEL CHROOT: prints the file that holds the version of its headers there.
linked_version() {
	printf '%s/usr/src/.version-%s\n' "$2" "$(kernel_release "$1")"
}

# fetch_toolchain KERNEL: make sure that modules for it can be built.
fetch_toolchain() {
	local kernel=$1 chroot

	chroot=$(toolchain_dir "$kernel")
	needs_chroot "$kernel" || return 0
	make_chroot "$(toolchain_name "$kernel")" "$chroot"
	cmp -s "$(kernel_dir "$kernel")/version" "$(linked_version "$kernel" "$chroot")" || link_headers "$kernel" "$chroot"
}
