#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # what dpkg-query and the other shell fill in
# The Debian packages in a clean Debian 12: installed, upgraded, removed and purged, with a module that DKMS builds for its kernel.
# Each test goes on where the one before it ended. Needs root; run by make check-deb.

bats_require_minimum_version 1.5.0

unit=pcireset@0000:03:00.0.service
packages=(pcireset libpcireset1 libpcireset-dev pcireset-dkms)
# What installing anything changes: logs, caches, the databases of dpkg, ldconfig and depmod, the key of DKMS.
noise='^/(var/(log|cache|backups|lib/(apt|dpkg|systemd|dkms(/mok\.(key|pub))?$))|etc/ld\.so\.cache|lib/modules/[^/]*/modules\.|usr/lib/modules/[^/]*/modules\.|root|packages|tmp)'

# needed: what the packages depend on, as apt takes it, but for themselves.
needed() {
	local package

	for package in "${packages[@]}"; do
		dpkg-deb -f build/deb/"$package"_*.deb Depends
	done | tr ',' '\n' | sed 's/^ *//; s/ .*//; /pcireset/d; /^$/d' | sort -u | paste -sd ,
}

# make_base TAR NEEDED: once, from where the system gets its own packages.
make_base() {
	. lab/lib/apt.sh
	local mirror

	mirror=$(mirror_of bookworm)
	# In a namespace of its own, as are the mounts it makes.
	unshare --mount mmdebstrap --quiet --format=tar --variant=apt --include="$2",linux-headers-amd64,systemd,ca-certificates \
		bookworm "$1.new" "deb $mirror bookworm main" "deb $(mirror_of bookworm-security) bookworm-security main"
	mv "$1.new" "$1"
}

# next_version: a tree that is like this one but for its version, and its packages.
next_version() {
	local tree=$BATS_FILE_TMPDIR/next

	mkdir "$tree"
	git ls-files -z | xargs -0 cp -a --parents -t "$tree"
	grep -rlF "$old" "$tree/kmod" "$tree/meson.build" "$tree/packaging/debian/changelog" | xargs sed -i "s/${old//./\\.}/$new/g"
	(cd "$tree" && git init -q && git add -A && packaging/deb) >/dev/null
	cp "$tree"/build/deb/*.deb "$root/packages"
}

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	[[ $EUID -eq 0 ]] || { echo 'root is needed for chroot' >&2 && return 1; }
	local cache=${XDG_CACHE_HOME:-$HOME/.cache}/pcireset base needed

	packaging/deb
	needed=$(needed)
	# Not one that was made for packages that needed something else.
	base=$cache/deb-base-bookworm-$(md5sum <<<"$needed" | cut -c -8).tar
	export root=$cache/deb-root old old_package new
	old_package=$(packaging/version)
	old=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' kmod/dkms.conf)
	new=$old.99
	mkdir -p "$cache"
	[[ -f $base ]] || make_base "$base" "$needed"
	rm -rf --one-file-system "$root"
	mkdir "$root"
	tar -xf "$base" -C "$root"
	mkdir "$root/packages"
	cp build/deb/*.deb "$root/packages"
	next_version
}

teardown_file() {
	rm -rf --one-file-system "${root:?}"
}

# in_root COMMAND...: nothing it mounts or starts outlives it.
in_root() {
	unshare --mount --pid --fork sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}

apt() {
	in_root apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@"
}

# install_version VERSION [OPTION]
install_version() {
	local package files=()

	for package in "${packages[@]}"; do
		files+=("/$(cd "$root" && echo packages/"${package}_$1"_*.deb)")
	done
	apt "${@:2}" install "${files[@]}"
}

# is_installed VERSION [PACKAGES]: the tool, DKMS and the module all say so, dpkg says the packages' own version; nobody says another.
is_installed() {
	local package

	for package in "${packages[@]}"; do
		[[ $(in_root dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$package") == "ii ${2:-$1}" ]]
	done
	[[ $(in_root pcireset --version) == "pcireset $1" ]]
	[[ $(in_root dkms status pcireset) =~ ^pcireset/$1,\ [^,]*,\ [^,]*:\ installed$ ]]
	[[ $(cd "$root" && ls -d usr/src/pcireset-*) == usr/src/pcireset-$1 ]]
	[[ $(in_root sh -c 'modinfo -F version /lib/modules/*/updates/dkms/pcireset.ko*') == "$1" ]]
}

# listing: every path, but what is noise.
listing() {
	(cd "$root" && find . -xdev -path ./proc -prune -o -printf '/%P\n') | grep -Ev "$noise" | sort
}

@test 'lintian finds nothing in the source and the packages' {
	lintian --allow-root --pedantic --display-info --fail-on error,warning,info,pedantic build/deb/*.changes
}

@test 'the packages install, and DKMS builds the module' {
	listing >"$BATS_FILE_TMPDIR/before"
	install_version "$old_package"
	is_installed "$old" "$old_package"
	in_root systemctl enable "$unit"
	echo PCIRESET_TYPES=flr >"$root/etc/default/pcireset"
}

@test 'the installed tool lists the functions of this machine' {
	[[ -d /sys/bus/pci/devices ]] || skip 'this machine has no PCI'
	# Read-only, as the machine is not the test's own; with -n, mount leaves no /run/mount behind.
	in_root sh -c 'mount -n -t sysfs -o ro sysfs /sys && exec pcireset list' >"$BATS_TEST_TMPDIR/list"
	cat "$BATS_TEST_TMPDIR/list"
	diff <(echo DEVICE && ls /sys/bus/pci/devices) <(cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/list")
}

@test 'without /sys, the tool reports it' {
	run -1 in_root pcireset list
	[[ $output == 'pcireset: /sys/bus/pci/devices: No such file or directory' ]]
}

@test 'an upgrade keeps the files of the administrator' {
	install_version "$new"
	is_installed "$new"
	[[ $(<"$root/etc/default/pcireset") == PCIRESET_TYPES=flr ]]
	[[ -L $root/etc/systemd/system/sysinit.target.wants/$unit ]]
}

@test 'a downgrade works' {
	install_version "$old_package" --allow-downgrades
	is_installed "$old" "$old_package"
}

@test 'a removal leaves neither tool nor module' {
	apt remove "${packages[@]}"
	[[ ! -e $root/usr/bin/pcireset ]]
	[[ -z $(in_root dkms status pcireset) ]]
	[[ -z $(find "$root/lib/modules/" -name 'pcireset.ko*') ]]
}

@test 'a purge leaves only files of the administrator' {
	install_version "$new"
	apt purge "${packages[@]}"
	listing | diff "$BATS_FILE_TMPDIR/before" - >"$BATS_FILE_TMPDIR/left" || true
	cat "$BATS_FILE_TMPDIR/left"
	[[ $(sed -n 's/^[<>] //p' "$BATS_FILE_TMPDIR/left" | paste -sd ' ') == "/etc/default/pcireset /etc/systemd/system/sysinit.target.wants/$unit" ]]
}
