# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Find, download and unpack one Debian kernel, with everything to boot it and to build modules for it.

# kernel_candidates PATTERN: "VERSION RELEASE" of every kernel release of which the lists have something, newest first.
kernel_candidates() {
	local name version release

	for name in "${!package_versions[@]}"; do
		[[ $name =~ ^linux-(headers|image|binary|binary-unsigned)-($1)(-unsigned)?$ ]] || continue
		release=${BASH_REMATCH[2]}
		for version in ${package_versions[$name]}; do
			printf '%s %s\n' "$version" "$release"
		done
	done | sort -urV | newest_first
}

# split_packages RELEASE VERSION: from 7.x on an image consists of a binary, modules and a base; the package that unites them only
# comes with the signed binary.
split_packages() {
	local part parts=("linux-binary-$1" "linux-modules-$1" "linux-base-$1")

	has_version "${parts[0]}" "$2" || parts[0]=linux-binary-unsigned-$1
	for part in "${parts[@]}"; do
		has_version "$part" "$2" || { printf '%s (= %s)\n' "$part" "$2" && return 1; }
		printf '%s=%s\n' "$part" "$2"
	done
}

# image_packages RELEASE VERSION: signed or unsigned, in one piece or in several. Prints a missing package, and fails.
image_packages() {
	local image packages lacking=''

	for image in "linux-image-$1" "linux-image-$1-unsigned"; do
		has_version "$image" "$2" || continue
		packages=$(packages_for 'linux-(base|binary|binary-unsigned|modules)-[0-9].*' "$image" "$2") && printf '%s\n' "$packages" && return
		lacking=${lacking:-$packages}
	done
	packages=$(split_packages "$1" "$2") && printf '%s\n' "$packages" && return
	if [[ -z $lacking ]] && has_version "linux-modules-$1" "$2"; then
		lacking=$(tail -n 1 <<<"$packages")
	fi
	printf '%s\n' "${lacking:-linux-image-$1 (= $2), signed or unsigned}"
	return 1
}

# kernel_packages RELEASE VERSION: "PACKAGE=VERSION" of all that booting and building modules need, each of this version, but for
# the tools (kbuild), which may be newer. Prints a missing package, and fails.
kernel_packages() {
	local headers image

	headers=$(packages_for 'linux-headers-.*-common|linux-kbuild-.*' "linux-headers-$1" "$2") || { printf '%s\n' "$headers" && return 1; }
	image=$(image_packages "$1" "$2") || { printf '%s\n' "$image" && return 1; }
	printf '%s\n%s\n' "$headers" "$image" | sort -u
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

# plain_image IMAGE OUT: arm64 boots an uncompressed image (Documentation/arch/arm64/booting.rst), compressed at most as a whole.
plain_image() {
	if [[ $(od -An -v -t x1 -N 2 "$1" | tr -d ' ') == 1f8b ]]; then
		gzip -dc <"$1" >"$2"
	else
		cp "$1" "$2"
	fi && [[ $(od -An -v -t x1 -j 56 -N 4 "$2" | tr -d ' ') == 41524d64 ]]
}

# bootable_image RELEASE IMAGE OUT: makes the image that QEMU starts fastest.
bootable_image() {
	case $1 in
	*-arm64) plain_image "$2" "$3" ;;
	*) extract_vmlinux "$2" "$3" ;;
	esac
}

# adapt_headers ROOT FINAL: the header packages name /usr/src; make them name where they really are.
adapt_headers() {
	sed -i "s|/usr/src/|$2/usr/src/|g" "$1"/usr/src/linux-headers-*/Makefile
}

# fetch_release APTDIR DIR VERSION RELEASE: all of it into DIR.new. Prints why not, and fails.
fetch_release() {
	local packages unsigned=''

	packages=$(kernel_packages "$4" "$3") || { printf 'there is no %s\n' "$packages" && return 1; }
	[[ $packages != *-unsigned* ]] || unsigned=', which has no signed image'
	note "getting $4 ($3)$unsigned"
	mapfile -t packages <<<"$packages"
	apt_download "$1" "$2.new/deb" "${packages[@]}" && unpack_kernel "$4" "$3" "$2.new" "$2"
}

# unpack_packages DIR: unpacks DIR/deb to DIR/root. On failure, prints the reason.
unpack_packages() {
	local deb

	mkdir -p "$1/root/lib"
	for deb in "$1"/deb/*.deb; do
		dpkg -x "$deb" "$1/root" && continue
		deb=${deb##*/}
		printf '%s does not unpack\n' "${deb%%_*}"
		return 1
	done
}

# unpack_kernel RELEASE VERSION DIR FINAL: fill DIR, which will be renamed to FINAL, from the packages in DIR/deb. Prints why not,
# and fails.
unpack_kernel() {
	local release=$1 dir=$3 image

	unpack_packages "$dir" || return
	[[ -d $dir/root/lib/modules/$release ]] || ln -s ../usr/lib/modules "$dir/root/lib/modules"
	image=$dir/root/lib/modules/$release/vmlinuz
	[[ -f $image ]] || image=$dir/root/boot/vmlinuz-$release
	[[ -f $image ]] || { printf 'its packages hold no vmlinuz\n' && return 1; }
	bootable_image "$release" "$image" "$dir/vmlinux" || { printf 'there is no kernel in its vmlinuz\n' && return 1; }
	depmod -b "$dir/root" "$release" || { printf 'depmod fails on its modules\n' && return 1; }
	adapt_headers "$dir/root" "$4/root" || { printf 'its packages hold no headers\n' && return 1; }
	printf '%s\n' "$2" >"$dir/version"
	printf '%s\n' "$release" >"$dir/release"
	rm -rf "$dir/deb" "$dir/root/boot" "$dir/root/usr/share"
}

# install_kernel NAME: DIR.new takes the place of DIR.
install_kernel() {
	local dir

	dir=$(kernel_dir "$1")
	rm -rf "$dir"
	mv "$dir.new" "$dir"
	rm -rf "$cache_dir/apt/$1/cache"
}

# fetch_kernel NAME REFRESH: do nothing if it is there, or with REFRESH 1 if there is no newer one; else build it beside
# its place and rename.
fetch_kernel() {
	local name=$1 dir suites candidates reason missing=4 apt_foreign

	dir=$(kernel_dir "$name")
	[[ -f $dir/release && $2 -eq 0 ]] && return
	need apt-get dpkg depmod xz zstd
	apt_foreign=$(kernel_arch "$name")
	apt_foreign=${apt_foreign#amd64}
	IFS=, read -ra suites < <(kernel_field "$name" 2)
	# A suite that is gone does no harm where another one has the kernel.
	get_lists "$name" "linux-image-$(kernel_field "$name" 3)" "${suites[@]}" || missing=3
	mapfile -t candidates < <(kernel_candidates "$(kernel_field "$name" 3)")
	((${#candidates[@]} == 0)) || missing=3
	if get_newest "$name" fetch_release "${candidates[@]}"; then
		install_kernel "$name"
	else
		keep_cached "$name" "$missing"
	fi
}
