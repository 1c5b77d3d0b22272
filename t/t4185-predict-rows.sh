#!/bin/sh
# A row's score is its own: the same digits in a block of rows, alone, in another order, and with another number of threads.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows_csv 300 42 | cp-featurize -q >train.cps
rows_csv 70 43 >rows.csv

one_by_one() {		# one_by_one ARGUMENT...: a line to a process, so that each is a block of its own
	tail -n +2 rows.csv | head -n 9 | while read -r line; do
		{ head -n 1 rows.csv; echo "$line"; } | cp-predict -q --no-ledger --csv "$@" || exit 1
	done
}

for model in lr dcnv2 autoint xdeepfm fignn fgcnn ipnn deepfm; do
	test_that "$model scores a row alone as among others" "
		cp-train -q --no-ledger --stage ctr --model $model --epochs 1 --train train.cps -o $model.cpm
		cp-predict -q --no-ledger --csv --threads 1 -m $model.cpm <rows.csv >all
		cp-predict -q --no-ledger --csv --threads 3 -m $model.cpm <rows.csv | cmp - all
		one_by_one -m $model.cpm >lone
		test \$(wc -l <lone) = 9
		head -n 9 all | cmp - lone
	"
done

test_that 'so does a language model beside the CTR model' '
	make_rows
	pretrain --epochs 1 --train train.cps -o pre.cpm
	finetune --with-plm --init pre.cpm --epochs 1 --train train.cps -o plm.cpm
	cp-predict -q --no-ledger --csv -m plm.cpm <rows.csv >all
	one_by_one -m plm.cpm >lone
	head -n 9 all | cmp - lone
'

test_that 'a model with a weight that is no number is refused' '
	cp dcnv2.cpm bad.cpm
	at=$(($(wc -c <bad.cpm) - 4))
	printf "\377\377\377\177" | dd of=bad.cpm bs=1 seek=$at conv=notrunc 2>/dev/null
	fails_with 1 cp-predict --no-ledger --csv -m bad.cpm <rows.csv
	grep "not finite" fails_with.err
'
test_done
