#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where there is no glibc: runs in Node's Alpine container what the release needs of it. Needs Docker.
#   sh scripts/alpine.sh prebuilds TARGET    builds prebuilds/TARGET/hadaquant.musl.node
#   sh scripts/alpine.sh test NODE_VERSION   tests the .tgz file in this folder
set -eu
cd "$(dirname "$0")/.."

in_container() {
  node=$1
  shift
  docker run --rm --volume "$PWD:/project" --workdir /project "node:$node-alpine" "$@"
}

case "$1" in
  prebuilds) in_container 20 sh scripts/alpine.sh inside "$2" ;;
  test) in_container "$2" node scripts/test-package.mjs ;;
  inside)
    apk add --no-cache cmake g++ ninja
    npm ci
    npm run prebuilds -- "$2"
    ;;
  *)
    echo "alpine.sh: prebuilds TARGET or test NODE_VERSION, not $1" >&2
    exit 2
    ;;
esac
