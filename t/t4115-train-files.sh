#!/bin/sh
# Rows that are more than --memory holds: kept in temporary files, shuffled in windows; the same training whatever else is different.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
rows_csv 40000 42 | cp-featurize -q >many.cps		# 52 bytes a row in memory: 2 MB
rows_csv 12000 43 | cp-textify -q >text.cps
cp-mask -q text.cps >words.cps
cp-mask -q --static text.cps >static.cps

FILES='--threads 1 --stage ctr --set dim=4 --set hidden=8 --set cross=1 --batch 512 --memory 1'
files() { cp-train $FILES "$@"; }

test_that 'in memory and in files, rows are the same rows; the order goes over each once' '
	{
		echo "label,A,G,P"
		awk "BEGIN { for (i = 0; i < 9000; i++) printf \"%d,a%d,%s,%s\n\", i % 3 == 0, i % 97, i % 5 ? \"x|y\" (i % 7 ? \"|z\" i % 11 : \"\") : \"\", i % 13 ? i / 9000 : \"\" }"
	} >kinds.csv
	cp-featurize -q -f "G: list |" -f "P: number" kinds.csv >kinds.cps
	TMPDIR=$PWD "$CP_UNITS/data" many.cps kinds.cps words.cps static.cps
	ls cp-spool.* && exit 1
	true
'

test_that 'the rows of training, kept in files: told, and the same bytes from a file, from a pipe, in other blocks and with more threads' '
	files --epochs 2 --train many.cps --valid valid.cps -o a.cpm 2>err
	cat err
	grep "the training rows take 1 MB, more than --memory 1: they are kept in temporary files and shuffled [0-9]* at a time" err
	grep "40200 rows in" err
	cat many.cps | files -q --epochs 2 --valid valid.cps -o b.cpm
	same a.cpm b.cpm
	cp-cat -q --block-rows 777 many.cps >blocks.cps
	files -q --epochs 2 --train blocks.cps --valid valid.cps -o b.cpm
	same a.cpm b.cpm
	files -q --threads 3 --epochs 2 --train many.cps --valid valid.cps -o b.cpm
	same a.cpm b.cpm
	cp-split -q --ratio 1:1 --by order --names x,y -o part many.cps
	files -q --epochs 2 --train part.x.cps --train part.y.cps --valid valid.cps -o b.cpm
	same a.cpm b.cpm
'

test_that 'lists and numbers in files: trained on, and wide numbers are told of as in memory' '
	{
		echo "label,A,G,P"
		awk "BEGIN { for (i = 0; i < 60000; i++) printf \"%d,a%d,x|y%d,%d\n\", i % 3 == 0, i % 97, i % 11, i % 400 }"
	} >wide.csv
	cp-featurize -q -f "G: list |" -f "P: number" wide.csv >wide.cps
	for threads in 1 2; do
		files --threads $threads --epochs 1 --train wide.cps -o wide$threads.cpm 2>err
		cat err
		grep "more than --memory 1: they are kept in temporary files" err
		grep "field .P. has numbers from 0 to 399" err
	done
	cmp wide1.cpm wide2.cpm
'

test_that 'the order is another than in memory, the rows and what is learnt are the same' '
	files --epochs 2 --memory 64 --train many.cps --valid valid.cps -o m.cpm 2>err
	grep "temporary files" err && exit 1
	other_tensor a.cpm m.cpm embedding
	says a.cpm "shuffle window"
	says_not m.cpm "shuffle window"
	for f in a m; do header $f.cpm | tr -d "\\\\" | grep -o "\"training rows\":\"[0-9a-f]*\"" >$f.rows; done
	diff a.rows m.rows
	for f in a m; do cp-predict -q -m $f.cpm test.cps | cp-auc | sed -n "s/^auc	//p"; done >aucs
	cat aucs
	awk "{ v[NR] = \$1 } END { exit !(v[1] > .8 && v[2] > .8) }" aucs
'

