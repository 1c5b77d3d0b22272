#!/bin/sh
# CTR-BERT, --stage ctr-bert: the texts of user and item, each by itself, and a CTR model beside them where it is asked for.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

twins() { cp-textify -q --form ctrl --item-fields Film,Genre "$@"; }
rows_csv 600 42 | twins >text.train.cps && rows_csv 200 43 | twins --first-row 600 >text.valid.cps || skip_all 'the rows could not be made'
PLM='--plm scratch:layers=1,hidden=32,heads=2,positions=64'
bert() { cp-train -q --threads 1 --stage ctr-bert --batch 64 "$@"; }

test_that 'it learns from the films of MovieTweetings by their texts alone' '
	films ctrl
	bert $PLM --lr 3e-3 --epochs 3 --train films.train.cps --valid films.valid.cps -o films.cpm
	has_auc 0.62 films.cpm
	says films.cpm "\"baseline\":\"ctr-bert\""
	says films.cpm "\"item_fields\":\[\"Movie ID\",\"Title\",\"Year\",\"Genre\"\]"
	says_not films.cpm "\"ctr\":"
'
test_that 'and more with a CTR model' '
	bert $PLM --model dcnv2 --set hidden=64,64 --lr 3e-3 --epochs 3 --train films.train.cps --valid films.valid.cps -o fused.cpm
	has_auc 0.64 fused.cpm
	says fused.cpm "\"ctr\":"
	says_not fused.cpm "\"out.weight\""
'
test_that 'two texts a row, and which is the user'\''s makes a difference' '
	printf "label,timestamp,User,Film,Genre\n1,1,u1,film 1,g1\n0,2,u2,film 1,g1\n1,3,u1,film 2,g2\n0,4,u2,film 2,g2\n" >four.csv
	twins four.csv >four.cps
	bert $PLM --epochs 1 --train text.train.cps -o plain.cpm
	cp-model export -q --tensor ctr_bert.0.weight plain.cpm | awk "NF != 64 { exit 1 } END { exit !NR }"
	test "$(cp-predict -q --score-only -m plain.cpm four.cps | sort -u | wc -l)" = 4
	cp-textify -q --form ctrl --item-fields User,Genre four.csv >turned.cps
	cp-predict -q --score-only -m plain.cpm four.cps >a
	cp-predict -q --score-only -m plain.cpm turned.cps | cmp -s - a && exit 1
	true
'
# The longest text of a user just fits, so that a token more would be cut and training be another.
test_that 'each text by itself has no white space of the other'\''s, which byte-level BPE would see' '
	rows_csv 60 42 | cp-textify -q --form ctrl --item-fields Genre >long.cps
	rows_csv 60 42 | cp-textify -q --form ctrl --item-fields Genre --text >long.txt
	cp-vocab -q --lines --kind bpe --size 300 --layers 1 --hidden 16 --heads 2 --ffn 16 --positions 64 -o bpe long.txt
	sed "s/\. This is an item.*/./" long.txt | cp-mask -q --lines --plm bpe | cp-cat -q --to jsonl | sed -n "s/.*\"tokens\":\[\([0-9,]*\)\].*/\1/p" | tr -cd ",\n" | awk "length > n { n = length } END { print n + 1 }" >most
	cat most
	test "$(cat most)" -gt 10
	bert --plm bpe --epochs 1 --train long.cps -o roomy.cpm
	bert --plm bpe --epochs 1 --max-length "$(cat most)" --train long.cps -o just.cpm
	bert --plm bpe --epochs 1 --max-length "$(($(cat most) - 1))" --train long.cps -o cut.cpm
	same_tensor roomy.cpm just.cpm ctr_bert.0.weight
	other_tensor roomy.cpm cut.cpm ctr_bert.0.weight
'
test_that 'a value that spells the end of one text and the beginning of the next ends none' '
	rows_csv 20 42 | sed "9s/film [0-9]*/film [SEP] [CLS] 7/" | twins >ends.cps
	bert $PLM --epochs 1 --train ends.cps -o ends.cpm
	rows_csv 20 42 | sed "9s/,u[0-9]*,/,u [SEP] [CLS] 7,/" | twins >ends.cps
	bert $PLM --epochs 1 --train ends.cps -o ends.cpm
	bert $PLM --epochs 1 --memory 1 --threads 2 --train ends.cps -o again.cpm
	same ends.cpm again.cpm
	cp-predict -q -m plain.cpm ends.cps >with
	rows_csv 20 42 | twins >without.cps
	cp-predict -q -m plain.cpm without.cps | diff - with | grep -c "^[<>]" | grep -x 2
	rows_csv 20 42 | sed "9s/,u[0-9]*,/,u [SEP] [CLS] 7,/" | cp-predict -q -m plain.cpm --csv | cmp - with
