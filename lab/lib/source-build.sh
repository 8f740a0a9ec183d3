# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Build a kernel of lab/kernels-built from Debian's source. What is left in the cache looks like a kernel that was downloaded:
# vmlinux, root/lib/modules and root/usr/src/linux-headers-RELEASE.

# What building modules needs of a kernel's tree, where it is there.
readonly built_kept=(.config Makefile Module.symvers include arch/um arch/x86 scripts tools/objtool/objtool)

# kernel_make NAME SOURCE ARGUMENT...
kernel_make() {
	local name=$1 source=$2

	shift 2
	nice -n 10 make -s -C "$source" ARCH="$(built_field "$name" 4)" "$@"
}

# configure_kernel NAME SOURCE: what is asked for is there, or all that it was to find would be missed.
configure_kernel() {
	local name=$1 source=$2 wanted=$2/.wanted missing

	built_config "$name" >"$wanted"
	KCONFIG_ALLCONFIG=$wanted kernel_make "$name" "$source" allnoconfig || return
	missing=$(grep '^CONFIG_' "$wanted" | grep -vxFf "$source/.config") || return 0
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

# keep_kernel NAME SOURCE DIR: the program, and what building modules needs.
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

# make_kernel NAME APTDIR DIR
make_kernel() {
	local name=$1 apt=$2 dir=$3 package

	package=$(built_field "$name" 3)
	mkdir -p "$dir/deb" || return
	(cd "$dir/deb" && APT_CONFIG=$apt/apt.conf apt-get -qq download "$package") || return
	dpkg-deb -f "$dir"/deb/*.deb Version >"$dir/version"
	dpkg -x "$dir"/deb/*.deb "$dir/deb" || return
	tar -C "$dir" -xf "$dir/deb/usr/src/$package.tar.xz" || return
	rm -rf "$dir/deb"
	configure_kernel "$name" "$dir/$package" || return
	kernel_make "$name" "$dir/$package" -j "$(nproc)" || return
	keep_kernel "$name" "$dir/$package" "$dir" || return
	rm -rf "${dir:?}/$package"
}

# fetch_built NAME REFRESH: as fetch_kernel does.
fetch_built() {
	local name=$1 dir apt=$cache_dir/apt/$1 package suites version log=$cache_dir/$1-build.log missing=4

	dir=$(kernel_dir "$name")
	[[ -f $dir/release && $2 -eq 0 ]] && return
	need apt-get dpkg depmod tar xz make gcc flex bison bc
	package=$(built_field "$name" 3)
	IFS=, read -ra suites < <(built_field "$name" 2)
	note "getting the package lists of ${suites[*]}"
	apt_setup "$apt" "${suites[@]}" || missing=3
	version=$(APT_CONFIG=$apt/apt.conf apt-cache show --no-all-versions "$package" 2>/dev/null | sed -n 's/^Version: //p')
	[[ -n $version ]] || die "$missing" "kernel $name: no $package in what could be fetched of ${suites[*]}"
	[[ ! -f $dir/release || $(cat "$dir/version") != "$version" ]] || return 0
	note "building $name from $package $version, once; log: $log"
	mkdir -p "${dir%/*}"
	# Of other configurations, perhaps in use by another checkout; kept for a month.
	find "${dir%/*}" -mindepth 1 -maxdepth 1 -name "$name-*" -mtime +30 -exec rm -rf {} +
	rm -rf "$dir.new"
	make_kernel "$name" "$apt" "$dir.new" >"$log" 2>&1 || die "$lab_setup" "$name cannot be built: $(tail -n 3 "$log")"
	rm -rf "$dir"
	mv "$dir.new" "$dir"
	rm -rf "$apt/cache"
}
