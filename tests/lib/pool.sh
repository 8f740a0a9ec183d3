# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What runs side by side, guests and files of bats, and is judged when it ends.

# pool_jobs[pid]: "function<TAB>name<TAB>output<TAB>second of its start".
declare -A pool_jobs=()

# pool_add PID JUDGE NAME OUTPUT: when it ends, JUDGE NAME OUTPUT STATUS is called.
pool_add() {
	pool_jobs[$1]=$2$'\t'$3$'\t'$4$'\t'$SECONDS
}

# pool_make_room N: waits until less than N run.
pool_make_room() {
	while [[ ${#pool_jobs[@]} -ge $1 ]]; do
		pool_judge_one
	done
}

pool_judge_one() {
	local pid status judge name output began

	wait -n -p pid "${!pool_jobs[@]}"
	status=$?
	IFS=$'\t' read -r judge name output began <<<"${pool_jobs[$pid]}"
	unset "pool_jobs[$pid]"
	printf 'ran     %s (%d s)\n' "$name" $((SECONDS - began))
	"$judge" "$name" "$output" "$status"
}
