#!/bin/sh
# Makes the release twice, in two directories, and compares the bytes. The second
# time nothing is as before that might get in: the place, the umask, the locale, the
# time zone, the name of the machine (if this is root), the dates of the files, and
# Go's cache, which begins empty, so that all is compiled anew. CACHE=shared leaves
# the cache as it is: quick, and blind to what the compilers do.
#
# Run by the Makefile, which says what release.sh wants, and ARCHES.
set -eu
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH GO VERSION STAMP MAINTAINER CGO_ENABLED
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# copy DIRECTORY: the sources, and the nfpm that is there.
copy() {
    mkdir -p "$1/bin/tools"
    if [ -e .git ]; then git ls-files -z --cached --others --exclude-standard; else find . -type f ! -path './bin/*' ! -path './dist/*' -print0; fi |
        tar --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -C "$1" -xf - "$2"
    cp bin/tools/nfpm "$1/bin/tools/"
}

one=$work/one two="$work/a/much/longer/place/with a space"
copy "$one" --preserve-permissions
(cd "$one" && scripts/release.sh --archives $ARCHES)

(umask 077 && copy "$two" --touch)
elsewhere='cd "$1" && umask 077 && TZ=Pacific/Auckland LC_ALL=C.UTF-8 scripts/release.sh --archives $ARCHES'
[ "${CACHE-}" = shared ] || export GOCACHE="$work/cache"
export ARCHES
if [ "$(id -u)" = 0 ] && unshare --uts true 2>/dev/null; then
    unshare --uts sh -c 'hostname elsewhere; '"$elsewhere" - "$two"
else
    sh -c "$elsewhere" - "$two"
fi

diff "$one/dist/SHA256SUMS" "$two/dist/SHA256SUMS" || { echo 'the bytes depend on where or when they are made'; exit 1; }
echo "$(wc -l <"$one/dist/SHA256SUMS") files are the same, made twice"
