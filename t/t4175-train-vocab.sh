#!/bin/sh
# What gets a row of the table: values of other files too (--vocab-from), or all of them in a table of a fixed size (--hash-bits).
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows_csv 600 42 | cp-featurize -q >train.cps && rows_csv 200 43 | cp-featurize -q --first-row 600 >valid.cps &&
	rows_csv 300 44 | sed 's/,u/,new-u/' | cp-featurize -q --first-row 5000 >other.cps || skip_all 'the rows could not be made'
S='--set dim=4 --set hidden=8'
train() { cp-train -q --threads 1 --stage ctr --batch 50 "$@"; }
unseen() { cp-predict -m "$1" "$2" 2>&1 >scores | sed -n 's/.*: \([0-9]*\) of [0-9]* values were not.*/\1/p'; }

test_that 'the unit tests pass' '"$CP_UNITS/features"'
test_that '--vocab-from: its values get rows, without training on it' '
	train $S --train train.cps -o small.cpm
	train $S --train train.cps --vocab-from other.cps -o large.cpm
	test "$(unseen small.cpm other.cps)" -ge 300
	test -z "$(unseen large.cpm other.cps)"
	says large.cpm "\"vocab.User.keys\":{\"dtype\":\"U64\",\"shape\":\[40\]"
	says small.cpm "\"vocab.User.keys\":{\"dtype\":\"U64\",\"shape\":\[20\]"
	says large.cpm "\"vocabulary rows\""
'
test_that '--vocab-from: what it counts is for --min-count alone' '
	tensor large.cpm vocab.User.counts | od -An -v -t u8 -w8 | awk "{ n += \$1 } END { print n; exit n != 600 }"
	tensor large.cpm vocab.User.counts | od -An -v -t u8 -w8 | awk "\$1 == 0 { n++ } END { print n; exit n != 20 }"
	train $S --train train.cps --vocab-from other.cps --min-count 10 -o often.cpm
	train $S --train train.cps --vocab-from other.cps --vocab-from other.cps --min-count 10 -o twice.cpm
	test "$(tensor often.cpm vocab.User.keys | wc -c)" -lt "$(tensor twice.cpm vocab.User.keys | wc -c)"
'
test_that '--vocab-from: labels are not asked for, fields are' '
	cp-cat -q --drop label other.cps >bare.cps
	train $S --train train.cps --vocab-from bare.cps -o b.cpm
	same large.cpm b.cpm
	cp-cat -q --drop User other.cps >less.cps
	refused 1 "less.cps: field .User. is missing" train --train train.cps --vocab-from less.cps -o no.cpm
	refused 2 "once" train --train - --vocab-from - -o no.cpm
'
test_that '--vocab-from: other rows make another training' '
	train $S --train train.cps --vocab-from other.cps --resume -o large.cpm
	fails_with 1 train $S --train train.cps --vocab-from valid.cps --resume -o large.cpm
	grep "another vocabulary rows" fails_with.err
	fails_with 1 train $S --train train.cps --resume -o large.cpm
	grep "another vocabulary rows" fails_with.err
'

test_that '--hash-bits: a table of that size, no keys in the model, nothing unseen' '
	train $S --hash-bits 6 --train train.cps --valid valid.cps -o h.cpm
	says h.cpm "\"hash_bits\":6"
	says h.cpm "\"embedding\":{\"dtype\":\"F32\",\"shape\":\[64,4\]"
	says_not h.cpm "vocab.User"
	test -z "$(unseen h.cpm other.cps)"
	train $S --hash-bits 6 --train train.cps --valid valid.cps --threads 3 -o h3.cpm
	same h.cpm h3.cpm
'
test_that '--hash-bits: the row is the lowest bits of the key' '
	train --model lr --epochs 1 --batch 1 --schedule constant --weight-decay 0 --lr 1 --hash-bits 20 --train train.cps -o lr.cpm
	cp-cat -q --to tsv --columns User,Film,Genre train.cps | grep -v "^#" | tail -n +2 | tr "\t" "\n" | sort -u | while read -r key; do
		echo $((0x${key#???????????} % 1048576))
	done | sort -n -u >touched
	train --model lr --epochs 1 --batch 1 --schedule constant --weight-decay 0 --lr 0 --hash-bits 20 --train train.cps -o start.cpm
	for m in lr start; do tensor $m.cpm lr.weight | od -An -v -t x4 -w4 >$m.numbers; done
	paste lr.numbers start.numbers | awk "\$1 != \$2 { print NR - 1 }" | sort -n >moved
	cmp touched moved
'
test_that '--hash-bits: learns' '
	cp-train -q --stage ctr --model fm --set dim=8 --hash-bits 12 --epochs 8 --lr 0.02 --weight-decay 0 --train train.cps -o learnt.cpm
	cp-predict -q -m learnt.cpm <train.cps | cp-auc -q --json | sed -n "s/.*\"auc\": *\([0-9.]*\).*/\1/p" | awk "{ print; exit !(\$1 > 0.75) }"
'
test_that '--hash-bits: finetuned as it is, and not otherwise' '
	cp-train -q --stage finetune --init h.cpm --train other.cps -o f.cpm
	says f.cpm "\"hash_bits\":6"
	cp-train -q --stage finetune --init h.cpm --hash-bits 6 --train other.cps -o f6.cpm
	same f.cpm f6.cpm
	refused 1 "hash-bits 7: h.cpm has a table of 2^6 rows" cp-train --stage finetune --init h.cpm --hash-bits 7 --train other.cps -o no.cpm
	refused 1 "hash-bits 7: small.cpm has a row for every value" cp-train --stage finetune --init small.cpm --hash-bits 7 --train other.cps -o no.cpm
	refused 1 "min-count, --unseen-rate and --vocab-from have nothing to do" \
		cp-train --stage finetune --init h.cpm --unseen-rate 0.1 --train other.cps -o no.cpm
	for option in "--min-count 2" "--unseen-rate 0.1" "--vocab-from other.cps"; do
		refused 2 "have nothing to do" train --hash-bits 6 $option --train train.cps -o no.cpm
	done
'
test_that '--hash-bits: killed and taken up again' '
	opts="$S --hash-bits 6 --epochs 12 --train train.cps --valid valid.cps"
	train $opts -o whole.cpm
	cp-train -q --threads 1 --stage ctr --batch 50 $opts --checkpoint 0 -o cut.cpm &
	pid=$!
	until_saved cut.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	fails_with 1 train $opts --hash-bits 7 --resume -o cut.cpm
	grep "another hash-bits\|another CTR model" fails_with.err
	train $opts --resume -o cut.cpm
	same whole.cpm cut.cpm
'
test_done
