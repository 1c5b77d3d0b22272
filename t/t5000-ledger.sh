#!/bin/sh
# The ledger: every run a row, whatever ends it; many writers at once; rows that can be read, compared, exported and repeated.
. "$(dirname "$0")/test-lib.sh"

has() { command -v "$1" >/dev/null 2>&1; }
has sqlite3 || skip_all "sqlite3 is not installed"

sql() { sqlite3 "$CP_LEDGER" "$1"; }
is() { test "$(sql "$1")" = "$2" || { echo "$1: '$(sql "$1")', expected '$2'"; return 1; }; }

printf '1\t0.9\n0\t0.1\n0\t0.95\n1\t0.4\n' >four.tsv
printf '1\t0.9\n0\t0.1\n0\t0.2\n' >three.tsv
mkfifo never

is_running() { test "$(sql "select count(*) from runs where pid = $1 and status = 'running'" 2>/dev/null)" = 1; }
is_zombie() { grep -q ") Z" /proc/$1/stat; }

# A run that waits for rows that do not come: its pid in $waiting.  Descriptor 9 keeps the pipe open.
start_waiting() {
	exec 9<>never
	cp-auc -q "$@" never &
	waiting=$!
	wait_for is_running $waiting
	wait_for sh -c "test \$(ls /proc/$waiting/task | wc -l) -gt 1"	# the one that seals the row
}

test_that 'a run is a row with its command, options and figures' '
	cp-auc -q --split test four.tsv --stratum=1 >/dev/null
	is "select count(*) from runs" 1
	is "select tool || status || exit || argv from runs" "cp-auc""done0cp-auc -q --split test four.tsv --stratum=1"
	is "select value from params where name = \"stratum\" and given" 1
	is "select count(*) from params where name = \"group\" and not given" 1
	is "select value from metrics where key = \"auc\" and stratum = \"\" and split = \"test\"" 0.5
	is "select count(*) from runs where length(uid) = 16 and wall_s is not null and peak_mb > 1 and cwd = \"$TRASH\"" 1
'

test_that 'words that a shell would read otherwise are kept as they were' "
	cp-auc -q --split \"it's a \\\$x\" four.tsv >/dev/null
	sql 'select argv from runs order by id desc limit 1' >line
	cat line
	eval \"set -- \$(cat line)\"
	test \"\$4\" = \"it's a \\\$x\"
"

test_that 'a file of two lines keeps to its cell, whatever is asked' '
	two=$(printf "a\nb\tc.tsv")
	cp four.tsv "$two"
	cp-auc -q --ledger lines.db "$two" >/dev/null
	cp-ledger -q --ledger lines.db ls | awk -F "\t" "NF != 7 { exit 1 } END { exit NR != 2 }"
	for command in verify "trace 1" "show 1"; do
		cp-ledger -q --ledger lines.db $command >out
		cat out
		grep -F "a\nb\tc.tsv" out
		grep "^b	" out && exit 1
	done
	rm "$two"
'

test_that 'a failure is a row too, and says why' '
	fails_with 1 cp-auc --json /dev/null
	is "select status || exit || why from runs order by id desc limit 1" "failed1/dev/null: no rows; expected lines of label<TAB>score"
	fails_with 1 sh -c "cp-auc four.tsv >/dev/full"
	is "select status from runs order by id desc limit 1" failed
'

test_that 'wrong usage and --no-ledger leave no row' '
	n=$(sql "select count(*) from runs")
	fails_with 2 cp-auc --no-such four.tsv
	cp-auc -q --no-ledger four.tsv
	is "select count(*) from runs" "$n"
'

test_that 'the row is there before the first byte is read, and a kill is seen as killed' '
	start_waiting
	is "select status from runs where pid = $waiting" running
	kill -9 $waiting
	wait $waiting || true
	cp-ledger -q ls --status killed >list
	cat list
	is "select status from runs where pid = $waiting" killed
	test "$(wc -l <list)" = 2
'

