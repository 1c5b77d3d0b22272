#!/bin/sh
# Optimisers, penalties, clipping, schedules and evaluation: each learns, depends on no thread, and goes on after a kill to the same bytes.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows_csv 600 42 | cp-featurize -q >train.cps && rows_csv 200 43 | cp-featurize -q --first-row 600 >valid.cps || skip_all 'the rows could not be made'
S='--set dim=4 --set hidden=8,8'
NO='-o no.cpm'
train() { cp-train -q --threads 1 --stage ctr --batch 50 --train train.cps --valid valid.cps "$@"; }
loud() { cp-train --threads 1 --stage ctr --batch 50 --train train.cps --valid valid.cps "$@" 2>err; }
auc_of() { cp-predict -q -m "$1" "$2" | cp-auc -q --json | sed -n 's/.*"auc": *\([0-9.]*\).*/\1/p'; }
above() { echo "$1 > $2"; awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }

# goes_on NAME OPTION...: killed once a state is there, taken up with two threads, it gives what unbroken training with one gives
goes_on() {
	train $S --epochs 6 --set dropout=0.1 "$@" -o whole.cpm || return 1
	rm -f cut.cpm*
	cp-train -q --threads 1 --stage ctr --batch 50 --train train.cps --valid valid.cps $S --epochs 6 --set dropout=0.1 "$@" --checkpoint 0 -o cut.cpm &
	go_pid=$!
	until_saved cut.cpm.state $go_pid || return 1
	kill -9 $go_pid 2>/dev/null || true
	wait $go_pid 2>/dev/null || true
	test -e cut.cpm.state || echo 'it had ended before'
	train $S --epochs 6 --set dropout=0.1 "$@" --threads 2 --resume -o cut.cpm || return 1
	same whole.cpm cut.cpm
}

# late OPTION...: taken up from the last state that could be copied while it ran
late() {
	rm -f late.cpm* last.state
	cp-train -q --threads 1 --stage ctr --batch 50 --train train.cps --valid valid.cps $S "$@" --checkpoint 0 -o late.cpm &
	late_pid=$!
	while kill -0 $late_pid 2>/dev/null; do
		cp late.cpm.state last.new 2>/dev/null && mv last.new last.state || true
	done
	wait $late_pid || return 1
	train $S "$@" -o whole.cpm || return 1
	same whole.cpm late.cpm || return 1
	rm late.cpm
	cp last.state late.cpm.state || return 1
	cp-train --threads 2 --stage ctr --batch 50 --train train.cps --valid valid.cps $S "$@" --resume -o late.cpm 2>err || return 1
	grep 'going on from step' err || return 1
	same whole.cpm late.cpm
}

for rule in 'adam' 'sparse-adamw' 'adagrad' 'sgd --momentum 0.9' 'ftrl --ftrl-l1 0.01 --ftrl-l2 0.01'; do
	export rule
	name=${rule%% *}
	case $name in adam | sparse-adamw) lr=0.02 ;; adagrad) lr=0.1 ;; sgd) lr=0.5 ;; ftrl) lr=0.5 ;; esac
	case $name in sparse-adamw) more='--weight-decay 0' ;; *) more= ;; esac
	case $name in ftrl) schedule= ;; *) schedule='--schedule cosine' ;; esac
	export name lr more schedule
	test_that "$name: learns" '
		train --model lr --epochs 20 --lr $lr $more --optimizer $rule -o learnt.cpm
		above "$(auc_of learnt.cpm train.cps)" 0.65
		says learnt.cpm "\"optimizer\":\"$name\""
	'
	test_that "$name: killed and taken up again with another number of threads, the same bytes" '
		goes_on --lr 0.02 $schedule --clip 1 --embedding-l2 0.001 --net-l2 0.0001 --optimizer $rule
	'
	test_that "$name: another optimizer is another training" '
		fails_with 1 train $S --epochs 6 --set dropout=0.1 --lr 0.02 $schedule --weight-decay 0 --clip 1 --embedding-l2 0.001 --net-l2 0.0001 \
			--optimizer adamw --resume -o whole.cpm
		grep "another " fails_with.err
	'
done

