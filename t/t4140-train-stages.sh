#!/bin/sh
# The stages of training, alone and after one another; the language models that start from nothing.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
cp-cat -q -n 200 train.cps >few.cps
pretrain --epochs 1 --train train.cps -o pre.cpm
pretrain --epochs 2 --train few.cps -o few.cpm

# The test AUC of the last line is above 0.9.
learns() { grep -oE 'test AUC 0\.[0-9]+' | awk '{ print; exit !($3 > 0.9) }'; }

test_that 'a rule that can be learnt is learnt: a CTR model alone' '
	for model in dcnv2 dnn; do
		cp-train --threads 1 --stage ctr $SMALL --epochs 10 --lr 0.01 --model $model --train train.cps --valid valid.cps --test test.cps -o $model.cpm 2>err
		learns <err
	done
	says dcnv2.cpm "\"model\":\"dcnv2\""
	says dnn.cpm "\"model\":\"dnn\""
	says_not dnn.cpm "plm\."
'

test_that 'a rule that can be learnt is learnt: pretrained, then finetuned with and without the language model' '
	pretrain --epochs 4 --lr 0.003 --train train.cps --valid valid.cps -o pre4.cpm
	says pre4.cpm "mlm.dense.weight"
	says_not pre4.cpm "\"out.weight\""
	cp-train --threads 1 --stage finetune --batch 64 --epochs 8 --lr 0.01 --init pre4.cpm --train train.cps --valid valid.cps --test test.cps -o fine.cpm 2>err
	learns <err
	says fine.cpm "\"out.weight\""
	says_not fine.cpm "plm\."
	cp-train --threads 1 --stage finetune --with-plm --batch 64 --epochs 8 --lr 0.01 --init pre4.cpm --train train.cps --valid valid.cps --test test.cps -o with.cpm 2>err
	learns <err
	says with.cpm "plm.embeddings.word_embeddings.weight"
	says with.cpm "head.0.weight"
	says with.cpm "\"tokenizer.json\""
	says_not with.cpm "mlm\."
'

test_that 'masked-LM loss goes down, and helps: pretraining from nothing' '
	cp-train --threads 1 --stage pretrain $SMALL $TINY --epochs 3 --lr 0.003 --train train.cps --valid valid.cps --test test.cps -o p.cpm 2>err
	cat err
	grep -oE "validation masked-LM loss [0-9.]+" err | awk "NR > 1 && \$4 >= last { exit 1 } { last = \$4 }"
	tail -n 1 err | grep -E "test masked-LM loss [0-9.]+, accuracy [0-9.]+, [0-9]+ rows/s, [0-9]+ tokens/s$"
'

test_that 'the best epoch by --valid is the one that is kept, and scores the same when it is opened' '
	rows_csv 200 43 | awk -F, -v OFS=, "NR > 1 { \$1 = 1 - \$1 } 1" | cp-textify -q >turned.cps
	opts="--epochs 4 --lr 0.005 --schedule constant --train train.cps"
	cp-train --threads 1 --stage ctr $SMALL $opts --valid turned.cps -o best.cpm 2>err
	cat err
	grep -c "(best)" err >n
	test $(cat n) -eq 1
	grep "^cp-train: epoch 1/4.*(best)" err
	sed -n "s/.*validation AUC \([0-9.]*\), log loss \([0-9.]*\) (best)/\1 \2/p" err >shown
	cp-predict -q -m best.cpm turned.cps | cp-auc -q >measured
	awk "/^auc\t/ { a = \$2 } /^logloss\t/ { printf \"%.5f %.5f\n\", a, \$2 }" measured >scored
	paste -d" " shown scored
	awk "{ getline other <\"scored\"; split(other, o); exit !(\$1 - o[1] < 2e-5 && o[1] - \$1 < 2e-5 && \$2 - o[2] < 2e-5 && o[2] - \$2 < 2e-5) }" shown
	ctr $opts -o last.cpm
	other_tensor best.cpm last.cpm embedding
'

test_that 'where validation rows are of one class, log loss chooses' '
	rows_csv 400 9 | grep -v ^0 | cp-textify -q >ones.cps
	cp-train --threads 1 --stage ctr $SMALL --epochs 6 --lr 0.02 --train few.cps --valid ones.cps -o ones.cpm 2>err
	cat err
	grep -c "(best)" err >n
	test $(cat n) -gt 1
	grep "validation AUC none (one class only), log loss 0\.[0-9]* (best)" err
	cp-train --threads 1 --stage ctr $SMALL --epochs 1 --train few.cps --test ones.cps -o ones.cpm 2>&1 | grep "test AUC none (one class only), log loss 0\.[0-9]*, "
