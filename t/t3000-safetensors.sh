#!/bin/sh
# lib/nn/safetensors: round trip, hostile files, and the reference reader where Python has it.
. "$(dirname "$0")/test-lib.sh"

test_that 'the unit tests pass' '"$CP_UNITS/safetensors" sample.safetensors'
test_that 'the same content gives the same bytes' '"$CP_UNITS/safetensors" again.safetensors >/dev/null && cmp sample.safetensors again.safetensors'

PYTHON=${PYTHON:-python3}
if "$PYTHON" -c 'import safetensors.numpy' 2>/dev/null; then
	test_that 'the reference reader opens it and reads the same' '
		"$PYTHON" - <<-EOF
		import safetensors
		with safetensors.safe_open("sample.safetensors", "np") as f:
		    assert f.metadata()["format"] == "pt" and len(list(f.keys())) == 7, f.metadata()
		    assert f.get_tensor("w").tolist()[0][1:] == [-1.5, 3.25]
		    assert f.get_tensor("keys").tolist() == [1, 2**64 - 1, 0]
		    assert f.get_tensor("halves").tolist()[1] == -2 and f.get_tensor("scalar") == 2.5
		    assert f.get_slice("empty").get_shape() == [0, 4]
		EOF
	'
else
	test_skip 'the reference reader opens it and reads the same' 'no Python with safetensors and numpy'
fi
test_done
