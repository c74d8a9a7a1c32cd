# What runs in every sandbox under the engine's init, as root, from each start to its end. Every step can run again on
# what an earlier start left. No tools but those of busybox, and no more of the shell than dash, busybox and bash share.
#
# $1 the workspace's path   $2 the engine's socket, or nothing   $3 of a clone: whose it becomes, `user:group`, or nothing
# and then the paths in the workspace that are volumes
set -u
workspace=$1
socket=$2
clone=${3:-}
home=/home/agent
volume=/run/sbx/home # the home volume once more, where nothing is mounted below it
login=/run/sbx/login
ready=/var/lib/sbx/ready
certificates=/usr/local/share/ca-certificates/sbx-host.crt # the host's own, where a distribution looks for more
newline='
'

fail() {
  printf 'sbx: %s\n' "$1" >&2
  exit 1
}

pause() {
  sleep 0.1 2>/dev/null || sleep 1
}

# Whether anything lives here besides the init and this shell.
has_others() {
  for process in /proc/[0-9]*; do
    case ${process#/proc/} in 1 | $$) continue ;; esac
    read -r stat <"$process/stat" 2>/dev/null || continue
    case ${stat##*) } in Z*) continue ;; esac
    return 0
  done
  return 1
}

# The engine kills sessions without a word when the container stops, so they are asked here, and have five seconds. The mark
# stays: whoever looks meanwhile is not to take it for lost, and no later start takes it for its own.
stop() {
  trap '' TERM
  kill -TERM -1 2>/dev/null
  waited=0
  while has_others && [ "$waited" -lt 50 ]; do
    pause
    waited=$((waited + 1))
  done
  exit 0
}

# FILE NAME ENTRY: one line for NAME, before all others but root's, so that it gives a number shared by several its name.
put_entry() {
  root=
  others=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      "$2":*) ;;
      root:*) root=$root$line$newline ;;
      *) others=$others$line$newline ;;
    esac
  done <"$1"
  text=$root$3$newline$others
  [ "$text" = "$(cat "$1")$newline" ] && return
  printf '%s' "$text" >"$1.sbx" && chmod 644 "$1.sbx" && mv "$1.sbx" "$1" || fail "cannot write $1"
}

# PATH: its owner as `user:group`, in numbers. What stat asks a kernel for, not every one that is not Linux itself answers.
owner_of() {
  stat -c %u:%g "$1" 2>/dev/null || find "$1" -maxdepth 0 -printf '%U:%G\n'
}

# Who owns the workspace as seen in here is who `agent` is; on an engine without root that may well be root.
adopt_owner() {
  owner=$(owner_of "$workspace") || fail "cannot read the workspace $workspace"
  password='*'
  comment=
  shell=/bin/sh
  [ -x /bin/bash ] && shell=/bin/bash
  [ -e /etc/passwd ] || printf 'root:x:0:0:root:/root:/bin/sh\n' >/etc/passwd
  [ -e /etc/group ] || printf 'root:x:0:\n' >/etc/group
  while IFS=: read -r name word _ _ words _ program || [ -n "$name" ]; do
    [ "$name" = agent ] || continue
    password=$word
    comment=$words
    [ -n "$program" ] && shell=$program
  done </etc/passwd
  put_entry /etc/passwd agent "agent:$password:$owner:$comment:$home:$shell"
  put_entry /etc/group agent "agent:x:${owner#*:}:"
  if [ -n "$socket" ]; then
    socket_owner=$(owner_of "$socket")
    put_entry /etc/group sbx-socket "sbx-socket:x:${socket_owner#*:}:agent"
  fi
}

# A new volume is root's, and the clone in it shall be whose the folder on the host is: then `agent` is who it would be there.
# An engine without root shows that folder as root's, so that nothing is to be done.
give_clone() {
  [ -n "$clone" ] || return 0
  outside=0
  if [ -r /proc/self/uid_map ]; then read -r _ outside _ </proc/self/uid_map; fi
  [ "$outside" = 0 ] || return 0
  case $(owner_of "$workspace") in
    0:*) chown "$clone" "$workspace" || fail "cannot change the owner of $workspace" ;;
  esac
}

