# What an agent with sudo tries from inside. Each attempt is one line: name, `done` or `refused`, and what was seen. Runs in a
# sandbox, and once more in a container that nothing protects, where the same attempts must get through.
# Told by the environment: where what it must not reach is.

trap '' PIPE
scratch=$(mktemp -d)
as_root=sudo
sudo -n true </dev/null >/dev/null 2>&1 || as_root=

say() {
  printf '%s\t%s\t%s\n' "$1" "$2" "$(printf '%s' "$3" | tr -c '[:print:]' ' ' | tail -c 160)"
}

# try NAME COMMAND...: done where the command succeeds
try() {
  local name=$1 seen
  shift
  if seen=$("$@" 2>&1 </dev/null); then say "$name" done "${seen:-it went}"; else say "$name" refused "$seen"; fi
}

# the same beside others: what is silent takes its time
later() {
  local name=$1
  shift
  try "$name" "$@" >"$scratch/$name" &
}

reads() {
  local seen
  seen=$($as_root cat "$1" 2>&1)
  case $seen in
    *"$MARK"*) echo "read $1" ;;
    *) echo "${seen:-nothing is in it}" && return 1 ;;
  esac
}

writes() { $as_root sh -c 'mkdir -p "$(dirname "$1")" && echo written >"$1"' sh "$1"; }

links() { ln -sfn "$1" "$2" && reads "$2"; }

linked() { $as_root ln -f "$1" "$2" && reads "$2"; }

moves() { $as_root mv -T "$1" "$2" && reads "$2$3"; }

removes() { $as_root rm -rf "$1" && [ ! -e "$1" ]; }

uncovers() { $as_root umount "$1" && reads "$1$2"; }

remounts() { $as_root mount -o remount,rw,bind "$1" && $as_root touch "$1/remounted"; }

node() { $as_root mknod "$scratch/$1" "$2" "$3" "$4" && [ "-$2" "$scratch/$1" ]; }

same_again() { $as_root sh -c 'value=$(cat "$1") && printf "%s" "$value" >"$1"' sh "$1"; }

# By number, so that no program need be there. An error that the call has with these arguments is a call that was let through.
system_call() {
  $as_root perl -e '
    my @call = map { /^-?\d+$/ ? 0 + $_ : $_ } @ARGV;
    my $result = syscall($call[0], @call[1 .. $#call]);
    print $result == -1 ? "$!" : "allowed";
    exit($result == -1 && grep({ $!{$_} } qw(EPERM EACCES ENOSYS ENODEV EOPNOTSUPP)) ? 1 : 0)' "$@"
}

socket_of() {
  $as_root perl -e 'socket(my $s, $ARGV[0], $ARGV[1], $ARGV[2]) or do { print "$!"; exit 1 }' "$@"
}

interface() {
  $as_root perl -MSocket -e '
    socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
    my $request = pack("a16 S a6 a16", "lo", AF_INET, pack("n a4", 0, inet_aton($ARGV[0])), "");
    ioctl($s, $ARGV[1], $request) or do { print "$!"; exit 1 }' "$@"
}

tcp() {
  local seen
  if seen=$(timeout 8 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1); then
    echo "connected to $1"
  else
    echo "no answer from $1: ${seen##*: }"
    return 1
  fi
}

# A question for one name, to whom it is not meant to get.
asks() {
  timeout 20 perl -MSocket -e '
    socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
    my $labels = join "", map { pack("C/a", $_) } split /\./, $ARGV[1];
    send($s, pack("n6", 4716, 0x100, 1, 0, 0, 0) . "$labels\0" . pack("n2", 1, 1), 0, sockaddr_in(53, inet_aton($ARGV[0])))
      or do { print "$!"; exit 1 };
    local $SIG{ALRM} = sub { print "no answer from $ARGV[0]"; exit 1 };
    alarm 4;
    defined recv($s, my $answer, 512, 0) or do { print "$!"; exit 1 };
    my ($id, $flags, $questions, $found) = unpack "n4", $answer;
    print $found > 0 ? "resolved by $ARGV[0]" : "no such name";
    exit($found > 0 ? 0 : 1)' "$1" "$2"
}

resolves() { getent hosts "$1" || { echo "no such name" && false; }; }

six() {
  perl -MSocket=:DEFAULT,inet_pton,pack_sockaddr_in6 -e '
    socket(my $s, PF_INET6, SOCK_DGRAM, 0) or do { print "$!"; exit 1 };
    connect($s, pack_sockaddr_in6(53, inet_pton(AF_INET6, $ARGV[0]))) or do { print "$!"; exit 1 }' "$1"
}

# What the proxy says to it; nothing, or anything else than a refusal, is told as it is.
asked_proxy() {
  timeout 20 bash -c '
    exec 3<>"/dev/tcp/${PROXY%:*}/${PROXY##*:}" || exit 1
    printf "%b" "$0" >&3
    IFS= read -r -t 15 line <&3
    echo "$line"
    case $line in "" | *" 403 "*) exit 1 ;; esac' "$1"
}

tunnel() { asked_proxy "CONNECT $1 HTTP/1.1\r\nHost: $1\r\n\r\n"; }

plain() { asked_proxy "GET $1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"; }

gateway() {
  awk '$2 == "00000000" && $3 != "00000000" { print $3; exit }' /proc/net/route | sed 's/\(..\)\(..\)\(..\)\(..\)/\4 \3 \2 \1/' |
    { read -r a b c d && printf '%d.%d.%d.%d' "0x$a" "0x$b" "0x$c" "0x$d"; }
}

case $(uname -m) in
  x86_64) add_key=248 bpf=321 keyctl=250 module=175 by_handle=304 perf=298 ;;
  *) add_key=217 bpf=280 keyctl=219 module=105 by_handle=265 perf=241 ;;
