#!/bin/sh
# Prints the twelve commonest failures in Rust, Python and Node; `make errors` starts it. Each language has a mock of its own, since
# the rate limit can be exceeded only once.
set -eu
here=$(dirname "$0")
config="$here/errors.toml"

show() {
    name=$1
    shift
    printf '\n== %s\n\n' "$name"
    outputs=$("${RUNTYPE_MOCK_BIN:?}" run --log none --config "$config" -- "$@") || status=1
    printf '%s\n' "$outputs"
    failures=$(printf '%s\n' "$outputs" | grep -c '^# ') || true
    [ "$failures" -eq 12 ] || { echo "$name: expected twelve failures, found $failures" >&2; status=1; }
}

status=0
show rust "${ERRORS_RUST:?}"
show python "${PYTHON:?}" "$here/python/errors.py"
show node "${NODE:-node}" "$here/node/errors.mjs"
exit "$status"
