#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# packaging/version: what git says, in an order that dpkg and rpm sort as the releases come; and packages of a tree without git.

setup() {
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
	tree="$BATS_TEST_TMPDIR/a tree"
	mkdir -p "$tree/kmod"
	cp -r "$BATS_TEST_DIRNAME/../../packaging" "$tree"
	cp "$BATS_TEST_DIRNAME/../../kmod/dkms.conf" "$tree/kmod"
	cd "$tree" || return
	base=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' kmod/dkms.conf)
}

git() {
	command git -c user.name=a -c user.email=a@example.org "$@"
}

# commit: one more.
commit() {
	git commit -q --allow-empty -m "$RANDOM"
}

@test "a tree without git has the version of the source, also inside another checkout" {
	[ "$(packaging/version)" = "$base" ]
	git -C .. init -q
	git -C .. commit -q --allow-empty -m a
	[ "$(packaging/version)" = "$base" ]
	git init -q
	[ "$(packaging/version)" = "$base" ]
}

@test "versions from git sort in the order of the commits" {
	git init -q
	git add -A
	for step in early early2 tag later; do
		[[ $step != tag ]] || git tag -a -m release "v$base"
		[[ $step == tag ]] || commit
		packaging/version
	done >"$BATS_TEST_TMPDIR/versions"
	cat "$BATS_TEST_TMPDIR/versions"
	mapfile -t versions <"$BATS_TEST_TMPDIR/versions"
	[[ ${versions[0]} =~ ^$base~1\.g[0-9a-f]{7}$ && ${versions[2]} == "$base" && ${versions[3]} =~ ^$base\+1\.g[0-9a-f]{7}$ ]]
	for i in 0 1 2; do
		dpkg --compare-versions "${versions[i]}" lt "${versions[i + 1]}"
		[ "$(rpm --eval "%{lua:print(rpm.vercmp('${versions[i]}', '${versions[i + 1]}'))}")" = -1 ]
	done
	# Since the tag of an older release, before its own.
	git tag -d "v$base"
	git tag v0.0.9 HEAD~1
	[[ $(packaging/version) =~ ^$base~1\.g[0-9a-f]{7}$ ]]
	echo >>packaging/project
	[[ $(packaging/version) == *.dirty ]]
}

@test "without git the packages have the same files" {
	mkdir build
	touch build/old packaging/new
	. packaging/common.sh
	source_files | sort -z | tr '\0' '\n' >"$BATS_TEST_TMPDIR/files"
	git init -q
	rm -r build
	git add -A
	git ls-files | sort | diff - "$BATS_TEST_TMPDIR/files"
}
