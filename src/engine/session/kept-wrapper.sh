# What runs in a kept session: $1 the folder of its tmux, $2 where its history is; neither of a session that is not kept.
# Where its terminal goes, it goes, and the command with it: it sets no trap for that. What a person interrupts is the
# command alone.
run=${1:-}
history=${2:-}
set --
number=0
while [ "$number" -lt "$SBX_ARGUMENTS" ]; do
  eval "set -- \"\$@\" \"\$SBX_ARGUMENT_$number\""
  unset "SBX_ARGUMENT_$number"
  number=$((number + 1))
done
unset SBX_ARGUMENTS SBX_WRAPPER TMUX TMUX_PANE
[ -n "$run" ] || exec "$@"
# On the terminal that is inside: what is on the other one is out of sight. It is no part of what the session prints.
[ -z "${SBX_HINT:-}" ] || printf '%s\n' "$SBX_HINT"
unset SBX_HINT
# At most three pieces of 2 MiB: the one before, the last whole one, and what is being written, which is called the end once
# nothing more comes. One ends by its size and not by how often something came: that is a few bytes at a time.
tmux -S "$run/socket" pipe-pane -O -t agent "cd '$history' && had=0 && while dd bs=4096 count=256 2>/dev/null >>log.new; do
  has=\$(wc -c <log.new)
  [ \"\$has\" -gt \"\$had\" ] || break
  had=\$has
  [ \"\$has\" -lt 1048576 ] || { mv -f log.now log.old 2>/dev/null; mv log.new log.now; had=0; }
done; mv log.new log.end"
trap : INT QUIT
"$@"
code=$?
tmux -S "$run/socket" capture-pane -p -e -t agent >"$history/screen" 2>/dev/null
echo "$code" >"$history/code.new" && mv "$history/code.new" "$history/code"
rm -f "${history%/sessions/*}/open/${history##*/}"
tmux -S "$run/socket" detach-client -s agent -E true 2>/dev/null
exit "$code"
