#!/bin/sh
# A grid of the paper with the tools themselves, on rows of our own: killed at any moment and started again it ends in the same bytes, and no cell is
# made twice; a cell that fails does not keep the others, and is told of; what is to do and what is done are known.
. "$(dirname "$0")/test-lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'

awk 'BEGIN {
	print "label,timestamp,User,Title,Genre"
	for (i = 0; i < 600; i++)
		printf "%d,%d,u%d,The Film part %d,%s\n", (i * 7 % 11) < 3 + i % 3 * 3, 1000 + i, i * i % 57, i * 31 % 97, i % 3 ? "Drama" : "Comedy"
}' >clicks.csv
cp-textify -q -o clicks.cps clicks.csv

# grid NAME ARGUMENT...: everything it makes is under NAME
grid() {
	place=$1
	shift
	make -s -C "$TOP/experiments" CP_BIN="$CP_BIN" SCALE=smoke DATA="$TRASH/clicks" rows= by="--by User --by Title" made="$TRASH/$place" \
		ledger="$TRASH/$place.db" THREADS=1 "$@"
}
sql() { sqlite3 "$1.db" "$2"; }

test_that 'a table from rows to print: what it will take is said before, each step after how many of all, the table at the end' '
	grid whole table6 >said 2>&1 || { cat said; exit 1; }
	cat said
	sed -n 1p said | grep "^table6: 8 trainings to do, about [0-9]* s one after another, by a guess: the ledger has none like them$"
	n=$(grep -c "^[0-9]*/[0-9]* " said)
	grep "^$((n - 1))/$((n - 1)) .*with-plm.attention: " said		# the rows are made before the rest is known
	test "$(grep -c "^[1-9][0-9]*/$((n - 1)) .*\.cpm: " said)" = 8
	grep "^Table 6: clicks-time (smoke)$" said
	grep -E "^tail20: item only +DCNv2 " said
	test "$(sql whole "select count(*) from cells where stratum = \"\" and seed = 2")" = 3
	test "$(sql whole "select count(*) from pairs where tab = 6 and not compared")" = 0
	test "$(sql whole "select count(delong_p) > 0 from table6")" = 1
	test "$(sql whole "select count(distinct run) from metrics where key = \"bin 10 rate\" and stratum = \"\"")" = 6	# for curves of calibration
	test "$(sql whole "select count(distinct t.seed) from tagged t join metrics m on m.run = t.run where m.key = \"attention\" and t.way = \"with-plm\"")" = 2
	test "$(sql whole "select group_concat(distinct value) from tags where name = \"cells\"")" = 6		# of which the report tells the share done
'

test_that 'asked again nothing runs; another grid makes only what the first has not' '
	n=$(sql whole "select max(id) from runs")
	grid whole table6 >said 2>&1
	sed -n 1p said | grep "^table6: all is there$"
	test "$(sql whole "select max(id) from runs")" = $n
	grid whole estimate-prompts 2>&1 | grep "^prompts: 18 trainings to do, about .* one after another"
	grid whole estimate-rates 2>&1 | grep "^rates: 8 trainings to do"	# all go on from the one pretraining that is there
	grid fresh estimate-table6 SCALE=small ledger="$TRASH/whole.db" 2>&1 | grep "^table6: 12 trainings to do, about [0-9]* s one after another, by a guess"
	echo "./step f env CP_TAGS=scale=x,data=y,model=dnn,plm=,variant=,way=ctr,seed=1 /bin/cp-train --stage ctr" |
		"$TOP/experiments/estimate" none.db it 1 "" | grep "^it: 1 trainings to do, of unknown cost: "
	grid whole progress-sizes >said
	cat said
	grep "^sizes  *6 of *14 cells, attention to prompts of 2 of 6$" said
'

test_that 'the guess of a training grows with its rows, epochs and language model, and is by the rate of those that the ledger has' '
	guess() { grid fresh estimate-table6 SCALE=small seeds=1 cells.table6=dcnv2+base/with-plm ledger="$TRASH/$1.db" "plm.base=$2" 2>/dev/null "$3" | sed "s/.*about \([0-9.]*\) \([a-z]*\) .*/\1 \2/"; }
	seconds() { guess "$@" | awk "{ printf \"%d\", \$1 * (\$2 == \"min\" ? 60 : \$2 == \"h\" ? 3600 : \$2 == \"days\" ? 86400 : 1) }"; }
	mkdir -p large
	echo "{\"hidden_size\": 1024, \"num_hidden_layers\": 24}" >large/config.json
	few=$(seconds none scratch:layers=4,hidden=512 "pretrain=--epochs 4")
	many=$(seconds none scratch:layers=4,hidden=512 "pretrain=--epochs 40")
	large=$(seconds none "$TRASH/large" "pretrain=--epochs 4")
	cp whole.db slow.db
	sql slow "update runs set wall_s = 1000 * wall_s"
	slow=$(seconds slow scratch:layers=4,hidden=512 "pretrain=--epochs 4")
	echo $few $many $large $slow
	test $((5 * few)) -lt $many -a $((10 * few)) -lt $large -a $((10 * few)) -lt $slow
