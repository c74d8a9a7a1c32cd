# Moves the branch $1 to $2, which the host's is at, where that loses nothing and changes no file that somebody is at. Says
# what became of it: `moved`, `same`, or why not.
set -e
git rev-parse -q --verify "$2^{commit}" >/dev/null || { echo same; exit; }
if git merge-base --is-ancestor "$2" HEAD; then
  echo same
elif [ "$(git symbolic-ref -q HEAD)" != "refs/heads/$1" ]; then
  echo elsewhere
elif ! git merge-base --is-ancestor HEAD "$2"; then
  echo apart
elif [ -n "$(git status --porcelain)" ]; then
  echo changed
else
  git merge -q --ff-only "$2" >&2
  echo moved
fi
