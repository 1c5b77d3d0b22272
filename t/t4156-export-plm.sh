#!/bin/sh
# cp-model export-plm: a folder that --plm reads again with equal weights, and that PyPI transformers, where it is installed, opens with equal outputs.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

need_shared fixtures/plm
PLM=$SHARED/fixtures/plm
rows_csv 120 42 | cp-textify -q >text.cps || skip_all 'the rows could not be made'
from() { cp-train -q --threads 1 $SMALL --prompts 2 --epochs 1 --train text.cps "$@"; }
still() { from --lr 0 --plm-lr 0 --weight-decay 0 --plm-weight-decay 0 "$@"; }
still_p5() { cp-train -q --threads 1 --stage p5 --epochs 1 --train text.cps --lr 0 --plm-weight-decay 0 "$@"; }

# names FILE: of its tensors that are the language model's
names() { header "$1" | tr '{' '\n' | grep -o '"[^"]*":$' | tr -d '":' | grep -E '^(plm|mlm)\.' | sort; }

# again FROM TO: the same tensors with the same bytes
again() {
	names "$1" >na
	names "$2" >nb
	test -s na
	cmp na nb
	while read -r name; do same_tensor "$1" "$2" "$name" || { echo "tensor $name differs"; return 1; }; done <na
}

for kind in tiny-bert tiny-bert-legacy tiny-bert-nohead tiny-roberta; do
	export kind
	test_that "$kind, pretrained: what was exported is read again, word for word and number for number" '
		from --stage pretrain --plm "$PLM/$kind" -o "$kind.cpm"
		cp-model export-plm -q -o "$kind.dir" "$kind.cpm"
		still --stage pretrain --plm "$kind.dir" -o again.cpm
		again "$kind.cpm" again.cpm
		same_tensor "$kind.cpm" again.cpm tokenizer.json
	'
	test_that "$kind, finetuned: without a head" '
		from --stage finetune --with-plm --plm "$PLM/$kind" --plm-lr 1e-3 -o f.cpm
		cp-model export-plm -q -o "$kind.f" f.cpm
		still --stage finetune --with-plm --plm "$kind.f" -o again.cpm
		again f.cpm again.cpm
		grep -E "(Bert|Roberta)Model" "$kind.f/config.json"
	'
done
for kind in scratch:layers=1,hidden=32,heads=2 tiny-t5; do
	export kind
	test_that "P5, $kind" '
		plm=$kind
		test ! -e "$PLM/$kind" || plm=$PLM/$kind
		cp-train -q --threads 1 --stage p5 --epochs 1 --train text.cps --plm "$plm" -o p5.cpm
		rm -rf p5
		cp-model export-plm -q -o p5/ p5.cpm
		still_p5 --plm p5 -o again.cpm
		again p5.cpm again.cpm
		cp-predict -q -m p5.cpm text.cps >a
		cp-predict -q -m again.cpm text.cps >b
		cmp a b
		cp-train -q --threads 1 --stage p5 --epochs 1 --lr 0 --plm-weight-decay 0 --train text.cps --init p5.cpm --plm p5 -o same.cpm	# it knows its own tokenizer
	'
done
test_that 'own and tied decoder' '
	from --stage pretrain --plm "$PLM/tiny-bert" --decoder own -o own.cpm
	from --stage pretrain --plm "$PLM/tiny-bert" --decoder tied -o tied.cpm
	for d in own tied; do
		cp-model export-plm -q -o $d $d.cpm
		still --stage pretrain --plm $d --decoder $d -o again.cpm
		again $d.cpm again.cpm
	done
	grep "\"tie_word_embeddings\": false" own/config.json
	grep "\"tie_word_embeddings\": true" tied/config.json
	still --stage pretrain --plm tied -o again.cpm
	again tied.cpm again.cpm
'
test_that 'a pooler that the folder had and nothing trains goes with the model through every stage, and into the folder' '
	pooler=plm.pooler.dense.weight
	from --stage pretrain --plm "$PLM/tiny-bert-legacy" --plm-lr 1e-2 -o p.cpm
	tensor "$PLM/tiny-bert-legacy/model.safetensors" bert.pooler.dense.weight >want
	tensor p.cpm $pooler | cmp want -
	cp-train -q --threads 1 --stage finetune --with-plm --init p.cpm --epochs 1 --train text.cps --plm-lr 1e-2 -o q.cpm
	tensor q.cpm $pooler | cmp want -
	cp-model export-plm -q -o p.dir p.cpm
	cp-model export-plm -q -o q.dir q.cpm
	tensor p.dir/model.safetensors bert.pooler.dense.weight | cmp want -
	tensor q.dir/model.safetensors pooler.dense.weight | cmp want -
	header q.dir/model.safetensors | grep "\"pooler.dense.bias\""
	cp-train --threads 1 $SMALL --prompts 2 --epochs 1 --train text.cps --stage pretrain --plm "$PLM/tiny-bert-legacy" -o p.cpm 2>said
	grep pooler said && exit 1
	cp-train -q --threads 1 --stage finetune --init p.cpm --epochs 1 --train text.cps -o q.cpm
	says_not q.cpm plm.pooler
	from --stage pretrain --plm "$PLM/tiny-bert" -o p.cpm
	says_not p.cpm "plm.pooler"
