# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Build a kernel of lab/kernels-built from Debian's source. The result in the cache has the layout of a downloaded
# kernel: vmlinux, root/lib/modules and root/usr/src/linux-headers-RELEASE.

# What building modules needs of a kernel's tree, where it is there.
readonly built_kept=(.config Makefile Module.symvers include arch/um arch/x86 scripts tools/objtool/objtool)

# kernel_make NAME SOURCE ARGUMENT...
kernel_make() {
	local name=$1 source=$2

	shift 2
	nice -n 10 make -s -C "$source" ARCH="$(built_field "$name" 4)" "$@"
}

# wanted_options FILE: of an option that several files of a configuration set, the last one counts.
wanted_options() {
	tac "$1" | awk -F = '/^CONFIG_/ && !seen[$1]++'
}

# configure_kernel NAME SOURCE: fails if a wanted option is not set, because the kernel would miss the defects that it should find.
configure_kernel() {
	local name=$1 source=$2 wanted=$2/.wanted missing

	built_config "$name" >"$wanted"
	KCONFIG_ALLCONFIG=$wanted kernel_make "$name" "$source" allnoconfig || return
	missing=$(wanted_options "$wanted" | grep -vxFf "$source/.config") || return 0
	printf 'this source does not take: %s\n' "$missing"
	return 1
}

# keep_modules NAME SOURCE DIR: where Debian's packages have them.
keep_modules() {
	local name=$1 source=$2 dir=$3/root/lib/modules/$4

	mkdir -p "$dir"
	if grep -q '=m$' "$source/.config"; then
		kernel_make "$name" "$source" INSTALL_MOD_PATH="$3/root" modules_install || return
		rm -f "$dir"/{build,source}
	else
		cp "$source"/modules.{order,builtin,builtin.modinfo} "$dir/" || return
		depmod -b "$3/root" "$4"
	fi
}

# keep_kernel NAME SOURCE DIR: keeps the program and the files for building modules.
keep_kernel() {
	local name=$1 source=$2 dir=$3 release headers program=vmlinux path

	release=$(kernel_make "$name" "$source" kernelrelease) || return
	headers=$dir/root/usr/src/linux-headers-$release
	! is_uml "$name" || program=linux
	cp "$source/$program" "$dir/vmlinux" || return
	keep_modules "$name" "$source" "$dir" "$release" || return
	for path in "${built_kept[@]}"; do
		[[ -e $source/$path ]] || continue
		mkdir -p "$(dirname "$headers/$path")"
		mv "$source/$path" "$headers/$path" || return
	done
	find "$headers/arch" -name '*.[oa]' -delete
	printf '%s\n' "$release" >"$dir/release"
}

# apply_patches NAME SOURCE: exactly, without a line of context that does not match. Says which one does not apply.
apply_patches() {
	local patch

	while IFS= read -r patch; do
		patch -d "$2" -p1 -s -F0 <"$patch" && continue
		printf '%s does not apply to this source\n' "${patch##*/}"
		return 1
	done < <(built_patches "$1")
}

# keep_selftests NAME SOURCE DIR: those that the patches add.
keep_selftests() {
	[[ -n $(built_field "$1" 7) ]] || return 0
	mkdir -p "$3/selftests"
	cp -r "$2"/tools/testing/selftests/{kselftest,pci_reset} "$3/selftests/"
}

# fetch_source APTDIR DIR VERSION PACKAGE: into DIR.new/deb. Prints why not, and fails.
fetch_source() {
	apt_download "$1" "$2.new/deb" "$4=$3"
}

# make_kernel NAME PACKAGE DIR: builds the kernel from DIR/deb.
make_kernel() {
	local name=$1 package=$2 dir=$3

	dpkg-deb -f "$dir"/deb/*.deb Version >"$dir/version"
	dpkg -x "$dir"/deb/*.deb "$dir/deb" || return
	tar -C "$dir" -xf "$dir/deb/usr/src/$package.tar.xz" || return
	rm -rf "$dir/deb"
	apply_patches "$name" "$dir/$package" || return
	configure_kernel "$name" "$dir/$package" || return
	kernel_make "$name" "$dir/$package" -j "$(nproc)" || return
	keep_selftests "$name" "$dir/$package" "$dir" || return
	keep_kernel "$name" "$dir/$package" "$dir" || return
	rm -rf "${dir:?}/$package"
}

# build_kernel NAME PACKAGE: in DIR.new.
build_kernel() {
	local name=$1 dir log=$cache_dir/$1-build.log

	dir=$(kernel_dir "$name")
	note "building $name from $2, once; log: $log"
	# Of other configurations, perhaps in use by another checkout; kept for a month.
	find "${dir%/*}" -mindepth 1 -maxdepth 1 -name "$name-*" ! -path "$dir.new" -mtime +30 -exec rm -rf {} +
	make_kernel "$name" "$2" "$dir.new" >"$log" 2>&1 || die "$lab_setup" "$name cannot be built: $(tail -n 3 "$log")"
}

# fetch_built NAME REFRESH: as fetch_kernel does.
fetch_built() {
	local name=$1 dir package suites candidates reason missing=4

	dir=$(kernel_dir "$name")
	[[ -f $dir/release && $2 -eq 0 ]] && return
	need apt-get dpkg depmod tar xz make gcc flex bison bc patch
	package=$(built_field "$name" 3)
	IFS=, read -ra suites < <(built_field "$name" 2)
	get_lists "$name" "$package" "${suites[@]}" || missing=3
	mapfile -t candidates < <(versions_of "$package" | sed "s/\$/ $package/")
	((${#candidates[@]} == 0)) || missing=3
	if get_newest "$name" fetch_source "${candidates[@]}"; then
		build_kernel "$name" "$package"
		install_kernel "$name"
	else
		keep_cached "$name" "$missing"
	fi
}
