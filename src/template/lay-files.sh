# Puts files where they belong in the agent's home, as the agent: a link that it has planted leads to nothing that it could
# not write itself. On standard input a tar archive: `list`, with an absolute path a line, and the files of these by number.
#
# $1 the folder of what sbx remembers in the home
set -eu
umask 022
mkdir -p "$1"
last=$1/files # what was put there the last time, a path a line
new=$(mktemp -d "$1/files.XXXXXX")
trap 'rm -rf "$new"' EXIT
tar -xof - -C "$new"

number=0
while IFS= read -r path; do
  mkdir -p "${path%/*}"
  if [ -h "$path" ]; then rm -f "$path"; fi
  if [ -d "$path" ]; then
    echo "$path is a folder" >&2
    exit 1
  fi
  mv -f "$new/$number" "$path"
  number=$((number + 1))
done <"$new/list"

# What belongs there no more.
if [ -f "$last" ] && [ "$(cat "$last")" != "$(cat "$new/list")" ]; then
  while IFS= read -r path; do
    if grep -qxF -e "$path" "$new/list"; then continue; fi
    rm -f "$path" 2>/dev/null && rmdir "${path%/*}" 2>/dev/null || true
  done <"$last"
fi
if [ -s "$new/list" ]; then mv -f "$new/list" "$last"; else rm -f "$last"; fi
