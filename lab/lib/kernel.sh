# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Find, download and unpack one Debian kernel with all that is needed to boot it and to build modules for it.

# in_apt APTDIR COMMAND...: with the private configuration.
in_apt() {
	APT_CONFIG=$1/apt.conf "${@:2}"
}

# kernel_releases APTDIR PATTERN: the kernel releases whose name apt has seen and the pattern allows, newest first. A name may
# be all there is: packages that are not in the lists are named by others.
kernel_releases() {
	in_apt "$1" apt-cache pkgnames linux-image- |
		sed -nE "s/^linux-image-($2)(-unsigned)?\$/\\1/p" | sort -urV
}

# versions_of APTDIR PACKAGE: those that can be downloaded, newest first.
versions_of() {
	in_apt "$1" apt-cache madison "$2" 2>/dev/null | awk -F ' *[|] *' '$3 ~ / Packages$/ && !seen[$2]++ { print $2 }'
}

# depends_of APTDIR PACKAGE VERSION: "name relation version" of each alternative it depends on, one a line.
depends_of() {
	in_apt "$1" apt-cache show "$2=$3" |
		sed -n 's/^Depends: //p' | tr ',|' '\n' | sed -E 's/[()]//g; s/:any//; s/^ +//'
}

# version_for APTDIR PACKAGE RELATION VERSION: the newest that a dependency allows, or nothing.
version_for() {
	local version

	for version in $(versions_of "$1" "$2"); do
		[[ -z $3 ]] || dpkg --compare-versions "$version" "$3" "$4" || continue
		printf '%s\n' "$version"
		return
	done
}

# needed_of APTDIR PACKAGE VERSION PATTERN: "PACKAGE=VERSION" of each dependency whose name fits. Prints what is missing, and
# fails, if one cannot be had.
needed_of() {
	local name relation wanted version

	while read -r name relation wanted; do
		[[ $name =~ ^($4)$ ]] || continue
		version=$(version_for "$1" "$name" "$relation" "$wanted")
		if [[ -z $version ]]; then
			printf '%s%s\n' "$name" "${relation:+ ($relation $wanted)}"
			return 1
		fi
		printf '%s=%s\n' "$name" "$version"
	done < <(depends_of "$1" "$2" "$3")
}

# kernel_packages APTDIR RELEASE: "PACKAGE=VERSION" of the headers, what these need, and the image (signed, or else unsigned) of
# the same version, from 7.x on split in several. Prints the package that cannot be had, and fails, if anything is missing.
kernel_packages() {
	local apt=$1 release=$2 headers=linux-headers-$2 version image needed split

	version=$(versions_of "$apt" "$headers" | head -n 1)
	[[ -n $version ]] || { printf '%s\n' "$headers" && return 1; }
	needed=$(needed_of "$apt" "$headers" "$version" 'linux-headers-.*-common|linux-kbuild-.*') ||
		{ tail -n 1 <<<"$needed" && return 1; }
	for image in "linux-image-$release" "linux-image-$release-unsigned"; do
		[[ -z $(version_for "$apt" "$image" = "$version") ]] || break
		[[ $image != *-unsigned ]] || { printf '%s (= %s), signed or unsigned\n' "linux-image-$release" "$version" && return 1; }
	done
	split=$(needed_of "$apt" "$image" "$version" "linux-(base|binary|modules)-.*${release//+/\\+}") ||
		{ tail -n 1 <<<"$split" && return 1; }
	printf '%s\n' "$headers=$version" "$image=$version" $needed $split
}

# bzimage_field FILE OFFSET BYTES: a little-endian number from the boot header (Documentation/arch/x86/boot.rst).
bzimage_field() {
	od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# extract_vmlinux BZIMAGE OUT: the ELF file inside. It boots by PVH without the slow decompression under emulation.
extract_vmlinux() {
	local image=$1 out=$2 start length magic

	start=$((($(bzimage_field "$image" $((0x1f1)) 1) + 1) * 512 + $(bzimage_field "$image" $((0x248)) 4)))
	# The payload ends in four bytes that hold the unpacked size; decompressors would call them garbage.
	length=$(($(bzimage_field "$image" $((0x24c)) 4) - 4))
	magic=$(od -An -v -t x1 -j "$start" -N 4 "$image" | tr -d ' ')
	head -c $((start + length)) "$image" | tail -c "$length" | case $magic in
		fd377a58) xz -dc ;;
		28b52ffd) zstd -dc ;;
		1f8b08*) gzip -dc ;;
		*) note "unknown compression of the kernel: $magic"; false ;;
	esac >"$out" && [[ $(head -c 4 "$out" | tail -c 3) == ELF ]]
}

