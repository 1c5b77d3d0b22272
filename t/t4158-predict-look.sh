#!/bin/sh
# cp-predict --fill and --attention: what a language model would say, and how much it looks at its prompts.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
rows_csv 60 43 >rows.csv
cp-textify -q rows.csv >text.cps

test_that '--fill: a line a masked word, probabilities that add up, the words there are' '
	pretrain --epochs 6 --lr 3e-3 --plm-lr 3e-3 --train train.cps -o pre.cpm
	cp-predict -m pre.cpm --fill --top 100 text.cps >words 2>err
	test "$(awk -F "\t" "NF != 7" words | wc -l)" = 0
	grep "masked words; the likeliest is right for" err
	test "$(sed -n "s/^cp-predict: \([0-9]*\) masked words.*/\1/p" err)" = "$(wc -l <words)"
	awk -F "\t" "{
		n = split(\$4, w, \" \"); s = 0; last = 1
		for (i = 1; i <= n; i++) { match(w[i], /=[0-9.]*\$/); p = substr(w[i], RSTART + 1) + 0; s += p; if (p > last + 1e-9) exit 1; last = p
			if (substr(w[i], 1, RSTART - 1) == \$2 && (p - \$3) ^ 2 > 1e-11) exit 1 }
		if (s > 1.0001 || \$7 !~ /\[MASK\]/) exit 1
	}" words
'
test_that 'the softmax is that of training: over the ids that occur, unless --full-vocab' '
	header pre.cpm | grep "mlm.ids"
	awk -F "\t" "{ n = split(\$4, w, \" \"); s = 0; for (i = 1; i <= n; i++) { match(w[i], /=[0-9.]*\$/); s += substr(w[i], RSTART + 1) } if (s < 0.999 && n < 100) exit 1 }" words
	pretrain --epochs 1 --full-vocab --train train.cps -o full.cpm
	test "$(header full.cpm | grep -c "mlm.ids")" = 0
	cp-predict -q -m full.cpm --fill text.cps >w
	test -s w
'
test_that 'a word that is not in that softmax has a probability of 0' '
	sed "1!s/,g[0-3]$/,zebra/" rows.csv | cp-textify -q >zebra.cps
	cp-predict -q -m pre.cpm --fill --top 1 zebra.cps | awk -F "\t" "\$2 ~ /^(##)?[zeb]/" >words
	awk -F "\t" "{ match(\$4, /=[0-9.]*\$/); if (\$3 > substr(\$4, RSTART + 1)) exit 1 } \$3 == 0 { n++ } END { exit !n }" words
'
test_that 'with prompts a word that follows from the row'\''s keys is found more often; what the sentence tells is found without them, too' '
	for where in layers input; do
		pretrain --set dim=16 --set hidden=32 --prompts 4 --prompt-where $where --plm-dropout 0 --epochs 40 --lr 1e-2 --plm-lr 3e-3 --weight-decay 0 \
			--train train.cps -o learnt.cpm
		cp-predict -m learnt.cpm --fill text.cps 2>&1 >/dev/null | tee err
		sed -n "s/.*right for \([0-9.]*\) % with prompts, for \([0-9.]*\) % without.*/\1 \2/p" err | awk "{ exit !(\$1 > \$2 + 2 && \$2 > 50) }"
	done
'
test_that 'the same from CSV, line by line, and with another number of threads' '
	cp-predict -q -m pre.cpm --fill text.cps >a
	cp-predict -q -m pre.cpm --fill --csv <rows.csv >b
	cmp a b
	cp-predict -q -m pre.cpm --fill --threads 3 text.cps | cmp - a
	sed -n "1,5p" rows.csv | cp-predict -q -m pre.cpm --fill --csv >b
	head -n "$(wc -l <b)" a | cmp - b
'
test_that 'words that cp-mask has masked are the ones shown' '
	cp-mask -q --static text.cps >masked.cps
	cp-predict -q -m pre.cpm --fill masked.cps >words
	test -s words
	cp-mask -q --static --seed 2 text.cps >masked.cps
	cp-predict -q -m pre.cpm --fill masked.cps >other
	test "$(cmp words other | wc -l)" = 1
'
test_that 'also where they were drawn for training: as the rows say, not drawn again by row numbers that may be gone' '
	cp-mask -q text.cps -o masked.cps
	cp-predict -q -m pre.cpm --fill masked.cps >words
	cp-cat -q --tail 20 --drop row masked.cps -o tail.cps
	cp-predict -q -m pre.cpm --fill tail.cps | cut -f 2- >got
	awk -F "\t" "\$1 >= 40" words | cut -f 2- | cmp - got
	cp-cat -q --to jsonl masked.cps | sed "2,\$s/\"mask\":\[\([0-9]*,[0-9]*\)[0-9,]*\]/\"mask\":[\1]/" >one.jsonl
	cp-cat -q --from jsonl --edited one.jsonl -o one.cps
	cp-predict -q -m pre.cpm --fill one.cps | cut -f 1,2 >got
	cut -f 1,2 words | awk "!seen[\$1]++" | cmp - got
