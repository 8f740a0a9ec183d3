#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# packaging/release: a tarball that is the same wherever it is made, what it contains, and each reason to refuse a release.

bats_require_minimum_version 1.5.0

setup() {
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
	tree="$BATS_TEST_TMPDIR/a tree"
	mkdir -p "$tree/kmod" "$tree/lib"
	cd "$BATS_TEST_DIRNAME/../.." || return
	cp -r packaging "$tree"
	cp kmod/dkms.conf kmod/main.c "$tree/kmod"
	cp lib/libpcireset.h "$tree/lib"
	cp cli/meson.build "$tree"
	cd "$tree" || return
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' kmod/dkms.conf)
	printf '# News\n\n## %s (2026-12-01)\n' "$version" >NEWS.md
	ln -s NEWS.md CHANGES
	git init -q
	commit
}

git() {
	command git -c user.name=a -c user.email=a@example.org "$@"
}

# commit: all that has changed, at a fixed time.
commit() {
	git add -A
	GIT_COMMITTER_DATE=@1790000000 git commit -q --allow-empty -m "$RANDOM"
}

# refuses WORDS [ARG...]: packaging/release ARG... fails with WORDS, and leaves nothing.
refuses() {
	run -1 packaging/release "${@:2}"
	[[ $output == *"$1"* ]]
	[ ! -e build/release ]
}

@test "a release has a tarball, its bill of materials and checksums that fit" {
	git tag -a -m release "v$version"
	run -0 packaging/release
	[[ $output == 'not signed: no --key'* ]]
	[ "$(ls build/release)" = "SHA256SUMS
pcireset-$version.spdx.json
pcireset-$version.tar.gz" ]
	cd build/release
	sha256sum --check --quiet SHA256SUMS
	[ "$(tar -tzf "pcireset-$version.tar.gz" | sort)" = "$(git -C "$tree" ls-files | sed "s|^|pcireset-$version/|" | LC_ALL=C sort)" ]
}

@test "the tarball is the same from another checkout, user, umask, time and locale" {
	git tag -a -m release "v$version"
	packaging/release
	umask 077
	git clone -q . "$BATS_TEST_TMPDIR/other"
	cd "$BATS_TEST_TMPDIR/other"
	find . -path ./.git -prune -o -exec touch -h -d '2001-01-01' {} +
	TZ=Asia/Kathmandu LC_ALL=C packaging/release
	cmp build/release/*.tar.gz "$tree"/build/release/*.tar.gz
	cmp build/release/*.spdx.json "$tree"/build/release/*.spdx.json
}

@test "the bill of materials lists each file with its licence, and each library" {
	packaging/release --snapshot
	sbom=$(echo build/release/*.spdx.json)
	[ "$(jq -r '.files[].fileName' "$sbom" | sort)" = "$(git ls-files -s | sed -n 's/^100.*\t/.\//p' | LC_ALL=C sort)" ]
	[ "$(jq -r '.files[] | select(.fileName == "./lib/libpcireset.h").licenseConcluded' "$sbom")" = LGPL-2.1-or-later ]
	[ "$(jq -r '.files[] | select(.fileName == "./kmod/main.c").checksums[1].checksumValue' "$sbom")" = "$(sha256sum <kmod/main.c | cut -d' ' -f1)" ]
	jq -e '[.packages[].name] | contains(["pcireset", "unistring"]) and (contains(["dl"]) | not)' "$sbom"
	jq -e '([.packages[].SPDXID] - [.relationships[].relatedSpdxElement]) == []' "$sbom"
	jq -e '.spdxVersion == "SPDX-2.3" and .creationInfo.created == "2026-09-21T14:13:20Z"' "$sbom"
}

@test "the checksums are signed if there is a key" {
	export GNUPGHOME="$BATS_TEST_TMPDIR/gnupg"
	mkdir -m 0700 "$GNUPGHOME"
	gpg --batch --quiet --passphrase '' --quick-generate-key release@example.org ed25519 sign
	packaging/release --snapshot --key release@example.org
	gpg --batch --verify build/release/SHA256SUMS.asc build/release/SHA256SUMS
	echo >>build/release/SHA256SUMS
	run ! gpg --batch --verify build/release/SHA256SUMS.asc build/release/SHA256SUMS
	rm -r build/release
	refuses 'could not sign with the key nobody' --snapshot --key nobody
	gpgconf --kill all
}

@test "without a tag, with another tag or with changes there is no release" {
	refuses 'HEAD has no tag'
	git tag -a -m release v9.9.9
	refuses "the tag is v9.9.9, and the tree of version $version"
	git tag -a -m release "v$version"
	git tag -d v9.9.9
	echo >>NEWS.md
	refuses 'has changes that are not in git'
	rm -rf .git
	refuses 'no git checkout'
}

@test "NEWS and the packages must be of this version" {
	git tag -a -m release "v$version"
	printf '# News\n\n## %s (not released)\n' "$version" >NEWS.md
	commit
	git tag -f -a -m release "v$version"
	refuses "calls $version not released"
	printf '# News\n\n## 0.0.9 (2026-01-01)\n' >NEWS.md
	commit
	git tag -f -a -m release "v$version"
	refuses "not with $version"
	sed -i '1s/(.*)/(0.0.9)/' packaging/debian/changelog
	commit
	refuses "packaging/debian/changelog is of version '0.0.9'" --snapshot
}

@test "an option that is unknown is a usage error" {
	run -2 packaging/release --sign
	[[ $output == usage:* ]]
}

@test "each metric of the alerts is one that pcireset metrics prints" {
	cd "$BATS_TEST_DIRNAME/../.."
	metrics=$(grep -o 'pcireset_[a-z_]*' packaging/prometheus/pcireset.rules.yml | sort -u)
	[ "$(wc -l <<<"$metrics")" -ge 4 ]
	for metric in $metrics; do
		grep -qF "*$metric*" man/pcireset-metrics.1.scd
	done
}
