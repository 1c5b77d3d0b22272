#!/bin/sh
# The harness itself: what fails is called failed.  Each case is a small test script of its own, run as prove would run it.
. "$(dirname "$0")/test-lib.sh"

script() {		# script NAME: a test script from stdin, with its output in NAME.tap and its status in NAME.status
	{ echo ". '$TEST_DIR/test-lib.sh'"; cat; } >"$1.sh"
	script_status=0
	sh "$1.sh" >"$1.tap" 2>&1 || script_status=$?
	echo $script_status >"$1.status"
}

test_that 'a passing body passes' '
	script good <<-\END
		test_that "one" "true"
		test_that "two" "test -d . && true"
		test_done
	END
	grep "^ok 1 - one$" good.tap
	grep "^ok 2 - two$" good.tap
	grep "^1\.\.2$" good.tap
	test "$(cat good.status)" = 0
'

test_that 'a failing body fails, and with it the script' '
	script bad <<-\END
		test_that "one" "false"
		test_that "two" "true"
		test_done
	END
	grep "^not ok 1 - one$" bad.tap
	grep "^ok 2 - two$" bad.tap
	test "$(cat bad.status)" = 1
'

test_that 'a failure in the middle of a body fails' '
	script middle <<-\END
		test_that "semicolon" "false; true"
		test_that "newline" "
			false
			true
		"
		test_that "unset variable" "echo \$no_such_variable; true"
		test_that "no such command" "no-such-command-here; true"
		test_that "exit" "exit 3"
		test_done
	END
	test "$(grep -c "^not ok" middle.tap)" = 5
	test "$(cat middle.status)" = 1
'

test_that 'what a failing body printed is shown, as comments' '
	script shown <<-\END
		test_that "one" "echo to stdout; echo to stderr >&2; false"
		test_done
	END
	grep "^# to stdout$" shown.tap
	grep "^# to stderr$" shown.tap
	! grep -v -e "^#" -e "^not ok" -e "^1\.\." shown.tap
'

test_that 'skip_all, test_skip and test_that_todo' '
	script skip <<-\END
		skip_all "no moon"
		test_that "never" "false"
	END
	test "$(cat skip.tap)" = "1..0 # SKIP no moon"
	test "$(cat skip.status)" = 0
	script part <<-\END
		test_skip "one" "no sun"
		test_that_todo "two" "false"
		test_done
	END
	grep "^ok 1 - one # SKIP no sun$" part.tap
	grep "^not ok 2 - two # TODO" part.tap
	test "$(cat part.status)" = 0
'

test_that 'fails_with wants the status and a word on stderr' '
	script status <<-\END
		test_that "right" "fails_with 2 sh -c \"echo no >&2; exit 2\""
		test_that "wrong status" "fails_with 2 sh -c \"echo no >&2; exit 1\""
		test_that "no failure" "fails_with 1 sh -c \"echo no >&2\""
		test_that "silent" "fails_with 2 sh -c \"exit 2\""
		test_done
	END
	grep "^ok 1" status.tap
	test "$(grep -c "^not ok" status.tap)" = 3
'

test_that 'a script has an empty folder of its own, which is gone afterwards' '
	mkdir tmp
	TMPDIR=$PWD/tmp script trash <<-\END
		test_that "empty" "test -z \"\$(ls)\""
		test_that "named" "pwd; touch left-over; false"
		test_done
	END
	grep "^ok 1 - empty$" trash.tap
	grep "^# $PWD/tmp/cp-test\." trash.tap
	test -z "$(ls tmp)"
'

# `set -e` passes over every command of "a && b" but the last, and over "! a"; only as the end of a body do these count.
unseen() {		# unseen FILE...: lines at the left edge of a body, before its end, that may fail unseen
	awk '
		FNR == 1 { inside = open = 0; held = "" }
		/^test_that(_todo)? .* .$/ { inside = 1; next }
		/^[\047"]/ { inside = 0; held = ""; next }
		inside {
			if (held)
				print held
			held = ""
			code = $0
			gsub(/\\"/, "", code)
			gsub(/"[^"]*"/, "", code)
			if ((code ~ /^\t[^\t#{(].* && / || /^\t! /) && !open && code !~ /^\t[a-z_]+\(\) / && !/ \|\| / && !/(&&|\|\||\\|\|)$/ &&
			    !/(exit|return|continue|break)/ && !/^\t(if|for|while|until|elif|case) /)
				held = FILENAME ":" FNR ": " $0
			open = /(&&|\|\||\\|\|)$/
		}' "$@"
}

test_that 'no condition in a test goes unseen' '
	and="&&"
	printf "%s\n" "test_that \"x\" \"" "	a $and b" "	c" "	! d" "	e $and" "	f" "	i \"$and\"" "	j() { k $and l; }" "	g $and h" "\"" >sample
	unseen sample >found
	cat found
	test "$(cut -d: -f2 found | tr "\n" " ")" = "2 4 "
	unseen "$TOP"/t/t[0-9]*.sh >found
	cat found
	test ! -s found
'

test_done