test_that 'one that was killed, and whose parent has not asked for it, is killed as well' '
	mkfifo orphan.in
	( cp-auc -q <orphan.in >/dev/null 2>&1 & echo $! >orphan.pid; exec sleep 90 ) &
	keeper=$!
	exec 7>orphan.in
	wait_for test -s orphan.pid
	orphan=$(cat orphan.pid)
	wait_for is_running $orphan
	kill -9 $orphan
	exec 7>&-
	wait_for is_zombie $orphan
	cp-ledger -q ls >/dev/null
	is_zombie $orphan
	kill $keeper
	is "select status from runs where pid = $orphan" killed
'

test_that 'a running row is left alone' '
	start_waiting
	cp-ledger -q ls >/dev/null
	is "select status from runs where pid = $waiting" running
	kill -9 $waiting
'

test_that 'a signal is an interruption, and ends the tool as that signal does' '
	start_waiting
	kill -TERM $waiting
	got=0
	wait $waiting || got=$?
	test $got -eq 143
	is "select status || exit || why from runs where pid = $waiting" "interrupted143signal 15"
'

test_that 'a row of another boot of this machine is killed, one of another machine is not known to be' '
	start_waiting
	sql "update runs set boot = \"long ago\" where pid = $waiting"
	cp-ledger -q ls >/dev/null
	is "select status from runs where pid = $waiting" killed
	sql "update runs set status = \"running\", host = \"elsewhere\" where pid = $waiting"
	cp-ledger -q ls >/dev/null
	is "select status from runs where pid = $waiting" running
	kill -9 $waiting
'

test_that 'a pid that another process has now does not keep a row running' '
	sql "update runs set status = \"running\", pid = $$, born = 1 where id = 1"
	cp-ledger -q ls >/dev/null
	is "select status from runs where id = 1" killed
	sql "update runs set status = \"done\" where id = 1"
'

test_that 'a ledger that cannot be made leaves nothing, and of a link what it leads to is made' '
	mkdir small
	for blocks in 0 8 16 64; do
		said=$(sh -c "ulimit -f $blocks; exec cp-auc -q --ledger small/l.db four.tsv" 2>&1) && exit 1
		echo "$said" | grep "ledger cannot be written .*small/l.db: "
		test -z "$(ls small)"
	done
	ln -s to.db small/l.db
	cp-auc -q --ledger small/l.db four.tsv
	test "$(cd small && echo *)" = "l.db to.db"
	test "$(sqlite3 small/to.db "select status from runs")" = done
'

test_that 'ten processes at once, on a ledger that is not there yet, lose nothing' '
	export CP_LEDGER=$TRASH/ten.db
	for i in 0 1 2 3 4 5 6 7 8 9; do
		{ for j in 1 2 3; do cp-auc -q --split s$i$j four.tsv >/dev/null || echo failed >>ten.failed; done; } &
	done
	wait
	test ! -e ten.failed
	is "select count(*), count(distinct uid), count(distinct id) from runs where status = \"done\"" "30|30|30"
	is "select count(*) from metrics where key = \"auc\"" 30
	is "pragma integrity_check" ok
'

test_that 'a place that cannot be written stops the tool before it reads' '
	fails_with 1 cp-auc --ledger /proc/none/ledger.db four.tsv
	grep "ledger cannot be written" fails_with.err
	grep -e --no-ledger fails_with.err
	fails_with 1 cp-auc --ledger four.tsv four.tsv
	mkdir aside
	mkfifo aside/pipe
	fails_with 1 cp-auc --ledger aside/pipe four.tsv
	grep "aside/pipe: not a file" fails_with.err
	test "$(ls aside)" = pipe
	sqlite3 other.db "create table t(x)"
	fails_with 1 cp-auc --ledger other.db four.tsv
	grep "another program" fails_with.err
	cp "$CP_LEDGER" later.db
	sqlite3 later.db "pragma user_version = 99"
	fails_with 1 cp-auc --ledger later.db four.tsv
	grep "version 99" fails_with.err
'

