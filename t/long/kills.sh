#!/bin/sh
# kill -9 at random moments, and --resume: every model, several optimisers, all stages, rows in memory and in files.  Not part of `make check`.
#
#     t/long/kills.sh [SECONDS [SEED]]		# 300 and 1
#
# A training is started, killed after a random part of the time it takes, started again with --resume, and so on until one lives to its
# end; its model must have the bytes of the training that was never interrupted, and nothing else may be left beside it.  Then the next kind,
# round after round until the time is over.  Prints a line a kind: its name, kills, trainings brought to their end, of them wrong.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
CP_BIN=${CP_BIN:-$here/bin}
PATH=$CP_BIN:$PATH
for_s=${1:-300} x=${2:-1}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cp-kills.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
cd "$tmp"
. "$here/t/train-lib.sh"
make_rows
rows_csv 40000 45 | cp-featurize -q >many.cps
rows_csv 600 42 | cp-textify -q --form ctrl --item-fields Film,Genre >twins.cps
pretrain --no-ledger --epochs 1 --train train.cps -o pre.cpm

# ---- the kinds: a line each, a name and the options ----

rows='--train train.cps --valid valid.cps'
size='--batch 64 --epochs 3 --lr 0.01'
options_of() {		# of a rule
	case $1 in
	sgd) echo '--optimizer sgd --momentum 0.9' ;;
	ftrl) echo '--optimizer ftrl --ftrl-l1 0.1' ;;
	*) echo "--optimizer $1" ;;
	esac
}
names=$(cp-train --help | sed -n '/^CTR models/,/^Presets/ s/^  \([a-z][a-z0-9]*\)  *.*/\1/p')
{
	for first in 0 1 2 3 4 5; do	# each model with another rule than the one before it
		turn=$first
		for model in $names; do
			set -- adamw sparse-adamw adam adagrad sgd ftrl
			shift $((turn % 6))
			turn=$((turn + 1))
			dim='--set dim=4'
			test $model = lr && dim=
			echo "$model,$1 --stage ctr --model $model $dim $(options_of $1) $size $rows --eval-every 7"
		done
	done
	echo "dcnv2,files --stage ctr --set dim=4 --set hidden=8 --set cross=1 --batch 2048 --optimizer sgd --epochs 2 --memory 1 --train many.cps --valid many.cps"
	echo "pretrain,adamw --stage pretrain $SMALL $TINY --epochs 2 $rows"
	echo "finetune,adamw --stage finetune --init pre.cpm --with-plm --batch 64 --epochs 2 $rows"
	plm='--plm scratch:layers=1,hidden=32,heads=2,positions=64'
	echo "p5,adamw --stage p5 $plm --batch 64 --epochs 2 $rows"
	echo "ptab,adamw --stage ptab $plm --batch 64 --epochs 2 $rows"
	echo "ctrl,adamw --stage ctrl $SMALL $plm --batch 300 --epochs 3 $rows"
	echo "ctr-bert,adamw --stage ctr-bert --model dnn $SMALL $plm --epochs 2 --train twins.cps --valid twins.cps"
} >kinds

# ---- one training, killed until it lives ----

now() { date +%s%N; }
TRAIN='cp-train -q --no-ledger --threads 1 --checkpoint 0'	# no function: in the background that would be a shell's process to kill

reference() {		# reference NUMBER OPTION...: its model, and how long it takes (ns)
	rf_number=$1
	shift
	rf_start=$(now)
	$TRAIN "$@" -o whole$rf_number.cpm
	echo $(($(now) - rf_start)) >time$rf_number
}

kill_and_resume() {	# kill_and_resume NUMBER OPTION...: sets kills; 1 if the end is wrong
	number=$1
	shift
	test -e time$number || reference $number "$@"
	kills=0
	rm -f m.cpm*
	while test ! -e m.cpm; do
		$TRAIN "$@" --resume -o m.cpm &
		pid=$!
		x=$(((x * 1103515245 + 12345) & 2147483647))
		sleep "$(echo "$x $(cat time$number)" | awk '{ printf "%.4f", 1.2 * $1 / 2147483648 * $2 / 1e9 }')"
		kill -9 $pid 2>/dev/null || true
		status=0
		wait $pid 2>/dev/null || status=$?
		case $status in
		0) ;;
		137) kills=$((kills + 1)) ;;
		*) echo "kind $number: exit status $status after $kills kills: $*" >&2; return 1 ;;
		esac
	done
	$TRAIN "$@" --resume -o m.cpm		# a model that was finished when the kill came: what was left is cleared away
	cmp whole$number.cpm m.cpm >&2 && test "$(echo m.cpm*)" = m.cpm
}

end=$(($(now) + for_s * 1000000000))
: >done
until test "$(now)" -gt $end; do
	number=0
	while read -r name options; do
		number=$((number + 1))
		test "$(now)" -lt $end || break
		wrong=0
		kill_and_resume $number $options </dev/null || wrong=1
		echo "$name $kills 1 $wrong" >>done
	done <kinds
done
awk '
	{ if (!($1 in n)) order[++kinds] = $1; kills[$1] += $2; n[$1] += $3; wrong[$1] += $4; k += $2; t += $3; w += $4 }
	END {
		for (i = 1; i <= kinds; i++)
			print order[i], kills[order[i]], n[order[i]], wrong[order[i]]
		printf "%d kinds: %d kills, %d trainings brought to their end, %d wrong\n", kinds, k, t, w
		exit w > 0
	}' done
