#!/bin/sh
# The Debian packages this project needs, in one place: the Makefile, ./demo and ./check read them here.
#
#	tools/packages.sh list [build|test|extra]...	the names, on one line
#	tools/packages.sh install [build|test|extra]...	install those that are missing, where we may; else say how and exit 1
#
# build makes the programs and runs the pipelines; test is what `make check` wants beside (prove, and what its tests look with);
# extra is gnuplot, with which cp-report draws, and programs that examples/ has ours work beside: what is missing of it makes tests be passed over.
# "May" is root, or sudo that asks no password.  A system without dpkg is left alone: `make` names the library it misses.
# libc6-dev and the like are written out because recommended packages are not installed.
set -eu

build='gcc libc6-dev make pkg-config libcsv-dev libxxhash-dev liblz4-dev libsqlite3-dev libopenblas-dev libutf8proc-dev libjansson-dev
       sqlite3 jq xz-utils'
test='perl mandoc universal-ctags'
extra='gnuplot-nox liblinear-tools fasttext parallel'

usage() {
	echo 'usage: tools/packages.sh list|install [build|test|extra]...' >&2
	exit 2
}

wanted() {		# wanted [build|test|extra]...: names, one a line
	for group in "${@:-build}"; do
		case $group in
		build) printf '%s\n' $build ;;
		test) printf '%s\n' $test ;;
		extra) printf '%s\n' $extra ;;
		esac
	done
}

is_installed() {
	test "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed
}

missing() {
	for name in $(wanted "$@"); do
		is_installed "$name" || echo "$name"
	done
}

install_missing() {
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0
	need=$(missing "$@" | tr '\n' ' ')
	need=${need% }
	test -n "$need" || return 0
	line="apt-get install --yes --no-install-recommends $need"
	if test "$(id -u)" = 0; then
		as_root='env'
	elif sudo -n true 2>/dev/null; then
		as_root='sudo -n env'
	else
		echo "packages are missing; install them, as root, with:" >&2
		echo "    $line" >&2
		exit 1
	fi
	echo "installing: $need" >&2
	$as_root apt-get update -qq >&2 || echo "apt-get update failed; going on with the package lists that are here" >&2
	$as_root DEBIAN_FRONTEND=noninteractive $line -qq >&2 || {
		echo "could not install the packages; as root, try: $line" >&2
		exit 1
	}
}

test $# -gt 0 || usage
command=$1
shift
for group; do
	case $group in build | test | extra) ;; *) usage ;; esac
done
case $command in
list) wanted "$@" | tr '\n' ' ' | sed 's/ $//'; echo ;;
install) install_missing "$@" ;;
*) usage ;;
esac