test_that 'ftrl: what a model gave stays where it stood until a gradient moves it, whoever trained it' '
	one="--threads 1 --stage finetune --batch 50 --train valid.cps --epochs 1 --optimizer ftrl"
	train --model lr --epochs 5 --lr 0.5 --optimizer ftrl -o f0.cpm
	train --model lr --epochs 5 --lr 0.02 --optimizer adam -o a0.cpm
	train $S --epochs 5 --lr 0.02 --optimizer adam -o d0.cpm
	train $S --dim-of User=3 --epochs 5 --lr 0.02 --optimizer adam -o w0.cpm
	for m in f0 a0 d0 w0; do
		for more in "--threads 1" "--threads 3" "--ftrl-l1 0.01 --ftrl-l2 0.01" "--embedding-l2 0.001"; do
			cp-train -q $one --lr 1e-9 $more --init $m.cpm -o f1.cpm
			scores_stay $m.cpm f1.cpm valid.cps
		done
		cp-train -q $one --lr 0.1 --init $m.cpm -o f1.cpm
		if scores_stay $m.cpm f1.cpm valid.cps; then exit 1; fi
	done
'
test_that 'ftrl: a step on one row takes little of what was learnt' '
	cp-cat -q -n 1 train.cps >row.cps
	cp-train -q --threads 1 --stage finetune --train row.cps --epochs 1 --lr 0.01 --optimizer ftrl --init f0.cpm -o f1.cpm
	for m in f0 f1; do tensor $m.cpm lr.bias | od -An -v -t f4 -w4; done >both
	cat both
	awk "{ x[NR] = \$1 } END { d = x[1] - x[2]; exit !(x[1] ^ 2 > 0.01 && d != 0 && d * d < 1e-3) }" both
'
test_that 'ftrl: going on from a model, killed and taken up again' '
	train $S --set dropout=0.1 --epochs 2 -o d0.cpm
	goes_on --stage finetune --init d0.cpm --lr 0.02 --optimizer ftrl
'

test_that 'adamw is the default' '
	train $S -o a.cpm
	train $S --optimizer adamw -o b.cpm
	same a.cpm b.cpm
	says_not a.cpm optimizer
'

test_that 'adam is adamw without decay' '
	train $S --weight-decay 0 -o a.cpm
	train $S --optimizer adam -o b.cpm
	same_tensor a.cpm b.cpm embedding
	same_tensor a.cpm b.cpm mlp.0.weight
'

test_that 'sparse-adamw leaves rows alone that no row of the batch names; adamw decays them' '
	rows_csv 300 9 | sed "s/,u/,new-u/" | cp-featurize -q --first-row 5000 >other.cps
	opts="--vocab-from other.cps --schedule constant --lr 0.1"
	train $S $opts --epochs 1 --lr 0 -o start.cpm
	train $S $opts --epochs 1 --optimizer sparse-adamw -o sparse.cpm
	train $S $opts --epochs 1 -o dense.cpm
	tensor start.cpm vocab.User.counts | od -An -v -t u8 -w8 | awk "\$1 == 0 { print NR }" >never
	test "$(wc -l <never)" -eq 20
	for m in start sparse dense; do
		tensor $m.cpm embedding | od -An -v -t x4 -w16 | tail -n +2 | awk "NR == FNR { never[\$1]; next } FNR in never" never - >$m.never
	done
	cmp start.never sparse.never
	cmp -s start.never dense.never && exit 1
	other_tensor start.cpm sparse.cpm embedding
'

test_that '--embedding-l2 is on the tables, --net-l2 on all else' '
	one="--optimizer sgd --epochs 1 --batch 600 --schedule constant --lr 0.1"
	train $S $one -o a.cpm
	train $S $one --embedding-l2 0.5 -o e.cpm
	train $S $one --net-l2 0.5 -o n.cpm
	other_tensor a.cpm e.cpm embedding
	same_tensor a.cpm e.cpm mlp.0.weight
	same_tensor a.cpm n.cpm embedding
	other_tensor a.cpm n.cpm mlp.0.weight
	train --model lr $one -o a.cpm
	train --model lr $one --embedding-l2 0.5 -o e.cpm
	train --model lr $one --lr 0 -o s.cpm
	for m in a e s; do tensor $m.cpm lr.weight | od -An -v -t f4 -w4 >$m.numbers; done
	paste a.numbers e.numbers s.numbers | awk "{ d = \$1 - 0.1 * 0.5 * \$3 - \$2; if (d * d > 1e-14) exit 1 }"
'

