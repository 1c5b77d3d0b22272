#!/bin/sh
# How fast rows are scored: `make bench-score`; not a test.
#
#     PEERS=FILE          a shell file that puts a Python with torch first in PATH: the same model there, 2 threads, forward alone
#     SECONDS_EACH=N      3; of each of the peer's figures
#
# First cp_score.h inside a process, then cp-predict as whole processes with 2 threads, start and reading included, then as a co-process.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${CP_BIN:-$here/bin}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cp-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

"$1"
"$1" --write "$tmp"
"$BIN/cp-featurize" -q "$tmp/rows.csv" >"$tmp/rows.cps"
rows=$(($(wc -l <"$tmp/rows.csv") - 1))

process() {	# process NAME ARGUMENT...: the best of three
	name=$1 best=
	shift
	for i in 1 2 3; do
		start=$(date +%s%N)
		"$BIN/cp-predict" -q --no-ledger --threads 2 -m "$tmp/m.cpm" "$@" >"$tmp/scores" 2>"$tmp/err" || { echo "  $name: $(cat "$tmp/err")"; return; }
		took=$(($(date +%s%N) - start))
		test -n "$best" && test "$best" -le "$took" || best=$took
	done
	echo "  $name: $(awk -v n="$rows" -v t="$best" 'BEGIN { printf "%.0f", n / t * 1e9 }') rows/s"
}

echo "cp-predict, 6 cross, 256x6, 2 threads, $rows rows"
process "records, f32" "$tmp/rows.cps"
process "records, bf16" --precision bf16 "$tmp/rows.cps"
process "records, int8" --precision int8 "$tmp/rows.cps"
process "CSV, f32" --csv "$tmp/rows.csv"
for precision in f32 bf16 int8; do
	echo "cp-predict --csv --precision $precision as a co-process"
	"$1" --pipe "$tmp/rows.csv" "$BIN/cp-predict" -q --no-ledger --threads 1 --csv --precision $precision -m "$tmp/m.cpm" || true
done

if test -n "${PEERS:-}"; then
	. "$PEERS"
	for batch in 256 4096; do
		for type in f32 bf16 int8; do
			python "$here/t/bench/peers.py" torch "$batch" "$type" "${SECONDS_EACH:-3}" || true
		done
	done
fi
