#!/bin/sh
# What cp-train cannot do, it says in one sentence that names what was found; it leaves nothing behind, and no model.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
pretrain --epochs 1 --train train.cps -o pre.cpm
ctr --epochs 1 --train train.cps -o ctr.cpm
NO='-o no.cpm'

test_that 'options that contradict one another are wrong usage' '
	refused 2 "stage is needed" cp-train --train train.cps $NO
	refused 2 "output -: a model is a file" cp-train --no-ledger --stage ctr --train train.cps -o -
	refused 2 "with-plm" ctr --with-plm --train train.cps $NO
	refused 2 "plm" ctr --plm scratch --train train.cps $NO
	refused 2 "init" ctr --init pre.cpm --train train.cps $NO
	refused 2 "init" finetune --train train.cps $NO
	refused 2 "once" ctr --train - --valid - $NO
	refused 2 "once" ctr --valid - $NO
	refused 2 "prompt-usage" finetune --with-plm --init pre.cpm --prompts 0 --prompt-usage avg --train train.cps $NO
	refused 2 "prompt-usage" pretrain --prompt-usage avg --train train.cps $NO
	refused 2 "prompt-usage" finetune --init pre.cpm --prompt-usage avg --train train.cps $NO
	refused 2 "max-length" pretrain --max-length 2 --train train.cps $NO
	refused 2 "plm-lr -1e-.*: expected 0 to 100, or -1" pretrain --plm-lr -1e-5 --train train.cps $NO
	refused 2 "plm-dropout -0.1: expected 0 to 1, or -1" pretrain --plm-dropout -0.1 --train train.cps $NO
	refused 2 "f32 only" ctr --precision bf16 --gemm openblas --train train.cps $NO
	refused 2 "operand" ctr --train train.cps valid.cps $NO
	refused 2 "standard input can be read once only, and it is named 2 times" ctr --teacher - $NO
'

test_that 'sizes of a CTR model that it has not, or cannot have' '
	for set in no-such=1 dim dim= dim=x dim=0 dim=-1 dim=1.5 hidden=0 hidden=16,,16 hidden=16x99 dropout=2 structure=round batch_norm=2; do
		refused 2 "set $set: " ctr --set $set --train train.cps $NO
	done
	refused 2 "no size of that name, nor any other" cp-train --stage ctr --model lr --set dim=4 --train train.cps $NO
	refused 2 "model no-such" ctr --model no-such --train train.cps $NO
'

test_that 'a language model of impossible sizes' '
	for spec in layers=0 layers=999 hidden=7 heads=0 no=1 layers= layers=two positions=1; do
		refused 2 "plm scratch" cp-train -q --stage pretrain --plm scratch:$spec --train train.cps $NO
	done
	refused 2 "hidden" ctr --set hidden=8, --train train.cps $NO
	refused 2 "dims" ctr --set dims=1:8,1:16 --train train.cps $NO
	refused 2 "dims" ctr --set dims=1:8, --train train.cps $NO
	refused 2 "nothing stands behind the last comma" cp-train -q --stage pretrain --plm scratch:layers=1, --train train.cps $NO
	refused 2 "hidden size 30 is not a multiple of 4 heads" cp-train -q --stage pretrain --plm scratch:hidden=30,heads=4 --train train.cps $NO
	refused 1 "leave no room" pretrain --prompts 64 --prompt-where input --train train.cps $NO
	refused 1 "max-length 65: .* positions for 62" pretrain --max-length 65 --train train.cps $NO
	refused 1 "max-length" finetune --with-plm --init pre.cpm --max-length 100 --train train.cps $NO
'

test_that 'a model does not take the place of what is open' '
	for name in /dev/stdout /dev/fd/1; do
		echo before >there
		fails_with 1 sh -c "cp-train -q --stage ctr --train train.cps -o $name >>there"
		grep "^cp-train: $name: open already, and so not to be replaced" fails_with.err
		grep -x before there
	done
