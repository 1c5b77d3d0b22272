#!/bin/sh
# Two programs, the same cases in float and in double.
. "$(dirname "$0")/test-lib.sh"
for unit in table table_double; do
	test_that "$unit: a table by rows has the bits of a dense one" '"$CP_UNITS/'$unit'" >out || { cat out; exit 1; }'
done
test_done
