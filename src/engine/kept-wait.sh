# Ends when a kept session has, and prints its exit code: $1 its history, $2 the socket of its tmux. Nobody answers on that
# channel: the wait ends with the server.
tmux -S "$2" wait-for end 2>/dev/null
cat "$1/code" 2>/dev/null
