# shellcheck shell=bash
# Configures and builds a preset. Needs say.sh, $root and $setup_folder; runs in $root.
# shellcheck disable=SC2154  # These variables are the sourcing script's.

# configure_and_build PRESET [-D...] [TARGET...]
configure_and_build() {
  local preset=$1 argument
  shift
  local settings=() targets=()
  for argument in "$@"; do
    case $argument in -D*) settings+=("$argument") ;; *) targets+=("$argument") ;; esac
  done
  doing "configuring $preset"
  logged "$preset-configure" cmake --preset "$preset" "${settings[@]}" ||
    die "preset $preset does not configure (see above): if a package is missing, run  scripts/setup"
  doing "compiling $preset; the first time takes some minutes"
  build_with_progress "$preset" cmake --build --preset "$preset" ${targets[0]:+--target "${targets[@]}"} ||
    die "preset $preset does not build (see above)"
}

# build_with_progress PRESET COMMAND...: counts what is compiled and the time; on a terminal in the step's line, else in a
# line for every tenth.
build_with_progress() {
  local preset=$1 log=$setup_folder/log/$1-build.log builder done_of tenth told=0
  shift
  rm -f "$log"
  logged "$preset-build" "$@" &
  builder=$!
  trap 'kill $builder 2>/dev/null; exit 130' INT
  while kill -0 "$builder" 2>/dev/null; do
    done_of=$(grep -oE '^\[[0-9]+/[0-9]+\]' "$log" 2>/dev/null | tail -n 1 | tr -d '[]') || done_of=
    tenth=0
    if [ -n "$done_of" ]; then tenth=$((10 * ${done_of%/*} / ${done_of#*/})); fi
    if [ -t 1 ]; then
      doing "compiling $preset  $done_of  $(took)"
    elif [ "$tenth" -gt "$told" ]; then
      told=$tenth
      doing "compiling $preset  $done_of  $(took)"
    fi
    sleep 1
  done
  trap - INT
  wait "$builder"
}
