// The parts of a template.yaml that have a shape of their own.

import type { JsonValue } from '../model/json.js'
import type {
  AgentDescriptor,
  AgentLogin,
  Autonomy,
  AutonomyArguments,
  Condition,
  LoginFile,
  Seed,
  SessionPart,
} from '../model/template.js'
import type { Path, Problems } from './problems.js'

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/
const folderInside = /^\/(?!.*(?:\/\/|\/\.\.?(?:\/|$))).*[^/]$/
const fileInHome = /^\/home\/agent\/(?!.*(?:\/\/|\/\.\.?(?:\/|$)))(?!\.\.?(?:\/|$)).*[^/]$/
const fileInFolder = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^/]+(?:\/[^/]+)*$/
const jsonPointer = /^(?:\/(?:[^~/]|~[01])*)+$/
const wholeValue = /\{env:[A-Za-z_][A-Za-z0-9_]*\}/
const jsonPointerOrWhole = /^(?:\/(?:[^~/]|~[01])*)*$/

/** Null where this autonomy is not spoken of. */
export function autonomyArguments(
  problems: Problems,
  value: JsonValue | undefined,
  which: Autonomy,
): AutonomyArguments | null {
  if (value === undefined) return null
  const path = ['autonomy', which]
  const said = problems.object(['autonomy'], value, ['full', 'ask'])[which]
  if (said === undefined) return null
  if (Array.isArray(said)) return { args: problems.texts(path, said), after: {} }
  const { args, after } = problems.object(path, said, ['args', 'after'])
  const words = Object.entries(problems.object([...path, 'after'], after ?? {}, null))
  return {
    args: problems.texts([...path, 'args'], args ?? []),
    after: Object.fromEntries(words.map(([word, list]) => [word, problems.texts([...path, 'after', word], list)])),
  }
}

export function env(problems: Problems, path: Path, value: JsonValue | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries(problems.object(path, value ?? {}, null))
  for (const [name] of entries) {
    if (!variable.test(name)) problems.add([...path, name], `"${name}" is not the name of a variable`)
  }
  return Object.fromEntries(entries.map(([name, text]) => [name, problems.text([...path, name], text, /^[^\0]*$/)]))
}

export function configFolder(problems: Problems, value: JsonValue | undefined): AgentDescriptor['config'] {
  if (value === undefined) return null
  const { folder, env: name } = problems.object(['config'], value, ['folder', 'env'])
  return {
    folder: problems.text(['config', 'folder'], folder, folderInside, 'an absolute folder inside the sandbox'),
    env: name === undefined ? null : problems.text(['config', 'env'], name, variable, 'the name of a variable'),
  }
}

export function stateArguments(problems: Problems, value: JsonValue): NonNullable<AgentDescriptor['state']> {
  const { args } = problems.object(['state'], value, ['args'])
  return { args: problems.texts(['state', 'args'], args ?? null, 1) }
}

export function login(problems: Problems, value: JsonValue | undefined): AgentLogin | null {
  if (value === undefined) return null
  const keys = ['env', 'files', 'command', 'rotates', 'instead', 'host'] as const
  const members = problems.object(['login'], value, keys)
  const { env: moved, command, rotates, instead } = members
  if (rotates !== undefined && typeof rotates !== 'boolean') {
    problems.add(['login', 'rotates'], '`login.rotates` must be true or false')
  }
  const files = problems.list(['login', 'files'], members.files ?? null)
  if (files.length === 0) problems.add(['login', 'files'], '`login.files` must not be empty')
  return {
    env: moved === undefined ? null : problems.text(['login', 'env'], moved, variable, 'the name of a variable'),
    files: files.map((file, at) => loginFile(problems, ['login', 'files', at], file, moved !== undefined)),
    command: command === undefined ? null : problems.texts(['login', 'command'], command, 1),
    rotates: rotates === true,
    instead: instead === undefined ? null : problems.text(['login', 'instead'], instead),
    host: hostLogin(problems, members.host),
  }
}

function loginFile(problems: Problems, path: Path, value: JsonValue, isMoved: boolean): LoginFile {
  // What a variable moves is written by the agent itself, as a whole.
  const keys = isMoved ? (['path', 'kinds'] as const) : (['path', 'kinds', 'members', 'entries'] as const)
  const { path: place, kinds, members, entries: rule } = problems.object(path, value, keys)
  const entries = Object.entries(problems.object([...path, 'kinds'], kinds, null))
  if (entries.length === 0) problems.add([...path, 'kinds'], '`kinds` must not be empty')
  return {
    path: isMoved
      ? problems.text([...path, 'path'], place, fileInFolder, "a path in the login's folder")
      : problems.text([...path, 'path'], place, fileInHome, 'an absolute path in /home/agent'),
    kinds: Object.fromEntries(
      entries.map(([kind, pointer]) => [
        kind,
        problems.text([...path, 'kinds', kind], pointer, jsonPointerOrWhole, 'a JSON pointer'),
      ]),
    ),
    ...(members === undefined ? {} : { members: problems.texts([...path, 'members'], members, 1) }),
    ...(rule === undefined ? {} : { entries: loginEntries(problems, [...path, 'entries'], rule) }),
  }
}

