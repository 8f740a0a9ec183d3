#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# watch reports each reset and its result as it happens, metrics has the same counts, and no tracing stays behind,
# however a watch ends.
# nightly: 6.12
# topology: empty
# icount: yes
# modules: tests/lab/kmod
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

json_lines=/usr/libexec/pcireset/tests/json-lines
wait_s=10

# watch ARG...: in the background, into the files "told" and "notes"; sets watcher, and returns when it sees everything.
watch() {
	: >told
	pcireset watch "$@" >>told 2>notes &
	watcher=$!
	instance=$tracing/instances/pcireset-$watcher
	wait_until_ready
}

# The uevents come last.
wait_until_ready() {
	wait_for grep -qs 1 "$instance/events/pcireset/pcireset_end/enable"
	sleep 0.5
}

# has_told NUMBER: as many lines at least.
has_told() {
	[[ $(wc -l <told) -ge $1 ]]
}

has_ended() {
	! kill -0 "$watcher" 2>/dev/null
}

# ends DESC: the watcher has ended, or does so, with 0, and its instance is gone.
ends() {
	wait_for has_ended || kill -9 "$watcher"
	wait "$watcher"
	is "$?" 0 "$1: it ends with 0"
	is "$(instances)" '' "$1: its instance is gone"
}

instances() {
	(shopt -s nullglob && cd "$tracing/instances" && echo *)
}

no_instances() {
	[[ -z $(instances) ]]
}

has_instances() {
	! no_instances
}

# tells PATTERN DESC: one line has to be like it, and no other one.
tells() {
	local nr

	nr=$(grep -Ec -- "$1" told)
	is "$nr" 1 "$2"
	[[ $nr -eq 1 ]] || diag "$(<told)"
}

# reset_now STATUS ARG...: sets caller to its process.
reset_now() {
	pcireset reset "${@:2}" --quiet 2>/dev/null &
	caller=$!
	wait "$caller"
	is "$?" "$1" "reset ${*:2}: status $1"
}

# refused_now FUNCTION: by the module, for a lock. What the tool refuses by its plan nobody is asked for.
refused_now() {
	hold "$1"
	reset_now 3 "$1" --type flr
	release
}

late_keys='late: pcireset event time device id type result state failed_checks ready_ms'
begin_keys='begin: pcireset event time device id type members nr_members pid comm'
end_keys='end: pcireset event time device id result type issued members nr_members error message failed_checks proof wait_ms total_ms pid comm'

json() {
	local members="\\{\"device\":\"$fn0\",\"reset\":true,\"state\":\"restored\",\"proof\":\"shown\",\"failed_checks\":\\[\\],\"offset\":null,\"ready_ms\":[0-9.]+,\"late\":false\\}"

	reset_now 0 "$fn0" --type flr
	wait_for has_told 2
	like "$(sed -n 1p told)" "\"event\":\"begin\".*\"device\":\"$fn0\",\"id\":[0-9]+,\"type\":\"flr\",\"members\":\\[\"$fn0\"\\],\"nr_members\":1,\"pid\":$caller,\"comm\":\"pcireset\"" 'flr: begins'
	like "$(sed -n 2p told)" "\"event\":\"end\".*\"device\":\"$fn0\",\"id\":[0-9]+,\"result\":\"verified\",\"type\":\"flr\",\"issued\":\\[\"flr\"\\],\"members\":\\[$members\\],\"nr_members\":1,\"error\":null,\"message\":null,\"failed_checks\":\\[\\],\"proof\":\"shown\",\"wait_ms\":[0-9.]+,\"total_ms\":[0-9.]+,\"pid\":$caller," 'flr: ends'
	is "$(sed -nE 's/.*"id":([0-9]+).*/\1/p' told | uniq | wc -l)" 1 'flr: both have the same id'

	reset_now 0 "$fn0" --type bus --yes
	wait_for has_told 4
	tells "\"begin\".*\"type\":\"bus\",\"members\":\\[\"$fn0\",\"$fn1\"\\],\"nr_members\":2" 'bus: begins with both members'
	tells "\"end\".*\"result\":\"verified\",\"type\":\"bus\",.*\"device\":\"$fn0\",\"reset\":true.*\"device\":\"$fn1\",\"reset\":true.*\"nr_members\":2" 'bus: ends with both'

	# By a batch, which threads of the kernel carry out.
	reset_now 0 "$fn0" "$fn1" --type flr
	wait_for has_told 8
	is "$(grep -c "\"pid\":$caller,\"comm\":\"pcireset\"" told)" 4 'many at once: the caller is the process that asked'

	refused_now "$fn0"
	wait_for has_told 9
	tells '"end".*"result":"refused","type":null,"issued":\[\],"members":\[\],"nr_members":1,"error":"EBUSY","message":"[^"]+"' 'one that is refused: ends so, and says why'

	sim_set 01.0/00.0 only=0 ready_flr_us=never
	reset_now 4 "$fn0" --type flr --timeout 1s
	wait_for has_told 11
	tells '"end".*"result":"failed".*"state":"dead".*"error":"ETIMEDOUT","message":"[^"]+","failed_checks":\["ready"' 'one that fails: ends so, and says why'
	machine
	wait_for grep -q '"add"' told
}

