#!/bin/sh
# Rows that count more than others: weights of a column, beside their mean over the training rows.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

# weigh EXPRESSION: rows on standard input with a column of weights, of w = EXPRESSION of the row's number n
weigh() { awk -F, "NR == 1 { print \$0 \",weight\" } NR > 1 { n = NR - 1; print \$0 \",\" ($1) }"; }
rows_csv 300 42 >rows.csv
rows_csv 100 43 >valid.csv
cp-featurize -q rows.csv -o plain.cps
cp-featurize -q valid.csv -o valid.cps
for w in 7 'n % 3' 'n % 3 != 0' 'n % 2 ? 1e6 : 3e6' 0; do weigh "$w" <rows.csv | cp-featurize -q -o "$(echo "$w" | tr -dc 'a-z0-9').cps"; done

# What a model says of the validation rows.
scores() { cp-predict -q --no-ledger -m "$1" valid.cps | cut -f2; }
# A step is all rows, so that it does not matter how they lie in batches; plain descent shows the size of a gradient.
STEP='--model dnn --batch 1000 --optimizer sgd --lr 0.5 --schedule constant --epochs 5 --precision f32 --vocab-from plain.cps'
whole() { cp-train -q --threads 1 --no-ledger --stage ctr --set dim=8 --set hidden=16,16 $STEP "$@"; }
# Two models that say the same of the validation rows, but for rounding.
alike() {
	scores "$1" >scores.1
	scores "$2" >scores.2
	paste scores.1 scores.2 | awk '
		{ d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d }
		END { print "differ by at most", most; exit !(NR == 100 && most < 2e-6) }'
}

test_that 'rows that weigh the same are rows without weights, to the bit' '
	ctr --no-ledger --epochs 2 --train plain.cps -o plain.cpm
	ctr --no-ledger --epochs 2 --train 7.cps -o sevens.cpm
	scores plain.cpm >want
	scores sevens.cpm | cmp - want
	ctr --no-ledger --epochs 2 --train n3.cps -o thirds.cpm
	! scores thirds.cpm | cmp -s - want
'

test_that 'a row of weight 2 is that row twice, one of weight 0 none; the scale of weights says nothing' '
	awk -F, "NR == 1 || (NR - 1) % 3 >= 1; NR > 1 && (NR - 1) % 3 == 2" rows.csv | cp-featurize -q -o twice.cps
	whole --train n3.cps -o weighted.cpm
	whole --train twice.cps -o twice.cpm
	alike weighted.cpm twice.cpm
	awk -F, "NR == 1 || (NR - 1) % 3" rows.csv | cp-featurize -q -o fewer.cps
	whole --train n30.cps -o zeros.cpm
	whole --train fewer.cps -o fewer.cpm
	alike zeros.cpm fewer.cpm
	weigh "n % 2 ? 1 : 3" <rows.csv | cp-featurize -q -o small.cps
	whole --train n21e63e6.cps -o large.cpm
	whole --train small.cps -o small.cpm
	alike large.cpm small.cpm
	whole --train plain.cps -o plain.cpm
	! alike large.cpm plain.cpm
'

test_that 'by threads, from files and resumed: the same bytes' '
	rows_csv 60000 7 | weigh "1 + n % 5" | cp-featurize -q -o many.cps
	OPT="--no-ledger --stage ctr $SMALL --epochs 1 --train many.cps"
	cp-train -q --threads 1 $OPT --memory 1 -o one.cpm
	cp-train -q --threads 3 $OPT --memory 1 -o three.cpm
	same one.cpm three.cpm
	cp-train -q --threads 1 $OPT --memory 1 --checkpoint 0 -o stopped.cpm &
	pid=$!
	until_saved stopped.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	cp-train -q --threads 2 $OPT --memory 1 --resume -o stopped.cpm
	same one.cpm stopped.cpm
	cp-train --no-ledger --stage ctr $SMALL --epochs 1 --memory 1 --train many.cps -o /dev/null 2>log
	grep "kept in temporary files" log
	cp-cat -q --drop weight many.cps -o bare.cps
	cp-train -q --threads 1 --no-ledger --stage ctr $SMALL --epochs 1 --memory 1 --train bare.cps -o bare.cpm
	scores one.cpm >a
	! scores bare.cpm | cmp -s - a
'

test_that 'with a language model too; where clicks are not learnt they say nothing' '
	cp-textify -q rows.csv | cp-mask -q -o words.cps
	weigh "n % 3" <rows.csv | cp-textify -q | cp-mask -q -o heavy.cps
	pretrain --no-ledger --epochs 1 --train words.cps -o pre.cpm
	cp-train --threads 1 --stage pretrain $SMALL $TINY --no-ledger --epochs 1 --train heavy.cps -o heavy.cpm 2>log
	grep "weights, which this stage does not use" log
	same_tensor pre.cpm heavy.cpm embedding
	for way in --with-plm --without-plm; do
		finetune --no-ledger $way --epochs 1 --init pre.cpm --train words.cps -o a$way.cpm
		finetune --no-ledger $way --epochs 1 --init pre.cpm --train heavy.cps -o b$way.cpm
		other_tensor a$way.cpm b$way.cpm embedding
	done
'

test_that 'weights that are none, of some files alone, or all 0' '
	fails_with 1 cp-train --no-ledger --stage ctr $SMALL --train 7.cps --train plain.cps -o x.cpm
	grep "plain.cps: its rows have no weights, those before have some" fails_with.err
	fails_with 1 cp-train --no-ledger --stage ctr $SMALL --train plain.cps --train 7.cps -o x.cpm
	grep "7.cps: its rows have weights, those before have none" fails_with.err
	fails_with 1 cp-train --no-ledger --stage ctr $SMALL --train 0.cps -o x.cpm
	grep "all rows to train on have weight 0" fails_with.err
	cp-cat -q --to tsv 7.cps | awk -F "\t" -v OFS="\t" "
		/^#/ { print; next }
		!c { for (c = 1; \$c !~ /^weight/; ) c++; print; next }
		++n == 5 { \$c = -1 }
		{ print }" | cp-cat -q --from tsv --edited -o bad.cps
	fails_with 1 cp-train --no-ledger --stage ctr $SMALL --train bad.cps -o x.cpm
	grep "bad.cps: row 4: weight -1; expected 0 or more" fails_with.err
	test ! -e x.cpm
'
test_done
