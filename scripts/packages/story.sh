#!/bin/sh
# The life of the packages on a copy of the machine; see check-packages.sh.
#
#   story.sh deb|rpm [container]
set -eu
kind=$1 container=${2-}
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive
unset HOME XDG_STATE_HOME
cd /tmp/packages
state=/var/lib/rbee-queen/queen.db

say() { printf -- '--- %s: %s\n' "$kind${container:+, $container}" "$*"; }

fail() {
    [ "$container" ] || journalctl --no-pager -n 50 >&2 || :
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# is WHAT GOT WANT
is() { [ "$2" = "$3" ] || fail "$1: got '$2', want '$3'"; }

# soon COMMAND: within twenty seconds.
soon() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        [ $((tries += 1)) -lt 200 ] || fail "not within 20 s: $*"
        sleep 0.1
    done
}

# put VERSION: installs both packages, or upgrades them to it.
put() {
    case $kind in
        deb) dpkg --force-confold -i "$1"/*.deb ;;
        rpm) rpm --dbpath /var/lib/rpm -U --nodeps "$1"/*.rpm ;;
    esac >log 2>&1 || fail "$(cat log)"
}

# take: removes both; the rest of the words are for dpkg or rpm.
take() {
    case $kind in
        deb) dpkg "$@" rbee-queen rbee-hive ;;
        rpm) rpm --dbpath /var/lib/rpm "$@" rbee-queen rbee-hive ;;
    esac >log 2>&1 || fail "$(cat log)"
}

# files: what differs from the machine, without what belongs to dpkg, rpm and systemd,
# and without accounts. A file that is gone is there too.
files() {
    (cd /tmp/upper && find . ! -type d -o -name '*rbee*' -o -path './etc/rbee*') | LC_ALL=C sort |
        grep -Ev '^\./(var/(lib/(dpkg|rpm|rbee-queen|rbee-hive)|log|cache)(/|$)|run/|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|etc/\.pwd\.lock|etc/machine-id)' || :
}

get() { curl -sf --max-time 5 "http://127.0.0.1:$1$2"; }
says() { get "$1" /v1/info | grep -q "\"version\":\"$2[+\"]"; }
sql() { sqlite3 -readonly $state "$1"; }
healthy() { get 7833 /v1/hives | grep -q '"status":"healthy"'; }

sent='SELECT hive_id, received_at, sent_at FROM audit_heartbeats WHERE epoch = (SELECT max(epoch) FROM audit_epochs)'

files >before
put old
private() { # tokens may be in them
    for user in rbee-queen rbee-hive; do
        id $user >/dev/null || fail "no user $user"
        is "mode of /etc/default/$user" "$(stat -c '%a %U' /etc/default/$user)" '640 root'
    done
}
private
rbee-hive --version >/dev/null || fail 'the hive does not run'
is 'queen' "$(queen-rbee --version | cut -d' ' -f2)" "$(cat old/version)"

if [ "$container" ]; then
    put new
    is 'queen' "$(queen-rbee --version | cut -d' ' -f2)" "$(cat new/version)"
    private
    case $kind in deb) take -P ;; rpm) take -e ;; esac
    files >after
    diff before after || fail 'something is left, or gone'
    say 'installed, upgraded and removed without a systemd'
    exit 0
fi

for unit in rbee-queen rbee-hive; do
    is "$unit after its installation" "$(systemctl is-enabled $unit) $(systemctl is-active $unit)" 'disabled inactive'
done
say "$(cat old/version) is installed; nothing is enabled or started"

# A state file of an older schema, and a kind of worker that is there on any machine.
rm -rf /var/lib/rbee-queen /var/lib/rbee-hive
install -d -m 700 -o rbee-queen -g rbee-queen /var/lib/rbee-queen
(umask 077 && sqlite3 $state <older.sql) && chown rbee-queen:rbee-queen $state
epochs=$(sql 'SELECT count(*) FROM audit_epochs')
events=$(sql 'SELECT count(*) FROM audit_events')
install -d -m 700 -o rbee-hive -g rbee-hive /var/lib/rbee-hive /var/lib/rbee-hive/workers.d
cat >/var/lib/rbee-hive/workers.d/engine.toml <<'END'
program = "/usr/bin/queen-rbee"
arguments = ["--bind", "{host}", "--port={port}", "--state", "/var/lib/rbee-hive/engine.db", "--discovery-interval", "0"]
health = "/health"
[devices.cpu]
END
echo 'RBEE_QUEEN_DISCOVERY_DELAY=100ms' >>/etc/default/rbee-queen

systemctl enable --now rbee-queen rbee-hive 2>log || fail "$(cat log)"
soon says 7833 "$(cat old/version)"
soon healthy
is 'schema version' "$(sql 'PRAGMA user_version')" "$(cat schema)"
[ -e $state.before-"$(cat schema)"-* ] || fail 'no copy of the file was made before its schema changed'
get 7835 /v1/jobs >/dev/null
curl -sf http://127.0.0.1:7835/v1/jobs -H 'Content-Type: application/json' -d '{"operation":"worker_spawn","worker":"engine"}' >/dev/null ||
    fail 'no worker can be spawned'
serving() { get 7835 /v1/workers | grep -q '"state":"ready"'; }
soon serving
worker=$(get 7835 /v1/workers | sed -n 's/.*"pid":\([0-9]*\).*/\1/p')
soon eval '[ "$(sql "$sent" | wc -l)" -ge 3 ]'
say "they run by their units; an older state file is taken over; worker $worker serves"