'
test_that 'no rows' '
	cp-cat -q -n 0 train.cps >empty.cps
	refused 1 "no rows to train on" ctr --train empty.cps $NO
	refused 1 "no rows to train on" pretrain --train empty.cps $NO
	refused 1 "no rows in --valid" ctr --train train.cps --valid empty.cps $NO
	refused 1 "no rows in --test" ctr --train train.cps --test empty.cps $NO
	refused 1 "standard input: " ctr $NO
	refused 1 "no-such.cps: open" ctr --train no-such.cps $NO
'

test_that 'a stream that was cut short' '
	head -c 3000 train.cps >cut.cps
	for opt in --train --valid --test; do
		refused 1 "cut.cps: .*cut short" ctr --train train.cps $opt cut.cps $NO
	done
	head -c 3000 train.cps | fails_with 1 ctr $NO
	grep "standard input: .*cut short" fails_with.err
	ls no.cpm* && exit 1
	true
'

test_that 'labels that are no clicks' '
	cp-cat -q --drop label train.cps >none.cps
	refused 1 "none.cps: no label column .label. in it" ctr --train none.cps $NO
	refused 1 "no label column .like." ctr --label like --train train.cps $NO
	refused 1 "none.cps: no label" ctr --train train.cps --valid none.cps $NO
	rows_csv 20 1 | sed "5s/^[01]/0.5/" | cp-textify -q >half.cps
	refused 1 "half.cps: row 3: label 0.5; expected 0 or 1" ctr --train half.cps $NO
	rows_csv 20 1 | sed "5s/^[01]/-1/" | cp-textify -q >minus.cps
	refused 1 "minus.cps: row 3: label -1; expected 0 or 1" ctr --train train.cps --valid minus.cps $NO
'

test_that 'fields that differ' '
	cp-cat -q --drop Genre train.cps >less.cps
	refused 1 "less.cps: field .Genre. is missing" ctr --train train.cps --valid less.cps $NO
	refused 1 "less.cps: field .Genre. is missing" ctr --train train.cps --train less.cps $NO
	refused 1 "less.cps: field .Genre. is missing" finetune --init pre.cpm --train less.cps $NO
	cp-cat -q --columns label,text,tokens,mask train.cps >no-fields.cps
	refused 1 "no field (key column)" ctr --train no-fields.cps $NO
'

test_that 'tokens that are not there or of another tokenizer' '
	cp-cat -q --drop tokens --drop mask --drop text train.cps >keys.cps || cp-cat -q --columns label,User,Film,Genre train.cps >keys.cps
	refused 1 "no tokens and no text" pretrain --train keys.cps $NO
	refused 1 "no tokens and no text" finetune --with-plm --init pre.cpm --train keys.cps $NO
	rows_csv 100 1 | cut -d, -f5 | cp-vocab -q --lines --size 200 -o other
	rows_csv 100 1 | cp-textify -q | cp-mask -q --plm other >other.cps
	refused 1 "other.cps: its tokens are of another tokenizer" pretrain --train other.cps $NO
	refused 1 "other.cps: its tokens are of another tokenizer" pretrain --train train.cps --valid other.cps $NO
	refused 1 "other.cps: its tokens are of another tokenizer" finetune --with-plm --init pre.cpm --train other.cps $NO
'

test_that 'files that were masked otherwise than the first' '
	rows_csv 100 3 | cp-textify -q | cp-mask -q --seed 5 >seed5.cps
	rows_csv 100 3 | cp-textify -q | cp-mask -q --static >static.cps
	refused 1 "seed5.cps: it was masked otherwise" pretrain --train train.cps --train seed5.cps $NO
	refused 1 "static.cps: it was masked otherwise" pretrain --train train.cps --train static.cps $NO
'

edit() {		# edit SED-SCRIPT <stream >stream: by way of the text twin
	cp-cat -q --to jsonl | sed "$1" | cp-cat -q --from jsonl --edited
}

