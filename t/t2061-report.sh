#!/bin/sh
# lib/report in itself: tallies, lengths, periods, lists and numbers.  The tool is in t2060.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/report"
