#!/bin/sh
# cp-report: the ledger as a page. What it says is right, any bytes are harmless, the page needs nothing else, and the same ledger gives the same page.
. "$(dirname "$0")/test-lib.sh"

has() { command -v "$1" >/dev/null 2>&1; }
has sqlite3 || skip_all "sqlite3 is not installed"

sql() { sqlite3 "$CP_LEDGER" "$@"; }
empty() { rm -f "$CP_LEDGER"*; printf '1\t0.9\n0\t0.1\n' | cp-auc -q >/dev/null; sql 'pragma foreign_keys = on; delete from runs'; }
quoted() { printf '%s' "$1" | sed "s/'/''/g"; }

run() {			# run ID TOOL SEED ARGV
	sql "insert into runs (id, uid, tool, argv, seed, started, ended, wall_s, cpu_s, status, exit) values ($1, printf('%016x', $1), '$2',
		'$(quoted "$4")', $3, strftime('%Y-%m-%dT%H:%M:%S.000Z', 1767225600 + $1, 'unixepoch'),
		strftime('%Y-%m-%dT%H:%M:%S.000Z', 1767229200 + $1, 'unixepoch'), 3600, $1, 'done', 0)"
}

# training ID MODEL SEED [OPTION VALUE]...: two epochs on rows `v`, the model's bytes being mID
training() {
	tr_id=$1 tr_model=$2
	run "$1" cp-train "$3" "cp-train --model $2 --seed $3"
	sql "insert into params values ($1, 'stage', 'ctr', 1, 1), ($1, 'model', '$(quoted "$2")', 1, 1), ($1, 'seed', '$3', 1, 1), ($1, 'output', 'g/made/m-$1/ctr.cpm', 1, 0);
		insert into inputs values ($1, 0, 'train', 'g/made/rows.train.cps', 'file', 't', 't', 8, 8), ($1, 1, 'valid', 'g/made/rows.valid.cps', 'file', 'v', 'v', 8, 8);
		insert into outputs values ($1, 0, 'model', 'g/made/m-$1/ctr.cpm', 'file', 'm$1', null, null, 8);
		insert into metrics values ($1, 'valid', '', 1, 'auc', 0.6), ($1, 'valid', '', 2, 'auc', 0.7), ($1, 'valid', '', -1, 'auc', 0.7)"
	shift 3
	while test $# -gt 1; do
		sql "insert into params values ($tr_id, '$1', '$2', 1, 1)"
		shift 2
	done
}

# scored TRAIN ROWS AUC LOGLOSS: by the runs TRAIN + 100 and TRAIN + 200
scored() {
	run $(($1 + 100)) cp-predict null "cp-predict -m m$1"
	run $(($1 + 200)) cp-auc null "cp-auc s$1"
	sql "insert into inputs values ($1 + 100, 0, 'model', 'm', 'file', 'm$1', null, null, 8), ($1 + 100, 1, 'records', 'rows.test.cps', 'file', '$2', null, 8, 8),
			($1 + 200, 0, 'scores', 's', 'file', 's$1', null, 8, 8);
		insert into outputs values ($1 + 100, 0, 'scores', 's', 'file', 's$1', null, 8, 8);
		insert into metrics values ($1 + 200, 'test', '', -1, 'auc', $3), ($1 + 200, 'test', '', -1, 'logloss', $4), ($1 + 200, 'test', '', -1, 'n', 8)"
}

# The text of a section: tags become bars, a row a line.
section() { sed -n "/<section id=\"$1\">/,/<\/section>/p" "$2" | sed 's/<[^>]*>/|/g; s/||*/|/g'; }
row() { section "$1" "$2" | grep -F "$3" || { section "$1" "$2"; echo "$1 has no '$3'"; return 1; }; }

test_that 'a ledger without runs is a page that says so' '
	empty
	cp-report --no-pictures -q -o page.html
	grep "The ledger has no training yet." page.html
	grep "The ledger has no scored model yet." page.html
	test "$(grep -c "<section" page.html)" -gt 8
	test "$(grep -c "<table" page.html)" = 0
'

test_that 'the bins of cp-auc --reliability are in the ledger, empty ones by their count alone' '
	empty
	printf "1\t0.9\n0\t0.1\n1\t0.3\n" | cp-auc -q --split test --reliability 3 --bins width >bins
	sql "select key || \" \" || round(value, 6) from metrics where key glob \"bin *\" order by key" >got
	cat bins got
	printf "%s\n" "bin 01 n 2.0" "bin 01 rate 0.5" "bin 01 score 0.2" "bin 02 n 0.0" "bin 03 n 1.0" "bin 03 rate 1.0" "bin 03 score 0.9" | diff - got
'

test_that 'a ledger that is not there, and a file that is none, are refused' '
	fails_with 1 cp-report --ledger nowhere.db -o none.html
	grep "nowhere.db" fails_with.err
	echo something >other.db
	fails_with 1 cp-report --ledger other.db -o none.html
	test ! -e none.html
	fails_with 2 cp-report --pictures p --no-pictures
