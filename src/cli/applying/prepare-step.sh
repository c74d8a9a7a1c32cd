# Runs a command of prepare, and never beside another one: $1 what it is and what it goes by, in one word, $2 the command.
# Two calls of sbx can want one at the same time, and what a call began that was killed goes on without it. Whose turn it is
# says the last of the files, which are numbered and never change: the one of a process that is gone is nobody's.
turns=/run/sbx/sessions/prepare
exec 2>&1
mkdir -p "$turns" || exit 1

# PROCESS: when it began, as the kernel counts; nothing of one that is gone.
began() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- ${stat##*) }
  case $1 in Z | X) ;; *) printf '%s\n' "${20}" ;; esac
}

# TURN: whose it is, in `process`, `since` and `what`; fails where nobody has it any more.
read_turn() {
  process= since= what=
  [ -f "$turns/$1" ] && read -r process since what <"$turns/$1"
  [ -n "$since" ] && [ "$(began "$process")" = "$since" ]
}

# TURN WHAT: whether one of those from there to the last has done this, or else tried it: then `tried` is not empty.
was_done() {
  at=$1
  tried=
  while [ "$at" -le "$turn" ]; do
    read_turn "$at"
    if [ "$what" = "$2" ]; then
      tried=$at
      if [ -e "$turns/$at.done" ]; then return 0; fi
    fi
    at=$((at + 1))
  done
  return 1
}

own=$turns/of-$$
printf '%s\n' "$$ $(began $$) $1" >"$own" || exit 1
trap 'rm -f "$own"' EXIT
turn=0
first=
told=
while :; do
  while [ -e "$turns/$((turn + 1))" ]; do turn=$((turn + 1)); done
  if read_turn "$turn"; then
    first=${first:-$turn}
    if [ "$told" != "$turn" ]; then
      same='another command of prepare'
      [ "$what" != "$1" ] || same='this command'
      # Two, as the middle of what is longer than a line of the terminal is cut out.
      echo "sbx: $same runs already, begun by another call"
      echo 'sbx: waiting until it has ended'
      told=$turn
    fi
    sleep 0.2 2>/dev/null || sleep 1
    continue
  fi
  if [ -n "$first" ] && was_done "$first" "$1"; then
    echo 'sbx: it has ended well there, and does not run again'
    exit 0
  fi
  # Of two that take the same turn one has it.
  if ln "$own" "$turns/$((turn + 1))" 2>/dev/null; then break; fi
  first=${first:-$((turn + 1))}
  [ -e "$turns/$((turn + 1))" ] || exit 1
done
[ -z "${tried:-}" ] || echo 'sbx: it has not ended well there, and runs again'
turn=$((turn + 1))

# Whoever is told to end waits for the command: it is not over before that.
trap : TERM
/bin/sh -ec "$2"
code=$?
[ "$code" != 0 ] || : >"$turns/$turn.done"
exit "$code"
