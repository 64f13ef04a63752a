#!/bin/sh
# The main job on one machine: a queen and a hive, and a live view of how they
# find each other. What they write stays in .rbee/; Ctrl-C ends all of it.
set -u
cd "$(dirname "$0")/.." || exit 1

queen_port=${RBEE_QUEEN_PORT:-7833}
hive_port=${RBEE_HIVE_PORT:-7835}
dir=${RBEE_RUN_DIR:-.rbee}
mkdir -p "$dir" && chmod 700 "$dir" || exit 1

# A session of their own keeps Ctrl-C from the daemons: it is for this script,
# which then ends them in order. A daemon that gets two signals ends at once.
session=$(command -v setsid)

queen= hive= keeper=
stop() {
    trap '' INT TERM HUP
    [ -z "$keeper" ] || kill "$keeper" 2>/dev/null
    [ -z "$keeper" ] || wait "$keeper" 2>/dev/null
    [ -n "$session" ] || sleep 1
    [ -z "$hive" ] || kill "$hive" 2>/dev/null
    [ -z "$hive" ] || wait "$hive" 2>/dev/null
    [ -z "$queen" ] || kill "$queen" 2>/dev/null
    [ -z "$queen" ] || wait "$queen" 2>/dev/null
}
trap 'stop; echo; echo "Stopped. What the queen knows stays in $dir/queen.db"; exit 0' INT TERM HUP

# started PID LOG SAYING: waits until the daemon has said that it is ready.
started() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        grep -q "$3" "$2" && return 0
        kill -0 "$1" 2>/dev/null || break
        sleep 0.2
    done
    echo "It did not start:" >&2
    tail -n 3 "$2" >&2
    stop
    exit 1
}

$session bin/queen-rbee --port "$queen_port" --hive-port "$hive_port" --state "$dir/queen.db" --discovery-delay 2s \
    2>"$dir/queen.log" &
queen=$!
started "$queen" "$dir/queen.log" 'Queen ready'
$session bin/rbee-hive --port "$hive_port" --state-dir "$dir/hive" 2>"$dir/hive.log" &
hive=$!
started "$hive" "$dir/hive.log" 'Hive ready'

echo "queen  http://127.0.0.1:$queen_port  log $dir/queen.log  state $dir/queen.db"
echo "hive   http://127.0.0.1:$hive_port  log $dir/hive.log"
echo "The queen looks for the hive in 2 s. Ctrl-C ends both."
echo
bin/rbee-keeper --queen "http://127.0.0.1:$queen_port" hives --watch &
keeper=$!
wait "$keeper" # in the background, so that a signal to this script is heard at once
code=$?
stop
exit "$code"
