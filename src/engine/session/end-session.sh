# Ends the session of id $1, as root. Its shell leads a session of the kernel's too: whatever it started is in that one,
# unless it chose to leave. Asked first, killed after five seconds.
note=/run/sbx/sessions/$1

pause() {
  sleep 0.1 2>/dev/null || sleep 1
}

# SIGNAL: sends it to all of the session; fails when there is none left.
signal() {
  found=1
  for process in /proc/[0-9]*; do
    read -r stat <"$process/stat" 2>/dev/null || continue
    # state, parent, group, session
    rest=${stat##*) }
    set -- "$1" ${rest%% *} $(printf '%s' "$rest" | cut -d ' ' -f 4)
    if [ "$2" != Z ] && [ "$3" = "$leader" ]; then
      kill -"$1" "${process#/proc/}" 2>/dev/null
      found=0
    fi
  done
  return $found
}

# A session that is just starting has not noted its number yet.
waited=0
while [ ! -s "$note" ] && [ "$waited" -lt 20 ]; do
  pause
  waited=$((waited + 1))
done
[ -s "$note" ] || exit 0
read -r leader <"$note"
waited=0
signal TERM
while signal 0 && [ "$waited" -lt 50 ]; do
  pause
  waited=$((waited + 1))
done
signal KILL
rm -f "$note"
