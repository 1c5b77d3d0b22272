#!/bin/sh
# Gradients in double against central differences: of every operation, and of whole models.
. "$(dirname "$0")/test-lib.sh"

test_that 'operations' '"$CP_UNITS/graph_double"'
test_that 'models' '"$CP_UNITS/models_double"'
test_done