# struck_while_watching UNTIL ARG...: the first function, by a Completion Timeout.
struck_while_watching() {
	watch "$fn0" "${@:2}"
	sim_set 01.0/00.0 error=0x4000
	wait_for grep -q "$1" told
	kill -TERM "$watcher"
	ends "${*:2} $1"
}

# The kernel's own uevents report the recovery from errors: the result in drivers with error handlers. The error itself comes from a
# tracepoint.
errors() {
	local word line="^[0-9:]{8}\\.[0-9]{6} $fn0 +error"

	sim_clear
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 aer=1
	sim_live
	struck_while_watching SUCCESSFUL_RECOVERY
	tells "$line +BEGIN_RECOVERY, offline\$" 'an error: recovery begins'
	tells "$line +SUCCESSFUL_RECOVERY, online\$" 'and succeeds'
	tells "$fn0 +kernel +aer_event: .*Completion Timeout" 'the error itself is told'
	struck_while_watching SUCCESSFUL_RECOVERY --json
	for word in '"BEGIN_RECOVERY","online":false' '"SUCCESSFUL_RECOVERY","online":true'; do
		tells "^\\{\"pcireset\":1,\"event\":\"error\",\"time\":\"[^\"]+\",\"device\":\"$fn0\",\"driver\":\"pcisim\",\"recovery\":$word\\}\$" "as JSON: $word"
	done
	sim_clear
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 "${driverless[@]}" aer=1
	sim_live
	struck_while_watching FAILED_RECOVERY
	tells "$line +" 'without a driver that knows how: nothing begins'
	tells "$line +FAILED_RECOVERY, offline\$" 'and that it failed is told'
	machine
}

# The buffer is made small, and nobody reads.
lost() {
	local nr

	kill -STOP "$watcher"
	echo 4 >"$instance/buffer_size_kb"
	for ((nr = 0; nr < 30; nr++)); do
		pcireset reset "$fn0" "$fn1" --type flr --quiet || not_ok "reset $nr"
	done
	kill -CONT "$watcher"
	wait_for grep -q '"event":"lost"' told
	like "$(grep '"event":"lost"' told)" '"source":"trace","events":[1-9][0-9]*}$' 'lost events are told, and how many'
	# What begins from here on is whole again.
	reset_now 0 "$fn0" --type flr
	wait_for grep -q "\"end\".*\"members\":\\[{.*\"pid\":$caller," told
	tells "\"end\".*\"members\":\\[{.*\"pid\":$caller," 'and what comes later is told as ever'
}

all_lines() {
	local wrong kind

	exits 0 'each line is one object' "$json_lines" <told
	wrong=$(grep -vx -e "$begin_keys" -e "$end_keys" -e "$late_keys" -e '\(add\|remove\|bind\|unbind\|change\): pcireset event time device driver' \
		-e 'kernel: pcireset event time device tracepoint text' -e 'lost: pcireset event time source events' <<<"$output")
	is "$wrong" '' 'each with the keys of its kind'
	for kind in begin end remove add lost; do
		[[ $'\n'$output == *$'\n'"$kind: "* ]] || not_ok "there is $kind"
	done
	is "$(grep -Evc '"time":"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6}Z"' told)" 0 'each has its time'
}

text() {
	watch "$fn1" --count 3 --verbose
	reset_now 0 "$fn0" --type flr
	reset_now 0 "$fn0" --type bus --yes
	refused_now "$fn1"
	ends 'after --count'
	is "$(grep -c '^[0-9]' told)" 3 'as many events as were asked for'
	is "$(grep ' flr' told)" '' 'what hits another function is left out'
	tells "^[0-9:]{8}\\.[0-9]{6} $fn0 +begin +bus, 2 functions, pcireset\\[[0-9]+\\]\$" 'what hits this one begins'
	tells "^[0-9:]{8}\\.[0-9]{6} $fn0 +end +bus, verified, ready after [0-9.]+ ms \\(total [0-9.]+ ms\\), 2 functions, pcireset\\[[0-9]+\\]\$" 'and ends'
	tells "^  $fn1: restored, proof shown, ready after" 'with a line for each member'
	tells "$fn1 +end +refused \\(EBUSY\\): .*pcireset\\[$caller\\]\$" 'one that is refused is told as well'
	exits 1 'a function that is not there' pcireset watch 77:00.0
}

