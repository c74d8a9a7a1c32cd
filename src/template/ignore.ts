// .dockerignore as the engine's own client reads it: the last pattern that matches decides, `!` takes back, `**` spans
// folders, and a pattern that matches a folder matches all beneath it.

type Rule = { readonly isException: boolean; readonly matches: RegExp }

/** Whether a path, relative to the folder and with `/`, is left out. Pattern syntax is Go's `filepath.Match`. */
export function ignored(dockerignore: string): (path: string) => boolean {
  const rules = dockerignore
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(rule)
  return (path) => {
    let isIgnored = false
    for (const { isException, matches } of rules) {
      if (matches.test(path)) isIgnored = !isException
    }
    return isIgnored
  }
}

/** Whether a folder that is ignored may still hold files that an exception takes back. */
export function hasExceptions(dockerignore: string): boolean {
  return /^[ \t]*!/m.test(dockerignore)
}

function rule(line: string): Rule {
  const isException = line.startsWith('!')
  const pattern = (isException ? line.slice(1).trim() : line)
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/')
  return { isException, matches: new RegExp(`^${expression(pattern)}(?:/.*)?$`, 's') }
}

function expression(pattern: string): string {
  let made = ''
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at)
    const set = /^\[(\^?)((?:\\.|[^\]\\])+)\]/.exec(rest)
    if (rest.startsWith('**/')) {
      made += '(?:.*/)?'
      at += 2
    } else if (rest.startsWith('**')) {
      made += '.*'
      at += 1
    } else if (rest.startsWith('*')) {
      made += '[^/]*'
    } else if (rest.startsWith('?')) {
      made += '[^/]'
    } else if (set !== null) {
      made += `[${set[1]}${(set[2] as string).replaceAll('[', '\\[')}]`
      at += set[0].length - 1
    } else {
      if (rest.startsWith('\\') && rest.length > 1) at += 1
      made += (pattern[at] as string).replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
    }
  }
  return made
}
