# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The guest's files: a base image for each kernel and a layer with the build results, both cached, and an overlay for
# each run. The archives are concatenated.

readonly guest_programs=(bash lspci setpci)

# What pcireset loads when a command needs it, in any of their versions.
readonly on_demand_libraries=(libpci.so.3 libsmartcols.so.1 libtracefs.so.1 libudev.so.1 libunistring.so.2 libunistring.so.5)

# Where Debian and others have the names of vendors and devices.
readonly pci_ids=(/usr/share/misc/pci.ids /usr/share/hwdata/pci.ids)

# set_guest_arch KERNEL: sets guest_root to the root of the guest's programs, guest_tools to the prefix of its compiler and binutils, and
# guest_triplet to the directory of its libraries. They are empty for the host's own architecture.
set_guest_arch() {
	local arch dir

	arch=$(kernel_arch "$1")
	guest_root='' guest_tools='' guest_triplet=''
	[[ $arch != amd64 ]] || return 0
	dir=$("$lab_dir/sysroot" "$arch") || return
	guest_triplet=$(arch_field "$arch" 2)
	guest_root=$dir/root guest_tools=$dir/bin/$guest_triplet-
}

# guest_program NAME: prints where it is on the host.
guest_program() {
	local dir

	if [[ -z $guest_root ]]; then
		command -v "$1"
		return
	fi
	for dir in bin usr/bin sbin usr/sbin; do
		[[ -e $guest_root/$dir/$1 ]] && printf '%s\n' "$guest_root/$dir/$1" && return
	done
	return 1
}

# cpio archives of the kind the kernel unpacks fastest: raw, concatenated later.
pack_cpio() {
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio --quiet --null -R 0:0 -H newc -o)
}

