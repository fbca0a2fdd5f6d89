# shellcheck shell=bash
# How our scripts talk: one line a step, overwritten in place on a terminal, repeated where output is a file.
#
#   steps_total=3
#   step packages            starts the next step
#   doing "installing 3"     what it is busy with now
#   finish "ok (9 s)"        how it ended
#   remark "..."             a sentence below the step that just ended
#   die "..."                the sentence that names what is missing; ends the script
# shellcheck disable=SC2154,SC2034  # $root and $setup_folder are the sourcing script's, $me is for it.

me=scripts/$(basename "$0")
steps_total=${steps_total:-1}
step_number=0
step_name=
step_started=0
line_open=no

step() {
  step_number=$((step_number + 1))
  step_name=$1
  step_started=$SECONDS
}

step_line() { printf '[%d/%d] %-15s %s' "$step_number" "$steps_total" "$step_name" "$1"; }

close_line() {
  if [ "$line_open" = yes ]; then printf '\r\033[K'; fi
  line_open=no
}

doing() {
  close_line
  if [ -t 1 ]; then
    local text
    text=$(step_line "$1")
    printf '%s' "${text:0:$(($(tput cols 2>/dev/null || echo 80) - 1))}"
    line_open=yes
  else
    step_line "$1"
    printf '\n'
  fi
}

finish() {
  close_line
  step_line "$1"
  printf '\n'
}

remark() {
  close_line
  printf '      %s\n' "$1"
}

die() {
  if [ "$line_open" = yes ]; then printf '\n'; fi
  line_open=no
  printf '%s: %s\n' "$me" "$1" >&2
  exit 1
}

# Nothing ends without a sentence.
set -E
trap 'die "stopped: \"$BASH_COMMAND\" failed (line $LINENO of $(basename "${BASH_SOURCE[0]}"))"' ERR

# How long the current step took so far, for people: "9 s", "2 min 41 s".
took() {
  local seconds=$((SECONDS - step_started))
  if [ "$seconds" -lt 60 ]; then echo "$seconds s"; else echo "$((seconds / 60)) min $((seconds % 60)) s"; fi
}

# logged NAME COMMAND...: runs a command with its output in .setup/log/NAME.log; that log's end is shown if it fails.
logged() {
  local log=$setup_folder/log/$1.log
  shift
  mkdir -p "$(dirname "$log")"
  if "$@" >"$log" 2>&1 </dev/null; then return 0; fi
  close_line
  printf '%s\n' "--- the end of ${log#"$root/"}" >&2
  tail -n 25 "$log" >&2
  return 1
}
