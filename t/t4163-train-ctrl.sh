#!/bin/sh
# CTRL, --stage ctrl: a CTR model and a language model drawn together; then the CTR model alone.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
cp train.cps text.train.cps
cp valid.cps text.valid.cps
PLM='--plm scratch:layers=1,hidden=32,heads=2,positions=64'
ctrl() { cp-train -q --threads 1 --stage ctrl "$@"; }

test_that 'a batch in parts has the loss and the gradients of the whole' '"$CP_UNITS/pairs" train.cps'
test_that 'rows of MovieTweetings find their texts, and the CTR model learns clicks from there' '
	films ctrl
	cp-train --threads 1 --stage ctrl $PLM --set hidden=64,64 --lr 3e-3 --epochs 6 --batch 512 --train films.train.cps --valid films.valid.cps \
		--test films.test.cps -o films.cpm 2>err
	cat err
	tail -n 1 err | grep -oE "test contrastive loss [0-9.]+, accuracy [0-9.]+" | tr -d , | awk "{ exit !(\$4 < 4 && \$6 > 0.05) }"	# chance: 6.2 and 0.002
	finetune --epochs 2 --optimizer adam --lr 3e-3 --init films.cpm --train films.train.cps --valid films.valid.cps -o clicks.cpm
	has_auc 0.63 clicks.cpm
	says clicks.cpm "\"out.weight\""
	says_not clicks.cpm "plm\."
	says_not clicks.cpm "baseline"
	says_not clicks.cpm "ctrl\."
'
test_that 'both learn, unless the language model is frozen' '
	for lr in 0 1e-3; do ctrl $PLM $SMALL --plm-lr $lr --batch 300 --epochs 1 --train train.cps -o lr$lr.cpm; done
	for name in embedding ctrl.row.weight ctrl.text.weight plm.embeddings.word_embeddings.weight plm.encoder.layer.0.output.dense.weight; do
		other_tensor lr0.cpm lr1e-3.cpm $name
	done
	ctrl $PLM $SMALL --plm-lr 0 --lr 0 --batch 300 --epochs 1 --train train.cps -o still.cpm
	for name in plm.embeddings.word_embeddings.weight plm.encoder.layer.0.output.dense.weight; do same_tensor still.cpm lr0.cpm $name; done
	other_tensor still.cpm lr0.cpm ctrl.text.weight
'
test_that 'the same bytes with any number of threads, and when it was interrupted' 'stage_is_sound ctrl text $PLM $SMALL --batch 300 --epochs 3'
test_that 'a batch is 6400 rows where none is given; the parts, the temperature and the batch are other trainings' '
	ctrl $PLM --set dim=8 --set hidden=16,16 --epochs 2 --train train.cps -o large.cpm
	says large.cpm "\"batch\":6400"
	ctrl $PLM $SMALL --batch 300 --epochs 3 --train train.cps --valid valid.cps --subspaces 4 -o four.cpm
	says four.cpm "\"subspaces\":4"
	ctrl $PLM $SMALL --batch 300 --epochs 3 --train train.cps --valid valid.cps --temperature 0.1 -o cold.cpm
	says cold.cpm "\"temperature\":\"0.1\""
	for m in four cold; do other_tensor ctrl.cpm $m.cpm embedding; done
	cp-train --threads 1 --stage ctrl $PLM $SMALL --batch 300 --epochs 3 --train train.cps --valid valid.cps --temperature 0.1 --resume -o four.cpm 2>err && exit 1
	grep "it was made with another" err
'
test_that 'parts of a batch that are asked for, also with BatchNorm, which sees it whole: the same but for rounding' '
	for n in 0 70; do
		ctrl $PLM $SMALL --set batch_norm=1 --micro-batch $n --batch 300 --epochs 2 --train train.cps -o parts$n.cpm
	done
	cp-model compare parts0.cpm parts70.cpm >compared
	cat compared
	awk "/^tensor/ && !(\$(NF - 2) < 1e-6) { exit 1 }" compared	# the values are a thousand times and more that
	says parts70.cpm "\"micro-batch\":70"
