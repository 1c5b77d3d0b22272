#!/bin/sh
# JSON lines by the short way and by jansson: the same.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/twin"