'
test_that 'refused: a CTR model, a folder that is not empty, no folder' '
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 1 --train text.cps -o ctr.cpm
	refused 1 "ctr.cpm: no language model in it" cp-model export-plm -o none ctr.cpm
	test ! -e none
	refused 1 "own: there already, and not empty" cp-model export-plm -o own own.cpm
	fails_with 2 cp-model export-plm own.cpm
	grep "export-plm needs -o DIR" fails_with.err
	refused 1 "no/such/folder.*make the folder" cp-model export-plm -o no/such/folder own.cpm
	mkdir empty
	cp-model export-plm -q -o empty own.cpm
	ls empty | tr "\n" " " | grep "^config.json model.safetensors special_tokens_map.json tokenizer.json tokenizer_config.json vocab.txt $"
	test "$(ls | grep -c part)" = 0
'
test_that 'a folder that cannot be filled is not there' '
	( trap "" XFSZ; ulimit -f 40; fails_with 1 cp-model export-plm -o full own.cpm )
	test ! -e full
	test "$(ls | grep -c part)" = 0
'
test_that 'nor where a signal ends it on the way' '
	still --plm scratch:layers=4,hidden=256,heads=4 --stage pretrain -o large.cpm
	cut=0
	for i in 1 2 3 4 5 6 7 8 9; do
		cp-model export-plm -q -o cut$i large.cpm & export=$!
		for try in $(seq 2000); do ls -d cut$i* >/dev/null 2>&1 && break; done
		kill $export || true
		code=0
		wait $export || code=$?
		test "$(ls | grep -c part)" = 0
		case $code in
		143) cut=$((cut + 1)) ;;
		0) test -s cut$i/config.json ;;
		*) exit 1 ;;
		esac
	done
	test $cut -gt 0
'

if ! python3 -c 'import torch, transformers' 2>/dev/null; then
	test_skip 'the same outputs in PyPI transformers' 'transformers and torch are not installed'
	test_done
fi
peer() { python3 "$TEST_DIR/peer/exported.py" "$@"; }
test_that 'PyPI transformers: the same outputs and token ids as of the original folder' '
	for kind in tiny-bert tiny-bert-legacy tiny-bert-nohead tiny-roberta; do
		for d in own tied; do
			still --stage pretrain --plm "$PLM/$kind" --decoder $d -o still.cpm
			rm -rf still
			cp-model export-plm -q -o still still.cpm
			peer same "$PLM/$kind" still
		done
	done
	for kind in tiny-roberta tiny-bert-nohead; do
		still --stage finetune --with-plm --plm "$PLM/$kind" -o still.cpm
		rm -rf still
		cp-model export-plm -q -o still still.cpm
		peer same "$PLM/$kind" still
	done
	still_p5 --plm "$PLM/tiny-t5" -o still.cpm
	rm -rf still
	cp-model export-plm -q -o still still.cpm
	peer same "$PLM/tiny-t5" still
'
test_that 'PyPI transformers: the words that a trained model fills in, and the odds of a trained P5' '
	for kind in tiny-bert scratch:layers=2,hidden=32,heads=2; do
		plm=$kind
		test ! -e "$PLM/$kind" || plm=$PLM/$kind
		cp-train -q --threads 1 --stage pretrain --prompts 0 --plm "$plm" --full-vocab --plm-lr 3e-3 --epochs 3 --train text.cps -o w.cpm
		cp-predict -q -m w.cpm --fill text.cps >words
		rm -rf w
		cp-model export-plm -q -o w w.cpm
		peer fill w words
	done
	cp-train -q --threads 1 --stage p5 --plm "$PLM/tiny-t5" --lr 1e-2 --epochs 3 --train text.cps -o p5.cpm
	cp-predict -q --score-only -m p5.cpm text.cps >scores
	rows_csv 120 42 | cp-textify -q --text >texts
	rm -rf p5
	cp-model export-plm -q -o p5 p5.cpm
	peer odds p5 texts scores
'
test_done