test_that '--clip: a bound that is never reached changes nothing, one that is does, and steps are no longer than it' '
	one="--optimizer sgd --epochs 1 --batch 600 --schedule constant --lr 1"
	train $S $one --clip 1e9 -o a.cpm
	train $S $one -o b.cpm
	same_tensor a.cpm b.cpm embedding
	train $S $one --clip 0.001 -o c.cpm
	train $S $one --lr 0 -o s.cpm
	for t in embedding cross.0.weight out.weight; do
		for m in c s; do tensor $m.cpm $t | od -An -v -t f4 -w4; done >both
		awk "{ x[NR] = \$1 } END { for (i = 1; i <= NR / 2; i++) n += (x[i] - x[NR / 2 + i]) ^ 2; print sqrt(n); exit sqrt(n) > 0.001001 }" both
	done
	other_tensor c.cpm s.cpm embedding
'

test_that '--eval-every: evaluated each so many steps and at the end, and the best of them is kept' '
	loud $S --epochs 2 --eval-every 5 -o e.cpm
	cat err
	test "$(grep -c "validation AUC" err)" -eq 5
	grep "epoch 1/2, step 5/24: loss .* validation AUC" err
	grep "epoch 1/2: loss [0-9.]*$" err
	grep "epoch 2/2: loss .* validation AUC" err
	best=$(grep "(best)" err | tail -n 1 | sed "s/.*validation AUC \([0-9.]*\).*/\1/")
	auc=$(auc_of e.cpm valid.cps)
	echo "$best $auc"
	awk -v a="$best" -v b="$auc" "BEGIN { exit !((a - b) ^ 2 < 1e-9) }"
'
test_that '--eval-every: killed and taken up again' 'goes_on --eval-every 7 --patience 3 --lr 0.05 --weight-decay 0'
test_that '--eval-every: taken up near its end' 'late --epochs 20 --eval-every 7 --lr 0.05 --weight-decay 0'
test_that '--patience counts evaluations, and stops within an epoch' '
	loud $S --epochs 30 --lr 0.1 --weight-decay 0 --eval-every 5 --patience 2 -o p.cpm
	cat err
	n=$(grep -c "validation AUC" err)
	test "$n" -lt 72
	test "$(grep "validation AUC" err | tail -n 2 | grep -c "(best)")" -eq 0
	test "$(grep "validation AUC" err | tail -n 3 | head -n 1 | grep -c "(best)")" -eq 1
'
test_that '--monitor logloss: the best is the one of the smallest log loss' '
	loud $S --epochs 30 --lr 0.05 --weight-decay 0 --monitor logloss -o m.cpm
	grep "log loss" err | grep epoch | sed "s/.*log loss \([0-9.]*\).*/\1/" | sort -g | head -n 1 >least
	grep "(best)" err | tail -n 1 | sed "s/.*log loss \([0-9.]*\).*/\1/" >kept
	cmp least kept
	loud $S --epochs 30 --lr 0.05 --weight-decay 0 -o m.cpm
	grep "validation AUC" err | sed "s/.*validation AUC \([0-9.]*\).*/\1/" | sort -g | tail -n 1 >most
	grep "(best)" err | tail -n 1 | sed "s/.*validation AUC \([0-9.]*\).*/\1/" >kept
	cmp most kept
'
test_that '--schedule plateau: the rate falls to a tenth after an evaluation that is no better, and not before' '
	loud $S --epochs 8 --lr 0.1 --weight-decay 0 --schedule constant -o c.cpm
	sed -n "s/: loss.*log loss [0-9.]*\(.*\)/\1/p" err >c.best
	loud $S --epochs 8 --lr 0.1 --weight-decay 0 --schedule plateau -o p.cpm
	cat c.best err
	bad=$(grep -n -v "(best)" c.best | grep epoch | head -n 1 | cut -d: -f1)
	test "$bad" -lt 8
	for m in constant plateau; do
		cp-train --threads 1 --stage ctr --batch 50 --train train.cps --valid valid.cps $S --epochs 8 --lr 0.1 --weight-decay 0 --schedule $m -o x.cpm 2>&1 |
			grep "epoch" >$m.lines
	done
	head -n $bad constant.lines >a
	head -n $bad plateau.lines >b
	cmp a b
	cmp -s constant.lines plateau.lines && exit 1
	true
'
test_that '--schedule plateau: killed and taken up again' 'goes_on --schedule plateau --lr 0.1 --weight-decay 0'
test_that '--schedule plateau: taken up after the rate fell' 'late --epochs 20 --schedule plateau --lr 0.1 --weight-decay 0 --eval-every 5'

