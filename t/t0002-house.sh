#!/bin/sh
# The house in order: short functions and files, no path of anyone's machine, both compilers content, a README that names every tool,
# and an installed copy that works on its own.
. "$(dirname "$0")/test-lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL		# of a make that runs the tests

sources() { (cd "$TOP" && find lib tools t -name '*.[ch]' | sort); }
all_files() { (cd "$TOP" && git ls-files 2>/dev/null | grep .) || (cd "$TOP" && find . -type f ! -path './build/*' ! -path './bin/*' ! -path './.git/*'); }
tools() { (cd "$TOP/tools" && ls cp-*.c | sed 's/\.c$//'); }

# functions: "LINES NAME FILE", one a line, of lib/ and tools/
functions() {
	(cd "$TOP" && sources | grep -v '^t/' | ctags -L - -f - --fields=+ne --c-kinds=f --output-format=u-ctags) |
	awk -F '\t' '!/^!/ {
		first = last = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) first = substr($i, 6)
			if ($i ~ /^end:/) last = substr($i, 5)
		}
		print last - first + 1, $1, $2
	}' | sort -n
}

# tags: "TAG FILE", one a line, of the structs, unions and enums that others see: those of headers, and opaque ones, which have a prefix
tags() {
	(cd "$TOP" && sources | grep -v '^t/' | xargs awk 'match($0, /^[ \t]*(typedef[ \t]+)?(struct|union|enum)[ \t]+[A-Za-z0-9_]+[ \t]*[{]/) {
		n = split(substr($0, RSTART, RLENGTH - 1), word)
		if (FILENAME ~ /h$/ || word[n] ~ /^(cp|nn|plm)_/)
			print word[n], FILENAME
	}')
}

if ctags --version 2>/dev/null | grep -q Universal; then
	test_that 'no function is longer than 90 lines, and half are shorter than 20' '
		functions >functions
		awk "\$1 > 90 { print; bad = 1 } END { exit bad }" functions
		awk "{ n[NR] = \$1 } END { print \"median\", n[int((NR + 1) / 2)], \"of\", NR; exit n[int((NR + 1) / 2)] >= 20 }" functions
	'
else
	test_skip 'no function is longer than 90 lines, and half are shorter than 20' 'universal-ctags is not installed'
fi

test_that 'no source file is longer than 800 lines' '
	sources | (cd "$TOP" && xargs wc -l) | awk "\$2 != \"total\" && \$1 > 800 { print; bad = 1 } END { exit bad }"
'

test_that 'no line of lib and tools is wider than 170 columns' '
	find "$TOP/lib" "$TOP/tools" -name "*.[ch]" >list
	LC_ALL=C expand $(cat list) | LC_ALL=C tr -d "\200-\277" | awk "length > 170 { print; bad = 1 } END { exit bad }"
'

test_that 'a source file opens with what it does' '
	sources | while read -r f; do
		head -n 1 "$TOP/$f" | grep -q "^/\*" && continue
		own=${f%.c}.h					# the manual is in the header of the same name
		test -f "$TOP/$own" && head -n 1 "$TOP/$own" | grep -q "^/\*" || { echo "$f"; exit 1; }
	done
'

test_that 'what the examples in headers call is declared, with as many arguments' '
	find "$TOP/lib" "$TOP/tools" -name "*.h" | sort >headers
	awk -f "$TOP/t/header-examples.awk" $(cat headers) $(cat headers) >wrong
	cat wrong
	test ! -s wrong
'

test_that 'no tag of a struct, a union or an enum is defined twice' '
	tags >tags
	test "$(wc -l <tags)" -gt 100
	awk "\$1 in at { print at[\$1], \$2 \": \" \$1; bad = 1 } { at[\$1] = \$2 } END { exit bad }" tags
'

test_that 'no path of a machine is in the tree' '
	home="/ho""me/|/ro""ot/|/wo""rk/"
	all_files | grep -v -e "\.xz$" -e "^bin/" | (cd "$TOP" && xargs -d "\n" grep -nIE "(^|[^A-Za-z0-9_.-])($home)") | grep -v "/home/u/" | grep . && exit 1
	true
'

test_that 'the top level holds what it should and nothing else' '
	(cd "$TOP" && all_files | sed "s,^\./,," | cut -d/ -f1 | sort -u) >top
	printf "%s\n" .ci .gitignore LICENSE Makefile README.md check demo examples experiments lib pipelines results share t tools | sort >may
	comm -23 top may | grep . && exit 1
	true
'

test_that 'README.md names every tool and every room' '
	for word in $(tools | grep -v cp-fixture) ./demo ./check make\ install; do
		grep -q -e "$word" "$TOP/README.md" || { echo "README.md: no $word"; exit 1; }
	done
	for room in $(cd "$TOP/lib" && ls -d */); do
		grep -q -e "${room%/}" "$TOP/lib/README.md" || { echo "lib/README.md: no $room"; exit 1; }
	done
'

test_that 'every tool has a manual page, and every page is of a tool or a format' '
	for t in $(tools); do test -f "$TOP/tools/$t.1" || { echo "no $t.1"; exit 1; }; done
'

# --- compilers -----------------------------------------------------------------------------------------------------------------

compiles() {		# compiles COMPILER: everything, without a warning (vectors are passed to inlined functions alone: Makefile, SIMDFLAGS)
	(cd "$TOP" && sources | grep '\.c$' | grep -v '^t/fuzz/') >list
	flags=$(make -s -C "$TOP" CC="$1" print-flags) || return 1
	mkdir -p inc && : >inc/build.h
	echo '#define CP_BUILD_COMPILER "x"' >>inc/build.h
	echo '#define CP_BUILD_FLAGS "x"' >>inc/build.h
	echo '#define CP_BUILD_SOURCE "x"' >>inc/build.h
	(cd "$TOP" && sh -c "xargs -P 2 -n 8 $1 $flags -Wno-psabi -I$TRASH/inc -Werror -fsyntax-only" <"$TRASH/list")
}

for compiler in gcc clang; do
	if command -v $compiler >/dev/null; then
		test_that "$compiler has nothing to warn of" "compiles $compiler"
	else
		test_skip "$compiler has nothing to warn of" "$compiler is not installed"
	fi
done

# --- installation --------------------------------------------------------------------------------------------------------------

test_that 'make install puts tools, pages and the language model under PREFIX of DESTDIR' '
	make -s -C "$TOP" install DESTDIR="$TRASH/dest" PREFIX=/opt/cp
	test "$(ls dest)" = opt
	for t in $(tools | grep -v cp-fixture); do
		test -x dest/opt/cp/bin/$t
		test -s dest/opt/cp/share/man/man1/$t.1
	done
	test ! -e dest/opt/cp/bin/cp-fixture
	test ! -e dest/opt/cp/share/man/man1/cp-fixture.1
	for p in $(cd "$TOP" && ls lib/*/*.5 2>/dev/null); do test -s dest/opt/cp/share/man/man5/${p##*/}; done
	diff -r "$TOP/share/clickprompt" dest/opt/cp/share/clickprompt
'

needs_tools() { for t in "$@"; do test -x "$CP_BIN/$t" || return 1; done; }
needs_tools cp-cat cp-textify cp-mask &&
test_that 'an installed tool works, and finds the language model from its own place' '
	PATH=$TRASH/dest/opt/cp/bin:/usr/bin:/bin
	unset CP_SHARE
	cp-cat --version
	printf "label,Title\n1,Toy Story\n0,Heat\n" | cp-textify -q | cp-mask -q | cp-cat --count | grep 2
'

test_done
