#!/bin/sh
# Prints which modules are in the given programs, and their licences, word for word.
set -eu
GO=${GO:-go}

modules=$("$GO" version -m "$@" | awk '$1 == "dep" || $1 == "=>" { print $2 "@" $3 }' | LC_ALL=C sort -u)

echo 'What is in the programs beside rbee, and under which licences.'
echo
echo "Go's library and run time, $("$GO" env GOVERSION)"
echo "$modules"

# licence NAME DIRECTORY: each licence and notice in it.
licence() {
    found=
    for file in "$2"/LICEN[CS]E* "$2"/COPYING* "$2"/NOTICE*; do
        [ -f "$file" ] || continue
        found=yes
        printf '\n\n==== %s: %s\n\n' "$1" "${file##*/}"
        tr -d '\r' <"$file"
    done
    [ -n "$found" ] || { echo "$1: no licence in $2" >&2; exit 1; }
}

licence Go "$("$GO" env GOROOT)"
# Its answer is JSON, one object a module, indented by tabs.
# shellcheck disable=SC2086 # one word a module
"$GO" mod download -json $modules | sed -n 's/^\t"\(Path\|Version\|Dir\)": "\(.*\)",\{0,1\}$/\2/p' |
    while read -r path && read -r version && read -r dir; do
        licence "$path@$version" "$dir"
    done
