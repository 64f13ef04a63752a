#!/bin/sh
# scripts/man.sh PROGRAMS OUT: the manual pages and shell completions of the
# programs in the one directory, written into the other; the programs make them
# of their own commands. The date of the pages is that of SOURCE_DATE_EPOCH.
set -eu
programs=$1 out=$2

rm -rf "$out/man" "$out/completion"
mkdir -p "$out/man/man1" "$out/man/man8" "$out/completion/bash" "$out/completion/zsh" "$out/completion/fish"
for page in rbee-keeper.1 rbee-swarm.1 queen-rbee.8 rbee-hive.8; do
    program=${page%.*}
    "$programs/$program" __man >"$out/man/man${page##*.}/$page"
    "$programs/$program" completion bash >"$out/completion/bash/$program"
    "$programs/$program" completion zsh >"$out/completion/zsh/_$program"
    "$programs/$program" completion fish >"$out/completion/fish/$program.fish"
done
