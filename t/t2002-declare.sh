#!/bin/sh
# Declarations read and printed, times, buckets learnt, against their definitions.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/declare"
