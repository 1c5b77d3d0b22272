#!/bin/sh
# How fast data is prepared, beside what others use: `make bench`; not a test.
#
#     CSV=FILE            rows to prepare; without it MovieTweetings of pipelines/, COPIES times (10)
#     PEERS=FILE          a shell file that puts a Python with pandas, polars, tokenizers and scikit-learn first in PATH; what is not
#                         there is said and passed over
#     PLM=DIR             folder of the tokenizer; without it the one that comes along
#     ROUNDS=N            5; each round runs every task of both sides once, so that a slow minute hits both
#     MASK_ROWS=N, AUC_ROWS=N    100000 and 5000000: rows of these two tasks
#
# Ours are timed as a user would, whole processes from file to file; theirs without start-up, imports and, for the AUC, without reading.
# Figures are medians of this one run and good for their ratios only.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${CP_BIN:-$here/bin}
ROUNDS=${ROUNDS:-5} MASK_ROWS=${MASK_ROWS:-100000} AUC_ROWS=${AUC_ROWS:-5000000} COPIES=${COPIES:-10}
PLM=${PLM:-$here/share/clickprompt/plm}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cp-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
PATH=$BIN:$PATH
export CP_LEDGER="$tmp/ledger.db" LC_ALL=C
cpus=$(nproc)
export POLARS_MAX_THREADS="$cpus" RAYON_NUM_THREADS="$cpus" TOKENIZERS_PARALLELISM=true

# ---- what there is to work on ----

movietweetings() {
	mkdir "$tmp/pipelines"
	cp -R "$here/pipelines/movietweetings" "$here"/pipelines/*.mk "$here"/pipelines/*.awk "$tmp/pipelines"
	make -s -C "$tmp/pipelines/movietweetings" BIN="$BIN" movietweetings.csv >&2
	head -n 1 "$tmp/pipelines/movietweetings/movietweetings.csv"
	for i in $(seq "$COPIES"); do tail -n +2 "$tmp/pipelines/movietweetings/movietweetings.csv"; done
}

if [ -z "${CSV:-}" ]; then
	CSV=$tmp/rows.csv
	movietweetings >"$CSV"
fi
rows=$(cp-featurize "$CSV" 2>&1 >"$tmp/all.cps" | sed -n 's/.* \([0-9]*\) rows out.*/\1/p')
head -n $((MASK_ROWS + 1)) "$CSV" >"$tmp/some.csv"	# as many rows, if no value holds a line end
cp-textify -q -o "$tmp/sentences.cps" "$tmp/some.csv"
cp-textify -q --text -o "$tmp/sentences.txt" "$tmp/some.csv"
mask_rows=$(wc -l <"$tmp/sentences.txt")
awk -v n="$AUC_ROWS" 'BEGIN { srand(1); for (; n > 0; n--) { s = rand(); printf "%d\t%.6f\n", rand() < s, s } }' >"$tmp/scores"

# ---- timing ----

seconds() {	# of a command
	start=$(date +%s.%N)
	"$@" >/dev/null 2>&1
	end=$(date +%s.%N)
	echo "$start $end" | awk '{ printf "%.4f\n", $2 - $1 }'
}

featurize() {	# to standard output, as -o also waits for the disk (fsync), which nothing of the others does
	cp-featurize -q "$CSV" >"$tmp/out.cps"
}

line() {
	cp-textify -q "$CSV" | cp-mask -q --plm "$PLM" >"$tmp/line.cps"
}

ours() {	# the task's name in the table, then the command
	task=$1; shift
	echo "$task clickprompt $(seconds "$@")" >>"$tmp/times"
}

theirs() {	# task, who, arguments of peers.py
	task=$1 who=$2; shift 2
	if s=$(python3 "$here/t/bench/peers.py" "$who" "$@" 2>"$tmp/why"); then
		echo "$task $who $s" >>"$tmp/times"
	elif ! grep -qx "$who" "$tmp/missing" 2>/dev/null; then
		echo "$who" >>"$tmp/missing"
		echo "bench: no $who: $(tail -n 1 "$tmp/why")" >&2
	fi
}

# shellcheck disable=SC1090
[ -z "${PEERS:-}" ] || { set +u; . "$PEERS"; set -u; }
[ -n "${PEERS:-}" ] || echo "bench: PEERS is not set (see $0); what $(command -v python3 || echo 'no python3') has is used" >&2
for round in $(seq "$ROUNDS"); do
	ours featurize featurize
	theirs featurize pandas "$CSV"
	theirs featurize polars "$CSV"
	ours mask cp-mask --plm "$PLM" -o "$tmp/out.cps" "$tmp/sentences.cps"
	theirs mask tokenizers "$PLM" "$tmp/sentences.txt"
	ours auc cp-auc --no-ledger "$tmp/scores"
	theirs auc sklearn "$tmp/scores"
	ours "textify|mask" line
	echo "bench: round $round of $ROUNDS" >&2
done

# ---- the table ----

cp-featurize --version | head -n 1
printf '%s processors, %s; %s rows of %s bytes; medians of %s rounds\n' "$cpus" \
	"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$rows" "$(wc -c <"$CSV")" "$ROUNDS"
python3 "$here/t/bench/peers.py" versions 2>/dev/null | paste -s -d ' ' - || true
echo
sort -k1,1 -k2,2 -k3,3n "$tmp/times" | awk -v featurize="$rows" -v mask="$mask_rows" -v auc="$AUC_ROWS" '
	{ key = $1 " " $2; n[key]++; t[key, n[key]] = $3; if (!($1 in seen)) { seen[$1] = 1 } }
	function median(key,   k) { k = n[key]; return k % 2 ? t[key, (k + 1) / 2] : (t[key, k / 2] + t[key, k / 2 + 1]) / 2 }
	function row(task, who, rows, ours, aim) {
		if (!n[task " " who]) return
		m = median(task " " who)
		printf "%-14s %-12s %9.3f s %12.0f rows/s", task, who, m, rows / m
		if (ours) printf "   ratio %6.2f, aimed at %s", m / ours, aim
		printf "\n"
	}
	END {
		row("featurize", "clickprompt", featurize)
		row("featurize", "pandas", featurize, median("featurize clickprompt"), "6")
		row("featurize", "polars", featurize, median("featurize clickprompt"), "1.5")
		row("mask", "clickprompt", mask)
		row("mask", "tokenizers", mask, median("mask clickprompt"), "8")
		row("auc", "clickprompt", auc)
		row("auc", "sklearn", auc, median("auc clickprompt"), "4")
		row("textify|mask", "clickprompt", featurize)
		printf "%-14s %.1f million rows a minute, aimed at 8\n", "", featurize / median("textify|mask clickprompt") * 60 / 1e6
	}'