# PATH in the workspace: a volume of its own; in a clone also the folders that the engine has made on the way to it.
own_folder() {
  folder=$workspace
  rest=$1
  while [ -n "$rest" ]; do
    folder=$folder/${rest%%/*}
    case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
    if [ -h "$folder" ] || [ ! -d "$folder" ]; then return 0; fi
    if [ -n "$rest" ] && [ -z "$clone" ]; then continue; fi
    case $(owner_of "$folder") in
      0:*) chown "$owner" "$folder" || fail "cannot change the owner of $folder" ;;
    esac
  done
}

# FOLDER: all of it belongs to `agent`. The folder itself comes last, so that a change cut short is done again.
own() {
  [ -d "$1" ] || return 0
  [ "$(owner_of "$1")" = "$owner" ] && return 0
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -e "$entry" ] || [ -h "$entry" ]; then
      chown -Rh "$owner" "$entry" || fail "cannot change the owner of $entry"
    fi
  done
  chown "$owner" "$1" || fail "cannot change the owner of $1"
}

# The engine makes the folders that lead to a mount below the home, as root.
own_mount_points() {
  while read -r _ _ _ _ target _; do
    case $target in "$home"/*) ;; *) continue ;; esac
    target=$(printf '%b' "$target")
    rest=${target#"$home"/}
    folder=$volume
    while [ -n "$rest" ]; do
      folder=$folder/${rest%%/*}
      case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
      if [ -h "$folder" ] || [ ! -e "$folder" ]; then break; fi
      case $(owner_of "$folder") in 0:*) chown -h "$owner" "$folder" ;; esac
    done
  done </proc/self/mountinfo
}

# What the image trusts, and the host's own beside it.
trust_certificates() {
  bundle=
  [ -e "$certificates" ] || return 0
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
    [ -e "$bundle" ] && break
  done
  [ -e "$bundle" ] || bundle=/etc/ssl/certs/ca-certificates.crt
  is_trusted && return 0
  if command -v update-ca-certificates >/dev/null; then update-ca-certificates >/dev/null 2>&1; fi
  is_trusted && return 0
  mkdir -p "${bundle%/*}"
  cat "$certificates" >>"$bundle" || fail "cannot write $bundle"
}

# Whether each of the certificates is in the bundle, in whatever order an image has them.
is_trusted() {
  [ -e "$bundle" ] || return 1
  text=$(cat "$bundle")
  while IFS= read -r line; do
    case $line in
      *BEGIN*) certificate=$line ;;
      *) certificate=$certificate$newline$line ;;
    esac
    case $line in *END*) ;; *) continue ;; esac
    case $text in *"$certificate"*) ;; *) return 1 ;; esac
  done <"$certificates"
}

# Sudo hands on nothing that it was not told of, and what is behind a proxy reaches nothing without knowing it.
keep_proxy() {
  [ -n "${HTTPS_PROXY:-}" ] && [ -d /etc/sudoers.d ] || return 0
  names='HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy NODE_USE_ENV_PROXY'
  file=/etc/sudoers.d/sbx-proxy
  printf 'Defaults env_keep += "%s"\n' "$names" >"$file" && chmod 0440 "$file" || fail "cannot write $file"
}

# What every session finds in its environment unless it says otherwise.
write_environment() {
  if [ -n "$bundle" ]; then
    for name in NODE_EXTRA_CA_CERTS SSL_CERT_FILE GIT_SSL_CAINFO; do
      printf 'export %s="${%s:-%s}"\n' "$name" "$name" "$bundle"
    done
  fi
  if [ -S /run/sbx/ssh-agent.sock ]; then
    printf 'export SSH_AUTH_SOCK="${SSH_AUTH_SOCK:-/run/sbx/ssh-agent.sock}"\n'
  fi
  # Claude Code refuses to act on its own as root unless it is told that this is a sandbox.
  case $owner in 0:*) printf 'export IS_SANDBOX=1\n' ;; esac
}

trap stop TERM
rm -f "$ready"
mkdir -p /run/sbx /var/lib/sbx || fail 'cannot write to /run and /var/lib'
give_clone
adopt_owner
own "$volume"
own_mount_points
own "$login"
if [ $# -gt 3 ]; then
  shift 3
  for path in "$@"; do own_folder "$path"; done
fi
rm -rf /run/sbx/sessions
mkdir /run/sbx/sessions && chmod 1777 /run/sbx/sessions || fail 'cannot write to /run/sbx'
trust_certificates
keep_proxy
write_environment >/run/sbx/environment
: >"$ready" || fail "cannot write $ready"

while :; do
  sleep 86400 &
  wait $!
done