'

test_that 'words again after clicks: the head, which finetuning has left behind, starts fresh, and that is said' '
	finetune --with-plm --epochs 1 --init pre.cpm --train few.cps -o clicks.cpm
	cp-train --threads 1 --stage pretrain --epochs 1 --batch 64 --init clicks.cpm --train few.cps -o p.cpm 2>err
	grep "^cp-train: clicks.cpm: no masked-LM head in it; one starts fresh$" err
	cp-train --threads 1 --stage pretrain --epochs 1 --batch 64 --init pre.cpm --train few.cps -o p.cpm 2>err
	test "$(grep -c fresh err)" = 0
'

test_that 'a language model alone is nothing to finetune without it' '
	cp-train -q --stage pretrain --threads 1 $TINY --prompts 0 --epochs 1 --train train.cps -o alone.cpm
	refused 1 "alone.cpm: it has no CTR model, so without --with-plm there is nothing in it to go on with" finetune --init alone.cpm --train train.cps -o no.cpm
'

test_that 'pretraining wants no labels' '
	cp-cat -q --drop label train.cps >none.cps
	pretrain --epochs 1 --train none.cps -o p.cpm
	for name in embedding prompt.0.weight mlm.dense.weight; do same_tensor pre.cpm p.cpm $name; done
'

test_that '--with-plm and --without-plm, and the default' '
	finetune --epochs 1 --init pre.cpm --train train.cps -o a.cpm
	finetune --epochs 1 --without-plm --init pre.cpm --train train.cps -o b.cpm
	same a.cpm b.cpm
	finetune --epochs 1 --with-plm --without-plm --init pre.cpm --train train.cps -o b.cpm
	same a.cpm b.cpm
	finetune --epochs 1 --with-plm --init pre.cpm --train train.cps -o c.cpm
	other_tensor a.cpm c.cpm embedding
'

test_that 'finetuning starts from the pretrained parameters, with a fresh output' '
	finetune --epochs 1 --lr 0 --init pre.cpm --train train.cps -o still.cpm
	for name in embedding vocab.User.keys; do same_tensor pre.cpm still.cpm $name; done
	finetune --epochs 1 --lr 0 --plm-lr 0 --with-plm --init pre.cpm --train train.cps -o still.cpm
	for name in embedding prompt.0.weight plm.encoder.layer.0.output.dense.weight; do same_tensor pre.cpm still.cpm $name; done
	cp-train -q --threads 1 --stage finetune --epochs 1 --batch 64 --init pre.cpm --train train.cps -o moved.cpm
	other_tensor pre.cpm moved.cpm embedding
'

test_that '--plm-lr 0 leaves the language model as it was; the rest is trained' '
	finetune --epochs 2 --plm-lr 0 --with-plm --init pre.cpm --train train.cps -o frozen.cpm
	for name in plm.embeddings.word_embeddings.weight plm.embeddings.LayerNorm.bias plm.encoder.layer.0.attention.self.query.weight \
		plm.encoder.layer.0.output.dense.bias; do
		same_tensor pre.cpm frozen.cpm $name
	done
	for name in embedding prompt.0.weight; do other_tensor pre.cpm frozen.cpm $name; done
	finetune --epochs 2 --with-plm --init pre.cpm --train train.cps -o trained.cpm
	other_tensor pre.cpm trained.cpm plm.encoder.layer.0.output.dense.bias
	pretrain --epochs 1 --plm-lr 0 --train train.cps -o p.cpm
	pretrain --epochs 1 --plm-lr 0 --lr 0 --train train.cps -o q.cpm
	same_tensor p.cpm q.cpm plm.encoder.layer.0.output.dense.weight
'

