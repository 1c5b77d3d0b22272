#!/bin/sh
# cp-vocab: what it trains, that it is deterministic, the folder it writes, and its sentences.
. "$(dirname "$0")/test-lib.sh"

cat >text <<'END'
low low low low low
lower lower newest newest newest newest newest newest
widest widest widest
END

test_that 'the textbook example: pairs by count, ties in byte order' '
	cp-vocab -q --lines --cover none --size 5000 text >vocab
	grep -qx newest vocab
	grep -qx widest vocab
	# e s and s t occur 9 times: "##e ##s" comes first; then es t. l o and o w occur 7 times: "##o ##w" comes first; then l ow.
	sed -n "/^##es$/,\$ p" vocab | head -n 4 >first
	printf "##es\n##est\n##ow\nlow\n" | cmp - first
'
test_that 'special tokens first, at most --size entries' '
	cp-vocab -q --lines --cover none --size 30 text >vocab
	test "$(head -n 5 vocab | tr "\n" " ")" = "[PAD] [UNK] [CLS] [SEP] [MASK] "
	test "$(wc -l <vocab)" -eq 30
'
test_that 'the order of lines is of no consequence, the words are' '
	cp-vocab -q --lines text >a
	sed "1!G;h;\$!d" text | cp-vocab -q --lines >b
	cmp a b
	(cat text; echo lowest lowest lowest) | cp-vocab -q --lines >c
	! cmp -s a c
'
test_that 'lines and records give the same' '
	printf "label,Title\n1,the low one\n0,\"a newer, lower one\"\n" >rows.csv
	cp-textify -q rows.csv | cp-vocab -q --min-frequency 1 >a
	cp-textify -q --text rows.csv | cp-vocab -q --lines --min-frequency 1 >b
	cmp a b
'
test_that 'lower case without accents, or both kept' '
	printf "\303\211t\303\251 \303\211t\303\251\n" >accents
	cp-vocab -q --lines --cover none accents >a
	grep -qx ete a
	cp-vocab -q --lines --cover none --cased accents >b && grep -qx "$(printf "\303\211t\303\251")" b && ! grep -qx ete b
'
test_that 'min-frequency, max-characters, cover' '
	cp-vocab -q --lines --cover none --min-frequency 6 text >a
	grep -qx "##est" a
	! grep -qx widest a || exit 1
	cp-vocab -q --lines --cover none --max-characters 3 text >a
	test "$(sed -n "6,$ p" a | grep -cx "[a-z]")" -eq 3
	cp-vocab -q --lines text >a
	grep -qx "##z" a
	grep -qx "~" a
	! grep -qx "##~" a || exit 1
	cp-vocab -q --lines --cover latin1 text >a && grep -qx "$(printf "\302\277")" a && grep -qx "$(printf "\342\200\224")" a
'
test_that 'the folder has what it takes, and its own ids' '
	cp-vocab -q --lines -o plm text
	for leaf in vocab.txt tokenizer.json tokenizer_config.json special_tokens_map.json config.json; do test -s plm/$leaf; done
	grep "\"vocab_size\": $(wc -l <plm/vocab.txt)" plm/config.json
	mkdir only
	cp plm/vocab.txt plm/tokenizer_config.json only
	echo "lowest newer [MASK] Wid" | cp-mask -q --lines --plm plm >a.cps
	echo "lowest newer [MASK] Wid" | cp-mask -q --lines --plm only >b.cps
	cmp a.cps b.cps
	cp-vocab -q --lines -o plm text && test "$(ls plm | wc -l)" -eq 5
'
test_that 'a folder whose weights go with another vocabulary, or that has one of the other kind, is refused as it is' '
	mkdir taken
	echo 1 >taken/model.safetensors
	fails_with 1 cp-vocab --lines -o taken text
	grep "taken/model.safetensors: there are weights for the vocabulary beside them already" fails_with.err
	test "$(ls taken)" = model.safetensors
	cp-vocab -q --lines --kind bpe --size 300 -o bpe text
	fails_with 1 cp-vocab --lines -o bpe text
	grep "bpe/vocab.json: there is a vocabulary of the other kind already" fails_with.err
	fails_with 1 cp-vocab --lines --kind bpe --size 300 -o plm text
	grep "plm/vocab.txt: there is a vocabulary of the other kind" fails_with.err
