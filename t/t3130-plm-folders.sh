#!/bin/sh
# Language models from folders as people have them, and what is said of broken ones.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/plmload"
