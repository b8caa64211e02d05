# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# To be sourced. The Debian packages this project needs, and one function: ensure_packages.

# shellcheck disable=SC2034 # used by those who source this
build_packages=(g++ cmake ninja-build pkg-config qt6-base-dev qt6-declarative-dev libqt6sql6-sqlite
    libbsd-dev libcrypt-dev)
# shellcheck disable=SC2034
test_packages=(gdb perl python3 locales qt6-remoteobjects-dev valgrind
    qml6-module-qtqml qml6-module-qtqml-models qml6-module-qtqml-workerscript qml6-module-qtquick
    qml6-module-qtquick-window qml6-module-qttest)
# shellcheck disable=SC2034
gallery_packages=(qml6-module-qtqml qml6-module-qtqml-models qml6-module-qtqml-workerscript qml6-module-qtquick
    qml6-module-qtquick-window qml6-module-qtquick-controls qml6-module-qtquick-templates qml6-module-qtquick-layouts
    qml6-module-qtquick-shapes qml6-module-qtquick-dialogs qml6-module-qt-labs-folderlistmodel)

# ensure_packages PURPOSE PACKAGE…: installs those of the Debian packages that are missing, saying which and what for
# ("build the demos").
# Runs nothing when all are there. Says on standard error what it does; fails if it cannot.
ensure_packages() {
    local purpose=$1 package missing=()
    shift
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is not a Debian system; what is needed to $purpose must be there already (on Debian: $*)" >&2
        return 0
    fi
    for package in "$@"; do
        # shellcheck disable=SC2016 # the braces are for dpkg-query
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "Missing: ${missing[*]} (needed to $purpose). Install them as root: apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
        echo "Installing with sudo: ${missing[*]} (needed to $purpose)" >&2
    else
        echo "Installing: ${missing[*]} (needed to $purpose)" >&2
    fi
    # Package lists may be missing, on a fresh machine, or too old to know where the packages are now.
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y
        --no-install-recommends "${missing[@]}")
    if apt-get install -qq -s --no-install-recommends "${missing[@]}" >/dev/null 2>&1 && "${install[@]}" >&2; then
        return 0
    fi
    "${as_root[@]}" apt-get update -qq >&2 && "${install[@]}" >&2
}
