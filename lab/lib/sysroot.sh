# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Other architectures: their names for Debian, gcc and Meson, their libraries, and a compiler for them. Both are
# unpacked and not installed, because Debian's cross compilers conflict with gcc-multilib.

# The packages to build the userspace and its tests, and more programs of guests. libc-bin has the locale C.UTF-8.
readonly sysroot_packages=(libc6-dev libc-bin libsmartcols-dev libpci-dev libjson-c-dev libudev-dev libtracefs-dev libtraceevent-dev
	libarchive-dev libunistring-dev libcmocka-dev bash pciutils busybox-static python3 util-linux)
readonly sysroot_suite=bookworm sysroot_gcc=12
# That of Debian 12 has no openat2(), by which rules are opened. It is linked statically and runs anywhere.
readonly emulator_suite=trixie emulator_package=qemu-user
# The version of this recipe: change it whenever the contents of the directory change.
readonly sysroot_recipe=3

# arch_field ARCH COLUMN (1 Debian's name, 2 prefix of the tools and directory of the libraries, 3 cpu family of Meson, 4 byte order,
# 5 the name that QEMU has for it)
arch_field() {
	local fields

	while read -ra fields; do
		[[ ${fields[0]} != "$1" ]] || printf '%s\n' "${fields[$2 - 1]}"
	done <<-END
		arm64	aarch64-linux-gnu	aarch64	little	aarch64
		s390x	s390x-linux-gnu		s390x	big	s390x
	END
}

# sysroot_dir ARCH: it depends on the recipe and the list of packages, and on nothing else of a checkout.
sysroot_dir() {
	local key

	key=$(printf '%s\n' "$sysroot_recipe" "${sysroot_packages[@]}" | sha256sum | cut -c 1-16)
	printf '%s/sysroot/%s-%s\n' "$cache_dir" "$1" "$key"
}

# compiler_packages ARCH: without the libraries of the architecture, whose place is the sysroot.
compiler_packages() {
	local triplet

	triplet=$(arch_field "$1" 2)
	printf '%s\n' "gcc-$sysroot_gcc-$triplet" "cpp-$sysroot_gcc-$triplet" "binutils-$triplet" \
		"libgcc-$sysroot_gcc-dev-$1-cross" "libgcc-s1-$1-cross"
}

# unpack_all FROM TO: the packages in FROM; nothing is installed, and no script of a package runs. Prints why not, and fails.
unpack_all() {
	local deb

	mkdir -p "$2"
	for deb in "$1"/*.deb; do
		dpkg -x "$deb" "$2" && continue
		printf '%s does not unpack\n' "${deb##*/}"
		return 1
	done
}

# relative_links ROOT: a link to an absolute path would lead out of it.
relative_links() {
	local link target

	while IFS= read -r -d '' link; do
		target=$(readlink "$link")
		ln -snf "$(realpath -m -s --relative-to="${link%/*}" "$1$target")" "$link"
	done < <(find "$1" -type l -lname '/*' -print0)
}

# fetch_compiler APTDIR ARCH DIR FINAL: into DIR, which will be FINAL. FINAL/bin has programs by their usual names, which find their
# own libraries and those of the sysroot. Prints why not, and fails.
fetch_compiler() {
	local packages triplet

	if ! apt_setup "$1" "$sysroot_suite"; then
		printf 'the package lists cannot be read\n'
		return 1
	fi
	mapfile -t packages < <(compiler_packages "$2")
	triplet=$(arch_field "$2" 2)
	apt_download "$1" "$3/deb" "${packages[@]}" && unpack_all "$3/deb" "$3/compiler" || return
	rm -rf "$3/deb" "$3/compiler/usr/share"
	# The runtime of the sanitizers is in packages of its own: without it, nothing may be linked with them.
	find "$3/compiler/usr/lib/gcc-cross" \( -name 'lib?san*.a' -o -name 'lib?san*.so' -o -name 'libubsan*' \) -delete
	write_programs "$triplet" "$3" "$4"
}

# write_programs TRIPLET DIR FINAL
write_programs() {
	local program name

	mkdir "$2/bin"
	for program in "$2/compiler/usr/bin/$1"-*; do
		name=${program##*/}
		write_program "$1" "$3" "$name" >"$2/bin/$name"
		chmod +x "$2/bin/$name"
	done
	ln -s "$1-gcc-$sysroot_gcc" "$2/bin/$1-gcc"
}