test_that 'a ledger that fails later costs no work, and is told of once' '
	cp "$CP_LEDGER" broken.db
	sqlite3 broken.db "drop table metrics"
	cp-auc --ledger broken.db four.tsv >out 2>err
	cat err
	grep "^auc	0.5" out
	test "$(grep -c "ledger could not be written to the end" err)" = 1
	test "$(sqlite3 broken.db "select status from runs order by id desc limit 1")" = done
'

test_that 'a file may be called as the command, or the run, that is printed into it' '
	cp-auc -q four.tsv >/dev/null
	for word in "ls" "show 1"; do
		for again in 1 2; do cp-ledger -q $word -o "${word#* }"; done
		cp-ledger -q $word >"${word#* }"
		test -s "${word#* }"
	done
'

test_that 'an input that is not there is told of once, and stands in the row without a digest' '
	fails_with 1 cp-predict -m nowhere.cpm four.tsv
	test "$(wc -l <fails_with.err)" -eq 1
	is "select status, via, path, digest is null from runs join inputs on run = id where id = (select max(id) from runs)" "failed|file|nowhere.cpm|1"
'

test_that 'the place: --ledger, CP_LEDGER, XDG_STATE_HOME, HOME' '
	cp-auc -q --ledger named.db four.tsv
	test -e named.db
	unset CP_LEDGER
	XDG_STATE_HOME=$TRASH/state cp-auc -q four.tsv
	test -e state/clickprompt/ledger.db
	unset XDG_STATE_HOME
	HOME=$TRASH/home cp-auc -q four.tsv
	test -e home/.local/state/clickprompt/ledger.db
	unset HOME
	fails_with 1 cp-auc four.tsv
'

# --- reading it --------------------------------------------------------------------------------------------------------------

test_that 'show and diff' '
	rm -f "$CP_LEDGER"
	cp-auc -q --split test -o four.txt four.tsv
	cp-auc -q --split test --json three.tsv >three.json
	cp-ledger -q show 1 >show
	cat show
	grep "^argv	cp-auc -q --split test -o four.txt four.tsv$" show
	grep "^scores	four.tsv	file" show
	grep "^report	four.txt	file" show
	cp-ledger -q diff 1 2 >diff
	cat diff
	grep "^json	0	1$" diff
	grep "^1 scores" diff
	grep "^test - -1 auc	0.5	1$" diff
	cp-ledger -q diff 1 1 >none
	test "$(wc -l <none)" = 1
	cp-ledger -q show "$(sql "select uid from runs where id = 1")" | diff - show
	fails_with 1 cp-ledger show 99
	fails_with 1 cp-ledger show zzzz
'

test_that 'best, and by log loss the lowest' '
	cp-ledger -q best --split test >best
	sed -n 2p best | grep "^1	test	2	"
	cp-ledger -q best --metric logloss -n 1 >best
	sed -n 2p best | grep "	2	"
	test "$(wc -l <best)" = 2
'

test_that 'best by a figure that no run has, or not on such rows or of such a model, is refused, and a ledger without any has no line' '
	no_best() { fails_with 1 cp-ledger best "$@" >said && cat said && ! grep "^value" said; }
	no_best --metric nosuch
	grep "^cp-ledger: no run has a figure .nosuch.; there are auc, .*logloss, n, .*[a-z]$" fails_with.err
	no_best --split vaild
	grep "^cp-ledger: no run has the figure .auc. on rows .vaild., but on test$" fails_with.err
	no_best --trained-on "*nowhere*" --split test
	grep "^cp-ledger: no run has the figure .auc. on rows .test. of a model whose training file matches .\*nowhere\*.$" fails_with.err
	no_best --over-seeds
	grep "^cp-ledger: no run has the figure .auc. of a model whose training is in this ledger$" fails_with.err
	printf "label,a\n1,x\n" | cp-featurize -q >one.cps
	CP_LEDGER=$PWD/no_figure.db cp-train -q --stage ctr --model lr --epochs 1 --train one.cps -o one.cpm
	sqlite3 no_figure.db "delete from metrics"
	cp-ledger -q best --ledger no_figure.db --metric nosuch >none
	test "$(cut -f 1,2 none)" = "value	split"
	test "$(cp-ledger -q ls --ledger no_figure.db --tool nosuch | wc -l)" = 1
