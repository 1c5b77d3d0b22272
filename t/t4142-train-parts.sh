#!/bin/sh
# A batch computed in parts: the step is that of the whole batch within rounding, whoever loses by what; and the same bytes by threads and resumed.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
cp-cat -q -n 200 train.cps >few.cps
pretrain --epochs 1 --train few.cps -o pre.cpm

# near A B: the tensors differ by rounding; plain gradient descent, so that a gradient of another size shows
near() {
	cp-model compare -q "$1" "$2" >differs || true
	cat differs
	grep -q '^configuration.*micro-batch' differs
	awk -F '\t' '$1 == "tensor" { n++; split($NF, r, " "); far += r[1] != "relative" || r[2] > 1e-5 } END { exit !n || far }' differs
}

OPTIONS='--batch 70 --precision f32 --epochs 2 --lr 0.05 --optimizer sgd --momentum 0.9 --schedule constant --train few.cps'
for stage in "ctr $SMALL" "pretrain --plm-lr 0.05 $SMALL $TINY" 'finetune --init pre.cpm' 'finetune --with-plm --plm-lr 0.05 --init pre.cpm' \
	'p5 --plm-lr 0.05 --plm scratch:layers=1,hidden=32,heads=2,positions=64'; do
	export stage OPTIONS
	test_that "$stage" '
		cp-train -q --stage $stage $OPTIONS -o whole.cpm
		cp-train -q --stage $stage $OPTIONS --micro-batch 20 -o parts.cpm
		near whole.cpm parts.cpm
		cp-train -q --stage $stage $OPTIONS --micro-batch 1 -o ones.cpm
		near whole.cpm ones.cpm
		cp-train -q --threads 1 --stage $stage $OPTIONS --micro-batch 20 -o one.cpm
		cp-train -q --threads 3 --stage $stage $OPTIONS --micro-batch 20 -o three.cpm
		same parts.cpm one.cpm
		same parts.cpm three.cpm
		cp-train -q --stage $stage $OPTIONS --micro-batch 70 -o all.cpm
		same_tensor whole.cpm all.cpm "$(header all.cpm | grep -oE "\"(embedding|plm.shared.weight)\"" | head -n 1 | tr -d "\"")"
	'
done

test_that 'of a part in which nothing was masked the others'\'' words are the batch'\''s' '
	rows_csv 90 42 | cp-textify -q | cp-mask -q --rate 0.01 >rare.cps
	cp-cat -q --to tsv --bare -c mask rare.cps | grep -c "^$" >none
	test $(cat none) -gt 10
	for m in 0 1; do
		cp-train -q --stage pretrain $SMALL $TINY --batch 45 --precision f32 --epochs 2 --lr 0.05 --optimizer sgd --micro-batch $m --train rare.cps -o rare$m.cpm
	done
	near rare0.cpm rare1.cpm
'

test_that 'stopped within an epoch and resumed: the same bytes' '
	P="--stage pretrain $SMALL $TINY --micro-batch 9 --epochs 4 --train train.cps --valid valid.cps"
	cp-train -q $P -o whole.cpm
	cp-train -q --threads 1 $P --checkpoint 0 -o stopped.cpm &
	pid=$!
	until_saved stopped.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	test ! -e stopped.cpm
	cp-train -q --threads 2 $P --resume -o stopped.cpm
	same whole.cpm stopped.cpm
'

test_that 'BatchNorm has no parts' '
	refused 1 "micro-batch: this model has BatchNorm, which sees the whole batch" \
		cp-train --stage ctr $SMALL --set batch_norm=1 --micro-batch 8 --train train.cps -o no.cpm
	refused 1 "micro-batch: this model has BatchNorm" cp-train --stage ctr --model fgcnn --micro-batch 8 --train train.cps -o no.cpm
'
test_that 'BatchNorm of one row, which would be 0 whatever the row is, is refused' '
	cp-cat -q -n 1 train.cps -o row.cps
	refused 1 "BatchNorm .*of 600 rows by --batch 1 the last is alone" cp-train --stage ctr $SMALL --set batch_norm=1 --batch 1 --train train.cps -o no.cpm
	refused 1 "BatchNorm .*of 1 rows by --batch 64 the last is alone" cp-train --stage ctr $SMALL --set batch_norm=1 --train row.cps -o no.cpm
	cp-cat -q -n 65 train.cps -o row65.cps
	refused 1 "BatchNorm .*of 65 rows by --batch 64 the last is alone" cp-train --stage ctr $SMALL --set batch_norm=1 --train row65.cps -o no.cpm
	cp-train -q --stage ctr $SMALL --train row.cps -o one.cpm
'

test_done
