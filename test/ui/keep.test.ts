// How files that go over from one container to the next are told of.

import { expect, test } from 'vitest'
import type { Note } from '../../src/model/note.js'
import { renderLines } from '../../src/ui/line.js'
import { lossLines } from '../../src/ui/plan-text/losses.js'
import { noteLines } from '../../src/ui/plan-text/notes.js'
import { transferText } from '../../src/ui/progress/renderer.js'
import { stepText } from '../../src/ui/step-text.js'
import { plainStyle } from '../../src/ui/style.js'
import { situations, context } from './situations.js'

const copy = { do: 'copy-files', from: { id: 'a' }, target: { id: 'b' }, except: [], exceptWithPackages: [] } as const

test('a step says how much is copied, where that is known', () => {
  expect(stepText(copy, null)).toBe("copy the container's files over")
  expect(stepText({ ...copy, seen: { paths: 1 } }, null)).toBe('copy 1 path over')
  expect(stepText({ ...copy, seen: { paths: 2, bytes: 150_400_000 } }, null)).toBe('copy 2 paths over (150 MB)')
  const snapshot = { do: 'snapshot-container', target: { id: 'a' }, image: 'i', sandboxId: 'web' } as const
  expect(stepText(snapshot, null)).toBe("snapshot the container's files")
})

test('what has no layers is told in bytes alone', () => {
  expect(transferText({ layers: 0, layersDone: 0, bytes: 4_200_000, bytesTotal: 150_000_000 })).toBe('4.2 of 150.0 MB')
})

test.each([
  [{ uncounted: 'too-many' }, ['too many files to count outside kept paths', 'more than a million paths changed']],
  [
    { uncounted: 'kept-list', files: { count: 0, folders: [], elsewhere: 0 }, packages: [], deleted: 0, volumes: [] },
    ['an unknown number of files that were kept before outside', 'the list of what was kept before is gone'],
  ],
] as const)('a plan says that what is lost is not known, and why (%j)', (content, said) => {
  const [planned] = Object.values(situations).find(([one]) => one?.risks?.losses !== null && one?.risks) ?? []
  const { losses } = planned?.risks ?? {}
  if (planned?.risks === undefined || losses === null || losses === undefined) throw new Error('no situation')
  const risks = { ...planned.risks, losses: { ...losses, ...content } }
  const text = renderLines(lossLines({ ...planned, risks }, context), plainStyle)
    .join(' ')
    .replaceAll(/\s+/g, ' ')
  for (const each of said) expect(text).toContain(each)
  expect(text).not.toContain('for now:')
})

function noteText(note: Note): string[] {
  const [planned] = situations['noChange'] ?? Object.values(situations)[0] ?? []
  if (planned === undefined) throw new Error('no situation')
  return renderLines(noteLines({ ...planned.plan, notes: [note] }, context), plainStyle)
}

test('a plan says since when a sandbox stands on kept files, and when they go', () => {
  const facts = { takenAt: '2026-11-18T19:29:59.123456789Z', bytes: 12_300_000 }
  expect(noteText({ kind: 'carries-files', ...facts })).toEqual([
    '  ? web carries files of 3 days ago (12 MB) until its template changes',
  ])
  expect(noteText({ kind: 'drops-carried-files', ...facts, isCopied: false })).toEqual([
    '  ? the files that web carries of 3 days ago (12 MB) go: its image is another',
    '      copy them over: sbx apply --keep',
  ])
  expect(noteText({ kind: 'drops-carried-files', takenAt: '\u001b[2J', isCopied: true })).toEqual([
    '  ? the files that web carries of an earlier time are copied: its image is',
    '      another',
  ])
})

test('a newer recipe comes to kept files by an upgrade alone', () => {
  expect(noteText({ kind: 'newer-recipe', what: 'image', isHeld: true }).join('\n')).toMatch(/--upgrade$/)
})
