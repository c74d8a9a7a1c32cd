// Files inside a sandbox that are the agent's, read and written as `agent`: links that it has planted lead to nothing that
// it could not reach itself.

import { randomUUID } from 'node:crypto'
import { loginFolder } from '../model/names.js'
import { runAsAgent, type Inside } from './as-agent.js'
import { largestLogin } from './login-text.js'

/** A folder that is no link, and a path in it; the folder itself where that is empty. */
export type FilePath = readonly [folder: string, path: string]

export type FoundFile = {
  /** Cut behind `largestLogin`; null where what is there is no plain file. */
  readonly text: string | null
  /** Seconds since 1970. */
  readonly modifiedAt: number
}

/** In one call; null where nothing is there. */
export async function readFiles(place: Inside, paths: readonly FilePath[]): Promise<readonly (FoundFile | null)[]> {
  // A file cannot hold a line that was made up just now.
  const separator = randomUUID()
  const stdout = await inSandbox(place, [readScript, separator, String(largestLogin + 1), ...paths.flat()])
  const parts = stdout.split(`${separator}\n`).slice(1)
  return paths.map((_, at) => {
    const part = parts[at] ?? ''
    const end = part.indexOf('\n')
    if (end < 0) return null
    const [kind = '', time = ''] = part.slice(0, end).split(' ')
    return { text: kind === 'file' ? part.slice(end + 1) : null, modifiedAt: Number(time) }
  })
}

/** A file with no link on the way to it is read; of anything else there is only told that it is there. */
const readScript = `separator=$1 most=$2
shift 2
while [ $# -gt 0 ]; do
  printf '%s\\n' "$separator"
  root=$(readlink -f "$1") || root=$1
  file=$root\${2:+/$2}
  if [ -e "$file" ] || [ -h "$file" ]; then
    if [ -f "$file" ] && [ -r "$file" ] && [ "$(readlink -f "$file")" = "$file" ]; then
      printf 'file %s\\n' "$(stat -c %Y "$file")"
      head -c "$most" "$file"
    else
      printf 'other %s\\n' "$(stat -c %Y "$file")"
    fi
  fi
  shift 2
done`

/** With the text and the time of `file`. */
export async function putFile(place: Inside, [folder, path]: FilePath, { text, modifiedAt }: FoundFile): Promise<void> {
  await inSandbox(place, [writeScript, folder, path, randomUUID(), String(modifiedAt), loginFolder], text ?? '')
}

/** In one move, and in place of a link where there is one; in the volume, which has logins alone, also of a folder. */
const writeScript = `set -e
umask 077
root=$(readlink -f "$1")
file=$root/$2
folder=\${file%/*}
mkdir -p "$folder"
if [ "$(readlink -f "$folder")" != "$folder" ]; then echo "$folder is behind a link: sbx exec -- rm $folder" >&2; exit 1; fi
if [ -d "$file" ] && [ ! -h "$file" ]; then
  if [ "$1" != "$5" ]; then echo "$file is a folder: sbx exec -- rm -r $file" >&2; exit 1; fi
  rm -rf "$file"
fi
trap 'rm -f "$folder/.sbx-$3"' EXIT
cat >"$folder/.sbx-$3"
touch -d "@$4" "$folder/.sbx-$3"
if [ -h "$file" ]; then rm -f "$file"; fi
mv -f "$folder/.sbx-$3" "$file"`

/** A link goes, and not what it leads to; a folder stays. */
export async function removeFile(place: Inside, [folder, path]: FilePath): Promise<void> {
  await inSandbox(place, [removeScript, `${folder}/${path}`])
}

const removeScript = `if [ ! -d "$1" ] || [ -h "$1" ]; then rm -f "$1"; fi`

async function inSandbox(
  place: Inside,
  [script, ...args]: readonly [string, ...string[]],
  input?: string,
): Promise<string> {
  const command = {
    argv: ['/bin/sh', '-c', script, 'sh', ...args],
    doing: 'copy the login between the sandbox and its volume',
    ...(input === undefined ? {} : { input }),
  }
  return runAsAgent(place, command, {
    code: 'template/login-not-copied',
    summary: 'The login could not be copied between the sandbox and its volume',
    wayOut: 'Where a link or a folder is in the way of the login, remove it, with sudo where root owns it.',
  })
}
