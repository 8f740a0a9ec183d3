# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Build user-mode Linux, a kernel that is a program of the host, from Debian's source with lab/uml.config. What is left in the
# cache looks like a kernel that was downloaded: vmlinux, root/lib/modules and root/usr/src/linux-headers-RELEASE.

readonly uml_package=linux-source-6.12
readonly uml_suites=(bookworm-security bookworm-backports)

# What building modules needs of a kernel's tree.
readonly uml_kept=(.config Makefile Module.symvers include arch/um arch/x86 scripts)

uml_make() {
	local source=$1

	shift
	nice -n 5 make -s -C "$source" ARCH=um "$@"
}

# configure_uml SOURCE: what is asked for is there, or all that it was to find would be missed.
configure_uml() {
	local missing

	KCONFIG_ALLCONFIG=$lab_dir/uml.config uml_make "$1" allnoconfig || return
	missing=$(grep '^CONFIG_' "$lab_dir/uml.config" | grep -vxFf "$1/.config") || return 0
	printf 'this source does not take: %s\n' "$missing"
	return 1
}

# keep_uml SOURCE DIR: the program, and what building modules needs.
keep_uml() {
	local source=$1 dir=$2 release headers modules path

	release=$(uml_make "$source" kernelrelease) || return
	headers=$dir/root/usr/src/linux-headers-$release modules=$dir/root/lib/modules/$release
	mkdir -p "$headers/arch" "$modules"
	cp "$source/linux" "$dir/vmlinux" || return
	cp "$source"/modules.{order,builtin,builtin.modinfo} "$modules/" || return
	depmod -b "$dir/root" "$release" || return
	for path in "${uml_kept[@]}"; do
		mv "$source/$path" "$headers/$path" || return
	done
	find "$headers/arch" -name '*.[oa]' -delete
	printf '%s\n' "$release" >"$dir/release"
}

# make_uml APTDIR DIR
make_uml() {
	local apt=$1 dir=$2

	mkdir -p "$dir/deb" || return
	(cd "$dir/deb" && APT_CONFIG=$apt/apt.conf apt-get -qq download "$uml_package") || return
	dpkg-deb -f "$dir"/deb/*.deb Version >"$dir/version"
	dpkg -x "$dir"/deb/*.deb "$dir/deb" || return
	tar -C "$dir" -xf "$dir/deb/usr/src/$uml_package.tar.xz" || return
	rm -rf "$dir/deb"
	configure_uml "$dir/$uml_package" || return
	uml_make "$dir/$uml_package" -j "$(nproc)" || return
	keep_uml "$dir/$uml_package" "$dir" || return
	rm -rf "${dir:?}/$uml_package"
}

# fetch_uml REFRESH: as fetch_kernel does.
fetch_uml() {
	local dir apt=$cache_dir/apt/uml version log=$cache_dir/uml-build.log missing=4

	dir=$(kernel_dir uml)
	[[ -f $dir/release && $1 -eq 0 ]] && return
	need apt-get dpkg depmod tar xz make gcc flex bison bc
	note "getting the package lists of ${uml_suites[*]}"
	apt_setup "$apt" "${uml_suites[@]}" || missing=3
	version=$(APT_CONFIG=$apt/apt.conf apt-cache show --no-all-versions "$uml_package" 2>/dev/null | sed -n 's/^Version: //p')
	[[ -n $version ]] || die "$missing" "kernel uml: no $uml_package in what could be fetched of ${uml_suites[*]}"
	[[ ! -f $dir/release || $(cat "$dir/version") != "$version" ]] || return 0
	note "building user-mode Linux from $uml_package $version, once; log: $log"
	mkdir -p "${dir%/*}"
	# Of other configurations, perhaps in use by another checkout; kept for a month.
	find "${dir%/*}" -mindepth 1 -maxdepth 1 -name 'uml-*' -mtime +30 -exec rm -rf {} +
	rm -rf "$dir.new"
	make_uml "$apt" "$dir.new" >"$log" 2>&1 || die "$lab_setup" "user-mode Linux cannot be built: $(tail -n 3 "$log")"
	rm -rf "$dir"
	mv "$dir.new" "$dir"
	rm -rf "$apt/cache"
}
