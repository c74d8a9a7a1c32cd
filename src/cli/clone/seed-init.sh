# In the folder of a clone: makes an empty repository there, on branch $1, with ids of the format $2; the others are names of
# what is mounted in it. Prints `filled` where one with a commit is there, and else the name of what is in the way. One that
# was adopted has the branch of the sandbox that it was of: it goes by the new name.
branch=$1
format=$2
shift 2
command -v git >/dev/null || exit 127
if [ -d .git ]; then
  if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
    old=$(git for-each-ref --format='%(refname:short)' refs/heads/sbx)
    # Where there are several the agent has made some, and nobody knows which; sbx fetch names them.
    if [ -n "$old" ] && [ "$(printf '%s\n' "$old" | wc -l)" -eq 1 ] && [ "$old" != "$branch" ]; then
      git branch -q -m "$old" "$branch" >/dev/null 2>&1
    fi
    echo filled
    exit 0
  fi
  # Of a checkout that the last stop cut short nothing is at work any more.
  for lock in .git/index.lock .git/HEAD.lock .git/config.lock; do
    if [ "$lock" -ot /run/sbx/environment ]; then rm -f "$lock"; fi
  done
else
  for entry in * .[!.]* ..?*; do
    [ -e "$entry" ] || [ -h "$entry" ] || continue
    for mounted in "$@"; do [ "$entry" = "$mounted" ] && continue 2; done
    printf '%s\n' "$entry"
    exit 0
  done
fi
if [ "$format" = sha1 ]; then set -- ''; else set -- "--object-format=$format"; fi
# shellcheck disable=SC2086
git -c init.templateDir= init -q $1 . && git symbolic-ref HEAD "refs/heads/$branch"
