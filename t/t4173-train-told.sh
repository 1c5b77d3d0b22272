#!/bin/sh
# What the text tells stays with it and with its tokens: columns may be dropped, moved or joined, and the model still makes the sentence of a CSV
# that it was trained on; rows whose sentence is another are refused.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows_csv 60 42 >rows.csv
SCRATCH='--threads 1 --batch 16 --epochs 1 --set hidden=4'
PLM='--plm scratch:layers=1,hidden=16,heads=1,ffn=16,positions=64 --prompts 1'

learn() {		# learn ROWS MODEL
	cp-train -q --no-ledger --stage pretrain $SCRATCH $PLM --train "$1" -o pre.cpm &&
	cp-train -q --no-ledger --stage finetune --with-plm $SCRATCH --init pre.cpm --train "$1" -o "$2"
}
same_by_csv() {		# same_by_csv ROWS CSV: a model of these rows scores them as it does the CSV they come from
	learn "$1" told.cpm &&
	cp-predict -q --no-ledger -m told.cpm "$1" >want &&
	cp-predict -q --no-ledger -m told.cpm --csv "$2" | cmp - want
}
told_again() { refused 1 "its text is told in another way than that of training: $1" cp-predict --no-ledger -m model.cpm "$2"; }

test_that 'columns dropped and moved behind the text' '
	cp-textify -q rows.csv | cp-cat -q --drop Genre -o few.cps
	same_by_csv few.cps rows.csv
	cp-textify -q rows.csv | cp-cat -q -c text,Genre,label,Film,User -o moved.cps
	same_by_csv moved.cps rows.csv
	cp-textify -q --form ctrl --item-fields Film,Genre rows.csv | cp-cat -q --drop Genre -o ctrl.cps
	same_by_csv ctrl.cps rows.csv
	cut -d, -f1-4 rows.csv >none.csv
	refused 1 "none.csv: no column .Genre. for the model" cp-predict --no-ledger -m told.cpm --csv none.csv
'
test_that 'the text dropped, once there are tokens of it' '
	cp-textify -q -t "{Film}? {User}, {Genre}!" rows.csv | cp-mask -q | cp-cat -q --drop text -o tokens.cps
	same_by_csv tokens.cps rows.csv
	cp-mask -q few.cps | cp-cat -q --drop text -o short.cps
	same_by_csv short.cps rows.csv
	cp-textify -q rows.csv -o other.cps
	mv told.cpm model.cpm
	cp-predict -q --no-ledger -m model.cpm other.cps | cmp - want
	told_again "template is .{Film}? {User}, {Genre}!. here, nothing there" tokens.cps
'
test_that 'columns joined onto a text, and a text onto columns' '
	{ echo Film,Year; cut -d, -f4 rows.csv | sed 1d | sort -u | sed "s/.*[0-9]\$/&,199&/; s/,199film /,199/"; } >films.csv
	awk -F, -v OFS=, "NR == FNR { y[\$1] = \$2; next } { print \$0, y[\$4] }" films.csv rows.csv >joined.csv
	cp-textify -q films.csv -o films.cps
	cp-featurize -q rows.csv | cp-cat -q --join-by-key films.cps --on Film -o a.cps
	same_by_csv a.cps joined.csv
	cp-featurize -q films.csv -o years.cps
	cp-textify -q rows.csv | cp-cat -q --join-by-key years.cps --on Film -o b.cps
	same_by_csv b.cps joined.csv
