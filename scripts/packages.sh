#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs with apt-get what is missing of the Debian and Ubuntu packages that parts of continuous integration need.
# Where there is no apt-get it does nothing. Usage: scripts/packages.sh PART..., of build, lint, wasm, nats, prebuilds, deep,
# windows
set -euo pipefail

# a part's programs, each with its package
programs_of() {
  case "$1" in
    build) echo c++:g++ cmake:cmake ninja:ninja-build ;;
    lint) echo clang-format-19:clang-format-19 ;;
    wasm) echo clang++-19:clang-19 wasm-ld-19:lld-19 ;;
    nats) echo nats-server:nats-server ;;
    prebuilds) echo cmake:cmake ninja:ninja-build aarch64-linux-gnu-g++:g++-aarch64-linux-gnu qemu-aarch64-static:qemu-user-static ;;
    deep) echo objdump:binutils valgrind:valgrind clang++-19:clang-19 ;;
    windows) echo wine:wine x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix clang++-19:clang-19 ld.lld-19:lld-19 ;;
    *)
      echo "packages.sh: build, lint, wasm, nats, prebuilds, deep or windows, not $1" >&2
      exit 2
      ;;
  esac
}

PATH="$PATH:/usr/sbin"
missing=()
for part in "$@"; do
  programs=$(programs_of "$part")
  for program in $programs; do
    command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
  done
  # libraries, no programs
  [[ $part != deep || -e /usr/arm-linux-gnueabihf/lib/libstdc++.so.6 ]] || missing+=(libc6-armhf-cross libstdc++6-armhf-cross)
  [[ $part != deep ]] || compgen -G '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer*.a' >/dev/null || missing+=(libclang-rt-19-dev)
done
((${#missing[@]})) || exit 0
command -v apt-get >/dev/null || exit 0
root=()
((EUID == 0)) || root=(sudo)
"${root[@]}" apt-get update -qq
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "installed: ${missing[*]}"