test_that 'a header that lies about its tokens, and masks that do not fit' '
	cp-mask -q --static train.cps 2>/dev/null >st.cps || rows_csv 60 42 | cp-textify -q | cp-mask -q --static >st.cps
	cp-cat -q -n 3 st.cps | cp-cat -q --to jsonl >st.jsonl
	head -c 300 st.jsonl
	edit "s/\"vocab_size\": *[0-9]*/\"vocab_size\":99999/" <st.cps >lie.cps
	refused 1 "lie.cps: its tokens have a vocabulary of 99999" pretrain --train lie.cps $NO
	edit "s/\"mask\":\[\[[0-9]*,/\"mask\":[[0,/; s/\"mask\":\[[0-9]*,/\"mask\":[0,/" <st.cps >at-cls.cps
	refused 1 "at-cls.cps: row [0-9]*: its mask does not fit its tokens" pretrain --train at-cls.cps $NO
'

test_that '--init that is no model, or none for this' '
	refused 1 "no-such.cpm" finetune --init no-such.cpm --train train.cps $NO
	refused 1 "train.cps: " finetune --init train.cps --train train.cps $NO
	head -c 2000 pre.cpm >cut.cpm
	refused 1 "cut.cpm: " finetune --init cut.cpm --train train.cps $NO
	refused 1 "model dnn: pre.cpm holds dcnv2, and training goes on with that model" finetune --model dnn --init pre.cpm --train train.cps $NO
	refused 1 "set dim=16: pre.cpm was made with dim=8, and training goes on with that model" finetune --set dim=16 --init pre.cpm --train train.cps $NO
	refused 1 "set dims=1:2: pre.cpm was made with no dims, and training goes on with that model" finetune --set dims=1:2 --init pre.cpm --train train.cps $NO
	ctr --epochs 1 --set dims=1:2 --train train.cps -o widths.cpm
	refused 1 "set dims=: widths.cpm was made with dims=1:2," finetune --set dims= --init widths.cpm --train train.cps $NO
	refused 1 "set dims=1:3: widths.cpm was made with dims=1:2," finetune --set dims=1:3 --init widths.cpm --train train.cps $NO
	refused 1 "prompts 3: pre.cpm was pretrained with 2" finetune --with-plm --prompts 3 --init pre.cpm --train train.cps $NO
	refused 1 "prompt-where input: pre.cpm was pretrained with prompts before every layer" finetune --with-plm --prompt-where input --init pre.cpm --train train.cps $NO
	refused 1 "prompt-mlp separate: pre.cpm was pretrained with a shared one" finetune --with-plm --prompt-mlp separate --init pre.cpm --train train.cps $NO
	refused 1 "no-shift: pre.cpm was pretrained with" finetune --with-plm --no-shift --init pre.cpm --train train.cps $NO
	refused 1 "2 layers of width 128; pre.cpm was pretrained with 1 of 32" finetune --with-plm --plm scratch --init pre.cpm --train train.cps $NO
	refused 1 "plm scratch:.*: 4 heads; pre.cpm was pretrained with 2" finetune --with-plm --plm scratch:layers=1,hidden=32,heads=4,positions=64 --init pre.cpm --train train.cps $NO
	refused 1 "plm scratch:.*: 64 units in a feed-forward; pre.cpm was pretrained with 128" \
		finetune --plm scratch:layers=1,hidden=32,heads=2,positions=64,ffn=64 --init pre.cpm --train train.cps $NO
	refused 1 "plm scratch:.*: 512 positions; pre.cpm was pretrained with 64" finetune --with-plm --plm scratch:layers=1,hidden=32,heads=2 --init pre.cpm --train train.cps $NO
	refused 1 "prompts 3: pre.cpm was pretrained with 2" finetune --prompts 3 --init pre.cpm --train train.cps $NO
	refused 1 "set hidden=16,17: pre.cpm was made with hidden=16,16" finetune --with-plm --set hidden=16,17 --init pre.cpm --train train.cps $NO
	ctr --epochs 1 --train train.cps -o alone.cpm
	refused 1 "plm: alone.cpm has no language model; --stage finetune takes one in with --with-plm" finetune --plm scratch --init alone.cpm --train train.cps $NO
	refused 2 "pooler belongs to --stage finetune --with-plm" finetune --pooler cls --init pre.cpm --train train.cps $NO
	refused 2 "fusion belongs to --stage finetune --with-plm" finetune --fusion alpha --init pre.cpm --train train.cps $NO
	finetune --epochs 1 --model dcnv2 --set dim=8 --init pre.cpm --train train.cps -o yes.cpm
	finetune --epochs 1 --with-plm --prompts 2 --prompt-where layers $TINY --init pre.cpm --train train.cps -o yes.cpm
