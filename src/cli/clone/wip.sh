# A commit of what is not committed, beside the branch and with an index of its own: neither changes. $1 is its message.
# Says its id, or nothing where nothing is uncommitted. What git ignores stays out.
set -e
head=$(git rev-parse -q --verify 'HEAD^{commit}')
folder=$(git rev-parse --absolute-git-dir)
index=$(mktemp "$folder/sbx-index.XXXXXX")
trap 'rm -f "$index" "$index.lock"' EXIT
# As old as the other, by which git knows what was written too soon after it to look unchanged. An empty file is no index.
if [ -f "$folder/index" ]; then cp -p "$folder/index" "$index"; else rm -f "$index"; fi
GIT_INDEX_FILE=$index git add -A
tree=$(GIT_INDEX_FILE=$index git write-tree)
if [ "$tree" = "$(git rev-parse 'HEAD^{tree}')" ]; then
  git update-ref -d refs/sbx/wip
  exit 0
fi
made=$(git rev-parse -q --verify 'refs/sbx/wip^{tree}' || :)
parent=$(git rev-parse -q --verify 'refs/sbx/wip^' || :)
if [ "$made" != "$tree" ] || [ "$parent" != "$head" ]; then
  git var GIT_COMMITTER_IDENT >/dev/null 2>&1 || {
    GIT_AUTHOR_NAME=sbx GIT_AUTHOR_EMAIL=sbx@localhost GIT_COMMITTER_NAME=sbx GIT_COMMITTER_EMAIL=sbx@localhost
    export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
  }
  git update-ref refs/sbx/wip "$(git commit-tree "$tree" -p "$head" -m "$1")"
fi
git rev-parse refs/sbx/wip
