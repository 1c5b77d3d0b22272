#!/bin/sh
# examples/: single tools in pipelines of other programs. One whose other program is absent is passed over, with a word.
. "$(dirname "$0")/test-lib.sh"

has() { command -v "$1" >/dev/null 2>&1; }
examples=$TOP/examples
PYTHON=${PYTHON:-python3}
export PYTHON

# The rows of the tutorial
awk '/^\.Ed/ { exit } on { gsub(/\\e/, "\\"); print } /^\.Bd -literal/ { on = 1 }' "$TOP/tools/clickprompt-tutorial.7" >make.sh
sh make.sh >/dev/null
test -s shop.csv || skip_all 'the tutorial makes no rows'

# example NAME PACKAGE WORDS BODY: where `WORDS` runs, the body, in a folder with shop.csv
example() {
	mkdir "$1.d"
	cp shop.csv "$1.d"
	if sh -c "$3" >/dev/null 2>&1; then
		test_that "$1" "cd $1.d; $4"
	else
		test_skip "$1" "$2 is not installed"
	fi
}

# auc_within FILE LOW HIGH
auc_within() {
	cat "$1"
	awk -v low="$2" -v high="$3" '$1 == "auc" { seen = $2 > low && $2 < high } END { exit !seen }' "$1"
}

test_that 'every example is told of in the README, and runs here' '
	for e in $(ls "$examples" | grep -v README); do
		grep -q -w "$e" "$examples/README.md" || { echo "README.md: no $e"; exit 1; }
		test "$e" = score.c || grep -q -E "^(example $e|test_that .$e)" "$TOP/t/t5160-examples.sh" || { echo "no test of $e"; exit 1; }
	done
'

test_that 'examples are sound sh' '
	for e in $(ls "$examples" | grep -v -e README -e "\.c$"); do sh -n "$examples/$e"; done
'

example any-scorer awk true '
	"$examples/any-scorer" shop.csv >got
	auc_within got 0.53 0.57
	test "$(wc -l <scores.tsv)" = 3000
	grep "^auc_p" got'

example liblinear liblinear-tools 'command -v liblinear-train' '
	"$examples/liblinear" shop.csv >got
	auc_within got 0.54 0.60
	test "$(cut -f 1 scores.tsv | sort -u | tr "\n" " ")" = "0 1 "
	test "$(wc -l <scores.tsv)" = 300'

example lightgbm lightgbm '"$PYTHON" -c "import lightgbm"' '
	"$examples/lightgbm" shop.csv >got
	auc_within got 0.65 0.78'

example fasttext fasttext 'command -v fasttext' '
	"$examples/fasttext" shop.csv >got
	auc_within got 0.50 0.70
	head -n 1 train.txt | grep -x "__label__[01] customer is .*"
	test "$(wc -l <scores.tsv)" = 300'

example transformers 'torch or transformers' '"$PYTHON" -c "import torch, transformers, safetensors"' '
	"$examples/transformers" shop.csv >got
	auc_within got 0.40 0.90
	test -s plm/model.safetensors
	cp-model show pretrained.cpm | grep -w bert'

example sqlite sqlite3 'command -v sqlite3' '
	"$examples/sqlite" shop.csv >got
	cat got
	awk -F , "NR > 1 { n[\$6]++; s[\$6] += \$1 } END { for (k in n) printf \"%s %d %.3f\\n\", k, n[k], s[k] / n[k] }" shop.csv | sort >expected
	diff expected got
	echo "label,a" >other.csv
	fails_with 1 "$examples/sqlite" other.csv'

example duckdb duckdb '"$PYTHON" -c "import duckdb"' '
	"$examples/duckdb" shop.csv >got
	cat got
	awk -F , "NR > 1 { n[\$6]++; s[\$6] += \$1 } END { for (k in n) printf \"%s %d %.3f\\n\", k, n[k], s[k] / n[k] }" shop.csv | sort >expected
	diff expected got'

example parallel parallel 'parallel --version | grep -q "GNU parallel"' '
	"$examples/parallel" shop.csv 700
	cp-textify -q shop.csv -o whole.cps
	for f in all whole; do cp-cat -q --show $f.cps | awk "/^provenance/ { exit } length(\$NF) == 32 { print \$1, \$NF }" >$f.digests; done
	test "$(wc -l <all.digests)" -ge 9
	diff all.digests whole.digests
	test "$(cp-cat -q --count all.cps)" = 3000'

# A queue of one: sbatch runs each task of the array, srun what it is given.
fake_slurm() {
	mkdir slurm
	cat >slurm/sbatch <<'END'
#!/bin/sh
# sbatch SCRIPT ARGUMENT...: the array that the script asks for, one task after the other
array=$(sed -n 's/^#SBATCH --array=//p' "$1")
cpus=$(sed -n 's/^#SBATCH --cpus-per-task=//p' "$1")
for id in $(seq "${array%-*}" "${array#*-}"); do
	SLURM_ARRAY_TASK_ID=$id SLURM_CPUS_PER_TASK=${cpus:+1} sh "$@" || exit
done
END
	printf '#!/bin/sh\necho "$@" >>srun.log\nexec "$@"\n' >slurm/srun
	chmod +x slurm/*
}

test_that 'slurm-array.sh' '
	fake_slurm
	PATH=$TRASH/slurm:$PATH
	head -n 400 shop.csv | cp-featurize -q | cp-split -q --by time -o small
	grep "^#SBATCH --array=1-5$" "$examples/slurm-array.sh"
	sed "s/--array=1-5/--array=1-3/" "$examples/slurm-array.sh" >array.sh
	sbatch array.sh small lr
	test "$(ls runs/lr-*/ctr.auc | wc -l)" = 3
	test "$(wc -l <srun.log)" = 6
	sbatch array.sh small lr
	cp-ledger -q --ledger runs/ledger.db merge runs/lr-*/ledger.db
	test "$(cp-ledger -q --ledger runs/ledger.db best --over-seeds --split test | sed -n 2p | cut -f 4)" = 3
'

test_done
