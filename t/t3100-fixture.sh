#!/bin/sh
# cp-fixture: our networks give the reference's numbers, and an altered number is found.
. "$(dirname "$0")/test-lib.sh"

test_that 'without a file it is a usage error' 'fails_with 2 cp-fixture'
test_that 'a file that is not there is not ok' 'fails_with 1 cp-fixture nothing.safetensors >out && grep "^not ok 1 - nothing: " out && grep "^1\.\.1" out'
test_that 'a folder without a case is not ok' 'mkdir empty && fails_with 1 cp-fixture empty >out && grep "^not ok 1 - empty: no case" out'

if ! test -e "$SHARED/fixtures/ctr"; then
	test_skip 'the fixtures' '../shared/fixtures is not here'
	test_done
fi
FIX=$SHARED/fixtures
export FIX

# all_good FILE...: and something was compared
all_good() { cp-fixture -q "$@" >out 2>err || { grep '^not ok' out; cat err; return 1; }; grep -q '^ok' out; }

# alter FILE TENSOR: the first number of it becomes 42
alter() {
	length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
	from=$(tail -c +9 "$1" | head -c "$length" | tr '{' '\n' | grep -A 1 "\"$2\":\$" | tail -n 1 | sed -n 's/.*"data_offsets":\[\([0-9]*\),.*/\1/p')
	test -n "$from" || { echo "no tensor $2"; return 1; }
	printf '\000\000\050\102' | dd of="$1" bs=1 seek=$((8 + length + from)) conv=notrunc 2>dd.err
}

