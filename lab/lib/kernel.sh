# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Find, download and unpack one Debian kernel with all that is needed to boot it and to build modules for it.

# find_release APTDIR PATTERN: the newest kernel release that apt knows and the pattern allows.
find_release() {
	APT_CONFIG=$1/apt.conf apt-cache pkgnames linux-image- |
		sed -nE "s/^linux-image-($2)(-unsigned)?\$/\\1/p" | sort -uV | tail -n 1
}

# depends_of APTDIR PACKAGE: the names a package depends on, one a line.
depends_of() {
	APT_CONFIG=$1/apt.conf apt-cache show --no-all-versions "$2" |
		sed -n 's/^Depends: //p' | tr ',|' '\n' | awk '{ print $1 }'
}

# kernel_packages APTDIR RELEASE: image (from 7.x on split in several), headers and what the headers need.
kernel_packages() {
	local apt=$1 release=$2 image=linux-image-$2

	APT_CONFIG=$apt/apt.conf apt-cache show "$image" >/dev/null 2>&1 || image+=-unsigned
	printf '%s\n' "$image" "linux-headers-$release"
	depends_of "$apt" "$image" | grep -E "^linux-(base|binary|modules)-.*${release//+/\\+}" || true
	depends_of "$apt" "linux-headers-$release" | grep -E '^linux-(headers-.*-common|kbuild-.*)$'
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

# unpack_kernel APTDIR RELEASE DIR FINAL: fill DIR, which will be renamed to FINAL.
unpack_kernel() {
	local apt=$1 release=$2 dir=$3 final=$4 packages image deb

	mapfile -t packages < <(kernel_packages "$apt" "$release")
	mkdir -p "$dir/deb" "$dir/root/lib"
	(cd "$dir/deb" && APT_CONFIG=$apt/apt.conf apt-get -qq download "${packages[@]}") || return
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

# fetch_kernel NAME REFRESH: do nothing if it is there, or with REFRESH 1 if there is no newer one; else build it beside
# its place and rename.
fetch_kernel() {
	local name=$1 dir apt release suites missing=4

	dir=$(kernel_dir "$name")
	[[ -f $dir/release && $2 -eq 0 ]] && return
	need apt-get dpkg depmod xz zstd
	apt=$cache_dir/apt/$name
	IFS=, read -ra suites < <(kernel_field "$name" 2)
	note "getting the package lists of ${suites[*]}"
	# A suite that is gone does no harm where another one has the kernel.
	apt_setup "$apt" "${suites[@]}" || missing=3
	release=$(find_release "$apt" "$(kernel_field "$name" 3)")
	[[ -n $release ]] || die "$missing" "kernel $name: nothing like $(kernel_field "$name" 3) in what could be fetched of ${suites[*]}"
	[[ ! -f $dir/release || $(cat "$dir/release") != "$release" ]] || return 0
	note "getting $release"
	rm -rf "$dir.new"
	unpack_kernel "$apt" "$release" "$dir.new" "$dir" || die 3 "kernel $name: $release cannot be fetched or unpacked"
	rm -rf "$dir"
	mv "$dir.new" "$dir"
	rm -rf "$apt/cache"
}
