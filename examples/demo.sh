#!/bin/sh
# Runs the same program in Rust, Python and Node and compares the outputs. `make demo` starts it under `runtype-mock run`, which
# sets the surface and a key.
set -eu
here=$(dirname "$0")
article="$here/article.txt"

# Other keys are in other variables: the other two clients of each program read them by prefix.
for prefix in REVOKED SCOPED; do
    for name in BASE_URL PRODUCT_ID SURFACE_ID; do
        eval "export ${prefix}_RUNTYPE_${name}=\"\$RUNTYPE_${name}\""
    done
done
export REVOKED_RUNTYPE_PRODUCT_API_KEY=papi_demo_revoked
export SCOPED_RUNTYPE_PRODUCT_API_KEY=papi_demo_scoped

outputs=$(mktemp -d)
trap 'rm -rf "$outputs"' EXIT

show() {
    name=$1
    shift
    printf '\n== %s\n' "$name"
    "$@" "$article" | tee "$outputs/$name"
    [ "$(wc -l <"$outputs/$name")" -eq 7 ] || { echo "$name: expected a summary and two errors of three lines" >&2; exit 1; }
}

show rust "${SUMMARIZE_RUST:?}"
show python "${PYTHON:?}" "$here/python/summarize.py"
show node "${NODE:-node}" "$here/node/summarize.mjs"

cmp "$outputs/rust" "$outputs/python"
cmp "$outputs/rust" "$outputs/node"
printf '\nThree languages, one output: three equal summaries, six typed errors.\n'