test_that 'killed and resumed, in whatever window' '
	rm -f c.cpm*
	old=
	for i in 1 2 3 4; do
		cp-train -q $FILES --epochs 2 --train many.cps --valid valid.cps --checkpoint 0 --resume -o c.cpm &
		pid=$!
		until_saved c.cpm.state $pid "$old" || break
		sleep 0.0$((i * 7 % 10))
		kill -9 $pid || true
		wait $pid || true
		old=$(ls -i c.cpm.state 2>/dev/null) || true
	done
	files -q --epochs 2 --train many.cps --valid valid.cps --resume -o c.cpm
	same a.cpm c.cpm
'

test_that '--resume with another window is refused' '
	rm -f c.cpm*
	cp-train -q $FILES --epochs 2 --train many.cps --valid valid.cps --checkpoint 0 -o c.cpm &
	pid=$!
	until_saved c.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	fails_with 1 files -q --epochs 2 --memory 64 --train many.cps --valid valid.cps --resume -o c.cpm
	grep "another shuffle window" fails_with.err
'

test_that 'the recipe has the window, and not --memory where all rows fit' '
	rm -f recipe.db
	for m in 1 32 64; do
		cp-train -q $FILES --epochs 1 --memory $m --ledger recipe.db --train many.cps -o r.cpm
	done
	sqlite3 recipe.db "SELECT recipe FROM runs ORDER BY id" >recipes
	cat recipes
	test "$(sed -n 2p recipes)"
	test "$(sed -n 1p recipes)" != "$(sed -n 2p recipes)"
	test "$(sed -n 2p recipes)" = "$(sed -n 3p recipes)"
'

case $CP_BIN in
*address*) test_skip 'memory does not grow with the rows' 'the sanitizer keeps freed memory' ;;
*) test_that 'memory does not grow with the rows' '
	cp-cat -q many.cps many.cps many.cps many.cps >4.cps
	cp-cat -q 4.cps 4.cps 4.cps 4.cps >16.cps
	for n in 4 16; do
		files --epochs 1 --train $n.cps -o g.cpm 2>err
		sed -n "s/.* s, \([0-9]*\)[0-9.]* MB peak.*/\1/p" err
	done >peaks
	cat peaks
	awk "{ v[NR] = \$1 } END { exit !(NR == 2 && v[2] <= v[1] + 3) }" peaks
' ;;
esac

test_that 'validation, test and vocabulary rows in files: the same bytes and figures as in memory' '
	opts="--epochs 2 --train train.cps --valid many.cps --test many.cps --vocab-from many.cps"
	files --memory 64 $opts -o m.cpm 2>m.err
	files $opts -o f.cpm 2>f.err
	same m.cpm f.cpm
	for f in m f; do sed -e "s/[0-9.]* s, [0-9.]* MB peak//" -e "s/[0-9]* rows.s//" $f.err >$f.said; done
	cat f.said
	diff m.said f.said
'

test_that 'pretraining on tokens in files, with and without static masks' '
	for kind in words static; do
		opts="--epochs 1 --batch 256 --memory 1 --train $kind.cps --valid $kind.cps"
		pretrain $opts -o a.cpm
		says a.cpm "shuffle window"
		cp-cat -q --block-rows 501 $kind.cps >blocks.cps
		pretrain --threads 2 --epochs 1 --batch 256 --memory 1 --train blocks.cps --valid blocks.cps -o b.cpm
		same a.cpm b.cpm
	done
'

test_that 'no room for the files, or no folder: one sentence, nothing left behind' '
	refused 1 "more than --memory holds; keeping them in a temporary file in .*: File too large" \
		sh -c "ulimit -f 200; exec cp-train -q --no-ledger --threads 1 --stage ctr --memory 1 --train many.cps -o no.cpm"
	TMPDIR=$PWD/nowhere refused 1 "nowhere/cp-spool.*: temporary file: No such file" \
		cp-train -q --threads 1 --stage ctr --memory 1 --train many.cps -o no.cpm
'

test_done
