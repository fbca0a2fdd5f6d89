# shellcheck shell=bash
# What scripts/setup installs, as functions: Debian packages, ONNX Runtime, and the Python packages of the tests.
# Each sets `outcome` to how it went. Needs say.sh, $root, $setup_folder and $assume_yes (yes or no).
# shellcheck disable=SC2154,SC2034  # These variables are the sourcing script's.

# Debian's own Python: the one on PATH may be another, without pip and of another version than our pins.
debian_python=/usr/bin/python3

# packages_of SECTION...: the packages listed in these sections of packages.txt.
packages_of() {
  awk -v wanted=" $* " '
    { sub(/#.*/, ""); gsub(/[ \t]/, "") }
    /^\[/ { section = substr($0, 2, length($0) - 2); next }
    $0 != "" && index(wanted, " " section " ") { print }' "$root/scripts/packages.txt"
}

missing_packages() {
  local package status
  packages_of "$@" | while read -r package; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || true
    [ "$status" = installed ] || echo "$package"
  done
}

# Sets `as_root` to what runs a command as root, after asking where a person should be asked.
ask_for_root() {
  as_root=()
  [ "$(id -u)" = 0 ] && return
  local by_hand="as root:  apt-get install --no-install-recommends $*"
  command -v sudo >/dev/null ||
    die "$# Debian packages are missing and there is no sudo. Install them $by_hand"
  if [ "$assume_yes" = no ]; then
    [ -t 0 ] || die "$# Debian packages are missing, and there is no terminal to ask on. Run  $me --yes  (it uses sudo), or $by_hand"
    close_line
    printf 'These Debian packages are missing:\n'
    printf '%s\n' "$*" | fold -s -w 96 | sed 's/^/  /'
    local answer
    read -r -p 'Install them with sudo apt-get? [Y/n] ' answer || answer=n
    case $answer in '' | y | Y | yes) ;; *) die "nothing was installed. Install the packages $by_hand" ;; esac
    sudo -v || die "sudo did not let you in. Install the packages $by_hand"
  fi
  as_root=(sudo)
}

# install_packages SECTION...
install_packages() {
  command -v apt-get >/dev/null ||
    die "this machine has no apt-get: Drover is set up on Debian 12. Elsewhere, install what scripts/packages.txt lists by hand."
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" = 0 ]; then
    outcome="ok (already there)"
    return
  fi
  ask_for_root "${missing[@]}"
  doing "reading Debian's package lists"
  # Another source of this machine may be out of order; what counts is whether our packages can be had.
  logged apt-update "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=120 update 2>/dev/null || true
  doing "installing ${#missing[@]} packages"
  logged apt-install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y \
    --no-install-recommends -o DPkg::Lock::Timeout=120 "${missing[@]}" ||
    die "apt-get could not install ${missing[*]} (see above). Is the network there, and is this Debian 12?"
  outcome="ok (${#missing[@]} installed, $(took))"
}

# get_wheels FOLDER REQUIREMENTS: downloads wheels whose hashes are listed, for Debian 12's Python; installs nothing.
get_wheels() {
  logged pip-download "$debian_python" -m pip --disable-pip-version-check --no-cache-dir download -q \
    --no-deps --require-hashes --only-binary=:all: -d "$1" -r "$2"
}

# get_onnxruntime_library FOLDER: the wheel's one library and its licences.
get_onnxruntime_library() {
  local target=$1 work
  work=$(mktemp -d)
  mkdir -p "$target"
  if ! get_wheels "$work" "$root/scripts/requirements-onnxruntime.txt"; then
    rm -rf "$work"
    return 1
  fi
  "$debian_python" - "$work" "$target" <<'PYTHON'
import fnmatch, os, pathlib, sys, zipfile

work, target = map(pathlib.Path, sys.argv[1:])
kept = ["onnxruntime/capi/libonnxruntime.so.*", "onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt"]
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    for name in wheel.namelist():
        if any(fnmatch.fnmatch(name, pattern) for pattern in kept):
            (target / os.path.basename(name)).write_bytes(wheel.read(name))
library = next(target.glob("libonnxruntime.so.1.*"))
link = target / "libonnxruntime.so.1"
link.unlink(missing_ok=True)
link.symlink_to(library.name)
PYTHON
  local code=$?
  rm -rf "$work"
  return "$code"
}

# This machine's own Debian mirror, whichever way its sources are written.
debian_mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016  # The dollars are apt's.
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v codename="$codename" '$1 == codename && $2 == "main" { print $3; exit }'
}

