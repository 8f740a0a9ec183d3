# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A private apt: other suites than the system's, from the system's own mirrors, without touching its configuration.

readonly debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# One "URI SUITE" line for each pair the system uses, from both formats of apt source lists.
system_sources() {
	local file

	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[[ -f $file ]] && sed -nE 's/\[[^]]*\]//; s/^deb[[:space:]]+([^[:space:]]+)[[:space:]]+([^[:space:]]+).*/\1 \2/p' "$file"
	done
	for file in /etc/apt/sources.list.d/*.sources; do
		[[ -f $file ]] && awk '
			function flush(  i, j, n, m, u, s) {
				n = split(uris, u); m = split(suites, s)
				for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) print u[i], s[j]
				uris = suites = ""
			}
			/^#/ { next }
			/^[[:space:]]*$/ { flush() }
			tolower($1) == "uris:" { $1 = ""; uris = $0 }
			tolower($1) == "suites:" { $1 = ""; suites = $0 }
			END { flush() }' "$file"
	done
	return 0
}

# mirror_of SUITE: where the system gets Debian (or its security updates) from; Debian's own mirror where it says nothing.
mirror_of() {
	local suite=$1 kind='/debian/?$' default=http://deb.debian.org/debian uri

	if [[ $suite == *-security ]]; then
		kind='debian-security/?$' default=http://deb.debian.org/debian-security
	fi
	uri=$(system_sources | awk -v kind="$kind" '$1 ~ kind { print $1; exit }')
	printf '%s\n' "${uri:-$default}"
}

# apt_setup DIR SUITE...: write DIR/apt.conf and fetch the package lists. Fails if any suite's cannot be had.
apt_setup() {
	local dir=$1 suite option=''

	shift
	[[ -r $debian_keyring ]] && option="[signed-by=$debian_keyring] "
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	for suite; do
		printf 'deb %s%s %s main\n' "$option" "$(mirror_of "$suite")" "$suite"
	done >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-EOF
		Dir::State::Lists "$dir/lists";
		Dir::Cache "$dir/cache";
		Dir::Etc::SourceList "$dir/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		APT::Sandbox::User "root";
		APT::Architecture "amd64";
		Acquire::Languages "none";
		Acquire::Retries "3";
		APT::Update::Error-Mode "any";
	EOF
	APT_CONFIG=$dir/apt.conf apt-get -qq update
}
