#!/bin/sh
# What cp-train says of numbers that are too large and of a loss that rises, and that it is quiet where nothing is wrong.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows() { awk 'BEGIN { print "label,user,price"; for (i = 0; i < 400; i++) printf "%d,u%d,%d\n", i * 7 % 5 < 2, i % 9, i * i % 50000 - 20 }'; }
rows | cp-featurize -q -f 'price: number' >wide.cps || skip_all 'the rows could not be made'
rows | cp-featurize -q -f 'price: log' >log.cps

train() { cp-train --no-ledger --threads 1 --stage ctr --model dnn --set dim=4 --set hidden=8 --batch 20 --weight-decay 0 -o m.cpm "$@" 2>log || { cat log; return 1; }; cat log; }

test_that 'a field of large numbers is named, with its range and what to do' '
	train --train wide.cps --epochs 1 --lr 1e-5
	grep "field .price. has numbers from -20 to 49[0-9]*, .*declare it .standard., .log. or .buckets 10. (cp-featurize --learn)" log
'

test_that 'from 10 on; of standard numbers that reach that it is not said to make them standard' '
	rows | cp-featurize -q -f "price: standard 0 5000" >near.cps
	train --train near.cps --epochs 1
	! grep "has numbers" log || exit 1
	rows | cp-featurize -q -f "price: standard 0 4000" >far.cps
	train --train far.cps --epochs 1
	grep "field .price. has numbers from -0.005 to 12[0-9.]*, .*: declare it .log. or .buckets 10. (cp-featurize --learn)" log
	rows >rows.csv
	cp-featurize -q --learn -f "price: standard" rows.csv >learnt.fields
	cp-featurize -q --declare learnt.fields rows.csv >learnt.cps
	train --train learnt.cps --epochs 1
	! grep "has numbers" log
'

test_that 'its logarithm is not' '
	train --train log.cps --epochs 2
	! grep "has numbers" log || exit 1
	! grep "is above that of" log
'

test_that 'few clicks, few rows and few steps: a loss that falls as it should is not told of' '
	awk "BEGIN { print \"label,user\"; for (i = 0; i < 300; i++) printf \"%d,u%d\n\", i % 50 == 0, i % 9 }" | cp-featurize -q >few.cps
	train --train few.cps --epochs 3
	! grep "is above that of" log
'

test_that 'labels of one kind alone are told of' '
	for y in 0 1; do
		awk -v y=$y "BEGIN { print \"label,user\"; for (i = 0; i < 300; i++) printf \"%d,u%d\n\", i && y, i % 9 }" >some.csv
		sed "2d" some.csv | cp-featurize -q >all.cps
		train --train all.cps --epochs 1
		grep "every label of the training rows is $y: there is nothing to learn from them" log
	done
	cp-featurize -q some.csv >one.cps
	train --train one.cps --epochs 1
	! grep "every label" log
'

test_that 'a first epoch that is worse than where it started' '
	train --train wide.cps --epochs 1 --lr 0.1
	grep "the loss of epoch 1, [0-9.e+]*, is above that of where it starts, 0.6931: .*--field" log
'

test_that 'an epoch that is worse than the one before' '
	train --train log.cps --epochs 3 --lr 1e-6 --schedule constant --warmup 0
	! grep "is above that of" log || exit 1
	cp-train --no-ledger --threads 1 --stage ctr --model lr --optimizer sgd --lr 2 --warmup 1 --epochs 3 --batch 20 --train log.cps -o m.cpm 2>log
	cat log
	grep "the loss of epoch 2, [0-9.]*, is above that of the epoch before, [0-9.]*: if it goes on, training diverges" log
'

test_that 'a model that is worse than one score for all rows' '
	awk "BEGIN { print \"label,user\"; for (i = 0; i < 2000; i++) printf \"%d,u%d\n\", i % 50 == 0, i % 9 }" | cp-featurize -q >rare.cps
	train --train rare.cps --epochs 2 --lr 1e-5
	grep "worse than one score for all rows, 0.02: the last epoch had loss 0.[0-9]*, with that score 0.098" log
	train --train rare.cps --valid rare.cps --epochs 1 --lr 1e-5
	grep "worse than one score for all rows, 0.02: the validation rows have log loss 0.[0-9]*, with that score 0.098" log
	train --train rare.cps --epochs 1 --lr 1e-5
	! grep "worse than" log || exit 1
	cp-train --no-ledger --threads 1 --stage ctr --model lr --epochs 1 --train rare.cps --valid rare.cps -o m.cpm 2>log
	! grep "worse than" log
'

test_that 'options about something that is not there are told of, and change nothing' '
	train --train log.cps --epochs 1
	mv m.cpm without.cpm
	for option in "--prompts 2" "--plm-lr 0.1" "--plm-weight-decay 0.1" "--max-length 9" "--prompt-where input" "--prompt-mlp separate" --no-shift \
		"--decoder own" --static --full-vocab "--patience 2" "--eval-every 5" "--monitor logloss"; do
		train --train log.cps --epochs 1 $option
		grep "cp-train: ${option%% *} does nothing: --stage ctr has no " log
		cmp m.cpm without.cpm || cp-model compare -q m.cpm without.cpm >differs || ! grep -v "^configuration" differs
	done
	rows | cp-textify -q -o text.cps
	PLM="--plm scratch:layers=1,hidden=8,heads=2,ffn=8,positions=64 --set dim=4 --set hidden=8 --batch 60"
	train --stage pretrain $PLM --prompts 2 --epochs 1 --train text.cps
	mv m.cpm pre.cpm
	train --stage finetune --init pre.cpm --epochs 1 --train text.cps --prompts 2 --plm-lr 0.1 --static
	test "$(grep -c "does nothing" log)" = 2
	grep "plm-lr does nothing: --stage finetune without --with-plm has no language model" log
	train --stage pretrain $PLM --prompts 0 --prompt-where input --epochs 1 --train text.cps
	grep "prompt-where does nothing: --stage pretrain has no prompts by --prompts 0" log
	train --stage pretrain $PLM --prompts 2 --prompt-where input --epochs 1 --train text.cps
	mv m.cpm input.cpm
	for option in no-shift "prompt-mlp separate"; do
		train --stage pretrain $PLM --prompts 2 --prompt-where input --$option --epochs 1 --train text.cps
		cmp m.cpm input.cpm
		grep "cp-train: --${option%% *} does nothing: --stage pretrain has no prompts in its layers by --prompt-where input" log
	done
	train --preset ml-1m --train log.cps --epochs 1
	! grep "does nothing" log
'

test_that 'with -q nothing is said' '
	train -q --train wide.cps --epochs 1 --lr 0.1
	test ! -s log
'

test_done
