#!/bin/sh
# Training on from a language model's folder as users have it.  The folders are the project's small fixtures.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

need_shared fixtures/plm
PLM=$SHARED/fixtures/plm
NO='-o no.cpm'
rows_csv 200 42 | cp-textify -q >text.cps || skip_all 'the rows could not be made'
from() { cp-train -q --threads 1 $SMALL --prompts 2 --epochs 1 "$@"; }

for name in tiny-bert tiny-bert-legacy tiny-bert-nohead tiny-roberta; do
	test_that "$name: pretrain, then finetune with it and without it" "
		cp-mask -q --plm $PLM/$name text.cps >rows.cps
		from --stage pretrain --plm $PLM/$name --train rows.cps -o $name.cpm
		from --stage pretrain --plm $PLM/$name --train text.cps -o text.cpm
		same $name.cpm text.cpm
		from --stage finetune --init $name.cpm --train rows.cps -o f.cpm
		from --stage finetune --with-plm --init $name.cpm --train rows.cps --test rows.cps -o f.cpm
		cp-predict -q -m f.cpm rows.cps >a
		cp-predict -q -m f.cpm text.cps >b
		test -s a
		cmp a b
		from --stage finetune --with-plm --plm $PLM/$name --train rows.cps --test rows.cps -o f.cpm
	"
done

test_that 'the weights are the folder'\''s: frozen, they are in the model as they were' '
	from --stage pretrain --plm $PLM/tiny-bert --plm-lr 0 --train text.cps -o frozen.cpm
	tensor frozen.cpm plm.encoder.layer.1.output.dense.weight >a
	for prefix in bert. ""; do tensor $PLM/tiny-bert/model.safetensors ${prefix}encoder.layer.1.output.dense.weight >b; test ! -s b || break; done
	test -s b
	cmp a b
'

test_that 'names of older files are understood: the same model' '
	from --stage pretrain --plm $PLM/tiny-bert --train text.cps -o new.cpm
	from --stage pretrain --plm $PLM/tiny-bert-legacy --train text.cps -o old.cpm
	if cmp -s $PLM/tiny-bert/config.json $PLM/tiny-bert-legacy/config.json; then
		same_tensor new.cpm old.cpm plm.encoder.layer.0.output.LayerNorm.weight
	fi
'

test_that 'only pytorch_model.bin: refused, with the way to convert it' '
	refused 1 "only pytorch_model.bin is there.*safe_serialization=True" from --stage pretrain --plm $PLM/tiny-bert-binonly --train text.cps $NO
	refused 1 "only pytorch_model.bin is there" from --stage finetune --with-plm --plm $PLM/tiny-bert-binonly --train text.cps $NO
'

