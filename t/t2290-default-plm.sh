#!/bin/sh
# The language-model folder that comes with the project: its recipe gives the same bytes, and it covers what it promises.
. "$(dirname "$0")/test-lib.sh"
PLM=$CP_SHARE/plm
export PLM
command -v xz >/dev/null || skip_all 'xz is not installed'

test_that 'the recipe gives the same bytes' '
	mkdir -p pipelines
	cp -r "$TOP/pipelines/plm" "$TOP/pipelines/movietweetings" pipelines
	make -s -C pipelines/plm BIN="$CP_BIN" DIR="$TRASH/again"
	for leaf in vocab.txt tokenizer.json tokenizer_config.json special_tokens_map.json config.json; do cmp "$PLM/$leaf" again/$leaf; done
'
test_that 'every printable ASCII and Latin-1 character is known' '
	unk=$(grep -nx "\[UNK\]" "$PLM/vocab.txt" | cut -d: -f1)
	{
		i=33
		while test $i -lt 127; do printf "%02x\n61%02x61\n" $i $i; i=$((i + 1)); done
		i=161
		while test $i -lt 256; do printf "%02x%02x\n" $((192 + i / 64)) $((128 + i % 64)); i=$((i + 1)); done
	} | "$CP_UNITS/tokenizer" "$PLM" 0 >ids
	! grep -w $((unk - 1)) ids
'
test_that 'cp-mask finds it by itself' 'echo "Title is Toy Story." | cp-mask -q --lines -o x.cps && test -s x.cps'
test_that 'where it is not, is said' '
	echo x | CP_SHARE=/nowhere fails_with 1 cp-mask --lines
	grep "is not at /nowhere/plm; set CP_SHARE" fails_with.err
'
test_done