'

test_that 'language models that are not there are told of before anything is trained' '
	got=0
	grid absent table2 SCALE=full PLMS="$TRASH/large/none" seeds=1 preset= >said 2>&1 || got=$?
	cat said
	test $got -ne 0
	grep "^table2: 19 trainings to do, about .* by a guess" said
	grep "^language models are not there: .*large/none/roberta-base, .*large/none/t5-base; PLMS=DIR says where they are$" said
	test "$(grep -c "not there" said)" = 1
	test ! -e absent.db
'

test_that 'a table without the cells that failed says so, and why they did, where they said nothing' '
	cp whole.db old.db
	got=0
	grid old table6 LAUNCH=/bin/false >said 2>&1 || got=$?
	cat said
	test $got -ne 0
	grep "^tail20: item only  *DCNv2 " said
	grep "^6 of 6 cells are not made: their figures above, if any, are of earlier runs$" said
	tail -n 2 said | grep "^failed: .*/old/dcnv2-2/ctr.cpm.failed: nothing was said; exit status 1$"
	grid whole table6 >said 2>&1
	! grep "not made" said || exit 1
'

test_that 'of a grid that is whole no lock stays that nobody holds' '
	touch whole/dcnv2-1/ctr.cpm.lock whole/dcnv2-1/ctr.cpm.state.lock whole/strata.tsv.lock whole/text/plm+base.cps.lock whole/dcnv2-1/other.cpm.lock
	flock whole/dcnv2-2/ctr.cpm.state.lock sh -c "touch held; exec sleep 200" &
	wait_for test -e held
	grid whole table6 >said 2>&1 || { cat said; exit 1; }
	kill $!
	(cd whole && find . -name "*.lock") | sort >locks
	printf "./%s\n" dcnv2-1/other.cpm.lock dcnv2-2/ctr.cpm.state.lock | diff - locks
	rm whole/dcnv2-1/other.cpm.lock whole/dcnv2-2/ctr.cpm.state.lock
'

test_that 'models that are what they would be anew, and only older than their rows, are so once' '
	cp -r whole copied		# as a copy without times may have it
	cp whole.db copied.db
	sleep 0.01
	touch copied/text/plm+base.cps
	grid copied table6 >said 2>&1 || { cat said; exit 1; }
	n=$(sql copied "select max(id) from runs")
	grid copied table6 >said 2>&1 || { cat said; exit 1; }
	sed -n 1p said | grep "^table6: all is there$"
	test "$(sql copied "select max(id) from runs")" = $n
	cmp whole/dcnv2+base-1/with-plm.cpm copied/dcnv2+base-1/with-plm.cpm
'

test_that 'the seconds of a training are those of all its parts and of the training it went on from, whatever that is called' '
	cp whole.db ways.db
	sql ways "update tags set value = \"aligned\" where name = \"way\" and value = \"pretrained\"; update tags set value = \"ctrl\" where name = \"way\" and value = \"with-plm\""
	want=$(sql ways "select printf(\"%.1f\", avg(t.cpu_s + p.cpu_s)) from trainings t join trainings p on p.seed = t.seed and p.way = \"aligned\" where t.way = \"ctrl\"")
	"$TOP/experiments/figures" ways.db smoke clicks-time dcnv2+base/ctrl >said
	cat said
	grep " ctrl .* $want " said
	sql ways "update params set value = \"unknown\" where name = \"resumed from\" and run in (select run from trainings where way = \"aligned\")"
	"$TOP/experiments/figures" ways.db smoke clicks-time dcnv2+base/ctrl | grep " ctrl .* | - *| [0-9,]* *|"
'

test_that 'figures whose run was killed when they were there and the ledger did not have it as done are made again' '
	n=$(sql whole "select max(id) from runs")
	sql whole "update runs set status = \"killed\" where id = (select max(run) from params where name = \"output\" and value like \"%/dcnv2-2/ctr.auc\")"
	test "$(sql whole "select count(*) from cells where stratum = \"\"")" = 5
	grid whole table6 >said 2>&1 || { cat said; exit 1; }
	test "$(sql whole "select count(*) from cells where stratum = \"\"")" = 6
	test "$(sql whole "select count(*) from runs where id > $n")" = 1
	grid whole table6 >said 2>&1
	test "$(sql whole "select count(*) from runs where id > $n")" = 1
	sql whole "update runs set status = \"killed\" where id = (select max(run) from params where name = \"output\" and value like \"%/with-plm.attention\")"
	grid whole table6 >said 2>&1
	sed -n 1p said | grep "^table6: all cells are there; the attention to prompts is missing, of 1$"
	test "$(sql whole "select count(*) from runs where id > $n")" = 2
