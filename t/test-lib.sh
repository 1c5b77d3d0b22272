# The test harness: sourced by every t/tNNNN-*.sh, speaks TAP.
#
#   . "$(dirname "$0")/test-lib.sh"
#   test_that 'what must hold' '
#       cp-cat --count x.cps >n &&
#       test "$(cat n)" = 3
#   '
#   test_done
#
# A body is run in a shell of its own, in the test's empty folder, with `set -e`; it passes if that shell exits 0.  The shell is run
# alone and its status looked at afterwards: inside an `if`, `set -e` would be off and `false; true` would pass.
# test_that_todo is the same for what is known to be wrong; skip_all and test_skip say why something is not tried.

set -u
LC_ALL=C.UTF-8
export LC_ALL
TEST_DIR=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$TEST_DIR/.." && pwd)
CP_BIN=${CP_BIN:-$TOP/bin}
CP_UNITS=${CP_UNITS:-$TOP/build/plain/unit}
CP_SHARE=${CP_SHARE:-$TOP/share/clickprompt}
SHARED=$(cd "$TOP/.." && pwd)/shared
PATH=$CP_BIN:$PATH
UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}	# by itself it only prints, and the test passes
export PATH TOP CP_BIN CP_SHARE SHARED UBSAN_OPTIONS

test_count=0
test_failed=0
TRASH=$(mktemp -d "${TMPDIR:-/tmp}/cp-test.XXXXXX") || exit 1
trap 'cd /; rm -rf "$TRASH"' EXIT
trap 'exit 130' INT TERM HUP
cd "$TRASH" || exit 1
CP_LEDGER=$TRASH/ledger.db
export CP_LEDGER TRASH

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

need_shared() {		# need_shared PATH...: of the folder beside the checkout
	for need in "$@"; do
		test -e "$SHARED/$need" || skip_all "../shared/$need is not here"
	done
}

wait_for() {		# wait_for COMMAND...: until it is true, for a minute at most, for a machine may be busy
	for wf_try in $(seq 1200); do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	echo "not in a minute: $*"
	return 1
}

unread() {		# unread COMMAND...: its exit status where the reader of its output is gone before it writes
	rm -f "$TRASH/.gone"
	{
		until test -e "$TRASH/.gone"; do sleep .01; done
		unread_status=0
		"$@" || unread_status=$?
		echo $unread_status >"$TRASH/.status"
	} | { exec <&-; : >"$TRASH/.gone"; }
	return "$(cat "$TRASH/.status")"
}

test_skip() {		# test_skip NAME WHY
	test_count=$((test_count + 1))
	echo "ok $test_count - $1 # SKIP $2"
}

run_body() {
	body=$1
	( set -e; eval "$body" ) >"$TRASH/.out" 2>&1 </dev/null
	test_status=$?
}

test_that() {
	test_count=$((test_count + 1))
	run_body "$2"
	if test $test_status -eq 0; then
		echo "ok $test_count - $1"
	else
		test_failed=$((test_failed + 1))
		echo "not ok $test_count - $1"
		sed 's/^/# /' "$TRASH/.out"
		echo "# exit status $test_status of: $2" | sed '2,$s/^/# /'
	fi
}

test_that_todo() {
	test_count=$((test_count + 1))
	run_body "$2"
	if test $test_status -eq 0; then word=ok; else word='not ok'; fi
	echo "$word $test_count - $1 # TODO ${3:-known to be wrong}"
}

fails_with() {		# fails_with STATUS COMMAND...: exits with just that status and says one thing on stderr
	want=$1
	shift
	got=0
	"$@" 2>fails_with.err || got=$?
	cat fails_with.err
	test $got -eq "$want" || { echo "exit status $got, expected $want: $*"; return 1; }
	test -s fails_with.err || { echo "nothing on stderr: $*"; return 1; }
}

test_done() {
	echo "1..$test_count"
	test $test_failed -eq 0
	exit
}
