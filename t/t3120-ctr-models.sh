#!/bin/sh
# Every CTR model of the registry can be trained, predicts from its file, learns, and does not depend on threads.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
MODELS=$(cp-train --help | sed -n "/^CTR models/,/^structure/s/^  \([a-z][a-z0-9]*\) .*/\1/p" | tr "\n" " ")
export MODELS

train() { cp-train -q --stage ctr --threads 1 --epochs 1 --batch 100 --train train.cps "$@"; }

test_that 'the models of --help' 'for m in lr fm dnn deepfm xdeepfm ipnn dcn dcnv2 autoint fignn fgcnn fibinet masknet finalmlp; do echo " $MODELS " | grep " $m "; done'

for model in $MODELS; do
	export model
	test_that "$model: trains, and its file predicts the same by 1 thread and by 3" '
		train --model $model -o $model.cpm
		train --model $model --threads 3 -o again.cpm
		cmp $model.cpm again.cpm
		cp-predict -q -m $model.cpm --threads 1 <test.cps >one
		cp-predict -q -m $model.cpm --threads 3 <test.cps >three
		test "$(wc -l <one)" -eq 200
		cmp one three
	'
	test_that "$model: learns a rule" '
		train --model $model --epochs 8 --lr 0.02 --weight-decay 0 -o learnt.cpm
		cp-predict -q -m learnt.cpm <train.cps | cp-auc -q --json >auc.json
		cat auc.json
		sed -n "s/.*\"auc\": *\([0-9.]*\).*/\1/p" auc.json | awk "{ exit !(\$1 > 0.65) }"
	'
	test_that "$model: a size it does not read is refused" '
		refused 2 "" cp-train --stage ctr --model $model --set nothing=1 --train train.cps -o no.cpm ||
		refused 1 "has no size of that name" cp-train --stage ctr --model $model --set nothing=1 --train train.cps -o no.cpm
	'
done

test_that 'tables other than the embeddings grow with the vocabulary' '
	rows_csv 300 9 | sed "s/,u/,new-u/" | cp-featurize -q --first-row 5000 >other.cps
	train --model deepfm -o deepfm.cpm
	cp-train -q --stage finetune --init deepfm.cpm --train other.cps -o grown.cpm --epochs 1
	header grown.cpm | tr "{" "\n" | grep -A 1 "\"lr.weight\":" >shape
	cat shape
	test "$(tensor grown.cpm lr.weight | wc -c)" -gt "$(tensor deepfm.cpm lr.weight | wc -c)"
'
for sizes in "masknet form=parallel" "fibinet bilinear=all" "fibinet bilinear=each" "finalmlp gate1=1" "finalmlp gated=0"; do
	export sizes
	test_that "$sizes: trains by 1 thread and by 3 to the same bytes, and is read back" '
		train --model ${sizes% *} --set ${sizes#* } --epochs 2 -o one.cpm
		train --model ${sizes% *} --set ${sizes#* } --epochs 2 --threads 3 -o three.cpm
		cmp one.cpm three.cpm
		says one.cpm "${sizes#* }"
		cp-predict -q -m one.cpm <test.cps >scores
		test "$(wc -l <scores)" -eq 200
	'
done
test_that 'prompts need a final vector' '
	refused 1 "fm has no final vector" cp-train --stage pretrain --model fm $TINY --train train.cps -o no.cpm
	refused 1 "lr has no final vector" cp-train --stage pretrain --model lr $TINY --train train.cps -o no.cpm
'
for model in autoint deepfm fignn fibinet masknet finalmlp; do
	export model
	test_that "$model: pretrains and is finetuned with its language model" '
		cp-train -q --stage pretrain --model $model $TINY --epochs 1 --train train.cps -o pre.cpm
		cp-train -q --stage finetune --with-plm --init pre.cpm --epochs 1 --train train.cps -o both.cpm
		cp-predict -q -m both.cpm <test.cps >scores
		test "$(wc -l <scores)" -eq 200
	'
done
test_that 'sizes that do not go together are refused' '
	refused 1 "not a multiple" cp-train --stage ctr --model autoint --set attn_dim=7 --set attn_heads=2 --train train.cps -o no.cpm
	refused 1 "finalmlp: the last layers, 6 and 8 wide, are no multiples of heads=4" \
		cp-train --stage ctr --model finalmlp --set hidden=6 --set hidden2=8 --set heads=4 --train train.cps -o no.cpm
	refused 1 "finalmlp: gate2: field 4; the rows have 3" cp-train --stage ctr --model finalmlp --set gate2=1,4 --train train.cps -o no.cpm
	refused 1 "hidden and hidden2 need a layer each" cp-train --stage ctr --model finalmlp --set hidden2= --train train.cps -o no.cpm
	cp-cat -q --drop Film --drop Genre train.cps | cp-train -q --threads 1 --stage ctr --model ipnn --set dim=4 --set hidden=8 --epochs 1 -o lone.cpm
	refused 1 "fibinet: pairs of fields need two" sh -c "cp-cat -q --drop Film --drop Genre train.cps | cp-train --stage ctr --model fibinet -o no.cpm"
	refused 1 "cin names no layer" cp-train --stage ctr --model xdeepfm --set cin= --train train.cps -o no.cpm
'
test_done
