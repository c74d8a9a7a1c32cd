# Tried from the very network that an agent has, by a container beside it: nothing but the proxy may answer. Prints a line
# for each thing that did, and what the proxy says to a host that is not listed; then `end`.
# $1 the proxy's address, then pairs of an address and a port that must be silent.
proxy=$1
shift

# Whoever refuses is there, and a port next to the one that was tried may be open.
silent() {
  said=$(LC_ALL=C timeout 1.5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) && echo "answers $1 $2" && return
  case $said in *refused*) echo "answers $1 $2" ;; esac
}

proxied() {
  tries=0
  until (exec 3<>"/dev/tcp/$proxy/3128") 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -gt 300 ] && echo 'proxy silent' && return
    sleep 0.1
  done
  status=$(timeout 20 bash -c '
    exec 3<>"/dev/tcp/$0/3128"
    printf "CONNECT sbx-probe.invalid:443 HTTP/1.1\r\nHost: sbx-probe.invalid:443\r\n\r\n" >&3
    read -r _ status _ <&3 && echo "$status"' "$proxy" 2>/dev/null)
  echo "proxy ${status:-silent}"
}

while [ $# -gt 1 ]; do
  silent "$1" "$2" &
  shift 2
done
(timeout 1.5 getent hosts example.com >/dev/null && echo 'answers name') &
# Engines from 26 on leave ::1 to the loopback of a network without IPv6.
grep -qv ' lo$' /proc/net/if_inet6 2>/dev/null && echo 'answers ipv6'
proxied &
wait
echo end
