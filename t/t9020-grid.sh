#!/bin/sh
# The rules of experiments/: a grid killed and started again does only what is missing.  Stand-ins for the tools write down their calls.
. "$(dirname "$0")/test-lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL

mkdir tools-here grid
cat >grid/grid <<END
# A small grid
data         := $TRASH/rows
models       := dcnv2 dnn
ways         := ctr without-plm with-plm
seeds        := 1 2
plm          := scratch:layers=1
ctr          := --epochs 3
pretrain     := --epochs 1
finetune     := --epochs 2
finetune-plm := --epochs 4
END
for t in cp-cat cp-mask cp-train cp-predict cp-auc; do
	cat >tools-here/$t <<-'END'
		#!/bin/sh
		echo "${0##*/} $*" >>"$TRASH/calls"
		test ! -e "$TRASH/slow" || { touch "$TRASH/started"; sleep "$(cat "$TRASH/slow")"; }
		while test $# -gt 0; do test "$1" != -o || out=$2; shift; done
		case "$out" in *"$(cat "$TRASH/poison" 2>/dev/null)") test ! -s "$TRASH/poison" || exit 1 ;; esac
		echo made >"$out"
		test ! -e "$TRASH/late" || exec sleep 30
	END
	chmod +x tools-here/$t
done
for part in train valid test; do echo $part >rows.$part.cps; done

grid() { make -s -C "$TOP/experiments" -f grid.mk CP_BIN="$TRASH/tools-here" grid="$TRASH/grid" ledger="$TRASH/l.db" "${@:-all}"; }
calls() { test ! -e calls || sort calls | cut -d' ' -f1 | uniq -c | awk '{ printf "%s %d ", $2, $1 }'; }

test_that 'every cell is made, and pretraining is shared between two ways' '
	grid
	test "$(calls)" = "cp-auc 12 cp-cat 1 cp-mask 1 cp-predict 16 cp-train 16 "
	grep -e "--seed 2 -o .*/dnn-2/with-plm.cpm --stage finetune --with-plm --epochs 4 --init .*/dnn-2/pretrained.cpm" calls
	grep -e "--seed 1 -o .*/dcnv2-1/ctr.cpm --stage ctr --model dcnv2 --epochs 3" calls
'

test_that 'nothing is done twice' '
	rm calls
	grid
	test ! -e calls
'

test_that 'models whose figures are there may be thrown away' '
	rm -f grid/made/dnn-1/ctr.cpm grid/made/dcnv2-2/pretrained.cpm grid/made/dnn-2/with-plm.cpm grid/made/dnn-2/with-plm.attention
	grid
	test ! -e calls
'

test_that 'what is missing is made, with what it needs, and nothing else' '
	rm -f grid/made/dnn-1/ctr.auc grid/made/dnn-1/with-plm.auc grid/made/dnn-1/*.attention grid/made/dnn-2/*.auc grid/made/dnn-2/*.tsv grid/made/dnn-2/ctr.cpm
	grid
	test "$(calls)" = "cp-auc 5 cp-predict 5 cp-train 2 "	# with-plm of the second seed was thrown away above
	grep -c "^cp-predict --attention -m .*/dnn-[12]/with-plm.cpm -o .*/with-plm.attention$" calls | grep -x 2
'

test_that 'programs built anew do not throw results away' '
	rm -f calls
	touch tools-here/*
	grid
	test ! -e calls
'

test_that 'a failure leaves nothing under a final name, and the rest is not done again' '
	rm -rf grid/made calls
	echo dnn-1/with-plm.cpm >poison
	! grid -k || exit 1
	test ! -e grid/made/dnn-1/with-plm.cpm
	test "$(calls)" = "cp-auc 11 cp-cat 1 cp-mask 1 cp-predict 14 cp-train 16 "
	rm poison calls
	grid
	test "$(calls)" = "cp-auc 1 cp-predict 2 cp-train 1 "
'

test_that 'killed in the middle and started again, only what is missing is done' '
	rm -rf grid/made/dcnv2-1 calls
	echo 30 >slow
	setsid make -s -C "$TOP/experiments" -f grid.mk CP_BIN="$TRASH/tools-here" grid="$TRASH/grid" ledger="$TRASH/l.db" all &
	wait_for test -e started
	kill -KILL -$!
	wait $! || true
	rm slow calls
	grid
	test "$(calls)" = "cp-auc 3 cp-predict 4 cp-train 4 "
'

test_that 'two makes at once share the work: nothing is made twice, fails or is thrown away' '
	rm -rf grid/made calls
	echo 0.05 >slow
	grid -j2 >first 2>&1 &
	grid -k -j2 >second 2>&1 || { cat second; exit 1; }
	wait $! || { cat first; exit 1; }
	test "$(calls)" = "cp-auc 12 cp-cat 1 cp-mask 1 cp-predict 16 cp-train 16 "
	! ls grid/made/*.lock grid/made/*/*.lock || exit 1
	rm slow
'

test_that 'a step whose file another make has made since has nothing to do; one whose rows are newer has' '
	step() { (cd "$TOP/experiments" && NEEDS=$TRASH/rows.new ./step "$TRASH/made.new" sh -c "echo >>$TRASH/ran"); }
	touch rows.new
	sleep 0.02
	touch made.new
	step
	test ! -e ran
	sleep 0.02
	touch rows.new
	step
	test -e ran
	rm ran
	step
	test ! -e ran
'

