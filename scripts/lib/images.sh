# shellcheck shell=bash
# The street frames of the demo. Needs say.sh, install.sh and $root.
# shellcheck disable=SC2154,SC2034  # These variables are the sourcing script's.

street_video_sha256=45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf

count_frames() {
  local frames=("$1"/frame_*.jpg)
  if [ -e "${frames[0]}" ]; then echo "${#frames[@]}"; else echo 0; fi
}

# break_one FOLDER: adds a real frame that is cut off, as a copy that was interrupted would be.
break_one() {
  local frames=("$1"/frame_*.jpg)
  head -c 12288 "${frames[$((${#frames[@]} / 2))]}" >"$1/broken_on_purpose.jpg"
}

# decode_street_frames FOLDER: all frames of the sample video in Debian's opencv-doc, decoded in a throwaway environment.
decode_street_frames() {
  local target=$1 work video code=0
  work=$(mktemp -d)
  video=$work/doc/usr/share/doc/opencv-doc/examples/data/vtest.avi
  doing "fetching the sample video (96 MB)" &&
    unpack_debian_package bookworm opencv-doc "$work/doc" &&
    echo "$street_video_sha256  $video" | sha256sum -c --quiet &&
    doing "fetching a decoder (43 MB)" &&
    logged images-venv "$debian_python" -m venv "$work/venv" &&
    logged images-pip "$work/venv/bin/python" -m pip --disable-pip-version-check --no-cache-dir install -q --no-deps \
      --require-hashes --only-binary=:all: -r "$root/scripts/requirements-images.txt" &&
    doing "decoding" &&
    logged images-decode "$work/venv/bin/python" "$root/scripts/decode_video.py" "$video" "$target" || code=1
  rm -rf "$work"
  return "$code"
}

# get_images FOLDER: 795 street frames and one broken; without a network the 24 frames that come with the tests.
get_images() {
  local folder=$1 made frames
  frames=$(count_frames "$folder")
  if [ "$frames" -lt 795 ] || [ ! -f "$folder/broken_on_purpose.jpg" ]; then
    mkdir -p "$(dirname "$folder")"
    made=$(mktemp -d "$(dirname "$folder")/.images-XXXXXX")
    chmod 755 "$made"
    if decode_street_frames "$made" 2>/dev/null && [ "$(count_frames "$made")" = 795 ]; then
      :
    elif [ "$frames" -gt 0 ]; then
      rm -rf "$made"
      made=
    else
      find "$made" -name 'frame_*' -delete
      cp "$root"/tests/data/frames/frame_*.jpg "$made/"
    fi
    if [ -n "$made" ]; then
      break_one "$made"
      mkdir -p "$folder"  # Its other files are left alone.
      mv "$made"/*.jpg "$folder/"
      rmdir "$made"
    fi
    frames=$(count_frames "$folder")
  fi
  outcome="$((frames + 1)) in ${folder#"$PWD/"}: $frames street frames and one that is broken on purpose"
  if [ "$frames" -lt 795 ]; then
    outcome="$outcome (there are 795, but the rest could not be fetched; the next call tries again)"
  fi
}