'

test_that 'best over seeds: trainings of the same options and rows are one line, of several runs with one seed the last' '
	cp "$CP_LEDGER" kept.db
	rm -f "$CP_LEDGER"
	awk "BEGIN { print \"label,a,b\"; for (i = 0; i < 90; i++) printf \"%d,x%d,y%d\\n\", i * 7 % 5 < 2, i % 7, i % 4 }" | cp-featurize -q >few.cps
	cp few.cps same.cps
	cp-cat -q --head 60 few.cps >fewer.cps
	t() { cp-train -q --stage ctr --model lr --epochs 1 --valid few.cps -o m.cpm "$@"; }
	t --train few.cps --seed 1
	t --train same.cps --seed 2
	t --train few.cps --seed 2
	t --train few.cps --seed 1 --lr 0.1
	t --train fewer.cps --seed 1
	cp-ledger -q best --over-seeds --split valid >over
	cat over
	test "$(wc -l <over)" = 4
	awk -F "\t" "NR > 1 { print \$4, \$6 }" over | sort >lines
	printf "%s\n" "1 4" "1 5" "2 1,3" | diff - lines
	mean=$(sql "select printf(\"%.6f\", avg(value)) from metrics where run in (1, 3) and split = \"valid\" and key = \"auc\" and epoch = -1")
	test "$(awk -F "\t" "\$4 == 2 { printf \"%.6f\", \$1 }" over)" = "$mean"
	grep "epochs=1 model=lr stage=ctr$" over
	cp-predict -q -m m.cpm <few.cps | cp-auc -q --split test >/dev/null
	cp-ledger -q best --over-seeds --split test >over
	test "$(tail -n +2 over | cut -f 4,6)" = "1	5"
	test "$(cp-ledger -q best --split valid --trained-on "*ewer.cps" | wc -l)" = 2
	cp-predict -q -m m.cpm <few.cps >scores		# what is compared with the scores of another model has not its figures
	t --train few.cps --lr 0.2 --seed 3
	cp-predict -q -m m.cpm <few.cps >others
	cp-auc -q --split test --against others scores >/dev/null
	is "select train from trained where run = (select max(id) from runs)" 5
	is "select train from results where run = (select max(id) from runs)" 5
	cp-train -q --stage finetune --init m.cpm --lr 0.03 --epochs 1 --train few.cps --valid few.cps -o f.cpm
	cp-ledger -q best --over-seeds --split valid >over
	grep "epochs=1 lr=0.03 stage=finetune from epochs=1 lr=0.2 model=lr stage=ctr$" over
	mv kept.db "$CP_LEDGER"
'

test_that 'plain SQL on the views' '
	is "select count(*), max(auc), min(n) from results where split = \"test\"" "2|1.0|3"
	is "select count(*) from runs_wide where test_auc is not null" 2
	is "select count(*) from disagreements" 0
	for view in edges trained; do sql "select * from $view"; done
'

test_that 'verify finds what has changed' '
	cp-ledger -q verify
	cp three.tsv keep
	printf "1\t0.5\n" >>three.tsv
	fails_with 1 cp-ledger -q verify >found
	cat found
	grep "^changed	2	scores	.*/three.tsv$" found
	grep "^same	1	scores" found
	mv keep three.tsv
	fails_with 1 sh -c "mv four.txt x; cp-ledger verify 1 >found; s=\$?; mv x four.txt; exit \$s"
	grep "^missing	1	report" found
'

# --- repeating ---------------------------------------------------------------------------------------------------------------

