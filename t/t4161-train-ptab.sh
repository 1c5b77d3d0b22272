#!/bin/sh
# PTab, --stage ptab: a language model alone, behind masked words of the same texts.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows_csv 600 42 | cp-textify -q --form ptab >text.train.cps && rows_csv 200 43 | cp-textify -q --form ptab --first-row 600 >text.valid.cps ||
	skip_all 'the rows could not be made'
PLM='--plm scratch:layers=1,hidden=32,heads=2,positions=64'
ptab() { cp-train -q --threads 1 --stage ptab --batch 64 "$@"; }

test_that 'it learns from the films of MovieTweetings by their texts alone, its words first' '
	films ptab
	cat films.train.cps films.valid.cps | cp-mask -q |
		cp-train -q --threads 1 --stage pretrain --prompts 0 $PLM --batch 64 --epochs 1 --lr 3e-3 -o mlm.cpm
	ptab --init mlm.cpm --plm-lr 3e-3 --epochs 3 --train films.train.cps --valid films.valid.cps -o films.cpm
	has_auc 0.62 films.cpm
	says films.cpm "\"baseline\":\"ptab\""
	says films.cpm "\"version\":4"
	says_not films.cpm "\"ctr\":"
	says_not films.cpm "mlm\."
'
test_that 'the same bytes with any number of threads, and when it was interrupted' 'stage_is_sound ptab text $PLM --batch 64 --epochs 2'
test_that 'a row has the same score alone as among others, from CSV as from records' '
	rows_csv 70 43 >rows.csv
	cp-textify -q --form ptab rows.csv >text.cps
	cp-predict -q -m ptab.cpm --csv <rows.csv >all
	cp-predict -q -m ptab.cpm text.cps | cmp - all
	cp-predict -q -m ptab.cpm --threads 1 text.cps | cmp - all
	for i in 2 9 70; do sed -n "1p;${i}p" rows.csv | cp-predict -q -m ptab.cpm --csv; done >lone
	sed -n "1p;8p;69p" all | cmp - lone
'
test_that 'what was masked before is where it starts from, with a fresh head' '
	cat text.train.cps | cp-mask -q | cp-train -q --threads 1 --stage pretrain --prompts 0 $PLM --batch 64 --epochs 1 -o words.cpm
	ptab --init words.cpm --epochs 1 --lr 0 --plm-lr 0 --train text.train.cps -o still.cpm
	for name in plm.embeddings.word_embeddings.weight plm.encoder.layer.0.output.dense.weight; do same_tensor words.cpm still.cpm $name; done
	ptab --init words.cpm --epochs 1 --lr 0.002 --train text.train.cps -o moved.cpm
	says moved.cpm "\"plm-lr\":\"0.002\""
	other_tensor words.cpm moved.cpm plm.embeddings.word_embeddings.weight
	ptab --init moved.cpm --epochs 1 --lr 0 --plm-lr 0 --train text.train.cps -o on.cpm
	same_tensor moved.cpm on.cpm ptab.0.weight
'
test_that 'shown, exported, recorded' '
	cp-model show ptab.cpm | grep "^stage	ptab$"
	cp-model export-plm ptab.cpm -o folder
	ptab --plm folder --epochs 1 --lr 0 --plm-lr 0 --train text.train.cps -o back.cpm
	same_tensor ptab.cpm back.cpm plm.encoder.layer.0.output.dense.weight
	rm -f "$CP_LEDGER"
	cp-train -q --threads 1 --stage ptab $PLM --preset ml-1m --epochs 1 --train text.train.cps --test text.valid.cps -o made.cpm
	says made.cpm "\"plm-lr\":\"0.00005\""
	cp-ledger show -q 1 >shown
	cat shown
	grep "^stage	ptab$" shown
	grep "test.*auc" shown
	cp-ledger rerun 1 | grep "^same	model	"
'
test_that 'what does not go with it is refused' '
	rows_csv 100 42 | cp-textify -q | cp-mask -q >train.cps
	pretrain --epochs 1 --train train.cps -o pre.cpm
	ctr --epochs 1 --train train.cps -o ctr.cpm
	cp-train -q --stage p5 $PLM --epochs 1 --batch 64 --train text.train.cps -o p5.cpm
	refused 1 "pre.cpm: a model of stage pretrain; --stage ptab goes on from a language model alone" ptab --init pre.cpm --train text.train.cps -o no.cpm
	refused 1 "ctr.cpm: a model of stage ctr; --stage ptab goes on from a language model alone" ptab --init ctr.cpm --train text.train.cps -o no.cpm
	refused 1 "p5.cpm: a T5, which --stage p5 made" ptab --init p5.cpm --train text.train.cps -o no.cpm
	refused 1 "ptab.cpm: a model of stage ptab, which --stage finetune does not go on with" finetune --with-plm --init ptab.cpm --train text.train.cps -o no.cpm
	refused 1 "ptab.cpm: a model of stage ptab, which --stage pretrain does not go on with" cp-train --stage pretrain --init ptab.cpm --train train.cps -o no.cpm
	refused 1 "ptab.cpm: no T5, which --stage p5 needs" cp-train --stage p5 --init ptab.cpm --train text.train.cps -o no.cpm
	refused 2 "a language model alone, without a CTR model" ptab --model dnn --train text.train.cps -o no.cpm
	refused 2 "a language model alone, without a CTR model" ptab --set dim=4 --train text.train.cps -o no.cpm
	refused 2 "no prompts and a head of its own" ptab --prompts 2 --train text.train.cps -o no.cpm
	refused 2 "no prompts and a head of its own" ptab --pooler avg --train text.train.cps -o no.cpm
	refused 2 "belong to --stage ctrl" ptab --temperature 1 --train text.train.cps -o no.cpm
	refused 1 "fills in no words" cp-predict --fill -m ptab.cpm text.cps
	refused 1 "ptab.cpm: a model without prompts" cp-predict --attention -m ptab.cpm text.cps
'
test_done
