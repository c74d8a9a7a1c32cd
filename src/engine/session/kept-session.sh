# Starts a session in a tmux of its own, so that it goes on when its terminal goes. $1 its id, $2 who looks at it first, or
# nothing for nobody, $3 columns, $4 rows, $5 a line to begin with, or nothing. Its command is in the environment, as
# SBX_ARGUMENT_0 and on: tmux takes no long one, and ends a command of its own at a semicolon.
id=$1
holder=$2
columns=$3
rows=$4
hint=$5
run=/run/sbx/sessions/kept-$id
state=/home/agent/.local/state/sbx
history=$state/sessions

# WHY: the command alone, which then ends with whoever started it.
plain() {
  if [ -z "$holder" ]; then
    printf '%s\n' "$1" >&2
    exit 120
  fi
  [ -z "$hint" ] || printf 'note: %s, so this session ends with its terminal.\r\n' "$1"
  # An agent that says what it does is not to fail over it.
  export SBX_SESSION_STATE=/dev/null
  exec /bin/sh -c "$SBX_WRAPPER" sbx
}

# NAME of a kind of terminal.
is_known() {
  for at in /usr/share/terminfo /lib/terminfo /etc/terminfo; do
    [ -e "$at/${1%"${1#?}"}/$1" ] && return 0
  done
  return 1
}

command -v tmux >/dev/null || plain 'there is no tmux in this image'
if [ -n "$holder" ]; then
  case ${TERM:-} in '' | dumb) plain 'this terminal cannot be cleared' ;; esac
  is_known "$TERM" || plain "this image knows no terminal like $TERM"
fi
mkdir -p "$state" || plain 'its home cannot be written'
mask=$(umask)
umask 077
mkdir -p "$run" "$history/$id" "$state/open" || plain 'its home cannot be written'
# The last twenty, by name: an id begins with its time. From within: what ls asks a kernel of a folder that it is given, not every
# one that is not Linux itself answers.
(cd "$history" && ls -1r) | tail -n +21 | while read -r old; do
  gone=${run%-*}-$old
  tmux -S "$gone/socket" has-session 2>/dev/null || rm -rf "${history:?}/$old" "${state:?}/open/$old" "$gone"
done
terminal=screen
for name in screen-256color tmux-256color; do is_known "$name" && terminal=$name; done
# Nothing is asked of tmux but to keep the session, and to look back: every key is the agent's, but for Ctrl-] and the one
# behind it.
cat >"$run/conf" <<C
set -gq status off
set -gq prefix C-]
set -gq prefix2 None
unbind -a -T prefix
unbind -a -T root
unbind -a -T copy-mode
unbind -a -T copy-mode-vi
bind -T prefix d detach-client -E true
bind -T prefix C-] send-prefix
bind -T prefix PPage copy-mode -eu
bind -T copy-mode PPage send-keys -X page-up
bind -T copy-mode NPage send-keys -X page-down
bind -T copy-mode Up send-keys -X halfpage-up
bind -T copy-mode Down send-keys -X halfpage-down
bind -T copy-mode q send-keys -X cancel
bind -T copy-mode Escape send-keys -X cancel
bind -T copy-mode Enter send-keys -X cancel
set -gq mode-keys emacs
set -gq escape-time 0
set -gq repeat-time 0
set -gq display-time 0
set -gq history-limit 20000
set -gq default-terminal $terminal
set -gq focus-events on
set -gq extended-keys on
set -gq mouse off
set -gq set-clipboard off
set -gq allow-passthrough off
set -gq window-size latest
set -gq remain-on-exit off
set -gq exit-empty on
set -gq update-environment ''
set -gq default-shell /bin/sh
set -gq automatic-rename off
set -gq set-titles off
set -gq visual-bell off
set -gq bell-action none
C
case ${COLORTERM:-} in truecolor | 24bit) echo "set -gaq terminal-features '*:RGB'" >>"$run/conf" ;; esac
printf '%s\n' "${SBX_ARGUMENT_0##*/}" >"$history/$id/program"
date +%s >"$history/$id/started"
printf '%s\n' "$holder" >"$run/holder"
: >"$state/open/$id"
umask "$mask"
export SBX_SESSION_STATE="$run/state"
set -- /bin/sh -c 'eval "$SBX_WRAPPER"' sbx "$run" "$history/$id"
if [ -n "$holder" ]; then
  export SBX_HINT="$hint"
  exec tmux -u -S "$run/socket" -f "$run/conf" new-session -s agent "$@"
fi
# One that ended at once has said how.
tmux -u -S "$run/socket" -f "$run/conf" new-session -d -x "$columns" -y "$rows" -s agent "$@" || [ -e "$history/$id/code" ]