'

test_that 'a line has the mean over seeds, its deviation and its runs; the best is bold' '
	empty
	training 1 dnn 1; training 2 dnn 2; training 3 lr 1
	scored 1 x 0.70 0.50; scored 2 x 0.72 0.54; scored 3 x 0.69 0.40
	cp-report --no-pictures -q -o page.html
	row results page.html "|dnn|2|0.7000|0.7100|0.0141|0.5200|2|201| |202|"
	row results page.html "|lr|1|0.7000|0.6900|–|0.4000|3|203|"
	grep "<td class=\"n\"><b>0.7100</b></td>" page.html
	grep "<td class=\"n\"><b>0.4000</b></td>" page.html
	test "$(grep -c "<b>0" page.html)" = 2
	for run in 201 202 203; do grep "href=\"#r$run\"" page.html; grep "<tr id=\"r$run\">" page.html; done
	row progress page.html "|g|–|0|–|3|3|0|0|"
'

test_that 'figures on other test rows are not in one part of the table' '
	empty
	training 1 dnn 1; training 2 lr 1
	scored 1 x 0.7 0.5; scored 2 y 0.8 0.5
	cp-report --no-pictures -q -o page.html
	row results page.html "|g|"
	row results page.html "|g (test rows 2)|"
	test "$(grep -c "<b>0.[78]000" page.html)" = 2
'

test_that 'settings are told apart by the options in which they differ, and of one setting and seed the last run counts' '
	empty
	training 1 dnn 1 lr 0.1 batch 8; training 2 dnn 1 lr 0.2 batch 8; training 3 dnn 1 lr 0.2 batch 8; training 4 lr 1 lr 0.1 batch 9
	scored 2 x 0.6 0.5; scored 3 x 0.7 0.5
	cp-report --no-pictures -q -o page.html
	row results page.html "|dnn lr 0.1|1|"
	row results page.html "|dnn lr 0.2|1|0.7000|0.7000|"
	row results page.html "|lr|1|"
	section results page.html | grep -F "0.6000" && exit 1
	section results page.html | grep -F "batch" && exit 1
	true
'

test_that 'grids and rows are called after their folders' '
	empty
	training 1 dnn 1; training 2 dnn 2; training 3 lr 1
	sql "update params set value = \"made/small/shop/dnn-1/ctr.cpm\" where run = 2 and name = \"output\"; update params set value = \"m.cpm\" where run = 3 and name = \"output\";
		update inputs set path = \"made/small/shop/rows.valid.cps\", content = \"w\", digest = \"w\" where run = 2 and role = \"valid\";
		update inputs set path = \"../pipelines/cups/cups.valid.cps\", content = \"x\", digest = \"x\" where run = 3 and role = \"valid\""
	cp-report --no-pictures -q -o page.html
	for grid in g small/shop other; do row progress page.html "|$grid|–|0|–|1|1|0|0|"; done
	for data in g small/shop cups; do section results page.html | grep -x "|$data|"; done
'

test_that 'the share of a grid that is done: of the cells that its runs say it has, or of those begun; other runs have none' '
	empty
	training 1 dnn 1; training 2 dnn 2; training 3 lr 1; training 4 lr 2
	for i in 1 2 3; do scored $i x 0.7 0.5; sql "update inputs set path = \"g/made/m-$i/ctr.tsv\" where run = 200 + $i"; done
	sql "insert into inputs values (1, 2, \"init\", \"g/made/m-4/ctr.cpm\", \"file\", \"m4\", null, null, 8)"
	cp-report --no-pictures -q -o page.html
	row progress page.html "|g| 100 %|3|3|4|4|0|0|"		# the fourth is gone on from
	sql "delete from inputs where role = \"init\""
	cp-report --no-pictures -q -o page.html
	row progress page.html "|g| 75 %|3|4|4|4|0|0|"
	grep "<span class=\"bar\" aria-hidden=\"true\"><span style=\"width:75%\"></span></span> 75 %" page.html
	sql "insert into tags values (1, \"cells\", 2), (2, \"cells\", 301)"
	cp-report --no-pictures -q -o page.html
	row progress page.html "|g| 0 %|3|301|4|4|0|0|"
	sql "update params set value = \"m.cpm\" where name = \"output\"; update inputs set path = \"m.tsv\" where role = \"scores\""
	cp-report --no-pictures -q -o page.html
	row progress page.html "|other|–|"
'

test_that 'trainings on fewer rows are settings of their own' '
	empty
	training 1 dnn 1; training 2 dnn 1
	sql "update inputs set rows = 800, content = \"other\", digest = \"other\" where run = 2 and role = \"train\""
	cp-report --no-pictures -q -o page.html
	row results page.html "|dnn rows 8|1|"
	row results page.html "|dnn rows 800|1|"
'

