#!/usr/bin/env bash
# Install the programs that tests use and that no Python package contains: the browser
# Chromium, Graphviz for pictures, Redis, which counts requests for several processes,
# and nginx, the reverse proxy of the guide. If that is not possible, say what to install;
# the tests that need it are skipped. Under CI no test can be skipped, so a missing program
# is an error there.
set -euo pipefail

declare -A package_of=(
  [chromium]=chromium [dot]=graphviz [redis-server]=redis-server
  [nginx]=nginx-light
)

missing=()
for program in "${!package_of[@]}"; do
  # nginx is in the search path of root only
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

give_up() {
  echo "Not installed: ${missing[*]}. $1" >&2
  [[ -z ${CI:-} ]] || exit 1
  echo "The tests that need them are skipped." >&2
  exit 0
}

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
  give_up "Install them with the system's package manager, for example: sudo apt-get install ${missing[*]}"
fi

echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${missing[@]}"; } \
  </dev/null >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  give_up "apt-get could not install them (see its last lines above)."
fi