test_that 'new values are appended, the old ones keep their rows and parameters' '
	rows_csv 300 5 | sed "s/,u1,/,new user,/" | cp-textify -q >more.cps
	finetune --epochs 1 --lr 0 --init pre.cpm --train more.cps -o more.cpm
	tensor pre.cpm vocab.User.keys >a
	tensor more.cpm vocab.User.keys >b
	test $(wc -c <a) -eq 160
	test $(wc -c <b) -eq 168
	head -c 160 b | cmp - a
	tensor pre.cpm vocab.Genre.keys >a
	tensor more.cpm vocab.Genre.keys >b
	cmp a b
	tensor pre.cpm embedding >a
	tensor more.cpm embedding >b
	head -c $((21 * 32)) a >c
	head -c $((21 * 32)) b | cmp - c
	tail -c +$((21 * 32 + 1)) a >c
	tail -c +$((22 * 32 + 1)) b | cmp - c
	tail -c +$((21 * 32 + 1)) b | head -c 32 >new
	head -c 32 a | cmp - new
'

test_that 'new values begin as those that had not been met: before any step rows are scored as by the model before, with any threads' '
	rows_csv 300 5 | sed "s/,u1,/,new user,/; s/,film 2,/,new film,/" | cp-textify -q >more.cps
	for how in "--model deepfm" "--model dcnv2 --dim-of User=3" "--model dcnv2 --hash-bits 8"; do
		rate="--unseen-rate 0.1"
		case $how in *hash*) rate= ;; esac
		ctr $how $rate --epochs 1 --lr 0.05 --weight-decay 0 --train train.cps -o was.cpm
		finetune --epochs 1 --lr 1e-12 --init was.cpm --train more.cps -o is.cpm
		scores_stay was.cpm is.cpm more.cps
		finetune --epochs 1 --lr 1e-12 --threads 3 --init was.cpm --train more.cps -o is3.cpm
		same is.cpm is3.cpm
		finetune --epochs 2 --lr 0.05 --weight-decay 0 --init was.cpm --train more.cps -o moved.cpm
		if scores_stay was.cpm moved.cpm more.cps; then exit 1; fi
	done
'

test_that 'the vocabulary follows from the rows, not from their order' '
	cp-cat -q --tail 300 train.cps >half2.cps
	cp-cat -q -n 300 train.cps >half1.cps
	ctr --epochs 1 --train half1.cps --train half2.cps -o a.cpm
	ctr --epochs 1 --train half2.cps --train half1.cps -o b.cpm
	for f in User Film Genre; do
		same_tensor a.cpm b.cpm vocab.$f.keys
		same_tensor a.cpm b.cpm vocab.$f.counts
	done
	other_tensor a.cpm b.cpm embedding
'

test_that 'values that are too rare have no row; the unseen row is trained where asked' '
	{ rows_csv 300 5; echo "1,9,once,film 1,g1"; } | cp-textify -q >rare.cps
	ctr --epochs 1 --train rare.cps -o all.cpm
	ctr --epochs 1 --min-count 2 --train rare.cps -o two.cpm
	tensor all.cpm vocab.User.keys >a; tensor two.cpm vocab.User.keys >b
	test $(wc -c <a) -eq 168
	test $(wc -c <b) -eq 160
	tensor all.cpm embedding | head -c 32 | od -An -v -tx4 | grep -v "00000000 00000000 00000000 00000000" && exit 1
	ctr --epochs 1 --unseen-rate 0.1 --train rare.cps -o unseen.cpm
	tensor unseen.cpm embedding | head -c 32 | od -An -v -tx4 | grep -v 00000000
'

test_that 'pretraining without prompts, then finetuning the sum of both' '
	pretrain --prompts 0 --epochs 1 --train train.cps -o bare.cpm
	says_not bare.cpm "\"ctr\":"
	says_not bare.cpm "prompt\.0"
	finetune --with-plm --prompts 0 --epochs 2 --init bare.cpm --set dim=8 --set hidden=16 --train train.cps --test test.cps -o sum.cpm
	says sum.cpm "\"ctr\":"
	says sum.cpm "\"where\":\"none\""
	finetune --with-plm --prompts 0 --epochs 2 --init bare.cpm --set dim=8 --set hidden=16 --threads 2 --train train.cps --test test.cps -o sum2.cpm
	same sum.cpm sum2.cpm
'

