#!/bin/sh
# --dim-of: embeddings of another width by field, through training, finetuning, resuming, scoring and cp-model.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
W='--dim-of User=3 --dim-of Film=12'

test_that 'every model with embeddings trains with widths by field, by 1 and 3 threads to the same bytes, and scores' '
	for m in autoint dcn dcnv2 deepfm dnn fgcnn fibinet fignn finalmlp fm ipnn masknet xdeepfm; do
		cp-train -q --no-ledger --threads 1 --stage ctr --model $m --set dim=8 $W --epochs 1 --batch 64 --train train.cps -o m.cpm
		cp-train -q --no-ledger --threads 3 --stage ctr --model $m --set dim=8 $W --epochs 1 --batch 64 --train train.cps -o m3.cpm
		cmp m.cpm m3.cpm || { echo $m; exit 1; }
		cp-predict -q --no-ledger -m m.cpm <test.cps >scores
		test "$(wc -l <scores)" = 200
	done
'

test_that 'tables by field of the width that was said, mapped where it is another than dim' '
	ctr $W --epochs 2 --train train.cps --valid valid.cps -o w.cpm
	says w.cpm "dims=1:3,2:12"
	says w.cpm ".version.:3"
	header w.cpm | grep -o "\"embedding\.[^}]*}" >tables
	cat tables
	grep "embedding.1\".*\[21,3\]" tables
	grep "embedding.2\".*\[31,12\]" tables
	grep "embedding.3\".*,8\]" tables
	grep "embedding.1.map.weight\".*\[8,3\]" tables
	grep "embedding.2.map.weight\".*\[8,12\]" tables
	! grep "embedding.3.map" tables || exit 1
	! header w.cpm | grep "\"embedding\"" || exit 1
'

test_that 'a width that is dim is the same as none said, but for the tables' '
	ctr --dim-of Genre=8 --epochs 1 --train train.cps -o a.cpm
	says a.cpm "dims=3:8"
	! header a.cpm | grep "map.weight" || exit 1
'

test_that 'resumed, the same bytes as unbroken' '
	rm -f b.cpm*
	cp-train -q --threads 1 --stage ctr $SMALL $W --epochs 40 --train train.cps --valid valid.cps --checkpoint 0 -o b.cpm &
	if until_saved b.cpm.state $!; then kill -KILL $!; fi
	wait || true
	ctr $W --epochs 40 --train train.cps --valid valid.cps --resume -o b.cpm
	ctr $W --epochs 40 --train train.cps --valid valid.cps -o c.cpm
	cmp b.cpm c.cpm
'

test_that 'finetuning keeps the widths, appends new keys, and refuses others' '
	rows_csv 300 77 | sed "s/u1,/u1new,/" | cp-textify -q | cp-mask -q >more.cps
	finetune --init w.cpm --epochs 1 --train more.cps -o fine.cpm
	says fine.cpm "dims=1:3,2:12"
	header fine.cpm | grep "embedding.1\"[^}]*\[22,3\]"
	finetune --init w.cpm --dim-of User=3 --epochs 1 --train more.cps -o same.cpm
	cmp fine.cpm same.cpm
	refused 1 "made with another width" finetune --init w.cpm --dim-of User=4 --train more.cps -o no.cpm
'

test_that 'pretraining with prompts, then finetuning' '
	pretrain $W --epochs 1 --train train.cps -o pre.cpm
	finetune --init pre.cpm --epochs 1 --train train.cps -o f.cpm
	same_tensor pre.cpm pre.cpm embedding.1
	header f.cpm | grep "embedding.1\"[^}]*\[21,3\]"
'

test_that 'cp-model shows values and neighbours of a field by its own table' '
	cp-model export -q --field User w.cpm >rows
	head -n 2 rows
	test "$(head -n 1 rows | tr "\t" "\n" | wc -l)" = 7
	cut -f5- rows | tr "\t" "\n" >said
	tensor w.cpm embedding.1 | od -An -v -tf4 -w4 | tail -n +4 >there
	test "$(wc -l <said)" = 60
	paste said there | awk "{ d = \$1 - \$2; if (d < -1e-6 || d > 1e-6) exit 1 }"
	cp-model neighbours -q --field User --value u3 -n 3 w.cpm >near
	test "$(wc -l <near)" = 3
	cp-model average -q -o avg.cpm w.cpm w.cpm
	cp-predict -q -m w.cpm <test.cps >s1
	cp-predict -q -m avg.cpm <test.cps >s2
	cmp s1 s2
'

test_that 'what cannot be is refused' '
	refused 1 "no field .Nobody." ctr --dim-of Nobody=4 --train train.cps -o no.cpm
	refused 2 "expected FIELD=WIDTH" ctr --dim-of User --train train.cps -o no.cpm
	refused 2 "expected FIELD=WIDTH" ctr --dim-of =4 --train train.cps -o no.cpm
	refused 2 "expected FIELD=WIDTH" ctr --dim-of User=0 --train train.cps -o no.cpm
	refused 2 "lr has no embeddings" cp-train -q --no-ledger --stage ctr --model lr --dim-of User=4 --train train.cps -o no.cpm
	refused 2 "all fields share one table" ctr --dim-of User=4 --hash-bits 6 --train train.cps -o no.cpm
	refused 2 "expected dims=FIELD:WIDTH" ctr --set dims=User:4 --train train.cps -o no.cpm
	refused 1 "dims: field 9; the rows have 3" ctr --set dims=9:4 --train train.cps -o no.cpm
'

test_done
