#!/bin/sh
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/list"