'
test_that 'its sentences' '
	fails_with 1 cp-vocab --lines --size 20 text
	grep "no room" fails_with.err
	fails_with 1 cp-vocab --lines no-such-file
	grep "no-such-file" fails_with.err
	fails_with 2 cp-vocab --lines --hidden 100 --heads 3 -o plm2 text
	grep multiple fails_with.err
	fails_with 2 cp-vocab --lines --layers 3 text
	grep -e "-o DIR" fails_with.err
	fails_with 1 cp-vocab --lines -o no/such/folder text
	test ! -e no
	printf "label,Title\n1,x\n" | cp-featurize -q | fails_with 1 cp-vocab && grep "no column .text" fails_with.err
'
test_that 'a folder has the sizes that cp-train takes' '
	echo "a b c" >abc
	for size in "layers 65" "hidden 65537" "positions 3" "ffn 1048577"; do
		fails_with 2 cp-vocab -q --lines --size 200 --heads 1 --${size% *} ${size#* } -o sized abc
		test ! -e sized
	done
	fails_with 2 cp-vocab -q --lines --size 300 --kind bpe --positions 1048575 -o sized abc
	printf "label,A\n1,a b c a b\n0,c b a c\n1,b b\n" | cp-textify -q >text.cps
	for kind in "" "--kind bpe"; do
		rm -rf sized
		cp-vocab -q --lines --size 300 $kind --layers 64 --heads 1 --hidden 1 --positions 16 --ffn 1 -o sized abc
		cp-mask -q --plm sized --rate 0.9 <text.cps | cp-train -q --no-ledger --threads 1 --stage pretrain --prompts 0 --plm sized --epochs 1 -o sized.cpm
	done
'

test_that '"-" is standard output, not a folder' '
	echo "a b c" | cp-vocab -q --lines --size 200 >vocab
	echo "a b c" | cp-vocab -q --lines --size 200 -o - | cmp - vocab
	test ! -e -
	echo "a b c" | fails_with 2 cp-vocab -q --lines --layers 1 -o -
'

test_that 'on a full disk no file of the folder has its name' '
	small() { cp-vocab -q --lines --size 100 --cover none "$@"; }
	seq 300 | sed "s/.*/w& v&/" >words
	small words -o before
	cp -R before old
	sed "s/w/u/g" words >others
	for dir in full old; do
		( trap "" XFSZ; ulimit -f 4; fails_with 1 small others -o $dir )
	done
	test "$(ls full | wc -l)" = 0
	diff -r before old
'
if test -z "${SANITIZE:-}" && (ulimit -v 100000) 2>/dev/null; then
	test_that 'with little memory the folder is whole, or there is a sentence' '
		narrow() { (ulimit -v $kib; ulimit -c 0; cp-vocab -q --lines --kind bpe words -o got) 2>err; }
		seq 20000 | sed "s/.*/w&/" >words
		cp-vocab -q --lines --kind bpe words -o whole
		kib=6000
		until narrow; do kib=$((kib + 1024)); done
		enough=$kib
		for kib in $(seq $((enough - 2048)) 128 $enough); do
			rm -rf got
			code=0
			narrow || code=$?
			if test $code = 0; then
				diff -r whole got
			else
				test "$code $(wc -l <err)" = "1 1" || { echo "$kib KiB: $code"; cat err; exit 1; }
				grep "out of memory" err
				test ! -d got || test "$(ls got | wc -l)" = 0
			fi
		done
	'
else
	test_skip 'with little memory the folder is whole, or there is a sentence' 'the address space cannot be limited'
fi
test_done
