# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A private apt: other suites than the system's, from the system's mirrors, without changing its configuration.

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

# source_line SUITE: prints the sources.list lines. PCILAB_SOURCES is a file of deb lines that replaces the system's mirrors.
source_line() {
	local option=''

	if [[ -n ${PCILAB_SOURCES:-} ]]; then
		sed -nE "/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?[^[:space:]]+[[:space:]]+$1([[:space:]]|\$)/p" "$PCILAB_SOURCES"
		return
	fi
	[[ -r $debian_keyring ]] && option="[signed-by=$debian_keyring] "
	printf 'deb %s%s %s main\n' "$option" "$(mirror_of "$1")" "$1"
}

# write_apt_config DIR SUITE...: for amd64, or for the value of apt_architecture; with the packages of apt_foreign beside those.
write_apt_config() {
	local dir=$1 suite

	shift
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	for suite; do
		source_line "$suite"
	done >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-EOF
		Dir::State::Lists "$dir/lists";
		Dir::Cache "$dir/cache";
		Dir::Etc::SourceList "$dir/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		APT::Sandbox::User "root";
		APT::Architecture "${apt_architecture:-amd64}";
		APT::Architectures { "${apt_architecture:-amd64}"; ${apt_foreign:+"\"$apt_foreign\"; "}};
		Acquire::Languages "none";
		Acquire::Retries "1";
		Acquire::http::Timeout "10";
		Acquire::https::Timeout "10";
		APT::Update::Error-Mode "any";
	EOF
}

# in_apt DIR COMMAND...: with the private configuration; its messages are in English, because they are read here.
in_apt() {
	LC_ALL=C APT_CONFIG=$1/apt.conf "${@:2}"
}

# without_address: removes resolved addresses from apt's messages.
without_address() {
	sed -E 's/ \[IP: [^]]*\]//'
}

# is_of_file REASON: the mirror answered, but does not have this file or has another one. Everything else is a failure to
# talk to the mirror.
is_of_file() {
	[[ $1 =~ ^((401|403|404|410)\ |File\ not\ found|Hash\ Sum\ mismatch|File\ has\ unexpected\ size) ]]
}

# mirror_host URI
mirror_host() {
	[[ $1 =~ ^[a-z+]+://[^/]* ]] || [[ $1 =~ ^[^/]* ]]
	printf '%s\n' "${BASH_REMATCH[0]}"
}

# suite_host SUITE: the mirror that has it.
suite_host() {
	local uri

	uri=$(source_line "$1" | sed -nE '1s/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p')
	mirror_host "$uri"
}

# read_suite_problem DIR SUITE: sets problem to why apt could not read it, and answered to whether its mirror said so.
read_suite_problem() {
	local line

	problem='' answered=1
	if [[ -z $(source_line "$2") ]]; then
		problem="$PCILAB_SOURCES has no deb line for it"
		return
	fi
	line=$(grep -m 1 -E "^[EW]: .*(/dists/$2/| $2 )" "$1/update.log") || return 0
	problem=${line#[EW]: }
	if [[ $problem =~ ^Failed\ to\ fetch\ ([^\ ]+)\ +(.*) ]]; then
		problem="${BASH_REMATCH[2]} (${BASH_REMATCH[1]})"
		is_of_file "$problem" || answered=0
	fi
}

# apt_setup DIR SUITE...: configures a private apt and fetches the package lists. Says which suites cannot be read and why, and
# fails, if there are any. What was read of them earlier stays. Mirrors that did not answer are noted in DIR/unreachable.
apt_setup() {
	local dir=$1 suite problem answered problems=0 failed=0 hosts=() silent=()

	[[ -z ${PCILAB_SOURCES:-} || -r $PCILAB_SOURCES ]] || usage_error "PCILAB_SOURCES: '$PCILAB_SOURCES' cannot be read"
	write_apt_config "$@"
	shift
	in_apt "$dir" apt-get -qq update 2>&1 | without_address >"$dir/update.log" || failed=1
	for suite; do
		read_suite_problem "$dir" "$suite"
		[[ -z $problem ]] || { note "$suite: $problem" && problems=1; }
		if ((answered)); then hosts+=("$(suite_host "$suite")"); else silent+=("$(suite_host "$suite")"); fi
	done
	((problems || !failed)) || note "apt-get update: $(head -n 1 "$dir/update.log")"
	printf '%s\n' "${silent[@]}" | grep -vxFf <(printf '%s\n' "${hosts[@]}") >"$dir/unreachable" || true
	((!failed && !problems))
}

# is_offline DIR: after apt_setup: no mirror answered.
is_offline() {
	local host

	[[ -s $1/unreachable ]] || return
	while IFS= read -r host; do
		grep -qxF "$host" "$1/unreachable" || return
	done < <(sed -E 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?//; s/[[:space:]].*//' "$1/sources.list" |
		while IFS= read -r uri; do mirror_host "$uri"; done)
}

# unreachable_mirror DIR PACKAGE=VERSION...: prints the mirror that would be asked for one of these and did not answer before.
unreachable_mirror() {
	local uri

	while read -r uri _; do
		grep -xF "$(mirror_host "${uri#\'}")" "$1/unreachable" && return
	done < <(in_apt "$1" apt-get -qq download --print-uris "${@:2}" 2>/dev/null)
	return 1
}

# first_failure DIR TEXT: from apt's output, prints the package that it could not fetch and why. Notes a mirror that did not answer.
first_failure() {
	local line uri reason

	line=$(grep -m 1 '^E: Failed to fetch ' <<<"$2") || line=$(grep -m 1 '^E: ' <<<"$2") || line='E: apt-get failed without a word'
	if [[ $line =~ ^E:\ Failed\ to\ fetch\ ([^\ ]+)\ +(.*) ]]; then
		uri=${BASH_REMATCH[1]} reason=${BASH_REMATCH[2]}
		is_of_file "$reason" || mirror_host "$uri" >>"$1/unreachable"
		line=${uri##*/}
		printf '%s: %s (%s)\n' "${line%%_*}" "$reason" "$uri"
	else
		printf '%s\n' "${line#E: }"
	fi
}

# apt_download DIR TO PACKAGE=VERSION...: all of them into the directory TO. Prints why not, and fails. A mirror that did not answer
# is not asked again.
apt_download() {
	local apt=$1 to=$2 text

	shift 2
	if text=$(unreachable_mirror "$apt" "$@"); then
		printf '%s did not answer before\n' "$text"
		return 1
	fi
	mkdir -p "$to"
	text=$(cd "$to" && in_apt "$apt" apt-get -qq download "$@" 2>&1 | without_address) && return
	first_failure "$apt" "$text"
	return 1
}