test_that 'a step tells how many of the plan are behind it, failed or not, and what the others will take by what those took' '
	step() { (cd "$TOP/experiments" && PLAN=$TRASH/plan ./step "$TRASH/step.$1" "$2"); }
	printf "%s $TRASH/step.%s\n" 1000 a 1000 b 2000 c 4000 d >plan
	touch step.d
	touch -d "40 seconds ago" plan
	touch -d "50 seconds ago" step.d
	touch step.b.failed
	! step a false || exit 1
	printf "%s\n" "#!/bin/sh" "echo made" "echo >$TRASH/step.c" >c
	chmod +x c
	step c "$TRASH/c" >said
	cat said
	grep "^3/4 (4[0-9] s left) .*/step.c: made$" said
'

test_that 'where a grid says something else now, what it decides is made anew, and nothing else' '
	grid
	rm -f calls
	cp grid/grid kept
	sed -i "s/^ctr .*/ctr := --epochs 7/" grid/grid
	grid
	test "$(calls)" = "cp-auc 4 cp-predict 4 cp-train 4 "
	test $(grep -c "cp-train .*/ctr.cpm --stage ctr .* --epochs 7" calls) = 4
	test -e grid/made/dnn-1/ctr.cpm.before
	rm calls
	grid
	test ! -e calls
	echo "options.dnn := --lr  1" >>grid/grid
	grid
	test "$(calls)" = "cp-auc 2 cp-predict 2 cp-train 2 "
	rm calls
	sed -i "s/^pretrain .*/pretrain := --epochs 2/" grid/grid
	touch grid/made/dnn-1/pretrained.cpm.state
	grid
	test "$(calls)" = "cp-auc 8 cp-predict 12 cp-train 12 "
	test ! -e grid/made/dnn-1/pretrained.cpm.state
	rm calls
	for part in train valid test; do echo other >others.$part.cps && touch -d 2020-01-01 others.$part.cps; done
	sed -i "s,^data .*,data := $TRASH/others," grid/grid
	grid
	test "$(calls)" = "cp-auc 12 cp-cat 1 cp-mask 1 cp-predict 16 cp-train 16 "
	grep -e "--train $TRASH/others.train.cps" calls
	rm -f calls grid/made/*.told grid/made/*/*.told
	cp kept grid/grid
	grid	# of what nobody knows how it was made, nothing is thrown away
	test ! -e calls
	mv kept grid/grid
	rm -rf grid/made
	grid
	rm calls
'

test_that 'a variant that nothing is said of is refused, and so is a path with a space' '
	mkdir -p variants
	{ cat grid/grid; echo "cells := dnn/ctr dnn.wide/ctr dnn.wide/with-plm"; echo "options.dnn.wide := --lr 2"; } >variants/grid
	fails_with 2 make -s -C "$TOP/experiments" -f grid.mk CP_BIN="$TRASH/tools-here" grid="$TRASH/variants" ledger="$TRASH/l.db" all
	grep "nothing says what is different in dnn.wide/with-plm;" fails_with.err
	fails_with 2 make -s -C "$TOP/experiments" -f grid.mk CP_BIN="$TRASH/tools-here" grid="$TRASH/grid" ledger="$TRASH/my l.db" all
	grep "ledger=.*: make takes no path with a space in it" fails_with.err
'

test_that 'what failed is told of cells that are asked for, and of no others' '
	mkdir -p grid/made/gone-1
	echo "cp-train: gone" >grid/made/gone-1/ctr.cpm.failed
	echo "cp-train: bad luck" >grid/made/dnn-1/ctr.cpm.failed
	grid failed >said
	cat said
	grep "dnn-1/ctr.cpm.failed: cp-train: bad luck" said
	! grep gone said || exit 1
	rm -r grid/made/gone-1 grid/made/dnn-1/ctr.cpm.failed
'

test_that 'a make that is killed throws nothing away that is there' '
	rm -f grid/made/dnn-2/with-plm.*
	touch late
	make -s -C "$TOP/experiments" -f grid.mk CP_BIN="$TRASH/tools-here" grid="$TRASH/grid" ledger="$TRASH/l.db" all &
	wait_for test -e grid/made/dnn-2/with-plm.cpm
	kill -TERM $!
	wait $! || true
	rm late
	test -e grid/made/dnn-2/with-plm.cpm
'

test_that 'attention is asked for of models that keep a language model with prompts, and of no others' '
	mkdir other
	{ cat grid/grid; cat <<-\END; } >other/grid
	cells           := $(foreach v,@ .none .few,$(addprefix dnn$(v:@=)/,without-plm with-plm no-pretrain))
	seeds           := 1
	pretrained.none := --prompts 0
	no-pretrain.few := --prompts 1
	END
	make -s -C "$TOP/experiments" -f grid.mk CP_BIN="$TRASH/tools-here" grid="$TRASH/other" ledger="$TRASH/l.db" all
	ls -d other/made/*/*.attention >looked
	cat looked
	printf "other/made/%s.attention\n" dnn-1/no-pretrain dnn-1/with-plm dnn.few-1/no-pretrain dnn.few-1/with-plm dnn.none-1/no-pretrain | diff - looked
'

test_that 'the grids of the project say what they ask, and are listed' '
	make -s -C "$TOP/experiments" >list
	for g in "$TOP"/experiments/*/grid; do
		name=${g%/grid}
		grep "^${name##*/} .* [a-z]" list
	done
'

test_done
