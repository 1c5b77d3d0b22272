#!/bin/sh
# lib/eval against its definitions and, where it is there, against the reference figures.
. "$(dirname "$0")/test-lib.sh"
reference=$SHARED/fixtures/metrics/metrics.json
test -r "$reference" || { echo "# ../shared/fixtures/metrics is not here: definitions only"; reference=; }
"$CP_UNITS/metrics" ${reference:+"$reference"}
