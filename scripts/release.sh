#!/bin/sh
# Builds the four programs for each ARCH, and from them the packages and, with
# --archives, the archives and their checksums, in DIST (dist). Run by the Makefile, which
# says VERSION, STAMP, SOURCE_DATE_EPOCH, MAINTAINER and GO.
#
# The same sources, Go and C compiler give the same bytes, wherever and whenever: no
# path, no clock, no umask, no order of a directory gets in.
set -eu
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH VERSION MAINTAINER
root=$PWD
out=$root/bin/release
mkdir -p "${DIST:=dist}" && dist=$(cd "$DIST" && pwd)

archives=
if [ "${1-}" = --archives ]; then
    archives=yes
    shift
fi

# compiler ARCH: the C compiler that makes programs for it, with its library, or "".
compiler() {
    [ "${CGO_ENABLED-}" != 0 ] || return 0
    if [ "$1" = "$($GO env GOHOSTARCH)" ]; then
        cc=$($GO env CC)
    else
        case "$1" in
            amd64) cc=x86_64-linux-gnu-gcc ;;
            arm64) cc=aarch64-linux-gnu-gcc ;;
            *) return 0 ;;
        esac
    fi
    ! $cc -include stdlib.h -x c -fsyntax-only /dev/null >/dev/null 2>&1 || echo "$cc"
}

# build ARCH TREE: bin/ in the tree.
build() {
    for program in queen-rbee rbee-keeper rbee-swarm rbee-hive; do
        cgo=0 cc=
        if [ $program = rbee-hive ]; then
            cc=$(compiler "$1")
            [ -z "$cc" ] || cgo=1
            [ -n "$cc" ] || echo "*** NO C COMPILER FOR $1: its rbee-hive is built without NVML and asks nvidia-smi instead ***"
        fi
        GOOS=linux GOARCH=$1 CGO_ENABLED=$cgo CC=$cc $GO build -trimpath \
            -ldflags "-s -w -X rbee/cmd/internal/cli.Version=$STAMP" -o "$2/bin/$program" "./cmd/$program"
    done
}

# glibc PROGRAM: the oldest glibc that it runs with, as "2.34"; "" if it is static.
glibc() {
    readelf -W --version-info "$1" | sed -n 's/.*Name: GLIBC_\([0-9.]*\).*/\1/p' | sort -uV | tail -n 1
}

# put MODE FILE DIRECTORY/: copies it there under its own name.
put() {
    [ -d "$3" ] || install -d -m 755 "$3"
    install -m "$1" "$2" "$3"
}

# documents TREE: what whoever unpacks it may read.
documents() {
    put 644 LICENSE "$1/"
    put 644 README.md "$1/"
    put 644 CONTRIBUTING.md "$1/"
    cp -r docs deploy "$1/" && rm -r "$1/deploy/packages"
    scripts/licences.sh "$1"/bin/* >"$1/THIRD_PARTY.txt"
}

# share PACKAGE TREE PROGRAM…: the package's usr/share, from the tree.
share() {
    doc=usr/share/doc/$1 tree=$2
    install -d -m 755 "$doc"
    cp -r "$tree/README.md" "$tree/CONTRIBUTING.md" "$tree/docs" "$doc/"
    install -d -m 755 "$doc/deploy" # what the documents link to
    cp -r "$tree/deploy/prometheus" "$tree/deploy/grafana" "$doc/deploy/"
    put 644 "$tree/LICENSE" "$doc/"
    put 644 "$root/deploy/packages/copyright" "$doc/"
    gzip -9n <"$tree/THIRD_PARTY.txt" >"$doc/THIRD_PARTY.txt.gz"
    printf '%s (%s) unstable; urgency=medium\n\n  * Built as %s.\n\n -- %s  %s\n' "$1" "$VERSION" "$STAMP" \
        "$MAINTAINER" "$(date -d "@$SOURCE_DATE_EPOCH" -R)" | gzip -9n >"$doc/changelog.gz"
    shift 2
    for program in "$@"; do
        for page in "$tree"/man/man?/"$program".?; do
            directory=usr/share/man/man${page##*.}
            install -d -m 755 "$directory"
            gzip -9n <"$page" >"$directory/${page##*/}.gz"
        done
        put 644 "$tree/completion/bash/$program" usr/share/bash-completion/completions/
        put 644 "$tree/completion/zsh/_$program" zsh/
        put 644 "$tree/completion/fish/$program.fish" usr/share/fish/vendor_completions.d/
    done
}