# found FILE TENSOR: a copy with that tensor altered is not ok, at that tensor
found() {
	mkdir -p case && ln -sfn "$FIX/plm" plm
	cp "$FIX/$1.safetensors" case/altered.safetensors && chmod u+w case/altered.safetensors
	alter case/altered.safetensors "$2"
	for init in "$FIX/${1%/*}"/*pretrain*; do test ! -e "$init" || ln -sfn "$init" case; done
	fails_with 1 cp-fixture case/altered.safetensors >out
	grep "^not ok .*altered: $2" out
	test "$(grep -c "^not ok" out)" -eq 1
}

for kind in ctr plm clickprompt tok; do
	export kind
	test_that "$kind: every case of a kind we have" '
		cp-fixture -q "$FIX/$kind" >out || true
		grep -c "^ok" out
		! grep "^not ok" out | grep -v -e "this version has" -e "this version reads" || exit 1
	'
done
test_that 'ctr: DNN and DCNv2 in both forms' 'all_good "$FIX"/ctr/?_dnn*.safetensors "$FIX"/ctr/*dcnv2*'
test_that 'ctr: every model' 'all_good "$FIX/ctr"'
test_that 'plm: BERT and RoBERTa, with and without prompts' 'all_good "$FIX"/plm/*bert*.safetensors "$FIX"/plm/minilm.safetensors'
test_that 'plm: T5, plain and with whole-word embeddings' 'all_good "$FIX"/plm/t5*.safetensors'
test_that 'clickprompt' 'all_good "$FIX/clickprompt"'
test_that 'tok: WordPiece, byte-level BPE, Unigram' 'all_good "$FIX/tok"'
test_that 'a decoder that config.json says is none of the word embeddings has its own part of their gradient' '
	cp -R "$FIX/plm/tiny-bert" "$FIX/plm/bert.safetensors" .
	chmod -R u+w tiny-bert
	sed "s/\"model_type\"/\"tie_word_embeddings\": false, &/" "$FIX/plm/tiny-bert/config.json" >tiny-bert/config.json
	fails_with 1 cp-fixture bert.safetensors >out
	grep "^not ok .*bert: grad/bert.embeddings.word_embeddings.weight" out
	test "$(grep -c "^not ok" out)" -eq 1
'
test_that 'no hidden layers, as a width and a number of them' '
	sed "s/.\"notes.\":.\".\",/   /;s/\(.\"hidden.\":\)\[\]/\19,\\\\\"layers\\\\\":0/" "$FIX/ctr/c_dcnv2_nodnn.safetensors" >none.safetensors
	grep "hidden.*:9,.*\"layers.*:0" none.safetensors
	all_good none.safetensors
'
test_that 'metrics' 'all_good "$FIX/metrics"'

for tensor in out/logit out/q grad/embed.embedding.weight after/fc_out.bias; do
	export tensor
	test_that "an altered $tensor is found" 'found ctr/c_dcnv2 "$tensor"'
done
test_that 'an altered statistic of a BatchNorm is found' 'found ctr/f_dnn_bn after1/mlp.mlp.1.running_var'
test_that 'an altered output in evaluation is found' 'found ctr/f_dnn_bn out/logit_eval'
for tensor in out/hidden out/mlm_logits out/loss out/pool_avg_top2 grad/bert.encoder.layer.1.output.dense.weight; do
	export tensor
	test_that "an altered $tensor is found" 'found plm/bert "$tensor"'
done
for tensor in out/encoder_hidden out/decoder_hidden out/decoder_logits grad/whole_word_embeddings.weight; do
	export tensor
	test_that "an altered $tensor is found" 'found plm/t5-wholeword "$tensor"'
done
for tensor in out/prompts out/z_plm out/prob grad/ctr_model.prompt_layers.2.weight grad/alpha; do
	export tensor
	test_that "an altered $tensor is found" 'found clickprompt/finetune-dcnv2-bert-avg-alpha "$tensor"'
done
test_that 'an altered parameter is found' '
	cp "$FIX/ctr/c_dnn.safetensors" p.safetensors
	chmod u+w p.safetensors
	alter p.safetensors param/fc_out.bias
	fails_with 1 cp-fixture p.safetensors
'
test_that 'a parameter under another name is missed' '
	sed "s/param\/fc_out.bias/param\/fc_oot.bias/" "$FIX/ctr/c_dnn.safetensors" >renamed.safetensors
	fails_with 1 cp-fixture renamed.safetensors >out && grep "cannot be built: .*fc_oot" out
'
test_that 'what is not ours to compute is told, not shown as wrong numbers' '
	refused() { sed "s/$1/$2/" "$FIX/ctr/c_dnn.safetensors" >other.safetensors; fails_with 1 cp-fixture other.safetensors >out && grep "cannot be built: config: $3" out; }
	refused "\(form[^A-Z]*\)C" "\1D" "the form .D. is none" && refused "\(dropout[^0-9]*\)0.0" "\10.5" "dropout 0.5" && refused adamw adamx "steps of .adamx."
'
test_that 'the activation of convolutions is read' '
	sed "s/\(conv_act[^a-z]*\)tanh/\1relu/" "$FIX/ctr/c_fgcnn.safetensors" >relu.safetensors
	fails_with 1 cp-fixture relu.safetensors >out
	grep "^not ok .*out/logit: too large" out && grep "^ok .*after1/fgcnn_layer.conv_layers.0.1.running_mean" out
'
test_that 'a result of the reference that nothing is compared with is told' '
	mkdir -p case
	LC_ALL=C sed "1s|\"out/loss\"|\"out/lost\"|" "$FIX/ctr/f_dnn.safetensors" >case/lost.safetensors
	fails_with 1 cp-fixture case/lost.safetensors >out
	grep "^not ok .*lost: out/lost: nothing is compared with this tensor" out
	test "$(grep -c "^not ok" out)" -eq 1
'
test_that 'prompts of a model without a final vector are refused' '
	ln -sfn "$FIX/plm" plm
	LC_ALL=C sed "1s|\(ctr_model[^a-z]*\)dcnv2\(..\)|\1fm\2   |" "$FIX"/clickprompt/pretrain-dcnv2-bert.safetensors >case/odd.safetensors
	fails_with 1 cp-fixture case/odd.safetensors >out
	cat out
	grep "^not ok 1 - odd: cannot be built: config: prompts, and no CTR model with a final vector" out
'
test_that 'an altered figure and an altered id are found' '
	sed "s/\"auc\": *0.6/\"auc\":0.5/" "$FIX/metrics/metrics.json" >metrics.json
	fails_with 1 cp-fixture metrics.json
	mkdir -p tok
	sed "3s/\"ids\":\[\([0-9]*\)/\"ids\":[7\1/" "$FIX/tok/bert_tiny.jsonl" >tok/bert_tiny.jsonl
	fails_with 1 cp-fixture tok >out && grep "line 3" out
'
test_that 'scores beyond 0 and 1 are clipped as the file defines it, and groups are ids of 64 bits or names' '
	mkdir -p edge
	printf "%s" "{\"cases\":[{\"name\":\"a\",\"labels\":[1,0,1,0],\"scores\":[2.0,-1.0,0.5,0.25],\"expect\":{\"auc\":1.0,\"logloss\":0.24520731325293205,
		\"delong\":{\"var\":0,\"se\":0,\"ci95\":[1,1]}}},
		{\"name\":\"b\",\"labels\":[1,0,1,0,1,0],\"scores\":[0.9,0.2,0.3,0.4,0.5,0.1],
		\"groups\":[9007199254740992,9007199254740992,9007199254740993,9007199254740993,\"x\",\"x\"],
		\"expect\":{\"auc\":0.888888888888889,\"gauc\":0.6666666666666666,\"gauc_groups_used\":3,\"gauc_rows_used\":6}}],\"paired_ttest\":[]}" >edge/metrics.json
	cp-fixture edge >out || true
	cat out
	grep "^ok .*a: logloss" out
	grep "^ok .*b: gauc:" out
	grep "^ok .*b: gauc_groups_used" out
'
test_done