'

test_that 'prompts are read that --init has not' '
	pretrain --prompts 0 --epochs 1 --train train.cps -o bare.cpm
	refused 1 "prompt-usage avg reads the prompts, and bare.cpm has none" finetune --with-plm --prompt-usage avg --init bare.cpm --train train.cps $NO
'

test_that 'a loss that is no number' '
	refused 1 "no longer a number in epoch 1, step [0-9]*; a training begun anew with a smaller --lr" ctr --lr 100 --weight-decay 1000 --train train.cps $NO
'

mkdir small
if mount -t tmpfs -o size=200k tmpfs small 2>/dev/null; then
test_that 'a full disk: a sentence, and the last state stays' '
	trap "umount $PWD/small" EXIT
	ctr --epochs 12 --train train.cps -o whole.cpm
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 12 --checkpoint 0 --train train.cps -o small/m.cpm &
	pid=$!
	until_saved small/m.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	rm -f small/m.cpm.state.tmp.*
	cp small/m.cpm.state kept
	dd if=/dev/zero of=small/fill bs=1k 2>/dev/null || true
	fails_with 1 ctr --epochs 12 --train train.cps --resume -o small/m.cpm
	grep "small/m.cpm.*: write: No space left on device" fails_with.err
	cmp kept small/m.cpm.state
	test ! -e small/m.cpm
	rm small/fill
	ctr --epochs 12 --train train.cps --resume -o small/m.cpm
	same whole.cpm small/m.cpm
	ls small
	test "$(ls small)" = m.cpm
'
else
	test_skip 'a full disk' 'no file system can be mounted here'
fi

test_that 'a file that may grow no further: a sentence, and the last state stays' '
	ctr --epochs 12 --train train.cps -o whole.cpm
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 12 --checkpoint 0 --train train.cps -o m.cpm &
	pid=$!
	until_saved m.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	cp m.cpm.state kept
	(
		trap "" XFSZ
		ulimit -f 4
		fails_with 1 ctr --no-ledger --epochs 12 --checkpoint 0 --train train.cps --resume -o m.cpm
	)
	grep "m.cpm.state: write: File too large" fails_with.err
	cmp kept m.cpm.state
	ctr --epochs 12 --train train.cps --resume -o m.cpm
	same whole.cpm m.cpm
'

# lying FROM TO WORD WORD: a model with another word of the same length in its configuration, and no digest that would tell
lying() { LC_ALL=C sed "s/\"digest\"/\"digesx\"/; s/\\\\\"$3/\\\\\"$4/" "$1" >"$2"; test $(wc -c <"$1") -eq $(wc -c <"$2"); }
QUOTED='\\"'

test_that 'a model whose configuration does not go together' '
	cp-train -q --threads 1 --stage finetune --with-plm --prompt-usage avg --epochs 1 --batch 64 --init pre.cpm --train train.cps -o with.cpm
	lying pre.cpm lie.cpm "vocab_size$QUOTED:7000" "vocab_size$QUOTED:   0"
	refused 1 "lie.cpm: its language model has a vocabulary of none" finetune --with-plm --init lie.cpm --train train.cps $NO
	lying pre.cpm lie.cpm "ctr$QUOTED" "xtr$QUOTED"
	refused 1 "lie.cpm: it has prompts, and no CTR model with a final vector" cp-predict --fill -m lie.cpm train.cps
	lying with.cpm half.cpm "k$QUOTED:2" "k$QUOTED:0"
	lying half.cpm lie.cpm "where$QUOTED:${QUOTED}layers$QUOTED" "where$QUOTED:  ${QUOTED}none$QUOTED"
	refused 1 "lie.cpm: its CTR model reads prompts, and there are none" cp-predict -m lie.cpm train.cps
	lying pre.cpm lie.cpm "plm$QUOTED:" "xlm$QUOTED:"
	refused 1 "lie.cpm: its objective is masked words, and it has no language model" finetune --init lie.cpm --train train.cps $NO
'
test_done
