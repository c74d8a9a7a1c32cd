# What of the contract holds in this sandbox: a line each, NAME, a tab, and what was found, which is empty where nothing
# was. Runs as `agent`. $1 the workspace's path   $2 the agent's executable
workspace=$1
program=$2
home=/home/agent
newline='
'

say() {
  printf '%s\t%s\n' "$1" "$2"
}

# FILE: every path on the way from it to the file at the end of its links, a line each.
way_of() {
  path=$1
  hops=0
  while [ "$hops" -lt 40 ]; do
    printf '%s\n' "$path"
    [ -h "$path" ] || break
    to=$(readlink "$path")
    case $to in /*) path=$to ;; *) path=${path%/*}/$to ;; esac
    hops=$((hops + 1))
  done
  readlink -f "$1"
}

# FILE: none where there is no such file.
count_certificates() {
  cat "$1" 2>/dev/null | grep -c 'BEGIN CERTIFICATE'
}

# Whether each of the added certificates is in the bundle, in whatever order.
is_trusted() {
  text=$(cat "$bundle" 2>/dev/null) || return 1
  while IFS= read -r line; do
    case $line in
      *BEGIN*) certificate=$line ;;
      *) certificate=$certificate$newline$line ;;
    esac
    case $line in *END*) ;; *) continue ;; esac
    case $text in *"$certificate"*) ;; *) return 1 ;; esac
  done <"$added"
}

[ "$(id -un)" = agent ] && [ "$HOME" = "$home" ] && : >"$home/.sbx-check" && rm "$home/.sbx-check" && say user "$(id -u)"
[ "$(stat -c %u "$workspace")" = "$(id -u)" ] && : >"$workspace/file" && rm "$workspace/file" && say owner "$(id -u)"

shell=$(sed -n 's/^agent:.*://p' /etc/passwd)
"$shell" -lc 'exit 0' >/dev/null 2>&1 && say shell "$shell"
sudo -n true >/dev/null 2>&1 && say sudo yes
say git "$(git --version 2>/dev/null)"

added=/usr/local/share/ca-certificates/sbx-host.crt
bundle=
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
  [ -e "$bundle" ] && break
done
[ "$(count_certificates "$bundle")" -gt "$(count_certificates "$added")" ] && say certificates "$bundle"
if [ -e "$added" ]; then
  is_trusted && say host-certificates "$bundle"
else
  say host-certificates none
fi

found=$(command -v "$program" 2>/dev/null)
say agent "$found"
if [ -n "$found" ]; then
  say agent-in-home "$(way_of "$found" | grep "^$home/" | head -n 1)"
  limit=
  command -v timeout >/dev/null && limit='timeout -s KILL 60'
  say agent-version "$($limit "$program" --version </dev/null 2>/dev/null | head -n 1)"
fi

# What the image has put there: the home volume begins as a copy of its home.
find "$home" -path '*/bin/*' \( -type f -o -type l \) 2>/dev/null | while IFS= read -r file; do
  [ -x "$file" ] && [ ! -d "$file" ] && say home "$file"
done
