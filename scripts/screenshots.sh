#!/bin/sh
# Makes docs/img/*.svg: what the keeper shows of a simulated fleet, in a terminal
# of 80 columns. Needs tmux; `make screenshots` builds the rest.
set -eu
cd "$(dirname "$0")/.."

command -v tmux >/dev/null || { echo 'screenshots need tmux' >&2; exit 1; }
port=${RBEE_QUEEN_PORT:-17833}
dir=$(mktemp -d)
session=rbee-screenshots-$$
queen= swarm=
stop() {
    tmux kill-session -t "$session" 2>/dev/null || true
    # shellcheck disable=SC2086 # none, one or two
    kill $swarm $queen 2>/dev/null || true
    wait
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP

bin/queen-rbee --port "$port" --state "$dir/queen.db" --ssh-config /dev/null --discovery-delay 24h 2>"$dir/queen.log" &
queen=$!
sleep 1
bin/rbee-swarm --queen "http://127.0.0.1:$port" --hives 6 --gpus 2 --workers 2 --id-prefix gpu-box- --duration 0 >/dev/null 2>&1 &
swarm=$!

export RBEE_KEEPER_QUEEN="http://127.0.0.1:$port"
tmux new-session -d -s "$session" -x 80 -y 24 'exec sh'
tmux send-keys -t "$session" "PS1='\$ '; export RBEE_KEEPER_QUEEN=$RBEE_KEEPER_QUEEN PATH=\"$PWD/bin:\$PATH\"; clear" Enter

# shot NAME SECONDS KEYS: types the keys, waits, takes the picture.
shot() {
    tmux send-keys -t "$session" "$3" Enter
    sleep "$2"
    # freeze does not know the code that ends a colour alone.
    tmux capture-pane -t "$session" -e -p | sed -e "s/$(printf '\033')\[39m/$(printf '\033')[0m/g" -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$dir/$1"
    bin/tools/freeze --language ansi --window=false --padding 16 --output "$dir/$1.svg" <"$dir/$1" >/dev/null
    # The font it embeds has ten times the bytes of the picture.
    sed -e '/<style>/,/<\/style>/{s/.*<\/style>//;t' -e 'd}' -e 's/font-family="[^"]*"/font-family="Menlo, Consolas, DejaVu Sans Mono, monospace"/' \
        "$dir/$1.svg" >"docs/img/$1.svg"
    echo "docs/img/$1.svg"
}

mkdir -p docs/img
sleep 100 # whole minutes for the charts
shot hives 2 'clear; rbee-keeper hives'
shot history 2 'clear; rbee-keeper history gpu-box-000001 --since 3m'
shot top 4 'clear; rbee-keeper top'
tmux send-keys -t "$session" q