'
test_that 'no labels are needed' '
	cp-cat -q --drop label train.cps >none.cps
	ctrl $PLM $SMALL --batch 300 --epochs 3 --train none.cps --valid valid.cps -o unlabelled.cpm
	for name in embedding ctrl.row.weight plm.embeddings.word_embeddings.weight; do same_tensor ctrl.cpm unlabelled.cpm $name; done
'
test_that 'the CTR model is finetuned from where it stands, alone or with the language model' '
	finetune --epochs 1 --lr 0 --init ctrl.cpm --train train.cps -o still.cpm
	for name in embedding cross.0.weight vocab.User.keys; do same_tensor ctrl.cpm still.cpm $name; done
	finetune --with-plm --epochs 1 --lr 0 --plm-lr 0 --init ctrl.cpm --train train.cps -o both.cpm
	for name in embedding plm.encoder.layer.0.output.dense.weight; do same_tensor ctrl.cpm both.cpm $name; done
	cp-predict -q -m both.cpm test.cps >scores
	test "$(wc -l <scores)" = 200
'
test_that 'it goes on from masked words, and from its own kind' '
	pretrain --prompts 0 --epochs 1 --train train.cps -o words.cpm
	ctrl --init words.cpm $SMALL --epochs 1 --lr 0 --plm-lr 0 --train train.cps -o still.cpm
	same_tensor words.cpm still.cpm plm.encoder.layer.0.output.dense.weight
	ctrl --init ctrl.cpm --epochs 1 --lr 0 --plm-lr 0 --train train.cps -o on.cpm
	for name in embedding ctrl.row.weight ctrl.text.weight; do same_tensor ctrl.cpm on.cpm $name; done
'
test_that 'shown and recorded' '
	cp-model show ctrl.cpm | grep "^stage	ctrl$"
	rm -f "$CP_LEDGER"
	ctrl $PLM $SMALL --epochs 2 --batch 300 --train train.cps --valid valid.cps --test test.cps -o made.cpm
	cp-ledger show -q 1 >shown
	cat shown
	grep "^temperature	0.7" shown
	grep "pair_accuracy" shown
	cp-ledger rerun 1 | grep "^same	model	"
'
test_that 'what does not go with it is refused' '
	pretrain --epochs 1 --train train.cps -o pre.cpm
	ctr --epochs 1 --train train.cps -o ctr.cpm
	refused 1 "ctrl.cpm: a model of stage ctrl has no score; cp-train --stage finetune --init makes one" cp-predict -m ctrl.cpm test.cps
	refused 1 "pre.cpm: a model of stage pretrain; --stage ctrl goes on from a language model alone" ctrl --init pre.cpm --train train.cps -o no.cpm
	refused 1 "ctr.cpm: a model of stage ctr; --stage ctrl goes on from a language model alone" ctrl --init ctr.cpm --train train.cps -o no.cpm
	refused 1 "a model of stage ctrl, which --stage pretrain does not go on with" cp-train --stage pretrain --init ctrl.cpm --train train.cps -o no.cpm
	refused 1 "a model of stage ctrl, which --stage ptab does not go on with" cp-train --stage ptab --init ctrl.cpm --train train.cps -o no.cpm
	refused 1 "model lr has no final vector, which the language model is to meet" ctrl $PLM --model lr --train train.cps -o no.cpm
	refused 2 "subspaces 3 does not divide 128" ctrl $PLM --subspaces 3 --train train.cps -o no.cpm
	refused 2 "subspaces and --temperature belong to --stage ctrl" ctr --subspaces 2 --train train.cps -o no.cpm
	refused 2 "no prompts and a head of its own" ctrl $PLM --prompts 2 --train train.cps -o no.cpm
	refused 2 "monitor is for clicks; --stage ctrl is judged by its own loss" ctrl $PLM --monitor auc --train train.cps --valid valid.cps -o no.cpm
	refused 1 "fills in no words" cp-predict --fill -m ctrl.cpm test.cps
'
test_done
