#!/bin/sh
# The record stream, in memory: see t/unit/stream.c.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/stream"