test_that 'folders that are none, or of a kind that is not read' '
	refused 1 "no-such: no such folder; a model of the Hugging Face hub is fetched first" from --stage pretrain --plm no-such --train text.cps $NO
	mkdir empty
	refused 1 "no language model in .empty." from --stage pretrain --plm empty --train text.cps $NO
	refused 1 "tiny-t5: a T5, which goes with --stage p5" from --stage pretrain --plm $PLM/tiny-t5 --train text.cps $NO
	cp -R $PLM/tiny-bert bad
	chmod -R u+w bad
	echo "{" >bad/config.json
	refused 1 "bad/config.json: line [0-9]*: not a JSON object" from --stage pretrain --plm bad --train text.cps $NO
	sed "s/\"model_type\": \"bert\"/\"model_type\": \"xlnet\"/" $PLM/tiny-bert/config.json >bad/config.json
	refused 1 "model_type .xlnet. is not one this version reads; expected bert, roberta or t5" from --stage pretrain --plm bad --train text.cps $NO
	for kind in bert roberta; do
		other=$(test $kind = bert && echo roberta || echo bert)
		rm -rf other
		cp -R $PLM/tiny-$kind other
		chmod -R u+w other
		sed -i "s/\"model_type\": \"$kind\"/\"model_type\": \"$other\"/" other/config.json
		refused 1 "other/model.safetensors: tensor .*config.json.s .model_type. is of another family" from --stage pretrain --plm other --train text.cps $NO
	done
	cp -R $PLM/tiny-bert link
	chmod -R u+w link
	ln -sf ../blobs/gone link/model.safetensors
	refused 1 "link/model.safetensors: a link to a file that is not there" from --stage pretrain --plm link --train text.cps $NO
	refused 2 "hidden size 131072; expected 1 to 65536" from --stage pretrain --plm scratch:hidden=131072,heads=2 --train text.cps $NO
	sed "s/\"hidden_size\": [0-9]*/\"hidden_size\": 33/" $PLM/tiny-bert/config.json >bad/config.json
	refused 1 "bad/config.json: hidden size 33 is not a multiple of" from --stage pretrain --plm bad --train text.cps $NO
	sed "s/\"pad_token_id\": [0-9]*/\"pad_token_id\": 4294967296/" $PLM/tiny-bert/config.json >bad/config.json
	refused 1 "bad/config.json: pad_token_id 4294967296 is no id" from --stage pretrain --plm bad --train text.cps $NO
	sed "s/\"hidden_dropout_prob\": [0-9.]*/\"hidden_dropout_prob\": 1/" $PLM/tiny-bert/config.json >bad/config.json
	refused 1 "bad/config.json: .hidden_dropout_prob. is 1; expected 0 or more" from --stage pretrain --plm bad --train text.cps $NO
	sed "s/\"intermediate_size\": [0-9]*/\"intermediate_size\": 17/" $PLM/tiny-bert/config.json >bad/config.json
	refused 1 "bad/model.safetensors: tensor .*intermediate.* is .*; config.json makes it 17, so the two are not of one model: fetch both again" from --stage pretrain --plm bad --train text.cps $NO
	sed "s/\"num_hidden_layers\": [0-9]*/\"num_hidden_layers\": 5/" $PLM/tiny-bert/config.json >bad/config.json
	refused 1 "bad/model.safetensors: tensor .encoder.layer.[0-9].* is missing" from --stage pretrain --plm bad --train text.cps $NO
	sed "s/\"vocab_size\": [0-9]*/\"vocab_size\": 10/" $PLM/tiny-bert/config.json >bad/config.json
	refused 1 "bad: its tokenizer has [0-9]* entries, its model only 10" from --stage pretrain --plm bad --train text.cps $NO
	cp $PLM/tiny-bert/config.json bad/
	head -c 5000 $PLM/tiny-bert/model.safetensors >bad/model.safetensors
	refused 1 "bad/model.safetensors: " from --stage pretrain --plm bad --train text.cps $NO
	cp $PLM/tiny-bert/model.safetensors bad/
	rm -f bad/vocab.txt bad/tokenizer.json
	refused 1 "bad" from --stage pretrain --plm bad --train text.cps $NO
'

test_that 'tokens of the project'\''s own tokenizer are not the folder'\''s' '
	cp-mask -q text.cps >own.cps
	refused 1 "own.cps: its tokens are of another tokenizer" from --stage pretrain --plm $PLM/tiny-bert --train own.cps $NO
'

test_that 'a masked-LM head: the folder'\''s own with a decoder of its own, or a fresh one, and that is said' '
	cp-train --threads 1 $SMALL --epochs 1 --stage pretrain --plm $PLM/tiny-bert --train text.cps -o f.cpm 2>err
	test "$(grep -c "starts fresh" err)" = 0
	header f.cpm | grep "mlm.decoder.weight"
	cp-train --threads 1 $SMALL --epochs 1 --stage pretrain --plm $PLM/tiny-bert-nohead --train text.cps -o f.cpm 2>err
	grep "tiny-bert-nohead: no masked-LM head in it; one starts fresh" err
	test "$(header f.cpm | grep -c "mlm.decoder.weight")" = 0
