#!/bin/sh
# A frozen language model without dropout and prompts: its layers are computed once a row, which is said, and changes no number.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
pretrain --prompts 0 --epochs 1 --train train.cps -o pre.cpm
SAYS='its layers are computed once a row'
STILL="--stage finetune --with-plm --init pre.cpm --plm-lr 0 --plm-dropout 0 --set dim=8 --set hidden=16,16 --batch 48 --epochs 3 --lr 0.01"
STILL="$STILL --prompts 0 --valid valid.cps --test test.cps"

# Dropout that never drops: everything is computed anew, and is the same.
ANEW='--plm-dropout 1e-30'

for more in '--pooler cls' '--pooler avg' '--pooler avg_first_last --fusion alpha' '--pooler avg_top2 --precision f32'; do
	export more STILL ANEW SAYS
	test_that "the same numbers as computing them anew, to the last bit: $more" '
		cp-train $STILL $more --train train.cps -o kept.cpm 2>kept.err
		cat kept.err
		test $(grep -c "$SAYS" kept.err) = 1
		cp-train $STILL $ANEW $more --train train.cps -o anew.cpm 2>anew.err
		test $(grep -c "$SAYS" anew.err) = 0
		for e in kept anew; do grep -oE "loss [0-9.]+|AUC.*|log loss.*" $e.err | sed "s/, [0-9]* rows.*//" >$e; done
		cat anew
		cmp kept anew
		cp-model compare -q kept.cpm anew.cpm >differs || true
		cat differs
		test $(grep -c "^tensor" differs) = 0
	'
done

test_that 'rows in files, shuffled in windows: the same numbers' '
	rows_csv 16000 7 | cp-textify -q >many.cps
	for m in "" "$ANEW"; do
		cp-train $STILL --batch 256 --epochs 1 $m --memory 1 --train many.cps -o many${m:+-anew}.cpm 2>err
		grep "kept in temporary files and shuffled [0-9]* at a time" err
	done
	cp-model compare -q many.cpm many-anew.cpm >differs || true
	cat differs
	test $(grep -c "^tensor" differs) = 0
'

test_that 'by any number of threads, and resumed: the same bytes' '
	cp-train -q --threads 1 '"$STILL"' --train train.cps -o one.cpm
	cp-train -q --threads 3 '"$STILL"' --train train.cps -o three.cpm
	same one.cpm three.cpm
	cp-train -q --threads 1 '"$STILL"' --checkpoint 0 --train train.cps -o stopped.cpm &
	pid=$!
	until_saved stopped.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	cp-train -q '"$STILL"' --resume --train train.cps -o stopped.cpm
	same one.cpm stopped.cpm
'

test_that 'its scores are those of cp-predict' '
	cp-train '"$STILL"' --train train.cps -o kept.cpm 2>err
	cp-predict -q -m kept.cpm test.cps | cp-auc -q | sed -n "s/^auc.//p" >auc
	cat auc err
	grep -o "test AUC [0-9.]*" err | cut -d" " -f3 | paste - auc | awk "{ exit !(\$1 - \$2 < 2e-5 && \$2 - \$1 < 2e-5) }"
'

test_that 'with dropout, prompts, or a step of its own they are not; where it is dropout alone, that is said' '
	F="--stage finetune --with-plm --set dim=8 --set hidden=16,16 --batch 64 --epochs 1 --train train.cps -o f.cpm"
	cp-train $F --init pre.cpm --prompts 0 --plm-lr 0 2>err
	grep "frozen, but has dropout; with --plm-dropout 0" err
	test $(grep -c "'"$SAYS"'" err) = 0
	cp-train $F --init pre.cpm --prompts 0 --plm-dropout 0 2>err
	test $(grep -c "'"$SAYS"'" err) = 0
	pretrain --epochs 1 --train train.cps -o prompts.cpm
	cp-train $F --init prompts.cpm --plm-lr 0 --plm-dropout 0 2>err
	test $(grep -c "'"$SAYS"'" err) = 0
	test $(grep -c "has dropout" err) = 0
'

test_that 'no room for temporary files' '
	refused 1 "no-such.*temporary file" env TMPDIR=no-such cp-train '"$STILL"' --train train.cps -o no.cpm
	( trap "" XFSZ; ulimit -f 16; refused 1 "keeping what the language model makes of the rows in a temporary file" cp-train --no-ledger '"$STILL"' --train train.cps -o no.cpm )
'

test_that 'tokens a second are those that the language model read, once a row, in whatever parts a step is done' '
	for parts in 0 1 7; do
		cp-train $STILL --micro-batch $parts --train train.cps -o kept.cpm 2>&1 | sed -n "s|.*[ ]\([0-9]*\) rows/s, \([0-9]*\) tokens/s.*|\1 \2|p" | awk "{ printf \"%.0f\n\", 10 * \$2 / \$1 }"
	done >a_row
	cat a_row
	test "$(sort -u a_row | wc -l)" = 1
	cp-train $STILL $ANEW --train train.cps -o anew.cpm 2>&1 | sed -n "s|.*[ ]\([0-9]*\) rows/s, \([0-9]*\) tokens/s.*|\1 \2|p" | awk -v of_three="$(head -n 1 a_row)" "{ x = 10 * \$2 / \$1 / of_three; exit !(x > 2.9 && x < 3.1) }"
'

test_that '--plm-dropout belongs to a language model' '
	refused 2 "plm-dropout: there is no language model in --stage ctr" cp-train --stage ctr --plm-dropout 0 --train train.cps -o no.cpm
	refused 2 "plm-dropout: there is no language model in --stage finetune without --with-plm" \
		cp-train --stage finetune --init pre.cpm --plm-dropout 0 --train train.cps -o no.cpm
	refused 2 "plm-dropout 1 would leave nothing" cp-train --stage pretrain --plm-dropout 1 --train train.cps -o no.cpm
'

test_done