'
test_that 'how a value is told stays, where the key that said it is gone or is made in another way' '
	awk -F, -v OFS=, "NR == 1 { print \$0, \"Tags\", \"When\"; next } { print \$0, NR % 5 ? \"a|b\" : \"\", 16e8 + NR * 5000 }" rows.csv >more.csv
	cat >more.txt <<-EOF
	Tags: list missing none
	Hour: hour of When
	When: time null 0
	Film: category as Title missing untitled
	Genre: drop
	EOF
	cp-textify -q --declare more.txt --null g0,g1 -t "{Tags} at {Hour}: {Title} or {Film}{? by {User}} ({Genre}), {When}" more.csv -o all.cps
	same_by_csv all.cps more.csv
	cp-cat -q --drop Tags,Hour,Title all.cps -o gone.cps
	same_by_csv gone.cps more.csv
	for form in ptab "ctrl --item-fields Title,Tags"; do
		cp-textify -q --declare more.txt -f "Film: text" --form $form more.csv | cp-cat -q --drop Tags,Hour,Title -o gone.cps
		same_by_csv gone.cps more.csv
	done
	cp-textify -q -f "When: buckets at 16e8" more.csv -o other.cps
	cp-textify -q -f "When: log" more.csv | cp-cat -q --drop When -o log.cps
	same_by_csv log.cps more.csv
	cp-predict -q --no-ledger -m told.cpm other.cps | cmp - want
'
test_that 'an hour that only the text tells is made of a time' '
	cp-textify -q --declare more.txt -t "{User} at {Hour}" more.csv | cp-cat -q --drop Hour -o gone.cps
	same_by_csv gone.cps more.csv
	sed "2s/,16[0-9]*\$/,soon/" more.csv >soon.csv
	refused 1 "soon.csv: line 2, column 7 .When.: the timestamp .soon. is not a whole number" cp-predict --no-ledger -m told.cpm --csv soon.csv
'
test_that 'a CSV whose sentence is another is refused as records, and read as the model needs it' '
	cp-textify -q rows.csv -o rows.cps
	learn rows.cps model.cpm
	cp-predict -q --no-ledger -m model.cpm rows.cps >want
	awk -F, -v OFS=, "{ print \$5, \$4, \$3, \$2, \$1 }" rows.csv >turned.csv
	sed "1s/\$/,x/; 2,\$s/\$/,y/" rows.csv >wide.csv
	for csv in turned wide; do
		cp-textify -q $csv.csv -o $csv.cps
		cp-mask -q $csv.cps | cp-cat -q --drop text -o $csv.tokens.cps
		cp-predict -q --no-ledger -m model.cpm --csv $csv.csv | cmp - want
	done
	for kind in cps tokens.cps; do
		told_again "fields, number 1, is .Genre. here, .User. there" turned.$kind
		told_again "fields, number 4, is .x. here, nothing there" wide.$kind
	done
	refused 1 "turned.cps: its text is told in another way" cp-train --no-ledger --stage finetune --with-plm $SCRATCH --init pre.cpm \
		--train rows.cps --valid turned.cps -o no.cpm
	cp-textify -q -t "{Film} for {User}" rows.csv -o one.cps
	cp-textify -q -t "{Film} for {User}" turned.csv -o two.cps
	learn one.cps model.cpm
	cp-predict -q --no-ledger -m model.cpm one.cps >want
	cp-predict -q --no-ledger -m model.cpm two.cps | cmp - want
'
test_that 'a column that the text tells is not the label, though it is called so' '
	sed "1s/label/Click/; 1s/Genre/label/" rows.csv >label.csv
	cp-textify -q --label Click label.csv | cp-cat -q --drop key:label -o label.cps
	learn label.cps told.cpm
	cp-predict -q --no-ledger -m told.cpm label.cps | cut -f2 >want
	cp-predict -q --no-ledger -m told.cpm --csv label.csv | cmp - want
	refused 1 "label.csv: .label. is the label, and a sentence must not tell it" cp-predict --no-ledger -m told.cpm --label label --csv label.csv
'
test_that 'text that does not say what it tells is learnt from, and of a CSV none is made' '
	cp-cat -q --to jsonl rows.cps | sed "1s/\"attributes\":{\"fields\":[^}]*}/\"attributes\":{}/" | cp-cat -q --from jsonl -o mute.cps
	learn mute.cps told.cpm
	cp-predict -q --no-ledger -m told.cpm rows.cps >want
	test -s want
	refused 1 "rows.csv: the model was trained on text that does not say which fields it tells" cp-predict --no-ledger -m told.cpm --csv rows.csv
'
test_done
