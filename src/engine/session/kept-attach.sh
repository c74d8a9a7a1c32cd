# Goes on with a kept session, in the place of whoever looks at it: $1 its id, $2 who looks at it now.
run=/run/sbx/sessions/kept-$1
[ ! -d "$run" ] || printf '%s\n' "$2" >"$run/holder"
tmux -S "$run/socket" detach-client -s agent -E true 2>/dev/null
# What somebody was looking back at is not where it is now.
tmux -S "$run/socket" copy-mode -q -t agent 2>/dev/null
exec tmux -u -S "$run/socket" attach-session -d -t agent