# write_program TRIPLET FINAL NAME: prints it.
write_program() {
	local options=''

	[[ $3 != "$1-gcc-$sysroot_gcc" ]] || options=" '--sysroot=$2/root'"
	cat <<-EOF
		#!/bin/sh
		LD_LIBRARY_PATH='$2/compiler/usr/lib/x86_64-linux-gnu' exec '$2/compiler/usr/bin/$3'$options "\$@"
	EOF
}

# write_cross_file ARCH DIR: prints it.
write_cross_file() {
	local triplet family endian

	triplet=$(arch_field "$1" 2) family=$(arch_field "$1" 3) endian=$(arch_field "$1" 4)
	cat <<-EOF
		[constants]
		root = '$2/root'
		tools = '$2/bin/$triplet-'
		[binaries]
		c = tools + 'gcc'
		ar = tools + 'ar'
		strip = tools + 'strip'
		nm = tools + 'nm'
		readelf = tools + 'readelf'
		pkgconfig = 'pkg-config'
		[properties]
		sys_root = root
		pkg_config_libdir = [root / 'usr/lib/$triplet/pkgconfig', root / 'usr/share/pkgconfig']
		needs_exe_wrapper = true
		[host_machine]
		system = 'linux'
		cpu_family = '$family'
		cpu = '$family'
		endian = '$endian'
	EOF
}

# fetch_sysroot ARCH: do nothing if it is there.
fetch_sysroot() {
	local arch=$1 dir apt=$cache_dir/apt/sysroot-$1 why

	dir=$(sysroot_dir "$arch")
	[[ ! -d $dir ]] || return 0
	need apt-get dpkg
	note "getting the libraries of $arch, and a compiler"
	rm -rf "$dir.new"
	why=$(apt_architecture=$arch download_packages "$apt" "$sysroot_suite" "${sysroot_packages[@]}") || die 3 "the libraries of $arch cannot be fetched: $why. $try_again"
	why=$(unpack_all "$apt/cache/archives" "$dir.new/root") || die 3 "the libraries of $arch: $why. $try_again"
	relative_links "$dir.new/root"
	why=$(fetch_compiler "$cache_dir/apt/sysroot" "$arch" "$dir.new" "$dir") ||
		die 3 "the compiler for $arch cannot be fetched: $why. $try_again"
	write_cross_file "$arch" "$dir" >"$dir.new/cross.ini"
	rm -rf "$apt/cache"
	mv "$dir.new" "$dir"
}

# emulator_dir ARCH
emulator_dir() {
	printf '%s/emulator/%s\n' "$cache_dir" "$1"
}

# write_run_file ARCH: prints the file that Meson needs, beside the cross file, to run the built programs.
write_run_file() {
	printf "[binaries]\nexe_wrapper = ['%s/qemu', '-L', '%s/root']\n" "$(emulator_dir "$1")" "$(sysroot_dir "$1")"
}

# fetch_emulator ARCH: do nothing if it is there.
fetch_emulator() {
	local dir apt=$cache_dir/apt/emulator why

	dir=$(emulator_dir "$1")
	if [[ ! -d $dir ]]; then
		note "getting QEMU for programs of $1"
		apt_setup "$apt" "$emulator_suite" || die 3 "the package lists cannot be read. $try_again"
		rm -rf "$dir.new"
		why=$(apt_download "$apt" "$dir.new" "$emulator_package") || die 3 "QEMU cannot be fetched: $why. $try_again"
		dpkg-deb --fsys-tarfile "$dir.new"/*.deb | tar -xO "./usr/bin/qemu-$(arch_field "$1" 5)" >"$dir.new/qemu" ||
			die 3 "$emulator_package has no QEMU for $1"
		chmod +x "$dir.new/qemu"
		rm -f "$dir.new"/*.deb
		mv "$dir.new" "$dir"
	fi
	write_run_file "$1" >"$(sysroot_dir "$1")/run.ini.$$"
	mv "$(sysroot_dir "$1")/run.ini.$$" "$(sysroot_dir "$1")/run.ini"
}
