# For tests of pipelines: sourced after test-lib.sh.
#
#   pipeline NAME          copies pipelines/NAME, without what was made in it, to p/NAME
#   into_shards NAME DATA  make shards there, and its three parts have all the rows

unset MAKEFLAGS MFLAGS MAKELEVEL

pipeline() {
	mkdir -p "p/$1"
	cp "$TOP"/pipelines/*.awk "$TOP"/pipelines/*.mk p
	for file in "$TOP/pipelines/$1"/*; do
		case $file in
		*.csv | *.cps | *.cpm | *.tmp* | *.options | *.raw | *.telling | *.splitting | *.counts | *.bounds | *.state*) ;;
		*) cp "$file" "p/$1" ;;
		esac
	done
}

into_shards() {		# into_shards NAME DATA [VARIABLE=VALUE...]
	name=$1
	data=$2
	shift 2
	make -s -C "p/$name" BIN="$CP_BIN" "$@" shards || return 1
	n=$(cp-cat -q --count "p/$name/$data.train.cps" "p/$name/$data.valid.cps" "p/$name/$data.test.cps")
	test "$n" -gt 0 && test "$n" = "$(cp-cat -q --count "p/$name/$data.cps")"
}

digest_in_readme() {	# digest_in_readme NAME FILE: some SHA-256 of the README is that of the file
	grep "$(sha256sum <"p/$1/$2" | cut -d' ' -f1)" "p/$1/README.md"
}

clean_leaves_the_sources() {	# clean_leaves_the_sources NAME: make clean takes what was made, and no more
	make -s -C "p/$1" BIN="$CP_BIN" clean && (cd "p/$1" && ls) >after || return 1
	mkdir -p fresh && (cd fresh && pipeline "$1") && (cd "fresh/p/$1" && ls) | diff - after
}
