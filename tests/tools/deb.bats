#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# make deb: packages that lintian has nothing to say about, with all that make install installs.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	make --no-print-directory deb
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# contents PACKAGE: its files, without those that Debian adds.
contents() {
	dpkg-deb --fsys-tarfile build/deb/"$1"_*.deb | tar tf - | grep -v '/$' | sed 's|^\.||' |
		grep -Ev '^/usr/share/lintian/|^/usr/share/doc/[^/]*(|/(copyright|changelog(\.Debian)?\.gz))$'
}

@test "lintian finds no problem" {
	run lintian --allow-root build/deb/*.deb
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "the packages contain all files of make install" {
	make --no-print-directory install DESTDIR="$BATS_TEST_TMPDIR/dest" PREFIX=/usr
	installed=$(cd "$BATS_TEST_TMPDIR/dest" && find . ! -type d -printf '/%P\n' | grep -v installed-files)
	for package in pcireset libpcireset1 libpcireset-dev pcireset-dkms python3-pcireset; do
		contents "$package"
	done | sed 's,^/lib/\(udev\|systemd\)/,/usr/lib/\1/,; s|/vendor-completions/|/site-functions/|; s|\.gz$||' | sort >"$BATS_TEST_TMPDIR/packaged"
	diff <(sort <<<"$installed") "$BATS_TEST_TMPDIR/packaged"
}

@test "installed pages are readable, and their links lead to files" {
	dpkg-deb -x build/deb/pcireset_[0-9]*.deb "$BATS_TEST_TMPDIR/root"
	tools/check-links "$BATS_TEST_TMPDIR/root/usr/share/doc/pcireset"
	[ -f "$BATS_TEST_TMPDIR/root/usr/share/doc/pcireset/docs/guides/gpu-passthrough.md" ]
}

@test "version, homepage and repository come from git and packaging/project" {
	version=$(packaging/version)
	homepage=$(sed -n 's/^homepage=//p' packaging/project)
	[ -n "$homepage" ]
	for file in build/deb/*[^g]_"$version"_*.deb; do
		[[ $file == *-dbgsym_* ]] || [ "$(dpkg-deb -f "$file" Homepage)" = "$homepage" ]
		[ "$(dpkg-deb -f "$file" Version)" = "$version" ]
	done
	for field in Homepage:homepage Vcs-Browser:vcs_browser Vcs-Git:vcs_git; do
		grep -qx "${field%:*}: $(sed -n "s/^${field#*:}=//p" packaging/project)" "build/deb/pcireset_$version.dsc"
	done
}

@test "the module's package asks DKMS for all installed kernels" {
	dpkg-deb --control build/deb/pcireset-dkms_*.deb "$BATS_TEST_TMPDIR/control"
	grep -q 'dkms' "$BATS_TEST_TMPDIR/control/postinst"
	grep -q 'dkms' "$BATS_TEST_TMPDIR/control/prerm"
}

@test "the packages declare all of their dependencies" {
	[[ $(dpkg-deb -f build/deb/pcireset_*.deb Depends) == *libjson-c5* ]]
	[[ $(dpkg-deb -f build/deb/libpcireset1_*.deb Depends) == libc6* ]]
	[[ $(dpkg-deb -f build/deb/python3-pcireset_*.deb Depends) =~ ^libpcireset1\ \(\>=\ [0-9.]+[0-9a-z.~+]*\),\ python3:any$ ]]
}