'

test_that 'weights in shards: the same model, every shard in the ledger' '
	rm -rf whole shards
	from --stage pretrain --plm $PLM/tiny-bert --train text.cps -o a.cpm
	cp-model export-plm -q -o whole a.cpm
	mkdir shards
	cp whole/* shards/
	mv shards/model.safetensors shards/model-00001-of-00001.safetensors
	header whole/model.safetensors | tr "{" "\n" | grep -o "\"[^\"]*\":\$" | grep -e encoder -e embeddings -e predictions | tr -d ":\"" |
		awk "{ printf \"%s\\\"%s\\\":\\\"model-00001-of-00001.safetensors\\\"\", NR == 1 ? \"{\\\"weight_map\\\":{\" : \",\", \$1 } END { print \"}}\" }" >shards/model.safetensors.index.json
	from --stage pretrain --plm whole --train text.cps -o b.cpm
	from --stage pretrain --plm shards --train text.cps -o c.cpm
	same b.cpm c.cpm
	cp-ledger show -q 2>/dev/null "$(cp-ledger ls -q | tail -n 1 | cut -f 1)" | grep "model-00001-of-00001" || sqlite3 "$CP_LEDGER" "select path from inputs" | grep "model-00001-of-00001"
	mv shards/model.safetensors.index.json index
	refused 1 "shards: model-00001-of-00001.safetensors is neither model.safetensors nor named by model.safetensors.index.json, which is not there" \
		from --stage pretrain --plm shards --train text.cps $NO
	mv index shards/model.safetensors.index.json
	rm shards/model-00001-of-00001.safetensors
	refused 1 "shards/model-00001-of-00001.safetensors: not there" from --stage pretrain --plm shards --train text.cps $NO
'

test_that '--plm beside --init, of the same sizes: its tokenizer is that of the model, or it is refused' '
	from --stage pretrain --plm $PLM/tiny-bert --train text.cps -o p.cpm
	from --stage finetune --with-plm --plm $PLM/tiny-bert --init p.cpm --train text.cps -o f.cpm
	rm -rf other
	cp -R $PLM/tiny-bert other
	chmod -R u+w other
	echo "{\"do_lower_case\": false}" >other/tokenizer_config.json
	refused 1 "plm other: another tokenizer than the one p.cpm was pretrained with" from --stage finetune --with-plm --plm other --init p.cpm --train text.cps $NO
	rm -rf other
	cp -R $PLM/tiny-bert other
	chmod -R u+w other
	printf "\\000" | dd of=other/model.safetensors bs=1 seek=$(($(wc -c <other/model.safetensors) - 1)) conv=notrunc 2>/dev/null
	! cmp -s other/model.safetensors $PLM/tiny-bert/model.safetensors || printf "\\001" | dd of=other/model.safetensors bs=1 \
		seek=$(($(wc -c <other/model.safetensors) - 1)) conv=notrunc 2>/dev/null
	from --stage finetune --with-plm --init p.cpm --plm $PLM/tiny-bert --train text.cps -o f.cpm
	cp-train --threads 1 $SMALL --epochs 1 --stage finetune --with-plm --init p.cpm --plm other --train text.cps -o g.cpm 2>err
	grep "plm other: other weights than those that p.cpm began with; they are not read" err
	same_tensor f.cpm g.cpm plm.encoder.layer.0.output.dense.weight
	cp-ledger -q show "$(sqlite3 "$CP_LEDGER" "select max(id) from runs")" >shown
	! grep other/model.safetensors shown
'

test_that 'a tensor that nobody uses is told of' '
	cp-train --threads 1 $SMALL --epochs 1 --stage finetune --with-plm --plm $PLM/tiny-bert --train text.cps -o f.cpm 2>err
	cat err
	grep "tiny-bert: tensor .cls.predictions.* is not used" err
'

test_done