# A killed one cannot clean up, and the next one does.
leftovers() {
	local stale

	watch
	stale=$watcher
	kill -9 "$stale"
	wait "$stale" 2>/dev/null
	is "$(instances)" "pcireset-$stale" 'killed: its instance is left'
	watch
	is "$(instances)" "pcireset-$watcher" 'the next watch takes it away'
	exits 0 'it ends by itself after --timeout' pcireset watch --timeout 300ms
	is "$(instances)" "pcireset-$watcher" 'and leaves that of one which is at work'
}

module_goes() {
	exits 0 'the module can be unloaded' rmmod pcireset
	wait_for grep -q 'note: module pcireset is not loaded: watching only for functions that appear and disappear' notes
	is "$?" 0 'it is said that resets are not seen then'
	exits 0 'metrics: without the module' pcireset metrics
	like "$output" 'pcireset_module_loaded 0' 'metrics: tells that the module is not there'
	modprobe pcireset
	wait_until_ready
	reset_now 0 "$fn0" --type flr
	wait_for grep -q ' end ' told
	tells "$fn0 +end +flr, verified" 'resets are seen again when it is back'
	kill -HUP "$watcher"
	ends 'hung up'
}

reader_goes() {
	pcireset watch 2>/dev/null | head -n 1 >first &
	wait_for has_instances
	instance=$tracing/instances/$(instances)
	wait_until_ready
	reset_now 0 "$fn0" --type flr
	wait_for no_instances
	is "$(instances)" '' 'a reader that has gone away ends it'
	is "$(wc -l <first)" 1 'after what it has read'
}

# metric NAME: sets REPLY.
metric() {
	REPLY=$(sed -n "s/^$1 //p" metrics.prom)
}

# The counts since the module was loaded: two FLRs.
counts() {
	local name want

	reset_now 0 "$fn0" "$fn1" --type bus
	reset_now 0 "$fn0" --type bus --yes
	refused_now "$fn0"
	sim_set 01.0/00.0 only=0 ready_flr_us=never
	reset_now 4 "$fn0" --type flr --timeout 1s
	exits 0 'metrics: into a file' pcireset metrics metrics.prom
	is "$(awk -f "${BASH_SOURCE[0]%/*}/prometheus.awk" metrics.prom)" '' 'metrics: in the right format'
	while read -r name want; do
		metric "$name"
		is "$REPLY" "$want" "metrics: $name"
	done <<-'END'
		pcireset_module_loaded 1
		pcireset_refused_total 1
		pcireset_resets_total{type="flr",result="verified"} 2
		pcireset_resets_total{type="flr",result="unverified"} 0
		pcireset_resets_total{type="flr",result="failed"} 1
		pcireset_timeouts_total{type="flr"} 1
		pcireset_functions_total{type="flr"} 3
		pcireset_resets_total{type="bus",result="verified"} 2
		pcireset_functions_total{type="bus"} 4
		pcireset_last_reset_result{type="flr",result="failed"} 1
		pcireset_last_reset_result{type="flr",result="verified"} 0
		pcireset_last_reset_result{type="bus",result="verified"} 1
		pcireset_resets_total{type="slot",result="verified"} 0
	END
	metric 'pcireset_wait_seconds_total{type="flr"}'
	like "$REPLY" '^0\.[2-9][0-9]{8}$' 'metrics: the time that functions took to come back'
	metric 'pcireset_last_reset_timestamp_seconds{type="slot"}'
	is "$REPLY" '' 'metrics: nothing of a last one where there was none'
}

# Without its libraries, watch names the one that is missing, and leaves nothing behind.
libraries() {
	local name

	mkdir missing
	for name in libtracefs libudev; do
		echo text >"missing/$name.so.1"
		exits 1 "without $name" env LD_LIBRARY_PATH="$PWD/missing" pcireset watch --timeout 1s
		like "$output" "$name.so.1, which cannot be loaded .*: install $name" "without $name: the message names it"
		is "$(instances)" '' "without $name: no instance stays"
		rm "missing/$name.so.1"
	done
	exits 0 'with them' env LD_LIBRARY_PATH="$PWD/missing" pcireset watch --timeout 1s
}

# machine: anew, as one that has failed stays away.
machine() {
	sim_clear
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 "${driverless[@]}" count=2
	sim_live
}

sim_load
machine
fn0=${sim_bus[1]}:00.0 fn1=${sim_bus[1]}:00.1
watch --json
is "$(<notes)" '' 'with the module there is nothing that it does not see'
json
lost
kill -TERM "$watcher"
ends 'terminated'
all_lines
text
errors
libraries
leftovers
module_goes
reader_goes
counts
plan