'

test_that 'killed at any moment and started again: the same bytes, and every step done once' '
	for pause in 0.5 0.2 0.4 0.3 0.6 0.25 0.7 0.35 0.9; do
		setsid make -s -j2 -C "$TOP/experiments" CP_BIN="$CP_BIN" SCALE=smoke DATA="$TRASH/clicks" rows= by="--by User --by Title" \
			made="$TRASH/broken" ledger="$TRASH/broken.db" THREADS=1 table6 >>broken.said 2>&1 &
		sleep $pause
		kill -KILL -$! 2>/dev/null || break
		wait $! || true
	done
	grid broken table6 -j2 >said 2>&1 || { cat said; exit 1; }
	sql broken "select status, count(*) from runs group by status"
	test "$(sql broken "select count(*) from runs where status = \"killed\"")" -gt 0
	for f in $(cd whole && ls */*.cpm */*.tsv */*.auc */*.attention strata.tsv); do cmp whole/$f broken/$f; done
	test -z "$(sql broken "select group_concat(path) from outputs join runs on id = run where status = \"done\" and role <> \"report\" group by path having count(*) > 1")"
	test "$(sql broken "select count(*) from cells where stratum = \"\"")" = 6
'

test_that 'of a make that is killed, and nothing else is, nothing goes on' '
	ended() { ! ps -s $1 -o pid= >/dev/null; }
	printf "#!/bin/sh\ntouch $TRASH/launched\nexec sleep 200\n" >launch
	chmod +x launch
	for signal in TERM KILL; do
		rm -f launched
		setsid make -s -C "$TOP/experiments" CP_BIN="$CP_BIN" SCALE=smoke DATA="$TRASH/clicks" rows= by="--by User --by Title" made="$TRASH/left" \
			ledger="$TRASH/left.db" LAUNCH="$TRASH/launch" table6 >left.said 2>&1 &
		wait_for test -e launched
		kill -$signal $!
		wait_for ended $! || { ps -s $! -o pid=,args=; kill -KILL -$!; exit 1; }
	done
'

test_that 'trainings wait for memory, for what like ones took, or for no less than they will take where none is known' '
	overlaps() { sql $1 "select count(*) from runs a join runs b on a.id > b.id and a.started < b.ended and a.ended > b.started where a.tool = \"cp-train\" and b.tool = \"cp-train\" and b.id > $2"; }
	cp whole.db tight.db
	n=$(sql tight "select max(id) from runs")
	grid tight table6 -j4 MEMORY=1M >said 2>&1 || { cat said; exit 1; }
	test "$(overlaps tight $n)" = 0
	grep "^waits for [0-9]* MB: [0-9]* of 1 are taken$" tight/*/*.log
	for f in $(cd whole && ls */*.cpm); do cmp whole/$f tight/$f; done
	cp whole.db wide.db
	grid wide table6 -j4 MEMORY=1G >said 2>&1 || { cat said; exit 1; }
	! grep "^waits" wide/*/*.log || exit 1
	grid unknown table6 -j4 MEMORY=1M >said 2>&1 || { cat said; exit 1; }
	test "$(overlaps unknown 0)" = 0
	grep "^waits for" unknown/*-1/*.cpm.log >waited
	sed "s|^unknown/\(.*\)-1/\(.*\)\.cpm\.log:waits for \([0-9]*\) MB.*|\1/\2 \3|" waited >guesses
	cat guesses
	while read -r cell mb; do
		test "$(sql unknown "select $mb > peak_mb from trainings where seed = 1 and model || coalesce(\"+\" || nullif(plm, \"\"), \"\") || \"/\" || way = \"$cell\"")" = 1
	done <guesses
	! grid odd table6 MEMORY=8GB >said 2>&1 || exit 1
	grep "^failed: .*/ctr.cpm.failed: MEMORY=8GB: expected a number of bytes, such as 8G$" said
	grid ample table6 -j4 MEMORY=8G >said 2>&1 || { cat said; exit 1; }
	! grep "^waits" ample/*/*.log || exit 1
'

test_that 'a cell that fails: the others are made, it is told of at the end with its log, and the next time only it is made' '
	got=0
	grid bad table6 pretrained="--no-such-thing" pretrain="--no-such-thing" >said 2>&1 || got=$?
	cat said
	test $got -ne 0
	test "$(ls bad/*/*.auc | wc -l)" = 2
	tail -n 3 said | grep "^failed: .*/bad/dcnv2+base-1/pretrained.cpm.failed: .*no-such-thing"
	grep -q no-such-thing bad/dcnv2+base-1/pretrained.cpm.failed
	! ls bad/*/*.cpm | grep base || exit 1
	grid bad table6 >said 2>&1
	test ! -e bad/dcnv2+base-1/pretrained.cpm.failed
	test "$(sql bad "select count(*) from trainings where way = \"ctr\"")" = 2
	test -z "$(sql bad "select 1 from outputs join runs on id = run where status = \"done\" and role = \"model\" group by path having count(*) > 1")"
'

test_that 'rows, masks or strata that cannot be made are told of as well, once, and leave nothing half-made' '
	for case in "rows.test.cps:rows=--no-such-thing" "text/plm+base..cps:mask.=--no-such-thing" "strata.tsv:by=--by Nobody"; do
		rm -rf worse worse.db
		got=0
		grid worse table6 "${case#*:}" >said 2>&1 || got=$?
		cat said
		test $got -ne 0
		grep "FAILED, and the others go on: .*/worse/${case%%:*}: " said
		tail -n 3 said | grep "^failed: .*/worse/${case%%:*}.failed: .*\(Nobody\|no-such-thing\)"
		test "$(grep -c "^failed: " said)" = 1
		test ! -e worse/${case%%:*}
		ls worse worse/* | grep "tmp" && exit 1
	done
	true
'

test_that 'of a pipe that failed its cause is told; and where names do not tell what is the item the user does' '
	! grid forms table2 seeds=1 cells.table2=dcnv2+base/ctrl >said 2>&1 || exit 1
	tail -n 2 said | grep "^failed: .*/forms/rows+ctrl.test.cps.failed: cp-textify: .*clicks.csv: no field names tell .*; --item-fields says it$"
	grid forms table2 seeds=1 cells.table2=dcnv2+base/ctrl items="--item-fields Title,Genre" >said 2>&1 || { cat said; exit 1; }
	cp-cat -q -n 1 -c text --to tsv --bare forms/rows+ctrl.test.cps | grep "user, User is u[0-9]*\. This is an item, Title is "