sql "$sent" >sent
put new
says 7833 "$(cat new/version)" && says 7835 "$(cat new/version)" || fail 'an upgrade has not restarted a daemon'
soon healthy
is 'settings that were changed' "$(tail -n 1 /etc/default/rbee-queen)" 'RBEE_QUEEN_DISCOVERY_DELAY=100ms'
is 'epochs' "$(sql 'SELECT count(*) FROM audit_epochs')" $((epochs + 2))
is 'end of the epoch before' "$(sql 'SELECT stop_reason FROM audit_epochs ORDER BY epoch DESC LIMIT 1 OFFSET 1')" clean
[ "$(sql 'SELECT count(*) FROM audit_events')" -gt "$events" ] || fail 'events are gone'
sql 'SELECT hive_id, received_at, sent_at FROM audit_heartbeats' | LC_ALL=C sort >kept
LC_ALL=C sort sent | LC_ALL=C comm -23 - kept >lost
is 'heartbeats lost by the upgrade' "$(wc -l <lost)" 0
soon serving
is 'worker' "$(get 7835 /v1/workers | sed -n 's/.*"pid":\([0-9]*\).*/\1/p')" "$worker"
say "upgraded to $(cat new/version): both restarted, $(wc -l <sent) heartbeats kept, the worker serves on"

case $kind in deb) take -r ;; rpm) take -e ;; esac
! get 7833 /health && ! get 7835 /health || fail 'a daemon runs after its removal'
[ ! -e /usr/bin/queen-rbee ] || fail 'a program is left'
soon eval '[ ! -e /proc/$worker ]'
say 'removed: both are stopped, and the worker'
if [ $kind = deb ]; then
    [ -e /etc/default/rbee-queen ] || fail 'a removal took the settings'
    take -P
fi
grep -q '/var/lib/rbee-queen stays' log || fail "nobody is told where the state stays: $(cat log)"
# rpm puts settings that were changed aside.
[ $kind != rpm ] || rm /etc/default/rbee-queen.rpmsave
files >after
diff before after || fail 'something is left, or gone'
is 'state file' "$(sql 'PRAGMA quick_check')" ok
is 'its owner' "$(stat -c '%U %a' $state)" 'rbee-queen 600'
say 'purged: the state file and the users are there, nothing else is'
