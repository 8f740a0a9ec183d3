#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The simulator is complete without the rest of the tree: a copy of its folder builds by make and by DKMS, and comes clean again.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	. lab/lib/common.sh
	. lab/lib/kernel.sh
	[[ -n $(lab/kernel-get --list 6.12) ]] || skip 'kernel 6.12 is not cached'
	headers=$(kernel_dir 6.12)/root/usr/src/linux-headers-$(kernel_release 6.12)
	# As DKMS lays it out.
	dkms_tree=$BATS_TEST_TMPDIR/dkms kernel_source_dir=$headers
	copy=$dkms_tree/pcisim/0.1.0/build
	mkdir -p "$copy"
	git ls-files -z --cached --others --exclude-standard sim | xargs -0 -I '{}' cp --parents '{}' "$BATS_TEST_TMPDIR"
	cp -r "$BATS_TEST_TMPDIR/sim/." "$copy"
}

# sources: all files of the copy but what a build writes.
sources() {
	(cd "$copy" && find . -type f | sort)
}

@test "a copy of sim/ alone builds, by make and by DKMS, and make clean leaves the sources" {
	sources >"$BATS_TEST_TMPDIR/before"
	make -s -C "$copy" KDIR="$headers"
	modinfo "$copy/pcisim.ko" | grep -Eqx 'version: +0\.1\.0'
	touch "$copy/main.c"
	(
		. sim/dkms.conf
		[[ $PACKAGE_NAME/$PACKAGE_VERSION == pcisim/0.1.0 ]]
		rm "$copy/${BUILT_MODULE_NAME[0]}.ko"
		eval "${MAKE[0]}"
		[[ -e $copy/${BUILT_MODULE_NAME[0]}.ko ]]
		eval "$CLEAN"
	)
	sources | diff "$BATS_TEST_TMPDIR/before" -
}

@test "the simulator has the version of the project" {
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' kmod/dkms.conf)
	grep -qx "PACKAGE_VERSION=\"$version\"" sim/dkms.conf
	grep -q "MODULE_VERSION(\"$version\")" sim/main.c
	grep -q "pcisim-$version\$" docs/pcisim.md
}
