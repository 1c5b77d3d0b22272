#!/bin/sh
# cp-train --teacher: another model's scores beside the labels.  A mixture is only a number that a row expects, so trainings that expect the same
# numbers, however they come about, have the same parameters, bit for bit.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows_csv 600 42 >rows.csv
turned() { awk -F, 'BEGIN { OFS = "," } NR > 1 { $1 = 1 - $1 } 1' "$1"; }	# clicks and others change places
make_rows && turned rows.csv | cp-textify -q | cp-mask -q >turned.cps || skip_all 'the rows could not be made'
# scores IF_CLICKED ELSE ROWS: of a teacher that knows
scores() { cp-cat -q --to tsv --bare --columns label "$3" | sed 1d | awk -v a="$1" -v b="$2" '{ print $1 "\t" ($1 == 1 ? a : b) }'; }
scores 0 1 train.cps >wrong.tsv
scores 0.5 0.5 train.cps >half.tsv
scores 1 0 train.cps >right.tsv
alike() {		# alike A B: parameters and vocabulary
	cp-model compare -q "$1" "$2" >compared
	cat compared
	! grep -q '^tensor' compared
}
from() { cp-train -q --threads 1 --epochs 2 --batch 64 "$@"; }
export TINY

test_that 'a teacher of weight 1 is as good as its own labels' '
	from --stage ctr $SMALL --teacher wrong.tsv --teacher-weight 1 --train train.cps -o a.cpm
	from --stage ctr $SMALL --train turned.cps -o b.cpm
	from --stage ctr $SMALL --train train.cps -o c.cpm
	alike a.cpm b.cpm
	alike a.cpm c.cpm && exit 1
	says a.cpm "\"teacher.s scores\":\"[0-9a-f]*\""
	says a.cpm "\"teacher-weight\":\"1\""
	says_not c.cpm teacher
'

test_that 'of weight 0, or one that says what the labels say, it changes nothing; and what is expected is the mixture' '
	from --stage ctr $SMALL --teacher wrong.tsv --teacher-weight 0 --train train.cps -o a.cpm
	alike a.cpm c.cpm
	from --stage ctr $SMALL --teacher right.tsv --train train.cps -o a.cpm
	alike a.cpm c.cpm
	from --stage ctr $SMALL --teacher half.tsv --train train.cps -o a.cpm
	from --stage ctr $SMALL --teacher wrong.tsv --teacher-weight 0.25 --train train.cps -o b.cpm
	alike a.cpm b.cpm
	alike a.cpm c.cpm && exit 1
	true
'

test_that 'in finetuning, PTab and CTR-BERT, in parts of a batch and any number of threads' '
	pretrain --epochs 1 --train train.cps -o pre.cpm
	rows_csv 600 42 | cp-textify -q --form ctrl --item-fields Film,Genre >twins.cps
	turned rows.csv | cp-textify -q --form ctrl --item-fields Film,Genre >twins.turned.cps
	PLM="--plm scratch:layers=1,hidden=32,heads=2,positions=64 --micro-batch 24"
	from --stage ctr-bert $PLM --teacher wrong.tsv --teacher-weight 1 --train twins.cps -o a.cpm
	cp-train -q --threads 3 --epochs 2 --batch 64 --stage ctr-bert $PLM --train twins.turned.cps -o b.cpm
	alike a.cpm b.cpm
	from --stage finetune --with-plm --init pre.cpm --teacher wrong.tsv --teacher-weight 1 --train train.cps -o a.cpm
	from --stage finetune --with-plm --init pre.cpm --train turned.cps -o b.cpm
	alike a.cpm b.cpm
	from --stage ptab $PLM --teacher wrong.tsv --teacher-weight 1 --train train.cps -o a.cpm
	from --stage ptab $PLM --train turned.cps -o b.cpm
	alike a.cpm b.cpm
'

test_that 'rows in files that are shuffled window by window keep their scores' '
	rows_csv 40000 5 >many.csv
	cp-featurize -q many.csv >many.cps
	turned many.csv | cp-featurize -q >many.turned.cps
	scores 0 1 many.cps >many.tsv
	cp-train --threads 1 --stage ctr $SMALL --epochs 1 --memory 1 --teacher many.tsv --teacher-weight 1 --train many.cps -o a.cpm 2>said
	grep "kept in temporary files" said
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 1 --memory 1 --train many.turned.cps -o b.cpm
	alike a.cpm b.cpm
'

test_that 'the scores are those of cp-predict, and the ledger knows who made them' '
	from --stage ctr $SMALL --model dnn --train train.cps -o teacher.cpm
	cp-predict -q -m teacher.cpm train.cps -o t.tsv
	from --stage ctr $SMALL --teacher t.tsv --valid valid.cps --train train.cps -o student.cpm
	cp-ledger -q trace "$(sqlite3 "$CP_LEDGER" "select max(id) from runs")" >traced
	cat traced
	grep "cp-predict.*teacher.cpm" traced
	grep "cp-train.*model dnn" traced
'

test_that 'a training that was interrupted goes on with the same teacher alone' '
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 200 --checkpoint 0 --teacher t.tsv --train train.cps -o x.cpm &
	pid=$!
	until_saved x.cpm.state $pid
	kill -INT $pid
	wait $pid && exit 1
	fails_with 1 cp-train -q --threads 1 --stage ctr $SMALL --epochs 200 --resume --teacher half.tsv --train train.cps -o x.cpm
	grep "teacher.s scores" fails_with.err
	fails_with 1 cp-train -q --threads 1 --stage ctr $SMALL --epochs 200 --resume --train train.cps -o x.cpm
	grep "teacher" fails_with.err
'

NO='-o no.cpm'
test_that 'refused: scores of other rows, what is no probability, a stage without clicks' '
	head -n 599 t.tsv >few.tsv
	refused 1 "few.tsv: 599 rows have scores, and 600 are trained on" ctr --teacher few.tsv --train train.cps $NO
	awk "NR == 7 { \$1 = 1 - \$1 } { print \$1 \"\\t\" \$2 }" t.tsv >other.tsv
	refused 1 "other.tsv: row 7 has label .*: these are scores of other rows" ctr --teacher other.tsv --train train.cps $NO
	awk "NR == 9 { \$2 = 1.5 } { print \$1 \"\\t\" \$2 }" t.tsv >large.tsv
	refused 1 "large.tsv: row 9 has score 1.5; expected a probability" ctr --teacher large.tsv --train train.cps $NO
	refused 1 "no-such.tsv: open: No such file" ctr --teacher no-such.tsv --train train.cps $NO
	refused 1 "train.cps: line 1" ctr --teacher train.cps --train train.cps $NO
	refused 2 "teacher-weight is that of --teacher" ctr --teacher-weight 0.2 --train train.cps $NO
	refused 2 "stage pretrain does not learn the probability of a click" pretrain --teacher t.tsv --train train.cps $NO
	refused 2 "stage p5 does not learn" cp-train -q --stage p5 --teacher t.tsv --train train.cps $NO
'
test_done