# unpack_debian_package SUITE NAME[=VERSION] FOLDER: from this machine's mirror, with package lists of its own, so that
# neither root nor an up-to-date machine is needed; installs nothing. The .deb is kept as FOLDER.deb.
unpack_debian_package() {
  local suite=$1 package=$2 folder=$3 mirror work
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || return 1
  work=$(mktemp -d)
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
  local options=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o "APT::Sandbox::User=$(id -un)"
    -o Acquire::Languages=none)
  local code=0
  logged "apt-update-$suite" apt-get "${options[@]}" -qq update &&
    (cd "$work" && logged "apt-download-${package%%=*}" apt-get "${options[@]}" -qq download "$package") &&
    mv "$work"/*.deb "$folder.deb" &&
    dpkg -x "$folder.deb" "$folder" || code=1
  rm -rf "$work"
  return "$code"
}

# get_onnxruntime_headers FOLDER: those of the next Debian's package. They work with the newer library: the interface
# is versioned.
get_onnxruntime_headers() {
  local target=$1 work code=0
  work=$(mktemp -d)
  unpack_debian_package trixie libonnxruntime-dev=1.21.0+dfsg-1 "$work/headers" &&
    echo "14f7d959d5deacbcf1504830d4189f91fc67382b399ed9ae9d3aa9c4050ced08  $work/headers.deb" | sha256sum -c --quiet &&
    rm -rf "$target" && mkdir -p "$target" &&
    cp "$work"/headers/usr/include/onnxruntime/*.h "$work/headers/usr/share/doc/libonnxruntime-dev/copyright" "$target/" || code=1
  rm -rf "$work"
  return "$code"
}

# Not fatal: without it detection runs on OpenCV's DNN module, three times slower.
fetch_onnxruntime() {
  local folder=$setup_folder/onnxruntime
  if [ -e "$folder/complete-1.31.1" ]; then
    outcome="ok (already there)"
    return
  fi
  if [ "$(uname -m)" != x86_64 ]; then
    outcome="left out: its packages are for x86_64, this is $(uname -m); detection uses OpenCV DNN"
    return
  fi
  doing "fetching library and headers"
  if get_onnxruntime_library "$folder/lib" 2>/dev/null && get_onnxruntime_headers "$folder/include" 2>/dev/null; then
    touch "$folder/complete-1.31.1"
    outcome="ok (1.31.1, $(took))"
  else
    outcome="left out: it could not be fetched (${setup_folder#"$root/"}/log has why); detection uses OpenCV DNN, at a third of the speed"
  fi
}

# The Python packages of the tests, in an environment of their own.
fetch_test_tools() {
  local venv=$setup_folder/venv requirements=$root/scripts/requirements-tests.txt
  if cmp -s "$requirements" "$venv/requirements.txt"; then
    outcome="ok (already there)"
    return
  fi
  doing "fetching Python packages"
  rm -rf "$venv"
  logged venv "$debian_python" -m venv "$venv" ||
    die "$debian_python cannot make a virtual environment (see above): is python3-venv installed?"
  logged pip-install "$venv/bin/python" -m pip --disable-pip-version-check --no-cache-dir install -q \
    --no-deps --require-hashes --only-binary=:all: -r "$requirements" ||
    die "pip could not fetch what scripts/requirements-tests.txt lists (see above). Is the network there?"
  cp "$requirements" "$venv/requirements.txt"
  outcome="ok ($(took))"
}