'
test_that 'a model without prompts: its own words, once' '
	pretrain --prompts 0 --epochs 1 --train train.cps -o none.cpm
	cp-predict -m none.cpm --fill text.cps >words 2>err
	test "$(awk -F "\t" "NF != 5" words | wc -l)" = 0
	test "$(grep -c "without" err)" = 0
'
test_that '--attention: a line a layer, shares between 0 and 1, what even attention would be' '
	sed "2~2s/\$/ and more of it/" rows.csv >uneven.csv
	for more in "--prompt-where layers" "--prompt-where input"; do
		pretrain --plm scratch:layers=3,hidden=32,heads=2,positions=64 $more --epochs 1 --train train.cps -o deep.cpm
		cp-predict -q -m deep.cpm --attention text.cps >a
		awk -F "\t" "NF != 3 || \$1 != NR || \$2 <= 0 || \$2 >= 1 || \$3 <= 0 || \$3 >= 0.2 { exit 1 } END { exit NR != 3 }" a
		cp-predict -q -m deep.cpm --attention --threads 3 text.cps | cmp - a
		cp-predict -q -m deep.cpm --attention --csv uneven.csv | cut -f 3 >>even
	done
	test "$(wc -l <even)" = 6
	test "$(sort -u even | wc -l)" = 1	# of the words alone, which are the same and as many before either kind
	finetune --with-plm --init deep.cpm --epochs 1 --train train.cps -o tuned.cpm
	cp-predict -q -m tuned.cpm --attention test.cps >tuned
	wc -l <tuned | grep 3
	sqlite3 -separator "	" "$CP_LEDGER" "SELECT CAST(substr(p.stratum, 7) AS INTEGER), printf(\"%.6f\", p.value), printf(\"%.6f\", e.value)
		FROM metrics p JOIN metrics e USING (run, stratum) WHERE p.key = \"attention\" AND e.key = \"attention_even\"
		AND run = (SELECT max(run) FROM metrics WHERE key = \"attention\") ORDER BY 1" | diff tuned -
'
test_that 'prompts whose keys are 0 get what is even, on an average nearly' '
	pretrain --lr 0 --plm-lr 0 --weight-decay 0 --plm-weight-decay 0 --epochs 1 --train train.cps -o still.cpm
	cp-predict -q -m still.cpm --attention text.cps | awk -F "\t" "{ exit !((\$2 - \$3) ^ 2 < 1e-3) }"
'
test_that 'no rows, or no masked words: no figures' '
	head -n 1 rows.csv | cp-predict -q --no-ledger --attention -m pre.cpm --csv >none
	test ! -s none
	cp-mask -q --rate 0 <text.cps | cp-predict --no-ledger --fill -m pre.cpm 2>err >none
	grep "no word is masked in these rows" err
'
test_that 'what cannot be shown is refused, with what can' '
	finetune --init pre.cpm --epochs 1 --train train.cps -o ctr.cpm
	refused 1 "ctr.cpm: a model of stage finetune fills in no words" cp-predict --fill -m ctr.cpm text.cps
	refused 1 "ctr.cpm: a model without prompts" cp-predict --attention -m ctr.cpm text.cps
	refused 1 "none.cpm: a model without prompts" cp-predict --attention -m none.cpm text.cps
	refused 1 "fills in words and has no score; --fill shows them" cp-predict -m pre.cpm text.cps
	fails_with 2 cp-predict --fill --attention -m pre.cpm text.cps
	fails_with 2 cp-predict --top 3 -m pre.cpm text.cps
	fails_with 2 cp-predict --fill --score-only -m pre.cpm text.cps
'
test_that 'ids that were not ascending are found' '
	at=$(header pre.cpm | grep -o "\"mlm.ids\":{[^}]*}" | grep -o "data_offsets\":\[[0-9]*" | grep -o "[0-9]*$")
	head=$(head -c 8 pre.cpm | od -An -tu8)
	changed_model pre.cpm >bad.cpm
	printf "\377\377\377\000" | dd of=bad.cpm bs=1 seek=$((8 + head + at)) conv=notrunc 2>/dev/null
	refused 1 "bad.cpm: tensor .mlm.ids. does not hold ascending ids" cp-predict --fill -m bad.cpm text.cps
'
test_done