test_that 'rerun gives the same bytes from anywhere, and does not touch the first' '
	cp -p four.txt before
	mkdir -p elsewhere
	cd elsewhere
	cp-ledger -q rerun 1 >../rerun
	cd ..
	cat rerun
	grep "^same	report	four.txt" rerun
	cmp four.txt before
	test ! four.txt -nt before
	is "select count(*) from runs where rerun_of = (select uid from runs where id = 1) and status = \"done\"" 1
	cp-ledger -q rerun 2 >rerun
	grep "^same	report	-" rerun
	cp-ledger -q rerun -o kept 1
	cmp kept/four.txt four.txt
	fails_with 1 cp-ledger rerun -o kept 1
	test -z "$(ls -d "${TMPDIR:-/tmp}"/cp-rerun.* 2>/dev/null)"
'

test_that 'a repetition that is ended by a signal leaves nothing behind, and nothing that runs on' '
	mkdir tmp
	sh -c "exec cp-auc -q" <four.tsv >/dev/null
	id=$(sql "select max(id) from runs")
	sql "update inputs set via = \"pipe\", path = null, digest = null, content = \"0\" where run = $id"
	exec 9<>never
	for signal in 15 10; do			# TERM and USR1
		TMPDIR=$PWD/tmp cp-ledger rerun $id <never 2>err & again=$!
		wait_for sh -c "ls tmp/cp-rerun.*/standard-output"
		kill -$signal $again
		code=0
		wait $again || code=$?
		test $code = $((128 + signal))
		test -z "$(ls tmp)"
		cp-ledger -q ls >/dev/null	# which looks for those that are no more
		is "select count(*) from runs where status = \"running\"" 0
	done
'

test_that 'a run fed by a pipe wants the same bytes on standard input' '
	cat four.tsv | cp-auc -q >/dev/null
	id=$(sql "select max(id) from runs")
	cat four.tsv | cp-ledger -q rerun $id >rerun
	grep ^same rerun
	again=$(sql "select max(id) from runs")
	cp-ledger -q rerun $again <four.tsv | grep ^same
	fails_with 1 cp-ledger rerun $id <three.tsv
	grep "not what run $id read" fails_with.err
	fails_with 1 cp-ledger rerun $id </dev/null
	cp-auc -q <four.tsv >/dev/null
	cp-ledger -q rerun "$(sql "select max(id) from runs")" </dev/null | grep ^same
'

test_that 'standard input that there is no room for is told of in the words of the system, where a part of it is written too' '
	awk "BEGIN { for (i = 0; i < 12000; i++) printf \"%d\\t0.%05d\\n\", i % 3 == 0, i * 37 % 12007 }" >many.tsv
	cat many.tsv | cp-auc -q >/dev/null
	(ulimit -f 100 && fails_with 1 cp-ledger rerun "$(sql "select max(id) from runs")" <many.tsv)
	grep "keep standard input: File too large" fails_with.err
'

test_that 'rerun refuses an input that is missing or changed, and a run that is not done' '
	cp four.tsv five.tsv
	cp-auc -q five.tsv >/dev/null
	id=$(sql "select max(id) from runs")
	printf "1\t0.5\n" >>five.tsv
	fails_with 1 cp-ledger rerun $id
	grep "five.tsv has changed" fails_with.err
	rm five.tsv
	fails_with 1 cp-ledger rerun $id
	grep "five.tsv" fails_with.err
	cp-auc -q /dev/null 2>/dev/null || true
	fails_with 1 cp-ledger rerun "$(sql "select max(id) from runs")"
	grep "is failed" fails_with.err
	for tool in sh cp-nosuch ../cp-auc; do
		sql "update runs set tool = \"$tool\", argv = \"$tool four.tsv\" where id = 2"
		fails_with 1 cp-ledger rerun 2
		grep -E "no tool of clickprompt|cp-nosuch: not found" fails_with.err
	done
	sql "update runs set tool = \"cp-auc\" where id = 2"
	for words in "cp-auc ~~x" "cp-auc ~~" "cp-auc a;b" "cp-auc \$x" ""; do
		sql "update runs set argv = replace(\"$words\", \"~~\", char(39)) where id = 2"
		fails_with 1 cp-ledger rerun 2
		grep "cannot be read" fails_with.err
	done
'