'
test_that 'the same bytes with any number of threads, and when it was interrupted' '
	stage_is_sound ctr-bert text $PLM --batch 64 --epochs 2
	mv ctr-bert.cpm text.cpm
	stage_is_sound ctr-bert text $PLM --batch 64 --epochs 2 --model dnn $SMALL
'
# Rows in files are shuffled by windows, so only a model that takes no step has the same losses by both ways.
test_that 'rows that are kept in files have the losses of those in memory' '
	rows_csv 12000 44 | twins >many.cps
	for memory in 1 1024; do
		cp-train --no-ledger --threads 1 --stage ctr-bert --batch 64 $PLM --epochs 1 --lr 0 --plm-lr 0 --plm-weight-decay 0 --weight-decay 0 \
			--memory $memory --train many.cps --valid many.cps -o $memory.cpm 2>$memory.err || { cat $memory.err; exit 1; }
		grep -o "epoch 1/1: .*log loss [0-9.]*" $memory.err >$memory.losses
		cat $memory.losses
	done
	grep "kept in temporary files" 1.err
	grep "log loss 0" 1.losses
	cmp 1.losses 1024.losses
'
test_that 'a row has the same score alone as among others, from CSV as from records' '
	rows_csv 70 43 >rows.csv
	twins rows.csv >text.cps
	for m in text.cpm ctr-bert.cpm; do
		cp-predict -q -m $m --csv <rows.csv >all
		cp-predict -q -m $m text.cps | cmp - all
		cp-predict -q -m $m --threads 1 text.cps | cmp - all
		for i in 2 9 70; do sed -n "1p;${i}p" rows.csv | cp-predict -q -m $m --csv; done >lone
		sed -n "1p;8p;69p" all | cmp - lone
	done
'
test_that 'it goes on from masked words, and from its own kind' '
	cp-mask -q <text.train.cps | cp-train -q --threads 1 --stage pretrain --prompts 0 $PLM --batch 64 --epochs 1 -o words.cpm
	bert --init words.cpm --epochs 1 --lr 0 --plm-lr 0 --train text.train.cps -o still.cpm
	same_tensor words.cpm still.cpm plm.encoder.layer.0.output.dense.weight
	bert --init ctr-bert.cpm --epochs 1 --lr 0 --plm-lr 0 --train text.train.cps -o on.cpm
	for name in embedding ctr_bert.0.weight plm.embeddings.word_embeddings.weight; do same_tensor ctr-bert.cpm on.cpm $name; done
'
test_that 'texts at the bound of their length, each by itself' '
	bert --epochs 1 --max-length 5 $PLM --train text.train.cps -o short.cpm
	says short.cpm "\"max_tokens\":5"
	cp-predict -q -m short.cpm text.cps | sort -u >scores
	test "$(wc -l <scores)" -le 2		# "This is a" is all that is left of them, and a label
'
test_that 'what does not go with it is refused' '
	rows_csv 100 42 | cp-textify -q | cp-mask -q >train.cps
	refused 1 "train.cps: its text is none that tells the user first, then the item; cp-textify --form ctrl makes one" bert $PLM --train train.cps -o no.cpm
	cp-featurize -q rows.csv >keys.cps
	refused 1 "keys.cps: no text that tells the user first" bert $PLM --train keys.cps -o no.cpm
	refused 1 "no text that tells the user first" cp-predict -m ctr-bert.cpm keys.cps
	pretrain --epochs 1 --train train.cps -o pre.cpm
	refused 1 "pre.cpm: a model of stage pretrain; --stage ctr-bert goes on from a language model alone" bert --init pre.cpm --train text.train.cps -o no.cpm
	refused 1 "text.cpm has no CTR model beside its texts" bert --model dnn --init text.cpm --train text.train.cps -o no.cpm
	refused 1 "ctr-bert.cpm holds dnn" bert --model dcnv2 --init ctr-bert.cpm --train text.train.cps -o no.cpm
	refused 1 "a model of stage ctr-bert, which --stage finetune does not go on with" finetune --init ctr-bert.cpm --train text.train.cps -o no.cpm
	refused 1 "a model of stage ctr-bert, which --stage ptab does not go on with" cp-train --stage ptab --init ctr-bert.cpm --train text.train.cps -o no.cpm
	refused 1 "model lr has no final vector, which the language model is to meet" bert $PLM --model lr --train text.train.cps -o no.cpm
	refused 2 "has a CTR model only with --model" bert $PLM --set dim=4 --train text.train.cps -o no.cpm
	refused 2 "no prompts and a head of its own" bert $PLM --fusion alpha --train text.train.cps -o no.cpm
'
test_done
