# A line for each kept session, newest last: id, running or ended or lost, exit code, when it began and when it ended, how many
# look at it, when it last wrote, mood, program. Of one that did not end by itself, in a sandbox that has had no memory left
# since it was started, the mood is `starved`. Tabs between; what is not known is `-`. With an id in $1 of that one alone,
# and behind it a line with who looked at it last, and of one that has ended its last screen.
cd /home/agent/.local/state/sbx/sessions 2>/dev/null || exit 0
# What a session leaves there is short. A shell reads byte by byte, and would do so for as long as there are any.
large=$(find "./${1:-}" /run/sbx/sessions -maxdepth 2 -type f \( -name code -o -name started -o -name program -o -name state \
  -o -name holder \) -size +8 2>/dev/null)

# FILE, its path as it is found: a plain one, which somebody else has not made very large.
is_short() {
  [ -f "$1" ] || return 1
  case "
$large
" in *"
$1
"*) return 1 ;; esac
}

# Whether the kernel has ended something here for want of memory: by the second version of control groups, and by the first.
has_starved() {
  grep -qs '^oom_kill [1-9]' /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control
}

for id in ${1:-$(ls -1 | grep -E '^[0-9a-f]{10}$' | tail -n 20)}; do
  [ -d "$id" ] || continue
  run=/run/sbx/sessions/kept-$id
  state=lost code=- ended=- clients=- quiet=- mood=-
  if is_short "./$id/code"; then
    state=ended
    read -r code <"$id/code"
    ended=$(stat -c %Y "$id/code" 2>/dev/null || date -r "$id/code" +%s)
  elif facts=$(tmux -S "$run/socket" display-message -p -t agent '#{session_attached} #{window_activity}' 2>/dev/null); then
    state=running
    clients=${facts% *}
    quiet=${facts#* }
    is_short "$run/state" && read -r mood <"$run/state"
  fi
  # Each start of the sandbox makes that folder, and what is counted, anew.
  case $state$code in lost- | ended137) [ -d "$run" ] && has_starved && mood=starved ;; esac
  # What is no plain file could be one that nobody ever writes to.
  is_short "./$id/started" && read -r began <"$id/started" 2>/dev/null || began=-
  is_short "./$id/program" && read -r program <"$id/program" 2>/dev/null || program=-
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$id" "$state" "$code" "$began" "$ended" "$clients" "$quiet" "$mood" "$program"
done
[ -n "${1:-}" ] && [ -d "$1" ] || exit 0
holder=-
is_short "$run/holder" && read -r holder <"$run/holder"
printf '%s\n' "$holder"
[ ! -f "$id/screen" ] || [ "$state" != ended ] || head -c 1000000 "$id/screen"
exit 0