test_that 'other bytes are seen: rerun exits 1, and the runs stand among the disagreements' '
	cp-auc -q --json four.tsv >/dev/null
	id=$(sql "select max(id) from runs")
	sql "update outputs set digest = \"0000\" where run = $id"
	fails_with 1 cp-ledger rerun $id >rerun
	cat rerun
	grep ^different rerun
	grep "not give the same bytes" fails_with.err
	is "select count(*) from disagreements where a = $id and digest_a = \"0000\"" 1
'

# --- export and import -------------------------------------------------------------------------------------------------------

test_that 'export and import come back to the same text, by cp-ledger and by sqlite3' '
	cp-auc -q "$TRASH/four.tsv" >/dev/null
	cp-ledger -q export -o one.sql
	cp-ledger -q export | cmp - one.sql
	cp-ledger -q --ledger copy.db import one.sql
	cp-ledger -q --ledger copy.db export | diff - one.sql
	sqlite3 plain.db <one.sql
	cp-ledger -q --ledger plain.db export | diff - one.sql
	is "select count(*) from results" "$(sqlite3 copy.db "select count(*) from results")"
'

test_that 'an export that fails leaves the file that is there as it is' '
	cp one.sql before.sql
	cp copy.db damaged.db
	page=$(sqlite3 damaged.db "select rootpage from sqlite_master where name = \"metrics\"")
	size=$(sqlite3 damaged.db "pragma page_size")
	dd if=/dev/zero of=damaged.db bs=$size seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null
	fails_with 1 cp-ledger --ledger damaged.db export -o one.sql
	cmp one.sql before.sql
	cp-ledger --ledger damaged.db export >half.sql || true
	test ! -s half.sql
'

test_that 'the text has no host, no folder and no process' '
	! grep -F "$TRASH" one.sql || exit 1
	! grep -F "$(printf "\047%s\047" "$(uname -n)")" one.sql || exit 1
	! grep -F "$(cat /proc/sys/kernel/random/boot_id)" one.sql || exit 1
	grep "cp-auc -q four.tsv" one.sql
'

test_that 'ledgers merge: new runs are added once, numbers that are taken move' '
	export CP_LEDGER=$TRASH/merged.db
	cp-auc -q --split mine four.tsv >/dev/null
	cp-ledger -q import one.sql
	cp-ledger -q import one.sql >again
	grep "^0 new" again
	is "select count(*) = 1 + (select count(*) from runs where id > 1) from runs" 1
	is "select value from params p join runs r on r.id = p.run where r.id = 1 and name = \"split\"" mine
	is "select count(*) from metrics where key = \"auc\" and run not in (select id from runs)" 0
	is "select count(*) from runs" "$(($(sqlite3 copy.db "select count(*) from runs") + 1))"
'

test_that 'import refuses what is no such text, what is cut, and what reaches beyond' '
	fails_with 1 cp-ledger --ledger new.db import four.tsv
	fails_with 1 cp-ledger --ledger new.db import /dev/null
	grep -v "^COMMIT" one.sql >cut.sql
	fails_with 1 cp-ledger --ledger new.db import cut.sql
	grep "COMMIT is missing" fails_with.err
	echo "ATTACH \"$TRASH/reached.db\" AS x; CREATE TABLE x.t(a);" >reach.sql
	fails_with 1 cp-ledger --ledger new.db import reach.sql
	test ! -e reached.db
	echo "CREATE TABLE x AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r;" >endless.sql
	fails_with 1 timeout 60 cp-ledger --ledger new.db import endless.sql
	printf "label,A\n1,x\n" >rows.csv
	fails_with 1 cp-ledger --ledger new.db import rows.csv
	grep "rows.csv: not what cp-ledger export writes: " fails_with.err
	ls | grep new.db && exit 1
	is "select count(*) from runs" "$(sql "select count(*) from runs")"
'

test_that 'commands and their operands are strict' '
	for words in "" "lss" "show" "show 1 2" "diff 1" "rerun" "ls 1" "import a b"; do
		fails_with 2 cp-ledger $words
	done
	fails_with 1 cp-ledger --ledger not-there.db ls
	test ! -e not-there.db
'

test_done