test_that 'a cell of a grid that was trained again with other options is what it was trained as last' '
	empty
	training 1 dnn 1 lr 0.1; training 2 dnn 1 lr 0.2; training 3 dnn 2 lr 0.1
	for i in 1 2 3; do scored $i x 0.7$i 0.5; done
	sql "insert into tags select id, n, v from runs, (select \"data\" n, \"d\" v union select \"model\", \"dnn\" union select \"way\", \"ctr\") where id < 4;
		insert into tags values (1, \"seed\", 1), (2, \"seed\", 1), (3, \"seed\", 2)"
	cp-report --no-pictures -q -o page.html
	row results page.html "|dnn lr 0.2|1|0.7000|0.7200|"
	row results page.html "|dnn lr 0.1|1|0.7000|0.7300|–|0.5000|3|203|"
	sql "delete from tags where run = 3; delete from runs where id = 3"
	cp-report --no-pictures -q -o page.html
	row results page.html "|dnn|1|0.7000|0.7200|"
	! section results page.html | grep "0\.7100" || exit 1
'

test_that 'a repetition is not counted' '
	empty
	training 1 dnn 1; training 2 dnn 1
	scored 1 x 0.7 0.5
	sql "update runs set rerun_of = uid where id = 2"
	cp-report --no-pictures -q -o page.html
	row results page.html "|dnn|1|0.7000|0.7000|–|0.5000|1|201|"
'

# broken_off ID STATUS: the training ID is the second part of one, whose first is the run ID + 500 and took 1000 seconds to the end of the first epoch
broken_off() {
	run $(($1 + 500)) cp-train 1 "cp-train --seed 1"
	sql "update runs set status = '$2', cpu_s = 1000, wall_s = 2000 where id = $1 + 500; delete from metrics where run = $1 and epoch = 1;
		insert into metrics values ($1 + 500, 'valid', '', 1, 'auc', 0.65); insert into params values ($1, 'resumed from', printf('%016x', $1 + 500), 0, 0)"
}

test_that 'a training that was broken off and gone on with has the time of all its parts; none where that of one is not known' '
	empty
	for i in 1 2 3 4; do training $i m$i 1; scored $i x 0.7 0.5; done
	broken_off 1 interrupted
	broken_off 2 killed
	sql "insert into params values (502, \"resumed from\", \"unknown\", 0, 0); delete from metrics where run = 2"
	sql "insert into inputs values (3, 2, \"init\", \"g/made/m-1/ctr.cpm\", \"file\", \"m1\", null, null, 8), (4, 2, \"init\", \"other.cpm\", \"file\", \"other\", null, null, 8)"
	cp-report --no-pictures -q -o page.html
	row results page.html "|m1|1|0.7000|0.7000|–|0.5000|1001|201|"
	row results page.html "|m2|1|–|0.7000|–|0.5000|–|202|"
	row results page.html "|m3|1|0.7000|0.7000|–|0.5000|1004|203|"		# with the training whose model it went on from
	row results page.html "|m4|1|0.7000|0.7000|–|0.5000|–|204|"
	row progress page.html "|g|"
'

test_that 'a model that several trainings made has its scores in all of them' '
	empty
	training 1 dnn 1 lr 0.1; training 2 dnn 1 lr 0.2
	sql "update outputs set digest = \"m1\" where run = 2"
	scored 1 x 0.7123 0.5
	cp-report --no-pictures -q -o page.html
	row results page.html "|dnn lr 0.1|1|0.7000|0.7123|"
	row results page.html "|dnn lr 0.2|1|0.7000|0.7123|"
'

test_that 'nothing is left in the ledger' '
	sql .dump >before
	cp-report --no-pictures -q -o page.html
	sql .dump >after
	diff before after
'

all_kinds() {		# a ledger with something to say in every section
	empty
	for s in 1 2; do
		k=1
		for o in 1 3 5; do training $((s * 10 + k)) dcnv2 $s prompts $o; scored $((s * 10 + k)) x 0.$((700 + s + o)) 0.5; k=$((k + 1)); done
		training $((s * 10 + 5)) lr $s; scored $((s * 10 + 5)) x 0.65$s 0.6
	done
	sql "insert into metrics select id, 'test', t || p, -1, 'auc', d + id / 5000.0 from runs, (select 'tail,tail' p, 0.52 d union select 'head,tail', 0.6 union select 'head,head', 0.7),
			(select 'tail10=' t union select 'tail20=') where tool = 'cp-auc';
		insert into metrics select id, 'test', 'new=' || p, -1, 'auc', 0.6 from runs, (select 'new,new' p union select 'seen,new' union select 'new,seen' union select 'seen,seen') where tool = 'cp-auc';
		insert into metrics select id, 'test', '', -1, 'bin 0' || b || ' score', b / 5.0 from runs, (select 1 b union select 2 union select 3) where tool = 'cp-auc';
		insert into metrics select id, 'test', '', -1, 'bin 0' || b || ' rate', b / 4.0 from runs, (select 1 b union select 2 union select 3) where tool = 'cp-auc';
		insert into metrics select id, 'test', '', -1, 'ece', 0.0312 from runs where tool = 'cp-auc';
		insert into metrics select id, '', 'layer 0' || l, -1, 'attention', 0.1 * l from runs, (select 1 l union select 2) where tool = 'cp-predict';
		insert into comparisons values (211, 0, 'delong', 'test', '', 'auc', 'score', 'score2', 0.7, 0.6, 0.1, 0.02, 5, 0.001, 8);
		insert into runs (id, uid, tool, argv, started, status, why) values (300, '300', 'cp-train', 'cp-train x', '2026', 'failed', 'no <rows>')"
}

test_that 'the same ledger gives the same page, and so does its text' '
	all_kinds
	cp-report --no-pictures -q >one.html
	cp-report --no-pictures -q >two.html
	cmp one.html two.html
	cp-ledger -q export -o ledger.sql
	cp-ledger -q --ledger copy.db import ledger.sql
	cp-report --no-pictures -q --ledger copy.db >three.html
	cmp one.html three.html
'

test_that 'strata, calibration, comparisons and failures have their rows' '
	all_kinds
	cp-report --no-pictures -q -o page.html
	row tail page.html "|g, tail20|"
	row tail page.html "|g, new|"
	for name in "user and item" "item only" "user only" neither; do section tail page.html | sed "1,/g, new/d" | grep "^|$name|–|dcnv2 "; done
	sql "insert into metrics select id, \"test\", \"new=new,new\", -1, \"n\", 9 from runs where tool = \"cp-auc\""
	cp-report --no-pictures -q -o page.html
	section tail page.html | grep "^|user and item|9|dcnv2 "
	section tail page.html | grep -oE "\|(user and item|item only|neither)\|" | uniq | tr "\n" " " | grep -F "|user and item| |item only| |neither|"
	row calibration page.html "|0.0312|"
	row comparisons page.html "|delong|score|score2||0.7000|0.6000|+0.1000|0.0200|0.001 *|211|" || row comparisons page.html "|delong|score|score2|0.7000|0.6000|+0.1000|0.0200|0.001 *|211|"
	row broken page.html "|no &lt;rows&gt;|"
'

test_that 'without gnuplot a sentence says which package has it, and nothing is written' '
	mkdir -p only
	got=0; PATH=$TRASH/only "$CP_BIN/cp-report" -o none.html 2>err || got=$?
	cat err
	test $got = 1
	grep "gnuplot-nox" err
	test ! -e none.html
	PATH=$TRASH/only "$CP_BIN/cp-report" -q --no-pictures -o none.html
'

test_that 'a gnuplot that fails is an error, with what it said' '
	mkdir -p bad
	printf "#!/bin/sh\ncat >/dev/null\necho \"line 3: no such thing\" >&2\nexit 1\n" >bad/gnuplot
	chmod +x bad/gnuplot
	PATH=$TRASH/bad:$PATH fails_with 1 cp-report -o failed.html --pictures failed
	grep "line 3: no such thing" fails_with.err
	ls | grep -e failed.html -e "^failed$" -e "ledger.db-" && exit 1
	true
'

has gnuplot || {
	test_skip 'the rest' 'gnuplot is not installed'
	test_done
}

test_that 'every section has a picture, as a file as well' '
	all_kinds
	cp-report -q -o page.html --pictures pics
	for s in progress results learning time tail options calibration attention; do
		sed -n "/<section id=\"$s\">/,/<\/section>/p" page.html | grep -q "<svg role=\"img\"" || { echo "no picture in $s"; exit 1; }
		ls pics/$s-*.svg pics/$s-*.png
	done
	for f in pics/*.png; do head -c 8 $f | od -An -tx1 | grep -q "89 50 4e 47" || { echo $f; exit 1; }; done
	for f in pics/*.svg; do grep -q "</svg>" $f; done
	test "$(grep -c "<title>" page.html)" = 1		# gnuplot names its lines, and a browser would show the names
	cp-report -q -o again.html
	cmp page.html again.html
'

test_that 'what is drawn are the points of the ledger' '
	mkdir -p spy
	printf "#!/bin/sh\ncat >script\ncat script >>scripts\nPATH=%s exec gnuplot -d <script\n" "$PATH" >spy/gnuplot
	chmod +x spy/gnuplot
	PATH=$TRASH/spy:$PATH cp-report -q -o page.html
	section options page.html | grep "g: prompts"
	grep "^set xlabel .number of prompts K. " scripts
	points() { sed "/^\$d0/!d; N; N; N; s/ \n/;/g; s/.* << END\n//" scripts; }
	points | grep -x "1 0.6 0.6 0.6;2 0.7 0.7 0.7;END"
	grep -E "^1 0.702(5|49999)[0-9]* 0.70179[0-9]* 0.70320[0-9]* $" scripts
	grep -qE "^1 0.1 0.1 0.1 $" scripts
	grep -qE "^0.2 0.25 0.25 0.25 $" scripts
'

test_that 'pictures of the long tail have every setting in one place and style, with its deviation; long names stand in two lines' '
	empty
	for s in 1 2; do training $s dnn $s; training 1$s lr $s; scored $s x 0.7$s 0.5; scored 1$s x 0.6$s 0.5; done
	sql "insert into metrics select id, \"test\", t || p, -1, \"auc\", case when id % 100 < 10 then d else 1.2 - d end + id / 5000.0
			from runs, (select \"tail,tail\" p union select \"head,tail\" union select \"tail,head\" union select \"head,head\"),
				(select \"tail10=\" t, 0.55 d union select \"tail20=\", 0.65) where tool = \"cp-auc\";
		insert into metrics select id, \"test\", \"new=\" || p, -1, \"auc\", 0.6 from runs, (select \"new,new\" p union select \"seen,new\")
			where tool = \"cp-auc\" and id % 100 > 10"
	rm -rf scripts tails
	PATH=$TRASH/spy:$PATH cp-report -q -o tails.html --pictures tails
	for part in tail10 tail20; do		# the best on all rows first, whichever is the better in a part
		grep -oE ">(dnn|lr)<" tails/tail-auc-g-$part.svg | tr "\n" " " | grep -x ">dnn< >lr< "
	done
	grep -oE ">(dnn|lr)<" tails/tail-auc-g-new.svg | tr "\n" " " | grep -x ">lr< "		# what has no figures there leaves its place and colour free
	grep "with boxes" scripts | grep -oE "[$]d1 using [(][^)]*[)].*title .lr.," | sort -u | wc -l | grep -x 1
	grep "^plot .*with boxes .*with boxes .* with vectors nohead .* with vectors nohead" scripts
	grep -F "\"\\n\".'"'"'item'"'"'" scripts
'

test_that 'attention to prompts: the share layer by layer and what would be even, in a table and a picture; of a model seen twice, the last look' '
	empty
	for i in 1 2 3; do training $i dnn $((i % 2)) lr $((i / 3)); scored $i x 0.7 0.5; done
	for i in 1 2 3; do
		for look in 100 300; do
			test $look = 100 || run $((i + look)) cp-predict null "cp-predict --attention"
			sql "insert into inputs select $i + $look, n, role, path, via, digest, content, rows, bytes from inputs where run = $i + 100 and $look = 300;
				insert into metrics select $i + $look, \"\", \"layer 0\" || l, -1, \"attention\", 0.08 * l + 0.02 * $i + ($look = 100) from (select 1 l union select 2);
				insert into metrics select $i + $look, \"\", \"layer 0\" || l, -1, \"attention_even\", 0.07 from (select 1 l union select 2)"
		done
	done
	rm -f scripts
	PATH=$TRASH/spy:$PATH cp-report -q -o page.html
	row attention page.html "|dnn lr 0|2|0.110 0.190|0.070|2.14|301| |302|"
	row attention page.html "|dnn lr 1|1|0.140 0.220|0.070|2.57|303|"
	sed -n "/<section id=\"attention\">/,/<\/section>/p" page.html | grep -c ">if even: 0.070<" | grep -x 1
	grep -x "1 0.14 0.14 0.14 " scripts
	grep -x "2 0.07 0.07 0.07 " scripts
	grep -xF "set yrange [0:*<1]" scripts		# a share, whatever the deviation
	grep "with lines dashtype [0-9] linewidth 1.4 linecolor rgb .#8a8a8a. title .if even: 0.070.$" scripts
'

test_that 'a level that settings are seen beside is drawn whatever their number' '
	empty
	for i in 1 2 3 4 5 6 7 8 9; do
		training $i m$i 1; scored $i x 0.7 0.5
		sql "insert into metrics values ($i + 100, \"\", \"layer 01\", -1, \"attention\", 0.2 - 0.01 * $i), ($i + 100, \"\", \"layer 01\", -1, \"attention_even\", 0.05 + 0.05 * ($i > 8))"
	done
	cp-report -q -o page.html
	section attention page.html | grep "the first 8 of 9 settings"
	sed -n "/<section id=\"attention\">/,/<\/section>/p" page.html >attention
	grep ">if even: 0.050<" attention
	grep ">m8<" attention
	test "$(grep -c ">if even: 0.100<" attention)" = 0	# of the ninth
	row attention page.html "|m9|1|0.110|0.100|1.10|109|"
'

test_that 'a training in several runs is one curve' '
	empty
	training 1 dnn 1; training 2 lr 1
	broken_off 1 killed
	sql "insert into metrics values (501, \"valid\", \"\", 2, \"auc\", 0.7)"	# killed after it was measured and before the state was saved
	rm -f scripts
	PATH=$TRASH/spy:$PATH cp-report -q -o parts.html
	points() { sed "/^\$d0/!d; N; N; N; s/ \n/;/g; s/.* << END\n//" scripts; }
	points
	points | grep -x "1 0.65 0.65 0.65;2 0.7 0.7 0.7;END"
'

test_that 'bins are drawn also where the same scores were compared with others since, without bins' '
	empty
	training 1 dnn 1; scored 1 x 0.7 0.5
	sql "insert into metrics values (201, \"test\", \"\", -1, \"bin 01 score\", 0.25), (201, \"test\", \"\", -1, \"bin 01 rate\", 0.3125)"
	rm -f scripts
	PATH=$TRASH/spy:$PATH cp-report -q -o bins.html
	grep "^0.25 0.3125 " scripts
	run 301 cp-auc null "cp-auc --against s"
	sql "insert into inputs select 301, n, role, path, via, digest, content, rows, bytes from inputs where run = 201;
		insert into metrics select 301, split, stratum, epoch, key, value from metrics where run = 201 and key not glob \"bin *\""
	rm scripts
	PATH=$TRASH/spy:$PATH cp-report -q -o bins.html
	row results bins.html "|301|"
	grep "^0.25 0.3125 " scripts
'

test_that 'the page asks for nothing else: no script, no address but of namespaces' '
	grep -iE "<script|<link|<img|@import|src=" page.html && exit 1
	grep -oE "https?://[^\"'"'"' ]*" page.html | grep . && exit 1
	grep -oE "href=(\"[^#][^\"]*|'"'"'[^#][^'"'"']*)" page.html | grep . && exit 1
	grep -oE "url\([^#][^)]*\)" page.html | grep . && exit 1
	grep "default-src .none." page.html
'

test_that 'colours are variables, each with a value for light and one for dark' '
	grep -oE "var\(--[a-z0-9]+\)" page.html | sort -u | sed "s/var(\(.*\))/\1/" >used
	grep -q -e "--p0" used
	grep -q -e "--ink" used
	sed -n "/^:root/p" page.html >light
	sed -n "/prefers-color-scheme:dark/p" page.html >dark
	while read -r name; do
		grep -q -e "$name:" light || { echo "$name has no light value"; exit 1; }
		grep -q -e "$name:" dark || { echo "$name has no dark value"; exit 1; }
	done <used
	sed "1,/<\/style>/d" page.html | grep -E "rgb\(|#[0-9a-f]{6}|.(black|white|gray)." | grep -vE "^<g fill=\"none\" color=\"(black|gray|white)\"|flood-color" | grep . && exit 1
	true
'

test_that 'lines differ by dashes and marks, not by colour alone' '
	sed -n "/<section id=\"options\">/,/<\/section>/p" page.html >options
	sed -n "/<section id=\"learning\">/,/<\/section>/p" page.html >learning
	test "$(grep -o "stroke-dasharray=.[0-9.,]*" learning | sort -u | wc -l)" -ge 3
	test "$(grep -o "href=.#gpPt[0-9]*" learning | sort -u | wc -l)" -ge 4
	test "$(grep -oE "id=.g[0-9]+_pattern[0-9]+" page.html | sort | uniq -d | wc -l)" = 0
'

test_that 'names of any bytes harm nobody' '
	empty
	name="<script>alert(1)</script>\` touch stolen\`\$(touch stolen)'"'"'\\n\"%s &amp; \\{x"
	training 1 "$name" 1; scored 1 x 0.7 0.5
	training 2 "$name" 2 "o<i>" "a'"'"''"'"'b"; scored 2 x 0.6 0.5
	sql "update params set value = CAST(x'"'"'ff3c623e01020a0d7f80c3'"'"' AS TEXT) where run = 2 and name = '"'"'model'"'"'"
	q=$(printf "\047")
	training 3 "$q${q}q$q" 1; scored 3 x 0.5 0.6
	sql "update inputs set path = \"$q$q.cps$q\" where run = 3"
	cp-report -q -o page.html --pictures hostile --title "<b>\"T\"</b>"
	test ! -e stolen
	grep -F "<script" page.html && exit 1
	grep -F "<i>" page.html | grep -v "<i>not finished</i>" | grep . && exit 1
	grep -F "&lt;script&gt;alert(1)" page.html
	grep -F ">$q${q}q$q<" hostile/*.svg
	grep -F "<title>&lt;b&gt;&quot;T&quot;&lt;/b&gt;</title>" page.html
	iconv -f UTF-8 -t UTF-8 page.html >/dev/null
	LC_ALL=C tr -d "\n\t -~\200-\377" <page.html | wc -c | grep -x 0
	ls hostile
'

test_that 'what pretraining learns is drawn with its unit, within epochs as well' '
	empty
	for i in 1 2; do
		training $i dnn $i
		sql "update params set value = \"pretrain\" where run = $i and name = \"stage\"; delete from metrics where run = $i;
			insert into metrics values ($i, \"valid\", \"\", 0.25, \"lm_loss\", $i + 3), ($i, \"valid\", \"\", 0.5, \"lm_loss\", $i + 2), ($i, \"valid\", \"\", 1, \"lm_loss\", $i),
			($i, \"valid\", \"\", 0.25, \"pair_loss\", 8), ($i, \"valid\", \"\", 1, \"lm_accuracy\", 0.5)"
	done
	rm -f scripts
	PATH=$TRASH/spy:$PATH cp-report -q -o page.html --pictures within
	points() { sed "/^\$d0/!d; N; N; N; N; s/ \n/;/g; s/.* << END\n//" scripts; }
	points | grep -x "0.25 4.5 4.5 4.5;0.5 3.5 3.5 3.5;1 1.5 1.5 1.5;END"
	grep -x "set ylabel .nats a masked word. .*" scripts
	ls within | grep learning | tr "\n" " " | grep -x "learning-lm-loss-g.png learning-lm-loss-g.svg "
'

test_that 'titles begin at the left edge, in two lines, and names of dots have room: nothing is cut' '
	empty
	training 1 dnn 1; training 2 "$(printf "m%.0s" $(seq 30)) not pretrained" 1; scored 1 x 0.7 0.5; scored 2 x 0.6 0.5
	sql "update inputs set path = \"a-grid-with-a-name-of-some-length/made/rows.valid.cps\" where role = \"valid\""
	rm -f scripts
	PATH=$TRASH/spy:$PATH cp-report -q -o page.html --pictures titled
	grep "^set title" scripts && exit 1
	grep "^set label 1 .a-grid-with-a-name-of-some-length. at screen 0.02, screen 0.9[0-9]* left " scripts
	grep "^set label 2 .AUC on the test rows. at screen 0.02, screen 0.[89][0-9]* left " scripts
	sed -n "s/^set label [12] .\(.*\). at screen.*/\1/p" scripts | awk "length > 54 { exit 1 }"
	! grep -F "\"\\n\"" scripts || exit 1		# a line a name
	sed -n "s/^set lmargin at screen //p" scripts | sort -u | awk "{ n++ } \$1 * 480 < 34 * 7.5 { exit 1 } END { exit n != 1 }"
'

test_that 'every setting that is drawn has its name in the key, however long' '
	for name in mmmmmmmm mmmmmmmmmmmmmmmmm; do	# of 9 letters no three stand beside one another, of 18 no two
		empty
		for i in 1 2 3 4 5 6 7 8; do training $i $name$i 1; scored $i x 0.7$i 0.5; done
		cp-report -q -o key.html
		sed -n "/<section id=\"learning\">/,/<\/section>/p" key.html >learning
		for i in 1 2 3 4 5 6 7 8; do grep -q ">$name$i<" learning || { echo "$name$i is not named"; exit 1; }; done
	done
'

test_that 'trainings that went on from other language models are settings of their own, called as their grid calls them' '
	empty
	for i in 1 2 3; do
		training $i dnn 1; training $((i + 10)) dnn 1; scored $((i + 10)) x 0.7$i 0.5
		sql "update params set value = \"pretrain\" where run = $i and name = \"stage\"; update params set value = \"finetune\" where run = $i + 10 and name = \"stage\";
			insert into params values ($i, \"plm\", \"plms/size$i\", 1, 1);
			insert into inputs values ($i + 10, 2, \"init\", \"g/made/m-$i/ctr.cpm\", \"file\", \"m$i\", null, null, 8)"
	done
	cp-report --no-pictures -q -o page.html
	for i in 1 2 3; do row results page.html "|dnn pretrained plm size$i|1|0.7000|0.7${i}00|"; done
	training 21 dnn 1; scored 21 x 0.75 0.5		# that some are not pretrained hides nothing of those that are
	sql "update params set value = \"finetune\" where run = 21 and name = \"stage\"; insert into params values (21, \"with-plm\", \"1\", 1, 1), (21, \"plm\", \"plms/size1\", 1, 1)"
	cp-report --no-pictures -q -o page.html
	for i in 1 2 3; do row results page.html "|dnn pretrained plm size$i|1|0.7000|0.7${i}00|"; done
	row results page.html "|dnn + PLM, not pretrained|1|0.7000|0.7500|"
	for i in 1 2 3; do sql "insert into tags values ($i + 10, \"model\", \"dnn\"), ($i + 10, \"plm\", \"p$i\"), ($i + 10, \"variant\", \"k7\"), ($i + 10, \"way\", \"without-plm\")"; done
	cp-report --no-pictures -q -o page.html
	for i in 1 2 3; do row results page.html "|dnn pretrained p$i k7|1|0.7000|0.7${i}00|"; done
	sql "update tags set value = \"p\" where name = \"plm\"; update tags set value = \"ctrl\" where name = \"way\"; insert into tags select run, \"seed\", run from tags where name = \"way\""
	cp-report --no-pictures -q -o page.html
	for i in 1 2 3; do row results page.html "|dnn pretrained p k7 ctrl plm size$i|1|0.7000|0.7${i}00|"; done
'

test_that 'variants of a grid that no option tells apart are settings of their own' '
	empty
	for i in 1 2 3; do training $i dnn 1; scored $i x 0.7$i 0.5; done
	sql "insert into tags select id, n, v from runs, (select \"model\" n, \"dnn\" v union select \"way\", \"ctr\") where id < 4; insert into tags values (2, \"variant\", \"mask30\"), (3, \"variant\", \"mask50\")"
	cp-report --no-pictures -q -o page.html
	row results page.html "|dnn|1|0.7000|0.7100|"
	row results page.html "|dnn mask30|1|0.7000|0.7200|"
	row results page.html "|dnn mask50|1|0.7000|0.7300|"
	sql "insert into params select id, \"prompts\", 5, 1, 1 from runs where id < 4"		# nor is a curve of the mean of the three
	for i in 4 5; do training $i dnn 1 prompts $i$i; scored $i x 0.60 0.5; done
	has gnuplot || exit 0
	rm -f scripts
	PATH=$TRASH/spy:$PATH cp-report -q -o page.html
	grep -E "^5 0\.7(1|09999)" scripts
'

test_that 'a percent sign in a name is drawn as one' '
	has gnuplot || exit 0
	empty
	for i in 1 2; do training $i dnn 1; scored $i x 0.7$i 0.5; done
	sql "insert into tags select id, n, v from runs, (select \"model\" n, \"dnn\" v union select \"way\", \"ctr\") where id < 3; insert into tags values (1, \"variant\", \"50%\"), (2, \"variant\", \"15 % o\")"
	cp-report -q -o page.html
	sed -n "/<section id=\"results\">/,/<\/section>/p" page.html | grep -o "<text.*50%.*\|<text.*15 % o.*" >drawn
	cat drawn
	test "$(wc -l <drawn)" = 2
'

test_that 'a line of one option varied is called by what the others in its picture have not' '
	has gnuplot || exit 0
	empty
	for i in 1 2 3; do training $i dnn 1 prompts $i lr 0.1 batch 8; done
	training 4 dnn 1 prompts 9 lr 0.2 batch 8
	for i in 1 2 3 4; do scored $i x 0.7$i 0.5; done
	cp-report -q -o page.html
	section options page.html | grep "|dnn|"		# a picture of one line names it too
	for i in 5 6; do training $i dnn 1 prompts $((i - 4)) lr 0.2 batch 8; scored $i x 0.6$i 0.5; done
	cp-report -q -o page.html
	section options page.html | grep "|dnn lr 0.1|"
	section options page.html | grep "|dnn lr 0.2|"
'

test_that 'a default of -1 is drawn at what it stood for, or not at all' '
	has gnuplot || exit 0
	empty
	n=1
	for v in -1 0.25 0.5 0.75; do training $n dnn 1 plm-lr $v; scored $n x 0.7$n 0.5; n=$((n + 1)); done
	for known in "" "insert into params values (1, \"plm-lr in force\", \"0.125\", 0, 0)"; do
		sql "$known"
		rm -f scripts
		PATH=$TRASH/spy:$PATH cp-report -q -o page.html
		section options page.html | grep "g: plm-lr"
		! grep "^-1 0" scripts || exit 1
		test "$(grep -c "^0.125 0\.7" scripts)" = "$(echo "$known" | grep -c .)"
	done
'

test_that 'a table has no model that stands alone in it' '
	empty
	training 1 dcnv2 1; training 2 dnn 1; scored 1 x 0.7 0.5; scored 2 x 0.6 0.5
	sql "insert into tags select id, n, v from runs, (select \"data\" n, \"d\" v union select \"way\", \"ctr\" union select \"seed\", 1) where id in (201, 202);
		insert into tags values (201, \"model\", \"dcnv2\"), (202, \"model\", \"dnn\")"
	cp-report --no-pictures -q -o page.html
	row tables page.html "Table 2: d"
	row tables page.html "|DNN|1|8|0.6000|"
	section tables page.html | grep "Table 3" && exit 1
	true
'

test_that 'of runs that disagree it is said in what else they differ' '
	empty
	for i in 1 2 3; do training $i dnn 1; done
	sql "update runs set recipe = \"r\", version = \"1\", build = \"b\", source = \"abc\", blas = \"X\", cpu = \"P\"; update runs set source = \"abc-changed\", cpu = \"Q\" where id = 2"
	cp-report --no-pictures -q -o page.html
	row disagreements page.html "m1|m2|source abc, abc-changed; processor P, Q|"
	row disagreements page.html "m1|m3|nothing that is known|"
'

test_that 'many settings: the best are drawn, and how many there are is said' '
	empty
	for i in 1 2 3 4 5 6 7 8 9 10; do training $i m$i 1; scored $i x 0.7$i 0.5; done
	cp-report -q -o page.html
	section learning page.html | grep "the first 8 of 10 settings"
'

test_done
