import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Diagnostic } from '../../src/model/diagnostic.js'
import { bit, mutations } from '../fuzz/support/text.js'
import { badBySchema, badOtherwise } from './bad-files.js'
import { project, type Project } from './project.js'

const good = `version: 1
requires: ">=0.1"
name: web
agent: { name: claude, args: [--model, opus], autonomy: ask }
setup:
  - &s apt-get update
env: { A: 1, B: "\${env:B:-c}" }
envFile: [.env, { path: b.env, optional: true }]
secrets: { S: { env: S }, T: { file: ~/t } }
mounts:
  - ~/data:/data:ro
  - { source: "\${env:M}", target: /m, readonly: true }
git: { name: A, email: b@example.com }
resources: { cpus: 2, memory: 4g, pids: 4096 }
ports: ["3000:3000", 5173]
profiles:
  review: { workspace: { readonly: true }, setup: [*s] }
`

const seeds = [good, ...badBySchema.map(({ text }) => text), ...badOtherwise.map(({ text }) => text)]

let machine: Project
beforeAll(async () => {
  machine = await project({})
})

/** Loads, or throws one DiagnosticError; anything else thrown fails the test. */
async function problemsOf(text: string | Uint8Array): Promise<readonly Diagnostic[]> {
  await writeFile(join(machine.folder, 'sandbox.yaml'), text)
  return machine.problems()
}

// Through bytes, so that a character cut in two is what the file really has.
const mutated = mutations(seeds).map((text) => Buffer.from(text).toString())

/** `npm run test:fuzz` has many thousand. */
const numRuns = 100

describe('whatever the file says, it loads or is refused with diagnostics', () => {
  test('the good file loads', async () => {
    expect(await problemsOf(good)).toEqual([])
  })

  test('mutations of good and bad files', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async (text) => {
        for (const { at, code, summary, detail } of await problemsOf(text)) {
          expect(code).toMatch(/^config\//)
          expect(summary.length * (detail ?? '').length).toBeGreaterThan(0)
          expect(detail).not.toContain('undefined')
          if (at === undefined || !at.file.endsWith('work/sandbox.yaml')) continue
          const line = text.replace(/^\ufeff/, '').split('\n')[at.line - 1]
          expect(line).toBeDefined()
          if (at.sourceLine !== undefined) expect(at.sourceLine).toBe(line?.replace(/\r$/, ''))
          expect(at.column - 1).toBeLessThanOrEqual(line?.length ?? 0)
          expect(at.length ?? 1).toBeGreaterThan(0)
        }
      }),
      { numRuns },
    )
  })

  test('any text and any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.string({ unit: 'binary' }),
          fc.uint8Array(),
          fc.array(bit).map((bits) => bits.join('')),
        ),
        async (content) => {
          await problemsOf(content)
        },
      ),
      { numRuns },
    )
  })

  test('the good file, cut short after any character, loads only as what is left of it says', async () => {
    for (let length = 0; length < good.length; length++) {
      const text = good.slice(0, length)
      if ((await problemsOf(text)).length > 0) continue
      // Whole lines, or a line whose value is shorter and still one; never half a mapping.
      const line = text.split('\n').at(-1) ?? ''
      expect(line.replace(/"(?:[^"\\]|\\.)*"/g, '')).not.toMatch(/["{[][^}\]]*$/)
    }
  })
})