# package NAME TREE PROGRAM…: NAME's .deb and .rpm.
package() {
    name=$1 tree=$2
    shift 2
    rm -rf "$tree.$name" && install -d -m 755 "$tree.$name"
    (
        cd "$tree.$name"
        for program in "$@"; do put 755 "$tree/bin/$program" usr/bin/; done
        put 644 "$tree/deploy/systemd/$name.service" usr/lib/systemd/system/
        put 644 "$tree/deploy/systemd/user/$name.service" usr/lib/systemd/user/
        put 644 "$tree/deploy/sysusers.d/$name.conf" usr/lib/sysusers.d/
        put 640 "$tree/deploy/default/$name" etc/default/
        [ "$name" != rbee-queen ] || put 644 "$tree/deploy/ssh_config" etc/rbee/
        share "$name" "$tree" "$@"
        for script in postinst prerm postrm; do
            sed "s/@name@/$name/g" "$root/deploy/packages/$script" >$script
        done
        cp "$root/deploy/packages/$name.yaml" nfpm.yaml
        find usr/share/doc -mindepth 1 -type d -printf '  - {dst: /%p, type: dir}\n' | sort >>nfpm.yaml
        find usr -type f -printf '  - {src: %p, dst: /%p, file_info: {mode: 0%m}}\n' | sort >>nfpm.yaml
        # Debian's zsh looks elsewhere.
        find zsh -type f -printf '  - {src: %p, dst: /usr/share/zsh/vendor-completions/%f, packager: deb}\n' \
            -printf '  - {src: %p, dst: /usr/share/zsh/site-functions/%f, packager: rpm}\n' | sort >>nfpm.yaml
        for kind in deb rpm; do "$root/bin/tools/nfpm" package --packager $kind --target "$dist/"; done >nfpm.log || { cat nfpm.log; exit 1; }
    )
}

case "$STAMP" in *.dirty) echo '*** THIS CHECKOUT HAS CHANGES THAT ARE NOT COMMITTED: nobody else gets the same bytes ***' ;; esac
rm -rf "$out" "$dist"/rbee[-_]* "$dist"/SHA256SUMS && mkdir -p "$out"
# The programs write their manual pages themselves, those that this machine can run.
host=$($GO env GOHOSTARCH)
build "$host" "$out/$host"
scripts/man.sh "$out/$host/bin" "$out"
for arch in "$@"; do
    [ "$arch" = "$host" ] || build "$arch" "$out/$arch"
    tree=$out/rbee_${VERSION}_linux_$arch
    install -d -m 755 "$tree"
    cp -r "$out/$arch/bin" "$out/man" "$out/completion" "$tree/"
    documents "$tree"
    chmod -R u=rwX,go=rX "$tree"

    libc=$(glibc "$tree/bin/rbee-hive")
    DEB_LIBC=${libc:+libc6 (>= $libc)}
    RPM_LIBC=${libc:+libc.so.6(GLIBC_$libc)(64bit)}
    export DEB_LIBC RPM_LIBC GOARCH="$arch"
    echo "$arch: rbee-hive needs $([ -n "$libc" ] && echo "glibc $libc or newer" || echo "no C library")"
    package rbee-queen "$tree" queen-rbee rbee-keeper rbee-swarm
    package rbee-hive "$tree" rbee-hive

    [ -z "$archives" ] || tar --sort=name --owner=0 --group=0 --numeric-owner --format=gnu \
        --mtime="@$SOURCE_DATE_EPOCH" -C "$out" -cf - "${tree##*/}" | gzip -9n >"$dist/${tree##*/}.tar.gz"
done
[ -z "$archives" ] || (cd "$dist" && sha256sum rbee[-_]* >SHA256SUMS)
ls -l "$dist"
