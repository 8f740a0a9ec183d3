#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2030,SC2031,SC2034,SC2128 # each recipe is read in a shell of its own
# The recipes of other distributions, carried out as far as Debian can: their own tools are played by a few lines each, and
# none of their packages is installed. Run by make check-packages.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	. packaging/common.sh
	export version headers
	make_tarball "$version" "$BATS_FILE_TMPDIR/source.tar.gz"
	lab/kernel-get 6.12
	headers=$(. lab/lib/common.sh && find "$(kernel_dir 6.12)" -type d -path '*/src/*' -name "linux-headers-$(kernel_release 6.12)")
	make --no-print-directory install DESTDIR="$BATS_FILE_TMPDIR/dest" PREFIX=/usr >/dev/null
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# files DIR: what is in it, where no distribution differs: pages may be compressed, and Python has a place of its own.
files() {
	find "$1" ! -type d -printf '/%P\n' | sed -E 's/\.gz$//; s,/usr/lib/python3[^/]*/(site|dist)-packages,/usr/lib/python3/dist-packages,' |
		grep -Ev 'installed-files|__pycache__|/usr/lib/x86_64-linux-gnu' | sort
}

# unpack DIR: the source, where a recipe has it.
unpack() {
	mkdir -p "$1"
	tar -C "$1" -xzf "$BATS_FILE_TMPDIR/source.tar.gz"
}

# make_arch: what makepkg does with PKGBUILD.
make_arch() {
	. packaging/arch/PKGBUILD
	srcdir=$BATS_TEST_TMPDIR/src
	unpack "$srcdir"
	cd "$srcdir" || return
	build
	for name in "${pkgname[@]}"; do
		pkgdir=$BATS_TEST_TMPDIR/pkg/$name
		mkdir -p "$pkgdir"
		cd "$srcdir" || return
		"package_$name"
	done
}

# make_alpine: what abuild does with APKBUILD.
make_alpine() {
	. packaging/alpine/APKBUILD
	srcdir=$BATS_TEST_TMPDIR/src
	builddir=$srcdir/$pkgname-$pkgver pkgdir=$BATS_TEST_TMPDIR/pkg/$pkgname
	unpack "$srcdir"
	abuild-meson() {
		meson setup --prefix=/usr --libdir=/usr/lib "$@"
	}
	amove() {
		local path

		for path in $1; do
			mkdir -p "$subpkgdir/${path%/*}"
			mv "$path" "$subpkgdir/$path"
		done
	}
	cd "$builddir" || return
	build
	package
	for name in python module; do
		subpkgdir=$BATS_TEST_TMPDIR/pkg/$name
		mkdir -p "$subpkgdir"
		cd "$pkgdir" || return
		"$name"
	done
}

@test "Arch: the packages contain all files of make install, each once" {
	(make_arch)
	for package in "$BATS_TEST_TMPDIR"/pkg/*; do
		files "$package"
	done | sort | grep -v '/usr/lib/lib\|/usr/lib/pkgconfig' >"$BATS_TEST_TMPDIR/packaged"
	diff <(files "$BATS_FILE_TMPDIR/dest") "$BATS_TEST_TMPDIR/packaged"
	[ -e "$BATS_TEST_TMPDIR/pkg/pcireset/usr/lib/libpcireset.so.1" ]
	[ -e "$BATS_TEST_TMPDIR/pkg/pcireset-dkms/usr/src/pcireset-$version/dkms.conf" ]
}

@test "Alpine: the packages contain all files of make install, and the module's recipe" {
	(make_alpine)
	for package in "$BATS_TEST_TMPDIR"/pkg/*; do
		files "$package"
	done | sort | grep -v '/usr/lib/lib\|/usr/lib/pkgconfig\|AKMBUILD' >"$BATS_TEST_TMPDIR/packaged"
	# Alpine has no systemd.
	diff <(files "$BATS_FILE_TMPDIR/dest" | grep -v '/systemd/') "$BATS_TEST_TMPDIR/packaged"
	[ -e "$BATS_TEST_TMPDIR/pkg/module/usr/src/pcireset-$version/AKMBUILD" ]
}

@test "Alpine: AKMBUILD builds the module for a kernel of the lab" {
	. packaging/alpine/AKMBUILD
	[ "$modver" = "$version" ]
	builddir=$BATS_TEST_TMPDIR/build kernel_srcdir=$headers
	cp -a kmod "$builddir"
	build
	[ "$(modinfo -F version "$builddir/$built_modules")" = "$version" ]
}

@test "RPM: the package of one kernel's module contains the module that depmod finds" {
	run -0 packaging/rpm-kmod "$headers" --nodeps
	package=$(echo build/rpm-kmod/RPMS/*/*.rpm)
	release=$(<"$headers/include/config/kernel.release")
	rpm -qlp "$package" | grep -qx "/lib/modules/$release/extra/pcireset.ko"
	rpm -qp --requires "$package" | grep -qx "kernel-uname-r = $release"
	run -2 packaging/rpm-kmod /nowhere
}

@test "Nix: both expressions can be parsed" {
	nix-instantiate --parse packaging/nix/package.nix
	nix-instantiate --parse packaging/nix/module.nix
}

@test "Prometheus: the alerts fire and resolve as expected" {
	# The package would start a server, so make check-packages does not install it.
	command -v promtool >/dev/null || skip 'promtool is missing: apt-get install prometheus'
	promtool check rules packaging/prometheus/pcireset.rules.yml
	promtool test rules tests/packages/alerts.yml
}
