#!/usr/bin/env bash
# Prepares a Debian or Ubuntu machine to build and test lastack, and asks for nothing:
#   1. system packages, by apt-get (with sudo when not root); none when all of them are there already
#   2. npm packages, by npm ci, which also compiles src to dist
#
#   scripts/setup.sh              both
#   scripts/setup.sh --system     only the system packages
#   scripts/setup.sh --npm        only the npm packages
#
# Without the system packages everything but live capture and the comparisons with other tools still works.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Live capture: libpcap's headers, and what node-gyp compiles with.
build_packages=(libpcap-dev python3 make g++)
# Tests and fixtures: the tools compared with, and those that build networks of namespaces.
test_packages=(tshark tcpdump tcpreplay tmux chromium iproute2 nftables zstd)

say() { printf '==> %s\n' "$*"; }

is_installed() {
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_system_packages() {
  local wanted=() package
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "No apt-get here. Install the counterparts of: ${build_packages[*]} ${test_packages[*]}"
    return
  fi
  for package in "${build_packages[@]}" "${test_packages[@]}"; do
    is_installed "$package" || wanted+=("$package")
  done
  if [ ${#wanted[@]} -eq 0 ]; then
    say "System packages are there: ${build_packages[*]} ${test_packages[*]}"
    return
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
    if ! sudo -n true 2>/dev/null; then
      say "Not root, and sudo would ask for a password. As root, run: apt-get install ${wanted[*]}"
      return
    fi
  fi
  # tshark's package asks who may capture; noninteractive takes its default, root only.
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get --yes -o DPkg::Lock::Timeout=300)
  say "Installing system packages: ${wanted[*]}"
  "${as_root[@]}" "${apt[@]}" update
  "${as_root[@]}" "${apt[@]}" install --no-install-recommends "${wanted[@]}" </dev/null
}

install_npm_packages() {
  say 'Installing npm packages and compiling src to dist (npm ci)'
  npm ci --no-fund --no-audit </dev/null
  if node -e "require('cap')" 2>/dev/null; then
    say 'Live capture is available (package cap was compiled)'
  else
    say 'Live capture is not available: package cap could not be compiled; everything else works'
  fi
}

case "${1:-all}" in
  all)
    install_system_packages
    install_npm_packages
    ;;
  --system) install_system_packages ;;
  --npm) install_npm_packages ;;
  *)
    echo "usage: scripts/setup.sh [--system | --npm]" >&2
    exit 2
    ;;
esac
say 'Done. Next: npm test'