test_that 'the ablations: without prompts, without pretraining, without either' '
	pretrain --prompts 0 --epochs 1 --train few.cps -o bare.cpm
	sizes="--set dim=8 --set hidden=16"
	finetune --with-plm --epochs 1 --init bare.cpm $sizes --train few.cps --test test.cps -o no-prompt.cpm
	finetune --with-plm --epochs 1 $TINY $sizes --train few.cps --test test.cps -o no-pretraining.cpm
	finetune --with-plm --epochs 1 $TINY --prompts 0 $sizes --train few.cps --test test.cps -o neither.cpm
	for m in no-prompt neither; do says $m.cpm "\"where\":\"none\""; says_not $m.cpm "prompt\.0"; done
	says no-pretraining.cpm "prompt.0.weight"
	for m in no-prompt no-pretraining neither; do
		says $m.cpm plm.encoder.layer.0.output.dense.weight
		says $m.cpm "\"out.weight\""
	done
	refused 1 "prompts 2: bare.cpm was pretrained with 0" finetune --with-plm --prompts 2 --init bare.cpm --train few.cps -o no.cpm
'

test_that 'rows that are only measured change nothing in pretraining, though they have words that training rows have not' '
	rows_csv 100 44 | sed "s/film/western/; s/g[0-9]$/thriller/" | cp-textify -q | cp-mask -q >foreign.cps
	pretrain --epochs 1 --train few.cps -o alone.cpm
	pretrain --epochs 1 --train few.cps --test foreign.cps -o tested.cpm
	same alone.cpm tested.cpm
	pretrain --epochs 1 --train few.cps --valid foreign.cps -o valid.cpm
	for name in mlm.ids mlm.bias plm.encoder.layer.0.output.dense.weight; do same_tensor alone.cpm valid.cpm $name; done
	pretrain --epochs 1 --train few.cps --valid valid.cps -o alone.cpm
	pretrain --epochs 1 --train few.cps --valid valid.cps --test foreign.cps -o tested.cpm
	same alone.cpm tested.cpm
	figures() { cp-train --no-ledger --stage pretrain --threads 1 $TINY $SMALL --epochs 1 --train few.cps --valid valid.cps "$@" -o f.cpm 2>&1 | grep -o "validation masked-LM loss [0-9.]*"; }
	figures >a
	test -s a
	figures --test foreign.cps | diff a -
'

for opts in '--prompt-where input' '--prompt-mlp separate' '--no-shift' '--decoder own' '--full-vocab' '--static' '--max-length 12'; do
	test_that "pretrain $opts, then finetune with it" "
		pretrain --epochs 2 $opts --train few.cps -o p.cpm
		other_tensor few.cpm p.cpm embedding
		finetune --with-plm --epochs 1 --init p.cpm --train few.cps -o f.cpm
		says f.cpm 'plm.encoder.layer.0'
		pretrain --epochs 2 $opts --threads 2 --train few.cps -o p2.cpm
		same p.cpm p2.cpm
	"
done

for opts in '--fusion alpha' '--prompt-usage avg' '--prompt-usage cat' '--pooler cls' '--pooler avg_top2'; do
	test_that "finetune --with-plm $opts" "
		finetune --with-plm --epochs 1 $opts --init pre.cpm --train few.cps --valid few.cps -o f.cpm
		finetune --with-plm --epochs 1 --init pre.cpm --train few.cps --valid few.cps -o g.cpm
		other_tensor f.cpm g.cpm embedding
		finetune --with-plm --epochs 1 --init f.cpm --train few.cps -o h.cpm
		header f.cpm | tr -d '\\\\' | grep -oE '\"(pooler|fusion|prompt_usage)\":\"[a-z0-9_]+\"' >hf
		header h.cpm | tr -d '\\\\' | grep -oE '\"(pooler|fusion|prompt_usage)\":\"[a-z0-9_]+\"' >hh
		test -s hf
		cmp hf hh
	"
done

test_that 'alpha starts from a half and is learnt' '
	finetune --with-plm --fusion alpha --epochs 1 --lr 0 --plm-lr 0.01 --init pre.cpm --train few.cps -o f.cpm
	tensor f.cpm alpha | od -An -tf4 >a
	cat a
	awk "{ exit !(\$1 != 0.5 && \$1 > 0.2 && \$1 < 0.8) }" a
'

test_that '--static keeps the masks of epoch 0' '
	pretrain --epochs 2 --train train.cps -o a.cpm
	pretrain --epochs 2 --static --train train.cps -o b.cpm
	other_tensor a.cpm b.cpm embedding
	rows_csv 600 42 | cp-textify -q | cp-mask -q --static >static.cps
	pretrain --epochs 2 --train static.cps -o c.cpm
	same_tensor b.cpm c.cpm embedding
	pretrain --epochs 2 --static --max-length 12 --train train.cps -o d.cpm
	pretrain --epochs 2 --max-length 12 --train static.cps -o e.cpm
	says e.cpm plm
