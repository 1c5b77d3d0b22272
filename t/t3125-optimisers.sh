#!/bin/sh
# Two programs, the same cases in float and in double.
. "$(dirname "$0")/test-lib.sh"
for unit in optim optim_double; do
	test_that "$unit: torch's numbers, and the same bits for any team" '"$CP_UNITS/'$unit'" >out || { cat out; exit 1; }'
done
test_done
