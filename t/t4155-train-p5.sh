#!/bin/sh
# P5, --stage p5: a T5 answers yes or no, alone.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
T5='--plm scratch:layers=1,hidden=32,heads=2'
p5() { cp-train -q --stage p5 --batch 64 "$@"; }

test_that 'it learns the rule, and says what it is' '
	p5 --threads 2 $T5 --epochs 8 --lr 3e-3 --train train.cps --valid valid.cps -o a.cpm
	cp-predict -q -m a.cpm test.cps | cp-auc -q | awk "\$1 == \"auc\" { exit !(\$2 > 0.6) }"
	says a.cpm "\"stage\":\"p5\""
	says a.cpm "\"model_type\":\"t5\""
	says a.cpm "\"whole_word_embeddings\":512"
	cp-model show a.cpm | grep "T5ForConditionalGeneration"
'
test_that 'its first loss, which is that of words, is no sign of diverging' '
	cp-train --stage p5 --threads 1 --plm scratch:layers=1,hidden=32,heads=2,positions=64 --full-vocab --epochs 1 --train train.cps -o full.cpm 2>err
	cat err
	! grep diverges err
'
test_that 'rows are cut to the positions that its folder names, but may be longer where that is asked for: T5 counts distances' '
	cp-cat -q -n 100 train.cps >few.cps
	p5 --threads 1 $T5,positions=64 --epochs 1 --train few.cps -o long.cpm
	cp-train --stage p5 --batch 64 --threads 1 $T5,positions=8 --epochs 1 --train few.cps -o cut.cpm 2>err
	grep "100 rows have more than 8 tokens and were cut" err
	p5 --threads 1 $T5,positions=8 --max-length 64 --epochs 1 --train few.cps -o asked.cpm
	same_tensor long.cpm asked.cpm plm.shared.weight
	other_tensor long.cpm cut.cpm plm.shared.weight
	cp-predict -q -m asked.cpm few.cps >a
	cp-predict -q -m long.cpm few.cps | cmp - a
	refused 1 "max-length 70000: .* positions for 65536 tokens" p5 $T5 --max-length 70000 --train few.cps -o no.cpm
'
test_that 'the same bytes with another number of threads; other ones with another seed' '
	p5 --threads 1 $T5 --epochs 2 --train train.cps --valid valid.cps -o b.cpm
	p5 --threads 3 $T5 --epochs 2 --train train.cps --valid valid.cps -o c.cpm
	same b.cpm c.cpm
	p5 --threads 3 $T5 --epochs 2 --seed 2 --train train.cps --valid valid.cps -o c.cpm
	other_tensor b.cpm c.cpm plm.encoder.block.0.layer.0.SelfAttention.q.weight
'
test_that 'interrupted and resumed, the same bytes' '
	cp-train -q --stage p5 --batch 64 --threads 1 $T5 --epochs 2 --train train.cps --valid valid.cps --checkpoint 0 -o r.cpm &
	if until_saved r.cpm.state $!; then kill -TERM $!; wait $! || true; fi
	wait
	p5 --threads 1 $T5 --epochs 2 --train train.cps --valid valid.cps --checkpoint 0 --resume -o r.cpm
	same b.cpm r.cpm
'
test_that 'a row has the same score alone as among others, from CSV as from records, with text as with tokens' '
	rows_csv 70 43 >rows.csv
	cp-textify -q rows.csv >text.cps
	cp-predict -q -m a.cpm --csv <rows.csv >all
	cp-predict -q -m a.cpm text.cps | cmp - all
	cp-predict -q -m a.cpm --threads 1 --csv <rows.csv | cmp - all
	for i in 2 9 70; do sed -n "1p;${i}p" rows.csv | cp-predict -q -m a.cpm --csv; done >lone
	sed -n "1p;8p;69p" all | cmp - lone
'
test_that 'a row'\''s score does not depend on its label' '
	cp-predict -q --score-only -m a.cpm --csv <rows.csv >all
	sed "2,\$s/^1,/2,/; 2,\$s/^0,/1,/; 2,\$s/^2,/0,/" rows.csv | cp-predict -q --score-only -m a.cpm --csv | cmp - all
'
test_that 'defaults of its own: warm-up, clipping, weight decay' '
	says b.cpm "\"warmup\":\"0.05\""
	says b.cpm "\"clip\":\"1\""
	says b.cpm "\"plm-weight-decay\":\"0.01\""
	p5 --threads 1 $T5 --epochs 1 --warmup 0 --clip 0 --train train.cps -o d.cpm
	says d.cpm "\"warmup\":\"0\""
	says_not d.cpm "\"clip\""
'
test_that 'the softmax over all words, another training' '
	p5 --threads 1 $T5 --epochs 2 --full-vocab --train train.cps --valid valid.cps -o full.cpm
	other_tensor b.cpm full.cpm plm.shared.weight
'
test_that 'it goes on with --init' '
	p5 --threads 1 --init b.cpm --epochs 1 --train train.cps -o on.cpm
	other_tensor b.cpm on.cpm plm.shared.weight
	cp-predict -q -m on.cpm test.cps >scores
	test "$(wc -l <scores)" = 200
'
test_that 'what does not go with it is refused' '
	pretrain --epochs 1 --train train.cps -o pre.cpm
	refused 1 "b.cpm: a T5, which --stage p5 made" finetune --init b.cpm --train train.cps -o no.cpm
	refused 1 "b.cpm: a T5, which --stage p5 made" finetune --with-plm --init b.cpm --train train.cps -o no.cpm
	refused 1 "pre.cpm: no T5, which --stage p5 needs" p5 --init pre.cpm --train train.cps -o no.cpm
	refused 2 "a T5 alone: no CTR model, no prompts" p5 --model dnn --train train.cps -o no.cpm
	refused 2 "a T5 alone: no CTR model, no prompts" p5 --prompts 3 --train train.cps -o no.cpm
	refused 2 "nothing else is there to be trained" p5 --plm-lr 0 --train train.cps -o no.cpm
	refused 1 "b.cpm: a model without prompts" cp-predict --attention -m b.cpm test.cps
	refused 1 "fills in no words" cp-predict --fill -m b.cpm test.cps
'

if ! test -e "$SHARED/fixtures/plm/tiny-t5"; then
	test_skip 'from a folder' '../shared/fixtures/plm is not here'
	test_done
fi
test_that 'from a folder: its own tokenizer, its weights; the tied table told thrice is no surprise' '
	cp-train --stage p5 --plm "$SHARED/fixtures/plm/tiny-t5" --epochs 1 --train train.cps -o no.cpm 2>err || true
	grep "its tokens are of another tokenizer" err
	rows_csv 200 42 | cp-textify -q >text.cps
	cp-train --stage p5 --plm "$SHARED/fixtures/plm/tiny-t5" --epochs 1 --train text.cps -o t.cpm 2>err
	test "$(grep -c "not used" err)" = 0
	cp-predict -q -m t.cpm text.cps >scores
	test "$(wc -l <scores)" = 200
'
test_that 'a folder of the other kind is refused' '
	rows_csv 20 42 | cp-textify -q >text.cps
	refused 1 "tiny-bert: a language model of the BERT family; --stage p5 takes a T5" p5 --plm "$SHARED/fixtures/plm/tiny-bert" --train text.cps -o no.cpm
	refused 1 "tiny-t5: a T5, which goes with --stage p5; --stage pretrain takes BERT or RoBERTa" cp-train --stage pretrain --plm "$SHARED/fixtures/plm/tiny-t5" --train text.cps -o no.cpm
'
test_done
