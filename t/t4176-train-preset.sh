#!/bin/sh
# --preset: what it sets, what overrides it, and what the ledger says of where a value came from.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'
rows_csv 300 42 | cp-featurize -q >train.cps || skip_all 'the rows could not be made'
rm -f "$CP_LEDGER"

sql() { sqlite3 "$CP_LEDGER" "$1"; }
param() { pa_got=$(sql "select given || ' ' || value from params where run = (select max(id) from runs) and name = '$1'"); echo "$1: $pa_got"; test "$pa_got" = "$2"; }
train() { cp-train -q --threads 1 --stage ctr --train train.cps -o m.cpm "$@"; }

test_that 'a preset sets batch, decay and the sizes of the model, and the ledger tells them from what was given' '
	train --preset amazon-toys --model dcn --epochs 1
	param batch "2 1024"
	param weight-decay "2 0.1"
	param epochs "1 1"
	param set "2 dim=16,hidden=256x3,cross=3"
	param clip "0 0"
	says m.cpm "dim=16 hidden=256,256,256 cross=3"
	cp-ledger -q show $(sql "select max(id) from runs") >shown
	sed -n "/by the preset/,/^$/p" shown | grep "^batch	1024"
'

test_that 'what is given overrides it, before or behind' '
	train --batch 100 --preset amazon-toys --model dcn --epochs 1 --set cross=1
	param batch "1 100"
	param set "1 dim=16,hidden=256x3,cross=3,cross=1"
	says m.cpm "dim=16 hidden=256,256,256 cross=1"
'

test_that 'a preset and the same options by hand give the same bytes' '
	train --preset bookcrossing --model fignn --epochs 1
	mv m.cpm preset.cpm
	train --model fignn --epochs 1 --batch 256 --lr 1e-3 --weight-decay 0.1 --set dim=32 --set steps=6
	cmp preset.cpm m.cpm
'

test_that 'with --init the sizes are those of the model' '
	train --epochs 1 --set dim=4 --set hidden=8 --set cross=1
	cp-train -q --threads 1 --stage finetune --init m.cpm --preset goodreads --epochs 1 --train train.cps -o fine.cpm
	says fine.cpm "dim=4 hidden=8"
	param batch "2 4096"
'

test_that 'a decay of the preset does not stand against an optimiser without one' '
	train --preset ml-1m --model lr --optimizer sgd --epochs 1
	refused 2 "has no weight decay" train --preset ml-1m --model lr --optimizer sgd --weight-decay 0.1
'

test_that 'every preset trains every model, and another name is refused' '
	for p in ml-1m bookcrossing amazon-toys goodreads; do
		for m in autoint dcn dcnv2 deepfm dnn fgcnn fibinet fignn finalmlp fm ipnn lr masknet xdeepfm; do
			train --preset $p --model $m --epochs 1 --no-ledger <train.cps || { echo "$p $m"; exit 1; }
		done
	done
	refused 2 "expected one of ml-1m" train --preset ml1m
'

test_that 'help shows what each preset sets' '
	cp-train --help >help
	grep "^  dcn .*hidden=256x4 cross=4 .*hidden=512x4 cross=4" help
	grep "^  pretrain .*batch=1024" help
'

test_done