# foreign_libraries FILE...: prints the paths in the guest of the shared libraries that these need, directly or not, of those in the sysroot.
foreign_libraries() {
	local queue=("$@") name dir
	local -A seen=()

	while ((${#queue[@]})); do
		while read -r name; do
			[[ -z ${seen[$name]:-} ]] || continue
			seen[$name]=1
			for dir in /lib "/lib/$guest_triplet" "/usr/lib/$guest_triplet"; do
				[[ -e $guest_root$dir/$name ]] || continue
				printf '%s\n' "$dir/$name"
				queue+=("$guest_root$dir/$name")
				break
			done
		done < <({ "${guest_tools}readelf" -d "${queue[0]}" 2>/dev/null || true; } | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p')
		queue=("${queue[@]:1}")
	done
}

# add_libraries ROOT FILE...: the shared libraries these need and ROOT lacks. Scripts and static programs need none.
add_libraries() {
	local root=$1 lib

	shift
	if [[ -n $guest_root ]]; then
		while read -r lib; do
			[[ -e $root$lib ]] || install -D -m 755 "$guest_root$lib" "$root$lib"
		done < <(foreign_libraries "$@")
		return
	fi
	{ ldd "$@" 2>/dev/null || true; } | sed -nE 's|.*[[:space:]](/[^ ]+) \(0x.*|\1|p' | sort -u | while read -r lib; do
		[[ $lib == "$root"/* || -e $root$lib ]] || install -D -m 755 "$lib" "$root$lib"
	done
}

# base_key KERNEL: changes when anything the base image is made of does.
base_key() {
	local dir

	dir=$(kernel_dir "$1")
	{
		# A kernel that is built here has the hash of its configuration and patches in its directory's name.
		printf '%s\n' "${dir##*/}"
		cat "$dir/release" "$dir/version" "$lab_dir"/*.c "$lab_dir/guest-modules" "$lab_dir/lib/guest.sh" "$lab_dir"/stubs/*
		stat -Lc '%n %s %Y' "$(guest_program busybox)" "$(guest_program bash)" "$(guest_program lspci)" "${pci_ids[@]}" 2>/dev/null || true
	} | sha256sum | cut -c 1-16
}

# module_files KERNEL NAME: the module after all it depends on, as paths below the kernel's root. From modules.dep and
# not from modprobe, which adds optional modules for a CPU that the guest may not have.
module_files() {
	local release

	release=$(kernel_release "$1")
	awk -F '[: ]+' -v want="${2//-/_}" -v dir="lib/modules/$release" '
		{
			name = $1
			sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
		}
		name == want { for (i = NF; i > 0; i--) if ($i != "") print dir "/" $i }
	' "$(kernel_dir "$1")/root/lib/modules/$release/modules.dep"
}

# add_module KERNEL ROOT FILE: decompressed, because finit_module() of init does not decompress. Without the signature behind
# it: verifying one under emulation takes as long as all the rest of loading, and a third of the boot altogether.
add_module() {
	local from to=$2/${3%.xz}

	from=$(kernel_dir "$1")/root/$3
	[[ -e $to ]] && return
	mkdir -p "${to%/*}"
	case $from in
	*.xz) xz -dc "$from" >"$to" ;;
	*) cp "$from" "$to" ;;
	esac
	"${guest_tools}strip" --strip-debug "$to"
}

add_modules() {
	local kernel=$1 root=$2 release dir when name file

	release=$(kernel_release "$kernel")
	dir=$(kernel_dir "$kernel")/root/lib/modules/$release
	mkdir -p "$root/lib/modules/$release" "$root/pcilab"
	while read -r when name; do
		[[ $when == boot || $when == there || $when == "port-$(kernel_arch "$kernel")" ]] || continue
		for file in $(module_files "$kernel" "$name"); do
			add_module "$kernel" "$root" "$file" || return
			[[ $when == there ]] || printf '/%s\n' "${file%.xz}" >>"$root/pcilab/modules.base"
		done
	done <"$lab_dir/guest-modules"
	cp "$dir"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$release/"
	depmod -b "$root" "$release"
}

add_programs() {
	local root=$1 program applet

	install -D -m 755 "$(guest_program busybox)" "$root/bin/busybox"
	for program in "${guest_programs[@]}"; do
		install -m 755 "$(guest_program "$program")" "$root/bin/$program"
		add_libraries "$root" "$root/bin/$program"
	done
	for applet in $(busybox --list); do
		[[ -e $root/bin/$applet ]] || ln -s busybox "$root/bin/$applet"
	done
	# What guides call and no guest has hardware for.
	install -m 755 "$lab_dir"/stubs/* "$root/bin/"
	mkdir -p "$root/sbin"
	# The kernel itself calls it by this name.
	ln -s ../bin/busybox "$root/sbin/modprobe"
}

add_settings() {
	local root=$1 ids

	mkdir -p "$root"/{proc,sys,dev,tmp,run,root,etc,mnt,usr/bin}
	printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'nobody:x:65534:65534:nobody:/:/bin/bash' >"$root/etc/passwd"
	printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$root/etc/group"
	printf '127.0.0.1 localhost pcilab\n' >"$root/etc/hosts"
	# shellcheck disable=SC2016
	printf "PS1='pcilab:\\\\w\\\\$ '\\n" >"$root/root/.bashrc"
	ln -s /proc/mounts "$root/etc/mtab"
	ln -s ../../bin/env "$root/usr/bin/env"
	# The C.UTF-8 locale is not built into the C library.
	[[ ! -d /usr/lib/locale/C.utf8 ]] || { mkdir -p "$root/usr/lib/locale" && cp -a /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"; }
	for ids in "${pci_ids[@]}"; do
		[[ ! -e $ids ]] || install -D -m 644 "$(readlink -f "$ids")" "$root$ids"
	done
}

# build_program FILE SOURCE: static, because that starts sooner under emulation.
build_program() {
	"${guest_tools}gcc" -std=gnu11 -Wall -Wextra -Werror -O2 -static -o "$1" "$2"
}

# fill_base KERNEL DIR: DIR/root is the tree, DIR/base.cpio the image.
fill_base() {
	local kernel=$1 dir=$2

	mkdir -p "$dir/root"
	add_settings "$dir/root"
	add_programs "$dir/root"
	add_modules "$kernel" "$dir/root"
	build_program "$dir/root/init" "$lab_dir/init.c"
	build_program "$dir/root/bin/pciconf" "$lab_dir/pciconf.c"
	pack_cpio "$dir/root" >"$dir/base.cpio"
}

make_base() {
	local kernel=$1 dir=$2

	[[ -d $dir ]] && return
	need busybox bash lspci setpci cpio depmod modprobe "${guest_tools}gcc" ldd "${guest_tools}strip" xz
	mkdir -p "${dir%/*}"
	# Of other versions of these sources, perhaps in use by another checkout; kept for a day.
	find "${dir%/*}" -mindepth 1 -maxdepth 1 -mtime +0 -exec rm -rf {} +
	rm -rf "$dir.new"
	(set -e && fill_base "$kernel" "$dir.new") || die "$lab_setup" "the guest image for $kernel cannot be made"
	mv "$dir.new" "$dir"
}

# base_dir KERNEL: prints where the base image is, after making it if need be.
base_dir() {
	local dir

	dir=$cache_dir/guest/$1/$(base_key "$1") || return
	touch -c "$dir"
	[[ -d $dir ]] || with_lock "guest-$1" make_base "$1" "$dir" || return
	printf '%s\n' "$dir"
}

# library_on_demand NAME: prints where it is in the guest, or nothing.
library_on_demand() {
	local dir

	if [[ -z $guest_root ]]; then
		ldconfig -p | awk -v name="$1" '$1 == name { print $NF; exit }'
		return
	fi
	for dir in "/lib/$guest_triplet" "/usr/lib/$guest_triplet"; do
		[[ ! -e $guest_root$dir/$1 ]] || { printf '%s\n' "$dir/$1" && return; }
	done
}

# add_on_demand ROOT: pcireset is there, and names these libraries nowhere.
add_on_demand() {
	local root=$1 name path

	for name in "${on_demand_libraries[@]}"; do
		path=$(library_on_demand "$name")
		[[ -n $path && ! -e $root$path ]] || continue
		install -D -m 755 "$guest_root$path" "$root$path" && add_libraries "$root" "$guest_root$path" || return
	done
}

# add_tree ROOT DIR: a staged installation, with the libraries its programs need and do not bring along.
add_tree() {
	local root=$1 files search

	cp -a "$2/." "$root/" || return
	# Debug information, which the guest does not need, is most of a program. A script has none.
	find "$root" -type f -perm -u+x -exec "${guest_tools}strip" --strip-debug {} + 2>/dev/null || true
	mapfile -t files < <(find "$root" -type f \( -perm -u+x -o -name '*.so*' \))
	search=$(find "$root" -name '*.so*' -printf '%h:')
	((${#files[@]} == 0)) || LD_LIBRARY_PATH=$search add_libraries "$root" "${files[@]}" || return
	[[ ! -e $root/usr/bin/pcireset ]] || add_on_demand "$root"
}

# add_file ROOT PATH[:GUESTPATH]: a file or a directory; /root/NAME in the guest where nothing else is said.
add_file() {
	local root=$1 from=${2%%:*} to='' files

	[[ $2 == *:* ]] && to=${2#*:}
	to=${to:-/root/${from##*/}}
	mkdir -p "$root${to%/*}"
	cp -aL "$from" "$root$to"
	mapfile -t files < <(find "$root$to" -type f \( -perm -u+x -o -name '*.so.*' \))
	((${#files[@]} == 0)) || add_libraries "$root" "${files[@]}"
}

# add_test_modules KERNEL BASE ROOT KODIR...: for modprobe in the guest, and pcireset itself for init.
# depmod wants to see all modules, so it works on a copy (of hard links) of the base image's.
add_test_modules() {
	local base=$2 root=$3 release dir from file

	release=$(kernel_release "$1")
	shift 3
	dir=$root/lib/modules/$release
	mkdir -p "${dir%/*}" && cp -al "$base/root/lib/modules/$release" "$dir" || return
	rm -f "$dir"/modules.*[a-z]
	cp "$base/root/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} "$dir/" && mkdir -p "$dir/extra" || return
	# Debug information is most of a module and only needed to read an oops. It stays in the build.
	for from; do
		for file in "$from"/*.ko; do
			"${guest_tools}strip" --strip-debug -o "$dir/extra/${file##*/}" "$file" || return
		done
	done
	depmod -b "$root" "$release" && rm -rf "$dir/kernel" || return
	[[ ! -f $dir/extra/pcireset.ko ]] || printf '/lib/modules/%s/extra/pcireset.ko\n' "$release" >"$root/pcilab/modules.test"
}

# fill_layer KERNEL BASE ROOT USER KODIR...
fill_layer() {
	local root=$3 user=$4

	mkdir -p "$root/pcilab" || return
	(($# == 4)) || add_test_modules "$1" "$2" "$root" "${@:5}" || return
	[[ ! -d $user ]] || add_tree "$root" "$user" || return
	[[ ! -d $repo_dir/tests/lab ]] || cp -a "$repo_dir/tests/lab" "$root/tests"
}

# layer_key BASE USER KODIR...: changes when anything the layer is made of does; the linker's cache does when a library is installed.
layer_key() {
	{
		printf '%s\n' "$1" "${@:3}"
		# Neither the tool nor the tests need be there.
		{ find "${@:2}" "$repo_dir/tests/lab" /etc/ld.so.cache -printf '%p %y %m %s %T@\n' 2>/dev/null || true; } | LC_ALL=C sort
	} | sha256sum | cut -c 1-16
}

make_layer() {
	local file=$1 root

	[[ ! -f $file ]] || return 0
	shift
	mkdir -p "${file%/*}"
	root=$(mktemp -d "$file.XXXXXX")
	if ! fill_layer "$1" "$2" "$root" "${@:3}" || ! pack_cpio "$root" >"$file.new"; then
		die "$lab_setup" "the guest's files for $1 cannot be put together"
	fi
	rm -rf "$root"
	mv "$file.new" "$file"
	# Remove layers of older sources, but keep a few that may be in use.
	find "${file%/*}" -name '*.cpio' -printf '%T@ %p\n' | sort -rn | sed -n '6,$s/[^ ]* //p' | xargs -r rm -f
}

# layer_file KERNEL BASE USER KODIR...: prints where it is, after making it if need be.
layer_file() {
	local file

	file=$repo_dir/build/layers/$1/$(layer_key "${@:2}").cpio || return
	touch -c "$file"
	[[ -f $file ]] || with_lock "layer-$1" make_layer "$file" "$@" || return
	printf '%s\n' "$file"
}
