#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The source package builds in a clean Debian 12 with only its build dependencies, and its autopkgtests pass with the built
# packages. The test that loads the module runs in a guest of the lab. Needs root; run by make check-deb.

# shellcheck disable=SC2016 # the shell in the chroot expands these
bats_require_minimum_version 1.5.0

# make_base TAR: a minimal Debian 12 with a compiler, as the build machines of Debian use it.
make_base() {
	. lab/lib/apt.sh
	local mirror

	mirror=$(mirror_of bookworm)
	unshare --mount mmdebstrap --quiet --format=tar --variant=buildd --include=ca-certificates \
		bookworm "$1.new" "deb $mirror bookworm main" "deb $(mirror_of bookworm-security) bookworm-security main"
	mv "$1.new" "$1"
}

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	[[ $EUID -eq 0 ]] || { echo 'root is needed for chroot' >&2 && return 1; }
	local cache=${XDG_CACHE_HOME:-$HOME/.cache}/pcireset

	export root=$cache/deb-source-root
	mkdir -p "$cache"
	[[ -f $cache/deb-build-bookworm.tar ]] || make_base "$cache/deb-build-bookworm.tar"
	rm -rf --one-file-system "$root"
	mkdir "$root"
	tar -xf "$cache/deb-build-bookworm.tar" -C "$root"
	packaging/deb >/dev/null
	mkdir "$root/source"
	cp build/deb/*.dsc build/deb/*.tar.* "$root/source"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
}

teardown_file() {
	rm -rf --one-file-system "${root:?}"
}

# in_root COMMAND...: its mounts and processes end with it.
in_root() {
	unshare --mount --pid --fork sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}

@test 'the source package builds with only its build dependencies' {
	in_root sh -ec 'apt-get -qq update; cd /source; apt-get -qq -y --no-install-recommends build-dep ./*.dsc
		dpkg-source -x ./*.dsc tree; cd tree; dpkg-buildpackage --build=binary --no-sign --jobs=2' >"$BATS_TEST_TMPDIR/log" 2>&1 ||
		{ tail -n 50 "$BATS_TEST_TMPDIR/log" && false; }
	compgen -G "$root/source/pcireset_*.deb"
}

@test 'the tests of the source package pass with its packages' {
	in_root sh -ec 'cd /source; apt-get -qq -y --no-install-recommends install ./*.deb gcc libc6-dev pkg-config xz-utils linux-headers-amd64
		cd tree; for name in command library python dkms; do
			export AUTOPKGTEST_TMP=$(mktemp -d); echo "== $name"; debian/tests/$name; done' >"$BATS_TEST_TMPDIR/log" 2>&1 ||
		{ tail -n 50 "$BATS_TEST_TMPDIR/log" && false; }
	[[ $(grep -c '^== ' "$BATS_TEST_TMPDIR/log") -eq 4 ]]
}

@test 'the test that loads the module passes in a guest' {
	make --no-print-directory tools >/dev/null
	lab/pcilab --add packaging/debian/tests/module -- sh module
}
