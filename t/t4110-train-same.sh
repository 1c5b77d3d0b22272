#!/bin/sh
# What a training gives follows from rows, options and seed: not from threads, from how the rows came, or from the day.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'

test_that 'same seed, same bytes; another seed, other bytes' '
	ctr --train train.cps --valid valid.cps -o a.cpm
	ctr --train train.cps --valid valid.cps -o b.cpm
	same a.cpm b.cpm
	ctr --train train.cps --valid valid.cps --seed 2 -o c.cpm
	other_tensor a.cpm c.cpm embedding
	pretrain --train train.cps -o pre.cpm
	pretrain --train train.cps -o pre2.cpm
	same pre.cpm pre2.cpm
	pretrain --train train.cps --seed 2 -o pre3.cpm
	other_tensor pre.cpm pre3.cpm embedding
'

for n in 2 3; do
	test_that "$n threads, the same bytes as 1, in every stage" "
		ctr --set dropout=0.1 --train train.cps --epochs 1 --batch 200 -o one.cpm
		ctr --set dropout=0.1 --train train.cps --epochs 1 --batch 200 --threads $n -o many.cpm
		same one.cpm many.cpm
		ctr --set batch_norm=1 --train train.cps --epochs 1 --batch 200 -o one.cpm
		ctr --set batch_norm=1 --train train.cps --epochs 1 --batch 200 --threads $n -o many.cpm
		same one.cpm many.cpm
		pretrain --train train.cps --epochs 1 --batch 200 -o one.cpm
		pretrain --train train.cps --epochs 1 --batch 200 --threads $n -o many.cpm
		same one.cpm many.cpm
		finetune --init pre.cpm --train train.cps --valid valid.cps --epochs 1 --batch 200 -o one.cpm
		finetune --init pre.cpm --train train.cps --valid valid.cps --epochs 1 --batch 200 --threads $n -o many.cpm
		same one.cpm many.cpm
		finetune --with-plm --init pre.cpm --train train.cps --valid valid.cps --epochs 1 --batch 200 -o one.cpm
		finetune --with-plm --init pre.cpm --train train.cps --valid valid.cps --epochs 1 --batch 200 --threads $n -o many.cpm
		same one.cpm many.cpm
	"
done

test_that 'rows from a pipe, several epochs: the same as from a file' '
	cat train.cps | ctr --valid valid.cps -o b.cpm
	same a.cpm b.cpm
	ctr --train - --valid valid.cps -o b.cpm <train.cps
	same a.cpm b.cpm
	cat train.cps | pretrain -o pre2.cpm
	same pre.cpm pre2.cpm
'

test_that 'several files are what cat makes of them' '
	cp-split -q --ratio 1:1 --by order --names x,y -o part train.cps
	set -- part.*.cps
	cat "$1" "$2" | ctr --valid valid.cps -o b.cpm
	ctr --train "$1" --train "$2" --valid valid.cps -o c.cpm
	same b.cpm c.cpm
	pretrain --train "$1" --train "$2" --epochs 1 -o d.cpm
	cat "$1" "$2" | pretrain --epochs 1 -o e.cpm
	same d.cpm e.cpm
'

test_that 'several files without row numbers are what cat makes of them' '
	for k in 1 2; do
		rows_csv 300 $k | cp-featurize -q | cp-cat -q --columns label,User,Film,Genre >bare$k.cps
	done
	cat bare1.cps bare2.cps | ctr --set dropout=0.2 -o b.cpm
	ctr --set dropout=0.2 --train bare1.cps --train bare2.cps -o c.cpm
	same b.cpm c.cpm
'

test_that 'blocks and the order of columns in the stream do not matter' '
	cp-cat -q --block-rows 7 train.cps >small.cps
	ctr --train small.cps --valid valid.cps -o b.cpm
	same a.cpm b.cpm
'

test_that 'text is tokenized and masked as cp-mask does it by default' '
	rows_csv 600 42 | cp-textify -q >text.cps
	pretrain --train text.cps -o pre2.cpm
	same pre.cpm pre2.cpm
'

test_that 'the name of the model and the folder are not in it' '
	mkdir -p deep/er
	ctr --train train.cps --valid valid.cps -o deep/er/other-name.cpm
	same a.cpm deep/er/other-name.cpm
'

test_that 'without -o the model is ./STAGE.cpm, and named' '
	mkdir plain
	cd plain
	cp-train --threads 1 --stage ctr $SMALL --epochs 1 --train ../train.cps >out 2>err
	cat err
	test ! -s out
	grep "ctr\.cpm" err
	test -s ctr.cpm
	ls | grep -v -e ctr.cpm -e out -e err && exit 1
	true
'

test_that 'the last line says rows/s, and tokens/s where there are tokens; -q silences all' '
	cp-train --threads 1 --stage ctr $SMALL --epochs 1 --train train.cps -o x.cpm 2>err
	tail -n 1 err | grep -E "^cp-train [0-9.]+: 600 rows in, 0 rows out, [0-9.]+ s, [0-9.]+ MB peak, [0-9]+ rows/s$"
	cp-train --threads 1 --stage pretrain $SMALL $TINY --epochs 1 --train train.cps -o x.cpm 2>err
	tail -n 1 err | grep -E " MB peak, [0-9]+ rows/s, [0-9]+ tokens/s$"
	cp-train --threads 1 --stage finetune --with-plm --init pre.cpm --batch 64 --epochs 1 --train train.cps --test test.cps -o x.cpm 2>err
	cat err
	tail -n 1 err | grep -E "test AUC 0\.[0-9]+, log loss [0-9.]+, [0-9]+ rows/s, [0-9]+ tokens/s$"
	ctr --epochs 1 --train train.cps -o x.cpm 2>err
	test ! -s err
'

test_done
