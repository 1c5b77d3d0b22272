#!/bin/sh
# cp-vocab --kind bpe: what it trains, that it is deterministic, the folder it writes, that a model can be trained from it.
. "$(dirname "$0")/test-lib.sh"

cat >text <<'END'
low low low low low
lower lower newest newest newest newest newest newest
widest widest widest
END
merges() { sed -n '/"merges"/,/\]/s/^ *"\(.*\)",\{0,1\}$/\1/p' "$1"; }

test_that 'the textbook example: pairs by count, ties in byte order' '
	cp-vocab -q --lines --kind bpe --size 5000 text >tokenizer.json
	# e s and s t occur 9 times: "e s" comes first; then es t.  l o and o w occur 7 times: "l o" comes first; then lo w.
	merges tokenizer.json | head -n 4 >first
	printf "e s\nes t\nl o\nlo w\n" | cmp - first
	merges tokenizer.json | grep -qx "$(printf "\304\240 newest")"
'
test_that 'special tokens, bytes, pieces, <mask>: at most --size entries' '
	cp-vocab -q --lines --kind bpe --size 265 -o plm text
	tr -d " \n" <plm/vocab.json >flat
	grep -q "^{\"<s>\":0,\"<pad>\":1,\"</s>\":2,\"<unk>\":3,\"!\":4,.*\"es\":260,\"est\":261,\"lo\":262,\"low\":263,\"<mask>\":264}" flat
	test "$(wc -l <plm/merges.txt)" -eq 5
	for leaf in tokenizer.json tokenizer_config.json special_tokens_map.json config.json; do test -s plm/$leaf; done
	grep -q "\"vocab_size\": 265" plm/config.json
	grep -q "\"max_position_embeddings\": 514" plm/config.json
'
test_that 'the order of lines is of no consequence, the words are' '
	cp-vocab -q --lines --kind bpe text >a
	sed "1!G;h;\$!d" text | cp-vocab -q --lines --kind bpe >b
	cmp a b
	(cat text; echo lowest lowest lowest) | cp-vocab -q --lines --kind bpe >c
	cmp -s a c && exit 1
	true
'
test_that 'lines and records give the same; bytes that are not UTF-8 are U+FFFD' '
	printf "label,Title\n1,the low one\n0,\"a newer, lower one\"\n" >rows.csv
	cp-textify -q rows.csv | cp-vocab -q --kind bpe --min-frequency 1 >a
	cp-textify -q --text rows.csv | cp-vocab -q --lines --kind bpe --min-frequency 1 >b
	cmp a b
	printf "x\377y\n" | cp-vocab -q --lines --kind bpe --min-frequency 1 >a
	printf "x\357\277\275y\n" | cp-vocab -q --lines --kind bpe --min-frequency 1 >b
	cmp a b
'
test_that 'a word of more than 1000 bytes is left out' '
	cp-vocab -q --lines --kind bpe text >a
	{ cat text; for i in 1 2 3; do head -c 1001 /dev/zero | tr "\0" x; echo; done; } | cp-vocab -q --lines --kind bpe >b
	cmp a b
	{ cat text; for i in 1 2 3; do head -c 1000 /dev/zero | tr "\0" x; echo; done; } | cp-vocab -q --lines --kind bpe >c
	merges c | grep -qx "x x"
'
test_that 'both forms of the folder are one tokenizer' '
	cp-vocab -q --lines --kind bpe -o plm text
	mkdir only
	cp plm/vocab.json plm/merges.txt plm/tokenizer_config.json plm/special_tokens_map.json only
	echo "lowest newer  <mask> Wid caf\303\251" | cp-mask -q --lines --plm plm >a.cps
	echo "lowest newer  <mask> Wid caf\303\251" | cp-mask -q --lines --plm only >b.cps
	cmp a.cps b.cps
'
test_that 'a RoBERTa of that folder can be trained' '
	cp-vocab -q --lines --kind bpe --layers 1 --hidden 16 --heads 2 --ffn 32 --positions 32 -o small text
	{ echo label,Title; for i in 1 2 3 4 5 6 7 8; do printf "1,the lowest\n0,a newer one\n"; done; } >rows.csv
	cp-textify -q rows.csv | cp-mask -q --plm small | cp-train -q --stage pretrain --plm small --prompts 2 --epochs 1 --set dim=8 --set hidden=8 -o m.cpm
	test -s m.cpm
'
test_that 'its sentences' '
	fails_with 1 cp-vocab --lines --kind bpe --size 260 text
	grep "no room: special tokens and bytes are 261" fails_with.err
	fails_with 2 cp-vocab --lines --kind bpe --cased text
	grep -e "--cased go with WordPiece" fails_with.err
	fails_with 2 cp-vocab --lines --kind sentencepiece text
	grep kind fails_with.err
	fails_with 1 cp-vocab --lines --kind bpe -o no/such/folder text && test ! -e no
'
test_done