# adapt_headers ROOT FINAL: the header packages name /usr/src; make them name where they really are.
adapt_headers() {
	sed -i "s|/usr/src/|$2/usr/src/|g" "$1"/usr/src/linux-headers-*/Makefile
}

# download_kernel APTDIR RELEASE DIR: all packages into DIR. Prints why not, and fails.
download_kernel() {
	local packages log

	packages=$(kernel_packages "$1" "$2") || { printf 'no %s\n' "$(tail -n 1 <<<"$packages")" && return 1; }
	mapfile -t packages <<<"$packages"
	mkdir -p "$3"
	log=$(cd "$3" && in_apt "$1" apt-get -qq download "${packages[@]}" 2>&1) && return
	grep -m 1 '^E: ' <<<"$log" || printf 'the download failed\n'
	return 1
}

# unpack_kernel RELEASE DIR FINAL: fill DIR, which will be renamed to FINAL, from the packages in DIR/deb.
unpack_kernel() {
	local release=$1 dir=$2 final=$3 image deb

	mkdir -p "$dir/root/lib"
	for deb in "$dir"/deb/*.deb; do
		dpkg -x "$deb" "$dir/root" || return
	done
	[[ -d $dir/root/lib/modules/$release ]] || ln -s ../usr/lib/modules "$dir/root/lib/modules"
	image=$dir/root/lib/modules/$release/vmlinuz
	[[ -f $image ]] || image=$dir/root/boot/vmlinuz-$release
	extract_vmlinux "$image" "$dir/vmlinux" || return
	depmod -b "$dir/root" "$release" || return
	adapt_headers "$dir/root" "$final/root"
	dpkg-deb -f "$dir/deb/linux-headers-${release}_"*.deb Version >"$dir/version"
	printf '%s\n' "$release" >"$dir/release"
	rm -rf "$dir/deb" "$dir/root/boot" "$dir/root/usr/share"
}

# get_release APTDIR DIR RELEASE...: the first of them of which everything can be had, into DIR.new. Prints its name.
get_release() {
	local apt=$1 dir=$2 release why

	for release in "${@:3}"; do
		rm -rf "$dir.new"
		[[ ! -f $dir/release || $(<"$dir/release") != "$release" ]] || { printf '%s\n' "$release" && return; }
		note "getting $release"
		if why=$(download_kernel "$apt" "$release" "$dir.new/deb") && unpack_kernel "$release" "$dir.new" "$dir"; then
			printf '%s\n' "$release"
			return
		fi
		note "$release cannot be had: ${why:-it does not unpack}"
	done
	return 1
}

# fetch_kernel NAME REFRESH: do nothing if it is there, or with REFRESH 1 if there is no newer one; else build it beside
# its place and rename.
fetch_kernel() {
	local name=$1 dir apt releases suites missing=4

	dir=$(kernel_dir "$name")
	[[ -f $dir/release && $2 -eq 0 ]] && return
	need apt-get dpkg depmod xz zstd
	apt=$cache_dir/apt/$name
	IFS=, read -ra suites < <(kernel_field "$name" 2)
	note "getting the package lists of ${suites[*]}"
	# A suite that is gone does no harm where another one has the kernel.
	apt_setup "$apt" "${suites[@]}" || missing=3
	mapfile -t releases < <(kernel_releases "$apt" "$(kernel_field "$name" 3)")
	((${#releases[@]})) || die "$missing" "kernel $name: nothing like $(kernel_field "$name" 3) in what could be fetched of ${suites[*]}"
	get_release "$apt" "$dir" "${releases[@]}" >/dev/null || die 3 "kernel $name: none of its releases can be fetched"
	[[ -d $dir.new ]] || return 0
	rm -rf "$dir"
	mv "$dir.new" "$dir"
	rm -rf "$apt/cache"
}