test_that 'what does not go together is wrong usage' '
	for rule in adam adagrad sgd ftrl; do
		refused 2 "optimizer $rule has no weight decay" train --optimizer $rule --weight-decay 0.1 $NO
	done
	refused 2 "momentum belongs to --optimizer sgd" train --momentum 0.9 $NO
	refused 2 "belong to --optimizer ftrl" train --ftrl-l1 1 $NO
	refused 2 "ftrl lowers the rate of each value by itself" train --optimizer ftrl --schedule linear $NO
	refused 2 "ftrl lowers the rate" train --optimizer ftrl --warmup 0.1 $NO
	refused 2 "divides by --lr" train --optimizer ftrl --lr 0 $NO
	refused 2 "plateau needs --valid" cp-train --stage ctr --train train.cps --schedule plateau $NO
	refused 2 "monitor is for clicks" cp-train --stage pretrain --train train.cps --monitor logloss $NO
	refused 2 "optimizer" train --optimizer nosuch $NO
	refused 2 "clip" train --clip -1 $NO
'
test_that 'lr by its defaults: near its optimum, whatever the seed' '
	awk "BEGIN { srand(1); print \"label,a,b\"; for (k = 0; k < 20000; k++) { a = int(3 * rand()); b = int(2 * rand()); print (rand() < 1 / (1 + exp(2 - (a == 0) - .5 * (b == 0)))) \",x\" a \",y\" b } }" |
		cp-featurize -q >two.cps
	loss() { cp-predict -q --no-ledger -m $1 two.cps | cp-auc -q --no-ledger | sed -n "s/^logloss.//p"; }
	cp-train -q --no-ledger --threads 1 --stage ctr --model lr --weight-decay 0 --lr 1e-2 --epochs 30 --train two.cps -o best.cpm
	for seed in 1 2 3; do
		cp-train -q --no-ledger --threads 1 --stage ctr --model lr --seed $seed --train two.cps -o seed.cpm
		echo "$(loss seed.cpm) $(loss best.cpm)"
		above "$(loss best.cpm)" "$(loss seed.cpm | awk "{ print \$1 - .0005 }")"
	done
'

test_that 'lr starts at the log-odds of a click, whatever the seed' '
	for more in "--seed 1" "--seed 2" "--seed 3 --hash-bits 8"; do
		cp-train -q --no-ledger --threads 1 --stage ctr --model lr --lr 0 --epochs 1 $more --train two.cps -o start.cpm
		test "$(cp-predict -q --no-ledger --score-only -m start.cpm two.cps | sort -u | wc -l)" = 1
		test "$(cp-predict -q --no-ledger -m start.cpm two.cps | cp-auc -q --no-ledger | sed -n "s/^calibration.//p")" = 1.000000
	done
'

test_that 'lr and fm by their defaults: clicks that are few are so in the scores, by weight as well' '
	awk "BEGIN { srand(2); print \"label,weight,a,b\"; for (k = 0; k < 40000; k++) { a = int(50 * rand()); y = rand() < .004 * (1 + a % 3); print y \",\" (y ? 1 : 20) \",x\" a \",y\" k % 7 } }" >few.csv
	cut -d , -f 1,3,4 few.csv | cp-featurize -q >few.cps
	cp-featurize -q --weight weight few.csv >weighed.cps
	for model in "lr" "fm" "lr --optimizer ftrl --lr 0.1"; do
		cp-train -q --no-ledger --threads 1 --stage ctr --model $model --train few.cps -o few.cpm
		cp-predict -q --no-ledger -m few.cpm few.cps | cp-auc -q --no-ledger >figures
		cat figures
		awk "\$1 == \"calibration\" { c = \$2 } \$1 == \"auc\" { a = \$2 } END { exit !(c > .9 && c < 1.1 && a > .58) }" figures
		cp-train -q --no-ledger --threads 1 --stage ctr --model $model --train weighed.cps -o few.cpm
		mean=$(cp-predict -q --no-ledger --score-only -m few.cpm few.cps | awk "{ s += \$1 } END { print s / NR }")
		want=$(awk -F , "NR > 1 { w += \$2; y += \$1 * \$2 } END { print y / w }" few.csv)
		echo "$mean $want"
		awk -v m=$mean -v w=$want "BEGIN { exit !(m > .7 * w && m < 1.4 * w) }"
	done
'

test_done
