// Files that came by a pull request, or that an agent wrote: whatever is in them, sbx says what is wrong or goes on.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { badBySchema, badOtherwise } from '../config/bad-files.js'
import { machineWith, type Machine } from './support/machine.js'
import { Count, patience, seed, share } from './support/runs.js'
import { grown, mutations } from './support/text.js'
import { tryCall } from './support/trial.js'

const good = `version: 1
requires: ">=0.1"
name: web
agent: { name: shell, args: [--model, opus], autonomy: ask }
setup:
  - &s apt-get update
env: { A: 1, B: "\${env:B:-c}" }
envFile: [.env, { path: b.env, optional: true }]
secrets: { S: { env: S }, T: { file: ~/token } }
mounts:
  - ~/data:/data:ro
  - { source: "\${env:M}", target: /m, readonly: true, why: "for reading" }
network: { allow: [api.example.com, "*.example.org:8443"] }
workspace: { readonly: true, hide: [.env, secrets/] }
isolation: container
sudo: false
git: { name: A, email: b@example.com }
resources: { cpus: 2, memory: 4g, pids: 4096 }
ports: ["3000:3000", 5173]
profiles:
  review: { workspace: { readonly: true }, network: none, setup: [*s] }
`

const template = `agent: shell
run: [bash]
oneShot: [bash, -c, "{prompt}"]
hosts: [api.example.com]
`

const lock = 'version: 1\nimages: {}\ngit: {}\n'
const policy = 'deny: [socket, "mount:~/.ssh", "env:AWS_*"]\nallow: ["mount:~/data:ro", "host:*.example.org:443"]\n'
const values = 'A=1\nexport B="two words"\nC=\'$x\'\n# none\n'

const files: Readonly<Record<string, string>> = {
  'work/sandbox.yaml': good,
  'work/.env': values,
  'work/secrets/key': 'k',
  'work/sandbox.lock': lock,
  'work/agent/template.yaml': template,
  'work/agent/Dockerfile': 'FROM scratch\n',
  token: 't',
  'data/in': 'd',
  '.config/sbx/policy.yaml': policy,
}

/** With the lists of hosts, which are part of a file too (hosts.test.ts). */
const whole = 14_000
const wholeOfLarge = 600

type Written = { readonly path: string; readonly text: string; readonly project?: string }

/** Mostly the project's own; the others beside a project that is well. */
const written: fc.Arbitrary<Written> = fc.oneof(
  {
    weight: 8,
    arbitrary: mutations([
      ...Array.from({ length: 60 }, () => good),
      ...[...badBySchema, ...badOtherwise].map(({ text }) => text),
    ]).map((text) => ({ path: 'work/sandbox.yaml', text })),
  },
  { weight: 1, arbitrary: mutations([values]).map((text) => ({ path: 'work/.env', text })) },
  { weight: 1, arbitrary: mutations([policy]).map((text) => ({ path: '.config/sbx/policy.yaml', text })) },
  { weight: 1, arbitrary: mutations([lock]).map((text) => ({ path: 'work/sandbox.lock', text })) },
  {
    weight: 1,
    arbitrary: mutations([template]).map((text) => ({
      path: 'work/agent/template.yaml',
      text,
      project: 'agent: shell\ntemplate: ./agent\n',
    })),
  },
)

/** What each file of a repository or of the user's can begin with, so that what follows is read as many of the same. */
const heads: Readonly<Record<string, readonly string[]>> = {
  'work/sandbox.yaml': [
    ...['env:\n', 'setup:\n', 'mounts:\n', 'mounts: [', 'profiles:\n', 'workspace: { hide: [', 'setup: |\n ', 'x: '],
    ...['agent: shell\n', 'network: { allow: [', 'secrets:\n', 'extends: [', 'ports:\n', 'requires: "', 'name: '],
  ],
  'work/.env': ['A="'],
  '.config/sbx/policy.yaml': ['deny:\n', 'allow: [', 'deny: ["mount:/'],
  'work/sandbox.lock': ['version: 1\n', 'version: 1\ngit:\n'],
  'work/agent/template.yaml': [
    'agent: shell\n',
    'agent: shell\nenv:\n',
    'agent: shell\nhosts: [',
    'agent: shell\nseeds:\n',
  ],
}

const large: fc.Arbitrary<Written> = fc.constantFrom(...Object.entries(heads)).chain(([path, begins]) =>
  grown(begins).map((text) => ({
    ...{ path, text },
    ...(path === 'work/agent/template.yaml' ? { project: 'agent: shell\ntemplate: ./agent\n' } : {}),
  })),
)

/** They read the files, and all that these name; then some find no engine. */
const calls: readonly (readonly string[])[] = [
  ['validate'],
  ['validate', '--json'],
  ['validate', '--profile', 'review'],
  ['plan'],
  ['plan', '--json'],
  ['plan', '--profile', 'review'],
  ['plan', '--all'],
  ['run', '--yes'],
]

async function restore(machine: Machine, { path, project }: Written): Promise<void> {
  await machine.write(path, files[path] ?? '')
  if (project !== undefined) await machine.write('work/sandbox.yaml', good)
}

async function tryAll(tried: fc.Arbitrary<Written>, what: string, number: number): Promise<Count> {
  const machine = await machineWith(files)
  const count = new Count(what)
  const base = { env: machine.env, folder: machine.folder }
  for (const args of calls) await tryCall({ ...base, args, isFirst: true })
  const unchanged = await tryCall({ ...base, args: ['validate'] })
  expect(unchanged.screen).toContain('is valid')
  await fc.assert(
    fc.asyncProperty(tried, fc.constantFrom(...calls), async (file, args) => {
      if (file.project !== undefined) await machine.write('work/sandbox.yaml', file.project)
      await machine.write(file.path, file.text)
      try {
        await count.of(() => tryCall({ ...base, args }))
      } finally {
        await restore(machine, file)
      }
    }),
    { numRuns: number, seed, endOnFailure: true },
  )
  count.say()
  expect(count.total).toBe(number)
  return count
}

test(
  'mutated files: a diagnostic or success, soon, and nothing raw on the screen',
  async () => {
    const count = await tryAll(written, 'mutated files', share(whole - wholeOfLarge))
    // Else the mutations would all end at the same early refusal.
    for (const exitCode of [0, 1, 69]) expect(count.with(exitCode), `exit ${String(exitCode)}`).toBeGreaterThan(0)
  },
  patience(whole),
)

test(
  'files as large and as deep as they can be: the same',
  async () => {
    const count = await tryAll(large, 'large and deep files', share(wholeOfLarge))
    expect(count.with(1)).toBeGreaterThan(0)
  },
  patience(whole),
)
