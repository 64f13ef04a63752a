#!/bin/sh
# A hive in POSIX sh and curl, for Linux: sh hive.sh QUEEN_URL [ID [PORT]]
queen=${1:?usage: sh hive.sh QUEEN_URL [ID [PORT]]} id=${2:-$(uname -n)} port=${3:-7835} status=ready busy=0 all=0
mib() { awk -v k="$1:" '$1 == k { print int($2 / 1024) }' /proc/meminfo; }
devices=",\"capabilities\":[{\"id\":\"CPU-0\",\"name\":\"CPU ($(getconf _NPROCESSORS_ONLN) cores)\",\"device_type\":\"cpu\",\"vram_gb\":$((($(mib MemTotal) + 512) / 1024)),\"compute_capability\":null}]"
pause() { sleep "$1" & sleeper=$!; wait "$sleeper"; } # unlike sleep alone, a signal ends it
found() { printf '%s\n' "$answer" | sed -n "s/$1/\1/p" | head -n 1; }

beat() { # sends a heartbeat, $1 is more of it; sets code, and after and next: seconds to wait
    was_busy=$busy was_all=$all
    read -r _ user nice system idle iowait irq softirq steal _ </proc/stat
    busy=$((user + nice + system + irq + softirq + steal)) all=$((busy + idle + iowait))
    answer=$(curl -s -i --noproxy '*' --connect-timeout 2 --max-time 5 -H 'Content-Type: application/json' -d "{
        \"hive\":{\"id\":\"$id\",\"port\":$port,\"operational_status\":\"$status\",\"version\":\"hive.sh\"},
        \"timestamp\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\", \"workers\":[], \"node\":{\"cpu_pct\":$((100 * (busy - was_busy) / (all - was_all + 1))),
        \"ram_used_mb\":$(($(mib MemTotal) - $(mib MemAvailable))),\"ram_total_mb\":$(mib MemTotal)}$1}" "$queen/v1/hive-heartbeat")
    case $? in 0) code=$(found '^HTTP[^ ]* \([0-9]*\).*') ;; 7) code=refused ;; *) code=none ;; esac
    after=$(found '^[Rr]etry-[Aa]fter: *\([0-9]*\).*') next=$(found '.*"next_ms":\([0-9]*\).*')
    next=$(((${next:-1000} + 999) / 1000))
}

discover() { # five attempts with capabilities; those that a busy queen puts off do not count
    put_off=0
    for delay in 0 2 4 8 16; do
        pause "$delay"
        while beat "$devices"; [ "$code" = 503 ] && [ "${after:-31}" -le 30 ] && [ "$put_off" -lt 10 ]; do
            put_off=$((put_off + 1)) && pause "$after"
        done
        case $code in 200) return 0 ;; 401 | 403 | 409 | 421) return 1 ;; esac
    done
    return 1
}

trap 'kill "$sleeper" 2>/dev/null; status=stopped; beat ""; exit 0' INT TERM
while :; do
    until discover; do echo "not taken ($code), again in a minute: $(found '.*"detail":"\([^"]*\).*')" && pause 60; done
    echo "registered with $queen"
    while [ "$code" = 200 ] || [ "$code" = none ] || [ "${code%??}" = 5 ] || [ "$code" = 429 ]; do
        pause "${after:-$next}" && beat ""
    done
    echo "the queen does not know this hive ($code)"
done
