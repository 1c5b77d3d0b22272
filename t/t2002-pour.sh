#!/bin/sh
# Rows by threads against rows one by one.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/pour"