function loginEntries(problems: Problems, path: Path, value: JsonValue): NonNullable<LoginFile['entries']> {
  const { in: beneath, types, members } = problems.object(path, value, ['in', 'types', 'members'])
  const pointers = problems.list([...path, 'members'], members ?? null)
  if (pointers.length === 0) problems.add([...path, 'members'], '`members` must not be empty')
  return {
    ...(beneath === undefined ? {} : { in: problems.text([...path, 'in'], beneath) }),
    ...(types === undefined ? {} : { types: problems.texts([...path, 'types'], types, 1) }),
    members: pointers.map((each, at) => problems.text([...path, 'members', at], each, jsonPointer, 'a JSON pointer')),
  }
}

function hostLogin(problems: Problems, value: JsonValue | undefined): AgentLogin['host'] {
  const path = ['login', 'host']
  const keys = ['file', 'keychain', 'tokenEnv', 'token', 'expires', 'cannot'] as const
  const members = problems.object(path, value, keys)
  const text = (key: (typeof keys)[number], pattern?: RegExp, what?: string): string =>
    problems.text([...path, key], members[key], pattern, what)
  if (members.cannot !== undefined) {
    problems.object(path, members, ['cannot'])
    return { cannot: text('cannot') }
  }
  return {
    file: members.file === undefined ? null : text('file', /^(?:~\/|\/)/, 'an absolute path or one in ~'),
    keychain: members.keychain === undefined ? null : text('keychain'),
    tokenEnv: text('tokenEnv', variable, 'the name of a variable'),
    token: text('token', jsonPointer, 'a JSON pointer'),
    expires: text('expires', jsonPointer, 'a JSON pointer'),
  }
}

export function names(problems: Problems, path: Path, value: JsonValue): readonly string[] {
  return problems.texts(path, value).map((name, at) => problems.text([...path, at], name, variable, 'a variable'))
}

export function seeds(problems: Problems, value: JsonValue, isOfFolder: boolean): readonly Seed[] {
  return problems.list(['seeds'], value).map((item, at) => {
    const path = ['seeds', at]
    const { file, when, merge } = problems.object(path, item, ['file', 'when', 'merge'])
    if (isOfFolder) refuseValues(problems, [...path, 'merge'], merge)
    // What a session is given is in no file; the end of a key, by which an agent knows it again, gives nothing away.
    if (wholeValue.test(JSON.stringify(merge ?? null))) {
      problems.add(
        [...path, 'merge'],
        'The whole value of a variable may not be put into a file; {env:NAME:last20} may',
      )
    }
    return {
      file: problems.text([...path, 'file'], file, fileInFolder, 'a path beneath the config folder'),
      when: condition(problems, [...path, 'when'], when),
      merge: problems.object([...path, 'merge'], merge, null),
    }
  })
}

export function sessionParts(problems: Problems, value: JsonValue, isOfFolder: boolean): readonly SessionPart[] {
  return problems.list(['session'], value).map((item, at) => {
    const path = ['session', at]
    const { when, args, env: variables } = problems.object(path, item, ['when', 'args', 'env'])
    if (isOfFolder) refuseValues(problems, [...path, 'env'], variables)
    // Arguments are in the process list, and in what the engine tells of a session.
    if (JSON.stringify(args ?? null).includes('{env:')) {
      problems.add(
        [...path, 'args'],
        'The value of a variable may not be put into an argument, where others can read it',
      )
    }
    return {
      when: condition(problems, [...path, 'when'], when),
      args: problems.texts([...path, 'args'], args ?? []),
      env: env(problems, [...path, 'env'], variables),
    }
  })
}

/** A template from elsewhere may not copy the value of a variable to where nobody looks for it. */
function refuseValues(problems: Problems, path: Path, value: JsonValue | undefined): void {
  if (!JSON.stringify(value ?? null).includes('{env:')) return
  problems.add(path, "A template's folder may not put a variable's value elsewhere")
}

function condition(problems: Problems, path: Path, value: JsonValue | undefined): Condition {
  const { env: name, login: hasLogin, autonomy } = problems.object(path, value ?? {}, ['env', 'login', 'autonomy'])
  if (hasLogin !== undefined && typeof hasLogin !== 'boolean') {
    problems.add([...path, 'login'], '`login` must be true or false')
  }
  return {
    ...(name === undefined ? {} : { env: problems.text([...path, 'env'], name, variable, 'the name of a variable') }),
    ...(typeof hasLogin === 'boolean' ? { login: hasLogin } : {}),
    ...(autonomy === undefined
      ? {}
      : { autonomy: problems.text([...path, 'autonomy'], autonomy, /^(?:full|ask)$/, 'full or ask') as Autonomy }),
  }
}
