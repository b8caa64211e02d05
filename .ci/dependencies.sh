# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For sourcing: the Debian packages this project needs, and a function that installs those which are missing.

# shellcheck disable=SC2034 # used by those who source this
build_packages=(g++ cmake ninja-build pkg-config qt6-base-dev libqt6sql6-sqlite libbsd-dev libcrypt-dev)
# shellcheck disable=SC2034
test_packages=(perl)

# ensure_packages PURPOSE PACKAGE...
ensure_packages() {
    local purpose=$1 missing=() package as_root=()
    shift
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing what is needed to $purpose: ${missing[*]}" >&2
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "Neither root nor sudo: please install these packages yourself." >&2; return 1; }
        echo "(with sudo, which may ask for your password)" >&2
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
