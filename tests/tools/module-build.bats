#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The build of modules for a kernel of the lab, with stubs of its headers and its compiler.

bats_require_minimum_version 1.5.0

# stub_kernel NAME: its headers have the Makefile on standard input.
stub_kernel() {
	local dir=$XDG_CACHE_HOME/pcireset/kernels/$1 headers

	headers=$dir/root/usr/src/linux-headers-1.0
	mkdir -p "$headers"
	echo 1.0 >"$dir/release"
	echo 1.0-1 >"$dir/version"
	cat >"$headers/Makefile"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	# A module of its own, which needs nothing of this repository.
	mkdir "$BATS_TEST_TMPDIR/source"
	touch "$BATS_TEST_TMPDIR/source"/{Kbuild,pcireset_api.h}
}

@test 'headers that name the cross compiler without a directory find it' {
	local sysroot

	. lab/lib/common.sh
	. lab/lib/toolchain.sh
	. lab/lib/sysroot.sh
	[[ $(host_suite) == bookworm ]] || skip 'the compiler of 6.12-arm64 is in a chroot, because this machine is no Debian 12'
	sysroot=$(sysroot_dir arm64)
	mkdir -p "$sysroot/bin"
	# shellcheck disable=SC2016 # for the stub
	printf '#!/bin/sh\ntouch "$1"\n' >"$sysroot/bin/aarch64-linux-gnu-gcc-12"
	chmod +x "$sysroot/bin/aarch64-linux-gnu-gcc-12"
	# shellcheck disable=SC2016 # for make
	printf '%s\n' 'override CROSS_COMPILE = aarch64-linux-gnu-' \
		'modules: ; $(CROSS_COMPILE)gcc-12 $(M)/made.ko && touch $(M)/Module.symvers' | stub_kernel 6.12-arm64
	run lab/module-build 6.12-arm64 "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/out"
	echo "$output"
	[[ $status -eq 0 && -e $BATS_TEST_TMPDIR/out/made.ko ]]
}
