# Prints what a kept session writes, from the beginning and until it ends: $1 its history, $2 the socket of its tmux.
cd "$1" || exit 0
exec 2>/dev/null
cat log.old log.now
# What is being written stays open, so that its rest is read wherever it is moved to.
command exec 3<log.new
left=50
while :; do
  over=
  if [ -e log.end ]; then
    over=1
  elif ! tmux -S "$2" has-session -t agent; then
    # What is on its way when it ends is written soon; where it was ended from outside nobody says when.
    left=$((left - 1))
    [ "$left" -gt 0 ] || over=1
  fi
  cat <&3
  if [ -e log.new ] && ! [ log.new -ef /proc/self/fd/3 ]; then
    cat <&3
    command exec 3<log.new
    continue
  fi
  [ -z "$over" ] || break
  sleep 0.2 || sleep 1
done
[ ! -e log.end ] || [ log.end -ef /proc/self/fd/3 ] || cat log.end