esac

# The network, all at once ----------------------------------------------------------------------------------------------

if [ -n "${OUTSIDE:-}" ]; then
  own_gateway=$(gateway)
  later net-gateway tcp "${own_gateway:-$BRIDGE}" "$HOST_PORT"
  later net-bridge tcp "$BRIDGE" "$HOST_PORT"
  later net-host tcp "$HOST_ADDRESS" "$HOST_PORT"
  later net-literal tcp "$OUTSIDE" "$HOST_PORT"
  later net-metadata tcp "$METADATA" 80
  later net-neighbour tcp "$NEIGHBOUR" 4716
  later net-other-sandbox tcp "$OTHER_SANDBOX" 4716
  later net-proxy-outside tcp "$PROXY_OUTSIDE" "$PROXY_OUTSIDE_PORT"
  later net-udp asks "$DNS_SERVER" "udp.$WHO.attempts.test"
  later net-own-resolver asks "$NEIGHBOUR" "resolver.$WHO.attempts.test"
  later net-engine-resolver asks 127.0.0.11 "engine.$WHO.attempts.test"
  later net-name resolves "name.$WHO.attempts.test"
  later net-ipv6 six "$OUTSIDE_SIX"
  later proxy-allowed tunnel "allowed.attempts.test:$HOST_PORT"
  later proxy-unlisted tunnel "unlisted.attempts.test:$HOST_PORT"
  later proxy-other-port tunnel allowed.attempts.test:22
  later proxy-below-allowed tunnel "sub.allowed.attempts.test:$HOST_PORT"
  later proxy-wildcard-itself tunnel "wild.attempts.test:$HOST_PORT"
  later proxy-suffix tunnel "allowed.attempts.test.example:$HOST_PORT"
  later proxy-literal tunnel "$OUTSIDE:$HOST_PORT"
  later proxy-literal-six tunnel "[$OUTSIDE_SIX]:$HOST_PORT"
  later proxy-number tunnel "3221225985:$HOST_PORT"
  later proxy-private-name tunnel "private.attempts.test:4716"
  later proxy-metadata plain "http://$METADATA/latest/meta-data/"
  later proxy-itself tunnel "127.0.0.1:3128"
  later proxy-manager plain "http://sbx-proxy:3128/squid-internal-mgr/info"
  later proxy-plain plain "http://unlisted.attempts.test:$HOST_PORT/"
fi

# Files -----------------------------------------------------------------------------------------------------------------

try file-read-outside reads "$ROOT/outside/secret"
try file-write-outside writes "$ROOT/outside/written"
try file-dots reads "$PWD/../outside/secret"
try file-link links "$ROOT/outside/secret" way-out
try file-root-of-init reads "/proc/1/root$ROOT/outside/secret"
try file-approvals writes "$ROOT/home/.local/state/sbx/approvals/written.json"
try file-other-home reads "$OTHER_HOME/secret"
try file-remount-readonly remounts /data
try file-write-readonly $as_root sh -c 'echo written >/data/written'
try hidden-file-read reads .env
try hidden-file-uncover uncovers "$PWD/.env.local" ''
try hidden-file-link linked .env out-of-hiding
try hidden-file-move moves .env .env.moved ''
try hidden-file-remove removes .env
try hidden-folder-read reads secrets/key
try hidden-folder-uncover uncovers "$PWD/private" /key
try hidden-folder-move moves secrets secrets.moved /key
try engine-socket curl -sS --fail --max-time 2 --unix-socket /var/run/docker.sock http://engine/version

# Devices and the kernel ------------------------------------------------------------------------------------------------

try device-block node disk b 8 0
try device-char node memory c 1 1
try device-kernel-log $as_root dmesg
try kernel-setting same_again /proc/sys/kernel/domainname
try kernel-core-pattern same_again /proc/sys/kernel/core_pattern
try kernel-host-name $as_root hostname attempted
try kernel-mount $as_root mount -t tmpfs none /mnt
try kernel-mount-processes $as_root mount -t proc none /mnt
try kernel-namespaces $as_root unshare --mount --net true
try kernel-user-namespace unshare --user --map-root-user true
try kernel-chroot $as_root chroot / true
try kernel-priority $as_root nice -n -5 sh -c '[ "$(nice)" -lt 0 ]'
try kernel-module system_call "$module" x 1 ''
try kernel-bpf system_call "$bpf" 0 0 0
try kernel-perf system_call "$perf" 0 0 -1 -1 0
try kernel-keys system_call "$keyctl" 0 -3 0
try kernel-add-key system_call "$add_key" x y 0 0 0
try kernel-by-handle system_call "$by_handle" -1 xxxxxxxxxxxxxxxx 0
try net-raw socket_of 2 3 1
try net-packet socket_of 17 3 768
try net-own-address interface 127.0.0.9 $((0x8916))

wait
cat "$scratch"/*-* 2>/dev/null

# What the next start reads: nobody keeps an agent from writing it -------------------------------------------------------

plants() { $as_root tee "$1" >/dev/null; }

if [ -n "${PLANT:-}" ]; then
  printf '%s\n' "$PLANT" | plants sandbox.yaml
  mkdir -p .git/objects .git/refs .git/hooks
  printf 'ref: refs/heads/main\n' >.git/HEAD
  printf '[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch %s/ran\n' "$PWD" >.git/config
fi
