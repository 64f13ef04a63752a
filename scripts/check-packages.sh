#!/bin/sh
# Installs, upgrades and removes the packages on a copy of this machine, where a
# systemd of its own runs the daemons by their units. The copy is a layer over the
# root directory that is in memory and gone at the end; its processes, network and
# control groups are its own. Nothing of it reaches the machine.
#
#   scripts/check-packages.sh OLD-DIRECTORY NEW-DIRECTORY
#
# It needs root, Debian and the kernel's leave; without them it skips, and says so.
set -eu
cd "$(dirname "$0")/.."
old=$(cd "$1" && pwd) new=$(cd "$2" && pwd)

skip() {
    echo "*** NO $1: the packages are NOT CHECKED ***"
    exit 0
}

[ "$(id -u)" = 0 ] || skip 'ROOT'
for tool in dpkg unshare nsenter sqlite3; do
    command -v $tool >/dev/null || skip "$(echo $tool | tr a-z A-Z)"
done
[ -x /lib/systemd/systemd ] || skip 'SYSTEMD'

exec </dev/null
work=$(mktemp -d)
pid= groups=
finish() {
    if [ -n "$pid" ]; then # unshare heeds no other signal, and its child goes with it
        kill -KILL "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    fi
    for group in $groups; do
        tries=0
        # A process that is ended keeps its group a little while.
        until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || [ $((tries += 1)) -gt 50 ]; do sleep 0.1; done
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# What the documents link to is in the package too, as far as it is a file.
for package in "$new"/*.deb; do
    rm -rf "$work/there"
    dpkg-deb -x "$package" "$work/there"
    find "$work/there" -name '*.md' >"$work/pages"
    [ -s "$work/pages" ] || { echo "${package##*/} has no documents"; exit 1; }
    while read -r page; do
        grep -o '](\([^)#:]*\)[)#]' "$page" | sed 's/^](//; s/[)#]$//' >"$work/links" || :
        while read -r link; do
            [ -e "${page%/*}/$link" ] || { echo "${package##*/}: ${page#"$work/there"} links to $link, which is not there"; exit 1; }
        done <"$work/links"
    done <"$work/pages"
done

# A control group for the copy, in each hierarchy that its systemd asks for.
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -e $hierarchy/cgroup.procs ] || continue
    mkdir $hierarchy/rbee-packages.$$ 2>/dev/null || skip 'CONTROL GROUPS'
    groups="$groups $hierarchy/rbee-packages.$$"
done
[ -n "$groups" ] || skip 'CONTROL GROUPS'

mkdir "$work/layers" "$work/packages" "$work/packages/old" "$work/packages/new"
cp "$old"/* "$work/packages/old/"
cp "$new"/* "$work/packages/new/"
for age in old new; do
    basename "$work/packages/$age"/rbee-queen_*.deb | cut -d_ -f2 | tr '~' - >"$work/packages/$age/version"
done
cp scripts/packages/* "$work/packages/"
# A state file of the schema before this one.
cp "$(ls db/testdata/schemas/*.sql | tail -n 2 | head -n 1)" "$work/packages/older.sql"
ls db/migrations/*.sql | tail -n 1 | sed 's|.*/0*\([0-9]*\)_.*|\1|' >"$work/packages/schema"

sh -c 'for group in $2; do echo $$ >$group/cgroup.procs; done
    exec unshare --mount --pid --fork --net --ipc --uts --cgroup --kill-child sh "$1/packages/copy.sh" "$1"' \
    - "$work" "$groups" >"$work/said" 2>&1 &
pid=$!

# Then its first process is systemd; inside COMMAND runs something there.
inside() {
    nsenter --target "$(tr -d ' ' <"/proc/$pid/task/$pid/children")" --all --root --wd "$@"
}
tries=0
until inside systemctl --quiet is-active packages.target 2>/dev/null; do
    if ! kill -0 $pid 2>/dev/null || [ $((tries += 1)) -gt 300 ]; then
        cat "$work/said"
        [ ! -e "$work/made" ] || [ -e "$work/installed" ] || exit 1
        skip 'COPY OF THIS MACHINE (see above)'
    fi
    sleep 0.1
done
cat "$work/said"
inside systemctl --quiet start probe.service 2>/dev/null ||
    skip 'NAMESPACES FOR UNITS'

for kind in deb rpm; do
    [ $kind != rpm ] || command -v rpm >/dev/null || { echo '*** NO RPM: the .rpm packages are NOT CHECKED ***'; continue; }
    inside sh /tmp/packages/story.sh $kind
done
