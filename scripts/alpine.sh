#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where there is no glibc: runs in Node's Alpine container what the release needs of it. Needs Docker.
#   sh scripts/alpine.sh prebuilds TARGET    builds prebuilds/TARGET/hadaquant.musl.node
#   sh scripts/alpine.sh test NODE_VERSION   tests the .tgz file in this folder
set -eu
cd "$(dirname "$0")/.."

# what the tags pointed at when they were looked up
image_of() {
  case "$1" in
    20) echo node:20.20.2-alpine@sha256:fb4cd12c85ee03686f6af5362a0b0d56d50c58a04632e6c0fb8363f609372293 ;;
    22) echo node:22.22.1-alpine@sha256:8094c002d08262dba12645a3b4a15cd6cd627d30bc782f53229a2ec13ee22a00 ;;
    24) echo node:24.18.0-alpine@sha256:a0b9bf06e4e6193cf7a0f58816cc935ff8c2a908f81e6f1a95432d679c54fbfd ;;
    *)
      echo "alpine.sh: there is an image of Node 20, 22 and 24, not $1" >&2
      exit 2
      ;;
  esac
}

in_container() {
  image=$(image_of "$1")
  shift
  docker run --rm --volume "$PWD:/project" --workdir /project "$image" "$@"
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