'

test_that 'rows that this version cannot read are told of before any cell is begun, but not where there is nothing to do' '
	for f in train valid test; do echo "of another version" >worse/rows.$f.cps; done
	got=0
	grid worse table6 >said 2>&1 || got=$?
	cat said
	test $got -ne 0
	grep "cp-cat: .*/worse/rows.test.cps: " said
	! grep FAILED said || exit 1
	mv whole/rows.test.cps aside.cps
	echo "of another version" >whole/rows.test.cps
	touch -r aside.cps whole/rows.test.cps
	grid whole table6 >said 2>&1 || { cat said; exit 1; }
	sed -n 1p said | grep "^table6: all is there$"
	mv aside.cps whole/rows.test.cps
'

test_that 'steps go where LAUNCH puts them, and ledgers merge' '
	cat >launch <<-END
	#!/bin/sh
	echo "\$*" >>"$TRASH/launched"
	exec "\$@"
	END
	chmod +x launch
	grid far table6 LAUNCH="$TRASH/launch" >said 2>&1 || { cat said; exit 1; }
	test "$(grep -c /cp-train launched)" = 8
	test "$(grep -c /cp-predict launched)" = 8		# attention, too
	for f in $(cd whole && ls */*.cpm */*.tsv); do cmp whole/$f far/$f; done
	printf "#!/bin/sh\nshift\necho \"\$*\" >>$TRASH/sent\ncd / && exec sh -c \"\$*\"\n" >ssh		# joins words, and begins elsewhere
	chmod +x ssh
	PATH=$TRASH:$PATH grid farther table6 by= seeds=1 LAUNCH="ssh host cd \$(CURDIR) \\&\\&" >said 2>&1 || { cat said; exit 1; }
	grep -c /cp-train sent | grep -x 4
	grep "^Table 6 wants strata" said		# of which by= says nothing
	cmp whole/dcnv2+base-1/with-plm.cpm farther/dcnv2+base-1/with-plm.cpm
	cp-ledger -q --ledger both.db merge whole.db far.db
	test "$(sqlite3 both.db "select count(*) from cells where stratum = \"\"")" = 6
	test "$(sqlite3 both.db "select count(*) from disagreements")" = 0
'

test_that 'a scale says what it is, and data that are not there are told of' '
	for f in "$TOP"/experiments/scale/*; do head -n 1 $f | grep "^# SCALE=${f##*/}: "; done
	got=0
	grid none table6 DATA="$TRASH/nothing" >said 2>&1 || got=$?
	test $got -ne 0
	grep "nothing.cps is not there" said
'

test_done
