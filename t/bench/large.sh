#!/bin/sh
# Rows that do not fit into memory: made up (t/bench/clicks.c), featurized, trained on and scored; `make bench-large`, not a test.
#
#     ROWS=N              20000000; 15 fields, 4.5 million values
#     MEMORY=MB           256: of rows, cp-train --memory
#     SECONDS_LONG=N      300: so long is trained with the large model, then it is stopped
#     DIR=FOLDER          where the files are made and stay (6 GB); without it a temporary folder
#     THREADS=N           0
#
# Prints of each step the last line that the tool says: rows a second, and peak memory.  A large model's peak is its parameters three times
# (values and two moments), its vocabulary, and MEMORY.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${CP_BIN:-$here/bin}:$PATH
CLICKS=${CLICKS:-$here/build/plain/bench/clicks}
ROWS=${ROWS:-20000000} MEMORY=${MEMORY:-256} SECONDS_LONG=${SECONDS_LONG:-300} THREADS=${THREADS:-0}
if [ -z "${DIR:-}" ]; then
	DIR=$(mktemp -d "${TMPDIR:-/tmp}/cp-large.XXXXXX")
	trap 'rm -rf "$DIR"' EXIT
	trap 'exit 1' INT TERM
fi
cd "$DIR"
export CP_LEDGER="$DIR/ledger.db" TMPDIR="$DIR"

step() {	# its name, then the command
	echo "== $1"
	shift
	"$@" 2>said || tail -n 3 said
	tail -n 1 said
}
featurize() { "$CLICKS" "$1" "$2" | cp-featurize >"$3"; }
train() { cp-train --threads "$THREADS" --stage ctr --batch 4096 --optimizer sparse-adamw --epochs 1 --train train.cps "$@"; }

[ -e train.cps ] || step 'featurize' featurize "$ROWS" 1 train.cps
[ -e valid.cps ] || step 'featurize, validation' featurize $((ROWS / 20)) 2 valid.cps
step 'the way of the rows alone: lr, a small table, in files' train --model lr --hash-bits 16 --memory "$MEMORY" --valid valid.cps -o lr.cpm
step 'the same in memory' train --model lr --hash-bits 16 --memory 1048576 --valid valid.cps -o lr-memory.cpm
step 'score' cp-predict --threads "$THREADS" -m lr.cpm -o scores train.cps
step 'measure' cp-auc --threads "$THREADS" -o auc scores
cat auc
echo '== dcnv2, every value a row of its own, for a while'
cp-train --threads "$THREADS" --stage ctr --model dcnv2 --set dim=16 --set hidden=512x6 --set cross=6 --batch 4096 --optimizer sparse-adamw --epochs 1 \
	--memory "$MEMORY" --checkpoint 1e6 --train train.cps --valid valid.cps -o dcnv2.cpm &
pid=$!
slept=0
while kill -0 $pid 2>/dev/null && [ $slept -lt "$SECONDS_LONG" ]; do
	sleep 5
	slept=$((slept + 5))
	peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status 2>/dev/null) || true
done
kill $pid 2>/dev/null || true
wait $pid || true
echo "peak of dcnv2: $((${peak:-0} / 1024)) MB"