'

test_that 'rows whose masks lie in other rows are other rows' '
	cp-cat --to tsv static.cps | awk -F "\t" -v OFS="\t" "
		{ n = split(\$NF, pair, \" \") }
		prev != \"\" && !moved && /^[0-9]/ && n > 1 && before > 3 && last[before - 1] + 0 < pair[1] + 0 {
			moved = 1
			sub(/ [0-9]+ [0-9]+\$/, \"\", prev)
			\$NF = last[before - 1] \" \" last[before] \" \" \$NF
		}
		NR > 1 { print prev }
		{ prev = \$0; before = split(\$NF, last, \" \") }
		END { print prev; exit !moved }" >moved.tsv
	cp-cat --from tsv --edited moved.tsv -o moved.cps
	pretrain --epochs 1 --train static.cps -o a.cpm
	pretrain --epochs 1 --train moved.cps -o b.cpm
	for m in a b; do cp-model show -q $m.cpm | grep "training rows" >$m.rows; done
	test -s a.rows
	! cmp a.rows b.rows
'

test_that 'pretraining without --plm takes the project'\''s own folder, and without weights it says so' '
	cp-cat -q -n 64 train.cps >few.cps
	cp-train --threads 1 --stage pretrain $SMALL --epochs 1 --train few.cps -o p.cpm 2>err
	grep "no weights" err && exit 1
	says p.cpm "\"hidden_size\":128"
	cp -R "$CP_SHARE/plm" mine
	cp-train --threads 1 --stage pretrain $SMALL --epochs 1 --plm mine --train few.cps -o q.cpm 2>err
	cat err
	same p.cpm q.cpm
	grep "mine: .*no weights" err
'

python3 -c 'import safetensors' 2>/dev/null && test_that 'the model opens in safetensors for Python' '
	python3 -c "
from safetensors import safe_open
import json
for name in \"pre.cpm\", \"frozen.cpm\":
    with safe_open(name, \"np\") as f:
        c = json.loads(f.metadata()[\"clickprompt\"])
        assert c[\"version\"] == 1, c
        assert f.get_tensor(\"vocab.User.keys\").shape == (20,)
        assert f.get_tensor(\"embedding\").shape == (54 + 3, 8)
"
'

python3 -c 'import safetensors' 2>/dev/null || test_skip 'the model opens in safetensors for Python' 'it is not installed'

test_that 'prompts of either place may be read by the CTR logit, their mean or all of them' '
	for where in layers input; do
		for usage in avg cat; do
			cp-train -q --threads 1 --stage finetune --with-plm $SMALL $TINY --prompt-where $where --prompt-usage $usage --epochs 1 --train few.cps -o $where.$usage.cpm
			cp-predict -q --score-only -m $where.$usage.cpm train.cps | sort -u | wc -l >n
			test $(cat n) -gt 100
			echo $where $usage $(cp-model export -q --tensor out.weight $where.$usage.cpm | wc -w) >>widths
		done
	done
	printf "%s\n" "layers avg 32" "layers cat 128" "input avg 32" "input cat 64" | cmp - widths
'

test_that 'text told in another way is refused, but where fields were shuffled by another seed' '
	rows_csv 100 5 >told.csv
	cp-textify -q told.csv -o told.cps
	cp-textify -q -t "{Film} for {User}" told.csv -o other.cps
	refused 1 "other.cps: its text is told in another way than that of training: template is .{Film} for {User}. here, nothing there" \
		finetune --with-plm --init pre.cpm --epochs 1 --train told.cps --valid other.cps -o no.cpm
	refused 1 "other.cps: its text" finetune --with-plm --init pre.cpm --epochs 1 --train told.cps --train other.cps -o no.cpm
	finetune --with-plm --init pre.cpm --epochs 1 --train told.cps -o told.cpm
	refused 1 "other.cps: its text" cp-predict -m told.cpm -o no.cpm other.cps
	cp-predict -q -m told.cpm told.cps >scores
	cp-predict -q -m told.cpm --csv told.csv | cmp - scores
	cp-train --threads 1 --stage finetune --with-plm --init pre.cpm --epochs 1 --train other.cps -o other.cpm 2>err
	grep "the text is told in another way than that of pre.cpm" err
	cp-predict -q -m other.cpm other.cps >scores
	cp-predict -q -m other.cpm --csv told.csv | cmp - scores
	cp-textify -q --shuffle-fields --seed 1 told.csv -o one.cps
	cp-textify -q --shuffle-fields --seed 2 told.csv -o two.cps
	finetune --with-plm --init pre.cpm --epochs 1 --train one.cps --valid two.cps -o shuffled.cpm
'

test_that 'rows that cp-mask has cut: so are all others that the model reads, or they are refused' '
	cp-cat -q --drop tokens --drop mask train.cps -o text.cps
	cp-mask -q --max-length 9 text.cps -o short.cps
	options="--stage finetune --with-plm --batch 64 --threads 1 $SMALL $TINY --epochs 1"
	cp-train $options --train short.cps --valid text.cps -o short.cpm 2>err
	cat err
	grep "600 rows have more than 9 tokens and were cut" err
	says short.cpm "\"max_tokens\":9"
	cp-predict -q -m short.cpm short.cps >want
	cp-predict -q -m short.cpm text.cps | cmp - want
	rows_csv 600 42 | cp-predict -q -m short.cpm --csv | cmp - want
	cp-train -q $options --train text.cps -o long.cpm
	refused 1 "short.cps: row 0: its tokens were cut to 9 by cp-mask, and the model reads up to [0-9]*; make them with cp-mask --max-length" \
		cp-predict -q -m long.cpm short.cps
	refused 1 "short.cps: row 0: its tokens were cut to 9" cp-train -q $options --train text.cps --valid short.cps -o no.cpm
	refused 1 "short.cps: row 0: its tokens were cut to 9" cp-train -q $options --train train.cps --train short.cps -o no.cpm
'

test_that 'an epoch in which no word was masked is no training' '
	rows_csv 100 5 | cp-textify -q | cp-mask -q --rate 0 -o unmasked.cps
	refused 1 "in all of epoch 1 no word was masked" pretrain --epochs 1 --train unmasked.cps -o no.cpm
'

# same_rate RATE INIT...: every stage that goes on with the language model of INIT does so at RATE
same_rate() {
	rate=$1
	shift
	pretrain --epochs 1 --lr 0.003 "$@" --train few.cps -o again.cpm
	pretrain --epochs 1 --lr 0.003 "$@" --plm-lr "$rate" --train few.cps -o said.cpm
	finetune --epochs 1 --lr 0.002 --with-plm --init again.cpm --train few.cps -o more.cpm
	same_tensor again.cpm said.cpm plm.embeddings.word_embeddings.weight
}

test_that 'a language model from nothing goes on at the rate of all else' '
	same_rate 0.003 --init pre.cpm
	says more.cpm "\"plm-lr\":\"0.002\""
'

test_that 'one that began with the weights of a folder has its own rate in every stage' '
	cp-model export-plm pre.cpm -o folder
	same_rate 5e-5 --plm folder
	says more.cpm "\"plm-lr\":\"0.00005\""
	cp -r folder bare
	rm bare/model.safetensors
	same_rate 0.003 --plm bare
	says more.cpm "\"plm-lr\":\"0.002\""
'

# Embeddings grow, and so does what a number of 5e6 makes of them six cross layers further on: after some epochs, no number.
test_that 'an epoch whose validation rows come out as no number is told of, is not the best and counts for --patience' '
	price() { awk -F, -v OFS=, -v at9=$1 "NR == 1 { print \$0, \"Price\"; next } { print \$0, NR == 9 ? at9 : NR % 7 / 7 }" | cp-featurize -q --field "Price: number"; }
	rows_csv 300 42 | price 0.5 >numbers.cps
	rows_csv 100 43 | price 5e6 >outlier.cps
	opts="--threads 1 --precision f32 --stage ctr --batch 64 --lr 0.02 --schedule constant --train numbers.cps"
	cp-train $opts --epochs 8 --patience 3 --valid outlier.cps -o outlier.cpm 2>err
	cat err
	n=$(sed -n "s,.*epoch \([1-5]\)/8.*(best)$,\1,p" err | tail -n 1)
	test "$(grep -c "is not judged" err)" = 3
	grep "^cp-train: epoch $((n + 3))/8: loss [0-9.]*$" err
	grep "epoch $((n + 4))/8" err && exit 1
	cp-train -q $opts --epochs $n -o before.cpm
	same_tensor outlier.cpm before.cpm embedding
'

test_done
